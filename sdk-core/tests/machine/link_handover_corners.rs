//! What else can happen to the two links of a handover.

use steadfast_core::{ClientFrame, ErrorCode, EventFrame, Input, LinkId, ServerFrame, Transport, WireError};

use crate::link_steps::patient;
use crate::rig::{Rig, done, refused, resumed, welcome};

/// The successor's process drains as well while the handover is under way; its drain is followed however that ends.
#[test]
fn l40_a_drain_told_to_the_successor_is_followed_afterwards() {
    let ends: [fn(&mut Rig, LinkId); 3] = [
        |rig, old| rig.frame(old, done(1_000)),
        |rig, old| rig.close(old, 1006),
        |rig, _| rig.advance(5_000),
    ];
    for end in ends {
        let mut rig = Rig::with(patient);
        let (old, new) = rig.handover_retiring();
        rig.drain_now(new);
        rig.take();
        end(&mut rig, old);
        rig.close(old, 1006);
        assert!(rig.next_successor(new) <= 3_000);
        assert!(rig.is_connected_by(Transport::WebSocket));
    }
}

/// `received` acknowledgements that went down with the successor go out again on the old link, without a new event.
#[test]
fn acknowledgements_lost_with_the_primary_are_sent_again() {
    let mut rig = Rig::with(patient);
    let slot = rig.subscribe("incidents");
    let (old, new) = rig.handover_opening();
    rig.submit("incident_action");
    rig.open(new);
    rig.frame(new, welcome(vec![resumed("user", 0), resumed("incidents", 0)]));
    rig.frame(
        new,
        ServerFrame::Event(EventFrame {
            slot,
            offset: Some(1),
            deleted: false,
            acknowledge: Some("event-1".into()),
            size: 1,
            payload: 1,
        }),
    );
    rig.advance(1_000);
    let is_ack = |frame: &ClientFrame| matches!(frame, ClientFrame::Ack { .. });
    assert!(rig.sent(new).iter().any(is_ack));
    rig.close(new, 1006);
    rig.take();
    rig.advance(1_000);
    assert!(rig.sent(old).iter().any(is_ack));
}

/// Two timers come due at once: the answer that died with the old link is not held against the new one.
#[test]
fn a_question_that_died_with_its_link_is_not_held_against_the_other() {
    let mut rig = Rig::with(patient);
    rig.subscribe("sites");
    let (old, new) = rig.handover_opening();
    rig.open(new);
    rig.advance(1_000);
    rig.subscribe("incidents");
    rig.advance(2_000);
    let mut later = WireError::new(ErrorCode::Unavailable, "later", true);
    later.retry_after_ms = Some(60_000);
    rig.frame(new, welcome(vec![resumed("user", 0), refused("sites", later)]));
    rig.advance(5_000);
    rig.input(Input::Visible);
    rig.frame(new, ServerFrame::Pong { t: None });
    rig.take();
    // The old link was asked at 1 s and is dead at 11 s; the new one was asked at 3 s.
    rig.advance(4_999);
    assert_eq!(rig.closes(), [(old, 4408)]);
    rig.advance(1);
    assert_eq!(rig.closes(), [(old, 4408), (new, 4408)]);
}

/// The old link is gone and the successor is not there yet: the clock of the fallback runs.
#[test]
fn a_successor_alone_that_takes_too_long_is_helped_by_polling() {
    let mut rig = Rig::with(|config| config.connect_timeout_ms = 60_000);
    let old = rig.stable();
    rig.drain_now(old);
    rig.advance(0);
    rig.take();
    rig.close(old, 1006);
    rig.assert_next_exchange(5_000..=10_000);
}
