//! The same session, collected.

use super::*;

fn exchange(world: &World, body: &Value) -> Client {
    let mut client = Client::new(Session::exchange(Arc::clone(&world.context), 1, world.now()));
    client.send(world, body);
    client
}

#[test]
fn an_exchange_gives_the_welcome_then_results_then_events() {
    let world = World::new();
    world.publish_to("incidents");
    let mut hello = hello(&world.token("acme", "ana"), json!([{"topic": "incidents", "history": 9}]));
    hello["results_epoch"] = json!("boot1");
    let message = json!({"type": "note", "payload": 1, "rt": {"ref": 7, "idem": "i", "topic": "incidents"}});
    let mut client = exchange(&world, &json!([hello, message]));
    let frames = client.frames(&world);
    let kinds: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["rt.welcome", "rt.result", "note", "note"]);
}

#[test]
fn what_the_hello_says_is_not_said_again() {
    let world = World::new();
    let mut hello = hello(&world.token("acme", "ana"), json!([]));
    hello["results_epoch"] = json!("boot1");
    let body = json!([
        hello,
        {"type": "subscribe", "ref": 1, "topics": ["a"]},
        {"type": "unsubscribe", "ref": 2, "topics": ["a"]},
        {"type": "rt.auth", "ref": 3, "token": "x"},
        {"type": "ping", "t": 1},
        {"type": "rt.bye"}
    ]);
    let frames = exchange(&world, &body).frames(&world);
    assert_eq!(frames.len(), 4);
    assert_eq!(frames[1]["topics"][0]["error"]["code"], "bad_frame");
    assert_eq!(
        (&frames[2]["type"], &frames[2]["error"]["code"]),
        (&json!("unsubscribed"), &json!("bad_frame"))
    );
    assert_eq!(frames[3]["error"]["code"], "bad_frame");
}

#[test]
fn messages_for_another_table_of_results_are_not_carried_out() {
    let world = World::new();
    for results_epoch in [json!(null), json!("boot0")] {
        let mut hello = hello(&world.token("acme", "ana"), json!(["incidents"]));
        hello["results_epoch"] = results_epoch;
        let message =
            json!({"type": "note", "payload": 1, "rt": {"ref": 7, "idem": "i", "topic": "incidents"}});
        let frames = exchange(&world, &json!([hello, message])).frames(&world);
        assert_eq!(frames.len(), 1);
        assert_eq!(frames[0]["results_epoch"], "boot1");
    }
    assert_eq!(world.broker.hub().size().bytes, 0);
}

#[test]
fn a_long_poll_is_for_the_hello_alone_and_no_longer_than_the_token_lives() {
    let world = World::new();
    let waits = |life_s: u64, wait_ms: u64, more: bool| {
        let mut hello = hello(&world.token_of("acme", "ana", &["*"], &["*"], life_s), json!(["a.progress"]));
        hello["wait_ms"] = json!(wait_ms);
        let body = if more { json!([hello, {"type": "ping"}]) } else { json!([hello]) };
        let mut client = exchange(&world, &body);
        let live = client.frame(&world).unwrap()["topics"][0].get("live").is_none();
        (client.session.wait_ms(), live)
    };
    assert_eq!(waits(60, 20_000, false), (20_000, true));
    assert_eq!(waits(60, 99_000, false), (25_000, true));
    assert_eq!(waits(10, 20_000, false), (10_000, true));
    assert_eq!(waits(60, 0, false), (0, false));
    assert_eq!(waits(60, 20_000, true), (0, false));
}

#[test]
fn a_short_poll_registers_nowhere_and_an_exchange_never_takes_over() {
    let world = World::new();
    let mut link = world.client("ana", json!([]));
    let mut hello = hello(&world.token("acme", "ana"), json!(["a", "b"]));
    hello["link"] = json!(9);
    let mut client = exchange(&world, &json!([hello]));
    client.frames(&world);
    assert_eq!(world.broker.hub().size().topics, 0);
    link.frames(&world);
    assert_eq!(link.ended(), None);
}

#[test]
fn an_exchange_asks_for_no_tick_that_changes_nothing() {
    let mut world = World::new();
    let hello = hello(&world.token_of("acme", "ana", &["*"], &["*"], 30), json!(["a"]));
    let mut client = exchange(&world, &json!([hello]));
    client.frames(&world);
    world.now_ms = 3_600_000;
    client.tick(&world);
    assert!(client.session.deadline().as_millis() > world.now_ms, "{:?}", client.session.deadline());
}
