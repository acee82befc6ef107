//! Messages that want a result, on links (PROTOCOL.md, section 6).

use steadfast_core::{
    ClientFrame, ErrorCode, Misuse, Outcome, OutgoingMessage, OutgoingPayload, ServerFrame, WireError,
};

use crate::outbox_steps::large;
use crate::rig::{Rig, done, message};

#[test]
fn messages_are_sent_in_the_order_of_their_submission() {
    let mut rig = Rig::new();
    let ids: Vec<_> = (0..5).map(|_| rig.submit("incident_action").0).collect();
    let link = rig.live();
    assert_eq!(rig.references(link), ids);
    let next = rig.submit("incident_action").0;
    assert_eq!(rig.references(link)[5..], [next], "at once on a live link");
    assert_eq!(rig.client.pending_messages(), 6);
}

#[test]
fn each_has_an_idempotency_key_of_its_own_that_never_changes() {
    let mut rig = Rig::new();
    let link = rig.live();
    rig.submit("incident_action");
    let first = rig.last_bytes(link);
    rig.submit("incident_action");
    let second = rig.last_bytes(link);
    assert_ne!(first, second);
    rig.close(link, 1006);
    let link = rig.relive();
    let again = rig.all_bytes(link);
    assert_eq!(again[again.len() - 2..], [first, second], "the same bytes in the same order");
    assert_eq!(rig.client.statistics().resends, 2);
    let idems: Vec<_> = rig
        .sent(link)
        .into_iter()
        .filter_map(|frame| match frame {
            ClientFrame::Message(message) => message.idem,
            _ => None,
        })
        .collect();
    assert!(idems.iter().all(|idem| idem.starts_with("instance-of-the-test-")));
    assert_ne!(idems[0], idems[1]);
}

#[test]
fn a_message_completes_once_with_the_servers_word() {
    let mut rig = Rig::new();
    let link = rig.live();
    let done_id = rig.submit("incident_action");
    let refused_id = rig.submit("incident_action");
    let error = WireError::new(ErrorCode::Unavailable, "not now", true);
    let result = |reference, outcome, duplicate| ServerFrame::Result {
        reference,
        outcome,
        duplicate,
        auth_expires_in_ms: None,
    };
    rig.frame(link, result(done_id.0, Ok(Some(7)), true));
    rig.frame(link, result(refused_id.0, Err(error.clone()), false));
    rig.frame(link, result(refused_id.0, Ok(None), false));
    assert_eq!(
        rig.completions(),
        [
            (done_id, Outcome::Done { payload: Some(7), duplicate: true }),
            (refused_id, Outcome::Failed(error)),
        ]
    );
    rig.take();
    rig.advance(5_000);
    assert_eq!(rig.references(link), Vec::<u64>::new(), "the client does not submit it again by itself");
    assert_eq!(rig.client.statistics().stale_frames, 1);
}

#[test]
fn a_result_of_a_feed_that_did_not_carry_it_does_not_count() {
    let mut rig = Rig::new();
    let old = rig.live();
    let id = rig.submit("incident_action");
    rig.close(old, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.frame(old, done(id.0));
    rig.frame(link, done(id.0));
    assert_eq!(rig.completions(), []);
    rig.welcome(link);
    rig.frame(link, done(id.0));
    assert_eq!(rig.completions().len(), 1);
}

#[test]
fn what_was_sent_under_a_lost_table_of_results_is_unknown_and_not_sent_again() {
    let mut rig = Rig::new();
    let link = rig.live();
    let sent = rig.submit("incident_action");
    rig.close(link, 1006);
    let never_sent = rig.submit("incident_action");
    let link = rig.relive_under("results-2");
    assert_eq!(rig.completions(), [(sent, Outcome::Unknown)]);
    assert_eq!(rig.references(link), [never_sent.0]);
    rig.close(link, 1006);
    let link = rig.relive_under("results-2");
    assert_eq!(rig.references(link), [never_sent.0], "the table is the same: sent again");
    assert_eq!(rig.completions(), []);
}

#[test]
fn a_refusal_of_a_copy_says_nothing_of_an_earlier_one() {
    let refusals = [(ErrorCode::RateLimited, true), (ErrorCode::Forbidden, false)];
    for (code, retryable) in refusals {
        let error = WireError::new(code, "not now", retryable);
        let mut rig = Rig::new();
        let link = rig.live();
        let sent = rig.submit("incident_action");
        rig.close(link, 1006);
        let queued = rig.submit("incident_action");
        let link = rig.relive();
        let result = |reference, outcome| ServerFrame::Result {
            reference,
            outcome,
            duplicate: false,
            auth_expires_in_ms: None,
        };
        rig.frame(link, result(sent.0, Err(error.clone())));
        rig.frame(link, result(queued.0, Err(error.clone())));
        let of_the_copy = if retryable { Outcome::Unknown } else { Outcome::Failed(error.clone()) };
        assert_eq!(rig.completions(), [(sent, of_the_copy), (queued, Outcome::Failed(error))]);
    }
}

#[test]
fn a_copy_that_is_too_large_for_somebody_says_nothing_of_an_earlier_one() {
    let mut rig = Rig::new();
    let link = rig.live();
    let sent = rig.submit("incident_action");
    rig.close(link, 1006);
    let link = rig.relive();
    rig.close(link, 1009);
    assert_eq!(rig.completions(), [(sent, Outcome::Unknown)]);
}

#[test]
fn a_message_lives_for_a_minute_in_every_state() {
    let mut rig = Rig::new();
    let queued = rig.submit("incident_action");
    rig.advance(59_999);
    assert_eq!(rig.completions(), []);
    rig.advance(1);
    assert_eq!(rig.completions(), [(queued, Outcome::TimedOut { sent: false })]);
    rig.take();

    let link = rig.live();
    let sent = rig.submit("incident_action");
    rig.stay_alive(link, 59_999);
    assert_eq!(rig.completions(), []);
    rig.advance(1);
    assert_eq!(rig.completions(), [(sent, Outcome::TimedOut { sent: true })]);
    rig.frame(link, done(sent.0));
    assert_eq!(rig.completions().len(), 1, "a late result changes nothing");
    assert_eq!(rig.wait.map(|_| ()), Some(()));
}

#[test]
fn what_was_sent_and_queued_again_may_have_taken_effect() {
    let mut rig = Rig::new();
    let link = rig.live();
    let id = rig.submit("incident_action");
    rig.close(link, 1006);
    rig.disconnect();
    rig.advance(60_000);
    assert_eq!(rig.completions(), [(id, Outcome::TimedOut { sent: true })]);
}

#[test]
fn a_life_of_its_own_counts() {
    let mut rig = Rig::new();
    rig.live();
    let brief = OutgoingMessage { life_ms: Some(2_000), ..message("incident_action") };
    let brief = rig.submit_message(&brief);
    let none = OutgoingMessage { life_ms: Some(0), ..message("incident_action") };
    let none = rig.submit_message(&none);
    rig.advance(0);
    assert_eq!(rig.completions().iter().map(|(id, _)| *id).collect::<Vec<_>>(), [none]);
    rig.advance(1_999);
    assert_eq!(rig.completions().len(), 1);
    rig.advance(1);
    assert_eq!(rig.completions().last().unwrap().0, brief);
}

#[test]
fn a_cancelled_message_says_whether_it_was_sent() {
    let mut rig = Rig::new();
    let queued = rig.submit("incident_action");
    rig.run(|client, now| client.cancel(now, queued));
    rig.run(|client, now| client.cancel(now, queued));
    assert_eq!(rig.completions(), [(queued, Outcome::Cancelled { sent: false })]);
    let link = rig.live();
    assert_eq!(rig.references(link), Vec::<u64>::new());
    let sent = rig.submit("incident_action");
    rig.run(|client, now| client.cancel(now, sent));
    assert_eq!(rig.completions()[1..], [(sent, Outcome::Cancelled { sent: true })]);
    rig.frame(link, done(sent.0));
    rig.close(link, 1006);
    let link = rig.relive();
    assert_eq!(rig.references(link), Vec::<u64>::new());
    assert_eq!(rig.completions(), []);
}

#[test]
fn a_link_closed_for_the_size_of_a_message_fails_the_first() {
    let mut rig = Rig::new();
    let link = rig.live();
    let first = rig.submit("incident_action");
    let second = rig.submit("incident_action");
    rig.close(link, 1009);
    let completions = rig.completions();
    let [(id, Outcome::Failed(error))] = &completions[..] else { panic!("{completions:?}") };
    assert_eq!((*id, &error.code, error.retryable), (first, &ErrorCode::TooLarge, false));
    let link = rig.relive();
    assert_eq!(rig.references(link), [second.0]);
}

#[test]
fn a_message_over_the_servers_limit_is_refused_at_once() {
    let mut rig = Rig::with(|config| config.outbox.bytes = 8 * 1024 * 1024);
    assert_eq!(rig.client.max_frame_bytes(), 1024 * 1024);
    let refused = rig.run(|client, now| client.submit(now, &large(1024 * 1024)));
    assert_eq!(refused, Err(Misuse::TooLarge));
    assert_eq!(rig.client.pending_messages(), 0);
}

#[test]
fn a_limit_learned_later_fails_what_is_over_it() {
    let mut rig = Rig::new();
    let over = rig.submit_message(&large(2_000));
    let under = rig.submit("incident_action");
    let link = rig.greeting();
    let mut welcome = crate::rig::terms(vec![crate::rig::fresh("user", 0)]);
    welcome.max_frame_bytes = 1_000;
    rig.frame(link, ServerFrame::Welcome(Box::new(welcome)));
    let completions = rig.completions();
    let [(id, Outcome::Failed(error))] = &completions[..] else { panic!("{completions:?}") };
    assert_eq!((*id, &error.code), (over, &ErrorCode::TooLarge));
    assert_eq!(rig.references(link), [under.0]);
    assert_eq!(rig.run(|client, now| client.submit(now, &large(1_000))), Err(Misuse::TooLarge));
    assert_eq!(rig.run(|client, now| client.send(now, &large(1_000))), Err(Misuse::TooLarge));
}

#[test]
fn the_outbox_has_limits_and_drops_nothing() {
    let mut rig = Rig::new();
    for _ in 0..256 {
        rig.submit("incident_action");
    }
    let refused = rig.run(|client, now| client.submit(now, &message("incident_action")));
    assert_eq!(refused, Err(Misuse::OutboxFull));
    assert_eq!(rig.client.pending_messages(), 256);
    let link = rig.live();
    assert_eq!(rig.references(link).len(), 256);
    let first = rig.references(link)[0];
    rig.frame(link, done(first));
    rig.submit("incident_action");

    let mut rig = Rig::new();
    let large = large(300_000);
    for _ in 0..3 {
        rig.submit_message(&large);
    }
    assert_eq!(rig.run(|client, now| client.submit(now, &large)), Err(Misuse::OutboxFull), "1 MiB");
    let cancelled = rig.submit("incident_action");
    rig.run(|client, now| client.cancel(now, cancelled));
    assert_eq!(rig.client.pending_messages(), 3);
}

#[test]
fn nothing_more_is_sent_while_a_quarter_of_a_mebibyte_is_unsent() {
    let mut rig = Rig::new();
    let link = rig.live();
    rig.buffered(link, 256 * 1024);
    let first = rig.submit("incident_action");
    assert_eq!(rig.references(link), Vec::<u64>::new());
    rig.buffered(link, 256 * 1024 - 1);
    assert_eq!(rig.references(link), [first.0]);
    rig.submit("incident_action");
    assert_eq!(rig.references(link).len(), 1, "the first has filled it again");
    rig.frame(link, ServerFrame::Ping { t: Some(1) });
    assert_eq!(rig.sent(link).last(), Some(&ClientFrame::Pong { t: Some(1) }), "control is not held up");
    rig.buffered(link, 0);
    assert_eq!(rig.references(link).len(), 2);
}

#[test]
fn what_is_sent_counts_until_the_driver_says_otherwise() {
    let mut rig = Rig::new();
    let link = rig.live();
    for _ in 0..4 {
        rig.submit_message(&large(100_000));
    }
    assert_eq!(rig.references(link).len(), 3, "below the limit before the third, above after it");
    rig.close(link, 1006);
    let link = rig.relive();
    assert_eq!(rig.references(link).len(), 3, "a new link begins with nothing unsent");
    rig.buffered(link, 0);
    assert_eq!(rig.references(link).len(), 4);
}

#[test]
fn fire_and_forget_is_sent_now_or_not_at_all() {
    let mut rig = Rig::new();
    let refused = rig.run(|client, now| client.send(now, &message("cursor_moved")));
    assert_eq!(refused, Err(Misuse::NotConnected));
    let link = rig.live();
    rig.run(|client, now| client.send(now, &message("cursor_moved"))).unwrap();
    let sent = rig.sent(link);
    let Some(ClientFrame::Message(sent)) = sent.last() else { panic!("{sent:?}") };
    assert_eq!((sent.reference, sent.idem.clone()), (None, None));
    assert_eq!(rig.client.pending_messages(), 0);
    rig.close(link, 1006);
    let link = rig.relive();
    assert_eq!(rig.sent(link).len(), 1, "the hello alone");

    let mut rig = Rig::new();
    rig.polling_proven();
    let refused = rig.run(|client, now| client.send(now, &message("cursor_moved")));
    assert_eq!(refused, Err(Misuse::NotConnected), "polling does not count");
}

#[test]
fn misuse_changes_nothing() {
    let mut rig = Rig::new();
    for kind in ["", "rt.hello", "ping", "subscribed", &"x".repeat(65)] {
        let refused = rig.run(|client, now| client.submit(now, &message(kind)));
        assert_eq!(refused, Err(Misuse::BadType), "{kind}");
    }
    let to_nowhere = OutgoingMessage { topic: Some("a b".into()), ..message("incident_action") };
    assert_eq!(rig.run(|client, now| client.submit(now, &to_nowhere)), Err(Misuse::BadTopicName));
    let none = rig.run(|client, now| client.acknowledge(now, &[], None));
    assert_eq!(none, Err(Misuse::NothingToAcknowledge));
    assert_eq!(rig.client.pending_messages(), 0);
    rig.submit(&"é".repeat(64));
}

#[test]
fn every_member_of_a_message_reaches_the_wire() {
    let mut rig = Rig::new();
    let link = rig.live();
    let full = OutgoingMessage {
        kind: "incident_alert".into(),
        topic: Some("kpis".into()),
        payload: OutgoingPayload::Json("{\"a\":[1,\"\\u00e9\"]}".into()),
        key: Some("site \"7\"".into()),
        deleted: true,
        priority: Some("critical".into()),
        requires_acknowledgment: true,
        correlation_id: Some("c-1".into()),
        life_ms: None,
    };
    let id = rig.submit_message(&full);
    let sent = rig.sent(link);
    let Some(ClientFrame::Message(sent)) = sent.last() else { panic!("{sent:?}") };
    assert_eq!(sent.kind, "incident_alert");
    assert_eq!(sent.topic.as_deref(), Some("kpis"));
    assert_eq!(sent.key.as_deref(), Some("site \"7\""));
    assert_eq!(sent.priority.as_deref(), Some("critical"));
    assert_eq!(sent.correlation_id.as_deref(), Some("c-1"));
    assert!(sent.deleted && sent.requires_acknowledgment);
    assert_eq!(sent.reference, Some(id.0));
    assert_eq!(sent.payload, steadfast_core::Payload::Json("{\"a\":[1,\"\\u00e9\"]}".into()));
}
