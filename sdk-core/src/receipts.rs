//! The automatic `received` acknowledgements, coalesced (PROTOCOL.md, rt.ack).

use alloc::boxed::Box;
use alloc::vec::Vec;

/// Most that may be unconfirmed; beyond it the oldest is dropped and counted.
const MOST: usize = 1_024;

/// Most that one frame carries.
const BATCH: usize = 256;

/// Ids of events that were received and not yet confirmed, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Receipts(Vec<Receipt>);

#[derive(Debug)]
struct Receipt {
    id: Box<str>,
    flight: Option<Flight>,
}

/// Which frame carries it, on which feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flight {
    reference: u64,
    feed: u32,
}

impl Receipts {
    /// Adds an id; true where the oldest had to go.
    pub(crate) fn add(&mut self, id: Box<str>) -> bool {
        let full = self.0.len() >= MOST;
        if full {
            self.0.extract_if(.., |_| true).next();
        }
        self.0.push(Receipt { id, flight: None });
        full
    }

    /// Whether there is something to send and nothing under way.
    pub(crate) fn is_due(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|receipt| receipt.flight.is_none())
    }

    /// Takes pending ids to send them on `feed`.
    pub(crate) fn send(&mut self, reference: u64, feed: u32) -> Vec<&str> {
        let sent = self.0.iter_mut().take(BATCH);
        sent.map(|receipt| {
            receipt.flight = Some(Flight { reference, feed });
            &*receipt.id
        })
        .collect()
    }

    /// A result came on `feed`; true where it was for what is under way. A retryable failure makes it pending again.
    pub(crate) fn answered(&mut self, reference: u64, feed: u32, again: bool) -> bool {
        let flight = Some(Flight { reference, feed });
        let ours = self.0.iter().any(|receipt| receipt.flight == flight);
        if ours && again {
            self.requeue(feed);
        } else if ours {
            self.0.retain(|receipt| receipt.flight != flight);
        }
        ours
    }

    /// The feed ended without a result.
    pub(crate) fn requeue(&mut self, feed: u32) {
        for receipt in &mut self.0 {
            receipt.flight = receipt.flight.filter(|flight| flight.feed != feed);
        }
    }
}
