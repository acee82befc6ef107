//! Rows F25, F26 and F34: what does not wait for the next exchange.

use steadfast_core::{ClientFrame, Delivery, OutgoingMessage};

use crate::fallback_steps::{offers_long_polls, polls_only, unavailable};
use crate::rig::{Rig, done, message};

#[test]
fn f25_a_message_ends_a_waiting_long_poll() {
    let (mut rig, waiting) = Rig::long_poller();
    rig.advance(3_000);
    rig.submit("incident_action");
    assert_eq!(rig.aborts(), [waiting]);
    let exchange = rig.last_exchange();
    assert_eq!(rig.body_of(exchange).len(), 2);
    rig.take();
    rig.submit("incident_action");
    assert_eq!((rig.aborts(), rig.exchanges().len()), (Vec::new(), 0), "this one does not wait");
}

#[test]
fn f25_a_subscription_ends_a_waiting_long_poll() {
    let (mut rig, waiting) = Rig::long_poller();
    rig.advance(100);
    let (id, _) = rig.run(|client, now| client.subscribe(now, "incidents", Default::default())).unwrap();
    assert_eq!(rig.aborts(), [waiting]);
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 2);
    rig.take();
    rig.run(|client, now| client.subscribe(now, "incidents", Default::default())).unwrap();
    assert_eq!(rig.aborts(), [], "a second listener changes nothing on the wire");
    rig.run(|client, now| client.unsubscribe(now, id)).unwrap();
    assert_eq!(rig.aborts(), [], "one still listens");
}

#[test]
fn f25_the_end_of_a_subscription_ends_a_waiting_long_poll() {
    let (mut rig, _) = Rig::long_poller();
    rig.advance(100);
    let (id, _) = rig.run(|client, now| client.subscribe(now, "incidents", Default::default())).unwrap();
    let first = rig.last_exchange();
    rig.answer_under(first, offers_long_polls, Vec::new());
    let waiting = rig.last_exchange();
    rig.take();
    rig.advance(100);
    rig.run(|client, now| client.unsubscribe(now, id)).unwrap();
    assert_eq!(rig.aborts(), [waiting]);
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 1);
}

#[test]
fn f25_many_changes_at_once_are_one_exchange() {
    let (mut rig, waiting) = Rig::long_poller();
    for number in 0..50 {
        rig.subscribe(&format!("topic-{number}"));
    }
    assert_eq!((rig.aborts(), rig.exchanges().len()), (Vec::new(), 1));
    rig.take();
    rig.advance(99);
    assert_eq!(rig.exchanges(), []);
    rig.advance(1);
    assert_eq!(rig.aborts(), [waiting]);
    assert_eq!(rig.exchanges().len(), 1);
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 51);
}

#[test]
fn f25_a_long_poll_answered_in_between_is_followed_at_once() {
    let (mut rig, waiting) = Rig::long_poller();
    rig.subscribe("incidents");
    rig.advance(50);
    rig.answer_under(waiting, offers_long_polls, Vec::new());
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 2);
    rig.advance(1_000);
    assert_eq!(rig.aborts(), []);
    assert_eq!(rig.last_exchange(), exchange);
}

#[test]
fn f25_a_topic_whose_time_has_come_again_ends_a_waiting_long_poll() {
    let (mut rig, _) = Rig::long_poller();
    rig.advance(100);
    rig.subscribe("incidents");
    let exchange = rig.last_exchange();
    rig.advance(1_000);
    rig.answer_refusing(exchange, "incidents", &unavailable(Some(2_000)));
    let waiting = rig.last_exchange();
    assert_eq!(rig.hello_of(waiting).topics.len(), 1);
    rig.take();
    rig.advance(1_999);
    assert_eq!(rig.aborts(), []);
    rig.advance(3_001);
    assert_eq!(rig.aborts(), [waiting]);
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 2);
}

#[test]
fn f26_what_is_new_does_not_wait_for_the_interval() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    rig.take();
    rig.submit("incident_action");
    let exchange = rig.last_exchange();
    let reference = match &rig.body_of(exchange)[1] {
        ClientFrame::Message(message) => message.reference.unwrap(),
        other => panic!("{other:?}"),
    };
    rig.answer(exchange, vec![done(reference)]);
    assert_eq!(rig.completions().len(), 1);
    rig.take();
    rig.subscribe("incidents");
    assert_eq!(rig.exchanges().len(), 1);
}

#[test]
fn f26_unproven_polling_is_not_hurried() {
    let (mut rig, exchange) = Rig::poller();
    rig.exchange_fails(exchange);
    rig.take();
    rig.submit("incident_action");
    rig.subscribe("incidents");
    assert_eq!(rig.exchanges(), []);
    assert!((2_500..=5_000).contains(&rig.due_in()));
}

#[test]
fn f26_a_server_that_leaves_a_message_unanswered_is_not_asked_without_end() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    rig.submit("incident_action");
    rig.take_but_last_exchange();
    let exchange = rig.last_exchange();
    rig.answer(exchange, Vec::new());
    assert_eq!(rig.last_exchange(), exchange);
    assert!((4_500..=5_500).contains(&rig.due_in()));
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    assert_eq!(rig.body_of(exchange).len(), 2, "and it is sent again then");
}

#[test]
fn f26_nor_where_long_polls_would_follow_at_once() {
    let (mut rig, _) = Rig::long_poller();
    rig.advance(100);
    rig.submit("incident_action");
    let exchange = rig.last_exchange();
    rig.answer_under(exchange, offers_long_polls, Vec::new());
    assert_eq!(rig.last_exchange(), exchange);
    assert!((4_500..=5_500).contains(&rig.due_in()));
}

#[test]
fn f34_what_comes_up_during_an_exchange_is_carried_right_after_it() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    rig.advance_to_deadline();
    rig.take_but_last_exchange();
    let exchange = rig.last_exchange();
    rig.submit("incident_action");
    let slot = rig.subscribe("incidents");
    assert_eq!(rig.last_exchange(), exchange, "one exchange at a time");
    assert_eq!(rig.aborts(), []);
    rig.answer(exchange, Vec::new());
    let next = rig.last_exchange();
    assert_ne!(next, exchange);
    assert_eq!(rig.body_of(next).len(), 2);
    assert_eq!(rig.hello_of(next).topics.len(), 2);
    rig.answer(next, Vec::new());
    assert_eq!(rig.deliveries(slot), [Delivery::Live]);
}

#[test]
fn f34_more_messages_than_fit_follow_at_once() {
    let mut rig = Rig::with(polls_only);
    let exchange = rig.begin_polls();
    rig.answer(exchange, Vec::new());
    let large = OutgoingMessage {
        payload: steadfast_core::OutgoingPayload::Json(format!("\"{}\"", "x".repeat(150_000)).into()),
        ..message("incident_action")
    };
    let begun = rig.millis();
    for _ in 0..5 {
        rig.run(|client, now| client.submit(now, &large)).unwrap();
    }
    let mut carried = Vec::new();
    while rig.client.pending_messages() > 0 {
        let exchange = rig.last_exchange();
        let body = rig.body_of(exchange);
        carried.push(body.len() - 1);
        let results = body.iter().filter_map(|frame| match frame {
            ClientFrame::Message(message) => Some(done(message.reference.unwrap())),
            _ => None,
        });
        let results = results.collect();
        rig.answer(exchange, results);
    }
    assert_eq!(carried, [1, 2, 2], "512 KiB at most, in base64 if need be");
    assert_eq!(rig.millis(), begun);
}
