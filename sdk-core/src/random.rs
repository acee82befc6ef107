/// Seeded randomness (SplitMix64): the same seed gives the same client. Not for secrets.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from `low` to `high`, both included; `low` where `high` is not above it.
    #[inline(never)]
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        if high <= low {
            return low;
        }
        // The spans here are far below 2^40, so the bias of the remainder is below 2^-24.
        low + self.next() % (high - low + 1)
    }

    /// `value` give or take `percent` of it.
    pub(crate) fn around(&mut self, value: u64, percent: u64) -> u64 {
        let spread = value * percent / 100;
        self.between(value - spread, value + spread)
    }

    fn next(&mut self) -> u64 {
        fault!(Unseeded => self.0 ^= crate::faults::noise());
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
