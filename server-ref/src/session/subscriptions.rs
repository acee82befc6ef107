//! The topics of one session, by slot. Small on purpose: a hundred of them belong to an idle connection.

use std::sync::Arc;

use crate::hub::{SLOTS, Topic};
use crate::log::Place;
use crate::names::TopicName;

#[derive(Debug, Default)]
pub(super) struct Subscriptions(Vec<Slot>);

/// One slot's state.
#[derive(Debug)]
pub(super) enum Slot {
    /// Free, or asked for: not read until the answer is there. One variant, so that a slot takes three words.
    Unread(Option<Box<Resolving>>),
    Active(Active),
}

#[derive(Debug)]
pub(super) struct Resolving {
    pub(super) name: TopicName,
    pub(super) ticket: u32,
    pub(super) keys: Option<Box<[String]>>,
    /// The topic it restarts: still attached.
    pub(super) before: Option<Arc<Topic>>,
}

#[derive(Debug)]
pub(super) struct Active {
    pub(super) topic: Arc<Topic>,
    offset: u64,
    rare: Option<Box<Rare>>,
}

/// What only readers of state topics need, and of those not all.
#[derive(Debug)]
struct Rare {
    keys: Option<Box<[String]>>,
    floor: u64,
}

impl Subscriptions {
    /// The slot of this name, or a free one; `None` where there is neither within `most`.
    pub(super) fn slot_for(&mut self, name: &str, most: usize) -> Option<u8> {
        let found = self.find(name).or_else(|| {
            let free = self.0.iter().position(|slot| matches!(slot, Slot::Unread(None)));
            free.map(|index| index as u8)
        });
        if found.is_some() {
            return found;
        }
        if self.0.len() >= most.min(SLOTS) {
            return None;
        }
        self.0.push(Slot::Unread(None));
        Some((self.0.len() - 1) as u8)
    }

    pub(super) fn find(&self, name: &str) -> Option<u8> {
        self.0.iter().position(|slot| slot.name() == Some(name)).map(|index| index as u8)
    }

    pub(super) fn get(&self, slot: u8) -> Option<&Slot> {
        self.0.get(usize::from(slot))
    }

    pub(super) fn active(&self, slot: u8) -> Option<&Active> {
        match self.get(slot) {
            Some(Slot::Active(active)) => Some(active),
            Some(Slot::Unread(_)) | None => None,
        }
    }

    pub(super) fn active_mut(&mut self, slot: u8) -> Option<&mut Active> {
        match self.0.get_mut(usize::from(slot)) {
            Some(Slot::Active(active)) => Some(active),
            Some(Slot::Unread(_)) | None => None,
        }
    }

    /// Puts a new state into a slot and gives the old one.
    pub(super) fn replace(&mut self, slot: u8, state: Slot) -> Slot {
        match self.0.get_mut(usize::from(slot)) {
            Some(current) => std::mem::replace(current, state),
            None => Slot::Unread(None),
        }
    }

    /// Every name in use, with its slot.
    pub(super) fn names(&self) -> impl Iterator<Item = (u8, &str)> {
        self.0.iter().enumerate().filter_map(|(index, slot)| Some((index as u8, slot.name()?)))
    }

    /// Empties all slots, and gives the topics that are attached.
    pub(super) fn clear(&mut self) -> Vec<(u8, Arc<Topic>)> {
        let slots = std::mem::take(&mut self.0).into_iter().enumerate();
        slots.filter_map(|(index, slot)| Some((index as u8, slot.into_topic()?))).collect()
    }

    /// Gives back room that a large hello took.
    pub(super) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}

impl Slot {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Unread(None) => None,
            Self::Unread(Some(resolving)) => Some(resolving.name.as_str()),
            Self::Active(active) => Some(active.topic.key().name().as_str()),
        }
    }

    /// The topic that is attached in this slot.
    pub(super) fn into_topic(self) -> Option<Arc<Topic>> {
        match self {
            Self::Unread(None) => None,
            Self::Unread(Some(resolving)) => resolving.before,
            Self::Active(active) => Some(active.topic),
        }
    }
}

impl Active {
    pub(super) fn new(topic: Arc<Topic>, place: Place, keys: Option<Box<[String]>>) -> Self {
        let rare = (place.floor > 0 || keys.is_some()).then(|| Box::new(Rare { keys, floor: place.floor }));
        Self { topic, offset: place.offset, rare }
    }

    pub(super) fn place(&self) -> Place {
        Place { offset: self.offset, floor: self.rare.as_ref().map_or(0, |rare| rare.floor) }
    }

    pub(super) fn keys(&self) -> Option<&[String]> {
        self.rare.as_ref().and_then(|rare| rare.keys.as_deref())
    }

    pub(super) fn advance(&mut self, offset: u64) {
        self.offset = offset;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_subscriptions_fit_into_an_idle_connection() {
        assert_eq!(size_of::<Slot>(), 24);
    }
}
