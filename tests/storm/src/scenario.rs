//! What happens to the pods, and when.

/// From one wave of a rolling drain to the next: the longest drain and a restart.
const WAVE_MS: u64 = 45_000;
/// A pod that stops is back after this.
const RESTART_MS: u64 = 20_000;
/// A rolling drain takes a quarter of the pods at a time.
const WAVES: u16 = 4;

/// One event of a run, at zero of its curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// One pod is killed; the others take over.
    OnePod,
    /// All pods are killed, and are back after 20 s.
    AllPods,
    /// All pods are killed, and are back after 60 s.
    LongOutage,
    /// All pods stop with close code 1012, without a drain, and are back after 20 s.
    Restart,
    /// The pods are drained and restarted, a quarter at a time.
    RollingDrain,
}

/// What a pod does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Takes nothing new, asks its clients to leave, and works on.
    Drain,
    /// Ends every connection with this code and is gone.
    Stop {
        /// The code.
        code: u16,
    },
    /// Serves again.
    Start,
}

impl Scenario {
    /// All of them, in the order of the document.
    pub const ALL: [Self; 5] =
        [Self::OnePod, Self::AllPods, Self::LongOutage, Self::Restart, Self::RollingDrain];

    /// Its heading.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnePod => "One pod killed",
            Self::AllPods => "All pods killed, back after 20 s",
            Self::LongOutage => "All pods killed, back after 60 s",
            Self::Restart => "All pods stop with 1012, back after 20 s",
            Self::RollingDrain => "Rolling drain, a quarter of the pods every 45 s",
        }
    }

    /// How long the run goes on after the event.
    pub const fn seconds(self) -> usize {
        match self {
            Self::OnePod => 60,
            Self::AllPods | Self::Restart => 120,
            Self::LongOutage => 180,
            Self::RollingDrain => 240,
        }
    }

    /// What `pods` pods do, as milliseconds after the event, in order of time. Where clients cannot be asked to leave,
    /// a drain is a stop.
    pub(crate) fn turns(self, pods: u16, drains: bool) -> Vec<(u64, u16, Turn)> {
        let mut turns = match self {
            Self::OnePod => vec![(0, 0, Turn::Stop { code: 1006 }), (RESTART_MS, 0, Turn::Start)],
            Self::AllPods => outage(pods, 1006, RESTART_MS),
            Self::LongOutage => outage(pods, 1006, 60_000),
            Self::Restart => outage(pods, 1012, RESTART_MS),
            Self::RollingDrain => rolling(pods, drains),
        };
        // Those that come back first: a wave begins when the one before has ended.
        turns.sort_by_key(|turn| (turn.0, turn.2 != Turn::Start));
        turns
    }
}

fn outage(pods: u16, code: u16, back_ms: u64) -> Vec<(u64, u16, Turn)> {
    (0..pods).flat_map(|pod| [(0, pod, Turn::Stop { code }), (back_ms, pod, Turn::Start)]).collect()
}

fn rolling(pods: u16, drains: bool) -> Vec<(u64, u16, Turn)> {
    let deadline = crate::machine::DRAIN_DEADLINE_MS;
    (0..pods)
        .flat_map(|pod| {
            let begin = u64::from(pod % WAVES) * WAVE_MS;
            if drains {
                let stop = begin + deadline;
                let stopped = (stop, pod, Turn::Stop { code: 4503 });
                vec![(begin, pod, Turn::Drain), stopped, (stop + RESTART_MS, pod, Turn::Start)]
            } else {
                vec![(begin, pod, Turn::Stop { code: 1012 }), (begin + RESTART_MS, pod, Turn::Start)]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pod_that_stops_comes_back_and_the_run_is_longer() {
        for scenario in Scenario::ALL {
            for drains in [true, false] {
                let turns = scenario.turns(8, drains);
                let count = |wanted: fn(&Turn) -> bool| turns.iter().filter(|turn| wanted(&turn.2)).count();
                let stops = count(|turn| matches!(turn, Turn::Stop { .. }));
                assert_eq!(stops, if scenario == Scenario::OnePod { 1 } else { 8 });
                assert_eq!(stops, count(|turn| *turn == Turn::Start));
                let last = turns.last().map_or(0, |turn| turn.0);
                assert!(last < scenario.seconds() as u64 * 1_000, "{scenario:?}");
            }
        }
    }

    #[test]
    fn a_rolling_drain_never_takes_more_than_a_quarter() {
        for drains in [true, false] {
            let mut down = 0;
            for (_, _, turn) in Scenario::RollingDrain.turns(8, drains) {
                match turn {
                    Turn::Drain => down += 1,
                    Turn::Stop { .. } if !drains => down += 1,
                    Turn::Stop { .. } => {}
                    Turn::Start => down -= 1,
                }
                assert!(down <= 2, "{down} of 8 pods are away");
            }
            assert_eq!(down, 0);
        }
    }
}
