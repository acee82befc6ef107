//! 5. Frames of a stale feed change counters alone.

use steadfast_core::json::Envelope;
use steadfast_core::{Client, Output};

use crate::verdict::{Check, Verdict};

/// Something stale went in: nothing may come out.
pub(crate) fn taken(core: &mut Client<Envelope>, what: &str, verdict: &mut Verdict) {
    match core.poll_output() {
        Output::Wait { .. } => {}
        output => verdict.broken(Check::Stale, || format!("{what}, which is stale, led to {output:?}")),
    }
}
