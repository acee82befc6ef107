//! What the application asks for.

use alloc::string::String;

use super::{Activity, Client};
use crate::codec::outgoing::{self, MessageFrame};
use crate::error::Misuse;
use crate::frame::{AckState, is_reserved};
use crate::io::{MessageId, Outcome, OutgoingMessage, Output, Slot, SubscribeOptions, SubscriptionId};
use crate::link::Attempt;
use crate::time::Now;

impl<P> Client<P> {
    /// Connects and stays connected. While waiting, tries now, unless the server advised to wait; otherwise where it is
    /// connected or on the way, nothing happens. Frozen: takes effect on thaw.
    pub fn connect(&mut self, now: Now) {
        self.observe_command(now);
        match (&mut self.activity, &self.link.attempt) {
            (Activity::Frozen { resume }, _) => *resume = true,
            (Activity::Awake, _) if self.link.is_idle() && self.fallback.is_off() => self.start(),
            (Activity::Awake, Attempt::Stopped) => self.start(),
            (Activity::Awake, Attempt::Waiting { earliest }) if *earliest <= self.now.monotonic => {
                self.begin_link();
            }
            (Activity::Awake, _) => {}
        }
        self.settle();
    }

    /// Says bye, closes with 1000 and stops polling. Messages stay in the outbox until their life ends. Works in every state.
    pub fn disconnect(&mut self, now: Now) {
        self.observe_command(now);
        match &mut self.activity {
            Activity::Frozen { resume } => *resume = false,
            Activity::Awake => self.end_by_request(),
        }
        self.settle();
    }

    /// Follows a topic. Several subscriptions of one topic share one place on the wire; their keys are united, and the
    /// topic's deliveries are for all of them.
    ///
    /// # Errors
    /// - [`Misuse::BadTopicName`]: not 1 to 128 characters of `A-Z a-z 0-9 _ . : -`.
    #[allow(clippy::needless_pass_by_value, reason = "whoever subscribes has no more use for them")]
    pub fn subscribe(
        &mut self,
        now: Now,
        topic: &str,
        options: SubscribeOptions,
    ) -> Result<(SubscriptionId, Slot), Misuse> {
        if !is_topic_name(topic) {
            return Err(Misuse::BadTopicName);
        }
        self.observe_command(now);
        let (id, slot, changed) = self.topics.subscribe(topic, &options);
        self.topics_changed |= changed;
        self.settle();
        Ok((id, slot))
    }

    /// Ends a subscription; with a topic's last one the server is told and the slot is gone.
    ///
    /// # Errors
    /// - [`Misuse::UnknownSubscription`]: it was ended before.
    pub fn unsubscribe(&mut self, now: Now, subscription: SubscriptionId) -> Result<(), Misuse> {
        self.observe_command(now);
        let ended = self.topics.unsubscribe(subscription).ok_or(Misuse::UnknownSubscription);
        if let Ok(Some(slot)) = ended {
            self.leave(slot);
            self.topics.remove(slot);
            self.topics_changed = true;
        }
        self.settle();
        ended.map(|_| ())
    }

    /// Queues a message that wants a result; exactly one [`Output::Complete`] follows, whatever happens.
    ///
    /// # Errors
    /// - [`Misuse::BadType`], [`Misuse::BadTopicName`]: the message breaks the protocol's rules for names.
    /// - [`Misuse::TooLarge`]: its frame is over the server's limit, or the envelope of a payload of bytes over 16 KiB.
    /// - [`Misuse::OutboxFull`]: the outbox is at its limits.
    pub fn submit(&mut self, now: Now, message: &OutgoingMessage) -> Result<MessageId, Misuse> {
        check(message)?;
        self.observe_command(now);
        let reference = self.counters.reference + 1;
        let frame = MessageFrame::new(message, Some((reference, &self.config.instance)));
        self.enqueue(reference, frame, message.life_ms)
    }

    /// Sends a message that wants no result, now or not at all: it is never queued and never answered.
    ///
    /// # Errors
    /// - [`Misuse::BadType`], [`Misuse::BadTopicName`]: the message breaks the protocol's rules for names.
    /// - [`Misuse::TooLarge`]: its frame is over the server's limit, or the envelope of a payload of bytes over 16 KiB.
    /// - [`Misuse::NotConnected`]: no WebSocket is live (polling does not count).
    pub fn send(&mut self, now: Now, message: &OutgoingMessage) -> Result<(), Misuse> {
        check(message)?;
        self.observe_command(now);
        let sent = self.send_unanswered(message);
        self.settle();
        sent
    }

    /// Says that a person has taken on these events; one [`Output::Complete`] follows. Repeating it is harmless.
    ///
    /// # Errors
    /// - [`Misuse::NothingToAcknowledge`]: no ids.
    /// - [`Misuse::TooLarge`], [`Misuse::OutboxFull`]: as for [`Client::submit`].
    pub fn acknowledge(&mut self, now: Now, ids: &[String], note: Option<&str>) -> Result<MessageId, Misuse> {
        if ids.is_empty() {
            return Err(Misuse::NothingToAcknowledge);
        }
        self.observe_command(now);
        let reference = self.counters.reference + 1;
        let text = outgoing::acknowledge(reference, ids, AckState::Acknowledged, note);
        self.enqueue(reference, MessageFrame::from_text(text), None)
    }

    /// Gives up on a message, which completes as cancelled. One that is done already is ignored.
    pub fn cancel(&mut self, now: Now, message: MessageId) {
        self.observe_command(now);
        if let Some(message) = self.outbox.take(message) {
            self.complete(message.id, Outcome::Cancelled { sent: message.was_sent });
        }
        self.settle();
    }

    /// The end of a command that queues a message.
    fn enqueue(
        &mut self,
        reference: u64,
        frame: MessageFrame,
        life_ms: Option<u64>,
    ) -> Result<MessageId, Misuse> {
        let message = MessageId(reference);
        let taken = self.check_size(&frame).and_then(|()| self.outbox.check_room(&frame));
        if taken.is_ok() {
            self.counters.reference = reference;
            self.outbox.push(message, frame, self.now.monotonic, life_ms);
        }
        self.settle();
        taken.map(|()| message)
    }

    fn send_unanswered(&mut self, message: &OutgoingMessage) -> Result<(), Misuse> {
        let frame = MessageFrame::new(message, None);
        self.check_size(&frame)?;
        let connection = self.link.primary_mut().ok_or(Misuse::NotConnected)?;
        connection.buffered = connection.buffered.saturating_add(frame.len());
        let (link, bytes) = (connection.id, frame.bytes());
        self.emit(Output::Send { link, bytes });
        Ok(())
    }

    fn check_size(&self, frame: &MessageFrame) -> Result<(), Misuse> {
        if frame.fits(self.terms.max_frame_bytes) { Ok(()) } else { Err(Misuse::TooLarge) }
    }
}

fn check(message: &OutgoingMessage) -> Result<(), Misuse> {
    let kind = message.kind.as_str();
    if kind.is_empty() || characters(kind) > MAX_TYPE || is_reserved(kind) {
        return Err(Misuse::BadType);
    }
    match &message.topic {
        Some(topic) if !is_topic_name(topic) => Err(Misuse::BadTopicName),
        _ => Ok(()),
    }
}

/// The longest type, in characters.
const MAX_TYPE: usize = 64;

/// Counted by the bytes that begin one, because decoding them costs the browser more.
fn characters(text: &str) -> usize {
    text.bytes().filter(|byte| byte & 0xc0 != 0x80).count()
}

fn is_topic_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-'))
}
