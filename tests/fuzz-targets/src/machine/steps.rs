//! What can happen to a client, as the fuzzer's bytes choose it. Choices are small numbers that the world makes sense of.

use arbitrary::Arbitrary;
use steadfast_core::{Config, Exhausted, OutboxLimits, TransportChoice};

/// The largest number that a frame may hold.
pub(crate) const LARGEST: u64 = (1 << 53) - 1;

#[derive(Debug, Arbitrary)]
pub(crate) struct Case {
    transport: u8,
    attempts: Option<u8>,
    small: bool,
    stop: bool,
    once: bool,
    pub(crate) seed: u64,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Arbitrary)]
pub(crate) enum Step {
    /// What the machine waits for comes; the choice says which.
    Proceed(u8, Shape),
    Connect,
    Disconnect,
    Subscribe {
        topic: u8,
        keys: Option<u8>,
        history: Option<u16>,
        cursor: Option<(u8, Number)>,
    },
    Unsubscribe(u8),
    Submit(Note),
    Send(Note),
    Acknowledge(u8),
    Cancel(u8),
    Token {
        back: u8,
        life_ms: Option<u32>,
    },
    TokenFailed {
        back: u8,
        retryable: bool,
    },
    Opened(u8),
    Frame(u8, Frame),
    BadFrame(u8),
    Closed(u8, u16),
    Handshake(u8, u16, Option<u32>),
    Buffered(u8, u32),
    Answered {
        back: u8,
        status: u16,
        retry_after_ms: Option<u64>,
        frames: Vec<Frame>,
        bad_frames: u8,
    },
    Failed(u8),
    Taken {
        topic: u8,
        events: u32,
        bytes: u64,
    },
    /// A tick when it is wanted.
    Deadline,
    /// Time passes, and nobody gives a tick.
    Pass(u32),
    Leap(u64),
    /// A tick with an earlier time than the last input's.
    Past(u32),
    WallJumps(i64),
    Sign(Sign),
}

/// What the page or the system says.
#[derive(Debug, Arbitrary, Clone, Copy)]
pub(crate) enum Sign {
    Tick,
    Visible,
    Hidden,
    Online,
    Offline,
    Freeze,
    Thaw,
}

/// A message to submit.
#[derive(Debug, Arbitrary)]
pub(crate) struct Note {
    pub(crate) kind: u8,
    pub(crate) topic: Option<u8>,
    pub(crate) bytes: u16,
    pub(crate) binary: bool,
    pub(crate) life_ms: Option<u32>,
    pub(crate) text: Option<String>,
}

/// A number near one that counts, or any that a frame may hold.
#[derive(Debug, Arbitrary, Clone, Copy)]
pub(crate) enum Number {
    Near(i8),
    Any(u64),
}

/// How a topic is answered.
#[derive(Debug, Arbitrary, Clone, Copy)]
pub(crate) enum Shape {
    /// As it should be.
    Good,
    Refused {
        retryable: bool,
        after_ms: Option<u32>,
    },
    Missing,
    Any {
        class: u8,
        epoch: u8,
        offset: Number,
        top: Number,
        recovery: u8,
        live: bool,
    },
}

#[derive(Debug, Arbitrary)]
pub(crate) enum Frame {
    Welcome {
        version: u8,
        heartbeat_ms: Number,
        frame_bytes: Number,
        life_ms: Option<u32>,
        results: u8,
        wait_ms: Number,
        shape: Shape,
    },
    Subscribed {
        reference: Option<u8>,
        topic: u8,
        shape: Shape,
    },
    Unsubscribed {
        reference: Option<u8>,
        topics: Vec<u8>,
        refused: bool,
    },
    Event {
        topic: u8,
        offset: Option<Number>,
        deleted: bool,
        acknowledge: bool,
        size: u16,
    },
    Gap {
        topic: u8,
        epoch: u8,
        offset: Number,
    },
    Result {
        reference: u8,
        ok: bool,
        retryable: bool,
        unauthorized: bool,
        life_ms: Option<u32>,
    },
    AuthRequired(Number),
    Drain(Number, Number, Number),
    More,
    Error {
        retryable: bool,
    },
    Bye {
        code: u16,
        after_ms: Option<Number>,
    },
    Ping(Option<u32>),
    Pong(Option<u32>),
    Unknown,
}

impl Number {
    pub(crate) fn near(self, base: u64) -> u64 {
        match self {
            Self::Near(distance) => base.saturating_add_signed(distance.into()).min(LARGEST),
            Self::Any(value) => value & LARGEST,
        }
    }
}

impl Case {
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new("fuzz-instance");
        config.transport = match self.transport % 4 {
            1 => TransportChoice::WebSocket,
            2 => TransportChoice::Polling,
            _ => TransportChoice::Auto,
        };
        config.max_reconnect_attempts = self.attempts.map(Into::into);
        config.exhausted = if self.stop { Exhausted::Stop } else { Exhausted::SlowProbe };
        config.auto_reconnect = !self.once;
        if self.small {
            config.outbox = OutboxLimits { messages: 4, bytes: 2_000, life_ms: 20_000 };
            config.buffer_events = 3;
            config.buffer_bytes = 500;
        }
        config
    }
}
