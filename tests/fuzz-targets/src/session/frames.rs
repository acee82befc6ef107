//! A client's frames as text, as it should write them or not.

use serde_json::{Value, json};
use steadfast_server::{DevToken, Pattern, TenantId, UserId};

use super::steps::{Frame, Message, Token, Topic};
use crate::server::BEGINNING;

const TOPICS: [&str; 12] = [
    "incidents",
    "alerts",
    "kpis",
    "site.progress",
    "user",
    "open:incidents",
    "presence:alerts",
    "rt:x",
    "no name",
    "",
    "user:ana",
    "secret.a",
];

/// The largest number that a frame may hold.
const LARGEST: u64 = (1 << 53) - 1;

pub(crate) fn text(frames: &[Frame]) -> String {
    match frames {
        [frame] => value(frame).to_string(),
        frames => Value::Array(frames.iter().map(value).collect()).to_string(),
    }
}

pub(crate) fn hello(topics: &[Topic]) -> Value {
    value_of_hello(Token::Good, 1, false, topics, None, Some(true))
}

/// A binary message with this header.
pub(crate) fn binary(message: &Message) -> Vec<u8> {
    let mut header = value_of_message(message);
    header.as_object_mut().expect("a frame is an object").remove("payload");
    steadfast_core::bytes::join(&header.to_string(), &vec![9; message.payload.into()])
}

pub(crate) fn topic_name(topic: u8) -> &'static str {
    TOPICS[usize::from(topic) % TOPICS.len()]
}

fn value(frame: &Frame) -> Value {
    match frame {
        Frame::Hello { token, link, handover, topics, wait_ms, results } => {
            value_of_hello(*token, *link, *handover, topics, *wait_ms, *results)
        }
        Frame::Subscribe(reference, topics) => {
            json!({"type": "subscribe", "ref": reference, "topics": requests(topics)})
        }
        Frame::Unsubscribe(reference, topics) => {
            let topics: Vec<_> = topics.iter().map(|topic| topic_name(*topic)).collect();
            json!({"type": "unsubscribe", "ref": reference, "topics": topics})
        }
        Frame::Message(message) => value_of_message(message),
        Frame::Ack { reference, ids, received, note } => {
            let ids: Vec<_> = ids.iter().map(|id| format!("boot1-{id}")).collect();
            let state = if *received { "received" } else { "acknowledged" };
            json!({"type": "rt.ack", "ref": reference, "ids": ids, "state": state, "note": note})
        }
        Frame::Auth(reference, token) => {
            json!({"type": "rt.auth", "ref": reference, "token": signed(*token)})
        }
        Frame::Ping(t) => json!({"type": "ping", "t": t}),
        Frame::Pong => json!({"type": "pong"}),
        Frame::Bye => json!({"type": "rt.bye"}),
        Frame::Other(kind) => json!({"type": kind, "ref": 1}),
    }
}

fn value_of_hello(
    token: Token,
    link: u8,
    handover: bool,
    topics: &[Topic],
    wait_ms: Option<u32>,
    results: Option<bool>,
) -> Value {
    json!({
        "type": "rt.hello", "version": 1, "token": signed(token), "instance": "i1", "link": link,
        "client": {"name": "fuzz", "version": "1", "platform": "none"}, "topics": requests(topics),
        "handover": handover, "wait_ms": wait_ms,
        "results_epoch": results.map(|ours| if ours { "boot1" } else { "boot0" }),
    })
}

fn requests(topics: &[Topic]) -> Vec<Value> {
    let request = |topic: &Topic| {
        let cursor = topic.cursor.map(|(ours, offset)| {
            // Small ones are near what there is.
            let offset = if offset & 1 == 0 { offset >> 1 & 15 } else { offset & LARGEST };
            json!({"epoch": if ours { "boot1" } else { "boot0" }, "offset": offset})
        });
        let keys: Option<Vec<_>> =
            topic.keys.as_ref().map(|keys| keys.iter().map(|key| format!("k{key}")).collect());
        let history = topic.history.map(|history| history & LARGEST);
        json!({"topic": topic_name(topic.name), "cursor": cursor, "keys": keys, "history": history})
    };
    topics.iter().map(request).collect()
}

fn value_of_message(message: &Message) -> Value {
    let kind = ["note", "action", "rt.x", ""][usize::from(message.kind) % 4];
    json!({
        "type": kind,
        "payload": "x".repeat(message.payload.into()),
        "requires_acknowledgment": message.acknowledge,
        "rt": {
            "topic": message.topic.map(topic_name),
            "ref": message.reference,
            "idem": message.idem.map(|idem| format!("i{idem}")),
            "key": message.key.map(|key| format!("k{key}")),
            "deleted": message.deleted,
        }
    })
}

fn signed(token: Token) -> String {
    let (tenant, user, topics, life_s) = match token {
        Token::Good => ("acme", "ana", "*", 3_600),
        Token::Short => ("acme", "ana", "*", 30),
        Token::Narrow => ("acme", "ana", "incidents", 3_600),
        Token::OtherUser => ("acme", "bob", "*", 3_600),
        Token::OtherTenant => ("other", "ana", "*", 3_600),
        Token::Old => ("acme", "ana", "*", 0),
        Token::None => return "none".into(),
    };
    let allowed = vec![Pattern::parse(topics).expect("this is a pattern")];
    DevToken {
        tenant: TenantId::parse(tenant).expect("this is a name"),
        user: UserId::parse(user).expect("this is a name"),
        subscribe: allowed.clone(),
        publish: allowed,
        expires_at: BEGINNING / 1_000 + life_s,
    }
    .sign()
}
