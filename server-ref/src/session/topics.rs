//! Subscribing and unsubscribing, and the answers that wait until all their topics are resolved.

use steadfast_core::{
    ErrorCode, GapReason, Instant, Now, Recovery, ServerFrame, TopicClass, TopicRequest, TopicResult,
    WireError,
};

use super::subscriptions::{Active, Resolving, Slot};
use super::{Note, Output, Phase, Session, Ticket};
use crate::hub::{Attached, MAX_KEY_LENGTH, TopicKey};
use crate::names::TopicName;

/// How long an answer waits for a store.
const RESOLVE_MS: u64 = 1_000;

/// The most topics that one frame may name; each is answered, so their number must have a bound.
const MAX_NAMED: usize = 1_024;

/// An answer whose topics are not all resolved yet.
#[derive(Debug)]
pub(super) struct Answering {
    reference: Option<u64>,
    entries: Vec<Entry>,
    pub(super) until: Instant,
}

#[derive(Debug)]
enum Entry {
    Waiting { ticket: Ticket, topic: String },
    Done(TopicResult),
}

impl Answering {
    pub(super) fn is_resolved(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry, Entry::Done(_)))
    }

    pub(super) fn into_results(self) -> Vec<TopicResult> {
        let done = |entry| match entry {
            Entry::Done(result) => result,
            Entry::Waiting { topic, .. } => refused(&topic, unavailable()),
        };
        self.entries.into_iter().map(done).collect()
    }

    fn resolve(&mut self, ticket: Ticket, result: impl Fn(&str) -> TopicResult) {
        for entry in &mut self.entries {
            if let Entry::Waiting { ticket: waiting, topic } = entry
                && *waiting == ticket
            {
                *entry = Entry::Done(result(topic));
            }
        }
    }
}

impl Session {
    pub(super) fn handle_subscribe(&mut self, reference: u64, topics: Vec<TopicRequest>, now: Now) {
        if let Some(problem) = self.problem_with(topics.len()) {
            let error = WireError::new(ErrorCode::BadFrame, problem, false);
            self.note(Note::BadFrame(ErrorCode::BadFrame));
            let topics = topics.iter().take(MAX_NAMED).map(|request| refused(&request.topic, error.clone()));
            let topics = topics.collect();
            self.send(&ServerFrame::Subscribed { reference: Some(reference), topics });
            return;
        }
        let answering = self.begin_topics(Some(reference), topics, true, now);
        if let Phase::Live(live) = &mut self.phase {
            live.answering.push(answering);
        }
        self.answer_if_resolved();
    }

    pub(super) fn handle_unsubscribe(&mut self, reference: u64, topics: Vec<String>) {
        let error = self.problem_with(topics.len()).map(|problem| {
            self.note(Note::BadFrame(ErrorCode::BadFrame));
            WireError::new(ErrorCode::BadFrame, problem, false)
        });
        if error.is_none() {
            for topic in &topics {
                if let Some(slot) = self.subscriptions.find(topic) {
                    self.free_slot(slot);
                }
            }
        }
        self.send(&ServerFrame::Unsubscribed { reference: Some(reference), topics, error });
    }

    /// Checks each topic and asks for its tail.
    pub(super) fn begin_topics(
        &mut self,
        reference: Option<u64>,
        requests: Vec<TopicRequest>,
        live: bool,
        now: Now,
    ) -> Answering {
        let first = self.reader.next_ticket();
        let mut entries = Vec::with_capacity(requests.len());
        for request in requests {
            let topic = request.topic.clone();
            entries.push(match self.begin_topic(request, live, first) {
                Ok(ticket) => Entry::Waiting { ticket, topic },
                Err(error) => Entry::Done(refused(&topic, error)),
            });
        }
        Answering { reference, entries, until: now.monotonic + RESOLVE_MS }
    }

    /// The tail of a topic came, or not.
    pub(super) fn topic_resolved(&mut self, ticket: Ticket, tail: Result<Attached, WireError>, now: Now) {
        let expected = matches!(
            self.subscriptions.get(ticket.slot),
            Some(Slot::Unread(Some(resolving))) if resolving.ticket == ticket.number
        );
        if !expected {
            self.drop_stale(ticket.slot, tail);
            // Whoever waits for it is answered all the same; the newer request's own answer is the one that counts.
            self.topic_answered(ticket, |topic| refused(topic, unavailable()), now);
            return;
        }
        let Slot::Unread(Some(resolving)) = self.subscriptions.replace(ticket.slot, Slot::Unread(None))
        else {
            return;
        };
        let name = resolving.name.as_str().to_owned();
        let result = match tail {
            Ok(attached) => self.activate(ticket.slot, *resolving, attached),
            Err(error) => {
                if let Some(topic) = resolving.before {
                    self.outputs.push_back(Output::Detach { topic, slot: ticket.slot });
                }
                refused(&name, error)
            }
        };
        self.topic_answered(ticket, |_| result.clone(), now);
    }

    fn topic_answered(&mut self, ticket: Ticket, result: impl Fn(&str) -> TopicResult, now: Now) {
        if let Phase::Live(live) = &mut self.phase {
            let welcoming = live.welcoming.iter_mut().map(|welcoming| &mut welcoming.answering);
            for answering in live.answering.iter_mut().chain(welcoming) {
                answering.resolve(ticket, &result);
            }
        }
        self.welcome_if_resolved(now);
        self.answer_if_resolved();
    }

    /// Gives up on what a store has not answered in time.
    pub(super) fn unresolved_topics(&mut self, now: Now) {
        let Phase::Live(live) = &self.phase else {
            return;
        };
        let welcoming = live.welcoming.iter().map(|welcoming| &welcoming.answering);
        let late =
            live.answering.iter().chain(welcoming).filter(|answering| now.monotonic >= answering.until);
        let tickets: Vec<Ticket> = late
            .flat_map(|answering| &answering.entries)
            .filter_map(|entry| match entry {
                Entry::Waiting { ticket, .. } => Some(*ticket),
                Entry::Done(_) => None,
            })
            .collect();
        for ticket in tickets {
            self.topic_resolved(ticket, Err(unavailable()), now);
        }
    }

    /// The topic is read no longer; nothing of it is written from here on.
    pub(super) fn free_slot(&mut self, slot: u8) {
        self.reader.forget(slot);
        if let Some(topic) = self.subscriptions.replace(slot, Slot::Unread(None)).into_topic() {
            self.outputs.push_back(Output::Detach { topic, slot });
        }
    }

    fn begin_topic(&mut self, request: TopicRequest, live: bool, first: u32) -> Result<Ticket, WireError> {
        let name = TopicName::parse(&request.topic)
            .map_err(|error| WireError::new(ErrorCode::BadTopic, error.to_string(), false))?;
        if name.is_reserved() && !is_subscribable(name.as_str()) {
            let message = "the topic is the server's own; name `user`, `open:` or `presence:` and a topic";
            return Err(WireError::new(ErrorCode::BadTopic, message, false));
        }
        let Phase::Live(state) = &self.phase else {
            return Err(unavailable());
        };
        let skipped = fault!(PermissionsSkipped) && request.cursor.is_some();
        if !skipped && !state.principal.permissions.may_subscribe(&name) {
            self.note(Note::Denied { publish: false, topic: request.topic });
            return Err(forbidden());
        }
        let most = self.context.limits.max_keys as usize;
        if request.keys.as_ref().is_some_and(|keys| keys.len() > most) {
            return Err(WireError::new(
                ErrorCode::TooManyKeys,
                format!("a subscription may select at most {most} keys; select fewer, or leave `keys` out"),
                false,
            ));
        }
        if request.keys.iter().flatten().any(|key| key.len() > MAX_KEY_LENGTH) {
            let message = "a key has at most 256 bytes; shorten it";
            return Err(WireError::new(ErrorCode::TooLarge, message, false));
        }
        let other = fault!(TenantSkipped).then(|| crate::names::TenantId::parse("acme").ok()).flatten();
        let key = TopicKey::of_client(
            other.as_ref().unwrap_or(&state.principal.tenant),
            &state.principal.user,
            name.clone(),
        );
        let most = self.context.limits.max_topics as usize;
        let Some(slot) = self.subscriptions.slot_for(name.as_str(), most) else {
            return Err(WireError::new(
                ErrorCode::TooManyTopics,
                format!("a client may subscribe to at most {most} topics; leave others first"),
                false,
            ));
        };
        if matches!(self.subscriptions.get(slot), Some(Slot::Unread(Some(other))) if other.ticket >= first) {
            return Err(WireError::new(ErrorCode::BadTopic, "the frame names the topic twice", false));
        }
        let ticket = Ticket { slot, number: self.reader.take_ticket() };
        self.reader.forget(slot);
        let before = self.subscriptions.replace(slot, Slot::Unread(None)).into_topic();
        let keys = request.keys.as_deref().map(Into::into);
        let resolving = Resolving { name, ticket: ticket.number, keys, before };
        self.subscriptions.replace(slot, Slot::Unread(Some(Box::new(resolving))));
        self.outputs.push_back(Output::Attach { ticket, key, request, live });
        Ok(ticket)
    }

    fn activate(&mut self, slot: u8, resolving: Resolving, attached: Attached) -> TopicResult {
        let Attached { topic, mut position, place } = attached;
        let name = resolving.name.as_str().to_owned();
        let permitted = match &self.phase {
            // A new token may have come while the store was asked.
            Phase::Live(live) => {
                fault!(PermissionsSkipped) || live.principal.permissions.may_subscribe(&resolving.name)
            }
            Phase::Greeting(_) | Phase::Ended(..) => false,
        };
        if !permitted {
            self.outputs.push_back(Output::Detach { topic, slot });
            return refused(&name, forbidden());
        }
        if topic.class() == TopicClass::Ephemeral && self.is_exchange() && self.wait_ms() == 0 {
            position.live = false;
        } else {
            self.subscriptions.replace(slot, Slot::Active(Active::new(topic, place, resolving.keys)));
            self.reader.mark_one(slot);
        }
        if let Recovery::Gap(reason) = position.recovery {
            self.note(Note::Gap(reason));
        }
        TopicResult { topic: name, outcome: Ok(position) }
    }

    /// An answer to a request that was overtaken by an unsubscribe or a newer subscribe.
    fn drop_stale(&mut self, slot: u8, tail: Result<Attached, WireError>) {
        let Ok(Attached { topic, .. }) = tail else {
            return;
        };
        // A newer request of the same topic keeps the registration, which is one a topic and slot.
        if self.subscriptions.find(topic.key().name().as_str()) != Some(slot) {
            self.outputs.push_back(Output::Detach { topic, slot });
        }
    }

    fn answer_if_resolved(&mut self) {
        let Phase::Live(live) = &mut self.phase else {
            return;
        };
        let resolved: Vec<Answering> =
            live.answering.extract_if(.., |answering| answering.is_resolved()).collect();
        if live.answering.is_empty() {
            live.answering = Vec::new();
        }
        for answering in resolved {
            let reference = answering.reference;
            self.send(&ServerFrame::Subscribed { reference, topics: answering.into_results() });
        }
    }

    /// A state topic has forgotten deletions that this reader has not seen: all its values follow anew.
    pub(super) fn restart_topic(&mut self, slot: u8) {
        let Some(active) = self.subscriptions.active_mut(slot) else {
            return;
        };
        let topic = std::sync::Arc::clone(&active.topic);
        let name = topic.key().name().as_str().to_owned();
        let keys: Option<Box<[String]>> = active.keys().map(Into::into);
        let request = TopicRequest {
            topic: name.clone(),
            cursor: None,
            keys: keys.as_deref().map(Into::into),
            history: None,
            head: None,
        };
        let (mut position, place) = topic.position(&request);
        position.recovery = Recovery::Reset;
        *active = Active::new(topic, place, keys);
        self.reader.mark_one(slot);
        self.note(Note::Gap(GapReason::SlowConsumer));
        let topics = vec![TopicResult { topic: name, outcome: Ok(position) }];
        self.send(&ServerFrame::Subscribed { reference: None, topics });
    }

    fn problem_with(&self, named: usize) -> Option<&'static str> {
        if self.is_exchange() {
            return Some(
                "an exchange's hello says all its topics; subscribe and unsubscribe are for WebSockets",
            );
        }
        (named > MAX_NAMED).then_some("a frame may name at most 1,024 topics")
    }
}

fn is_subscribable(reserved: &str) -> bool {
    reserved == "user" || reserved.starts_with("open:") || reserved.starts_with("presence:")
}

pub(super) fn refused(topic: &str, error: WireError) -> TopicResult {
    TopicResult { topic: topic.to_owned(), outcome: Err(error) }
}

pub(super) fn forbidden() -> WireError {
    WireError::new(ErrorCode::Forbidden, "the token does not permit this topic; ask for one that does", false)
}

pub(super) fn unavailable() -> WireError {
    WireError {
        code: ErrorCode::Unavailable,
        message: "the topic's store does not answer; try again".into(),
        retryable: true,
        retry_after_ms: Some(1_000),
    }
}
