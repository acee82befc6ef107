//! Who may open a WebSocket now: the cap of connections and the rate of handshakes.

use std::sync::{Arc, Mutex, PoisonError};

use steadfast_core::Instant;
use tokio::sync::watch;

use crate::limits::TokenBucket;

/// How long a client is asked to wait when the server is full: nothing tells when a place becomes free.
pub(crate) const FULL_RETRY_AFTER_MS: u64 = 10_000;

/// Counts the open WebSockets and lets new ones in.
#[derive(Clone, Debug)]
pub struct Admission(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cap: u32,
    open: watch::Sender<u32>,
    handshakes: Mutex<TokenBucket>,
}

/// One open WebSocket's place; dropping it makes the place free.
#[derive(Debug)]
pub struct ConnectionGuard(Arc<Shared>);

/// Why no WebSocket can be opened now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// As many are open as the server takes.
    Full,
    /// Too many were opened just now.
    TooFast {
        /// When the next one would pass.
        retry_after_ms: u64,
    },
}

impl Refused {
    /// How long the client is asked to wait, in milliseconds.
    pub fn retry_after_ms(self) -> u64 {
        match self {
            Self::Full => FULL_RETRY_AFTER_MS,
            Self::TooFast { retry_after_ms } => retry_after_ms,
        }
    }
}

impl Admission {
    /// At most `cap` at a time and `handshakes_per_second` new ones.
    pub fn new(cap: u32, handshakes_per_second: u32, now: Instant) -> Self {
        Self(Arc::new(Shared {
            cap,
            open: watch::Sender::new(0),
            handshakes: Mutex::new(TokenBucket::new(handshakes_per_second, now)),
        }))
    }

    /// Takes a place for one WebSocket, before its handshake is answered.
    ///
    /// # Errors
    /// - [`Refused::Full`]: the cap is reached.
    /// - [`Refused::TooFast`]: the rate of handshakes is exceeded.
    pub fn admit(&self, now: Instant) -> Result<ConnectionGuard, Refused> {
        let shared = &self.0;
        // Full first: a refusal must not use up the rate of those who could get in.
        let guard = shared.take_place().ok_or(Refused::Full)?;
        // A panic elsewhere cannot leave whole numbers half-written.
        let mut handshakes = shared.handshakes.lock().unwrap_or_else(PoisonError::into_inner);
        match handshakes.take(1, now) {
            Ok(()) => Ok(guard),
            Err(retry_after_ms) => Err(Refused::TooFast { retry_after_ms }),
        }
    }

    /// How many WebSockets are open.
    pub fn open(&self) -> u32 {
        *self.0.open.borrow()
    }

    /// How many may be open.
    pub fn cap(&self) -> u32 {
        self.0.cap
    }

    /// Waits until none is open; at once when none is.
    pub async fn none_open(&self) {
        let mut open = self.0.open.subscribe();
        let waited = open.wait_for(|open| *open == 0).await;
        waited.expect("the sender lives as long as this admission");
    }
}

impl Shared {
    fn take_place(self: &Arc<Self>) -> Option<ConnectionGuard> {
        let taken = self.open.send_if_modified(|open| {
            let free = *open < self.cap;
            *open += u32::from(free);
            free
        });
        taken.then(|| ConnectionGuard(Arc::clone(self)))
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn the_cap_holds_and_places_become_free_again() {
        let admission = Admission::new(2, 1_000, at(0));
        let first = admission.admit(at(0)).unwrap();
        let _second = admission.admit(at(0)).unwrap();
        assert_eq!(admission.admit(at(0)).unwrap_err(), Refused::Full);
        assert_eq!(admission.open(), 2);
        drop(first);
        assert!(admission.admit(at(0)).is_ok());
        assert_eq!(admission.open(), 1);
    }

    #[test]
    fn a_refusal_by_rate_takes_no_place() {
        let admission = Admission::new(100, 1, at(0));
        let _held = [admission.admit(at(0)).unwrap(), admission.admit(at(0)).unwrap()];
        assert_eq!(admission.admit(at(0)).unwrap_err(), Refused::TooFast { retry_after_ms: 1_000 });
        assert_eq!(admission.open(), 2);
        assert!(admission.admit(at(1_000)).is_ok());
    }

    #[test]
    fn a_refusal_for_fullness_uses_up_no_rate() {
        let admission = Admission::new(1, 1, at(0));
        let held = admission.admit(at(0)).unwrap();
        for _ in 0..10 {
            assert_eq!(admission.admit(at(0)).unwrap_err(), Refused::Full);
        }
        drop(held);
        assert!(admission.admit(at(0)).is_ok());
    }

    #[tokio::test]
    async fn the_last_to_leave_is_noticed() {
        let admission = Admission::new(2, 100, at(0));
        admission.none_open().await;
        let guard = admission.admit(at(0)).unwrap();
        let waiting = tokio::spawn({
            let admission = admission.clone();
            async move { admission.none_open().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(guard);
        waiting.await.unwrap();
    }
}
