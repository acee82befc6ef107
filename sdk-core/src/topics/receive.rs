//! What an answer or an event does to a topic.

use super::{Demand, Seat, Topic};
use crate::config::Config;
use crate::frame::{GapReason, Position, Recovery, TopicClass};
use crate::topics::topic::Answer;

/// What the application must be told because of an answer, beside that it is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// A stretch is lost.
    Gap { reason: GapReason, lost: Option<(u64, u64)> },
    /// All values follow anew.
    Reset,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    /// It goes to the application, after the gap where there is one.
    Deliver { gap: Option<Told>, replay: bool },
    /// The application has it.
    Repeat,
    /// The feed does not count for this topic now.
    Stale,
    /// The buffer is full, and the topic promises nothing.
    Dropped,
    /// Something before it is missing: the feed must be asked again.
    Hole,
    /// The buffer is full: the topic is to be left.
    Full,
}

impl Topic {
    /// Whether the answer `reference` on `feed` counts: only the newest request's does. `None`: the server speaks unasked.
    pub(crate) fn expects(&self, feed: u32, reference: Option<u64>) -> bool {
        let Some(view) = self.view(feed) else { return false };
        match reference {
            Some(reference) => view.reference == reference && matches!(view.answer, Answer::Awaited { .. }),
            None => !matches!(view.answer, Answer::Awaited { .. }),
        }
    }

    /// Takes an accepted position on `feed`; the caller has checked that it counts. Not `asked`: the server restarted
    /// the topic itself.
    pub(crate) fn accept(&mut self, feed: u32, position: &Position, asked: bool) -> Option<Told> {
        let view = *self.view(feed)?;
        self.class = Some(position.class);
        self.refusals = 0;
        self.settle_view(feed, Answer::Current);
        if position.class == TopicClass::Ephemeral {
            return None;
        }
        let gap = match position.recovery {
            Recovery::Gap(reason) => Some(reason),
            _ => None,
        };
        let (seen, set_by, other_epoch) = match &self.seat {
            Some(seat) => (seat.seen, seat.set_by, seat.epoch != position.epoch),
            None => (0, 0, true),
        };
        let older = view.reference < set_by;
        let log = position.class == TopicClass::Log;
        if self.restart && log && self.seat.is_some() {
            // It was taken for a state topic before the server told its class, and asked for without its cursor.
            self.restart = false;
            return self.ask_again(feed);
        }
        if other_epoch && older && !fault!(OlderEpochAdopted) {
            return self.ask_again(feed);
        }
        // Where another feed has moved on, or begun anew, since this one was asked, that one has the values already.
        let values_follow = (gap.is_some() || position.recovery == Recovery::Reset)
            && (!asked || !older && view.from.is_some_and(|from| from >= seen));
        if other_epoch || !log && (self.restart || values_follow) {
            let Position { epoch, offset, top, head, .. } = position;
            let seat = Seat { epoch: epoch.clone(), seen: *offset, head: *head, set_by: view.reference };
            return self.begin_anew(feed, seat, *top, gap.unwrap_or(GapReason::EpochChanged));
        }
        if !log || position.offset <= seen {
            // Another feed may have been promised more; what this one alone was promised before may have been forgotten since.
            let promised = if self.views.len() > 1 { self.top } else { 0 };
            self.top = promised.max(position.top);
            self.knows_all_to(position);
            return None;
        }
        let reason = match gap {
            // Another feed has begun the new numbering since this one was asked.
            Some(GapReason::EpochChanged) => GapReason::HistoryEvicted,
            Some(reason) => reason,
            None if self.rewound == Some(seen) => GapReason::SourceLost,
            None => {
                self.rewound = Some(seen);
                return self.ask_again(feed);
            }
        };
        self.catch_up(position.top);
        Some(self.skip_to(position.offset, reason))
    }

    /// Takes an `rt.gap` on `feed`.
    pub(crate) fn gap(&mut self, feed: u32, reason: GapReason, epoch: &str, offset: u64) -> Option<Told> {
        let view = *self.view(feed).filter(|view| view.answer == Answer::Current)?;
        let seat = self.seat.as_ref()?;
        if &*seat.epoch == epoch {
            return (offset > seat.seen).then(|| self.skip_to(offset, reason));
        }
        if view.reference < seat.set_by || self.class == Some(TopicClass::State) {
            // Either it knows less, or the values must follow.
            return self.ask_again(feed);
        }
        let seat = Seat { epoch: epoch.into(), seen: offset, head: offset, set_by: view.reference };
        self.begin_anew(feed, seat, offset, reason)
    }

    /// Judges an event on `feed` and, where it is delivered or lost, moves on.
    pub(crate) fn receive(&mut self, feed: u32, offset: Option<u64>, size: u32, limits: &Config) -> Verdict {
        if !fault!(StaleFeedAccepted) && self.view(feed).is_none_or(|view| view.answer != Answer::Current) {
            return Verdict::Stale;
        }
        // A topic that is not wanted has no view.
        let Some(class) = self.class else { return Verdict::Stale };
        let full = self.is_full(size, limits);
        if class == TopicClass::Ephemeral {
            if full {
                return Verdict::Dropped;
            }
            self.hold(size);
            return Verdict::Deliver { gap: None, replay: false };
        }
        let (Some(offset), Some(seat)) = (offset, &self.seat) else { return Verdict::Stale };
        let seen = seat.seen;
        if offset <= seen && !fault!(DedupeOff) {
            return Verdict::Repeat;
        }
        let hole = class == TopicClass::Log && offset > seen + 1;
        if hole && self.rewound != Some(seen) {
            self.rewound = Some(seen);
            self.ask_again(feed);
            return Verdict::Hole;
        }
        if full {
            self.demand = Demand::Full;
            fault!(RewindFromWrongPlace => self.move_to(offset));
            self.catch_up(0);
            return Verdict::Full;
        }
        let gap = hole.then(|| self.skip_to(offset - 1, GapReason::SourceLost));
        self.move_to(offset);
        self.hold(size);
        // Once caught up, what a poll brings is news: only its transport makes it look like the past.
        Verdict::Deliver { gap, replay: !self.live && offset <= self.top }
    }

    /// Whether another event is more than is to be held for those who listen. One alone may be over the limit.
    #[inline(never)]
    fn is_full(&self, size: u32, limits: &Config) -> bool {
        !fault!(BufferUnbounded)
            && self.is_heard()
            && self.held_events > 0
            && (self.held_events >= limits.buffer_events
                || self.held_bytes + u64::from(size) > limits.buffer_bytes)
    }

    /// True once when the application has all up to the top.
    pub(crate) fn becomes_live(&mut self, feed: u32) -> bool {
        let caught_up = match self.class {
            Some(TopicClass::Ephemeral) => true,
            _ => self.seat.as_ref().is_some_and(|seat| fault!(LiveTooEarly) || seat.seen >= self.top),
        };
        let becomes = !self.live && caught_up && self.is_answered(feed);
        if becomes {
            self.live = true;
        }
        becomes
    }

    /// Adopts a position and voids what other feeds were answered before: one step, so that no event slips between. Where
    /// there was no place before, nothing is told.
    fn begin_anew(&mut self, feed: u32, seat: Seat, top: u64, reason: GapReason) -> Option<Told> {
        for view in &mut self.views {
            if view.feed != feed && view.answer == Answer::Current {
                view.answer = Answer::Void;
            }
            // Its cursor was of what is over now.
            view.from = None;
        }
        let left = self.seat.replace(seat);
        self.catch_up(top);
        self.restart = false;
        self.rewound = None;
        left.map(|_| match self.class {
            Some(TopicClass::State) => Told::Reset,
            _ => Told::Gap { reason, lost: None },
        })
    }

    /// The application has all that there was when this was answered, so what is forgotten of it does not matter.
    fn knows_all_to(&mut self, position: &Position) {
        if let Some(seat) = self.seat.as_mut().filter(|seat| seat.seen >= position.top) {
            seat.head = seat.head.max(position.head);
        }
    }

    fn skip_to(&mut self, offset: u64, reason: GapReason) -> Told {
        let first = self.seat.as_ref().map_or(0, |seat| seat.seen) + 1;
        self.move_to(offset);
        Told::Gap { reason, lost: Some((first, offset)) }
    }

    fn move_to(&mut self, offset: u64) {
        if let Some(seat) = &mut self.seat {
            seat.seen = offset;
        }
        self.rewound = None;
    }

    fn hold(&mut self, size: u32) {
        if self.is_heard() {
            self.held_events += 1;
            self.held_bytes += u64::from(size);
        }
    }

    /// What `feed` was answered does not count: the topic is asked for again there, and nothing is told until then.
    fn ask_again(&mut self, feed: u32) -> Option<Told> {
        self.settle_view(feed, Answer::Void);
        None
    }

    fn settle_view(&mut self, feed: u32, answer: Answer) {
        if let Some(view) = self.view_mut(feed) {
            view.answer = answer;
        }
    }
}
