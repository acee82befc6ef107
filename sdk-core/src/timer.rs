use crate::time::Instant;

/// The machine's deadlines, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The application owes a token.
    Authorize,
    /// The WebSocket should be open.
    Connect,
    /// The welcome should be there.
    Hello,
    /// A connection may be dead.
    Liveness,
    /// The connection has proved stable.
    Stable,
    /// Open the next WebSocket.
    Retry,
    /// Polling takes over.
    Fallback,
    /// The next exchange is due.
    Poll,
    /// The exchange should have been answered.
    Exchange,
    /// A subscribe or `rt.auth` should have been answered.
    Answer,
    /// A message's life ends.
    MessageLife,
    /// Pending `received` acknowledgements are to be sent.
    Receipts,
    /// Open the successor of a draining link.
    Drain,
    /// The old link of a handover ends.
    Handover,
    /// The token is to be refreshed.
    TokenRefresh,
    /// The socket's flapping is forgiven.
    Forgive,
    /// A refused topic is tried again.
    TopicRetry,
}

const ALL: [Timer; 17] = [
    Timer::Authorize,
    Timer::Connect,
    Timer::Hello,
    Timer::Liveness,
    Timer::Stable,
    Timer::Retry,
    Timer::Fallback,
    Timer::Poll,
    Timer::Exchange,
    Timer::Answer,
    Timer::MessageLife,
    Timer::Receipts,
    Timer::Drain,
    Timer::Handover,
    Timer::TokenRefresh,
    Timer::Forgive,
    Timer::TopicRetry,
];

/// At most one deadline for each name; [`Instant::NEVER`] where there is none.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Timers([Instant; ALL.len()]);

impl Default for Timers {
    fn default() -> Self {
        Self([Instant::NEVER; ALL.len()])
    }
}

impl Timers {
    #[inline(never)]
    pub(crate) fn set(&mut self, timer: Timer, deadline: Instant) {
        self.0[timer as usize] = deadline;
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        self.set(timer, Instant::NEVER);
    }

    /// Brings a deadline forward, where there is one that is later.
    pub(crate) fn hasten(&mut self, timer: Timer, to: Instant) {
        if let Some(deadline) = self.get(timer) {
            self.set(timer, deadline.min(to));
        }
    }

    pub(crate) fn clear_all(&mut self) {
        self.0.fill(Instant::NEVER);
    }

    pub(crate) fn get(&self, timer: Timer) -> Option<Instant> {
        self.0[timer as usize].ever()
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.0[self.first() as usize].ever()
    }

    /// Takes the earliest deadline that has come.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let first = self.first();
        if self.get(first)? > now {
            return None;
        }
        self.clear(first);
        Some(first)
    }

    /// The one with the earliest deadline, if there is any at all.
    #[inline(never)]
    fn first(&self) -> Timer {
        let mut first = Timer::Authorize;
        for timer in ALL {
            if self.0[timer as usize] < self.0[first as usize] {
                first = timer;
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Timer, Timers};
    use crate::time::Instant;

    #[test]
    fn every_timer_has_its_own_place() {
        for (index, timer) in ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, index);
        }
    }

    #[test]
    fn due_timers_come_in_the_order_of_their_deadlines() {
        let at = Instant::from_millis;
        let mut timers = Timers::default();
        timers.set(Timer::Authorize, at(30));
        timers.set(Timer::Retry, at(10));
        timers.set(Timer::Poll, at(20));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.take_due(at(9)), None);
        assert_eq!(timers.take_due(at(25)), Some(Timer::Retry));
        assert_eq!(timers.take_due(at(25)), Some(Timer::Poll));
        assert_eq!(timers.take_due(at(25)), None);
        assert_eq!(timers.next(), Some(at(30)));
    }
}
