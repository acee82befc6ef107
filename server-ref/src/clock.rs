//! The server's two clocks, read together.

use std::time::{SystemTime, UNIX_EPOCH};

use steadfast_core::{Instant, Now};

/// The server's monotonic clock with its origin, and the wall clock.
///
/// It follows tokio's clock, so it stands still where a test pauses time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: tokio::time::Instant,
}

impl Clock {
    /// A clock whose monotonic time begins now.
    pub fn start() -> Self {
        Self { origin: tokio::time::Instant::now() }
    }

    /// Both readings of this moment.
    pub fn now(&self) -> Now {
        Now::new(self.monotonic(), wall_millis())
    }

    /// The monotonic time alone.
    pub fn monotonic(&self) -> Instant {
        let elapsed = self.origin.elapsed().as_millis();
        Instant::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// The moment of tokio's clock that a monotonic time stands for; for timers.
    pub fn to_tokio(&self, instant: Instant) -> tokio::time::Instant {
        self.origin + std::time::Duration::from_millis(instant.as_millis())
    }
}

/// Milliseconds since the Unix epoch; zero where the wall clock is set before it.
pub fn wall_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
