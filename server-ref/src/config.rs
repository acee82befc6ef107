//! The server's configuration: one TOML file, every value with a default and a checked range.

mod auth;
mod error;
mod limits;
mod origins;
mod retention;
mod secret;
#[cfg(test)]
mod tests;
mod timing;
mod topics;

use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;

pub use auth::{ApiKeyConfig, AuthConfig, TokenAlgorithm, TokenKeyConfig};
pub use error::ConfigError;
pub use limits::{Limits, MAX_PUBLISH_BODY_BYTES, MAX_PUBLISH_ELEMENTS, Totals};
pub use origins::OriginRule;
pub use retention::{
    CLIENT_STREAM_BUFFER_BYTES, CLIENT_STREAM_BUFFER_EVENTS, EphemeralRetention, LogRetention, StateRetention,
};
pub use secret::Secret;
pub use timing::{Drain, Heartbeat, Poll, Presence};
pub use topics::{Acknowledgements, TopicPolicy, TopicRule, TopicRules};

use crate::dev;

/// The server's configuration.
///
/// Unknown keys are refused, so that a misspelt one is not silently ignored. Durations are in
/// milliseconds, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where clients and backends connect. Default `127.0.0.1:8080`; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `/metrics`, `/livez` and `/readyz` are served instead of at `listen`. Default: none,
    /// and `listen` serves them.
    pub internal_listen: Option<SocketAddr>,
    /// Whose tokens are accepted.
    pub auth: AuthConfig,
    /// The keys with which backends publish. Default: none, and every publish is refused.
    pub api_keys: Vec<ApiKeyConfig>,
    /// The web origins whose pages may connect. Default: none; clients that send no `Origin`
    /// (anything but a browser) are not concerned.
    pub origins: Vec<OriginRule>,
    /// Limits of connections, of rates and of single frames.
    pub limits: Limits,
    /// Limits of what the logs hold together.
    pub totals: Totals,
    /// The heartbeat on WebSockets.
    pub heartbeat: Heartbeat,
    /// What clients that poll are told.
    pub poll: Poll,
    /// How a stopping server hands its clients over.
    pub drain: Drain,
    /// Which topics have a `presence:` topic.
    pub presence: Presence,
    /// The class of each topic. Rules of the file come first, the built-in ones after them.
    pub topics: TopicRules,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            internal_listen: None,
            auth: AuthConfig::default(),
            api_keys: Vec::new(),
            origins: Vec::new(),
            limits: Limits::default(),
            totals: Totals::default(),
            heartbeat: Heartbeat::default(),
            poll: Poll::default(),
            drain: Drain::default(),
            presence: Presence::default(),
            topics: TopicRules::default(),
        }
    }
}

impl Config {
    /// Reads a configuration file and the key files that it names (relative to its own directory).
    /// The result is not yet checked: see [`Config::validate`].
    ///
    /// # Errors
    /// - [`ConfigError::Unreadable`]: the file, or a key file that it names, cannot be read.
    /// - [`ConfigError::Syntax`]: the file is no TOML, or holds an unknown key or a value of a
    ///   wrong type.
    /// - [`ConfigError::Invalid`]: a key is given both in place and as a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = error::read(path)?;
        let mut config = Self::from_toml(&text)?;
        config.read_key_files(path.parent().unwrap_or(Path::new("")))?;
        Ok(config)
    }

    /// Parses a configuration. Key files that it names stay unread.
    ///
    /// # Errors
    /// - [`ConfigError::Syntax`]: the text is no TOML, or holds an unknown key or a value of a
    ///   wrong type.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::syntax(text, &error))
    }

    /// The development profile: the defaults, with publicly known keys, localhost origins and a
    /// short drain. Never for a server that others can reach.
    pub fn dev() -> Self {
        let mut config = Self {
            drain: Drain { reconnect_min_ms: 0, reconnect_max_ms: 1_000, deadline_ms: 16_000 },
            ..Self::default()
        };
        config.add_dev_access();
        config
    }

    /// Adds the development keys and the localhost origins to this configuration.
    pub fn add_dev_access(&mut self) {
        dev::add_access(self);
    }

    /// Checks every value, and each against the others.
    ///
    /// # Errors
    /// - [`ConfigError::OutOfRange`]: a number lies outside of its range.
    /// - [`ConfigError::Invalid`]: a value is missing, or does not fit another.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.internal_listen == Some(self.listen) && self.listen.port() != 0 {
            return Err(ConfigError::invalid(
                "internal_listen",
                "is the same address as `listen`; give it a port of its own",
            ));
        }
        self.auth.validate()?;
        auth::validate_api_keys(&self.api_keys)?;
        self.limits.validate()?;
        self.totals.validate()?;
        self.heartbeat.validate()?;
        self.poll.validate()?;
        self.drain.validate()?;
        self.presence.validate()?;
        self.topics.validate(&self.totals)
    }

    fn read_key_files(&mut self, directory: &Path) -> Result<(), ConfigError> {
        self.auth.read_key_files(directory)?;
        for (index, key) in self.api_keys.iter_mut().enumerate() {
            key.read_key_file(directory, &format!("api_keys[{index}]"))?;
        }
        Ok(())
    }
}
