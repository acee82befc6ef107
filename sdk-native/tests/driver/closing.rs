use std::future::IntoFuture;
use std::time::Duration;

use serde_json::{Value, json};
use steadfast::{Client, Delivery, Misuse, PublishError, State, Unfinished};

use crate::fake::{Fake, event, result, soon};

#[tokio::test]
async fn the_last_handle_dropped_says_goodbye_and_ends_the_streams() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").build().unwrap();
    let mut incidents = client.subscribe::<Value>("incidents").unwrap();
    let (mut socket, _) =
        fake.welcome(json!([result("user", "log", 0), result("incidents", "log", 0)])).await;
    assert_eq!(soon(incidents.next()).await, Some(Delivery::Live));
    let clone = client.clone();
    drop(client);
    socket.send(event("incidents", 1, json!(1))).await;
    assert!(matches!(soon(incidents.next()).await, Some(Delivery::Event(_))));
    drop(clone);
    assert_eq!(socket.receive().await["type"], "rt.bye");
    assert_eq!(socket.closed().await.map(|frame| u16::from(frame.code)), Some(1000));
    assert_eq!(soon(incidents.next()).await, None);
}

#[tokio::test]
async fn close_waits_for_results_and_takes_nothing_new() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").build().unwrap();
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0)])).await;
    let publish = client.publish("incidents", "alert", &1).into_future();
    let frame = socket.receive().await;
    let closing = tokio::spawn({
        let client = client.clone();
        async move { client.close(Duration::from_secs(60)).await }
    });
    // The client takes nothing new as soon as it begins to close.
    soon(async {
        while client.connect().is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(client.publish("incidents", "alert", &2).await, Err(PublishError::Misuse(Misuse::Stopped)));
    assert_eq!(socket.settled().await, Vec::<Value>::new());
    socket.send(json!({"type": "rt.result", "ref": frame["rt"]["ref"], "ok": true})).await;
    assert!(soon(publish).await.is_ok());
    assert_eq!(socket.receive().await["type"], "rt.bye");
    socket.closed().await;
    assert_eq!(soon(closing).await.unwrap(), Ok(()));
    assert_eq!(client.close(Duration::ZERO).await, Ok(()));
    assert_eq!(client.status().borrow().state, State::Disconnected);
}

#[tokio::test]
async fn what_is_unfinished_at_the_deadline_is_cancelled_and_counted() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").build().unwrap();
    let (mut socket, _) = fake.welcome(json!([result("user", "log", 0)])).await;
    let publish = client.publish("incidents", "alert", &1).into_future();
    socket.receive().await;
    let (closed, goodbye) = tokio::join!(client.close(Duration::from_millis(1)), socket.closed());
    assert_eq!(closed, Err(Unfinished { messages: 1 }));
    assert_eq!(goodbye.map(|frame| u16::from(frame.code)), Some(1000));
    assert_eq!(soon(publish).await, Err(PublishError::Cancelled { sent: true }));
}

#[tokio::test]
async fn a_client_that_is_not_trying_to_connect_closes_at_once() {
    let fake = Fake::start().await;
    let client = Client::builder(fake.url()).token("jwt").lazy().build().unwrap();
    let publish = client.publish("incidents", "alert", &1).into_future();
    assert_eq!(soon(client.close(Duration::MAX)).await, Err(Unfinished { messages: 1 }));
    assert_eq!(soon(publish).await, Err(PublishError::Cancelled { sent: false }));
}

#[test]
fn a_runtime_that_goes_away_leaves_nobody_waiting() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (client, mut incidents, publish) = runtime.block_on(async {
        let client = Client::builder("http://127.0.0.1:9").token("jwt").lazy().build().unwrap();
        let incidents = client.subscribe::<Value>("incidents").unwrap();
        let publish = client.publish("incidents", "alert", &1).into_future();
        (client, incidents, publish)
    });
    drop(runtime);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert_eq!(soon(incidents.next()).await, None);
        assert_eq!(soon(publish).await, Err(PublishError::OutcomeUnknown));
        assert_eq!(soon(client.close(Duration::from_secs(60))).await, Ok(()));
        assert_eq!(client.connect(), Err(Misuse::Stopped));
    });
}
