use core::fmt;

/// A mistake of the caller: nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// The topic name is not 1 to 128 characters of `A-Z a-z 0-9 _ . : -`.
    BadTopicName,
    /// The type is empty, longer than 64 characters, or one that the protocol reserves.
    BadType,
    /// The payload, with its frame, is larger than the server accepts.
    TooLarge,
    /// The outbox holds as many messages or bytes as it may.
    OutboxFull,
    /// A message without a result is only sent while connected, and the client is not.
    NotConnected,
    /// The client was closed for good; make a new one or call `connect`.
    Stopped,
    /// No subscription has this id: it was ended before.
    UnknownSubscription,
    /// An acknowledgement must name at least one event.
    NothingToAcknowledge,
    /// The payload text is not JSON.
    BadPayload,
}

impl fmt::Display for Misuse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::BadTopicName => {
                "the topic name must be 1 to 128 characters of A-Z a-z 0-9 _ . : -; rename the topic"
            }
            Self::BadType => {
                "the type must be 1 to 64 characters and not one that the protocol reserves; choose another type"
            }
            Self::TooLarge => "the payload is larger than the server accepts; send less or raise max_frame_bytes there",
            Self::OutboxFull => "the outbox is full; wait for results or raise its limits",
            Self::NotConnected => "the client is not connected; wait for it or ask for a result so that it is queued",
            Self::Stopped => "the client has stopped; call connect to start it again",
            Self::UnknownSubscription => "the subscription has already ended",
            Self::NothingToAcknowledge => "name at least one event id to acknowledge",
            Self::BadPayload => "the payload is not valid JSON text",
        })
    }
}

impl core::error::Error for Misuse {}
