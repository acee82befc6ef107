//! Frames from a client, decoded by the server.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::fields::{Fields, string};
use super::server::{base64_payload, json_payload, kind};
use super::{FrameError, MAX_DEPTH, depth, elements};
use crate::codec::bytes;
use crate::frame::{
    AckState, ClientFrame, ClientInfo, ClientMessage, Cursor, ErrorCode, Hello, Payload, Secret,
    TopicRequest, is_reserved,
};

/// Decodes a text message or an exchange's body: one frame, or an array of at most `most`.
///
/// A bad element is an error in its place; the others count. An error that names a `ref` is that frame's result.
pub fn decode_client(text: &str, most: usize) -> Vec<Result<ClientFrame, FrameError>> {
    match elements(text, most) {
        Ok(elements) => {
            let nested = usize::from(text.trim_start().starts_with('['));
            elements.into_iter().map(|element| checked_frame(element, None, MAX_DEPTH - nested)).collect()
        }
        Err(error) => Vec::from([Err(error)]),
    }
}

/// Decodes a binary message: one application message with raw bytes as its payload.
///
/// # Errors
/// - [`FrameError`] `bad_frame`: not a binary message of version 1, or its header is no frame.
/// - [`FrameError`] `too_deep`: the header is nested deeper than 64.
pub fn decode_client_binary(message: &[u8]) -> Result<ClientFrame, FrameError> {
    let (header, payload) = bytes::split(message).ok_or_else(|| FrameError::bad("not a binary message"))?;
    checked_frame(header, Some(payload), MAX_DEPTH)
}

fn checked_frame(text: &str, binary: Option<&[u8]>, deepest: usize) -> Result<ClientFrame, FrameError> {
    // The parser skips what is nested without recursion, so depth may be judged once the `ref` can be named.
    let fields = Fields::parse(text)?;
    let frame = if depth(text) > deepest {
        let message = Cow::Borrowed("a frame must not be nested deeper than 64");
        Err(FrameError { code: ErrorCode::TooDeep, message, reference: None })
    } else {
        frame(&fields, binary)
    };
    frame.map_err(|error| FrameError { reference: reference_of(&fields), ..error })
}

/// The `ref` of a frame that is otherwise bad, so that its sender gets its result.
fn reference_of(fields: &Fields<'_>) -> Option<u64> {
    if kind(fields).is_ok_and(|kind| !is_reserved(&kind)) {
        return fields.object("rt").ok()??.integer("ref").ok()?;
    }
    fields.integer("ref").ok()?
}

fn frame(fields: &Fields<'_>, binary: Option<&[u8]>) -> Result<ClientFrame, FrameError> {
    let kind = kind(fields)?;
    Ok(match &*kind {
        "rt.hello" => ClientFrame::Hello(Box::new(hello(fields)?)),
        "subscribe" => ClientFrame::Subscribe {
            reference: fields.required_integer("ref")?,
            topics: topic_requests(&fields.required_array("topics")?)?,
        },
        "unsubscribe" => ClientFrame::Unsubscribe {
            reference: fields.required_integer("ref")?,
            topics: fields
                .strings("topics")?
                .ok_or_else(|| FrameError::field("topics", "an array of strings"))?,
        },
        "rt.ack" => ClientFrame::Ack {
            reference: fields.required_integer("ref")?,
            ids: fields.strings("ids")?.ok_or_else(|| FrameError::field("ids", "an array of strings"))?,
            state: match &*fields.required_string("state")? {
                "received" => AckState::Received,
                "acknowledged" => AckState::Acknowledged,
                _ => return Err(FrameError::field("state", "received or acknowledged")),
            },
            note: fields.string("note")?.map(Cow::into_owned),
        },
        "rt.auth" => ClientFrame::Auth {
            reference: fields.required_integer("ref")?,
            token: Secret(fields.required_string("token")?.into_owned()),
        },
        "ping" => ClientFrame::Ping { t: fields.integer("t")? },
        "pong" => ClientFrame::Pong { t: fields.integer("t")? },
        "rt.bye" => ClientFrame::Bye,
        reserved if is_reserved(reserved) => ClientFrame::Unknown,
        _ => ClientFrame::Message(Box::new(message(fields, &kind, binary)?)),
    })
}

fn hello(fields: &Fields<'_>) -> Result<Hello, FrameError> {
    let client = fields.object("client")?;
    let client_text = |name| -> Result<String, FrameError> {
        let text = client.as_ref().map(|client| client.string(name)).transpose()?;
        Ok(text.flatten().map(Cow::into_owned).unwrap_or_default())
    };
    Ok(Hello {
        version: fields.required_integer("version")?,
        token: Secret(fields.required_string("token")?.into_owned()),
        instance: fields.required_string("instance")?.into_owned(),
        link: fields.required_integer("link")?,
        client: ClientInfo {
            name: client_text("name")?,
            version: client_text("version")?,
            platform: client_text("platform")?,
        },
        topics: topic_requests(&fields.array("topics")?.unwrap_or_default())?,
        heartbeat_ms: fields.integer("heartbeat_ms")?,
        handover: fields.boolean("handover")?,
        wait_ms: fields.integer("wait_ms")?,
        results_epoch: fields.string("results_epoch")?.map(Cow::into_owned),
    })
}

fn topic_requests(elements: &[&str]) -> Result<Vec<TopicRequest>, FrameError> {
    elements.iter().map(|element| topic_request(element)).collect()
}

fn topic_request(text: &str) -> Result<TopicRequest, FrameError> {
    if let Some(topic) = string(text) {
        return Ok(TopicRequest {
            topic: topic.into_owned(),
            cursor: None,
            keys: None,
            history: None,
            head: None,
        });
    }
    let fields =
        Fields::parse(text).map_err(|_| FrameError::field("topics", "an array of names or objects"))?;
    let cursor = match fields.object("cursor")? {
        Some(cursor) => Some(Cursor {
            epoch: cursor.required_string("epoch")?.into(),
            offset: cursor.required_integer("offset")?,
        }),
        None => None,
    };
    Ok(TopicRequest {
        topic: fields.required_string("topic")?.into_owned(),
        cursor,
        keys: fields.strings("keys")?,
        history: fields.integer("history")?,
        head: fields.integer("head")?,
    })
}

fn message(fields: &Fields<'_>, kind: &str, binary: Option<&[u8]>) -> Result<ClientMessage, FrameError> {
    let rt = fields.object("rt")?;
    let text = |name| -> Result<Option<String>, FrameError> {
        let text = rt.as_ref().map(|rt| rt.string(name)).transpose()?;
        Ok(text.flatten().map(Cow::into_owned))
    };
    let payload = match (binary, text("encoding")?.as_deref()) {
        (Some(bytes), _) => Payload::Bytes(bytes.into()),
        (None, Some("base64")) => base64_payload(fields)?,
        (None, Some(_)) => return Err(FrameError::field("rt.encoding", "\"base64\"")),
        (None, None) => json_payload(fields),
    };
    Ok(ClientMessage {
        kind: kind.into(),
        topic: text("topic")?,
        reference: rt.as_ref().map(|rt| rt.integer("ref")).transpose()?.flatten(),
        idem: text("idem")?,
        key: text("key")?,
        deleted: rt.as_ref().map(|rt| rt.boolean("deleted")).transpose()?.unwrap_or(false),
        priority: fields.string("priority")?.map(Cow::into_owned),
        requires_acknowledgment: fields.boolean("requires_acknowledgment")?,
        correlation_id: fields.string("correlation_id")?.map(Cow::into_owned),
        payload,
    })
}
