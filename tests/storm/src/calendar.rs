//! What is due, by the millisecond; within one in the order of planning, so that a run is the same each time.

/// Entries for each millisecond from zero to an end.
#[derive(Debug)]
pub(crate) struct Calendar<T> {
    days: Vec<Vec<T>>,
}

impl<T> Calendar<T> {
    /// Empty, for times below `end`.
    pub(crate) fn new(end: u64) -> Self {
        Self { days: (0..end).map(|_| Vec::new()).collect() }
    }

    /// Plans an entry; at or after the end it never comes.
    pub(crate) fn plan(&mut self, at: u64, entry: T) {
        if let Some(day) = usize::try_from(at).ok().and_then(|at| self.days.get_mut(at)) {
            day.push(entry);
        }
    }

    /// Takes what is due at `now`, whose entries may plan more for the same time: take until it is empty.
    pub(crate) fn take(&mut self, now: u64) -> Vec<T> {
        usize::try_from(now)
            .ok()
            .and_then(|now| self.days.get_mut(now))
            .map(std::mem::take)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_the_order_of_planning_and_once() {
        let mut calendar = Calendar::new(10);
        for (at, entry) in [(3, 'a'), (2, 'b'), (3, 'c'), (10, 'd'), (u64::MAX, 'e')] {
            calendar.plan(at, entry);
        }
        assert_eq!((calendar.take(2), calendar.take(3)), (vec!['b'], vec!['a', 'c']));
        assert_eq!((calendar.take(3), calendar.take(10)), (vec![], vec![]));
    }
}
