//! Drain: the successor is opened before the old link ends.

use super::Client;
use crate::close::{CloseCode, CloseRule};
use crate::io::{Counter, LinkId, Output};
use crate::link::{Drain, Link, Successor};
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
        if matches!(self.link, Link::Live(_)) {
            self.timers.set(Timer::Drain, due);
        }
    }

    pub(super) fn open_successor(&mut self) {
        if !matches!(&self.link, Link::Live(connection) if connection.drain.is_some()) {
            return;
        }
        let new = if self.tokens.fresh(self.now).is_some() {
            Successor::Opening(self.open())
        } else {
            self.need_token();
            Successor::Authorizing
        };
        self.set_successor(new);
        fault!(OldLinkClosedEarly => self.end_handover());
    }

    /// The token for the successor is here.
    pub(super) fn successor_authorized(&mut self) {
        if matches!(self.link, Link::Handover { new: Successor::Authorizing, .. }) {
            let id = self.open();
            if let Link::Handover { new, .. } = &mut self.link {
                *new = Successor::Opening(id);
            }
        }
    }

    /// The successor failed; the old link is the only one again.
    pub(super) fn retry_successor(&mut self, rule: CloseRule, told_ms: Option<u64>) {
        let Some(drain) = self.link.primary_mut().and_then(|connection| connection.drain.as_mut()) else {
            return;
        };
        let failures = drain.failures;
        drain.failures = failures.saturating_add(1);
        let least = self.least_delay(rule, told_ms, failures);
        let delay = if told_ms.is_some() { least } else { self.backoff(failures).max(least) };
        self.timers.set(Timer::Drain, self.now.monotonic + delay);
    }

    /// Back to the old link without a successor; false where there was none waiting for a token.
    pub(super) fn abandon_authorizing_successor(&mut self) -> bool {
        match core::mem::replace(&mut self.link, Link::Idle) {
            Link::Handover { old, new: Successor::Authorizing } => {
                self.link = Link::Live(old);
                self.timers.clear(Timer::Handover);
                self.retry_successor(CloseRule::Retry, None);
                true
            }
            other => {
                self.link = other;
                false
            }
        }
    }

    /// Makes the successor the primary once it carries all that the old link did, and ends the old one once it owes nothing.
    pub(super) fn advance_handover(&mut self) {
        let now = self.now.monotonic;
        if let Link::Handover { old, new: Successor::Settling(connection) } = &self.link {
            let (old_feed, new_feed) = (old.feed, connection.feed);
            let complete =
                self.topics.iter().all(|topic| !topic.is_answered(old_feed) || topic.is_answered(new_feed));
            if complete {
                self.promote();
                self.timers.set(Timer::Handover, now + OLD_RESULTS_MS);
            }
        }
        if let Link::Handover { old, new: Successor::Primary(_) } = &self.link
            && !self.outbox.is_on(old.feed)
        {
            self.end_handover();
        }
    }

    /// The old link has had its time.
    pub(super) fn end_handover(&mut self) {
        let Link::Handover { old, .. } = &self.link else { return };
        let link = old.id;
        self.emit(Output::Close { link, code: CloseCode::NORMAL });
        self.link_lost(link, CloseCode::NORMAL, super::lost::End::Ours);
    }

    /// The successor, now the link, was itself told to drain while the handover was under way.
    pub(super) fn drain_again(&mut self) {
        if let Link::Live(connection) = &self.link
            && let Some(drain) = connection.drain
        {
            let delay = self.backoff(0);
            self.timers.set(Timer::Drain, drain.due.max(self.now.monotonic + delay));
        }
    }

    fn promote(&mut self) {
        self.link = match core::mem::replace(&mut self.link, Link::Idle) {
            Link::Handover { old, new: Successor::Settling(connection) } => {
                Link::Handover { old, new: Successor::Primary(connection) }
            }
            other => other,
        };
    }

    fn set_successor(&mut self, successor: Successor) {
        self.link = match core::mem::replace(&mut self.link, Link::Idle) {
            Link::Live(old) => {
                if let Some(drain) = &old.drain {
                    self.timers.set(Timer::Handover, drain.deadline);
                }
                Link::Handover { old, new: successor }
            }
            other => other,
        };
    }
}
