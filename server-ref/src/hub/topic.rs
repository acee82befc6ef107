//! One topic: its history and who reads it, behind one short lock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use steadfast_core::{Position, TopicClass, TopicRequest};

use super::{Mailbox, TopicKey, lock};
use crate::config::TopicPolicy;
use crate::log::{AppendRefused, Batch, Event, History, Place, Read, View, Write};

/// A topic of a tenant, as its readers hold it.
#[derive(Debug)]
pub struct Topic {
    key: TopicKey,
    policy: TopicPolicy,
    /// It is one of its tenant's topics: its counter must outlive its readers.
    kept: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    history: History,
    /// Shared, so that a publish takes it whole and marks its readers after the lock is released.
    readers: Arc<Vec<Reader>>,
}

#[derive(Debug, Clone)]
pub(super) struct Reader {
    mailbox: Arc<Mailbox>,
    slot: u8,
}

/// What an append did.
#[derive(Debug)]
pub(super) struct Stored {
    /// `None`: an ephemeral event that nobody listens to.
    pub(super) event: Option<Arc<Event>>,
    pub(super) epoch: Arc<str>,
    pub(super) grown: i64,
}

/// What is left of a topic after a reader went or time passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    pub(super) freed: u64,
    /// There is nothing here that must be kept.
    pub(super) unused: bool,
}

/// The readers to be told of what was appended; telling them is left until all locks are released.
#[derive(Debug, Default)]
#[must_use = "readers are not told until `fire` is called"]
pub struct Wakes(Vec<Arc<Vec<Reader>>>);

impl Topic {
    pub(super) fn new(key: TopicKey, policy: TopicPolicy, epoch: Arc<str>) -> Self {
        let history = History::new(&policy, epoch);
        Self::with_history(key, policy, history)
    }

    /// A topic whose history goes on somewhere.
    pub(super) fn with_history(key: TopicKey, policy: TopicPolicy, history: History) -> Self {
        Self {
            key,
            policy,
            kept: AtomicBool::new(false),
            inner: Mutex::new(Inner { history, readers: Arc::default() }),
        }
    }

    /// Which topic it is.
    pub fn key(&self) -> &TopicKey {
        &self.key
    }

    /// What it promises.
    pub fn class(&self) -> TopicClass {
        self.policy.class()
    }

    /// Names its numbering.
    pub(crate) fn epoch(&self) -> Arc<str> {
        Arc::clone(lock(&self.inner).history.epoch())
    }

    /// What lies beyond a reader's place, in one atomic answer.
    pub(crate) fn read(&self, place: &Place, view: View<'_>, batch: &mut Batch) -> Read {
        lock(&self.inner).history.read(place, view, batch)
    }

    /// Where a reader would begin, registering nobody.
    pub(crate) fn position(&self, request: &TopicRequest) -> (Position, Place) {
        lock(&self.inner).history.position(request)
    }

    /// Registers a reader and says where it begins, in one step: nothing falls in between.
    pub(super) fn attach(
        &self,
        mailbox: &Arc<Mailbox>,
        slot: u8,
        request: &TopicRequest,
    ) -> (Position, Place) {
        let mut inner = lock(&self.inner);
        let known = inner.readers.iter().any(|reader| reader.is(mailbox, slot));
        if !known {
            Arc::make_mut(&mut inner.readers).push(Reader { mailbox: Arc::clone(mailbox), slot });
        }
        inner.history.position(request)
    }

    /// Takes a reader out. With the last one goes what an ephemeral topic holds.
    pub(super) fn detach(&self, mailbox: &Arc<Mailbox>, slot: u8) -> Left {
        let mut inner = lock(&self.inner);
        if let Some(index) = inner.readers.iter().position(|reader| reader.is(mailbox, slot)) {
            let readers = Arc::make_mut(&mut inner.readers);
            readers.swap_remove(index);
            if readers.len() < readers.capacity() / 4 {
                readers.shrink_to(readers.len() * 2);
            }
        }
        let mut freed = 0;
        if inner.readers.is_empty() && self.class() == TopicClass::Ephemeral {
            freed = inner.history.bytes();
            inner.history = History::new(&self.policy, Arc::clone(inner.history.epoch()));
        }
        Left { freed, unused: self.is_unused(&inner) }
    }

    /// Appends an event. An ephemeral one is stored only while somebody listens.
    pub(super) fn append(
        &self,
        write: Write<'_>,
        now_ms: u64,
        wakes: &mut Wakes,
    ) -> Result<Stored, AppendRefused> {
        let mut inner = lock(&self.inner);
        let epoch = Arc::clone(inner.history.epoch());
        if inner.readers.is_empty() && self.class() == TopicClass::Ephemeral {
            return Ok(Stored { event: None, epoch, grown: 0 });
        }
        let written = inner.history.append(write, &self.policy, now_ms)?;
        if !inner.readers.is_empty() {
            wakes.0.push(Arc::clone(&inner.readers));
        }
        Ok(Stored { event: Some(written.event), epoch, grown: written.grown })
    }

    /// Forgets what its age condemns.
    pub(super) fn expire(&self, now_ms: u64) -> Left {
        let mut inner = lock(&self.inner);
        let freed = inner.history.expire(&self.policy, now_ms);
        Left { freed, unused: self.is_unused(&inner) }
    }

    /// Makes it stay, readers or none.
    pub(super) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    pub(super) fn has_readers(&self) -> bool {
        !lock(&self.inner).readers.is_empty()
    }

    pub(super) fn oldest_ms(&self) -> Option<u64> {
        lock(&self.inner).history.oldest_ms()
    }

    pub(super) fn evict_oldest(&self) -> u64 {
        lock(&self.inner).history.evict_oldest()
    }

    pub(super) fn oldest_value(&self) -> Option<(usize, Arc<str>)> {
        lock(&self.inner).history.oldest_value()
    }

    fn is_unused(&self, inner: &Inner) -> bool {
        inner.readers.is_empty() && !self.is_kept()
    }
}

impl Reader {
    fn is(&self, mailbox: &Arc<Mailbox>, slot: u8) -> bool {
        self.slot == slot && Arc::ptr_eq(&self.mailbox, mailbox)
    }
}

impl Wakes {
    /// Tells the readers.
    pub fn fire(self) {
        for readers in self.0 {
            for reader in readers.iter() {
                reader.mailbox.mark(reader.slot);
            }
        }
    }
}
