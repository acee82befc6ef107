//! Polling: exchanges, their answers and failures, and the way back.

use alloc::vec::Vec;

use super::Client;
use super::ask::HELLO_BYTES;
use crate::backoff;
use crate::close::{self, CloseCode, CloseRule};
use crate::codec::outgoing::{self, HelloTerms};
use crate::config::TransportChoice;
use crate::fallback::{Exchange, Mode, Polling};
use crate::frame::{ServerFrame, Welcome};
use crate::io::{Counter, ExchangeId, OutgoingBytes, Output, Reason};
use crate::link::Attempt;
use crate::timer::Timer;
use crate::token::Refusal;
use crate::topics::{Demand, Topic};

/// Beyond the wait that was asked for, an exchange may take so long.
const EXCHANGE_MS: u64 = 10_000;

/// The longest wait that is asked for.
const LONG_POLL_MS: u64 = 25_000;

/// Frames and bytes of one exchange's body.
const BODY_FRAMES: usize = 64;
const BODY_BYTES: u64 = 512 * 1024;

/// A long poll that comes back empty sooner than this was not waited for.
const LONG_POLL_LEAST_MS: u64 = 1_000;

impl<P> Client<P> {
    /// Polls from then on, unless it may not or does already.
    pub(super) fn enter_polling(&mut self, after_ms: u64) {
        if fault!(NeverPolls)
            || self.config.transport == TransportChoice::WebSocket
            || self.fallback.is_polling()
        {
            return;
        }
        self.timers.clear(Timer::Fallback);
        self.count(Counter::Fallbacks);
        let earliest = self.now.monotonic + after_ms;
        self.fallback.mode =
            Mode::Polling(Polling { authorizing: false, failures: 0, proven_since: None, earliest });
        if after_ms > 0 {
            self.timers.set(Timer::Poll, earliest);
        } else if self.fallback.exchange.is_none() {
            self.start_exchange();
        }
    }

    /// Begins the next exchange, in place of a waiting one that does not carry what it must.
    pub(super) fn poll_due(&mut self) {
        if self.fallback.is_polling() {
            if !fault!(ExchangesOverlap) {
                self.abort_exchange();
            }
            self.start_exchange();
        }
    }

    pub(super) fn start_exchange(&mut self) {
        let fresh = self.tokens.is_fresh(self.now);
        let Some(polling) = self.fallback.polling_mut() else { return };
        if fresh {
            self.begin_exchange();
        } else {
            polling.authorizing = true;
            self.timers.clear(Timer::Poll);
            self.need_token();
        }
    }

    /// The token for a poll is here. However short its life is: the server says whether it will do.
    pub(super) fn poll_authorized(&mut self) {
        if self.fallback.is_authorizing() {
            self.begin_exchange();
        }
    }

    pub(super) fn exchange_answered(
        &mut self,
        id: ExchangeId,
        status: u16,
        retry_after_ms: Option<u64>,
        frames: Vec<ServerFrame<P>>,
        bad_frames: u32,
    ) {
        self.counts.add(Counter::BadFrames, u64::from(bad_frames));
        if self
            .fallback
            .exchange
            .as_ref()
            .is_none_or(|exchange| exchange.id != id && !fault!(StaleExchangeAccepted))
        {
            self.counts.add(Counter::StaleFrames, frames.len() as u64);
            return;
        }
        let mut frames = frames.into_iter();
        let first = frames.next();
        match &first {
            Some(ServerFrame::Welcome(welcome)) if status == 200 && welcome.version == 1 => {
                self.exchange_succeeded(welcome, frames);
            }
            Some(ServerFrame::Bye { code, reconnect_after_ms, .. }) if status == 200 => {
                self.exchange_refused(503, *reconnect_after_ms);
                if close::rule(*code) == CloseRule::Stop {
                    self.refused_for_good(*code);
                }
            }
            // A page of a proxy, or of an ingress whose server restarts, says nothing about this client.
            other if matches!(status, 403 | 404) && !matches!(other, Some(ServerFrame::Error(_))) => {
                self.exchange_refused(0, None);
            }
            _ => self.exchange_refused(status, retry_after_ms),
        }
    }

    pub(super) fn exchange_failed(&mut self, id: ExchangeId) {
        if self.fallback.exchange.as_ref().is_some_and(|exchange| exchange.id == id) {
            self.exchange_refused(0, None);
        }
    }

    pub(super) fn exchange_overdue(&mut self) {
        let Some(exchange) = self.fallback.exchange.as_ref().map(|exchange| exchange.id) else { return };
        self.emit(Output::Abort { exchange });
        self.exchange_refused(0, None);
    }

    /// Gives up the exchange under way, if there is one; polling itself goes on as the caller says.
    pub(super) fn abort_exchange(&mut self) {
        let Some(exchange) = self.fallback.exchange.as_ref().map(|exchange| exchange.id) else { return };
        self.emit(Output::Abort { exchange });
        self.end_exchange();
    }

    /// Polling ends once the live link has answered for every topic.
    pub(super) fn leave_polling(&mut self) {
        let Some(feed) = self.link.primary().map(|connection| connection.feed) else { return };
        if !self.fallback.is_polling() {
            return;
        }
        let asked = |topic: &Topic| !topic.needs_asking(feed) && !topic.is_awaited(feed);
        if !fault!(LeavesPollingEarly) && !self.topics.iter().all(asked) {
            return;
        }
        self.socket_probe.left_polling_at = Some(self.now.monotonic);
        self.timers.clear(Timer::Poll);
        self.fallback.mode = Mode::Off;
    }

    /// What an exchange must carry now does not wait for a long poll or the next interval.
    pub(super) fn hurry_exchange(&mut self) {
        let urgent = core::mem::take(&mut self.topics_changed) || self.outbox.has_queued();
        let proven = self.fallback.is_proven();
        let Mode::Polling(polling) = &self.fallback.mode else { return };
        if !urgent {
            return;
        }
        if let Some(exchange) = &mut self.fallback.exchange {
            exchange.hurry = true;
            // Many changes at once are one exchange.
            let settled = exchange.begun_at + backoff::FLOOR_MS;
            if exchange.long && settled > self.now.monotonic {
                self.timers.set(Timer::Poll, settled);
            } else if exchange.long {
                self.poll_due();
            }
        } else if proven && !polling.authorizing && polling.earliest <= self.now.monotonic {
            self.start_exchange();
        }
    }

    fn begin_exchange(&mut self) {
        self.timers.clear(Timer::Poll);
        self.counters.exchange += 1;
        let id = ExchangeId(self.counters.exchange);
        let (feed, hello) = (self.next_feed(), self.next_reference());
        let start = self.counters.topic_turn;
        let topics = self.hello_topics(feed, hello, start);
        self.topics_changed = false;
        let next = start + topics.count;
        self.counters.topic_turn = next.checked_sub(self.topics.len()).unwrap_or(next);
        let messages = self.messages_for_exchange(feed);
        let wait_ms = self.terms.poll.wait_ms.min(LONG_POLL_MS);
        // A wait would put off the proof that polling works, the word that a quiet topic is live, and the turns of topics that
        // are left out.
        let long = messages.is_empty()
            && self.config.long_poll
            && wait_ms > 0
            && self.fallback.is_proven()
            && !self.leaves_out_topics(feed);
        let wait_ms = long.then_some(wait_ms);
        let results_epoch = self.terms.results_epoch.as_deref().filter(|_| !messages.is_empty());
        let (token, generation) = self.tokens.held();
        let terms =
            HelloTerms { token, link: feed, topics: &topics.text, handover: false, wait_ms, results_epoch };
        let body = outgoing::batch(&outgoing::hello(&self.config, &terms), &messages);
        self.count(Counter::Exchanges);
        self.set_timer(Timer::Exchange, wait_ms.unwrap_or(0) + EXCHANGE_MS);
        self.emit(Output::Exchange { exchange: id, body: OutgoingBytes::Text(body) });
        let begun_at = self.now.monotonic;
        self.fallback.exchange =
            Some(Exchange { id, feed, hello, token: generation, begun_at, long, hurry: false });
        if let Some(polling) = self.fallback.polling_mut() {
            polling.authorizing = false;
        }
    }

    /// Whether there are wanted topics that `feed` does not carry, or whose listeners were not told that they are live.
    fn leaves_out_topics(&self, feed: u32) -> bool {
        let lags = |topic: &Topic| topic.demand == Demand::Wanted && !topic.live || topic.needs_asking(feed);
        self.topics.iter().any(lags)
    }

    /// Queued messages and receipts. None before the server's table of results is known: a lost answer could not be judged.
    fn messages_for_exchange(&mut self, feed: u32) -> Vec<alloc::string::String> {
        let mut frames = Vec::new();
        let Some(epoch) = self.terms.results_epoch.clone() else { return frames };
        self.complete_unsendable(&epoch);
        let most = BODY_BYTES.min(self.terms.max_frame_bytes).saturating_sub(HELLO_BYTES as u64);
        let mut size = 0;
        while frames.len() < BODY_FRAMES - 2 {
            let Some(next) = self.outbox.next_len() else { break };
            size += next * 4 / 3;
            if size > most && !frames.is_empty() {
                break;
            }
            let Some(message) = self.outbox.send_next(feed, &epoch, &mut self.counts) else { break };
            frames.push(message.text());
        }
        if let Some(text) = self.receipts_to_send(feed) {
            frames.push(text);
        }
        frames
    }

    fn exchange_succeeded(&mut self, welcome: &Welcome, frames: impl Iterator<Item = ServerFrame<P>>) {
        let Some(Exchange { feed, hello, token, long, begun_at, .. }) = self.fallback.exchange else {
            return;
        };
        let foreign = self.outbox.requeue_foreign(feed, &welcome.results_epoch);
        self.tokens.learn_life(token, welcome.auth_expires_in_ms, self.now);
        if self.link.primary().is_none() {
            self.adopt_terms(welcome);
        }
        self.topic_results(feed, Some(hello), &welcome.topics);
        let (mut more, before) = (false, self.counts.get(Counter::Delivered as usize));
        for frame in frames {
            match frame {
                ServerFrame::Event(event) => self.event(feed, event),
                ServerFrame::More => more = true,
                mut frame => self.frame_on_feed(feed, &mut frame),
            }
        }
        let news = self.counts.get(Counter::Delivered as usize) > before;
        let unanswered = foreign || self.outbox.is_on(feed);
        let partial = self.leaves_out_topics(feed);
        let hurry = self.fallback.exchange.as_ref().is_some_and(|exchange| exchange.hurry);
        self.end_exchange();
        self.poll_proved();
        let long_next = self.config.long_poll && self.terms.poll.wait_ms > 0;
        let settled = if long {
            self.now.monotonic.since(begun_at) >= LONG_POLL_LEAST_MS
        } else {
            !partial && !self.receipts.is_due()
        };
        // Without branches, of which there would be a dozen.
        let again = hurry | long_next & (news | settled) | more & news;
        self.schedule_poll(again & !unanswered, unanswered);
    }

    /// An answered exchange carries the client.
    fn poll_proved(&mut self) {
        let now = self.now.monotonic;
        let Some(polling) = self.fallback.polling_mut() else { return };
        match polling.proven_since {
            Some(since) if polling.failures == 0 => {
                if now.since(since) >= super::open::STABLE_MS {
                    self.tokens.end_streak();
                    if self.link.is_idle() {
                        self.reason = None;
                    }
                }
            }
            _ => {
                polling.failures = 0;
                polling.proven_since = Some(now);
                self.replan_retry();
            }
        }
    }

    /// The pace at which the socket is tried changes with polling; the server's word on when not to try stands.
    fn replan_retry(&mut self) {
        if let Attempt::Waiting { earliest } = self.link.attempt {
            let delay = self.backoff_delay();
            self.timers.set(Timer::Retry, (self.now.monotonic + delay).max(earliest));
        }
    }

    /// A server that left messages `unanswered` is not pressed for them.
    fn schedule_poll(&mut self, at_once: bool, unanswered: bool) {
        let delay = self.random.around(self.terms.poll.interval_ms, 10).max(backoff::FLOOR_MS);
        let next = self.now.monotonic + delay;
        let Some(polling) = self.fallback.polling_mut() else { return };
        if unanswered {
            polling.earliest = next;
        }
        if at_once {
            self.start_exchange();
        } else {
            self.timers.set(Timer::Poll, next);
        }
    }

    /// The exchange was not answered with frames; status zero: not at all.
    fn exchange_refused(&mut self, status: u16, retry_after_ms: Option<u64>) {
        let Some(Exchange { feed, token, .. }) = self.fallback.exchange else { return };
        self.count(Counter::ExchangesFailed);
        // While leaving, the link is the judge of sizes.
        let polling = self.fallback.is_polling();
        let shrunk = status == 413 && polling && self.fail_largest(feed);
        self.end_exchange();
        if !polling {
            return;
        }
        match status {
            401 if self.tokens.refuse(token) == Refusal::GiveUp => {
                self.refused_for_good(CloseCode::UNAUTHORIZED);
            }
            401 => {
                self.prove_anew();
                self.start_exchange();
            }
            403 => self.refused_for_good(CloseCode::FORBIDDEN),
            404 => self.refused_for_good(CloseCode::NOT_FOUND),
            413 if shrunk => self.start_exchange(),
            429 | 503 => {
                let advice_ms = retry_after_ms.unwrap_or(0).clamp(5_000, backoff::LONGEST_ADVICE_MS);
                self.poll_again_later(Some(advice_ms));
            }
            _ => self.poll_again_later(None),
        }
    }

    /// The thirty seconds that end a streak begin again, or a server that takes each token once would be given new
    /// ones for ever.
    fn prove_anew(&mut self) {
        let now = self.now.monotonic;
        if let Mode::Polling(Polling { proven_since: Some(since), .. }) = &mut self.fallback.mode {
            *since = now;
        }
    }

    /// A live link knows better than an exchange.
    fn refused_for_good(&mut self, code: u16) {
        if self.link.primary().is_none() {
            self.stop(code);
        } else {
            self.poll_again_later(None);
        }
    }

    pub(super) fn poll_again_later(&mut self, advice_ms: Option<u64>) {
        let now = self.now.monotonic;
        let was_proven = self.fallback.is_proven();
        let Some(polling) = self.fallback.polling_mut() else { return };
        polling.authorizing = false;
        polling.failures += 1;
        let failures = polling.failures;
        polling.earliest = now + advice_ms.unwrap_or(backoff::FLOOR_MS);
        // Above an advice too: those whom one moment refused are not to come back in one moment.
        let delay = backoff::poll_delay(&mut self.random, failures);
        self.set_timer(Timer::Poll, advice_ms.map_or(delay, |advice_ms| advice_ms + delay / 2));
        if !self.fallback.carries() && self.link.primary().is_none() {
            self.topics.no_longer_live();
        }
        if self.reason.is_none() {
            self.reason = Some(Reason { code: CloseCode::ABNORMAL, retryable: true });
        }
        // Polling no longer works either, so the socket is not tried at the slow pace any more.
        if was_proven {
            self.replan_retry();
        }
    }

    /// The exchange under way is over: its feed ends, and leaving is complete.
    fn end_exchange(&mut self) {
        self.timers.clear(Timer::Exchange);
        if let Some(exchange) = self.fallback.exchange.take() {
            self.forget_feed(exchange.feed);
        }
    }
}
