//! The reference model: what was published, and so what each application may see.
//!
//! It knows nothing of links, polls, cursors or pods. A topic is a list of events for each life of its numbering; an
//! event is what was handed to the broker and the offset that it was given.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use steadfast_core::Payload;
use steadfast_server::{Appended, Draft, TopicKey};

use crate::verdict::{Check, Verdict};

/// Names a topic in the whole world: tenant, owner, name.
pub(crate) type Address = String;

pub(crate) fn address(key: &TopicKey) -> Address {
    let owner = key.owner().map_or("", |owner| owner.as_str());
    address_of(key.tenant().as_str(), owner, key.name().as_str())
}

/// The address that a client of this user means by `name`.
pub(crate) fn address_for(tenant: &str, user: &str, name: &str) -> Address {
    let own = matches!(name, "user" | "open:user");
    address_of(tenant, if own { user } else { "" }, name)
}

fn address_of(tenant: &str, owner: &str, name: &str) -> Address {
    format!("{tenant}/{owner}/{name}")
}

/// One event that the broker accepted.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) address: Address,
    pub(crate) epoch: String,
    /// `None` in ephemeral topics.
    pub(crate) offset: Option<u64>,
    /// The payload: a number that no other event has.
    pub(crate) number: u64,
    pub(crate) key: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) requires_acknowledgment: bool,
    pub(crate) at: u64,
    /// What it counts for against the limit of bytes, at most.
    pub(crate) most_bytes: u64,
}

/// How much a log must keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    pub(crate) events: u64,
    pub(crate) age_ms: u64,
    pub(crate) bytes: u64,
}

/// A message that an application submitted.
#[derive(Debug, Default)]
pub(crate) struct Submitted {
    /// How often it took effect.
    pub(crate) effects: u32,
}

/// All that is true.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    numbers: u64,
    epoch: String,
    /// By address, the events of the present epoch, in order.
    topics: BTreeMap<Address, Vec<String>>,
    by_id: HashMap<String, Published>,
    /// By number.
    pub(crate) submitted: BTreeMap<u64, Submitted>,
    /// By address of the source, the events that wait for a person.
    open: BTreeMap<Address, BTreeSet<String>>,
    /// When each address's keys were last deleted: deletions older than the retention may be forgotten.
    deletions: BTreeMap<Address, Vec<u64>>,
}

impl Oracle {
    /// A number that no other payload has.
    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The broker begins, or begins anew with nothing.
    pub(crate) fn broker_begins(&mut self, epoch: &str) {
        epoch.clone_into(&mut self.epoch);
        self.topics.clear();
        self.open.clear();
        self.deletions.clear();
    }

    pub(crate) fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The broker accepted an event for the first time.
    pub(crate) fn accepted(&mut self, draft: &Draft, appended: &Appended, verdict: &mut Verdict) {
        let address = address(&draft.topic);
        let number = number_of(&draft.payload);
        let events = self.topics.entry(address.clone()).or_default();
        if let Some(offset) = appended.offset {
            events.push(appended.id.to_string());
            let expected = events.len() as u64;
            verdict.expect(Check::LogOrder, offset == expected && *appended.epoch == *self.epoch, || {
                format!("the broker numbered event {number} of {address} {offset}, not {expected}")
            });
        }
        if draft.deleted {
            self.deletions.entry(address.clone()).or_default().push(verdict.now());
        }
        if draft.requires_acknowledgment {
            self.open.entry(address.clone()).or_default().insert(appended.id.to_string());
        }
        self.took_effect(number, verdict);
        let published = Published {
            address,
            epoch: appended.epoch.to_string(),
            offset: appended.offset,
            number,
            key: draft.key.clone(),
            deleted: draft.deleted,
            requires_acknowledgment: draft.requires_acknowledgment,
            at: verdict.now(),
            most_bytes: most_bytes_of(&draft.payload),
        };
        self.by_id.insert(appended.id.to_string(), published);
    }

    /// A message of an application took effect, if it is one: never more than once.
    pub(crate) fn took_effect(&mut self, number: u64, verdict: &mut Verdict) {
        if let Some(submitted) = self.submitted.get_mut(&number) {
            submitted.effects += 1;
            let effects = submitted.effects;
            verdict.expect(Check::Effect, effects == 1, || {
                format!("message {number} took effect {effects} times")
            });
        }
    }

    /// A person has taken on an event.
    pub(crate) fn acknowledged(&mut self, id: &str) {
        for ids in self.open.values_mut() {
            ids.remove(id);
        }
    }

    pub(crate) fn published(&self, id: &str) -> Option<&Published> {
        self.by_id.get(id)
    }

    /// The highest offset of a topic in the present epoch.
    pub(crate) fn top(&self, address: &str) -> u64 {
        self.topics.get(address).map_or(0, |events| events.len() as u64)
    }

    /// Whether the broker may have forgotten the event of this offset, and so all before it.
    pub(crate) fn may_be_forgotten(
        &self,
        address: &str,
        offset: u64,
        retention: Retention,
        now: u64,
    ) -> bool {
        let Some(events) = self.topics.get(address) else { return true };
        let Some(id) = offset.checked_sub(1).and_then(|index| events.get(index as usize)) else {
            return offset == 0;
        };
        let newer = events.len() as u64 - offset;
        let age = self.by_id.get(id).map_or(0, |event| now - event.at);
        let bytes = || events[offset as usize - 1..].iter().map(|id| self.by_id[id].most_bytes).sum::<u64>();
        newer >= retention.events || age >= retention.age_ms || bytes() > retention.bytes
    }

    /// Whether deletions in this topic may have been forgotten by now.
    pub(crate) fn deletions_may_be_forgotten(&self, address: &str, kept_ms: u64, now: u64) -> bool {
        self.deletions.get(address).is_some_and(|times| times.iter().any(|at| now - at >= kept_ms))
    }

    /// The values of a state topic: key to number.
    pub(crate) fn values(&self, address: &str) -> BTreeMap<String, u64> {
        let mut values = BTreeMap::new();
        for id in self.topics.get(address).into_iter().flatten() {
            let event = &self.by_id[id];
            let Some(key) = &event.key else { continue };
            if event.deleted {
                values.remove(key);
            } else {
                values.insert(key.clone(), event.number);
            }
        }
        values
    }

    /// The events of a topic that wait for a person.
    pub(crate) fn open(&self, source: &str) -> BTreeSet<String> {
        self.open.get(source).cloned().unwrap_or_default()
    }
}

/// The number in a payload; zero where there is none.
pub(crate) fn number_of(payload: &Payload) -> u64 {
    let text = match payload {
        Payload::Json(text) => text,
        Payload::Bytes(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
        Payload::None => return 0,
    };
    let digits = text.trim_start_matches(|character: char| !character.is_ascii_digit());
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().unwrap_or(0)
}

/// A payload's own bytes as text, base64 and binary message, and an envelope for each.
fn most_bytes_of(payload: &Payload) -> u64 {
    let own = match payload {
        Payload::Json(text) => text.len(),
        Payload::Bytes(bytes) => bytes.len(),
        Payload::None => 0,
    };
    3 * own as u64 + 1_000
}

/// The payload of a number, padded by so many bytes.
pub(crate) fn payload_of(number: u64, padding: usize) -> String {
    format!("{{\"number\":{number},\"padding\":\"{}\"}}", "x".repeat(padding))
}
