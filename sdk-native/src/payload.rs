use std::fmt;

use serde::de::DeserializeOwned;
use steadfast_core::Payload;

/// An event's payload as it came, for applications that decode it themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RawPayload {
    /// There was none.
    #[default]
    None,
    /// JSON text.
    Json(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
}

impl From<Payload> for RawPayload {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::None => Self::None,
            Payload::Json(text) => Self::Json(text),
            Payload::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

/// Why a payload does not fit the type that the application asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayloadError {
    /// The JSON does not fit; says where and why.
    Json(String),
    /// The payload is bytes, which only [`RawPayload`] takes.
    Bytes,
}

impl fmt::Display for PayloadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(why) => formatter.write_str(why),
            Self::Bytes => formatter.write_str("the payload is bytes; subscribe with RawPayload to read it"),
        }
    }
}

impl std::error::Error for PayloadError {}

/// What a payload can be read as: every type that serde can read without borrowing, and [`RawPayload`].
///
/// An event without payload is read like JSON `null`, so `Option<T>`, `()` and `serde_json::Value` take it.
pub trait FromPayload: Sized {
    /// Reads a payload.
    ///
    /// # Errors
    /// - The payload itself and a [`PayloadError`]: it does not fit.
    fn from_payload(payload: RawPayload) -> Result<Self, (RawPayload, PayloadError)>;
}

impl FromPayload for RawPayload {
    fn from_payload(payload: RawPayload) -> Result<Self, (RawPayload, PayloadError)> {
        Ok(payload)
    }
}

impl<T: DeserializeOwned> FromPayload for T {
    fn from_payload(payload: RawPayload) -> Result<Self, (RawPayload, PayloadError)> {
        let text = match &payload {
            RawPayload::None => "null",
            RawPayload::Json(text) => text,
            RawPayload::Bytes(_) => return Err((payload, PayloadError::Bytes)),
        };
        match serde_json::from_str(text) {
            Ok(value) => Ok(value),
            Err(error) => {
                let error = PayloadError::Json(error.to_string());
                Err((payload, error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FromPayload, PayloadError, RawPayload};

    #[test]
    fn no_payload_reads_like_null() {
        assert_eq!(Option::<u32>::from_payload(RawPayload::None), Ok(None));
        assert!(matches!(
            u32::from_payload(RawPayload::None),
            Err((RawPayload::None, PayloadError::Json(_)))
        ));
    }

    #[test]
    fn bytes_are_for_raw_payloads_alone() {
        let bytes = RawPayload::Bytes([1, 2].into());
        assert_eq!(RawPayload::from_payload(bytes.clone()), Ok(bytes.clone()));
        assert_eq!(Vec::<u8>::from_payload(bytes.clone()), Err((bytes, PayloadError::Bytes)));
    }
}
