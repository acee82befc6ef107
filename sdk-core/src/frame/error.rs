use alloc::boxed::Box;
use alloc::string::String;

/// The codes of the protocol's error object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum ErrorCode {
    /// A frame that does not follow the protocol.
    BadFrame,
    /// Larger than the limit in the welcome.
    TooLarge,
    /// Nested deeper than 64.
    TooDeep,
    /// Not a topic name.
    BadTopic,
    /// Not permitted.
    Forbidden,
    /// No valid token.
    Unauthorized,
    /// The token's life is over.
    TokenExpired,
    /// More topics than the limit in the welcome.
    TooManyTopics,
    /// More keys than the server allows.
    TooManyKeys,
    /// Too many in too short a time.
    RateLimited,
    /// Not now; the server's store does not answer.
    Unavailable,
    /// The idempotency key was used with another body.
    IdemConflict,
    /// The server has no handler for this type.
    Unsupported,
    /// A fault of the server.
    Internal,
    /// A code that this version does not know.
    Other(Box<str>),
}

impl ErrorCode {
    /// The code's text on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::BadFrame => "bad_frame",
            Self::TooLarge => "too_large",
            Self::TooDeep => "too_deep",
            Self::BadTopic => "bad_topic",
            Self::Forbidden => "forbidden",
            Self::Unauthorized => "unauthorized",
            Self::TokenExpired => "token_expired",
            Self::TooManyTopics => "too_many_topics",
            Self::TooManyKeys => "too_many_keys",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::IdemConflict => "idem_conflict",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
            Self::Other(code) => code,
        }
    }

    /// The code that the wire's text names; an unknown one is kept as [`ErrorCode::Other`].
    pub fn from_wire(code: &str) -> Self {
        const KNOWN: [ErrorCode; 14] = [
            ErrorCode::BadFrame,
            ErrorCode::TooLarge,
            ErrorCode::TooDeep,
            ErrorCode::BadTopic,
            ErrorCode::Forbidden,
            ErrorCode::Unauthorized,
            ErrorCode::TokenExpired,
            ErrorCode::TooManyTopics,
            ErrorCode::TooManyKeys,
            ErrorCode::RateLimited,
            ErrorCode::Unavailable,
            ErrorCode::IdemConflict,
            ErrorCode::Unsupported,
            ErrorCode::Internal,
        ];
        for known in KNOWN {
            if known.as_str() == code {
                return known;
            }
        }
        Self::Other(code.into())
    }
}

/// The protocol's error object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct WireError {
    /// What kind of error.
    pub code: ErrorCode,
    /// What happened and what to do, for people.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Not before this many milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl WireError {
    /// An error without advice on when to retry.
    pub fn new(code: ErrorCode, message: impl Into<String>, retryable: bool) -> Self {
        Self { code, message: message.into(), retryable, retry_after_ms: None }
    }
}

impl core::fmt::Display for WireError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.code.as_str())?;
        formatter.write_str(": ")?;
        formatter.write_str(&self.message)
    }
}

impl core::error::Error for WireError {}
