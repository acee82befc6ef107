//! A log topic: contiguous offsets from 1, of which the newest are kept.

use std::collections::VecDeque;
use std::sync::Arc;

use steadfast_core::{Cursor, GapReason, Position, Recovery, TopicClass};

use super::event::{Event, Unnumbered};
use super::{Batch, Place, Read, Taking};
use crate::config::LogRetention;

/// The history of a log topic. The counter outlives what is evicted.
#[derive(Debug, Default)]
pub(crate) struct NumberedLog {
    events: VecDeque<Arc<Event>>,
    top: u64,
    bytes: u64,
    /// The store beneath this tail holds the offsets from here on; `None` where there is no store.
    stored_from: Option<u64>,
}

impl NumberedLog {
    /// An empty tail that begins behind `top`, over a store that holds the offsets from `stored_from` on.
    pub(crate) fn over_store(top: u64, stored_from: u64) -> Self {
        Self { events: VecDeque::new(), top, bytes: 0, stored_from: Some(stored_from) }
    }

    pub(crate) fn append(&mut self, event: Unnumbered, retention: &LogRetention, now_ms: u64) -> Arc<Event> {
        self.expire(retention, now_ms);
        self.top += 1;
        let event = event.number(self.top, now_ms);
        self.bytes += event.size();
        self.events.push_back(Arc::clone(&event));
        // The newest is kept whatever its size: a log that forgets at once would be of no use to anyone.
        while self.events.len() > 1
            && (self.events.len() > retention.history_events as usize
                || self.bytes > retention.history_bytes
                || fault!(EvictsTooEarly) && self.bytes > 1_500)
        {
            self.evict_oldest();
        }
        event
    }

    /// Forgets what is older than the retention.
    pub(crate) fn expire(&mut self, retention: &LogRetention, now_ms: u64) {
        while self.oldest_ms().is_some_and(|oldest| now_ms.saturating_sub(oldest) > retention.history_ms) {
            self.evict_oldest();
        }
    }

    pub(crate) fn evict_oldest(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= event.size();
        }
        if self.events.is_empty() {
            self.events.shrink_to_fit();
        }
    }

    /// When the oldest event that is kept was published.
    pub(crate) fn oldest_ms(&self) -> Option<u64> {
        self.events.front().map(|event| event.published_ms())
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Oldest in the tail − 1.
    fn tail_floor(&self) -> u64 {
        self.top - self.events.len() as u64
    }

    /// Oldest retained − 1, in the tail or the store beneath it.
    fn floor(&self) -> u64 {
        self.stored_from.map_or(self.tail_floor(), |from| self.tail_floor().min(from.saturating_sub(1)))
    }

    pub(crate) fn read(&self, offset: u64, batch: &mut Batch) -> Read {
        if offset < self.floor() {
            return Read::Gap { offset: self.floor() + u64::from(fault!(HistoryMisnamed)) };
        }
        if offset < self.tail_floor() {
            return Read::Behind { until: self.tail_floor() };
        }
        let skip = (offset - self.tail_floor()) as usize;
        let mut taking = Taking::into(batch);
        for event in self.events.range(skip.min(self.events.len())..) {
            if !taking.take(event) {
                break;
            }
        }
        let offset = taking.last().unwrap_or(offset);
        Read::Events { offset, more: offset < self.top }
    }

    /// Where a subscription begins, by the recovery table.
    pub(crate) fn position(
        &self,
        epoch: &Arc<str>,
        cursor: Option<&Cursor>,
        history: Option<u64>,
    ) -> (Position, Place) {
        let floor = self.floor();
        let (offset, recovery) = match cursor {
            None => (self.top.saturating_sub(history.unwrap_or(0)).max(floor), Recovery::Fresh),
            Some(cursor) if *cursor.epoch != **epoch && !fault!(EpochIgnored) => {
                (floor, Recovery::Gap(GapReason::EpochChanged))
            }
            Some(cursor) if cursor.offset > self.top => (self.top, Recovery::Gap(GapReason::SourceLost)),
            Some(cursor) if cursor.offset < floor => (floor, Recovery::Gap(GapReason::HistoryEvicted)),
            Some(cursor) => (cursor.offset, Recovery::Resumed),
        };
        let position = Position {
            class: TopicClass::Log,
            epoch: (**epoch).into(),
            offset,
            top: self.top,
            head: self.top,
            recovery,
            live: true,
        };
        (position, Place { offset, floor: 0 })
    }
}
