//! A server's life on its sockets: accept, serve, drain, close.

mod connection;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use steadfast_core::Instant;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::info;

use crate::app::{app, internal_app};
use crate::state::ServerState;
use connection::accept;

/// TCP connections beyond the cap of WebSockets: for exchanges, publishes and probes. Below what the cap
/// leaves of the open files.
const EXTRA_CONNECTIONS: usize = 192;

/// How long links may take to say good-bye, and requests under way to end, when the server closes.
const CLOSING_TIME: Duration = Duration::from_secs(3);

/// The sockets that a server listens on.
#[derive(Debug)]
pub struct Listeners {
    /// For clients and backends.
    pub public: TcpListener,
    /// For the operator; set when, and only when, `internal_listen` is configured.
    pub internal: Option<TcpListener>,
}

/// Serves until `shutdown` resolves, then drains and closes.
///
/// `routes` are those of clients and backends; see [`app`]. While the server drains it goes on accepting,
/// since its clients may come back to it before others take over. It ends when no WebSocket is left, or at
/// the drain's deadline; what is open then gets 3 s more to close.
pub async fn serve(
    state: Arc<ServerState>,
    routes: Router,
    listeners: Listeners,
    shutdown: impl Future<Output = ()>,
) {
    let stop = watch::Sender::new(false);
    let most = usize::try_from(state.admission.cap()).unwrap_or(usize::MAX).saturating_add(EXTRA_CONNECTIONS);
    let mut loops = JoinSet::new();
    loops.spawn(accept(listeners.public, app(&state, routes), most, stop.subscribe()));
    if let Some(listener) = listeners.internal {
        loops.spawn(accept(listener, internal_app(&state), EXTRA_CONNECTIONS, stop.subscribe()));
    }
    shutdown.await;
    drain(&state).await;
    stop.send_replace(true);
    // What is still open after this time is cut off when the loops are dropped.
    if timeout(CLOSING_TIME, async { while loops.join_next().await.is_some() {} }).await.is_err() {
        info!("requests under way were cut off");
    }
}

async fn drain(state: &ServerState) {
    let millis = state.config.drain.deadline_ms;
    let deadline: Instant = state.clock.monotonic() + millis;
    info!(connections = state.admission.open(), deadline_ms = millis, "draining");
    state.draining.begin(deadline);
    state.metrics.phase_changed(state.draining.phase());
    if timeout(Duration::from_millis(millis), state.admission.none_open()).await.is_ok() {
        info!("no connection is left");
    }
    state.draining.close();
    state.metrics.phase_changed(state.draining.phase());
    if timeout(CLOSING_TIME, state.admission.none_open()).await.is_err() {
        info!(connections = state.admission.open(), "connections did not close in time");
    }
}
