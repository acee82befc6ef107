//! How a topic tells a connection that there is something to read: a bit a topic, a wake-up a burst.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use super::lock;

/// The most topics of one connection: a slot fits into a byte.
pub(crate) const SLOTS: usize = 256;

/// A connection's letter box. It holds no events: only which topics have some, and short orders.
#[derive(Debug)]
pub struct Mailbox {
    dirty: [AtomicU64; SLOTS / 64],
    orders: AtomicU8,
    scheduled: AtomicBool,
    deadline_ms: AtomicU64,
    socket: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

/// A short order to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A deadline has come.
    Tick = 1,
    /// A newer link of the same client took over: close.
    Replaced = 2,
    /// A newer link of the same client is taking over: close in a minute.
    Succeeded = 4,
    /// The server drains.
    Drain = 8,
    /// The server stops now.
    Stop = 16,
    /// An answer came that had to be waited for.
    Answer = 32,
}

/// What a mailbox held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    pub(crate) slots: SlotSet,
    orders: u8,
}

/// A set of slots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SlotSet([u64; SLOTS / 64]);

impl Mailbox {
    /// An empty mailbox that nobody waits at.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            dirty: Default::default(),
            orders: AtomicU8::new(0),
            scheduled: AtomicBool::new(false),
            deadline_ms: AtomicU64::new(u64::MAX),
            socket: AtomicBool::new(false),
            waker: Mutex::new(None),
        })
    }

    /// Whether there is anything to take.
    pub fn is_scheduled(&self) -> bool {
        self.scheduled.load(Ordering::Acquire)
    }

    /// Whom to wake from now on.
    pub fn register(&self, waker: &Waker) {
        let mut current = lock(&self.waker);
        match &mut *current {
            Some(current) => current.clone_from(waker),
            None => *current = Some(waker.clone()),
        }
    }

    /// Takes all marks and orders.
    pub fn take(&self) -> Marks {
        // The flag first: what is marked after it has fallen wakes anew, so that nothing is left lying.
        self.scheduled.swap(false, Ordering::AcqRel);
        let mut slots = SlotSet::default();
        for (word, dirty) in slots.0.iter_mut().zip(&self.dirty) {
            *word = dirty.swap(0, Ordering::AcqRel);
        }
        Marks { slots, orders: self.orders.swap(0, Ordering::AcqRel) }
    }

    /// Gives an order.
    pub fn order(&self, order: Order) {
        self.orders.fetch_or(order as u8, Ordering::AcqRel);
        self.schedule();
    }

    /// When the connection wants its next [`Order::Tick`], in monotonic milliseconds.
    pub fn set_deadline(&self, at_ms: u64) {
        self.deadline_ms.store(at_ms, Ordering::Relaxed);
    }

    /// Orders a tick where the deadline has come.
    pub fn tick(&self, now_ms: u64) {
        if self.deadline_ms.load(Ordering::Relaxed) <= now_ms {
            self.set_deadline(u64::MAX);
            self.order(Order::Tick);
        }
    }

    /// Whether the socket has woken the connection since this was asked last. A mailbox is a waker too, so that a
    /// connection woken for an event alone need not ask its socket for input in vain.
    pub(crate) fn take_socket_woke(&self) -> bool {
        self.socket.swap(false, Ordering::AcqRel)
    }

    /// Something can be read in this slot's topic.
    pub(super) fn mark(&self, slot: u8) {
        self.dirty[usize::from(slot) / 64].fetch_or(1 << (slot % 64), Ordering::AcqRel);
        self.schedule();
    }

    fn schedule(&self) {
        if !self.scheduled.swap(true, Ordering::AcqRel) {
            self.wake_connection();
        }
    }

    fn wake_connection(&self) {
        if let Some(waker) = &*lock(&self.waker) {
            waker.wake_by_ref();
        }
    }
}

impl Wake for Mailbox {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.socket.store(true, Ordering::Release);
        self.wake_connection();
    }
}

impl Marks {
    /// Whether the order was given.
    pub fn has(self, order: Order) -> bool {
        self.orders & order as u8 != 0
    }
}

impl SlotSet {
    pub(crate) fn insert(&mut self, slot: u8) {
        self.0[usize::from(slot) / 64] |= 1 << (slot % 64);
    }

    pub(crate) fn remove(&mut self, slot: u8) {
        self.0[usize::from(slot) / 64] &= !(1 << (slot % 64));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; SLOTS / 64]
    }

    pub(crate) fn add_all(&mut self, other: Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        self.0.into_iter().enumerate().flat_map(|(index, word)| {
            let bits = std::iter::successors((word != 0).then_some(word), |word| {
                let rest = word & (word - 1);
                (rest != 0).then_some(rest)
            });
            bits.map(move |word| index as u8 * 64 + word.trailing_zeros() as u8)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn slots_come_out_in_order() {
        let mut set = SlotSet::default();
        for slot in [255, 0, 63, 64, 128, 7] {
            set.insert(slot);
        }
        set.remove(7);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 128, 255]);
    }

    #[test]
    fn a_mark_stays_until_taken_and_wakes_once_a_burst() {
        let count = Arc::new(Count::default());
        let mailbox = Mailbox::new();
        mailbox.register(&Waker::from(Arc::clone(&count)));
        mailbox.mark(3);
        mailbox.mark(200);
        mailbox.order(Order::Drain);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        let marks = mailbox.take();
        assert_eq!(marks.slots.iter().collect::<Vec<_>>(), [3, 200]);
        assert!(marks.has(Order::Drain) && !marks.has(Order::Replaced));
        assert_eq!(mailbox.take(), Marks::default());
        mailbox.mark(3);
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn the_socket_wakes_without_scheduling_mail() {
        let count = Arc::new(Count::default());
        let mailbox = Mailbox::new();
        mailbox.register(&Waker::from(Arc::clone(&count)));
        Waker::from(Arc::clone(&mailbox)).wake();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(!mailbox.is_scheduled());
        assert!(mailbox.take_socket_woke());
        assert!(!mailbox.take_socket_woke());
        mailbox.mark(3);
        assert!(!mailbox.take_socket_woke());
    }

    #[test]
    fn a_tick_is_ordered_once_when_its_time_has_come() {
        let mailbox = Mailbox::new();
        mailbox.set_deadline(500);
        mailbox.tick(499);
        assert!(!mailbox.is_scheduled());
        mailbox.tick(500);
        assert!(mailbox.take().has(Order::Tick));
        mailbox.tick(1_000);
        assert!(!mailbox.is_scheduled());
    }
}
