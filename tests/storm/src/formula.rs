//! The published reconnect formulas of other clients, each with its own constants.

use fastrand::Rng;

/// Whose rule decides when to try again. `docs/storm.md` names the versions that they were read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// The seed document ADR-010: 3 s × the number of the attempt, five attempts, no jitter.
    Seed,
    /// Socket.IO 4: 1 s doubled each time, ± 50 %, then cut to 5 s.
    SocketIo,
    /// Phoenix: a fixed table from 10 ms to 2 s, then 5 s.
    Phoenix,
    /// SignalR with `withAutomaticReconnect()`: 0, 2, 10 and 30 s, then nothing.
    SignalR,
    /// Ably: at once, then 15 s × a coefficient up to 2, less up to 20 %; 30 s sharp once two minutes are over.
    Ably,
    /// centrifuge-js: 500 ms plus full jitter over 500 ms doubled each time, cut to 20 s.
    Centrifuge,
}

impl Formula {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::Seed, Self::SocketIo, Self::Phoenix, Self::SignalR, Self::Ably, Self::Centrifuge];

    /// Its name in the table and the plot.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seed => "ADR-010 (seed)",
            Self::SocketIo => "Socket.IO 4",
            Self::Phoenix => "Phoenix",
            Self::SignalR => "SignalR",
            Self::Ably => "Ably",
            Self::Centrifuge => "centrifuge-js",
        }
    }

    /// Milliseconds to wait before the next attempt; `None`: there is none, ever.
    ///
    /// `failures` are the attempts that failed since the connection was lost, `elapsed_ms` the time since then.
    pub fn delay_ms(self, failures: u32, elapsed_ms: u64, random: &mut Rng) -> Option<u64> {
        match self {
            Self::Seed => (failures < 5).then(|| 3_000 * (u64::from(failures) + 1)),
            Self::SocketIo => Some(socket_io(failures, random.f64())),
            Self::Phoenix => {
                Some(entry(&[10, 50, 100, 150, 200, 250, 500, 1_000, 2_000], failures).unwrap_or(5_000))
            }
            Self::SignalR => entry(&[0, 2_000, 10_000, 30_000], failures),
            Self::Ably => Some(ably(failures, elapsed_ms, random.f64())),
            Self::Centrifuge => {
                let window = 500_u64.saturating_mul(1 << failures.min(31)).min(20_000);
                Some((500 + random.u64(0..=window)).min(20_000))
            }
        }
    }
}

/// One draw decides both the size and, by its first decimal, the sign of the deviation. The cut comes last.
fn socket_io(failures: u32, draw: f64) -> u64 {
    let exact = 1_000.0 * 2_f64.powi(i32::try_from(failures.min(60)).unwrap_or(60));
    let deviation = (draw * 0.5 * exact).floor();
    let later = (draw * 10.0).floor() as u64 % 2 == 1;
    let spread = if later { exact + deviation } else { exact - deviation };
    spread.min(5_000.0) as u64
}

/// The loss itself counts as the first entry into "disconnected", so the first wait is that of the second.
fn ably(failures: u32, elapsed_ms: u64, draw: f64) -> u64 {
    if elapsed_ms >= 120_000 {
        return 30_000;
    }
    if failures == 0 {
        return 0;
    }
    let coefficient = ((f64::from(failures) + 3.0) / 3.0).min(2.0);
    (15_000.0 * coefficient * (1.0 - draw * 0.2)) as u64
}

fn entry(table: &[u64], index: u32) -> Option<u64> {
    table.get(index as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least and the most of many draws.
    fn band(formula: Formula, failures: u32, elapsed_ms: u64) -> (u64, u64) {
        let mut random = Rng::with_seed(7);
        let draws: Vec<u64> =
            (0..20_000).filter_map(|_| formula.delay_ms(failures, elapsed_ms, &mut random)).collect();
        assert_eq!(draws.len(), 20_000);
        (draws.iter().copied().min().unwrap_or(0), draws.iter().copied().max().unwrap_or(0))
    }

    fn near((low, high): (u64, u64), (least, most): (u64, u64)) {
        let slack = (most - least) / 50;
        assert!((least..=least + slack).contains(&low), "lowest {low}, expected {least}");
        assert!((most - slack..=most).contains(&high), "highest {high}, expected {most}");
    }

    fn sequence(formula: Formula, count: u32) -> Vec<Option<u64>> {
        let mut random = Rng::with_seed(7);
        (0..count).map(|failures| formula.delay_ms(failures, 0, &mut random)).collect()
    }

    #[test]
    fn the_seed_is_linear_and_ends_after_five() {
        let expected = [Some(3_000), Some(6_000), Some(9_000), Some(12_000), Some(15_000), None];
        assert_eq!(sequence(Formula::Seed, 6), expected);
    }

    #[test]
    fn socket_io_spreads_and_then_cuts() {
        near(band(Formula::SocketIo, 0, 0), (550, 1_500));
        near(band(Formula::SocketIo, 1, 0), (1_100, 3_000));
        near(band(Formula::SocketIo, 2, 0), (2_200, 5_000));
        assert_eq!(band(Formula::SocketIo, 4, 0), (5_000, 5_000), "no spread is left at the cap");
        assert_eq!(band(Formula::SocketIo, u32::MAX, 0), (5_000, 5_000));
        assert_eq!(
            (socket_io(0, 0.85), socket_io(0, 0.95)),
            (575, 1_475),
            "the sign is in the first decimal"
        );
    }

    #[test]
    fn phoenix_follows_its_table() {
        let expected = [10, 50, 100, 150, 200, 250, 500, 1_000, 2_000, 5_000, 5_000].map(Some);
        assert_eq!(sequence(Formula::Phoenix, 11), expected);
    }

    #[test]
    fn signalr_has_four_delays() {
        assert_eq!(sequence(Formula::SignalR, 5), [Some(0), Some(2_000), Some(10_000), Some(30_000), None]);
    }

    #[test]
    fn ably_goes_at_once_then_in_narrow_bands_and_is_suspended_after_two_minutes() {
        assert_eq!(band(Formula::Ably, 0, 0), (0, 0));
        near(band(Formula::Ably, 1, 0), (16_000, 20_000));
        near(band(Formula::Ably, 2, 0), (20_000, 25_000));
        near(band(Formula::Ably, 3, 0), (24_000, 30_000));
        near(band(Formula::Ably, 9, 119_999), (24_000, 30_000));
        assert_eq!(band(Formula::Ably, 9, 120_000), (30_000, 30_000));
    }

    #[test]
    fn centrifuge_adds_full_jitter_to_its_minimum_and_cuts() {
        near(band(Formula::Centrifuge, 0, 0), (500, 1_000));
        near(band(Formula::Centrifuge, 3, 0), (500, 4_500));
        near(band(Formula::Centrifuge, u32::MAX, 0), (500, 20_000));
    }
}
