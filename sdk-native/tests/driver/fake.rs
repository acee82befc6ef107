//! A scripted server: the test says what each connection does.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// Long enough for a loaded machine; met only by a test that fails.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Fake {
    listener: TcpListener,
}

/// A connection whose request head has not been read.
pub(crate) struct Incoming(TcpStream);

pub(crate) struct Socket {
    pub(crate) path: String,
    stream: WebSocketStream<TcpStream>,
}

/// An HTTP request that waits for its answer.
pub(crate) struct Exchange {
    pub(crate) head: String,
    pub(crate) body: Value,
    stream: TcpStream,
}

/// Waits for what must happen.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("this happens in time")
}

impl Fake {
    pub(crate) async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Whether nobody has connected.
    pub(crate) async fn is_untouched(&self) -> bool {
        timeout(Duration::ZERO, self.listener.accept()).await.is_err()
    }

    pub(crate) async fn accept(&self) -> Incoming {
        Incoming(soon(self.listener.accept()).await.unwrap().0)
    }

    /// Accepts a WebSocket and welcomes it; gives the hello too.
    pub(crate) async fn welcome(&self, topics: Value) -> (Socket, Value) {
        let mut socket = self.accept().await.upgrade().await;
        let hello = socket.receive().await;
        socket.send(welcome(topics)).await;
        (socket, hello)
    }
}

pub(crate) fn welcome(topics: Value) -> Value {
    json!({
        "type": "rt.welcome", "version": 1, "connection": "c1", "heartbeat_ms": 25_000,
        "max_frame_bytes": 1_048_576, "max_topics": 256, "server_time": "2026-11-25T00:00:00.000Z",
        "results_epoch": "r1", "poll": {"interval_ms": 10, "wait_ms": 0}, "topics": topics,
    })
}

/// A result for a topic that begins at `offset` and is live there.
pub(crate) fn result(topic: &str, class: &str, offset: u64) -> Value {
    json!({
        "topic": topic, "ok": true, "class": class, "epoch": "e1", "offset": offset, "top": offset,
        "recovery": "fresh",
    })
}

pub(crate) fn event(topic: &str, offset: u64, payload: Value) -> Value {
    json!({
        "type": "alert", "payload": payload, "timestamp": "2026-11-25T00:00:00.000Z",
        "rt": {"id": format!("id-{offset}"), "topic": topic, "offset": offset},
    })
}

pub(crate) fn keyed(topic: &str, offset: u64, key: &str, payload: Value) -> Value {
    let mut event = event(topic, offset, payload);
    event["rt"]["key"] = key.into();
    event
}

impl Incoming {
    // The refusal's type is tungstenite's.
    #[allow(clippy::result_large_err)]
    pub(crate) async fn upgrade(self) -> Socket {
        let mut path = String::new();
        let select = |request: &Request, mut response: Response| {
            path = request.uri().path().to_owned();
            if let Some(offered) = request.headers().get(SEC_WEBSOCKET_PROTOCOL) {
                response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, offered.clone());
            }
            Ok(response)
        };
        let stream = soon(accept_hdr_async(self.0, select)).await.unwrap();
        Socket { path, stream }
    }

    pub(crate) async fn exchange(mut self) -> Exchange {
        let mut bytes = Vec::new();
        let end = loop {
            let mut chunk = [0; 4096];
            let read = soon(self.0.read(&mut chunk)).await.unwrap();
            assert!(read > 0, "the request was cut off");
            bytes.extend_from_slice(&chunk[..read]);
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse::<usize>().unwrap());
        let mut body = bytes.split_off(end);
        let missing = length - body.len();
        let mut rest = vec![0; missing];
        soon(self.0.read_exact(&mut rest)).await.unwrap();
        body.extend_from_slice(&rest);
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Exchange { head, body, stream: self.0 }
    }
}

impl Exchange {
    /// Answers and closes the connection, so that the next exchange comes on a new one.
    pub(crate) async fn answer(mut self, status: &str, headers: &str, body: &str) {
        let answer = format!(
            "HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        soon(self.stream.write_all(answer.as_bytes())).await.unwrap();
        soon(self.stream.shutdown()).await.unwrap();
    }
}

impl Socket {
    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_message(Message::Text(frame.to_string().into())).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        soon(self.stream.send(message)).await.unwrap();
    }

    /// Sends frames that leave in as few packets as may be.
    pub(crate) async fn send_together(&mut self, frames: impl Iterator<Item = Value>) {
        for frame in frames {
            soon(self.stream.feed(Message::Text(frame.to_string().into()))).await.unwrap();
        }
        soon(self.stream.flush()).await.unwrap();
    }

    /// The next frame of the client.
    pub(crate) async fn receive(&mut self) -> Value {
        match soon(self.stream.next()).await {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("a frame was expected, not {other:?}"),
        }
    }

    /// The client's next message, which must be a binary one.
    pub(crate) async fn receive_binary(&mut self) -> Vec<u8> {
        match soon(self.stream.next()).await {
            Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
            other => panic!("a binary message was expected, not {other:?}"),
        }
    }

    /// The client's frames until it has answered a ping sent now, the pong excluded: all that it had to say.
    pub(crate) async fn settled(&mut self) -> Vec<Value> {
        self.send(json!({"type": "ping", "t": 7})).await;
        let mut frames = Vec::new();
        loop {
            let frame = self.receive().await;
            if frame["type"] == "pong" {
                return frames;
            }
            frames.push(frame);
        }
    }

    /// The client's close frame.
    pub(crate) async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match soon(self.stream.next()).await {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                other => panic!("a close frame was expected, not {other:?}"),
            }
        }
    }

    pub(crate) async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        soon(self.stream.close(Some(frame))).await.unwrap();
    }
}
