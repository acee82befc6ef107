//! The world: devices, network, pods and backend in one virtual time, and what goes wrong in it.

mod faults;

use crate::agenda::{Agenda, Happening};
use crate::application::Class;
use crate::checks::{acknowledgements, effect, log_order, outbox, state};
use crate::client::Device;
use crate::court::Court;
use crate::network::{Direction, Network, Packet, RequestId, SocketId};
use crate::oracle::Retention;
use crate::pod::Cluster;
use crate::publisher::Publisher;
use crate::schedule::Schedule;
use crate::setup::Setup;
use crate::surroundings::Surroundings;
use crate::verdict::{Check, Violation};

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) violation: Option<Violation>,
    /// Folds what all clients did.
    pub(crate) digest: u64,
    pub(crate) trace: String,
}

/// One world.
#[derive(Debug)]
pub(crate) struct World {
    setup: Setup,
    schedule: Schedule,
    agenda: Agenda,
    network: Network,
    court: Court,
    cluster: Cluster,
    devices: Vec<Device>,
    publisher: Publisher,
}

macro_rules! around {
    ($world:expr) => {
        &mut Surroundings {
            agenda: &mut $world.agenda,
            network: &mut $world.network,
            court: &mut $world.court,
        }
    };
}
use around;

impl World {
    pub(crate) fn new(seed: u64, setup: &Setup, schedule: &Schedule, traced: bool) -> Self {
        let retention =
            Retention { events: u64::from(setup.log_events), age_ms: setup.log_ms, bytes: setup.log_bytes };
        let mut court = Court::new(retention, setup.deletions_ms, traced);
        let mut agenda = Agenda::default();
        let cluster = Cluster::new(seed, setup, &mut court, &mut agenda);
        let device = |(index, device)| Device::new(seed, index, device, setup.token_life_ms);
        Self {
            setup: setup.clone(),
            schedule: schedule.clone(),
            network: Network::new(seed, &setup.devices, setup.pipe_bytes),
            cluster,
            devices: setup.devices.iter().enumerate().map(device).collect(),
            publisher: Publisher::new(seed, setup),
            court,
            agenda,
        }
    }

    /// Lets everything happen until all must be right, or something is not.
    pub(crate) fn run(mut self) -> Outcome {
        for (index, fault) in self.schedule.faults.iter().enumerate() {
            self.agenda.at(fault.at, Happening::FaultBegins(index));
            self.agenda.at(fault.ends(), Happening::FaultEnds(index));
        }
        self.agenda.at(self.setup.calm_from, Happening::Calm);
        self.agenda.at(self.setup.silent_from, Happening::Silence);
        self.agenda.at(1, Happening::PublisherTurn);
        for device in &mut self.devices {
            device.begin(around!(self));
        }
        while let Some(happening) = self.agenda.next(self.setup.end) {
            self.court.verdict.at(self.agenda.now());
            self.happens(happening);
            self.cluster.plan_pumps(&mut self.agenda);
            if self.court.verdict.is_broken() {
                break;
            }
        }
        self.judge_the_quiet();
        let digest =
            self.devices.iter().fold(0, |digest: u64, device| digest.rotate_left(9) ^ device.digest());
        let trace = self.court.take_trace();
        Outcome { violation: self.court.verdict.into_violation(), digest, trace }
    }

    fn happens(&mut self, happening: Happening) {
        if let Some(until) = self.asleep_until(&happening) {
            self.agenda.at(until, happening);
            return;
        }
        match happening {
            Happening::FaultBegins(index) => self.fault_begins(index),
            Happening::FaultEnds(index) => self.fault_ends(index),
            Happening::Calm => self.calm(),
            Happening::Silence => {
                self.publisher.fall_silent();
                self.devices.iter_mut().for_each(Device::fall_silent);
            }
            Happening::Timer { device, generation } => self.devices[device].timer(generation, around!(self)),
            Happening::ApplicationTurn { device } => self.devices[device].turn(around!(self)),
            Happening::Token { device, page, request } => {
                self.devices[device].token(page, request, around!(self));
            }
            Happening::Handshake { socket } => self.handshake(socket),
            Happening::Opened { socket } => self.opened(socket),
            Happening::Refused { socket, status } => self.refused(socket, status),
            Happening::Flow { socket, direction } => self.flow(socket, direction),
            Happening::Break { socket } => self.breaks(socket),
            Happening::LateEnd { device, page, link, socket } => {
                self.devices[device].late_end(page, link, around!(self));
                self.network.let_go(socket);
            }
            Happening::Request { request } => self.request(request),
            Happening::Abandoned { request } => {
                if let Some(pod) = self.network.requests.get(&request).and_then(|request| request.pod) {
                    self.cluster.abandoned(pod, request, around!(self));
                }
            }
            Happening::Answer { request } => self.answer(request),
            Happening::PollDue { pod, request } => self.cluster.poll_due(pod, request, around!(self)),
            Happening::Sweep { pod } => self.cluster.sweep(pod, around!(self)),
            Happening::Pump { pod } => self.cluster.pump(pod, around!(self)),
            Happening::PodStarts { pod } => self.cluster.start(pod),
            Happening::PodStops { pod } => self.cluster.stop(pod, around!(self)),
            Happening::PublisherTurn => self.publisher.turn(&self.cluster.broker, around!(self)),
        }
    }

    /// What reaches a machine that sleeps waits until it wakes.
    fn asleep_until(&self, happening: &Happening) -> Option<u64> {
        let of_socket = |socket| self.network.sockets.get(socket).map(|socket| socket.device);
        let device = match happening {
            Happening::Timer { device, .. }
            | Happening::ApplicationTurn { device }
            | Happening::Token { device, .. }
            | Happening::LateEnd { device, .. } => Some(*device),
            Happening::Opened { socket }
            | Happening::Refused { socket, .. }
            | Happening::Break { socket }
            | Happening::Flow { socket, direction: Direction::ToDevice } => of_socket(socket),
            Happening::Answer { request } => self.network.requests.get(request).map(|request| request.device),
            _ => None,
        };
        let until = self.devices.get(device?)?.trouble.asleep_until;
        (until > self.agenda.now()).then_some(until)
    }

    fn handshake(&mut self, id: SocketId) {
        let pod = self.cluster.choose();
        let way = self.network.way(id);
        let Some(socket) = self.network.sockets.get_mut(&id) else { return };
        let Some(pod) = pod else {
            let status = socket.random().chance(50).then_some(503);
            self.agenda.after(way, Happening::Refused { socket: id, status });
            return;
        };
        socket.pod = Some(pod);
        self.cluster.accept(pod, id, around!(self));
        self.agenda.after(way, Happening::Opened { socket: id });
    }

    fn opened(&mut self, id: SocketId) {
        let Some(socket) = self.network.sockets.get_mut(&id) else { return };
        socket.opened = true;
        let (device, link) = (socket.device, socket.link);
        self.devices[device].opened(link, around!(self));
    }

    fn refused(&mut self, id: SocketId, status: Option<u16>) {
        let Some(socket) = self.network.sockets.remove(&id) else { return };
        self.devices[socket.device].refused(socket.link, status, around!(self));
    }

    fn flow(&mut self, id: SocketId, direction: Direction) {
        let packet = match self.network.flow(id, direction, self.agenda.now()) {
            Ok(Some(packet)) => packet,
            Ok(None) => return,
            Err(until) => {
                self.agenda.at(until, Happening::Flow { socket: id, direction });
                return;
            }
        };
        let Some(socket) = self.network.sockets.get(&id) else { return };
        let (device, link, pod) = (socket.device, socket.link, socket.pod);
        match direction {
            Direction::ToPod => {
                let closes = matches!(packet, Packet::Close(_));
                if let Some(pod) = pod {
                    self.cluster.arrived(pod, id, packet, around!(self));
                }
                if closes {
                    self.leave(id);
                } else {
                    self.devices[device].sent(id, link, around!(self));
                }
            }
            Direction::ToDevice => {
                let closes = matches!(packet, Packet::Close(_));
                self.devices[device].came(id, &packet, around!(self));
                if closes {
                    self.leave(id);
                } else if let Some(pod) = pod {
                    self.cluster.has_room(pod, id, around!(self));
                }
            }
        }
    }

    /// A connection breaks, and both ends learn of it.
    fn breaks(&mut self, id: SocketId) {
        let Some(socket) = self.network.sockets.remove(&id) else { return };
        if let Some(pod) = socket.pod {
            self.cluster.broke(pod, id, around!(self));
        }
        self.devices[socket.device].broke(socket.link, around!(self));
    }

    /// A pod has nothing more to do with a connection.
    fn leave(&mut self, id: SocketId) {
        if let Some(socket) = self.network.sockets.get_mut(&id)
            && let Some(pod) = socket.pod.take()
        {
            self.cluster.broke(pod, id, around!(self));
        }
    }

    fn request(&mut self, id: RequestId) {
        let pod = self.cluster.choose();
        let Some(request) = self.network.requests.get_mut(&id) else { return };
        let (device, body) = (request.device, request.body.clone());
        let Some(pod) = pod else {
            let status = request.random().pick(&[0, 502, 503]);
            let answer = crate::network::Answer { status, retry_after_ms: None, body: String::new() };
            self.network.answer(id, answer, &mut self.agenda);
            return;
        };
        request.pod = Some(pod);
        self.cluster.request(pod, id, device, &body, around!(self));
    }

    fn answer(&mut self, id: RequestId) {
        let Some(request) = self.network.requests.remove(&id) else { return };
        let Some(answer) = request.answer else { return };
        self.devices[request.device].answered(request.page, request.exchange, &answer, around!(self));
    }

    /// All is quiet: now everything must be right.
    fn judge_the_quiet(&mut self) {
        let court = &mut self.court;
        if court.verdict.is_broken() {
            return;
        }
        court.verdict.at(self.setup.end);
        let mut links = 0;
        for device in &self.devices {
            court.verdict.about(device.index);
            links += device.watch.connections.links.len();
            outbox::quiet(&device.application, &mut court.verdict);
            effect::quiet(&device.application, &court.oracle, &mut court.verdict);
            acknowledgements::quiet(device.index, &device.application, court);
            for (slot, view) in &device.application.views {
                if view.failed && device.narrowed {
                    continue;
                }
                // Short polls carry nothing that lives only now.
                let ok = view.class == Class::Ephemeral || device.core().is_live(*slot) && !view.failed;
                let topic = &view.topic;
                court.verdict.expect(Check::Recovery, ok, || format!("{topic} is not live"));
                let cursor = device.core().cursor(*slot);
                log_order::quiet(view, cursor.as_ref(), court);
                state::quiet(view, court);
                acknowledgements::open(view, court);
            }
        }
        let sessions = self.cluster.sockets();
        court.verdict.expect(Check::Connections, sessions == links, || {
            format!("all is quiet with {links} links, and the pods have {sessions}")
        });
    }
}
