#![allow(missing_docs, unused_variables, clippy::needless_pass_by_value)]
use crate::*;
use alloc::string::String;
use alloc::vec::Vec;

pub struct Client<P> {
    _payload: core::marker::PhantomData<P>,
}

impl<P> Client<P> {
    /// `seed`: random bits for the backoff.
    pub fn new(config: Config, seed: u64, now: Now) -> Self {
        unimplemented!()
    }

    // Commands
    pub fn connect(&mut self, now: Now) {
        unimplemented!()
    }
    /// Says bye, closes 1000, stops polling. Messages stay in the outbox until their life ends.
    pub fn disconnect(&mut self, now: Now) {
        unimplemented!()
    }
    pub fn subscribe(&mut self, now: Now, topic: &str, options: SubscribeOptions) -> Result<(SubscriptionId, Slot), Misuse> {
        unimplemented!()
    }
    pub fn unsubscribe(&mut self, now: Now, subscription: SubscriptionId) -> Result<(), Misuse> {
        unimplemented!()
    }
    /// Queues; exactly one `Output::Complete` follows.
    pub fn submit(&mut self, now: Now, message: OutgoingMessage) -> Result<MessageId, Misuse> {
        unimplemented!()
    }
    /// Fire and forget: only while a WebSocket is live, never queued, never answered.
    pub fn send(&mut self, now: Now, message: OutgoingMessage) -> Result<(), Misuse> {
        unimplemented!()
    }
    /// A person's acknowledgement of events; one `Output::Complete` follows.
    pub fn acknowledge(&mut self, now: Now, ids: Vec<String>, note: Option<&str>) -> Result<MessageId, Misuse> {
        unimplemented!()
    }
    /// Completes a message as cancelled; unknown ids are ignored.
    pub fn cancel(&mut self, now: Now, message: MessageId) {
        unimplemented!()
    }

    // Driver
    pub fn handle_input(&mut self, now: Now, input: Input<P>) {
        unimplemented!()
    }
    pub fn poll_output(&mut self) -> Output<P> {
        unimplemented!()
    }

    // Getters
    pub fn status(&self) -> Status {
        unimplemented!()
    }
    pub fn statistics(&self) -> Statistics {
        unimplemented!()
    }
    /// The topic's slot while it has subscriptions, else `Slot::UNKNOWN`.
    pub fn slot(&self, topic: &str) -> Slot {
        unimplemented!()
    }
    /// Where the application stands in a topic (delivered up to here), to be kept for a later run.
    pub fn cursor(&self, slot: Slot) -> Option<Cursor> {
        unimplemented!()
    }
    pub fn is_live(&self, slot: Slot) -> bool {
        unimplemented!()
    }
    pub fn class(&self, slot: Slot) -> Option<TopicClass> {
        unimplemented!()
    }
    /// Messages without an outcome yet.
    pub fn pending_messages(&self) -> usize {
        unimplemented!()
    }
    /// The largest message that may be sent (from the welcome; 1 MiB before).
    pub fn max_frame_bytes(&self) -> u64 {
        unimplemented!()
    }
}
