//! The client's machine under any commands and inputs, at any times: it does not panic, what it asks for in one go is
//! bounded, what it writes can be read, and each message completes once.

mod frames;
mod links;
mod steps;

use std::collections::BTreeSet;

use arbitrary::{Arbitrary as _, Unstructured};
use steadfast_core::{
    Client, Config, Cursor, ExchangeId, Input, Instant, LinkId, MessageId, Misuse, Now, OutgoingMessage,
    OutgoingPayload, Output, Secret, Slot, SubscribeOptions, SubscriptionId, TokenRequest,
};

use links::Links;
use steps::{Case, Note, Sign, Step};

const TOPICS: [&str; 6] = ["log.a", "log.b", "state.a", "state.b", "brief.a", "user"];

const WALL_START: u64 = 1_700_000_000_000;

/// Later than any time at which deadlines are still told apart from the end of time.
const LATE: u64 = 1 << 60;

/// Random commands and inputs.
pub fn machine(bytes: &[u8]) {
    let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(bytes)) else { return };
    let mut world = World::new(&case.config(), case.seed);
    case.steps.iter().for_each(|step| world.play(step));
    world.finish();
}

/// The client and what an observer knows of it.
struct World {
    client: Client<()>,
    links: Links,
    monotonic: u64,
    wall: u64,
    until: Option<u64>,
    /// Ticks in a row after which a deadline had come already.
    spins: u32,
    token: Option<TokenRequest>,
    newest_token: u32,
    pending: BTreeSet<MessageId>,
    most_pending: u32,
    subscriptions: Vec<SubscriptionId>,
}

impl World {
    fn new(config: &Config, seed: u64) -> Self {
        let now = Now::new(Instant::from_millis(0), WALL_START);
        Self {
            client: Client::new(config.clone(), seed, now),
            links: Links::default(),
            monotonic: 0,
            wall: WALL_START,
            until: None,
            spins: 0,
            token: None,
            newest_token: 0,
            pending: BTreeSet::new(),
            most_pending: config.outbox.messages,
            subscriptions: Vec::new(),
        }
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Proceed(choice, shape) => self.proceed(*choice, *shape),
            Step::Connect => self.command(Client::connect),
            Step::Disconnect => self.command(Client::disconnect),
            Step::Subscribe { topic, keys, history, cursor } => {
                let options = SubscribeOptions {
                    keys: keys.map(|keys| (0..keys % 4).map(|key| format!("k{key}")).collect()),
                    history: history.map(Into::into),
                    cursor: cursor.map(|(epoch, offset)| Cursor {
                        epoch: frames::epoch(epoch),
                        offset: offset.near(3),
                    }),
                };
                let subscribed =
                    self.command(|client, now| client.subscribe(now, topic_name(*topic), options));
                self.subscriptions.push(subscribed.expect("the names are names").0);
            }
            Step::Unsubscribe(choice) => self.unsubscribe(*choice),
            Step::Submit(note) => {
                let message = message(note);
                self.submitted(|client, now| client.submit(now, &message));
            }
            Step::Send(note) => {
                let message = message(note);
                let _ = self.command(|client, now| client.send(now, &message));
            }
            Step::Acknowledge(count) => {
                let ids: Vec<String> = (0..count % 5).map(|id| format!("e-{id}")).collect();
                self.submitted(|client, now| client.acknowledge(now, &ids, None));
            }
            Step::Cancel(choice) => {
                let message = self.pending.iter().nth(usize::from(*choice)).copied();
                let message = message.unwrap_or(MessageId(u64::from(*choice)));
                self.command(|client, now| client.cancel(now, message));
            }
            Step::Deadline => self.deadline(),
            Step::Pass(millis) => self.pass((*millis).into()),
            Step::Leap(millis) => self.pass(*millis),
            Step::WallJumps(millis) => self.wall = self.wall.saturating_add_signed(*millis),
            Step::Past(millis) => {
                let past = self.monotonic.saturating_sub((*millis).into());
                let now = Now::new(Instant::from_millis(past), self.wall);
                self.client.handle_input(now, Input::Tick);
                self.drain(0);
            }
            input => self.play_input(input),
        }
    }

    fn play_input(&mut self, step: &Step) {
        let link = |back: &u8| LinkId(self.links.newest.saturating_sub((*back).into()));
        let exchange = |back: &u8| ExchangeId(self.links.newest_exchange.saturating_sub((*back).into()));
        let token = |back: &u8| TokenRequest(self.newest_token.saturating_sub((*back).into()));
        let input = match step {
            Step::Token { back, life_ms } => Input::TokenReady {
                request: token(back),
                token: Secret("token".into()),
                expires_in_ms: life_ms.map(Into::into),
            },
            Step::TokenFailed { back, retryable } => {
                Input::TokenFailed { request: token(back), retryable: *retryable }
            }
            Step::Opened(back) => Input::Opened { link: link(back) },
            Step::Frame(back, frame) => {
                let link = link(back);
                let asked = self.links.hello(link);
                Input::Frame { link, frame: frames::build(frame, &self.client, &asked) }
            }
            Step::BadFrame(back) => Input::BadFrame { link: link(back) },
            Step::Closed(back, code) => Input::Closed { link: link(back), code: *code },
            Step::Handshake(back, status, retry_after_ms) => Input::HandshakeStatus {
                link: link(back),
                status: *status,
                retry_after_ms: retry_after_ms.map(Into::into),
            },
            Step::Buffered(back, bytes) => Input::Buffered { link: link(back), bytes: (*bytes).into() },
            Step::Answered { back, status, retry_after_ms, frames, bad_frames } => {
                let asked = self.links.exchange_topics();
                Input::ExchangeAnswered {
                    exchange: exchange(back),
                    // The ones that mean something are few.
                    status: if *status < 0x8000 { 200 } else { *status % 600 },
                    retry_after_ms: *retry_after_ms,
                    frames: frames.iter().map(|frame| frames::build(frame, &self.client, &asked)).collect(),
                    bad_frames: (*bad_frames).into(),
                }
            }
            Step::Failed(back) => Input::ExchangeFailed { exchange: exchange(back) },
            Step::Taken { topic, events, bytes } => {
                Input::Taken { slot: self.slot(*topic), events: *events, bytes: *bytes }
            }
            Step::Sign(sign) => match sign {
                Sign::Tick => Input::Tick,
                Sign::Visible => Input::Visible,
                Sign::Hidden => Input::Hidden,
                Sign::Online => Input::Online,
                Sign::Offline => Input::Offline,
                Sign::Freeze => Input::Freeze,
                Sign::Thaw => Input::Thaw,
            },
            _ => unreachable!("the other steps are no inputs"),
        };
        self.input(input);
    }

    /// Gives one of those things that the machine waits for.
    fn proceed(&mut self, choice: u8, shape: steps::Shape) {
        let mut inputs = self.links.awaited(&self.client, shape);
        if let Some(request) = self.token {
            let token = Secret("token".into());
            inputs.push(Input::TokenReady { request, token, expires_in_ms: None });
        }
        if !inputs.is_empty() {
            let input = inputs.swap_remove(usize::from(choice) % inputs.len());
            self.input(input);
        }
    }

    fn unsubscribe(&mut self, choice: u8) {
        if self.subscriptions.is_empty() {
            return;
        }
        let id = self.subscriptions.swap_remove(usize::from(choice) % self.subscriptions.len());
        let ended = self.command(|client, now| client.unsubscribe(now, id));
        assert_eq!(ended, Ok(()), "a subscription that is there cannot be ended");
        let again = self.command(|client, now| client.unsubscribe(now, id));
        assert_eq!(again, Err(Misuse::UnknownSubscription));
    }

    fn submitted(&mut self, submit: impl FnOnce(&mut Client<()>, Now) -> Result<MessageId, Misuse>) {
        let now = self.now();
        if let Ok(id) = submit(&mut self.client, now) {
            assert!(self.pending.insert(id), "a message's name is given twice");
        }
        self.drain(0);
    }

    fn command<T>(&mut self, run: impl FnOnce(&mut Client<()>, Now) -> T) -> T {
        let now = self.now();
        let done = run(&mut self.client, now);
        self.drain(0);
        done
    }

    fn input(&mut self, input: Input<()>) {
        let frames = match &input {
            Input::ExchangeAnswered { frames, .. } => frames.len(),
            _ => 1,
        };
        match &input {
            Input::TokenReady { request, .. } | Input::TokenFailed { request, .. }
                if self.token == Some(*request) =>
            {
                self.token = None;
            }
            other => self.links.sees_input(other),
        }
        let now = self.now();
        self.client.handle_input(now, input);
        self.drain(frames);
    }

    fn deadline(&mut self) {
        if let Some(until) = self.until {
            self.pass(until.saturating_sub(self.monotonic));
        }
        self.input(Input::Tick);
        let spinning = self.until.is_some_and(|until| until <= self.monotonic) && self.monotonic < LATE;
        self.spins = if spinning { self.spins + 1 } else { 0 };
        assert!(self.spins <= 8, "busy: the deadline stays in the past");
    }

    fn drain(&mut self, frames: usize) {
        let allowed = 64 + 4 * TOPICS.len() + 3 * self.pending.len() + 4 * frames;
        let mut outputs = 0;
        let until = loop {
            outputs += 1;
            assert!(outputs <= allowed, "busy: over {allowed} outputs at once");
            match self.client.poll_output() {
                Output::Wait { until } => break until,
                Output::NeedToken { request, .. } => {
                    self.token = Some(request);
                    self.newest_token = request.0;
                }
                Output::Complete { message, .. } => {
                    assert!(self.pending.remove(&message), "{message:?} completes, and is not pending");
                }
                other => self.links.sees_output(&other),
            }
        };
        assert_eq!(self.client.poll_output(), Output::Wait { until }, "a drained machine stays drained");
        assert_eq!(self.client.pending_messages(), self.pending.len(), "the count of pending messages");
        assert!(self.pending.len() <= self.most_pending as usize, "the outbox is over its limit");
        self.links.settled();
        self.until = until.map(Instant::as_millis);
    }

    /// Time passes without an answer, then every message that is left is called off: none is forgotten.
    fn finish(&mut self) {
        self.input(Input::Thaw);
        for _ in 0..40 {
            self.deadline();
        }
        while let Some(message) = self.pending.first().copied() {
            self.command(|client, now| client.cancel(now, message));
            assert!(!self.pending.contains(&message), "a cancelled message does not complete");
        }
        self.command(Client::disconnect);
        let _ = (self.client.status(), self.client.statistics());
    }

    fn pass(&mut self, millis: u64) {
        self.monotonic = self.monotonic.saturating_add(millis);
        self.wall = self.wall.saturating_add(millis);
    }

    fn now(&self) -> Now {
        Now::new(Instant::from_millis(self.monotonic), self.wall)
    }

    fn slot(&self, topic: u8) -> Slot {
        self.client.slot(topic_name(topic))
    }
}

fn topic_name(topic: u8) -> &'static str {
    TOPICS[usize::from(topic) % TOPICS.len()]
}

fn message(note: &Note) -> OutgoingMessage {
    let payload = match (note.bytes, note.binary) {
        (0, _) => OutgoingPayload::None,
        (bytes, true) => OutgoingPayload::Bytes(vec![7; bytes.into()].into()),
        (bytes, false) => OutgoingPayload::Json(format!("\"{}\"", "x".repeat(bytes.into())).into()),
    };
    OutgoingMessage {
        kind: ["action", "ping", "", "rt.x", "ü"][usize::from(note.kind) % 5].into(),
        topic: note.topic.map(|topic| if topic == 255 { "no name".into() } else { topic_name(topic).into() }),
        payload,
        key: note.text.clone(),
        priority: note.text.clone(),
        life_ms: note.life_ms.map(Into::into),
        ..OutgoingMessage::default()
    }
}
