//! One run: clients, pods and the way between them, in virtual time.

use fastrand::Rng;

use crate::calendar::Calendar;
use crate::client::{Client, Happening, Wish};
use crate::curve::{Curve, Outages};
use crate::machine::POLL_WAIT_MS;
use crate::pods::{Admission, Pods};
use crate::scenario::{Scenario, Turn};

/// All have been connected so long when the event comes.
const SETTLED_MS: u64 = 60_000;
/// One way between a client and a pod takes from … to ….
const WAY_MS: std::ops::RangeInclusive<u64> = 10..=100;

/// How large the world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Clients.
    pub clients: u32,
    /// Pods.
    pub pods: u16,
    /// Handshakes a second that one pod takes.
    pub handshakes_per_second: u64,
}

/// What a run showed.
#[derive(Debug, Clone)]
pub struct Run {
    /// Handshakes and polls that arrived.
    pub curve: Curve,
    /// How long clients were without a connection.
    pub outages: Outages,
}

/// Runs `scenario` with clients that `make` makes from a seed each. The same arguments give the same run.
pub(crate) fn run<C: Client>(size: Size, scenario: Scenario, seed: u64, make: impl Fn(u64) -> C) -> Run {
    let mut world = World::new(size, scenario, seed, make);
    world.settle();
    world.play(scenario);
    world.finish()
}

struct World<C> {
    random: Rng,
    now: u64,
    pods: Pods,
    places: Vec<Place<C>>,
    calendar: Calendar<(u32, Due)>,
    curve: Curve,
    outages: Outages,
    wishes: Vec<Wish>,
    end: u64,
}

/// A client and what the world knows of it.
struct Place<C> {
    client: C,
    /// Its connections: two during a handover.
    held: [Option<Held>; 2],
    poll: Option<Held>,
    wake: u64,
    down_since: Option<u64>,
}

/// A connection or a poll that a pod holds.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Held {
    name: u32,
    pod: u16,
}

#[derive(Clone, Copy)]
enum Due {
    /// A handshake reaches the balancer.
    Handshake(u32),
    /// A poll does.
    Poll { exchange: u32, long: bool },
    /// A poll that a pod holds has waited long enough.
    PollOver(u32),
    /// Something reaches the client.
    Happening(Happening),
    /// The client's timer.
    Timer,
}

impl<C: Client> World<C> {
    fn new(size: Size, scenario: Scenario, seed: u64, make: impl Fn(u64) -> C) -> Self {
        let mut random = Rng::with_seed(seed);
        let place = |seed| Place {
            client: make(seed),
            held: [None; 2],
            poll: None,
            wake: u64::MAX,
            down_since: None,
        };
        let places = (0..size.clients).map(|_| place(random.u64(..))).collect();
        let end = SETTLED_MS + scenario.seconds() as u64 * 1_000;
        Self {
            random,
            now: 0,
            pods: Pods::new(size.pods, size.handshakes_per_second),
            places,
            calendar: Calendar::new(end),
            curve: Curve::new(scenario.seconds()),
            outages: Outages::default(),
            wishes: Vec::new(),
            end,
        }
    }

    /// Connects all, spread evenly and without limits.
    fn settle(&mut self) {
        for index in 0..u32::try_from(self.places.len()).expect("made from a u32") {
            let mut wishes = std::mem::take(&mut self.wishes);
            let place = self.place(index);
            place.client.start(0, &mut wishes);
            let opened = wishes.iter().find_map(|wish| match wish {
                Wish::Open { link } => Some(*link),
                _ => None,
            });
            wishes.retain(|wish| !matches!(wish, Wish::Open { .. }));
            self.wishes = wishes;
            self.grant(index);
            if let Some(link) = opened {
                let pod = u16::try_from(index % u32::from(self.pods.count())).expect("below a u16");
                self.hold(index, Held { name: link, pod });
                self.tell(index, Happening::Accepted { link });
            }
        }
    }

    fn play(&mut self, scenario: Scenario) {
        let turns = scenario.turns(self.pods.count(), C::DRAINS);
        let mut turns = turns.into_iter().map(|(at, pod, turn)| (at + SETTLED_MS, pod, turn)).peekable();
        while self.now < self.end {
            let mut now = Vec::new();
            while let Some((_, pod, turn)) = turns.next_if(|(at, ..)| *at == self.now) {
                now.push((pod, turn));
            }
            self.turn(&now);
            loop {
                let due = self.calendar.take(self.now);
                if due.is_empty() {
                    break;
                }
                for (index, due) in due {
                    self.come(index, due);
                }
            }
            self.now += 1;
        }
    }

    fn finish(mut self) -> Run {
        for _ in self.places.iter().filter(|place| place.down_since.is_some()) {
            self.outages.still_open();
        }
        Run { curve: self.curve, outages: self.outages }
    }

    /// All that pods do at one moment, so that the clients are gone through once.
    fn turn(&mut self, turns: &[(u16, Turn)]) {
        let mut told = vec![None; usize::from(self.pods.count())];
        for &(pod, turn) in turns {
            match turn {
                Turn::Start => self.pods.join(pod, self.now),
                Turn::Drain | Turn::Stop { .. } => {
                    self.pods.leave(pod);
                    told[usize::from(pod)] = Some(turn);
                }
            }
        }
        if told.iter().any(Option::is_some) {
            for index in 0..self.places.len() {
                self.tell_of_pods(index as u32, &told);
            }
        }
    }

    fn tell_of_pods(&mut self, index: u32, told: &[Option<Turn>]) {
        for slot in 0..2 {
            let Some(held) = self.place(index).held[slot] else { continue };
            let link = held.name;
            match told[usize::from(held.pod)] {
                Some(Turn::Drain) => self.after_the_way(index, Due::Happening(Happening::Draining { link })),
                Some(Turn::Stop { code }) => {
                    self.place(index).held[slot] = None;
                    self.after_the_way(index, Due::Happening(Happening::Lost { link, code }));
                }
                Some(Turn::Start) | None => {}
            }
        }
        let stopped = |poll: &mut Held| matches!(told[usize::from(poll.pod)], Some(Turn::Stop { .. }));
        if let Some(Held { name: exchange, .. }) = self.place(index).poll.take_if(stopped) {
            self.after_the_way(index, Due::Happening(Happening::Unanswered { exchange }));
        }
    }

    fn come(&mut self, index: u32, due: Due) {
        match due {
            Due::Handshake(link) => {
                self.count();
                let happening = match self.pods.admit(self.now, &mut self.random) {
                    Admission::Accepted { pod } => {
                        self.hold(index, Held { name: link, pod });
                        Happening::Accepted { link }
                    }
                    Admission::Refused { retry_after_ms } => Happening::Refused { link, retry_after_ms },
                    Admission::Unreachable => Happening::Unreachable { link },
                };
                self.after_the_way(index, Due::Happening(happening));
            }
            Due::Poll { exchange, long } => {
                self.count();
                match self.pods.any(&mut self.random) {
                    Some(pod) if long => {
                        self.place(index).poll = Some(Held { name: exchange, pod });
                        self.calendar.plan(self.now + POLL_WAIT_MS, (index, Due::PollOver(exchange)));
                    }
                    Some(_) => self.after_the_way(index, Due::Happening(Happening::Answered { exchange })),
                    None => self.after_the_way(index, Due::Happening(Happening::Unanswered { exchange })),
                }
            }
            Due::PollOver(exchange) => {
                if self.place(index).poll.take_if(|poll| poll.name == exchange).is_some() {
                    self.after_the_way(index, Due::Happening(Happening::Answered { exchange }));
                }
            }
            Due::Happening(happening) => self.tell(index, happening),
            Due::Timer => {
                // A timer that was set anew since is not the client's any more.
                if self.place(index).wake == self.now {
                    self.place(index).wake = u64::MAX;
                    self.tell(index, Happening::Timer);
                }
            }
        }
    }

    fn tell(&mut self, index: u32, happening: Happening) {
        let mut wishes = std::mem::take(&mut self.wishes);
        let now = self.now;
        self.place(index).client.take(now, happening, &mut wishes);
        self.wishes = wishes;
        self.grant(index);
    }

    fn grant(&mut self, index: u32) {
        let mut wishes = std::mem::take(&mut self.wishes);
        for wish in wishes.drain(..) {
            match wish {
                Wish::Open { link } => self.after_the_way(index, Due::Handshake(link)),
                Wish::Poll { exchange, long } => self.after_the_way(index, Due::Poll { exchange, long }),
                Wish::Close { link } => self.release(index, link),
                Wish::Wake { at } => self.set_timer(index, at),
                Wish::Up { polling } => {
                    if let Some(since) = self.place(index).down_since.take() {
                        self.outages.over(self.now - since, polling);
                    }
                }
                Wish::Down => {
                    let now = self.now;
                    self.place(index).down_since.get_or_insert(now);
                }
            }
        }
        self.wishes = wishes;
    }

    fn set_timer(&mut self, index: u32, at: u64) {
        let at = at.max(self.now);
        let place = self.place(index);
        if place.wake != at {
            place.wake = at;
            self.calendar.plan(at, (index, Due::Timer));
        }
    }

    fn hold(&mut self, index: u32, held: Held) {
        let [first, second] = &mut self.place(index).held;
        let free = if first.is_none() { first } else { second };
        *free = Some(held);
    }

    fn release(&mut self, index: u32, link: u32) {
        for held in &mut self.place(index).held {
            held.take_if(|held| held.name == link);
        }
    }

    fn after_the_way(&mut self, index: u32, due: Due) {
        let at = self.now + self.random.u64(WAY_MS);
        self.calendar.plan(at, (index, due));
    }

    fn count(&mut self) {
        if let Some(millis) = self.now.checked_sub(SETTLED_MS) {
            self.curve.count(millis);
        }
    }

    fn place(&mut self, index: u32) -> &mut Place<C> {
        &mut self.places[index as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::Contender;
    use crate::curve::Back;
    use crate::formula::Formula;

    const SMALL: Size = Size { clients: 400, pods: 4, handshakes_per_second: 20 };

    fn runs(scenario: Scenario) -> Vec<(Contender, Run)> {
        Contender::ALL.into_iter().map(|contender| (contender, contender.run(SMALL, scenario, 5))).collect()
    }

    #[test]
    fn a_run_is_the_same_each_time_and_another_seed_is_another_run() {
        for contender in Contender::ALL {
            let [first, again, other] = [5, 5, 6].map(|seed| {
                let run = contender.run(SMALL, Scenario::AllPods, seed);
                (run.curve.seconds().to_vec(), run.outages.clone().over_after([1, 50, 99]))
            });
            assert_eq!(first, again, "{contender:?}");
            assert_ne!(first, other, "{contender:?}");
        }
    }

    #[test]
    fn whoever_loses_a_connection_is_counted_once_and_only_those() {
        for (contender, run) in runs(Scenario::OnePod) {
            assert_eq!(run.outages.count(), 100, "{contender:?}: a quarter of the clients");
        }
        for (contender, mut run) in runs(Scenario::AllPods) {
            assert_eq!(run.outages.count(), 400, "{contender:?}");
            let [first] = run.outages.over_after([1]);
            assert!(matches!(first, Back::After(20_000..)), "{contender:?}: {first:?} while no pod serves");
        }
    }

    #[test]
    fn the_formulas_that_end_are_dead_after_a_long_outage_and_the_others_are_not() {
        for (contender, run) in runs(Scenario::LongOutage) {
            let dead = matches!(contender, Contender::Peer(Formula::Seed | Formula::SignalR));
            assert_eq!(run.outages.open(), if dead { 400 } else { 0 }, "{contender:?}");
        }
    }

    #[test]
    fn a_rolling_drain_breaks_no_connection_of_ours_and_every_one_of_theirs() {
        for (contender, run) in runs(Scenario::RollingDrain) {
            let ours = !matches!(contender, Contender::Peer(_));
            assert_eq!(run.outages.count() == 0, ours, "{contender:?}: {} cut", run.outages.count());
            assert!(run.curve.total() >= 400, "{contender:?}: everyone moves at least once");
        }
    }
}
