//! Publishing, idempotency, acknowledgements, and frames that break the protocol.

use super::*;

fn publish(reference: u64, idem: &str, topic: &str, payload: Value) -> Value {
    json!({"type": "note", "payload": payload, "rt": {"ref": reference, "idem": idem, "topic": topic}})
}

#[test]
fn a_publish_is_answered_and_reaches_its_readers() {
    let world = World::new();
    let mut ana = world.client("ana", json!(["incidents"]));
    let mut bob = world.client("bob", json!(["incidents"]));
    ana.send(&world, &publish(1, "i1", "incidents", json!({"a": 1})));
    let frames = ana.frames(&world);
    assert_eq!(frames[0]["payload"]["offset"], 1);
    assert_eq!(frames[0]["payload"]["epoch"], "boot1");
    assert_eq!(frames[0]["payload"]["id"], frames[1]["rt"]["id"]);
    assert_eq!(bob.frames(&world)[0]["payload"], json!({"a": 1}));
}

#[test]
fn a_repeat_is_answered_with_the_first_result_and_another_body_conflicts() {
    let world = World::new();
    let mut ana = world.client("ana", json!(["incidents"]));
    ana.send(&world, &publish(1, "i1", "incidents", json!(1)));
    let first = ana.frames(&world);
    // Another link of the same user: the scope is the user.
    let mut again = world.client("ana", json!([]));
    again.send(&world, &publish(9, "i1", "incidents", json!(1)));
    let repeat = again.frames(&world);
    assert_eq!(repeat[0]["duplicate"], true);
    assert_eq!(repeat[0]["payload"], first[0]["payload"]);
    again.send(&world, &publish(10, "i1", "incidents", json!(2)));
    assert_eq!(again.frames(&world)[0]["error"]["code"], "idem_conflict");
    let mut bob = world.client("bob", json!([]));
    bob.send(&world, &publish(1, "i1", "incidents", json!(2)));
    assert_eq!(bob.frames(&world)[0]["payload"]["offset"], 2);
    assert_eq!(offsets(&ana.frames(&world)), [2]);
}

#[test]
fn a_repeat_is_answered_by_what_became_of_the_first_whatever_has_changed() {
    let world = World::new();
    let mut ana = world.client("ana", json!([]));
    ana.send(&world, &publish(1, "i1", "incidents", json!(1)));
    let first = ana.frames(&world);
    let mut narrowed = world.socket();
    narrowed.hello(&world, &world.token_of("acme", "ana", &["*"], &[], 60), json!([]));
    narrowed.frames(&world);
    narrowed.send(&world, &publish(2, "i1", "incidents", json!(1)));
    narrowed.send(&world, &publish(3, "i1", "incidents", json!(2)));
    narrowed.send(&world, &publish(4, "i2", "incidents", json!(1)));
    let answers = narrowed.frames(&world);
    assert_eq!((&answers[0]["payload"], &answers[0]["duplicate"]), (&first[0]["payload"], &json!(true)));
    assert_eq!(answers[1]["error"]["code"], "forbidden", "another body is another message");
    assert_eq!(answers[2]["error"]["code"], "forbidden");

    let world = World::with(|config| config.limits.publishes_per_second = 1);
    let mut ana = world.client("ana", json!([]));
    for reference in 1..=3 {
        ana.send(&world, &publish(reference, &format!("i{reference}"), "incidents", json!(1)));
    }
    ana.send(&world, &publish(4, "i1", "incidents", json!(1)));
    let answers = ana.frames(&world);
    assert_eq!(answers[2]["error"]["code"], "rate_limited");
    assert_eq!(answers[3]["duplicate"], true);
}

#[test]
fn what_is_not_permitted_or_not_possible_is_refused_with_its_ref() {
    let world = World::new();
    let mut client = world.socket();
    client.hello(
        &world,
        &world.token_of("acme", "ana", &["*"], &["incidents", "kpis", "open:*"], 60),
        json!([]),
    );
    client.frames(&world);
    let long = "x".repeat(129);
    let cases = [
        (json!({"ref": 1, "topic": "threats"}), "forbidden"),
        (json!({"ref": 1, "topic": "open:incidents"}), "bad_topic"),
        (json!({"ref": 1, "topic": "user"}), "bad_topic"),
        (json!({"ref": 1, "topic": "a b"}), "bad_topic"),
        (json!({"ref": 1, "topic": "kpis"}), "bad_frame"),
        (json!({"ref": 1, "topic": "kpis", "key": "k".repeat(257)}), "too_large"),
        (json!({"ref": 1, "topic": "incidents", "key": "k"}), "unsupported"),
        (json!({"ref": 1, "topic": "incidents", "idem": long}), "too_large"),
        (json!({"ref": 1}), "unsupported"),
    ];
    for (rt, code) in cases {
        client.send(&world, &json!({"type": "note", "payload": 1, "rt": rt}));
        let frames = client.frames(&world);
        assert_eq!((&frames[0]["type"], &frames[0]["ref"]), (&json!("rt.result"), &json!(1)), "{rt}");
        assert_eq!(frames[0]["error"]["code"], code, "{rt}");
    }
}

#[test]
fn without_a_ref_success_is_silent_and_failure_an_error() {
    let world = World::new();
    let mut client = world.client("ana", json!([]));
    client.send(&world, &json!({"type": "note", "payload": 1, "rt": {"topic": "incidents"}}));
    assert!(client.frames(&world).is_empty());
    client.send(&world, &json!({"type": "note", "payload": 1, "rt": {"topic": "user"}}));
    assert_eq!(client.frames(&world)[0]["type"], "rt.error");
}

#[test]
fn an_acknowledgement_clears_the_open_topic_for_all_and_a_repeat_is_harmless() {
    let world = World::new();
    let mut ana = world.client("ana", json!(["open:incidents"]));
    let mut bob = world.client("bob", json!(["open:incidents"]));
    let id = world.publish(&Draft { requires_acknowledgment: true, ..World::draft("acme", "incidents") });
    let open = &ana.frames(&world)[0];
    assert_eq!(open["rt"]["key"], json!(id));
    assert_eq!(open["payload"]["state"], "open");
    assert_eq!(open["payload"]["event"]["rt"]["id"], json!(id));
    assert_eq!(open["requires_acknowledgment"], json!(null));
    bob.frames(&world);
    let ack =
        |reference, state| json!({"type": "rt.ack", "ref": reference, "ids": [id, "x"], "state": state});
    ana.send(&world, &ack(1, "received"));
    assert_eq!(
        ana.frames(&world),
        [json!({"type": "rt.result", "ref": 1, "ok": true, "payload": {"unknown": ["x"]}})]
    );
    ana.send(&world, &ack(2, "acknowledged"));
    let frames = ana.frames(&world);
    assert_eq!(frames[0]["payload"]["unknown"], json!(["x"]));
    assert_eq!((&frames[1]["rt"]["key"], &frames[1]["rt"]["deleted"]), (&json!(id), &json!(true)));
    assert_eq!(bob.frames(&world)[0]["rt"]["deleted"], true);
    bob.send(&world, &ack(3, "acknowledged"));
    let frames = bob.frames(&world);
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0]["payload"]["unknown"], json!(["x"]));
    let acknowledged = |client: &Client| {
        let ids = client.notes.iter().filter_map(|note| match note {
            Note::Acknowledged { ids, state: steadfast_core::AckState::Acknowledged, .. } => Some(ids.len()),
            _ => None,
        });
        ids.sum::<usize>()
    };
    assert_eq!((acknowledged(&ana), acknowledged(&bob)), (1, 0), "audited once");
}

#[test]
fn nobody_acknowledges_what_they_may_not_read() {
    let world = World::new();
    let draft = Draft { requires_acknowledgment: true, ..World::draft("acme", "incidents") };
    let shared = world.publish(&draft);
    let user = TopicKey::of_user(TenantId::parse("acme").unwrap(), UserId::parse("ana").unwrap());
    let personal = world.publish(&Draft { topic: user, ..draft });
    let ack = json!({"type": "rt.ack", "ref": 1, "ids": [shared, personal], "state": "acknowledged"});
    let mut bob = world.socket();
    bob.hello(&world, &world.token_of("acme", "bob", &["threats"], &["*"], 60), json!([]));
    bob.frames(&world);
    bob.send(&world, &ack);
    assert_eq!(bob.frames(&world)[0]["payload"]["unknown"], json!([shared, personal]));
    let mut eve = world.socket();
    eve.hello(&world, &world.token("other", "ana"), json!([]));
    eve.frames(&world);
    eve.send(&world, &ack);
    assert_eq!(eve.frames(&world)[0]["payload"]["unknown"], json!([shared, personal]));
    let mut ana = world.client("ana", json!(["open:user"]));
    assert_eq!(ana.frames(&world).len(), 0, "taken with the welcome");
    ana.send(&world, &ack);
    assert_eq!(ana.frames(&world)[0]["payload"]["unknown"], json!([]));
}

#[test]
fn ten_bad_frames_in_a_minute_end_the_link() {
    let mut world = World::new();
    let mut client = world.client("ana", json!([]));
    let bad = |client: &mut Client, world: &World, times: usize| {
        for _ in 0..times {
            client.send_text(world, "{\"type\":5}");
        }
    };
    bad(&mut client, &world, 9);
    assert_eq!(client.frames(&world).len(), 9);
    world.now_ms = 60_000;
    bad(&mut client, &world, 9);
    assert_eq!(client.ended(), None);
    bad(&mut client, &world, 1);
    assert_eq!(client.ended(), Some(4400));
    let frames = client.frames(&world);
    assert_eq!(frames.last().unwrap()["code"], 4400);
}

#[test]
fn a_bad_frame_with_a_ref_is_answered_by_a_result_and_the_others_of_its_batch_count() {
    let world = World::new();
    let mut client = world.client("ana", json!([]));
    client.send_text(
        &world,
        r#"[{"type":"note","rt":{"ref":3,"topic":5}},{"type":"ping","t":7},{"type":"rt.later"}]"#,
    );
    let frames = client.frames(&world);
    assert_eq!((&frames[0]["type"], &frames[0]["ref"]), (&json!("rt.result"), &json!(3)));
    assert_eq!(frames[1], json!({"type": "pong", "t": 7}));
    assert!(client.notes.contains(&Note::UnknownFrame));
}

#[test]
fn frames_over_the_rate_are_refused_and_going_on_so_ends_the_link() {
    let mut world = World::with(|config| config.limits.frames_per_second = 5);
    let mut client = world.client("ana", json!([]));
    let ping = json!({"type": "subscribe", "ref": 1, "topics": ["a"]});
    for _ in 0..9 {
        client.send(&world, &ping);
    }
    client.frames(&world);
    client.send(&world, &ping);
    let refused = &client.frames(&world)[0];
    assert_eq!(refused["topics"][0]["error"]["code"], "rate_limited");
    assert_eq!(refused["topics"][0]["error"]["retry_after_ms"], 200);
    world.now_ms = 200;
    client.send(&world, &ping);
    assert_eq!(client.frames(&world)[0]["topics"][0]["ok"], true);
    for _ in 0..11 {
        client.send(&world, &ping);
    }
    assert_eq!(client.ended(), Some(4429));
    assert_eq!(client.frames(&world).last().unwrap()["reconnect_after_ms"], 5_000);
}

#[test]
fn publishes_have_a_rate_of_their_own() {
    let world = World::with(|config| config.limits.publishes_per_second = 2);
    let mut client = world.client("ana", json!([]));
    for reference in 1..=5 {
        client.send(&world, &publish(reference, &reference.to_string(), "a", json!(1)));
    }
    let frames = client.frames(&world);
    assert_eq!(frames.iter().filter(|frame| frame["ok"] == true).count(), 4);
    assert_eq!(frames[4]["error"]["code"], "rate_limited");
    assert_eq!(frames[4]["error"]["retryable"], true);
}

#[test]
fn a_client_that_takes_no_answers_is_read_no_further() {
    let world = World::new();
    let mut client = world.client("ana", json!([]));
    for sent in 0..64 {
        assert!(client.session.wants_input(), "after {sent}");
        client.send(&world, &json!({"type": "ping"}));
    }
    assert!(!client.session.wants_input());
    client.frame(&world);
    assert!(client.session.wants_input());
}
