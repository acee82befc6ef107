use alloc::string::String;

use crate::frame::ClientInfo;

/// What a client is made with. Durations are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Config {
    /// Names this client object to the server: at least 128 random bits as text, never stored.
    #[cfg_attr(feature = "recorder", serde(with = "crate::recorder::omitted::blank"))]
    pub instance: String,
    /// Who asks, for the server's logs.
    pub client: ClientInfo,
    /// Which transports may be used. Default: [`TransportChoice::Auto`].
    pub transport: TransportChoice,
    /// Try again after a link ends. Default: true. False: the first end stops the client.
    pub auto_reconnect: bool,
    /// Give up after so many attempts in a row that led to no stable link. Default: `None`, never. Zero: no second attempt.
    pub max_reconnect_attempts: Option<u32>,
    /// What giving up means. Default: [`Exhausted::SlowProbe`].
    pub exhausted: Exhausted,
    /// The backoff's first window. Default: 3,000.
    pub reconnect_interval_ms: u64,
    /// The backoff's largest window. Default: 30,000.
    pub reconnect_cap_ms: u64,
    /// From open to opened. Default: 10,000.
    pub connect_timeout_ms: u64,
    /// From opened to the welcome. Default: 5,000.
    pub hello_timeout_ms: u64,
    /// The heartbeat to ask the server for, 5,000 to 60,000. Default: `None`, the server's own.
    pub heartbeat_ms: Option<u64>,
    /// Silence allowed beyond the heartbeat. Default: 10,000.
    pub heartbeat_slack_ms: u64,
    /// Poll after so long without a live link, drawn from its upper half. Default: 10,000. Zero: at once.
    pub fallback_after_ms: u64,
    /// Pause between polls until a server says otherwise. Default: 5,000.
    pub poll_interval_ms: u64,
    /// Use long polls where the server offers them. Default: true.
    pub long_poll: bool,
    /// What the outbox may hold.
    pub outbox: OutboxLimits,
    /// Events that a topic may hold until the application takes them. Default: 1,024. At the limit the topic is left
    /// and taken up again from its cursor when half is taken.
    pub buffer_events: u32,
    /// Bytes that a topic may hold likewise. Default: 4 MiB.
    pub buffer_bytes: u64,
}

impl Config {
    /// The defaults for a client object named `instance`.
    pub fn new(instance: impl Into<String>) -> Self {
        Self {
            instance: instance.into(),
            client: ClientInfo::default(),
            transport: TransportChoice::Auto,
            auto_reconnect: true,
            max_reconnect_attempts: None,
            exhausted: Exhausted::SlowProbe,
            reconnect_interval_ms: 3_000,
            reconnect_cap_ms: 30_000,
            connect_timeout_ms: 10_000,
            hello_timeout_ms: 5_000,
            heartbeat_ms: None,
            heartbeat_slack_ms: 10_000,
            fallback_after_ms: 10_000,
            poll_interval_ms: 5_000,
            long_poll: true,
            outbox: OutboxLimits { messages: 256, bytes: 1024 * 1024, life_ms: 60_000 },
            buffer_events: 1_024,
            buffer_bytes: 4 * 1024 * 1024,
        }
    }
}

/// Which transports may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum TransportChoice {
    /// WebSocket, and polling while it is not to be had.
    Auto,
    /// WebSocket alone.
    WebSocket,
    /// Polling alone.
    Polling,
}

/// What happens when `max_reconnect_attempts` is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum Exhausted {
    /// The client stops with the last reason, unless polling carries it.
    Stop,
    /// It goes on at the slowest pace (300 s ± 20 %), and polls if it may.
    SlowProbe,
}

/// What the outbox may hold; beyond it a submit is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct OutboxLimits {
    /// Messages. Default: 256.
    pub messages: u32,
    /// Bytes of their frames. Default: 1 MiB.
    pub bytes: u64,
    /// How long a message may wait for its result. Default: 60,000.
    pub life_ms: u64,
}
