//! Arguments, read from the host in the order in which it has put them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::host;
use crate::names::{flag, frame};
use steadfast_core::{
    ClientInfo, Config, Cursor, ErrorCode, EventFrame, Exhausted, GapReason, OutboxLimits, OutgoingMessage,
    OutgoingPayload, PollTerms, Position, Recovery, ServerFrame, Slot, SubscribeOptions, TopicClass,
    TopicResult, TransportChoice, Welcome, WireError,
};

/// An integer from 0 to 2^53 - 1.
#[inline(never)]
pub(crate) fn integer() -> u64 {
    host::number() as u64
}

#[inline(never)]
pub(crate) fn small() -> u32 {
    integer() as u32
}

#[inline(never)]
pub(crate) fn boolean() -> bool {
    host::number() != 0.0
}

/// An integer, or -1 for none.
#[inline(never)]
pub(crate) fn optional() -> Option<u64> {
    let number = host::number();
    (number >= 0.0).then_some(number as u64)
}

#[inline(never)]
pub(crate) fn text() -> String {
    host::text().unwrap_or_default()
}

/// A number of elements, and the elements. Collecting would make room first, by more code.
fn list<T>(element: impl Fn() -> T) -> Vec<T> {
    let mut elements = Vec::new();
    for _ in 0..small() {
        elements.push(element());
    }
    elements
}

/// A number of texts, and the texts.
pub(crate) fn texts() -> Vec<String> {
    list(text)
}

pub(crate) fn config() -> Config {
    Config {
        instance: text(),
        client: ClientInfo { name: text(), version: text(), platform: text() },
        transport: match small() {
            0 => TransportChoice::Auto,
            1 => TransportChoice::WebSocket,
            _ => TransportChoice::Polling,
        },
        auto_reconnect: boolean(),
        exhausted: if boolean() { Exhausted::Stop } else { Exhausted::SlowProbe },
        long_poll: boolean(),
        max_reconnect_attempts: optional().map(|attempts| attempts as u32),
        reconnect_interval_ms: integer(),
        reconnect_cap_ms: integer(),
        connect_timeout_ms: integer(),
        hello_timeout_ms: integer(),
        heartbeat_ms: optional(),
        heartbeat_slack_ms: integer(),
        fallback_after_ms: integer(),
        poll_interval_ms: integer(),
        outbox: OutboxLimits { messages: small(), bytes: integer(), life_ms: integer() },
        buffer_events: small(),
        buffer_bytes: integer(),
    }
}

pub(crate) fn subscribe_options() -> SubscribeOptions {
    SubscribeOptions {
        keys: boolean().then(texts),
        history: optional(),
        cursor: host::text().map(|epoch| Cursor { epoch: epoch.into(), offset: integer() }),
    }
}

pub(crate) fn message() -> OutgoingMessage {
    OutgoingMessage {
        kind: text(),
        topic: host::text(),
        payload: payload(),
        key: host::text(),
        deleted: boolean(),
        priority: host::text(),
        requires_acknowledgment: boolean(),
        correlation_id: host::text(),
        life_ms: optional(),
    }
}

pub(crate) fn frames() -> Vec<ServerFrame<u32>> {
    list(frame)
}

/// A frame that JavaScript has checked. What only people read of it is left there.
pub(crate) fn frame() -> ServerFrame<u32> {
    match small() {
        frame::WELCOME => ServerFrame::Welcome(Box::new(welcome())),
        frame::SUBSCRIBED => ServerFrame::Subscribed { reference: optional(), topics: topic_results() },
        frame::UNSUBSCRIBED => {
            ServerFrame::Unsubscribed { reference: optional(), topics: texts(), error: optional_error() }
        }
        frame::EVENT => {
            let (slot, offset, flags, size) = (small(), host::number(), small(), small());
            ServerFrame::Event(event(slot, offset, flags, size, host::value()))
        }
        frame::GAP => {
            ServerFrame::Gap { topic: text(), reason: gap_reason(), epoch: text().into(), offset: integer() }
        }
        frame::RESULT => result(),
        frame::AUTH_REQUIRED => ServerFrame::AuthRequired { within_ms: integer(), reason: String::new() },
        frame::DRAIN => ServerFrame::Drain {
            min_ms: integer(),
            max_ms: integer(),
            deadline_ms: integer(),
            reason: String::new(),
        },
        frame::MORE => ServerFrame::More,
        frame::ERROR => ServerFrame::Error(error()),
        frame::BYE => {
            ServerFrame::Bye { code: small() as u16, reason: String::new(), reconnect_after_ms: optional() }
        }
        frame::PING => ServerFrame::Ping { t: optional() },
        frame::PONG => ServerFrame::Pong { t: optional() },
        _ => ServerFrame::Unknown,
    }
}

/// An event's header. The id to be acknowledged is an argument only where the flags say so.
pub(crate) fn event(slot: u32, offset: f64, flags: u32, size: u32, payload: u32) -> EventFrame<u32> {
    EventFrame {
        slot: Slot(slot),
        offset: (offset >= 0.0).then_some(offset as u64),
        deleted: flags & flag::DELETED != 0,
        acknowledge: if flags & flag::ACKNOWLEDGE == 0 { None } else { host::text().map(Into::into) },
        size,
        payload,
    }
}

fn welcome() -> Welcome {
    Welcome {
        version: integer(),
        connection: String::new(),
        heartbeat_ms: integer(),
        max_frame_bytes: integer(),
        max_topics: integer(),
        auth_expires_in_ms: optional(),
        server_time: String::new(),
        results_epoch: text().into(),
        poll: PollTerms { interval_ms: integer(), wait_ms: integer() },
        topics: topic_results(),
    }
}

fn topic_results() -> Vec<TopicResult> {
    list(|| TopicResult { topic: text(), outcome: topic_outcome() })
}

// What is one of several large things is made by a function of its own: where it is made in place, the compiler takes each
// apart into locals and puts them together again.

#[inline(never)]
fn topic_outcome() -> Result<Position, WireError> {
    if boolean() { Ok(position()) } else { Err(error()) }
}

#[inline(never)]
fn optional_error() -> Option<WireError> {
    boolean().then(error)
}

#[inline(never)]
fn payload() -> OutgoingPayload {
    match small() {
        0 => OutgoingPayload::None,
        1 => OutgoingPayload::Json(text().into()),
        _ => OutgoingPayload::Bytes(host::bytes().into()),
    }
}

#[inline(never)]
fn outcome() -> Result<Option<u32>, WireError> {
    match small() {
        0 => Err(error()),
        1 => Ok(None),
        _ => Ok(Some(host::value())),
    }
}

fn position() -> Position {
    Position {
        class: match small() {
            0 => TopicClass::Log,
            1 => TopicClass::State,
            _ => TopicClass::Ephemeral,
        },
        epoch: text().into(),
        offset: integer(),
        top: integer(),
        head: integer(),
        // Numbered as the compiler numbers them, so that nothing is to be looked up.
        recovery: match small() {
            0 => Recovery::Gap(GapReason::HistoryEvicted),
            1 => Recovery::Gap(GapReason::EpochChanged),
            2 => Recovery::Gap(GapReason::SlowConsumer),
            3 => Recovery::Gap(GapReason::SourceLost),
            4 => Recovery::Fresh,
            5 => Recovery::Resumed,
            _ => Recovery::Reset,
        },
        live: boolean(),
    }
}

fn gap_reason() -> GapReason {
    match small() {
        0 => GapReason::HistoryEvicted,
        1 => GapReason::EpochChanged,
        2 => GapReason::SlowConsumer,
        _ => GapReason::SourceLost,
    }
}

fn result() -> ServerFrame<u32> {
    ServerFrame::Result {
        reference: integer(),
        duplicate: boolean(),
        auth_expires_in_ms: optional(),
        outcome: outcome(),
    }
}

/// An error whose code is in its text: what the machine asks is only whether it is the token's.
pub(crate) fn error() -> WireError {
    WireError {
        code: if boolean() { ErrorCode::Unauthorized } else { ErrorCode::Other(Box::default()) },
        message: text(),
        retryable: boolean(),
        retry_after_ms: optional(),
    }
}
