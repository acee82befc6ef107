//! What the tests stand on: server processes, the proxy, clients, numbered events.

mod clients;
mod numbered;
mod program;
mod proxy;
mod server;

use std::time::Duration;

use tokio::time::timeout;

pub(crate) use clients::{builder, event, next, provider, status, token, token_for};
pub(crate) use numbered::Numbered;
pub(crate) use program::{Program, Signal};
pub(crate) use proxy::{Mode, Proxy};
pub(crate) use server::Server;

/// Long enough for a loaded machine; met only by a test that fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for what must happen.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(PATIENCE, future).await {
        Ok(done) => done,
        Err(_) => panic!("waited in vain: {what}"),
    }
}

/// Waits until the condition holds, which something else in this runtime or another process brings about.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    soon(what, async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
