//! 7. Openings are apart by the state's smallest delay.

use steadfast_core::LinkId;

use crate::verdict::{Check, Verdict};

#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// No opening before this, by the device's monotonic clock.
    earliest: u64,
    /// The latest attempt that waits for exactly the backoff's cap.
    at_cap: Option<u32>,
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

    /// The status told of an attempt and how long it waits: a draw falls on the cap itself once in thousands, not twice in a row.
    pub(crate) fn waits(
        &mut self,
        attempt: u32,
        retry_in_ms: Option<u64>,
        cap_ms: u64,
        verdict: &mut Verdict,
    ) {
        let Some(retry_in_ms) = retry_in_ms else { return };
        let again = self.at_cap.is_some_and(|earlier| earlier + 1 == attempt);
        if retry_in_ms == cap_ms {
            verdict.expect(Check::Spacing, !again, || {
                format!("attempts {attempt} and before wait for exactly {cap_ms} ms")
            });
            self.at_cap = Some(attempt);
        }
    }

    pub(crate) fn opens(&mut self, link: LinkId, now: u64, verdict: &mut Verdict) {
        let early = self.earliest.saturating_sub(now);
        verdict.expect(Check::Spacing, early == 0, || format!("{link:?} is opened {early} ms too soon"));
    }
}
