//! A device: the real client, its driver, and an application. The driver does what a browser or a native task does,
//! with the liberties that both have: late ends of closed links, frames of links that are closed already.

mod deliver;
mod inputs;
mod outputs;
mod turn;

use std::collections::BTreeMap;

use steadfast_core::json::Envelope;
use steadfast_core::{
    Client, Config, ExchangeId, Input, Instant, LinkId, Now, OutboxLimits, Output, State, Status,
    TransportChoice,
};

use crate::agenda::Happening;
use crate::application::Application;
use crate::checks::{Watch, clocks, liveness, outbox};
use crate::network::{RequestId, SocketId};
use crate::random::Random;
use crate::setup::{DeviceSetup, WALL_ORIGIN};
use crate::surroundings::Surroundings;

/// The reading of every device's monotonic clock when the world begins.
const MONOTONIC_ORIGIN: u64 = 10_000;

/// A device.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) index: usize,
    pub(crate) setup: DeviceSetup,
    pub(crate) application: Application,
    pub(crate) watch: Watch,
    pub(crate) trouble: Trouble,
    core: Client<Envelope>,
    status: Status,
    /// How long the monotonic clock has stood still.
    standing: u64,
    wall_skew: i64,
    generation: u64,
    /// When the machine wants to be asked again.
    deadline: Option<Instant>,
    sockets: BTreeMap<LinkId, SocketId>,
    requests: BTreeMap<ExchangeId, RequestId>,
    /// The driver's liberties.
    random: Random,
    /// The application's wishes.
    wishes: Random,
    /// The topics may change.
    restless: bool,
    /// Whether the application still submits.
    submits: bool,
    token_life_ms: u64,
    /// Its last token permits only a part of the topics.
    pub(crate) narrowed: bool,
    /// Since when a WebSocket has carried everything, in the world's time.
    connected_at: u64,
    /// How often the page was loaded again: what comes for an earlier one comes to nobody.
    page: u64,
    /// Folds all outputs: the same in every run of a seed.
    digest: u64,
}

/// What goes wrong at a device.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) asleep_until: u64,
    /// Which fault of the schedule it is that it sleeps by.
    pub(crate) asleep_by: Option<usize>,
    pub(crate) frozen: bool,
    pub(crate) late_ms: u64,
    pub(crate) early: bool,
    pub(crate) no_tokens: Option<bool>,
    pub(crate) slow_tokens_ms: u64,
    /// Whether they are expired.
    pub(crate) bad_tokens: Option<bool>,
    pub(crate) narrow_tokens: bool,
    /// Nothing but a proxy that kills each link stands in the way.
    pub(crate) only_killed: bool,
}

impl Device {
    pub(crate) fn new(seed: u64, index: usize, setup: &DeviceSetup, token_life_ms: u64) -> Self {
        let mut random = Random::new(seed, "driver", index as u64);
        let config = config_of(setup, 0);
        let now = Now::new(Instant::from_millis(MONOTONIC_ORIGIN), WALL_ORIGIN);
        let core = Client::new(config, random.next(), now);
        let status = core.status();
        Self {
            index,
            setup: setup.clone(),
            application: Application::default(),
            watch: Watch::default(),
            trouble: Trouble::default(),
            core,
            status,
            standing: 0,
            wall_skew: 0,
            generation: 0,
            deadline: None,
            sockets: BTreeMap::new(),
            requests: BTreeMap::new(),
            random,
            wishes: Random::new(seed, "application", index as u64),
            restless: true,
            submits: true,
            token_life_ms,
            narrowed: false,
            connected_at: 0,
            page: 0,
            digest: 0,
        }
    }

    /// The application begins its life.
    pub(crate) fn begin(&mut self, around: &mut Surroundings<'_>) {
        for follow in self.setup.follows.clone() {
            self.follow(&follow, around);
        }
        self.connect(around);
        let first = self.wishes.between(1, self.setup.turn_every_ms);
        around.agenda.after(first, Happening::ApplicationTurn { device: self.index });
    }

    pub(crate) fn connect(&mut self, around: &mut Surroundings<'_>) {
        if self.status.state == State::Closed || !self.watch.terminal.wants() {
            self.watch.spacing.begins();
            self.watch.proxies.begins();
            self.watch.leaving.begins();
            self.watch.flapping.begins();
            self.watch.tokens.begins();
            self.watch.recovery.wanted(around.agenda.now());
        }
        self.watch.terminal.connects();
        let now = self.now(around);
        self.core.connect(now);
        self.carry_out(around);
    }

    pub(crate) fn disconnect(&mut self, around: &mut Surroundings<'_>) {
        let now = self.now(around);
        self.core.disconnect(now);
        self.watch.tokens.abandoned();
        self.carry_out(around);
        self.watch.terminal.disconnects();
    }

    pub(crate) fn freeze(&mut self, around: &mut Surroundings<'_>) {
        if !self.trouble.frozen {
            self.trouble.frozen = true;
            self.give(Input::Freeze, around);
            self.watch.tokens.abandoned();
            self.watch.terminal.freezes(true);
        }
    }

    pub(crate) fn thaw(&mut self, around: &mut Surroundings<'_>) {
        if std::mem::take(&mut self.trouble.frozen) {
            self.watch.terminal.freezes(false);
            self.watch.spacing.begins();
            self.watch.proxies.begins();
            self.watch.leaving.begins();
            self.watch.tokens.begins();
            self.watch.recovery.wanted(around.agenda.now());
            self.give(Input::Thaw, around);
        }
    }

    /// The machine falls asleep by this fault of the schedule, unless it sleeps already.
    pub(crate) fn falls_asleep(&mut self, fault: usize, until: u64) {
        if self.trouble.asleep_by.is_none() {
            self.trouble.asleep_by = Some(fault);
            self.trouble.asleep_until = until;
        }
    }

    /// The machine wakes; its monotonic clock may have stood still meanwhile.
    pub(crate) fn wakes(&mut self, fault: usize, stood_still: bool, slept_ms: u64) {
        if self.trouble.asleep_by.take_if(|by| *by == fault).is_some() {
            self.watch.proxies.wakes();
            self.standing += if stood_still { slept_ms } else { 0 };
        }
    }

    pub(crate) fn wall_jumps(&mut self, by_ms: i64, around: &mut Surroundings<'_>) {
        let awake = self.trouble.asleep_until <= around.agenda.now();
        if !awake || self.random.chance(50) {
            self.wall_skew += by_ms;
            return;
        }
        self.give(Input::Tick, around);
        let before = self.deadline;
        self.wall_skew += by_ms;
        self.give(Input::Tick, around);
        if by_ms < 0 {
            clocks::jumped_back(before, self.deadline, &mut around.court.verdict);
        }
    }

    /// From now on the application keeps what it has.
    pub(crate) fn settle_down(&mut self) {
        self.restless = false;
    }

    /// From now on the application submits nothing.
    pub(crate) fn fall_silent(&mut self) {
        self.submits = false;
    }

    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    pub(crate) fn core(&self) -> &Client<Envelope> {
        &self.core
    }

    /// The device's clocks.
    fn now(&self, around: &Surroundings<'_>) -> Now {
        let world = around.agenda.now();
        let wall = (WALL_ORIGIN + world).saturating_add_signed(self.wall_skew);
        Now::new(Instant::from_millis(MONOTONIC_ORIGIN + world - self.standing), wall)
    }

    fn monotonic(&self, around: &Surroundings<'_>) -> u64 {
        self.now(around).monotonic.as_millis()
    }

    /// Tells the machine something and does what it wants.
    pub(crate) fn give(&mut self, input: Input<Envelope>, around: &mut Surroundings<'_>) {
        let now = self.now(around);
        around.court.trace(|| format!("device {} ← {}", self.index, inputs::describe(&input)));
        self.core.handle_input(now, input);
        self.carry_out(around);
    }

    fn carry_out(&mut self, around: &mut Surroundings<'_>) {
        around.court.verdict.about(self.index);
        let until = loop {
            match self.core.poll_output() {
                Output::Wait { until } => break until,
                output => self.perform(output, around),
            }
        };
        let now = self.now(around);
        if self.random.chance(6) {
            clocks::settled(&mut self.core, now, until, &mut around.court.verdict);
        }
        let monotonic = now.monotonic.as_millis();
        for (id, link) in &mut self.watch.connections.links {
            liveness::settled(*id, link, monotonic, &mut around.court.verdict);
        }
        let tokens = self.trouble.no_tokens.is_none()
            && self.trouble.bad_tokens.is_none()
            && self.watch.tokens.is_idle();
        let may_poll = is_auto(&self.setup) && self.watch.terminal.may_try();
        let links = &self.watch.connections.links;
        let live: Vec<LinkId> =
            links.iter().filter(|(_, link)| link.welcomed.is_some()).map(|(id, _)| *id).collect();
        let under_way = self.watch.connections.exchange.is_some();
        let verdict = &mut around.court.verdict;
        let tries = matches!(self.status.state, State::Connecting | State::Connected);
        self.watch.connections.settled(tries, verdict);
        self.watch.leaving.settled(&live, under_way, tokens, monotonic, verdict);
        let fallback_after_ms = self.setup.fallback_after_ms;
        self.watch.proxies.settled(
            may_poll && live.is_empty(),
            tokens,
            fallback_after_ms,
            monotonic,
            verdict,
        );
        let waiting = self.core.pending_messages();
        outbox::settled(&self.application, waiting, &self.setup, verdict);
        self.set_timer(until, around);
    }

    fn set_timer(&mut self, until: Option<Instant>, around: &mut Surroundings<'_>) {
        self.generation += 1;
        self.deadline = until;
        let Some(until) = until else { return };
        let at = (until.as_millis() + self.standing).saturating_sub(MONOTONIC_ORIGIN);
        let late = if self.trouble.late_ms > 0 { self.random.between(0, self.trouble.late_ms) } else { 0 };
        let timer = Happening::Timer { device: self.index, generation: self.generation };
        around.agenda.at(at + late, timer);
        if self.trouble.early && self.random.chance(50) {
            let early = self.random.between(0, at.saturating_sub(around.agenda.now()));
            around.agenda.after(early, Happening::Timer { device: self.index, generation: self.generation });
        }
    }
}

fn config_of(setup: &DeviceSetup, page: u64) -> Config {
    Config {
        transport: setup.transport,
        long_poll: setup.long_poll,
        buffer_events: setup.buffer_events,
        buffer_bytes: setup.buffer_bytes,
        outbox: OutboxLimits { messages: setup.outbox_messages, bytes: 1024 * 1024, life_ms: 60_000 },
        max_reconnect_attempts: setup.max_reconnect_attempts,
        exhausted: setup.exhausted,
        auto_reconnect: setup.auto_reconnect,
        fallback_after_ms: setup.fallback_after_ms,
        heartbeat_ms: setup.heartbeat_ms,
        ..Config::new(format!("{}-{page}", setup.instance))
    }
}

/// Whether a device may poll beside its links.
fn is_auto(setup: &DeviceSetup) -> bool {
    setup.transport == TransportChoice::Auto
}
