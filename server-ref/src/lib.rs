//! The Steadfast reference server on axum.
#![forbid(unsafe_code)]

#[macro_use]
mod faults;

mod admission;
mod answer;
mod api_keys;
mod app;
mod audit;
mod auth;
mod body;
mod broker;
mod cli;
mod clock;
mod config;
mod dev;
mod draining;
mod exchange;
mod hub;
mod limits;
mod log;
mod metrics;
mod names;
mod permissions;
mod publish;
mod pump;
mod serve;
mod session;
mod socket;
mod state;
#[cfg(test)]
mod testing;

pub use admission::{Admission, ConnectionGuard, Refused};
pub use answer::{error_response, refused_response};
pub use api_keys::{ApiKey, ApiKeys};
pub use app::{app, internal_app};
pub use audit::{Action, Audit, Entrance};
pub use auth::{AuthError, Authenticator, Principal, TokenFault};
pub use body::{BodyError, read_text};
pub use broker::MemoryBroker;
pub use cli::run;
pub use clock::{Clock, wall_millis};
pub use config::{
    Acknowledgements, ApiKeyConfig, AuthConfig, CLIENT_STREAM_BUFFER_BYTES, CLIENT_STREAM_BUFFER_EVENTS,
    Config, ConfigError, Drain, EphemeralRetention, Heartbeat, Limits, LogRetention, MAX_PUBLISH_BODY_BYTES,
    MAX_PUBLISH_ELEMENTS, OriginRule, Poll, Presence, Secret, StateRetention, TokenAlgorithm, TokenKeyConfig,
    TopicPolicy, TopicRule, TopicRules, Totals,
};
pub use dev::{DEV_API_KEY, DevToken};
pub use draining::{Draining, Phase};
pub use exchange::exchange_routes;
pub use hub::{
    Acknowledged, Appended, Attached, ClientKey, Draft, Hub, HubSize, IdemKey, Links, MAX_KEY_LENGTH,
    MAX_RESULTS, Mailbox, Marks, Order, RESULTS_KEPT_MS, Topic, TopicKey, Wakes,
};
pub use limits::TokenBucket;
pub use log::Event;
pub use metrics::{Delivered, HandshakeRefusal, Metrics};
pub use names::{MAX_NAME_LENGTH, NameError, RESERVED_BEGINNINGS, TenantId, TopicName, UserId};
pub use permissions::{MAX_PATTERNS, Pattern, PatternError, Permissions};
pub use publish::{
    MAX_FIELD_BYTES, MAX_IDEMPOTENCY_KEY_BYTES, MAX_TYPE_CHARACTERS, PublishBodyError, PublishRequest,
    Published, Publisher, Target, publish_elements, publish_routes,
};
pub use pump::{Handlers, Outcome, Pod, Request};
pub use serve::{Listeners, serve};
pub use session::{
    Answer, CONTROL_FRAMES, Context, Ending, Frame, MAX_EXCHANGE_FRAMES, Note, Output, Session, Ticket,
};
pub use socket::socket_routes;
pub use state::{ServerState, peer_of};

/// All routes of clients and backends, over a heart of their own with an empty memory, and with these handlers of
/// requests without a topic.
///
/// To be called within a tokio runtime.
///
/// # Errors
/// - [`ConfigError::Invalid`]: a key of the configuration is no key of its algorithm.
pub fn routes(state: &std::sync::Arc<ServerState>, handlers: Handlers) -> Result<axum::Router, ConfigError> {
    let pod = Pod::start(state, handlers)?;
    Ok(publish_routes(state, std::sync::Arc::clone(&pod))
        .merge(socket_routes(&pod))
        .merge(exchange_routes(&pod)))
}
