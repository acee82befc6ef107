use std::time::Duration;

use serde_json::json;
use steadfast::{Client, Reason, State, Status, Token, TokenError, TokenRequest, Transport, TransportChoice};

use crate::fake::{Fake, result, soon};

/// Waits for a status and gives it.
async fn status(client: &Client, wanted: impl FnMut(&Status) -> bool) -> Status {
    *soon(client.status().wait_for(wanted)).await.unwrap()
}

fn websocket_alone(fake: &Fake) -> Client {
    Client::builder(fake.url()).token("jwt").transport(TransportChoice::WebSocket).build().unwrap()
}

#[tokio::test]
async fn the_hello_goes_to_the_protocols_path_with_the_token_and_every_topic() {
    let fake = Fake::start().await;
    let client = Client::builder(format!("{}/ops", fake.url())).token("jwt").build().unwrap();
    let _incidents = client.subscribe::<serde_json::Value>("incidents").unwrap();
    let (socket, hello) =
        fake.welcome(json!([result("user", "log", 0), result("incidents", "log", 0)])).await;

    assert_eq!(socket.path, "/ops/api/v1/notifications/ws");
    assert_eq!((&hello["type"], &hello["token"]), (&json!("rt.hello"), &json!("jwt")));
    assert_eq!(hello["instance"].as_str().unwrap().len(), 32);
    assert_eq!(hello["client"]["name"], "steadfast");
    let topics = hello["topics"].to_string();
    assert!(topics.contains("incidents"), "{topics}");

    let status = status(&client, |status| status.state == State::Connected).await;
    assert_eq!(status.transport, Some(Transport::WebSocket));
}

#[tokio::test]
async fn a_handshake_answered_with_a_status_is_told_as_what_it_means() {
    let fake = Fake::start().await;
    let client = websocket_alone(&fake);
    fake.accept().await.exchange().await.answer("403 Forbidden", "", "no").await;
    let stopped = status(&client, |status| status.state == State::Closed).await;
    assert_eq!(stopped.reason, Some(Reason { code: 4403, retryable: false }));
}

#[tokio::test]
async fn a_poll_refused_in_the_servers_words_ends_the_client() {
    let fake = Fake::start().await;
    let client =
        Client::builder(fake.url()).token("jwt").transport(TransportChoice::Polling).build().unwrap();
    let refusal = r#"{"error":{"code":"forbidden","message":"not this origin","retryable":false}}"#;
    fake.accept().await.exchange().await.answer("403 Forbidden", "", refusal).await;
    let stopped = status(&client, |status| status.state == State::Closed).await;
    assert_eq!(stopped.reason, Some(Reason { code: 4403, retryable: false }));
}

#[tokio::test]
async fn the_advice_of_a_handshake_that_is_put_off_is_obeyed() {
    let fake = Fake::start().await;
    let client = websocket_alone(&fake);
    let handshake = fake.accept().await.exchange().await;
    assert!(handshake.head.contains("sec-websocket-protocol: steadfast.v1"), "{}", handshake.head);
    handshake.answer("503 Service Unavailable", "retry-after: 300\r\n", "").await;
    let waiting = status(&client, |status| status.retry_in_ms.is_some()).await;
    assert!(waiting.retry_in_ms.unwrap() >= 300_000, "{waiting:?}");
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_its_code_told() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url())
        .token("jwt")
        .transport(TransportChoice::WebSocket)
        .reconnect_interval(Duration::from_millis(1))
        .build()
        .unwrap();
    let (mut socket, first) = fake.welcome(json!([result("user", "log", 0)])).await;
    socket.close(1001).await;
    let (_socket, second) = fake.welcome(json!([result("user", "log", 0)])).await;
    assert_eq!(first["instance"], second["instance"]);
    assert!(first["link"].as_u64() < second["link"].as_u64());
    let again = status(&client, |status| status.state == State::Connected && status.attempt > 0).await;
    assert_eq!(again.reason, Some(Reason { code: 1001, retryable: true }));
}

#[tokio::test]
async fn a_server_that_is_killed_is_told_as_such() {
    let fake = Fake::start().await;
    let client = websocket_alone(&fake);
    let connected = fake.welcome(json!([result("user", "log", 0)])).await;
    status(&client, |status| status.state == State::Connected).await;
    drop(connected);
    let lost = status(&client, |status| status.reason.is_some()).await;
    assert_eq!(lost.reason, Some(Reason { code: 1006, retryable: true }));
}

#[tokio::test]
async fn a_peer_that_takes_nothing_does_not_stop_the_clock() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url())
        .token("jwt")
        .transport(TransportChoice::WebSocket)
        .heartbeat_slack(Duration::from_millis(10))
        .outbox_messages(10_000)
        .outbox_bytes(64 << 20)
        .build()
        .unwrap();
    let mut socket = fake.accept().await.upgrade().await;
    socket.receive().await;
    let mut welcome = crate::fake::welcome(json!([result("user", "log", 0)]));
    welcome["heartbeat_ms"] = 100.into();
    socket.send(welcome).await;
    status(&client, |status| status.state == State::Connected).await;

    // Far more than the sockets' buffers take; nobody reads.
    let payload = "x".repeat(500_000);
    let publish = || IntoFuture::into_future(client.publish("incidents", "alert", &payload));
    let _pending: Vec<_> = (0..40).map(|_| publish()).collect();
    let lost = status(&client, |status| status.state != State::Connected).await;
    assert_eq!(lost.reason, Some(Reason { code: 4408, retryable: true }));
}

#[tokio::test]
async fn a_token_is_asked_for_and_renewed_once_when_refused() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url())
        .transport(TransportChoice::WebSocket)
        .reconnect_interval(Duration::from_millis(1))
        .token_provider(|request: TokenRequest| async move {
            Ok::<_, TokenError>(Token::new(if request.renew { "new" } else { "old" }))
        })
        .build()
        .unwrap();
    let mut socket = fake.accept().await.upgrade().await;
    assert_eq!(socket.receive().await["token"], "old");
    socket.close(4401).await;
    let mut socket = fake.accept().await.upgrade().await;
    assert_eq!(socket.receive().await["token"], "new");
    socket.close(4401).await;
    status(&client, |status| status.state == State::Closed).await;
}

#[tokio::test]
async fn a_provider_that_panics_stops_the_client_and_nothing_else() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url())
        .token_provider(|_: TokenRequest| async move { panic!("a mistake of the application") })
        .build()
        .unwrap();
    let stopped = status(&client, |status| status.state == State::Closed).await;
    assert_eq!(stopped.reason.map(|reason| reason.code), Some(4401));
    assert!(client.connect().is_ok());
}

#[tokio::test]
async fn a_lazy_client_waits_until_it_is_told_to_connect() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").lazy().build().unwrap();
    assert_eq!(client.status().borrow().state, State::Disconnected);
    client.connect().unwrap();
    let _socket = fake.welcome(json!([result("user", "log", 0)])).await;
    status(&client, |status| status.state == State::Connected).await;
}

#[tokio::test]
async fn sleep_closes_the_connection_and_waking_opens_it() {
    let fake = Fake::start().await;
    let client = websocket_alone(&fake);
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0)])).await;
    client.freeze().unwrap();
    assert_eq!(socket.closed().await.map(|frame| u16::from(frame.code)), Some(1000));
    client.thaw().unwrap();
    fake.welcome(json!([result("user", "log", 0)])).await;
}
