//! Messages over exchanges, bytes over both transports (PROTOCOL.md, sections 2.1, 3.7 and 6).

use steadfast_core::{
    ClientFrame, Misuse, Outcome, OutgoingBytes, OutgoingMessage, OutgoingPayload, Payload, bytes,
};

use crate::fallback_steps::polls_only;
use crate::outbox_steps::{binary, large};
use crate::rig::{Rig, done, message};

#[test]
fn no_message_goes_out_before_the_table_of_results_is_known() {
    let mut rig = Rig::with(polls_only);
    let id = rig.submit("incident_action");
    let exchange = rig.begin_polls();
    assert_eq!(rig.body_of(exchange).len(), 1, "a lost answer could not be judged");
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    assert_eq!(rig.references_in(exchange), [id.0], "at once when it is");
    assert_eq!(rig.hello_of(exchange).results_epoch.as_deref(), Some("results-1"));
}

#[test]
fn a_body_holds_at_most_sixty_four_frames() {
    let mut rig = Rig::with(polls_only);
    let ids: Vec<_> = (0..100).map(|_| rig.submit("incident_action").0).collect();
    let exchange = rig.begin_polls();
    rig.answer(exchange, Vec::new());
    let mut carried = Vec::new();
    while rig.client.pending_messages() > 0 {
        let exchange = rig.last_exchange();
        assert!(rig.body_of(exchange).len() <= 64);
        let references = rig.references_in(exchange);
        rig.answer(exchange, references.iter().map(|reference| done(*reference)).collect());
        carried.extend(references);
    }
    assert_eq!(carried, ids, "all of them, in order");
}

#[test]
fn one_message_is_carried_however_large() {
    let mut rig = Rig::with(polls_only);
    let id = rig.submit_message(&large(700_000));
    let exchange = rig.begin_polls();
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    assert_eq!(rig.references_in(exchange), [id.0]);
}

#[test]
fn another_table_of_results_leaves_first_sent_messages_as_never_sent() {
    let (mut rig, id) = in_an_exchange();
    let exchange = rig.last_exchange();
    rig.answer_from(exchange, "results-2", Vec::new());
    assert_eq!(rig.completions(), [], "the server did not carry it out");
    rig.take();
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    assert_eq!(rig.references_in(exchange), [id]);
    assert_eq!(rig.hello_of(exchange).results_epoch.as_deref(), Some("results-2"));
    assert_eq!(rig.client.statistics().resends, 0);
    rig.answer_from(exchange, "results-2", vec![done(id)]);
    assert!(matches!(rig.completions()[..], [(_, Outcome::Done { .. })]));
}

#[test]
fn another_table_of_results_makes_those_sent_before_unknown() {
    let (mut rig, id) = in_an_exchange();
    let lost = rig.last_exchange();
    rig.exchange_fails(lost);
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    assert_eq!(rig.references_in(exchange), [id]);
    assert_eq!(rig.hello_of(exchange).results_epoch.as_deref(), Some("results-1"));
    rig.answer_from(exchange, "results-2", Vec::new());
    rig.advance_to_deadline();
    assert_eq!(rig.completed_with(&Outcome::Unknown).len(), 1);
    let exchange = rig.last_exchange();
    assert_eq!(rig.references_in(exchange), Vec::<u64>::new(), "nobody acts twice");
}

#[test]
fn servers_whose_tables_alternate_are_not_asked_without_end() {
    let (mut rig, id) = in_an_exchange();
    for table in ["results-2", "results-3", "results-4"] {
        let exchange = rig.last_exchange();
        rig.answer_from(exchange, table, Vec::new());
        assert_eq!(rig.last_exchange(), exchange);
        assert!((4_500..=5_500).contains(&rig.due_in()));
        rig.advance_to_deadline();
    }
    let exchange = rig.last_exchange();
    rig.answer_from(exchange, "results-4", vec![done(id)]);
    assert_eq!(rig.completions().len(), 1);
}

#[test]
fn an_answer_is_judged_by_the_table_that_its_hello_named() {
    // A link is welcomed by a server that has begun anew, while an older one still answers the exchange.
    let mut rig = Rig::new();
    rig.polling_proven();
    let link = rig.poll_until_open();
    let id = rig.submit("incident_action").0;
    let exchange = rig.last_exchange();
    rig.open(link);
    rig.welcome_under(link, "results-2");
    rig.answer_from(exchange, "results-1", vec![done(id)]);
    assert!(matches!(rig.completions()[..], [(_, Outcome::Done { .. })]), "it was carried out");
    assert_eq!(rig.references(link), Vec::<u64>::new(), "and is not carried out twice");

    // The other way round: the new server refuses to carry it out, so it goes out on the link.
    let mut rig = Rig::new();
    rig.polling_proven();
    let link = rig.poll_until_open();
    let id = rig.submit("incident_action").0;
    let exchange = rig.last_exchange();
    rig.open(link);
    rig.welcome_under(link, "results-2");
    rig.answer_from(exchange, "results-2", Vec::new());
    assert_eq!(rig.completions(), []);
    assert_eq!(rig.references(link), [id]);
}

#[test]
fn a_message_lost_with_an_exchange_goes_by_the_link() {
    let mut rig = Rig::new();
    rig.polling_proven();
    let link = rig.poll_until_open();
    let id = rig.submit("incident_action").0;
    let exchange = rig.last_exchange();
    rig.exchange_fails(exchange);
    rig.open(link);
    rig.welcome_under(link, "results-1");
    assert_eq!(rig.references(link), [id]);
    assert_eq!(rig.client.statistics().resends, 1);

    let mut rig = Rig::new();
    rig.polling_proven();
    let link = rig.poll_until_open();
    rig.submit("incident_action");
    let exchange = rig.last_exchange();
    rig.exchange_fails(exchange);
    rig.open(link);
    rig.welcome_under(link, "results-2");
    assert_eq!(rig.completed_with(&Outcome::Unknown).len(), 1);
    assert_eq!(rig.references(link), Vec::<u64>::new());
}

#[test]
fn a_message_lost_with_a_link_goes_by_an_exchange() {
    let mut rig = Rig::new();
    let link = rig.live();
    let id = rig.submit("incident_action").0;
    let sent = rig.sent(link).pop().unwrap();
    rig.close(link, 1006);
    for _ in 0..2 {
        let link = rig.reopen();
        rig.close(link, 1006);
    }
    let exchange = rig.last_exchange();
    assert_eq!(rig.references_in(exchange), [id]);
    assert_eq!(rig.body_of(exchange)[1], sent);
}

#[test]
fn bytes_go_as_a_binary_message_on_a_link() {
    let mut rig = Rig::new();
    let link = rig.live();
    let id = rig.submit_message(&binary(&[0, 1, 254, 255]));
    let OutgoingBytes::Binary(sent) = rig.last_bytes(link) else { panic!("a binary message") };
    let (header, payload) = bytes::split(&sent).unwrap();
    assert_eq!(payload, [0, 1, 254, 255]);
    assert!(!header.contains("payload") && !header.contains("base64"));
    let frame = rig.sent(link).pop().unwrap();
    let ClientFrame::Message(frame) = frame else { panic!("{frame:?}") };
    assert_eq!((frame.reference, frame.payload), (Some(id.0), Payload::Bytes([0, 1, 254, 255].into())));
}

#[test]
fn bytes_are_the_same_frame_over_an_exchange() {
    let payloads: [&[u8]; 4] = [&[], &[255], &[0, 1, 254, 255], b"\"}},{"];
    for payload in payloads {
        let full = OutgoingMessage {
            key: Some("}}".into()),
            priority: Some("high".into()),
            correlation_id: Some("\"}}".into()),
            ..binary(payload)
        };
        let mut rig = Rig::new();
        let link = rig.live();
        rig.submit_message(&full);
        let by_link = rig.sent(link).pop().unwrap();
        rig.close(link, 1006);
        for _ in 0..2 {
            let link = rig.reopen();
            rig.close(link, 1006);
        }
        let exchange = rig.last_exchange();
        assert_eq!(rig.body_of(exchange)[1], by_link);
        assert!(
            matches!(&by_link, ClientFrame::Message(frame) if frame.payload == Payload::Bytes(payload.into()))
        );
    }
}

#[test]
fn an_envelope_too_large_for_bytes_is_refused_at_once() {
    let mut rig = Rig::new();
    let link = rig.live();
    let wide = OutgoingMessage { correlation_id: Some("x".repeat(16 * 1024)), ..binary(&[1]) };
    assert_eq!(rig.run(|client, now| client.submit(now, &wide)), Err(Misuse::TooLarge));
    assert_eq!(rig.run(|client, now| client.send(now, &wide)), Err(Misuse::TooLarge));
    let sent = rig.sent(link).len();
    let as_text = OutgoingMessage { payload: OutgoingPayload::None, ..wide };
    rig.submit_message(&as_text);
    assert_eq!(rig.sent(link).len(), sent + 1, "as text it is fine");
}

#[test]
fn messages_do_not_wait_for_a_result_before_the_next() {
    let mut rig = Rig::with(polls_only);
    let exchange = rig.begin_polls();
    rig.answer(exchange, Vec::new());
    let first = rig.submit("incident_action");
    let second = rig.submit("incident_action");
    let exchange = rig.last_exchange();
    assert_eq!(rig.references_in(exchange), [first.0]);
    rig.answer(exchange, vec![done(first.0)]);
    let exchange = rig.last_exchange();
    assert_eq!(rig.references_in(exchange), [second.0]);
}

/// A poller with one message in the exchange under way.
fn in_an_exchange() -> (Rig, u64) {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    let id = rig.run(|client, now| client.submit(now, &message("incident_action"))).unwrap();
    (rig, id.0)
}
