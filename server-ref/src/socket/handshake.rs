//! The handshake's rules (RFC 6455, section 4.2).

use axum::response::{IntoResponse, Response};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use steadfast_core::{ErrorCode, WireError};
use tungstenite::handshake::derive_accept_key;

use crate::answer::error_response;

/// The one subprotocol that there is.
const SUBPROTOCOL: &str = "steadfast.v1";

/// A handshake that is accepted: its answer.
#[derive(Debug)]
pub(super) struct Accepted {
    key: HeaderValue,
    /// Whether the client speaks this protocol. If not it is told by a close code, which browsers can see.
    pub(super) subprotocol: bool,
}

/// Judges a handshake.
///
/// # Errors
/// - The answer to give instead: 400, or 426 for another version.
pub(super) fn accept(headers: &HeaderMap) -> Result<Accepted, Box<Response>> {
    if !has_token(headers, &CONNECTION, "upgrade") || !has_token(headers, &UPGRADE, "websocket") {
        return Err(refuse("this path is for WebSockets; send an upgrade"));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let mut refusal = refuse("the version of the WebSocket protocol must be 13");
        *refusal.status_mut() = StatusCode::UPGRADE_REQUIRED;
        refusal.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return Err(refusal);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).filter(|key| key.len() == 24);
    let Some(key) = key else {
        return Err(refuse("the header Sec-WebSocket-Key must be 16 bytes in base64"));
    };
    let key = HeaderValue::from_str(&derive_accept_key(key)).expect("base64 is plain text");
    let subprotocol = has_token(headers, &SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
    Ok(Accepted { key, subprotocol })
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        let headers = [
            (CONNECTION, HeaderValue::from_static("upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, self.key),
        ];
        let mut response = (StatusCode::SWITCHING_PROTOCOLS, headers).into_response();
        if self.subprotocol {
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        }
        response
    }
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}

fn refuse(message: &str) -> Box<Response> {
    Box::new(error_response(StatusCode::BAD_REQUEST, &WireError::new(ErrorCode::BadFrame, message, false)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    const GOOD: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn a_good_handshake_is_answered_with_the_key_of_the_rfc() {
        let answer = accept(&headers(&GOOD)).unwrap().into_response();
        assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(answer.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(!answer.headers().contains_key(SEC_WEBSOCKET_PROTOCOL));
    }

    #[test]
    fn the_subprotocol_is_selected_where_it_is_offered() {
        let with = |offer| headers(&[&GOOD[..], &[("sec-websocket-protocol", offer)]].concat());
        let answer = accept(&with("other, steadfast.v1")).unwrap().into_response();
        assert_eq!(answer.headers()[SEC_WEBSOCKET_PROTOCOL], "steadfast.v1");
        assert!(!accept(&with("other")).unwrap().subprotocol);
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        for (left_out, _) in GOOD {
            let list: Vec<_> = GOOD.into_iter().filter(|(name, _)| *name != left_out).collect();
            let status = accept(&headers(&list)).unwrap_err().status();
            let expected = match left_out {
                "sec-websocket-version" => StatusCode::UPGRADE_REQUIRED,
                _ => StatusCode::BAD_REQUEST,
            };
            assert_eq!(status, expected, "without {left_out}");
        }
    }
}
