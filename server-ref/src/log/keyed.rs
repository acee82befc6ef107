//! A state topic: the last value of each key.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use steadfast_core::{Cursor, Position, Recovery, TopicClass, TopicRequest};

use super::event::Event;
use super::{Batch, Hidden, Place, Read, Taking, View, Write};
use crate::config::StateRetention;
use crate::names::UserId;

/// The history of a state topic: an index by key and one by offset, in which a key moves when it is written.
///
/// A deletion is an entry like any other, until it is forgotten; then the floor rises to it, and whoever has read
/// less must start anew.
#[derive(Debug, Default)]
pub(crate) struct KeyedLog {
    offsets: HashMap<Arc<str>, u64>,
    entries: BTreeMap<u64, Entry>,
    /// The deletions in order, for forgetting; those written over since are skipped then.
    deletions: VecDeque<(u64, u64)>,
    values: usize,
    top: u64,
    floor: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Entry {
    key: Arc<str>,
    event: Arc<Event>,
    deleted: bool,
    hidden: Option<Box<Hidden<Arc<Event>>>>,
}

impl Entry {
    fn size(&self) -> u64 {
        self.event.size() + self.hidden.as_ref().map_or(0, |hidden| hidden.deletion.size())
    }

    /// The event as this reader gets it.
    fn seen_by(&self, user: Option<&UserId>) -> &Arc<Event> {
        match (&self.hidden, user) {
            (Some(hidden), Some(user)) if hidden.from.contains(user) => &hidden.deletion,
            _ => &self.event,
        }
    }
}

impl KeyedLog {
    /// Writes a key's new value, or its deletion.
    ///
    /// `None`: the topic has as many keys as it may have, and this one is new. Deleting a key that is not there
    /// takes an offset like any other write.
    pub(crate) fn write(
        &mut self,
        write: Write<'_>,
        retention: &StateRetention,
        now_ms: u64,
    ) -> Option<Arc<Event>> {
        let Write { event, key, deleted, hidden } = write;
        let key = key.unwrap_or_default();
        self.forget(retention, now_ms);
        let known = self.offsets.get(key).is_some_and(|offset| !self.entries[offset].deleted);
        if !known && !deleted && self.values >= retention.max_keys as usize {
            return None;
        }
        // Deletions count too: else keys written and deleted over and over would grow the index without a bound.
        if deleted && self.deletions.len() >= 2 * retention.max_keys as usize {
            self.forget_oldest_deletion();
        }
        self.top += 1;
        let event = event.number(self.top, now_ms);
        let key: Arc<str> = match self.offsets.get(key).copied() {
            Some(offset) => self.remove(offset),
            None => key.into(),
        };
        let hidden = hidden.map(|hidden| {
            let deletion = hidden.deletion.number(self.top, now_ms);
            Box::new(Hidden { from: hidden.from, deletion })
        });
        self.offsets.insert(Arc::clone(&key), self.top);
        let entry = Entry { key, event: Arc::clone(&event), deleted, hidden };
        self.bytes += entry.size();
        self.entries.insert(self.top, entry);
        if deleted {
            self.deletions.push_back((now_ms, self.top));
        } else {
            self.values += 1;
        }
        Some(event)
    }

    /// Forgets the deletions that are older than the retention.
    pub(crate) fn forget(&mut self, retention: &StateRetention, now_ms: u64) {
        while self
            .deletions
            .front()
            .is_some_and(|(at, _)| now_ms.saturating_sub(*at) > retention.deletions_ms)
        {
            self.forget_oldest_deletion();
        }
    }

    /// The key whose value is the oldest.
    pub(crate) fn oldest_value(&self) -> Option<Arc<str>> {
        self.entries.values().find(|entry| !entry.deleted).map(|entry| Arc::clone(&entry.key))
    }

    pub(crate) fn values(&self) -> usize {
        self.values
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn read(&self, place: &Place, view: View<'_>, batch: &mut Batch) -> Read {
        if self.floor > place.floor && place.offset < self.floor && !fault!(FloorIgnored) {
            return Read::Reset;
        }
        let mut taking = Taking::into(batch);
        let full = match view.keys {
            None => {
                let beyond = (Bound::Excluded(place.offset), Bound::Unbounded);
                !self.entries.range(beyond).all(|(_, entry)| {
                    entry.deleted && fault!(DeletionUnsaid) || taking.take(entry.seen_by(view.user))
                })
            }
            Some(keys) => {
                let mut offsets: Vec<u64> =
                    self.offsets_of(keys).filter(|offset| *offset > place.offset).collect();
                offsets.sort_unstable();
                !offsets.iter().all(|offset| taking.take(self.entries[offset].seen_by(view.user)))
            }
        };
        // A reader that has all there is for it stands at the top: no later deletion below that concerns it.
        let offset = match full {
            true => taking.last().unwrap_or(place.offset),
            false => self.top.max(place.offset),
        };
        Read::Events { offset, more: full }
    }

    /// Where a subscription begins, by the recovery table.
    pub(crate) fn position(&self, epoch: &Arc<str>, request: &TopicRequest) -> (Position, Place) {
        // What was forgotten before the reader took its values is no matter to it.
        let known = |cursor: &Cursor| {
            fault!(FloorIgnored) || cursor.offset.max(request.head.unwrap_or(0)) >= self.floor
        };
        let (offset, recovery) = match &request.cursor {
            None => (0, Recovery::Fresh),
            Some(cursor) if *cursor.epoch == **epoch && cursor.offset <= self.top && known(cursor) => {
                (cursor.offset, Recovery::Resumed)
            }
            Some(_) => (0, Recovery::Reset),
        };
        let top = match &request.keys {
            None => self.entries.last_key_value().map_or(0, |(offset, _)| *offset),
            Some(keys) => self.offsets_of(keys).max().unwrap_or(0),
        };
        let position = Position {
            class: TopicClass::State,
            epoch: (**epoch).into(),
            offset,
            top,
            head: self.top,
            recovery,
            live: true,
        };
        (position, Place { offset, floor: self.floor })
    }

    fn offsets_of<'a>(&'a self, keys: &'a [String]) -> impl Iterator<Item = u64> + 'a {
        keys.iter().filter_map(|key| self.offsets.get(key.as_str()).copied())
    }

    fn forget_oldest_deletion(&mut self) {
        let Some((_, offset)) = self.deletions.pop_front() else {
            return;
        };
        if self.entries.get(&offset).is_some_and(|entry| entry.deleted) {
            let key = self.remove(offset);
            self.offsets.remove(&key);
            self.floor = offset;
        }
    }

    fn remove(&mut self, offset: u64) -> Arc<str> {
        let entry = self.entries.remove(&offset).expect("both indexes hold the same offsets");
        self.bytes -= entry.size();
        self.values -= usize::from(!entry.deleted);
        entry.key
    }
}
