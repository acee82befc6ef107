//! What the server counts, as text for Prometheus.

mod labels;
#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::StatusCode;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use steadfast_core::{AckState, ErrorCode, GapReason, TopicClass};

use labels::{Class, Code, Kind, Number, Outcome, Reason, Tenant, Tenants, Word};
pub use labels::{Delivered, HandshakeRefusal};

use crate::auth::AuthError;
use crate::draining::Phase;
use crate::names::TenantId;

/// The buckets of durations: from a publish in memory to a long poll.
const SECONDS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 10.0, 30.0];

/// The server's metrics: one method for each thing that happens.
///
/// Everything can be called from any thread. What happens once an event (delivery) is a bare atomic
/// addition; the rest looks up a label under a short lock.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    tenants: Tenants,
    connections: Family<Tenant, Gauge>,
    connections_opened: Family<Tenant, Counter>,
    connections_closed: Family<Code, Counter>,
    handshakes_refused: Family<Reason, Counter>,
    authentication_failures: Family<Reason, Counter>,
    events_published: Family<Class, Counter>,
    bytes_published: Counter,
    socket: Traffic,
    exchange: Traffic,
    exchange_seconds: Histogram,
    exchanges_refused: Counter,
    publish_requests: Family<Code, Counter>,
    publish_seconds: Histogram,
    gaps: Family<Reason, Counter>,
    rewinds: Counter,
    slow_readers_closed: Counter,
    acknowledgements: Family<Kind, Counter>,
    message_results: Family<Outcome, Counter>,
    bad_frames: Family<Reason, Counter>,
    unknown_frames: Counter,
    unknown_fields: Counter,
    drain_phase: Gauge,
    log_topics: Gauge<u64, AtomicU64>,
    log_bytes: Gauge<u64, AtomicU64>,
}

#[derive(Debug, Clone)]
struct Traffic {
    events: Counter,
    bytes: Counter,
}

impl Metrics {
    /// Metrics that all stand at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("steadfast");
        let r = &mut registry;
        Self {
            tenants: Tenants::default(),
            connections: add(r, "connections", "WebSockets open now, by tenant"),
            connections_opened: add(r, "connections_opened", "WebSockets that said a valid hello, by tenant"),
            connections_closed: add(r, "connections_closed", "WebSockets that ended, by close code"),
            handshakes_refused: add(r, "handshakes_refused", "Handshakes answered without an upgrade"),
            authentication_failures: add(r, "authentication_failures", "Tokens and API keys refused"),
            events_published: add(r, "events_published", "Events appended, by class of topic"),
            bytes_published: add(r, "bytes_published", "Bytes of events appended, as encoded"),
            socket: Traffic {
                events: add(r, "socket_events_delivered", "Events written to WebSockets"),
                bytes: add(r, "socket_bytes_delivered", "Bytes written to WebSockets"),
            },
            exchange: Traffic {
                events: add(r, "exchange_events_delivered", "Events in answers of exchanges"),
                bytes: add(r, "exchange_bytes_delivered", "Bytes of answers of exchanges"),
            },
            exchange_seconds: add_histogram(
                r,
                "exchange_seconds",
                "How long exchanges took, long polls included",
            ),
            exchanges_refused: add(r, "exchanges_refused", "Exchanges beyond as many as there may be"),
            publish_requests: add(r, "publish_requests", "Backend publish requests, by HTTP status"),
            publish_seconds: add_histogram(r, "publish_seconds", "How long backend publish requests took"),
            gaps: add(r, "gaps", "Gaps told to clients, by reason"),
            rewinds: add(r, "reader_rewinds", "Slow readers that went on from the log"),
            slow_readers_closed: add(r, "slow_readers_closed", "Connections closed for taking nothing"),
            acknowledgements: add(r, "acknowledgements", "Acknowledgements of events, by state"),
            message_results: add(
                r,
                "message_results",
                "Results of client messages: ok, duplicate or error code",
            ),
            bad_frames: add(r, "bad_frames", "Frames that break the protocol, by error code"),
            unknown_frames: add(r, "unknown_frames", "Frames of unknown type, ignored"),
            unknown_fields: add(r, "unknown_fields", "Unknown fields in publish requests, ignored"),
            drain_phase: add(r, "drain_phase", "0 serving, 1 draining, 2 closed"),
            log_topics: add(r, "log_topics", "Topics held in memory"),
            log_bytes: add(r, "log_bytes", "Bytes of events held in memory"),
            registry,
        }
    }

    /// The metrics in the Prometheus text format, version 0.0.4.
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry).expect("writing to a String cannot fail");
        text
    }

    /// A WebSocket's hello was accepted.
    pub fn connection_opened(&self, tenant: &TenantId) {
        let tenant = self.tenants.label(tenant);
        self.connections.get_or_create(&tenant).inc();
        self.connections_opened.get_or_create(&tenant).inc();
    }

    /// A WebSocket ended with this code (1006 without one); `tenant` where its hello had been accepted.
    pub fn connection_closed(&self, tenant: Option<&TenantId>, code: u16) {
        if let Some(tenant) = tenant {
            self.connections.get_or_create(&self.tenants.label(tenant)).dec();
        }
        self.connections_closed.get_or_create(&Code { code: Number::close_code(code) }).inc();
    }

    /// A handshake was answered without an upgrade.
    pub fn handshake_refused(&self, refusal: HandshakeRefusal) {
        self.handshakes_refused.get_or_create(&Reason { reason: refusal.word() }).inc();
    }

    /// A token was refused.
    pub fn authentication_failed(&self, error: AuthError) {
        let reason = Word(match error {
            AuthError::TokenExpired => "token_expired",
            AuthError::Unauthorized(_) => "unauthorized",
        });
        self.authentication_failures.get_or_create(&Reason { reason }).inc();
    }

    /// An API key was refused.
    pub fn api_key_failed(&self) {
        self.authentication_failures.get_or_create(&Reason { reason: Word("api_key") }).inc();
    }

    /// An event of so many bytes was appended.
    pub fn event_published(&self, class: TopicClass, bytes: usize) {
        self.events_published.get_or_create(&Class { class: labels::class(class) }).inc();
        self.bytes_published.inc_by(whole(bytes));
    }

    /// Events were written, with so many bytes together; control frames count as bytes alone.
    pub fn events_delivered(&self, way: Delivered, events: usize, bytes: usize) {
        let traffic = match way {
            Delivered::WebSocket => &self.socket,
            Delivered::Exchange => &self.exchange,
        };
        traffic.events.inc_by(whole(events));
        traffic.bytes.inc_by(whole(bytes));
    }

    /// An exchange was answered.
    pub fn exchange_answered(&self, took: Duration) {
        self.exchange_seconds.observe(took.as_secs_f64());
    }

    /// An exchange was refused because too many were under way.
    pub fn exchange_refused(&self) {
        self.exchanges_refused.inc();
    }

    /// A backend publish was answered.
    pub fn publish_answered(&self, status: StatusCode, took: Duration) {
        self.publish_requests.get_or_create(&Code { code: Number::status(status) }).inc();
        self.publish_seconds.observe(took.as_secs_f64());
    }

    /// A client was told of a gap.
    pub fn gap(&self, reason: GapReason) {
        self.gaps.get_or_create(&Reason { reason: labels::gap(reason) }).inc();
    }

    /// A slow reader went on from the log.
    pub fn reader_rewound(&self) {
        self.rewinds.inc();
    }

    /// A connection was closed because its peer took nothing.
    pub fn slow_reader_closed(&self) {
        self.slow_readers_closed.inc();
    }

    /// Events were acknowledged.
    pub fn acknowledged(&self, state: AckState, events: usize) {
        self.acknowledgements
            .get_or_create(&Kind { state: labels::acknowledgement(state) })
            .inc_by(whole(events));
    }

    /// A client message took effect; `duplicate` when its result was known already.
    pub fn message_accepted(&self, duplicate: bool) {
        let outcome = Word(if duplicate { "duplicate" } else { "ok" });
        self.message_results.get_or_create(&Outcome { outcome }).inc();
    }

    /// A client message was answered with an error.
    pub fn message_failed(&self, code: &ErrorCode) {
        self.message_results.get_or_create(&Outcome { outcome: labels::error(code) }).inc();
    }

    /// A frame, or an element of a publish, broke the protocol.
    pub fn bad_frame(&self, code: &ErrorCode) {
        self.bad_frames.get_or_create(&Reason { reason: labels::error(code) }).inc();
    }

    /// A frame of unknown type was ignored.
    pub fn unknown_frame(&self) {
        self.unknown_frames.inc();
    }

    /// Unknown fields of a publish were ignored.
    pub fn unknown_fields(&self, count: usize) {
        self.unknown_fields.inc_by(whole(count));
    }

    /// The server's phase changed.
    pub fn phase_changed(&self, phase: Phase) {
        self.drain_phase.set(match phase {
            Phase::Serving => 0,
            Phase::Draining { .. } => 1,
            Phase::Closed => 2,
        });
    }

    /// What the logs hold now.
    pub fn logs_hold(&self, topics: usize, bytes: usize) {
        self.log_topics.set(whole(topics));
        self.log_bytes.set(whole(bytes));
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Registers a metric that shares its value with the copy that is returned.
fn add<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn add_histogram(registry: &mut Registry, name: &str, help: &str) -> Histogram {
    let histogram = Histogram::new(SECONDS);
    registry.register(name, help, histogram.clone());
    histogram
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
