//! The automatic `received` acknowledgements, coalesced (PROTOCOL.md, rt.ack).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Most that may be unconfirmed; beyond it the oldest is dropped and counted.
const MOST: usize = 1_024;

/// Most that one frame carries.
const BATCH: usize = 256;

/// Ids of events that were received and not yet confirmed.
#[derive(Debug, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Receipts {
    /// Oldest first.
    ids: Vec<String>,
    flight: Option<Flight>,
}

/// A frame that carries the oldest ids and has no result yet.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
struct Flight {
    reference: u64,
    feed: u32,
    ids: usize,
}

impl Receipts {
    /// Adds an id; true where the oldest had to go.
    pub(crate) fn add(&mut self, id: Box<str>) -> bool {
        let full = self.ids.len() >= MOST;
        if full {
            self.remove(1);
            if let Some(flight) = &mut self.flight {
                flight.ids = flight.ids.saturating_sub(1);
            }
        }
        self.ids.push(id.into_string());
        full
    }

    /// Whether there is something to send and nothing under way.
    pub(crate) fn is_due(&self) -> bool {
        !self.ids.is_empty() && self.flight.is_none()
    }

    /// Takes pending ids to send them on `feed`.
    pub(crate) fn send(&mut self, reference: u64, feed: u32) -> &[String] {
        let ids = self.ids.len().min(BATCH);
        self.flight = Some(Flight { reference, feed, ids });
        self.ids.get(..ids).unwrap_or_default()
    }

    /// A result came on `feed`; true where it was for what is under way. A retryable failure makes it pending again.
    pub(crate) fn answered(&mut self, reference: u64, feed: u32, again: bool) -> bool {
        let Some(flight) = self.flight.filter(|flight| flight.reference == reference && flight.feed == feed)
        else {
            return false;
        };
        self.flight = None;
        if !again && !fault!(ReceiptRepeated) {
            self.remove(flight.ids);
        }
        true
    }

    /// The feed ended without a result.
    pub(crate) fn requeue(&mut self, feed: u32) {
        if self.flight.as_ref().is_some_and(|flight| flight.feed == feed) {
            self.flight = None;
            fault!(ReceiptForgotten => self.ids.clear());
        }
    }

    fn remove(&mut self, oldest: usize) {
        self.ids.drain(..oldest.min(self.ids.len()));
    }
}
