//! Frames from the server, by their type.

use alloc::string::String;

use super::Client;
use crate::close::CloseCode;
use crate::codec::outgoing;
use crate::frame::{ErrorCode, ServerFrame, WireError};
use crate::io::{Counter, LinkId, MessageId, Outcome};
use crate::link::{Advice, Stage};
use crate::timer::Timer;

/// `received` acknowledgements that the server cannot take now are put off by this, up to twice.
const RECEIPTS_AGAIN_MS: u64 = 5_000;

/// Where a frame came from; its feed is current.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    Link(LinkId),
    Exchange,
}

impl<P> Client<P> {
    pub(super) fn frame_on_link(&mut self, link: LinkId, frame: ServerFrame<P>) {
        let Some(connection) = self.link.connection_mut(link) else {
            self.count(Counter::StaleFrames);
            return;
        };
        let (feed, greeting) = (connection.feed, connection.stage == Stage::Greeting);
        if let ServerFrame::Event(event) = frame {
            if greeting {
                // Nothing but control before the welcome.
                self.count(Counter::BadFrames);
                return;
            }
            self.event(feed, event);
            return;
        }
        self.unsettled = true;
        match frame {
            ServerFrame::Welcome(welcome) if greeting => self.welcomed(link, &welcome),
            ServerFrame::Welcome(_) => self.count(Counter::BadFrames),
            frame if greeting && !is_control(&frame) => self.count(Counter::BadFrames),
            frame => self.control(Source::Link(link), feed, frame),
        }
    }

    pub(super) fn bad_frame(&mut self, link: LinkId) {
        if self.link.connection_mut(link).is_some() {
            self.count(Counter::BadFrames);
        } else {
            self.count(Counter::StaleFrames);
        }
    }

    /// Any frame but a welcome or an event, which the callers have taken out.
    pub(super) fn control(&mut self, source: Source, feed: u32, frame: ServerFrame<P>) {
        match (frame, source) {
            (ServerFrame::Subscribed { reference, topics }, _) => {
                self.topic_results(feed, reference, &topics);
            }
            (ServerFrame::Unsubscribed { reference: None, topics, error }, _) => {
                self.taken_away(feed, &topics, error);
            }
            (ServerFrame::Gap { topic, reason, epoch, offset }, _) => {
                self.topic_gap(feed, &topic, reason, &epoch, offset);
            }
            (ServerFrame::Result { reference, outcome, duplicate, auth_expires_in_ms }, _) => {
                self.result(feed, reference, outcome, duplicate, auth_expires_in_ms);
            }
            (ServerFrame::AuthRequired { .. }, Source::Link(_)) => self.token_demanded(),
            (ServerFrame::Drain { min_ms, max_ms, deadline_ms, .. }, Source::Link(link)) => {
                self.drained(link, min_ms, max_ms, deadline_ms);
            }
            (ServerFrame::Bye { code, reconnect_after_ms, .. }, Source::Link(link)) => {
                if let Some(connection) = self.link.connection_mut(link) {
                    connection.advice = Some(Advice { code, after_ms: reconnect_after_ms });
                }
                self.close_link(link, CloseCode::NORMAL);
            }
            (ServerFrame::Ping { t }, Source::Link(link)) => self.send_text(link, outgoing::bare("pong", t)),
            (ServerFrame::Error(_) | ServerFrame::Unknown, _) => self.count(Counter::UnknownFrames),
            (ServerFrame::Event(event), _) => self.event(feed, event),
            // An answer to an unsubscribe asks for nothing more; the rest means nothing on this kind of feed.
            _ => {}
        }
    }

    fn result(
        &mut self,
        feed: u32,
        reference: u64,
        outcome: Result<Option<P>, WireError>,
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
            Ok(payload) => Outcome::Done { payload, duplicate },
            // This copy was put off; an earlier one may have been carried out, or may be yet.
            Err(error) if error.retryable && taken.was_sent_before => Outcome::Unknown,
            Err(error) => Outcome::Failed(error),
        };
        self.complete(message, outcome);
    }

    fn taken_away(&mut self, feed: u32, topics: &[String], error: Option<WireError>) {
        let error = error
            .unwrap_or_else(|| WireError::new(ErrorCode::Forbidden, "the server took the topic away", false));
        for name in topics {
            let Some(topic) = self.topics.by_name(name).filter(|topic| topic.expects(feed, None)) else {
                self.count(Counter::StaleFrames);
                continue;
            };
            let (slot, heard) = (topic.slot, topic.is_heard());
            if topic.fail(feed) {
                self.tell_failed(slot, heard, error.clone());
            }
        }
    }
}

/// What may come before the welcome.
fn is_control<P>(frame: &ServerFrame<P>) -> bool {
    matches!(
        frame,
        ServerFrame::Ping { .. }
            | ServerFrame::Pong { .. }
            | ServerFrame::Bye { .. }
            | ServerFrame::Error(_)
            | ServerFrame::Unknown
    )
}
