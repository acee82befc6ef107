//! Answers that the HTTP routes share: errors as objects of the protocol.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use steadfast_core::{ErrorCode, WireError};

use crate::admission::Refused;

/// The protocol's error object as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorBody<'a> {
    code: &'a str,
    message: &'a str,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

impl<'a> From<&'a WireError> for ErrorBody<'a> {
    fn from(error: &'a WireError) -> Self {
        Self {
            code: error.code.as_str(),
            message: &error.message,
            retryable: error.retryable,
            retry_after_ms: error.retry_after_ms,
        }
    }
}

/// An HTTP answer `{"error": {…}}`, with `Retry-After` where the error says when to retry.
pub fn error_response(status: StatusCode, error: &WireError) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        error: ErrorBody<'a>,
    }
    let mut response = (status, Json(Body { error: error.into() })).into_response();
    if let Some(millis) = error.retry_after_ms {
        // Whole seconds, rounded up: earlier would be refused again.
        let seconds = HeaderValue::from(millis.div_ceil(1_000));
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

/// The answer to a handshake that is not let in: 503 with `Retry-After`.
pub fn refused_response(refused: Refused) -> Response {
    let message = match refused {
        Refused::Full => "the server has as many connections as it takes; retry later",
        Refused::TooFast { .. } => "too many connections are opened just now; retry later",
    };
    let retry_after_ms = Some(refused.retry_after_ms());
    let error = WireError { retry_after_ms, ..WireError::new(ErrorCode::Unavailable, message, true) };
    error_response(StatusCode::SERVICE_UNAVAILABLE, &error)
}
