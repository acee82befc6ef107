//! The pump: which topic is read next, and what of it is written.

use std::sync::Arc;

use steadfast_core::json::encode_server;
use steadfast_core::{GapReason, Instant, Now, Payload, ServerFrame, TopicClass};

use super::subscriptions::Subscriptions;
use super::{Frame, Note, Output, Phase, Session, Ticket};
use crate::hub::{SlotSet, Topic};
use crate::log::{Batch, Event, READ_EVENTS, Read, View};

/// How long after a store did not answer it is asked again.
const FETCH_AGAIN_MS: u64 = 1_000;

/// The room for events that an idle session keeps.
const KEPT_ROOM: usize = 4;

/// Which topics have something to read, in rounds: in each, every ready topic is read once, a quantum each, logs
/// before states before ephemeral topics.
#[derive(Debug, Default)]
pub(super) struct Reader {
    ready: SlotSet,
    round: SlotSet,
    /// What was read of one topic, and is not written yet; at most one read's worth.
    batch: Batch,
    batch_slot: u8,
    tickets: u32,
    /// Reads of stores under way; at most one a topic, and none without a store.
    fetches: Vec<Fetch>,
}

#[derive(Debug)]
struct Fetch {
    ticket: Ticket,
    state: Fetching,
}

#[derive(Debug)]
enum Fetching {
    /// The tail holds what lies beyond `until`.
    Asked { until: u64 },
    /// The store did not answer: it is asked again then.
    Failed { again_at: Instant },
    /// The events wait for the topic's turn.
    Answered { until: u64, events: Vec<Arc<Event>> },
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
        self.fetches.retain(|fetch| fetch.ticket.slot != slot);
        if self.batch_slot == slot {
            self.batch.clear();
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
        !self.batch.is_empty() || !self.ready.is_empty() || !self.round.is_empty()
    }

    #[cfg(test)]
    pub(super) fn kept_room(&self) -> usize {
        self.batch.capacity()
    }

    /// When a store is asked again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let failed = self.fetches.iter().filter_map(|fetch| match fetch.state {
            Fetching::Failed { again_at } => Some(again_at),
            Fetching::Asked { .. } | Fetching::Answered { .. } => None,
        });
        failed.min()
    }

    /// Marks the topics whose stores are to be asked again.
    pub(super) fn tick(&mut self, now: Instant) {
        let ready = &mut self.ready;
        self.fetches.retain(|fetch| {
            let due = matches!(fetch.state, Fetching::Failed { again_at } if now >= again_at);
            if due {
                ready.insert(fetch.ticket.slot);
            }
            !due
        });
    }

    fn next_event(&mut self) -> Option<Arc<Event>> {
        let event = self.batch.pop_front();
        if event.is_none() && self.batch.capacity() > KEPT_ROOM {
            self.batch = Batch::new();
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

    fn fetch_of(&self, slot: u8) -> Option<usize> {
        self.fetches.iter().position(|fetch| fetch.ticket.slot == slot)
    }
}

impl Session {
    pub(super) fn next_event(&mut self) -> Option<Frame> {
        loop {
            if let Some(event) = self.reader.next_event() {
                return Some(Frame::Event(event));
            }
            let slot = self.reader.next_slot(&self.subscriptions)?;
            if let Some(index) = self.reader.fetch_of(slot) {
                match self.begin_fetched(index) {
                    Some(gap) => return Some(gap),
                    None => continue,
                }
            }
            let Some(active) = self.subscriptions.active_mut(slot) else {
                continue;
            };
            self.reader.batch_slot = slot;
            let user = match &self.phase {
                Phase::Live(live) => Some(&live.principal.user),
                Phase::Greeting(_) | Phase::Ended(..) => None,
            };
            let view = View { keys: active.keys(), user };
            match active.topic.read(&active.place(), view, &mut self.reader.batch) {
                Read::Events { offset, more } => {
                    active.advance(offset);
                    if more {
                        self.reader.mark_one(slot);
                    }
                }
                Read::Gap { offset } => {
                    active.advance(offset);
                    let frame = gap_frame(&active.topic, offset);
                    self.reader.mark_one(slot);
                    self.note(Note::Gap(GapReason::SlowConsumer));
                    return Some(Frame::Control(encode_server(&frame)));
                }
                Read::Behind { until } => {
                    let (topic, from) = (Arc::clone(&active.topic), active.place().offset + 1);
                    self.fetch(slot, topic, from, until);
                }
                Read::Reset => {
                    self.restart_topic(slot);
                    return self.control.pop_front().map(Frame::Control);
                }
            }
        }
    }

    pub(super) fn fetched(&mut self, ticket: Ticket, events: Vec<Arc<Event>>) {
        let fetch = self.reader.fetches.iter_mut().find(|fetch| fetch.ticket == ticket);
        if let Some(Fetch { state, .. }) = fetch
            && let Fetching::Asked { until } = *state
        {
            *state = Fetching::Answered { until, events };
            self.reader.mark_one(ticket.slot);
        }
    }

    pub(super) fn not_fetched(&mut self, ticket: Ticket, now: Now) {
        let fetch = self.reader.fetches.iter_mut().find(|fetch| fetch.ticket == ticket);
        if let Some(fetch) = fetch {
            fetch.state = Fetching::Failed { again_at: now.monotonic + FETCH_AGAIN_MS };
        }
    }

    fn fetch(&mut self, slot: u8, topic: Arc<Topic>, from: u64, until: u64) {
        let ticket = Ticket { slot, number: self.reader.take_ticket() };
        self.reader.fetches.push(Fetch { ticket, state: Fetching::Asked { until } });
        let epoch = topic.epoch();
        self.outputs.push_back(Output::Fetch { ticket, topic, epoch, from, limit: READ_EVENTS });
    }

    /// Goes on with what a store has answered, if it has; gives the gap before it, where there is one.
    fn begin_fetched(&mut self, index: usize) -> Option<Frame> {
        if !matches!(self.reader.fetches[index].state, Fetching::Answered { .. }) {
            return None;
        }
        let Fetch { ticket, state } = self.reader.fetches.swap_remove(index);
        let (Fetching::Answered { until, events }, Some(active)) =
            (state, self.subscriptions.active_mut(ticket.slot))
        else {
            return None;
        };
        let expected = active.place().offset + 1;
        let first = events.first().map_or(until + 1, |event| event.offset());
        active.advance(events.last().map_or(until, |event| event.offset()));
        let gap = (first > expected).then(|| gap_frame(&active.topic, first - 1));
        self.reader.batch_slot = ticket.slot;
        self.reader.batch.extend(events);
        self.reader.mark_one(ticket.slot);
        let gap = gap?;
        self.note(Note::Gap(GapReason::SlowConsumer));
        Some(Frame::Control(encode_server(&gap)))
    }
}

fn gap_frame(topic: &Topic, offset: u64) -> ServerFrame<Payload> {
    ServerFrame::Gap {
        topic: topic.key().name().as_str().to_owned(),
        reason: GapReason::SlowConsumer,
        epoch: (*topic.epoch()).into(),
        offset,
    }
}
