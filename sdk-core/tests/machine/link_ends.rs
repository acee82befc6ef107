//! Rows L13 to L17: ends that are followed by another attempt, by their code.

use steadfast_core::{ErrorCode, Input, Outcome};

use crate::link_steps::{STATES, assert_spread, bye, ended, patient};
use crate::rig::{Rig, done};

#[test]
fn l13_a_drained_end_is_spread_over_half_a_minute() {
    for code in [1012, 1013, 4503] {
        for begin in STATES {
            assert_spread((5_000, 30_000), |seed| {
                let mut rig = Rig::seeded(seed, patient);
                let link = begin(&mut rig);
                rig.close(link, code);
                rig.assert_waiting(code);
                assert_eq!(rig.status().attempt, 1);
                rig.retry_in()
            });
        }
    }
}

#[test]
fn l13_a_handshake_answered_503_is_spread_too() {
    assert_spread((5_000, 30_000), |seed| {
        let mut rig = Rig::seeded(seed, patient);
        let link = rig.opening();
        rig.handshake(link, 503, None);
        rig.assert_waiting(4503);
        rig.retry_in()
    });
}

#[test]
fn l13_advice_replaces_the_spread() {
    for advice in [2_000, 90_000] {
        let window = (advice + 100, advice + 3_000);
        assert_spread(window, |seed| {
            let mut rig = Rig::seeded(seed, patient);
            let link = rig.opening();
            rig.handshake(link, 503, Some(advice));
            rig.retry_in()
        });
        for begin in STATES {
            assert_spread(window, |seed| {
                let mut rig = Rig::seeded(seed, patient);
                let link = begin(&mut rig);
                rig.frame(link, bye(4503, Some(advice)));
                rig.retry_in()
            });
        }
    }
}

#[test]
fn l13_a_wrong_header_does_not_silence_for_a_day() {
    for (code, status) in [(4503, 503), (4429, 429)] {
        let mut rig = Rig::with(patient);
        let link = rig.opening();
        rig.handshake(link, status, Some(86_400_000));
        assert!((600_100..=603_000).contains(&rig.retry_in()), "{}", rig.retry_in());
        let mut rig = Rig::with(patient);
        let link = rig.live();
        rig.frame(link, bye(code, Some(u64::MAX)));
        assert!((600_100..=603_000).contains(&rig.retry_in()), "{}", rig.retry_in());
    }
}

#[test]
fn l13_no_hint_undercuts_the_minimum() {
    let hints = || [Input::Online, Input::Visible];
    ended(4503, patient, |rig| {
        hints().into_iter().for_each(|hint| rig.input(hint));
        assert_eq!(rig.retry_in(), 5_000);
    });
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.frame(link, bye(4503, Some(90_000)));
    let told = rig.retry_in();
    hints().into_iter().for_each(|hint| rig.input(hint));
    assert_eq!(rig.retry_in(), told);
}

#[test]
fn l14_rate_limited_and_replaced_keep_their_minimum() {
    for (code, least) in [(4429, 5_000), (4409, 30_000)] {
        for begin in STATES {
            for seed in 0..50 {
                let mut rig = Rig::seeded(seed, patient);
                let link = begin(&mut rig);
                rig.close(link, code);
                rig.assert_waiting(code);
                assert!(rig.retry_in() >= least, "code {code}");
                rig.input(Input::Online);
                assert!(rig.retry_in() >= least, "code {code}");
            }
        }
    }
}

/// All whom one moment turned away do not come back in one moment.
#[test]
fn l14_the_backoff_is_drawn_above_the_minimum() {
    for (code, window) in [(4429, (5_100, 8_000)), (4409, (30_100, 33_000))] {
        for begin in STATES {
            assert_spread(window, |seed| {
                let mut rig = Rig::seeded(seed, patient);
                let link = begin(&mut rig);
                rig.close(link, code);
                rig.retry_in()
            });
        }
    }
    assert_spread((5_100, 8_000), |seed| {
        let mut rig = Rig::seeded(seed, patient);
        let link = rig.opening();
        rig.handshake(link, 429, None);
        rig.retry_in()
    });
}

#[test]
fn l14_advice_counts_above_the_minimum_alone() {
    for (code, advice, waits) in
        [(4429, 1_000, 5_000), (4429, 60_000, 60_000), (4409, 1_000, 30_000), (4409, 60_000, 60_000)]
    {
        for begin in STATES {
            let mut rig = Rig::with(patient);
            let link = begin(&mut rig);
            rig.frame(link, bye(code, Some(advice)));
            let waited = rig.retry_in();
            assert!((waits + 100..=waits + 3_000).contains(&waited), "code {code}: {waited}");
        }
    }
    let mut rig = Rig::with(patient);
    let link = rig.opening();
    rig.handshake(link, 429, Some(1_000));
    rig.assert_waiting(4429);
    assert!((5_100..=8_000).contains(&rig.retry_in()));
}

#[test]
fn l15_an_ordinary_end_is_retried_by_the_backoff() {
    for code in [1000, 1001, 1005, 1006, 1011, 1014, 4408, 4500, 4508, 3000, 4599] {
        ended(code, patient, |rig| {
            rig.assert_waiting(code);
            assert_eq!(rig.status().attempt, 1);
            assert_eq!(rig.closes(), [], "the peer has closed it");
            assert!((100..=3_000).contains(&rig.retry_in()), "code {code}");
        });
    }
    assert_spread((100, 3_000), |seed| {
        let mut rig = Rig::seeded(seed, patient);
        let link = rig.live();
        rig.close(link, 1006);
        rig.retry_in()
    });
}

#[test]
fn l15_three_short_lives_in_a_row_lead_to_polling() {
    for welcomed in [false, true] {
        let mut rig = Rig::with(patient);
        let mut link = rig.greeting();
        for life in 1..=3 {
            if welcomed {
                rig.welcome(link);
                rig.stay_alive(link, 29_999);
            }
            assert_eq!(rig.exchanges(), [], "before life {life} ended");
            rig.take();
            rig.close(link, 1006);
            if life < 3 {
                link = rig.reopen();
                rig.open(link);
            }
        }
        assert_eq!(rig.exchanges().len(), 1);
    }
}

#[test]
fn l15_a_life_of_thirty_seconds_is_not_short() {
    let mut rig = Rig::with(patient);
    let mut link = rig.live();
    for _ in 0..4 {
        rig.stay_alive(link, 30_000);
        rig.close(link, 1006);
        assert_eq!(rig.exchanges(), []);
        link = rig.relive();
    }
}

#[test]
fn l16_too_big_fails_the_largest_unanswered_message_of_the_link() {
    let mut rig = Rig::with(patient);
    let answered = rig.submit("an_incident_action_of_yet_more_bytes");
    let second = rig.submit("incident_action");
    let first = rig.submit("an_incident_action_of_more_bytes");
    let link = rig.live();
    rig.frame(link, done(answered.0));
    rig.take();
    rig.close(link, 1009);
    let completions = rig.completions();
    assert!(
        matches!(&completions[..], [(id, Outcome::Failed(error))] if *id == first && error.code == ErrorCode::TooLarge),
        "{completions:?}"
    );
    rig.assert_waiting(1009);
    assert!((100..=3_000).contains(&rig.retry_in()));

    let link = rig.relive();
    assert_eq!(rig.sent(link).len(), 2, "hello, and the message that is left");
    rig.frame(link, done(second.0));
    assert_eq!(rig.client.pending_messages(), 0);
}

#[test]
fn l16_too_big_before_anything_was_sent_fails_nothing() {
    let mut rig = Rig::with(patient);
    rig.submit("incident_action");
    let link = rig.greeting();
    rig.close(link, 1009);
    assert_eq!(rig.completions(), [], "it was the hello that was too big for somebody");
    rig.assert_waiting(1009);
}

#[test]
fn l16_too_big_says_nothing_of_what_an_exchange_carries() {
    let mut rig = Rig::new();
    rig.polling_proven();
    let link = rig.poll_until_open();
    rig.open(link);
    let carried = rig.submit("incident_action");
    let exchange = rig.last_exchange();
    assert_eq!(rig.references_in(exchange), [carried.0]);
    rig.close(link, 1009);
    assert_eq!(rig.completions(), []);
    rig.answer(exchange, vec![done(carried.0)]);
    assert!(matches!(&rig.completions()[..], [(id, Outcome::Done { .. })] if *id == carried));
}

#[test]
fn l16_too_big_with_an_empty_outbox_is_retried() {
    ended(1009, patient, |rig| {
        assert_eq!(rig.completions(), []);
        rig.assert_waiting(1009);
    });
}

#[test]
fn l17_three_ends_for_bad_frames_lead_to_polling() {
    for code in [1002, 1003, 1007, 1010, 4400] {
        ended(code, patient, |rig| {
            rig.assert_waiting(code);
            assert!((100..=3_000).contains(&rig.retry_in()));
        });
        // With `rt.bye` they are not short-lived, so that the bad frames alone count.
        let mut rig = Rig::with(patient);
        let mut link = rig.live();
        for _ in 0..2 {
            rig.frame(link, bye(code, None));
            assert_eq!(rig.exchanges(), []);
            link = rig.relive();
        }
        rig.frame(link, bye(code, None));
        assert_eq!(rig.exchanges().len(), 1, "code {code}");
    }
}

#[test]
fn l17_another_end_in_between_begins_the_count_again() {
    let mut rig = Rig::with(patient);
    let mut link = rig.live();
    for code in [4400, 4400, 1011, 4400, 4400] {
        rig.frame(link, bye(code, None));
        assert_eq!(rig.exchanges(), []);
        link = rig.relive();
    }
}
