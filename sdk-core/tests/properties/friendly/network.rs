//! What lies between: sockets that open or do not, frames on their way, exchanges that are answered or lost.

use std::collections::{BTreeMap, VecDeque};

use steadfast_core::{
    ClientFrame, EventFrame, ExchangeId, Input, LinkId, Output, Secret, ServerFrame, TopicClass,
};

use super::application::Application;
use super::server::{Entry, Reader, Server};
use super::steps::{Http, Path};
use crate::driver::{Command, Done, Driver};
use crate::observer::class_of;

pub(super) const HEARTBEAT_MS: u64 = 25_000;
const DRAIN_MS: u64 = 60_000;

/// What may happen at one moment.
const MOST_ROUNDS: u32 = 1_000;

/// The client, the server, and what is between them.
pub struct World {
    pub driver: Driver,
    pub server: Server,
    pub application: Application,
    pub path: Path,
    pub http: Http,
    /// Nothing that is on its way arrives.
    pub held_up: bool,
    /// The server takes its time to carry messages out.
    pub slow: bool,
    /// The application takes nothing out of its buffers.
    pub lazy: bool,
    /// Tokens below this are refused.
    pub oldest_token: u32,
    /// The most links that were welcomed at a time.
    pub most_welcomed: usize,
    /// A link was welcomed while an exchange was under way.
    pub left_polling: bool,
    pub(super) wires: BTreeMap<LinkId, Wire>,
    pub(super) exchange: Option<Exchange>,
    /// What the driver is to be told next.
    pub(super) inputs: VecDeque<Input<u32>>,
}

/// One socket, as seen from its middle.
pub(super) struct Wire {
    /// How many frames of the server it carries before it dies; `None`: any number.
    pub(super) budget: Option<u32>,
    /// Nothing gets through, and nobody is told.
    pub(super) dead: bool,
    pub(super) session: Option<Session>,
    pub(super) to_client: VecDeque<Flying>,
    /// Results that the server takes its time for.
    pub(super) later: VecDeque<(u64, Flying)>,
    pub(super) next_ping: u64,
    /// The server closes it then.
    pub(super) closes: Option<(u64, u16)>,
}

pub(super) struct Session {
    pub(super) link: u64,
    pub(super) readers: Vec<Reader>,
}

#[derive(Debug, Clone)]
pub(super) enum Flying {
    Frame(ServerFrame<u32>),
    Event(String, Entry),
    /// The result of acknowledgements: once it arrives they are confirmed.
    Confirmed(ServerFrame<u32>, Vec<String>),
    Close(u16),
}

pub(super) struct Exchange {
    pub(super) id: ExchangeId,
    pub(super) frames: Vec<ClientFrame>,
    /// The answer on its way, or `None` while the server waits for an event.
    pub(super) answer: Option<Vec<Flying>>,
    pub(super) waits_until: u64,
    /// It was carried out, and the answer gets lost.
    pub(super) lost: bool,
}

impl Wire {
    /// The server, or the network, has ended it, and the client does not know yet.
    pub(super) fn is_closing(&self) -> bool {
        self.to_client.iter().any(|flying| matches!(flying, Flying::Close(_)))
    }
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
            slow: false,
            lazy: false,
            oldest_token: 0,
            most_welcomed: 0,
            left_polling: false,
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
            let frame = self.decode(flying);
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
            let frames = answer.into_iter().map(|flying| self.decode(flying)).collect();
            Input::ExchangeAnswered { exchange: id, status: 200, retry_after_ms: None, frames, bad_frames: 0 }
        };
        self.inputs.push_back(input);
        true
    }

    fn decode(&mut self, flying: Flying) -> ServerFrame<u32> {
        match flying {
            Flying::Frame(frame) => frame,
            Flying::Confirmed(frame, ids) => {
                self.server.confirmed.extend(ids);
                frame
            }
            Flying::Event(topic, entry) => ServerFrame::Event(EventFrame {
                slot: self.driver.client.slot(&topic),
                offset: (class_of(&topic) != TopicClass::Ephemeral).then_some(entry.offset),
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
        let of_wires = wires
            .flat_map(|wire| {
                let later = wire.later.front().map(|(at, _)| *at);
                [Some(wire.next_ping), wire.closes.map(|(at, _)| at), later]
            })
            .flatten();
        let of_exchange = self.exchange.as_ref().filter(|exchange| exchange.answer.is_none());
        let all = of_wires.chain(of_exchange.map(|exchange| exchange.waits_until));
        // What is due already waits for the network alone.
        all.filter(|at| *at > self.driver.now()).min()
    }

    fn server_time(&mut self) {
        let now = self.driver.now();
        for wire in self.wires.values_mut().filter(|wire| wire.session.is_some()) {
            while wire.later.front().is_some_and(|(at, _)| *at <= now) {
                wire.to_client.extend(wire.later.pop_front().map(|(_, result)| result));
            }
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
        let welcomed = self.driver.observer.links.current().iter().filter(|link| link.welcomed).count();
        self.most_welcomed = self.most_welcomed.max(welcomed);
        self.left_polling |= welcomed > 0 && self.exchange.is_some();
        for output in std::mem::take(&mut self.driver.outputs) {
            self.application.sees_output(&output, &self.server);
            match output {
                Output::Open { link } => self.open(link),
                Output::Close { link, .. } => {
                    self.wires.remove(&link);
                }
                Output::Send { link, bytes } => self.arrives_at_server(link, &bytes),
                Output::Exchange { exchange, .. } => self.exchange_begins(exchange),
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
            Path::Works | Path::Silent | Path::Brief => None,
            Path::Dies(frames) => Some(frames),
            Path::Refused => return self.inputs.push_back(Input::Closed { link, code: 1006 }),
            Path::BlackHole => return,
        };
        let dead = self.path == Path::Silent;
        let closes = (self.path == Path::Brief).then(|| (self.driver.now() + 1_000, 1006));
        let next_ping = self.driver.now() + HEARTBEAT_MS;
        self.wires.insert(
            link,
            Wire {
                budget,
                dead,
                session: None,
                to_client: VecDeque::new(),
                later: VecDeque::new(),
                next_ping,
                closes,
            },
        );
        self.inputs.push_back(Input::Opened { link });
    }
}
