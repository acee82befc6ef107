//! What the application reads, held against the truth.

use std::collections::{BTreeMap, BTreeSet};

use steadfast_core::{
    Client, Delivery, MessageId, Outcome, Output, Slot, SubscribeOptions, SubscriptionId, TopicClass,
};

use super::server::Server;
use crate::driver::{Command, Done};
use crate::observer::class_of;

#[derive(Default)]
pub struct Application {
    readers: BTreeMap<Slot, Reader>,
    outcomes: BTreeMap<MessageId, Outcome<u32>>,
    /// Messages with an `idem`: acknowledgements have none.
    messages: BTreeSet<MessageId>,
    /// How often it saw each event: once a subscription.
    pub seen: BTreeMap<u32, u32>,
}

struct Reader {
    topic: String,
    listeners: Vec<SubscriptionId>,
    /// Where it stands in a log: epoch and offset.
    known: Option<(u32, u64)>,
    /// State: the values, and when each was published.
    values: BTreeMap<String, u32>,
    /// Keys that a reset has not brought back yet.
    unsure: Option<BTreeSet<String>>,
    /// Keys asked for; `None`: all.
    keys: Option<BTreeSet<String>>,
    seen: BTreeSet<u32>,
}

impl Application {
    pub fn subscription(&self, choice: usize) -> Option<SubscriptionId> {
        let all: Vec<_> = self.readers.values().flat_map(|reader| &reader.listeners).collect();
        (!all.is_empty()).then(|| *all[choice % all.len()])
    }

    pub fn sees_command(&mut self, command: &Command, done: &Done) {
        match (command, done) {
            (Command::Subscribe(topic, options), Done::Subscribed(Ok((id, slot)))) => {
                let reader = self.readers.entry(*slot).or_insert_with(|| Reader::new(topic, options));
                reader.listeners.push(*id);
                reader.wants(options);
            }
            (Command::Submit(_), Done::Submitted(Ok(id))) => {
                self.messages.insert(*id);
            }
            (Command::Unsubscribe(id), Done::Unsubscribed(Ok(()))) => {
                for reader in self.readers.values_mut() {
                    reader.listeners.retain(|listener| listener != id);
                }
                self.readers.retain(|_, reader| !reader.listeners.is_empty());
            }
            _ => {}
        }
    }

    pub fn sees_output(&mut self, output: &Output<u32>, server: &Server) {
        match output {
            Output::Complete { message, outcome } => {
                assert!(self.outcomes.insert(*message, outcome.clone()).is_none(), "14: completed twice");
            }
            Output::Deliver { slot, delivery } => {
                let Some(reader) = self.readers.get_mut(slot) else { return };
                match delivery {
                    Delivery::Event { payload, .. } => {
                        *self.seen.entry(*payload).or_insert(0) += 1;
                        reader.event(*payload, server);
                    }
                    Delivery::Gap { lost, .. } => reader.gap(*lost, server),
                    Delivery::Reset => {
                        reader.seen.clear();
                        reader.unsure = Some(reader.values.keys().cloned().collect());
                    }
                    Delivery::Live => {
                        for key in reader.unsure.take().into_iter().flatten() {
                            reader.values.remove(&key);
                        }
                    }
                    Delivery::Failed(error) => panic!("{} failed: {error}", reader.topic),
                }
            }
            _ => {}
        }
    }

    /// All is quiet: what the application has is the truth, and every message ended as it says.
    pub fn agrees(&self, client: &Client<u32>, server: &Server) {
        for (slot, reader) in &self.readers {
            let topic = &reader.topic;
            assert!(client.is_live(*slot), "10: {topic} is not live");
            match class_of(topic) {
                TopicClass::Log => {
                    let cursor = client.cursor(*slot).expect("a live log has a cursor");
                    assert_eq!(*cursor.epoch, *server.epoch_name(), "1: {topic} is in another epoch");
                    assert_eq!(cursor.offset, server.top(topic), "1: {topic} is silently behind");
                    let top = (server.epoch(), server.top(topic));
                    assert!(
                        reader.known.is_none_or(|known| known == top),
                        "1: {topic} lacks its last events"
                    );
                }
                TopicClass::State => {
                    let mut values = server.values(topic);
                    if let Some(keys) = &reader.keys {
                        values.retain(|key, _| keys.contains(key));
                    }
                    assert_eq!(reader.values, values, "3: the values of {topic}");
                }
                TopicClass::Ephemeral => {}
            }
        }
        for (message, outcome) in self.outcomes.iter().filter(|(message, _)| self.messages.contains(message))
        {
            let effects = server.effects.get(&format!("instance-{}", message.0)).copied().unwrap_or(0);
            assert!(effects <= 1, "15: {message:?} took effect {effects} times");
            match outcome {
                Outcome::Done { .. } => {
                    assert_eq!(effects, 1, "14: {message:?} is done, and nothing was done")
                }
                Outcome::TimedOut { sent: false } | Outcome::Cancelled { sent: false } => {
                    assert_eq!(effects, 0, "14: {message:?} was never sent, and took effect");
                }
                _ => {}
            }
        }
    }
}

impl Reader {
    fn new(topic: &str, options: &SubscribeOptions) -> Self {
        Self {
            topic: topic.to_owned(),
            listeners: Vec::new(),
            known: None,
            values: BTreeMap::new(),
            unsure: None,
            keys: options.keys.as_ref().map(|_| BTreeSet::new()),
            seen: BTreeSet::new(),
        }
    }

    fn wants(&mut self, options: &SubscribeOptions) {
        match (&mut self.keys, &options.keys) {
            (Some(keys), Some(more)) => keys.extend(more.iter().cloned()),
            (keys, None) => *keys = None,
            (None, Some(_)) => {}
        }
    }

    fn event(&mut self, payload: u32, server: &Server) {
        let topic = &self.topic;
        let event = server.published.get(&payload).expect("it was published");
        assert_eq!(&event.topic, topic, "an event of another topic");
        let first = self.seen.insert(payload) || class_of(topic) == TopicClass::Ephemeral;
        assert!(first, "2: {topic}: event {payload} comes twice");
        match class_of(topic) {
            TopicClass::Log => {
                let before = (event.epoch, event.offset - 1);
                match self.known {
                    Some(known) => assert_eq!(known, before, "1: {topic}: offsets rise by one"),
                    // The user's topic is followed before anybody listens.
                    None => assert!(
                        topic == "user" || server.told.contains(&(topic.clone(), before.0, before.1)),
                        "1: {topic}: begins at {before:?}, which no answer named"
                    ),
                }
                self.known = Some((event.epoch, event.offset));
            }
            TopicClass::State => {
                let key = event.key.clone().expect("an event of a state topic has a key");
                if let Some(older) = self.values.get(&key).and_then(|payload| server.published.get(payload)) {
                    let (older, newer) = ((older.epoch, older.offset), (event.epoch, event.offset));
                    assert!(
                        older <= newer,
                        "2: {topic}: the value of {key} goes back to {newer:?} from {older:?}"
                    );
                }
                if let Some(unsure) = &mut self.unsure {
                    unsure.remove(&key);
                }
                if event.deleted {
                    self.values.remove(&key);
                } else {
                    self.values.insert(key, payload);
                }
            }
            TopicClass::Ephemeral => {}
        }
    }

    fn gap(&mut self, lost: Option<(u64, u64)>, server: &Server) {
        let topic = &self.topic;
        let Some((first, last)) = lost else {
            self.known = None;
            return;
        };
        let Some((epoch, seen)) = self.known else {
            // Nothing was delivered yet, and the gap does not tell its epoch.
            return;
        };
        assert_eq!(first, seen + 1, "1: {topic}: the gap names what is lost");
        let gone = epoch != server.epoch() || last <= server.floor(topic);
        assert!(
            gone,
            "1: {topic}: up to {last} is told lost, and the server has what is beyond {}",
            server.floor(topic)
        );
        self.known = Some((epoch, last));
    }
}
