//! Paths that do not work, one by one: the client ends in polling in time, finds its way back, and does not flap.

use steadfast_core::{Config, State, Transport, TransportChoice};

use super::network::World;
use super::steps::Path;

const SEEDS: u64 = 20;

#[test]
fn a_socket_that_does_not_work_ends_in_polling_in_time() {
    let broken = [Path::Refused, Path::BlackHole, Path::Silent, Path::Dies(1), Path::Dies(2), Path::Brief];
    for path in broken {
        for seed in 0..SEEDS {
            let config = Config::new("instance");
            let mut world = World::over(&config, seed, path);
            while !polls(&world) {
                assert!(world.driver.now() < 120_000, "12: {path:?} does not end in polling");
                world.run(100);
            }
            let opens = world.driver.client.statistics().opens;
            // An exchange is answered at once here; the step is 100 ms.
            let in_time = world.driver.now() <= config.fallback_after_ms + 100;
            assert!(opens <= 3 || in_time, "12: {path:?} took {opens} links and {} ms", world.driver.now());
            world.all_is_well(TransportChoice::Auto);
        }
    }
}

#[test]
fn links_that_live_a_second_do_not_make_it_flap() {
    for seed in 0..SEEDS {
        let mut world = World::over(&Config::new("instance"), seed, Path::Brief);
        world.run(600_000);
        // Each is entered and left: two changes.
        let fallbacks = world.driver.client.statistics().fallbacks;
        assert!((1..=10).contains(&fallbacks), "13: polling was entered {fallbacks} times in 10 min");
    }
}

#[test]
fn a_dead_link_is_noticed() {
    for seed in 0..SEEDS {
        let mut world = World::over(&Config::new("instance"), seed, Path::Works);
        world.run(1_000);
        world.half_open();
        world.path = Path::BlackHole;
        // The heartbeat and the slack since the last thing received, at the latest now.
        world.run(35_000);
        let status = world.driver.client.status();
        assert_ne!(status.transport, Some(Transport::WebSocket), "11: a dead link is not noticed");
    }
}

impl World {
    fn over(config: &Config, seed: u64, path: Path) -> Self {
        let mut world = Self::new(crate::driver::Driver::new(config, seed));
        world.path = path;
        world.connect();
        world
    }
}

fn polls(world: &World) -> bool {
    let status = world.driver.client.status();
    status.state == State::Connected && status.transport == Some(Transport::Polling)
}
