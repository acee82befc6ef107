//! The front door: one address for the page, for what disturbs it, and for the server behind.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tower::ServiceExt;

mod burst;
mod control;
mod files;
mod guard;
mod pages;
mod proxy;

use super::Occurrence;
use super::programs::Programs;
use pages::Pages;

/// How long to wait when the system gives no connection, usually for want of files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the front door needs to know.
pub(super) struct Door {
    /// Where the server listens.
    pub(super) server: String,
    /// The built page's folder, if there is one.
    pub(super) page: Option<PathBuf>,
    pub(super) programs: Arc<Programs>,
    pub(super) stage: Sender<Occurrence>,
    listen: SocketAddr,
    pages: Pages,
}

impl Door {
    pub(super) fn new(
        listen: SocketAddr,
        server: String,
        page: Option<PathBuf>,
        programs: Arc<Programs>,
        stage: Sender<Occurrence>,
    ) -> Self {
        Self { server, page, programs, stage, listen, pages: Pages::default() }
    }

    /// Serves from now on, as long as the runtime is there.
    ///
    /// # Errors
    /// - The runtime cannot watch the listener.
    pub(super) fn open(self, runtime: &Handle, listener: std::net::TcpListener) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let _inside = runtime.enter();
        runtime.spawn(accept(TcpListener::from_std(listener)?, router(Arc::new(self))));
        Ok(())
    }
}

async fn accept(listener: TcpListener, router: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve_connection(stream, router.clone()))),
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

fn router(door: Arc<Door>) -> Router {
    let control = control::routes().layer(from_fn_with_state(Arc::clone(&door), guard::check_origin));
    Router::new()
        .merge(control)
        .route("/via/{page}/{*onward}", any(proxy::under_rules))
        .route("/api/{*onward}", any(proxy::straight))
        .route("/livez", any(proxy::straight))
        .fallback(files::serve)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&door), guard::check_host))
        .with_state(door)
}

async fn wrong_method() -> Response {
    sentence(StatusCode::METHOD_NOT_ALLOWED, "this is here, but for another method")
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move {
            let Ok(response) = router.oneshot(request).await;
            match response.extensions().get::<Broken>() {
                Some(broken) => Err(*broken),
                None => Ok(response),
            }
        }
    });
    // A connection that is gone at once is noticed right below.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // Whoever is at the other end knows how it ended.
    let _ = connection.await;
}

/// In place of an answer: the connection just ends.
#[derive(Debug, Clone, Copy)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is cut")
    }
}

impl std::error::Error for Broken {}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

fn sentence(status: StatusCode, words: impl fmt::Display) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (status, headers, format!("{words}\n")).into_response()
}
