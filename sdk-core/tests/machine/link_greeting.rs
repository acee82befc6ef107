//! Rows L10 to L12 and L60: an open link waits for its welcome.

use steadfast_core::{
    ClientFrame, Delivery, GapReason, Outcome, PollTerms, ServerFrame, State, SubscribeOptions, Transport,
};

use crate::link_steps::{bye, patient, ping, refusal};
use crate::rig::{Rig, done, event, fresh, terms, welcome};

#[test]
fn l10_the_welcome_makes_the_link_live() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    rig.submit("incident_action");
    let link = rig.greeting();
    rig.take();
    rig.frame(link, welcome(vec![fresh("user", 0), fresh("incidents", 7)]));

    assert!(rig.is_connected_by(Transport::WebSocket));
    assert_eq!(rig.statuses().last().unwrap().state, State::Connected);
    assert_eq!(rig.deliveries(slot), [Delivery::Live]);
    assert_eq!(rig.client.cursor(slot).unwrap().offset, 7);
    let sent = rig.sent(link);
    assert!(
        matches!(&sent[..], [ClientFrame::Message(message)] if message.kind == "incident_action"),
        "{sent:?}"
    );
    assert_eq!(rig.client.statistics().welcomes, 1);
}

#[test]
fn l10_the_welcome_s_terms_override_the_defaults() {
    let mut rig = Rig::with(patient);
    let kept = rig.submit("incident_action");
    let link = rig.greeting();
    rig.take();
    let mut terms = terms(vec![fresh("user", 0)]);
    terms.heartbeat_ms = 7_000;
    terms.max_frame_bytes = 64;
    terms.poll = PollTerms { interval_ms: 9_000, wait_ms: 0 };
    rig.frame(link, ServerFrame::Welcome(Box::new(terms)));

    assert_eq!(rig.client.max_frame_bytes(), 64);
    let completions = rig.completions();
    assert!(matches!(&completions[..], [(id, Outcome::Failed(_))] if *id == kept), "{completions:?}");
    rig.advance(16_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)], "heartbeat and slack");
}

#[test]
fn l10_topics_beyond_the_hello_are_subscribed_after_the_welcome() {
    let mut rig = Rig::new();
    for number in 0..300 {
        rig.subscribe(&format!("topic-{number}"));
    }
    let link = rig.greeting();
    assert_eq!(rig.hello(link).topics.len(), 256);
    rig.welcome(link);
    let subscribed: Vec<_> = rig
        .sent(link)
        .into_iter()
        .filter_map(|frame| match frame {
            ClientFrame::Subscribe { topics, .. } => Some(topics),
            _ => None,
        })
        .flatten()
        .map(|topic| topic.topic)
        .collect();
    let rest: Vec<_> = (255..300).map(|number| format!("topic-{number}")).collect();
    assert_eq!(subscribed, rest);
}

#[test]
fn l10_the_token_s_life_of_the_welcome_is_followed() {
    let mut rig = Rig::new();
    let link = rig.live_for(100_000);
    rig.take();
    rig.stay_alive(link, 79_999);
    assert_eq!(rig.token_requests(), []);
    rig.advance(1);
    assert_eq!(rig.token_requests().len(), 1);
}

#[test]
fn l11_nothing_but_control_counts_before_the_welcome() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let message = rig.submit("incident_action");
    let link = rig.greeting();
    rig.take();
    let frames = vec![
        event(slot, 1),
        ServerFrame::Subscribed { reference: Some(1), topics: vec![fresh("incidents", 5)] },
        ServerFrame::Subscribed { reference: None, topics: vec![fresh("incidents", 5)] },
        ServerFrame::Unsubscribed { reference: None, topics: vec!["incidents".into()], error: None },
        ServerFrame::Gap {
            topic: "incidents".into(),
            reason: GapReason::SourceLost,
            epoch: "e1".into(),
            offset: 3,
        },
        done(message.0),
        ServerFrame::AuthRequired { within_ms: 25_000, reason: String::new() },
        ServerFrame::Drain { min_ms: 0, max_ms: 0, deadline_ms: 60_000, reason: String::new() },
        ServerFrame::More,
    ];
    let count = frames.len() as u64;
    for frame in frames {
        rig.frame(link, frame);
    }
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.client.statistics().bad_frames, count);

    // The client still waits for its welcome, no longer than before, and what it asked for is still asked.
    rig.take();
    rig.advance(4_999);
    rig.frame(link, welcome(vec![fresh("user", 0), fresh("incidents", 5)]));
    assert!(rig.is_connected_by(Transport::WebSocket));
    assert_eq!(rig.client.cursor(slot).unwrap().offset, 5);
    rig.frame(link, done(message.0));
    assert_eq!(rig.completions().len(), 1);
}

#[test]
fn l11_control_before_the_welcome_is_no_fault() {
    let mut rig = Rig::new();
    let link = rig.greeting();
    for frame in [
        ping(),
        ServerFrame::Pong { t: None },
        ServerFrame::Unknown,
        ServerFrame::Error(refusal(steadfast_core::ErrorCode::Internal)),
    ] {
        rig.frame(link, frame);
    }
    assert_eq!(rig.client.statistics().bad_frames, 0);
    assert_eq!(rig.client.statistics().unknown_frames, 2);
    rig.take();
    rig.frame(link, bye(1011, None));
    rig.assert_waiting(1011);
}

#[test]
fn l12_hello_timer_closes_and_waits() {
    let mut rig = Rig::with(patient);
    let mut link = rig.greeting();
    for attempt in 1..=3 {
        rig.take();
        rig.advance(2_000);
        // A proxy's signs of life do not stand for a welcome.
        rig.frame(link, ping());
        rig.advance(2_999);
        assert_eq!(rig.closes(), []);
        rig.advance(1);
        assert_eq!(rig.closes(), [(link, 4408)]);
        rig.assert_waiting(4408);
        assert_eq!(rig.status().attempt, attempt);
        assert_eq!(rig.exchanges().len(), usize::from(attempt == 3), "three of them call for polling (F06)");
        link = rig.reopen();
        rig.open(link);
    }
}

#[test]
fn l60_a_welcome_of_another_version_stops() {
    let mut rig = Rig::new();
    rig.run(|client, now| client.subscribe(now, "incidents", SubscribeOptions::default())).unwrap();
    let link = rig.greeting();
    rig.take();
    let mut terms = terms(vec![fresh("user", 0), fresh("incidents", 0)]);
    terms.version = 2;
    rig.frame(link, ServerFrame::Welcome(Box::new(terms)));
    assert_eq!(rig.closes(), [(link, 4406)]);
    rig.assert_stopped(4406);
    assert_eq!(rig.client.statistics().welcomes, 0);
}
