//! Requests and WebSockets on their way to the server, by a page's rules or by none.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, Version};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Error};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::pages::{Kind, PageId, Pass, Refusal};
use super::{Broken, Door, sentence};

/// What is said between two neighbours and goes no further, beside what `Connection` names.
const OF_ONE_HOP: [HeaderName; 7] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Passes a request to the server.
pub(super) async fn straight(State(door): State<Arc<Door>>, request: Request) -> Response {
    forward(&door.server, request, None).await
}

/// Passes a request to `/via/{page}/…` to the server's `/…`, if the page's way lets it.
pub(super) async fn under_rules(State(door): State<Arc<Door>>, mut request: Request) -> Response {
    let Some((page, onward)) = page_and_onward(request.uri()) else {
        let rule = "a page's id is 1 to 64 letters, digits and hyphens";
        return sentence(StatusCode::BAD_REQUEST, rule);
    };
    let kind = if request.headers().contains_key(UPGRADE) { Kind::WebSocket } else { Kind::Exchange };
    let pass = match door.pages.enter(&page, kind) {
        Ok(pass) => pass,
        Err(refusal) => return refused(refusal),
    };
    *request.uri_mut() = onward;
    forward(&door.server, request, Some(pass)).await
}

pub(super) fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::NoNetwork => Broken.into_response(),
        Refusal::NoWebSockets => sentence(StatusCode::FORBIDDEN, "WebSockets are blocked for this page"),
        Refusal::TooManyPages => {
            sentence(StatusCode::SERVICE_UNAVAILABLE, "too many pages are open; close some")
        }
    }
}

fn page_and_onward(uri: &Uri) -> Option<(PageId, Uri)> {
    let (page, onward) = uri.path_and_query()?.as_str().strip_prefix("/via/")?.split_once('/')?;
    Some((PageId::parse(page)?, format!("/{onward}").parse().ok()?))
}

async fn forward(server: &str, mut request: Request, mut pass: Option<Pass>) -> Response {
    let browser = hyper::upgrade::on(&mut request);
    let answered = tokio::select! {
        answered = exchange(server, request) => answered,
        () = cut(&mut pass) => return Broken.into_response(),
    };
    let Ok(mut response) = answered else {
        return sentence(StatusCode::BAD_GATEWAY, "the server is away; it is started again in a moment");
    };
    let upgrades = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    remove_of_one_hop(response.headers_mut(), upgrades);
    if upgrades {
        let server = hyper::upgrade::on(&mut response);
        tokio::spawn(tunnel(browser, server, pass));
        return response.map(|_| Body::empty());
    }
    response.map(|body| Body::new(Passing { body, pass }))
}

/// Sends a request on a connection of its own, which ends when the answer is no longer waited for or read.
///
/// # Errors
/// - The server is away, or ends before it answers.
pub(super) async fn exchange(
    server: &str,
    mut request: Request,
) -> Result<hyper::Response<Incoming>, BoxError> {
    remove_of_one_hop(request.headers_mut(), true);
    request.headers_mut().remove(EXPECT);
    request.headers_mut().insert(HOST, HeaderValue::from_str(server)?);
    *request.version_mut() = Version::HTTP_11;
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Whoever reads the answer is told of its error.
    tokio::spawn(connection.with_upgrades());
    Ok(sender.send_request(request).await?)
}

fn remove_of_one_hop(headers: &mut HeaderMap, upgrades: bool) {
    let upgrade = headers.get(UPGRADE).filter(|_| upgrades).cloned();
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_ONE_HOP.iter().chain(&named) {
        headers.remove(name);
    }
    if let Some(upgrade) = upgrade {
        headers.insert(UPGRADE, upgrade);
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
}

/// Carries a WebSocket until either end closes it, or it is cut: then both ends see a connection that just ends.
async fn tunnel(browser: OnUpgrade, server: OnUpgrade, mut pass: Option<Pass>) {
    let carry = async {
        let (Ok(browser), Ok(server)) = tokio::join!(browser, server) else { return };
        // How it ended matters to the ends alone.
        let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(browser), &mut TokioIo::new(server)).await;
    };
    tokio::select! {
        () = carry => {}
        () = cut(&mut pass) => {}
    }
}

async fn cut(pass: &mut Option<Pass>) {
    match pass {
        Some(pass) => poll_fn(|context| pass.poll_cut(context)).await,
        None => pending().await,
    }
}

/// An answer's body on its way.
struct Passing {
    body: Incoming,
    pass: Option<Pass>,
}

impl HttpBody for Passing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(pass) = &mut self.pass
            && pass.poll_cut(context).is_ready()
        {
            return Poll::Ready(Some(Err(Error::new(Broken))));
        }
        Pin::new(&mut self.body).poll_frame(context).map_err(Error::new)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use axum::Router;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::super::pages::{Pages, Way};
    use super::super::serve_connection;
    use super::*;

    const REQUEST: &[u8] =
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nKeep-Alive: 5\r\nContent-Length: 2\r\n\r\nhi";

    fn page() -> PageId {
        PageId::parse("p1").unwrap()
    }

    /// A browser's connection whose request has arrived at the server, and the server's.
    async fn under_way(pages: &Pages) -> (TcpStream, TcpStream) {
        let pages = pages.clone();
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap().to_string();
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut browser = TcpStream::connect(door.local_addr().unwrap()).await.unwrap();
        let router = Router::new().fallback(async move |request| {
            forward(&address, request, pages.enter(&page(), Kind::Exchange).ok()).await
        });
        tokio::spawn(serve_connection(door.accept().await.unwrap().0, router));
        browser.write_all(REQUEST).await.unwrap();
        let (mut server, _) = server.accept().await.unwrap();
        let arrived = read_until(&mut server, "hi").await;
        assert!(arrived.starts_with("POST /x HTTP/1.1\r\n"), "{arrived}");
        assert!(!arrived.to_lowercase().contains("keep-alive"), "{arrived}");
        (browser, server)
    }

    async fn read_until(stream: &mut TcpStream, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let mut bytes = [0; 1024];
            let read = timeout(Duration::from_secs(60), stream.read(&mut bytes)).await.unwrap().unwrap();
            assert!(read > 0, "it ended after {text}");
            text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
        text
    }

    /// Whether nothing more comes before the connection ends, closed or reset as the system sees fit.
    async fn ends(stream: &mut TcpStream) -> bool {
        let mut rest = Vec::new();
        let end = timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await;
        end.is_ok() && rest.is_empty()
    }

    #[tokio::test]
    async fn an_answer_keeps_its_status_and_headers_and_comes_as_it_is_written() {
        let (mut browser, mut server) = under_way(&Pages::default()).await;
        let begin = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n";
        server.write_all(begin).await.unwrap();
        let answer = read_until(&mut browser, "2\r\nno\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{answer}");
        assert!(answer.contains("retry-after: 7\r\n"), "{answer}");
        server.write_all(b"3\r\nyes\r\n0\r\n\r\n").await.unwrap();
        assert_eq!(read_until(&mut browser, "0\r\n\r\n").await, "3\r\nyes\r\n0\r\n\r\n");
    }

    #[tokio::test]
    async fn a_lost_network_ends_a_request_that_waits_and_an_answer_half_written() {
        let offline: Way = serde_json::from_str(r#"{"websockets":true,"network":false}"#).unwrap();
        for begin in ["", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nno"] {
            let pages = Pages::default();
            let (mut browser, mut server) = under_way(&pages).await;
            server.write_all(begin.as_bytes()).await.unwrap();
            if !begin.is_empty() {
                read_until(&mut browser, "\r\n\r\nno").await;
            }
            pages.set_way(&page(), offline).unwrap();
            assert!(ends(&mut browser).await && ends(&mut server).await, "after {begin:?}");
        }
    }

    #[tokio::test]
    async fn when_the_browser_goes_away_the_onward_request_ends() {
        let (browser, mut server) = under_way(&Pages::default()).await;
        drop(browser);
        assert!(ends(&mut server).await);
    }
}
