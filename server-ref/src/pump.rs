//! What drives sessions: does what they want, wakes them when their time has come, and tells them of the drain.

mod requests;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use aws_lc_rs::rand;
use steadfast_core::{ClientMessage, Cursor, Now, WireError};

use crate::audit::{Action, Audit, Entrance};
use crate::auth::Authenticator;
use crate::broker::MemoryBroker;
use crate::config::ConfigError;
use crate::draining::Phase;
use crate::hub::{Draft, Hub, IdemKey, Mailbox, Order, TopicKey, lock};
use crate::names::TenantId;
use crate::publish::{PublishRequest, Published, Publisher, Target};
use crate::session::{Context, Frame, Note, Output, Session};
use crate::state::ServerState;
pub use requests::{Handlers, Outcome, Request};
use requests::{Inbox, Requests};

/// How often all deadlines are looked at: one task for all connections, in place of a timer each.
const SWEEP: Duration = Duration::from_millis(250);

/// How many sweeps apart the hub forgets what its age condemns.
const SWEEPS_A_FORGETTING: u32 = 20;

/// One server's sessions and what they share.
#[derive(Debug)]
pub struct Pod {
    pub(crate) state: Arc<ServerState>,
    pub(crate) context: Arc<Context>,
    broker: MemoryBroker,
    requests: Arc<Requests>,
    roster: Mutex<Vec<Weak<Mailbox>>>,
    sessions: AtomicU64,
}

/// A session with what it needs to be driven. Dropping it gives back what the session holds elsewhere.
#[derive(Debug)]
pub(crate) struct Driven {
    pub(crate) session: Session,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) pod: Arc<Pod>,
    entrance: Entrance,
    peer: Option<SocketAddr>,
    /// Whose connections this one is counted among.
    tenant: Option<TenantId>,
    /// Where answers to requests come in; there once there was a request.
    inbox: Option<Arc<Inbox>>,
}

impl Pod {
    /// Starts a server's heart with an empty memory, and the task that watches its deadlines. To be called within
    /// a tokio runtime.
    ///
    /// # Errors
    /// - [`ConfigError::Invalid`]: a key of the configuration is no key of its algorithm.
    pub fn start(state: &Arc<ServerState>, handlers: Handlers) -> Result<Arc<Self>, ConfigError> {
        let config = &state.config;
        let hub = Hub::new(config.topics.clone(), config.totals.clone(), &random_epoch())
            .with_presence(config.presence.clone());
        let results_epoch = Arc::clone(hub.epoch());
        let context = Context::new(config, Authenticator::new(&config.auth)?, results_epoch);
        let pod = Arc::new(Self {
            state: Arc::clone(state),
            context: Arc::new(context),
            broker: MemoryBroker::new(hub),
            requests: Arc::new(Requests::new(handlers, state.clock)),
            roster: Mutex::default(),
            sessions: AtomicU64::new(0),
        });
        tokio::spawn(watch(Arc::downgrade(&pod)));
        Ok(pod)
    }

    pub(crate) fn drive(self: &Arc<Self>, entrance: Entrance, peer: Option<SocketAddr>) -> Driven {
        let number = self.sessions.fetch_add(1, Ordering::Relaxed) + 1;
        let context = Arc::clone(&self.context);
        let now = self.state.clock.now();
        let session = match entrance {
            Entrance::Exchange => Session::exchange(context, number, now),
            Entrance::WebSocket | Entrance::Renewal => Session::socket(context, number, now),
        };
        let mailbox = Mailbox::new();
        lock(&self.roster).push(Arc::downgrade(&mailbox));
        Driven { session, mailbox, pod: Arc::clone(self), entrance, peer, tenant: None, inbox: None }
    }

    fn sweep(&self, forget: bool) {
        let now = self.state.clock.now();
        let now_ms = now.monotonic.as_millis();
        lock(&self.roster)
            .retain(|mailbox| mailbox.upgrade().inspect(|mailbox| mailbox.tick(now_ms)).is_some());
        if forget {
            self.broker.hub().sweep(now);
            let size = self.broker.hub().size();
            self.state.metrics.logs_hold(size.topics as usize, size.bytes as usize);
        }
    }

    fn phase_changed(&self, phase: Phase) {
        let order = match phase {
            Phase::Serving => return,
            Phase::Draining { deadline } => {
                self.context.begin_drain(deadline);
                Order::Drain
            }
            Phase::Closed => Order::Stop,
        };
        let mailboxes: Vec<_> = lock(&self.roster).iter().filter_map(Weak::upgrade).collect();
        mailboxes.iter().for_each(|mailbox| mailbox.order(order));
    }
}

impl Publisher for Pod {
    async fn publish(
        &self,
        api_key: &str,
        requests: Vec<PublishRequest>,
    ) -> Vec<Result<Published, WireError>> {
        let actor: Arc<str> = format!("key:{api_key}").into();
        let mut results = Vec::with_capacity(requests.len());
        for request in requests {
            results.push(self.publish_one(&actor, request));
            // A large batch to many readers must not hold up the other tasks of this thread.
            tokio::task::yield_now().await;
        }
        results
    }
}

impl Pod {
    fn publish_one(&self, actor: &Arc<str>, request: PublishRequest) -> Result<Published, WireError> {
        let topic = match request.target {
            Target::Topic(name) => TopicKey::shared(request.tenant, name),
            Target::User(user) => TopicKey::of_user(request.tenant, user),
        };
        let idem =
            request.idempotency_key.map(|idem| IdemKey { actor: Arc::clone(actor), idem: idem.into() });
        let draft = Draft {
            topic,
            kind: request.kind,
            payload: request.payload,
            correlation_id: request.correlation_id,
            priority: request.priority,
            requires_acknowledgment: request.requires_acknowledgment,
            key: request.key,
            deleted: request.deleted,
        };
        let (appended, duplicate) = self.broker.publish(&draft, idem.as_ref(), self.state.clock.now())?;
        if !duplicate {
            self.state.metrics.event_published(appended.class, appended.bytes);
        }
        let position = appended.offset.map(|offset| Cursor { epoch: (*appended.epoch).into(), offset });
        Ok(Published { id: appended.id.to_string(), position, duplicate })
    }
}

impl Driven {
    /// Takes what the mailbox holds into the session.
    pub(crate) fn take_mail(&mut self, now: Now) {
        if !self.mailbox.is_scheduled() {
            return;
        }
        let marks = self.mailbox.take();
        if marks.has(Order::Answer)
            && let Some(inbox) = &self.inbox
        {
            for answer in inbox.take() {
                self.session.handle_answer(answer, now);
            }
        }
        self.session.handle_marks(marks, now);
    }

    /// The next frame to write, after what the session wants has been done.
    pub(crate) fn poll_frame(&mut self, now: Now) -> Option<Frame> {
        loop {
            let performed = self.perform_outputs(now);
            // What was done may have been answered at once, and the answer may be a frame.
            match self.session.poll_frame() {
                None if performed => {}
                frame => return frame,
            }
        }
    }

    /// Does what the session wants, until it wants nothing more; whether there was anything.
    pub(crate) fn perform_outputs(&mut self, now: Now) -> bool {
        let mut performed = false;
        while let Some(output) = self.session.poll_output() {
            performed = true;
            match output {
                Output::Note(note) => self.note(note),
                Output::Handle { reference, message, idem } => self.handle(*message, reference, idem),
                output => {
                    if let Output::Enter { client, .. } = &output {
                        self.pod.state.metrics.connection_opened(&client.tenant);
                        self.tenant = Some(client.tenant.clone());
                    }
                    let principal = self.session.principal();
                    let answer = self.pod.broker.perform(output, principal, &self.mailbox, now);
                    if let Some(answer) = answer {
                        self.session.handle_answer(answer, now);
                    }
                }
            }
        }
        performed
    }

    /// A WebSocket ended with this code.
    pub(crate) fn connection_closed(&mut self, code: u16) {
        let tenant = self.tenant.take();
        self.pod.state.metrics.connection_closed(tenant.as_ref(), code);
    }

    fn handle(&mut self, message: ClientMessage, reference: Option<u64>, idem: Option<IdemKey>) {
        if let Some(principal) = self.session.principal() {
            let inbox = self.inbox.get_or_insert_with(|| Inbox::new(&self.mailbox));
            self.pod.requests.begin(principal, message, reference, idem, inbox);
        }
    }

    fn note(&self, note: Note) {
        let metrics = &self.pod.state.metrics;
        let entrance = |renewal| if renewal { Entrance::Renewal } else { self.entrance };
        match note {
            Note::Authenticated { renewal } => {
                if let Some(principal) = self.session.principal() {
                    Audit::authentication_accepted(principal, entrance(renewal), self.peer);
                }
            }
            Note::AuthenticationFailed { error, renewal } => {
                metrics.authentication_failed(error);
                Audit::authentication_refused(error, entrance(renewal), self.peer);
            }
            Note::Denied { publish, topic } => {
                let action = if publish { Action::Publish } else { Action::Subscribe };
                Audit::denied(self.session.principal(), action, &topic);
            }
            Note::BadFrame(code) => metrics.bad_frame(&code),
            Note::UnknownFrame => metrics.unknown_frame(),
            Note::Gap(reason) => metrics.gap(reason),
            Note::Rewound => metrics.reader_rewound(),
            Note::Acknowledged { ids, state, note } => {
                metrics.acknowledged(state, ids.len());
                if let (Some(principal), steadfast_core::AckState::Acknowledged) =
                    (self.session.principal(), state)
                {
                    ids.iter().for_each(|id| Audit::acknowledged(principal, id, note.as_deref()));
                }
            }
            Note::Published { class, bytes } => metrics.event_published(class, bytes),
            Note::Answered(Ok(duplicate)) => metrics.message_accepted(duplicate),
            Note::Answered(Err(code)) => metrics.message_failed(&code),
        }
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.session.handle_closed();
        self.perform_outputs(self.pod.state.clock.now());
    }
}

async fn watch(pod: Weak<Pod>) {
    let Some(mut phases) = pod.upgrade().map(|pod| pod.state.draining.watch()) else {
        return;
    };
    let mut sweeps = tokio::time::interval(SWEEP);
    sweeps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut count: u32 = 0;
    loop {
        tokio::select! {
            _ = sweeps.tick() => {
                let Some(pod) = pod.upgrade() else { return };
                count = count.wrapping_add(1);
                pod.sweep(count.is_multiple_of(SWEEPS_A_FORGETTING));
            }
            changed = phases.changed() => {
                let (Ok(()), Some(pod)) = (changed, pod.upgrade()) else { return };
                let phase = *phases.borrow_and_update();
                pod.phase_changed(phase);
            }
        }
    }
}

/// Names one life of a server. Random, so that no numbering is ever taken for another's.
fn random_epoch() -> String {
    let mut bytes = [0_u8; 8];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
