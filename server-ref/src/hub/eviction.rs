//! The limits of bytes, and what goes when they are reached: the oldest events first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use steadfast_core::{ErrorCode, WireError};

use super::topic::Left;
use super::{Hub, Tenant, Topic, lock};

impl Hub {
    /// Evicts until `size` more bytes fit, with some to spare so that not every publish has to look for the oldest.
    pub(super) fn make_room(&self, tenant: &Tenant, size: u64) -> Result<(), WireError> {
        let most = self.totals.bytes_per_tenant;
        if tenant.bytes.load(Ordering::Relaxed) + size > most {
            self.evict(&topics_of(tenant), || tenant.bytes.load(Ordering::Relaxed) + size > spare(most));
        }
        let all = self.totals.bytes_in_all;
        if self.bytes.load(Ordering::Relaxed) + size > all {
            let topics: Vec<_> = lock(&self.tenants).values().flat_map(|tenant| topics_of(tenant)).collect();
            self.evict(&topics, || self.bytes.load(Ordering::Relaxed) + size > spare(all));
        }
        let fits = tenant.bytes.load(Ordering::Relaxed) + size <= most
            && self.bytes.load(Ordering::Relaxed) + size <= all;
        if fits {
            return Ok(());
        }
        Err(WireError {
            code: ErrorCode::Unavailable,
            message: "values of state topics fill the limit of bytes; delete keys, or raise the totals"
                .into(),
            retryable: true,
            retry_after_ms: Some(10_000),
        })
    }

    pub(super) fn account(&self, tenant: &Tenant, grown: i64) {
        // Adding the two's complement is subtracting: the sums are never below zero, only their terms.
        tenant.bytes.fetch_add(grown as u64, Ordering::Relaxed);
        self.bytes.fetch_add(grown as u64, Ordering::Relaxed);
    }

    pub(super) fn release(&self, topic: &Topic, left: Left) {
        if left.freed > 0 {
            self.account(&self.tenant(topic.key().tenant()), -(left.freed as i64));
        }
    }

    fn evict(&self, topics: &[Arc<Topic>], too_much: impl Fn() -> bool) {
        let oldest = topics.iter().enumerate().filter_map(|(index, topic)| Some((topic.oldest_ms()?, index)));
        let mut oldest: BinaryHeap<_> = oldest.map(Reverse).collect();
        while too_much() {
            let Some(Reverse((_, index))) = oldest.pop() else {
                return;
            };
            let topic = &topics[index];
            let freed = topic.evict_oldest();
            self.release(topic, Left { freed, unused: false });
            if let Some(next) = topic.oldest_ms() {
                oldest.push(Reverse((next, index)));
            }
        }
    }
}

fn topics_of(tenant: &Tenant) -> Vec<Arc<Topic>> {
    lock(&tenant.topics).clone()
}

/// A twentieth below the limit.
fn spare(limit: u64) -> u64 {
    limit - limit / 20
}
