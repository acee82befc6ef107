//! `POST /api/v1/notifications/poll`: a whole conversation in one request and its answer.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use steadfast_core::json::encode_server;
use steadfast_core::{CloseCode, ErrorCode, Payload, ServerFrame, WireError};
use tokio::time::{Instant, timeout_at};

use crate::answer::error_response;
use crate::audit::Entrance;
use crate::body::read_text;
use crate::metrics::Delivered;
use crate::pump::{Driven, Pod};
use crate::session::{Ending, Frame};
use crate::state::peer_of;

/// The most events in one answer.
const MAX_EVENTS: usize = 1_000;

/// The most bytes in one answer; one event is given whatever its size.
const MAX_BYTES: usize = 512 * 1024;

/// How long a long poll goes on after its first event, so that a burst comes in one answer.
const GATHER: Duration = Duration::from_millis(20);

/// How long an answer waits for the results of handlers.
const HANDLERS: Duration = Duration::from_secs(5);

/// The route of the exchange.
///
/// The body is an array of client frames, `rt.hello` first; the answer is one of server frames.
///
/// | status | when |
/// |---|---|
/// | 200 | `rt.welcome`, results and events; `rt.more` last where there are more. Or `rt.bye` alone: 4503 while the server drains, 4406 for another version |
/// | 400 | no array of frames, or no hello first |
/// | 401 | the token was refused |
/// | 413 | the body is larger than a frame may be |
/// | 429 | the user sends too many frames by exchanges; see `Retry-After` |
/// | 503 | too many exchanges are under way; see `Retry-After` |
pub fn exchange_routes(pod: &Arc<Pod>) -> Router {
    Router::new().route("/api/v1/notifications/poll", post(answer)).with_state(Arc::clone(pod))
}

async fn answer(State(pod): State<Arc<Pod>>, request: Request) -> Response {
    let began = Instant::now();
    // Before the body: one that comes slowly takes a place too.
    let _place = match pod.state.admit_exchange() {
        Ok(place) => place,
        Err(refusal) => return *refusal,
    };
    let most = pod.state.config.limits.max_frame_bytes as usize;
    let peer = peer_of(request.extensions());
    let body = match read_text(request.into_body(), most).await {
        Ok(body) => body,
        Err(error) => return error.to_response(),
    };
    if !body.trim_start().starts_with('[') {
        let message = "the body must be an array of frames, rt.hello first";
        pod.state.metrics.bad_frame(&ErrorCode::BadFrame);
        return error_response(StatusCode::BAD_REQUEST, &WireError::new(ErrorCode::BadFrame, message, false));
    }
    let mut exchange = Exchange { driven: pod.drive(Entrance::Exchange, peer), answer: Answer::default() };
    exchange.begin(&body);
    exchange.wait_for_handlers().await;
    exchange.wait().await;
    let response = exchange.finish();
    pod.state.metrics.exchange_answered(began.elapsed());
    response
}

struct Exchange {
    driven: Driven,
    answer: Answer,
}

#[derive(Default)]
struct Answer {
    text: String,
    events: usize,
    full: bool,
}

impl Exchange {
    fn begin(&mut self, body: &str) {
        let now = self.driven.pod.state.clock.now();
        self.driven.session.handle_text(body, now);
        self.collect();
    }

    /// Waits for the results of handlers.
    async fn wait_for_handlers(&mut self) {
        let deadline = Instant::now() + HANDLERS;
        while self.driven.session.awaits_handlers() && !self.must_answer() {
            if timeout_at(deadline, self.mail()).await.is_err() {
                break;
            }
            self.collect();
        }
        self.driven.session.give_up_handlers();
        self.collect();
    }

    /// Waits for the first event of a long poll, and a little longer for what follows it.
    async fn wait(&mut self) {
        let wait = Duration::from_millis(self.driven.session.wait_ms());
        if self.answer.events > 0 || wait.is_zero() {
            return;
        }
        let deadline = Instant::now() + wait;
        while self.answer.events == 0 && !self.must_answer() {
            if timeout_at(deadline, self.mail()).await.is_err() {
                return;
            }
            self.collect();
        }
        let deadline = deadline.min(Instant::now() + GATHER);
        while !self.answer.full && !self.must_answer() && timeout_at(deadline, self.mail()).await.is_ok() {
            self.collect();
        }
    }

    fn finish(mut self) -> Response {
        self.driven.session.handle_closed();
        let ending = self.driven.session.ending().cloned();
        if self.answer.full {
            self.answer.push(&encode_server(&ServerFrame::<Payload>::More));
        }
        let bytes = self.answer.text.len();
        self.driven.pod.state.metrics.events_delivered(Delivered::Exchange, self.answer.events, bytes);
        respond(ending.as_ref(), self.answer.text)
    }

    /// Takes what the session gives. One event beyond what fits shows that there is more, and is left to the next
    /// exchange, whose cursor says where to go on.
    fn collect(&mut self) {
        let now = self.driven.pod.state.clock.now();
        self.driven.take_mail(now);
        while !self.answer.full
            && let Some(frame) = self.driven.poll_frame(now)
        {
            match frame {
                Frame::Control(text) => self.answer.push(&text),
                Frame::Event(event) => self.answer.push_event(event.text()),
            }
        }
    }

    /// Resolves when the mailbox holds something.
    async fn mail(&self) {
        std::future::poll_fn(|context| {
            self.driven.mailbox.register(context.waker());
            if self.driven.mailbox.is_scheduled() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn must_answer(&self) -> bool {
        self.driven.session.ending().is_some() || self.driven.pod.context.drain_deadline().is_some()
    }
}

impl Answer {
    fn push(&mut self, frame: &str) {
        self.text.push(if self.text.is_empty() { '[' } else { ',' });
        self.text.push_str(frame);
    }

    fn push_event(&mut self, frame: &str) {
        let too_large = self.text.len() + frame.len() > MAX_BYTES;
        if self.events > 0 && (self.events == MAX_EVENTS || too_large) {
            self.full = true;
            return;
        }
        self.events += 1;
        self.push(frame);
    }
}

fn respond(ending: Option<&Ending>, mut text: String) -> Response {
    if let Some(ending) = ending
        && let Some((status, code)) = refusal_of(ending.code)
    {
        let retry_after_ms = ending.reconnect_after_ms;
        let error =
            WireError { retry_after_ms, ..WireError::new(code, &*ending.reason, retry_after_ms.is_some()) };
        return error_response(status, &error);
    }
    text.push(']');
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, text).into_response()
}

/// The HTTP status that stands for a close code, where one does; other ends are told by `rt.bye` in a 200.
fn refusal_of(code: u16) -> Option<(StatusCode, ErrorCode)> {
    match code {
        CloseCode::BAD_FRAMES => Some((StatusCode::BAD_REQUEST, ErrorCode::BadFrame)),
        CloseCode::UNAUTHORIZED => Some((StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized)),
        CloseCode::RATE_LIMITED => Some((StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited)),
        _ => None,
    }
}
