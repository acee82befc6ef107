//! Tenants and users with the same names see only their own.

use std::time::Duration;

use serde_json::{Value, json};
use steadfast::{Client, Delivery, ErrorCode, Subscription};

use crate::support::{Server, event, next, token, token_for};

struct Desk {
    _client: Client,
    incidents: Subscription<Value>,
    own: Subscription<Value>,
}

async fn desk(server: &Server, tenant: &str, user: &str) -> Desk {
    let client = Client::builder(server.url()).token(token(tenant, user)).build().unwrap();
    let mut incidents = client.subscribe("incidents").unwrap();
    let mut own = client.subscribe("user").unwrap();
    assert_eq!(next(&mut incidents).await, Delivery::Live);
    assert_eq!(next(&mut own).await, Delivery::Live);
    Desk { _client: client, incidents, own }
}

#[tokio::test]
async fn two_tenants_and_two_users_with_the_same_topics() {
    let server = Server::start().await;
    let mut desks = Vec::new();
    for (tenant, user) in [("acme", "ana"), ("acme", "bo"), ("globex", "ana"), ("globex", "bo")] {
        desks.push((tenant, user, desk(&server, tenant, user).await));
    }
    // Everything for everyone; what a desk reads below is all that it may read, in order.
    let mut events = Vec::new();
    for round in 0..10 {
        for tenant in ["acme", "globex"] {
            let payload = json!([tenant, round]);
            events.push(
                json!({"tenant_id": tenant, "topic": "incidents", "type": "alert", "payload": payload}),
            );
            for user in ["ana", "bo"] {
                let payload = json!([tenant, user, round]);
                events
                    .push(json!({"tenant_id": tenant, "user_id": user, "type": "note", "payload": payload}));
            }
        }
    }
    server.publish_all(&events).await;
    for (tenant, user, desk) in &mut desks {
        for round in 0..10 {
            assert_eq!(event(&mut desk.incidents).await.payload, json!([tenant, round]));
            assert_eq!(event(&mut desk.own).await.payload, json!([tenant, user, round]));
        }
    }
}

#[tokio::test]
async fn a_topic_that_the_token_does_not_name_is_refused_and_the_others_go_on() {
    let server = Server::start().await;
    let token = token_for("acme", "ana", &["site.*"], Duration::from_secs(3_600));
    let client = Client::builder(server.url()).token(token).build().unwrap();
    let mut secret = client.subscribe::<Value>("incidents").unwrap();
    let mut site = client.subscribe::<Value>("site.7").unwrap();
    let Delivery::Failed(error) = next(&mut secret).await else { panic!("a refusal was expected") };
    assert_eq!((error.code, error.retryable), (ErrorCode::Forbidden, false));
    assert_eq!(next(&mut site).await, Delivery::Live);
    server.publish(json!({"tenant_id": "acme", "topic": "site.7", "type": "alert", "payload": 7})).await;
    assert_eq!(event(&mut site).await.payload, json!(7));
}
