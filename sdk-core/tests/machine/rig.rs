//! A driver in virtual time: it records what the machine wants and decodes what it sends.

use steadfast_core::json::decode_client;
use steadfast_core::{
    Client, ClientFrame, Config, Cursor, Delivery, EventFrame, ExchangeId, Hello, Input, Instant, LinkId,
    MessageId, Now, Outcome, OutgoingBytes, OutgoingMessage, OutgoingPayload, Output, PollTerms, Position,
    Recovery, Secret, ServerFrame, Slot, State, Status, SubscribeOptions, TokenRequest, TopicClass,
    TopicResult, Transport, Welcome, WireError,
};

/// The wall clock's start; any will do.
const WALL_START: u64 = 1_700_000_000_000;

pub struct Rig {
    pub client: Client<u32>,
    monotonic: u64,
    wall: u64,
    /// All outputs since the last [`Rig::take`].
    outputs: Vec<Output<u32>>,
    /// The deadline of the last drain.
    pub wait: Option<Instant>,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::seeded(1, change)
    }

    pub fn seeded(seed: u64, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new("instance-of-the-test");
        change(&mut config);
        let now = Now::new(Instant::from_millis(0), WALL_START);
        Self {
            client: Client::new(config, seed, now),
            monotonic: 0,
            wall: WALL_START,
            outputs: Vec::new(),
            wait: None,
        }
    }

    pub fn now(&self) -> Now {
        Now::new(Instant::from_millis(self.monotonic), self.wall)
    }

    pub fn millis(&self) -> u64 {
        self.monotonic
    }

    /// Runs a command and drains.
    pub fn run<T>(&mut self, command: impl FnOnce(&mut Client<u32>, Now) -> T) -> T {
        let now = self.now();
        let result = command(&mut self.client, now);
        self.drain();
        result
    }

    pub fn input(&mut self, input: Input<u32>) {
        self.run(|client, now| client.handle_input(now, input));
    }

    pub fn connect(&mut self) {
        self.run(Client::connect);
    }

    pub fn disconnect(&mut self) {
        self.run(Client::disconnect);
    }

    pub fn subscribe(&mut self, topic: &str) -> Slot {
        self.run(|client, now| client.subscribe(now, topic, SubscribeOptions::default())).unwrap().1
    }

    pub fn submit(&mut self, kind: &str) -> MessageId {
        self.run(|client, now| client.submit(now, &message(kind))).unwrap()
    }

    /// Lets time pass on both clocks, ticking at every deadline on the way.
    pub fn advance(&mut self, millis: u64) {
        let end = self.monotonic + millis;
        while let Some(deadline) = self.wait.filter(|deadline| deadline.as_millis() <= end) {
            self.pass(deadline.as_millis().saturating_sub(self.monotonic));
            self.input(Input::Tick);
        }
        self.pass(end - self.monotonic);
    }

    /// Goes to the next deadline and ticks; says how long that was.
    pub fn advance_to_deadline(&mut self) -> u64 {
        let deadline = self.wait.expect("a deadline is set").as_millis();
        let millis = deadline.saturating_sub(self.monotonic);
        self.pass(millis);
        self.input(Input::Tick);
        millis
    }

    /// Lets time pass without a tick: a sleeping or throttled driver.
    pub fn pass(&mut self, millis: u64) {
        self.monotonic += millis;
        self.wall += millis;
    }

    /// Moves the wall clock alone.
    pub fn wall_jumps(&mut self, millis: u64) {
        self.wall += millis;
    }

    /// All outputs since the last call.
    pub fn take(&mut self) -> Vec<Output<u32>> {
        std::mem::take(&mut self.outputs)
    }

    /// Takes all outputs but those that `keep` names.
    pub fn keep_only(&mut self, keep: impl Fn(&Output<u32>) -> bool) {
        self.outputs.retain(keep);
    }

    pub fn outputs(&self) -> &[Output<u32>] {
        &self.outputs
    }

    pub fn status(&self) -> Status {
        self.client.status()
    }

    // What the machine wanted, among the outputs since the last take.

    pub fn opens(&self) -> Vec<LinkId> {
        self.pick(|output| match output {
            Output::Open { link } => Some(*link),
            _ => None,
        })
    }

    pub fn closes(&self) -> Vec<(LinkId, u16)> {
        self.pick(|output| match output {
            Output::Close { link, code } => Some((*link, *code)),
            _ => None,
        })
    }

    pub fn token_requests(&self) -> Vec<(TokenRequest, bool)> {
        self.pick(|output| match output {
            Output::NeedToken { request, renew } => Some((*request, *renew)),
            _ => None,
        })
    }

    pub fn exchanges(&self) -> Vec<(ExchangeId, Vec<ClientFrame>)> {
        self.pick(|output| match output {
            Output::Exchange { exchange, body } => Some((*exchange, decode(body))),
            _ => None,
        })
    }

    pub fn aborts(&self) -> Vec<ExchangeId> {
        self.pick(|output| match output {
            Output::Abort { exchange } => Some(*exchange),
            _ => None,
        })
    }

    /// Frames sent on a link, in order.
    pub fn sent(&self, on: LinkId) -> Vec<ClientFrame> {
        self.pick(|output| match output {
            Output::Send { link, bytes } if *link == on => Some(decode(bytes)),
            _ => None,
        })
        .concat()
    }

    pub fn hello(&self, on: LinkId) -> Hello {
        self.sent(on)
            .into_iter()
            .find_map(|frame| match frame {
                ClientFrame::Hello(hello) => Some(*hello),
                _ => None,
            })
            .expect("a hello was sent")
    }

    pub fn deliveries(&self, to: Slot) -> Vec<Delivery<u32>> {
        self.pick(|output| match output {
            Output::Deliver { slot, delivery } if *slot == to => Some(delivery.clone()),
            _ => None,
        })
    }

    /// The payloads of the events delivered to a topic.
    pub fn events(&self, to: Slot) -> Vec<u32> {
        let deliveries = self.deliveries(to).into_iter();
        deliveries
            .filter_map(|delivery| match delivery {
                Delivery::Event { payload, .. } => Some(payload),
                _ => None,
            })
            .collect()
    }

    pub fn completions(&self) -> Vec<(MessageId, Outcome<u32>)> {
        self.pick(|output| match output {
            Output::Complete { message, outcome } => Some((*message, outcome.clone())),
            _ => None,
        })
    }

    pub fn statuses(&self) -> Vec<Status> {
        self.pick(|output| match output {
            Output::Status(status) => Some(*status),
            _ => None,
        })
    }

    // Whole steps.

    /// Answers the token request among the outputs, with a token whose life is not known.
    pub fn give_token(&mut self) {
        let (request, _) = *self.token_requests().last().expect("a token was asked for");
        self.input(Input::TokenReady { request, token: Secret("token".into()), expires_in_ms: None });
    }

    /// From nothing to an opening link.
    pub fn opening(&mut self) -> LinkId {
        self.connect();
        if !self.token_requests().is_empty() {
            self.give_token();
        }
        *self.opens().last().expect("a link was asked for")
    }

    pub fn greeting(&mut self) -> LinkId {
        let link = self.opening();
        self.input(Input::Opened { link });
        link
    }

    /// From nothing to a live link, whose welcome answers every topic of the hello as a fresh log topic at zero.
    pub fn live(&mut self) -> LinkId {
        let link = self.greeting();
        self.welcome(link);
        link
    }

    /// Answers the hello on `link` as [`Rig::live`] does.
    pub fn welcome(&mut self, link: LinkId) {
        let topics = self.hello(link).topics;
        let results = topics.iter().map(|request| fresh(&request.topic, 0)).collect();
        self.frame(link, welcome(results));
    }

    /// As [`Rig::live`], then thirty seconds of proof.
    pub fn stable(&mut self) -> LinkId {
        let link = self.live();
        self.stay_alive(link, 31_000);
        self.take();
        link
    }

    /// Lets time pass with a ping every five seconds.
    pub fn stay_alive(&mut self, link: LinkId, millis: u64) {
        for _ in 0..millis / 5_000 {
            self.advance(5_000);
            self.frame(link, ServerFrame::Ping { t: None });
        }
        self.advance(millis % 5_000);
    }

    /// Into polling whose first exchange, a hello alone, is under way: two sockets that never opened.
    pub fn polling(&mut self) -> ExchangeId {
        let link = self.opening();
        self.close(link, 1006);
        self.advance_to_deadline();
        let link = *self.opens().last().expect("a second link was asked for");
        self.close(link, 1006);
        self.last_exchange()
    }

    /// Into polling whose first exchange has been answered.
    pub fn polling_proven(&mut self) {
        let exchange = self.polling();
        self.answer(exchange, Vec::new());
    }

    pub fn last_exchange(&self) -> ExchangeId {
        self.exchanges().last().expect("an exchange was begun").0
    }

    /// Answers the exchange with 200: a welcome that resumes every topic asked for, then `frames`.
    pub fn answer(&mut self, exchange: ExchangeId, frames: Vec<ServerFrame<u32>>) {
        let body =
            self.exchanges().into_iter().find(|(id, _)| *id == exchange).expect("the exchange was begun").1;
        let ClientFrame::Hello(hello) = &body[0] else { panic!("an exchange begins with a hello") };
        let results = hello.topics.iter().map(|request| match &request.cursor {
            Some(cursor) => resumed(&request.topic, cursor.offset),
            None => fresh(&request.topic, 0),
        });
        let mut all = vec![welcome(results.collect())];
        all.extend(frames);
        self.answered(exchange, 200, None, all);
    }

    pub fn answered(
        &mut self,
        exchange: ExchangeId,
        status: u16,
        retry_after_ms: Option<u64>,
        frames: Vec<ServerFrame<u32>>,
    ) {
        self.input(Input::ExchangeAnswered { exchange, status, retry_after_ms, frames, bad_frames: 0 });
    }

    pub fn frame(&mut self, link: LinkId, frame: ServerFrame<u32>) {
        self.input(Input::Frame { link, frame });
    }

    pub fn close(&mut self, link: LinkId, code: u16) {
        self.input(Input::Closed { link, code });
    }

    /// A log event whose payload is its offset.
    pub fn event(&mut self, link: LinkId, slot: Slot, offset: u64) {
        self.frame(link, event(slot, offset));
    }

    pub fn is_connected_by(&self, transport: Transport) -> bool {
        let status = self.status();
        status.state == State::Connected && status.transport == Some(transport)
    }

    fn pick<T>(&self, choose: impl Fn(&Output<u32>) -> Option<T>) -> Vec<T> {
        self.outputs.iter().filter_map(choose).collect()
    }

    fn drain(&mut self) {
        loop {
            match self.client.poll_output() {
                Output::Wait { until } => {
                    self.wait = until;
                    return;
                }
                output => self.outputs.push(output),
            }
        }
    }
}

pub fn message(kind: &str) -> OutgoingMessage {
    OutgoingMessage {
        kind: kind.into(),
        topic: Some("incidents".into()),
        payload: OutgoingPayload::Json("{\"n\":1}".into()),
        ..OutgoingMessage::default()
    }
}

/// A welcome with the usual terms, of the table of results `results-1`.
pub fn welcome(topics: Vec<TopicResult>) -> ServerFrame<u32> {
    ServerFrame::Welcome(Box::new(terms(topics)))
}

pub fn terms(topics: Vec<TopicResult>) -> Welcome {
    Welcome {
        version: 1,
        connection: "c-1".into(),
        heartbeat_ms: 25_000,
        max_frame_bytes: 1024 * 1024,
        max_topics: 256,
        auth_expires_in_ms: None,
        server_time: "2026-01-01T00:00:00.000Z".into(),
        results_epoch: "results-1".into(),
        poll: PollTerms { interval_ms: 5_000, wait_ms: 0 },
        topics,
    }
}

pub fn position(class: TopicClass, epoch: &str, offset: u64, top: u64, recovery: Recovery) -> Position {
    Position { class, epoch: epoch.into(), offset, top, head: top, recovery, live: true }
}

pub fn accepted(topic: &str, position: Position) -> TopicResult {
    TopicResult { topic: topic.into(), outcome: Ok(position) }
}

/// A log topic of epoch `e1` that begins behind `offset`.
pub fn fresh(topic: &str, offset: u64) -> TopicResult {
    accepted(topic, position(TopicClass::Log, "e1", offset, offset, Recovery::Fresh))
}

/// A log topic of epoch `e1` that goes on behind `offset`, with nothing to catch up.
pub fn resumed(topic: &str, offset: u64) -> TopicResult {
    accepted(topic, position(TopicClass::Log, "e1", offset, offset, Recovery::Resumed))
}

pub fn refused(topic: &str, error: WireError) -> TopicResult {
    TopicResult { topic: topic.into(), outcome: Err(error) }
}

/// An event whose payload is its offset.
pub fn event(slot: Slot, offset: u64) -> ServerFrame<u32> {
    ServerFrame::Event(EventFrame {
        slot,
        offset: Some(offset),
        deleted: false,
        acknowledge: None,
        size: 100,
        payload: u32::try_from(offset).unwrap(),
    })
}

pub fn cursor(epoch: &str, offset: u64) -> Option<Cursor> {
    Some(Cursor { epoch: epoch.into(), offset })
}

pub fn done(reference: u64) -> ServerFrame<u32> {
    ServerFrame::Result { reference, outcome: Ok(None), duplicate: false, auth_expires_in_ms: None }
}

fn decode(bytes: &OutgoingBytes) -> Vec<ClientFrame> {
    match bytes {
        OutgoingBytes::Text(text) => decode_client(text, 512)
            .into_iter()
            .map(|frame| frame.expect("the machine sends valid frames"))
            .collect(),
        OutgoingBytes::Binary(message) => {
            vec![steadfast_core::json::decode_client_binary(message).expect("the machine sends valid frames")]
        }
    }
}
