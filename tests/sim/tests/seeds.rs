//! A bounded hunt at every change: seeds that once failed, and a stretch of others. `cargo xtask sim` hunts on.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Seeds that failed once, with what was wrong then. What a seed plays changes with the generator of worlds and schedules, so each
/// of these faults has a test of its own beside the code too, and this list tells what the simulation has found.
const ONCE_FAILED: [(u64, &str); 12] = [
    (
        108,
        "a state topic with more values than the buffer holds began anew without end below the floor of deletions",
    ),
    (150, "polling a state topic whose newest events were forgotten deletions began anew with every poll"),
    (343, "keys wanted while disconnected were asked for from a cursor that did not cover them"),
    (694, "a reset was told twice: a cursor's offset was compared with one of another epoch"),
    (2226, "a message that had taken effect was told as failed, because its repeat met a rate"),
    (3124, "a restart that the server made by itself was taken for the answer to an old cursor"),
    (3574, "a message that had taken effect was told as too large, because its repeat met a proxy's 413"),
    (4894, "the same, with the first copy on its way for long"),
    (
        9531,
        "a message that had taken effect was told as forbidden, because the token had been narrowed since",
    ),
    (10_584, "a loss within a new epoch was told as another change of the epoch"),
    (
        13_162,
        "a link closed for the size of a message failed one that an exchange carried, which took effect",
    ),
    (14_344, "the first again, by a reader too slow for a short history"),
];

/// How many others are played.
const OTHERS: u64 = 2_000;

#[test]
fn no_seed_that_failed_fails_again() {
    play(&ONCE_FAILED.map(|(seed, _)| seed));
}

#[test]
fn a_stretch_of_seeds_holds_every_invariant() {
    play(&(1..=OTHERS).collect::<Vec<_>>());
}

/// Plays seeds on all cores.
fn play(seeds: &[u64]) {
    let next = AtomicU64::new(0);
    steadfast_sim::on_all_cores(|| {
        while let Some(seed) = seeds.get(next.fetch_add(1, Relaxed) as usize) {
            if let Err(failure) = steadfast_sim::run(*seed) {
                panic!("{}", failure.minimised());
            }
        }
    });
}
