//! The network between devices and pods: WebSockets as two pipes each, exchanges as requests and answers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use steadfast_core::{ExchangeId, LinkId};
use steadfast_server::Event;

use crate::agenda::{Agenda, Happening};
use crate::random::Random;
use crate::schedule::{HttpTrouble, SocketTrouble};
use crate::setup::DeviceSetup;

/// Names a WebSocket in the whole world.
pub(crate) type SocketId = u32;

/// Names a request in the whole world.
pub(crate) type RequestId = u32;

/// One of a WebSocket's two pipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    ToPod,
    ToDevice,
}

/// What a pipe carries.
#[derive(Debug, Clone)]
pub(crate) enum Packet {
    Text(Arc<str>),
    Binary(Arc<[u8]>),
    /// An event, in the bytes that all its readers share.
    Event(Arc<Event>),
    Close(u16),
}

/// A WebSocket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) device: usize,
    pub(crate) link: LinkId,
    /// `None`: a proxy alone answers.
    pub(crate) pod: Option<usize>,
    pub(crate) to_pod: Pipe,
    pub(crate) to_device: Pipe,
    /// The device was told that it is open.
    pub(crate) opened: bool,
    /// Nothing goes in any more from then on.
    silent_from: Option<u64>,
    trouble: Option<SocketTrouble>,
    random: Random,
}

/// One direction. What goes in comes out in order, later.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    queue: VecDeque<(u64, Packet)>,
    last: u64,
    bytes: usize,
    stalled_until: u64,
    /// Nothing comes out any more.
    pub(crate) dead: bool,
}

/// An exchange on its way.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) device: usize,
    pub(crate) page: u64,
    pub(crate) exchange: ExchangeId,
    pub(crate) body: Arc<str>,
    pub(crate) pod: Option<usize>,
    pub(crate) answer: Option<Answer>,
    trouble: Option<HttpTrouble>,
    random: Random,
}

/// What comes back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Zero: no answer, but the end of the connection.
    pub(crate) status: u16,
    pub(crate) retry_after_ms: Option<u64>,
    pub(crate) body: String,
}

/// How the network treats one device now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    pub(crate) socket_trouble: Option<SocketTrouble>,
    pub(crate) http_trouble: Option<HttpTrouble>,
    latency_ms: u64,
    jitter_ms: u64,
    http_extra_ms: u64,
    stalled_to_pod: u64,
    stalled_to_device: u64,
    /// The device reads no faster than one message in this time.
    pub(crate) drip_ms: u64,
}

/// All connections.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) sockets: BTreeMap<SocketId, Socket>,
    pub(crate) requests: BTreeMap<RequestId, Request>,
    pub(crate) weather: Vec<Weather>,
    /// How many of each a device has begun: they name the streams of randomness.
    begun: Vec<u64>,
    next: u32,
    seed: u64,
    pipe_bytes: usize,
}

impl Network {
    pub(crate) fn new(seed: u64, devices: &[DeviceSetup], pipe_bytes: usize) -> Self {
        let weather = |device: &DeviceSetup| Weather {
            latency_ms: device.latency_ms,
            jitter_ms: device.jitter_ms,
            http_extra_ms: device.http_extra_ms,
            ..Weather::default()
        };
        Self {
            sockets: BTreeMap::new(),
            requests: BTreeMap::new(),
            weather: devices.iter().map(weather).collect(),
            begun: vec![0; devices.len()],
            next: 0,
            seed,
            pipe_bytes,
        }
    }

    /// A device opens a WebSocket.
    pub(crate) fn open(&mut self, device: usize, link: LinkId, agenda: &mut Agenda) -> SocketId {
        let (id, mut random) = self.begin(device);
        let weather = &self.weather[device];
        let trouble = weather.socket_trouble;
        let way = weather.way(&mut random);
        let mut farewell = VecDeque::new();
        match trouble {
            Some(SocketTrouble::Refused) => {
                agenda.after(way, Happening::Refused { socket: id, status: None });
            }
            Some(SocketTrouble::Status(status)) => {
                agenda.after(way, Happening::Refused { socket: id, status: Some(status) });
            }
            Some(SocketTrouble::BlackHole) => {}
            Some(SocketTrouble::Silent) => agenda.after(way, Happening::Opened { socket: id }),
            Some(SocketTrouble::Closes { code, bye }) => {
                agenda.after(way, Happening::Opened { socket: id });
                let at = agenda.now() + 2 * way + 1;
                farewell = farewell_of(code, bye).map(|packet| (at, packet)).collect();
                for _ in &farewell {
                    agenda.at(at, Happening::Flow { socket: id, direction: Direction::ToDevice });
                }
            }
            Some(SocketTrouble::KilledEarly { after_ms }) => {
                agenda.after(way, Happening::Opened { socket: id });
                agenda.after(way + after_ms, Happening::Break { socket: id });
            }
            Some(SocketTrouble::KilledLate { after_ms }) => {
                agenda.after(way, Happening::Handshake { socket: id });
                agenda.after(3 * way + after_ms, Happening::Break { socket: id });
            }
            Some(SocketTrouble::SilentLate { .. }) | None => {
                agenda.after(way, Happening::Handshake { socket: id });
            }
        }
        let silent_from = match trouble {
            Some(SocketTrouble::SilentLate { after_ms }) => Some(agenda.now() + 4 * way + after_ms),
            _ => None,
        };
        let pipe = |stalled_until| Pipe { stalled_until, ..Pipe::default() };
        let socket = Socket {
            device,
            link,
            pod: None,
            to_pod: pipe(weather.stalled_to_pod),
            to_device: Pipe { queue: farewell, ..pipe(weather.stalled_to_device) },
            opened: false,
            silent_from,
            trouble,
            random,
        };
        self.sockets.insert(id, socket);
        id
    }

    /// A device sends a request.
    pub(crate) fn request(
        &mut self,
        device: usize,
        page: u64,
        exchange: ExchangeId,
        body: Arc<str>,
        agenda: &mut Agenda,
    ) -> RequestId {
        let (id, mut random) = self.begin(device);
        let weather = &self.weather[device];
        let trouble = weather.http_trouble;
        let way = weather.http_way(&mut random).max(weather.stalled_to_pod.saturating_sub(agenda.now()));
        let mut answer = None;
        match trouble {
            Some(HttpTrouble::BlackHole) => {}
            Some(HttpTrouble::Refused) => {
                answer = Some(Answer { status: 0, retry_after_ms: None, body: String::new() });
                agenda.after(way, Happening::Answer { request: id });
            }
            Some(HttpTrouble::Status(status)) => {
                let retry_after_ms =
                    matches!(status, 429 | 503).then_some(3_000).filter(|_| random.chance(70));
                answer = Some(Answer { status, retry_after_ms, body: String::new() });
                agenda.after(2 * way, Happening::Answer { request: id });
            }
            Some(HttpTrouble::AnswerLost | HttpTrouble::AnswerLate { .. } | HttpTrouble::Repeated) | None => {
                agenda.after(way, Happening::Request { request: id });
            }
        }
        if trouble == Some(HttpTrouble::Repeated) {
            let again = random.pick(&[0, 30, 2_000]);
            agenda.after(way + again, Happening::Request { request: id });
        }
        self.requests
            .insert(id, Request { device, page, exchange, body, pod: None, answer, trouble, random });
        id
    }

    /// A device no longer waits for an answer; mostly the pod learns of it.
    pub(crate) fn abandon(&mut self, id: RequestId, agenda: &mut Agenda) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        if request.random.chance(70) {
            let way = self.weather[request.device].way(&mut request.random);
            agenda.after(way, Happening::Abandoned { request: id });
        }
    }

    /// A pod has answered a request.
    pub(crate) fn answer(&mut self, id: RequestId, answer: Answer, agenda: &mut Agenda) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        if request.answer.is_some() {
            // The other copy's answer is on its way.
            return;
        }
        let weather = &self.weather[request.device];
        let way =
            weather.http_way(&mut request.random).max(weather.stalled_to_device.saturating_sub(agenda.now()));
        let extra = match request.trouble {
            Some(HttpTrouble::AnswerLost) if request.random.chance(50) => return,
            Some(HttpTrouble::AnswerLost) => {
                request.answer = Some(Answer { status: 0, retry_after_ms: None, body: String::new() });
                agenda.after(way, Happening::Answer { request: id });
                return;
            }
            Some(HttpTrouble::AnswerLate { by_ms }) => by_ms,
            _ => 0,
        };
        request.answer = Some(answer);
        agenda.after(way + extra, Happening::Answer { request: id });
    }

    /// Puts something into a pipe, unless it carries nothing any more.
    pub(crate) fn send(&mut self, id: SocketId, direction: Direction, packet: Packet, agenda: &mut Agenda) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        let silent = matches!(
            socket.trouble,
            Some(SocketTrouble::Silent | SocketTrouble::KilledEarly { .. } | SocketTrouble::Closes { .. })
        ) || socket.silent_from.is_some_and(|from| from <= agenda.now());
        let weather = &self.weather[socket.device];
        let way = weather.way(&mut socket.random);
        let drip_ms = if direction == Direction::ToDevice { weather.drip_ms } else { 0 };
        let pipe = socket.pipe(direction);
        if pipe.dead || silent {
            // What is never taken fills the buffers of whoever sends it.
            pipe.bytes += packet.len();
            return;
        }
        let at = (agenda.now() + way).max(pipe.last + drip_ms).max(pipe.stalled_until);
        pipe.last = at;
        pipe.bytes += packet.len();
        pipe.queue.push_back((at, packet));
        agenda.at(at, Happening::Flow { socket: id, direction });
    }

    /// Somebody in between ends what a pod accepted.
    pub(crate) fn close(&mut self, id: SocketId, code: u16, bye: Option<u64>, agenda: &mut Agenda) {
        if self.sockets.get(&id).is_some_and(|socket| socket.pod.is_some()) {
            for packet in farewell_of(code, bye) {
                self.send(id, Direction::ToDevice, packet, agenda);
            }
        }
    }

    /// Whether a pod may write more to the device.
    pub(crate) fn has_room(&self, id: SocketId) -> bool {
        self.sockets.get(&id).is_some_and(|socket| socket.to_device.bytes < self.pipe_bytes)
    }

    /// Whether pipes take more in than the way is long.
    pub(crate) fn is_wide(&self) -> bool {
        self.pipe_bytes > 10_000
    }

    /// Bytes that a device has sent and that have not arrived.
    pub(crate) fn unsent(&self, id: SocketId) -> usize {
        self.sockets.get(&id).map_or(0, |socket| socket.to_pod.bytes)
    }

    /// Takes out what has arrived. `Err`: the pipe is stalled until then.
    pub(crate) fn flow(
        &mut self,
        id: SocketId,
        direction: Direction,
        now: u64,
    ) -> Result<Option<Packet>, u64> {
        let Some(socket) = self.sockets.get_mut(&id) else { return Ok(None) };
        let pipe = socket.pipe(direction);
        if pipe.dead {
            return Ok(None);
        }
        if pipe.stalled_until > now {
            return Err(pipe.stalled_until);
        }
        if pipe.queue.front().is_none_or(|(at, _)| *at > now) {
            return Ok(None);
        }
        let packet = pipe.queue.pop_front().map(|(_, packet)| packet);
        pipe.bytes = pipe.bytes.saturating_sub(packet.as_ref().map_or(0, Packet::len));
        Ok(packet)
    }

    /// Holds up all that goes to or from a device.
    pub(crate) fn stall(&mut self, device: usize, to_device: bool, to_pod: bool, until: u64) {
        let weather = &mut self.weather[device];
        for socket in self.sockets.values_mut().filter(|socket| socket.device == device) {
            if to_device {
                socket.to_device.stalled_until = socket.to_device.stalled_until.max(until);
            }
            if to_pod {
                socket.to_pod.stalled_until = socket.to_pod.stalled_until.max(until);
            }
        }
        if to_device {
            weather.stalled_to_device = weather.stalled_to_device.max(until);
        }
        if to_pod {
            weather.stalled_to_pod = weather.stalled_to_pod.max(until);
        }
    }

    /// The WebSockets of a device.
    pub(crate) fn sockets_of(&self, device: usize) -> Vec<SocketId> {
        let of_device = self.sockets.iter().filter(|(_, socket)| socket.device == device);
        of_device.map(|(id, _)| *id).collect()
    }

    /// A device has nothing more to do with a connection.
    pub(crate) fn let_go(&mut self, id: SocketId) {
        match self.sockets.get_mut(&id) {
            Some(socket) if socket.pod.is_some() => socket.to_device.dead = true,
            Some(_) => drop(self.sockets.remove(&id)),
            None => {}
        }
    }

    /// How long something takes to reach a device or to come from it.
    pub(crate) fn way(&mut self, id: SocketId) -> u64 {
        let Some(socket) = self.sockets.get_mut(&id) else { return 0 };
        self.weather[socket.device].way(&mut socket.random)
    }

    fn begin(&mut self, device: usize) -> (u32, Random) {
        self.next += 1;
        self.begun[device] += 1;
        (self.next, Random::new(self.seed, "connection", self.begun[device] * 64 + device as u64))
    }
}

fn farewell_of(code: u16, bye: Option<u64>) -> impl Iterator<Item = Packet> {
    let bye = bye.map(|after_ms| Packet::Text(bye_frame(code, after_ms).into()));
    bye.into_iter().chain([Packet::Close(code)])
}

fn bye_frame(code: u16, reconnect_after_ms: u64) -> String {
    let advice = match reconnect_after_ms {
        0 => String::new(),
        after_ms => format!(",\"reconnect_after_ms\":{after_ms}"),
    };
    format!("{{\"type\":\"rt.bye\",\"code\":{code},\"reason\":\"no\"{advice}}}")
}

impl Socket {
    fn pipe(&mut self, direction: Direction) -> &mut Pipe {
        match direction {
            Direction::ToPod => &mut self.to_pod,
            Direction::ToDevice => &mut self.to_device,
        }
    }

    pub(crate) fn random(&mut self) -> &mut Random {
        &mut self.random
    }
}

impl Request {
    pub(crate) fn random(&mut self) -> &mut Random {
        &mut self.random
    }
}

impl Weather {
    fn way(&self, random: &mut Random) -> u64 {
        self.latency_ms + random.between(0, self.jitter_ms)
    }

    fn http_way(&self, random: &mut Random) -> u64 {
        self.way(random) + random.between(0, self.http_extra_ms)
    }
}

impl Packet {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            Self::Event(event) => event.binary().map_or(event.text().len(), <[u8]>::len),
            Self::Close(_) => 4,
        }
    }
}
