//! The pods: real sessions over a real hub, driven as the server drives them.

mod conversation;
mod exchange;

use std::collections::BTreeMap;
use std::sync::Arc;

use steadfast_server::{
    Acknowledgements, Authenticator, Config, Context, EphemeralRetention, Hub, Links, LogRetention, Mailbox,
    MemoryBroker, Order, Pattern, StateRetention, TopicPolicy, TopicRule, TopicRules,
};

use crate::agenda::{Agenda, Happening};
use crate::court::Court;
use crate::network::{Packet, RequestId, SocketId};
use crate::random::Random;
use crate::setup::Setup;
use crate::surroundings::Surroundings;
use conversation::Conversation;
use exchange::Exchange;

/// How often a pod looks at its deadlines, and how many of these apart its hub forgets.
const SWEEP_MS: u64 = 250;
const SWEEPS_A_FORGETTING: u64 = 20;

/// All pods, over one broker.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) broker: MemoryBroker,
    pods: Vec<Pod>,
    config: Config,
    seed: u64,
    lives: u64,
    sweeps: u64,
    random: Random,
}

/// One process of the server.
#[derive(Debug)]
struct Pod {
    life: Life,
    context: Arc<Context>,
    links: Links,
    sockets: BTreeMap<SocketId, Conversation>,
    exchanges: BTreeMap<(RequestId, u64), Exchange>,
    sessions: u64,
    pump_planned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Up,
    Draining,
    Down,
}

impl Cluster {
    pub(crate) fn new(seed: u64, setup: &Setup, court: &mut Court, agenda: &mut Agenda) -> Self {
        let config = config_of(setup);
        let broker = broker_of(&config, seed, 1, court);
        let pods = (0..setup.pods).map(|_| Pod::start(&config, &broker)).collect();
        for pod in 0..setup.pods {
            agenda.after(SWEEP_MS, Happening::Sweep { pod });
        }
        Self { broker, pods, config, seed, lives: 1, sweeps: 0, random: Random::new(seed, "balancer", 0) }
    }

    /// Where the balancer sends something new.
    pub(crate) fn choose(&mut self) -> Option<usize> {
        let strays = self.random.chance(15);
        let open: Vec<usize> = (0..self.pods.len())
            .filter(|pod| match self.pods[*pod].life {
                Life::Up => true,
                Life::Draining => strays,
                Life::Down => false,
            })
            .collect();
        (!open.is_empty()).then(|| open[self.random.index(open.len())])
    }

    pub(crate) fn is_up(&self, pod: usize) -> bool {
        self.pods[pod].life != Life::Down
    }

    /// How many sessions of WebSockets live on all pods.
    pub(crate) fn sockets(&self) -> usize {
        self.pods.iter().map(|pod| pod.sockets.len()).sum()
    }

    pub(crate) fn accept(&mut self, pod: usize, socket: SocketId, around: &mut Surroundings<'_>) {
        let device = around.network.sockets.get(&socket).map_or(0, |socket| socket.device);
        let this = &mut self.pods[pod];
        this.sessions += 1;
        around.court.trace(|| format!("socket {socket} of device {device} is accepted"));
        let conversation = Conversation::new(&this.context, this.sessions, device, around.now());
        this.sockets.insert(socket, conversation);
        self.pump_socket(pod, socket, around);
    }

    /// A packet came out of a pipe.
    pub(crate) fn arrived(
        &mut self,
        pod: usize,
        socket: SocketId,
        packet: Packet,
        around: &mut Surroundings<'_>,
    ) {
        let Some(conversation) = self.pods[pod].sockets.get_mut(&socket) else { return };
        conversation.inbox.push_back(packet);
        self.pump_socket(pod, socket, around);
    }

    /// A connection broke, and the pod has learned of it.
    pub(crate) fn broke(&mut self, pod: usize, socket: SocketId, around: &mut Surroundings<'_>) {
        let this = &mut self.pods[pod];
        if let Some(mut conversation) = this.sockets.remove(&socket) {
            around.court.trace(|| format!("socket {socket} broke"));
            conversation.give_up(&self.broker, &this.links, around);
        }
    }

    /// A pipe has taken what it held.
    pub(crate) fn has_room(&mut self, pod: usize, socket: SocketId, around: &mut Surroundings<'_>) {
        if self.pods[pod].sockets.contains_key(&socket) {
            self.pump_socket(pod, socket, around);
        }
    }

    pub(crate) fn request(
        &mut self,
        pod: usize,
        request: RequestId,
        device: usize,
        body: &str,
        around: &mut Surroundings<'_>,
    ) {
        let this = &mut self.pods[pod];
        this.sessions += 1;
        let key = (request, this.sessions);
        let mut exchange = Exchange::new(&this.context, this.sessions, device, around.now());
        let done = exchange.begin(body, &self.broker, &this.links, around);
        match done {
            Some(answer) => around.network.answer(request, answer, around.agenda),
            None => {
                around.agenda.at(exchange.due_at(), Happening::PollDue { pod, request });
                this.exchanges.insert(key, exchange);
            }
        }
    }

    /// The device no longer waits for its exchange.
    pub(crate) fn abandoned(&mut self, pod: usize, request: RequestId, around: &mut Surroundings<'_>) {
        let this = &mut self.pods[pod];
        for key in this.exchanges_of(request) {
            if let Some(mut exchange) = this.exchanges.remove(&key) {
                exchange.give_up(&self.broker, &this.links, around);
            }
        }
    }

    pub(crate) fn poll_due(&mut self, pod: usize, request: RequestId, around: &mut Surroundings<'_>) {
        for key in self.pods[pod].exchanges_of(request) {
            self.pump_exchange(pod, key, around);
        }
    }

    pub(crate) fn sweep(&mut self, pod: usize, around: &mut Surroundings<'_>) {
        around.agenda.after(SWEEP_MS, Happening::Sweep { pod });
        let now = around.now();
        self.sweeps += 1;
        if self.sweeps.is_multiple_of(SWEEPS_A_FORGETTING) {
            self.broker.hub().sweep(now);
        }
        for mailbox in self.pods[pod].mailboxes() {
            mailbox.tick(now.monotonic.as_millis());
        }
    }

    /// Plans to read the mail of every pod that has some.
    pub(crate) fn plan_pumps(&mut self, agenda: &mut Agenda) {
        for (index, pod) in self.pods.iter_mut().enumerate() {
            if !pod.pump_planned && pod.mailboxes().any(|mailbox| mailbox.is_scheduled()) {
                pod.pump_planned = true;
                agenda.after(self.random.between(0, 3), Happening::Pump { pod: index });
            }
        }
    }

    pub(crate) fn pump(&mut self, pod: usize, around: &mut Surroundings<'_>) {
        self.pods[pod].pump_planned = false;
        let this = &self.pods[pod];
        let marked = |mailbox: &Arc<Mailbox>| mailbox.is_scheduled();
        let sockets: Vec<_> =
            this.sockets.iter().filter(|(_, of)| marked(&of.mailbox)).map(|(id, _)| *id).collect();
        let exchanges: Vec<_> =
            this.exchanges.iter().filter(|(_, of)| marked(&of.mailbox)).map(|(id, _)| *id).collect();
        for socket in sockets {
            self.pump_socket(pod, socket, around);
        }
        for exchange in exchanges {
            self.pump_exchange(pod, exchange, around);
        }
    }

    /// Begins to drain; the pod stops at the deadline.
    pub(crate) fn drain(&mut self, pod: usize, around: &mut Surroundings<'_>) {
        if self.pods[pod].life != Life::Up {
            return;
        }
        let now = around.now();
        let this = &mut self.pods[pod];
        this.life = Life::Draining;
        let deadline = self.config.drain.deadline_ms;
        this.context.begin_drain(now.monotonic + deadline);
        this.mailboxes().for_each(|mailbox| mailbox.order(Order::Drain));
        around.agenda.after(deadline + 2_000, Happening::PodStops { pod });
    }

    /// A drained pod closes what is left, and goes.
    pub(crate) fn stop(&mut self, pod: usize, around: &mut Surroundings<'_>) {
        if self.pods[pod].life != Life::Draining {
            return;
        }
        self.pods[pod].mailboxes().for_each(|mailbox| mailbox.order(Order::Stop));
        self.pump(pod, around);
        self.kill(pod, false, around);
        around.agenda.after(500, Happening::PodStarts { pod });
    }

    /// A pod ends without a word. `silent`: its peers are not told either.
    pub(crate) fn kill(&mut self, pod: usize, silent: bool, around: &mut Surroundings<'_>) {
        let this = &mut self.pods[pod];
        this.life = Life::Down;
        for (socket, mut conversation) in std::mem::take(&mut this.sockets) {
            conversation.give_up(&self.broker, &this.links, around);
            let Some(connection) = around.network.sockets.get_mut(&socket) else { continue };
            connection.pod = None;
            connection.to_pod.dead = true;
            if silent {
                connection.to_device.dead = true;
            } else {
                let way = around.network.way(socket);
                around.agenda.after(way, Happening::Break { socket });
            }
        }
        for ((request, _), mut exchange) in std::mem::take(&mut this.exchanges) {
            exchange.give_up(&self.broker, &this.links, around);
            if !silent {
                around.network.answer(request, exchange::broken_off(), around.agenda);
            }
        }
    }

    pub(crate) fn start(&mut self, pod: usize) {
        if self.pods[pod].life == Life::Down {
            let sessions = self.pods[pod].sessions;
            self.pods[pod] = Pod { sessions, ..Pod::start(&self.config, &self.broker) };
        }
    }

    /// The broker loses everything, and every pod restarts with it.
    pub(crate) fn lose_history(&mut self, around: &mut Surroundings<'_>) {
        for pod in 0..self.pods.len() {
            if self.is_up(pod) {
                self.kill(pod, false, around);
                around.agenda.after(500, Happening::PodStarts { pod });
            }
        }
        self.lives += 1;
        self.broker = broker_of(&self.config, self.seed, self.lives, around.court);
    }

    fn pump_socket(&mut self, pod: usize, socket: SocketId, around: &mut Surroundings<'_>) {
        let this = &mut self.pods[pod];
        let Some(conversation) = this.sockets.get_mut(&socket) else { return };
        conversation.pump(socket, &self.broker, &this.links, around);
        if conversation.is_over() {
            around.court.trace(|| format!("socket {socket} is closed by its pod"));
            this.sockets.remove(&socket);
        }
    }

    fn pump_exchange(&mut self, pod: usize, key: (RequestId, u64), around: &mut Surroundings<'_>) {
        let this = &mut self.pods[pod];
        let Some(exchange) = this.exchanges.get_mut(&key) else { return };
        let before = exchange.due_at();
        if let Some(answer) = exchange.pump(&self.broker, &this.links, around) {
            this.exchanges.remove(&key);
            around.network.answer(key.0, answer, around.agenda);
        } else if exchange.due_at() != before {
            around.agenda.at(exchange.due_at(), Happening::PollDue { pod, request: key.0 });
        }
    }
}

impl Pod {
    fn start(config: &Config, broker: &MemoryBroker) -> Self {
        let authenticator = Authenticator::new(&config.auth).expect("the development keys are keys");
        let results_epoch = Arc::clone(broker.hub().epoch());
        Self {
            life: Life::Up,
            context: Arc::new(Context::new(config, authenticator, results_epoch)),
            links: Links::default(),
            sockets: BTreeMap::new(),
            exchanges: BTreeMap::new(),
            sessions: 0,
            pump_planned: false,
        }
    }

    fn mailboxes(&self) -> impl Iterator<Item = &Arc<Mailbox>> {
        let sockets = self.sockets.values().map(|conversation| &conversation.mailbox);
        sockets.chain(self.exchanges.values().map(|exchange| &exchange.mailbox))
    }

    fn exchanges_of(&self, request: RequestId) -> Vec<(RequestId, u64)> {
        self.exchanges.keys().copied().filter(|(of, _)| *of == request).collect()
    }
}

fn broker_of(config: &Config, seed: u64, life: u64, court: &mut Court) -> MemoryBroker {
    let epoch = format!("e{life}-{seed:x}");
    court.broker_begins(&epoch);
    MemoryBroker::new(Hub::new(config.topics.clone(), config.totals.clone(), &epoch))
}

fn config_of(setup: &Setup) -> Config {
    let log = LogRetention {
        history_ms: setup.log_ms,
        history_events: setup.log_events,
        history_bytes: setup.log_bytes,
    };
    let state = StateRetention { deletions_ms: setup.deletions_ms, ..StateRetention::default() };
    let rules = [
        ("log.*", TopicPolicy::Log(log, Acknowledgements::Any)),
        ("state.*", TopicPolicy::State(state)),
        ("now.*", TopicPolicy::Ephemeral(EphemeralRetention::default())),
    ];
    let rules = rules.into_iter().map(|(pattern, policy)| TopicRule {
        pattern: Pattern::parse(pattern).expect("the pattern has one star"),
        policy,
    });
    let mut config = Config { topics: TopicRules::new(rules.collect()), ..Config::dev() };
    config.heartbeat.interval_ms = setup.heartbeat_ms;
    config.heartbeat.slack_ms = setup.slack_ms;
    config.poll.interval_ms = setup.poll_interval_ms;
    config.poll.wait_ms = setup.wait_ms;
    config.limits.frames_per_second = setup.frames_per_second;
    config.limits.publishes_per_second = setup.publishes_per_second;
    config.limits.max_frame_bytes = setup.max_frame_bytes;
    config.drain.reconnect_max_ms = setup.drain_max_ms;
    config.drain.deadline_ms = setup.drain_max_ms + 15_000;
    config
}
