//! `POST /api/v1/publish`: how backends publish.

mod request;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use steadfast_core::{Cursor, ErrorCode, WireError};
use tokio::time::Instant;

pub use request::{
    MAX_FIELD_BYTES, MAX_IDEMPOTENCY_KEY_BYTES, MAX_TYPE_CHARACTERS, PublishBodyError, PublishRequest,
    Target, publish_elements,
};

use crate::answer::{ErrorBody, error_response};
use crate::api_keys::ApiKey;
use crate::audit::Audit;
use crate::body::read_text;
use crate::config::MAX_PUBLISH_BODY_BYTES;
use crate::limits::TokenBucket;
use crate::state::{ServerState, peer_of};

/// Takes events from backends; the hub in a server, a list in a test.
pub trait Publisher: Send + Sync + 'static {
    /// Publishes in this order, each on its own: one that fails does not hold up the others.
    ///
    /// Resolves after the broker has accepted or refused each, with one result for each request, in the order
    /// of the requests. `api_key` is the name of the key they came with: idempotency keys are apart by it.
    fn publish(
        &self,
        api_key: &str,
        requests: Vec<PublishRequest>,
    ) -> impl Future<Output = Vec<Result<Published, WireError>>> + Send;
}

/// An event that the broker accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The event's id, unique in the tenant.
    pub id: String,
    /// Where it stands in its topic; none in an ephemeral topic.
    pub position: Option<Cursor>,
    /// It had been accepted before, under the same idempotency key; nothing was appended now.
    pub duplicate: bool,
}

/// The route `POST /api/v1/publish`.
///
/// | status | when |
/// |---|---|
/// | 200 | `{"results": […]}` in the order of the input; see below |
/// | 400 | the body is not valid JSON, or broke off |
/// | 401 | `X-API-Key` is missing or not known |
/// | 403 | the key may not publish to any of the tenants named |
/// | 408 | the body did not arrive within 30 s |
/// | 413 | the body is larger than 4 MiB or has more than 1,000 elements |
/// | 429 | the key publishes too fast; see `Retry-After` |
///
/// A result is `{ok: true, id, epoch, offset, duplicate?}` or `{ok: false, error}`; other answers than 200 are `{"error": {…}}`, and nothing was published.
pub fn publish_routes<P: Publisher>(state: &Arc<ServerState>, publisher: Arc<P>) -> Router {
    let rate = state.config.limits.api_publishes_per_second;
    let now = state.clock.monotonic();
    let buckets = (0..state.api_keys.count()).map(|_| Mutex::new(TokenBucket::new(rate, now))).collect();
    let gate = Arc::new(Gate { state: Arc::clone(state), publisher, buckets });
    Router::new().route("/api/v1/publish", post(answer::<P>)).with_state(gate)
}

struct Gate<P> {
    state: Arc<ServerState>,
    publisher: Arc<P>,
    /// One for each API key, in the order of the configuration.
    buckets: Vec<Mutex<TokenBucket>>,
}

impl<P> fmt::Debug for Gate<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Gate").field("state", &self.state).finish_non_exhaustive()
    }
}

async fn answer<P: Publisher>(State(gate): State<Arc<Gate<P>>>, request: Request) -> Response {
    let began = Instant::now();
    let response = gate.handle(request).await.unwrap_or_else(|refusal| *refusal);
    gate.state.metrics.publish_answered(response.status(), began.elapsed());
    response
}

impl<P: Publisher> Gate<P> {
    async fn handle(&self, request: Request) -> Result<Response, Box<Response>> {
        let peer = peer_of(request.extensions());
        let (index, key) = self.key_of(request.headers(), peer)?;
        let body = read_text(request.into_body(), MAX_PUBLISH_BODY_BYTES).await;
        let body = body.map_err(|error| Box::new(error.to_response()))?;
        let elements = publish_elements(&body).map_err(|error| {
            self.state.metrics.bad_frame(&error.to_wire().code);
            refuse(status_of(error), &error.to_wire())
        })?;
        self.take_rate(index, elements.len())?;
        let judged: Vec<_> = elements.into_iter().map(|element| self.judge(key, element)).collect();
        if let Some(refusal) = refused_as_a_whole(&judged) {
            return Err(refusal);
        }
        let results = self.publish(key.name(), judged).await;
        let accepted = results.iter().filter(|result| result.is_ok()).count();
        Audit::published(key.name(), accepted, results.len() - accepted);
        Ok(results_response(&results))
    }

    fn key_of(
        &self,
        headers: &HeaderMap,
        peer: Option<SocketAddr>,
    ) -> Result<(usize, &ApiKey), Box<Response>> {
        let presented = headers.get("x-api-key").and_then(|value| value.to_str().ok());
        presented.and_then(|presented| self.state.api_keys.find(presented)).ok_or_else(|| {
            self.state.metrics.api_key_failed();
            Audit::api_key_refused(peer);
            let message = match presented {
                None => "the header X-API-Key is missing; add it",
                Some(_) => "the API key is not known here; check it",
            };
            refuse(StatusCode::UNAUTHORIZED, &WireError::new(ErrorCode::Unauthorized, message, false))
        })
    }

    fn take_rate(&self, index: usize, count: usize) -> Result<(), Box<Response>> {
        // Whole numbers under the lock: a panic elsewhere leaves them sound.
        let mut bucket = self.buckets[index].lock().unwrap_or_else(PoisonError::into_inner);
        // An empty batch counts as one event, or it would be free.
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        bucket.take(count, self.state.clock.monotonic()).map_err(|retry_after_ms| {
            let message = "the API key publishes too fast; retry later";
            let error = WireError {
                retry_after_ms: Some(retry_after_ms),
                ..WireError::new(ErrorCode::RateLimited, message, true)
            };
            refuse(StatusCode::TOO_MANY_REQUESTS, &error)
        })
    }

    fn judge(&self, key: &ApiKey, element: &RawValue) -> Judged {
        let most = usize::try_from(self.state.config.limits.max_frame_bytes).unwrap_or(usize::MAX);
        match PublishRequest::parse(element, most) {
            Ok((request, _)) if !key.may_publish_to(&request.tenant) => {
                Audit::api_key_denied(key.name(), &request.tenant);
                Judged::ForeignTenant
            }
            Ok((request, unknown)) => {
                self.state.metrics.unknown_fields(unknown);
                Judged::Good(Box::new(request))
            }
            Err(error) => {
                self.state.metrics.bad_frame(&error.code);
                Judged::Bad(error)
            }
        }
    }

    /// Publishes the good ones, and puts all results in the order of the input.
    async fn publish(&self, api_key: &str, judged: Vec<Judged>) -> Vec<Result<Published, WireError>> {
        let mut good = Vec::with_capacity(judged.len());
        let mut refused = Vec::with_capacity(judged.len());
        for element in judged {
            refused.push(match element {
                Judged::Good(request) => {
                    good.push(*request);
                    None
                }
                Judged::ForeignTenant => Some(foreign_tenant()),
                Judged::Bad(error) => Some(error),
            });
        }
        let mut published = match good.is_empty() {
            true => Vec::new().into_iter(),
            false => self.publisher.publish(api_key, good).await.into_iter(),
        };
        let mut next = || {
            let missing = || WireError::new(ErrorCode::Internal, "the broker gave no result; retry", true);
            published.next().unwrap_or_else(|| Err(missing()))
        };
        refused.into_iter().map(|error| error.map_or_else(&mut next, Err)).collect()
    }
}

enum Judged {
    Good(Box<PublishRequest>),
    ForeignTenant,
    Bad(WireError),
}

fn refused_as_a_whole(judged: &[Judged]) -> Option<Box<Response>> {
    let foreign = judged.iter().all(|element| matches!(element, Judged::ForeignTenant));
    (foreign && !judged.is_empty()).then(|| refuse(StatusCode::FORBIDDEN, &foreign_tenant()))
}

fn foreign_tenant() -> WireError {
    let message = "the API key may not publish to this tenant; use the tenant's own key";
    WireError::new(ErrorCode::Forbidden, message, false)
}

fn status_of(error: PublishBodyError) -> StatusCode {
    match error {
        PublishBodyError::NotJson => StatusCode::BAD_REQUEST,
        PublishBodyError::TooMany(_) => StatusCode::PAYLOAD_TOO_LARGE,
    }
}

fn refuse(status: StatusCode, error: &WireError) -> Box<Response> {
    Box::new(error_response(status, error))
}

fn results_response(results: &[Result<Published, WireError>]) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        results: Vec<Element<'a>>,
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Element<'a> {
        Accepted {
            ok: bool,
            id: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            epoch: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            offset: Option<u64>,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            duplicate: bool,
        },
        Refused {
            ok: bool,
            error: ErrorBody<'a>,
        },
    }
    let results = results.iter().map(|result| match result {
        Ok(published) => Element::Accepted {
            ok: true,
            id: &published.id,
            epoch: published.position.as_ref().map(|position| &*position.epoch),
            offset: published.position.as_ref().map(|position| position.offset),
            duplicate: published.duplicate,
        },
        Err(error) => Element::Refused { ok: false, error: error.into() },
    });
    Json(Body { results: results.collect() }).into_response()
}
