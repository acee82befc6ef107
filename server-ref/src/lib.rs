//! The Steadfast reference server on axum.
#![forbid(unsafe_code)]

mod admission;
mod answer;
mod api_keys;
mod app;
mod audit;
mod auth;
mod body;
mod cli;
mod clock;
mod config;
mod dev;
mod draining;
mod limits;
mod metrics;
mod names;
mod permissions;
mod publish;
mod serve;
mod state;

pub use admission::{Admission, ConnectionGuard, Refused};
pub use answer::{error_response, refused_response};
pub use api_keys::{ApiKey, ApiKeys};
pub use app::{app, internal_app};
pub use audit::{Action, Audit, Entrance};
pub use auth::{AuthError, Authenticator, Principal, TokenFault};
pub use body::{BodyError, read_text};
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
pub use limits::TokenBucket;
pub use metrics::{Delivered, HandshakeRefusal, Metrics};
pub use names::{MAX_NAME_LENGTH, NameError, RESERVED_BEGINNINGS, TenantId, TopicName, UserId};
pub use permissions::{MAX_PATTERNS, Pattern, PatternError, Permissions};
pub use publish::{
    MAX_FIELD_BYTES, MAX_IDEMPOTENCY_KEY_BYTES, MAX_TYPE_CHARACTERS, PublishBodyError, PublishRequest,
    Published, Publisher, Target, publish_elements, publish_routes,
};
pub use serve::{Listeners, serve};
pub use state::{ServerState, peer_of};
