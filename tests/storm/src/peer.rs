//! A client of another library: its formula and nothing else.

use fastrand::Rng;

use crate::client::{Client, Happening, Wish};
use crate::formula::Formula;

/// A client that follows a [`Formula`]. A connection that opens forgets all failures, as in every library compared.
#[derive(Debug)]
pub(crate) struct Peer {
    formula: Formula,
    random: Rng,
    links: u32,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Connected { link: u32 },
    Waiting(Outage),
    Connecting { link: u32, outage: Outage },
    Stopped,
}

#[derive(Debug, Clone, Copy)]
struct Outage {
    since: u64,
    failures: u32,
}

impl Peer {
    /// A client that has not connected yet.
    pub(crate) fn new(formula: Formula, seed: u64) -> Self {
        Self { formula, random: Rng::with_seed(seed), links: 0, state: State::Stopped }
    }

    fn open(&mut self, outage: Outage, wishes: &mut Vec<Wish>) {
        self.links += 1;
        self.state = State::Connecting { link: self.links, outage };
        wishes.push(Wish::Open { link: self.links });
    }

    fn wait(&mut self, now: u64, outage: Outage, wishes: &mut Vec<Wish>) {
        let elapsed = now - outage.since;
        match self.formula.delay_ms(outage.failures, elapsed, &mut self.random) {
            Some(delay) => {
                self.state = State::Waiting(outage);
                wishes.push(Wish::Wake { at: now + delay });
            }
            None => self.state = State::Stopped,
        }
    }
}

impl Client for Peer {
    const DRAINS: bool = false;

    fn start(&mut self, now: u64, wishes: &mut Vec<Wish>) {
        self.open(Outage { since: now, failures: 0 }, wishes);
    }

    fn take(&mut self, now: u64, happening: Happening, wishes: &mut Vec<Wish>) {
        match (self.state, happening) {
            (State::Connecting { link, .. }, Happening::Accepted { link: accepted }) if link == accepted => {
                self.state = State::Connected { link };
                wishes.push(Wish::Up { polling: false });
            }
            (
                State::Connecting { link, outage },
                Happening::Refused { link: failed, .. }
                | Happening::Unreachable { link: failed }
                | Happening::Lost { link: failed, .. },
            ) if link == failed => {
                self.wait(now, Outage { failures: outage.failures + 1, ..outage }, wishes);
            }
            (State::Connected { link }, Happening::Lost { link: lost, .. }) if link == lost => {
                wishes.push(Wish::Down);
                self.wait(now, Outage { since: now, failures: 0 }, wishes);
            }
            (State::Waiting(outage), Happening::Timer) => self.open(outage, wishes),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(peer: &mut Peer, now: u64, happening: Happening) -> Vec<Wish> {
        let mut wishes = Vec::new();
        peer.take(now, happening, &mut wishes);
        wishes
    }

    #[test]
    fn it_follows_its_formula_and_a_connection_forgets_failures() {
        let mut peer = Peer::new(Formula::Seed, 1);
        peer.start(0, &mut Vec::new());
        assert_eq!(after(&mut peer, 5, Happening::Accepted { link: 1 }), [Wish::Up { polling: false }]);
        let lost = after(&mut peer, 100, Happening::Lost { link: 1, code: 1006 });
        assert_eq!(lost, [Wish::Down, Wish::Wake { at: 3_100 }]);
        assert_eq!(after(&mut peer, 3_100, Happening::Timer), [Wish::Open { link: 2 }]);
        let refused = after(&mut peer, 3_200, Happening::Refused { link: 2, retry_after_ms: 1_000 });
        assert_eq!(refused, [Wish::Wake { at: 9_200 }], "503 is a failure like any");
        assert_eq!(after(&mut peer, 9_200, Happening::Timer), [Wish::Open { link: 3 }]);
        assert_eq!(after(&mut peer, 9_300, Happening::Accepted { link: 3 }), [Wish::Up { polling: false }]);
        let lost = after(&mut peer, 10_000, Happening::Lost { link: 3, code: 1006 });
        assert_eq!(lost, [Wish::Down, Wish::Wake { at: 13_000 }]);
    }

    #[test]
    fn a_formula_that_ends_leaves_it_dead() {
        let mut peer = Peer::new(Formula::SignalR, 1);
        peer.start(0, &mut Vec::new());
        for link in 1..4 {
            let wishes = after(&mut peer, 0, Happening::Unreachable { link });
            assert!(matches!(wishes[..], [Wish::Wake { .. }]), "{wishes:?}");
            after(&mut peer, 0, Happening::Timer);
        }
        assert_eq!(after(&mut peer, 0, Happening::Unreachable { link: 4 }), []);
        assert_eq!(after(&mut peer, 0, Happening::Timer), []);
    }
}
