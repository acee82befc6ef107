//! 9. At most one token request at a time; one renewal in a streak.

use steadfast_core::{State, TokenRequest};

use crate::verdict::{Check, Verdict};

/// After so long the machine gives a request up.
const AUTHORIZE_MS: u64 = 30_000;

/// A connection that lasts so long surely ends a streak; the machine says thirty seconds, from a moment that is not seen here.
const STABLE_MS: u64 = 25_000;

#[derive(Debug, Default)]
pub(crate) struct Watch {
    request: Option<(TokenRequest, u64)>,
    /// The request under way is for a renewal.
    renews: bool,
    /// Tokens that were given for renewals.
    renewals: u32,
    /// Renewals that the server asked for before it refused anything.
    demanded: u32,
    connected_since: Option<u64>,
}

impl Watch {
    pub(crate) fn asks(&mut self, request: TokenRequest, renew: bool, now: u64, verdict: &mut Verdict) {
        let under_way = self.request.replace((request, now));
        let free = under_way.is_none_or(|(_, since)| now >= since + AUTHORIZE_MS);
        verdict
            .expect(Check::Tokens, free, || format!("{request:?} is begun while {under_way:?} is under way"));
        self.renews = renew;
        if renew {
            let (renewals, demanded) = (self.renewals, self.demanded);
            verdict.expect(Check::Tokens, renewals <= demanded, || {
                format!("one more than {renewals} renewals in one streak, {demanded} demanded by the server")
            });
        }
    }

    /// The application answers, with a token or without.
    pub(crate) fn answered(&mut self, request: TokenRequest, token: bool) {
        let current = self.request.take_if(|(under_way, _)| *under_way == request).is_some();
        if current && token && self.renews {
            self.renewals += 1;
        }
    }

    /// The server says that the token will end.
    pub(crate) fn demanded(&mut self) {
        self.demanded += 1;
    }

    /// No request is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.request.is_none()
    }

    /// Everything was given up: by disconnect, freeze or for good.
    pub(crate) fn abandoned(&mut self) {
        self.request = None;
    }

    /// The application connects anew.
    pub(crate) fn begins(&mut self) {
        self.end_streak();
    }

    pub(crate) fn status(&mut self, state: State, now: u64) {
        self.passes(now);
        match state {
            State::Connected => {
                self.connected_since.get_or_insert(now);
            }
            _ => self.connected_since = None,
        }
    }

    /// Time has passed.
    pub(crate) fn passes(&mut self, now: u64) {
        if self.connected_since.is_some_and(|since| now >= since + STABLE_MS) {
            self.end_streak();
        }
    }

    fn end_streak(&mut self) {
        self.renewals = 0;
        // A token that was refused before stays refused, so the first request may ask for another without being a
        // renewal.
        self.demanded = 1;
    }
}
