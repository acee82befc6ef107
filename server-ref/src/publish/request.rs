//! What a backend asks to publish: parsed and judged, element by element.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use steadfast_core::{ErrorCode, Payload, WireError, json};

use crate::config::MAX_PUBLISH_ELEMENTS;
use crate::names::{TenantId, TopicName, UserId};

/// The longest `type`, in characters.
pub const MAX_TYPE_CHARACTERS: usize = 64;

/// The longest `idempotency_key`, in bytes.
pub const MAX_IDEMPOTENCY_KEY_BYTES: usize = 128;

/// The longest `key`, `priority` or `correlation_id`, in bytes.
pub const MAX_FIELD_BYTES: usize = 256;

/// What an event's envelope adds to what was sent: id, timestamp, offset.
const ENVELOPE_BYTES: usize = 512;

const RESERVED_TYPES: [&str; 10] = [
    "ping",
    "pong",
    "subscribe",
    "subscribed",
    "unsubscribe",
    "unsubscribed",
    "heartbeat",
    "heartbeat_ack",
    "connection_established",
    "subscribe_kpis",
];

const FIELDS: [&str; 11] = [
    "tenant_id",
    "topic",
    "user_id",
    "type",
    "payload",
    "key",
    "deleted",
    "priority",
    "requires_acknowledgment",
    "correlation_id",
    "idempotency_key",
];

/// One event that a backend asks to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishRequest {
    /// The tenant.
    pub tenant: TenantId,
    /// Where to, inside the tenant.
    pub target: Target,
    /// The application's type.
    pub kind: String,
    /// The payload as it was written, `null` where there was none; none for a deletion alone.
    pub payload: Payload,
    /// The key, for state topics.
    pub key: Option<String>,
    /// The key is gone; there is a key then, and no payload.
    pub deleted: bool,
    /// For people and sounds.
    pub priority: Option<String>,
    /// The event asks to be acknowledged.
    pub requires_acknowledgment: bool,
    /// Passed through.
    pub correlation_id: Option<String>,
    /// Makes a repeat harmless.
    pub idempotency_key: Option<String>,
}

/// Where an event goes inside its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a topic, which is none of the server's own.
    Topic(TopicName),
    /// To one user's own topic.
    User(UserId),
}

/// Why a whole body is refused, before any of its elements is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishBodyError {
    /// It is no JSON, or neither an object nor an array.
    NotJson,
    /// It is an array of more than 1,000 elements; carries how many.
    TooMany(usize),
}

impl PublishBodyError {
    /// The error as the backend is told it.
    pub fn to_wire(self) -> WireError {
        match self {
            Self::NotJson => bad("the body is not valid JSON; send one object or an array of objects"),
            Self::TooMany(count) => WireError::new(
                ErrorCode::TooLarge,
                format!("the body has {count} elements; send at most {MAX_PUBLISH_ELEMENTS} at a time"),
                false,
            ),
        }
    }
}

/// The elements of a body: one for an object, each for an array. None is judged yet.
///
/// # Errors
/// - [`PublishBodyError::NotJson`]: the body is no JSON, or neither an object nor an array.
/// - [`PublishBodyError::TooMany`]: the array has more than 1,000 elements.
pub fn publish_elements(body: &str) -> Result<Vec<&RawValue>, PublishBodyError> {
    match body.trim_start().as_bytes().first() {
        Some(b'{') => Ok(vec![serde_json::from_str(body).map_err(|_| PublishBodyError::NotJson)?]),
        Some(b'[') => {
            let elements: Vec<&RawValue> =
                serde_json::from_str(body).map_err(|_| PublishBodyError::NotJson)?;
            match elements.len() {
                count if count > MAX_PUBLISH_ELEMENTS => Err(PublishBodyError::TooMany(count)),
                _ => Ok(elements),
            }
        }
        _ => Err(PublishBodyError::NotJson),
    }
}

impl PublishRequest {
    /// Parses and judges one element; also tells how many unknown fields it has, which are ignored.
    ///
    /// `most_bytes` is the largest frame that the server sends. Of a field that is there twice, the last
    /// counts; `null` counts as absent, except as a payload.
    ///
    /// # Errors
    /// - `too_large`: the event would not fit into a frame.
    /// - `too_deep`: the element is nested deeper than 64.
    /// - `bad_topic`: `topic` is no topic name.
    /// - `forbidden`: `topic` is one of the server's own.
    /// - `bad_frame`: anything else; the message names the field.
    pub fn parse(element: &RawValue, most_bytes: usize) -> Result<(Self, usize), WireError> {
        let text = element.get();
        if text.len() + ENVELOPE_BYTES > most_bytes {
            let most = most_bytes.saturating_sub(ENVELOPE_BYTES);
            let message = format!("the element has {} bytes; shorten it to at most {most}", text.len());
            return Err(WireError::new(ErrorCode::TooLarge, message, false));
        }
        // Before parsing: the parser recurses, and its own limit would hide which rule was broken.
        if json::depth(text) > json::MAX_DEPTH {
            let message = format!("the element is nested deeper than {}; flatten it", json::MAX_DEPTH);
            return Err(WireError::new(ErrorCode::TooDeep, message, false));
        }
        let members = serde_json::from_str(text).map_err(|_| bad("an element must be an object"))?;
        let members = Members(members);
        let request = members.request()?;
        Ok((request, members.unknown()))
    }
}

struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl Members<'_> {
    fn request(&self) -> Result<PublishRequest, WireError> {
        let tenant = self.required("tenant_id")?;
        let tenant = TenantId::parse(&tenant).map_err(|error| bad(format!("`tenant_id`: {error}")))?;
        let deleted = self.boolean("deleted")?;
        let key = self.limited("key", MAX_FIELD_BYTES)?;
        if deleted && key.is_none() {
            return Err(bad("`deleted` needs the `key` that is gone"));
        }
        Ok(PublishRequest {
            tenant,
            target: self.target()?,
            kind: self.kind()?,
            payload: self.payload(deleted)?,
            key,
            deleted,
            priority: self.limited("priority", MAX_FIELD_BYTES)?,
            requires_acknowledgment: self.boolean("requires_acknowledgment")?,
            correlation_id: self.limited("correlation_id", MAX_FIELD_BYTES)?,
            idempotency_key: self.limited("idempotency_key", MAX_IDEMPOTENCY_KEY_BYTES)?,
        })
    }

    fn target(&self) -> Result<Target, WireError> {
        match (self.string("topic")?, self.string("user_id")?) {
            (Some(topic), None) => {
                let topic = TopicName::parse(&topic).map_err(|error| {
                    WireError::new(ErrorCode::BadTopic, format!("`topic`: {error}"), false)
                })?;
                if topic.is_reserved() {
                    let message = "`topic` is one of the server's own; choose another, or give `user_id`";
                    return Err(WireError::new(ErrorCode::Forbidden, message, false));
                }
                Ok(Target::Topic(topic))
            }
            (None, Some(user)) => {
                let user = UserId::parse(&user).map_err(|error| bad(format!("`user_id`: {error}")))?;
                Ok(Target::User(user))
            }
            (Some(_), Some(_)) => Err(bad("both `topic` and `user_id` are given; keep one of them")),
            (None, None) => Err(bad("neither `topic` nor `user_id` is given; add one of them")),
        }
    }

    fn kind(&self) -> Result<String, WireError> {
        let kind = self.required("type")?;
        if kind.is_empty() || kind.chars().count() > MAX_TYPE_CHARACTERS {
            return Err(bad(format!("`type` must have 1 to {MAX_TYPE_CHARACTERS} characters")));
        }
        if kind.starts_with("rt.") || RESERVED_TYPES.contains(&kind.as_str()) {
            return Err(bad("`type` is one of the protocol's own; choose another"));
        }
        Ok(kind)
    }

    fn payload(&self, deleted: bool) -> Result<Payload, WireError> {
        match self.0.get("payload").map(|raw| raw.get()) {
            None | Some("null") if deleted => Ok(Payload::None),
            None => Ok(Payload::Json("null".into())),
            Some(_) if deleted => Err(bad("a deletion has no `payload`; leave one of the two out")),
            Some(text) => Ok(Payload::Json(text.into())),
        }
    }

    fn unknown(&self) -> usize {
        self.0.keys().filter(|name| !FIELDS.contains(&name.as_str())).count()
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|raw| raw.get()).filter(|text| *text != "null")
    }

    fn string(&self, name: &str) -> Result<Option<String>, WireError> {
        let Some(text) = self.raw(name) else {
            return Ok(None);
        };
        // Also refuses a lone surrogate, which no text can hold.
        serde_json::from_str(text).map(Some).map_err(|_| bad(format!("`{name}` must be a string")))
    }

    fn required(&self, name: &str) -> Result<String, WireError> {
        self.string(name)?.ok_or_else(|| bad(format!("`{name}` is missing; add it as a string")))
    }

    fn limited(&self, name: &str, most: usize) -> Result<Option<String>, WireError> {
        let text = self.string(name)?;
        match &text {
            Some(text) if text.is_empty() || text.len() > most => {
                Err(bad(format!("`{name}` must have 1 to {most} bytes")))
            }
            _ => Ok(text),
        }
    }

    fn boolean(&self, name: &str) -> Result<bool, WireError> {
        match self.raw(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(bad(format!("`{name}` must be true or false"))),
        }
    }
}

fn bad(message: impl Into<String>) -> WireError {
    WireError::new(ErrorCode::BadFrame, message, false)
}
