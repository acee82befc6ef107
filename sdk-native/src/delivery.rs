use std::sync::Arc;

use steadfast_core::{GapReason, WireError};

use crate::payload::{PayloadError, RawPayload};

/// What a [`Subscription`](crate::Subscription) reads.
///
/// Nothing is lost in silence: whatever cannot be delivered is told as a [`Delivery::Gap`] in its place.
///
/// ```
/// use steadfast::Delivery;
///
/// fn show(delivery: Delivery<serde_json::Value>) -> String {
///     match delivery {
///         Delivery::Event(event) => format!("{}: {}", event.kind, event.payload),
///         Delivery::Deleted(deleted) => format!("{} is gone", deleted.key),
///         Delivery::Gap(gap) => format!("missed something ({:?}): fetch the whole picture again", gap.reason),
///         Delivery::Reset => "forget what you know, all values follow".to_owned(),
///         Delivery::Live => "from here on as it happens".to_owned(),
///         Delivery::Failed(error) => format!("refused: {error}"),
///         Delivery::Malformed(malformed) => format!("not understood: {}", malformed.error),
///     }
/// }
/// assert_eq!(show(Delivery::Live), "from here on as it happens");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery<T> {
    /// An event.
    Event(Event<T>),
    /// A key of a state topic is gone.
    Deleted(Deleted),
    /// Events were lost and will not come.
    Gap(Gap),
    /// All values of a state topic follow anew; keys that do not come before [`Delivery::Live`] are gone.
    Reset,
    /// Caught up: what follows is happening now. Told again after every time that the topic had to catch up.
    Live,
    /// The server refuses the topic. It is tried again only with a new token or subscription.
    Failed(WireError),
    /// An event whose payload does not fit the type asked for. The stream goes on behind it.
    Malformed(Malformed),
}

/// An event of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event<T> {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The application's type (`type` on the wire).
    pub kind: String,
    /// Unique in the tenant; what [`Client::acknowledge`](crate::Client::acknowledge) names.
    pub id: Option<String>,
    /// The event's place in its topic; `None` for ephemeral topics.
    pub offset: Option<u64>,
    /// The key in a state topic.
    pub key: Option<String>,
    /// When it was published: RFC 3339, UTC, for people; never an order.
    pub timestamp: Option<String>,
    /// Passed through from the publisher.
    pub correlation_id: Option<String>,
    /// For people and sounds: `critical`, `high`, `medium`, `low`, `info`, `warning`, `error`, or another.
    pub priority: Option<String>,
    /// Somebody should acknowledge it.
    pub requires_acknowledgment: bool,
    /// It was published before the subscription began or resumed.
    pub replay: bool,
    /// The payload.
    pub payload: T,
}

impl<T> Event<T> {
    /// The same event with what `change` makes of its payload.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Event<U> {
        Event {
            topic: self.topic,
            kind: self.kind,
            id: self.id,
            offset: self.offset,
            key: self.key,
            timestamp: self.timestamp,
            correlation_id: self.correlation_id,
            priority: self.priority,
            requires_acknowledgment: self.requires_acknowledgment,
            replay: self.replay,
            payload: change(self.payload),
        }
    }
}

/// A key of a state topic is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The key.
    pub key: String,
    /// The type that the deletion was published with.
    pub kind: String,
    /// The deletion's place in its topic.
    pub offset: Option<u64>,
    /// It was published before the subscription began or resumed.
    pub replay: bool,
}

/// Events were lost and will not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// The first and the last lost offset, where they can be named.
    pub lost: Option<(u64, u64)>,
}

/// An event whose payload does not fit the type asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// The event, with its payload as it came.
    pub event: Event<RawPayload>,
    /// Why it does not fit.
    pub error: PayloadError,
}
