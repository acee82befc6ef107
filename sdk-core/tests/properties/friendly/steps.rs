//! What happens to the network, the server and the application.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use steadfast_core::{Config, TransportChoice};

pub const TOPICS: [&str; 5] = ["log.a", "state.a", "log.b", "user", "brief.a"];

#[derive(Debug, Clone)]
pub enum Step {
    Run(u64),
    Publish { topic: u8, events: u8, acknowledge: bool },
    Set { key: u8, deleted: bool },
    Path(Path),
    Http(Http),
    HoldUp(bool),
    Cut { lost: bool },
    HalfOpen,
    Crash,
    ResultsLost,
    Evict(u8),
    Drain,
    Revoke,
    Subscribe { topic: u8, key: Option<u8>, history: Option<u64> },
    Unsubscribe(u8),
    Submit,
    Acknowledge,
    Lazy(bool),
    Freeze,
    Thaw,
    Visible,
    Online,
    Offline,
    Sleep(u64),
    WallJumps(i64),
}

/// What becomes of a new socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    Works,
    Refused,
    /// It never opens.
    BlackHole,
    /// It opens, and nothing gets through.
    Silent,
    /// It dies in place of so many frames of the server.
    Dies(u32),
}

/// What becomes of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http {
    Works,
    Fails,
    /// It is carried out, and the answer never comes.
    AnswerLost,
    Unavailable,
    Silent,
}

pub fn config() -> impl Strategy<Value = Config> {
    let transport = prop_oneof![
        5 => Just(TransportChoice::Auto),
        1 => Just(TransportChoice::WebSocket),
        1 => Just(TransportChoice::Polling)
    ];
    (transport, any::<bool>(), 2..8_u32).prop_map(|(transport, long_poll, buffer_events)| {
        let mut config = Config::new("instance");
        config.transport = transport;
        config.long_poll = long_poll;
        config.buffer_events = buffer_events;
        config
    })
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..60)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => prop_oneof![0..100_u64, 100..4_000_u64, 4_000..60_000_u64].prop_map(Step::Run),
        12 => (0..5_u8, 1..6_u8, any::<bool>()).prop_map(
            |(topic, events, acknowledge)| Step::Publish { topic, events, acknowledge }),
        6 => (0..4_u8, prop::bool::weighted(0.3)).prop_map(|(key, deleted)| Step::Set { key, deleted }),
        5 => path().prop_map(Step::Path),
        4 => select(vec![Http::Works, Http::Works, Http::Fails, Http::AnswerLost, Http::Unavailable, Http::Silent])
            .prop_map(Step::Http),
        4 => prop::bool::weighted(0.4).prop_map(Step::HoldUp),
        5 => any::<bool>().prop_map(|lost| Step::Cut { lost }),
        2 => Just(Step::HalfOpen),
        1 => Just(Step::Crash),
        1 => Just(Step::ResultsLost),
        2 => (0..4_u8).prop_map(Step::Evict),
        4 => Just(Step::Drain),
        1 => Just(Step::Revoke),
        4 => (0..5_u8, prop::option::weighted(0.3, 0..4_u8), prop::option::weighted(0.2, 0..5_u64)).prop_map(
            |(topic, key, history)| Step::Subscribe { topic, key, history }),
        2 => any::<u8>().prop_map(Step::Unsubscribe),
        6 => Just(Step::Submit),
        1 => Just(Step::Acknowledge),
        3 => any::<bool>().prop_map(Step::Lazy),
        1 => Just(Step::Freeze),
        2 => Just(Step::Thaw),
        2 => select(vec![Step::Visible, Step::Online, Step::Offline]),
        1 => (0..600_000_u64).prop_map(Step::Sleep),
        1 => (-100_000..100_000_i64).prop_map(Step::WallJumps),
    ]
}

fn path() -> impl Strategy<Value = Path> {
    prop_oneof![
        4 => Just(Path::Works),
        1 => select(vec![Path::Refused, Path::BlackHole, Path::Silent]),
        2 => (1..12_u32).prop_map(Path::Dies),
    ]
}
