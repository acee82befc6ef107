//! The steps that follow from what an input changed, in one place and one order.

use alloc::string::String;

use super::{Activity, Client, Reported};
use crate::codec::outgoing;
use crate::frame::{AckState, ErrorCode, WireError};
use crate::io::{MessageId, Outcome, Output, State, Status, Transport};
use crate::link::Attempt;
use crate::outbox::Taken;
use crate::timer::Timer;

/// A WebSocket that has so much unsent is given no more messages.
const BUFFERED_LIMIT: u64 = 256 * 1024;

/// `received` acknowledgements are put off by up to this, so that they come together and not from all clients at once.
const RECEIPTS_MS: u64 = 1_000;

impl<P> Client<P> {
    pub(super) fn settle(&mut self) {
        if !core::mem::take(&mut self.unsettled) {
            return;
        }
        if self.activity == Activity::Awake {
            self.ask_topics();
            self.advance_handover();
            self.flush_outbox();
            self.arm_receipts();
            self.leave_polling();
            self.hurry_exchange();
            self.plan_answers();
            let life = self.outbox.next_expiry();
            self.timers.set(Timer::MessageLife, life);
            let retry = self.topics.next_retry();
            self.timers.set(Timer::TopicRetry, retry);
        }
        self.report_status();
    }

    pub(super) fn expire_messages(&mut self) {
        while let Some(message) = self.outbox.take_expired(self.now.monotonic) {
            self.complete(message.id, Outcome::TimedOut { sent: message.was_sent });
        }
    }

    /// Ends what is queued and must not be sent: what was sent under another table of results may or may not have taken
    /// effect, and what is over the server's limit would not be taken.
    pub(super) fn complete_unsendable(&mut self, results_epoch: &str) {
        loop {
            if let Some(message) = self.outbox.take_unknown(results_epoch) {
                self.complete(message.id, Outcome::Unknown);
            } else if let Some(message) = self.outbox.take_oversized(self.terms.max_frame_bytes) {
                self.too_large(message);
            } else {
                return;
            }
        }
    }

    /// The server would not take something of the size of what was sent on this feed: the largest message ends, so that the
    /// others and the feed's link can live. True where there was any.
    pub(super) fn fail_largest(&mut self, feed: u32) -> bool {
        let Some(message) = self.outbox.take_largest_on(feed) else { return false };
        self.too_large(message);
        true
    }

    /// Where a message had been sent before, that one was taken perhaps.
    fn too_large(&mut self, message: Taken) {
        let error = WireError::new(ErrorCode::TooLarge, "the message is over the server's limit", false);
        let outcome = if message.was_sent_before { Outcome::Unknown } else { Outcome::Failed(error) };
        self.complete(message.id, outcome);
    }

    pub(super) fn complete(&mut self, message: MessageId, outcome: Outcome<P>) {
        self.emit(Output::Complete { message, outcome });
        fault!(CompletesTwice => self.emit(Output::Complete { message, outcome: Outcome::Unknown }));
    }

    pub(super) fn arm_receipts(&mut self) {
        if self.receipts.is_due()
            && self.timers.get(Timer::Receipts).is_none()
            && self.link.primary().is_some()
        {
            let delay = self.random.between(0, RECEIPTS_MS);
            self.set_timer(Timer::Receipts, delay);
        }
    }

    pub(super) fn send_receipts(&mut self) {
        let Some(connection) = self.link.primary() else { return };
        let (link, feed) = (connection.id, connection.feed);
        if let Some(text) = self.receipts_to_send(feed) {
            self.send_text(link, text);
        }
    }

    /// The frame of the pending receipts, if there are any.
    pub(super) fn receipts_to_send(&mut self, feed: u32) -> Option<String> {
        if !self.receipts.is_due() {
            return None;
        }
        let reference = self.next_reference();
        let ids = self.receipts.send(reference, feed);
        Some(outgoing::acknowledge(reference, ids, AckState::Received, None))
    }

    /// The status as it is, computed from the regions alone.
    pub(super) fn observed_status(&self) -> Reported {
        let (state, transport) = if self.activity != Activity::Awake {
            (State::Disconnected, None)
        } else if self.link.primary().is_some() {
            (State::Connected, Some(Transport::WebSocket))
        } else if matches!(self.link.attempt, Attempt::Stopped) {
            (State::Closed, None)
        } else if self.fallback.carries() {
            (State::Connected, Some(Transport::Polling))
        } else if !self.link.is_idle() || self.fallback.is_polling() {
            (State::Connecting, None)
        } else {
            (State::Disconnected, None)
        };
        let retry_at = self.timers.get(Timer::Retry);
        Reported { state, transport, attempt: self.streak.attempt, retry_at, reason: self.reason }
    }

    pub(super) fn status_of(&self, reported: &Reported) -> Status {
        Status {
            state: reported.state,
            transport: reported.transport,
            attempt: reported.attempt,
            retry_in_ms: reported.retry_at.map(|at| at.since(self.now.monotonic)),
            reason: reported.reason,
        }
    }

    fn flush_outbox(&mut self) {
        if !self.outbox.has_queued() {
            return;
        }
        let Some(connection) = self.link.primary() else { return };
        let epoch = connection.results_epoch.clone();
        self.complete_unsendable(&epoch);
        while let Some(connection) = self.link.primary_mut() {
            if connection.buffered >= BUFFERED_LIMIT {
                return;
            }
            let next = self.outbox.send_next(connection.feed, &epoch, &mut self.counts);
            let Some(message) = next else { return };
            connection.buffered += message.len();
            let (link, bytes) = (connection.id, message.bytes());
            self.emit(Output::Send { link, bytes });
        }
    }

    fn report_status(&mut self) {
        let observed = self.observed_status();
        if observed != self.reported {
            let status = self.status_of(&observed);
            self.reported = observed;
            self.emit(Output::Status(status));
        }
    }
}
