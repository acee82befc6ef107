//! Rates of users who come by exchanges: an exchange is too short to have one of its own.

use std::collections::HashMap;
use std::sync::Mutex;

use steadfast_core::Instant;

use crate::auth::Principal;
use crate::hub::lock;
use crate::limits::TokenBucket;
use crate::names::{TenantId, UserId};

/// Beyond so many users those are forgotten whose buckets are full again, which is everyone who was quiet for 2 s.
const MANY_USERS: usize = 10_000;

/// The rates of users who come by exchanges. Bounded by the users who came in the last seconds.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<(TenantId, UserId), Buckets>>);

#[derive(Debug)]
struct Buckets {
    frames: TokenBucket,
    publishes: TokenBucket,
    used_at: Instant,
}

/// A user's limits, a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct PerSecond {
    pub(super) frames: u32,
    pub(super) publishes: u32,
}

impl Rates {
    /// Counts the frames of one exchange.
    ///
    /// # Errors
    /// - The milliseconds until as many would pass.
    pub(super) fn take_frames(
        &self,
        principal: &Principal,
        count: u32,
        most: PerSecond,
        now: Instant,
    ) -> Result<(), u64> {
        self.with(principal, most, now, |buckets| buckets.frames.take(count, now))
    }

    /// Counts one message.
    ///
    /// # Errors
    /// - The milliseconds until it would pass.
    pub(super) fn take_publish(
        &self,
        principal: &Principal,
        most: PerSecond,
        now: Instant,
    ) -> Result<(), u64> {
        self.with(principal, most, now, |buckets| buckets.publishes.take(1, now))
    }

    fn with<R>(
        &self,
        principal: &Principal,
        most: PerSecond,
        now: Instant,
        run: impl FnOnce(&mut Buckets) -> R,
    ) -> R {
        let mut users = lock(&self.0);
        if users.len() >= MANY_USERS {
            users.retain(|_, buckets| now.since(buckets.used_at) < 2_000);
        }
        let key = (principal.tenant.clone(), principal.user.clone());
        let buckets = users.entry(key).or_insert_with(|| Buckets {
            frames: TokenBucket::new(most.frames, now),
            publishes: TokenBucket::new(most.publishes, now),
            used_at: now,
        });
        buckets.used_at = now;
        run(buckets)
    }
}
