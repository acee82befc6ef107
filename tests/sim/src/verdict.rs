//! What was found wrong.

/// The invariants of PROTOCOL.md, section 12, by their numbers there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Log topics: offsets rise by one, or a gap names what is lost.
    LogOrder = 1,
    /// No event of a log or state topic comes twice.
    Once = 2,
    /// State topics converge.
    State = 3,
    /// Links and exchanges under way.
    Connections = 4,
    /// Stale inputs change counters alone.
    Stale = 5,
    /// The hello first, the welcome first.
    Greeting = 6,
    /// Openings keep apart.
    Spacing = 7,
    /// Nothing after a terminal code.
    Terminal = 8,
    /// Token requests and renewals.
    Tokens = 9,
    /// Connected in time where a path works.
    Recovery = 10,
    /// Dead links are noticed.
    Liveness = 11,
    /// Bad proxies end in polling.
    Proxies = 12,
    /// The fallback does not flap.
    Flapping = 13,
    /// Limits hold, and each message completes once.
    Outbox = 14,
    /// Messages take effect at most once.
    Effect = 15,
    /// Acknowledgements and `open:` topics.
    Acknowledgements = 16,
    /// Timers and clocks do no harm.
    Clocks = 17,
    /// The same seed gives the same run.
    Determinism = 18,
    /// Tenants, users and permissions.
    Isolation = 19,
    /// A slow reader delays nobody, and buffers are bounded.
    SlowReaders = 20,
}

/// All checks.
pub const CHECKS: [Check; 20] = [
    Check::LogOrder,
    Check::Once,
    Check::State,
    Check::Connections,
    Check::Stale,
    Check::Greeting,
    Check::Spacing,
    Check::Terminal,
    Check::Tokens,
    Check::Recovery,
    Check::Liveness,
    Check::Proxies,
    Check::Flapping,
    Check::Outbox,
    Check::Effect,
    Check::Acknowledgements,
    Check::Clocks,
    Check::Determinism,
    Check::Isolation,
    Check::SlowReaders,
];

/// A check that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub check: Check,
    /// When, in milliseconds of the world.
    pub at: u64,
    /// What was seen.
    pub what: String,
}

/// Collects the first violation of a run: what follows it proves nothing.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    violation: Option<Violation>,
    now: u64,
    device: Option<usize>,
}

impl Verdict {
    pub(crate) fn at(&mut self, now: u64) {
        self.now = now;
        self.device = None;
    }

    /// What is seen from here on is seen at this device.
    pub(crate) fn about(&mut self, device: usize) {
        self.device = Some(device);
    }

    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    pub(crate) fn broken(&mut self, check: Check, what: impl FnOnce() -> String) {
        if self.violation.is_none() {
            let device = self.device.map(|device| format!("device {device}: ")).unwrap_or_default();
            self.violation = Some(Violation { check, at: self.now, what: format!("{device}{}", what()) });
        }
    }

    /// Notes a violation unless `holds`.
    pub(crate) fn expect(&mut self, check: Check, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken(check, what);
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.violation.is_some()
    }

    pub(crate) fn into_violation(self) -> Option<Violation> {
        self.violation
    }
}
