//! The Steadfast reference server on axum.
#![forbid(unsafe_code)]

mod api_keys;
mod auth;
mod config;
mod dev;
mod names;
mod permissions;

pub use api_keys::{ApiKey, ApiKeys};
pub use auth::{AuthError, Authenticator, Principal, TokenFault};
pub use config::{
    Acknowledgements, ApiKeyConfig, AuthConfig, CLIENT_STREAM_BUFFER_BYTES, CLIENT_STREAM_BUFFER_EVENTS,
    Config, ConfigError, Drain, EphemeralRetention, Heartbeat, Limits, LogRetention, MAX_PUBLISH_BODY_BYTES,
    MAX_PUBLISH_ELEMENTS, OriginRule, Poll, Presence, Secret, StateRetention, TokenAlgorithm, TokenKeyConfig,
    TopicPolicy, TopicRule, TopicRules, Totals,
};
pub use dev::{DEV_API_KEY, DevToken};
pub use names::{MAX_NAME_LENGTH, NameError, RESERVED_BEGINNINGS, TenantId, TopicName, UserId};
pub use permissions::{MAX_PATTERNS, Pattern, PatternError, Permissions};
