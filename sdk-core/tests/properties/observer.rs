//! A reference observer: from inputs and outputs alone it knows what the machine may do, and says which promise was broken.

use steadfast_core::{Client, Config, Input, Instant, Output};

use crate::driver::{Command, Done};

pub mod deliveries;
pub mod links;
mod messages;
mod tokens;

use deliveries::Deliveries;
pub use deliveries::class_of;
use links::Links;
use messages::Messages;
use tokens::Tokens;

/// Each room keeps the promises of its name.
pub struct Observer {
    pub links: Links,
    pub tokens: Tokens,
    pub messages: Messages,
    pub deliveries: Deliveries,
    /// A failure streak may have ended before the input at hand.
    stable: bool,
    outputs: usize,
    /// How many outputs the last input may lead to.
    allowed: usize,
    /// Drains in a row at one moment whose deadline had already come.
    spins: (u64, u32),
    until: Option<u64>,
}

impl Observer {
    pub fn new(config: &Config) -> Self {
        Self {
            links: Links::new(config),
            tokens: Tokens::default(),
            messages: Messages::new(config),
            deliveries: Deliveries::new(config),
            stable: false,
            outputs: 0,
            allowed: 0,
            spins: (0, 0),
            until: None,
        }
    }

    /// Whether an input names something that is not current, so that it may change counters alone.
    pub fn is_stale(&self, input: &Input<u32>) -> bool {
        match input {
            Input::TokenReady { request, .. } | Input::TokenFailed { request, .. } => {
                !self.tokens.is_pending(*request)
            }
            other => self.links.is_stale(other),
        }
    }

    pub fn sees_input(&mut self, now: u64, input: &Input<u32>) {
        self.begin(now);
        if let Input::ExchangeAnswered { frames, .. } = input {
            self.allowed += 4 * frames.len();
        }
        self.tokens.sees_input(now, input, &self.links);
        self.links.sees_input(now, input);
        self.deliveries.sees_input(input);
    }

    pub fn sees_command(&mut self, now: u64, command: &Command, done: &Done) {
        self.begin(now);
        if matches!(command, Command::Connect) && self.links.is_at_rest() {
            self.tokens.begin_streak();
        }
        self.links.sees_command(command);
        self.messages.sees_command(now, command, done);
        self.deliveries.sees_command(command, done);
    }

    pub fn sees_output(&mut self, now: u64, output: &Output<u32>) {
        self.outputs += 1;
        self.links.sees_output(now, output);
        self.tokens.sees_output(now, output);
        self.messages.sees_output(output);
        self.deliveries.sees_output(output);
    }

    /// The drain is over.
    pub fn settled(&mut self, now: u64, client: &Client<u32>, until: Option<Instant>) {
        assert!(self.outputs <= self.allowed, "busy: {} outputs for one input", self.outputs);
        self.until = until.map(Instant::as_millis);
        let spinning = self.until.is_some_and(|until| until <= now);
        let again = if spinning && self.spins.0 == now { self.spins.1 + 1 } else { u32::from(spinning) };
        self.spins = (now, again);
        assert!(again <= 8, "busy: the deadline stays in the past");
        self.links.settled(client);
        if self.stable {
            // A renewal that was due for longer may have been asked for right now.
            self.tokens.ends_streak();
        }
        if self.links.is_at_rest() {
            self.tokens.abandon();
        }
        self.messages.settled(now, client, spinning || self.links.is_frozen());
        self.deliveries.settled(client);
        let waits = self.links.may_try() && !self.links.is_frozen();
        assert!(!waits || until.is_some(), "stuck: nothing will ever happen again");
    }

    fn begin(&mut self, now: u64) {
        self.outputs = 0;
        self.allowed = 40 + 4 * self.deliveries.topics() + 3 * self.messages.pending();
        self.stable = self.links.has_been_stable(now);
        if self.stable {
            self.tokens.ends_streak();
        }
    }
}
