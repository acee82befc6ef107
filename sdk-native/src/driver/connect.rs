use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Error};
use tokio_tungstenite::{Connector as Tls, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::exchange::retry_after_ms;
use crate::endpoint::Endpoint;

/// A WebSocket.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const SUBPROTOCOL: HeaderValue = HeaderValue::from_static("steadfast.v1");

/// A server's messages are at most 1 MiB; what is far beyond that is an attack or a mistake.
const LONGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// How long one address family may keep the other waiting.
const HEAD_START: Duration = Duration::from_millis(300);

/// Opens WebSockets.
#[derive(Clone)]
pub(super) struct Connector {
    endpoint: Arc<Endpoint>,
    tls: Arc<ClientConfig>,
}

/// Why a WebSocket could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unopened {
    /// The server or a proxy answered with an HTTP status other than 101.
    Status { status: u16, retry_after_ms: Option<u64> },
    /// No connection, or no answer that could be understood.
    Failed,
}

impl Connector {
    pub(super) fn new(endpoint: Endpoint, tls: ClientConfig) -> Self {
        Self { endpoint: Arc::new(endpoint), tls: Arc::new(tls) }
    }

    /// Connects and shakes hands. Has no deadline of its own: the machine closes a link that takes too long.
    pub(super) async fn open(self) -> Result<Socket, Unopened> {
        let request = self.request().map_err(unopened)?;
        let stream = self.connect().await.map_err(|_| Unopened::Failed)?;
        stream.set_nodelay(true).map_err(|_| Unopened::Failed)?;
        let tls = if self.endpoint.tls { Tls::Rustls(self.tls) } else { Tls::Plain };
        let (socket, _) = client_async_tls_with_config(request, stream, Some(config()), Some(tls))
            .await
            .map_err(unopened)?;
        Ok(socket)
    }

    fn request(&self) -> tungstenite::Result<Request> {
        let mut request = self.endpoint.websocket.as_str().into_client_request()?;
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
        Ok(request)
    }

    /// Tries the resolver's first address family, and soon the other one beside it: a black hole in one of them must
    /// not use up the time that the machine gives.
    async fn connect(&self) -> io::Result<TcpStream> {
        let addresses: Vec<SocketAddr> =
            lookup_host((self.endpoint.host.as_str(), self.endpoint.port)).await?.collect();
        let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
        let (preferred, other): (Vec<_>, Vec<_>) =
            addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
        if other.is_empty() {
            return TcpStream::connect(&*preferred).await;
        }
        let preferred = TcpStream::connect(&*preferred);
        let other = async {
            sleep(HEAD_START).await;
            TcpStream::connect(&*other).await
        };
        tokio::pin!(preferred, other);
        tokio::select! {
            Ok(stream) = &mut preferred => Ok(stream),
            Ok(stream) = &mut other => Ok(stream),
            else => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(32 * 1024)
        .write_buffer_size(16 * 1024)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE))
}

fn unopened(error: Error) -> Unopened {
    let Error::Http(response) = error else {
        return Unopened::Failed;
    };
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    Unopened::Status {
        status: response.status().as_u16(),
        retry_after_ms: retry_after.and_then(retry_after_ms),
    }
}
