//! Rows L51 to L56: waiting for the next attempt.

use steadfast_core::{Input, State, TokenRequest, Transport};

use crate::link_steps::{assert_spread, bye, patient, sockets_only};
use crate::rig::Rig;

/// Hints that the network may be back, in Waiting. Offline is none.
fn hints() -> [fn(&mut Rig); 3] {
    [
        |rig| rig.input(Input::Online),
        |rig| rig.input(Input::Visible),
        |rig| {
            rig.wall_jumps(5_001);
            rig.input(Input::Tick);
        },
    ]
}

/// Waiting after so many failures that the window is the cap.
fn waiting_long(seed: u64) -> Rig {
    let mut rig = Rig::seeded(seed, sockets_only);
    let mut link = rig.opening();
    for _ in 0..6 {
        rig.close(link, 1006);
        link = rig.reopen();
    }
    rig.close(link, 1006);
    rig.take();
    rig
}

#[test]
fn l51_the_retry_timer_opens() {
    let mut rig = Rig::with(sockets_only);
    let link = rig.opening();
    rig.close(link, 1006);
    rig.take();
    let wait = rig.retry_in();
    rig.advance(wait - 1);
    assert_eq!(rig.opens(), []);
    rig.advance(1);
    let link = rig.last_open();
    assert_eq!(rig.token_requests(), []);
    assert_eq!(rig.status().retry_in_ms, None);
    assert_eq!(rig.status().attempt, 1);
    rig.advance(9_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
}

#[test]
fn l52_without_a_usable_token_the_retry_timer_asks_for_one() {
    let mut rig = Rig::with(sockets_only);
    rig.connect();
    rig.give_token_for(100_000);
    let link = rig.last_open();
    rig.open(link);
    rig.welcome(link);
    rig.stay_alive(link, 79_990);
    rig.close(link, 1006);
    rig.take();
    let wait = rig.retry_in();
    rig.advance(wait);
    assert_eq!(rig.opens(), []);
    assert_eq!(rig.token_requests(), [(TokenRequest(2), false)]);
    // The authorize timer.
    rig.advance(29_999);
    assert_eq!(rig.status().retry_in_ms, None);
    rig.advance(1);
    rig.assert_waiting(4401);
}

#[test]
fn l53_a_hint_pulls_the_retry_forward() {
    for hint in hints() {
        assert_spread((100, 1_000), |seed| {
            // Of the long waits; the short ones are not drawn out.
            let (mut rig, wait) = (seed..)
                .map(|seed| waiting_long(seed * 1_000))
                .map(|rig| {
                    let wait = rig.retry_in();
                    (rig, wait)
                })
                .find(|(_, wait)| *wait > 1_000)
                .unwrap();
            let attempt = rig.status().attempt;
            hint(&mut rig);
            assert_eq!(rig.status().attempt, attempt);
            assert!(rig.retry_in() < wait);
            rig.retry_in()
        });
    }
}

#[test]
fn l53_a_sooner_retry_stays() {
    for hint in hints() {
        for seed in 0..200 {
            let mut rig = waiting_long(seed);
            let wait = rig.retry_in();
            hint(&mut rig);
            assert!(rig.retry_in() <= wait);
        }
    }
}

#[test]
fn l53_no_hint_shortens_a_minimum() {
    for hint in hints() {
        let mut rig = Rig::with(sockets_only);
        let link = rig.live();
        rig.frame(link, bye(4503, Some(40_000)));
        let told = rig.retry_in();
        assert!((40_100..=43_000).contains(&told), "{told}");
        rig.advance(told - 500);
        hint(&mut rig);
        assert_eq!(rig.retry_in(), 500);
        // The floor is a minimum as well.
        let mut rig = Rig::with(sockets_only);
        let link = rig.live();
        rig.close(link, 1006);
        hint(&mut rig);
        assert!(rig.retry_in() >= 100);
    }
}

#[test]
fn l53_offline_and_hidden_change_nothing() {
    let mut rig = waiting_long(3);
    let wait = rig.retry_in();
    rig.input(Input::Offline);
    rig.input(Input::Hidden);
    assert_eq!(rig.retry_in(), wait);
    assert_eq!(rig.outputs(), []);
}

#[test]
fn l53_a_wake_after_a_long_sleep_retries_within_a_second() {
    let mut rig = waiting_long(1);
    rig.pass(1_200_000);
    rig.input(Input::Tick);
    rig.advance(1_000);
    assert_eq!(rig.opens().len(), 1);
}

#[test]
fn l54_connect_tries_at_once() {
    let mut rig = waiting_long(1);
    rig.advance(100);
    assert_eq!(rig.opens(), []);
    rig.connect();
    assert_eq!(rig.opens().len(), 1);
    assert_eq!(rig.status().attempt, 7);

    // L52: with no usable token it asks.
    let mut rig = Rig::with(sockets_only);
    rig.connect();
    rig.fail_token(true);
    rig.advance(100);
    rig.take();
    rig.connect();
    assert_eq!(rig.token_requests(), [(TokenRequest(2), false)]);
}

#[test]
fn l54_connect_does_not_undercut_a_minimum() {
    let mut rig = Rig::with(sockets_only);
    let link = rig.live();
    rig.frame(link, bye(4503, Some(40_000)));
    rig.take();
    rig.advance(rig.retry_in() - 1);
    rig.connect();
    assert_eq!(rig.outputs(), []);
    rig.advance(1);
    assert_eq!(rig.opens().len(), 1);

    let mut rig = waiting_long(1);
    rig.advance(99);
    rig.connect();
    assert_eq!(rig.outputs(), []);
}

#[test]
fn l54_connect_changes_nothing_where_it_is_on_the_way() {
    for begin in [Rig::opening, Rig::greeting, Rig::live] {
        let mut rig = Rig::with(sockets_only);
        begin(&mut rig);
        rig.take();
        rig.connect();
        assert_eq!(rig.outputs(), []);
    }
}

#[test]
fn l55_proven_polling_slows_the_socket() {
    assert_spread((24_000, 36_000), |seed| {
        let mut rig = Rig::seeded(seed, patient);
        let exchange = rig.polling();
        assert!(rig.retry_in() <= 6_000, "polling that proves nothing does not slow the socket");
        rig.answer(exchange, Vec::new());
        assert!(rig.is_connected_by(Transport::Polling));
        rig.retry_in()
    });
}

#[test]
fn l55_each_failure_of_the_socket_is_followed_at_the_slow_pace() {
    let mut rig = Rig::with(patient);
    rig.polling_proven();
    for _ in 0..3 {
        let wait = rig.retry_in();
        assert!((24_000..=36_000).contains(&wait), "{wait}");
        rig.take();
        while rig.opens().is_empty() {
            rig.advance_to_deadline();
            if let Some((exchange, _)) = rig.exchanges().last().cloned() {
                rig.answer(exchange, Vec::new());
            }
        }
        let link = rig.last_open();
        rig.close(link, 1006);
    }
}

#[test]
fn l55_the_slow_pace_begins_once() {
    let mut rig = Rig::with(patient);
    rig.polling_proven();
    let at = rig.millis() + rig.retry_in();
    rig.take();
    rig.advance(6_000);
    let exchange = rig.last_exchange();
    rig.answer(exchange, Vec::new());
    assert_eq!(rig.millis() + rig.retry_in(), at, "a further answer does not put the retry off");
}

#[test]
fn l55_the_slow_pace_keeps_a_minimum() {
    for seed in 0..20 {
        let mut rig = Rig::seeded(seed, patient);
        let link = rig.opening();
        rig.close(link, 1006);
        let link = rig.reopen();
        rig.handshake(link, 503, Some(120_000));
        let at = rig.millis() + rig.retry_in();
        let exchange = rig.assert_next_exchange(15_000..=30_000);
        rig.answer(exchange, Vec::new());
        assert!(rig.is_connected_by(Transport::Polling));
        // To the millisecond, so that a crowd that was told alike stays spread.
        assert_eq!(rig.millis() + rig.retry_in(), at, "the server's advice");
    }
}

#[test]
fn l56_polling_that_fails_gives_the_socket_its_pace_back() {
    // Three failed attempts: a window of 6 s after the second, in which the third is drawn.
    assert_spread((100, 6_000), |seed| {
        let mut rig = Rig::seeded(seed, patient);
        rig.polling_proven();
        rig.take();
        rig.advance(6_000);
        let exchange = rig.last_exchange();
        rig.input(Input::ExchangeFailed { exchange });
        assert_eq!(rig.status().state, State::Connected, "one failed poll is forgiven");
        rig.retry_in()
    });
}

#[test]
fn l56_keeps_a_minimum() {
    let mut rig = Rig::with(patient);
    let link = rig.opening();
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.handshake(link, 503, Some(120_000));
    let at = rig.millis() + rig.retry_in();
    let exchange = rig.assert_next_exchange(15_000..=30_000);
    rig.answer(exchange, Vec::new());
    rig.take();
    rig.advance(6_000);
    let exchange = rig.last_exchange();
    rig.input(Input::ExchangeFailed { exchange });
    assert!(rig.millis() + rig.retry_in() >= at);
}
