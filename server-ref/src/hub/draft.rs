use std::hash::{DefaultHasher, Hash, Hasher};

use steadfast_core::json::EventHead;
use steadfast_core::{ErrorCode, Payload, TopicClass, WireError};

use super::TopicKey;
use crate::log::{Unnumbered, Write};

/// The longest key of a state topic, in bytes.
pub const MAX_KEY_LENGTH: usize = 256;

/// An event to be published: all of it but what the server adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Where to.
    pub topic: TopicKey,
    /// The application's type.
    pub kind: String,
    /// The payload.
    pub payload: Payload,
    /// Passed through.
    pub correlation_id: Option<String>,
    /// For people and sounds.
    pub priority: Option<String>,
    /// The event asks to be acknowledged (log topics).
    pub requires_acknowledgment: bool,
    /// The key (state topics).
    pub key: Option<String>,
    /// The key is gone (state topics).
    pub deleted: bool,
}

impl Draft {
    /// Tells two bodies apart that come with one idempotency key.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let flags = (self.requires_acknowledgment, self.deleted);
        (&self.topic, &self.kind, &self.correlation_id, &self.priority, flags, &self.key).hash(&mut hasher);
        hash_payload(&self.payload, &mut hasher);
        hasher.finish()
    }

    /// Whether the event fits into a topic of this class.
    pub(super) fn check(&self, class: TopicClass) -> Result<(), WireError> {
        let (code, problem) = match (class, &self.key) {
            (TopicClass::State, None) => {
                (ErrorCode::BadFrame, "a state topic holds values by key; give `key`")
            }
            (TopicClass::State, Some(key)) if key.is_empty() || key.len() > MAX_KEY_LENGTH => {
                (ErrorCode::TooLarge, "`key` must be 1 to 256 bytes; shorten it")
            }
            (TopicClass::State, Some(_)) if self.deleted && self.payload != Payload::None => {
                (ErrorCode::BadFrame, "a deletion carries no payload; leave it out")
            }
            (TopicClass::State | TopicClass::Ephemeral, _) if self.requires_acknowledgment => (
                ErrorCode::Unsupported,
                "only events of log topics can require an acknowledgement; leave it out",
            ),
            (TopicClass::State, Some(_)) => return Ok(()),
            (_, Some(_)) => (ErrorCode::Unsupported, "only state topics have keys; leave `key` out"),
            (_, None) if self.deleted => {
                (ErrorCode::Unsupported, "only state topics have keys to delete; leave `deleted` out")
            }
            (_, None) => return Ok(()),
        };
        Err(WireError::new(code, problem, false))
    }

    pub(super) fn write(&self, event: Unnumbered) -> Write<'_> {
        Write { event, key: self.key.as_deref(), deleted: self.deleted, hidden: None }
    }

    pub(super) fn head<'a>(&'a self, id: &'a str, timestamp: &'a str) -> EventHead<'a> {
        EventHead {
            kind: &self.kind,
            payload: &self.payload,
            timestamp,
            correlation_id: self.correlation_id.as_deref(),
            priority: self.priority.as_deref(),
            requires_acknowledgment: self.requires_acknowledgment,
            id,
            topic: self.topic.name().as_str(),
            key: self.key.as_deref(),
            deleted: self.deleted,
        }
    }
}

/// Feeds a payload to a hasher.
pub(crate) fn hash_payload(payload: &Payload, hasher: &mut DefaultHasher) {
    match payload {
        Payload::None => hasher.write_u8(0),
        Payload::Json(text) => (1_u8, text).hash(hasher),
        Payload::Bytes(bytes) => (2_u8, bytes).hash(hasher),
    }
}
