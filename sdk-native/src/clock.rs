use std::time::{SystemTime, UNIX_EPOCH};

use steadfast_core::{Instant as CoreInstant, Now};
use tokio::time::{Duration, Instant};

/// The two clocks that every input is stamped with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    pub(crate) fn now(&self) -> Now {
        Now::new(CoreInstant::from_millis(millis(self.origin.elapsed())), wall_millis())
    }

    /// Where the machine's deadline lies on tokio's clock; `None` where that is beyond its reach.
    pub(crate) fn deadline(&self, until: CoreInstant) -> Option<Instant> {
        self.origin.checked_add(Duration::from_millis(until.as_millis()))
    }
}

/// A duration as the machine counts it; what is too long for it is as long as it can count.
pub(crate) fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

fn wall_millis() -> u64 {
    // A clock set before 1970 reads as 1970: the machine only compares it with the monotonic one.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}
