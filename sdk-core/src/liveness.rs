//! Whether a connection lives: only what comes in counts (PROTOCOL.md, Liveness).

use crate::time::Instant;

/// A probe must be answered by anything inbound within this.
pub(crate) const PROBE_MS: u64 = 3_000;

/// One connection's proof of life.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Liveness {
    last_inbound: Instant,
    silence_ms: u64,
    probe: Option<Instant>,
}

impl Liveness {
    /// Begins at `now`; dead after `silence_ms` without anything inbound.
    pub(crate) fn new(now: Instant, silence_ms: u64) -> Self {
        Self { last_inbound: now, silence_ms, probe: None }
    }

    pub(crate) fn inbound(&mut self, now: Instant) {
        self.last_inbound = now;
        self.probe = None;
    }

    /// Begins a probe; false where one is under way.
    pub(crate) fn probe(&mut self, now: Instant) -> bool {
        let begin = self.probe.is_none();
        if begin {
            self.probe = Some(now + PROBE_MS);
        }
        begin
    }

    /// Dead from here on. A probe replaces the ordinary deadline: after a sleep that one is long past.
    pub(crate) fn deadline(&self) -> Instant {
        self.probe.unwrap_or(self.last_inbound + self.silence_ms)
    }
}
