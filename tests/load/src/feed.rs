//! A scripted server that has its events encoded beforehand and sends them as fast as the socket takes them, so that
//! only the client is measured.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept_hdr};

use crate::Failure;
use crate::kpi;
use crate::process::announce;

/// The one topic that there is.
pub(crate) const TOPIC: &str = "kpis";

const EPOCH: &str = "feed";

/// Events that are written at a time.
const WRITTEN_AT_ONCE: usize = 200;

/// Accepts clients of a topic of the class given, and sends each all events, from its cursor on.
pub(crate) fn serve(class: &str, events: u64) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let script = Script::new(class, events);
    announce(listener.local_addr()?);
    play_to_all(&listener, script)
}

fn play_to_all(listener: &TcpListener, script: Script) -> Result<(), Failure> {
    let script = Arc::new(script);
    for stream in listener.incoming() {
        let (stream, script) = (stream?, Arc::clone(&script));
        thread::spawn(move || {
            if let Err(failure) = script.play(stream) {
                eprintln!("feed: {failure}");
            }
        });
    }
    Ok(())
}

/// All events as finished WebSocket frames.
struct Script {
    class: String,
    bytes: Vec<u8>,
    /// Where the event behind each offset begins; the end of all is the last.
    starts: Vec<usize>,
}

impl Script {
    fn new(class: &str, events: u64) -> Self {
        let mut script = Self { class: class.to_owned(), bytes: Vec::new(), starts: vec![0] };
        for offset in 1..=events {
            let text = kpi::frame(TOPIC, class == "state", offset);
            write_text_frame(&mut script.bytes, &text);
            script.starts.push(script.bytes.len());
        }
        script
    }

    fn top(&self) -> usize {
        self.starts.len() - 1
    }

    fn play(&self, stream: TcpStream) -> Result<(), Failure> {
        stream.set_nodelay(true)?;
        let mut output = stream.try_clone()?;
        #[allow(clippy::result_large_err, reason = "the signature is the library's")]
        let accept = |_: &Request, mut response: Response| {
            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("steadfast.v1"));
            Ok(response)
        };
        // A handshake that fails is told by its text; the half-made connection in it is no use.
        drop(accept_hdr(stream.try_clone()?, accept).map_err(|error| error.to_string())?);
        let (sender, frames) = channel();
        thread::spawn(move || read(stream, &sender));
        let mut next: Option<usize> = None;
        loop {
            match hear(&frames, next.is_some_and(|next| next < self.top())) {
                Heard::Gone => return Ok(()),
                Heard::Frame(frame) => {
                    if let Some(answer) = self.answer(&frame, &mut next) {
                        let mut bytes = Vec::new();
                        write_text_frame(&mut bytes, &answer.to_string());
                        output.write_all(&bytes)?;
                    }
                }
                Heard::Nothing => {
                    let from = next.unwrap_or(self.top());
                    let to = (from + WRITTEN_AT_ONCE).min(self.top());
                    if output.write_all(&self.bytes[self.starts[from]..self.starts[to]]).is_err() {
                        // The client has all that it wanted.
                        return Ok(());
                    }
                    next = Some(to);
                }
            }
        }
    }

    /// What a client's frame is answered with; `next` is the offset behind which the sending goes on.
    fn answer(&self, frame: &Value, next: &mut Option<usize>) -> Option<Value> {
        match frame["type"].as_str()? {
            "rt.hello" => {
                let topics: Vec<Value> =
                    frame["topics"].as_array()?.iter().map(|topic| self.resolve(topic, next)).collect();
                Some(json!({
                    "type": "rt.welcome", "version": 1, "connection": "feed-1", "heartbeat_ms": 25_000,
                    "max_frame_bytes": 1_048_576, "max_topics": 256, "server_time": "2026-01-02T03:04:05.678Z",
                    "results_epoch": EPOCH, "poll": {"interval_ms": 5_000, "wait_ms": 0}, "topics": topics,
                }))
            }
            "subscribe" => {
                let topics: Vec<Value> =
                    frame["topics"].as_array()?.iter().map(|topic| self.resolve(topic, next)).collect();
                Some(json!({"type": "subscribed", "ref": frame["ref"], "topics": topics}))
            }
            "unsubscribe" => {
                *next = None;
                Some(json!({"type": "unsubscribed", "ref": frame["ref"], "topics": frame["topics"]}))
            }
            "ping" => Some(json!({"type": "pong", "t": frame["t"]})),
            _ => None,
        }
    }

    fn resolve(&self, topic: &Value, next: &mut Option<usize>) -> Value {
        let name = topic.as_str().or_else(|| topic["topic"].as_str()).unwrap_or_default();
        if name != TOPIC {
            let error = json!({"code": "forbidden", "message": "the feed has one topic", "retryable": false});
            return json!({"topic": name, "ok": false, "error": error});
        }
        let cursor = topic["cursor"]["offset"].as_u64();
        let offset = cursor.unwrap_or(0);
        *next = usize::try_from(offset).ok().filter(|offset| *offset <= self.top());
        let recovery = if cursor.is_some() { "resumed" } else { "fresh" };
        json!({
            "topic": name, "ok": true, "class": self.class, "epoch": EPOCH, "offset": offset, "top": offset,
            "recovery": recovery,
        })
    }
}

/// What has come from the client.
enum Heard {
    Frame(Value),
    Nothing,
    Gone,
}

/// Waits for the client's next frame only where there is nothing to send meanwhile.
fn hear(frames: &Receiver<Value>, sending: bool) -> Heard {
    if !sending {
        return frames.recv().map_or(Heard::Gone, Heard::Frame);
    }
    match frames.try_recv() {
        Ok(frame) => Heard::Frame(frame),
        Err(TryRecvError::Empty) => Heard::Nothing,
        Err(TryRecvError::Disconnected) => Heard::Gone,
    }
}

fn read(stream: TcpStream, frames: &Sender<Value>) {
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
    // What is no JSON is no frame of a client that is measured; it is answered like one of an unknown type: not at all.
    while let Ok(message) = socket.read() {
        if let Message::Text(text) = message
            && frames.send(serde_json::from_str(&text).unwrap_or_default()).is_err()
        {
            return;
        }
    }
}

fn write_text_frame(bytes: &mut Vec<u8>, text: &str) {
    // Writing into memory does not fail.
    let _ = Frame::message(text.to_owned(), OpCode::Data(Data::Text), true).format(bytes);
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A feed in this process, which plays until the process ends; gives its address.
    pub(crate) fn start(class: &str, events: u64) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let script = Script::new(class, events);
        thread::spawn(move || play_to_all(&listener, script).unwrap());
        address
    }

    #[test]
    fn a_cursor_is_where_the_sending_goes_on() {
        let script = Script::new("log", 9);
        let mut next = None;
        let frame = json!({"type": "subscribe", "ref": 4, "topics": [{"topic": TOPIC, "cursor": {"epoch": EPOCH, "offset": 5}}]});
        let answer = script.answer(&frame, &mut next).unwrap();
        assert_eq!((answer["ref"].as_u64(), answer["topics"][0]["offset"].as_u64()), (Some(4), Some(5)));
        let rest = String::from_utf8_lossy(&script.bytes[script.starts[next.unwrap()]..]).into_owned();
        assert!(rest.contains("\"offset\":6}") && !rest.contains("\"offset\":5}"));
    }
}
