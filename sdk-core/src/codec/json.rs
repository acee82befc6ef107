//! Frames as JSON text, both ways, over serde_json (PROTOCOL.md, Frames).
//!
//! The native driver decodes server frames here, the server decodes client frames and encodes its own.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::frame::{ErrorCode, Payload};

mod client;
mod encode;
mod fields;
mod quick;
mod server;

pub use client::{decode_client, decode_client_binary};
pub use encode::{EventHead, encode_server};
pub use server::{decode_refusal, decode_server, decode_server_binary};

/// The most frames that one WebSocket text message may hold.
pub const MAX_BATCH: usize = 64;

/// The deepest nesting that a server accepts from a client.
pub const MAX_DEPTH: usize = 64;

/// Offsets, references and durations stay below this: the integers that JavaScript can count.
pub const INTEGER_LIMIT: u64 = 1 << 53;

/// An event or result as the native driver keeps it: the envelope decoded, the payload as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// The application's type.
    pub kind: Box<str>,
    /// The event's id, unique in the tenant.
    pub id: Option<Box<str>>,
    /// RFC 3339, UTC, for people.
    pub timestamp: Option<Box<str>>,
    /// Passed through.
    pub correlation_id: Option<Box<str>>,
    /// For people and sounds.
    pub priority: Option<Box<str>>,
    /// The event asks to be acknowledged.
    pub requires_acknowledgment: bool,
    /// The key in a state topic.
    pub key: Option<Box<str>>,
    /// The payload.
    pub payload: Payload,
}

/// Text that is no frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameError {
    /// `bad_frame`, `too_deep` or `bad_topic`.
    pub code: ErrorCode,
    /// What is wrong with it.
    pub message: Cow<'static, str>,
    /// The frame's `ref`, where it could be read: the error is that frame's result.
    pub reference: Option<u64>,
}

impl FrameError {
    pub(crate) fn bad(message: &'static str) -> Self {
        Self { code: ErrorCode::BadFrame, message: Cow::Borrowed(message), reference: None }
    }

    pub(crate) fn field(name: &str, what: &str) -> Self {
        let mut message = String::with_capacity(name.len() + what.len() + 12);
        message.push('`');
        message.push_str(name);
        message.push_str("` must be ");
        message.push_str(what);
        Self { code: ErrorCode::BadFrame, message: Cow::Owned(message), reference: None }
    }
}

impl core::fmt::Display for FrameError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.code.as_str())?;
        formatter.write_str(": ")?;
        formatter.write_str(&self.message)
    }
}

impl core::error::Error for FrameError {}

/// The deepest nesting of brackets outside strings in JSON text.
pub fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut core::str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return,
            _ => {}
        }
    }
}

fn is_batch(text: &str) -> bool {
    text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('[')
}

/// The elements of a message: one object, or an array of 1 to `most` objects.
fn elements(text: &str, most: usize) -> Result<Vec<&str>, FrameError> {
    if !is_batch(text) {
        return Ok(Vec::from([text]));
    }
    let elements: Vec<&serde_json::value::RawValue> =
        serde_json::from_str(text).map_err(|_| FrameError::bad("the text is not valid JSON"))?;
    if elements.is_empty() || elements.len() > most {
        return Err(FrameError::bad("a batch must hold at least one frame and at most the allowed number"));
    }
    if elements.iter().any(|element| element.get().starts_with('[')) {
        return Err(FrameError::bad("a batch must not hold another batch"));
    }
    Ok(elements.into_iter().map(serde_json::value::RawValue::get).collect())
}
