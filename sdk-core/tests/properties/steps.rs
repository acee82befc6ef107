//! What can happen to a client, as proptest draws it. Choices are small numbers that the world makes sense of.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use steadfast_core::{Config, Exhausted, OutboxLimits, TransportChoice};

pub const TOPICS: [&str; 6] = ["log.a", "log.b", "state.a", "state.b", "brief.a", "user"];

/// The largest number that a frame may hold.
pub const LARGEST: u64 = (1 << 53) - 1;

#[derive(Debug, Clone)]
pub enum Step {
    /// What the machine waits for comes, or the next event; the choice says which and how.
    Proceed(u8, Answer),
    Connect,
    Disconnect,
    Subscribe {
        topic: u8,
        keys: Option<u8>,
        history: Option<u64>,
        cursor: Option<(u8, u64)>,
    },
    Unsubscribe(u8),
    Submit {
        bytes: u16,
        life_ms: Option<u64>,
    },
    SendOnly,
    Acknowledge(u8),
    Cancel(u8),
    Token {
        ahead: u8,
        outcome: TokenOutcome,
    },
    Opened(Pick),
    Frame(Pick, Frame),
    BadFrame(Pick),
    Closed(Pick, u16),
    Handshake(Pick, u16, Option<u64>),
    Buffered(Pick, u64),
    Answered {
        back: u8,
        status: u16,
        retry_after_ms: Option<u64>,
        frames: Vec<Frame>,
    },
    Failed {
        back: u8,
    },
    Take {
        topic: u8,
        events: u32,
        bytes: u64,
    },
    TakeAll,
    ToDeadline,
    Advance(u64),
    Late(u64),
    Tick,
    TickFromThePast(u64),
    WallJumps(i64),
    Visible,
    Hidden,
    Online,
    Offline,
    Freeze,
    Thaw,
}

/// Which link is meant.
#[derive(Debug, Clone, Copy)]
pub enum Pick {
    Newest,
    Oldest,
    /// So many before the newest there ever was: stale, unless it is current after all.
    Back(u8),
    /// One that there never was.
    Ahead(u8),
}

#[derive(Debug, Clone, Copy)]
pub enum TokenOutcome {
    Ready(Option<u64>),
    Failed(bool),
}

/// How a topic is answered.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// As it should be.
    Good,
    Gap(u64),
    /// Another epoch, by its number.
    Anew(u8, u64),
    Reset,
    Ahead(u64),
    /// There is something to catch up.
    Behind(u64),
    NotLive,
    Refused {
        retryable: bool,
        after_ms: Option<u64>,
    },
    OtherClass,
    /// No result at all.
    Missing,
}

#[derive(Debug, Clone)]
pub enum Frame {
    Welcome {
        version: u64,
        answer: Answer,
        terms: Terms,
    },
    Subscribed {
        back: Option<u8>,
        topic: u8,
        answer: Answer,
    },
    Unsubscribed {
        topic: u8,
        asked: bool,
    },
    /// An event so far from the cursor, or anywhere.
    Event {
        topic: u8,
        ahead: i8,
        at: Option<u64>,
        size: u16,
        acknowledge: bool,
        deleted: bool,
    },
    UnknownSlot,
    Gap {
        topic: u8,
        epoch: u8,
        ahead: i8,
    },
    Result {
        choice: u8,
        ok: bool,
        retryable: bool,
        life_ms: Option<u64>,
    },
    AuthRequired,
    Drain {
        min_ms: u64,
        max_ms: u64,
        deadline_ms: u64,
    },
    More,
    Error,
    Bye {
        code: u16,
        after_ms: Option<u64>,
    },
    Ping,
    Pong,
    Unknown,
}

#[derive(Debug, Clone, Copy)]
pub enum Terms {
    Usual,
    /// Long polls are offered.
    LongPoll,
    /// A short life of the token.
    ShortLife(u64),
    OtherResults(u8),
    SmallFrames,
    /// Numbers at their ends.
    Extreme(u64),
}

pub fn config() -> impl Strategy<Value = Config> {
    let transport = prop_oneof![
        6 => Just(TransportChoice::Auto),
        1 => Just(TransportChoice::WebSocket),
        1 => Just(TransportChoice::Polling)
    ];
    let retries = (prop::bool::weighted(0.9), of_rarely(0..4_u32), any::<bool>());
    let times = (select(vec![0, 1_000, 10_000]), select(vec![0, 10_000]), any::<bool>());
    let limits =
        (1..8_u32, select(vec![200_u64, 2_000, 100_000]), 1..6_u32, select(vec![0_u64, 300, 100_000]));
    (transport, retries, times, limits).prop_map(
        |(transport, (auto_reconnect, most, stop), (fallback_after_ms, slack, long_poll), limits)| {
            let mut config = Config::new("instance");
            config.transport = transport;
            config.auto_reconnect = auto_reconnect;
            config.max_reconnect_attempts = most;
            config.exhausted = if stop { Exhausted::Stop } else { Exhausted::SlowProbe };
            config.fallback_after_ms = fallback_after_ms;
            config.heartbeat_slack_ms = slack;
            config.long_poll = long_poll;
            let (messages, bytes, buffer_events, buffer_bytes) = limits;
            config.outbox = OutboxLimits { messages, bytes, life_ms: 60_000 };
            config.buffer_events = buffer_events;
            config.buffer_bytes = buffer_bytes;
            config
        },
    )
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    (beginning(), vec(step(), 1..90)).prop_map(|(mut steps, more)| {
        steps.extend(more);
        steps
    })
}

/// The states from which the deeper ones are near.
fn beginning() -> impl Strategy<Value = Vec<Step>> {
    let subscribe = |topic| Step::Subscribe { topic, keys: None, history: None, cursor: None };
    let proceed = || Step::Proceed(0, Answer::Good);
    let drain = Frame::Drain { min_ms: 0, max_ms: 3_000, deadline_ms: 90_000 };
    let started = [subscribe(0), subscribe(2), subscribe(4), Step::Connect, proceed()];
    let live = [&started[..], &[proceed(), proceed()]].concat();
    let handover = [&live[..], &[Step::Frame(Pick::Newest, drain), Step::Advance(3_000)]].concat();
    let closed = Step::Closed(Pick::Newest, 1006);
    let polling = [&started[..], &[closed.clone(), Step::ToDeadline, closed, proceed()]].concat();
    prop_oneof![2 => Just(Vec::new()), 3 => Just(live), 3 => Just(handover), 2 => Just(polling)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => (any::<u8>(), answer()).prop_map(|(choice, answer)| Step::Proceed(choice, answer)),
        20 => input(),
        10 => command(),
        12 => time(),
    ]
}

fn command() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Connect),
        1 => Just(Step::Disconnect),
        4 => (any::<u8>(), of_rarely(any::<u8>()), of_rarely(0..9_u64), of_rarely((0..3_u8, 0..9_u64))).prop_map(
            |(topic, keys, history, cursor)| Step::Subscribe { topic, keys, history, cursor }),
        2 => any::<u8>().prop_map(Step::Unsubscribe),
        5 => (select(vec![0, 10, 150, 3_000]), of_rarely(select(vec![0, 1, 5_000, 200_000, u64::MAX]))).prop_map(
            |(bytes, life_ms)| Step::Submit { bytes, life_ms }),
        1 => Just(Step::SendOnly),
        1 => any::<u8>().prop_map(Step::Acknowledge),
        1 => any::<u8>().prop_map(Step::Cancel),
    ]
}

fn time() -> impl Strategy<Value = Step> {
    let millis = prop_oneof![0..50_u64, 50..2_000_u64, 2_000..40_000_u64, 40_000..400_000_u64];
    prop_oneof![
        6 => Just(Step::ToDeadline),
        4 => millis.clone().prop_map(Step::Advance),
        2 => millis.prop_map(Step::Late),
        1 => Just(Step::Tick),
        1 => (0..100_000_u64).prop_map(Step::TickFromThePast),
        1 => select(vec![1_000, 6_000, 3_600_000, -6_000, -3_600_000, i64::MIN, i64::MAX]).prop_map(Step::WallJumps),
    ]
}

fn input() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3_u8, token()).prop_map(|(ahead, outcome)| Step::Token { ahead, outcome }),
        2 => pick().prop_map(Step::Opened),
        14 => (pick(), frame()).prop_map(|(pick, frame)| Step::Frame(pick, frame)),
        1 => pick().prop_map(Step::BadFrame),
        5 => (pick(), code()).prop_map(|(pick, code)| Step::Closed(pick, code)),
        1 => (pick(), status(), advice()).prop_map(|(pick, status, after)| Step::Handshake(pick, status, after)),
        1 => (pick(), select(vec![0, 1_000, 300_000, u64::MAX])).prop_map(|(pick, bytes)| Step::Buffered(pick, bytes)),
        3 => (0..2_u8, status(), advice(), vec(frame(), 0..5)).prop_map(
            |(back, status, retry_after_ms, frames)| Step::Answered { back, status, retry_after_ms, frames }),
        2 => (0..2_u8).prop_map(|back| Step::Failed { back }),
        2 => (any::<u8>(), select(vec![0, 1, 2, u32::MAX]), select(vec![0, 100, u64::MAX])).prop_map(
            |(topic, events, bytes)| Step::Take { topic, events, bytes }),
        2 => Just(Step::TakeAll),
        4 => select(vec![Step::Visible, Step::Hidden, Step::Online, Step::Offline]),
        1 => Just(Step::Freeze),
        2 => Just(Step::Thaw),
    ]
}

pub fn frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        4 => (select(vec![1, 1, 1, 1, 1, 1, 2]), answer(), terms()).prop_map(
            |(version, answer, terms)| Frame::Welcome { version, answer, terms }),
        3 => (of(0..3_u8), any::<u8>(), answer()).prop_map(
            |(back, topic, answer)| Frame::Subscribed { back, topic, answer }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(topic, asked)| Frame::Unsubscribed { topic, asked }),
        12 => (any::<u8>(), -2..4_i8, of_rarely(0..LARGEST), select(vec![0, 100, 400]), any::<bool>(), any::<bool>()).prop_map(
            |(topic, ahead, at, size, acknowledge, deleted)| Frame::Event { topic, ahead, at, size, acknowledge, deleted }),
        1 => Just(Frame::UnknownSlot),
        2 => (any::<u8>(), 0..3_u8, -2..5_i8).prop_map(|(topic, epoch, ahead)| Frame::Gap { topic, epoch, ahead }),
        3 => (any::<u8>(), any::<bool>(), any::<bool>(), of(life())).prop_map(
            |(choice, ok, retryable, life_ms)| Frame::Result { choice, ok, retryable, life_ms }),
        1 => Just(Frame::AuthRequired),
        2 => (select(vec![0, 500, 20_000]), select(vec![0, 3_000, LARGEST]), select(vec![0, 15_000, 90_000, LARGEST])).prop_map(
            |(min_ms, more, deadline_ms)| Frame::Drain { min_ms, max_ms: min_ms.max(more), deadline_ms }),
        1 => select(vec![Frame::More, Frame::Error, Frame::Ping, Frame::Pong, Frame::Unknown]),
        1 => (code(), advice()).prop_map(|(code, after_ms)| Frame::Bye { code, after_ms }),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        12 => Just(Answer::Good),
        1 => (0..4_u64).prop_map(Answer::Gap),
        1 => (0..3_u8, 0..9_u64).prop_map(|(epoch, offset)| Answer::Anew(epoch, offset)),
        1 => Just(Answer::Reset),
        1 => select(vec![1, 3, LARGEST / 2]).prop_map(Answer::Ahead),
        2 => (1..4_u64).prop_map(Answer::Behind),
        1 => Just(Answer::NotLive),
        1 => (any::<bool>(), of(0..60_000_u64)).prop_map(
            |(retryable, after_ms)| Answer::Refused { retryable, after_ms }),
        1 => select(vec![Answer::OtherClass, Answer::Missing]),
    ]
}

fn terms() -> impl Strategy<Value = Terms> {
    prop_oneof![
        8 => Just(Terms::Usual),
        3 => Just(Terms::LongPoll),
        2 => life().prop_map(Terms::ShortLife),
        1 => (0..2_u8).prop_map(Terms::OtherResults),
        1 => Just(Terms::SmallFrames),
        1 => select(vec![0, 1, LARGEST]).prop_map(Terms::Extreme),
    ]
}

fn token() -> impl Strategy<Value = TokenOutcome> {
    prop_oneof![
        5 => of(life()).prop_map(TokenOutcome::Ready),
        1 => prop::bool::weighted(0.8).prop_map(TokenOutcome::Failed)
    ]
}

fn life() -> impl Strategy<Value = u64> {
    select(vec![0, 1, 3_000, 60_000, 3_600_000, LARGEST])
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        8 => Just(Pick::Newest),
        3 => Just(Pick::Oldest),
        1 => (0..4_u8).prop_map(Pick::Back),
        1 => (1..3_u8).prop_map(Pick::Ahead)
    ]
}

fn code() -> impl Strategy<Value = u16> {
    prop_oneof![
        4 => select(vec![1000, 1001, 1005, 1006, 1011, 4408, 4500, 4508]),
        1 => select(vec![1012, 1013, 4503]),
        1 => select(vec![4429, 4409]),
        1 => select(vec![1002, 4400, 1007]),
        1 => select(vec![1008, 4401]),
        1 => Just(1009),
        1 => select(vec![4403, 4404, 4406, 4410, 4499]),
        1 => any::<u16>(),
    ]
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![
        6 => Just(200_u16),
        1 => select(vec![400, 401, 403, 404, 413]),
        1 => select(vec![429, 503, 500, 0]),
        1 => any::<u16>()
    ]
}

fn advice() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![
        6 => Just(None),
        3 => select(vec![0, 1_000, 20_000, 60_000]).prop_map(Some),
        1 => Just(Some(LARGEST))
    ]
}

fn of_rarely<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.15, value)
}
