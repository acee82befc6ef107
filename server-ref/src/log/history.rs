//! One topic's history, whatever its class.

use std::sync::Arc;

use steadfast_core::{Position, TopicRequest};

use super::{Batch, EphemeralLog, Event, KeyedLog, NumberedLog, Place, Read, View, Write};
use crate::config::TopicPolicy;

/// A topic's history and the numbering that is in force.
#[derive(Debug)]
pub(crate) struct History {
    epoch: Arc<str>,
    class: Class,
}

#[derive(Debug)]
enum Class {
    Log(NumberedLog),
    State(KeyedLog),
    Ephemeral(EphemeralLog),
}

/// What an append did.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) event: Arc<Event>,
    /// How many bytes more the topic holds now; negative where older ones went.
    pub(crate) grown: i64,
}

/// Why an append was refused; nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppendRefused {
    /// The topic has as many keys as it may have.
    TooManyKeys,
}

impl History {
    pub(crate) fn new(policy: &TopicPolicy, epoch: Arc<str>) -> Self {
        let class = match policy {
            TopicPolicy::Log(..) => Class::Log(NumberedLog::default()),
            TopicPolicy::State(_) => Class::State(KeyedLog::default()),
            TopicPolicy::Ephemeral(_) => Class::Ephemeral(EphemeralLog::default()),
        };
        Self { epoch, class }
    }

    /// A log topic's tail over a store: empty, behind `top`, with the offsets from `stored_from` on in the store.
    pub(crate) fn over_store(epoch: Arc<str>, top: u64, stored_from: u64) -> Self {
        Self { epoch, class: Class::Log(NumberedLog::over_store(top, stored_from)) }
    }

    pub(crate) fn epoch(&self) -> &Arc<str> {
        &self.epoch
    }

    /// Appends an event. `policy` is the one that the history was made with.
    pub(crate) fn append(
        &mut self,
        write: Write<'_>,
        policy: &TopicPolicy,
        now_ms: u64,
    ) -> Result<Written, AppendRefused> {
        let before = self.bytes();
        let event = match (&mut self.class, policy) {
            (Class::Log(log), TopicPolicy::Log(retention, _)) => log.append(write.event, retention, now_ms),
            (Class::State(log), TopicPolicy::State(retention)) => {
                log.write(write, retention, now_ms).ok_or(AppendRefused::TooManyKeys)?
            }
            (Class::Ephemeral(log), TopicPolicy::Ephemeral(retention)) => {
                log.append(write.event, retention, now_ms)
            }
            _ => unreachable!("a history keeps the class of its policy"),
        };
        Ok(Written { event, grown: self.bytes() as i64 - before as i64 })
    }

    /// Forgets what its age condemns, and says by how many bytes it shrank.
    pub(crate) fn expire(&mut self, policy: &TopicPolicy, now_ms: u64) -> u64 {
        let before = self.bytes();
        match (&mut self.class, policy) {
            (Class::Log(log), TopicPolicy::Log(retention, _)) => log.expire(retention, now_ms),
            (Class::State(log), TopicPolicy::State(retention)) => log.forget(retention, now_ms),
            (Class::Ephemeral(log), TopicPolicy::Ephemeral(retention)) => log.expire(retention, now_ms),
            _ => unreachable!("a history keeps the class of its policy"),
        }
        before - self.bytes()
    }

    /// What lies beyond a reader's place, in one atomic answer.
    pub(crate) fn read(&self, place: &Place, view: View<'_>, batch: &mut Batch) -> Read {
        match &self.class {
            Class::Log(log) => log.read(place.offset, batch),
            Class::State(log) => log.read(place, view, batch),
            Class::Ephemeral(log) => log.read(place.offset, batch),
        }
    }

    /// Where a subscription begins, by the recovery table.
    pub(crate) fn position(&self, request: &TopicRequest) -> (Position, Place) {
        let cursor = request.cursor.as_ref();
        match &self.class {
            Class::Log(log) => log.position(&self.epoch, cursor, request.history),
            Class::State(log) => log.position(&self.epoch, request),
            Class::Ephemeral(log) => log.position(),
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        match &self.class {
            Class::Log(log) => log.bytes(),
            Class::State(log) => log.bytes(),
            Class::Ephemeral(log) => log.bytes(),
        }
    }

    /// When the oldest event was published that may be evicted to make room; a state topic's values may not.
    pub(crate) fn oldest_ms(&self) -> Option<u64> {
        match &self.class {
            Class::Log(log) => log.oldest_ms(),
            Class::State(_) | Class::Ephemeral(_) => None,
        }
    }

    /// Evicts the oldest event, where one may be evicted, and says how many bytes that freed.
    pub(crate) fn evict_oldest(&mut self) -> u64 {
        let before = self.bytes();
        if let Class::Log(log) = &mut self.class {
            log.evict_oldest();
        }
        before - self.bytes()
    }

    /// A state topic's keys: how many have a value, and which of them is the oldest.
    pub(crate) fn oldest_value(&self) -> Option<(usize, Arc<str>)> {
        match &self.class {
            Class::State(log) => log.oldest_value().map(|key| (log.values(), key)),
            Class::Log(_) | Class::Ephemeral(_) => None,
        }
    }
}
