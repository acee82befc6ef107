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

/// At most one deadline for each name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timers([Option<Instant>; ALL.len()]);

impl Timers {
    #[inline(never)]
    pub(crate) fn set(&mut self, timer: Timer, deadline: Instant) {
        self.0[timer as usize] = Some(deadline);
    }

    #[inline(never)]
    pub(crate) fn set_or_clear(&mut self, timer: Timer, deadline: Option<Instant>) {
        self.0[timer as usize] = deadline;
    }

    #[inline(never)]
    pub(crate) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(crate) fn clear_all(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn get(&self, timer: Timer) -> Option<Instant> {
        self.0[timer as usize]
    }

    #[inline(never)]
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes the earliest deadline that has come.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let due = ALL.into_iter().filter(|timer| self.get(*timer).is_some_and(|deadline| deadline <= now));
        let first = due.min_by_key(|timer| self.get(*timer))?;
        self.clear(first);
        Some(first)
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
