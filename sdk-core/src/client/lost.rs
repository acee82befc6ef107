//! What follows the end of a link.

use alloc::boxed::Box;

use super::open::STABLE_MS;
use super::{Client, stop};
use crate::backoff;
use crate::close::{self, CloseCode, CloseRule};
use crate::config::{Exhausted, TransportChoice};
use crate::fallback::{Fallback, PROBE_INTERVAL_CAP_MS};
use crate::io::{LinkId, Reason};
use crate::link::{Advice, Connection, Link, Successor};
use crate::time::Instant;
use crate::timer::Timer;
use crate::token::Refusal;

/// So many links in a row that failed alike call for polling.
const SHORT_LIVED: u32 = 3;
const NEVER_OPENED: u32 = 2;
const BAD_FRAMES: u32 = 3;

/// Whom a server sends away, his fallback's clock begins within this.
const HOLD_FALLBACK_MS: u64 = 30_000;

/// Who ended a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Ours,
    Theirs,
}

/// What is left of a link.
struct Lost {
    role: Role,
    /// `None`: it never opened.
    connection: Option<Box<Connection>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The only one.
    Only,
    /// The old one of a handover.
    Old,
    /// The successor of a handover.
    New,
}

impl<P> Client<P> {
    pub(super) fn closed(&mut self, link: LinkId, code: u16) {
        // What never opened has no close frame: its code is not the server's word.
        let code = if self.link.opening() == Some(link) { CloseCode::ABNORMAL } else { code };
        self.link_lost(link, code, End::Theirs);
    }

    /// A server of ours accepts every handshake, so a status comes from something in between: the exchange will tell more.
    pub(super) fn handshake_refused(&mut self, link: LinkId, status: u16, retry_after_ms: Option<u64>) {
        if self.link.opening() != Some(link) {
            return;
        }
        if self.config.transport == TransportChoice::Auto && matches!(status, 401 | 403 | 404) {
            self.streak.never_opened = NEVER_OPENED;
            self.link_lost(link, CloseCode::ABNORMAL, End::Theirs);
            return;
        }
        let code = close::from_http(status);
        let advice = retry_after_ms.map(|after_ms| Advice { code, after_ms: Some(after_ms) });
        if let Some(lost) = self.detach(link) {
            self.after_loss(&lost, code, advice, End::Theirs);
        }
    }

    pub(super) fn link_lost(&mut self, link: LinkId, code: u16, end: End) {
        let Some(lost) = self.detach(link) else { return };
        let advice = lost.connection.as_ref().and_then(|connection| connection.advice);
        let code = advice.map_or(code, |advice| advice.code);
        self.after_loss(&lost, code, advice, end);
    }

    /// Takes the link out of its state; its later inputs find nothing.
    fn detach(&mut self, link: LinkId) -> Option<Lost> {
        let waiting = Link::Waiting { earliest: self.now.monotonic };
        let (next, lost) = match core::mem::replace(&mut self.link, waiting) {
            Link::Opening(id) if id == link => (None, Lost { role: Role::Only, connection: None }),
            Link::Greeting(connection) | Link::Live(connection) if connection.id == link => {
                (None, Lost { role: Role::Only, connection: Some(connection) })
            }
            Link::Handover { old, new } if old.id == link => {
                let next = match new {
                    Successor::Authorizing => Link::Authorizing,
                    Successor::Opening(id) => Link::Opening(id),
                    Successor::Greeting(connection) => Link::Greeting(connection),
                    Successor::Settling(connection) | Successor::Primary(connection) => {
                        Link::Live(connection)
                    }
                };
                (Some(next), Lost { role: Role::Old, connection: Some(old) })
            }
            Link::Handover { old, new } if new.id() == Some(link) => {
                let connection = new.into_connection();
                (Some(Link::Live(old)), Lost { role: Role::New, connection })
            }
            other => {
                self.link = other;
                return None;
            }
        };
        if let Some(next) = next {
            self.link = next;
        }
        Some(lost)
    }

    fn after_loss(&mut self, lost: &Lost, code: u16, advice: Option<Advice>, end: End) {
        if close::rule(code) == CloseRule::TooBig {
            self.fail_oversized(lost.connection.as_ref().map_or(0, |connection| connection.feed));
        }
        if let Some(connection) = &lost.connection {
            self.forget_feed(connection.feed);
        }
        if close::rule(code) == CloseRule::Stop && !fault!(TerminalIgnored) {
            return self.stop(code);
        }
        match lost.role {
            Role::Only => self.only_link_lost(lost, code, advice, end),
            Role::Old => self.old_link_lost(),
            Role::New => self.successor_lost(lost, code, advice),
        }
        self.plan_liveness();
    }

    #[inline(never)]
    pub(super) fn forget_feed(&mut self, feed: u32) {
        self.topics.forget_feed(feed);
        self.outbox.requeue(feed);
        self.receipts.requeue(feed);
        if self.auth_question.as_ref().is_some_and(|question| question.feed == feed) {
            self.auth_question = None;
        }
    }

    fn only_link_lost(&mut self, lost: &Lost, code: u16, advice: Option<Advice>, end: End) {
        let rule = close::rule(code);
        self.reason = Some(Reason { code, retryable: true });
        self.clear_link_timers();
        if !self.fallback.carries() {
            self.topics.no_longer_live();
        }
        let opened_at = lost.connection.as_ref().map(|connection| connection.opened_at);
        self.count_failure(opened_at, rule, end);
        match rule {
            CloseRule::Renew => {
                if self.refuse_token_of(lost) == Refusal::GiveUp || !self.config.auto_reconnect {
                    return self.stop(code);
                }
                self.arm_fallback();
                return self.begin_link();
            }
            CloseRule::BadFrames
                if self.streak.bad_frames >= BAD_FRAMES
                    && code == CloseCode::BAD_FRAMES
                    && matches!(self.fallback, Fallback::Polling(_)) =>
            {
                return self.stop(code);
            }
            _ => {}
        }
        self.wait_or_stop(code, rule, advice);
    }

    /// The next attempt after a failed one, or none.
    pub(super) fn wait_or_stop(&mut self, code: u16, rule: CloseRule, advice: Option<Advice>) {
        self.reason = Some(Reason { code, retryable: true });
        self.streak.attempt = self.streak.attempt.saturating_add(1);
        let given_up = self.is_exhausted() && self.config.exhausted == Exhausted::Stop;
        if given_up || !self.config.auto_reconnect {
            return self.stop(code);
        }
        let least = least_delay(rule, advice);
        let delay = self.retry_delay(rule, advice, least);
        self.link = Link::Waiting { earliest: self.now.monotonic + least };
        let retry = self.now.monotonic + delay;
        self.timers.set(Timer::Retry, retry);
        self.consider_polling();
        self.hold_fallback(rule, advice, retry);
    }

    fn is_exhausted(&self) -> bool {
        self.config.max_reconnect_attempts.is_some_and(|most| self.streak.attempt > most)
    }

    fn count_failure(&mut self, opened_at: Option<Instant>, rule: CloseRule, end: End) {
        let Some(opened_at) = opened_at else {
            self.streak.never_opened += 1;
            return;
        };
        let brief = self.now.monotonic.since(opened_at) < STABLE_MS;
        if brief && end == End::Theirs && rule != CloseRule::Renew {
            self.streak.short_lived += 1;
        }
        self.streak.bad_frames = if rule == CloseRule::BadFrames { self.streak.bad_frames + 1 } else { 0 };
    }

    fn retry_delay(&mut self, rule: CloseRule, advice: Option<Advice>, least: u64) -> u64 {
        match rule {
            // `least` is the advice.
            _ if advice.is_some_and(|advice| advice.after_ms.is_some()) => least,
            CloseRule::RetrySpread if !self.is_exhausted() => self.random.between(5_000, 30_000),
            // Drawn above the minimum, lest all whom one moment turned away come back in one moment.
            CloseRule::RetryLimited | CloseRule::RetryReplaced => least + self.backoff_delay(),
            _ => self.backoff_delay().max(least),
        }
    }

    /// The ordinary delay: the slowest pace once the attempts are used up, the slow probe while polling works, else
    /// the backoff.
    #[inline(never)]
    pub(super) fn backoff_delay(&mut self) -> u64 {
        if self.is_exhausted() {
            return self.random.around(PROBE_INTERVAL_CAP_MS, 20);
        }
        if self.fallback.is_proven() {
            return self.random.around(self.socket_probe.interval_ms, 20);
        }
        let failures = self.streak.attempt.saturating_sub(1);
        self.backoff(failures)
    }

    #[inline(never)]
    pub(super) fn backoff(&mut self, failures: u32) -> u64 {
        backoff::delay(
            &mut self.random,
            self.config.reconnect_interval_ms,
            self.config.reconnect_cap_ms,
            failures,
        )
    }

    /// A server that goes away, or says when to come back, sends all its clients away in one moment. The fallback's clock
    /// then begins somewhere in the next 30 s, lest they all poll in one moment too; with the attempt where that is sooner.
    fn hold_fallback(&mut self, rule: CloseRule, advice: Option<Advice>, retry: Instant) {
        let sent_away =
            rule == CloseRule::RetrySpread || advice.is_some_and(|advice| advice.after_ms.is_some());
        // Once in a streak: a server that only ever sends away must not keep its clients deaf.
        let first = self.streak.attempt == 1;
        if let (true, Some(polls_at)) = (sent_away && first, self.timers.get(Timer::Fallback)) {
            let begins = retry.min(self.now.monotonic + self.random.between(0, HOLD_FALLBACK_MS));
            self.timers.set(Timer::Fallback, polls_at.max(begins + self.config.fallback_after_ms));
        }
    }

    /// Polls at once where the socket has shown that it will not do, else when the clock runs out.
    fn consider_polling(&mut self) {
        let now = self.now.monotonic;
        let left = self.socket_probe.left_polling_at.take();
        let flapped = left.is_some_and(|left| now.since(left) < STABLE_MS);
        if flapped {
            fault!(FlapsForgotten => self.socket_probe.interval_ms /= 2);
            self.socket_probe.interval_ms = (self.socket_probe.interval_ms * 2).min(PROBE_INTERVAL_CAP_MS);
        }
        let hopeless = self.streak.short_lived >= SHORT_LIVED
            || self.streak.never_opened >= NEVER_OPENED
            || self.streak.bad_frames >= BAD_FRAMES;
        if flapped || hopeless {
            self.enter_polling();
            if self.streak.bad_frames >= BAD_FRAMES {
                self.streak.bad_frames = 0;
            }
        } else {
            self.arm_fallback();
        }
    }

    /// The successor is the link now, as far as it has come.
    fn old_link_lost(&mut self) {
        self.timers.clear(Timer::Handover);
        if matches!(self.link, Link::Live(_)) {
            self.went_live();
            self.drain_again();
        } else {
            self.topics.no_longer_live();
            self.timers.clear(Timer::Stable);
            self.timers.clear(Timer::Forgive);
            self.timers.clear(Timer::TokenRefresh);
            self.arm_fallback();
        }
    }

    fn successor_lost(&mut self, lost: &Lost, code: u16, advice: Option<Advice>) {
        self.timers.clear(Timer::Connect);
        self.timers.clear(Timer::Hello);
        self.timers.clear(Timer::Handover);
        let rule = close::rule(code);
        if rule == CloseRule::Renew && self.refuse_token_of(lost) == Refusal::GiveUp {
            return self.stop(code);
        }
        self.retry_successor(advice.and_then(|advice| advice.after_ms), least_delay(rule, advice));
    }

    fn refuse_token_of(&mut self, lost: &Lost) -> Refusal {
        let token = lost.connection.as_ref().map_or(self.tokens.generation(), |connection| connection.token);
        self.tokens.refuse(token)
    }

    /// The server would not take the first message of the outbox: it ends, so that the link can live.
    fn fail_oversized(&mut self, feed: u32) {
        if let Some(message) = self.outbox.take_first(feed) {
            self.too_large(message);
        }
    }

    pub(super) fn clear_link_timers(&mut self) {
        for timer in stop::LINK_TIMERS {
            self.timers.clear(timer);
        }
    }
}

/// What no hint may shorten.
fn least_delay(rule: CloseRule, advice: Option<Advice>) -> u64 {
    let by_rule = match rule {
        CloseRule::RetrySpread | CloseRule::RetryLimited => 5_000,
        CloseRule::RetryReplaced => 30_000,
        _ => backoff::FLOOR_MS,
    };
    let advice = advice.filter(|_| !fault!(AdviceIgnored));
    match (rule, advice.and_then(|advice| advice.after_ms)) {
        (CloseRule::RetryLimited | CloseRule::RetryReplaced, Some(after_ms)) => after_ms.max(by_rule),
        (_, Some(after_ms)) => after_ms.max(backoff::FLOOR_MS),
        (_, None) => by_rule,
    }
}
