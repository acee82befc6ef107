#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;

use super::Handlers;
use crate::permissions::Pattern;
use crate::testing::{Server, hello, token};

fn request(kind: &str, reference: u64, idem: &str, payload: Value) -> Value {
    json!({"type": kind, "payload": payload, "rt": {"ref": reference, "idem": idem}})
}

/// A handler that waits for a permit, and counts how often it was called.
fn slow(go_on: &Arc<Semaphore>, calls: &Arc<AtomicU32>) -> Handlers {
    let (go_on, calls) = (Arc::clone(go_on), Arc::clone(calls));
    Handlers::new().on("incident_action", move |request| {
        let go_on = Arc::clone(&go_on);
        calls.fetch_add(1, Ordering::Relaxed);
        async move {
            go_on.acquire().await.unwrap().forget();
            Ok(Some(format!("\"done by {}\"", request.principal.user).into()))
        }
    })
}

#[tokio::test]
async fn a_handler_answers_and_other_types_have_none() {
    let handlers = Handlers::new()
        .on("incident_action", |request| async move {
            Ok(Some(format!("\"{} {:?}\"", request.principal.user, request.correlation_id).into()))
        })
        .on("breaks", |_| async { panic!("a handler may") });
    let server = Server::with_handlers(|_| {}, handlers).await;
    let mut link = server.welcomed("ana", json!([])).await;
    link.send(&request("incident_action", 1, "a", json!(1))).await;
    let answer = link.next().await;
    assert_eq!((&answer["ref"], &answer["payload"]), (&json!(1), &json!("ana None")));
    link.send(&request("other", 2, "b", json!(1))).await;
    assert_eq!(link.next().await["error"]["code"], "unsupported");
    link.send(&request("breaks", 3, "c", json!(1))).await;
    let answer = link.next().await;
    assert_eq!((&answer["error"]["code"], &answer["error"]["retryable"]), (&json!("internal"), &json!(true)));
}

#[tokio::test]
async fn a_repeat_during_execution_waits_for_the_first_and_both_are_carried_out_once() {
    let (go_on, calls) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU32::new(0)));
    let server = Server::with_handlers(|_| {}, slow(&go_on, &calls)).await;
    let mut first = server.welcomed("ana", json!([])).await;
    first.send(&request("incident_action", 1, "a", json!(1))).await;
    first.send(&request("incident_action", 2, "a", json!(2))).await;
    // Its answer shows that the first request was begun, too.
    assert_eq!(first.next().await["error"]["code"], "idem_conflict");
    let mut hello = hello(&token("acme", "ana"), json!([]));
    hello["instance"] = json!("another");
    let mut second = server.open().await;
    second.send(&hello).await;
    second.next().await;
    second.send(&request("incident_action", 9, "a", json!(1))).await;
    second.send(&json!({"type": "ping"})).await;
    assert_eq!(second.next().await["type"], "pong", "the link does not wait");
    go_on.add_permits(1);
    let (one, other) = (first.next().await, second.next().await);
    assert_eq!((&one["payload"], &other["payload"]), (&json!("done by ana"), &json!("done by ana")));
    assert_eq!((&one["duplicate"], &other["duplicate"]), (&Value::Null, &json!(true)));
    first.send(&request("incident_action", 3, "a", json!(1))).await;
    assert_eq!(first.next().await["duplicate"], true);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_has_begun_is_finished_though_its_client_is_gone() {
    let (go_on, calls) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU32::new(0)));
    let server = Server::with_handlers(|_| {}, slow(&go_on, &calls)).await;
    let mut first = server.welcomed("ana", json!([])).await;
    first.send(&request("incident_action", 1, "a", json!(1))).await;
    first.send(&json!({"type": "ping"})).await;
    first.next().await;
    drop(first);
    server.state.admission.none_open().await;
    go_on.add_permits(1);
    let mut second = server.welcomed("ana", json!([])).await;
    second.send(&request("incident_action", 1, "a", json!(1))).await;
    assert_eq!(second.next().await["duplicate"], true);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn who_reads_a_topic_is_told_where_the_configuration_asks_for_it() {
    let server =
        Server::start(|config| config.presence.topics = vec![Pattern::parse("incidents").unwrap()]).await;
    let mut watching = server.welcomed("ana", json!(["presence:incidents", "presence:threats"])).await;
    let mut reading = server.welcomed("bob", json!(["incidents", "threats"])).await;
    let told = watching.next().await;
    assert_eq!((&told["rt"]["topic"], &told["rt"]["key"]), (&json!("presence:incidents"), &json!("bob")));
    assert_eq!(told["payload"]["clients"], 1);
    // Its lease has only begun when a second client comes: nobody is told that the first went.
    reading.0.close(None).await.unwrap();
    assert_eq!(reading.message().await, Message::Close(None));
    let _polled = server.welcomed("cleo", json!(["incidents"])).await;
    assert_eq!(watching.next().await["rt"]["key"], "cleo");
}
