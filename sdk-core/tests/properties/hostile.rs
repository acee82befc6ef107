//! Everything at the machine, in any order; then time passes and nobody answers; then all is well again.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, RngSeed, TestRunner};
use steadfast_core::{Config, Input, MessageId, State, Transport, TransportChoice};

use crate::driver::{Command, Driver};
use crate::steps::{Answer, Step, config, steps};

mod answers;
mod coverage;
mod play;
mod regressions;

/// The longest that a client may need once everything works: the slowest probe, and a token that never came before it.
const RECOVERY_MS: u64 = 15 * 60_000;

pub const SEED: RngSeed = RngSeed::Fixed(0x57ead);

/// Wake-ups in a minute in which nobody answers: retries, polls, timeouts.
const MOST_TICKS_A_MINUTE: u64 = 120;

proptest! {
    #![proptest_config(settings(600))]

    #[test]
    fn the_machine_keeps_its_promises(config in config(), seed in any::<u64>(), steps in steps()) {
        World::new(&config, seed).run(&steps);
    }
}

/// The same cases each time, everywhere: no file of past failures is needed, and none can be written under WASI. For a longer
/// search set `PROPTEST_CASES` and `PROPTEST_RNG_SEED`.
pub fn settings(cases: u32) -> ProptestConfig {
    let given = ProptestConfig::default();
    let is_set = |name| std::env::var_os(name).is_some();
    ProptestConfig {
        cases: if is_set("PROPTEST_CASES") { given.cases } else { cases },
        rng_seed: if is_set("PROPTEST_RNG_SEED") { given.rng_seed } else { SEED },
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        max_shrink_iters: 100_000,
        ..given
    }
}

/// The client, and what was done to it that excuses it later.
pub struct World {
    pub driver: Driver,
    transport: TransportChoice,
    /// Topics whose answers were such that they need not come live.
    spoilt: HashSet<String>,
    /// Numbers at their ends were told: only a new connection helps.
    extreme: bool,
    acknowledged: u32,
}

impl World {
    pub fn new(config: &Config, seed: u64) -> Self {
        Self::begin_with(Driver::new(config, seed), config.transport)
    }

    pub fn begin_with(driver: Driver, transport: TransportChoice) -> Self {
        Self { driver, transport, spoilt: HashSet::new(), extreme: false, acknowledged: 0 }
    }

    pub fn run(&mut self, steps: &[Step]) {
        for step in steps {
            self.play(step);
        }
        self.nobody_answers();
        self.all_is_well();
        self.the_end();
        self.driver.replays();
    }

    /// Time passes: messages end, and the machine does not spin.
    fn nobody_answers(&mut self) {
        self.driver.input(Input::Thaw);
        for _ in 0..5 {
            let before = self.driver.ticks;
            self.driver.advance(60_000);
            let ticks = self.driver.ticks - before;
            assert!(ticks <= MOST_TICKS_A_MINUTE, "busy: {ticks} wake-ups in a minute");
        }
        self.driver.input(Input::Tick);
        // What has no end to its life is called off.
        while let Some(message) = self.driver.observer.messages.pick(0) {
            self.driver.command(&Command::Cancel(message));
        }
        assert_eq!(self.driver.observer.messages.pending(), 0, "14: a message never completes");
        self.driver.command(&Command::Cancel(MessageId(1)));
    }

    /// Whatever was before: a path that works is found, and topics come live.
    fn all_is_well(&mut self) {
        self.driver.command(&Command::Connect);
        if self.extreme {
            self.driver.command(&Command::Disconnect);
            self.driver.command(&Command::Connect);
        }
        let end = self.driver.now() + RECOVERY_MS;
        loop {
            self.play(&Step::TakeAll);
            while self.proceed(0, Answer::Good, false) {
                self.play(&Step::TakeAll);
            }
            if self.is_well() {
                break;
            }
            assert!(
                self.driver.now() < end,
                "10: a path that works is not found: {:?}, topics not live: {:?}",
                self.driver.client.status(),
                self.not_live()
            );
            self.driver.advance_to_deadline(5_000);
            self.ping();
        }
        self.next_events_arrive();
    }

    fn is_well(&self) -> bool {
        let status = self.driver.client.status();
        let wanted = match self.transport {
            TransportChoice::Auto | TransportChoice::WebSocket => Transport::WebSocket,
            TransportChoice::Polling => Transport::Polling,
        };
        status.state == State::Connected && status.transport == Some(wanted) && self.not_live().is_empty()
    }

    fn not_live(&self) -> Vec<String> {
        let topics = self.driver.observer.deliveries.slots();
        topics
            .filter(|(slot, name)| !self.spoilt.contains(*name) && !self.driver.client.is_live(*slot))
            .map(|(_, name)| name.to_owned())
            .collect()
    }

    /// Nothing is left of it all but a client that said good-bye.
    fn the_end(&mut self) {
        self.driver.command(&Command::Disconnect);
        assert_eq!(self.driver.client.status().state, State::Disconnected);
        self.driver.advance(600_000);
        assert!(self.driver.until.is_none(), "busy: deadlines without a connection");
    }
}

/// Some cases of the corpus, for the test that looks at what they reach.
pub fn sample(cases: u32) -> impl Iterator<Item = (Config, u64, Vec<Step>)> {
    let mut runner = TestRunner::new(ProptestConfig { rng_seed: SEED, ..settings(cases) });
    let strategy = (config(), any::<u64>(), steps());
    (0..cases).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}
