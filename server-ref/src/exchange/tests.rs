#![allow(clippy::unwrap_used)]

use std::time::Duration;

use axum::body::Body;
use http::HeaderMap;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower::ServiceExt;

use super::*;
use crate::pump::Handlers;
use crate::testing::{Server, hello, token};

async fn post(server: &Server, body: impl Into<Body>) -> (StatusCode, HeaderMap, Value) {
    let request = Request::post("/api/v1/notifications/poll").body(body.into()).unwrap();
    let response = exchange_routes(&server.pod).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, serde_json::from_slice(&body).unwrap())
}

async fn exchange(server: &Server, frames: Value) -> Vec<Value> {
    let (status, _, answer) = post(server, frames.to_string()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer.as_array().unwrap().clone()
}

fn ana(topics: Value) -> Value {
    hello(&token("acme", "ana"), topics)
}

fn waiting(topics: Value, wait_ms: u64) -> Value {
    let mut hello = ana(topics);
    hello["wait_ms"] = json!(wait_ms);
    json!([hello])
}

fn event(payload: &Value) -> Value {
    json!({"tenant_id": "acme", "topic": "a", "type": "t", "payload": payload})
}

fn at(offset: u64, epoch: &Value) -> Value {
    json!([{"topic": "a", "cursor": {"epoch": epoch, "offset": offset}}])
}

fn offsets(frames: &[Value]) -> Vec<u64> {
    frames.iter().filter_map(|frame| frame["rt"]["offset"].as_u64()).collect()
}

#[tokio::test]
async fn an_answer_has_its_headers_the_welcome_and_the_events() {
    let server = Server::start(|_| {}).await;
    server.publish(event(&json!(1))).await;
    let frames = json!([ana(json!([{"topic": "a", "history": 1}]))]);
    let (status, headers, answer) = post(&server, frames.to_string()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["cache-control"], "no-store, no-transform");
    assert_eq!(headers["x-accel-buffering"], "no");
    assert_eq!(answer[0]["type"], "rt.welcome");
    assert_eq!(answer[1]["payload"], 1);
    assert_eq!(answer.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn bodies_that_are_not_understood_are_refused() {
    let server = Server::start(|config| config.limits.max_frame_bytes = 70_000).await;
    let cases = [
        (String::new(), StatusCode::BAD_REQUEST),
        ("[]".to_owned(), StatusCode::BAD_REQUEST),
        ("[5]".to_owned(), StatusCode::BAD_REQUEST),
        (ana(json!([])).to_string(), StatusCode::BAD_REQUEST),
        (json!([{"type": "ping"}, ana(json!([]))]).to_string(), StatusCode::BAD_REQUEST),
        (json!([hello("x", json!([]))]).to_string(), StatusCode::UNAUTHORIZED),
        (" ".repeat(70_001), StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (body, expected) in cases {
        let (status, _, answer) = post(&server, body.clone()).await;
        assert_eq!(status, expected, "{body}");
        assert!(answer["error"]["message"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn another_version_and_a_drain_are_told_by_a_goodbye() {
    let server = Server::start(|_| {}).await;
    let mut version = ana(json!([]));
    version["version"] = json!(2);
    assert_eq!(exchange(&server, json!([version])).await[0]["code"], 4406);
    let _held = server.state.admit().unwrap();
    server.pod.context.begin_drain(server.state.clock.monotonic());
    let answer = exchange(&server, json!([ana(json!([]))])).await;
    assert_eq!((answer.len(), &answer[0]["type"], &answer[0]["code"]), (1, &json!("rt.bye"), &json!(4503)));
}

#[tokio::test]
async fn a_thousand_events_an_answer_and_the_cursor_goes_on() {
    let server = Server::start(|_| {}).await;
    for index in 0..2_500 {
        server.publish(event(&json!(index))).await;
    }
    let mut seen = 0;
    let mut lengths = Vec::new();
    let epoch = exchange(&server, json!([ana(json!(["a"]))])).await[0]["topics"][0]["epoch"].clone();
    loop {
        let frames = exchange(&server, json!([ana(at(seen, &epoch))])).await;
        let offsets = offsets(&frames);
        assert_eq!(offsets, (seen + 1..=seen + offsets.len() as u64).collect::<Vec<_>>());
        seen += offsets.len() as u64;
        lengths.push(offsets.len());
        if frames.last().unwrap()["type"] != "rt.more" {
            break;
        }
    }
    assert_eq!(lengths, [1_000, 1_000, 500]);
}

#[tokio::test]
async fn exactly_a_thousand_are_no_reason_to_ask_again() {
    let server = Server::start(|_| {}).await;
    for index in 0..1_000 {
        server.publish(event(&json!(index))).await;
    }
    let frames = exchange(&server, json!([ana(json!([{"topic": "a", "history": 1_000}]))])).await;
    assert_eq!(offsets(&frames).len(), 1_000);
    assert_ne!(frames.last().unwrap()["type"], "rt.more");
}

#[tokio::test]
async fn half_a_megabyte_an_answer_but_always_one_event() {
    let server = Server::start(|_| {}).await;
    for size in [200_000, 200_000, 200_000, 900_000, 10] {
        server.publish(event(&json!("x".repeat(size)))).await;
    }
    let epoch = exchange(&server, json!([ana(json!(["a"]))])).await[0]["topics"][0]["epoch"].clone();
    for (cursor, expected, more) in
        [(0, vec![1, 2], true), (2, vec![3], true), (3, vec![4], true), (4, vec![5], false)]
    {
        let frames = exchange(&server, json!([ana(at(cursor, &epoch))])).await;
        assert_eq!(offsets(&frames), expected);
        assert_eq!(frames.last().unwrap()["type"] == "rt.more", more);
    }
}

#[tokio::test]
async fn messages_come_with_the_hello_and_are_answered_in_it() {
    let server = Server::start(|_| {}).await;
    let welcome = exchange(&server, json!([ana(json!([]))])).await;
    let mut hello = ana(json!(["a"]));
    hello["results_epoch"] = welcome[0]["results_epoch"].clone();
    let message = json!({"type": "note", "payload": 1, "rt": {"ref": 7, "idem": "i", "topic": "a"}});
    let body = json!([hello, message, {"type": "rt.ack", "ref": 8, "ids": ["x"], "state": "received"}]);
    let first = exchange(&server, body.clone()).await;
    let again = exchange(&server, body).await;
    assert_eq!(first[1]["payload"], again[1]["payload"]);
    assert_eq!((&first[1]["duplicate"], &again[1]["duplicate"]), (&Value::Null, &json!(true)));
    assert_eq!(again[2]["payload"], json!({"unknown": ["x"]}));
}

#[tokio::test]
async fn bytes_go_as_base64() {
    let server = Server::start(|_| {}).await;
    let welcome = exchange(&server, json!([ana(json!([]))])).await;
    let mut hello = ana(json!([{"topic": "a", "history": 1}]));
    hello["results_epoch"] = welcome[0]["results_epoch"].clone();
    let message =
        json!({"type": "audio", "payload": "AP8H", "rt": {"ref": 7, "topic": "a", "encoding": "base64"}});
    assert_eq!(exchange(&server, json!([hello, message])).await[1]["ok"], true);
    let answer = exchange(&server, json!([hello])).await;
    assert_eq!((&answer[1]["payload"], &answer[1]["rt"]["encoding"]), (&json!("AP8H"), &json!("base64")));
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_is_answered_shortly_after_its_first_event() {
    let server = Server::start(|_| {}).await;
    let publisher = async {
        tokio::time::sleep(Duration::from_millis(3_000)).await;
        server.publish(event(&json!(1))).await;
        tokio::time::sleep(Duration::from_millis(15)).await;
        server.publish(event(&json!(2))).await;
        tokio::time::sleep(Duration::from_millis(15)).await;
        server.publish(event(&json!(3))).await;
    };
    let began = Instant::now();
    let (frames, ()) = tokio::join!(
        async {
            let frames = exchange(&server, waiting(json!(["a"]), 20_000)).await;
            (frames, began.elapsed())
        },
        publisher
    );
    let (frames, took) = frames;
    assert_eq!(offsets(&frames), [1, 2]);
    assert_eq!(took.as_millis(), 3_020);
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_without_events_ends_in_time_and_leaves_nothing_behind() {
    let server = Server::start(|_| {}).await;
    let began = Instant::now();
    let frames = exchange(&server, waiting(json!(["a"]), 20_000)).await;
    assert_eq!((frames.len(), began.elapsed().as_secs()), (1, 20));
    server.publish(event(&json!(1))).await;
    let began = Instant::now();
    let frames = exchange(&server, waiting(json!([{"topic": "a", "history": 1}]), 20_000)).await;
    assert_eq!((offsets(&frames), began.elapsed()), (vec![1], Duration::ZERO), "there was one at once");
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_long_polls_at_once() {
    let server = Server::start(|_| {}).await;
    let began = Instant::now();
    let (frames, ()) = tokio::join!(exchange(&server, waiting(json!(["a"]), 20_000)), async {
        tokio::time::sleep(Duration::from_millis(2_000)).await;
        server.state.draining.begin(server.state.clock.monotonic() + 60_000);
    });
    assert_eq!((frames.len(), began.elapsed().as_secs()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_carries_ephemeral_topics_live() {
    let server = Server::start(|_| {}).await;
    let (frames, _) = tokio::join!(exchange(&server, waiting(json!(["x.progress"]), 20_000)), async {
        tokio::time::sleep(Duration::from_millis(2_000)).await;
        server.publish(json!({"tenant_id": "acme", "topic": "x.progress", "type": "t", "payload": 5})).await
    });
    assert_eq!(frames[1]["payload"], 5);
}

#[tokio::test(start_paused = true)]
async fn results_are_waited_for_five_seconds_and_a_resend_finds_what_came_later() {
    let handlers = Handlers::new().on("slow", |request| async move {
        tokio::time::sleep(Duration::from_secs(if request.correlation_id.is_some() { 1 } else { 60 })).await;
        Ok(Some("5".into()))
    });
    let server = Server::with_handlers(|_| {}, handlers).await;
    let welcome = exchange(&server, json!([ana(json!([]))])).await;
    let mut hello = ana(json!([]));
    hello["results_epoch"] = welcome[0]["results_epoch"].clone();
    let quick = json!({"type": "slow", "correlation_id": "x", "rt": {"ref": 1, "idem": "a"}});
    let late = json!({"type": "slow", "rt": {"ref": 2, "idem": "b"}});
    let began = Instant::now();
    let answer = exchange(&server, json!([hello, quick, late])).await;
    assert_eq!(began.elapsed().as_secs(), 5);
    assert_eq!((&answer[1]["ref"], &answer[1]["payload"]), (&json!(1), &json!(5)));
    assert_eq!((&answer[2]["ref"], &answer[2]["error"]["code"]), (&json!(2), &json!("unavailable")));
    tokio::time::sleep(Duration::from_secs(60)).await;
    let answer = exchange(&server, json!([hello, late])).await;
    assert_eq!((&answer[1]["payload"], &answer[1]["duplicate"]), (&json!(5), &json!(true)));
}

#[tokio::test(start_paused = true)]
async fn a_users_exchanges_have_a_rate_together() {
    let server = Server::start(|config| {
        config.limits.frames_per_second = 2;
        config.limits.publishes_per_second = 1;
    })
    .await;
    let welcome = exchange(&server, json!([ana(json!([]))])).await;
    let mut hello = ana(json!([]));
    hello["results_epoch"] = welcome[0]["results_epoch"].clone();
    let note = |reference: u64| json!({"type": "note", "rt": {"ref": reference, "topic": "a"}});
    tokio::time::sleep(Duration::from_secs(2)).await;
    let answer = exchange(&server, json!([hello, note(1), note(2), note(3)])).await;
    let refused: Vec<_> = answer.iter().filter(|frame| frame["error"]["code"] == "rate_limited").collect();
    assert_eq!((answer.len(), refused.len(), &refused[0]["ref"]), (4, 1, &json!(3)));
    let (status, headers, answer) = post(&server, json!([hello]).to_string()).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        (&headers["retry-after"], &answer["error"]["code"]),
        (&"1".parse().unwrap(), &json!("rate_limited"))
    );
    let bob = crate::testing::hello(&token("acme", "bob"), json!([]));
    assert_eq!(post(&server, json!([bob]).to_string()).await.0, StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(post(&server, json!([hello]).to_string()).await.0, StatusCode::OK);
}

/// Sends a request over a socket of its own; the connection ends with the answer.
async fn send(server: &Server, frames: &Value) -> TcpStream {
    let body = frames.to_string();
    let length = body.len();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /api/v1/notifications/poll HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length:";
    stream.write_all(format!("{head} {length}\r\n\r\n{body}").as_bytes()).await.unwrap();
    stream
}

/// Asks until the answer has this status; so often that what is under way has got there.
async fn answered(server: &Server, status: u16) -> String {
    for _ in 0..1_000 {
        let mut answer = String::new();
        send(server, &json!([ana(json!([]))])).await.read_to_string(&mut answer).await.unwrap();
        if answer.starts_with(&format!("HTTP/1.1 {status}")) {
            return answer;
        }
    }
    panic!("no exchange is answered {status}");
}

#[tokio::test]
async fn an_exchange_too_many_is_told_when_to_come_back_and_a_reader_that_leaves_makes_room() {
    let server = Server::start(|config| config.limits.max_exchanges = 1).await;
    let waits = send(&server, &waiting(json!(["a"]), 25_000)).await;
    let refusal = answered(&server, 503).await;
    assert!(refusal.to_lowercase().contains("\r\nretry-after: 10\r\n"), "{refusal}");
    assert!(refusal.contains(r#""code":"unavailable""#), "{refusal}");
    let counted = server.state.metrics.text();
    assert!(counted.contains("\nsteadfast_exchanges_refused_total 1\n"), "{counted}");
    drop(waits);
    answered(&server, 200).await;
}
