//! What lies between: sockets that open or do not, frames on their way, exchanges that are answered or lost.

use std::collections::{BTreeMap, VecDeque};

use steadfast_core::json::{decode_client, decode_client_binary};
use steadfast_core::{
    ClientFrame, EventFrame, ExchangeId, Hello, Input, LinkId, OutgoingBytes, Output, PollTerms, Secret,
    ServerFrame, TopicResult, Welcome,
};

use super::application::Application;
use super::server::{Entry, Reader, Server, done};
use super::steps::{Http, Path};
use crate::driver::{Command, Done, Driver};

const HEARTBEAT_MS: u64 = 25_000;
const DRAIN_MS: u64 = 60_000;

/// What may happen at one moment.
const MOST_ROUNDS: u32 = 1_000;

/// Few, so that an answer is often not all there is.
const EVENTS_AN_ANSWER: usize = 4;

pub struct World {
    pub driver: Driver,
    pub server: Server,
    pub application: Application,
    pub path: Path,
    pub http: Http,
    /// Nothing that is on its way arrives.
    pub held_up: bool,
    /// The application takes nothing out of its buffers.
    pub lazy: bool,
    /// Tokens below this are refused.
    pub oldest_token: u32,
    wires: BTreeMap<LinkId, Wire>,
    exchange: Option<Exchange>,
    /// What the driver is to be told next.
    inputs: VecDeque<Input<u32>>,
}

/// One socket, as seen from its middle.
struct Wire {
    /// How many frames of the server it carries before it dies; `None`: any number.
    budget: Option<u32>,
    /// Nothing gets through, and nobody is told.
    dead: bool,
    session: Option<Session>,
    to_client: VecDeque<Flying>,
    next_ping: u64,
    /// The server closes it then.
    closes: Option<(u64, u16)>,
}

struct Session {
    link: u64,
    readers: Vec<Reader>,
}

#[derive(Debug, Clone)]
enum Flying {
    Frame(ServerFrame<u32>),
    Event(String, Entry),
    /// The result of acknowledgements: once it arrives they are confirmed.
    Confirmed(ServerFrame<u32>, Vec<String>),
    Close(u16),
}

struct Exchange {
    id: ExchangeId,
    frames: Vec<ClientFrame>,
    /// The answer on its way, or `None` while the server waits for an event.
    answer: Option<Vec<Flying>>,
    waits_until: u64,
    /// It was carried out, and the answer gets lost.
    lost: bool,
}

impl World {
    pub fn new(driver: Driver) -> Self {
        Self {
            driver,
            server: Server::default(),
            application: Application::default(),
            path: Path::Works,
            http: Http::Works,
            held_up: false,
            lazy: false,
            oldest_token: 0,
            wires: BTreeMap::new(),
            exchange: None,
            inputs: VecDeque::new(),
        }
    }

    pub fn command(&mut self, command: &Command) -> Done {
        let done = self.driver.command(command);
        self.application.sees_command(command, &done);
        self.absorb();
        self.settle();
        done
    }

    pub fn input(&mut self, input: Input<u32>) {
        self.inputs.push_back(input);
        self.settle();
    }

    /// Lets time pass; everything arrives that can.
    pub fn run(&mut self, millis: u64) {
        let end = self.driver.now() + millis;
        let (mut since, mut rounds) = (self.driver.now(), 0);
        loop {
            self.settle();
            let now = self.driver.now();
            rounds = if now == since { rounds + 1 } else { 0 };
            since = now;
            assert!(rounds < MOST_ROUNDS, "busy: time stands still");
            if now >= end {
                return;
            }
            let deadlines = [self.driver.until, self.next_of_server(), Some(end)];
            let next = deadlines.into_iter().flatten().min().unwrap_or(end).max(now);
            self.driver.pass(next - now);
            self.server_time();
            if self.driver.until.is_some_and(|until| until <= next) {
                self.driver.ticks += 1;
                self.inputs.push_back(Input::Tick);
            }
        }
    }

    /// Publishes, and sends to whoever reads.
    pub fn publish(&mut self, topic: &str, key: Option<String>, deleted: bool, acknowledge: bool) {
        let entry = self.server.publish(topic, key, deleted, acknowledge);
        for wire in self.wires.values_mut() {
            let Some(session) = &mut wire.session else { continue };
            for reader in session.readers.iter_mut().filter(|reader| reader.topic == topic) {
                let keys = reader.keys.as_ref().zip(entry.key.as_ref());
                reader.at = entry.offset;
                if keys.is_none_or(|(keys, key)| keys.contains(key)) {
                    wire.to_client.push_back(Flying::Event(topic.to_owned(), entry.clone()));
                }
            }
        }
        self.settle();
    }

    /// Every socket breaks; what is on its way is lost or arrives first.
    pub fn cut(&mut self, lost: bool) {
        for wire in self.wires.values_mut() {
            wire.session = None;
            if lost {
                wire.to_client.clear();
            }
            wire.to_client.push_back(Flying::Close(1006));
        }
        self.settle();
    }

    /// Every socket is dead, and nobody is told.
    pub fn half_open(&mut self) {
        for wire in self.wires.values_mut() {
            wire.dead = true;
            wire.session = None;
            wire.to_client.clear();
        }
    }

    pub fn drain(&mut self) {
        let deadline = self.driver.now() + DRAIN_MS;
        for wire in self.wires.values_mut().filter(|wire| wire.session.is_some()) {
            wire.to_client.push_back(Flying::Frame(ServerFrame::Drain {
                min_ms: 0,
                max_ms: 3_000,
                deadline_ms: DRAIN_MS,
                reason: String::new(),
            }));
            wire.closes = wire.closes.or(Some((deadline, 4503)));
        }
        self.settle();
    }

    /// Delivers what can be delivered now, and all that follows from it at once.
    pub fn settle(&mut self) {
        for round in 0.. {
            assert!(round < MOST_ROUNDS, "busy: the network is never quiet");
            while let Some(input) = self.inputs.pop_front() {
                self.driver.input(input);
                self.absorb();
            }
            if !self.take_all() && (self.held_up || !self.deliver_one()) {
                return;
            }
        }
    }

    /// The application takes what it has; true where it took anything.
    fn take_all(&mut self) -> bool {
        if self.lazy {
            return false;
        }
        let deliveries = &self.driver.observer.deliveries;
        let held = deliveries.slots().map(|(slot, _)| (slot, deliveries.held(slot)));
        let Some((slot, (events, bytes))) = held.into_iter().find(|(_, (events, _))| *events > 0) else {
            return false;
        };
        self.inputs.push_back(Input::Taken { slot, events: u32::try_from(events).unwrap(), bytes });
        true
    }

    fn deliver_one(&mut self) -> bool {
        let now = self.driver.now();
        for (id, wire) in &mut self.wires {
            let id = *id;
            if wire.dead {
                continue;
            }
            let Some(flying) = wire.to_client.pop_front() else { continue };
            wire.budget = wire.budget.map(|left| left.saturating_sub(1));
            if wire.budget == Some(0) || matches!(flying, Flying::Close(_)) {
                let code = if let Flying::Close(code) = flying { code } else { 1006 };
                self.wires.remove(&id);
                self.inputs.push_back(Input::Closed { link: id, code });
                return true;
            }
            let frame = self.decode(flying, true);
            self.inputs.push_back(Input::Frame { link: id, frame });
            return true;
        }
        let Some(exchange) = &mut self.exchange else { return false };
        if exchange.answer.is_none() {
            let (id, frames) = (exchange.id, exchange.frames.clone());
            let answer = self.answer(&frames, now);
            let exchange =
                self.exchange.as_mut().filter(|exchange| exchange.id == id).expect("it is under way");
            exchange.answer = answer;
        }
        let Some(Exchange { id, answer: Some(answer), lost, .. }) =
            self.exchange.take_if(|exchange| exchange.answer.is_some())
        else {
            return false;
        };
        let input = if lost {
            Input::ExchangeFailed { exchange: id }
        } else {
            let frames = answer.into_iter().map(|flying| self.decode(flying, true)).collect();
            Input::ExchangeAnswered { exchange: id, status: 200, retry_after_ms: None, frames, bad_frames: 0 }
        };
        self.inputs.push_back(input);
        true
    }

    fn decode(&mut self, flying: Flying, arrives: bool) -> ServerFrame<u32> {
        match flying {
            Flying::Frame(frame) => frame,
            Flying::Confirmed(frame, ids) => {
                self.server.confirmed.extend(ids.into_iter().filter(|_| arrives));
                frame
            }
            Flying::Event(topic, entry) => ServerFrame::Event(EventFrame {
                slot: self.driver.client.slot(&topic),
                offset: (crate::observer::class_of(&topic) != steadfast_core::TopicClass::Ephemeral)
                    .then_some(entry.offset),
                deleted: entry.deleted,
                acknowledge: entry.acknowledge.then(|| format!("e-{}", entry.payload).into()),
                size: 100,
                payload: entry.payload,
            }),
            Flying::Close(_) => ServerFrame::Unknown,
        }
    }

    fn next_of_server(&self) -> Option<u64> {
        let wires = self.wires.values().filter(|wire| wire.session.is_some() && !wire.dead);
        let of_wires = wires.flat_map(|wire| [Some(wire.next_ping), wire.closes.map(|(at, _)| at)]).flatten();
        let of_exchange = self.exchange.as_ref().filter(|exchange| exchange.answer.is_none());
        let all = of_wires.chain(of_exchange.map(|exchange| exchange.waits_until));
        // What is due already waits for the network alone.
        all.filter(|at| *at > self.driver.now()).min()
    }

    fn server_time(&mut self) {
        let now = self.driver.now();
        for wire in self.wires.values_mut().filter(|wire| wire.session.is_some()) {
            if wire.next_ping <= now {
                wire.next_ping = now + HEARTBEAT_MS;
                wire.to_client.push_back(Flying::Frame(ServerFrame::Ping { t: Some(now) }));
            }
            if let Some((_, code)) = wire.closes.take_if(|(at, _)| *at <= now) {
                wire.session = None;
                wire.to_client.push_back(Flying::Close(code));
            }
        }
    }

    /// What the machine wants.
    fn absorb(&mut self) {
        for output in std::mem::take(&mut self.driver.outputs) {
            self.application.sees_output(&output, &self.server);
            match output {
                Output::Open { link } => self.open(link),
                Output::Close { link, .. } => {
                    self.wires.remove(&link);
                }
                Output::Send { link, bytes } => self.arrives_at_server(link, &bytes),
                Output::Exchange { exchange, .. } => self.exchange(exchange),
                Output::Abort { exchange } => {
                    self.exchange.take_if(|current| current.id == exchange);
                }
                Output::NeedToken { request, .. } => {
                    let token = Secret(format!("{}", self.oldest_token));
                    self.inputs.push_back(Input::TokenReady {
                        request,
                        token,
                        expires_in_ms: Some(3_600_000),
                    });
                }
                _ => {}
            }
        }
    }

    fn open(&mut self, link: LinkId) {
        let budget = match self.path {
            Path::Works | Path::Silent => None,
            Path::Dies(frames) => Some(frames),
            Path::Refused => return self.inputs.push_back(Input::Closed { link, code: 1006 }),
            Path::BlackHole => return,
        };
        let dead = self.path == Path::Silent;
        let next_ping = self.driver.now() + HEARTBEAT_MS;
        self.wires.insert(
            link,
            Wire { budget, dead, session: None, to_client: VecDeque::new(), next_ping, closes: None },
        );
        self.inputs.push_back(Input::Opened { link });
    }

    fn arrives_at_server(&mut self, link: LinkId, bytes: &OutgoingBytes) {
        if self.wires.get(&link).is_none_or(|wire| wire.dead) {
            return;
        }
        let frame = match bytes {
            OutgoingBytes::Text(text) => decode_client(text, 1).into_iter().next().expect("one frame"),
            OutgoingBytes::Binary(message) => decode_client_binary(message),
        };
        let answers = match frame.expect("a good frame") {
            ClientFrame::Hello(hello) => self.hello(link, &hello),
            ClientFrame::Subscribe { reference, topics } => {
                let mut results = Vec::new();
                let mut events = Vec::new();
                for request in topics {
                    let (result, reader) = self.server.answer(&request);
                    results.push(result);
                    events.extend(self.subscribe(link, reader));
                }
                let mut answers = vec![Flying::Frame(ServerFrame::Subscribed {
                    reference: Some(reference),
                    topics: results,
                })];
                answers.extend(events);
                answers
            }
            ClientFrame::Unsubscribe { reference, topics } => {
                if let Some(session) = self.session(link) {
                    session.readers.retain(|reader| !topics.contains(&reader.topic));
                }
                let reference = Some(reference);
                vec![Flying::Frame(ServerFrame::Unsubscribed { reference, topics, error: None })]
            }
            ClientFrame::Message(message) => {
                self.server.carry_out(&message).into_iter().map(Flying::Frame).collect()
            }
            ClientFrame::Ack { reference, ids, .. } => {
                vec![Flying::Confirmed(self.server.acknowledge(reference, &ids), ids)]
            }
            ClientFrame::Auth { reference, .. } => vec![Flying::Frame(done(reference, None, false))],
            ClientFrame::Ping { t } => vec![Flying::Frame(ServerFrame::Pong { t })],
            ClientFrame::Pong { .. } | ClientFrame::Bye | ClientFrame::Unknown => Vec::new(),
        };
        if let Some(wire) =
            self.wires.get_mut(&link).filter(|wire| wire.session.is_some() || wire.closes.is_some())
        {
            wire.to_client.extend(answers);
        }
    }

    fn hello(&mut self, link: LinkId, hello: &Hello) -> Vec<Flying> {
        if self.is_refused(hello) {
            let wire = self.wires.get_mut(&link).expect("it carried the hello");
            wire.to_client.push_back(Flying::Close(4401));
            return Vec::new();
        }
        // A newer link of the client takes over, unless it succeeds a draining one.
        for wire in self.wires.values_mut() {
            if wire.session.as_ref().is_some_and(|session| session.link < hello.link) && !hello.handover {
                wire.session = None;
                wire.to_client.push_back(Flying::Close(4409));
            }
        }
        let wire = self.wires.get_mut(&link).expect("it carried the hello");
        wire.session = Some(Session { link: hello.link, readers: Vec::new() });
        let mut results = Vec::new();
        let mut events = Vec::new();
        for request in &hello.topics {
            let (result, reader) = self.server.answer(request);
            results.push(result);
            events.extend(self.subscribe(link, reader));
        }
        let mut answers = vec![self.welcome(results)];
        answers.extend(events);
        answers
    }

    fn is_refused(&self, hello: &Hello) -> bool {
        hello.token.0.parse::<u32>().is_ok_and(|token| token < self.oldest_token)
    }

    fn session(&mut self, link: LinkId) -> Option<&mut Session> {
        self.wires.get_mut(&link)?.session.as_mut()
    }

    fn subscribe(&mut self, link: LinkId, mut reader: Reader) -> Vec<Flying> {
        let events = self.server.read(&reader);
        reader.at = self.server.top(&reader.topic);
        let topic = reader.topic.clone();
        if let Some(session) = self.session(link) {
            session.readers.retain(|other| other.topic != topic);
            session.readers.push(reader);
        }
        events.into_iter().map(|entry| Flying::Event(topic.clone(), entry)).collect()
    }

    fn welcome(&self, topics: Vec<TopicResult>) -> Flying {
        Flying::Frame(ServerFrame::Welcome(Box::new(Welcome {
            version: 1,
            connection: String::new(),
            heartbeat_ms: HEARTBEAT_MS,
            max_frame_bytes: 1024 * 1024,
            max_topics: 256,
            auth_expires_in_ms: Some(3_600_000),
            server_time: String::new(),
            results_epoch: self.server.results_epoch().into(),
            poll: PollTerms { interval_ms: 5_000, wait_ms: 25_000 },
            topics,
        })))
    }

    fn exchange(&mut self, id: ExchangeId) {
        let Some(exchange) = self.driver.observer.links.exchange().filter(|exchange| exchange.id == id)
        else {
            return;
        };
        let frames = exchange.frames.clone();
        let Some(ClientFrame::Hello(hello)) = frames.first() else { return };
        let failed = |exchange| Input::ExchangeFailed { exchange };
        let status = |exchange, status| Input::ExchangeAnswered {
            exchange,
            status,
            retry_after_ms: None,
            frames: Vec::new(),
            bad_frames: 0,
        };
        match self.http {
            Http::Fails => return self.inputs.push_back(failed(id)),
            Http::Unavailable => return self.inputs.push_back(status(id, 503)),
            Http::Silent => return,
            Http::Works | Http::AnswerLost => {}
        }
        if self.is_refused(hello) {
            return self.inputs.push_back(status(id, 401));
        }
        let now = self.driver.now();
        let waits_until = now + hello.wait_ms.unwrap_or(0);
        let lost = self.http == Http::AnswerLost;
        self.exchange = Some(Exchange { id, frames: frames.clone(), answer: None, waits_until, lost });
        // The request is carried out when it arrives; only a long poll looks again later.
        let answer = self.answer(&frames, now);
        if let Some(exchange) = &mut self.exchange {
            exchange.answer = answer;
        }
    }

    /// `None`: a long poll that waits.
    fn answer(&mut self, frames: &[ClientFrame], now: u64) -> Option<Vec<Flying>> {
        let Some(ClientFrame::Hello(hello)) = frames.first() else {
            panic!("an exchange begins with its hello")
        };
        let mut results = Vec::new();
        let mut events = Vec::new();
        for request in &hello.topics {
            let (result, reader) = self.server.answer(request);
            results.push(result);
            let topic = reader.topic.clone();
            events.extend(
                self.server.read(&reader).into_iter().map(|entry| Flying::Event(topic.clone(), entry)),
            );
        }
        let told = results.iter().any(|result| {
            result
                .outcome
                .as_ref()
                .is_ok_and(|position| position.recovery != steadfast_core::Recovery::Resumed)
        });
        let waits = self.exchange.as_ref().is_some_and(|exchange| exchange.waits_until > now);
        if waits && events.is_empty() && !told && frames.len() == 1 {
            return None;
        }
        let mut answer = vec![self.welcome(results)];
        let carries_out = hello.results_epoch == Some(self.server.results_epoch());
        for frame in &frames[1..] {
            match frame {
                ClientFrame::Message(message) if carries_out => {
                    answer.extend(self.server.carry_out(message).map(Flying::Frame));
                }
                ClientFrame::Ack { reference, ids, .. } => {
                    answer.push(Flying::Confirmed(self.server.acknowledge(*reference, ids), ids.clone()));
                }
                _ => {}
            }
        }
        let more = events.len() > EVENTS_AN_ANSWER;
        events.truncate(EVENTS_AN_ANSWER);
        answer.extend(events);
        answer.extend(more.then_some(Flying::Frame(ServerFrame::More)));
        Some(answer)
    }
}
