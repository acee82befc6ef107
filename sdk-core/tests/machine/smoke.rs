//! The whole path once: connect, welcome, events, cut, polling, back.

use steadfast_core::{
    CloseCode, Delivery, Recovery, ServerFrame, State, TopicClass, Transport, TransportChoice,
};

use crate::rig::{Rig, accepted, done, event, position, welcome};

#[test]
fn an_event_arrives_over_the_socket_and_over_polls_once() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    assert!(rig.is_connected_by(Transport::WebSocket));
    rig.event(link, slot, 1);
    rig.event(link, slot, 1);
    rig.event(link, slot, 2);
    assert_eq!(rig.events(slot), [1, 2]);
    assert!(rig.deliveries(slot).contains(&Delivery::Live));
    rig.take();

    rig.close(link, 1006);
    assert_eq!(rig.status().state, State::Connecting);
    for _ in 0..2 {
        rig.advance_to_deadline();
        let link = *rig.opens().last().expect("it tries again");
        rig.close(link, 1006);
    }
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![event(slot, 2), event(slot, 3)]);
    assert!(rig.is_connected_by(Transport::Polling));
    assert_eq!(rig.events(slot), [3]);
    assert_eq!(rig.client.statistics().repeats, 2);
}

#[test]
fn a_message_is_sent_once_connected_and_completes_once() {
    let mut rig = Rig::new();
    let id = rig.submit("incident_action");
    let link = rig.live();
    assert_eq!(rig.sent(link).len(), 2);
    rig.frame(link, done(id.0));
    rig.frame(link, done(id.0));
    assert_eq!(rig.completions().len(), 1);
    assert_eq!(rig.client.pending_messages(), 0);
}

#[test]
fn what_a_poll_brings_after_catching_up_is_news_and_no_replay() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    rig.polling_proven();
    rig.take();
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    let top = position(TopicClass::Log, "e1", 0, 1, Recovery::Resumed);
    rig.answered(exchange, 200, None, vec![welcome(vec![accepted("incidents", top)]), event(slot, 1)]);
    assert!(matches!(rig.deliveries(slot)[..], [Delivery::Event { replay: false, .. }]));
}

#[test]
fn an_exchange_of_another_version_ends_polling_for_good() {
    let mut rig = Rig::with(|config| config.transport = TransportChoice::Polling);
    rig.connect();
    rig.give_token();
    let exchange = rig.last_exchange();
    let bye = ServerFrame::Bye { code: CloseCode::VERSION, reason: String::new(), reconnect_after_ms: None };
    rig.answered(exchange, 200, None, vec![bye]);
    assert_eq!(rig.status().state, State::Closed);
    assert_eq!(rig.status().reason.map(|reason| reason.code), Some(CloseCode::VERSION));
    assert_eq!(rig.wait, None);
}

#[test]
fn a_client_stays_small() {
    // A server-side process may hold thousands of clients, and a phone moves one about.
    let size = size_of::<steadfast_core::Client<()>>();
    assert!(size <= 1_088, "{size}");
}
