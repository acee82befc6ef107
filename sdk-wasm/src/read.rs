//! Arguments, read from the host in the order in which it has put them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::host::Host;
use crate::names::{flag, frame};
use steadfast_core::{
    ClientInfo, Config, Cursor, ErrorCode, EventFrame, Exhausted, GapReason, OutboxLimits, OutgoingMessage,
    OutgoingPayload, PollTerms, Position, Recovery, ServerFrame, Slot, SubscribeOptions, TopicClass,
    TopicResult, TransportChoice, Welcome, WireError,
};

/// An integer from 0 to 2^53 - 1.
#[inline(never)]
pub(crate) fn integer(host: &Host) -> u64 {
    host.number() as u64
}

#[inline(never)]
pub(crate) fn small(host: &Host) -> u32 {
    integer(host) as u32
}

#[inline(never)]
pub(crate) fn boolean(host: &Host) -> bool {
    host.number() != 0.0
}

/// An integer, or -1 for none.
#[inline(never)]
pub(crate) fn optional(host: &Host) -> Option<u64> {
    let number = host.number();
    (number >= 0.0).then_some(number as u64)
}

#[inline(never)]
pub(crate) fn text(host: &Host) -> String {
    host.text().unwrap_or_default()
}

/// A number of texts, and the texts.
pub(crate) fn texts(host: &Host) -> Vec<String> {
    (0..small(host)).map(|_| text(host)).collect()
}

pub(crate) fn config(host: &Host) -> Config {
    Config {
        instance: text(host),
        client: ClientInfo { name: text(host), version: text(host), platform: text(host) },
        transport: match small(host) {
            0 => TransportChoice::Auto,
            1 => TransportChoice::WebSocket,
            _ => TransportChoice::Polling,
        },
        auto_reconnect: boolean(host),
        exhausted: if boolean(host) { Exhausted::Stop } else { Exhausted::SlowProbe },
        long_poll: boolean(host),
        max_reconnect_attempts: optional(host).map(|attempts| attempts as u32),
        reconnect_interval_ms: integer(host),
        reconnect_cap_ms: integer(host),
        connect_timeout_ms: integer(host),
        hello_timeout_ms: integer(host),
        heartbeat_ms: optional(host),
        heartbeat_slack_ms: integer(host),
        fallback_after_ms: integer(host),
        poll_interval_ms: integer(host),
        outbox: OutboxLimits { messages: small(host), bytes: integer(host), life_ms: integer(host) },
        buffer_events: small(host),
        buffer_bytes: integer(host),
    }
}

pub(crate) fn subscribe_options(host: &Host) -> SubscribeOptions {
    SubscribeOptions {
        keys: boolean(host).then(|| texts(host)),
        history: optional(host),
        cursor: host.text().map(|epoch| Cursor { epoch: epoch.into(), offset: integer(host) }),
    }
}

pub(crate) fn message(host: &Host) -> OutgoingMessage {
    OutgoingMessage {
        kind: text(host),
        topic: host.text(),
        payload: match small(host) {
            0 => OutgoingPayload::None,
            1 => OutgoingPayload::Json(text(host).into()),
            _ => OutgoingPayload::Bytes(host.bytes().into()),
        },
        key: host.text(),
        deleted: boolean(host),
        priority: host.text(),
        requires_acknowledgment: boolean(host),
        correlation_id: host.text(),
        life_ms: optional(host),
    }
}

pub(crate) fn frames(host: &Host) -> Vec<ServerFrame<u32>> {
    (0..small(host)).map(|_| frame(host)).collect()
}

/// A frame that JavaScript has checked. What only people read of it is left there.
pub(crate) fn frame(host: &Host) -> ServerFrame<u32> {
    match small(host) {
        frame::WELCOME => ServerFrame::Welcome(Box::new(welcome(host))),
        frame::SUBSCRIBED => {
            ServerFrame::Subscribed { reference: optional(host), topics: topic_results(host) }
        }
        frame::UNSUBSCRIBED => ServerFrame::Unsubscribed {
            reference: optional(host),
            topics: texts(host),
            error: boolean(host).then(|| error(host)),
        },
        frame::EVENT => {
            let (slot, offset, flags, size) = (small(host), host.number(), small(host), small(host));
            ServerFrame::Event(event(host, slot, offset, flags, size, host.value()))
        }
        frame::GAP => ServerFrame::Gap {
            topic: text(host),
            reason: gap_reason(host),
            epoch: text(host).into(),
            offset: integer(host),
        },
        frame::RESULT => result(host),
        frame::AUTH_REQUIRED => ServerFrame::AuthRequired { within_ms: integer(host), reason: String::new() },
        frame::DRAIN => ServerFrame::Drain {
            min_ms: integer(host),
            max_ms: integer(host),
            deadline_ms: integer(host),
            reason: String::new(),
        },
        frame::MORE => ServerFrame::More,
        frame::ERROR => ServerFrame::Error(error(host)),
        frame::BYE => ServerFrame::Bye {
            code: small(host) as u16,
            reason: String::new(),
            reconnect_after_ms: optional(host),
        },
        frame::PING => ServerFrame::Ping { t: optional(host) },
        frame::PONG => ServerFrame::Pong { t: optional(host) },
        _ => ServerFrame::Unknown,
    }
}

/// An event's header. The id to be acknowledged is an argument only where the flags say so.
pub(crate) fn event(
    host: &Host,
    slot: u32,
    offset: f64,
    flags: u32,
    size: u32,
    payload: u32,
) -> EventFrame<u32> {
    EventFrame {
        slot: Slot(slot),
        offset: (offset >= 0.0).then_some(offset as u64),
        deleted: flags & flag::DELETED != 0,
        acknowledge: if flags & flag::ACKNOWLEDGE == 0 { None } else { host.text().map(Into::into) },
        size,
        payload,
    }
}

fn welcome(host: &Host) -> Welcome {
    Welcome {
        version: integer(host),
        connection: String::new(),
        heartbeat_ms: integer(host),
        max_frame_bytes: integer(host),
        max_topics: integer(host),
        auth_expires_in_ms: optional(host),
        server_time: String::new(),
        results_epoch: text(host).into(),
        poll: PollTerms { interval_ms: integer(host), wait_ms: integer(host) },
        topics: topic_results(host),
    }
}

fn topic_results(host: &Host) -> Vec<TopicResult> {
    (0..small(host))
        .map(|_| TopicResult {
            topic: text(host),
            outcome: if boolean(host) { Ok(position(host)) } else { Err(error(host)) },
        })
        .collect()
}

fn position(host: &Host) -> Position {
    Position {
        class: match small(host) {
            0 => TopicClass::Log,
            1 => TopicClass::State,
            _ => TopicClass::Ephemeral,
        },
        epoch: text(host).into(),
        offset: integer(host),
        top: integer(host),
        head: integer(host),
        recovery: match small(host) {
            0 => Recovery::Fresh,
            1 => Recovery::Resumed,
            2 => Recovery::Reset,
            _ => Recovery::Gap(gap_reason(host)),
        },
        live: boolean(host),
    }
}

fn gap_reason(host: &Host) -> GapReason {
    match small(host) {
        0 => GapReason::HistoryEvicted,
        1 => GapReason::EpochChanged,
        2 => GapReason::SlowConsumer,
        _ => GapReason::SourceLost,
    }
}

fn result(host: &Host) -> ServerFrame<u32> {
    ServerFrame::Result {
        reference: integer(host),
        duplicate: boolean(host),
        auth_expires_in_ms: optional(host),
        outcome: match small(host) {
            0 => Err(error(host)),
            1 => Ok(None),
            _ => Ok(Some(host.value())),
        },
    }
}

pub(crate) fn error(host: &Host) -> WireError {
    let code = text(host);
    WireError {
        // The machine tells only these two from others.
        code: match code.as_str() {
            "unauthorized" => ErrorCode::Unauthorized,
            "token_expired" => ErrorCode::TokenExpired,
            _ => ErrorCode::Other(code.into()),
        },
        message: text(host),
        retryable: boolean(host),
        retry_after_ms: optional(host),
    }
}
