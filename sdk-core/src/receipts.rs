//! The automatic `received` acknowledgements, coalesced (PROTOCOL.md, rt.ack).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Most that may be pending; beyond it the oldest is dropped and counted.
const MOST: usize = 1_024;

/// Ids of events that were received and not yet confirmed.
#[derive(Debug, Default)]
pub(crate) struct Receipts {
    pending: VecDeque<Box<str>>,
    flight: Option<Flight>,
}

#[derive(Debug)]
struct Flight {
    reference: u64,
    feed: u32,
    ids: Vec<Box<str>>,
}

impl Receipts {
    /// Adds an id; true where the oldest had to go.
    pub(crate) fn add(&mut self, id: Box<str>) -> bool {
        let full = self.pending.len() >= MOST;
        if full {
            self.pending.pop_front();
        }
        self.pending.push_back(id);
        full
    }

    /// Whether there is something to send and nothing under way.
    pub(crate) fn is_due(&self) -> bool {
        self.flight.is_none() && !self.pending.is_empty()
    }

    /// Takes up to 256 pending ids to send them on `feed`.
    pub(crate) fn send(&mut self, reference: u64, feed: u32) -> &[Box<str>] {
        let count = self.pending.len().min(256);
        let ids = self.pending.drain(..count).collect();
        &self.flight.insert(Flight { reference, feed, ids }).ids
    }

    /// A result came on `feed`; true where it was for what is under way. A retryable failure makes it pending again.
    pub(crate) fn answered(&mut self, reference: u64, feed: u32, again: bool) -> bool {
        let ours =
            self.flight.as_ref().is_some_and(|flight| flight.reference == reference && flight.feed == feed);
        if ours && again {
            self.requeue(feed);
        } else if ours {
            self.flight = None;
        }
        ours
    }

    /// The feed ended without a result.
    pub(crate) fn requeue(&mut self, feed: u32) {
        if let Some(flight) = self.flight.take_if(|flight| flight.feed == feed) {
            for id in flight.ids.into_iter().rev() {
                self.pending.push_front(id);
            }
            self.pending.truncate(MOST);
        }
    }
}
