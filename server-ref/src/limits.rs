//! Limits of rates: pure, the time is passed in.

use steadfast_core::Instant;

/// Thousandths of a token: whole numbers, so that no rounding adds up.
const TOKEN: i64 = 1_000;

/// A rate limiter: so many a second on average, and a burst of twice as many after a pause.
///
/// It takes 24 bytes and no timer. A full bucket lets a batch through that is larger than its burst,
/// and then owes for it: nothing more passes until the debt is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    per_second: u32,
    level: i64,
    filled_at: Instant,
}

impl TokenBucket {
    /// A full bucket. A rate of zero never fills: after the first burst of zero nothing passes.
    pub fn new(per_second: u32, now: Instant) -> Self {
        Self { per_second, level: burst(per_second), filled_at: now }
    }

    /// Takes `count` tokens.
    ///
    /// # Errors
    /// - The milliseconds (at least 1) until the same would pass, when there are too few tokens; nothing is
    ///   taken.
    pub fn take(&mut self, count: u32, now: Instant) -> Result<(), u64> {
        self.fill(now);
        let count = i64::from(count) * TOKEN;
        let needed = count.min(burst(self.per_second));
        if self.level >= needed && self.per_second > 0 {
            self.level -= count;
            return Ok(());
        }
        let missing = needed.saturating_sub(self.level).max(1).unsigned_abs();
        Err(missing.div_ceil(u64::from(self.per_second).max(1)))
    }

    fn fill(&mut self, now: Instant) {
        // Tokens a second are thousandths of a token a millisecond.
        let gained = now.since(self.filled_at).saturating_mul(u64::from(self.per_second));
        let gained = i64::try_from(gained).unwrap_or(i64::MAX);
        self.level = self.level.saturating_add(gained).min(burst(self.per_second));
        // A reading from before the last one must not be counted again later.
        self.filled_at = self.filled_at.max(now);
    }
}

fn burst(per_second: u32) -> i64 {
    i64::from(per_second) * 2 * TOKEN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn taken(bucket: &mut TokenBucket, now: Instant) -> u32 {
        let mut count = 0;
        while bucket.take(1, now).is_ok() {
            count += 1;
        }
        count
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let mut bucket = TokenBucket::new(100, at(0));
        assert_eq!(taken(&mut bucket, at(0)), 200);
        assert_eq!(bucket.take(1, at(0)), Err(10));
        assert_eq!(bucket.take(1, at(9)), Err(1));
        assert_eq!(bucket.take(1, at(10)), Ok(()));
        assert_eq!(taken(&mut bucket, at(1_010)), 100);
        assert_eq!(taken(&mut bucket, at(1_000_000)), 200);
    }

    #[test]
    fn slow_rates_do_not_lose_fractions() {
        let mut bucket = TokenBucket::new(3, at(0));
        assert_eq!(taken(&mut bucket, at(0)), 6);
        let passed: u32 = (1..=10_000).map(|millis| taken(&mut bucket, at(millis))).sum();
        assert_eq!(passed, 30);
    }

    #[test]
    fn a_large_batch_passes_a_full_bucket_and_is_paid_for() {
        let mut bucket = TokenBucket::new(100, at(0));
        assert_eq!(bucket.take(1_000, at(0)), Ok(()));
        assert_eq!(bucket.take(1, at(0)), Err(8_010));
        assert_eq!(bucket.take(1, at(8_009)), Err(1));
        assert_eq!(bucket.take(1, at(8_010)), Ok(()));
    }

    #[test]
    fn time_that_goes_back_gives_no_tokens() {
        let mut bucket = TokenBucket::new(10, at(5_000));
        assert_eq!(taken(&mut bucket, at(5_000)), 20);
        assert_eq!(taken(&mut bucket, at(0)), 0);
        assert_eq!(taken(&mut bucket, at(5_000)), 0);
    }

    #[test]
    fn a_rate_of_zero_lets_nothing_through_and_does_not_overflow() {
        let mut bucket = TokenBucket::new(0, at(0));
        assert!(bucket.take(1, at(u64::MAX)).is_err());
        let mut widest = TokenBucket::new(u32::MAX, at(0));
        assert_eq!(widest.take(u32::MAX, at(u64::MAX)), Ok(()));
    }
}
