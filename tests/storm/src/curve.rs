//! What a run shows: requests a second, and how long clients were without a connection.

/// The requests that arrive, in seconds counted from the event.
#[derive(Debug, Clone, Default)]
pub struct Curve {
    seconds: Vec<u32>,
    slices: Vec<u32>,
}

/// A slice of the finest count.
const SLICE_MS: u64 = 100;

impl Curve {
    /// Room for `seconds` seconds.
    pub fn new(seconds: usize) -> Self {
        Self { seconds: vec![0; seconds], slices: vec![0; seconds * 10] }
    }

    /// Counts one request, `millis` after the event; beyond the room it is not counted.
    pub fn count(&mut self, millis: u64) {
        let slice = (millis / SLICE_MS) as usize;
        if let (Some(second), Some(slice)) = (self.seconds.get_mut(slice / 10), self.slices.get_mut(slice)) {
            *second += 1;
            *slice += 1;
        }
    }

    /// Requests in each second.
    pub fn seconds(&self) -> &[u32] {
        &self.seconds
    }

    /// The busiest second: which, and how many.
    pub fn peak(&self) -> (usize, u32) {
        let mut peak = (0, 0);
        for (second, &count) in self.seconds.iter().enumerate() {
            if count > peak.1 {
                peak = (second, count);
            }
        }
        peak
    }

    /// How many came in the busiest tenth of a second.
    pub fn peak_slice(&self) -> u32 {
        self.slices.iter().copied().max().unwrap_or(0)
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.seconds.iter().map(|&count| u64::from(count)).sum()
    }
}

/// How long clients were without a connection: one entry each time.
#[derive(Debug, Clone, Default)]
pub struct Outages {
    lengths: Vec<u32>,
    polled: usize,
    open: usize,
}

/// An answer that may be "not within the run".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// After so many milliseconds.
    After(u32),
    /// Not before the run ended.
    Never,
    /// Nobody was without a connection.
    Unbroken,
}

impl Outages {
    /// One client is back after `millis`.
    pub fn over(&mut self, millis: u64, polling: bool) {
        self.lengths.push(u32::try_from(millis).unwrap_or(u32::MAX));
        self.polled += usize::from(polling);
    }

    /// The run ends and one client is still without a connection.
    pub fn still_open(&mut self) {
        self.open += 1;
    }

    /// How many times a client was without a connection.
    pub fn count(&self) -> usize {
        self.lengths.len() + self.open
    }

    /// How many were not over when the run ended.
    pub fn open(&self) -> usize {
        self.open
    }

    /// How many ended by polling.
    pub fn polled(&self) -> usize {
        self.polled
    }

    /// When `percent` of them were over, for each of `percents`.
    pub fn over_after<const N: usize>(&mut self, percents: [usize; N]) -> [Back; N] {
        self.lengths.sort_unstable();
        let count = self.count();
        percents.map(|percent| match (count * percent).div_ceil(100) {
            0 => Back::Unbroken,
            rank => self.lengths.get(rank - 1).map_or(Back::Never, |&millis| Back::After(millis)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_fall_into_their_seconds() {
        let mut curve = Curve::new(3);
        for millis in [0, 999, 1_000, 1_050, 1_099, 1_100, 2_999, 3_000] {
            curve.count(millis);
        }
        assert_eq!(curve.seconds(), [2, 4, 1]);
        assert_eq!((curve.peak(), curve.peak_slice(), curve.total()), ((1, 4), 3, 7));
    }

    #[test]
    fn shares_count_those_who_never_came_back() {
        let mut outages = Outages::default();
        for millis in [300, 100, 200] {
            outages.over(millis, millis == 100);
        }
        let all = outages.over_after([50, 99, 100]);
        assert_eq!(all, [Back::After(200), Back::After(300), Back::After(300)]);
        outages.still_open();
        assert_eq!(outages.over_after([50, 75, 99]), [Back::After(200), Back::After(300), Back::Never]);
        assert_eq!((outages.count(), outages.open(), outages.polled()), (4, 1, 1));
        assert_eq!(Outages::default().over_after([50]), [Back::Unbroken]);
    }
}
