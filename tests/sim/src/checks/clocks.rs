//! 17. Late, early and repeated timers do no harm; wall time that jumps back delays nothing.

use steadfast_core::json::Envelope;
use steadfast_core::{Client, Input, Instant, Now, Output};

use crate::verdict::{Check, Verdict};

/// The machine has done all that was due and wants to wait `until`: another tick changes nothing.
pub(crate) fn settled(core: &mut Client<Envelope>, now: Now, until: Option<Instant>, verdict: &mut Verdict) {
    if until.is_some_and(|until| until <= now.monotonic) {
        // A delay may be drawn as zero.
        return;
    }
    core.handle_input(now, Input::Tick);
    let output = core.poll_output();
    let idle = output == Output::Wait { until };
    verdict.expect(Check::Clocks, idle, || format!("a second tick at the same time led to {output:?}"));
}

/// Wall time jumped back at a moment when all that was due was done.
pub(crate) fn jumped_back(before: Option<Instant>, after: Option<Instant>, verdict: &mut Verdict) {
    let later = before.is_some_and(|before| after.is_none_or(|after| after > before));
    verdict.expect(Check::Clocks, !later, || {
        format!("wall time jumped back, and the deadline went from {before:?} to {after:?}")
    });
}
