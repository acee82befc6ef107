use serde::Deserialize;
use serde_json::{Value, json};
use steadfast::{
    Client, Cursor, Delivery, FromPayload, GapReason, Misuse, PayloadError, RawPayload, SubscribeOptions,
    Subscription,
};
use tokio_tungstenite::tungstenite::Message;

use crate::fake::{Fake, event, keyed, result, soon};

async fn next<T: FromPayload>(subscription: &mut Subscription<T>) -> Delivery<T> {
    soon(subscription.next()).await.expect("the client is open")
}

/// The offset of the next delivery, which must be an event.
async fn offset<T: FromPayload + std::fmt::Debug>(subscription: &mut Subscription<T>) -> u64 {
    match next(subscription).await {
        Delivery::Event(event) => event.offset.unwrap(),
        other => panic!("an event was expected, not {other:?}"),
    }
}

async fn connected(fake: &Fake) -> Client {
    Client::builder(fake.url()).token("jwt").build().unwrap()
}

#[tokio::test]
async fn events_come_typed_and_one_that_does_not_fit_stops_nothing() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Alert {
        title: String,
    }

    let fake = Fake::start().await;
    let client = connected(&fake).await;
    let mut alerts = client.subscribe::<Alert>("incidents").unwrap();
    assert_eq!(alerts.cursor(), None);
    let (mut socket, _) =
        fake.welcome(json!([result("user", "log", 0), result("incidents", "log", 4)])).await;
    assert_eq!(next(&mut alerts).await, Delivery::Live);
    assert_eq!(alerts.cursor(), Some(&Cursor { epoch: "e1".into(), offset: 4 }));

    // Two frames in one message.
    let mut full = event("incidents", 5, json!({"title": "Power loss"}));
    full["priority"] = "critical".into();
    full["requires_acknowledgment"] = true.into();
    full["correlation_id"] = "c7".into();
    socket.send(json!([full, event("incidents", 6, json!({"name": "?"}))])).await;
    socket.send(event("incidents", 7, json!({"title": "Power back"}))).await;

    let Delivery::Event(first) = next(&mut alerts).await else { panic!("an event was expected") };
    assert_eq!(first.payload, Alert { title: "Power loss".into() });
    assert_eq!((&*first.topic, first.kind.as_str(), first.offset), ("incidents", "alert", Some(5)));
    assert_eq!((first.id.as_deref(), first.priority.as_deref()), (Some("id-5"), Some("critical")));
    assert_eq!((first.correlation_id.as_deref(), first.requires_acknowledgment), (Some("c7"), true));
    assert!(!first.replay);

    let Delivery::Malformed(malformed) = next(&mut alerts).await else { panic!("a misfit was expected") };
    assert_eq!(malformed.event.payload, RawPayload::Json(r#"{"name":"?"}"#.into()));
    assert!(matches!(malformed.error, PayloadError::Json(why) if why.contains("title")));
    assert_eq!(offset(&mut alerts).await, 7);
    assert_eq!(alerts.cursor(), Some(&Cursor { epoch: "e1".into(), offset: 7 }));
}

#[tokio::test]
async fn bytes_come_as_bytes() {
    let fake = Fake::start().await;
    let client = connected(&fake).await;
    let mut stills = client.subscribe::<RawPayload>("cameras").unwrap();
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0), result("cameras", "log", 0)])).await;
    assert_eq!(next(&mut stills).await, Delivery::Live);
    let mut header = event("cameras", 1, Value::Null);
    header.as_object_mut().unwrap().remove("payload");
    let header = header.to_string();
    let mut message = vec![1];
    message.extend_from_slice(&u32::try_from(header.len()).unwrap().to_be_bytes());
    message.extend_from_slice(header.as_bytes());
    message.extend_from_slice(&[0, 255, 7]);
    socket.send_message(Message::Binary(message.into())).await;
    let Delivery::Event(still) = next(&mut stills).await else { panic!("an event was expected") };
    assert_eq!(still.payload, RawPayload::Bytes([0, 255, 7].into()));
}

#[tokio::test]
async fn the_buffer_is_free_again_only_when_every_subscription_has_read() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").buffer_events(2).build().unwrap();
    let mut fast = client.subscribe::<Value>("incidents").unwrap();
    let mut slow = client.subscribe::<Value>("incidents").unwrap();
    let (mut socket, _) =
        fake.welcome(json!([result("user", "log", 0), result("incidents", "log", 0)])).await;
    for offset in 1..=3 {
        socket.send(event("incidents", offset, json!(offset))).await;
    }
    let left = socket.receive().await;
    assert_eq!((&left["type"], &left["topics"]), (&json!("unsubscribe"), &json!(["incidents"])));
    socket.send(json!({"type": "unsubscribed", "ref": left["ref"], "topics": ["incidents"]})).await;

    assert_eq!(next(&mut fast).await, Delivery::Live);
    assert_eq!((offset(&mut fast).await, offset(&mut fast).await), (1, 2));
    assert_eq!(socket.settled().await, Vec::<Value>::new());

    assert_eq!(next(&mut slow).await, Delivery::Live);
    assert_eq!(offset(&mut slow).await, 1);
    let again = socket.receive().await;
    assert_eq!(again["type"], "subscribe");
    assert_eq!(again["topics"][0]["cursor"], json!({"epoch": "e1", "offset": 2}));
}

#[tokio::test]
async fn a_burst_in_one_packet_is_read_to_its_end() {
    let fake = Fake::start().await;
    let client = connected(&fake).await;
    let mut incidents = client.subscribe::<Value>("incidents").unwrap();
    let (mut socket, _) =
        fake.welcome(json!([result("user", "log", 0), result("incidents", "log", 0)])).await;
    let burst = (1..=1_000).map(|offset| event("incidents", offset, json!(offset)));
    socket.send_together(burst).await;
    assert_eq!(next(&mut incidents).await, Delivery::Live);
    for expected in 1..=1_000 {
        assert_eq!(offset(&mut incidents).await, expected);
    }
}

#[tokio::test]
async fn a_dropped_subscription_no_longer_holds_the_buffer() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").buffer_events(2).build().unwrap();
    let mut fast = client.subscribe::<Value>("incidents").unwrap();
    let slow = client.subscribe::<Value>("incidents").unwrap();
    let (mut socket, _) =
        fake.welcome(json!([result("user", "log", 0), result("incidents", "log", 0)])).await;
    for offset in 1..=3 {
        socket.send(event("incidents", offset, json!(offset))).await;
    }
    assert_eq!(socket.receive().await["type"], "unsubscribe");
    assert_eq!(next(&mut fast).await, Delivery::Live);
    assert_eq!((offset(&mut fast).await, offset(&mut fast).await), (1, 2));
    drop(slow);
    assert_eq!(socket.receive().await["type"], "subscribe");
}

#[tokio::test]
async fn what_was_left_unread_does_not_burden_a_later_subscription() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").buffer_events(2).build().unwrap();
    let unread = client.subscribe::<Value>("user").unwrap();
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0)])).await;
    socket.send(event("user", 1, json!(1))).await;
    socket.send(event("user", 2, json!(2))).await;
    assert_eq!(socket.settled().await, Vec::<Value>::new());
    // The user's own topic is followed even while nobody listens.
    drop(unread);
    let mut later = client.subscribe::<Value>("user").unwrap();
    socket.send(event("user", 3, json!(3))).await;
    assert_eq!(socket.settled().await, Vec::<Value>::new());
    assert_eq!(next(&mut later).await, Delivery::Live);
    assert_eq!(offset(&mut later).await, 3);
}

#[tokio::test]
async fn the_last_subscription_dropped_unsubscribes() {
    let fake = Fake::start().await;
    let client = connected(&fake).await;
    let first = client.subscribe::<Value>("incidents").unwrap();
    let mut second = client.subscribe::<Value>("incidents").unwrap();
    let (mut socket, _) =
        fake.welcome(json!([result("user", "log", 0), result("incidents", "log", 0)])).await;
    assert_eq!(next(&mut second).await, Delivery::Live);
    drop(first);
    assert_eq!(socket.settled().await, Vec::<Value>::new());
    drop(second);
    let frame = socket.receive().await;
    assert_eq!((&frame["type"], &frame["topics"]), (&json!("unsubscribe"), &json!(["incidents"])));
}

#[tokio::test]
async fn a_late_subscription_of_a_state_topic_has_its_values_at_once() {
    let fake = Fake::start().await;
    let client = connected(&fake).await;
    let mut first = client.subscribe::<Value>("kpis").unwrap();
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0), result("kpis", "state", 0)])).await;
    assert_eq!(next(&mut first).await, Delivery::Live);
    socket.send(keyed("kpis", 1, "north", json!(1))).await;
    socket.send(keyed("kpis", 2, "south", json!(2))).await;
    socket.send(keyed("kpis", 3, "north", json!(3))).await;
    let mut gone = keyed("kpis", 4, "south", Value::Null);
    gone["rt"]["deleted"] = true.into();
    socket.send(gone).await;
    socket.send(keyed("kpis", 5, "east", json!(5))).await;
    for expected in [1, 2, 3] {
        assert_eq!(offset(&mut first).await, expected);
    }
    let Delivery::Deleted(deleted) = next(&mut first).await else { panic!("a deletion was expected") };
    assert_eq!((deleted.key.as_str(), deleted.offset), ("south", Some(4)));
    assert_eq!(offset(&mut first).await, 5);

    let mut late = client.subscribe::<Value>("kpis").unwrap();
    assert_eq!((offset(&mut late).await, offset(&mut late).await), (3, 5));
    assert_eq!(next(&mut late).await, Delivery::Live);
    assert_eq!(socket.settled().await, Vec::<Value>::new());
    assert_eq!(late.cursor(), Some(&Cursor { epoch: "e1".into(), offset: 5 }));
}

#[tokio::test]
async fn after_a_reset_a_late_subscription_gets_none_of_the_old_values() {
    let fake = Fake::start().await;
    let client = connected(&fake).await;
    let mut first = client.subscribe::<Value>("kpis").unwrap();
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0), result("kpis", "state", 0)])).await;
    socket.send(keyed("kpis", 1, "north", json!(1))).await;
    let mut restarted = result("kpis", "state", 0);
    restarted["epoch"] = "e2".into();
    restarted["recovery"] = "reset".into();
    restarted["top"] = 1.into();
    socket.send(json!({"type": "subscribed", "topics": [restarted]})).await;
    assert_eq!(next(&mut first).await, Delivery::Live);
    assert_eq!(offset(&mut first).await, 1);
    assert_eq!(next(&mut first).await, Delivery::Reset);
    assert_eq!(first.cursor(), None);

    let mut late = client.subscribe::<Value>("kpis").unwrap();
    socket.send(keyed("kpis", 1, "south", json!("new"))).await;
    let Delivery::Event(value) = next(&mut late).await else { panic!("an event was expected") };
    assert_eq!((value.key.as_deref(), value.payload), (Some("south"), json!("new")));
    assert_eq!(next(&mut late).await, Delivery::Live);
    assert_eq!(late.cursor(), Some(&Cursor { epoch: "e2".into(), offset: 1 }));
}

#[tokio::test]
async fn each_subscription_of_a_state_topic_reads_its_own_keys() {
    let fake = Fake::start().await;
    let client = connected(&fake).await;
    let only =
        |key: &str| SubscribeOptions { keys: Some(vec![key.to_owned()]), ..SubscribeOptions::default() };
    let mut north = client.subscribe_with::<Value>("kpis", only("north")).unwrap();
    let mut south = client.subscribe_with::<Value>("kpis", only("south")).unwrap();
    let (mut socket, hello) =
        fake.welcome(json!([result("user", "log", 0), result("kpis", "state", 0)])).await;
    assert!(hello["topics"].to_string().contains(r#""keys":["north","south"]"#), "{hello}");
    socket.send(keyed("kpis", 1, "north", json!(1))).await;
    socket.send(keyed("kpis", 2, "south", json!(2))).await;
    assert_eq!((next(&mut north).await, next(&mut south).await), (Delivery::Live, Delivery::Live));
    assert_eq!((offset(&mut north).await, offset(&mut south).await), (1, 2));
}

#[tokio::test]
async fn a_late_subscription_of_a_live_log_is_live() {
    let fake = Fake::start().await;
    let client = connected(&fake).await;
    let mut first = client.subscribe::<Value>("incidents").unwrap();
    let (mut socket, _) =
        fake.welcome(json!([result("user", "log", 0), result("incidents", "log", 0)])).await;
    socket.send(event("incidents", 1, json!(1))).await;
    assert_eq!(next(&mut first).await, Delivery::Live);
    assert_eq!(offset(&mut first).await, 1);
    let mut late = client.subscribe::<Value>("incidents").unwrap();
    let mut user = client.subscribe::<Value>("user").unwrap();
    assert_eq!(next(&mut late).await, Delivery::Live);
    assert_eq!(next(&mut user).await, Delivery::Live);
    socket.send(event("incidents", 2, json!(2))).await;
    assert_eq!((offset(&mut first).await, offset(&mut late).await), (2, 2));
}

#[tokio::test]
async fn a_gap_is_told_and_the_cursor_kept_from_an_earlier_run_is_asked_for() {
    let fake = Fake::start().await;
    let client = connected(&fake).await;
    let cursor = Cursor { epoch: "e1".into(), offset: 10 };
    let options = SubscribeOptions { cursor: Some(cursor), ..SubscribeOptions::default() };
    let mut incidents = client.subscribe_with::<Value>("incidents", options).unwrap();
    let mut position = result("incidents", "log", 20);
    position["recovery"] = "gap".into();
    position["gap"] = json!({"reason": "history_evicted"});
    let (_socket, hello) = fake.welcome(json!([result("user", "log", 0), position])).await;
    assert!(hello["topics"].to_string().contains(r#""cursor":{"epoch":"e1","offset":10}"#), "{hello}");
    let Delivery::Gap(gap) = next(&mut incidents).await else { panic!("a gap was expected") };
    assert_eq!((gap.reason, gap.lost), (GapReason::HistoryEvicted, Some((11, 20))));
    assert_eq!(incidents.cursor(), Some(&Cursor { epoch: "e1".into(), offset: 20 }));
    assert_eq!(next(&mut incidents).await, Delivery::Live);
}

#[tokio::test]
async fn a_bad_topic_name_is_refused_at_once() {
    let fake = Fake::start().await;
    let client = connected(&fake).await;
    assert_eq!(client.subscribe::<Value>("a topic").unwrap_err(), Misuse::BadTopicName);
}
