use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use steadfast_core::Instant;

use crate::auth::Authenticator;
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
            drain_deadline_ms: AtomicU64::new(u64::MAX),
        }
    }

    /// From now on every hello is answered with `rt.bye` 4503. The sessions that live are told by
    /// [`Order::Drain`](crate::hub::Order::Drain), and end at the deadline.
    pub fn begin_drain(&self, deadline: Instant) {
        self.drain_deadline_ms.fetch_min(deadline.as_millis(), Ordering::AcqRel);
    }

    /// When the sessions that live are closed, where the server drains.
    pub fn drain_deadline(&self) -> Option<Instant> {
        let deadline = self.drain_deadline_ms.load(Ordering::Acquire);
        (deadline != u64::MAX).then(|| Instant::from_millis(deadline))
    }
}
