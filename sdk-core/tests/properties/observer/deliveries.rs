//! Promises 1 and 2 as far as they hold against any server, and the limits of buffers.

use std::collections::{BTreeMap, HashSet};

use steadfast_core::{Client, Config, Delivery, Input, Misuse, Output, Slot, SubscriptionId, TopicClass};

use crate::driver::{Command, Done};

pub struct Deliveries {
    topics: BTreeMap<Slot, Topic>,
    /// A server gave these names another class: no promise holds any more.
    changed: HashSet<String>,
    buffer_events: u64,
    buffer_bytes: u64,
}

struct Topic {
    name: String,
    listeners: Vec<SubscriptionId>,
    /// The last offset that the application knows of.
    last: Option<u64>,
    held_events: u64,
    held_bytes: u64,
    class_changed: bool,
}

/// The class that each name has here.
pub fn class_of(name: &str) -> TopicClass {
    match name.split('.').next() {
        Some("state") => TopicClass::State,
        Some("brief") => TopicClass::Ephemeral,
        _ => TopicClass::Log,
    }
}

impl Deliveries {
    pub fn new(config: &Config) -> Self {
        let (buffer_events, buffer_bytes) = (config.buffer_events.into(), config.buffer_bytes);
        Self { topics: BTreeMap::new(), changed: HashSet::new(), buffer_events, buffer_bytes }
    }

    pub fn topics(&self) -> usize {
        self.topics.len()
    }

    pub fn slots(&self) -> impl Iterator<Item = (Slot, &str)> {
        self.topics.iter().map(|(slot, topic)| (*slot, topic.name.as_str()))
    }

    /// What the application has not taken.
    pub fn held(&self, slot: Slot) -> (u64, u64) {
        self.topics.get(&slot).map_or((0, 0), |topic| (topic.held_events, topic.held_bytes))
    }

    pub fn subscription(&self, choice: usize) -> Option<SubscriptionId> {
        let all: Vec<_> = self.topics.values().flat_map(|topic| &topic.listeners).collect();
        (!all.is_empty()).then(|| *all[choice % all.len()])
    }

    /// From here on nothing can be promised of the topics of this name.
    pub fn class_changes(&mut self, name: &str) {
        self.changed.insert(name.to_owned());
        for topic in self.topics.values_mut().filter(|topic| topic.name == name) {
            topic.class_changed = true;
        }
    }

    pub fn sees_input(&mut self, input: &Input<u32>) {
        if let Input::Taken { slot, events, bytes } = input
            && let Some(topic) = self.topics.get_mut(slot)
        {
            topic.held_events = topic.held_events.saturating_sub((*events).into());
            topic.held_bytes = topic.held_bytes.saturating_sub(*bytes);
        }
    }

    pub fn sees_command(&mut self, command: &Command, done: &Done) {
        let class_changed = matches!(command, Command::Subscribe(name, _) if self.changed.contains(name));
        match (command, done) {
            (Command::Subscribe(name, options), Done::Subscribed(Ok((id, slot)))) => {
                let topic = self.topics.entry(*slot).or_insert_with(|| Topic {
                    name: name.clone(),
                    listeners: Vec::new(),
                    last: options.cursor.as_ref().filter(|_| name != "user").map(|cursor| cursor.offset),
                    held_events: 0,
                    held_bytes: 0,
                    class_changed,
                });
                assert_eq!(&topic.name, name, "a slot is used for two topics");
                topic.listeners.push(*id);
            }
            (Command::Unsubscribe(id), Done::Unsubscribed(result)) => {
                let Some((slot, topic)) =
                    self.topics.iter_mut().find(|(_, topic)| topic.listeners.contains(id))
                else {
                    assert_eq!(*result, Err(Misuse::UnknownSubscription));
                    return;
                };
                assert_eq!(*result, Ok(()));
                topic.listeners.retain(|listener| listener != id);
                if topic.listeners.is_empty() {
                    let slot = *slot;
                    self.topics.remove(&slot);
                }
            }
            _ => {}
        }
    }

    pub fn sees_output(&mut self, output: &Output<u32>) {
        let Output::Deliver { slot, delivery } = output else { return };
        let topic = self.topics.get_mut(slot).expect("1: something is delivered to nobody");
        match delivery {
            Delivery::Event { offset, size, .. } => {
                topic.event(*offset);
                topic.held_events += 1;
                topic.held_bytes += u64::from(*size);
                assert!(topic.held_events <= self.buffer_events.max(1), "14: a buffer holds too many events");
                assert!(
                    topic.held_bytes <= self.buffer_bytes || topic.held_events == 1,
                    "14: a buffer holds too many bytes"
                );
            }
            Delivery::Gap { lost: Some((first, last)), .. } => {
                assert!(first <= last, "1: a gap of nothing");
                if let Some(seen) = topic.last.filter(|_| !topic.class_changed) {
                    assert_eq!(*first, seen + 1, "1: a gap names what is not lost, or not all");
                }
                topic.last = Some(*last);
            }
            Delivery::Gap { lost: None, .. } | Delivery::Reset => topic.last = None,
            Delivery::Live | Delivery::Failed(_) => {}
        }
    }

    pub fn settled(&self, client: &Client<u32>) {
        for (slot, topic) in &self.topics {
            assert_eq!(client.slot(&topic.name), *slot, "a topic with listeners has its slot");
            if let (Some(last), Some(cursor)) = (topic.last, client.cursor(*slot)) {
                assert!(
                    topic.class_changed || cursor.offset == last,
                    "1: the cursor is where the application is"
                );
            }
        }
    }
}

impl Topic {
    fn event(&mut self, offset: Option<u64>) {
        if self.class_changed {
            return;
        }
        let class = class_of(&self.name);
        if class == TopicClass::Ephemeral {
            return;
        }
        let offset = offset.expect("1: an event of a log or state topic has an offset");
        match (class, self.last) {
            (TopicClass::Log, Some(last)) => assert_eq!(offset, last + 1, "1: offsets rise by one"),
            (_, Some(last)) => assert!(offset > last, "2: an event comes twice"),
            (_, None) => {}
        }
        self.last = Some(offset);
    }
}
