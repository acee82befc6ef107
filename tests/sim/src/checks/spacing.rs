//! 7. Openings are apart by the state's smallest delay.

use steadfast_core::LinkId;

use crate::verdict::{Check, Verdict};

#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// No opening before this, by the device's monotonic clock.
    earliest: u64,
}

impl Watch {
    /// A link ended with this code and advice.
    pub(crate) fn ended(&mut self, code: u16, advice: Option<u64>, now: u64) {
        let least = match (code, advice) {
            (1008 | 4401, _) => 0,
            (4409, advice) => advice.unwrap_or(0).max(30_000),
            (4429, advice) => advice.unwrap_or(0).max(5_000),
            (1012 | 1013 | 4503, None) => 5_000,
            (_, advice) => advice.unwrap_or(0).max(100),
        };
        self.earliest = now + least;
    }

    /// The application asked to connect, from a state in which it was not trying.
    pub(crate) fn begins(&mut self) {
        self.earliest = 0;
    }

    pub(crate) fn opens(&mut self, link: LinkId, now: u64, verdict: &mut Verdict) {
        let early = self.earliest.saturating_sub(now);
        verdict.expect(Check::Spacing, early == 0, || format!("{link:?} is opened {early} ms too soon"));
    }
}
