use std::fmt;
use std::time::Duration;

use steadfast_core::{Misuse, WireError};

/// Why a client could not be built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// The server's address is not a URL with a host.
    NotAUrl,
    /// The URL's scheme is not `http`, `https`, `ws` or `wss`.
    Scheme,
    /// The URL names a user or a password.
    UserInfo,
    /// The URL has a query or a fragment.
    Query,
    /// Neither a token nor a token provider was given.
    NoToken,
    /// An option has a value that it cannot have.
    Option {
        /// The option's name.
        name: &'static str,
        /// What it must be.
        must_be: &'static str,
    },
    /// There is no tokio runtime here to run the client on.
    NoRuntime,
    /// A certificate to trust is not one, or the system's certificates could not be read.
    Certificates(String),
    /// The system gave no random bits, or no HTTP client could be made.
    Environment(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAUrl => {
                formatter.write_str("the server's address is not a URL; give one like https://host[:port][/prefix]")
            }
            Self::Scheme => formatter.write_str(
                "the server's URL has an unknown scheme; begin it with http:// or https:// (ws:// and wss:// will do too)",
            ),
            Self::UserInfo => formatter.write_str(
                "the server's URL names a user or password, which would end up in logs; give a token instead",
            ),
            Self::Query => formatter.write_str(
                "the server's URL has a query or fragment; leave it out and give secrets as the token",
            ),
            Self::NoToken => {
                formatter.write_str("no token was given; call `token` or `token_provider` on the builder")
            }
            Self::Option { name, must_be } => write!(formatter, "the option `{name}` must be {must_be}"),
            Self::NoRuntime => formatter.write_str("no tokio runtime is running here; build the client inside one"),
            Self::Certificates(why) => write!(formatter, "TLS cannot be set up: {why}"),
            Self::Environment(why) => write!(formatter, "the system refused what the client needs: {why}"),
        }
    }
}

impl std::error::Error for BuildError {}

/// Why a published event, a request or an acknowledgement has no good result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishError {
    /// The call was a mistake; nothing was sent or queued.
    Misuse(Misuse),
    /// The payload could not be written as JSON; nothing was sent or queued.
    Payload(String),
    /// The server refused it; it had no effect.
    Refused(WireError),
    /// No result came within its life.
    TimedOut {
        /// It had been sent, so it may have taken effect.
        sent: bool,
    },
    /// It was cancelled, because the client was closed.
    Cancelled {
        /// It had been sent, so it may have taken effect.
        sent: bool,
    },
    /// It was sent, but nobody can tell any more whether it took effect: the server lost its table of results.
    OutcomeUnknown,
    /// It took effect, but the result does not fit the type that was asked for.
    BadResult {
        /// The result's payload as it came.
        payload: String,
        /// Why it does not fit.
        error: String,
    },
}

impl PublishError {
    /// The error's code: the server's own for a refusal, else this client's name for it.
    pub fn code(&self) -> &str {
        match self {
            Self::Misuse(_) => "misuse",
            Self::Payload(_) => "bad_payload",
            Self::Refused(error) => error.code.as_str(),
            Self::TimedOut { .. } => "timed_out",
            Self::Cancelled { .. } => "cancelled",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::BadResult { .. } => "bad_result",
        }
    }

    /// Whether trying the same again may succeed without taking effect twice.
    ///
    /// False where it may have taken effect already ([`PublishError::may_have_taken_effect`]): look first.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Misuse(misuse) => matches!(misuse, Misuse::OutboxFull | Misuse::NotConnected),
            Self::Refused(error) => error.retryable,
            Self::TimedOut { sent } | Self::Cancelled { sent } => !sent,
            Self::Payload(_) | Self::OutcomeUnknown | Self::BadResult { .. } => false,
        }
    }

    /// Whether it may have taken effect all the same.
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            Self::TimedOut { sent } | Self::Cancelled { sent } => *sent,
            Self::OutcomeUnknown | Self::BadResult { .. } => true,
            Self::Misuse(_) | Self::Payload(_) | Self::Refused(_) => false,
        }
    }

    /// The server's advice: do not try again before this much time has passed.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(error) => error.retry_after_ms.map(Duration::from_millis),
            _ => None,
        }
    }
}

impl From<Misuse> for PublishError {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misuse(misuse) => misuse.fmt(formatter),
            Self::Payload(why) => write!(formatter, "the payload cannot be written as JSON: {why}"),
            Self::Refused(error) => write!(formatter, "the server refused it: {error}"),
            Self::TimedOut { sent: false } => {
                formatter.write_str("it could not be sent within its life; try again when connected")
            }
            Self::TimedOut { sent: true } => formatter
                .write_str("it was sent, but no result came within its life; check whether it took effect"),
            Self::Cancelled { sent: false } => {
                formatter.write_str("it was cancelled before it was sent; it had no effect")
            }
            Self::Cancelled { sent: true } => formatter
                .write_str("it was cancelled after it was sent; check whether it took effect"),
            Self::OutcomeUnknown => formatter.write_str(
                "it was sent, but the server can no longer tell whether it took effect; check before trying again",
            ),
            Self::BadResult { error, .. } => {
                write!(formatter, "it took effect, but its result does not fit the type asked for: {error}")
            }
        }
    }
}

impl std::error::Error for PublishError {}

/// What [`Client::close`](crate::Client::close) could not finish before its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    /// How many messages had no result yet; each of them ended as [`PublishError::Cancelled`].
    pub messages: usize,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the client closed with {} messages unfinished; give `close` a later deadline or publish them again",
            self.messages
        )
    }
}

impl std::error::Error for Unfinished {}

#[cfg(test)]
mod tests {
    use steadfast_core::{ErrorCode, Misuse, WireError};

    use super::PublishError;

    #[test]
    fn what_may_have_taken_effect_is_never_called_retryable() {
        let refused = WireError {
            retry_after_ms: Some(5),
            ..WireError::new(ErrorCode::RateLimited, "slow down", true)
        };
        let errors = [
            (PublishError::Misuse(Misuse::OutboxFull), true, false),
            (PublishError::Misuse(Misuse::BadType), false, false),
            (PublishError::Payload("x".into()), false, false),
            (PublishError::Refused(refused.clone()), true, false),
            (PublishError::TimedOut { sent: false }, true, false),
            (PublishError::TimedOut { sent: true }, false, true),
            (PublishError::Cancelled { sent: true }, false, true),
            (PublishError::OutcomeUnknown, false, true),
        ];
        for (error, retryable, effect) in errors {
            assert_eq!((error.retryable(), error.may_have_taken_effect()), (retryable, effect), "{error:?}");
        }
        let error = PublishError::Refused(refused);
        assert_eq!(
            (error.code(), error.retry_after().map(|after| after.as_millis())),
            ("rate_limited", Some(5))
        );
    }
}
