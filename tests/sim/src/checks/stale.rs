//! 5. Frames of a stale feed change counters alone.

use steadfast_core::json::Envelope;
use steadfast_core::{Client, Cursor, Input, Now, Output, Slot, Status};

use crate::verdict::{Check, Verdict};

/// What of a client can be seen beside its counters.
#[derive(Debug, PartialEq)]
struct Face {
    wait: Output<Envelope>,
    status: Status,
    messages: usize,
    topics: Vec<(Option<Cursor>, bool)>,
}

/// Something stale goes in: nothing may come out, and all stays as it is.
pub(crate) fn given(
    core: &mut Client<Envelope>,
    now: Now,
    input: Input<Envelope>,
    what: &str,
    slots: &[Slot],
    verdict: &mut Verdict,
) {
    let before = face(core, slots);
    core.handle_input(now, input);
    let after = face(core, slots);
    verdict.expect(Check::Stale, before == after, || {
        format!("{what}, which is stale, made {after:?} of {before:?}")
    });
}

fn face(core: &mut Client<Envelope>, slots: &[Slot]) -> Face {
    Face {
        wait: core.poll_output(),
        status: core.status(),
        messages: core.pending_messages(),
        topics: slots.iter().map(|slot| (core.cursor(*slot), core.is_live(*slot))).collect(),
    }
}
