#![allow(clippy::unwrap_used)]

use axum::body::Body;
use http::HeaderMap;
use http_body_util::BodyExt;
use steadfast_core::Instant;
use tower::ServiceExt;

use super::*;
use crate::config::{Config, OriginRule};

const APP: &str = "https://app.example";

fn state(change: impl FnOnce(&mut Config)) -> Arc<ServerState> {
    let mut config = Config::dev();
    config.origins = vec![OriginRule::try_from(APP.to_owned()).unwrap()];
    change(&mut config);
    ServerState::new(config).unwrap()
}

fn router(state: &Arc<ServerState>) -> Router {
    app(state, Router::new().route("/poll", axum::routing::post(|| async { "polled" })))
}

async fn send(router: Router, request: http::request::Builder) -> (StatusCode, HeaderMap, String) {
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn probes_and_metrics_are_public_without_an_internal_port() {
    let state = state(|_| ());
    for (path, text) in [("/livez", "ok\n"), ("/readyz", "ready\n"), ("/metrics", "# HELP steadfast_")] {
        let (status, _, body) = send(router(&state), Request::get(path)).await;
        assert!(status == StatusCode::OK && body.starts_with(text), "{path}: {status} {body}");
    }
}

#[tokio::test]
async fn with_an_internal_port_they_are_there_alone() {
    let state = state(|config| config.internal_listen = Some(([127, 0, 0, 1], 0).into()));
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(send(router(&state), Request::get(path)).await.0, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(send(internal_app(&state), Request::get(path)).await.0, StatusCode::OK, "{path}");
    }
    assert_eq!(send(internal_app(&state), Request::post("/poll")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_draining_server_lives_but_is_not_ready() {
    let state = state(|_| ());
    state.draining.begin(Instant::from_millis(1));
    let (status, headers, _) = send(router(&state), Request::get("/readyz")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key(RETRY_AFTER));
    assert_eq!(send(router(&state), Request::get("/livez")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_request_with_a_foreign_origin_is_refused() {
    let state = state(|_| ());
    let post = || Request::post("/poll");
    assert_eq!(send(router(&state), post()).await.0, StatusCode::OK);
    assert_eq!(send(router(&state), post().header(ORIGIN, APP)).await.0, StatusCode::OK);
    for origin in ["https://evil.example", "null", "", "https://app.example.evil.example"] {
        let (status, headers, body) = send(router(&state), post().header(ORIGIN, origin)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
        assert!(body.contains(r#""code":"forbidden""#), "{body}");
        assert!(!headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    let handshake = post().header(ORIGIN, "https://evil.example").header(UPGRADE, "websocket");
    send(router(&state), handshake).await;
    assert!(state.metrics.text().contains(r#"steadfast_handshakes_refused_total{reason="origin"} 1"#));
}

#[tokio::test]
async fn preflights_are_answered_for_two_hours() {
    let state = state(|_| ());
    let preflight = |origin: &str| {
        Request::options("/poll")
            .header(ORIGIN, origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
    };
    let (status, headers, _) = send(router(&state), preflight(APP)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["access-control-allow-origin"], APP);
    assert_eq!(headers["access-control-max-age"], "7200");
    assert!(headers["access-control-allow-headers"].to_str().unwrap().contains("content-type"));
    let (_, headers, _) = send(router(&state), preflight("https://evil.example")).await;
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn an_unknown_path_gets_an_error_object() {
    let (status, _, body) = send(router(&state(|_| ())), Request::get("/nowhere")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body.contains(r#""code":"unsupported""#), "{body}");
}
