//! How each fault begins and ends.

use steadfast_core::{CloseCode, Input};

use super::{World, around};
use crate::agenda::Happening;
use crate::schedule::{Fault, Hint, HttpTrouble, SocketTrouble, What};
use crate::surroundings::Surroundings;

/// After a pod was lost or drained, its clients need so long to be told.
const POD_MS: u64 = 30_000;

impl World {
    pub(super) fn fault_begins(&mut self, index: usize) {
        let fault = self.schedule.faults[index];
        self.court.trace(|| format!("fault: {fault}"));
        self.hinder(&fault);
        if let Some(device) = fault.what.device() {
            self.device_fault_begins(device, index, &fault);
            return;
        }
        match fault.what {
            What::KillPod { pod, .. } if !self.cluster.is_up(pod) => {}
            What::KillPod { pod, silent } => {
                self.cluster.kill(pod, silent, around!(self));
                self.agenda.at(fault.ends().max(self.agenda.now() + 100), Happening::PodStarts { pod });
            }
            What::DrainPod { pod } => self.cluster.drain(pod, around!(self)),
            What::LoseHistory => self.cluster.lose_history(around!(self)),
            What::SlowBroker { by_ms } => self.court.broker_takes_ms = by_ms,
            What::Burst { log, events } => {
                self.publisher.burst(log, events, &self.cluster.broker, around!(self));
            }
            _ => {}
        }
    }

    pub(super) fn fault_ends(&mut self, index: usize) {
        let fault = self.schedule.faults[index];
        if matches!(fault.what, What::SlowBroker { .. }) {
            self.court.broker_takes_ms = 0;
        }
        let Some(of) = fault.what.device() else { return };
        let weather = &mut self.network.weather[of];
        let device = &mut self.devices[of];
        if device.trouble.asleep_until > self.agenda.now() && happens_awake(fault.what) {
            self.agenda.at(device.trouble.asleep_until, Happening::FaultEnds(index));
            return;
        }
        match fault.what {
            What::WebSocket { .. } => {
                weather.socket_trouble = None;
                device.trouble.only_killed = false;
            }
            What::Http { .. } => weather.http_trouble = None,
            What::Clog { .. } => weather.drip_ms = 0,
            What::Freeze { .. } => device.thaw(around!(self)),
            What::Sleep { monotonic_stands, .. } => device.wakes(index, monotonic_stands, fault.lasts),
            What::LateTimers { .. } => device.trouble.late_ms = 0,
            What::EarlyTimers { .. } => device.trouble.early = false,
            What::NoTokens { .. } => device.trouble.no_tokens = None,
            What::SlowTokens { .. } => device.trouble.slow_tokens_ms = 0,
            What::BadTokens { .. } => device.trouble.bad_tokens = None,
            What::NarrowTokens { .. } => device.trouble.narrow_tokens = false,
            What::Disconnect { .. } => device.connect(around!(self)),
            What::Idle { .. } => device.application.idle = false,
            _ => {}
        }
    }

    /// From here on nothing goes wrong any more.
    pub(super) fn calm(&mut self) {
        for weather in &mut self.network.weather {
            weather.socket_trouble = None;
            weather.http_trouble = None;
            weather.drip_ms = 0;
        }
        for device in &mut self.devices {
            device.settle_down();
        }
    }

    fn device_fault_begins(&mut self, index: usize, number: usize, fault: &Fault) {
        let now = self.agenda.now();
        let weather = &mut self.network.weather[index];
        let device = &mut self.devices[index];
        if device.trouble.asleep_until > now && happens_awake(fault.what) {
            return;
        }
        match fault.what {
            What::Cut { .. } => {
                for socket in self.network.sockets_of(index) {
                    self.agenda.at(now, Happening::Break { socket });
                }
            }
            What::CutForDevice { .. } => {
                for id in self.network.sockets_of(index) {
                    self.cut_for_device(id);
                }
            }
            What::HalfOpen { to_device, to_pod, .. } => {
                for socket in self.network.sockets.values_mut().filter(|socket| socket.device == index) {
                    socket.to_device.dead |= to_device;
                    socket.to_pod.dead |= to_pod;
                }
            }
            What::Stall { to_device, to_pod, .. } => {
                self.network.stall(index, to_device, to_pod, fault.ends());
            }
            What::Clog { .. } => weather.drip_ms = 400,
            What::WebSocket { trouble, .. } => {
                weather.socket_trouble = Some(trouble);
                // Of what is open nobody says that a message is too big where none is.
                if let SocketTrouble::Closes { code, bye } = trouble
                    && code != CloseCode::TOO_BIG
                {
                    for socket in self.network.sockets_of(index) {
                        self.network.close(socket, code, bye, &mut self.agenda);
                    }
                }
                device.trouble.only_killed = matches!(trouble, SocketTrouble::KilledLate { after_ms: 1_000 });
            }
            What::Http { trouble, .. } => weather.http_trouble = Some(trouble),
            What::Freeze { .. } => device.freeze(around!(self)),
            What::Sleep { .. } => device.falls_asleep(number, fault.ends()),
            What::WallJump { by_ms, .. } => device.wall_jumps(by_ms, around!(self)),
            What::LateTimers { by_ms, .. } => device.trouble.late_ms = by_ms,
            What::EarlyTimers { .. } => device.trouble.early = true,
            What::Hint { hint, .. } => {
                let input = match hint {
                    Hint::Visible => Input::Visible,
                    Hint::Hidden => Input::Hidden,
                    Hint::Online => Input::Online,
                    Hint::Offline => Input::Offline,
                };
                device.give(input, around!(self));
            }
            What::NoTokens { retryable, .. } => device.trouble.no_tokens = Some(retryable),
            What::SlowTokens { by_ms, .. } => device.trouble.slow_tokens_ms = by_ms,
            What::BadTokens { expired, .. } => device.trouble.bad_tokens = Some(expired),
            What::NarrowTokens { .. } => device.trouble.narrow_tokens = true,
            What::Disconnect { .. } => device.disconnect(around!(self)),
            What::Idle { .. } => device.application.idle = true,
            What::Reload { .. } => {
                for id in self.network.sockets_of(index) {
                    let pod = self.network.sockets.remove(&id).and_then(|socket| socket.pod);
                    if let Some(pod) = pod {
                        self.cluster.broke(pod, id, around!(self));
                    }
                }
                self.devices[index].reload(around!(self));
            }
            What::KillPod { .. }
            | What::DrainPod { .. }
            | What::LoseHistory
            | What::SlowBroker { .. }
            | What::Burst { .. } => {}
        }
    }

    fn cut_for_device(&mut self, id: u32) {
        let Some(socket) = self.network.sockets.get_mut(&id) else { return };
        socket.to_device.dead = true;
        socket.to_pod.dead = true;
        let (device, link) = (socket.device, socket.link);
        self.devices[device].broke(link, around!(self));
    }

    /// Notes whose way is not free, and until when.
    fn hinder(&mut self, fault: &Fault) {
        let lasting = match fault.what {
            What::Hint { .. } | What::EarlyTimers { .. } | What::Idle { .. } | What::Burst { .. } => return,
            What::Http { trouble: HttpTrouble::AnswerLate { by_ms }, .. }
            | What::SlowTokens { by_ms, .. }
            | What::LateTimers { by_ms, .. } => by_ms,
            What::SlowBroker { .. } | What::KillPod { .. } | What::DrainPod { .. } | What::LoseHistory => {
                POD_MS
            }
            _ => 0,
        };
        let until = fault.ends() + lasting;
        match fault.what.device() {
            Some(device) => self.devices[device].watch.recovery.hindered(until),
            None => self.devices.iter_mut().for_each(|device| device.watch.recovery.hindered(until)),
        }
    }
}

/// What only a machine that is awake can do or be told.
fn happens_awake(what: What) -> bool {
    matches!(
        what,
        What::Hint { .. }
            | What::Freeze { .. }
            | What::Disconnect { .. }
            | What::Reload { .. }
            | What::CutForDevice { .. }
    )
}
