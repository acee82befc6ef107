//! The Steadfast protocol (`steadfast.v1`) and its client as a state machine without I/O.
//!
//! [`Client`] takes inputs (frames, answers, timers, visibility) with the time they came at, and gives
//! outputs (open, send, deliver, wait). A driver owns the sockets, the clock and the application's
//! listeners: `steadfast` does so on tokio, `steadfast-wasm` in browsers, and the simulation in virtual time.
//! `PROTOCOL.md` beside this crate is the normative contract that its comments refer to.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[macro_use]
mod faults;

mod backoff;
mod client;
mod close;
mod codec;
mod config;
mod error;
mod fallback;
mod frame;
mod ids;
mod io;
mod link;
mod liveness;
mod outbox;
mod random;
mod receipts;
#[cfg(feature = "recorder")]
mod recorder;
mod time;
mod timer;
mod token;
mod topics;

pub use client::Client;
pub use close::{CloseCode, CloseRule};
pub use codec::bytes;
#[cfg(feature = "json")]
pub use codec::json;
pub use config::{Config, Exhausted, OutboxLimits, TransportChoice};
pub use error::Misuse;
#[cfg(feature = "faults")]
pub use faults::Fault;
pub use frame::{
    AckState, ClientFrame, ClientInfo, ClientMessage, Cursor, ErrorCode, EventFrame, GapReason, Hello,
    Payload, PollTerms, Position, Recovery, Secret, ServerFrame, TopicClass, TopicRequest, TopicResult,
    Welcome, WireError,
};
pub use io::{
    Delivery, ExchangeId, Input, LinkId, MessageId, Outcome, OutgoingBytes, OutgoingMessage, OutgoingPayload,
    Output, Reason, Slot, State, Statistics, Status, SubscribeOptions, SubscriptionId, TokenRequest,
    Transport,
};
#[cfg(feature = "recorder")]
pub use recorder::{Call, Drained, Moment, Omitted, Recorder, Recording, RecordingError, Replay, Segment};
pub use time::{Instant, Now};
