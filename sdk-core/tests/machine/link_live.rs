//! Rows L24 to L32: a live link proves stable, or dies.

use steadfast_core::{ClientFrame, Input, Instant, ServerFrame, State};

use crate::link_steps::{patient, ping};
use crate::rig::{Rig, fresh};

/// What makes a client ask whether its link still lives.
fn hints() -> [fn(&mut Rig); 5] {
    [
        |rig| rig.input(Input::Visible),
        |rig| rig.input(Input::Online),
        |rig| rig.input(Input::Offline),
        // A wake: the machine slept until long after the deadline it had asked for.
        |rig| {
            let deadline = rig.wait.unwrap().as_millis();
            rig.pass(deadline + 5_001 - rig.millis());
            rig.input(Input::Tick);
        },
        // A wake: the monotonic clock stood still, the wall clock did not.
        |rig| {
            rig.wall_jumps(5_001);
            rig.input(Input::Tick);
        },
    ]
}

#[test]
fn l24_thirty_seconds_live_end_the_streak() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.advance(4_000);
    rig.welcome(link);
    assert_eq!(rig.status().attempt, 1);
    rig.advance(25_999);
    assert_eq!(rig.status().attempt, 1);
    assert!(rig.status().reason.is_some());
    // Counted from Opened.
    rig.advance(1);
    assert_eq!(rig.status().attempt, 0);
    assert_eq!(rig.status().reason, None);
    assert_eq!(rig.statuses().last().unwrap().attempt, 0);
    rig.close(link, 1006);
    assert!(rig.retry_in() <= 3_000, "the first window again");
}

#[test]
fn l24_thirty_seconds_live_clear_every_count() {
    // Two unopened, short-lived or bad links, a stable one, two more: none of the counts reaches its limit.
    let ends: [fn(&mut Rig); 3] = [
        |rig| {
            let link = rig.reopen();
            rig.close(link, 1006);
        },
        |rig| {
            let link = rig.relive();
            rig.close(link, 1006);
        },
        |rig| {
            let link = rig.relive();
            rig.frame(link, crate::link_steps::bye(4400, None));
        },
    ];
    for (end, most) in ends.into_iter().zip([1, 2, 2]) {
        let mut rig = Rig::with(patient);
        let link = rig.live();
        rig.stay_alive(link, 30_000);
        rig.close(link, 1006);
        for _ in 0..2 {
            (0..most).for_each(|_| end(&mut rig));
            assert_eq!(rig.exchanges(), []);
            let link = rig.relive();
            rig.stay_alive(link, 30_000);
            // Longer than a short life, and for no fault.
            rig.close(link, 1006);
        }
    }
}

#[test]
fn l24_thirty_seconds_live_allow_another_renewal() {
    let mut rig = Rig::with(patient);
    let mut link = rig.live();
    for _ in 0..3 {
        rig.take();
        rig.close(link, 4401);
        assert!(matches!(rig.token_requests()[..], [(_, true)]));
        rig.give_token();
        link = rig.last_open();
        rig.open(link);
        rig.welcome(link);
        rig.stay_alive(link, 30_000);
    }
}

#[test]
fn l25_a_ping_is_answered_at_once_with_its_t() {
    for begin in [Rig::greeting, Rig::live] {
        let mut rig = Rig::new();
        let link = begin(&mut rig);
        rig.take();
        rig.frame(link, ServerFrame::Ping { t: Some(42) });
        rig.frame(link, ServerFrame::Ping { t: None });
        assert_eq!(rig.sent(link), [ClientFrame::Pong { t: Some(42) }, ClientFrame::Pong { t: None }]);
    }
}

#[test]
fn l25_both_links_of_a_handover_answer_for_themselves() {
    let mut rig = Rig::with(patient);
    let (old, new) = rig.handover_opening();
    rig.open(new);
    rig.take();
    rig.frame(old, ServerFrame::Ping { t: Some(1) });
    rig.frame(new, ServerFrame::Ping { t: Some(2) });
    assert_eq!(rig.sent(old), [ClientFrame::Pong { t: Some(1) }]);
    assert_eq!(rig.sent(new), [ClientFrame::Pong { t: Some(2) }]);
}

#[test]
fn l26_silence_for_heartbeat_and_slack_is_death() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.advance(20_000);
    rig.frame(link, ping());
    rig.take();
    rig.advance(34_999);
    assert_eq!(rig.closes(), []);
    assert!(rig.status().state == State::Connected);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
    rig.assert_waiting(4408);
    // Stable in between: the attempts began anew.
    assert_eq!(rig.status().attempt, 1);
    assert!(rig.retry_in() <= 3_000);
}

#[test]
fn l26_a_death_of_our_own_finding_is_no_short_life() {
    let mut rig = Rig::with(|config| {
        patient(config);
        config.heartbeat_slack_ms = 0;
    });
    let mut link = rig.live();
    for _ in 0..4 {
        rig.advance(25_000);
        rig.assert_waiting(4408);
        assert_eq!(rig.exchanges(), []);
        link = rig.relive();
    }
    rig.close(link, 1006);
}

#[test]
fn l27_a_hint_probes_the_link() {
    for hint in hints() {
        let mut rig = Rig::with(patient);
        let link = rig.live();
        rig.take();
        rig.advance(34_000);
        hint(&mut rig);
        assert_eq!(rig.pings(link), 1);
        assert_eq!(rig.client.statistics().probes, 1);
        assert_eq!(rig.closes(), [], "frames may lie unread");
        rig.advance(2_999);
        assert_eq!(rig.closes(), [], "its ordinary deadline is replaced");
        rig.advance(1);
        assert_eq!(rig.closes(), [(link, 4408)]);
    }
}

#[test]
fn l27_lateness_within_five_seconds_is_no_wake() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.take();
    let deadline = rig.wait.unwrap().as_millis();
    rig.pass(deadline + 5_000 - rig.millis());
    rig.input(Input::Tick);
    rig.wall_jumps(5_000);
    rig.input(Input::Tick);
    assert_eq!(rig.pings(link), 0);
}

#[test]
fn l27_only_welcomed_links_of_a_handover_are_probed() {
    for hint in [Input::Visible, Input::Online, Input::Offline] {
        let mut rig = Rig::with(patient);
        let (old, new) = rig.handover_opening();
        rig.open(new);
        rig.take();
        rig.input(hint.clone());
        assert_eq!((rig.pings(old), rig.pings(new)), (1, 0));

        let mut rig = Rig::with(patient);
        let (old, new) = rig.handover_settling();
        rig.take();
        rig.input(hint);
        assert_eq!((rig.pings(old), rig.pings(new)), (1, 1));
        rig.frame(new, ServerFrame::Pong { t: None });
        rig.advance(3_000);
        assert_eq!(rig.closes(), [(old, 4408)]);
    }
}

#[test]
fn l28_a_probe_is_not_prolonged() {
    for hint in [Input::Visible, Input::Online, Input::Offline] {
        let mut rig = Rig::with(patient);
        let link = rig.live();
        rig.input(Input::Visible);
        rig.take();
        rig.advance(1_500);
        rig.input(hint.clone());
        rig.wall_jumps(6_000);
        rig.advance(1_499);
        rig.input(hint);
        assert_eq!(rig.pings(link), 0);
        assert_eq!(rig.closes(), []);
        rig.advance(1);
        assert_eq!(rig.closes(), [(link, 4408)]);
    }
}

#[test]
fn l29_anything_inbound_ends_the_probe() {
    let signs: [fn(&mut Rig, steadfast_core::LinkId); 3] = [
        |rig, link| rig.frame(link, ServerFrame::Pong { t: None }),
        |rig, link| rig.frame(link, ServerFrame::Unknown),
        |rig, link| rig.input(Input::BadFrame { link }),
    ];
    for sign in signs {
        let mut rig = Rig::with(patient);
        let link = rig.live();
        rig.input(Input::Visible);
        rig.advance(2_999);
        sign(&mut rig, link);
        rig.take();
        rig.advance(34_999);
        assert_eq!(rig.closes(), []);
        rig.advance(1);
        assert_eq!(rig.closes(), [(link, 4408)]);
    }
}

#[test]
fn l29_a_frame_that_lay_unread_counts_before_the_late_timer() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.take();
    rig.pass(1_200_000);
    rig.frame(link, ping());
    assert_eq!(rig.closes(), []);
    assert_eq!(rig.pings(link), 1, "it slept, so it asks");
    rig.frame(link, ServerFrame::Pong { t: None });
    rig.advance(34_999);
    assert_eq!(rig.closes(), []);
}

#[test]
fn l30_a_probe_without_an_answer_is_death() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.input(Input::Visible);
    rig.take();
    rig.advance(3_000);
    assert_eq!(rig.closes(), [(link, 4408)]);
    rig.assert_waiting(4408);
    assert_eq!(rig.status().attempt, 1);
    assert!((100..=3_000).contains(&rig.retry_in()));
}

#[test]
fn l31_a_subscribe_without_an_answer_closes_the_link() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.subscribe("incidents");
    rig.take();
    rig.advance(9_999);
    rig.frame(link, ping());
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
    rig.assert_waiting(4408);
}

#[test]
fn l31_the_oldest_question_counts_and_an_answer_ends_it() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.subscribe("incidents");
    rig.advance(6_000);
    rig.subscribe("sites");
    let questions = rig.sent(link).into_iter().filter_map(|frame| match frame {
        ClientFrame::Subscribe { reference, .. } => Some(reference),
        _ => None,
    });
    let first = questions.min();
    rig.frame(link, ServerFrame::Subscribed { reference: first, topics: vec![fresh("incidents", 0)] });
    rig.take();
    rig.advance(9_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
}

#[test]
fn l31_an_rt_auth_without_an_answer_closes_the_link() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.frame(link, ServerFrame::AuthRequired { within_ms: 25_000, reason: String::new() });
    rig.give_token();
    rig.take();
    rig.advance(9_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
    rig.assert_waiting(4408);
}

#[test]
fn l32_a_bad_frame_is_counted_and_proves_life() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.advance(30_000);
    rig.take();
    rig.input(Input::BadFrame { link });
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.client.statistics().bad_frames, 1);
    rig.advance(34_999);
    assert_eq!(rig.closes(), []);
    assert_eq!(rig.wait.map(Instant::as_millis), Some(65_000));
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
}
