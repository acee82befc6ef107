//! Outputs, given to the host one by one.

use alloc::string::String;

use crate::host;
use crate::names::{flag, output};
use steadfast_core::{
    Client, Delivery, ErrorCode, Outcome, OutgoingBytes, Output, Slot, State, Status, TopicClass, Transport,
    WireError,
};

/// Gives the host all that the machine wants; the answer is when it wants to be called again, or infinity.
pub(crate) fn drain(core: &mut Client<u32>) -> f64 {
    loop {
        match core.poll_output() {
            Output::Deliver { slot, delivery } => deliver(core, slot, delivery),
            Output::Wait { until } => {
                return until.map_or(f64::INFINITY, |until| until.as_millis() as f64);
            }
            other => carry_out(other),
        }
    }
}

fn deliver(core: &Client<u32>, slot: Slot, delivery: Delivery<u32>) {
    if let Delivery::Event { offset, deleted, replay, size, payload } = delivery {
        let flags = u32::from(deleted) * flag::DELETED + u32::from(replay) * flag::REPLAY;
        host::event(slot.0, offset.map_or(-1.0, |offset| offset as f64), flags, size, payload);
        return;
    }
    cursor(core, slot);
    let slot = f64::from(slot.0);
    match delivery {
        Delivery::Gap { reason, lost } => {
            let (from, to) = lost.map_or((-1.0, -1.0), |(from, to)| (from as f64, to as f64));
            host::output(output::GAP, slot, from, to, reason.as_str());
        }
        Delivery::Reset => plain(output::RESET, slot, 0.0),
        Delivery::Failed(error) => refused(output::FAILED, slot, &error),
        Delivery::Live | Delivery::Event { .. } => plain(output::LIVE, slot, 0.0),
    }
}

/// Tells where a topic stands.
pub(crate) fn cursor(core: &Client<u32>, slot: Slot) {
    let class = match core.class(slot) {
        None => -1.0,
        Some(TopicClass::Log) => 0.0,
        Some(TopicClass::State) => 1.0,
        Some(TopicClass::Ephemeral) => 2.0,
    };
    let number = f64::from(slot.0);
    match core.cursor(slot) {
        Some(cursor) => host::output(output::CURSOR, number, class, cursor.offset as f64, &cursor.epoch),
        None => host::output(output::CURSOR, number, class, -1.0, ""),
    }
}

/// An output that is two numbers alone.
#[inline(never)]
pub(crate) fn plain(what: u32, a: f64, b: f64) {
    host::output(what, a, b, 0.0, "");
}

fn carry_out(output: Output<u32>) {
    match output {
        Output::Open { link } => plain(output::OPEN, f64::from(link.0), 0.0),
        Output::Close { link, code } => plain(output::CLOSE, f64::from(link.0), f64::from(code)),
        Output::Send { link, bytes: OutgoingBytes::Binary(bytes) } => host::send_bytes(link.0, &bytes),
        Output::Send { link, bytes } => text(output::SEND, link.0, bytes),
        Output::Exchange { exchange, body } => text(output::EXCHANGE, exchange.0, body),
        Output::Abort { exchange } => plain(output::ABORT, f64::from(exchange.0), 0.0),
        Output::NeedToken { request, renew } => {
            plain(output::NEED_TOKEN, f64::from(request.0), f64::from(u8::from(renew)));
        }
        Output::Complete { message, outcome } => complete(message.0 as f64, outcome),
        Output::Status(status) => tell(status),
        // Both are the caller's.
        Output::Deliver { .. } | Output::Wait { .. } => {}
    }
}

fn text(what: u32, id: u32, bytes: OutgoingBytes) {
    if let OutgoingBytes::Text(text) = bytes {
        host::output(what, f64::from(id), 0.0, 0.0, &text);
    }
}

fn complete(message: f64, outcome: Outcome<u32>) {
    let (kind, sent) = match outcome {
        Outcome::Done { payload, duplicate } => {
            let value = payload.map_or(-1.0, f64::from);
            host::output(output::DONE, message, f64::from(u8::from(duplicate)), value, "");
            return;
        }
        Outcome::Failed(error) => return refused(output::REFUSED, message, &error),
        Outcome::TimedOut { sent } => (0.0, sent),
        Outcome::Cancelled { sent } => (1.0, sent),
        Outcome::Unknown => (2.0, true),
    };
    host::output(output::GIVEN_UP, message, kind, f64::from(u8::from(sent)), "");
}

#[inline(never)]
fn refused(what: u32, id: f64, error: &WireError) {
    let mut text = String::from(code(&error.code));
    text.push(' ');
    text.push_str(&error.message);
    host::output(what, id, f64::from(u8::from(error.retryable)), 0.0, &text);
}

/// The code's text. Those that the machine itself makes are few, and the server's are kept as they came.
fn code(code: &ErrorCode) -> &str {
    match code {
        ErrorCode::Other(code) => code,
        ErrorCode::Forbidden => "forbidden",
        ErrorCode::TooLarge => "too_large",
        ErrorCode::Unauthorized => "unauthorized",
        ErrorCode::TokenExpired => "token_expired",
        _ => "internal",
    }
}

/// The status, its reason first.
fn tell(status: Status) {
    let (code, retryable) = status.reason.map_or((0, false), |reason| (reason.code, reason.retryable));
    plain(output::REASON, f64::from(code), f64::from(u8::from(retryable)));
    let state = match status.state {
        State::Disconnected => 0.0,
        State::Connecting => 1.0,
        State::Connected => 2.0,
        State::Closed => 3.0,
    };
    let transport = match status.transport {
        None => 0.0,
        Some(Transport::WebSocket) => 4.0,
        Some(Transport::Polling) => 8.0,
    };
    let retry = status.retry_in_ms.map_or(-1.0, |millis| millis as f64);
    host::output(output::STATUS, state + transport, f64::from(status.attempt), retry, "");
}
