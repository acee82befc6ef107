use std::future::IntoFuture;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use steadfast::{Client, ErrorCode, Misuse, PublishError};

use crate::fake::{Fake, Socket, result, soon};

async fn connected(fake: &Fake) -> (Client, Socket) {
    let client = Client::builder(fake.url()).token("jwt").build().unwrap();
    let (socket, _) = fake.welcome(json!([result("user", "log", 0)])).await;
    (client, socket)
}

#[tokio::test]
async fn an_event_goes_out_with_its_options_and_comes_back_as_published() {
    let fake = Fake::start().await;
    let (client, mut socket) = connected(&fake).await;
    let publish = client
        .publish("kpis", "kpi", &json!({"value": 7}))
        .key("north")
        .priority("high")
        .requires_acknowledgment()
        .correlation_id("c1")
        .into_future();
    let frame = socket.receive().await;
    assert_eq!(frame["type"], "kpi");
    assert_eq!(frame["payload"], json!({"value": 7}));
    assert_eq!((&frame["priority"], &frame["correlation_id"]), (&json!("high"), &json!("c1")));
    assert_eq!(frame["requires_acknowledgment"], true);
    assert_eq!((&frame["rt"]["topic"], &frame["rt"]["key"]), (&json!("kpis"), &json!("north")));
    let place = json!({"id": "x1", "epoch": "e1", "offset": 9});
    socket
        .send(json!({"type": "rt.result", "ref": frame["rt"]["ref"], "ok": true, "duplicate": true, "payload": place}))
        .await;
    let published = soon(publish).await.unwrap();
    assert_eq!((published.id.as_deref(), published.epoch.as_deref()), (Some("x1"), Some("e1")));
    assert_eq!((published.offset, published.duplicate), (Some(9), true));
}

#[tokio::test]
async fn a_request_reads_its_result_as_the_type_asked_for() {
    let fake = Fake::start().await;
    let (client, mut socket) = connected(&fake).await;
    let number = client.request::<u32>("count", &json!({})).into_future();
    let misfit = client.request::<u32>("count", &json!({})).into_future();
    let refused = client.request::<u32>("count", &json!({})).into_future();
    for answer in [
        json!({"ok": true, "payload": 7}),
        json!({"ok": true, "payload": "seven"}),
        json!({"ok": false, "error": {"code": "unsupported", "message": "no handler", "retryable": false}}),
    ] {
        let frame = socket.receive().await;
        assert_eq!(frame["rt"]["topic"], Value::Null);
        let mut result = answer;
        result["type"] = "rt.result".into();
        result["ref"] = frame["rt"]["ref"].clone();
        socket.send(result).await;
    }
    assert_eq!(soon(number).await, Ok(7));
    let Err(PublishError::BadResult { payload, .. }) = soon(misfit).await else {
        panic!("a misfit was expected")
    };
    assert_eq!(payload, "\"seven\"");
    let Err(PublishError::Refused(error)) = soon(refused).await else { panic!("a refusal was expected") };
    assert_eq!((error.code, error.retryable), (ErrorCode::Unsupported, false));
}

#[tokio::test]
async fn a_person_acknowledges_with_a_note() {
    let fake = Fake::start().await;
    let (client, mut socket) = connected(&fake).await;
    let acknowledged = client.acknowledge(["a", "b"], Some("on my way"));
    let frame = socket.receive().await;
    assert_eq!((&frame["type"], &frame["ids"]), (&json!("rt.ack"), &json!(["a", "b"])));
    assert_eq!((&frame["state"], &frame["note"]), (&json!("acknowledged"), &json!("on my way")));
    let unknown = json!({"unknown": ["b"]});
    socket.send(json!({"type": "rt.result", "ref": frame["ref"], "ok": true, "payload": unknown})).await;
    assert_eq!(soon(acknowledged).await.unwrap().unknown, ["b"]);
}

#[tokio::test]
async fn bytes_and_deletions_go_out_as_such() {
    let fake = Fake::start().await;
    let (client, mut socket) = connected(&fake).await;
    let _deletion = client.publish("kpis", "kpi", &json!("ignored")).key("north").deleted().into_future();
    let frame = socket.receive().await;
    assert_eq!((&frame["rt"]["deleted"], frame.get("payload")), (&json!(true), None));
    let _bytes = client.publish_bytes("cameras", "still", [1, 2, 3]).into_future();
    let message = socket.receive_binary().await;
    assert!(message.starts_with(&[1]) && message.ends_with(&[1, 2, 3]));
}

#[tokio::test]
async fn mistakes_are_told_without_sending_anything() {
    struct Unwritable;
    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("cannot be written"))
        }
    }

    let fake = Fake::start().await;
    let (client, mut socket) = connected(&fake).await;
    assert_eq!(
        client.publish("incidents", "alert", &Unwritable).await,
        Err(PublishError::Payload("cannot be written".into()))
    );
    assert_eq!(
        client.publish("in cidents", "alert", &1).await,
        Err(PublishError::Misuse(Misuse::BadTopicName))
    );
    assert_eq!(client.publish("incidents", "rt.hello", &1).await, Err(PublishError::Misuse(Misuse::BadType)));
    let nothing: [&str; 0] = [];
    assert_eq!(
        client.acknowledge(nothing, None).await,
        Err(PublishError::Misuse(Misuse::NothingToAcknowledge))
    );
    assert_eq!(socket.settled().await, Vec::<Value>::new());
}

#[tokio::test]
async fn fire_and_forget_is_sent_while_connected_or_not_at_all() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").lazy().build().unwrap();
    assert_eq!(client.send("typing", &1), Err(PublishError::Misuse(Misuse::NotConnected)));
    client.connect().unwrap();
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0)])).await;
    soon(client.status().wait_for(|status| status.state == steadfast::State::Connected)).await.unwrap();
    client.send("typing", &1).unwrap();
    let frame = socket.receive().await;
    assert_eq!((&frame["type"], &frame["rt"]["ref"]), (&json!("typing"), &Value::Null));
}

#[tokio::test]
async fn what_has_left_the_socket_makes_room_for_more() {
    let fake = Fake::start().await;
    let (client, mut socket) = connected(&fake).await;
    // Four times what may wait in the socket.
    let payload = "x".repeat(100_000);
    let publish = |_| client.publish("incidents", "alert", &payload).into_future();
    let pending: Vec<_> = (0..10).map(publish).collect();
    for _ in &pending {
        assert_eq!(socket.receive().await["type"], "alert");
    }
}

#[tokio::test]
async fn a_dropped_submission_is_never_sent() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").build().unwrap();
    let given_up = client.publish("incidents", "alert", &"stale").into_future();
    let kept = client.publish("incidents", "alert", &"kept").into_future();
    drop(given_up);
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0)])).await;
    let frames = socket.settled().await;
    assert_eq!(frames.iter().map(|frame| &frame["payload"]).collect::<Vec<_>>(), [&json!("kept")]);
    drop(kept);
}

#[tokio::test]
async fn a_message_whose_life_ends_says_whether_it_was_sent() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").build().unwrap();
    let unsent = client.publish("incidents", "alert", &1).life(Duration::ZERO).await;
    assert_eq!(unsent, Err(PublishError::TimedOut { sent: false }));
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0)])).await;
    let sent = client.publish("incidents", "alert", &1).life(Duration::from_millis(500)).into_future();
    assert_eq!(socket.receive().await["type"], "alert");
    assert_eq!(soon(sent).await, Err(PublishError::TimedOut { sent: true }));
}
