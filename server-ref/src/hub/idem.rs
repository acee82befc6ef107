//! Which messages were carried out already, so that a repeat takes effect once. Pure: time is passed in.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use steadfast_core::{ErrorCode, WireError};

/// How long a result is kept.
pub const RESULTS_KEPT_MS: u64 = 600_000;

/// The most results that one tenant's table keeps. A message beyond them is refused, retryable: to forget an
/// older one early would let its repeat take effect twice.
pub const MAX_RESULTS: usize = 500_000;

/// Whose message, by which key: the scope within a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdemKey {
    /// `user:…` or `key:…`, so that a user and an API key of one name stay apart.
    pub actor: Arc<str>,
    /// The sender's key.
    pub idem: Box<str>,
}

/// The table of one tenant. `R` is a result, `W` names whoever waits for one.
#[derive(Debug)]
pub(crate) struct IdemTable<R, W> {
    entries: HashMap<IdemKey, Entry<R, W>>,
    done: VecDeque<(u64, IdemKey)>,
}

#[derive(Debug)]
struct Entry<R, W> {
    fingerprint: u64,
    state: State<R, W>,
}

#[derive(Debug)]
enum State<R, W> {
    Running(Vec<W>),
    Done(R),
}

/// What to do with a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Begin<R> {
    /// Carry it out, then call `finish`.
    New,
    /// It was carried out: this is its result.
    Done(R),
    /// It is being carried out: the waiter is named when it is finished.
    Waiting,
    /// Refused; nothing was changed.
    Refused(WireError),
}

impl<R: Clone, W> Default for IdemTable<R, W> {
    fn default() -> Self {
        Self { entries: HashMap::new(), done: VecDeque::new() }
    }
}

impl<R: Clone, W> IdemTable<R, W> {
    pub(crate) fn begin(&mut self, key: &IdemKey, fingerprint: u64, waiter: W, now_ms: u64) -> Begin<R> {
        self.expire(now_ms);
        let full = self.entries.len() >= MAX_RESULTS;
        match self.entries.get_mut(key) {
            Some(entry) if entry.fingerprint != fingerprint => Begin::Refused(WireError::new(
                ErrorCode::IdemConflict,
                "the idempotency key was used with another body within ten minutes; use a new key",
                false,
            )),
            Some(Entry { state: State::Done(result), .. }) => Begin::Done(result.clone()),
            Some(Entry { state: State::Running(waiters), .. }) => {
                waiters.push(waiter);
                Begin::Waiting
            }
            None if full => Begin::Refused(WireError {
                code: ErrorCode::Unavailable,
                message: "the table of results is full; try again later".into(),
                retryable: true,
                retry_after_ms: Some(10_000),
            }),
            None => {
                self.entries.insert(key.clone(), Entry { fingerprint, state: State::Running(Vec::new()) });
                Begin::New
            }
        }
    }

    /// The result of this message, where it is kept.
    pub(crate) fn kept(&mut self, key: &IdemKey, fingerprint: u64, now_ms: u64) -> Option<R> {
        self.expire(now_ms);
        let entry = self.entries.get(key).filter(|entry| entry.fingerprint == fingerprint)?;
        match &entry.state {
            State::Done(result) => Some(result.clone()),
            State::Running(_) => None,
        }
    }

    /// Keeps the result and names those who wait for it.
    pub(crate) fn finish(&mut self, key: &IdemKey, result: R, now_ms: u64) -> Vec<W> {
        let Some(entry) = self.entries.get_mut(key) else {
            return Vec::new();
        };
        self.done.push_back((now_ms, key.clone()));
        match std::mem::replace(&mut entry.state, State::Done(result)) {
            State::Running(waiters) => waiters,
            State::Done(_) => Vec::new(),
        }
    }

    /// Forgets that the message was begun: it failed in a way that a repeat may mend. Names those who wait.
    pub(crate) fn abandon(&mut self, key: &IdemKey) -> Vec<W> {
        match self.entries.remove(key) {
            Some(Entry { state: State::Running(waiters), .. }) => waiters,
            Some(Entry { state: State::Done(_), .. }) | None => Vec::new(),
        }
    }

    fn expire(&mut self, now_ms: u64) {
        while self.done.front().is_some_and(|(at, _)| now_ms.saturating_sub(*at) > RESULTS_KEPT_MS) {
            if let Some((_, key)) = self.done.pop_front() {
                self.entries.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(actor: &str, idem: &str) -> IdemKey {
        IdemKey { actor: actor.into(), idem: idem.into() }
    }

    #[test]
    fn a_repeat_gets_the_first_result_until_it_is_forgotten() {
        let mut table = IdemTable::<u32, ()>::default();
        let ana = key("user:ana", "1");
        assert_eq!(table.begin(&ana, 7, (), 0), Begin::New);
        assert!(table.finish(&ana, 42, 10).is_empty());
        assert_eq!(table.begin(&ana, 7, (), 600_010), Begin::Done(42));
        assert_eq!(table.begin(&ana, 7, (), 600_011), Begin::New);
    }

    #[test]
    fn only_the_result_of_the_same_message_is_kept_for_it() {
        let mut table = IdemTable::<u32, ()>::default();
        let ana = key("user:ana", "1");
        assert_eq!(table.kept(&ana, 7, 0), None);
        table.begin(&ana, 7, (), 0);
        assert_eq!(table.kept(&ana, 7, 0), None, "it is not finished");
        table.finish(&ana, 42, 0);
        assert_eq!(table.kept(&ana, 7, 600_000), Some(42));
        assert_eq!(table.kept(&ana, 8, 600_000), None);
        assert_eq!(table.kept(&ana, 7, 600_001), None, "it is forgotten");
    }

    #[test]
    fn a_repeat_during_execution_waits_and_is_named_at_the_end() {
        let mut table = IdemTable::<u32, &str>::default();
        let ana = key("user:ana", "1");
        assert_eq!(table.begin(&ana, 7, "first", 0), Begin::New);
        assert_eq!(table.begin(&ana, 7, "second", 1), Begin::Waiting);
        assert_eq!(table.begin(&ana, 7, "third", 2), Begin::Waiting);
        assert_eq!(table.finish(&ana, 42, 3), ["second", "third"]);
    }

    #[test]
    fn another_body_conflicts_whether_running_or_done() {
        let mut table = IdemTable::<u32, ()>::default();
        let ana = key("user:ana", "1");
        assert_eq!(table.begin(&ana, 7, (), 0), Begin::New);
        for _ in 0..2 {
            let Begin::Refused(error) = table.begin(&ana, 8, (), 0) else { panic!("not refused") };
            assert_eq!(error.code, ErrorCode::IdemConflict);
            assert!(!error.retryable);
            table.finish(&ana, 42, 0);
        }
    }

    #[test]
    fn scopes_are_apart() {
        let mut table = IdemTable::<u32, ()>::default();
        assert_eq!(table.begin(&key("user:ana", "1"), 7, (), 0), Begin::New);
        assert_eq!(table.begin(&key("user:bob", "1"), 8, (), 0), Begin::New);
        assert_eq!(table.begin(&key("key:ana", "1"), 9, (), 0), Begin::New);
    }

    #[test]
    fn what_is_abandoned_can_be_tried_again_even_with_another_body() {
        let mut table = IdemTable::<u32, &str>::default();
        let ana = key("user:ana", "1");
        assert_eq!(table.begin(&ana, 7, "first", 0), Begin::New);
        assert_eq!(table.begin(&ana, 7, "second", 0), Begin::Waiting);
        assert_eq!(table.abandon(&ana), ["second"]);
        assert_eq!(table.begin(&ana, 8, "third", 0), Begin::New);
    }
}
