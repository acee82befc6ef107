//! 20. A slow reader delays nobody else.

use crate::setup::DeviceSetup;
use crate::verdict::{Check, Verdict};

/// What a pod takes to read its mail, and a quantum of other topics before it.
const PROMPT_MS: u64 = 500;

/// News came to a device in whose own way nothing stood, over a link that is live.
pub(crate) fn news(setup: &DeviceSetup, published_at: u64, verdict: &mut Verdict) {
    let took = verdict.now() - published_at;
    let most = PROMPT_MS + 3 * (setup.latency_ms + setup.jitter_ms);
    verdict.expect(Check::SlowReaders, took <= most, || format!("an event took {took} ms, not {most}"));
}
