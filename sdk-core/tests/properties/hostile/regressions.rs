//! What random steps once found, as few steps as led there.

use steadfast_core::{Config, TransportChoice};

use super::World;
use crate::steps::{Answer, Frame, Pick, Step, Terms};

/// A wake that came with the frame of a stale link brought the retry forward, and no status said so.
#[test]
fn a_wake_is_told_whatever_brings_it() {
    run(
        34_370_344_596_251_316,
        |config| config.fallback_after_ms = 0,
        &[
            Step::Connect,
            Step::Advance(249_952),
            Step::WallJumps(6_000),
            Step::Frame(
                Pick::Newest,
                Frame::Welcome { version: 1, answer: Answer::Good, terms: Terms::Usual },
            ),
        ],
    );
}

/// A successor that was told to drain before it was the link opened the next one without regard to the window.
#[test]
fn a_window_told_to_a_successor_is_kept() {
    let drain =
        |min_ms, max_ms| Step::Frame(Pick::Newest, Frame::Drain { min_ms, max_ms, deadline_ms: 90_000 });
    let steps = [
        &live()[..],
        &[
            drain(0, 3_000),
            Step::Advance(3_000),
            Step::Opened(Pick::Newest),
            // A topic that is refused for now keeps the successor from being the link.
            Step::Proceed(103, Answer::Refused { retryable: true, after_ms: None }),
            Step::ToDeadline,
            drain(20_000, 20_000),
            Step::Proceed(109, Answer::Good),
            Step::Advance(60_000),
        ],
    ];
    for seed in 0..20 {
        run(seed, |config| config.fallback_after_ms = 1_000, &steps.concat());
    }
}

/// A successor that was refused with the advice to come at once was opened again at once, at the network's pace.
#[test]
fn a_successor_that_fails_is_not_tried_again_at_once() {
    let drain = Frame::Drain { min_ms: 0, max_ms: 3_000, deadline_ms: 90_000 };
    let steps = [
        &live()[..],
        &[
            Step::Frame(Pick::Newest, drain),
            Step::Advance(3_000),
            Step::Handshake(Pick::Newest, 503, Some(0)),
            Step::ToDeadline,
        ],
    ];
    run(0, |_| {}, &steps.concat());
}

/// Polls that began to work brought an opening forward that the server had asked to put off.
#[test]
fn a_minimum_outlives_the_pace_of_the_slow_probe() {
    for seed in 0..20 {
        run(
            seed,
            |config| config.fallback_after_ms = 0,
            &[
                Step::Connect,
                Step::Proceed(0, Answer::Good),
                Step::Handshake(Pick::Newest, 429, Some(60_000)),
                Step::Proceed(0, Answer::Good),
                Step::Advance(59_000),
            ],
        );
    }
}

/// The number of a driver that has lost count must not end the client.
#[test]
fn a_socket_may_claim_to_have_buffered_anything() {
    run(0, |_| {}, &[&live()[..], &[Step::Buffered(Pick::Newest, u64::MAX), Step::SendOnly]].concat());
}

/// What the last listener of the user's topic left untaken kept the topic full for good.
#[test]
fn nobody_takes_what_the_last_listener_left() {
    let user = Step::Subscribe { topic: 5, keys: None, history: None, cursor: None };
    let steps = [
        user.clone(),
        Step::Connect,
        Step::Proceed(0, Answer::Good),
        Step::Proceed(0, Answer::Good),
        Step::Proceed(0, Answer::Good),
        // Its next event.
        Step::Proceed(40, Answer::Good),
        Step::Unsubscribe(0),
        user,
    ];
    let only_the_socket = |config: &mut Config| {
        config.transport = TransportChoice::WebSocket;
        config.buffer_events = 1;
    };
    run(0, only_the_socket, &steps);
}

/// A message that was overdue on thaw waited for the next input.
#[test]
fn overdue_messages_end_on_thaw() {
    run(0, |_| {}, &[Step::Freeze, Step::Submit { bytes: 0, life_ms: None }, Step::ToDeadline, Step::Thaw]);
}

fn run(seed: u64, change: impl FnOnce(&mut Config), steps: &[Step]) {
    let mut config = Config::new("instance");
    change(&mut config);
    World::new(&config, seed).run(steps);
}

/// To a live link with a log, a state and an ephemeral topic.
fn live() -> Vec<Step> {
    let subscribe = |topic| Step::Subscribe { topic, keys: None, history: None, cursor: None };
    let mut steps = vec![subscribe(0), subscribe(2), subscribe(4), Step::Connect];
    steps.extend([
        Step::Proceed(0, Answer::Good),
        Step::Proceed(0, Answer::Good),
        Step::Proceed(0, Answer::Good),
    ]);
    steps
}
