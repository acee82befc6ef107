use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use steadfast_core::{Cursor, GapReason, WireError};

use super::ledger::{Claim, Shared};

/// What waits in a subscription's queue.
#[derive(Debug)]
pub(crate) enum Item {
    Event(Claim),
    /// A value kept for late subscriptions: not part of the topic's buffer.
    Kept(Arc<Shared>),
    Gap {
        reason: GapReason,
        lost: Option<(u64, u64)>,
        cursor: Option<Cursor>,
    },
    Reset,
    Live {
        cursor: Option<Cursor>,
    },
    Failed(WireError),
}

/// How many items that are no events a queue may hold before they merge at a loss of detail. A reader would have to
/// sleep through more than thirty restarts of the server to meet it.
const MOST_MARKERS: usize = 64;

/// One subscription's queue.
///
/// Events in it are bounded by the machine, which refuses what exceeds the topic's buffer and asks for it again
/// later; kept values by the number of keys; markers by [`MOST_MARKERS`], beyond which neighbours merge.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    markers: usize,
    waker: Option<Waker>,
    ended: bool,
}

impl Queue {
    pub(crate) fn push(&self, item: Item) {
        let waker = {
            let mut state = self.lock();
            state.push(item);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// No more will come; what is in the queue can still be read.
    pub(crate) fn end(&self) {
        let waker = {
            let mut state = self.lock();
            state.ended = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn poll_pop(&self, context: &mut Context<'_>) -> Poll<Option<Item>> {
        let mut state = self.lock();
        if let Some(item) = state.items.pop_front() {
            state.markers -= usize::from(item.is_marker());
            return Poll::Ready(Some(item));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    pub(crate) fn clear(&self) {
        let items = {
            let mut state = self.lock();
            state.markers = 0;
            std::mem::take(&mut state.items)
        };
        drop(items);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, item: Item) {
        if !item.is_marker() {
            self.items.push_back(item);
            return;
        }
        let full = self.markers >= MOST_MARKERS;
        if full {
            self.make_room();
        }
        let unmerged = match self.items.back_mut() {
            Some(last) => last.merge(item, full),
            None => Some(item),
        };
        if let Some(item) = unmerged {
            self.items.push_back(item);
            self.markers += 1;
        }
    }

    /// Drops the last marker that later ones overtake: the topic's newest state is what counts.
    fn make_room(&mut self) {
        let overtaken = |item: &Item| matches!(item, Item::Live { .. } | Item::Failed(_));
        if let Some(index) = self.items.iter().rposition(overtaken) {
            self.items.remove(index);
            self.markers -= 1;
        }
    }
}

impl Item {
    fn is_marker(&self) -> bool {
        !matches!(self, Self::Event(_) | Self::Kept(_))
    }

    /// Takes in the next marker where both together say no more than one; gives it back where not.
    /// In a full queue two gaps become one whose lost offsets can no longer be named.
    fn merge(&mut self, next: Self, full: bool) -> Option<Self> {
        match (self, next) {
            (Self::Live { cursor }, Self::Live { cursor: later }) => *cursor = later,
            (Self::Reset, Self::Reset) => {}
            (Self::Failed(error), Self::Failed(later)) => *error = later,
            (
                Self::Gap { reason, lost: Some((_, to)), cursor },
                Self::Gap { reason: later, lost: Some((from, end)), cursor: place },
            ) if *reason == later && *to + 1 == from => {
                *to = end;
                *cursor = place;
            }
            (Self::Gap { lost, cursor, .. }, Self::Gap { cursor: place, .. }) if full => {
                *lost = None;
                *cursor = place;
            }
            (_, next) => return Some(next),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::task::{Context, Waker};

    use steadfast_core::GapReason;

    use super::{Item, MOST_MARKERS, Queue};

    fn gap(lost: Option<(u64, u64)>) -> Item {
        Item::Gap { reason: GapReason::HistoryEvicted, lost, cursor: None }
    }

    fn drain(queue: &Queue) -> Vec<Item> {
        let mut context = Context::from_waker(Waker::noop());
        let mut items = Vec::new();
        while let std::task::Poll::Ready(Some(item)) = queue.poll_pop(&mut context) {
            items.push(item);
        }
        items
    }

    #[test]
    fn gaps_that_touch_are_one_and_others_stay_apart() {
        let queue = Queue::default();
        queue.push(gap(Some((1, 4))));
        queue.push(gap(Some((5, 9))));
        queue.push(gap(Some((20, 21))));
        let items = drain(&queue);
        assert!(matches!(items[0], Item::Gap { lost: Some((1, 9)), .. }));
        assert!(matches!(items[1], Item::Gap { lost: Some((20, 21)), .. }));
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn a_reader_that_never_reads_does_not_grow_the_queue_and_loses_no_gap() {
        let queue = Queue::default();
        for round in 0..10_000 {
            queue.push(gap(Some((2 * round, 2 * round))));
            queue.push(Item::Live { cursor: None });
        }
        let items = drain(&queue);
        assert!(items.len() <= MOST_MARKERS, "{} items", items.len());
        assert!(matches!(items.last(), Some(Item::Live { .. })));
        assert!(matches!(items[0], Item::Gap { lost: Some((0, 0)), .. }));
    }

    #[test]
    fn what_was_queued_is_read_before_the_end() {
        let queue = Queue::default();
        queue.push(Item::Reset);
        queue.end();
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(queue.poll_pop(&mut context), std::task::Poll::Ready(Some(Item::Reset))));
        assert!(matches!(queue.poll_pop(&mut context), std::task::Poll::Ready(None)));
    }
}
