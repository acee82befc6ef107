//! What one application has: its subscriptions, its buffers, its messages.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use steadfast_core::{Cursor, MessageId, Slot, SubscriptionId};

use crate::oracle::{Address, address_for};
use crate::setup::{DeviceSetup, Follow};

/// One application, over one client.
#[derive(Debug, Default)]
pub(crate) struct Application {
    pub(crate) views: BTreeMap<Slot, View>,
    /// Messages without an outcome yet.
    pub(crate) pending: BTreeMap<MessageId, Pending>,
    /// Those among them that went out in a request which the network repeats.
    pub(crate) repeated: BTreeSet<MessageId>,
    /// Messages with their outcomes.
    pub(crate) outcomes: Vec<(u64, Ended)>,
    /// Delivered events that ask for a person, by id.
    pub(crate) unacknowledged: VecDeque<String>,
    /// Delivered events that ask to be acknowledged, all of them.
    pub(crate) to_be_received: BTreeSet<String>,
    /// It takes nothing.
    pub(crate) idle: bool,
}

/// A message under way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pending {
    /// A publish of this number, or a request to a handler.
    Number(u64),
    /// An acknowledgement, or a request that no server handles.
    Other,
}

/// How one ended, as far as its effect is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It took effect.
    Done,
    /// It took none.
    Without,
    /// It may have taken effect.
    Perhaps,
}

/// What a topic promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Log,
    State,
    Ephemeral,
}

/// What an application has seen of a topic.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) topic: String,
    pub(crate) address: Address,
    pub(crate) class: Class,
    pub(crate) subscriptions: Vec<SubscriptionId>,
    /// State topics: only these keys.
    pub(crate) keys: Option<BTreeSet<String>>,
    pub(crate) place: Place,
    /// The positions that servers have offered on any feed: epoch and offset.
    pub(crate) offered: Vec<(String, u64)>,
    /// Log topics: the ids that came.
    pub(crate) seen: HashSet<String>,
    /// State topics: key to number.
    pub(crate) values: BTreeMap<String, u64>,
    /// State topics: keys that are gone unless they come before Live.
    pub(crate) in_doubt: BTreeSet<String>,
    /// Sizes of what is buffered.
    pub(crate) held: VecDeque<u32>,
    pub(crate) failed: bool,
    /// The set of keys grew: the values begin anew once.
    pub(crate) restarted: bool,
}

/// Where an application stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing has come yet.
    Unknown,
    At {
        epoch: String,
        offset: u64,
    },
    /// The numbering began anew, and nothing of the new one has come yet.
    Anew {
        before: String,
    },
}

impl Class {
    pub(crate) fn of(topic: &str) -> Self {
        if topic.starts_with("now.") {
            Self::Ephemeral
        } else if topic.starts_with("state.") || topic.starts_with("open:") {
            Self::State
        } else {
            Self::Log
        }
    }
}

impl View {
    pub(crate) fn new(setup: &DeviceSetup, follow: &Follow, subscription: SubscriptionId) -> Self {
        Self {
            topic: follow.topic.to_owned(),
            address: address_for(setup.tenant, setup.user, follow.topic),
            class: Class::of(follow.topic),
            subscriptions: vec![subscription],
            keys: follow.keys.as_ref().map(|keys| keys.iter().cloned().collect()),
            place: Place::Unknown,
            offered: Vec::new(),
            seen: HashSet::new(),
            values: BTreeMap::new(),
            in_doubt: BTreeSet::new(),
            held: VecDeque::new(),
            failed: false,
            restarted: false,
        }
    }

    /// A new client takes the subscription over.
    pub(crate) fn goes_on_from(&mut self, cursor: Option<Cursor>, subscription: SubscriptionId) {
        self.subscriptions = vec![subscription];
        self.held.clear();
        self.offered.clear();
        self.failed = false;
        self.restarted = false;
        match cursor {
            Some(cursor) => self.offered.push((cursor.epoch.to_string(), cursor.offset)),
            None => {
                self.place = Place::Unknown;
                self.seen.clear();
                self.values.clear();
                self.in_doubt.clear();
            }
        }
    }

    /// The address of the log that an `open:` topic is about.
    pub(crate) fn source(&self) -> Option<Address> {
        self.topic.starts_with("open:").then(|| self.address.replacen("/open:", "/", 1))
    }
}

/// The epoch that an event's id begins with.
pub(crate) fn epoch_of(id: &str) -> &str {
    id.rsplit_once('-').map_or("", |(epoch, _)| epoch)
}
