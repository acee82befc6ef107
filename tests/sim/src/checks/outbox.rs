//! 14. Outbox, buffers and tables keep their limits; each message submitted completes exactly once.

use steadfast_core::MessageId;

use crate::application::{Application, Pending};
use crate::setup::DeviceSetup;
use crate::verdict::{Check, Verdict};

/// A message completes; `None`: it had completed before, or was never submitted.
pub(crate) fn completes(
    application: &mut Application,
    message: MessageId,
    verdict: &mut Verdict,
) -> Option<Pending> {
    let pending = application.pending.remove(&message);
    verdict.expect(Check::Outbox, pending.is_some(), || format!("{message:?} completed once too often"));
    pending
}

/// The machine has done what was due.
pub(crate) fn settled(application: &Application, waiting: usize, setup: &DeviceSetup, verdict: &mut Verdict) {
    verdict.expect(Check::Outbox, waiting <= setup.outbox_messages as usize, || {
        format!("{waiting} messages wait")
    });
    let known = application.pending.len();
    verdict.expect(Check::Outbox, waiting == known, || {
        format!("{waiting} messages wait in the client, and the application waits for {known}")
    });
    for view in application.views.values() {
        let (topic, held) = (&view.topic, view.held.len());
        verdict.expect(Check::Outbox, held <= setup.buffer_events as usize, || {
            format!("{topic}: {held} events are buffered")
        });
        let bytes: u64 = view.held.iter().map(|size| u64::from(*size)).sum();
        // One event fits, however large.
        verdict.expect(Check::Outbox, held <= 1 || bytes <= setup.buffer_bytes, || {
            format!("{topic}: {bytes} bytes are buffered")
        });
    }
}

/// All is quiet, for longer than a message lives.
pub(crate) fn quiet(application: &Application, verdict: &mut Verdict) {
    let pending = &application.pending;
    verdict.expect(Check::Outbox, pending.is_empty(), || format!("all is quiet, and {pending:?} wait"));
}
