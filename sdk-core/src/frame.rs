//! Frames both ways, generic over the payload (PROTOCOL.md, Frames).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::ids::Slot;

mod client;
mod error;
mod topic;

pub use client::{AckState, ClientFrame, ClientInfo, ClientMessage, Hello, Payload, Secret};
pub use error::{ErrorCode, WireError};
pub use topic::{Cursor, GapReason, Position, Recovery, TopicClass, TopicRequest, TopicResult};

/// Whether a type is the protocol's own: known to this version or not, it is no application's.
pub(crate) fn is_reserved(kind: &str) -> bool {
    const BARE: [&str; 6] = ["ping", "pong", "subscribe", "subscribed", "unsubscribe", "unsubscribed"];
    kind.starts_with("rt.") || BARE.contains(&kind)
}

/// A frame from the server, decoded at the edge.
///
/// `P` is whatever the driver makes of an event beyond the numbers that the core reads: natively the
/// envelope with its payload as text, in a browser the JavaScript object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum ServerFrame<P> {
    /// `rt.welcome`
    Welcome(Box<Welcome>),
    /// `subscribed`
    Subscribed {
        /// Which request it answers; `None`: the server restarted the topics itself.
        reference: Option<u64>,
        /// One result a topic.
        topics: Vec<TopicResult>,
    },
    /// `unsubscribed`
    Unsubscribed {
        /// Which request it answers; `None`: the topics were taken away.
        reference: Option<u64>,
        /// The topics' names.
        topics: Vec<String>,
        /// Why they were taken away.
        error: Option<WireError>,
    },
    /// An application event.
    Event(EventFrame<P>),
    /// `rt.gap`
    Gap {
        /// The topic's name.
        topic: String,
        /// Why.
        reason: GapReason,
        /// The numbering in force from here.
        epoch: Box<str>,
        /// All up to this offset is lost.
        offset: u64,
    },
    /// `rt.result`
    Result {
        /// Which message it answers.
        reference: u64,
        /// The payload, or what went wrong.
        outcome: Result<Option<P>, WireError>,
        /// The server had already carried it out.
        duplicate: bool,
        /// The new token's remaining life, where it answers `rt.auth`.
        auth_expires_in_ms: Option<u64>,
    },
    /// `rt.auth_required`
    AuthRequired {
        /// The link is closed after this many milliseconds without a new token.
        within_ms: u64,
        /// For people.
        reason: String,
    },
    /// `rt.drain`
    Drain {
        /// The successor is opened no earlier than this.
        min_ms: u64,
        /// … and no later than this.
        max_ms: u64,
        /// The link works until then.
        deadline_ms: u64,
        /// For people.
        reason: String,
    },
    /// `rt.more`: ask again at once (exchanges only).
    More,
    /// `rt.error`
    Error(WireError),
    /// `rt.bye`
    Bye {
        /// The close code that follows.
        code: u16,
        /// For people.
        reason: String,
        /// Advice: not before this many milliseconds.
        reconnect_after_ms: Option<u64>,
    },
    /// `ping`
    Ping {
        /// To be echoed.
        t: Option<u64>,
    },
    /// `pong`
    Pong {
        /// The ping's `t`.
        t: Option<u64>,
    },
    /// A type that this version does not know; counted, otherwise ignored.
    Unknown,
}

/// The server's first frame: its terms and a result for each topic of the hello.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Welcome {
    /// The protocol version: 1.
    pub version: u64,
    /// The connection's name in the server's logs.
    pub connection: String,
    /// The server pings this often.
    pub heartbeat_ms: u64,
    /// Larger messages are refused.
    pub max_frame_bytes: u64,
    /// More topics are refused.
    pub max_topics: u64,
    /// The token's remaining life.
    pub auth_expires_in_ms: Option<u64>,
    /// RFC 3339, for display only.
    pub server_time: String,
    /// Names one life of the server's table of results; idempotency ends with it.
    pub results_epoch: Box<str>,
    /// How to poll.
    pub poll: PollTerms,
    /// One result for each topic of the hello.
    pub topics: Vec<TopicResult>,
}

/// How the server wants to be polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct PollTerms {
    /// Pause between short polls.
    pub interval_ms: u64,
    /// The longest a long poll may wait; zero: no long polls.
    pub wait_ms: u64,
}

/// What the core reads of an event; the rest is `P`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct EventFrame<P> {
    /// The topic, as [`Client::slot`](crate::Client::slot) names it; [`Slot::UNKNOWN`] where it is none of ours.
    pub slot: Slot,
    /// `None` for ephemeral topics.
    pub offset: Option<u64>,
    /// A state key is gone.
    pub deleted: bool,
    /// The event's id, where it asks to be acknowledged.
    pub acknowledge: Option<Box<str>>,
    /// What the event counts for in the topic's buffer, in bytes.
    pub size: u32,
    /// Everything else.
    pub payload: P,
}
