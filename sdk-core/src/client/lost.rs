//! What follows the end of a link.

use super::open::STABLE_MS;
use super::{Client, stop};
use crate::backoff;
use crate::close::{self, CloseCode, CloseRule};
use crate::config::{Exhausted, TransportChoice};
use crate::fallback::PROBE_INTERVAL_CAP_MS;
use crate::io::{LinkId, Reason};
use crate::link::{Attempt, Connection, Stage};
use crate::timer::Timer;
use crate::token::Refusal;

/// So many links in a row that failed alike call for polling.
const SHORT_LIVED: u32 = 3;
const NEVER_OPENED: u32 = 2;
const BAD_FRAMES: u32 = 3;

/// A server's word keeps a client from polling for at most so long, for polling is the safety net: a longer one for at least
/// half of it, lest all who are told alike poll alike.
const HOLD_POLLS_MS: u64 = 30_000;

/// Who ended a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Ours,
    Theirs,
}

impl<P> Client<P> {
    pub(super) fn closed(&mut self, link: LinkId, code: u16) {
        // What never opened has no close frame: its code is not the server's word.
        let code = if self.link.is_opening(link) { CloseCode::ABNORMAL } else { code };
        self.link_lost(link, code, None, End::Theirs);
    }

    /// A server of ours accepts every handshake, so a status comes from something in between: the exchange will tell more.
    pub(super) fn handshake_refused(&mut self, link: LinkId, status: u16, retry_after_ms: Option<u64>) {
        if !self.link.is_opening(link) {
            return;
        }
        if self.config.transport == TransportChoice::Auto && matches!(status, 401 | 403 | 404) {
            self.streak.never_opened = NEVER_OPENED;
            self.link_lost(link, CloseCode::ABNORMAL, None, End::Theirs);
        } else {
            self.link_lost(link, close::from_http(status), retry_after_ms, End::Theirs);
        }
    }

    /// Takes the link out of its state, so that its later inputs find nothing, and goes on from there. What a connection was told
    /// before it ended counts for more than `code` and `told_ms`.
    pub(super) fn link_lost(&mut self, link: LinkId, code: u16, told_ms: Option<u64>, end: End) {
        let lost = if self.link.is_opening(link) {
            self.link.attempt = Attempt::Idle;
            None
        } else {
            let mut connections = self.link.connections.iter();
            let Some(place) = connections.position(|connection| connection.id == link) else { return };
            Some(self.link.connections.remove(place))
        };
        let lost = lost.as_ref();
        let advice = lost.and_then(|connection| connection.advice);
        let (code, told_ms) = advice.map_or((code, told_ms), |advice| (advice.code, advice.after_ms));
        let rule = close::rule(code);
        if rule == CloseRule::TooBig {
            self.fail_largest(lost.map_or(0, |connection| connection.feed));
        }
        if let Some(connection) = lost {
            self.forget_feed(connection.feed);
        }
        if rule == CloseRule::Stop && !fault!(TerminalIgnored) {
            return self.stop(code);
        }
        let had_older = self.link.connections.first().is_some_and(|other| other.id < link);
        if had_older {
            self.successor_lost(lost, code, told_ms);
        } else if self.link.is_idle() {
            self.only_link_lost(lost, code, told_ms, end);
        } else {
            self.old_link_lost();
        }
        self.plan_liveness();
    }

    #[inline(never)]
    pub(super) fn forget_feed(&mut self, feed: u32) {
        self.topics.forget_feed(feed);
        self.outbox.requeue(feed);
        self.receipts.requeue(feed);
    }

    fn only_link_lost(&mut self, lost: Option<&Connection>, code: u16, told_ms: Option<u64>, end: End) {
        let rule = close::rule(code);
        self.clear_link_timers();
        if !self.fallback.carries() {
            self.topics.no_longer_live();
        }
        self.count_failure(lost, rule, end);
        match rule {
            CloseRule::Renew => {
                if self.refuse_token_of(lost) == Refusal::GiveUp || !self.config.auto_reconnect {
                    return self.stop(code);
                }
                self.reason = Some(Reason { code, retryable: true });
                self.arm_fallback();
                return self.begin_link();
            }
            CloseRule::BadFrames
                if self.streak.bad_frames >= BAD_FRAMES
                    && code == CloseCode::BAD_FRAMES
                    && self.fallback.is_polling() =>
            {
                return self.stop(code);
            }
            _ => {}
        }
        self.wait_or_stop(code, rule, told_ms);
    }

    /// The next attempt after a failed one, or none.
    pub(super) fn wait_or_stop(&mut self, code: u16, rule: CloseRule, told_ms: Option<u64>) {
        self.reason = Some(Reason { code, retryable: true });
        self.streak.attempt += 1;
        let given_up =
            self.is_exhausted() && self.config.exhausted == Exhausted::Stop && !self.fallback.carries();
        if given_up || !self.config.auto_reconnect {
            return self.stop(code);
        }
        let least = self.least_delay(rule, told_ms, self.streak.attempt - 1);
        let delay = self.retry_delay(rule, told_ms, least);
        self.link.attempt = Attempt::Waiting { earliest: self.now.monotonic + least };
        self.set_timer(Timer::Retry, delay);
        let away_ms =
            if delay > HOLD_POLLS_MS { self.random.between(HOLD_POLLS_MS / 2, HOLD_POLLS_MS) } else { delay };
        let told_ms = if told_ms.is_some() { away_ms } else { 0 };
        self.consider_polling(told_ms);
        self.hold_polls(told_ms, if rule == CloseRule::RetrySpread { away_ms } else { told_ms });
    }

    fn is_exhausted(&self) -> bool {
        self.config.max_reconnect_attempts.is_some_and(|most| self.streak.attempt > most)
    }

    fn count_failure(&mut self, connection: Option<&Connection>, rule: CloseRule, end: End) {
        let Some(connection) = connection else {
            self.streak.never_opened += 1;
            return;
        };
        let brief = self.now.monotonic.since(connection.opened_at) < STABLE_MS;
        let silent = connection.liveness.is_none() && connection.advice.is_none();
        if brief && (end == End::Theirs || silent) && rule != CloseRule::Renew {
            self.streak.short_lived += 1;
        }
        self.streak.bad_frames = if rule == CloseRule::BadFrames { self.streak.bad_frames + 1 } else { 0 };
    }

    fn retry_delay(&mut self, rule: CloseRule, told_ms: Option<u64>, least: u64) -> u64 {
        match rule {
            // `least` is the advice.
            _ if told_ms.is_some() => least,
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

    /// What a server told counts for polls that do not work yet, too. Who is sent away for the first time, and with all others,
    /// has the fallback's clock begin after it; a server that only ever sends away must not keep its clients deaf.
    fn hold_polls(&mut self, told_ms: u64, away_ms: u64) {
        let told = self.now.monotonic + told_ms;
        let proven = self.fallback.is_proven();
        if let Some(polls_at) = self.timers.get(Timer::Fallback) {
            let first = self.streak.attempt == 1;
            self.timers.set(Timer::Fallback, if first { polls_at + away_ms } else { polls_at.max(told) });
        } else if let (Some(polling), Some(poll), false) =
            (self.fallback.polling_mut(), self.timers.get(Timer::Poll), proven)
        {
            polling.earliest = polling.earliest.max(told);
            self.timers.set(Timer::Poll, poll.max(told));
        }
    }

    /// Polls after `held_ms` where the socket has shown that it will not do, else when the clock runs out.
    fn consider_polling(&mut self, held_ms: u64) {
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
            self.enter_polling(held_ms);
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
        if self.link.only().is_some() {
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

    fn successor_lost(&mut self, lost: Option<&Connection>, code: u16, told_ms: Option<u64>) {
        self.timers.clear(Timer::Connect);
        self.timers.clear(Timer::Hello);
        self.timers.clear(Timer::Handover);
        if let Some(old) = self.link.connections.first_mut() {
            old.stage = Stage::Live;
        }
        let rule = close::rule(code);
        if rule == CloseRule::Renew && self.refuse_token_of(lost) == Refusal::GiveUp {
            return self.stop(code);
        }
        self.retry_successor(rule, told_ms);
    }

    fn refuse_token_of(&mut self, lost: Option<&Connection>) -> Refusal {
        let token = lost.map_or(self.tokens.generation(), |connection| connection.token);
        self.tokens.refuse(token)
    }

    /// What no hint may shorten.
    pub(super) fn least_delay(&mut self, rule: CloseRule, told_ms: Option<u64>, failures: u32) -> u64 {
        let by_rule = match rule {
            CloseRule::RetrySpread | CloseRule::RetryLimited => 5_000,
            CloseRule::RetryReplaced => 30_000,
            _ => backoff::FLOOR_MS,
        };
        match (rule, told_ms.filter(|_| !fault!(AdviceIgnored))) {
            (_, None) => by_rule,
            (CloseRule::RetryLimited | CloseRule::RetryReplaced, Some(told_ms)) => {
                self.above_advice(told_ms.max(by_rule), failures)
            }
            (_, Some(told_ms)) => self.above_advice(told_ms, failures),
        }
    }

    /// A server's advice and the backoff above it: those whom one moment turned away are not to come back in one moment.
    #[inline(never)]
    pub(super) fn above_advice(&mut self, told_ms: u64, failures: u32) -> u64 {
        told_ms.min(backoff::LONGEST_ADVICE_MS) + self.backoff(failures)
    }

    pub(super) fn clear_link_timers(&mut self) {
        for timer in stop::LINK_TIMERS {
            self.timers.clear(timer);
        }
    }
}
