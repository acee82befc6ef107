//! Row F36: a server's word on when to come back is kept by polls too, and clients that it sends away poll apart.

use steadfast_core::{Config, Input, Transport};

use crate::fallback_steps::polls_only;
use crate::link_steps::{assert_spread, bye, patient, spread};
use crate::rig::Rig;

/// Waits for the next exchange, while no socket comes up, and says how long that was.
fn polls_in(rig: &mut Rig) -> u64 {
    rig.take();
    let begun = rig.millis();
    while rig.exchanges().is_empty() {
        assert!(rig.millis() - begun < 120_000, "deaf");
        rig.advance_to_deadline();
    }
    rig.millis() - begun
}

/// As long as it likes, so that no socket of its own is triaged.
fn slow(config: &mut Config) {
    config.connect_timeout_ms = 3_600_000;
}

#[test]
fn f36_clients_that_a_server_sends_away_poll_apart() {
    // For half of what polls are held at most, and the shortest clock, to the whole of both.
    for advice in [Some(60_000), Some(86_400_000)] {
        assert_spread((20_000, 40_000), |seed| {
            let mut rig = Rig::seeded(seed, slow);
            let link = rig.live();
            rig.frame(link, bye(4503, advice));
            polls_in(&mut rig)
        });
    }
    // Without advice, what the client draws for the socket counts.
    let (shortest, longest) = spread(|seed| {
        let mut rig = Rig::seeded(seed, slow);
        let link = rig.stable();
        rig.close(link, 1012);
        polls_in(&mut rig)
    });
    assert!(
        (10_000..14_000).contains(&shortest) && (33_000..=40_000).contains(&longest),
        "{shortest} to {longest}"
    );
}

#[test]
fn f36_a_short_wait_is_kept_and_the_clock_follows() {
    for seed in 0..50 {
        let mut rig = Rig::seeded(seed, slow);
        let link = rig.live();
        rig.frame(link, bye(4503, Some(12_000)));
        let retry = rig.retry_in();
        let polls = polls_in(&mut rig);
        assert!((retry + 5_000..=retry + 10_000).contains(&polls), "{retry} and {polls}");
    }
}

#[test]
fn f36_others_keep_the_clock() {
    for seed in 0..20 {
        let mut rig = Rig::seeded(seed, slow);
        let link = rig.live();
        rig.frame(link, bye(4500, None));
        assert!(polls_in(&mut rig) <= 10_000, "a server that is simply gone keeps nobody waiting");
    }
}

#[test]
fn f36_a_server_that_only_ever_sends_away_does_not_keep_its_clients_deaf() {
    for told in [1_000, 8_000, 25_000, 86_400_000] {
        let mut rig = Rig::new();
        let link = rig.live();
        rig.frame(link, bye(4503, Some(told)));
        let begun = rig.millis();
        while rig.exchanges().is_empty() {
            rig.take();
            rig.advance_to_deadline();
            if let Some(link) = rig.opens().last().copied() {
                rig.open(link);
                rig.frame(link, bye(4503, Some(told)));
            }
        }
        assert!(rig.millis() - begun <= 60_000, "told {told}, deaf for {}", rig.millis() - begun);
    }
}

#[test]
fn f36_a_word_that_comes_later_in_the_streak_is_kept_too() {
    for seed in 0..20 {
        let mut rig = Rig::seeded(seed, |_| {});
        let link = rig.live();
        rig.close(link, 1006);
        let link = rig.reopen();
        rig.open(link);
        rig.frame(link, bye(4503, Some(13_000)));
        assert!(polls_in(&mut rig) >= 13_000);
    }
}

#[test]
fn f36_polling_that_would_begin_at_once_waits_for_the_time_that_was_told() {
    // A handshake refused twice never opened: polling begins (F05).
    assert_spread((20_000, 26_000), |seed| {
        let mut rig = Rig::seeded(seed, patient);
        let link = rig.opening();
        rig.close(link, 1006);
        let link = rig.reopen();
        rig.take();
        rig.handshake(link, 503, Some(20_000));
        assert_eq!(rig.exchanges(), []);
        rig.input(Input::Online);
        rig.input(Input::Visible);
        polls_in(&mut rig)
    });
    let mut rig = Rig::with(patient);
    let link = rig.opening();
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.handshake(link, 503, None);
    assert_eq!(rig.exchanges().len(), 1, "nothing was told");
}

#[test]
fn f36_polls_that_fail_keep_what_a_socket_was_told() {
    let mut rig = Rig::with(patient);
    let exchange = rig.polling();
    rig.exchange_fails(exchange);
    let link = rig.reopen();
    if let Some((exchange, _)) = rig.exchanges().last() {
        let exchange = *exchange;
        rig.exchange_fails(exchange);
    }
    rig.handshake(link, 503, Some(14_000));
    rig.input(Input::Online);
    assert!(polls_in(&mut rig) >= 14_000);
}

#[test]
fn f36_polls_that_are_answered_go_on() {
    let mut rig = Rig::with(patient);
    rig.polling_proven();
    let link = rig.poll_until_open();
    rig.handshake(link, 503, Some(60_000));
    assert!(polls_in(&mut rig) <= 5_500);
    assert!(rig.is_connected_by(Transport::Polling));
}

#[test]
fn f23_a_wrong_header_does_not_silence_polls_for_a_day() {
    assert_spread((601_250, 602_500), |seed| {
        let mut rig = Rig::seeded(seed, polls_only);
        let exchange = rig.begin_polls();
        rig.answered(exchange, 503, Some(86_400_000), Vec::new());
        rig.due_in()
    });
}
