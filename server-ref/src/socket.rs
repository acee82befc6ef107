//! `GET /api/v1/notifications/ws`: the WebSocket, one task a connection.

mod batch;
mod boundary;
mod connection;
mod handshake;
mod stream;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tracing::debug;

use crate::audit::Entrance;
use crate::pump::Pod;
use crate::state::peer_of;
use connection::Connection;

/// The route of the WebSocket.
///
/// | status | when |
/// |---|---|
/// | 101 | the upgrade; what is refused later is told by a close code, which browsers can see |
/// | 400 | no WebSocket handshake |
/// | 426 | another version of the WebSocket protocol |
/// | 503 | the server is full, or handshakes come too fast; see `Retry-After` |
pub fn socket_routes(pod: &Arc<Pod>) -> Router {
    Router::new().route("/api/v1/notifications/ws", get(upgrade)).with_state(Arc::clone(pod))
}

async fn upgrade(State(pod): State<Arc<Pod>>, mut request: Request) -> Response {
    let accepted = match handshake::accept(request.headers()) {
        Ok(accepted) => accepted,
        Err(refusal) => return *refusal,
    };
    let place = match pod.state.admit() {
        Ok(place) => place,
        Err(refusal) => return *refusal,
    };
    let peer = peer_of(request.extensions());
    let upgraded = hyper::upgrade::on(&mut request);
    let known = accepted.subprotocol;
    tokio::spawn(async move {
        match upgraded.await {
            Ok(io) => {
                let mut driven = pod.drive(Entrance::WebSocket, peer);
                if !known {
                    driven.session.refuse_subprotocol();
                }
                // A task of its own, so that what the upgrade needed does not stay as long as the connection.
                tokio::spawn(Connection::new(io, driven, place));
            }
            Err(error) => debug!(%error, "the upgrade failed"),
        }
    });
    accepted.into_response()
}
