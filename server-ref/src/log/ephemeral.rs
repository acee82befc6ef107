//! An ephemeral topic: what happens now, for those who listen now.

use std::collections::VecDeque;
use std::sync::Arc;

use steadfast_core::{Position, Recovery, TopicClass};

use super::event::{Event, Unnumbered};
use super::{Batch, Place, Read, Taking};
use crate::config::EphemeralRetention;

/// The most bytes that the ring holds; the newest event stays whatever its size.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// A small ring, read by a cursor that the wire does not carry. Overflow and age drop the oldest.
#[derive(Debug, Default)]
pub(crate) struct EphemeralLog {
    events: VecDeque<Arc<Event>>,
    sequence: u64,
    bytes: u64,
}

impl EphemeralLog {
    pub(crate) fn append(
        &mut self,
        event: Unnumbered,
        retention: &EphemeralRetention,
        now_ms: u64,
    ) -> Arc<Event> {
        self.expire(retention, now_ms);
        self.sequence += 1;
        let event = event.unnumbered(self.sequence, now_ms);
        self.bytes += event.size();
        self.events.push_back(Arc::clone(&event));
        while self.events.len() > retention.events as usize
            || (self.bytes > MOST_BYTES && self.events.len() > 1)
        {
            self.drop_oldest();
        }
        event
    }

    pub(crate) fn expire(&mut self, retention: &EphemeralRetention, now_ms: u64) {
        while self
            .events
            .front()
            .is_some_and(|event| now_ms.saturating_sub(event.published_ms()) > retention.age_ms)
        {
            self.drop_oldest();
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads beyond a place; what was dropped in between is skipped without a word, as the class promises nothing.
    pub(crate) fn read(&self, offset: u64, batch: &mut Batch) -> Read {
        let floor = self.sequence - self.events.len() as u64;
        let skip = offset.saturating_sub(floor) as usize;
        let mut taking = Taking::into(batch);
        for event in self.events.range(skip.min(self.events.len())..) {
            if !taking.take(event) {
                break;
            }
        }
        let offset = taking.last().unwrap_or(self.sequence);
        Read::Events { offset, more: offset < self.sequence }
    }

    /// A subscription begins now.
    pub(crate) fn position(&self) -> (Position, Place) {
        let position = Position {
            class: TopicClass::Ephemeral,
            epoch: "".into(),
            offset: 0,
            top: 0,
            head: 0,
            recovery: Recovery::Fresh,
            live: true,
        };
        (position, Place { offset: self.sequence, floor: 0 })
    }

    fn drop_oldest(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= event.size();
        }
    }
}
