//! 20. A slow reader delays nobody else, and what waits for it is bounded.

use steadfast_server::CONTROL_FRAMES;

use crate::setup::DeviceSetup;
use crate::verdict::{Check, Verdict};

/// What a pod takes to read its mail, and a quantum of other topics before it.
const PROMPT_MS: u64 = 500;

/// Pings, drains, lost permissions: one of each, and of the last one for each topic.
const OWN_FRAMES: usize = 16;

/// News came to a device in whose own way nothing stood, over a link that is live.
pub(crate) fn news(setup: &DeviceSetup, published_at: u64, verdict: &mut Verdict) {
    let took = verdict.now() - published_at;
    let most = PROMPT_MS + 3 * (setup.latency_ms + setup.jitter_ms);
    verdict.expect(Check::SlowReaders, took <= most, || format!("an event took {took} ms, not {most}"));
}

/// So many control frames were written at once: they had waited. What the server says by itself may exceed the limit.
pub(crate) fn waited(control: usize, verdict: &mut Verdict) {
    let most = CONTROL_FRAMES + OWN_FRAMES;
    verdict.expect(Check::SlowReaders, control <= most, || {
        format!("{control} control frames waited, not {most}")
    });
}
