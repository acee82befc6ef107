//! The routers: what the public port serves, and what the internal one does.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ORIGIN, RETRY_AFTER, UPGRADE};
use http::{HeaderValue, Method, StatusCode};
use steadfast_core::{ErrorCode, WireError};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::answer::error_response;
use crate::audit::{Action, Audit};
use crate::draining::Phase;
use crate::metrics::HandshakeRefusal;
use crate::state::ServerState;

/// How long a browser may keep the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(7_200);

/// What the public port serves.
///
/// `routes` are those of clients and backends (`publish_routes`, the WebSocket, the exchange); each request to
/// them that carries an `Origin` must carry an allowed one, or is answered 403. Pages of the allowed origins
/// may use them (CORS). The operator's routes are added where no internal port is configured.
pub fn app(state: &Arc<ServerState>, routes: Router) -> Router {
    let guarded = routes
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(state), check_origin))
        .layer(cross_origin(state));
    match state.config.internal_listen {
        Some(_) => guarded,
        // Merged after the layers: a probe needs no origin, and no page may read the metrics.
        None => guarded.merge(operator_routes(state)),
    }
}

/// What the internal port serves: `/metrics`, `/livez` and `/readyz`.
pub fn internal_app(state: &Arc<ServerState>) -> Router {
    operator_routes(state).fallback(not_found)
}

fn operator_routes(state: &Arc<ServerState>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Arc::clone(state))
}

async fn ready(State(state): State<Arc<ServerState>>) -> Response {
    match state.draining.phase() {
        Phase::Serving => "ready\n".into_response(),
        Phase::Draining { .. } | Phase::Closed => {
            (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")], "draining\n").into_response()
        }
    }
}

async fn metrics(State(state): State<Arc<ServerState>>) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, state.metrics.text()).into_response()
}

async fn not_found() -> Response {
    let message = "there is nothing at this path; see the documentation of the endpoints";
    error_response(StatusCode::NOT_FOUND, &WireError::new(ErrorCode::Unsupported, message, false))
}

async fn check_origin(State(state): State<Arc<ServerState>>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(ORIGIN) else {
        return next.run(request).await;
    };
    if is_allowed(&state, origin) {
        return next.run(request).await;
    }
    Audit::denied(None, Action::Connect, &String::from_utf8_lossy(origin.as_bytes()));
    if request.headers().contains_key(UPGRADE) {
        state.metrics.handshake_refused(HandshakeRefusal::Origin);
    }
    let message = "pages of this origin may not connect; add the origin to `origins` in the configuration";
    error_response(StatusCode::FORBIDDEN, &WireError::new(ErrorCode::Forbidden, message, false))
}

fn cross_origin(state: &Arc<ServerState>) -> CorsLayer {
    let state = Arc::clone(state);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| is_allowed(&state, origin)))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([RETRY_AFTER])
        .max_age(PREFLIGHT_AGE)
}

fn is_allowed(state: &ServerState, origin: &HeaderValue) -> bool {
    let origin = origin.to_str().ok();
    origin.is_some_and(|origin| state.config.origins.iter().any(|rule| rule.allows(origin)))
}
