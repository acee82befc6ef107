//! Reading a request's body, with limits of size and time.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use steadfast_core::{ErrorCode, WireError};

use crate::answer::error_response;

/// How long a client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than this many bytes.
    TooLarge(usize),
    /// It did not arrive whole within 30 s.
    TooSlow,
    /// The connection broke off.
    Broken,
    /// It is no UTF-8.
    NotText,
}

/// Reads a body of text, of at most `most` bytes, within 30 s.
///
/// # Errors
/// - [`BodyError::TooLarge`]: there are more than `most` bytes; no more than that is kept.
/// - [`BodyError::TooSlow`]: it did not arrive whole within 30 s.
/// - [`BodyError::Broken`]: the connection broke off.
/// - [`BodyError::NotText`]: it is no UTF-8.
pub async fn read_text(body: Body, most: usize) -> Result<String, BodyError> {
    let collected = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, most).collect()).await;
    let bytes = match collected {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(BodyError::TooLarge(most)),
        Ok(Err(_)) => return Err(BodyError::Broken),
        Err(_) => return Err(BodyError::TooSlow),
    };
    String::from_utf8(bytes.into()).map_err(|_| BodyError::NotText)
}

impl BodyError {
    /// The HTTP answer: 413, 408 or 400.
    pub fn to_response(self) -> Response {
        let (status, error) = match self {
            Self::TooLarge(most) => {
                let message = format!("the body is larger than {most} bytes; split it");
                (StatusCode::PAYLOAD_TOO_LARGE, WireError::new(ErrorCode::TooLarge, message, false))
            }
            Self::TooSlow => {
                let message = "the body did not arrive within 30 s; send it again";
                (StatusCode::REQUEST_TIMEOUT, WireError::new(ErrorCode::BadFrame, message, true))
            }
            Self::Broken => {
                let message = "the body broke off; send it again";
                (StatusCode::BAD_REQUEST, WireError::new(ErrorCode::BadFrame, message, true))
            }
            Self::NotText => {
                let message = "the body is no UTF-8; encode it so";
                (StatusCode::BAD_REQUEST, WireError::new(ErrorCode::BadFrame, message, false))
            }
        };
        error_response(status, &error)
    }
}
