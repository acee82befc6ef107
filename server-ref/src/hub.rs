//! Tenants, topics and their readers: the server's state, without I/O and without a clock.
//!
//! Locks are short and always taken in this order: results, pending acknowledgements, presences, shard, topic. Readers are
//! told ([`Wakes::fire`]) when none is held.

mod draft;
mod eviction;
mod idem;
mod key;
mod links;
mod mailbox;
mod open;
mod presence;
mod tenant;
#[cfg(test)]
mod tests;
mod topic;

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use steadfast_core::{ErrorCode, Now, Position, TopicClass, TopicRequest, WireError};

pub(crate) use draft::hash_payload;
pub use draft::{Draft, MAX_KEY_LENGTH};
pub(crate) use idem::{Begin, IdemTable};
pub use idem::{IdemKey, MAX_RESULTS, RESULTS_KEPT_MS};
pub use key::TopicKey;
pub use links::{ClientKey, Links};
pub use mailbox::{Mailbox, Marks, Order};
pub(crate) use mailbox::{SLOTS, SlotSet};
pub use open::Acknowledged;
pub(crate) use tenant::Tenant;
pub use topic::{Topic, Wakes};

use crate::config::{Presence, TopicRules, Totals};
use crate::log::{AppendRefused, Event, History, Place, Unnumbered};
use crate::names::TenantId;

const SHARDS: usize = 64;

/// All topics of all tenants, in memory.
#[derive(Debug)]
pub struct Hub {
    rules: TopicRules,
    totals: Totals,
    presence: Presence,
    epoch: Arc<str>,
    shards: Vec<Mutex<Shard>>,
    tenants: Mutex<HashMap<TenantId, Arc<Tenant>>>,
    bytes: AtomicU64,
    events: AtomicU64,
}

type Shard = HashMap<TopicKey, Arc<Topic>>;

/// An event was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The event's id, unique in the tenant.
    pub id: Arc<str>,
    /// The topic's numbering.
    pub epoch: Arc<str>,
    /// Its offset; `None` for ephemeral topics.
    pub offset: Option<u64>,
    /// Its topic's class.
    pub class: TopicClass,
    /// How large it is, as encoded.
    pub bytes: usize,
}

/// How much a hub holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HubSize {
    /// Topics, with those that only have readers.
    pub topics: u64,
    /// Bytes of events.
    pub bytes: u64,
}

impl Hub {
    /// An empty hub whose topics are numbered in `epoch`, which no hub before had.
    pub fn new(rules: TopicRules, totals: Totals, epoch: &str) -> Self {
        Self {
            rules,
            totals,
            presence: Presence::default(),
            epoch: epoch.into(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            tenants: Mutex::default(),
            bytes: AtomicU64::new(0),
            events: AtomicU64::new(0),
        }
    }

    /// The same hub, which tells who reads the topics that `presence` names.
    #[must_use]
    pub fn with_presence(self, presence: Presence) -> Self {
        Self { presence, ..self }
    }

    /// Names this hub's life.
    pub fn epoch(&self) -> &Arc<str> {
        &self.epoch
    }

    /// Appends an event to its topic; readers are told when the answer's [`Wakes`] are fired.
    ///
    /// # Errors
    /// A [`WireError`]; nothing was changed.
    /// - `bad_frame`: the event does not fit the topic's class.
    /// - `too_many_topics`: the tenant has as many topics as it may have, and this one is new.
    /// - `too_many_keys`: the state topic has as many keys as it may have, and this one is new.
    /// - `unavailable`: the values of state topics, which are never evicted, fill the limit of bytes.
    pub fn append(&self, draft: &Draft, now: Now) -> Result<(Appended, Wakes), WireError> {
        let policy = self.rules.policy(draft.topic.name().as_str());
        draft.check(policy.class())?;
        let tenant = self.tenant(draft.topic.tenant());
        let id: Arc<str> = self.next_id().into();
        let timestamp = timestamp(now.wall_millis);
        let event = Unnumbered::encode(&draft.head(&id, &timestamp));
        let open = self.open_topic(&tenant, draft)?;
        let mut wakes = Wakes::default();
        let pending = open.is_some().then(|| lock(&tenant.pending));
        let (event, appended) = self.write(&tenant, draft, event, &id, now, &mut wakes)?;
        if let (Some(open), Some(mut pending), Some(event)) = (open, pending, event) {
            self.begin_waiting(&tenant, &mut pending, &open, draft, &id, &event, now, &mut wakes);
        }
        Ok((appended, wakes))
    }

    /// Registers a reader and says where it begins, in one step. Attaching again moves the reader.
    pub fn attach(
        &self,
        key: &TopicKey,
        mailbox: &Arc<Mailbox>,
        slot: u8,
        request: &TopicRequest,
        now: Now,
    ) -> Attached {
        // Under the shard's lock, so that the topic is not dropped as unused before the reader is in.
        let mut shard = self.shard(key);
        let topic = self.topic_in(&mut shard, key);
        let left = topic.expire(now.monotonic.as_millis());
        let (position, place) = topic.attach(mailbox, slot, request);
        drop(shard);
        self.release(&topic, left);
        Attached { topic, position, place }
    }

    /// Where a reader would begin, without registering one: for short polls.
    pub fn look(&self, key: &TopicKey, request: &TopicRequest) -> Attached {
        let known = self.shard(key).get(key).map(Arc::clone);
        let topic = known.unwrap_or_else(|| Arc::new(self.empty_topic(key)));
        let (position, place) = topic.position(request);
        Attached { topic, position, place }
    }

    /// Goes on with a log topic whose events are in a store: numbered in `epoch` up to `top`, and to be fetched from
    /// `stored_from` on. To be called before the topic's first reader is attached; one that is known stays as it is.
    ///
    /// # Errors
    /// - `unsupported`: the topic is none of the class log.
    /// - `too_many_topics`: the tenant has as many topics as it may have.
    pub fn adopt(&self, key: &TopicKey, epoch: &str, top: u64, stored_from: u64) -> Result<(), WireError> {
        let policy = self.rules.policy(key.name().as_str()).clone();
        if policy.class() != TopicClass::Log {
            return Err(WireError::new(ErrorCode::Unsupported, "only log topics have a store", false));
        }
        let tenant = self.tenant(key.tenant());
        let mut shard = self.shard(key);
        if shard.contains_key(key) {
            return Ok(());
        }
        let history = History::over_store(epoch.into(), top, stored_from);
        let topic = Arc::new(Topic::with_history(key.clone(), policy, history));
        if !tenant.add_topic(&topic, self.totals.topics_per_tenant) {
            return Err(too_many_topics());
        }
        shard.insert(key.clone(), topic);
        Ok(())
    }

    /// Takes a reader out.
    pub fn detach(&self, topic: &Topic, mailbox: &Arc<Mailbox>, slot: u8) {
        let mut shard = self.shard(topic.key());
        let left = topic.detach(mailbox, slot);
        // A short poll's topic may be one that was never stored, of the same name as one that is.
        let stored = shard.get(topic.key()).is_some_and(|stored| std::ptr::eq(&raw const **stored, topic));
        if left.unused && stored {
            shard.remove(topic.key());
        }
        drop(shard);
        self.release(topic, left);
    }

    /// Forgets what its age condemns, everywhere. To be called every few seconds.
    pub fn sweep(&self, now: Now) {
        let now_ms = now.monotonic.as_millis();
        for shard in &self.shards {
            let topics: Vec<Arc<Topic>> = lock(shard).values().cloned().collect();
            for topic in topics {
                self.release(&topic, topic.expire(now_ms));
            }
        }
        let tenants: Vec<Arc<Tenant>> = lock(&self.tenants).values().cloned().collect();
        let mut wakes = Wakes::default();
        for tenant in tenants {
            lock(&tenant.pending).expire(now_ms);
            self.end_leases(&tenant, now, &mut wakes);
        }
        wakes.fire();
    }

    /// How much it holds.
    pub fn size(&self) -> HubSize {
        let topics = self.shards.iter().map(|shard| lock(shard).len() as u64).sum();
        HubSize { topics, bytes: self.bytes.load(Ordering::Relaxed) }
    }

    pub(crate) fn tenant(&self, id: &TenantId) -> Arc<Tenant> {
        let mut tenants = lock(&self.tenants);
        match tenants.get(id) {
            Some(tenant) => Arc::clone(tenant),
            None => Arc::clone(tenants.entry(id.clone()).or_default()),
        }
    }

    fn write(
        &self,
        tenant: &Tenant,
        draft: &Draft,
        event: Unnumbered,
        id: &Arc<str>,
        now: Now,
        wakes: &mut Wakes,
    ) -> Result<(Option<Arc<Event>>, Appended), WireError> {
        // A deletion makes room, so it must pass when there is none.
        if !draft.deleted {
            self.make_room(tenant, event.size())?;
        }
        let bytes = event.wire_size();
        let topic = self.topic_for_writing(tenant, &draft.topic)?;
        let stored = topic
            .append(draft.write(event), now.monotonic.as_millis(), wakes)
            .map_err(|AppendRefused::TooManyKeys| too_many_keys())?;
        self.account(tenant, stored.grown);
        let offset = match topic.class() {
            TopicClass::Ephemeral => None,
            TopicClass::Log | TopicClass::State => stored.event.as_ref().map(|event| event.offset()),
        };
        let appended =
            Appended { id: Arc::clone(id), epoch: stored.epoch, offset, class: topic.class(), bytes };
        Ok((stored.event, appended))
    }

    /// The topic, which counts as one of the tenant's from now on. An ephemeral topic never does.
    fn topic_for_writing(&self, tenant: &Tenant, key: &TopicKey) -> Result<Arc<Topic>, WireError> {
        let mut shard = self.shard(key);
        let topic = self.topic_in(&mut shard, key);
        let counts = topic.class() != TopicClass::Ephemeral && !topic.is_kept();
        let refused = counts && !tenant.add_topic(&topic, self.totals.topics_per_tenant);
        if !topic.is_kept() && !topic.has_readers() {
            shard.remove(key);
        }
        if refused {
            return Err(too_many_topics());
        }
        Ok(topic)
    }

    fn topic_in(&self, shard: &mut Shard, key: &TopicKey) -> Arc<Topic> {
        match shard.get(key) {
            Some(topic) => Arc::clone(topic),
            None => {
                let topic = Arc::new(self.empty_topic(key));
                shard.insert(key.clone(), Arc::clone(&topic));
                topic
            }
        }
    }

    fn empty_topic(&self, key: &TopicKey) -> Topic {
        let policy = self.rules.policy(key.name().as_str()).clone();
        Topic::new(key.clone(), policy, Arc::clone(&self.epoch))
    }

    fn shard(&self, key: &TopicKey) -> MutexGuard<'_, Shard> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        lock(&self.shards[(hash % SHARDS as u64) as usize])
    }

    fn encode(&self, draft: &Draft, now: Now) -> Unnumbered {
        Unnumbered::encode(&draft.head(&self.next_id(), &timestamp(now.wall_millis)))
    }

    fn next_id(&self) -> String {
        format!("{}-{}", self.epoch, self.events.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// A reader's beginning.
#[derive(Debug)]
pub struct Attached {
    /// The topic to read from.
    pub topic: Arc<Topic>,
    /// What the client is told.
    pub position: Position,
    pub(crate) place: Place,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each critical section leaves its data whole at every point where it could panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The last moment of the year 9999: RFC 3339 has no later one.
const LAST_MILLIS: u64 = 253_402_300_799_999;

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn timestamp(wall_millis: u64) -> String {
    // A clock that is set wrong must not end the server.
    let since = Duration::from_millis(wall_millis.min(LAST_MILLIS));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

fn too_many_topics() -> WireError {
    let message =
        "the tenant has as many topics as it may have; use those, or raise totals.topics_per_tenant";
    WireError::new(ErrorCode::TooManyTopics, message, false)
}

fn too_many_keys() -> WireError {
    WireError::new(
        ErrorCode::TooManyKeys,
        "the state topic has as many keys as it may have; delete some, or raise its max_keys",
        false,
    )
}
