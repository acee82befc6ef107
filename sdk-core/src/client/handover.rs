//! Drain: the successor is opened before the old link ends.

use super::Client;
use crate::close::{CloseCode, CloseRule};
use crate::io::{Counter, LinkId};
use crate::link::{Drain, Stage};
use crate::timer::Timer;

/// What was sent on the old link awaits its result there for so long.
const OLD_RESULTS_MS: u64 = 5_000;

impl<P> Client<P> {
    /// The pod behind a link is going away.
    pub(super) fn drained(&mut self, link: LinkId, min_ms: u64, max_ms: u64, deadline_ms: u64) {
        let now = self.now.monotonic;
        let Some(connection) = self.link.connection_mut(link).filter(|connection| connection.drain.is_none())
        else {
            return;
        };
        let due = now + self.random.between(min_ms, max_ms);
        connection.drain = Some(Drain { due, deadline: now + deadline_ms, failures: 0 });
        self.count(Counter::Drains);
        if self.link.only().is_some() {
            self.timers.set(Timer::Drain, due);
        }
    }

    pub(super) fn open_successor(&mut self) {
        let Some(drain) = self.link.only().and_then(|connection| connection.drain) else { return };
        self.timers.set(Timer::Handover, drain.deadline);
        self.begin_link();
        fault!(OldLinkClosedEarly => self.end_handover());
    }

    /// The successor failed; the old link is the only one again.
    pub(super) fn retry_successor(&mut self, rule: CloseRule, told_ms: Option<u64>) {
        let Some(drain) = self.link.primary_mut().and_then(|connection| connection.drain.as_mut()) else {
            return;
        };
        let failures = drain.failures;
        drain.failures += 1;
        let least = self.least_delay(rule, told_ms, failures);
        let delay = if told_ms.is_some() { least } else { self.backoff(failures).max(least) };
        self.set_timer(Timer::Drain, delay);
    }

    /// Makes the successor the primary once it carries all that the old link did, and ends the old one once it owes nothing.
    pub(super) fn advance_handover(&mut self) {
        let [old, new] = &mut *self.link.connections else { return };
        if old.stage == Stage::Live && new.stage == Stage::Live {
            let (old_feed, new_feed) = (old.feed, new.feed);
            let complete =
                self.topics.iter().all(|topic| !topic.is_answered(old_feed) || topic.is_answered(new_feed));
            if complete {
                old.stage = Stage::Retiring;
                self.timers.set(Timer::Handover, self.now.monotonic + OLD_RESULTS_MS);
            }
        }
        if old.stage == Stage::Retiring && !self.outbox.is_on(old.feed) {
            self.end_handover();
        }
    }

    /// The old link has had its time.
    pub(super) fn end_handover(&mut self) {
        if let Some(old) = self.link.connections.first() {
            self.close_link(old.id, CloseCode::NORMAL);
        }
    }

    /// The successor, now the link, was itself told to drain while the handover was under way.
    pub(super) fn drain_again(&mut self) {
        if let Some(drain) = self.link.only().and_then(|connection| connection.drain) {
            let delay = self.backoff(0);
            self.timers.set(Timer::Drain, drain.due.max(self.now.monotonic + delay));
        }
    }
}
