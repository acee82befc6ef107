//! Tokens that expire, and tokens that are refused.

use std::time::Duration;

use steadfast::{Client, State, Status, TransportChoice};

use crate::support::{Numbered, Server, provider, soon, status, token_for};

const STRICT: &str = "[auth]\nleeway_ms = 0\n";

#[tokio::test]
async fn a_token_is_refreshed_on_the_live_connection() {
    let server = Server::configured(STRICT).await;
    let (provider, mut requests) = provider("acme", "ana", Duration::from_secs(4));
    let client = Client::builder(server.url()).token_provider(provider).build().unwrap();
    let mut numbered = Numbered::subscribe(&client, "numbers").live().await;
    // The first for the hello, then three lives.
    for _ in 0..4 {
        soon("a request for a token", requests.recv()).await.unwrap();
        numbered.more(&server, 5).await;
    }
    numbered.finish().await;
    let statistics = client.statistics();
    assert_eq!((statistics.opens, statistics.welcomes), (1, 1), "{statistics:?}");
    assert_eq!(client.status().borrow().state, State::Connected);
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_ends_with_its_life() {
    let server = Server::configured(STRICT).await;
    let client = Client::builder(server.url())
        .token(token_for("acme", "ana", &["*"], Duration::from_secs(2)))
        .build()
        .unwrap();
    status(&client, "a connection", |status| status.state == State::Connected).await;
    let closed = status(&client, "the end", |status| status.state == State::Closed).await;
    assert_eq!(closed.reason.map(|reason| (reason.code, reason.retryable)), Some((4401, false)));
}

#[tokio::test]
async fn a_forged_token_is_refused_on_both_transports() {
    let server = Server::start().await;
    for transport in [TransportChoice::WebSocket, TransportChoice::Polling] {
        let client = Client::builder(server.url()).token("not a token").transport(transport).build().unwrap();
        let closed: Status = status(&client, "the end", |status| status.state == State::Closed).await;
        assert_eq!(closed.reason.map(|reason| reason.code), Some(4401), "{transport:?}");
    }
}
