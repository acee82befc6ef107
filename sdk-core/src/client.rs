//! The client: commands, `handle_input`, `poll_output`, getters, in that order. The rooms beside it do the work.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::take;

use crate::config::Config;
use crate::fallback::Fallback;
use crate::frame::{Cursor, PollTerms, ServerFrame, TopicClass};
use crate::io::{Counter, Counts, Input, Output, Reason, Slot, State, Statistics, Status, Transport};
use crate::link::Link;
use crate::outbox::Outbox;
use crate::random::Random;
use crate::receipts::Receipts;
use crate::time::{Instant, Now};
use crate::timer::Timers;
use crate::token::Tokens;
use crate::topics::Topics;

mod ask;
mod authorize;
mod clock;
mod commands;
mod deliver;
mod frames;
mod handover;
mod lost;
mod open;
mod polling;
#[cfg(feature = "recorder")]
mod regions;
mod settle;
mod stop;

/// A notification client without I/O, generic over what its driver makes of an event.
///
/// Any order of calls is safe. After a command or an input, drain [`Client::poll_output`] until it says
/// [`Output::Wait`], and give [`Input::Tick`] at the latest at the instant named there. The same configuration,
/// seed and inputs give the same outputs.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize), serde(bound = ""))]
pub struct Client<P> {
    config: Config,
    now: Now,
    random: Random,
    timers: Timers,
    activity: Activity,
    fallback: Fallback,
    socket_probe: SocketProbe,
    streak: Streak,
    tokens: Tokens,
    link: Link,
    topics: Topics,
    outbox: Outbox,
    receipts: Receipts,
    terms: Terms,
    counters: Counters,
    reason: Option<Reason>,
    /// Something beyond plain events happened: derived steps are due.
    unsettled: bool,
    /// A subscription changed: a waiting poll must not keep it.
    topics_changed: bool,
    reported: Reported,
    counts: Counts,
    #[cfg_attr(feature = "recorder", serde(skip))]
    outputs: Vec<Option<Output<P>>>,
    /// The first of them that has not been taken.
    #[cfg_attr(feature = "recorder", serde(skip))]
    next_output: usize,
}

/// Whether deadlines run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
enum Activity {
    Awake,
    Frozen {
        /// Connect when thawed.
        resume: bool,
    },
}

/// What links have failed in a row. A stable link ends it.
#[derive(Debug, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
struct Streak {
    attempt: u32,
    short_lived: u32,
    never_opened: u32,
    bad_frames: u32,
}

/// How the socket is tried while polling works.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
struct SocketProbe {
    interval_ms: u64,
    /// When the socket last took over from polling, until it was lost.
    left_polling_at: Option<Instant>,
}

/// The last welcome's terms.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
struct Terms {
    max_frame_bytes: u64,
    results_epoch: Option<Box<str>>,
    poll: PollTerms,
}

/// Numbers that only rise.
#[derive(Debug, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
struct Counters {
    link: u32,
    exchange: u32,
    feed: u32,
    reference: u64,
    /// Where the next exchange begins among more topics than a hello may carry.
    topic_turn: usize,
}

/// The status as last reported, with the retry as an instant.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
struct Reported {
    state: State,
    transport: Option<Transport>,
    attempt: u32,
    retry_at: Option<Instant>,
    reason: Option<Reason>,
}

impl<P> Client<P> {
    /// A client that does nothing until [`Client::connect`].
    ///
    /// `seed` is random bits for jitter; `now` the driver's first reading of both clocks.
    pub fn new(config: Config, seed: u64, now: Now) -> Self {
        let outbox = Outbox::new(config.outbox);
        let poll = PollTerms { interval_ms: config.poll_interval_ms, wait_ms: 0 };
        Self {
            config,
            now,
            random: Random::new(seed),
            timers: Timers::default(),
            activity: Activity::Awake,
            fallback: Fallback::new(),
            socket_probe: SocketProbe {
                interval_ms: crate::fallback::PROBE_INTERVAL_MS,
                left_polling_at: None,
            },
            streak: Streak::default(),
            tokens: Tokens::default(),
            link: Link::new(),
            topics: Topics::new(),
            outbox,
            receipts: Receipts::default(),
            terms: Terms { max_frame_bytes: 1024 * 1024, results_epoch: None, poll },
            counters: Counters::default(),
            reason: None,
            unsettled: false,
            topics_changed: false,
            reported: Reported {
                state: State::Disconnected,
                transport: None,
                attempt: 0,
                retry_at: None,
                reason: None,
            },
            counts: Counts::default(),
            outputs: Vec::new(),
            next_output: 0,
        }
    }

    /// Takes one input that came at `now`.
    ///
    /// Inputs that name a link, exchange or token request which is no longer current change nothing but counters.
    pub fn handle_input(&mut self, now: Now, input: Input<P>) {
        self.observe(now, &input);
        match input {
            Input::Frame { link, frame: ServerFrame::Event(event) } => self.event_on_link(link, event),
            mut other => self.handle_other(&mut other),
        }
        self.settle();
    }

    /// The next thing to do; [`Output::Wait`] when there is nothing more.
    pub fn poll_output(&mut self) -> Output<P> {
        if let Some(output) = self.outputs.get_mut(self.next_output).and_then(Option::take) {
            self.next_output += 1;
            return output;
        }
        self.outputs.clear();
        self.next_output = 0;
        Output::Wait { until: self.timers.next() }
    }

    /// The status now.
    pub fn status(&self) -> Status {
        self.status_of(&self.observed_status())
    }

    /// Counters over the client's life.
    pub fn statistics(&self) -> Statistics {
        self.counts.all()
    }

    /// One of the counters, by its place in [`Statistics`]; beyond the last it is zero. For drivers that hand them on one by
    /// one.
    pub fn statistic(&self, index: usize) -> u64 {
        self.counts.get(index)
    }

    /// The topic's slot while it has subscriptions, else [`Slot::UNKNOWN`].
    pub fn slot(&self, topic: &str) -> Slot {
        self.topics.slot(topic)
    }

    /// Where the application stands in a topic, to be kept for a later run. `None` before the first answer, and for
    /// ephemeral topics.
    pub fn cursor(&self, slot: Slot) -> Option<Cursor> {
        Some(self.topics.find(slot)?.seat.as_ref()?.cursor())
    }

    /// Whether the application was told [`Delivery::Live`](crate::Delivery::Live) and nothing has changed since.
    pub fn is_live(&self, slot: Slot) -> bool {
        self.topics.find(slot).is_some_and(|topic| topic.live)
    }

    /// The topic's class, once a server has told it.
    pub fn class(&self, slot: Slot) -> Option<TopicClass> {
        self.topics.find(slot)?.class
    }

    /// Messages without an outcome yet.
    pub fn pending_messages(&self) -> usize {
        self.outbox.len()
    }

    /// The largest message that may be sent, in bytes: from the last welcome; 1 MiB before.
    pub fn max_frame_bytes(&self) -> u64 {
        self.terms.max_frame_bytes
    }

    /// Any input but those that come with every event. It is the caller's, so that it is dropped in one place.
    fn handle_other(&mut self, input: &mut Input<P>) {
        self.unsettled |= !matches!(input, Input::Taken { .. });
        match *input {
            Input::Taken { slot, events, bytes } => self.taken(slot, events, bytes),
            Input::TokenReady { request, ref mut token, expires_in_ms } => {
                self.token_ready(request, token, expires_in_ms);
            }
            Input::TokenFailed { request, retryable } => self.token_failed(request, retryable),
            Input::Opened { link } => self.opened(link),
            Input::Frame { link, ref mut frame } => self.frame_on_link(link, frame),
            Input::BadFrame { link } => self.bad_frame(link),
            Input::Closed { link, code } => self.closed(link, code),
            Input::HandshakeStatus { link, status, retry_after_ms } => {
                self.handshake_refused(link, status, retry_after_ms);
            }
            Input::Buffered { link, bytes } => {
                if let Some(connection) = self.link.connection_mut(link) {
                    connection.buffered = bytes;
                }
            }
            Input::ExchangeAnswered { exchange, status, retry_after_ms, ref mut frames, bad_frames } => {
                self.exchange_answered(exchange, status, retry_after_ms, take(frames), bad_frames);
            }
            Input::ExchangeFailed { exchange } => self.exchange_failed(exchange),
            Input::Visible | Input::Online => {
                self.probe_all();
                self.pull_forward();
            }
            Input::Tick if fault!(EveryTickProbes) => self.probe_all(),
            Input::Offline => self.probe_all(),
            Input::Freeze => self.freeze(),
            Input::Thaw => self.thaw(),
            // Hidden asks for nothing: heartbeats are answered from the message handler, which is not throttled.
            Input::Hidden | Input::Tick => {}
        }
    }

    #[inline(never)]
    fn emit(&mut self, output: Output<P>) {
        self.outputs.push(Some(output));
    }

    #[inline(never)]
    fn count(&mut self, counter: Counter) {
        self.counts.add(counter, 1);
    }

    fn next_reference(&mut self) -> u64 {
        self.counters.reference += 1;
        self.counters.reference
    }

    fn next_feed(&mut self) -> u32 {
        self.counters.feed += 1;
        self.counters.feed
    }
}
