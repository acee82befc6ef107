//! Deadlines, the drain and the takeover.

use super::*;
use crate::hub::Order;

fn at(world: &mut World, client: &mut Client, now_ms: u64) -> Vec<Value> {
    world.now_ms = now_ms;
    client.tick(world);
    client.frames(world)
}

#[test]
fn a_hello_must_come_within_ten_seconds() {
    let mut world = World::new();
    let mut client = world.socket();
    assert_eq!(client.session.deadline().as_millis(), 10_000);
    assert!(at(&mut world, &mut client, 9_999).is_empty());
    assert_eq!(at(&mut world, &mut client, 10_000)[0]["code"], 4408);
}

#[test]
fn the_server_pings_each_heartbeat_and_closes_a_silent_link() {
    let mut world = World::new();
    let mut client = world.client("ana", json!([]));
    assert_eq!(client.session.deadline().as_millis(), 25_000);
    assert!(at(&mut world, &mut client, 24_999).is_empty());
    assert_eq!(at(&mut world, &mut client, 25_000), [json!({"type": "ping", "t": 25_000})]);
    client.send(&world, &json!({"type": "pong", "t": 25_000}));
    assert_eq!(at(&mut world, &mut client, 50_000)[0]["type"], "ping");
    assert_eq!(client.session.deadline().as_millis(), 75_000);
    // 25,000 + 2 · 25,000 + 10,000 since the pong.
    at(&mut world, &mut client, 84_999);
    assert_eq!(client.ended(), None);
    at(&mut world, &mut client, 85_000);
    assert_eq!(client.ended(), Some(4408));
}

#[test]
fn a_reader_that_takes_some_is_slow_but_alive() {
    let mut world = World::new();
    let mut client = world.client("ana", json!([]));
    for now_ms in (0..300_000).step_by(20_000) {
        world.now_ms = now_ms;
        client.session.handle_blocked(world.now());
        client.session.handle_write_progress(false, world.now());
        assert!(at(&mut world, &mut client, now_ms).is_empty(), "no ping behind a full socket");
        assert_eq!(client.ended(), None);
    }
}

#[test]
fn a_reader_that_takes_nothing_for_thirty_seconds_is_closed() {
    let mut world = World::new();
    let mut client = world.client("ana", json!([]));
    world.now_ms = 1_000;
    client.session.handle_blocked(world.now());
    world.now_ms = 2_000;
    client.session.handle_blocked(world.now());
    assert_eq!(client.session.deadline().as_millis(), 25_000);
    client.send(&world, &json!({"type": "pong"}));
    at(&mut world, &mut client, 30_999);
    assert_eq!(client.ended(), None);
    at(&mut world, &mut client, 31_000);
    assert_eq!(client.ended(), Some(4508));
}

#[test]
fn the_tokens_end_is_told_before_and_then_closes_the_link() {
    let mut world = World::new();
    let mut client = world.socket();
    client.hello(&world, &world.token_of("acme", "ana", &[], &[], 40), json!([]));
    client.frames(&world);
    assert!(at(&mut world, &mut client, 14_999).is_empty());
    let frames = at(&mut world, &mut client, 15_000);
    assert_eq!((&frames[0]["type"], &frames[0]["within_ms"]), (&json!("rt.auth_required"), &json!(25_000)));
    // Told once.
    at(&mut world, &mut client, 20_000);
    let token = world.token_of("acme", "ana", &[], &[], 60);
    client.send(&world, &json!({"type": "rt.auth", "ref": 1, "token": token}));
    client.frames(&world);
    at(&mut world, &mut client, 40_000);
    assert_eq!(client.ended(), None, "renewed");
    client.send(&world, &json!({"type": "pong"}));
    at(&mut world, &mut client, 79_999);
    assert_eq!(client.ended(), None);
    at(&mut world, &mut client, 80_000);
    assert_eq!(client.ended(), Some(4401));
}

#[test]
fn a_short_lived_token_is_not_asked_about_at_once() {
    let mut world = World::new();
    let mut client = world.socket();
    client.hello(&world, &world.token_of("acme", "ana", &[], &[], 8), json!([]));
    client.frames(&world);
    assert!(at(&mut world, &mut client, 2_999).is_empty());
    assert_eq!(at(&mut world, &mut client, 3_000)[0]["within_ms"], 5_000);
    let token = world.token_of("acme", "ana", &[], &[], 8);
    client.send(&world, &json!({"type": "rt.auth", "ref": 1, "token": token}));
    assert_eq!(client.frames(&world)[0]["type"], "rt.result");
    assert!(at(&mut world, &mut client, 5_999).is_empty());
    assert_eq!(at(&mut world, &mut client, 6_000)[0]["type"], "rt.auth_required");
}

#[test]
fn a_drain_is_told_and_the_link_works_until_its_deadline() {
    let mut world = World::new();
    let mut client = world.client("ana", json!(["incidents"]));
    world.now_ms = 2_000;
    world.context.begin_drain(Instant::from_millis(18_000));
    client.mailbox.order(Order::Drain);
    let frames = client.frames(&world);
    assert_eq!(frames[0]["type"], "rt.drain");
    assert_eq!(frames[0]["reconnect_after_ms"], json!([0, 1_000]));
    assert_eq!(frames[0]["deadline_ms"], 16_000);
    world.publish_to("incidents");
    assert_eq!(offsets(&client.frames(&world)), [1]);
    at(&mut world, &mut client, 17_999);
    assert_eq!(client.ended(), None);
    assert_eq!(at(&mut world, &mut client, 18_000)[0]["code"], 4503);
}

#[test]
fn a_newer_link_of_the_same_client_takes_over() {
    let mut world = World::new();
    let token = world.token("acme", "ana");
    let link = |world: &World, number: u64, handover: bool| {
        let mut client = world.socket();
        let mut hello = hello(&token, json!([]));
        hello["link"] = json!(number);
        hello["handover"] = json!(handover);
        client.send(world, &hello);
        client.frames(world);
        client
    };
    let mut first = link(&world, 1, false);
    let mut second = link(&world, 2, true);
    first.frames(&world);
    assert_eq!(first.ended(), None, "a handover leaves the older for a minute");
    let mut third = link(&world, 3, false);
    assert_eq!(first.frames(&world)[0]["code"], 4409);
    assert_eq!(second.frames(&world)[0]["code"], 4409);
    let mut stale = link(&world, 2, false);
    assert_eq!(stale.ended(), Some(4409));
    let mut fourth = link(&world, 4, true);
    third.frames(&world);
    world.now_ms = 59_999;
    third.send(&world, &json!({"type": "pong"}));
    fourth.send(&world, &json!({"type": "pong"}));
    third.tick(&world);
    assert_eq!(third.ended(), None);
    world.now_ms = 60_000;
    third.tick(&world);
    assert_eq!(third.ended(), Some(4409));
    fourth.tick(&world);
    assert_eq!(fourth.ended(), None);
    stale.frames(&world);
}

#[test]
fn a_goodbye_ends_the_link_without_one_in_return() {
    let world = World::new();
    let mut client = world.client("ana", json!(["a"]));
    client.send(&world, &json!({"type": "rt.bye"}));
    assert_eq!(client.ended(), Some(1000));
    assert!(client.frames(&world).is_empty());
    assert_eq!(world.broker.hub().size().topics, 0);
}
