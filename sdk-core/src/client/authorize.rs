//! Tokens: asked for before opening, refreshed on a live link, renewed once in a failure streak.

use super::{AuthQuestion, Client};
use crate::close::{CloseCode, CloseRule};
use crate::codec::outgoing;
use crate::fallback::{Fallback, Phase, Polling};
use crate::frame::{ErrorCode, Secret, WireError};
use crate::io::{Output, TokenRequest};
use crate::link::Link;
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
            self.timers.set(Timer::Authorize, self.now.monotonic + AUTHORIZE_MS);
            self.emit(Output::NeedToken { request, renew });
        }
    }

    pub(super) fn token_ready(&mut self, request: TokenRequest, token: Secret, expires_in_ms: Option<u64>) {
        if !self.tokens.end_request(request) {
            return;
        }
        self.timers.clear(Timer::Authorize);
        self.tokens.store(token, expires_in_ms, self.now);
        self.topics.retry_failed();
        self.topics_changed = true;
        match self.link {
            Link::Authorizing => self.begin_authorized_link(),
            Link::Live(_) | Link::Handover { .. } => {
                self.successor_authorized();
                self.authenticate();
            }
            _ => {}
        }
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
        let Some(AuthQuestion { token, .. }) =
            self.auth_question.filter(|question| question.reference == reference && question.feed == feed)
        else {
            return false;
        };
        self.auth_question = None;
        let refused = failed
            .is_some_and(|error| matches!(error.code, ErrorCode::Unauthorized | ErrorCode::TokenExpired));
        if failed.is_some() && !refused {
            self.timers.set(Timer::TokenRefresh, self.now.monotonic + REFRESH_AGAIN_MS);
            return true;
        }
        // The server has judged this token: if it ends the link for authorization now, then because of it.
        for connection in self.link.connections_mut() {
            if let Some(connection) = connection
                && connection.feed == feed
            {
                connection.token = token;
            }
        }
        if !refused {
            self.tokens.learn_life(token, expires_in_ms, self.now);
            self.plan_refresh();
        } else if self.tokens.refuse(token) == Refusal::Renew {
            // Where the streak has had its renewal, the server's close follows, and its code decides.
            self.need_token();
        }
        true
    }

    /// When the live link's token is to be refreshed.
    pub(super) fn plan_refresh(&mut self) {
        let least = self.now.monotonic + REFRESH_LEAST_MS;
        let refresh = self.tokens.refresh_at().map(|at| at.max(least));
        self.timers.set_or_clear(Timer::TokenRefresh, refresh);
    }

    fn begin_authorized_link(&mut self) {
        let id = self.open();
        self.link = Link::Opening(id);
    }

    /// Gives the live link the new token.
    fn authenticate(&mut self) {
        let Some(connection) = self.link.primary() else { return };
        let (link, feed) = (connection.id, connection.feed);
        let reference = self.next_reference();
        let Some((token, generation)) = self.tokens.held() else { return };
        let text = outgoing::authenticate(reference, token);
        self.send_text(link, text);
        let since = self.now.monotonic;
        self.auth_question = Some(AuthQuestion { reference, feed, token: generation, since });
        self.plan_refresh();
    }

    fn token_missing(&mut self, retryable: bool) {
        let code = CloseCode::UNAUTHORIZED;
        let authorizing = matches!(self.link, Link::Authorizing)
            || matches!(self.fallback, Fallback::Polling(Polling { phase: Phase::Authorizing, .. }));
        if authorizing && !retryable && self.link.primary().is_none() {
            self.stop(code);
            return;
        }
        self.poll_without_token();
        if matches!(self.link, Link::Authorizing) {
            self.wait_or_stop(code, CloseRule::Retry, None);
        } else if !self.abandon_authorizing_successor() && self.link.primary().is_some() {
            let again = retryable.then(|| self.now.monotonic + REFRESH_AGAIN_MS);
            self.timers.set_or_clear(Timer::TokenRefresh, again);
        }
    }
}
