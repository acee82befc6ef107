//! A whole server for tests of its edges: real sockets on a free port, keys of the development profile.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::clock::wall_millis;
use crate::config::Config;
use crate::dev::DevToken;
use crate::exchange::exchange_routes;
use crate::names::{TenantId, UserId};
use crate::permissions::Pattern;
use crate::publish::{PublishRequest, Published, Publisher, publish_routes};
use crate::pump::{Handlers, Pod};
use crate::serve::{Listeners, serve};
use crate::socket::socket_routes;
use crate::state::ServerState;

pub(crate) struct Server {
    pub(crate) state: Arc<ServerState>,
    pub(crate) pod: Arc<Pod>,
    pub(crate) address: SocketAddr,
    shutdown: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

pub(crate) struct Link(pub(crate) WebSocketStream<TcpStream>, VecDeque<Value>);

impl Server {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        Self::with_handlers(change, Handlers::new()).await
    }

    pub(crate) async fn with_handlers(change: impl FnOnce(&mut Config), handlers: Handlers) -> Self {
        let mut config = Config::dev();
        change(&mut config);
        let state = ServerState::new(config).unwrap();
        let pod = Pod::start(&state, handlers).unwrap();
        let public = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = public.local_addr().unwrap();
        let routes =
            publish_routes(&state, Arc::clone(&pod)).merge(socket_routes(&pod)).merge(exchange_routes(&pod));
        let (shutdown, told) = oneshot::channel::<()>();
        let listeners = Listeners { public, internal: None };
        let served = tokio::spawn(serve(Arc::clone(&state), routes, listeners, async {
            told.await.unwrap();
        }));
        Self { state, pod, address, shutdown, served }
    }

    /// Begins to shut down; the answer resolves when the server has ended.
    pub(crate) fn shut_down(self) -> JoinHandle<()> {
        self.shutdown.send(()).unwrap();
        self.served
    }

    pub(crate) async fn handshake(&self, subprotocol: Option<&str>) -> Result<(Link, Response), Error> {
        let url = format!("ws://{}/api/v1/notifications/ws", self.address);
        let mut request = url.into_client_request().unwrap();
        if let Some(subprotocol) = subprotocol {
            request.headers_mut().insert("sec-websocket-protocol", subprotocol.parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (stream, response) = tokio_tungstenite::client_async(request, stream).await?;
        Ok((Link(stream, VecDeque::new()), response))
    }

    pub(crate) async fn open(&self) -> Link {
        self.handshake(Some("steadfast.v1")).await.unwrap().0
    }

    /// A welcomed link of this user of the tenant `acme`.
    pub(crate) async fn welcomed(&self, user: &str, topics: Value) -> Link {
        let mut link = self.open().await;
        link.send(&hello(&token("acme", user), topics)).await;
        assert_eq!(link.next().await["type"], "rt.welcome");
        link
    }

    pub(crate) async fn publish(&self, request: Value) -> Published {
        let element = serde_json::value::to_raw_value(&request).unwrap();
        let (request, _) = PublishRequest::parse(&element, 4 << 20).unwrap();
        self.pod.publish("dev", vec![request]).await.pop().unwrap().unwrap()
    }
}

impl Link {
    pub(crate) async fn send(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub(crate) async fn message(&mut self) -> Message {
        self.0.next().await.unwrap().unwrap()
    }

    /// The next frame, also from within a batch; transport pings are passed over.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            if let Some(frame) = self.1.pop_front() {
                return frame;
            }
            if let Message::Text(text) = self.message().await {
                match serde_json::from_str(&text).unwrap() {
                    Value::Array(batch) => self.1.extend(batch),
                    frame => return frame,
                }
            }
        }
    }

    /// The code of the server's close; frames before it are passed over.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.message().await {
                return frame.unwrap().code.into();
            }
        }
    }
}

pub(crate) fn token(tenant: &str, user: &str) -> String {
    let all = vec![Pattern::parse("*").unwrap()];
    DevToken {
        tenant: TenantId::parse(tenant).unwrap(),
        user: UserId::parse(user).unwrap(),
        subscribe: all.clone(),
        publish: all,
        expires_at: wall_millis() / 1_000 + 3_600,
    }
    .sign()
}

pub(crate) fn hello(token: &str, topics: Value) -> Value {
    json!({
        "type": "rt.hello", "version": 1, "token": token, "instance": "i1", "link": 1,
        "client": {"name": "test", "version": "1", "platform": "none"}, "topics": topics
    })
}
