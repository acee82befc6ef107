//! The client's topics: wanted and confirmed subscriptions, cursors, dedupe, gaps, rewind (PROTOCOL.md, Client rules).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::frame::Cursor;
use crate::io::{Slot, SubscribeOptions, SubscriptionId};
use crate::time::Instant;

mod receive;
mod topic;

pub(crate) use receive::{Told, Verdict};
pub(crate) use topic::{Demand, Topic};

/// The topic of events for this user alone; every hello names it.
const USER_TOPIC: &str = "user";
const USER_SLOT: Slot = Slot(0);

/// All topics of a client. The user topic is always the first: it is followed even while nobody listens, so
/// that its cursor is there when somebody does.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Topics {
    list: Vec<Topic>,
    next_slot: u32,
    next_subscription: u32,
}

impl Topics {
    pub(crate) fn new() -> Self {
        let mut topics = Self { list: Vec::new(), next_slot: 0, next_subscription: 0 };
        topics.add(USER_TOPIC);
        topics
    }

    /// Adds a listener; true where the server must be asked anew.
    pub(crate) fn subscribe(
        &mut self,
        name: &str,
        options: &SubscribeOptions,
    ) -> (SubscriptionId, Slot, bool) {
        self.next_subscription += 1;
        let id = SubscriptionId(self.next_subscription);
        if self.by_name(name).is_none() {
            self.add(name);
        }
        let Some(topic) = self.by_name(name) else { return (id, Slot::UNKNOWN, false) };
        let changed = topic.add_listener(id, options);
        (id, topic.slot, changed)
    }

    /// Ends a subscription. `None`: there is none. `Some(Some(_))`: it was the last of this topic, which nobody wants any more.
    pub(crate) fn unsubscribe(&mut self, id: SubscriptionId) -> Option<Option<Slot>> {
        let topic = self.list.iter_mut().find_map(|topic| topic.remove_listener(id).then_some(topic))?;
        let last = !topic.is_heard() && topic.slot != USER_SLOT;
        Some(last.then_some(topic.slot))
    }

    pub(crate) fn remove(&mut self, slot: Slot) {
        self.list.retain(|topic| topic.slot != slot);
    }

    pub(crate) fn by_slot(&mut self, slot: Slot) -> Option<&mut Topic> {
        self.list.iter_mut().find(|topic| topic.slot == slot)
    }

    #[inline(never)]
    pub(crate) fn by_name(&mut self, name: &str) -> Option<&mut Topic> {
        self.list.iter_mut().find(|topic| &*topic.name == name)
    }

    pub(crate) fn find(&self, slot: Slot) -> Option<&Topic> {
        self.list.iter().find(|topic| topic.slot == slot)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Topic> {
        self.list.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn slot(&self, name: &str) -> Slot {
        self.list.iter().find(|topic| &*topic.name == name).map_or(Slot::UNKNOWN, |topic| topic.slot)
    }

    /// The topic at a place; behind the last comes the first.
    pub(crate) fn at(&mut self, place: usize) -> Option<&mut Topic> {
        let count = self.list.len();
        self.list.get_mut(place.checked_rem(count)?)
    }

    /// Forgets what was asked and answered on a feed that ended.
    pub(crate) fn forget_feed(&mut self, feed: u32) {
        for topic in &mut self.list {
            topic.remove_view(feed);
        }
    }

    /// The connection is lost: catching up begins anew.
    pub(crate) fn no_longer_live(&mut self) {
        for topic in &mut self.list {
            topic.catch_up(0);
        }
    }

    /// Topics that the server refused are tried again.
    pub(crate) fn retry_failed(&mut self) {
        for topic in &mut self.list {
            if topic.demand == Demand::Failed {
                topic.demand = Demand::Wanted;
            }
        }
    }

    pub(crate) fn next_retry(&self) -> Instant {
        self.list.iter().fold(Instant::NEVER, |next, topic| next.min(topic.demand.retry_at()))
    }

    pub(crate) fn retry_due(&mut self, now: Instant) {
        for topic in &mut self.list {
            if topic.demand.retry_at() <= now {
                topic.demand = Demand::Wanted;
            }
        }
    }

    /// When the oldest unanswered request on `feed` was sent.
    pub(crate) fn oldest_question(&self, feed: u32) -> Instant {
        self.list.iter().fold(Instant::NEVER, |oldest, topic| oldest.min(topic.asked_at(feed)))
    }

    fn add(&mut self, name: &str) {
        let slot = Slot(self.next_slot);
        self.next_slot += 1;
        self.list.push(Topic::new(slot, name.into()));
    }
}

/// Where the application stands, by offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Seat {
    pub(crate) epoch: Box<str>,
    /// The last offset given to the application, or told lost.
    pub(crate) seen: u64,
    /// State topics: what is forgotten up to here does not matter, as the values were taken after it.
    pub(crate) head: u64,
    /// The request whose answer set the epoch; a lower one knows less.
    pub(crate) set_by: u64,
}

impl Seat {
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch.clone(), offset: self.seen }
    }
}

/// Adds what is missing; true where anything was.
fn unite(keys: &mut Vec<String>, more: &[String]) -> bool {
    let before = keys.len();
    for key in more {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys.len() > before
}
