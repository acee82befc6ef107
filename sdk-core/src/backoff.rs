use crate::random::Random;

/// No attempt follows another sooner than this.
pub(crate) const FLOOR_MS: u64 = 100;

/// A server's word on when to come back counts up to here: a wrong header must not silence a client for a day.
pub(crate) const LONGEST_ADVICE_MS: u64 = 600_000;

/// Full jitter: a delay from U(0, v) with v = min(cap, interval · 2^attempt), never below [`FLOOR_MS`].
///
/// The window is clamped before the draw, so that the spread survives at the cap (PROTOCOL.md, Backoff).
pub(crate) fn delay(random: &mut Random, interval_ms: u64, cap_ms: u64, attempt: u32) -> u64 {
    let doublings = attempt.min(32);
    fault!(JitterBeforeClamp => return random.between(0, interval_ms << doublings).clamp(FLOOR_MS, cap_ms));
    // The cap is halved as often, because the interval doubled may overflow.
    let window = if interval_ms > cap_ms >> doublings { cap_ms } else { interval_ms << doublings };
    random.between(0, window).max(FLOOR_MS)
}

/// Delays between failed polls: up to 5, 10, 20, then 30 seconds, and at least half of that.
pub(crate) fn poll_delay(random: &mut Random, failures: u32) -> u64 {
    let most = match failures {
        0 | 1 => 5_000,
        2 => 10_000,
        3 => 20_000,
        _ => 30_000,
    };
    random.between(most / 2, most)
}

#[cfg(test)]
mod tests {
    use super::{FLOOR_MS, delay};
    use crate::random::Random;

    #[test]
    fn the_window_doubles_to_the_cap_and_keeps_its_spread() {
        let mut random = Random::new(7);
        for (attempt, window) in
            [(0, 3_000), (1, 6_000), (3, 24_000), (4, 30_000), (63, 30_000), (u32::MAX, 30_000)]
        {
            let draws: alloc::vec::Vec<u64> =
                (0..2_000).map(|_| delay(&mut random, 3_000, 30_000, attempt)).collect();
            let (low, high) = (draws.iter().min().copied(), draws.iter().max().copied());
            assert!(draws.iter().all(|draw| (FLOOR_MS..=window).contains(draw)), "attempt {attempt}");
            assert!(low < Some(window / 20), "attempt {attempt}: lowest {low:?}");
            assert!(high > Some(window - window / 20), "attempt {attempt}: highest {high:?}");
        }
    }
}
