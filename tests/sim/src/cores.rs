//! Many worlds at once: each is one thread's own, and only which seed comes next is shared.

/// Runs `play` on as many threads as there are cores, and returns when all have.
pub fn on_all_cores(play: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(&play);
        }
    });
}
