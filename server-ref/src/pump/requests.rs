//! Requests without a topic: the application's handlers, and the table that carries each request out once.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use steadfast_core::{ClientMessage, ErrorCode, Payload, WireError};

use crate::auth::Principal;
use crate::clock::Clock;
use crate::hub::{Begin, IdemKey, IdemTable, Mailbox, Order, hash_payload, lock};
use crate::names::TenantId;
use crate::session::Answer;

/// What a handler gives: the result's payload as JSON text, or what went wrong.
pub type Outcome = Result<Option<Box<str>>, WireError>;

type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;
type Handler = Arc<dyn Fn(Request) -> Running + Send + Sync>;

/// A request of a client: an application message without a topic.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks, from the verified token.
    pub principal: Principal,
    /// The application's type.
    pub kind: String,
    /// The payload.
    pub payload: Payload,
    /// Passed through.
    pub correlation_id: Option<String>,
}

/// The application's handlers of requests, by type. A type without one is answered `unsupported`.
#[derive(Clone, Default)]
pub struct Handlers(HashMap<String, Handler>);

/// The answers to one session's requests, on their way to it. Bounded by the requests that a session may have under
/// way.
#[derive(Debug)]
pub(super) struct Inbox {
    mailbox: Arc<Mailbox>,
    answers: Mutex<Vec<Answer>>,
}

/// Carries requests out.
#[derive(Debug)]
pub(super) struct Requests {
    handlers: Handlers,
    clock: Clock,
    tables: Mutex<HashMap<TenantId, IdemTable<Outcome, Waiter>>>,
}

#[derive(Debug)]
struct Waiter {
    inbox: Arc<Inbox>,
    reference: Option<u64>,
}

impl Handlers {
    /// No handlers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the handler of a type; a second one of the same type replaces the first.
    ///
    /// A request with an idempotency key is handled once in ten minutes, unless it fails in a way that a repeat may
    /// mend. A handler runs to its end though the client may be gone.
    #[must_use]
    pub fn on<F, R>(mut self, kind: &str, handler: F) -> Self
    where
        F: Fn(Request) -> R + Send + Sync + 'static,
        R: Future<Output = Outcome> + Send + 'static,
    {
        self.0.insert(kind.to_owned(), Arc::new(move |request| Box::pin(handler(request))));
        self
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Inbox {
    pub(super) fn new(mailbox: &Arc<Mailbox>) -> Arc<Self> {
        Arc::new(Self { mailbox: Arc::clone(mailbox), answers: Mutex::default() })
    }

    pub(super) fn take(&self) -> Vec<Answer> {
        std::mem::take(&mut lock(&self.answers))
    }

    fn put(&self, answer: Answer) {
        lock(&self.answers).push(answer);
        self.mailbox.order(Order::Answer);
    }
}

impl Requests {
    pub(super) fn new(handlers: Handlers, clock: Clock) -> Self {
        Self { handlers, clock, tables: Mutex::default() }
    }

    /// Begins to carry a request out; the answer comes into the inbox, perhaps before this returns.
    pub(super) fn begin(
        self: &Arc<Self>,
        principal: &Principal,
        message: ClientMessage,
        reference: Option<u64>,
        idem: Option<IdemKey>,
        inbox: &Arc<Inbox>,
    ) {
        let waiter = Waiter { inbox: Arc::clone(inbox), reference };
        let Some(handler) = self.handlers.0.get(&message.kind) else {
            let text = "the server has no handler for this type; name a topic to publish to";
            return waiter.answer(Err(WireError::new(ErrorCode::Unsupported, text, false)), false);
        };
        if let Some(key) = &idem {
            let fingerprint = fingerprint(&message);
            let begun = self.with_table(&principal.tenant, |table, now_ms| {
                table.begin(key, fingerprint, waiter.again(), now_ms)
            });
            match begun {
                Begin::New => {}
                Begin::Done(outcome) => return waiter.answer(outcome, true),
                Begin::Refused(error) => return waiter.answer(Err(error), false),
                Begin::Waiting => return,
            }
        }
        let tenant = principal.tenant.clone();
        let running = handler(Request {
            principal: principal.clone(),
            kind: message.kind,
            payload: message.payload,
            correlation_id: message.correlation_id,
        });
        let requests = Arc::clone(self);
        // Not in the session's own task: what has begun is finished, though its client may be gone.
        tokio::spawn(async move {
            // A second task turns a handler's panic into an error: else those who wait would wait for ever.
            let outcome = tokio::spawn(running).await.unwrap_or_else(|_| Err(broken()));
            let waiting = idem.map(|key| requests.finish(&tenant, &key, &outcome)).unwrap_or_default();
            for other in waiting {
                other.answer(outcome.clone(), true);
            }
            waiter.answer(outcome, false);
        });
    }

    fn finish(&self, tenant: &TenantId, key: &IdemKey, outcome: &Outcome) -> Vec<Waiter> {
        self.with_table(tenant, |table, now_ms| match outcome {
            Err(error) if error.retryable => table.abandon(key),
            Ok(_) | Err(_) => table.finish(key, outcome.clone(), now_ms),
        })
    }

    fn with_table<R>(
        &self,
        tenant: &TenantId,
        run: impl FnOnce(&mut IdemTable<Outcome, Waiter>, u64) -> R,
    ) -> R {
        let now_ms = self.clock.monotonic().as_millis();
        run(lock(&self.tables).entry(tenant.clone()).or_default(), now_ms)
    }
}

impl Waiter {
    fn again(&self) -> Self {
        Self { inbox: Arc::clone(&self.inbox), reference: self.reference }
    }

    fn answer(&self, outcome: Outcome, duplicate: bool) {
        // What failed has no earlier copy that was carried out.
        let duplicate = duplicate && outcome.is_ok();
        self.inbox.put(Answer::Handled { reference: self.reference, outcome, duplicate });
    }
}

fn fingerprint(message: &ClientMessage) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&message.kind, &message.correlation_id, &message.priority).hash(&mut hasher);
    hash_payload(&message.payload, &mut hasher);
    hasher.finish()
}

fn broken() -> WireError {
    WireError::new(ErrorCode::Internal, "the handler of this type broke down; try again", true)
}
