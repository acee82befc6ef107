//! Frames from the server, decoded by the native driver.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fields::Fields;
use super::{Envelope, FrameError, elements, is_batch, quick};
use crate::codec::bytes;
use crate::frame::{
    ErrorCode, EventFrame, GapReason, Payload, PollTerms, Position, Recovery, ServerFrame, TopicClass,
    TopicResult, Welcome, WireError, is_reserved,
};
use crate::ids::Slot;

/// Decodes a text message, or an exchange's answer, and gives each of its frames in order.
///
/// `slot_of` names the topics ([`Client::slot`](crate::Client::slot)); `most` is how many frames the text may hold.
/// A bad element is given as an error in its place; the others count.
pub fn decode_server(
    text: &str,
    most: usize,
    slot_of: &mut dyn FnMut(&str) -> Slot,
    each: &mut dyn FnMut(Result<ServerFrame<Envelope>, FrameError>),
) {
    if !is_batch(text) {
        each(frame(text, slot_of));
        return;
    }
    match elements(text, most) {
        Ok(elements) => elements.into_iter().for_each(|element| each(frame(element, slot_of))),
        Err(error) => each(Err(error)),
    }
}

/// Decodes the body of an HTTP answer that is not 200: `{"error": {…}}`. `None` where it is anything else, as from a
/// proxy between.
pub fn decode_refusal(text: &str) -> Option<WireError> {
    wire_error(&Fields::parse(text).ok()?).ok()?
}

/// Decodes a binary message: one frame with raw bytes as its payload.
///
/// # Errors
/// - [`FrameError`] `bad_frame`: not a binary message of version 1, or its header is no frame.
pub fn decode_server_binary(
    message: &[u8],
    slot_of: &mut dyn FnMut(&str) -> Slot,
) -> Result<ServerFrame<Envelope>, FrameError> {
    let (header, payload) = bytes::split(message).ok_or_else(|| FrameError::bad("not a binary message"))?;
    long_way(header, Some(payload), slot_of)
}

fn frame(text: &str, slot_of: &mut dyn FnMut(&str) -> Slot) -> Result<ServerFrame<Envelope>, FrameError> {
    match quick::event(text, slot_of) {
        Some(event) => Ok(ServerFrame::Event(event)),
        None => long_way(text, None, slot_of),
    }
}

pub(super) fn long_way(
    text: &str,
    binary: Option<&[u8]>,
    slot_of: &mut dyn FnMut(&str) -> Slot,
) -> Result<ServerFrame<Envelope>, FrameError> {
    let fields = Fields::parse(text)?;
    let kind = kind(&fields)?;
    Ok(match &*kind {
        "rt.welcome" => ServerFrame::Welcome(Box::new(welcome(&fields)?)),
        "subscribed" => {
            ServerFrame::Subscribed { reference: fields.integer("ref")?, topics: topic_results(&fields)? }
        }
        "unsubscribed" => ServerFrame::Unsubscribed {
            reference: fields.integer("ref")?,
            topics: fields
                .strings("topics")?
                .ok_or_else(|| FrameError::field("topics", "an array of strings"))?,
            error: wire_error(&fields)?,
        },
        "rt.gap" => ServerFrame::Gap {
            topic: fields.required_string("topic")?.into_owned(),
            reason: gap_reason(&fields.required_string("reason")?),
            epoch: fields.required_string("epoch")?.into(),
            offset: fields.required_integer("offset")?,
        },
        "rt.result" => result(&fields)?,
        "rt.auth_required" => ServerFrame::AuthRequired {
            within_ms: fields.required_integer("within_ms")?,
            reason: text_of(&fields, "reason")?,
        },
        "rt.drain" => drain(&fields)?,
        "rt.more" => ServerFrame::More,
        "rt.error" => ServerFrame::Error(
            wire_error(&fields)?.ok_or_else(|| FrameError::field("error", "an error object"))?,
        ),
        "rt.bye" => ServerFrame::Bye {
            code: fields
                .required_integer("code")?
                .try_into()
                .map_err(|_| FrameError::field("code", "a close code"))?,
            reason: text_of(&fields, "reason")?,
            reconnect_after_ms: fields.integer("reconnect_after_ms")?,
        },
        "ping" => ServerFrame::Ping { t: fields.integer("t")? },
        "pong" => ServerFrame::Pong { t: fields.integer("t")? },
        reserved if is_reserved(reserved) => ServerFrame::Unknown,
        _ => event(&fields, &kind, text.len(), binary, slot_of)?,
    })
}

pub(super) fn kind<'a>(fields: &Fields<'a>) -> Result<Cow<'a, str>, FrameError> {
    let kind = fields.required_string("type")?;
    if kind.is_empty() || kind.chars().nth(64).is_some() {
        return Err(FrameError::field("type", "1 to 64 characters"));
    }
    Ok(kind)
}

fn event(
    fields: &Fields<'_>,
    kind: &str,
    length: usize,
    binary: Option<&[u8]>,
    slot_of: &mut dyn FnMut(&str) -> Slot,
) -> Result<ServerFrame<Envelope>, FrameError> {
    // An application type without `rt` is of a later version or not for us: nothing says where it belongs.
    let Some(rt) = fields.object("rt")? else {
        return Ok(ServerFrame::Unknown);
    };
    let slot = slot_of(&rt.required_string("topic")?);
    let mut envelope = envelope(fields, kind)?;
    envelope.id = rt.string("id")?.map(Into::into);
    envelope.key = rt.string("key")?.map(Into::into);
    envelope.payload = match (binary, rt.string("encoding")?.as_deref()) {
        (Some(bytes), _) => Payload::Bytes(bytes.into()),
        (None, Some("base64")) => base64_payload(fields)?,
        (None, Some(_)) => return Err(FrameError::field("rt.encoding", "\"base64\"")),
        (None, None) => json_payload(fields),
    };
    Ok(ServerFrame::Event(EventFrame {
        slot,
        offset: rt.integer("offset")?,
        deleted: rt.boolean("deleted")?,
        acknowledge: if envelope.requires_acknowledgment { envelope.id.clone() } else { None },
        size: u32::try_from(length + binary.map_or(0, <[u8]>::len)).unwrap_or(u32::MAX),
        payload: envelope,
    }))
}

fn envelope(fields: &Fields<'_>, kind: &str) -> Result<Envelope, FrameError> {
    Ok(Envelope {
        kind: kind.into(),
        id: None,
        timestamp: fields.string("timestamp")?.map(Into::into),
        correlation_id: fields.string("correlation_id")?.map(Into::into),
        priority: fields.string("priority")?.map(Into::into),
        requires_acknowledgment: fields.boolean("requires_acknowledgment")?,
        key: None,
        payload: Payload::None,
    })
}

pub(super) fn json_payload(fields: &Fields<'_>) -> Payload {
    fields.raw_or_null("payload").map_or(Payload::None, |text| Payload::Json(text.into()))
}

pub(super) fn base64_payload(fields: &Fields<'_>) -> Result<Payload, FrameError> {
    let text = fields.required_string("payload")?;
    let bytes = STANDARD.decode(text.as_bytes()).map_err(|_| FrameError::field("payload", "base64"))?;
    Ok(Payload::Bytes(bytes.into()))
}

fn result(fields: &Fields<'_>) -> Result<ServerFrame<Envelope>, FrameError> {
    let outcome = if fields.required_boolean("ok")? {
        let payload = json_payload(fields);
        Ok((payload != Payload::None).then(|| Envelope {
            kind: "rt.result".into(),
            payload,
            ..Envelope::default()
        }))
    } else {
        Err(wire_error(fields)?.ok_or_else(|| FrameError::field("error", "an error object"))?)
    };
    Ok(ServerFrame::Result {
        reference: fields.required_integer("ref")?,
        outcome,
        duplicate: fields.boolean("duplicate")?,
        auth_expires_in_ms: fields.integer("auth_expires_in_ms")?,
    })
}

fn drain(fields: &Fields<'_>) -> Result<ServerFrame<Envelope>, FrameError> {
    let window = fields.integers("reconnect_after_ms")?;
    let [min_ms, max_ms] = window[..] else {
        return Err(FrameError::field("reconnect_after_ms", "[min, max]"));
    };
    if min_ms > max_ms {
        return Err(FrameError::field("reconnect_after_ms", "[min, max] with min not above max"));
    }
    Ok(ServerFrame::Drain {
        min_ms,
        max_ms,
        deadline_ms: fields.required_integer("deadline_ms")?,
        reason: text_of(fields, "reason")?,
    })
}

fn welcome(fields: &Fields<'_>) -> Result<Welcome, FrameError> {
    let poll = fields.object("poll")?;
    let poll = poll.ok_or_else(|| FrameError::field("poll", "an object"))?;
    Ok(Welcome {
        version: fields.required_integer("version")?,
        connection: text_of(fields, "connection")?,
        heartbeat_ms: fields.required_integer("heartbeat_ms")?,
        max_frame_bytes: fields.required_integer("max_frame_bytes")?,
        max_topics: fields.required_integer("max_topics")?,
        auth_expires_in_ms: fields.integer("auth_expires_in_ms")?,
        server_time: text_of(fields, "server_time")?,
        results_epoch: fields.required_string("results_epoch")?.into(),
        poll: PollTerms {
            interval_ms: poll.required_integer("interval_ms")?,
            wait_ms: poll.integer("wait_ms")?.unwrap_or(0),
        },
        topics: topic_results(fields)?,
    })
}

fn topic_results(fields: &Fields<'_>) -> Result<Vec<TopicResult>, FrameError> {
    fields.required_array("topics")?.into_iter().map(topic_result).collect()
}

fn topic_result(text: &str) -> Result<TopicResult, FrameError> {
    let fields = Fields::parse(text)?;
    let topic = fields.required_string("topic")?.into_owned();
    let outcome = if fields.required_boolean("ok")? {
        Ok(position(&fields)?)
    } else {
        Err(wire_error(&fields)?.ok_or_else(|| FrameError::field("error", "an error object"))?)
    };
    Ok(TopicResult { topic, outcome })
}

fn position(fields: &Fields<'_>) -> Result<Position, FrameError> {
    let class = match &*fields.required_string("class")? {
        "log" => TopicClass::Log,
        "state" => TopicClass::State,
        "ephemeral" => TopicClass::Ephemeral,
        _ => return Err(FrameError::field("class", "log, state or ephemeral")),
    };
    let gap = fields.object("gap")?;
    let recovery = match &*fields.required_string("recovery")? {
        "fresh" => Recovery::Fresh,
        "resumed" => Recovery::Resumed,
        "reset" => Recovery::Reset,
        "gap" => {
            let gap = gap.ok_or_else(|| FrameError::field("gap", "an object"))?;
            Recovery::Gap(gap_reason(&gap.required_string("reason")?))
        }
        _ => {
            return Err(FrameError::field("recovery", "fresh, resumed, gap or reset"));
        }
    };
    let live = fields.raw("live").is_none() || fields.boolean("live")?;
    if class == TopicClass::Ephemeral {
        return Ok(Position { class, epoch: "".into(), offset: 0, top: 0, head: 0, recovery, live });
    }
    let top = fields.required_integer("top")?;
    Ok(Position {
        class,
        epoch: fields.required_string("epoch")?.into(),
        offset: fields.required_integer("offset")?,
        top,
        head: fields.integer("head")?.unwrap_or(top),
        recovery,
        live,
    })
}

/// A reason that this version does not know is still a loss.
fn gap_reason(text: &str) -> GapReason {
    match text {
        "history_evicted" => GapReason::HistoryEvicted,
        "epoch_changed" => GapReason::EpochChanged,
        "slow_consumer" => GapReason::SlowConsumer,
        _ => GapReason::SourceLost,
    }
}

fn wire_error(fields: &Fields<'_>) -> Result<Option<WireError>, FrameError> {
    let Some(error) = fields.object("error")? else {
        return Ok(None);
    };
    Ok(Some(WireError {
        code: ErrorCode::from_wire(&error.required_string("code")?),
        message: text_of(&error, "message")?,
        retryable: error.boolean("retryable")?,
        retry_after_ms: error.integer("retry_after_ms")?,
    }))
}

fn text_of(fields: &Fields<'_>, name: &str) -> Result<String, FrameError> {
    Ok(fields.string(name)?.map(Cow::into_owned).unwrap_or_default())
}
