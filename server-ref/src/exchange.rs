//! `POST /api/v1/notifications/poll`: a whole conversation in one request and its answer.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use steadfast_core::json::encode_server;
use steadfast_core::{CloseCode, Payload, ServerFrame};
use tokio::time::{Instant, timeout_at};

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

/// When a client comes back to a server that drains, in seconds: another has its place then.
const DRAIN_RETRY_SECONDS: &str = "5";

/// The route of the exchange.
///
/// The body is an array of client frames, `rt.hello` first; the answer is one of server frames.
///
/// | status | when |
/// |---|---|
/// | 200 | `rt.welcome`, results and events; `rt.more` last where there are more |
/// | 400 | no frames, or no hello first |
/// | 401, 403 | the token was refused; the version is not spoken |
/// | 413 | the body is too large |
/// | 503 | the server drains; see `Retry-After` |
pub fn exchange_routes(pod: &Arc<Pod>) -> Router {
    Router::new().route("/api/v1/notifications/poll", post(answer)).with_state(Arc::clone(pod))
}

async fn answer(State(pod): State<Arc<Pod>>, request: Request) -> Response {
    let began = Instant::now();
    let limits = &pod.state.config.limits;
    // An outbox of the client's default size comes along with the hello.
    let most = 2 * limits.max_frame_bytes as usize + limits.max_hello_bytes as usize;
    let peer = peer_of(request.extensions());
    let body = match read_text(request.into_body(), most).await {
        Ok(body) => body,
        Err(error) => return error.to_response(),
    };
    let mut exchange = Exchange { driven: pod.drive(Entrance::Exchange, peer), answer: Answer::default() };
    exchange.begin(&body);
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
        self.driven.perform_outputs(now);
        while !self.answer.full
            && let Some(frame) = self.driven.session.poll_frame(now)
        {
            match frame {
                Frame::Control(text) => self.answer.push(&text),
                Frame::Event(event) => self.answer.push_event(event.text()),
            }
            self.driven.perform_outputs(now);
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
    if text.is_empty() {
        text.push('[');
    }
    text.push(']');
    let status = ending.map_or(StatusCode::OK, |ending| status_of(ending.code));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let mut response = (status, headers, text).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(DRAIN_RETRY_SECONDS));
    }
    response
}

/// The HTTP status that stands for a close code.
fn status_of(code: u16) -> StatusCode {
    match code {
        CloseCode::BAD_FRAMES => StatusCode::BAD_REQUEST,
        CloseCode::UNAUTHORIZED => StatusCode::UNAUTHORIZED,
        CloseCode::FORBIDDEN | CloseCode::VERSION => StatusCode::FORBIDDEN,
        CloseCode::TOO_BIG => StatusCode::PAYLOAD_TOO_LARGE,
        CloseCode::DRAINING | 1012 => StatusCode::SERVICE_UNAVAILABLE,
        // The exchange's own end.
        _ => StatusCode::OK,
    }
}
