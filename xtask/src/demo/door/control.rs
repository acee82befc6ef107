//! `/demo/…`: what a person at the page asks of the demo itself.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::burst::{self, Burst};
use super::pages::{PageId, Way};
use super::proxy::refused;
use super::{Door, sentence};
use crate::demo::Occurrence;
use crate::demo::programs::Tenant;

const MOST_BODY_BYTES: usize = 4_096;
/// Short, so that its renewal is seen.
const TOKEN_LIFE: Duration = Duration::from_secs(120);
const MOST_USER_LENGTH: usize = 32;

/// The routes of the demo itself.
pub(super) fn routes() -> Router<Arc<Door>> {
    Router::new()
        .route("/demo/token", post(token))
        .route("/demo/way/{page}", get(way).post(set_way))
        .route("/demo/cut/{page}", post(cut))
        .route("/demo/burst", post(publish_burst))
        .route("/demo/kill", post(kill))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    console: Console,
    user: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BurstRequest {
    console: Console,
    count: u32,
}

/// One of the page's two consoles.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Console {
    Operations,
    Hospital,
}

impl Console {
    fn tenant(self) -> Tenant {
        match self {
            Self::Operations => Tenant::Operations,
            Self::Hospital => Tenant::Hospital,
        }
    }
}

async fn token(State(door): State<Arc<Door>>, request: Request) -> Response {
    let asked: TokenRequest = match read(request, r#"{"console":"operations","user":"ana"}"#).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=MOST_USER_LENGTH).contains(&asked.user.len()) || !asked.user.bytes().all(allowed) {
        return sentence(StatusCode::BAD_REQUEST, "`user` must be 1 to 32 of a-z, 0-9 and `-`");
    }
    let made = tokio::task::spawn_blocking(move || {
        door.programs.token(asked.console.tenant(), &asked.user, TOKEN_LIFE)
    });
    match made.await {
        Ok(Ok(token)) => ([(CACHE_CONTROL, "no-store")], token).into_response(),
        Ok(Err(failure)) => sentence(StatusCode::INTERNAL_SERVER_ERROR, failure),
        Err(_) => sentence(StatusCode::INTERNAL_SERVER_ERROR, "no token could be made"),
    }
}

async fn way(State(door): State<Arc<Door>>, Path(page): Path<String>) -> Response {
    match PageId::parse(&page) {
        Some(page) => Json(door.pages.way(&page)).into_response(),
        None => bad_page(),
    }
}

async fn set_way(State(door): State<Arc<Door>>, Path(page): Path<String>, request: Request) -> Response {
    let Some(page) = PageId::parse(&page) else { return bad_page() };
    let way: Way = match read(request, r#"{"websockets":true,"network":true}"#).await {
        Ok(way) => way,
        Err(answer) => return answer,
    };
    match door.pages.set_way(&page, way) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refused(refusal),
    }
}

async fn cut(State(door): State<Arc<Door>>, Path(page): Path<String>) -> Response {
    match PageId::parse(&page) {
        Some(page) => Json(json!({"cut": door.pages.cut(&page)})).into_response(),
        None => bad_page(),
    }
}

async fn publish_burst(State(door): State<Arc<Door>>, request: Request) -> Response {
    let asked: BurstRequest = match read(request, r#"{"console":"operations","count":1000}"#).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    let Some(burst) = Burst::new(asked.console.tenant(), asked.count) else {
        return sentence(StatusCode::BAD_REQUEST, "`count` must be from 1 to 10000");
    };
    match burst::publish(&door.server, &burst).await {
        Ok(()) => Json(json!({"run": burst.run(), "published": burst.count()})).into_response(),
        Err(error) => sentence(StatusCode::BAD_GATEWAY, error),
    }
}

async fn kill(State(door): State<Arc<Door>>) -> Response {
    match door.stage.send(Occurrence::KillAsked) {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(_) => sentence(StatusCode::SERVICE_UNAVAILABLE, "the demo is ending"),
    }
}

fn bad_page() -> Response {
    sentence(StatusCode::BAD_REQUEST, "a page's id is 1 to 64 letters, digits and hyphens")
}

/// Reads a body that must look like the example.
async fn read<T: DeserializeOwned>(request: Request, example: &str) -> Result<T, Response> {
    let bad = |why: &dyn std::fmt::Display| {
        sentence(StatusCode::BAD_REQUEST, format!("the body must be like {example}: {why}"))
    };
    let body = axum::body::to_bytes(request.into_body(), MOST_BODY_BYTES).await;
    let body = body.map_err(|_| bad(&"it is longer than 4096 bytes or broke off"))?;
    serde_json::from_slice(&body).map_err(|error| bad(&error))
}
