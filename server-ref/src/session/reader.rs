//! The pump: which topic is read next, and what of it is written.

use std::sync::Arc;

use steadfast_core::{GapReason, ServerFrame, TopicClass};

use super::subscriptions::Subscriptions;
use super::{Frame, Note, Session};
use crate::hub::SlotSet;
use crate::log::{Event, Read};

/// Which topics have something to read, in rounds: in each, every ready topic is read once, a quantum each, logs
/// before states before ephemeral topics.
#[derive(Debug, Default)]
pub(super) struct Reader {
    ready: SlotSet,
    round: SlotSet,
    /// What was read of one topic and is not written yet; at most one read's worth.
    batch: Option<Box<Batch>>,
    tickets: u32,
}

#[derive(Debug)]
struct Batch {
    slot: u8,
    events: std::vec::IntoIter<Arc<Event>>,
}

impl Reader {
    pub(super) fn mark(&mut self, slots: SlotSet) {
        self.ready.add_all(slots);
    }

    pub(super) fn mark_one(&mut self, slot: u8) {
        self.ready.insert(slot);
    }

    /// Nothing of this slot is written any more.
    pub(super) fn forget(&mut self, slot: u8) {
        self.ready.remove(slot);
        self.round.remove(slot);
        if self.batch.as_ref().is_some_and(|batch| batch.slot == slot) {
            self.batch = None;
        }
    }

    pub(super) fn next_ticket(&self) -> u32 {
        self.tickets.wrapping_add(1)
    }

    pub(super) fn take_ticket(&mut self) -> u32 {
        self.tickets = self.next_ticket();
        self.tickets
    }

    pub(super) fn has_more(&self) -> bool {
        self.batch.is_some() || !self.ready.is_empty() || !self.round.is_empty()
    }

    fn next_event(&mut self) -> Option<Arc<Event>> {
        let event = self.batch.as_mut().and_then(|batch| batch.events.next());
        if event.is_none() {
            self.batch = None;
        }
        event
    }

    fn next_slot(&mut self, subscriptions: &Subscriptions) -> Option<u8> {
        if self.round.is_empty() {
            self.round = std::mem::take(&mut self.ready);
        }
        let class_of = |slot| subscriptions.active(slot).map(|active| active.topic.class());
        let rank = |slot: &u8| match class_of(*slot) {
            None | Some(TopicClass::Log) => 0,
            Some(TopicClass::State) => 1,
            Some(TopicClass::Ephemeral) => 2,
        };
        let slot = self.round.iter().min_by_key(rank)?;
        self.round.remove(slot);
        Some(slot)
    }
}

impl Session {
    pub(super) fn next_event(&mut self) -> Option<Frame> {
        loop {
            if let Some(event) = self.reader.next_event() {
                return Some(Frame::Event(event));
            }
            let slot = self.reader.next_slot(&self.subscriptions)?;
            let Some(active) = self.subscriptions.active_mut(slot) else {
                continue;
            };
            match active.topic.read(&active.place(), active.keys()) {
                Read::Events { events, offset, more } => {
                    active.advance(offset);
                    if more {
                        self.reader.mark_one(slot);
                    }
                    if !events.is_empty() {
                        self.reader.batch = Some(Box::new(Batch { slot, events: events.into_iter() }));
                    }
                }
                Read::Gap { offset } => {
                    active.advance(offset);
                    let gap = ServerFrame::Gap {
                        topic: active.topic.key().name().as_str().to_owned(),
                        reason: GapReason::SlowConsumer,
                        epoch: (*active.topic.epoch()).into(),
                        offset,
                    };
                    self.reader.mark_one(slot);
                    self.note(Note::Gap(GapReason::SlowConsumer));
                    return Some(Frame::Control(steadfast_core::json::encode_server(&gap)));
                }
                Read::Reset => {
                    self.restart_topic(slot);
                    return self.control.pop_front().map(Frame::Control);
                }
            }
        }
    }
}
