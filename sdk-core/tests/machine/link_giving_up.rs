//! Rows L22 and L23: `auto_reconnect` off, and `max_reconnect_attempts` used up.

use steadfast_core::{Config, Exhausted, Input, State, Transport};

use crate::link_steps::{assert_spread, bye, patient, sockets_only};
use crate::rig::Rig;

fn once(config: &mut Config) {
    config.auto_reconnect = false;
}

fn at_most(attempts: u32, exhausted: Exhausted) -> impl Fn(&mut Config) {
    move |config| {
        sockets_only(config);
        config.max_reconnect_attempts = Some(attempts);
        config.exhausted = exhausted;
    }
}

#[test]
fn l22_without_auto_reconnect_the_first_end_stops() {
    let mut rig = Rig::with(once);
    let link = rig.opening();
    rig.close(link, 1006);
    rig.assert_stopped(1006);

    let mut rig = Rig::with(once);
    let link = rig.opening();
    rig.handshake(link, 503, Some(5_000));
    rig.assert_stopped(4503);

    let mut rig = Rig::with(once);
    rig.greeting();
    rig.advance(5_000);
    rig.assert_stopped(4408);

    for code in [1000, 1006, 1008, 1009, 1012, 4400, 4401, 4409, 4429, 4503] {
        let mut rig = Rig::with(once);
        let link = rig.stable();
        rig.close(link, code);
        rig.assert_stopped(code);
        assert_eq!(rig.token_requests(), [], "code {code}");

        let mut rig = Rig::with(once);
        let link = rig.live();
        rig.frame(link, bye(code, Some(1_000)));
        rig.assert_stopped(code);
    }

    let mut rig = Rig::with(once);
    rig.live();
    rig.advance(35_000);
    rig.assert_stopped(4408);
}

#[test]
fn l22_without_auto_reconnect_a_missing_token_stops() {
    let mut rig = Rig::with(once);
    rig.connect();
    rig.fail_token(true);
    rig.assert_stopped(4401);

    let mut rig = Rig::with(|config| {
        once(config);
        sockets_only(config);
    });
    rig.connect();
    rig.advance(30_000);
    rig.assert_stopped(4401);
}

#[test]
fn l22_used_up_attempts_stop_with_the_last_code() {
    for most in [0, 1, 3] {
        let mut rig = Rig::with(at_most(most, Exhausted::Stop));
        let mut link = rig.opening();
        for _ in 0..most {
            rig.close(link, 1006);
            rig.assert_waiting(1006);
            link = rig.reopen();
        }
        rig.open(link);
        rig.close(link, 1011);
        rig.assert_stopped(1011);
    }
}

#[test]
fn l22_attempts_without_a_token_count_too() {
    let mut rig = Rig::with(at_most(2, Exhausted::Stop));
    rig.connect();
    for _ in 0..2 {
        rig.fail_token(true);
        rig.assert_waiting(4401);
        rig.take();
        rig.advance(rig.retry_in());
    }
    rig.fail_token(true);
    rig.assert_stopped(4401);
}

#[test]
fn l22_a_stable_link_gives_the_attempts_back() {
    let mut rig = Rig::with(at_most(1, Exhausted::Stop));
    let mut link = rig.live();
    for _ in 0..3 {
        rig.stay_alive(link, 30_000);
        rig.close(link, 1006);
        rig.assert_waiting(1006);
        link = rig.relive();
    }
    rig.close(link, 1006);
    rig.assert_stopped(1006);
}

#[test]
fn l22_used_up_attempts_do_not_stop_a_client_that_polling_carries() {
    let mut rig = Rig::with(|config| {
        config.max_reconnect_attempts = Some(2);
        config.exhausted = Exhausted::Stop;
    });
    rig.polling_proven();
    for _ in 0..3 {
        let link = rig.poll_until_open();
        rig.close(link, 1006);
        assert!(rig.is_connected_by(Transport::Polling));
        assert!((240_000..=360_000).contains(&rig.retry_in()), "{}", rig.retry_in());
    }
    // Once it carries no more, the next attempt is the last.
    rig.take();
    while rig.opens().is_empty() {
        rig.advance_to_deadline();
        if let Some((exchange, _)) = rig.exchanges().last() {
            let exchange = *exchange;
            rig.input(Input::ExchangeFailed { exchange });
        }
    }
    assert_eq!(rig.status().state, State::Connecting);
    let link = *rig.opens().last().unwrap();
    rig.close(link, 1011);
    rig.assert_stopped(1006);
}

#[test]
fn l23_used_up_attempts_go_on_at_the_slowest_pace() {
    for (most, failures) in [(0, 1), (2, 3), (2, 6)] {
        assert_spread((240_000, 360_000), |seed| {
            let mut rig = Rig::seeded(seed, at_most(most, Exhausted::SlowProbe));
            let mut link = rig.opening();
            for _ in 1..failures {
                rig.close(link, 1006);
                link = rig.reopen();
            }
            rig.close(link, 1006);
            rig.assert_waiting(1006);
            rig.retry_in()
        });
    }
}

#[test]
fn l23_advice_and_spread_codes() {
    let mut rig = Rig::with(at_most(0, Exhausted::SlowProbe));
    let link = rig.live();
    rig.frame(link, bye(4503, Some(40_000)));
    assert!((40_100..=43_000).contains(&rig.retry_in()), "the server knows better: {}", rig.retry_in());

    let mut rig = Rig::with(at_most(0, Exhausted::SlowProbe));
    let link = rig.live();
    rig.close(link, 1012);
    assert!((240_000..=360_000).contains(&rig.retry_in()));
}

#[test]
fn l23_without_a_token_the_pace_is_the_slowest_too() {
    assert_spread((240_000, 360_000), |seed| {
        let mut rig = Rig::seeded(seed, at_most(0, Exhausted::SlowProbe));
        rig.connect();
        rig.fail_token(true);
        rig.assert_waiting(4401);
        rig.retry_in()
    });
}

#[test]
fn l23_polling_goes_on_and_changes_nothing_about_the_pace() {
    let mut rig = Rig::with(|config| {
        patient(config);
        config.max_reconnect_attempts = Some(1);
    });
    let exchange = rig.polling();
    assert!((240_000..=360_000).contains(&rig.retry_in()), "{}", rig.retry_in());
    rig.answer(exchange, Vec::new());
    assert!(rig.is_connected_by(Transport::Polling));
    assert!((240_000..=360_000).contains(&rig.retry_in()), "{}", rig.retry_in());

    // Nor does an exchange that fails.
    rig.take();
    rig.advance(6_000);
    let exchange = rig.last_exchange();
    rig.input(Input::ExchangeFailed { exchange });
    assert_eq!(rig.status().state, State::Connected);
    assert!((240_000..=360_000).contains(&rig.retry_in()), "{}", rig.retry_in());
}
