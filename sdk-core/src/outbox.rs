//! Messages that await their result, in the order they were submitted (PROTOCOL.md, Client rules).

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::codec::outgoing::MessageFrame;
use crate::config::OutboxLimits;
use crate::error::Misuse;
use crate::io::{Counter, Counts, MessageId};
use crate::time::Instant;

/// Bounded by [`OutboxLimits`]: at the limit a submit is refused, nothing queued is dropped.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Outbox {
    entries: Vec<Entry>,
    bytes: u64,
    limits: OutboxLimits,
}

/// One message.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
struct Entry {
    id: MessageId,
    frame: MessageFrame,
    expires: Instant,
    flight: Flight,
    first_sent: Option<FirstSent>,
}

/// What is left of a message that was taken out, to complete it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub(crate) id: MessageId,
    /// It may have taken effect.
    pub(crate) was_sent: bool,
    /// It may have taken effect, whatever is said of the copy on its feed.
    pub(crate) was_sent_before: bool,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
enum Flight {
    Queued,
    /// Sent on this feed, which is current.
    On(u32),
}

/// How a message was sent for the first time.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
struct FirstSent {
    feed: u32,
    /// The server's table of results then.
    results_epoch: Box<str>,
}

impl Entry {
    fn was_sent(&self) -> bool {
        self.first_sent.is_some()
    }

    /// It was sent under another table of results.
    fn is_foreign(&self, results_epoch: &str) -> bool {
        !fault!(TableForgotten)
            && self.first_sent.as_ref().is_some_and(|first| *first.results_epoch != *results_epoch)
    }
}

impl Outbox {
    pub(crate) fn new(limits: OutboxLimits) -> Self {
        Self { entries: Vec::new(), bytes: 0, limits }
    }

    /// # Errors
    /// - [`Misuse::OutboxFull`]: it would pass its limits.
    pub(crate) fn check_room(&self, frame: &MessageFrame) -> Result<(), Misuse> {
        let full = self.entries.len() >= self.limits.messages as usize
            || self.bytes + frame.len() > self.limits.bytes;
        if full && !fault!(OutboxUnbounded) { Err(Misuse::OutboxFull) } else { Ok(()) }
    }

    /// Queues a message for which there is room.
    pub(crate) fn push(&mut self, id: MessageId, frame: MessageFrame, now: Instant, life_ms: Option<u64>) {
        self.bytes += frame.len();
        let expires = now + life_ms.unwrap_or(self.limits.life_ms);
        self.entries.push(Entry { id, frame, expires, flight: Flight::Queued, first_sent: None });
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn has_queued(&mut self) -> bool {
        self.first_queued().is_some()
    }

    /// Takes the first queued message to send it on `feed`; where it had been sent before, that is counted.
    pub(crate) fn send_next(
        &mut self,
        feed: u32,
        results_epoch: &str,
        counts: &mut Counts,
    ) -> Option<&MessageFrame> {
        let entry = self.first_queued()?;
        entry.flight = Flight::On(feed);
        if entry.was_sent() {
            counts.add(Counter::Resends, 1);
        } else {
            entry.first_sent = Some(FirstSent { feed, results_epoch: results_epoch.into() });
        }
        Some(&entry.frame)
    }

    /// The size of the first queued message.
    pub(crate) fn next_len(&mut self) -> Option<u64> {
        Some(self.first_queued()?.frame.len())
    }

    /// What was sent on a feed that ended is queued again, in its old place.
    pub(crate) fn requeue(&mut self, feed: u32) {
        fault!(MessageForgotten => self.entries.retain(|entry| entry.flight != Flight::On(feed)));
        for entry in self.entries.iter_mut().filter(|entry| entry.flight == Flight::On(feed)) {
            entry.flight = Flight::Queued;
        }
    }

    /// A server carries out nothing of an exchange that was meant for another table of results than its own: what was
    /// first sent there never was, and all of it is queued again. True where there was any.
    pub(crate) fn requeue_foreign(&mut self, feed: u32, results_epoch: &str) -> bool {
        let mut any = false;
        for entry in &mut self.entries {
            if entry.flight == Flight::On(feed) && entry.is_foreign(results_epoch) {
                entry.flight = Flight::Queued;
                entry.first_sent.take_if(|first| first.feed == feed);
                any = true;
            }
        }
        any
    }

    pub(crate) fn is_on(&self, feed: u32) -> bool {
        self.entries.iter().any(|entry| entry.flight == Flight::On(feed))
    }

    pub(crate) fn take(&mut self, id: MessageId) -> Option<Taken> {
        self.take_where(&move |entry| entry.id == id)
    }

    /// The result of a message on one of the current feeds.
    pub(crate) fn complete(&mut self, id: MessageId, feed: u32) -> Option<Taken> {
        self.take_where(&move |entry| entry.id == id && entry.flight == Flight::On(feed))
    }

    pub(crate) fn take_expired(&mut self, now: Instant) -> Option<Taken> {
        self.take_where(&move |entry| entry.expires <= now)
    }

    /// A queued message that was sent under another table of results: whether it took effect cannot be known.
    pub(crate) fn take_unknown(&mut self, results_epoch: &str) -> Option<Taken> {
        self.take_where(&move |entry| entry.flight == Flight::Queued && entry.is_foreign(results_epoch))
    }

    /// The largest unanswered message on `feed`, of equal ones the first: the one that was too large.
    pub(crate) fn take_largest_on(&mut self, feed: u32) -> Option<Taken> {
        let mut largest = 0;
        for entry in &self.entries {
            if entry.flight == Flight::On(feed) {
                largest = largest.max(entry.frame.len());
            }
        }
        self.take_where(&move |entry| entry.flight == Flight::On(feed) && entry.frame.len() == largest)
    }

    /// A queued message over the server's limit.
    pub(crate) fn take_oversized(&mut self, max_frame_bytes: u64) -> Option<Taken> {
        self.take_where(&move |entry| entry.flight == Flight::Queued && entry.frame.len() > max_frame_bytes)
    }

    pub(crate) fn next_expiry(&self) -> Instant {
        self.entries.iter().fold(Instant::NEVER, |next, entry| next.min(entry.expires))
    }

    #[inline(never)]
    fn first_queued(&mut self) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.flight == Flight::Queued)
    }

    /// Takes the first message that is meant. Not generic, because there are many ways to mean one.
    fn take_where(&mut self, is_meant: &dyn Fn(&Entry) -> bool) -> Option<Taken> {
        let place = self.entries.iter().position(is_meant)?;
        let entry = self.entries.get(place)?;
        self.bytes -= entry.frame.len();
        let first = entry.first_sent.as_ref();
        let was_sent_before = first.is_some_and(|first| entry.flight != Flight::On(first.feed));
        let taken = Taken { id: entry.id, was_sent: entry.was_sent(), was_sent_before };
        self.entries.remove(place);
        Some(taken)
    }
}
