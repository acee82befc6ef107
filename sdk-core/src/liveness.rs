//! Whether a connection lives: only what comes in counts (PROTOCOL.md, Liveness).

use crate::time::Instant;

/// A probe must be answered by anything inbound within this.
pub(crate) const PROBE_MS: u64 = 3_000;

/// One connection's proof of life.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Liveness {
    /// Dead from here on.
    pub(crate) deadline: Instant,
    silence_ms: u64,
    /// A probe is under way.
    probed: bool,
}

impl Liveness {
    /// Begins at `now`; dead after `silence_ms` without anything inbound.
    pub(crate) fn new(now: Instant, silence_ms: u64) -> Self {
        Self { deadline: now + silence_ms, silence_ms, probed: false }
    }

    pub(crate) fn inbound(&mut self, now: Instant) {
        *self = Self::new(now, self.silence_ms);
    }

    /// Begins a probe, which replaces the ordinary deadline: after a sleep that one is long past. False where one is under way.
    pub(crate) fn probe(&mut self, now: Instant) -> bool {
        let begin = !self.probed;
        if begin {
            self.probed = true;
            self.deadline = now + PROBE_MS;
        }
        begin
    }
}
