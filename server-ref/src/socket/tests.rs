#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use steadfast_core::bytes::{join, split};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use crate::testing::{Server, hello, token};

#[tokio::test]
async fn an_event_goes_from_a_publisher_to_its_readers() {
    let server = Server::start(|_| {}).await;
    let (mut link, response) = server.handshake(Some("steadfast.v1")).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "steadfast.v1");
    link.send(&hello(&token("acme", "ana"), json!(["incidents"]))).await;
    assert_eq!(link.next().await["topics"][0]["ok"], true);
    let published = server
        .publish(json!({"tenant_id": "acme", "topic": "incidents", "type": "note", "payload": 1}))
        .await;
    let event = link.next().await;
    assert_eq!(event["rt"]["id"], published.id);
    assert_eq!(event["rt"]["offset"], 1);
    link.send(&json!({"type": "note", "payload": 2, "rt": {"ref": 1, "idem": "a", "topic": "incidents"}}))
        .await;
    assert_eq!(link.next().await["ok"], true);
    assert_eq!(link.next().await["payload"], 2);
}

#[tokio::test]
async fn refusals_are_told_by_a_frame_and_a_close_code() {
    let server = Server::start(|_| {}).await;
    for subprotocol in [None, Some("other")] {
        let mut link = match server.handshake(subprotocol).await {
            Ok((link, _)) => link,
            // This client, like browsers, gives up by itself when its offer is not selected.
            Err(Error::Protocol(_)) => continue,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(link.next().await["code"], 4406);
        assert_eq!(link.closed().await, 4406);
    }
    let mut link = server.open().await;
    link.send(&hello("no token", json!([]))).await;
    let bye = link.next().await;
    assert_eq!((&bye["type"], &bye["code"]), (&json!("rt.bye"), &json!(4401)));
    assert_eq!(link.closed().await, 4401);
}

#[tokio::test]
async fn a_full_server_answers_503_before_the_upgrade() {
    let server = Server::start(|config| config.limits.max_connections = Some(1)).await;
    let link = server.welcomed("ana", json!([])).await;
    let Err(Error::Http(response)) = server.handshake(Some("steadfast.v1")).await.map(|_| ()) else {
        panic!("not refused");
    };
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    drop(link);
    server.state.admission.none_open().await;
    server.welcomed("ana", json!([])).await;
}

#[tokio::test]
async fn both_ways_of_leaving_give_the_place_back() {
    let server = Server::start(|_| {}).await;
    let mut polite = server.welcomed("ana", json!(["a"])).await;
    polite.0.close(None).await.unwrap();
    assert!(matches!(polite.0.next().await, Some(Ok(Message::Close(_)))), "the close is answered");
    assert!(polite.0.next().await.is_none());
    let mut wordless = server.welcomed("bob", json!(["a"])).await;
    wordless.send(&json!({"type": "rt.bye"})).await;
    assert_eq!(wordless.closed().await, 1000);
    drop(server.welcomed("eve", json!(["a"])).await);
    server.state.admission.none_open().await;
    assert!(server.state.metrics.text().contains("steadfast_connections_closed_total{code=\"1000\"} 1"));
}

#[tokio::test]
async fn a_message_too_large_is_closed_with_1009_and_the_close_arrives() {
    let server = Server::start(|_| {}).await;
    let mut link = server.welcomed("ana", json!([])).await;
    // The client may be stopped in the middle of writing; what counts is that it learns why.
    let _ = link.0.send(Message::text("x".repeat(3 << 20))).await;
    assert_eq!(link.closed().await, 1009);
}

#[tokio::test]
async fn large_messages_leave_the_next_ones_whole() {
    let server = Server::start(|_| {}).await;
    let mut link = server.welcomed("ana", json!([])).await;
    let large = json!({"type": "ping", "t": 1, "padding": "x".repeat(100_000)}).to_string();
    for _ in 0..3 {
        // The second begins within the bytes of the first, the pong in between says that all before it is taken.
        link.0.feed(Message::text(large.as_str())).await.unwrap();
        link.0.feed(Message::text(json!({"type": "ping", "t": 2}).to_string())).await.unwrap();
        link.0.flush().await.unwrap();
        assert_eq!([link.next().await["t"].clone(), link.next().await["t"].clone()], [1, 2]);
    }
}

#[tokio::test]
async fn text_that_is_no_utf8_is_closed_with_1007() {
    let server = Server::start(|_| {}).await;
    let mut link = server.welcomed("ana", json!([])).await;
    // A masked text frame of one byte: 0xff under a mask of zeros.
    link.0.get_mut().write_all(&[0x81, 0x81, 0, 0, 0, 0, 0xff]).await.unwrap();
    assert_eq!(link.closed().await, 1007);
}

#[tokio::test]
async fn transport_pings_are_answered_between_events() {
    let server = Server::start(|_| {}).await;
    let mut link = server.welcomed("ana", json!(["a"])).await;
    let payload = "x".repeat(200_000);
    for index in 0..20 {
        server.publish(json!({"tenant_id": "acme", "topic": "a", "type": "t", "payload": payload})).await;
        link.0.send(Message::Ping(Bytes::from(vec![index]))).await.unwrap();
    }
    let (mut events, mut pongs) = (Vec::new(), Vec::new());
    while events.len() < 20 || pongs.len() < 20 {
        match link.message().await {
            Message::Text(text) => {
                let event: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(event["payload"], payload);
                events.push(event["rt"]["offset"].as_u64().unwrap());
            }
            Message::Pong(bytes) => pongs.push(bytes[0]),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(events, (1..=20).collect::<Vec<_>>());
    assert_eq!(pongs, (0..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn events_that_are_ready_together_come_as_one_message_and_whole() {
    const EVENTS: u64 = 500;
    let server = Server::start(|_| {}).await;
    for number in 1..=EVENTS {
        server.publish(json!({"tenant_id": "acme", "topic": "a", "type": "t", "payload": number})).await;
    }
    let mut link = server.welcomed("ana", json!([{"topic": "a", "history": EVENTS}])).await;
    let mut events = Vec::new();
    let mut messages = 0;
    while events.len() < EVENTS as usize {
        let Message::Text(text) = link.message().await else { panic!("not a text") };
        messages += 1;
        match serde_json::from_str(&text).unwrap() {
            Value::Array(batch) => events.extend(batch),
            event => events.push(event),
        }
    }
    let offset = |event: &Value| event["rt"]["offset"].as_u64().unwrap();
    assert_eq!(events.iter().map(offset).collect::<Vec<_>>(), (1..=EVENTS).collect::<Vec<_>>());
    assert!(events.iter().all(|event| event["payload"] == event["rt"]["offset"]));
    assert!(messages < EVENTS / 10, "{messages} messages");
}

#[tokio::test]
async fn bytes_go_as_binary_messages() {
    let server = Server::start(|_| {}).await;
    let mut link = server.welcomed("ana", json!(["a"])).await;
    let header = json!({"type": "audio", "rt": {"ref": 1, "idem": "x", "topic": "a"}}).to_string();
    link.0.send(Message::binary(join(&header, &[0, 255, 7]))).await.unwrap();
    assert_eq!(link.next().await["ok"], true);
    let Message::Binary(message) = link.message().await else { panic!("no binary message") };
    let (header, payload) = split(&message).unwrap();
    assert_eq!(payload, [0, 255, 7]);
    let header: Value = serde_json::from_str(header).unwrap();
    assert_eq!((&header["type"], &header["rt"]["offset"]), (&json!("audio"), &json!(1)));
}

#[tokio::test]
async fn a_slow_reader_rewinds_is_told_its_gap_and_delays_nobody() {
    let server = Server::start(|_| {}).await;
    let mut slow = server.welcomed("ana", json!(["a"])).await;
    let mut quick = server.welcomed("bob", json!(["a"])).await;
    let payload = "x".repeat(500_000);
    for offset in 1..=80 {
        server.publish(json!({"tenant_id": "acme", "topic": "a", "type": "t", "payload": payload})).await;
        assert_eq!(quick.next().await["rt"]["offset"], offset);
    }
    let (mut seen, mut lost) = (0, 0);
    while seen < 80 {
        let frame = slow.next().await;
        if frame["type"] == "rt.gap" {
            assert_eq!(frame["reason"], "slow_consumer");
            lost += frame["offset"].as_u64().unwrap() - seen;
            seen = frame["offset"].as_u64().unwrap();
        } else {
            assert_eq!(frame["rt"]["offset"].as_u64().unwrap(), seen + 1);
            seen += 1;
        }
    }
    assert!(lost > 0, "40 MB did not fit into the socket's buffers");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_is_closed_after_thirty_seconds() {
    let server = Server::start(|config| config.heartbeat.interval_ms = 60_000).await;
    let link = server.welcomed("ana", json!(["a"])).await;
    let payload = "x".repeat(500_000);
    for _ in 0..16 {
        server.publish(json!({"tenant_id": "acme", "topic": "a", "type": "t", "payload": payload})).await;
    }
    let began = tokio::time::Instant::now();
    server.state.admission.none_open().await;
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(30) && took < Duration::from_secs(36), "{took:?}");
    assert!(server.state.metrics.text().contains("code=\"4508\"} 1"), "{}", server.state.metrics.text());
    drop(link);
}

#[tokio::test(start_paused = true)]
async fn a_silent_link_is_pinged_and_then_closed() {
    let server = Server::start(|_| {}).await;
    let mut link = server.welcomed("ana", json!([])).await;
    assert_eq!(link.next().await["type"], "ping");
    assert_eq!(link.next().await["type"], "ping");
    assert_eq!(link.next().await["code"], 4408);
    assert_eq!(link.closed().await, 4408);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_hello_is_closed() {
    let server = Server::start(|_| {}).await;
    let mut link = server.open().await;
    assert_eq!(link.next().await["code"], 4408);
    assert_eq!(link.closed().await, 4408);
}

#[tokio::test(start_paused = true)]
async fn a_drain_is_told_and_at_its_deadline_the_rest_is_closed() {
    let server = Server::start(|_| {}).await;
    let mut stays = server.welcomed("ana", json!(["a"])).await;
    let mut goes = server.welcomed("bob", json!([])).await;
    let pod = std::sync::Arc::clone(&server.pod);
    let state = std::sync::Arc::clone(&server.state);
    let address = server.address;
    let ended = server.shut_down();
    let drain = stays.next().await;
    assert_eq!((&drain["type"], &drain["deadline_ms"]), (&json!("rt.drain"), &json!(16_000)));
    assert_eq!(goes.next().await["type"], "rt.drain");
    goes.send(&json!({"type": "rt.bye"})).await;
    assert_eq!(goes.closed().await, 1000);
    // The link works until then.
    stays.send(&json!({"type": "note", "payload": 1, "rt": {"ref": 1, "idem": "x", "topic": "a"}})).await;
    assert_eq!(stays.next().await["ok"], true);
    assert_eq!(stays.next().await["payload"], 1);
    assert_eq!(stays.next().await["code"], 4503);
    assert_eq!(stays.closed().await, 4503);
    assert_eq!(state.clock.monotonic().as_millis() / 1_000, 16);
    ended.await.unwrap();
    drop(pod);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_newer_link_closes_the_older_one() {
    let server = Server::start(|_| {}).await;
    let mut older = server.welcomed("ana", json!(["a"])).await;
    let mut newer = server.open().await;
    let mut second = hello(&token("acme", "ana"), json!(["a"]));
    second["link"] = json!(2);
    newer.send(&second).await;
    assert_eq!(newer.next().await["type"], "rt.welcome");
    assert_eq!(older.closed().await, 4409);
}

#[tokio::test]
async fn a_hundred_readers_get_every_event_in_order() {
    let server = Server::start(|_| {}).await;
    let mut links = Vec::new();
    for index in 0..100 {
        links.push(server.welcomed(&format!("u{index}"), json!(["a", "kpis"])).await);
    }
    for index in 0..50 {
        server.publish(json!({"tenant_id": "acme", "topic": "a", "type": "t", "payload": index})).await;
    }
    for link in &mut links {
        for offset in 1..=50 {
            assert_eq!(link.next().await["rt"]["offset"], offset);
        }
    }
}

#[test]
fn a_connection_stays_small() {
    // All that an idle connection keeps alive in its task; thousands of them are the server's memory.
    let size = size_of::<super::connection::Connection>();
    // A few bytes more where tokio's features, which the rest of a workspace switches on, are fewer.
    assert!(size <= 904, "{size}");
}
