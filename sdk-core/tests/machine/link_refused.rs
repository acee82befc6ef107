//! Rows L18 to L21 and L61: ends by which the server refuses the token or the client, and `rt.bye`.

use steadfast_core::{Input, State, TokenRequest};

use crate::link_steps::{STATES, bye, ended, patient, sockets_only};
use crate::rig::Rig;

#[test]
fn l18_a_refused_token_is_renewed_without_delay() {
    for code in [1008, 4401] {
        ended(code, sockets_only, |rig| {
            assert_eq!(rig.token_requests(), [(TokenRequest(2), true)]);
            assert_eq!(rig.status().state, State::Connecting);
            assert_eq!(rig.status().attempt, 0);
            assert_eq!(rig.status().retry_in_ms, None);
            assert_eq!(rig.opens(), []);
            rig.give_token();
            assert_eq!(rig.opens().len(), 1);
        });
        ended(code, sockets_only, |rig| {
            rig.advance(29_999);
            assert_eq!(rig.status().retry_in_ms, None);
            rig.advance(1);
            rig.assert_waiting(4401);
        });
    }
}

#[test]
fn l18_is_not_a_short_life() {
    // 4401, then twice 1006: two short lives.
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.close(link, 4401);
    rig.give_token();
    let mut link = rig.last_open();
    rig.open(link);
    for _ in 0..2 {
        rig.close(link, 1006);
        assert_eq!(rig.exchanges(), []);
        link = rig.reopen();
        rig.open(link);
    }
}

#[test]
fn l19_a_token_refused_again_in_the_streak_stops() {
    for code in [1008, 4401] {
        ended(code, patient, |rig| {
            rig.give_token();
            let link = rig.last_open();
            rig.open(link);
            rig.welcome(link);
            rig.take();
            rig.advance(29_999);
            rig.close(link, code);
            assert_eq!(rig.token_requests(), []);
            rig.assert_stopped(code);
        });
    }
}

#[test]
fn l20_a_terminal_code_stops() {
    for code in [4402, 4403, 4404, 4405, 4406, 4407, 4410, 4411, 4428, 4430, 4499] {
        ended(
            code,
            |_| {},
            |rig| {
                rig.assert_stopped(code);
                rig.take();
                rig.advance(600_000);
                rig.input(Input::Online);
                assert_eq!(rig.outputs(), [], "code {code}");
            },
        );
    }
}

#[test]
fn l21_bye_closes_at_once_and_counts_as_its_code() {
    for (code, advice) in [(1001, Some(7_000)), (4500, Some(0)), (4508, None)] {
        for begin in STATES {
            let mut rig = Rig::with(patient);
            let link = begin(&mut rig);
            rig.take();
            rig.frame(link, bye(code, advice));
            assert_eq!(rig.closes(), [(link, 1000)]);
            rig.assert_waiting(code);
            match advice {
                Some(after_ms) => assert!((after_ms + 100..=after_ms + 3_000).contains(&rig.retry_in())),
                None => assert!((100..=3_000).contains(&rig.retry_in())),
            }
            // The close that follows is stale.
            rig.close(link, 4403);
            rig.assert_waiting(code);
        }
    }
}

#[test]
fn l21_bye_takes_the_other_rows_too() {
    for begin in STATES {
        let mut rig = Rig::with(sockets_only);
        let link = begin(&mut rig);
        rig.take();
        rig.frame(link, bye(4403, None));
        assert_eq!(rig.closes(), [(link, 1000)]);
        rig.assert_stopped(4403);

        let mut rig = Rig::with(sockets_only);
        let link = begin(&mut rig);
        rig.take();
        rig.frame(link, bye(4401, None));
        assert_eq!(rig.token_requests(), [(TokenRequest(2), true)]);
    }
}

#[test]
fn l21_a_link_ended_by_bye_was_never_short_lived() {
    let mut rig = Rig::with(patient);
    let mut link = rig.live();
    for _ in 0..5 {
        rig.frame(link, bye(1011, None));
        assert_eq!(rig.exchanges(), []);
        link = rig.relive();
    }
}

#[test]
fn l61_bad_frames_while_polling_stop() {
    for (third, stops) in [(4400, true), (1002, false)] {
        let mut rig = Rig::with(patient);
        let mut link = rig.live();
        for _ in 0..3 {
            rig.frame(link, bye(4400, None));
            link = rig.reopen();
            rig.open(link);
        }
        // Polling has begun because of them: the count begins again, and the third since ends it.
        for _ in 0..2 {
            rig.frame(link, bye(4400, None));
            assert_eq!(rig.status().state, State::Connecting);
            link = rig.reopen();
            rig.open(link);
        }
        rig.frame(link, bye(third, None));
        if stops {
            rig.assert_stopped(4400);
        } else {
            assert_eq!(rig.status().state, State::Connecting);
        }
    }
}
