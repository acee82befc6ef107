use core::ops::Add;

/// A point in monotonic time: milliseconds since an origin that the driver chooses.
///
/// The core has no clock of its own; every input carries the time it came at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Instant(u64);

impl Instant {
    /// The instant `millis` milliseconds after the driver's origin.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the driver's origin.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Later than any other.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// `None` where it is [`Instant::NEVER`].
    pub(crate) fn ever(self) -> Option<Self> {
        (self < Self::NEVER).then_some(self)
    }

    /// Milliseconds from `earlier` to this instant; zero when `earlier` is not earlier.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<u64> for Instant {
    type Output = Self;

    #[inline(never)]
    fn add(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// The time of an input, by both clocks.
///
/// Deadlines follow the monotonic clock. The wall clock is only compared with it: where it ran ahead, the
/// machine slept (PROTOCOL.md, Activity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Now {
    /// Monotonic time.
    pub monotonic: Instant,
    /// Milliseconds since the Unix epoch by the wall clock; may jump both ways.
    pub wall_millis: u64,
}

impl Now {
    /// Joins the two readings of one moment.
    pub const fn new(monotonic: Instant, wall_millis: u64) -> Self {
        Self { monotonic, wall_millis }
    }
}
