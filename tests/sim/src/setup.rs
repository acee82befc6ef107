//! What a world consists of before anything goes wrong: drawn from its seed.

use steadfast_core::{Exhausted, TransportChoice};

use crate::random::Random;

pub(crate) const LOGS: [&str; 2] = ["log.a", "log.b"];
pub(crate) const STATES: [&str; 2] = ["state.a", "state.b"];
pub(crate) const EPHEMERAL: &str = "now.a";
pub(crate) const OPEN: [&str; 2] = ["open:log.a", "open:log.b"];
pub(crate) const USER: &str = "user";
pub(crate) const KEYS: [&str; 6] = ["k0", "k1", "k2", "k3", "k4", "k5"];

pub(crate) const TENANTS: [&str; 2] = ["acme", "umbra"];
/// Both tenants have users of these names.
pub(crate) const USERS: [&str; 2] = ["ana", "bob"];

/// The world's wall clock at its beginning.
pub(crate) const WALL_ORIGIN: u64 = 1_800_000_000_000;

/// One world.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) pods: usize,
    pub(crate) devices: Vec<DeviceSetup>,
    /// Retention of log topics.
    pub(crate) log_events: u32,
    pub(crate) log_ms: u64,
    pub(crate) log_bytes: u64,
    /// How long deletions of state topics are remembered.
    pub(crate) deletions_ms: u64,
    pub(crate) heartbeat_ms: u64,
    pub(crate) slack_ms: u64,
    pub(crate) poll_interval_ms: u64,
    pub(crate) wait_ms: u64,
    pub(crate) drain_max_ms: u64,
    pub(crate) token_life_ms: u64,
    /// The backend publishes this often, give or take.
    pub(crate) publish_every_ms: u64,
    /// Limits of what one client may send.
    pub(crate) frames_per_second: u32,
    pub(crate) publishes_per_second: u32,
    pub(crate) max_frame_bytes: u32,
    /// Nothing happens but that a proxy kills each link of the first device after a second.
    pub(crate) flapping: bool,
    /// How much a WebSocket takes in before it blocks.
    pub(crate) pipe_bytes: usize,
    /// When faults stop.
    pub(crate) calm_from: u64,
    /// When publishing stops.
    pub(crate) silent_from: u64,
    /// When all must be right.
    pub(crate) end: u64,
}

/// One client and its application.
#[derive(Debug, Clone)]
pub(crate) struct DeviceSetup {
    pub(crate) tenant: &'static str,
    pub(crate) user: &'static str,
    pub(crate) instance: String,
    pub(crate) transport: TransportChoice,
    pub(crate) long_poll: bool,
    pub(crate) buffer_events: u32,
    pub(crate) buffer_bytes: u64,
    pub(crate) outbox_messages: u32,
    pub(crate) max_reconnect_attempts: Option<u32>,
    pub(crate) exhausted: Exhausted,
    pub(crate) auto_reconnect: bool,
    pub(crate) fallback_after_ms: u64,
    /// The heartbeat that it wishes.
    pub(crate) heartbeat_ms: Option<u64>,
    /// The application's life: it takes, submits and acknowledges this often.
    pub(crate) turn_every_ms: u64,
    pub(crate) follows: Vec<Follow>,
    pub(crate) latency_ms: u64,
    pub(crate) jitter_ms: u64,
    /// How long requests and their answers take beside that: what is sent by one transport overtakes the other's.
    pub(crate) http_extra_ms: u64,
}

/// One topic that an application follows from the beginning.
#[derive(Debug, Clone)]
pub(crate) struct Follow {
    pub(crate) topic: &'static str,
    pub(crate) keys: Option<Vec<String>>,
    pub(crate) history: Option<u64>,
}

impl Setup {
    pub(crate) fn draw(seed: u64) -> Self {
        let random = &mut Random::new(seed, "setup", 0);
        let flapping = random.chance(1);
        let calm_from = if flapping { 700_000 } else { random.between(40, 200) * 1_000 };
        let silent_from = calm_from + random.between(5, 40) * 1_000;
        let mut devices: Vec<DeviceSetup> =
            (0..random.between(1, 5)).map(|_| DeviceSetup::draw(random)).collect();
        for index in 0..devices.len() {
            // Names are only apart within a user, and so the same for many.
            let (earlier, rest) = devices.split_at_mut(index);
            let same = |other: &&DeviceSetup| (other.tenant, other.user) == (rest[0].tenant, rest[0].user);
            rest[0].instance = format!("instance-{}", earlier.iter().filter(same).count());
        }
        Self {
            pods: random.between(1, 3) as usize,
            devices,
            log_events: random.pick(&[4, 20, 100, 10_000]),
            log_ms: random.pick(&[15_000, 60_000, 600_000]),
            log_bytes: Random::new(seed, "bytes", 0).pick(&[8 << 20, 8 << 20, 6_000]),
            deletions_ms: random.pick(&[5_000, 60_000, 600_000]),
            heartbeat_ms: random.pick(&[5_000, 25_000, 25_000]),
            slack_ms: 10_000,
            poll_interval_ms: random.pick(&[1_000, 5_000]),
            wait_ms: random.pick(&[0, 5_000, 25_000]),
            drain_max_ms: random.pick(&[1_000, 10_000]),
            token_life_ms: random.pick(&[30_000, 120_000, 3_600_000]),
            publish_every_ms: if flapping { 4_000 } else { random.pick(&[60, 300, 1_500]) },
            frames_per_second: random.pick(&[100, 100, 100, 8]),
            publishes_per_second: random.pick(&[50, 50, 1]),
            max_frame_bytes: random.pick(&[1 << 20, 1 << 20, 130_000]),
            flapping,
            pipe_bytes: random.pick(&[2_000, 64_000]),
            calm_from,
            silent_from,
            end: silent_from + 480_000,
        }
    }
}

impl DeviceSetup {
    fn draw(random: &mut Random) -> Self {
        let mut follows = Vec::new();
        for topic in LOGS {
            if random.chance(75) {
                let history = random.chance(30).then(|| random.between(0, 30));
                follows.push(Follow { topic, keys: None, history });
            }
        }
        for topic in STATES {
            if random.chance(60) {
                let mut some: Vec<String> =
                    KEYS[..random.between(1, 4) as usize].iter().map(ToString::to_string).collect();
                if random.chance(10) {
                    // More than a hello may carry, together with another's.
                    some.extend((0..150).map(|index| format!("{index:0>250}")));
                }
                follows.push(Follow { topic, keys: random.chance(30).then_some(some), history: None });
            }
        }
        for topic in [EPHEMERAL, USER, OPEN[0], OPEN[1]] {
            if random.chance(50) {
                follows.push(Follow { topic, keys: None, history: None });
            }
        }
        Self {
            tenant: random.pick(&TENANTS),
            user: random.pick(&USERS),
            instance: String::new(),
            transport: random.pick(&[
                TransportChoice::Auto,
                TransportChoice::Auto,
                TransportChoice::Auto,
                TransportChoice::Auto,
                TransportChoice::WebSocket,
                TransportChoice::Polling,
            ]),
            long_poll: random.chance(70),
            buffer_events: random.pick(&[2, 8, 64, 1_024]),
            buffer_bytes: random.pick(&[4 << 20, 4 << 20, 4 << 20, 6_000]),
            outbox_messages: random.pick(&[2, 256]),
            max_reconnect_attempts: random.chance(15).then(|| random.between(1, 6) as u32),
            exhausted: random.pick(&[Exhausted::SlowProbe, Exhausted::Stop]),
            auto_reconnect: !random.chance(4),
            fallback_after_ms: random.pick(&[10_000, 10_000, 10_000, 2_000, 0]),
            heartbeat_ms: random.pick(&[None, None, Some(5_000), Some(60_000)]),
            turn_every_ms: random.pick(&[100, 500, 2_000]),
            follows,
            latency_ms: random.pick(&[1, 20, 80, 400]),
            jitter_ms: random.pick(&[0, 5, 100]),
            http_extra_ms: random.pick(&[0, 0, 40, 300]),
        }
    }
}
