//! Takes out of a schedule what a failure does not need.

use crate::schedule::Schedule;
use crate::setup::Setup;
use crate::verdict::Check;
use crate::world::World;

/// A run is short, but not free.
const MOST_RUNS: u32 = 400;

/// The smallest schedule found with which the same check fails.
pub(crate) fn minimise(seed: u64, setup: &Setup, schedule: &Schedule, check: Check) -> Schedule {
    let mut runs = 0;
    let mut fails = |candidate: &Schedule| {
        runs += 1;
        let violation = World::new(seed, setup, candidate, false).run().violation;
        runs <= MOST_RUNS && violation.is_some_and(|violation| violation.check == check)
    };
    let mut smallest = schedule.clone();
    let mut chunk = smallest.faults.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        while start < smallest.faults.len() {
            let mut candidate = smallest.clone();
            let end = (start + chunk).min(candidate.faults.len());
            candidate.faults.drain(start..end);
            if fails(&candidate) {
                smallest = candidate;
            } else {
                start += chunk;
            }
        }
        if chunk == 1 {
            return smallest;
        }
        chunk = chunk.div_ceil(2);
    }
}
