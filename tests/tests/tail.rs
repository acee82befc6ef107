//! The example `tail`, as scripts run it.

use serde_json::{Value, json};
use steadfast_core::Recording;

use crate::support::{Program, Server, Signal, token};

/// The next line of the wanted kind.
async fn line(tail: &mut Program, kind: &str) -> Value {
    loop {
        let line = tail.line().await.expect("tail goes on");
        let line: Value = serde_json::from_str(&line).unwrap();
        if line["kind"] == kind {
            return line;
        }
    }
}

/// Reads until it is connected and so many topics are live, in whatever order that is told.
async fn live(tail: &mut Program, transport: &str, mut topics: u32) {
    let mut connected = false;
    while !connected || topics > 0 {
        let line: Value = serde_json::from_str(&tail.line().await.expect("tail goes on")).unwrap();
        if line["kind"] == "live" {
            topics -= 1;
        }
        if line["state"] == "connected" {
            assert_eq!(line["transport"], transport);
            connected = true;
        }
    }
}

fn tail(url: &str, token: &str, more: &[&str]) -> Program {
    let mut arguments = vec!["--url", url, "--token", token];
    arguments.extend_from_slice(more);
    Program::start(env!("CARGO_BIN_EXE_tail-under-test"), &arguments)
}

#[tokio::test]
async fn a_published_alert_is_one_line() {
    let server = Server::start().await;
    for transport in ["auto", "websocket", "polling"] {
        let mut tail =
            tail(&server.url(), &token("acme", "ana"), &["--transport", transport, "incidents", "kpis"]);
        let connected = if transport == "polling" { "polling" } else { "websocket" };
        live(&mut tail, connected, 2).await;
        let id = server
            .publish(json!({
                "tenant_id": "acme", "topic": "incidents", "type": "incident_alert", "priority": "critical",
                "requires_acknowledgment": true, "payload": {"incident": {"title": "Power loss", "transport": connected}},
            }))
            .await;
        let event = line(&mut tail, "event").await;
        assert_eq!(
            event,
            json!({
                "kind": "event", "topic": "incidents", "type": "incident_alert", "offset": event["offset"],
                "id": id, "replay": event["replay"], "priority": "critical", "requires_acknowledgment": true,
                "payload": {"incident": {"title": "Power loss", "transport": connected}},
            })
        );
        server
            .publish(
                json!({"tenant_id": "acme", "topic": "kpis", "type": "kpi", "key": "north", "payload": 1}),
            )
            .await;
        assert_eq!(line(&mut tail, "event").await["key"], "north");
        tail.signal(Signal::INT);
        assert!(tail.ended().await.success());
    }
}

#[tokio::test]
async fn a_refused_token_ends_it_with_the_reason() {
    let server = Server::start().await;
    let mut tail = tail(&server.url(), "forged", &["incidents"]);
    loop {
        let status = line(&mut tail, "status").await;
        if status["state"] == "closed" {
            assert_eq!(status["reason"], json!({"code": 4401, "retryable": false}));
            break;
        }
    }
    assert!(!tail.ended().await.success());
}

#[tokio::test]
async fn it_leaves_a_report_that_holds_a_recording() {
    let server = Server::start().await;
    let file = std::env::temp_dir().join(format!("steadfast-tail-{}.txt", std::process::id()));
    let named = file.to_str().expect("the folder for temporary files has a name in UTF-8");
    let mut tail = tail(&server.url(), &token("acme", "ana"), &["--report", named, "incidents"]);
    live(&mut tail, "websocket", 1).await;
    tail.signal(Signal::INT);
    assert!(tail.ended().await.success());
    let report = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(report.contains("incidents: Log, offset 0"), "{report}");
    assert!(!Recording::find(&report).unwrap().segments.is_empty());
}
