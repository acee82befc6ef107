//! Promise 9: at most one request for a token at a time, one renewal in a failure streak.

use steadfast_core::{Input, Output, ServerFrame, TokenRequest};

use super::links::Links;

/// An application that does not answer is asked again after this.
const AUTHORIZE_MS: u64 = 30_000;

#[derive(Default)]
pub struct Tokens {
    pending: Option<Pending>,
    newest: u32,
    /// A refused token was to be replaced in this streak.
    renewed: bool,
    /// It has not been replaced yet, however often the application was asked.
    renewing: bool,
    /// The server asked for a newer token, or refused it in an earlier streak: neither is a refusal in this one.
    demanded: bool,
}

#[derive(Clone, Copy)]
struct Pending {
    request: TokenRequest,
    since: u64,
}

impl Tokens {
    pub fn pending(&self) -> Option<TokenRequest> {
        self.pending.map(|pending| pending.request)
    }

    pub fn newest(&self) -> TokenRequest {
        TokenRequest(self.newest)
    }

    pub fn is_pending(&self, request: TokenRequest) -> bool {
        self.pending() == Some(request)
    }

    pub fn begin_streak(&mut self) {
        self.renewed = false;
        // A token that was refused before stays refused: replacing it is not this streak's renewal.
        self.demanded = true;
    }

    /// Disconnected, stopped or frozen: no request outlives that.
    pub fn abandon(&mut self) {
        self.pending = None;
    }

    /// The streak ended at some time before or within the input at hand.
    pub fn ends_streak(&mut self) {
        self.renewed = false;
    }

    pub fn sees_input(&mut self, now: u64, input: &Input<u32>, links: &Links) {
        match input {
            Input::TokenReady { request, .. } if self.is_pending(*request) => {
                let overdue = self.pending.is_some_and(|pending| pending.since + AUTHORIZE_MS <= now);
                self.pending = None;
                if !overdue {
                    (self.demanded, self.renewing) = (false, false);
                }
            }
            Input::TokenFailed { request, .. } if self.is_pending(*request) => self.pending = None,
            Input::Frame { link, frame: ServerFrame::AuthRequired { .. } } if links.is_welcomed(*link) => {
                self.demanded = true;
            }
            Input::Thaw => self.begin_streak(),
            _ => {}
        }
    }

    pub fn sees_output(&mut self, now: u64, output: &Output<u32>) {
        let Output::NeedToken { request, renew } = output else { return };
        if let Some(pending) = self.pending {
            assert!(pending.since + AUTHORIZE_MS <= now, "9: two requests for a token at a time");
        }
        assert_eq!(request.0, self.newest + 1, "9: requests for a token are numbered as they come");
        if *renew && !self.demanded && !self.renewing {
            assert!(!self.renewed, "9: a second renewal in one streak");
            (self.renewed, self.renewing) = (true, true);
        }
        self.newest = request.0;
        self.pending = Some(Pending { request: *request, since: now });
    }
}
