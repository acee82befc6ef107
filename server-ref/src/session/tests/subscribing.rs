//! Subscribe, unsubscribe, and who may read what.

use super::*;

fn subscribe(reference: u64, topics: Value) -> Value {
    json!({"type": "subscribe", "ref": reference, "topics": topics})
}

#[test]
fn subscribing_again_restarts_the_topic_and_nothing_of_the_old_cursor_follows() {
    let world = World::new();
    for _ in 0..10 {
        world.publish_to("incidents");
    }
    let mut client =
        world.client("ana", json!([{"topic": "incidents", "cursor": {"epoch": "boot1", "offset": 0}}]));
    client.send(
        &world,
        &subscribe(1, json!([{"topic": "incidents", "cursor": {"epoch": "boot1", "offset": 0}}])),
    );
    // Two of the ten are out, the rest lies in the session when the topic is restarted at 8.
    let first: Vec<_> = (0..3).filter_map(|_| client.frame(&world)).collect();
    assert_eq!(first[0]["type"], "subscribed");
    assert_eq!(offsets(&first), [1, 2]);
    client.send(
        &world,
        &subscribe(2, json!([{"topic": "incidents", "cursor": {"epoch": "boot1", "offset": 8}}])),
    );
    let frames = client.frames(&world);
    assert_eq!((&frames[0]["type"], &frames[0]["ref"]), (&json!("subscribed"), &json!(2)));
    assert_eq!(offsets(&frames), [9, 10]);
}

#[test]
fn after_unsubscribe_nothing_of_the_topic_follows() {
    let world = World::new();
    let mut client = world.client("ana", json!(["incidents"]));
    for _ in 0..5 {
        world.publish_to("incidents");
    }
    assert_eq!(client.frame(&world).unwrap()["rt"]["offset"], 1);
    client.send(&world, &json!({"type": "unsubscribe", "ref": 4, "topics": ["incidents", "never"]}));
    world.publish_to("incidents");
    let frames = client.frames(&world);
    assert_eq!(frames, [json!({"type": "unsubscribed", "ref": 4, "topics": ["incidents", "never"]})]);
    assert_eq!(world.broker.hub().size().topics, 1);
}

#[test]
fn permissions_are_asked_for_each_topic() {
    let world = World::new();
    let mut client = world.socket();
    let token = world.token_of("acme", "ana", &["incidents"], &[], 60);
    client.hello(&world, &token, json!(["incidents", "threats", "open:threats", "open:incidents", "user"]));
    let welcome = client.frame(&world).unwrap();
    let allowed: Vec<_> =
        welcome["topics"].as_array().unwrap().iter().map(|topic| topic["ok"] == true).collect();
    assert_eq!(allowed, [true, false, false, true, true]);
    assert_eq!(welcome["topics"][1]["error"]["code"], "forbidden");
}

#[test]
fn limits_of_topics_and_keys_are_told_topic_by_topic() {
    let world = World::with(|config| {
        config.limits.max_topics = 2;
        config.limits.max_keys = 1;
    });
    let mut client = world.client("ana", json!(["a"]));
    let topics =
        json!(["b", "c", {"topic": "a", "keys": ["1", "2"]}, "a", {"topic": "b", "keys": ["x".repeat(257)]}]);
    client.send(&world, &subscribe(1, topics));
    let frame = client.frame(&world).unwrap();
    let code = |index: usize| frame["topics"][index]["error"]["code"].as_str().unwrap_or("ok").to_owned();
    let codes: Vec<_> = (0..5).map(code).collect();
    assert_eq!(codes, ["ok", "too_many_topics", "too_many_keys", "ok", "too_large"]);
}

#[test]
fn a_topic_named_twice_in_one_frame_is_refused_once() {
    let world = World::new();
    let mut client = world.client("ana", json!([]));
    client.send(&world, &subscribe(1, json!(["a", "a"])));
    let frame = client.frame(&world).unwrap();
    assert_eq!(frame["topics"][0]["ok"], true);
    assert_eq!(frame["topics"][1]["error"]["code"], "bad_topic");
}

#[test]
fn an_answer_that_a_newer_request_has_overtaken_changes_nothing() {
    let world = World::new();
    world.publish_to("incidents");
    let mut client = world.client("ana", json!([]));
    client.hold = |output| matches!(output, Output::Attach { .. });
    client.send(&world, &subscribe(1, json!([{"topic": "incidents", "history": 1}])));
    client.send(&world, &json!({"type": "unsubscribe", "ref": 2, "topics": ["incidents"]}));
    client.hold = |_| false;
    let Some(Output::Attach { ticket, key, request, .. }) = client.held.pop() else { panic!("no attach") };
    let attached = world.broker.hub().attach(&key, &client.mailbox, ticket.slot, &request, world.now());
    client.answer(&world, Answer::Tail { ticket, attached });
    world.publish_to("incidents");
    let frames = client.frames(&world);
    assert_eq!(frames[0], json!({"type": "unsubscribed", "ref": 2, "topics": ["incidents"]}));
    assert_eq!((&frames[1]["ref"], &frames[1]["topics"][0]["ok"]), (&json!(1), &json!(false)));
    assert_eq!(frames.len(), 2, "{frames:?}");
    assert!(!client.mailbox.is_scheduled(), "the late registration was given back");
}

#[test]
fn a_permission_that_was_lost_while_a_store_was_asked_counts() {
    let world = World::new();
    let mut client = world.client("ana", json!([]));
    client.hold = |output| matches!(output, Output::Attach { .. });
    client.send(&world, &subscribe(1, json!(["incidents"])));
    let token = world.token_of("acme", "ana", &[], &[], 60);
    client.send(&world, &json!({"type": "rt.auth", "ref": 2, "token": token}));
    let Some(Output::Attach { ticket, key, request, .. }) = client.held.pop() else { panic!("no attach") };
    let attached = world.broker.hub().attach(&key, &client.mailbox, ticket.slot, &request, world.now());
    client.answer(&world, Answer::Tail { ticket, attached });
    let frames = client.frames(&world);
    assert_eq!(frames[0]["type"], "rt.result");
    assert_eq!(frames[1]["topics"][0]["error"]["code"], "forbidden");
    assert_eq!(world.broker.hub().size().topics, 0);
}

#[test]
fn the_same_names_in_two_tenants_and_of_two_users_are_apart() {
    let world = World::new();
    let mut ana = world.client("ana", json!(["incidents", "user", "open:incidents"]));
    let mut bob = world.client("bob", json!(["incidents", "user", "open:incidents"]));
    let mut eve = world.socket();
    eve.hello(&world, &world.token("other", "ana"), json!(["incidents", "user", "open:incidents"]));
    eve.frames(&world);
    let user = TopicKey::of_user(TenantId::parse("acme").unwrap(), UserId::parse("ana").unwrap());
    world.publish(&Draft { topic: user, kind: "for_ana".into(), ..World::draft("acme", "x") });
    world.publish(&Draft { requires_acknowledgment: true, ..World::draft("acme", "incidents") });
    let kinds = |frames: Vec<Value>| -> Vec<String> {
        frames.iter().map(|frame| format!("{} {}", frame["rt"]["topic"], frame["type"])).collect()
    };
    let ana = kinds(ana.frames(&world));
    assert_eq!(ana, ["\"incidents\" \"note\"", "\"user\" \"for_ana\"", "\"open:incidents\" \"note\""]);
    assert_eq!(kinds(bob.frames(&world)), ["\"incidents\" \"note\"", "\"open:incidents\" \"note\""]);
    assert!(kinds(eve.frames(&world)).is_empty());
}

#[test]
fn an_ended_session_gives_everything_back() {
    let world = World::new();
    let mut client = world.client("ana", json!(["a", "b", "c.progress"]));
    assert_eq!(world.broker.hub().size().topics, 3);
    client.session.handle_closed();
    client.perform(&world);
    assert_eq!(world.broker.hub().size().topics, 0);
}

#[test]
fn a_request_overtaken_while_its_store_is_slow_is_answered_all_the_same() {
    let mut world = World::new();
    let mut client = world.client("ana", json!([]));
    client.hold = |output| matches!(output, Output::Attach { .. });
    client.send(&world, &subscribe(1, json!(["incidents"])));
    client.send(&world, &json!({"type": "unsubscribe", "ref": 2, "topics": ["incidents"]}));
    client.send(&world, &subscribe(3, json!(["incidents"])));
    client.send(&world, &subscribe(4, json!(["incidents"])));
    let newest = client.held.pop().unwrap();
    let answer = world.broker.perform(newest, client.session.principal(), &client.mailbox, world.now());
    client.answer(&world, answer.unwrap());
    let references = |frames: &[Value]| frames.iter().map(|frame| frame["ref"].clone()).collect::<Vec<_>>();
    assert_eq!(references(&client.frames(&world)), [2, 4]);

    world.now_ms = 1_000;
    client.tick(&world);
    let frames = client.frames(&world);
    assert_eq!(references(&frames), [1, 3]);
    assert!(frames.iter().all(|frame| frame["topics"][0]["error"]["retryable"] == true), "{frames:?}");
    assert!(client.session.deadline().as_millis() > world.now_ms, "the deadline is over");
    world.publish_to("incidents");
    assert_eq!(offsets(&client.frames(&world)), [1], "the newest request holds");
}
