use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use steadfast_core::Instant;

use super::rates::{PerSecond, Rates};
use crate::auth::{Authenticator, Principal};
use crate::config::{Config, Drain, Heartbeat, Limits, Poll};

/// The most frames in the body of an exchange: a hello, and an outbox of the client's default size.
pub const MAX_EXCHANGE_FRAMES: usize = 512;

/// What all sessions of a server share: its terms, its keys, and whether it drains.
#[derive(Debug)]
pub struct Context {
    pub(super) limits: Limits,
    pub(super) heartbeat: Heartbeat,
    pub(super) poll: Poll,
    pub(super) drain: Drain,
    pub(super) authenticator: Authenticator,
    pub(super) results_epoch: Arc<str>,
    rates: Rates,
    drain_deadline_ms: AtomicU64,
}

impl Context {
    /// The terms of a configuration. `results_epoch` names this life of the table of results.
    pub fn new(config: &Config, authenticator: Authenticator, results_epoch: Arc<str>) -> Self {
        Self {
            limits: config.limits.clone(),
            heartbeat: config.heartbeat.clone(),
            poll: config.poll.clone(),
            drain: config.drain.clone(),
            authenticator,
            results_epoch,
            rates: Rates::default(),
            drain_deadline_ms: AtomicU64::new(u64::MAX),
        }
    }

    /// From now on every hello is answered with `rt.bye` 4503. The sessions that live are told by
    /// [`Order::Drain`](crate::hub::Order::Drain), and end at the deadline.
    pub fn begin_drain(&self, deadline: Instant) {
        self.drain_deadline_ms.fetch_min(deadline.as_millis(), Ordering::AcqRel);
    }

    /// Counts the frames of a user's exchange; else the milliseconds until as many would pass.
    pub(super) fn take_frames(&self, principal: &Principal, count: u32, now: Instant) -> Result<(), u64> {
        self.rates.take_frames(principal, count, self.per_second(), now)
    }

    /// Counts a message that came by an exchange; else the milliseconds until it would pass.
    pub(super) fn take_publish(&self, principal: &Principal, now: Instant) -> Result<(), u64> {
        self.rates.take_publish(principal, self.per_second(), now)
    }

    fn per_second(&self) -> PerSecond {
        PerSecond { frames: self.limits.frames_per_second, publishes: self.limits.publishes_per_second }
    }

    /// When the sessions that live are closed, where the server drains.
    pub fn drain_deadline(&self) -> Option<Instant> {
        let deadline = self.drain_deadline_ms.load(Ordering::Acquire);
        (deadline != u64::MAX).then(|| Instant::from_millis(deadline))
    }
}
