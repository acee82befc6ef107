//! WebSockets blocked by something on the way: polling takes over in time, and gives back.

use std::time::Duration;

use steadfast::{Client, State, Status, Transport};

use crate::support::{Mode, Numbered, Proxy, Server, builder, status};

fn on_websocket(status: &Status) -> bool {
    (status.state, status.transport) == (State::Connected, Some(Transport::WebSocket))
}

fn on_polling(status: &Status) -> bool {
    (status.state, status.transport) == (State::Connected, Some(Transport::Polling))
}

fn client(proxy: &Proxy) -> Client {
    builder(&proxy.url(), "ana").build().unwrap()
}

/// One that notices silence soon; what it closes itself does not count as short-lived, so the clock decides.
fn impatient(proxy: &Proxy) -> Client {
    builder(&proxy.url(), "ana")
        .hello_timeout(Duration::from_millis(200))
        .fallback_after(Duration::from_secs(2))
        .build()
        .unwrap()
}

/// Events flow over a WebSocket, over polling while the mode holds, and over a WebSocket again.
async fn falls_back_and_returns(mode: Mode) {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address()).await;
    let client = if mode == Mode::Silence { impatient(&proxy) } else { client(&proxy) };
    let mut numbered = Numbered::subscribe(&client, "numbers").live().await;
    numbered.flow(&server, &client, "a WebSocket", on_websocket).await;
    numbered.more(&server, 10).await;

    let before = proxy.websockets();
    proxy.set(mode);
    numbered.flow(&server, &client, "polling", on_polling).await;
    let tried = proxy.websockets() - before;
    assert!(tried <= 3 || mode == Mode::Silence, "polling came after {tried} more WebSockets");
    assert!(proxy.exchanges() > 0);
    numbered.more(&server, 20).await;

    proxy.set(Mode::Pass);
    // As an operating system does when the network changes; without it the next attempt comes within 36 seconds.
    client.set_online(true).unwrap();
    numbered.flow(&server, &client, "a WebSocket again", on_websocket).await;
    numbered.more(&server, 20).await;
    numbered.finish().await;
    let statistics = client.statistics();
    assert_eq!((statistics.fallbacks, statistics.gaps), (1, 0), "{statistics:?}");
}

/// The mode holds when the client starts.
async fn starts_with_polling(mode: Mode) {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address()).await;
    proxy.set(mode);
    let client = if mode == Mode::Silence { impatient(&proxy) } else { client(&proxy) };
    let mut numbered = Numbered::subscribe(&client, "numbers").live().await;
    status(&client, "polling", on_polling).await;
    numbered.more(&server, 20).await;
    numbered.finish().await;
    assert_eq!(numbered.read(), 20);
}

#[tokio::test]
async fn refused() {
    falls_back_and_returns(Mode::RefuseUpgrade).await;
}

#[tokio::test]
async fn cut() {
    falls_back_and_returns(Mode::CutUpgrade).await;
}

#[tokio::test]
async fn accepted_then_silent() {
    falls_back_and_returns(Mode::Silence).await;
}

#[tokio::test]
async fn killed_before_the_welcome() {
    falls_back_and_returns(Mode::KillBeforeWelcome).await;
}

#[tokio::test]
async fn killed_soon_after_the_welcome() {
    falls_back_and_returns(Mode::KillAfterWelcome(Duration::from_millis(50))).await;
}

#[tokio::test]
async fn cut_from_the_start() {
    starts_with_polling(Mode::CutUpgrade).await;
}

#[tokio::test]
async fn silent_from_the_start() {
    starts_with_polling(Mode::Silence).await;
}

#[tokio::test]
async fn killed_before_the_welcome_from_the_start() {
    starts_with_polling(Mode::KillBeforeWelcome).await;
}

#[tokio::test]
async fn nothing_comes_through_for_a_while() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address()).await;
    let client = client(&proxy);
    let mut numbered = Numbered::subscribe(&client, "numbers").live().await;
    numbered.more(&server, 10).await;
    proxy.set(Mode::BlockEverything);
    status(&client, "the loss", |status| status.state == State::Connecting).await;
    proxy.set(Mode::Pass);
    numbered.flow(&server, &client, "a WebSocket again", on_websocket).await;
    numbered.more(&server, 10).await;
    numbered.finish().await;
}
