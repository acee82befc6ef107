//! Limits of connections, rates, frames and totals.

use serde::Deserialize;

use super::error::{ConfigError, in_range};

/// The largest body of a backend publish, in bytes.
pub const MAX_PUBLISH_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The most elements of a backend publish.
pub const MAX_PUBLISH_ELEMENTS: usize = 1_000;

/// Open files that connections never take: listeners, key files, brokers, exchanges under way.
const RESERVED_FILES: u64 = 256;

/// The cap of connections where the process may open more files than anyone expects.
const DEFAULT_MAX_CONNECTIONS: u64 = 50_000;

/// Limits of connections, of rates and of single frames.
///
/// A rate's burst is twice the rate.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most WebSockets at a time; one more is answered 503. Default: 256 below the process's
    /// limit of open files, at most 50,000.
    pub max_connections: Option<u32>,
    /// The most exchanges over HTTP at a time, waiting long polls among them; one more is answered
    /// 503. Default 10,000.
    pub max_exchanges: u32,
    /// WebSocket handshakes a second that the server accepts; one more is answered 503. Default
    /// 1,000.
    pub handshakes_per_second: u32,
    /// Frames a second that one connection may send. Default 100.
    pub frames_per_second: u32,
    /// Events a second that one client may publish. Default 50.
    pub publishes_per_second: u32,
    /// Events a second that one API key may publish. Default 10,000.
    pub api_publishes_per_second: u32,
    /// Topics that one client may subscribe to. Default 256, which is also the most.
    pub max_topics: u32,
    /// Keys that one subscription may select. Default 1,000.
    pub max_keys: u32,
    /// The largest frame that a client may send after its hello. Default 1 MiB.
    pub max_frame_bytes: u32,
    /// The largest hello. Default 64 KiB.
    pub max_hello_bytes: u32,
    /// How long a new connection may take to send its hello. Default 10 s.
    pub hello_timeout_ms: u64,
}

/// Limits of what the logs hold together; beyond them the oldest events are evicted first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Totals {
    /// Topics that one tenant may have. Default 10,000.
    pub topics_per_tenant: u32,
    /// Bytes of events that one tenant's topics may hold. Default 64 MiB.
    pub bytes_per_tenant: u64,
    /// Bytes of events that all topics may hold. Default 512 MiB.
    pub bytes_in_all: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: None,
            max_exchanges: 10_000,
            handshakes_per_second: 1_000,
            frames_per_second: 100,
            publishes_per_second: 50,
            api_publishes_per_second: 10_000,
            max_topics: 256,
            max_keys: 1_000,
            max_frame_bytes: 1024 * 1024,
            max_hello_bytes: 64 * 1024,
            hello_timeout_ms: 10_000,
        }
    }
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            topics_per_tenant: 10_000,
            bytes_per_tenant: 64 * 1024 * 1024,
            bytes_in_all: 512 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// The cap of connections, given the process's limit of open files (`None`: unknown).
    ///
    /// # Errors
    /// - [`ConfigError::OutOfRange`]: the configured cap is not safely below the limit of open
    ///   files.
    /// - [`ConfigError::Invalid`]: the process may open so few files that no connection is safe.
    pub fn connection_cap(&self, open_files: Option<u64>) -> Result<u32, ConfigError> {
        let safe = open_files.map_or(u64::from(u32::MAX), |files| files.saturating_sub(RESERVED_FILES));
        if safe == 0 {
            return Err(ConfigError::invalid(
                "limits.max_connections",
                "cannot be met: the process may open too few files; raise its limit (ulimit -n)",
            ));
        }
        match self.max_connections {
            Some(cap) => {
                in_range("limits.max_connections", cap, 1..=safe)?;
                Ok(cap)
            }
            None => {
                Ok(u32::try_from(safe.min(DEFAULT_MAX_CONNECTIONS))
                    .expect("the default cap is far below 2^32"))
            }
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let rates = [
            ("limits.handshakes_per_second", self.handshakes_per_second),
            ("limits.frames_per_second", self.frames_per_second),
            ("limits.publishes_per_second", self.publishes_per_second),
            ("limits.api_publishes_per_second", self.api_publishes_per_second),
        ];
        for (key, rate) in rates {
            in_range(key, rate, 1..=1_000_000)?;
        }
        in_range("limits.max_exchanges", self.max_exchanges, 1..=1_000_000)?;
        in_range("limits.max_topics", self.max_topics, 1..=256)?;
        in_range("limits.max_keys", self.max_keys, 1..=10_000)?;
        in_range("limits.max_frame_bytes", self.max_frame_bytes, 1_024..=16_777_216)?;
        in_range("limits.max_hello_bytes", self.max_hello_bytes, 1_024..=u64::from(self.max_frame_bytes))?;
        in_range("limits.hello_timeout_ms", self.hello_timeout_ms, 100..=60_000)
    }
}

impl Totals {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        in_range("totals.topics_per_tenant", self.topics_per_tenant, 1..=1_000_000)?;
        in_range("totals.bytes_in_all", self.bytes_in_all, 1_048_576..=1 << 44)?;
        in_range("totals.bytes_per_tenant", self.bytes_per_tenant, 1_048_576..=self.bytes_in_all)
    }
}
