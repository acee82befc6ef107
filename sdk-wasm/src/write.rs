//! Outputs, given to the host one by one.

use crate::host;
use crate::names::{flag, output};
use steadfast_core::{
    Client, Cursor, Delivery, ErrorCode, Outcome, OutgoingBytes, Output, Slot, Status, WireError,
};

/// Gives the host all that the machine wants; the answer is when it wants to be called again, or infinity.
pub(crate) fn drain(core: &mut Client<u32>) -> f64 {
    loop {
        let output = core.poll_output();
        if let Output::Wait { until } = output {
            return until.map_or(f64::INFINITY, |until| until.as_millis() as f64);
        }
        carry_out(core, &output);
    }
}

/// Outputs are read where they lie: moving them, and dropping the parts of each kind, would be more code.
fn carry_out(core: &Client<u32>, output: &Output<u32>) {
    match output {
        Output::Open { link } => plain(output::OPEN, f64::from(link.0), 0.0),
        Output::Close { link, code } => plain(output::CLOSE, f64::from(link.0), f64::from(*code)),
        Output::Send { link, bytes } => content(output::SEND, link.0, bytes),
        Output::Exchange { exchange, body } => content(output::EXCHANGE, exchange.0, body),
        Output::Abort { exchange } => plain(output::ABORT, f64::from(exchange.0), 0.0),
        Output::NeedToken { request, renew } => {
            plain(output::NEED_TOKEN, f64::from(request.0), f64::from(u8::from(*renew)));
        }
        Output::Deliver { slot, delivery } => deliver(core, *slot, delivery),
        Output::Complete { message, outcome } => complete(message.0 as f64, outcome),
        Output::Status(status) => tell(status),
        // The caller's.
        Output::Wait { .. } => {}
    }
}

fn deliver(core: &Client<u32>, slot: Slot, delivery: &Delivery<u32>) {
    if let &Delivery::Event { offset, deleted, replay, size, payload } = delivery {
        let flags = u32::from(deleted) * flag::DELETED + u32::from(replay) * flag::REPLAY;
        host::event(slot.0, offset.map_or(-1.0, |offset| offset as f64), flags, size, payload);
        return;
    }
    cursor(core, slot);
    let slot = f64::from(slot.0);
    match delivery {
        Delivery::Gap { reason, lost } => {
            let (from, to) = lost.map_or((-1.0, -1.0), |(from, to)| (from as f64, to as f64));
            host::output(output::GAP, slot * 4.0 + f64::from(*reason as u8), from, to, b"");
        }
        Delivery::Reset => plain(output::RESET, slot, 0.0),
        Delivery::Failed(error) => refused(output::FAILED, slot, error),
        Delivery::Live | Delivery::Event { .. } => plain(output::LIVE, slot, 0.0),
    }
}

/// Tells where a topic stands.
pub(crate) fn cursor(core: &Client<u32>, slot: Slot) {
    let class = core.class(slot).map_or(-1.0, |class| f64::from(class as u8));
    let number = f64::from(slot.0);
    match core.cursor(slot) {
        Some(Cursor { offset, epoch }) => {
            host::output(output::CURSOR, number, class, offset as f64, epoch.as_bytes());
        }
        None => host::output(output::CURSOR, number, class, -1.0, b""),
    }
}

/// An output that is two numbers alone.
#[inline(never)]
pub(crate) fn plain(what: u32, a: f64, b: f64) {
    host::output(what, a, b, 0.0, b"");
}

fn content(what: u32, id: u32, bytes: &OutgoingBytes) {
    let (what, content) = match bytes {
        OutgoingBytes::Text(text) => (what, text.as_bytes()),
        OutgoingBytes::Binary(bytes) => (output::SEND_BYTES, &bytes[..]),
    };
    host::output(what, f64::from(id), 0.0, 0.0, content);
}

fn complete(message: f64, outcome: &Outcome<u32>) {
    let (kind, sent) = match *outcome {
        Outcome::Done { payload, duplicate } => {
            let value = payload.map_or(-1.0, f64::from);
            host::output(output::DONE, message, f64::from(u8::from(duplicate)), value, b"");
            return;
        }
        Outcome::Failed(ref error) => return refused(output::REFUSED, message, error),
        Outcome::TimedOut { sent } => (0.0, sent),
        Outcome::Cancelled { sent } => (1.0, sent),
        Outcome::Unknown => (2.0, true),
    };
    host::output(output::GIVEN_UP, message, kind, f64::from(u8::from(sent)), b"");
}

#[inline(never)]
fn refused(what: u32, id: f64, error: &WireError) {
    let own = match error.code {
        ErrorCode::Forbidden => 1.0,
        ErrorCode::TooLarge => 2.0,
        _ => 0.0,
    };
    host::output(what, id, f64::from(u8::from(error.retryable)), own, error.message.as_bytes());
}

fn tell(status: &Status) {
    let (code, retryable) = status.reason.map_or((0, false), |reason| (reason.code, reason.retryable));
    let state = status.state as u32;
    let transport = status.transport.map_or(0, |transport| transport as u32 + 1);
    let packed = state | transport << 2 | u32::from(retryable) << 4 | u32::from(code) << 5;
    let retry = status.retry_in_ms.map_or(-1.0, |millis| millis as f64);
    host::output(output::STATUS, f64::from(packed), f64::from(status.attempt), retry, b"");
}
