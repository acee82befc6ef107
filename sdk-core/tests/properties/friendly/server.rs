//! A small server that keeps the protocol: topics, a table of results, acknowledgements. It knows the truth.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use steadfast_core::{
    ClientMessage, GapReason, Position, Recovery, ServerFrame, TopicClass, TopicRequest, TopicResult,
    WireError,
};

use crate::observer::class_of;

#[derive(Default)]
pub struct Server {
    epoch: u32,
    results_epoch: u32,
    topics: BTreeMap<String, Topic>,
    /// By `idem`.
    results: BTreeMap<String, u32>,
    /// How often each message was carried out, over all lives of the table of results.
    pub effects: BTreeMap<String, u32>,
    /// All that was ever published, by payload.
    pub published: BTreeMap<u32, Published>,
    /// Positions that answers named, behind which reading may begin.
    pub told: BTreeSet<(String, u32, u64)>,
    /// Events acknowledged as received, and those whose confirmation has reached the client.
    pub received: BTreeSet<String>,
    pub confirmed: BTreeSet<String>,
    /// Asked again, though confirmed.
    pub repeated: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub topic: String,
    pub epoch: u32,
    pub offset: u64,
    pub key: Option<String>,
    pub deleted: bool,
    pub acknowledge: bool,
}

#[derive(Default)]
struct Topic {
    top: u64,
    /// All up to here is gone: events of a log, deletions of a state topic.
    floor: u64,
    entries: VecDeque<Entry>,
}

/// An event as the server keeps it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub offset: u64,
    pub payload: u32,
    pub key: Option<String>,
    pub deleted: bool,
    pub acknowledge: bool,
}

/// A subscription of one connection: a cursor into the topic.
#[derive(Debug, Clone)]
pub struct Reader {
    pub topic: String,
    pub keys: Option<Vec<String>>,
    pub at: u64,
}

impl Server {
    pub fn results_epoch(&self) -> String {
        format!("r-{}", self.results_epoch)
    }

    pub fn top(&self, topic: &str) -> u64 {
        self.topics.get(topic).map_or(0, |topic| topic.top)
    }

    pub fn floor(&self, topic: &str) -> u64 {
        self.topics.get(topic).map_or(0, |topic| topic.floor)
    }

    /// Whether the event asks to be acknowledged.
    pub fn asks(&self, payload: u32) -> bool {
        self.published.get(&payload).is_some_and(|event| event.acknowledge)
    }

    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub fn epoch_name(&self) -> String {
        format!("epoch-{}", self.epoch)
    }

    pub fn publish(&mut self, name: &str, key: Option<String>, deleted: bool, acknowledge: bool) -> Entry {
        let payload = u32::try_from(self.published.len()).unwrap() + 1;
        let topic = self.topics.entry(name.to_owned()).or_default();
        topic.top += 1;
        let entry = Entry { offset: topic.top, payload, key, deleted, acknowledge };
        if class_of(name) == TopicClass::State {
            topic.entries.retain(|other| other.key != entry.key);
        }
        if class_of(name) != TopicClass::Ephemeral {
            topic.entries.push_back(entry.clone());
        }
        let (epoch, offset, key) = (self.epoch, entry.offset, entry.key.clone());
        self.published
            .insert(payload, Published { topic: name.to_owned(), epoch, offset, key, deleted, acknowledge });
        entry
    }

    /// The retention ends for the older half of a log, and for what was deleted of a state topic.
    pub fn evict(&mut self, name: &str) {
        let Some(topic) = self.topics.get_mut(name) else { return };
        match class_of(name) {
            TopicClass::Log => {
                for _ in 0..topic.entries.len().div_ceil(2) {
                    topic.floor = topic.entries.pop_front().map_or(topic.floor, |entry| entry.offset);
                }
            }
            _ => {
                let deleted = topic.entries.iter().filter(|entry| entry.deleted);
                topic.floor = deleted.map(|entry| entry.offset).max().unwrap_or(topic.floor);
                topic.entries.retain(|entry| !entry.deleted);
            }
        }
    }

    /// The process is killed: with it go the topics and the table of results.
    pub fn crash(&mut self) {
        self.epoch += 1;
        self.topics.clear();
        self.lose_results();
    }

    pub fn lose_results(&mut self) {
        self.results_epoch += 1;
        self.results.clear();
    }

    pub fn values(&self, name: &str) -> BTreeMap<String, u32> {
        let entries = self.topics.get(name).into_iter().flat_map(|topic| &topic.entries);
        entries
            .filter(|entry| !entry.deleted)
            .filter_map(|entry| Some((entry.key.clone()?, entry.payload)))
            .collect()
    }

    /// Answers one topic of a hello or a subscribe.
    pub fn answer(&mut self, request: &TopicRequest) -> (TopicResult, Reader) {
        let name = request.topic.clone();
        let class = class_of(&name);
        let (top, floor) = (self.top(&name), self.floor(&name));
        let ours = request.cursor.as_ref().filter(|cursor| *cursor.epoch == *self.epoch_name());
        let (recovery, offset) = match (class, &request.cursor, ours) {
            (TopicClass::Ephemeral, ..) => (Recovery::Fresh, top),
            (TopicClass::Log, None, _) => {
                (Recovery::Fresh, top.saturating_sub(request.history.unwrap_or(0)).max(floor))
            }
            (TopicClass::State, None, _) => (Recovery::Fresh, 0),
            (TopicClass::Log, Some(_), None) => (Recovery::Gap(GapReason::EpochChanged), floor),
            (TopicClass::State, Some(_), None) => (Recovery::Reset, 0),
            (_, Some(_), Some(cursor)) if cursor.offset > top => (Recovery::Gap(GapReason::SourceLost), top),
            (TopicClass::Log, Some(_), Some(cursor)) if cursor.offset < floor => {
                (Recovery::Gap(GapReason::HistoryEvicted), floor)
            }
            // What was forgotten before the reader took its values is no matter to it.
            (TopicClass::State, Some(_), Some(cursor))
                if cursor.offset.max(request.head.unwrap_or(0)) < floor =>
            {
                (Recovery::Reset, 0)
            }
            (_, Some(_), Some(cursor)) => (Recovery::Resumed, cursor.offset),
        };
        let reader = Reader { topic: name.clone(), keys: request.keys.clone(), at: offset };
        let caught_up = self.read(&reader).last().map_or(offset, |entry| entry.offset);
        let position = if class == TopicClass::Ephemeral {
            Position { class, epoch: "".into(), offset: 0, top: 0, head: 0, recovery, live: true }
        } else {
            let (epoch, head) =
                (self.epoch_name().into(), if class == TopicClass::State { top } else { caught_up });
            Position { class, epoch, offset, top: caught_up, head, recovery, live: true }
        };
        self.told.insert((name.clone(), self.epoch, offset));
        (TopicResult { topic: name, outcome: Ok(position) }, reader)
    }

    /// What lies beyond a reader's cursor.
    pub fn read(&self, reader: &Reader) -> Vec<Entry> {
        let wanted = |entry: &&Entry| {
            let of_a_key = reader.keys.as_ref().zip(entry.key.as_ref());
            entry.offset > reader.at && of_a_key.is_none_or(|(keys, key)| keys.contains(key))
        };
        let topic = self.topics.get(&reader.topic);
        topic.into_iter().flat_map(|topic| &topic.entries).filter(wanted).cloned().collect()
    }

    /// Carries a message out, unless it has been.
    pub fn carry_out(&mut self, message: &ClientMessage) -> Option<ServerFrame<u32>> {
        let (reference, idem) = (message.reference?, message.idem.clone()?);
        let number = u32::try_from(self.results.len()).unwrap();
        let duplicate = self.results.contains_key(&idem);
        if !duplicate {
            *self.effects.entry(idem.clone()).or_insert(0) += 1;
        }
        let result = *self.results.entry(idem).or_insert(number);
        Some(done(reference, Some(result), duplicate))
    }

    pub fn acknowledge(&mut self, reference: u64, ids: &[String]) -> ServerFrame<u32> {
        for id in ids {
            if self.confirmed.contains(id) {
                self.repeated.insert(id.clone());
            }
            self.received.insert(id.clone());
        }
        done(reference, None, false)
    }
}

pub fn done(reference: u64, payload: Option<u32>, duplicate: bool) -> ServerFrame<u32> {
    let outcome: Result<_, WireError> = Ok(payload);
    ServerFrame::Result { reference, outcome, duplicate, auth_expires_in_ms: None }
}
