//! Rows L01 to L05: from Idle, over the token, to an opening link.

use steadfast_core::{Input, Secret, State, TokenRequest, TransportChoice};

use crate::link_steps::{assert_spread, patient, sockets_only};
use crate::rig::Rig;

#[test]
fn l01_connect_with_a_usable_token_opens_at_once() {
    let mut rig = Rig::with(sockets_only);
    rig.live();
    rig.disconnect();
    rig.take();

    rig.connect();
    assert_eq!(rig.token_requests(), []);
    let link = rig.last_open();
    assert_eq!(rig.statuses().last().unwrap().state, State::Connecting);
    rig.advance(9_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
}

#[test]
fn l02_connect_without_a_usable_token_asks_for_one() {
    let mut rig = Rig::with(sockets_only);
    rig.connect();
    assert_eq!(rig.token_requests(), [(TokenRequest(1), false)]);
    assert_eq!(rig.opens(), []);
    assert_eq!(rig.statuses().last().unwrap().state, State::Connecting);
    rig.advance(29_999);
    assert_eq!(rig.status().retry_in_ms, None);
    rig.advance(1);
    rig.assert_waiting(4401);
}

#[test]
fn l02_a_token_with_a_fifth_of_its_life_left_is_not_usable() {
    for (age, asked) in [(79_999, false), (80_000, true)] {
        let mut rig = Rig::with(patient);
        rig.connect();
        rig.give_token_for(100_000);
        rig.disconnect();
        rig.take();
        rig.advance(age);
        rig.connect();
        assert_eq!(rig.token_requests().len(), usize::from(asked), "age {age}");
        assert_eq!(rig.opens().len(), usize::from(!asked), "age {age}");
    }
}

#[test]
fn l02_the_wall_clock_ages_a_token_too() {
    let mut rig = Rig::with(patient);
    rig.connect();
    rig.give_token_for(100_000);
    rig.disconnect();
    rig.take();
    rig.wall_jumps(80_000);
    rig.connect();
    assert_eq!(rig.token_requests().len(), 1);
    assert_eq!(rig.opens(), []);
}

#[test]
fn l03_the_token_opens_the_link() {
    let mut rig = Rig::with(sockets_only);
    rig.connect();
    rig.advance(4_000);
    rig.give_token();
    let link = rig.last_open();
    rig.advance(9_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
    // The authorize timer ended with the request.
    assert_eq!(rig.token_requests().len(), 1);
}

#[test]
fn l03_only_the_answer_to_the_request_counts() {
    let mut rig = Rig::with(sockets_only);
    rig.connect();
    let token = Secret("token".into());
    rig.input(Input::TokenReady { request: TokenRequest(7), token, expires_in_ms: None });
    assert_eq!(rig.opens(), []);
    rig.give_token();
    assert_eq!(rig.opens().len(), 1);
}

#[test]
fn l03_a_token_without_life_is_tried_rather_than_asked_for_again() {
    let mut rig = Rig::with(sockets_only);
    rig.connect();
    rig.give_token_for(0);
    assert_eq!(rig.opens().len(), 1);
    assert_eq!(rig.token_requests().len(), 1);
}

#[test]
fn f16_a_token_without_life_is_tried_by_polling_too() {
    let mut rig = Rig::with(|config| config.transport = TransportChoice::Polling);
    rig.connect();
    rig.give_token_for(0);
    assert_eq!(rig.exchanges().len(), 1);
    assert_eq!(rig.token_requests().len(), 1);
}

#[test]
fn l04_a_failure_for_now_waits_and_asks_again() {
    let mut rig = Rig::with(sockets_only);
    rig.connect();
    rig.fail_token(true);
    rig.assert_waiting(4401);
    assert_eq!(rig.status().attempt, 1);
    assert_eq!(rig.opens(), []);
    rig.take();
    rig.advance(rig.retry_in());
    assert_eq!(rig.token_requests(), [(TokenRequest(2), false)]);
    rig.fail_token(true);
    assert_eq!(rig.status().attempt, 2);
}

#[test]
fn l04_the_delay_is_the_backoff() {
    assert_spread((100, 3_000), |seed| {
        let mut rig = Rig::seeded(seed, sockets_only);
        rig.connect();
        rig.fail_token(true);
        rig.retry_in()
    });
}

#[test]
fn l04_a_request_without_an_answer_is_void() {
    let mut rig = Rig::with(sockets_only);
    rig.connect();
    let (late, _) = rig.token_requests()[0];
    rig.advance(30_000);
    rig.assert_waiting(4401);
    assert_eq!(rig.status().attempt, 1);

    let token = Secret("late".into());
    rig.input(Input::TokenReady { request: late, token, expires_in_ms: None });
    rig.take();
    rig.advance(rig.retry_in());
    assert_eq!(rig.opens(), []);
    assert_eq!(rig.token_requests(), [(TokenRequest(2), false)]);
}

#[test]
fn l04_polling_begins_while_no_token_comes() {
    let mut rig = Rig::new();
    rig.connect();
    rig.advance(10_000);
    // Held: the one request serves both.
    assert_eq!(rig.token_requests().len(), 1);
    rig.give_token();
    assert_eq!(rig.opens().len(), 1);
    assert_eq!(rig.exchanges().len(), 1);
}

/// A refresh was under way when its link died: the request still has its end, or nothing would ever wake the client.
#[test]
fn l04_a_request_that_outlives_its_link_still_has_its_end() {
    let mut rig = Rig::new();
    let link = rig.live_for(100_000);
    rig.stay_alive(link, 80_000);
    assert_eq!(rig.token_requests().len(), 2, "the refresh is under way");
    rig.take();
    rig.close(link, 1006);
    rig.advance(rig.retry_in());
    assert_eq!(rig.opens(), [], "the token is no longer usable");

    // The provider never answers the first request; when its time is over another follows.
    while rig.token_requests().is_empty() {
        rig.advance_to_deadline();
    }
    rig.give_token();
    assert!(!rig.opens().is_empty() || !rig.exchanges().is_empty());
}

#[test]
fn l05_no_token_for_good_stops() {
    let mut rig = Rig::new();
    rig.connect();
    rig.fail_token(false);
    rig.assert_stopped(4401);
    assert_eq!(rig.opens(), []);
    rig.take();
    rig.advance(600_000);
    assert_eq!(rig.outputs(), []);
}
