//! What random steps once found, as few steps as led there.

use steadfast_core::{Config, State, TransportChoice};

use super::begin;
use super::steps::Step;

/// A token that was refused on one poll and replaced was refused on the next, and replaced again, for ever.
#[test]
fn one_renewal_in_a_streak_of_polls() {
    let mut config = Config::new("instance");
    config.transport = TransportChoice::Polling;
    let mut world = begin(&config, 0);
    let subscribe = |topic| Step::Subscribe { topic, key: None, history: None };
    let publish = Step::Publish { topic: 0, events: 1, acknowledge: false };
    for step in [Step::Revoke, subscribe(2), Step::Sleep(30_000), subscribe(0), Step::Revoke, publish] {
        world.play(&step);
    }
    assert_eq!(world.driver.client.status().state, State::Closed);
}

/// The deletion up to which a state topic was to catch up did not fit into the answer, and was forgotten before the next: the topic
/// never came live.
#[test]
fn a_promise_that_was_forgotten_is_not_waited_for() {
    let mut config = Config::new("instance");
    config.transport = TransportChoice::Polling;
    config.long_poll = false;
    let mut world = begin(&config, 0);
    let publish = Step::Publish { topic: 0, events: 4, acknowledge: false };
    let delete = Step::Set { key: 0, deleted: true };
    for step in [Step::Crash, Step::Freeze, publish, delete, Step::Submit, Step::Thaw, Step::Evict(1)] {
        world.play(&step);
    }
    world.all_is_well(TransportChoice::Polling);
}
