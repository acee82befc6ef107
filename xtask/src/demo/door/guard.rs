//! Who may knock: a web page of somebody else must not read or disturb the demo, whatever name it gave our address.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::{Door, sentence};

/// Browsers tell by it whose page asks.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what is not addressed to this machine by a name of its own: a foreign name may have been pointed here.
pub(super) async fn check_host(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| is_ours(host, door.listen.ip())) {
        return next.run(request).await;
    }
    let words = format!("the `Host` of a request must be localhost, 127.0.0.1 or {}", door.listen.ip());
    sentence(StatusCode::FORBIDDEN, words)
}

/// Refuses what a page of another site asks.
pub(super) async fn check_origin(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if is_own_page(request.headers(), door.listen.ip()) {
        return next.run(request).await;
    }
    sentence(StatusCode::FORBIDDEN, "pages of other sites may not disturb the demo")
}

fn is_own_page(headers: &HeaderMap, listen: IpAddr) -> bool {
    let site_is_ours = headers.get(SEC_FETCH_SITE).is_none_or(|site| site != "cross-site");
    let origin_is_ours = headers.get(ORIGIN).is_none_or(|origin| {
        let host = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        host.is_some_and(|(_, host)| is_ours(host, listen))
    });
    site_is_ours && origin_is_ours
}

/// Any port will do, so that a page under development can be served by another program of this machine.
fn is_ours(host: &str, listen: IpAddr) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address {
        Ok(address) => address.is_loopback() || address == listen,
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_names_of_this_machine_are_known() {
        let listen = IpAddr::from([192, 168, 1, 7]);
        for host in
            ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:8080", "192.168.1.7:80"]
        {
            assert!(is_ours(host, listen), "{host}");
        }
        let foreign =
            ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080", "10.0.0.1"];
        for host in foreign.into_iter().chain(["user@localhost", "null", "[::2]", "0.0.0.0"]) {
            assert!(!is_ours(host, listen), "{host}");
        }
    }

    #[test]
    fn a_page_of_another_site_is_recognised() {
        let asks = |headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            is_own_page(&headers.collect(), IpAddr::from([127, 0, 0, 1]))
        };
        assert!(asks(&[]), "curl");
        assert!(asks(&[(SEC_FETCH_SITE, "same-origin"), (ORIGIN, "http://127.0.0.1:8080")]));
        assert!(asks(&[(SEC_FETCH_SITE, "none")]), "typed by a person");
        assert!(!asks(&[(SEC_FETCH_SITE, "cross-site")]));
        assert!(!asks(&[(ORIGIN, "https://evil.example")]));
        assert!(!asks(&[(SEC_FETCH_SITE, "same-origin"), (ORIGIN, "null")]), "a page in a sandbox");
    }
}
