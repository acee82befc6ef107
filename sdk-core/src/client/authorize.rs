//! Tokens: asked for before opening, refreshed on a live link, renewed once in a failure streak.

use super::Client;
use crate::close::{CloseCode, CloseRule};
use crate::codec::outgoing;
use crate::frame::{ErrorCode, Secret, WireError};
use crate::io::{Output, TokenRequest};
use crate::link::{Attempt, AuthQuestion};
use crate::timer::Timer;
use crate::token::Refusal;

/// The application has so long to give a token.
const AUTHORIZE_MS: u64 = 30_000;

/// A failed refresh of a live link's token is tried again after this.
const REFRESH_AGAIN_MS: u64 = 5_000;

/// A refresh comes no sooner than this after the last, however short the token's life.
const REFRESH_LEAST_MS: u64 = 1_000;

impl<P> Client<P> {
    /// Asks the application, unless it is being asked already.
    pub(super) fn need_token(&mut self) {
        if let Some((request, renew)) = self.tokens.begin_request() {
            self.set_timer(Timer::Authorize, AUTHORIZE_MS);
            self.emit(Output::NeedToken { request, renew });
        }
    }

    pub(super) fn token_ready(
        &mut self,
        request: TokenRequest,
        token: &mut Secret,
        expires_in_ms: Option<u64>,
    ) {
        if !self.tokens.end_request(request) {
            return;
        }
        self.timers.clear(Timer::Authorize);
        self.tokens.store(core::mem::take(token), expires_in_ms, self.now);
        self.topics.retry_failed();
        self.topics_changed = true;
        if matches!(self.link.attempt, Attempt::Authorizing) {
            self.open();
        }
        self.authenticate();
        self.poll_authorized();
    }

    pub(super) fn token_failed(&mut self, request: TokenRequest, retryable: bool) {
        if self.tokens.end_request(request) {
            self.timers.clear(Timer::Authorize);
            self.token_missing(retryable);
        }
    }

    pub(super) fn token_overdue(&mut self) {
        self.tokens.abandon_request();
        self.token_missing(true);
    }

    pub(super) fn refresh_token(&mut self) {
        self.need_token();
    }

    /// The server wants a newer token on the live link.
    pub(super) fn token_demanded(&mut self) {
        self.tokens.demand_new();
        self.need_token();
    }

    /// A result for `rt.auth`; false where it is for something else.
    pub(super) fn auth_answered(
        &mut self,
        reference: u64,
        feed: u32,
        failed: Option<&WireError>,
        expires_in_ms: Option<u64>,
    ) -> bool {
        let Some(connection) = self.link.connections.iter_mut().find(|connection| connection.feed == feed)
        else {
            return false;
        };
        let Some(question) = connection.auth.filter(|question| question.reference == reference) else {
            return false;
        };
        connection.auth = None;
        let refused = failed
            .is_some_and(|error| matches!(error.code, ErrorCode::Unauthorized | ErrorCode::TokenExpired));
        if failed.is_some() && !refused {
            self.set_timer(Timer::TokenRefresh, REFRESH_AGAIN_MS);
            return true;
        }
        // The server has judged this token: if it ends the link for authorization now, then because of it.
        connection.token = question.token;
        if !refused {
            self.tokens.learn_life(question.token, expires_in_ms, self.now);
            self.plan_refresh();
        } else if self.tokens.refuse(question.token) == Refusal::Renew {
            // Where the streak has had its renewal, the server's close follows, and its code decides.
            self.need_token();
        }
        true
    }

    /// When the live link's token is to be refreshed.
    pub(super) fn plan_refresh(&mut self) {
        let least = self.now.monotonic + REFRESH_LEAST_MS;
        self.timers.set(Timer::TokenRefresh, self.tokens.refresh_at().max(least));
    }

    /// Gives the live link the new token.
    fn authenticate(&mut self) {
        // What is said of an older token does not matter any more.
        for connection in &mut self.link.connections {
            connection.auth = None;
        }
        let (since, reference) = (self.now.monotonic, self.counters.reference + 1);
        let Some(connection) = self.link.primary_mut() else { return };
        let (token, generation) = self.tokens.held();
        connection.auth = Some(AuthQuestion { reference, token: generation, since });
        let (link, text) = (connection.id, outgoing::authenticate(reference, token));
        self.counters.reference = reference;
        self.send_text(link, text);
        self.plan_refresh();
    }

    fn token_missing(&mut self, retryable: bool) {
        let code = CloseCode::UNAUTHORIZED;
        let opens = matches!(self.link.attempt, Attempt::Authorizing);
        let polls = self.fallback.is_authorizing();
        if (opens || polls) && !retryable && self.link.primary().is_none() {
            self.stop(code);
            return;
        }
        if polls {
            // Put off as if the poll had failed.
            self.poll_again_later(None);
        }
        if opens {
            self.link.attempt = Attempt::Idle;
            self.timers.clear(Timer::Handover);
        }
        if opens && self.link.connections.is_empty() {
            self.wait_or_stop(code, CloseRule::Retry, None);
        } else if opens {
            self.retry_successor(CloseRule::Retry, None);
        } else if self.link.primary().is_some() {
            let again = if retryable { REFRESH_AGAIN_MS } else { u64::MAX };
            self.set_timer(Timer::TokenRefresh, again);
        }
    }
}
