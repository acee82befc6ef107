//! What is written of the topics, and in which order.

use super::*;
use crate::config::{LogRetention, TopicPolicy, TopicRule, TopicRules};
use crate::hub::Topic;
use crate::log::Event;
use crate::session::Ticket;

#[test]
fn a_slow_reader_of_a_log_goes_on_from_its_cursor_and_gets_a_gap_where_the_log_has_moved_past() {
    let world = World::with(|config| {
        let retention = LogRetention { history_events: 100, ..LogRetention::default() };
        let policy = TopicPolicy::Log(retention, crate::config::Acknowledgements::Any);
        let pattern = Pattern::parse("*").unwrap();
        config.topics = TopicRules::new(vec![TopicRule { pattern, policy }]);
    });
    let mut client = world.client("ana", json!(["incidents"]));
    for _ in 0..100 {
        world.publish_to("incidents");
    }
    let taken: Vec<_> = (0..30).filter_map(|_| client.frame(&world)).collect();
    assert_eq!(offsets(&taken), (1..=30).collect::<Vec<_>>());
    // The session holds one read of 64; the log moves on to 201..=300.
    for _ in 0..200 {
        world.publish_to("incidents");
    }
    let frames = client.frames(&world);
    assert_eq!(offsets(&frames), (31..=64).chain(201..=300).collect::<Vec<_>>());
    let gap = frames.iter().position(|frame| frame["type"] == "rt.gap").unwrap();
    assert_eq!(gap, 34, "before the first event beyond it");
    assert_eq!(
        frames[gap],
        json!({"type": "rt.gap", "topic": "incidents", "reason": "slow_consumer", "epoch": "boot1", "offset": 200})
    );
}

#[test]
fn a_slow_reader_of_a_state_topic_gets_the_last_values_alone() {
    let world = World::new();
    let mut client = world.client("ana", json!(["kpis"]));
    for value in 0..1_000 {
        world.write_key("kpis", ["a", "b", "c"][value % 3], &value.to_string());
    }
    let values: Vec<_> =
        client.frames(&world).iter().map(|frame| frame["payload"].as_u64().unwrap()).collect();
    assert_eq!(values, [997, 998, 999]);
}

#[test]
fn a_reader_that_missed_a_forgotten_deletion_is_restarted() {
    let mut world = World::new();
    for key in 0..100 {
        world.write_key("kpis", &format!("k{key}"), "1");
    }
    let mut client = world.client("ana", json!([]));
    client.send(&world, &json!({"type": "subscribe", "ref": 1, "topics": ["kpis"]}));
    // One read of 64 is taken into the session; the reader stands there.
    for _ in 0..10 {
        client.frame(&world);
    }
    world.delete_key("kpis", "k0");
    world.now_ms = 600_001;
    world.write_key("kpis", "other", "1");
    let frames = client.frames(&world);
    let reset = frames.iter().position(|frame| frame["type"] == "subscribed").unwrap();
    assert_eq!(frames[reset]["ref"], json!(null));
    let result = &frames[reset]["topics"][0];
    assert_eq!((&result["recovery"], &result["offset"]), (&json!("reset"), &json!(0)));
    let after: Vec<_> =
        frames[reset + 1..].iter().map(|frame| frame["rt"]["key"].as_str().unwrap()).collect();
    assert_eq!(after.len(), 100, "all values but the deleted, each once, and no second restart");
    assert!(!after.contains(&"k0"));
    assert_eq!(frames[reset + 1..].last().unwrap()["rt"]["offset"], result["top"]);
}

#[test]
fn a_filtered_reader_gets_its_keys_and_is_told_their_top() {
    let world = World::new();
    for (key, value) in [("a", "1"), ("b", "2"), ("c", "3"), ("a", "4"), ("d", "5")] {
        world.write_key("kpis", key, value);
    }
    let mut client = world.socket();
    client.hello(&world, &world.token("acme", "ana"), json!([{"topic": "kpis", "keys": ["b", "a", "none"]}]));
    let frames = client.frames(&world);
    assert_eq!(frames[0]["topics"][0]["top"], 4);
    assert_eq!(offsets(&frames), [2, 4]);
    world.write_key("kpis", "d", "6");
    assert!(client.frames(&world).is_empty());
    world.delete_key("kpis", "b");
    let frames = client.frames(&world);
    assert_eq!((&frames[0]["rt"]["key"], &frames[0]["rt"]["deleted"]), (&json!("b"), &json!(true)));
}

#[test]
fn a_slow_reader_of_an_ephemeral_topic_loses_the_oldest_without_a_word() {
    let world = World::new();
    let mut client = world.client("ana", json!(["a.progress"]));
    for value in 0..300 {
        let payload = Payload::Json(value.to_string().into());
        world.publish(&Draft { payload, ..World::draft("acme", "a.progress") });
    }
    let frames = client.frames(&world);
    let values: Vec<_> = frames.iter().map(|frame| frame["payload"].as_u64().unwrap()).collect();
    assert_eq!(values, (44..300).collect::<Vec<_>>());
    assert!(frames.iter().all(|frame| frame["rt"].get("offset").is_none()));
}

#[test]
fn control_comes_first_then_logs_then_states_then_ephemeral_topics_in_turns() {
    let world = World::new();
    let mut client = world.client("ana", json!(["x.progress", "kpis", "log1", "log2"]));
    let big = Payload::Json(format!("\"{}\"", "x".repeat(10_000)).into());
    for _ in 0..5 {
        world.publish(&Draft { payload: big.clone(), ..World::draft("acme", "log1") });
    }
    world.publish_to("log2");
    world.publish_to("x.progress");
    world.write_key("kpis", "a", "1");
    client.send(&world, &json!({"type": "ping"}));
    let frames = client.frames(&world);
    let order: Vec<_> =
        frames.iter().map(|frame| frame["rt"]["topic"].as_str().unwrap_or("control")).collect();
    // Three of log1 are its quantum of 32 KiB; the rest waits for its next turn.
    assert_eq!(order, ["control", "log1", "log1", "log1", "log2", "kpis", "x.progress", "log1", "log1"]);
    client.send(&world, &json!({"type": "ping"}));
    for _ in 0..3 {
        world.publish_to("log2");
    }
    client.frame(&world);
    client.frame(&world);
    client.send(&world, &json!({"type": "ping", "t": 5}));
    assert_eq!(client.frame(&world).unwrap(), json!({"type": "pong", "t": 5}), "even within a batch");
}

#[test]
fn a_batch_that_was_written_takes_no_memory() {
    let world = World::new();
    let mut client = world.client("ana", json!(["log"]));
    for _ in 0..200 {
        world.publish_to("log");
    }
    assert_eq!(client.frames(&world).len(), 200);
    assert!(!client.session.reader.has_more());
    assert!(client.session.reader.kept_room() <= 4);
    assert_eq!(client.session.control.capacity(), 0);
    assert_eq!(client.session.outputs.capacity(), 0);
}

/// A world in which the log `incidents` has a store with the offsets from 11 on, and the tail begins behind 100.
fn with_store() -> (World, Client) {
    let world = World::new();
    let key = TopicKey::shared(TenantId::parse("acme").unwrap(), TopicName::parse("incidents").unwrap());
    world.broker.hub().adopt(&key, "stored", 100, 11).unwrap();
    let mut client = world.socket();
    client.hold = |output| matches!(output, Output::Fetch { .. });
    let topics = json!([{"topic": "incidents", "cursor": {"epoch": "stored", "offset": 30}}, "other"]);
    client.hello(&world, &world.token("acme", "ana"), topics);
    let welcome = client.frame(&world).unwrap();
    assert_eq!(welcome["topics"][0]["recovery"], "resumed");
    assert_eq!(welcome["topics"][0]["top"], 100);
    (world, client)
}

fn fetch_of(client: &mut Client) -> (Ticket, Arc<Topic>, u64) {
    let Some(Output::Fetch { ticket, topic, epoch, from, limit }) = client.held.pop() else {
        panic!("no fetch")
    };
    assert_eq!((&*epoch, limit), ("stored", 64));
    (ticket, topic, from)
}

fn stored(offsets: impl IntoIterator<Item = u64>) -> Vec<Arc<Event>> {
    let text = |offset| format!(r#"{{"type":"t","rt":{{"id":"x","topic":"incidents","offset":{offset}}}}}"#);
    offsets.into_iter().map(|offset| Event::stored(offset, &text(offset), None)).collect()
}

#[test]
fn what_the_tail_does_not_hold_is_fetched_and_others_do_not_wait_for_it() {
    let (world, mut client) = with_store();
    world.publish_to("incidents");
    world.publish_to("other");
    assert_eq!(offsets(&client.frames(&world)), [1], "of the other topic");
    let (ticket, _, from) = fetch_of(&mut client);
    assert_eq!(from, 31);
    client.answer(&world, Answer::Fetched { ticket, events: stored(31..=94) });
    assert_eq!(offsets(&client.frames(&world)), (31..=94).collect::<Vec<_>>());
    let (ticket, _, from) = fetch_of(&mut client);
    assert_eq!(from, 95);
    client.answer(&world, Answer::Fetched { ticket, events: stored(95..=100) });
    world.publish_to("incidents");
    assert_eq!(offsets(&client.frames(&world)), [95, 96, 97, 98, 99, 100, 101, 102]);
    assert!(client.held.is_empty());
}

#[test]
fn what_the_store_has_lost_meanwhile_is_a_gap() {
    let (world, mut client) = with_store();
    client.frames(&world);
    let (ticket, ..) = fetch_of(&mut client);
    client.answer(&world, Answer::Fetched { ticket, events: stored(41..=43) });
    let frames = client.frames(&world);
    assert_eq!((&frames[0]["type"], &frames[0]["offset"]), (&json!("rt.gap"), &json!(40)));
    assert_eq!(offsets(&frames), [41, 42, 43]);
    let (ticket, ..) = fetch_of(&mut client);
    client.answer(&world, Answer::Fetched { ticket, events: Vec::new() });
    let frames = client.frames(&world);
    assert_eq!((frames.len(), &frames[0]["offset"]), (1, &json!(100)));
}

#[test]
fn a_store_that_does_not_answer_is_asked_again() {
    let (mut world, mut client) = with_store();
    client.frames(&world);
    let (ticket, ..) = fetch_of(&mut client);
    client.answer(&world, Answer::NotFetched { ticket });
    assert_eq!(client.session.deadline().as_millis(), 1_000);
    assert!(client.frames(&world).is_empty());
    world.now_ms = 1_000;
    client.tick(&world);
    client.frames(&world);
    let (ticket, _, from) = fetch_of(&mut client);
    assert_eq!(from, 31);
    client.answer(&world, Answer::Fetched { ticket, events: stored(31..=32) });
    assert_eq!(offsets(&client.frames(&world)), [31, 32]);
}

#[test]
fn an_answer_of_a_store_to_a_topic_that_was_left_is_dropped() {
    let (world, mut client) = with_store();
    client.frames(&world);
    let (ticket, ..) = fetch_of(&mut client);
    client.send(&world, &json!({"type": "subscribe", "ref": 1, "topics": ["incidents"]}));
    client.answer(&world, Answer::Fetched { ticket, events: stored(31..=32) });
    world.publish_to("incidents");
    assert_eq!(offsets(&client.frames(&world)), [101]);
}
