//! Topic results and events, and what the application is told of them.

use super::Client;
use crate::frame::{EventFrame, GapReason, TopicClass, TopicResult, WireError};
use crate::io::{Counter, Delivery, Output, Slot};
use crate::topics::{Told, Verdict};

impl<P> Client<P> {
    /// An event, on the path that every one takes.
    pub(super) fn event(&mut self, feed: u32, event: EventFrame<P>) {
        let Some(topic) = self.topics.by_slot(event.slot) else {
            self.count(Counter::Stale);
            return;
        };
        // Only one feed at a time may carry what has no offsets: the primary link's, else the exchange's.
        let secondary = self.link.primary().is_some_and(|primary| primary.feed != feed);
        if secondary && topic.class == Some(TopicClass::Ephemeral) {
            self.count(Counter::Stale);
            return;
        }
        let (slot, heard) = (topic.slot, topic.is_heard());
        match topic.receive(feed, event.offset, event.size, &self.config) {
            Verdict::Deliver { gap, replay } => {
                let live = topic.becomes_live(feed);
                if let Some(told) = gap {
                    self.tell(slot, heard, told);
                }
                if heard {
                    self.deliver(event, replay);
                }
                self.tell_live(slot, heard && live);
            }
            Verdict::Repeat => self.count(Counter::Repeats),
            Verdict::Stale => self.count(Counter::Stale),
            Verdict::Dropped => self.count(Counter::EphemeralDropped),
            Verdict::Hole => {
                self.count(Counter::Rewinds);
                self.unsettled = true;
            }
            Verdict::Full => self.leave_full(slot),
        }
    }

    pub(super) fn topic_results(&mut self, feed: u32, reference: Option<u64>, results: &[TopicResult]) {
        for result in results {
            let Some(topic) =
                self.topics.by_name(&result.topic).filter(|topic| topic.expects(feed, reference))
            else {
                self.count(Counter::StaleFrames);
                continue;
            };
            let (slot, heard) = (topic.slot, topic.is_heard());
            match &result.outcome {
                Ok(position) => {
                    let told = topic.accept(feed, position, reference.is_some());
                    let live = position.live && topic.becomes_live(feed);
                    self.tell_answer(slot, heard, told, live);
                }
                Err(error) if error.retryable => {
                    let refusals = topic.refusals();
                    let delay = self.above_advice(error.retry_after_ms.unwrap_or(0), refusals);
                    let at = self.now.monotonic + delay;
                    if let Some(topic) = self.topics.by_slot(slot) {
                        topic.refused_until(feed, at);
                    }
                }
                Err(error) => self.topic_failed(feed, slot, error),
            }
        }
    }

    pub(super) fn topic_gap(&mut self, feed: u32, name: &str, reason: GapReason, epoch: &str, offset: u64) {
        let Some(topic) = self.topics.by_name(name) else {
            self.count(Counter::StaleFrames);
            return;
        };
        let (slot, heard) = (topic.slot, topic.is_heard());
        let told = topic.gap(feed, reason, epoch, offset);
        let live = topic.becomes_live(feed);
        self.tell_answer(slot, heard, told, live);
    }

    /// The server refuses a topic for good.
    #[inline(never)]
    pub(super) fn topic_failed(&mut self, feed: u32, slot: Slot, error: &WireError) {
        let Some(topic) = self.topics.by_slot(slot) else { return };
        if topic.fail(feed) && topic.is_heard() {
            self.emit(Output::Deliver { slot, delivery: Delivery::Failed(error.clone()) });
        }
    }

    /// The application took events out of a topic's buffer.
    pub(super) fn taken(&mut self, slot: Slot, events: u32, bytes: u64) {
        let (most_events, most_bytes) = (self.config.buffer_events, self.config.buffer_bytes);
        let Some(topic) = self.topics.by_slot(slot) else { return };
        if topic.taken(events, bytes, most_events, most_bytes) {
            self.topics_changed = true;
            self.unsettled = true;
        }
    }

    fn deliver(&mut self, event: EventFrame<P>, replay: bool) {
        self.count(Counter::Delivered);
        if let Some(id) = event.acknowledge {
            if self.receipts.add(id) {
                self.count(Counter::ReceiptsDropped);
            }
            self.arm_receipts();
        }
        let delivery = Delivery::Event {
            offset: event.offset,
            deleted: event.deleted,
            replay,
            size: event.size,
            payload: event.payload,
        };
        self.emit(Output::Deliver { slot: event.slot, delivery });
    }

    /// What an answer brings: a loss, and then that the application has caught up.
    #[inline(never)]
    fn tell_answer(&mut self, slot: Slot, heard: bool, told: Option<Told>, live: bool) {
        if let Some(told) = told {
            self.tell(slot, heard, told);
        }
        self.tell_live(slot, heard && live);
    }

    fn tell_live(&mut self, slot: Slot, live: bool) {
        if live {
            self.emit(Output::Deliver { slot, delivery: Delivery::Live });
        }
    }

    fn tell(&mut self, slot: Slot, heard: bool, told: Told) {
        self.unsettled = true;
        if !heard {
            return;
        }
        let delivery = match told {
            Told::Gap { .. } if fault!(GapSwallowed) => return,
            Told::Reset if fault!(ResetMistold) => Delivery::Live,
            Told::Gap { reason, lost } => {
                self.count(Counter::Gaps);
                Delivery::Gap { reason, lost }
            }
            Told::Reset => {
                self.count(Counter::Resets);
                Delivery::Reset
            }
        };
        self.emit(Output::Deliver { slot, delivery });
    }

    /// The application is behind: the server keeps the rest until it has caught up.
    fn leave_full(&mut self, slot: Slot) {
        self.count(Counter::Refused);
        self.count(Counter::Rewinds);
        self.unsettled = true;
        self.leave(slot);
    }
}
