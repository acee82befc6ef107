//! What goes wrong, and when: data, so that it can be printed, taken apart and tried again.

mod overtaken;

use std::fmt;

use crate::random::Random;
use crate::setup::Setup;

/// All faults of a run, in the order of their times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schedule {
    pub(crate) faults: Vec<Fault>,
}

/// One fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// When it begins.
    pub(crate) at: u64,
    /// How long it lasts; many are over at once.
    pub(crate) lasts: u64,
    pub(crate) what: What,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The device's connections break; both ends learn of it.
    Cut { device: usize },
    /// The device's connections break, and only the device learns of it.
    CutForDevice { device: usize },
    /// The device's connections carry nothing any more, and nobody is told.
    HalfOpen { device: usize, to_device: bool, to_pod: bool },
    /// What is sent arrives only after the fault.
    Stall { device: usize, to_device: bool, to_pod: bool },
    /// The device reads slowly.
    Clog { device: usize },
    /// WebSockets do not work.
    WebSocket { device: usize, trouble: SocketTrouble },
    /// Exchanges do not work.
    Http { device: usize, trouble: HttpTrouble },
    /// A pod dies and is replaced after the fault.
    KillPod { pod: usize, silent: bool },
    /// A pod drains and is replaced after the fault.
    DrainPod { pod: usize },
    /// The broker forgets everything; all pods restart.
    LoseHistory,
    /// The page is put away; its connections are closed.
    Freeze { device: usize },
    /// The machine sleeps. The monotonic clock may stand still meanwhile.
    Sleep { device: usize, monotonic_stands: bool },
    /// The wall clock is set.
    WallJump { device: usize, by_ms: i64 },
    /// Timers fire late by up to this.
    LateTimers { device: usize, by_ms: u64 },
    /// Timers fire early and again and again.
    EarlyTimers { device: usize },
    /// The network or the screen is said to have changed.
    Hint { device: usize, hint: Hint },
    /// The application gives no token.
    NoTokens { device: usize, retryable: bool },
    /// The application takes long to give a token.
    SlowTokens { device: usize, by_ms: u64 },
    /// The application gives tokens that no server accepts.
    BadTokens { device: usize, expired: bool },
    /// Tokens permit only a part of the topics.
    NarrowTokens { device: usize },
    /// The application disconnects, and connects again after the fault.
    Disconnect { device: usize },
    /// The application does not take what is buffered.
    Idle { device: usize },
    /// The page is loaded again: a new client goes on from the cursors that the old one left.
    Reload { device: usize },
    /// The broker answers late: sessions on WebSockets wait for their topics and results.
    SlowBroker { by_ms: u64 },
    /// The backend publishes many events at once.
    Burst { log: usize, events: u64 },
}

/// How WebSockets fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SocketTrouble {
    /// The handshake fails at once.
    Refused,
    /// The handshake is never answered.
    BlackHole,
    /// The handshake is answered with this status.
    Status(u16),
    /// A proxy accepts and carries nothing.
    Silent,
    /// A proxy accepts and breaks the connection, before anything is carried.
    KilledEarly { after_ms: u64 },
    /// Somebody closes with this code what is open and what he accepts, with `rt.bye` before it or without.
    Closes { code: u16, bye: Option<u64> },
    /// A proxy carries everything and breaks the connection after so long.
    KilledLate { after_ms: u64 },
    /// A proxy carries everything, and after so long nothing any more.
    SilentLate { after_ms: u64 },
}

/// How exchanges fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpTrouble {
    /// At once.
    Refused,
    /// Never answered.
    BlackHole,
    /// The server acts, and its answer is lost.
    AnswerLost,
    /// The server acts, and its answer comes only when nobody waits for it any more.
    AnswerLate { by_ms: u64 },
    /// The server is asked twice, and one of the answers arrives.
    Repeated,
    /// Something in between answers with this status.
    Status(u16),
}

/// A hint of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    Visible,
    Hidden,
    Online,
    Offline,
}

/// Codes that anybody may close with.
const CODES: [u16; 22] = [
    1000, 1001, 1002, 1008, 1009, 1011, 1012, 1013, 3000, 4000, 4400, 4401, 4403, 4404, 4406, 4408, 4409,
    4410, 4429, 4500, 4503, 4508,
];

impl Schedule {
    pub(crate) fn draw(seed: u64, setup: &Setup) -> Self {
        let random = &mut Random::new(seed, "schedule", 0);
        let count = match random.between(0, 9) {
            0 => 0,
            1..=5 => random.between(1, 6),
            _ => random.between(6, 25),
        };
        let mut faults: Vec<Fault> = (0..count).map(|_| Fault::draw(random, setup)).collect();
        if random.chance(4) {
            faults.extend(overtaken::draw(random, setup));
        }
        if setup.flapping {
            let trouble = SocketTrouble::KilledLate { after_ms: 1_000 };
            faults =
                vec![Fault { at: 0, lasts: setup.calm_from, what: What::WebSocket { device: 0, trouble } }];
        }
        faults.sort_by_key(|fault| fault.at);
        Self { faults }
    }
}

impl Fault {
    fn draw(random: &mut Random, setup: &Setup) -> Self {
        let at = random.between(0, setup.calm_from - 2_000);
        let longest = setup.calm_from - at;
        let lasts = random.pick(&[300, 3_000, 8_000, 15_000, 40_000, 120_000]);
        let lasts = random.between(lasts / 4, lasts).min(longest);
        Self { at, lasts, what: What::draw(random, setup) }
    }

    pub(crate) fn ends(&self) -> u64 {
        self.at + self.lasts
    }
}

impl What {
    fn draw(random: &mut Random, setup: &Setup) -> Self {
        let device = random.index(setup.devices.len());
        let pod = random.index(setup.pods);
        let (to_device, to_pod) = random.pick(&[(true, false), (false, true), (true, true)]);
        match random.between(0, 99) {
            0..=11 => Self::Cut { device },
            12..=15 => Self::CutForDevice { device },
            16..=21 => Self::HalfOpen { device, to_device, to_pod },
            22..=25 => Self::Stall { device, to_device, to_pod },
            26..=29 => Self::Clog { device },
            30..=42 => Self::WebSocket { device, trouble: SocketTrouble::draw(random) },
            43..=52 => Self::Http { device, trouble: HttpTrouble::draw(random) },
            53..=56 => Self::KillPod { pod, silent: random.chance(40) },
            57..=61 => Self::DrainPod { pod },
            62..=64 => Self::LoseHistory,
            65..=68 => Self::Freeze { device },
            69..=72 => Self::Sleep { device, monotonic_stands: random.chance(50) },
            73..=75 => {
                let by_ms = random.pick(&[4_000, 6_000, 60_000, 4_000_000]);
                Self::WallJump { device, by_ms: if random.chance(50) { by_ms } else { -by_ms } }
            }
            76..=77 => Self::LateTimers { device, by_ms: random.pick(&[500, 4_000, 9_000, 60_000]) },
            78 => Self::EarlyTimers { device },
            79..=82 => {
                let hint = random.pick(&[Hint::Visible, Hint::Hidden, Hint::Online, Hint::Offline]);
                Self::Hint { device, hint }
            }
            83 => Self::NoTokens { device, retryable: random.chance(70) },
            84..=85 => Self::SlowTokens { device, by_ms: random.pick(&[1_000, 20_000, 45_000]) },
            86 => Self::BadTokens { device, expired: random.chance(50) },
            87..=88 => Self::NarrowTokens { device },
            89..=90 => Self::Disconnect { device },
            91..=93 => Self::Idle { device },
            94..=95 => Self::Reload { device },
            96 => Self::SlowBroker { by_ms: random.pick(&[200, 900, 3_000]) },
            _ => Self::Burst { log: random.index(2), events: random.pick(&[5, 40, 300]) },
        }
    }

    /// The device that is hit, where it is one.
    pub(crate) fn device(&self) -> Option<usize> {
        match *self {
            Self::Cut { device }
            | Self::CutForDevice { device }
            | Self::HalfOpen { device, .. }
            | Self::Stall { device, .. }
            | Self::Clog { device }
            | Self::WebSocket { device, .. }
            | Self::Http { device, .. }
            | Self::Freeze { device }
            | Self::Sleep { device, .. }
            | Self::WallJump { device, .. }
            | Self::LateTimers { device, .. }
            | Self::EarlyTimers { device }
            | Self::Hint { device, .. }
            | Self::NoTokens { device, .. }
            | Self::SlowTokens { device, .. }
            | Self::BadTokens { device, .. }
            | Self::NarrowTokens { device }
            | Self::Disconnect { device }
            | Self::Reload { device }
            | Self::Idle { device } => Some(device),
            Self::KillPod { .. }
            | Self::DrainPod { .. }
            | Self::LoseHistory
            | Self::SlowBroker { .. }
            | Self::Burst { .. } => None,
        }
    }
}

impl SocketTrouble {
    fn draw(random: &mut Random) -> Self {
        match random.between(0, 9) {
            0 => Self::Refused,
            1 => Self::BlackHole,
            7 | 8 => Self::Closes {
                code: random.pick(&CODES),
                bye: random.chance(40).then(|| random.pick(&[0, 200, 7_000])),
            },
            2 => Self::Status(random.pick(&[401, 403, 404, 429, 500, 502, 503])),
            3 => Self::Silent,
            4 => Self::KilledEarly { after_ms: random.pick(&[0, 100, 500, 4_000]) },
            5 | 6 => Self::KilledLate { after_ms: random.pick(&[50, 300, 1_000, 1_000, 6_000]) },
            _ => Self::SilentLate { after_ms: random.pick(&[0, 50, 300, 6_000]) },
        }
    }
}

impl HttpTrouble {
    fn draw(random: &mut Random) -> Self {
        match random.between(0, 6) {
            0 => Self::Refused,
            1 => Self::BlackHole,
            2 => Self::AnswerLost,
            3 => Self::AnswerLate { by_ms: random.pick(&[2_000, 11_000, 40_000]) },
            4 => Self::Repeated,
            _ => Self::Status(random.pick(&[400, 401, 403, 404, 413, 429, 500, 502, 503, 504])),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:>9} ms, for {:>6} ms: {:?}", self.at, self.lasts, self.what)
    }
}
