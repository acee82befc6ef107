//! What waits for a person: the state topics `open:…` and the acknowledgements that settle their keys.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use steadfast_core::{Now, Payload, WireError};

use super::{Draft, Hub, Tenant, Topic, TopicKey, Wakes, lock, timestamp, too_many_keys};
use crate::config::{Acknowledgements, TopicPolicy};
use crate::log::{Event, Hidden, Write};
use crate::names::{TenantId, UserId};

/// How long a settled event is still known, so that acknowledging it again is no mistake.
const SETTLED_KEPT_MS: u64 = 600_000;

/// The events of one tenant that wait for an acknowledgement, by id, and those settled a short while ago.
///
/// Bounded by the keys of the `open:` topics.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    events: HashMap<Arc<str>, Waiting>,
    settled: VecDeque<(u64, Arc<str>)>,
}

#[derive(Debug)]
struct Waiting {
    source: TopicKey,
    state: State,
}

#[derive(Debug)]
enum State {
    Open { kind: Box<str>, priority: Option<Box<str>>, event: Arc<Event>, by: Vec<UserId>, since: Box<str> },
    Settled,
}

/// What an acknowledgement did.
#[derive(Debug, Default)]
pub struct Acknowledged {
    /// Ids that wait for nobody here.
    pub unknown: Vec<String>,
    /// Ids that this call acknowledged; a repeat acknowledges nothing.
    pub accepted: Vec<String>,
}

/// The payload of an `open:` topic's value.
#[derive(Serialize)]
struct OpenValue<'a> {
    event: &'a RawValue,
    state: &'static str,
    by: Vec<&'a str>,
    at: &'a str,
}

impl Pending {
    pub(super) fn expire(&mut self, now_ms: u64) {
        while self.settled.front().is_some_and(|(at, _)| now_ms.saturating_sub(*at) > SETTLED_KEPT_MS) {
            if let Some((_, id)) = self.settled.pop_front() {
                self.events.remove(&id);
            }
        }
    }
}

impl Hub {
    /// A person has taken on these events. Ids whose topic `may_read` refuses are unknown to them.
    pub fn acknowledge(
        &self,
        tenant: &TenantId,
        user: &UserId,
        ids: Vec<String>,
        may_read: &dyn Fn(&TopicKey) -> bool,
        now: Now,
    ) -> (Acknowledged, Wakes) {
        let tenant = self.tenant(tenant);
        let mut pending = lock(&tenant.pending);
        pending.expire(now.monotonic.as_millis());
        let mut done = Acknowledged::default();
        let mut wakes = Wakes::default();
        for id in ids {
            match pending.events.get(id.as_str()) {
                Some(waiting) if is_readers(waiting, user) && may_read(&waiting.source) => {
                    if fault!(AcknowledgementLost)
                        || self.settle(&tenant, &mut pending, &id, user, now, &mut wakes)
                    {
                        done.accepted.push(id);
                    }
                }
                Some(_) | None => done.unknown.push(id),
            }
        }
        (done, wakes)
    }

    /// A client has these events. Nothing changes; the answer says which ids were meant for this user.
    pub fn received(
        &self,
        tenant: &TenantId,
        user: &UserId,
        ids: Vec<String>,
        may_read: &dyn Fn(&TopicKey) -> bool,
    ) -> Acknowledged {
        let tenant = self.tenant(tenant);
        let pending = lock(&tenant.pending);
        let known = |id: &String| {
            let waiting = pending.events.get(id.as_str());
            waiting.is_some_and(|waiting| is_readers(waiting, user) && may_read(&waiting.source))
        };
        let (accepted, unknown) = ids.into_iter().partition(known);
        Acknowledged { unknown, accepted }
    }

    /// The `open:` topic of a draft that requires an acknowledgement, before anything is written: it may be refused.
    pub(super) fn open_topic(&self, tenant: &Tenant, draft: &Draft) -> Result<Option<Arc<Topic>>, WireError> {
        if !draft.requires_acknowledgment {
            return Ok(None);
        }
        let Some(key) = draft.topic.open() else {
            return Err(WireError::new(
                steadfast_core::ErrorCode::BadTopic,
                "the topic's name is too long for events that require an acknowledgement; at most 123 characters",
                false,
            ));
        };
        self.topic_for_writing(tenant, &key).map(Some)
    }

    #[expect(clippy::too_many_arguments, reason = "one step of `append`, apart for its length")]
    pub(super) fn begin_waiting(
        &self,
        tenant: &Tenant,
        pending: &mut Pending,
        open: &Topic,
        draft: &Draft,
        id: &Arc<str>,
        event: &Arc<Event>,
        now: Now,
        wakes: &mut Wakes,
    ) {
        let state = State::Open {
            kind: draft.kind.as_str().into(),
            priority: draft.priority.as_deref().map(Into::into),
            event: Arc::clone(event),
            by: Vec::new(),
            since: timestamp(now.wall_millis).into(),
        };
        let waiting = Waiting { source: draft.topic.clone(), state };
        if self.write_open(tenant, open, id, &waiting, now, wakes).is_err() {
            // As many wait as there may be: the one that has waited longest is given up.
            if let Some((_, oldest)) = open.oldest_value() {
                pending.events.remove(&oldest);
                self.delete_open(tenant, open, &oldest, now, wakes);
            }
            let _ = self.write_open(tenant, open, id, &waiting, now, wakes);
        }
        pending.events.insert(Arc::clone(id), waiting);
    }

    /// Settles one event for a user; false when that user had settled it before.
    fn settle(
        &self,
        tenant: &Tenant,
        pending: &mut Pending,
        id: &str,
        user: &UserId,
        now: Now,
        wakes: &mut Wakes,
    ) -> bool {
        let (key, waiting) = match pending.events.get_key_value(id) {
            Some((key, waiting)) if !matches!(waiting.state, State::Settled) => (Arc::clone(key), waiting),
            Some(_) | None => return false,
        };
        let source = waiting.source.clone();
        let Some(open) = source.open().and_then(|key| self.topic_for_writing(tenant, &key).ok()) else {
            return false;
        };
        let waiting = pending.events.get_mut(id).expect("it was there, and the lock is held");
        match self.rules.policy(source.name().as_str()) {
            TopicPolicy::Log(_, Acknowledgements::Each) => {
                let State::Open { by, since, .. } = &mut waiting.state else { return false };
                if by.contains(user) {
                    return false;
                }
                by.push(user.clone());
                *since = timestamp(now.wall_millis).into();
                // The key exists, so it cannot be refused for being one too many.
                let _ = self.write_open(tenant, &open, &key, waiting, now, wakes);
            }
            _ => {
                waiting.state = State::Settled;
                self.delete_open(tenant, &open, &key, now, wakes);
                pending.settled.push_back((now.monotonic.as_millis(), key));
            }
        }
        true
    }

    fn write_open(
        &self,
        tenant: &Tenant,
        open: &Topic,
        id: &str,
        waiting: &Waiting,
        now: Now,
        wakes: &mut Wakes,
    ) -> Result<(), WireError> {
        let State::Open { kind, priority, event, by, since } = &waiting.state else {
            return Ok(());
        };
        let value = OpenValue {
            event: serde_json::from_str(event.text()).expect("an event's frame is JSON"),
            state: "open",
            by: by.iter().map(UserId::as_str).collect(),
            at: since,
        };
        let json = serde_json::to_string(&value).expect("text and lists of text always serialise");
        let draft = open_draft(open.key(), kind, priority.as_deref(), id, Payload::Json(json.into()));
        // For those who have settled it the key is gone, though it is there for others.
        let hidden = (!by.is_empty()).then(|| {
            let deletion = self.encode(&deletion_draft(open.key(), id), now);
            Hidden { from: by.clone(), deletion }
        });
        let write = Write { hidden, ..draft.write(self.encode(&draft, now)) };
        self.append_open(tenant, open, write, now, wakes)
    }

    fn delete_open(&self, tenant: &Tenant, open: &Topic, id: &str, now: Now, wakes: &mut Wakes) {
        let draft = deletion_draft(open.key(), id);
        // A deletion is never one key too many.
        let _ = self.append_open(tenant, open, draft.write(self.encode(&draft, now)), now, wakes);
    }

    fn append_open(
        &self,
        tenant: &Tenant,
        open: &Topic,
        write: Write<'_>,
        now: Now,
        wakes: &mut Wakes,
    ) -> Result<(), WireError> {
        let stored = open.append(write, now.monotonic.as_millis(), wakes).map_err(|_| too_many_keys())?;
        self.account(tenant, stored.grown);
        Ok(())
    }
}

/// A user's own topic waits for its owner alone.
fn is_readers(waiting: &Waiting, user: &UserId) -> bool {
    waiting.source.owner().is_none_or(|owner| owner == user)
}

fn open_draft(topic: &TopicKey, kind: &str, priority: Option<&str>, id: &str, payload: Payload) -> Draft {
    Draft {
        topic: topic.clone(),
        kind: kind.to_owned(),
        payload,
        correlation_id: None,
        priority: priority.map(str::to_owned),
        requires_acknowledgment: false,
        key: Some(id.to_owned()),
        deleted: false,
    }
}

fn deletion_draft(topic: &TopicKey, id: &str) -> Draft {
    Draft { deleted: true, ..open_draft(topic, "acknowledged", None, id, Payload::None) }
}
