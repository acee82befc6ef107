//! The driver's side of topics: who listens, what was kept for late listeners, what was taken.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use steadfast_core::json::Envelope;
use steadfast_core::{Client, Cursor, Delivery, Input, Now, Recorder, Slot, SubscriptionId, TopicClass};
use tokio::sync::Notify;

mod ledger;
mod queue;

pub(crate) use ledger::Shared;
use ledger::{Claim, Ledger};
pub(crate) use queue::{Item, Queue};

type Core = Client<Envelope>;

/// The most values that are kept of a state topic: the protocol's limit of keys. A server that goes beyond it has its
/// further keys delivered, but a late subscription does not get them at once.
const MOST_KEPT: usize = 10_000;

/// All topics that the client has subscriptions of.
#[derive(Debug)]
pub(crate) struct Topics {
    by_slot: HashMap<Slot, Topic>,
    buffer_events: u32,
    buffer_bytes: u64,
    wake: Arc<Notify>,
}

#[derive(Debug)]
struct Topic {
    name: Arc<str>,
    ledger: Arc<Ledger>,
    listeners: Vec<Listener>,
    class: Option<TopicClass>,
    /// The numbering of the events that come now; told anew with every gap and reset.
    epoch: Option<Arc<str>>,
    kept: HashMap<Box<str>, Arc<Shared>>,
}

#[derive(Debug)]
struct Listener {
    subscription: SubscriptionId,
    /// For state topics: only these; `None`: all.
    keys: Option<Vec<String>>,
    queue: Arc<Queue>,
}

impl Topics {
    pub(crate) fn new(buffer_events: u32, buffer_bytes: u64, wake: Arc<Notify>) -> Self {
        Self { by_slot: HashMap::new(), buffer_events, buffer_bytes, wake }
    }

    /// Adds a subscription that the machine has accepted. To one that comes late it gives what the earlier ones know.
    pub(crate) fn listen(
        &mut self,
        core: &Core,
        slot: Slot,
        subscription: SubscriptionId,
        name: &str,
        keys: Option<Vec<String>>,
    ) -> (Arc<str>, Arc<Queue>) {
        let topic = self.by_slot.entry(slot).or_insert_with(|| Topic {
            name: name.into(),
            ledger: Arc::new(Ledger::new(self.buffer_events, self.buffer_bytes, Arc::clone(&self.wake))),
            listeners: Vec::new(),
            class: None,
            epoch: None,
            kept: HashMap::new(),
        });
        let listener = Listener { subscription, keys, queue: Arc::default() };
        topic.catch_up(core, slot, &listener);
        let queue = Arc::clone(&listener.queue);
        topic.listeners.push(listener);
        (Arc::clone(&topic.name), queue)
    }

    /// Removes a subscription. What it had not read counts as taken, which the machine is to be told.
    pub(crate) fn forget(&mut self, slot: Slot, subscription: SubscriptionId) -> Option<Input<Envelope>> {
        let topic = self.by_slot.get_mut(&slot)?;
        let index = topic.listeners.iter().position(|listener| listener.subscription == subscription)?;
        topic.listeners.swap_remove(index).queue.clear();
        let taken = topic.taken(slot);
        if topic.listeners.is_empty() {
            self.by_slot.remove(&slot);
        }
        taken
    }

    /// Gives every listener of the topic what the machine delivered.
    pub(crate) fn deliver(&mut self, core: &Core, slot: Slot, delivery: Delivery<Envelope>) {
        // A delivery can outlive the topic's last subscription by the rest of one drain.
        let Some(topic) = self.by_slot.get_mut(&slot) else {
            return;
        };
        match delivery {
            Delivery::Event { offset, deleted, replay, size, payload } => {
                let epoch = topic.epoch(core, slot);
                let event = Arc::new(Shared {
                    topic: Arc::clone(&topic.name),
                    epoch,
                    offset,
                    deleted,
                    replay,
                    size,
                    envelope: payload,
                    ledger: Arc::clone(&topic.ledger),
                    claims: AtomicU32::new(0),
                });
                topic.event(event);
            }
            Delivery::Gap { reason, lost } => {
                // The machine may have taken in more than is delivered yet: only the gap itself says where it ends.
                let epoch = topic.renumbered(core, slot).map(|cursor| cursor.epoch);
                let cursor = lost.zip(epoch).map(|((_, offset), epoch)| Cursor { epoch, offset });
                topic.tell(|| Item::Gap { reason, lost, cursor: cursor.clone() });
            }
            Delivery::Reset => {
                topic.renumbered(core, slot);
                topic.kept.clear();
                topic.tell(|| Item::Reset);
            }
            Delivery::Live => {
                let cursor = topic.renumbered(core, slot);
                topic.tell(|| Item::Live { cursor: cursor.clone() });
            }
            Delivery::Failed(error) => topic.tell(|| Item::Failed(error.clone())),
        }
    }

    /// Tells the machine what the application has taken.
    pub(crate) fn collect_taken(&self, core: &mut Recorder<Envelope>, now: Now) {
        for (&slot, topic) in &self.by_slot {
            if let Some(taken) = topic.taken(slot) {
                core.handle_input(now, taken);
            }
        }
    }

    /// The topics with subscriptions, by name.
    pub(crate) fn names(&self) -> Vec<(Arc<str>, Slot, usize)> {
        let mut names: Vec<_> = self
            .by_slot
            .iter()
            .map(|(slot, topic)| (Arc::clone(&topic.name), *slot, topic.listeners.len()))
            .collect();
        names.sort_unstable();
        names
    }

    /// Ends every subscription's stream.
    pub(crate) fn end(&mut self) {
        for topic in self.by_slot.values() {
            topic.listeners.iter().for_each(|listener| listener.queue.end());
        }
        self.by_slot.clear();
    }
}

impl Topic {
    fn catch_up(&self, core: &Core, slot: Slot, listener: &Listener) {
        let mut kept: Vec<&Arc<Shared>> =
            self.kept.values().filter(|event| listener.wants(&event.envelope)).collect();
        kept.sort_unstable_by_key(|event| event.offset);
        for event in kept {
            listener.queue.push(Item::Kept(Arc::clone(event)));
        }
        if core.is_live(slot) {
            listener.queue.push(Item::Live { cursor: core.cursor(slot) });
        }
    }

    fn event(&mut self, event: Arc<Shared>) {
        // Claimed here until every listener has its claim, so that none of them can be the last one too early.
        let claim = Claim::new(&event);
        for listener in self.listeners.iter().filter(|listener| listener.wants(&event.envelope)) {
            listener.queue.push(Item::Event(Claim::new(&event)));
        }
        if self.class == Some(TopicClass::State) {
            self.keep(event);
        }
        drop(claim);
    }

    fn taken(&self, slot: Slot) -> Option<Input<Envelope>> {
        self.ledger.collect().map(|(events, bytes)| Input::Taken { slot, events, bytes })
    }

    fn keep(&mut self, event: Arc<Shared>) {
        let Some(key) = event.envelope.key.clone() else {
            return;
        };
        if event.deleted {
            self.kept.remove(&key);
        } else if self.kept.len() < MOST_KEPT || self.kept.contains_key(&key) {
            self.kept.insert(key, event);
        }
    }

    fn tell(&self, item: impl Fn() -> Item) {
        for listener in &self.listeners {
            listener.queue.push(item());
        }
    }

    fn epoch(&mut self, core: &Core, slot: Slot) -> Arc<str> {
        if self.epoch.is_none() {
            self.renumbered(core, slot);
        }
        self.epoch.clone().unwrap_or_default()
    }

    /// Reads the topic's numbering anew.
    fn renumbered(&mut self, core: &Core, slot: Slot) -> Option<Cursor> {
        self.class = core.class(slot);
        let cursor = core.cursor(slot);
        self.epoch = cursor.as_ref().map(|cursor| Arc::from(&*cursor.epoch));
        cursor
    }
}

impl Listener {
    fn wants(&self, envelope: &Envelope) -> bool {
        match (&self.keys, &envelope.key) {
            (Some(keys), Some(key)) => keys.iter().any(|wanted| **wanted == **key),
            _ => true,
        }
    }
}
