//! Events that somebody should take on, and the `open:` topics that show who still has to.

use serde_json::{Value, json};
use steadfast::{Client, Delivery, Subscription, TransportChoice};

use crate::support::{Server, builder, event, next};

fn alert(title: &str) -> Value {
    json!({
        "tenant_id": "acme", "topic": "incidents", "type": "incident_alert", "priority": "critical",
        "requires_acknowledgment": true, "payload": {"title": title},
    })
}

fn device(server: &Server, user: &str, transport: TransportChoice) -> (Client, Subscription<Value>) {
    let client = builder(&server.url(), user).transport(transport).build().unwrap();
    let open = client.subscribe("open:incidents").unwrap();
    (client, open)
}

/// The keys that are open when the topic is live.
async fn open_keys(open: &mut Subscription<Value>) -> Vec<String> {
    let mut keys = Vec::new();
    loop {
        match next(open).await {
            Delivery::Event(event) => keys.push(event.key.unwrap()),
            Delivery::Deleted(deleted) => keys.retain(|key| *key != deleted.key),
            Delivery::Live => return keys,
            other => panic!("a value was expected, not {other:?}"),
        }
    }
}

#[tokio::test]
async fn every_device_agrees_on_what_is_open() {
    let server = Server::start().await;
    let (ana, mut on_desk) = device(&server, "ana", TransportChoice::WebSocket);
    let (_bo, mut on_phone) = device(&server, "bo", TransportChoice::Polling);
    assert!(open_keys(&mut on_desk).await.is_empty());
    assert!(open_keys(&mut on_phone).await.is_empty());

    let fire = server.publish(alert("fire")).await;
    let flood = server.publish(alert("flood")).await;
    for open in [&mut on_desk, &mut on_phone] {
        for id in [&fire, &flood] {
            assert_eq!(event(open).await.key.as_ref(), Some(id));
        }
    }
    let acknowledged = ana.acknowledge([&fire, "unheard-of"], Some("on my way")).await.unwrap();
    assert_eq!(acknowledged.unknown, ["unheard-of"]);
    for open in [&mut on_desk, &mut on_phone] {
        loop {
            match next(open).await {
                Delivery::Deleted(deleted) => {
                    assert_eq!(deleted.key, fire);
                    break;
                }
                Delivery::Live => {}
                other => panic!("a deletion was expected, not {other:?}"),
            }
        }
    }
    // Again is harmless, and a device that comes later agrees.
    ana.acknowledge([&fire], None).await.unwrap();
    let (_third, mut later) = device(&server, "cy", TransportChoice::WebSocket);
    assert_eq!(open_keys(&mut later).await, [flood]);
}

#[tokio::test]
async fn an_alert_published_by_a_client_is_open_too_and_says_who_it_is_for() {
    let server = Server::start().await;
    let (ana, mut open) = device(&server, "ana", TransportChoice::Auto);
    assert!(open_keys(&mut open).await.is_empty());
    let published = ana
        .publish("incidents", "incident_alert", &json!({"title": "fire"}))
        .requires_acknowledgment()
        .await
        .unwrap();
    let opened = event(&mut open).await;
    assert_eq!((opened.key, published.offset), (published.id, Some(1)));
}
