//! A server that keeps its word behind a network that does not: what the application reads is the truth, whole or with the gaps
//! named, and each message ends as it says.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use steadfast_core::{
    Config, Input, OutgoingMessage, OutgoingPayload, State, SubscribeOptions, Transport, TransportChoice,
};

use crate::driver::{Command, Driver};
use crate::hostile::{SEED, settings};

mod application;
mod coverage;
mod edge;
mod network;
mod paths;
mod regressions;
mod server;
pub mod steps;

use network::World;
use steps::{Http, Path, Step, TOPICS, config, steps};

/// The longest that a client may need once everything works: the slowest probe, and a token that never came before it.
const RECOVERY_MS: u64 = 15 * 60_000;

proptest! {
    #![proptest_config(settings(400))]

    #[test]
    fn the_application_reads_the_truth(config in config(), seed in any::<u64>(), steps in steps()) {
        let mut world = begin(&config, seed);
        for step in &steps {
            world.play(step);
        }
        world.all_is_well(config.transport);
        world.driver.replays();
    }
}

/// Connected, with a log and a state topic.
fn begin(config: &Config, seed: u64) -> World {
    begin_with(Driver::new(config, seed))
}

pub fn begin_with(driver: Driver) -> World {
    let mut world = World::new(driver);
    world.connect();
    world
}

impl World {
    fn connect(&mut self) {
        for topic in &TOPICS[..2] {
            self.command(&Command::Subscribe((*topic).to_owned(), SubscribeOptions::default()));
        }
        self.command(&Command::Connect);
    }

    pub fn play(&mut self, step: &Step) {
        match step {
            Step::Run(millis) => self.run(*millis),
            Step::Publish { topic, events, acknowledge } => {
                let topic = TOPICS[usize::from(*topic)];
                for number in 0..*events {
                    let key = topic.starts_with("state").then(|| key_name(number));
                    self.publish(topic, key, false, *acknowledge && topic.starts_with("log"));
                }
            }
            Step::Set { key, deleted } => self.publish("state.a", Some(key_name(*key)), *deleted, false),
            Step::Path(path) => self.path = *path,
            Step::Http(http) => self.http = *http,
            Step::HoldUp(held_up) => self.held_up = *held_up,
            Step::Cut { lost } => self.cut(*lost),
            Step::HalfOpen => self.half_open(),
            Step::Crash => {
                self.cut(true);
                self.server.crash();
            }
            Step::ResultsLost => {
                self.cut(true);
                self.server.lose_results();
            }
            Step::Evict(topic) => self.server.evict(TOPICS[usize::from(*topic)]),
            Step::Drain => self.drain(),
            Step::Revoke => self.oldest_token += 1,
            Step::Subscribe { topic, key, history } => {
                let topic = TOPICS[usize::from(*topic)];
                let keys = key.filter(|_| topic.starts_with("state")).map(|key| vec![key_name(key)]);
                let options = SubscribeOptions { keys, history: *history, cursor: None };
                self.command(&Command::Subscribe(topic.to_owned(), options));
            }
            Step::Unsubscribe(choice) => {
                if let Some(id) = self.application.subscription((*choice).into()) {
                    self.command(&Command::Unsubscribe(id));
                }
            }
            Step::Submit => {
                let payload = OutgoingPayload::Json("{}".into());
                let message =
                    OutgoingMessage { kind: "action".into(), payload, ..OutgoingMessage::default() };
                self.command(&Command::Submit(message));
            }
            Step::Acknowledge => {
                self.command(&Command::Acknowledge(vec!["by-hand".into()], None));
            }
            Step::Lazy(lazy) => self.lazy = *lazy,
            Step::Slow(slow) => self.slow = *slow,
            Step::Freeze => self.input(Input::Freeze),
            Step::Thaw => self.input(Input::Thaw),
            Step::Visible => self.input(Input::Visible),
            Step::Online => self.input(Input::Online),
            Step::Offline => self.input(Input::Offline),
            Step::Sleep(millis) => {
                self.driver.pass(*millis);
                self.input(Input::Tick);
            }
            Step::WallJumps(millis) => self.driver.wall_jumps(*millis),
        }
    }

    /// Whatever was before: a path that works is found, and what the application has is the truth.
    fn all_is_well(&mut self, transport: TransportChoice) {
        self.path = Path::Works;
        self.http = Http::Works;
        self.held_up = false;
        self.lazy = false;
        self.slow = false;
        self.input(Input::Thaw);
        self.command(&Command::Connect);
        let wanted = match transport {
            TransportChoice::Auto | TransportChoice::WebSocket => Transport::WebSocket,
            TransportChoice::Polling => Transport::Polling,
        };
        let end = self.driver.now() + RECOVERY_MS;
        loop {
            self.run(5_000);
            let status = self.driver.client.status();
            if status.state == State::Connected && status.transport == Some(wanted) {
                // A message's life, a topic's retry, two polls.
                self.run(120_000);
                if self.driver.client.status().state == State::Connected {
                    break;
                }
            }
            if status.state == State::Closed {
                // Two tokens were revoked in one streak.
                self.command(&Command::Connect);
            }
            assert!(self.driver.now() < end, "10: a path that works is not found: {status:?}");
        }
        assert_eq!(self.driver.client.pending_messages(), 0, "14: a message never completes");
        self.application.agrees(&self.driver.client, &self.server);
        for (payload, times) in &self.application.seen {
            let id = format!("e-{payload}");
            assert!(
                !self.server.asks(*payload) || self.server.received.contains(&id),
                "16: {id} is not acknowledged"
            );
            assert!(*times > 1 || !self.server.repeated.contains(&id), "16: {id} is acknowledged again");
        }
    }
}

fn key_name(key: u8) -> String {
    format!("k-{key}")
}

/// Some cases of the corpus, for the test that looks at what they reach.
fn sample(cases: u32) -> impl Iterator<Item = (Config, u64, Vec<Step>)> {
    let mut runner = TestRunner::new(ProptestConfig { rng_seed: SEED, ..settings(cases) });
    let strategy = (config(), any::<u64>(), steps());
    (0..cases).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}
