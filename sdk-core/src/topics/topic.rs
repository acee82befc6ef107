use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Seat, unite};
use crate::frame::{Cursor, TopicClass};
use crate::io::{Slot, SubscribeOptions, SubscriptionId};
use crate::time::Instant;

/// One topic of a client.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Topic {
    pub(crate) slot: Slot,
    pub(crate) name: Box<str>,
    pub(crate) demand: Demand,
    pub(crate) class: Option<TopicClass>,
    pub(crate) seat: Option<Seat>,
    /// Catching up ends here.
    pub(crate) top: u64,
    /// The application was told that it has caught up.
    pub(crate) live: bool,
    pub(super) listeners: Vec<SubscriptionId>,
    pub(super) keys: Option<Vec<String>>,
    pub(super) history: Option<u64>,
    /// The set of keys grew: the next answer begins the values anew.
    pub(super) restart: bool,
    pub(super) views: Vec<View>,
    /// The `seen` at which a hole was answered by asking again; a second hole there is a gap.
    pub(super) rewound: Option<u64>,
    /// Retryable refusals in a row.
    pub(super) refusals: u32,
    pub(super) held_events: u32,
    pub(super) held_bytes: u64,
}

/// Whether the server is to be asked for a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Demand {
    /// Yes.
    Wanted,
    /// Not until the application has taken half of the buffer.
    Full,
    /// Not before this.
    Retry(Instant),
    /// Not until there is a new token or subscription.
    Failed,
}

/// What one feed was asked, and answered, about a topic.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct View {
    pub(crate) feed: u32,
    /// The newest request there; a higher one of any feed knows more.
    pub(crate) reference: u64,
    /// The cursor's offset in that request.
    pub(crate) from: Option<u64>,
    pub(crate) answer: Answer,
}

/// How far a view's newest request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Answer {
    /// Until it comes, events of the topic on the feed are dropped.
    Awaited {
        /// When the question was sent.
        since: Instant,
    },
    /// Events count.
    Current,
    /// Another feed has set a newer epoch, or there is a hole: events are dropped.
    Void,
}

impl Demand {
    /// [`Instant::NEVER`] where it does not depend on time.
    pub(super) fn retry_at(self) -> Instant {
        match self {
            Self::Retry(at) => at,
            _ => Instant::NEVER,
        }
    }
}

impl Topic {
    pub(super) fn new(slot: Slot, name: Box<str>) -> Self {
        Self {
            slot,
            name,
            demand: Demand::Wanted,
            class: None,
            seat: None,
            top: 0,
            live: false,
            listeners: Vec::new(),
            keys: Some(Vec::new()),
            history: None,
            restart: false,
            views: Vec::new(),
            rewound: None,
            refusals: 0,
            held_events: 0,
            held_bytes: 0,
        }
    }

    /// True where the server must be asked anew: the topic is new, refused, or wants more keys.
    pub(super) fn add_listener(&mut self, id: SubscriptionId, options: &SubscribeOptions) -> bool {
        let first = !self.is_heard();
        self.listeners.push(id);
        if first && (self.seat.is_none() || options.cursor.is_some() || options.history.is_some()) {
            // Where it was followed before anybody listened, the place asked for replaces the one reached.
            self.views.clear();
            self.catch_up(0);
            self.history = options.history;
            self.seat = options.cursor.as_ref().map(|Cursor { epoch, offset }| Seat {
                epoch: epoch.clone(),
                seen: *offset,
                head: 0,
                set_by: 0,
            });
        }
        let grew = match (&mut self.keys, &options.keys) {
            (None, _) => false,
            (Some(keys), Some(more)) => unite(keys, more),
            (keys @ Some(_), None) => {
                *keys = None;
                true
            }
        };
        if grew && !first && self.class != Some(TopicClass::Log) {
            self.restart = self.seat.is_some();
            self.views.clear();
        }
        if self.demand == Demand::Failed {
            self.demand = Demand::Wanted;
        }
        self.views.is_empty()
    }

    /// False where it is no listener of this topic.
    pub(super) fn remove_listener(&mut self, id: SubscriptionId) -> bool {
        let Some(place) = self.listeners.iter().position(|listener| *listener == id) else { return false };
        self.listeners.swap_remove(place);
        if !self.is_heard() {
            // Nobody will take what the last one left, and the user topic stays.
            self.taken(u32::MAX, u64::MAX, 0, 0);
        }
        true
    }

    /// Whether anybody listens.
    pub(crate) fn is_heard(&self) -> bool {
        !self.listeners.is_empty()
    }

    /// Where a request goes on.
    pub(crate) fn known_seat(&self) -> Option<&Seat> {
        self.seat.as_ref().filter(|_| !self.restart)
    }

    /// The keys that a request asks for; `None`: all.
    pub(crate) fn wanted_keys(&self) -> Option<&[String]> {
        self.keys.as_deref().filter(|_| self.is_heard())
    }

    /// The events before now that a request asks for.
    pub(crate) fn wanted_history(&self) -> Option<u64> {
        self.history.filter(|_| self.seat.is_none())
    }

    pub(crate) fn view(&self, feed: u32) -> Option<&View> {
        self.views.iter().find(|view| view.feed == feed)
    }

    pub(super) fn view_mut(&mut self, feed: u32) -> Option<&mut View> {
        self.views.iter_mut().find(|view| view.feed == feed)
    }

    pub(crate) fn remove_view(&mut self, feed: u32) {
        if let Some(place) = self.views.iter().position(|view| view.feed == feed) {
            self.views.swap_remove(place);
        }
    }

    /// Records that `feed` was asked; its earlier answer no longer counts.
    pub(crate) fn asked(&mut self, feed: u32, reference: u64, now: Instant) {
        self.remove_view(feed);
        let from = self.known_seat().map(|seat| seat.seen);
        self.views.push(View { feed, reference, from, answer: Answer::Awaited { since: now } });
    }

    /// Whether a link's feed is still to be asked.
    pub(crate) fn needs_asking(&self, feed: u32) -> bool {
        self.demand == Demand::Wanted && self.view(feed).is_none_or(|view| view.answer == Answer::Void)
    }

    /// Whether any feed was asked and its answer, if it has come, still counts.
    pub(crate) fn was_asked(&self) -> bool {
        !self.views.is_empty()
    }

    /// When `feed` was asked; [`Instant::NEVER`] where it owes no answer.
    pub(super) fn asked_at(&self, feed: u32) -> Instant {
        match self.view(feed) {
            Some(View { answer: Answer::Awaited { since }, .. }) => *since,
            _ => Instant::NEVER,
        }
    }

    /// Whether `feed` still owes an answer.
    pub(crate) fn is_awaited(&self, feed: u32) -> bool {
        self.asked_at(feed) < Instant::NEVER
    }

    /// Whether `feed` has accepted the topic.
    pub(crate) fn is_answered(&self, feed: u32) -> bool {
        self.view(feed).is_some_and(|view| view.answer == Answer::Current)
    }

    /// `feed` refused for now; the caller draws the delay from the number of refusals before.
    pub(crate) fn refused_until(&mut self, feed: u32, at: Instant) {
        self.refusals += 1;
        self.demand = Demand::Retry(at);
        self.remove_view(feed);
    }

    /// The buffer is full, or nobody listens any more: no feed is to send.
    pub(crate) fn leave(&mut self) {
        self.views.clear();
    }

    pub(crate) fn refusals(&self) -> u32 {
        self.refusals
    }

    /// `feed` refused for good. Where a newer request was accepted on another feed, that is what counts.
    pub(crate) fn fail(&mut self, feed: u32) -> bool {
        let refused = self.view(feed).map_or(0, |view| view.reference);
        if self.views.iter().any(|view| view.reference > refused && view.answer == Answer::Current) {
            self.remove_view(feed);
            return false;
        }
        self.demand = Demand::Failed;
        self.catch_up(0);
        self.views.clear();
        true
    }

    /// The application is behind again, until it has seen `top` or what the next answer says.
    pub(crate) fn catch_up(&mut self, top: u64) {
        self.live = false;
        self.top = top;
    }

    /// The application took events; true where a full topic is wanted again.
    pub(crate) fn taken(&mut self, events: u32, bytes: u64, most_events: u32, most_bytes: u64) -> bool {
        self.held_events = self.held_events.saturating_sub(events);
        self.held_bytes = self.held_bytes.saturating_sub(bytes);
        let resume = self.demand == Demand::Full
            && self.held_events <= most_events / 2
            && self.held_bytes <= most_bytes / 2;
        if resume {
            self.demand = Demand::Wanted;
        }
        resume
    }
}
