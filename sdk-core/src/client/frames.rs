//! Frames from the server, by their type.

use alloc::string::String;

use super::Client;
use crate::close::CloseCode;
use crate::codec::outgoing;
use crate::frame::{ErrorCode, EventFrame, ServerFrame, WireError};
use crate::io::{Counter, LinkId, MessageId, Outcome};
use crate::link::{Advice, Connection, Stage};
use crate::timer::Timer;

/// `received` acknowledgements that the server cannot take now are put off by this, up to twice.
const RECEIPTS_AGAIN_MS: u64 = 5_000;

impl<P> Client<P> {
    pub(super) fn event_on_link(&mut self, link: LinkId, event: EventFrame<P>) {
        match self.link.connection_mut(link) {
            None => self.count(Counter::StaleFrames),
            Some(Connection { stage: Stage::Greeting, .. }) => self.count(Counter::BadFrames),
            Some(&mut Connection { feed, .. }) => self.event(feed, event),
        }
    }

    /// Any frame but an event.
    pub(super) fn frame_on_link(&mut self, link: LinkId, frame: &mut ServerFrame<P>) {
        let Some(connection) = self.link.connection_mut(link) else {
            self.count(Counter::StaleFrames);
            return;
        };
        let (feed, greeting) = (connection.feed, connection.stage == Stage::Greeting);
        match *frame {
            ServerFrame::Welcome(ref welcome) if greeting => self.welcomed(link, welcome),
            ServerFrame::Bye { code, reconnect_after_ms, .. } => {
                connection.advice = Some(Advice { code, after_ms: reconnect_after_ms });
                self.close_link(link, CloseCode::NORMAL);
            }
            ServerFrame::Ping { t } => self.send_text(link, outgoing::bare("pong", t)),
            ServerFrame::Pong { .. } => {}
            ServerFrame::Error(_) | ServerFrame::Unknown => self.count(Counter::UnknownFrames),
            // Nothing but these before the welcome, of which there is one.
            ServerFrame::Welcome(_) => self.count(Counter::BadFrames),
            _ if greeting => self.count(Counter::BadFrames),
            ServerFrame::AuthRequired { .. } => self.token_demanded(),
            ServerFrame::Drain { min_ms, max_ms, deadline_ms, .. } => {
                self.drained(link, min_ms, max_ms, deadline_ms);
            }
            _ => self.frame_on_feed(feed, frame),
        }
    }

    pub(super) fn bad_frame(&mut self, link: LinkId) {
        if self.link.connection_mut(link).is_some() {
            self.count(Counter::BadFrames);
        } else {
            self.count(Counter::StaleFrames);
        }
    }

    /// A frame that means the same on a link and in an exchange.
    pub(super) fn frame_on_feed(&mut self, feed: u32, frame: &mut ServerFrame<P>) {
        match *frame {
            ServerFrame::Subscribed { reference, ref topics } => self.topic_results(feed, reference, topics),
            ServerFrame::Unsubscribed { reference: None, ref topics, ref error } => {
                self.taken_away(feed, topics, error.as_ref());
            }
            ServerFrame::Gap { ref topic, reason, ref epoch, offset } => {
                self.topic_gap(feed, topic, reason, epoch, offset);
            }
            ServerFrame::Result { reference, ref mut outcome, duplicate, auth_expires_in_ms } => {
                self.result(feed, reference, outcome, duplicate, auth_expires_in_ms);
            }
            ServerFrame::Error(_) | ServerFrame::Unknown => self.count(Counter::UnknownFrames),
            // An answer to an unsubscribe asks for nothing more; the rest means nothing here.
            _ => {}
        }
    }

    fn result(
        &mut self,
        feed: u32,
        reference: u64,
        outcome: &mut Result<Option<P>, WireError>,
        duplicate: bool,
        auth_expires_in_ms: Option<u64>,
    ) {
        let failed = outcome.as_ref().err();
        if self.auth_answered(reference, feed, failed, auth_expires_in_ms) {
            return;
        }
        let again = failed.is_some_and(|error| error.retryable);
        if self.receipts.answered(reference, feed, again) {
            if again {
                let delay = self.random.between(RECEIPTS_AGAIN_MS, 2 * RECEIPTS_AGAIN_MS);
                self.set_timer(Timer::Receipts, delay);
            }
            return;
        }
        let message = MessageId(reference);
        let Some(taken) = self.outbox.complete(message, feed) else {
            self.count(Counter::StaleFrames);
            return;
        };
        let outcome = match outcome {
            Ok(payload) => Outcome::Done { payload: payload.take(), duplicate },
            // This copy was put off; an earlier one may have been carried out, or may be yet.
            Err(error) if error.retryable && taken.was_sent_before => Outcome::Unknown,
            Err(error) => Outcome::Failed(error.clone()),
        };
        self.complete(message, outcome);
    }

    fn taken_away(&mut self, feed: u32, topics: &[String], error: Option<&WireError>) {
        let silent = WireError::new(ErrorCode::Forbidden, "the server took the topic away", false);
        let error = error.unwrap_or(&silent);
        for name in topics {
            let Some(topic) = self.topics.by_name(name).filter(|topic| topic.expects(feed, None)) else {
                self.count(Counter::StaleFrames);
                continue;
            };
            let slot = topic.slot;
            self.topic_failed(feed, slot, error);
        }
    }
}
