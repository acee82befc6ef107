//! Rows L48 to L50, and what else can happen to the two links of a handover.

use steadfast_core::{
    ClientFrame, Config, Input, LinkId, ServerFrame, State, TokenRequest, Transport, TransportChoice,
};

use crate::link_steps::{assert_spread, bye, patient, ping};
use crate::rig::{Rig, done, resumed, welcome};

type Stage = fn(&mut Rig) -> (LinkId, LinkId);

/// The stages of a successor that can be lost, each from nothing.
fn stages() -> [Stage; 3] {
    [
        Rig::handover_opening,
        |rig| {
            let (old, new) = rig.handover_opening();
            rig.open(new);
            (old, new)
        },
        Rig::handover_settling,
    ]
}

#[test]
fn l48_a_lost_successor_is_followed_by_another_while_the_old_link_lives() {
    for stage in stages() {
        assert_spread((100, 3_000), |seed| {
            let mut rig = Rig::seeded(seed, patient);
            let (old, new) = stage(&mut rig);
            rig.take();
            rig.close(new, 1006);
            assert_eq!(rig.statuses(), []);
            assert_eq!(rig.closes(), []);
            assert!(rig.is_connected_by(Transport::WebSocket));
            rig.next_successor(old)
        });
    }
}

#[test]
fn l48_the_window_grows_with_each_successor_lost() {
    assert_spread((100, 12_000), |seed| {
        let mut rig = Rig::seeded(seed, patient);
        let (old, mut new) = rig.handover_opening();
        for _ in 0..2 {
            rig.close(new, 1006);
            rig.next_successor(old);
            new = rig.last_open();
        }
        rig.close(new, 1006);
        rig.next_successor(old)
    });
}

#[test]
fn l48_its_timers_end_the_successor_alone() {
    let mut rig = Rig::with(patient);
    let (old, new) = rig.handover_opening();
    rig.take();
    rig.advance(10_000);
    assert_eq!(rig.closes(), [(new, 4408)], "connect");
    rig.next_successor(old);
    let new = rig.last_open();
    rig.open(new);
    rig.advance(5_000);
    assert_eq!(rig.closes(), [(new, 4408)], "hello");

    let mut rig = Rig::with(patient);
    let (old, new) = rig.handover_settling();
    rig.take();
    rig.advance(10_000);
    assert_eq!(rig.closes(), [(new, 4408)], "an answer");
    assert!(rig.is_connected_by(Transport::WebSocket));
    rig.frame(old, ping());

    let mut rig = Rig::with(patient);
    let (old, new) = rig.handover_settling();
    rig.input(Input::Visible);
    rig.frame(old, ServerFrame::Pong { t: None });
    rig.take();
    rig.advance(3_000);
    assert_eq!(rig.closes(), [(new, 4408)], "liveness");
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn l48_advice_and_minimums_are_kept() {
    let waits = [
        (bye(4503, Some(9_000)), 9_100..=12_000),
        (bye(4503, Some(0)), 100..=3_000),
        (bye(4429, None), 5_000..=5_000),
        (bye(4429, Some(1_000)), 5_100..=8_000),
        (bye(4409, None), 30_000..=30_000),
        (bye(4500, None), 100..=3_000),
    ];
    for (frame, expected) in waits {
        let mut rig = Rig::with(patient);
        let (old, new) = rig.handover_settling();
        rig.take();
        rig.frame(new, frame.clone());
        assert_eq!(rig.closes(), [(new, 1000)]);
        let wait = rig.next_successor(old);
        assert!(expected.contains(&wait), "{frame:?}: {wait}");
    }
    // All whom one process turns away do not come to the next in one moment.
    assert_spread((7_100, 10_000), |seed| {
        let mut rig = Rig::seeded(seed, patient);
        let (old, new) = rig.handover_opening();
        rig.handshake(new, 503, Some(7_000));
        rig.next_successor(old)
    });
}

#[test]
fn l48_a_missing_token_leaves_the_old_link_alone() {
    let misses: [fn(&mut Rig, LinkId); 3] = [
        |rig, _| rig.fail_token(true),
        |rig, _| rig.fail_token(false),
        |rig, old| rig.stay_alive(old, 30_000),
    ];
    for miss in misses {
        let mut rig = Rig::with(patient);
        let old = rig.live_for(100_000);
        rig.stay_alive(old, 80_000);
        rig.drain_now(old);
        rig.advance(0);
        miss(&mut rig, old);
        assert!(rig.is_connected_by(Transport::WebSocket));
        rig.take();
        // The next successor asks again.
        rig.advance(3_000);
        assert_eq!(rig.token_requests().len(), 1);
        assert_eq!(rig.opens(), []);
        rig.give_token();
        assert_eq!(rig.opens().len(), 1);
        assert!(rig.is_connected_by(Transport::WebSocket));
        assert_eq!(rig.closes(), []);
    }
}

#[test]
fn l48_the_timers_of_a_lost_successor_do_not_end_the_next() {
    for seed in 0..20 {
        let mut rig = Rig::seeded(seed, patient);
        let (old, new) = rig.handover_opening();
        rig.open(new);
        rig.advance(2_000);
        rig.close(new, 1006);
        rig.next_successor(old);
        rig.take();
        rig.advance(9_999);
        assert_eq!(rig.closes(), []);
    }
}

#[test]
fn l48_a_refused_token_is_renewed_for_the_next_successor() {
    let refusals: [fn(&mut Rig, LinkId); 2] = [
        |rig, new| {
            rig.open(new);
            rig.close(new, 4401);
        },
        |rig, new| rig.handshake(new, 401, None),
    ];
    for refuse in refusals {
        let mut rig = Rig::with(|config: &mut Config| config.transport = TransportChoice::WebSocket);
        let (old, new) = rig.handover_opening();
        rig.take();
        refuse(&mut rig, new);
        assert!(rig.is_connected_by(Transport::WebSocket));
        rig.advance(3_000);
        assert_eq!(rig.token_requests(), [(TokenRequest(2), true)]);
        assert_eq!(rig.opens(), []);
        rig.give_token();
        assert_eq!(rig.opens().len(), 1);
        rig.frame(old, ping());
    }
}

#[test]
fn l48_a_primary_lost_while_the_old_link_retires_gives_it_back_its_place() {
    let mut rig = Rig::with(patient);
    let slot = rig.subscribe("incidents");
    let (old, new) = rig.handover_opening();
    let awaited = rig.submit("incident_action");
    rig.open(new);
    rig.frame(new, welcome(vec![resumed("user", 0), resumed("incidents", 0)]));
    rig.event(new, slot, 1);
    let later = rig.submit("incident_action");
    rig.take();
    rig.close(new, 1006);
    assert!(rig.is_connected_by(Transport::WebSocket));
    let sent = rig.sent(old);
    assert!(
        matches!(&sent[..], [ClientFrame::Message(message)] if message.reference == Some(later.0)),
        "{sent:?}"
    );
    rig.event(old, slot, 1);
    rig.event(old, slot, 2);
    assert_eq!(rig.events(slot), [2]);
    rig.frame(old, done(awaited.0));
    rig.frame(old, done(later.0));
    assert_eq!(rig.completions().len(), 2);
    assert_eq!(rig.closes(), []);
    assert!(rig.next_successor(old) <= 3_000);
}

#[test]
fn l49_a_terminal_code_of_the_successor_stops() {
    for stage in &stages()[1..] {
        for code in [4403, 4404, 4410, 4499] {
            let mut rig = Rig::with(patient);
            let (old, new) = stage(&mut rig);
            rig.take();
            rig.close(new, code);
            assert_eq!(rig.closes(), [(old, 1000)]);
            rig.assert_stopped(code);
        }
    }
    let mut rig = Rig::with(patient);
    let (old, new) = rig.handover_opening();
    rig.open(new);
    rig.take();
    let mut terms = crate::rig::terms(Vec::new());
    terms.version = 2;
    rig.frame(new, ServerFrame::Welcome(Box::new(terms)));
    assert_eq!(rig.closes(), [(new, 4406), (old, 1000)]);
    rig.assert_stopped(4406);
}

#[test]
fn l49_a_token_refused_again_stops_too() {
    let mut rig = Rig::with(patient);
    let (_, new) = rig.handover_opening();
    rig.open(new);
    rig.close(new, 4401);
    rig.take();
    rig.advance(3_000);
    rig.give_token();
    let new = rig.last_open();
    rig.open(new);
    rig.take();
    rig.close(new, 4401);
    assert_eq!(rig.token_requests(), []);
    rig.assert_stopped(4401);
}

#[test]
fn l50_the_successor_is_the_link_as_far_as_it_has_come() {
    let ends: [fn(&mut Rig, LinkId); 3] = [
        |rig, old| rig.close(old, 1006),
        |rig, old| rig.close(old, 4409),
        |rig, old| rig.frame(old, bye(4503, Some(60_000))),
    ];
    for end in ends {
        // Opening.
        let mut rig = Rig::with(patient);
        let (old, new) = rig.handover_opening();
        rig.take();
        end(&mut rig, old);
        assert_eq!(rig.status().state, State::Connecting);
        assert_eq!(rig.status().retry_in_ms, None);
        rig.open(new);
        assert!(!rig.hello(new).handover, "there is nothing left to take over");
        rig.frame(new, welcome(vec![resumed("user", 0)]));
        assert!(rig.is_connected_by(Transport::WebSocket));
        assert_eq!(rig.opens(), []);

        // Greeting.
        let mut rig = Rig::with(patient);
        let (old, new) = rig.handover_opening();
        rig.open(new);
        rig.take();
        end(&mut rig, old);
        assert_eq!(rig.status().state, State::Connecting);
        rig.frame(new, welcome(vec![resumed("user", 0)]));
        assert!(rig.is_connected_by(Transport::WebSocket));

        // Settling.
        let mut rig = Rig::with(patient);
        let (old, new) = rig.handover_opening();
        let message = rig.submit("incident_action");
        rig.open(new);
        rig.frame(new, welcome(Vec::new()));
        rig.take();
        end(&mut rig, old);
        assert!(rig.is_connected_by(Transport::WebSocket));
        assert_eq!(rig.statuses(), []);
        let sent = rig.sent(new);
        assert!(
            matches!(&sent[..], [ClientFrame::Message(sent)] if sent.reference == Some(message.0)),
            "sent again at once: {sent:?}"
        );
    }
}

#[test]
fn l50_with_no_token_yet_the_successor_is_authorizing() {
    let mut rig = Rig::with(patient);
    let old = rig.live_for(100_000);
    rig.stay_alive(old, 80_000);
    rig.drain_now(old);
    rig.advance(0);
    assert_eq!(rig.opens().len(), 1, "the first link alone");
    rig.close(old, 1006);
    assert_eq!(rig.status().state, State::Connecting);
    assert_eq!(rig.status().retry_in_ms, None);
    rig.give_token();
    assert_eq!(rig.opens().len(), 2);

    // The request still has its end.
    let mut rig = Rig::with(patient);
    let old = rig.live_for(100_000);
    rig.stay_alive(old, 80_000);
    rig.drain_now(old);
    rig.advance(0);
    rig.close(old, 1006);
    rig.advance(30_000);
    rig.assert_waiting(4401);
}

#[test]
fn l50_the_deadline_closes_the_old_link() {
    let mut rig = Rig::with(patient);
    let old = rig.live();
    rig.frame(old, ServerFrame::Drain { min_ms: 0, max_ms: 0, deadline_ms: 8_000, reason: String::new() });
    rig.advance(0);
    let new = rig.last_open();
    rig.take();
    rig.advance(7_999);
    assert_eq!(rig.closes(), []);
    assert!(rig.is_connected_by(Transport::WebSocket));
    rig.advance(1);
    assert_eq!(rig.closes(), [(old, 1000)]);
    assert_eq!(rig.status().state, State::Connecting);
    rig.open(new);
    rig.frame(new, welcome(vec![resumed("user", 0)]));
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn l50_a_dead_old_link_is_closed_as_dead() {
    let mut rig = Rig::with(patient);
    let (old, new) = rig.handover_settling();
    rig.input(Input::Visible);
    rig.frame(new, ServerFrame::Pong { t: None });
    rig.take();
    rig.advance(3_000);
    assert_eq!(rig.closes(), [(old, 4408)]);
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn l50_a_terminal_code_of_the_old_link_stops() {
    for stage in stages() {
        let mut rig = Rig::with(patient);
        let (old, new) = stage(&mut rig);
        rig.take();
        rig.close(old, 4410);
        assert_eq!(rig.closes(), [(new, 1000)]);
        rig.assert_stopped(4410);
    }
}
