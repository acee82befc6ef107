//! Durations: heartbeat, polling, drain, presence.

use serde::Deserialize;

use super::error::{ConfigError, in_range};
use crate::permissions::Pattern;

/// How much longer than the last hand-over a draining server keeps its links.
const DRAIN_MARGIN_MS: u64 = 15_000;

/// The heartbeat on WebSockets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Heartbeat {
    /// How often the server pings, where the hello asks for nothing else. Default 25 s, from 5 s
    /// to 60 s.
    pub interval_ms: u64,
    /// How much later than expected a sign of life may come. Default 10 s, from 1 s to 60 s.
    pub slack_ms: u64,
}

/// What clients that poll are told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Poll {
    /// How long a client waits between two short polls. Default 5 s, from 100 ms to 5 min.
    pub interval_ms: u64,
    /// The longest that a long poll waits. Default and most 25 s; zero offers short polls only.
    pub wait_ms: u64,
}

/// How a stopping server hands its clients over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drain {
    /// The earliest that a client connects elsewhere. Default 0.
    pub reconnect_min_ms: u64,
    /// The latest that a client connects elsewhere; clients spread evenly up to it. Default 10 s,
    /// at most 10 min.
    pub reconnect_max_ms: u64,
    /// When the links that are left are closed; the server ends earlier when none is left. Default
    /// 25 s, at least 15 s after `reconnect_max_ms`.
    pub deadline_ms: u64,
}

/// Which topics have a `presence:` topic.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Presence {
    /// Patterns of the topics whose subscribers are told to each other. Default: none.
    pub topics: Vec<Pattern>,
    /// How long a user counts as present without a sign of life. Default 60 s, from 10 s to 10
    /// min.
    pub lease_ms: u64,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { interval_ms: 25_000, slack_ms: 10_000 }
    }
}

impl Default for Poll {
    fn default() -> Self {
        Self { interval_ms: 5_000, wait_ms: 25_000 }
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self { reconnect_min_ms: 0, reconnect_max_ms: 10_000, deadline_ms: 25_000 }
    }
}

impl Default for Presence {
    fn default() -> Self {
        Self { topics: Vec::new(), lease_ms: 60_000 }
    }
}

impl Heartbeat {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        in_range("heartbeat.interval_ms", self.interval_ms, 5_000..=60_000)?;
        in_range("heartbeat.slack_ms", self.slack_ms, 1_000..=60_000)
    }
}

impl Poll {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        in_range("poll.interval_ms", self.interval_ms, 100..=300_000)?;
        in_range("poll.wait_ms", self.wait_ms, 0..=25_000)
    }
}

impl Drain {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        in_range("drain.reconnect_max_ms", self.reconnect_max_ms, 0..=600_000)?;
        in_range("drain.reconnect_min_ms", self.reconnect_min_ms, 0..=self.reconnect_max_ms)?;
        in_range("drain.deadline_ms", self.deadline_ms, self.reconnect_max_ms + DRAIN_MARGIN_MS..=3_600_000)
    }
}

impl Presence {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        in_range("presence.lease_ms", self.lease_ms, 10_000..=600_000)
    }
}
