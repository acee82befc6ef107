//! How long and how much each class of topic keeps.

use super::error::{ConfigError, in_range};

/// The events that a client buffers for one subscription by default. A log must keep more, or a
/// reader that pauses would lose what it could still have fetched.
pub const CLIENT_STREAM_BUFFER_EVENTS: u32 = 1_024;

/// The bytes that a client buffers for one subscription by default; a log must keep more.
pub const CLIENT_STREAM_BUFFER_BYTES: u64 = 4 * 1024 * 1024;

/// What a log topic keeps; the first limit that is reached evicts the oldest event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRetention {
    /// How long an event is kept. Default 10 min.
    pub history_ms: u64,
    /// How many events are kept. Default 10,000.
    pub history_events: u32,
    /// How many bytes of events are kept. Default 8 MiB.
    pub history_bytes: u64,
}

/// What a state topic keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRetention {
    /// How many keys a topic can have; a new one beyond them is refused. Default 10,000.
    pub max_keys: u32,
    /// How long a deletion is remembered. Default 10 min.
    pub deletions_ms: u64,
}

/// What an ephemeral topic keeps for its readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EphemeralRetention {
    /// How many events. Default 256.
    pub events: u32,
    /// How long. Default 5 s.
    pub age_ms: u64,
}

impl Default for LogRetention {
    fn default() -> Self {
        Self { history_ms: 600_000, history_events: 10_000, history_bytes: 8 * 1024 * 1024 }
    }
}

impl Default for StateRetention {
    fn default() -> Self {
        Self { max_keys: 10_000, deletions_ms: 600_000 }
    }
}

impl Default for EphemeralRetention {
    fn default() -> Self {
        Self { events: 256, age_ms: 5_000 }
    }
}

impl LogRetention {
    pub(super) fn validate(&self, place: &str, bytes_per_tenant: u64) -> Result<(), ConfigError> {
        in_range(format!("{place}.history_ms"), self.history_ms, 1_000..=604_800_000)?;
        in_range(
            format!("{place}.history_events"),
            self.history_events,
            u64::from(CLIENT_STREAM_BUFFER_EVENTS) + 1..=10_000_000,
        )?;
        in_range(
            format!("{place}.history_bytes"),
            self.history_bytes,
            CLIENT_STREAM_BUFFER_BYTES + 1..=bytes_per_tenant,
        )
    }
}

impl StateRetention {
    pub(super) fn validate(&self, place: &str) -> Result<(), ConfigError> {
        in_range(format!("{place}.max_keys"), self.max_keys, 1..=10_000)?;
        in_range(format!("{place}.deletions_ms"), self.deletions_ms, 1_000..=604_800_000)
    }
}

impl EphemeralRetention {
    pub(super) fn validate(&self, place: &str) -> Result<(), ConfigError> {
        in_range(format!("{place}.events"), self.events, 1..=65_536)?;
        in_range(format!("{place}.age_ms"), self.age_ms, 100..=600_000)
    }
}
