//! Rows L40 to L47: a draining link hands over to its successor.

use steadfast_core::{ClientFrame, Delivery, LinkId, Outcome, ServerFrame, TokenRequest, Transport};

use crate::link_steps::{assert_spread, patient, ping};
use crate::rig::{Rig, cursor, done, event, resumed, welcome};

fn drain(min_ms: u64, max_ms: u64, deadline_ms: u64) -> ServerFrame<u32> {
    ServerFrame::Drain { min_ms, max_ms, deadline_ms, reason: "deploy".into() }
}

/// Answers the successor's hello: every topic goes on.
fn resume_all(rig: &mut Rig, new: LinkId) {
    let topics = rig.hello(new).topics;
    let results = topics.iter().map(|topic| resumed(&topic.topic, topic.cursor.as_ref().unwrap().offset));
    let results = results.collect();
    rig.frame(new, welcome(results));
}

#[test]
fn l40_drain_is_followed_within_its_window_and_once() {
    assert_spread((1_000, 3_000), |seed| {
        let mut rig = Rig::seeded(seed, patient);
        let link = rig.live();
        rig.frame(link, drain(1_000, 3_000, 60_000));
        rig.take();
        // Told again, it draws no new delay.
        rig.advance(500);
        rig.frame(link, drain(20_000, 30_000, 90_000));
        assert!(rig.is_connected_by(Transport::WebSocket));
        500 + rig.advance_to_deadline()
    });
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.frame(link, drain(1_000, 3_000, 60_000));
    rig.frame(link, drain(1_000, 3_000, 60_000));
    assert_eq!(rig.client.statistics().drains, 1);
}

#[test]
fn l41_the_successor_opens_while_the_old_link_works_on() {
    let mut rig = Rig::with(patient);
    let slot = rig.subscribe("incidents");
    let old = rig.live();
    rig.drain_now(old);
    rig.take();
    rig.advance(0);
    let new = rig.last_open();
    assert_eq!(rig.closes(), []);
    assert!(rig.is_connected_by(Transport::WebSocket));
    assert_eq!(rig.statuses(), [], "nothing that the application would see");

    rig.event(old, slot, 1);
    assert_eq!(rig.events(slot), [1]);
    let message = rig.submit("incident_action");
    assert_eq!(rig.sent(old).len(), 1);
    rig.frame(old, done(message.0));
    assert_eq!(rig.completions().len(), 1);

    // The connect timer.
    rig.advance(9_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(new, 4408)]);
}

#[test]
fn l41_without_a_usable_token_the_successor_waits_for_one() {
    let mut rig = Rig::with(patient);
    let old = rig.live_for(100_000);
    rig.stay_alive(old, 79_000);
    rig.frame(old, drain(2_000, 2_000, 60_000));
    rig.take();
    rig.advance(2_000);
    assert_eq!(rig.token_requests(), [(TokenRequest(2), false)], "the refresh and the successor share it");
    assert_eq!(rig.opens(), []);
    rig.give_token();
    let new = rig.last_open();
    assert_eq!(rig.auth(old).1, "token", "the old link gets it too");
    rig.open(new);
    assert!(rig.hello(new).handover);
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn l42_the_successor_says_hello_with_the_cursors_of_now() {
    let mut rig = Rig::with(patient);
    let slot = rig.subscribe("incidents");
    let (old, new) = rig.handover_opening();
    rig.event(old, slot, 1);
    rig.event(old, slot, 2);
    rig.take();
    rig.open(new);
    let sent = rig.sent(new);
    assert!(matches!(&sent[..], [ClientFrame::Hello(_)]), "{sent:?}");
    let hello = rig.hello(new);
    assert!(hello.handover);
    assert_eq!(hello.topics[1].cursor, cursor("e1", 2));
    rig.advance(4_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(new, 4408)], "the hello timer");
}

#[test]
fn l43_unanswered_topics_keep_the_old_link() {
    let mut rig = Rig::with(patient);
    let slot = rig.subscribe("incidents");
    let (old, new) = rig.handover_opening();
    rig.open(new);
    rig.frame(new, welcome(vec![resumed("user", 0)]));
    rig.take();
    // Both feeds count, the old one still sends and is still the primary.
    rig.event(old, slot, 1);
    assert_eq!(rig.events(slot), [1]);
    rig.submit("incident_action");
    assert_eq!(rig.sent(old).len(), 1);
    assert_eq!(rig.sent(new), []);
    assert_eq!(rig.closes(), []);
}

#[test]
fn l44_answered_by_the_welcome_the_old_link_is_closed() {
    let mut rig = Rig::with(patient);
    let slot = rig.subscribe("incidents");
    let (old, new) = rig.handover_opening();
    rig.event(old, slot, 1);
    rig.open(new);
    rig.take();
    rig.frame(new, welcome(vec![resumed("user", 0), resumed("incidents", 1)]));
    assert_eq!(rig.closes(), [(old, 1000)]);
    assert!(rig.is_connected_by(Transport::WebSocket));
    assert_eq!(rig.statuses(), []);

    // No event is lost and none comes twice; the old link's late frames are stale.
    rig.event(new, slot, 1);
    rig.event(new, slot, 2);
    rig.event(old, slot, 3);
    assert_eq!(rig.events(slot), [2]);
    assert!(!rig.deliveries(slot).iter().any(|delivery| matches!(delivery, Delivery::Gap { .. })));
    rig.submit("incident_action");
    assert_eq!(rig.sent(new).len(), 1);
}

#[test]
fn l44_answered_later_by_subscribed() {
    let mut rig = Rig::with(patient);
    rig.subscribe("incidents");
    let (old, new) = rig.handover_opening();
    rig.open(new);
    let unavailable = steadfast_core::WireError {
        retry_after_ms: Some(2_000),
        ..steadfast_core::WireError::new(steadfast_core::ErrorCode::Unavailable, "later", true)
    };
    rig.frame(new, welcome(vec![resumed("user", 0), crate::rig::refused("incidents", unavailable)]));
    rig.take();
    rig.advance(1_999);
    assert_eq!(rig.sent(new), []);
    // No sooner than the advice, and spread by the backoff's first window.
    rig.advance(3_001);
    let sent = rig.sent(new);
    let [ClientFrame::Subscribe { reference, .. }] = sent[..] else { panic!("{sent:?}") };
    assert_eq!(rig.closes(), []);
    rig.frame(
        new,
        ServerFrame::Subscribed { reference: Some(reference), topics: vec![resumed("incidents", 0)] },
    );
    assert_eq!(rig.closes(), [(old, 1000)]);
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn l44_the_successor_proves_stable_by_its_own_time() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.close(link, 1006);
    let old = rig.relive();
    rig.drain_now(old);
    rig.advance(0);
    let new = rig.last_open();
    rig.advance(5_000);
    rig.open(new);
    resume_all(&mut rig, new);
    rig.advance(29_999);
    assert_eq!(rig.status().attempt, 1);
    rig.advance(1);
    assert_eq!(rig.status().attempt, 0);
    // And it lives by its own signs.
    rig.take();
    rig.advance(4_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(new, 4408)]);
}

/// Into Retiring, with two messages awaited on the old link.
fn retiring(rig: &mut Rig) -> (LinkId, LinkId, [u64; 2]) {
    let (old, new) = rig.handover_opening();
    let messages = [rig.submit("incident_action").0, rig.submit("incident_action").0];
    rig.open(new);
    resume_all(rig, new);
    rig.take();
    (old, new, messages)
}

#[test]
fn l45_results_awaited_keep_the_old_link_for_five_seconds() {
    let mut rig = Rig::with(patient);
    let slot = rig.subscribe("incidents");
    let (old, new, _) = retiring(&mut rig);
    assert_eq!(rig.closes(), []);
    // The successor is the primary: it carries what is new.
    rig.submit("incident_action");
    assert_eq!((rig.sent(old).len(), rig.sent(new).len()), (0, 1));
    rig.frame(new, event(slot, 1));
    rig.frame(old, event(slot, 1));
    assert_eq!(rig.events(slot), [1]);
    rig.advance(4_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(old, 1000)]);
}

#[test]
fn l46_the_last_result_awaited_ends_the_old_link() {
    let mut rig = Rig::with(patient);
    let (old, new, [first, second]) = retiring(&mut rig);
    rig.frame(old, done(second));
    assert_eq!(rig.closes(), []);
    rig.frame(old, done(first));
    assert_eq!(rig.closes(), [(old, 1000)]);
    let outcomes = rig.completions().into_iter();
    assert!(
        outcomes.clone().all(|(_, outcome)| outcome == Outcome::Done { payload: None, duplicate: false })
    );
    assert_eq!(outcomes.count(), 2);
    assert_eq!(rig.sent(new), [], "nothing is sent again");
    rig.stay_alive(new, 60_000);
    assert!(rig.is_connected_by(Transport::WebSocket));
    assert_eq!(rig.closes().len(), 1);
}

#[test]
fn l47_unanswered_messages_are_sent_again_on_the_successor() {
    let ends: [fn(&mut Rig, LinkId); 3] =
        [|rig, _| rig.advance(5_000), |rig, old| rig.close(old, 1006), |rig, old| rig.close(old, 4503)];
    for end in ends {
        let mut rig = Rig::with(patient);
        let (old, new, [first, second]) = retiring(&mut rig);
        rig.frame(old, done(first));
        end(&mut rig, old);
        let sent = rig.sent(new);
        assert!(
            matches!(&sent[..], [ClientFrame::Message(message)] if message.reference == Some(second)),
            "{sent:?}"
        );
        assert!(rig.is_connected_by(Transport::WebSocket));
        assert_eq!(rig.statuses(), []);
        rig.frame(new, done(second));
        assert_eq!(rig.completions().len(), 2);
        // The successor is an ordinary live link.
        rig.take();
        rig.stay_alive(new, 60_000);
        rig.frame(new, ping());
        assert_eq!(rig.closes(), []);
    }
}

#[test]
fn l47_under_another_table_of_results_the_outcome_is_unknown() {
    let mut rig = Rig::with(patient);
    let (old, new) = rig.handover_opening();
    rig.submit("incident_action");
    rig.open(new);
    let mut terms = crate::rig::terms(vec![resumed("user", 0)]);
    terms.results_epoch = "results-2".into();
    rig.frame(new, ServerFrame::Welcome(Box::new(terms)));
    rig.take();
    rig.advance(5_000);
    assert_eq!(rig.closes(), [(old, 1000)]);
    assert_eq!(rig.sent(new), []);
    assert!(matches!(rig.completions()[..], [(_, Outcome::Unknown)]));
}
