//! The hello, the welcome, and new tokens.

use super::*;

#[test]
fn a_good_hello_is_welcomed_with_a_result_for_each_topic() {
    let world = World::new();
    world.publish_to("incidents");
    let mut client = world.socket();
    client.hello(
        &world,
        &world.token("acme", "ana"),
        json!([{"topic": "incidents", "history": 5}, "kpis", "user", "a.progress", "bad name", "user:bob", "rt:x"]),
    );
    let frames = client.frames(&world);
    let welcome = &frames[0];
    assert_eq!(welcome["type"], "rt.welcome");
    assert_eq!(welcome["version"], 1);
    assert_eq!(welcome["results_epoch"], "boot1");
    assert_eq!(welcome["auth_expires_in_ms"], 3_600_000);
    let topics = welcome["topics"].as_array().unwrap();
    let result = |index: usize| (&topics[index]["topic"], &topics[index]["class"], &topics[index]["top"]);
    assert_eq!(result(0), (&json!("incidents"), &json!("log"), &json!(1)));
    assert_eq!(result(1), (&json!("kpis"), &json!("state"), &json!(0)));
    assert_eq!(result(2), (&json!("user"), &json!("log"), &json!(0)));
    assert_eq!(topics[3]["class"], "ephemeral");
    for topic in &topics[4..7] {
        assert_eq!(topic["error"]["code"], "bad_topic", "{topic}");
    }
    assert_eq!(offsets(&frames), [1]);
}

#[test]
fn anything_but_a_hello_comes_too_early() {
    for text in ["{\"type\":\"ping\"}", "{\"type\":\"note\"}", "nonsense", "[]"] {
        let world = World::new();
        let mut client = world.socket();
        client.send_text(&world, text);
        let frames = client.frames(&world);
        assert_eq!(frames[0]["type"], "rt.error", "{text}");
        assert_eq!((&frames[1]["type"], &frames[1]["code"]), (&json!("rt.bye"), &json!(4400)));
        assert_eq!(client.ended(), Some(4400));
    }
}

#[test]
fn a_hello_is_refused_by_version_token_instance_and_size() {
    let world = World::new();
    let token = world.token("acme", "ana");
    let good = hello(&token, json!([]));
    let with = |key: &str, value: Value| {
        let mut hello = good.clone();
        hello[key] = value;
        hello
    };
    let cases = [
        (with("version", json!(2)), 4406),
        (with("token", json!("x")), 4401),
        (with("token", json!(world.token_of("acme", "ana", &[], &[], 0))), 0),
        (with("instance", json!("")), 4400),
        (with("instance", json!("a b")), 4400),
        (with("padding", json!("x".repeat(70_000))), 1009),
    ];
    for (hello, code) in cases {
        let mut client = world.socket();
        client.send(&world, &hello);
        let ended = client.ended().unwrap_or(0);
        assert_eq!(ended, code, "{}", hello["version"]);
    }
}

#[test]
fn a_second_hello_is_a_bad_frame() {
    let world = World::new();
    let mut client = world.client("ana", json!([]));
    client.hello(&world, &world.token("acme", "ana"), json!([]));
    assert_eq!(client.frames(&world)[0]["error"]["code"], "bad_frame");
    assert_eq!(client.ended(), None);
}

#[test]
fn the_heartbeat_may_be_wished_within_bounds() {
    let world = World::new();
    for (wished, given) in
        [(json!(null), 25_000), (json!(6_000), 6_000), (json!(1), 5_000), (json!(99_999), 60_000)]
    {
        let mut client = world.socket();
        let mut hello = hello(&world.token("acme", "ana"), json!([]));
        hello["heartbeat_ms"] = wished;
        client.send(&world, &hello);
        assert_eq!(client.frames(&world)[0]["heartbeat_ms"], given);
    }
}

#[test]
fn the_welcome_waits_a_second_for_a_store_and_no_longer() {
    let mut world = World::new();
    let mut client = world.socket();
    client.hold = |output| matches!(output, Output::Attach { key, .. } if key.name().as_str() == "slow");
    client.hello(&world, &world.token("acme", "ana"), json!(["slow", "fast"]));
    assert!(client.frames(&world).is_empty());
    assert!(!client.session.wants_input());
    world.now_ms = 999;
    client.tick(&world);
    assert!(client.frames(&world).is_empty());
    world.now_ms = 1_000;
    assert_eq!(client.session.deadline().as_millis(), 1_000);
    client.tick(&world);
    let welcome = &client.frames(&world)[0];
    assert_eq!(welcome["topics"][0]["error"]["code"], "unavailable");
    assert_eq!(welcome["topics"][0]["error"]["retryable"], true);
    assert_eq!(welcome["topics"][1]["ok"], true);
}

#[test]
fn a_new_token_is_taken_for_the_same_user_alone() {
    let world = World::new();
    let mut client = world.client("ana", json!([]));
    client.send(&world, &json!({"type": "rt.auth", "ref": 1, "token": "x"}));
    let frames = client.frames(&world);
    assert_eq!((&frames[0]["ref"], &frames[0]["error"]["code"]), (&json!(1), &json!("unauthorized")));
    let token = world.token_of("acme", "ana", &["*"], &["*"], 60);
    client.send(&world, &json!({"type": "rt.auth", "ref": 2, "token": token}));
    let frames = client.frames(&world);
    assert_eq!((&frames[0]["ok"], &frames[0]["auth_expires_in_ms"]), (&json!(true), &json!(60_000)));
    for token in [world.token("acme", "bob"), world.token("other", "ana")] {
        let mut client = world.client("ana", json!([]));
        client.send(&world, &json!({"type": "rt.auth", "ref": 3, "token": token}));
        assert_eq!(client.ended(), Some(4403));
    }
}

#[test]
fn a_new_token_takes_away_what_it_does_not_permit() {
    let world = World::new();
    let mut client = world.client("ana", json!(["incidents", "threats", "user"]));
    world.publish_to("threats");
    let token = world.token_of("acme", "ana", &["incidents"], &[], 60);
    client.send(&world, &json!({"type": "rt.auth", "ref": 1, "token": token}));
    world.publish_to("threats");
    world.publish_to("incidents");
    let frames = client.frames(&world);
    assert_eq!(frames[0]["type"], "rt.result");
    assert_eq!(frames[1]["type"], "unsubscribed");
    assert_eq!(frames[1]["ref"], json!(null));
    assert_eq!(frames[1]["topics"], json!(["threats"]));
    assert_eq!(frames[1]["error"]["code"], "forbidden");
    let events: Vec<_> = frames[2..].iter().map(|frame| frame["rt"]["topic"].as_str().unwrap()).collect();
    assert_eq!(events, ["incidents"]);
}

#[test]
fn a_draining_server_answers_every_hello_with_goodbye() {
    let world = World::new();
    world.context.begin_drain(Instant::from_millis(25_000));
    let mut client = world.socket();
    client.hello(&world, &world.token("acme", "ana"), json!([]));
    let frames = client.frames(&world);
    assert_eq!((&frames[0]["type"], &frames[0]["code"]), (&json!("rt.bye"), &json!(4503)));
    assert_eq!(client.ended(), Some(4503));
}

#[test]
fn nothing_that_came_with_the_hello_is_answered_before_the_welcome() {
    let world = World::new();
    let mut client = world.socket();
    client.hold = |output| matches!(output, Output::Attach { .. });
    let hello = hello(&world.token("acme", "ana"), json!(["incidents"]));
    let subscribe = json!({"type": "subscribe", "ref": 3, "topics": ["no name"]});
    client.send(&world, &json!([hello, subscribe]));
    assert_eq!(client.frames(&world), [] as [Value; 0]);
    let Some(Output::Attach { ticket, .. }) = client.held.pop() else { panic!("{:?}", client.held) };
    client.answer(&world, Answer::Unavailable { ticket });
    let frames = client.frames(&world);
    let kinds: Vec<_> = frames.iter().map(|frame| &frame["type"]).collect();
    assert_eq!(kinds, ["rt.welcome", "subscribed"]);
}

#[test]
fn a_link_that_ends_before_its_welcome_gets_no_late_answers() {
    let world = World::new();
    let mut client = world.socket();
    client.hold = |output| matches!(output, Output::Attach { .. });
    let hello = hello(&world.token("acme", "ana"), json!(["incidents"]));
    let acknowledge = json!({"type": "rt.ack", "ref": 3, "ids": ["e"], "state": "acknowledged"});
    client.send(&world, &json!([hello, acknowledge, {"type": "rt.bye"}]));
    assert_eq!(client.ended(), Some(1000));
    assert_eq!(client.frames(&world), [] as [Value; 0]);
}
