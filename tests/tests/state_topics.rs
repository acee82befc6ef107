//! State topics: the last value of each key, deletions, and a server that forgot them.

use serde_json::{Value, json};
use steadfast::{Client, Delivery, SubscribeOptions, Subscription};

use crate::support::{Proxy, Server, builder, event, next};

async fn put(server: &Server, key: &str, value: u64) {
    server
        .publish(json!({"tenant_id": "acme", "topic": "kpis", "type": "kpi", "key": key, "payload": value}))
        .await;
}

async fn delete(server: &Server, key: &str) {
    server
        .publish(json!({"tenant_id": "acme", "topic": "kpis", "type": "kpi", "key": key, "deleted": true}))
        .await;
}

fn client(url: &str) -> (Client, Subscription<Value>) {
    let client = builder(url, "ana").build().unwrap();
    let kpis = client.subscribe("kpis").unwrap();
    (client, kpis)
}

/// Key and value of the next delivery, which must be an event.
async fn value(kpis: &mut Subscription<Value>) -> (String, Value) {
    match next(kpis).await {
        Delivery::Event(event) => (event.key.unwrap(), event.payload),
        other => panic!("an event was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_subscription_begins_with_the_values_and_goes_on_with_changes() {
    let server = Server::start().await;
    put(&server, "north", 1).await;
    put(&server, "south", 2).await;
    put(&server, "north", 3).await;
    put(&server, "east", 4).await;
    delete(&server, "east").await;
    let (_client, mut kpis) = client(&server.url());
    assert_eq!(value(&mut kpis).await, ("south".into(), json!(2)));
    assert_eq!(value(&mut kpis).await, ("north".into(), json!(3)));
    // A deletion may be told although the key was never seen; it must not be a value.
    loop {
        match next(&mut kpis).await {
            Delivery::Live => break,
            Delivery::Deleted(deleted) => assert_eq!(deleted.key, "east"),
            other => panic!("live was expected, not {other:?}"),
        }
    }
    delete(&server, "south").await;
    let Delivery::Deleted(deleted) = next(&mut kpis).await else { panic!("a deletion was expected") };
    assert_eq!((deleted.key.as_str(), deleted.replay), ("south", false));
}

#[tokio::test]
async fn a_deletion_while_away_is_told_on_return() {
    let server = Server::start().await;
    put(&server, "north", 1).await;
    put(&server, "south", 2).await;
    let (client, mut kpis) = client(&server.url());
    value(&mut kpis).await;
    value(&mut kpis).await;
    assert_eq!(next(&mut kpis).await, Delivery::Live);
    client.disconnect().unwrap();
    delete(&server, "north").await;
    put(&server, "south", 3).await;
    client.connect().unwrap();
    let Delivery::Deleted(deleted) = next(&mut kpis).await else { panic!("a deletion was expected") };
    assert_eq!((deleted.key.as_str(), deleted.replay), ("north", true));
    assert_eq!(value(&mut kpis).await, ("south".into(), json!(3)));
    assert_eq!(next(&mut kpis).await, Delivery::Live);
}

#[tokio::test]
async fn a_server_that_forgot_begins_anew() {
    let first = Server::start().await;
    let proxy = Proxy::start(first.address()).await;
    put(&first, "north", 1).await;
    put(&first, "south", 2).await;
    let (_client, mut kpis) = client(&proxy.url());
    value(&mut kpis).await;
    value(&mut kpis).await;
    assert_eq!(next(&mut kpis).await, Delivery::Live);
    first.kill().await;
    let second = Server::start().await;
    put(&second, "south", 5).await;
    proxy.lead_to(second.address());
    assert_eq!(next(&mut kpis).await, Delivery::Reset);
    assert_eq!(value(&mut kpis).await, ("south".into(), json!(5)));
    assert_eq!(next(&mut kpis).await, Delivery::Live);
}

#[tokio::test]
async fn only_the_keys_asked_for_come() {
    let server = Server::start().await;
    put(&server, "north", 1).await;
    put(&server, "south", 2).await;
    let client = builder(&server.url(), "ana").build().unwrap();
    let options = SubscribeOptions { keys: Some(vec!["south".into()]), ..SubscribeOptions::default() };
    let mut south = client.subscribe_with::<Value>("kpis", options).unwrap();
    assert_eq!(value(&mut south).await, ("south".into(), json!(2)));
    put(&server, "north", 3).await;
    put(&server, "south", 4).await;
    assert_eq!(event(&mut south).await.payload, json!(4));
}
