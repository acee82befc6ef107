use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use steadfast_core::WireError;

use super::open::Pending;
use super::presence::Presences;
use super::{Appended, IdemTable, Topic, lock};

/// What belongs to one tenant.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    /// Bytes of events in all its topics.
    pub(super) bytes: AtomicU64,
    /// The topics that were written to; those that only have readers do not count.
    pub(super) topics: Mutex<Vec<Arc<Topic>>>,
    /// What waits for an acknowledgement.
    pub(super) pending: Mutex<Pending>,
    /// Who reads its topics.
    pub(super) presences: Mutex<Presences>,
    /// Which publishes were carried out.
    pub(crate) results: Mutex<IdemTable<Result<Appended, WireError>, ()>>,
}

impl Tenant {
    /// Counts a topic in; false when there are as many as there may be.
    pub(super) fn add_topic(&self, topic: &Arc<Topic>, most: u32) -> bool {
        let mut topics = lock(&self.topics);
        if topics.len() >= most as usize {
            return false;
        }
        topic.keep();
        topics.push(Arc::clone(topic));
        true
    }
}
