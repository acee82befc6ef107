//! Why a token is refused.

use std::fmt;

use steadfast_core::{ErrorCode, WireError};

/// Why a token is refused. Its texts never hold any part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// The token was good, but its life is over. A new one helps.
    TokenExpired,
    /// The token is not one that this server accepts.
    Unauthorized(TokenFault),
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// It is no JWT, is too long, or a claim has a wrong type.
    Malformed,
    /// Its `kid` names no configured key, or it has none while there are several keys.
    UnknownKey,
    /// Its `alg` is not the one of its key.
    WrongAlgorithm,
    /// It demands an extension (`crit`) that the server does not know.
    CriticalExtension,
    /// Its signature does not fit.
    BadSignature,
    /// Its `iss` is not accepted.
    WrongIssuer,
    /// Its `aud` is not accepted.
    WrongAudience,
    /// Its `nbf` lies in the future.
    NotYetValid,
    /// It lacks this claim.
    MissingClaim(&'static str),
    /// This claim has a value that cannot be used: a name with other characters than allowed, a bad
    /// pattern, more than 256 patterns, or a time that is no date.
    BadClaim(&'static str),
}

impl AuthError {
    /// The error as the client is told it. An expired token is retryable: with a new one.
    pub fn to_wire(self) -> WireError {
        match self {
            Self::TokenExpired => WireError::new(ErrorCode::TokenExpired, self.to_string(), true),
            Self::Unauthorized(_) => WireError::new(ErrorCode::Unauthorized, self.to_string(), false),
        }
    }
}

impl From<TokenFault> for AuthError {
    fn from(fault: TokenFault) -> Self {
        Self::Unauthorized(fault)
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenExpired => formatter.write_str("the token's life is over; bring a new one"),
            Self::Unauthorized(fault) => fault.fmt(formatter),
        }
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "the token is no valid JWT; bring one from the configured issuer",
            Self::UnknownKey => "the token's key is not known here; bring one with the `kid` of a known key",
            Self::WrongAlgorithm => "the token's algorithm is not the one of its key; sign it with that one",
            Self::CriticalExtension => {
                "the token demands an extension (`crit`) that is not known here; leave it out"
            }
            Self::BadSignature => "the token's signature does not fit; sign it with the configured key",
            Self::WrongIssuer => "the token's issuer is not accepted; check `iss` and the configured issuers",
            Self::WrongAudience => {
                "the token is not meant for this server; check `aud` and the configured audiences"
            }
            Self::NotYetValid => "the token is not valid yet; check `nbf` and the clocks",
            Self::MissingClaim(claim) => {
                return write!(
                    formatter,
                    "the token lacks the claim `{claim}`; add it where the token is made"
                );
            }
            Self::BadClaim(claim) => {
                return write!(
                    formatter,
                    "the token's claim `{claim}` cannot be used; check its characters and its length"
                );
            }
        })
    }
}

impl std::error::Error for AuthError {}
