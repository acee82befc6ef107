//! The Steadfast reference server on axum.
#![forbid(unsafe_code)]

mod admission;
mod api_keys;
pub mod audit;
mod auth;
mod clock;
mod config;
mod dev;
mod draining;
mod hub;
mod limits;
mod log;
mod metrics;
mod names;
mod permissions;
mod session;

pub use admission::{Admission, ConnectionGuard, Refused};
pub use api_keys::{ApiKey, ApiKeys};
pub use auth::{AuthError, Authenticator, Principal, TokenFault};
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
