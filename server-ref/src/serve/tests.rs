#![allow(clippy::unwrap_used)]

use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get};
use http::StatusCode;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;
use crate::config::Config;
use crate::draining::Phase;

async fn listener() -> (TcpListener, std::net::SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

struct Running {
    state: Arc<ServerState>,
    address: std::net::SocketAddr,
    shutdown: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

async fn start(routes: Router) -> Running {
    let state = ServerState::new(Config::dev()).unwrap();
    let (public, address) = listener().await;
    let (shutdown, told) = oneshot::channel::<()>();
    let served =
        tokio::spawn(serve(Arc::clone(&state), routes, Listeners { public, internal: None }, async move {
            told.await.unwrap();
        }));
    Running { state, address, shutdown, served }
}

/// Sends a request whose connection ends with the answer, and gives all that comes back.
async fn request(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    send_head(&mut stream, path).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn send_head(stream: &mut TcpStream, path: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn a_server_without_connections_ends_at_once() {
    let running = start(Router::new()).await;
    assert!(request(running.address, "/readyz").await.starts_with("HTTP/1.1 200"));
    running.shutdown.send(()).unwrap();
    running.served.await.unwrap();
    assert_eq!(running.state.draining.phase(), Phase::Closed);
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn a_draining_server_goes_on_accepting_until_its_last_connection_leaves() {
    let running = start(Router::new()).await;
    let guard = running.state.admit().unwrap();
    let mut phase = running.state.draining.watch();
    running.shutdown.send(()).unwrap();
    phase.wait_for(|phase| matches!(phase, Phase::Draining { .. })).await.unwrap();
    assert!(request(running.address, "/readyz").await.starts_with("HTTP/1.1 503"));
    assert!(request(running.address, "/livez").await.starts_with("HTTP/1.1 200"));
    drop(guard);
    running.served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_stays_does_not_hold_the_server_beyond_its_deadline() {
    let running = start(Router::new()).await;
    let _guard = running.state.admit().unwrap();
    let mut phase = running.state.draining.watch();
    running.shutdown.send(()).unwrap();
    phase.wait_for(|phase| *phase == Phase::Closed).await.unwrap();
    let closed_at = running.state.clock.monotonic().as_millis();
    assert_eq!(closed_at, running.state.config.drain.deadline_ms);
    running.served.await.unwrap();
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_server_ends() {
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let route = {
        let (arrived, go_on) = (Arc::clone(&arrived), Arc::clone(&go_on));
        get(move || async move {
            arrived.notify_one();
            go_on.notified().await;
            "done"
        })
    };
    let running = start(Router::new().route("/slow", route)).await;
    let mut phase = running.state.draining.watch();
    let answer = tokio::spawn(request(running.address, "/slow"));
    arrived.notified().await;
    running.shutdown.send(()).unwrap();
    phase.wait_for(|phase| *phase == Phase::Closed).await.unwrap();
    go_on.notify_one();
    assert!(answer.await.unwrap().ends_with("done"));
    running.served.await.unwrap();
}

#[tokio::test]
async fn a_connection_too_many_is_told_so_and_an_upgraded_one_keeps_its_place() {
    let release = Arc::new(Notify::new());
    let route = {
        let release = Arc::clone(&release);
        any(move |mut request: Request| async move {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let mut upgraded = TokioIo::new(upgrade.await.unwrap());
                upgraded.write_all(b"upgraded").await.unwrap();
                release.notified().await;
            });
            Response::builder()
                .status(StatusCode::SWITCHING_PROTOCOLS)
                .header("connection", "upgrade")
                .header("upgrade", "test")
                .body(axum::body::Body::empty())
                .unwrap()
        })
    };
    let (listener, address) = listener().await;
    let stop = watch::Sender::new(false);
    let served = tokio::spawn(accept(listener, Router::new().route("/", route), 1, stop.subscribe()));

    let mut first = TcpStream::connect(address).await.unwrap();
    first
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"upgraded") {
        assert_ne!(first.read_buf(&mut answer).await.unwrap(), 0);
    }
    let mut second = TcpStream::connect(address).await.unwrap();
    let mut refusal = String::new();
    second.read_to_string(&mut refusal).await.unwrap();
    assert!(refusal.starts_with("HTTP/1.1 503") && refusal.contains("Retry-After"), "{refusal}");

    release.notify_one();
    assert_eq!(first.read(&mut [0; 8]).await.unwrap(), 0);
    // The socket is closed, so its place is free.
    assert!(request(address, "/nowhere").await.starts_with("HTTP/1.1 404"));
    stop.send_replace(true);
    served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_sends_no_request_is_closed() {
    let running = start(Router::new()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(running.state.clock.monotonic().as_millis() >= 30_000);
    running.shutdown.send(()).unwrap();
    running.served.await.unwrap();
}
