//! 8. After a terminal code there is no opening and no exchange until connect.

use steadfast_core::State;

use crate::verdict::{Check, Verdict};

#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The application wants to be connected.
    wanted: bool,
    frozen: bool,
    closed: bool,
}

impl Watch {
    pub(crate) fn connects(&mut self) {
        self.wanted = true;
        self.closed = false;
    }

    pub(crate) fn disconnects(&mut self) {
        self.wanted = false;
    }

    pub(crate) fn freezes(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    pub(crate) fn status(&mut self, state: State) {
        self.closed |= state == State::Closed;
    }

    /// Whether there should be a connection.
    pub(crate) fn may_try(&self) -> bool {
        self.wanted && !self.frozen && !self.closed
    }

    pub(crate) fn wants(&self) -> bool {
        self.wanted && !self.frozen
    }

    /// Nothing is tried after a terminal code, and nothing (invariant 7) while nobody wants it or in Frozen.
    pub(crate) fn tries(&self, what: &str, verdict: &mut Verdict) {
        let check = if self.closed { Check::Terminal } else { Check::Spacing };
        verdict.expect(check, self.may_try(), || format!("{what} although nothing may be tried: {self:?}"));
    }
}

/// Codes that end a client for good.
pub(crate) fn is_terminal(code: u16) -> bool {
    matches!(code, 4402..=4407 | 4410..=4428 | 4430..=4499)
}
