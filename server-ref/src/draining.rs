//! The end of a server's life: first it hands its clients over, then it closes.

use steadfast_core::Instant;
use tokio::sync::watch;

/// Where a server is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It serves.
    #[default]
    Serving,
    /// It serves the links that it has, asks them to go elsewhere, and answers every hello with `rt.bye` 4503.
    Draining {
        /// When the links that are left are closed.
        deadline: Instant,
    },
    /// Every link is to be closed at once.
    Closed,
}

/// Tells the phase to whoever needs it. Phases only go forward.
#[derive(Debug, Default)]
pub struct Draining(watch::Sender<Phase>);

impl Draining {
    /// The phase now.
    pub fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Watches the phase; each connection's task holds one.
    pub fn watch(&self) -> watch::Receiver<Phase> {
        self.0.subscribe()
    }

    /// Begins to drain; nothing happens when that has begun already.
    pub fn begin(&self, deadline: Instant) {
        self.0.send_if_modified(|phase| match phase {
            Phase::Serving => {
                *phase = Phase::Draining { deadline };
                true
            }
            Phase::Draining { .. } | Phase::Closed => false,
        });
    }

    /// Closes what is left.
    pub fn close(&self) {
        self.0.send_replace(Phase::Closed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_only_go_forward() {
        let draining = Draining::default();
        assert_eq!(draining.phase(), Phase::Serving);
        let first = Phase::Draining { deadline: Instant::from_millis(1) };
        draining.begin(Instant::from_millis(1));
        draining.begin(Instant::from_millis(2));
        assert_eq!(draining.phase(), first);
        draining.close();
        draining.begin(Instant::from_millis(3));
        assert_eq!(draining.phase(), Phase::Closed);
    }
}
