//! A topic's history, one data structure for each class. Pure: no I/O, no locks, time is passed in.

mod ephemeral;
mod event;
mod history;
mod keyed;
mod numbered;
#[cfg(test)]
mod tests;
pub(crate) mod websocket;

pub(crate) use ephemeral::EphemeralLog;
pub use event::Event;
pub(crate) use event::Unnumbered;
pub(crate) use history::{AppendRefused, History};
pub(crate) use keyed::KeyedLog;
pub(crate) use numbered::NumberedLog;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::names::UserId;

/// A read that is being put together.
struct Taking<'a> {
    batch: &'a mut Batch,
    events: usize,
    bytes: usize,
}

impl<'a> Taking<'a> {
    fn into(batch: &'a mut Batch) -> Self {
        Self { batch, events: 0, bytes: 0 }
    }

    /// Takes one more event; false where the read is full. The first is taken whatever its size.
    fn take(&mut self, event: &Arc<Event>) -> bool {
        self.bytes += event.wire_size();
        if self.events > 0 && (self.events == READ_EVENTS || self.bytes > READ_BYTES) {
            return false;
        }
        self.events += 1;
        self.batch.push_back(Arc::clone(event));
        true
    }

    /// The offset of the last event that was taken.
    fn last(&self) -> Option<u64> {
        self.batch.back().filter(|_| self.events > 0).map(|event| event.offset())
    }
}

/// The most that one read takes out of a topic, so that its lock is held shortly.
pub(crate) const READ_EVENTS: usize = 64;

/// The most bytes that one read takes; at least one event is taken whatever its size. Also the quantum of the
/// round robin between a connection's topics.
pub(crate) const READ_BYTES: usize = 32 * 1024;

/// Where a reader stands in a topic. Two readers of one topic share nothing but the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Everything up to here has been read.
    pub(crate) offset: u64,
    /// State topics: the deletion floor when the reader started; only deletions forgotten since then matter.
    pub(crate) floor: u64,
}

/// Something to be written into a topic.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub(crate) event: Unnumbered,
    /// State topics: whose value it is.
    pub(crate) key: Option<&'a str>,
    /// State topics: the key is gone.
    pub(crate) deleted: bool,
    /// State topics: for whom the key is gone, though it is there for others.
    pub(crate) hidden: Option<Hidden<Unnumbered>>,
}

/// Users who get a deletion in a value's place.
#[derive(Debug)]
pub(crate) struct Hidden<E> {
    pub(crate) from: Vec<UserId>,
    pub(crate) deletion: E,
}

/// Who reads a topic, and what of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct View<'a> {
    /// State topics: these keys alone.
    pub(crate) keys: Option<&'a [String]>,
    /// Who reads.
    pub(crate) user: Option<&'a UserId>,
}

/// What is read goes in here, oldest first. The reader keeps it, so that a read needs no memory of its own.
pub(crate) type Batch = VecDeque<Arc<Event>>;

/// What one read gave, in one atomic answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The events beyond the place are in the batch; none when the reader has everything.
    Events {
        /// Where the reader stands after them.
        offset: u64,
        /// Whether there is more.
        more: bool,
    },
    /// The tail begins beyond the place, but the store beneath it holds what lies between.
    Behind {
        /// The first offset of the tail, less one.
        until: u64,
    },
    /// The reader was slower than the retention: what lies up to `offset` (oldest retained − 1) is lost to it.
    Gap {
        /// What still exists follows behind it.
        offset: u64,
    },
    /// A state topic has forgotten deletions that the reader has not seen: all values must follow anew.
    Reset,
}
