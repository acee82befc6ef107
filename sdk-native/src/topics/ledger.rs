use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use steadfast_core::Cursor;
use steadfast_core::json::Envelope;
use tokio::sync::Notify;

/// Counts what the application has taken out of a topic's queues, until the driver tells the machine.
///
/// The driver is woken only for a sixteenth of the buffer, so that a fast reader does not wake it for each event;
/// it collects the rest whenever it is awake anyway.
#[derive(Debug)]
pub(crate) struct Ledger {
    events: AtomicU32,
    bytes: AtomicU64,
    wake_at_events: u32,
    wake_at_bytes: u64,
    wake: Arc<Notify>,
}

impl Ledger {
    pub(crate) fn new(buffer_events: u32, buffer_bytes: u64, wake: Arc<Notify>) -> Self {
        Self {
            events: AtomicU32::new(0),
            bytes: AtomicU64::new(0),
            wake_at_events: (buffer_events / 16).max(1),
            wake_at_bytes: (buffer_bytes / 16).max(1),
            wake,
        }
    }

    /// What was taken since the last call.
    pub(crate) fn collect(&self) -> Option<(u32, u64)> {
        if self.events.load(Ordering::Relaxed) == 0 {
            return None;
        }
        // An event counted between the two swaps leaves its bytes for the next call: sums stay exact.
        let events = self.events.swap(0, Ordering::AcqRel);
        Some((events, self.bytes.swap(0, Ordering::AcqRel)))
    }

    fn take(&self, size: u32) {
        let bytes = self.bytes.fetch_add(u64::from(size), Ordering::AcqRel) + u64::from(size);
        let events = self.events.fetch_add(1, Ordering::AcqRel) + 1;
        if events >= self.wake_at_events || bytes >= self.wake_at_bytes {
            self.wake.notify_one();
        }
    }
}

/// An event as all subscriptions of its topic share it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) topic: Arc<str>,
    pub(crate) epoch: Arc<str>,
    pub(crate) offset: Option<u64>,
    pub(crate) deleted: bool,
    pub(crate) replay: bool,
    /// What it counts for in the topic's buffer.
    pub(crate) size: u32,
    pub(crate) envelope: Envelope,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) claims: AtomicU32,
}

impl Shared {
    /// Where a subscription stands that has taken the event.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        self.offset.map(|offset| Cursor { epoch: (*self.epoch).into(), offset })
    }
}

/// One subscription's claim on an event. The last claim given up, in whatever way, counts the event as taken.
#[derive(Debug)]
pub(crate) struct Claim(Arc<Shared>);

impl Claim {
    pub(crate) fn new(event: &Arc<Shared>) -> Self {
        event.claims.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(event))
    }

    /// Gives the claim up for the event.
    pub(crate) fn take(self) -> Arc<Shared> {
        Arc::clone(&self.0)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.0.claims.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.ledger.take(self.0.size);
        }
    }
}
