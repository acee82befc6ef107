//! Bytes that nobody meant: no decoder panics, and none sees a frame where there is no JSON.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use steadfast_core::json::{
    FrameError, MAX_BATCH, decode_client, decode_client_binary, decode_server, decode_server_binary, depth,
};
use steadfast_core::{ErrorCode, Slot, bytes};

use crate::round_trips::{config, json};
use crate::value::Value;

/// Members that the decoders read, so that what is thrown at them comes far.
const NAMES: [&str; 40] = [
    "type",
    "payload",
    "rt",
    "topic",
    "topics",
    "ref",
    "ok",
    "error",
    "code",
    "message",
    "retryable",
    "offset",
    "epoch",
    "top",
    "class",
    "recovery",
    "gap",
    "reason",
    "live",
    "version",
    "poll",
    "interval_ms",
    "wait_ms",
    "results_epoch",
    "heartbeat_ms",
    "max_frame_bytes",
    "max_topics",
    "reconnect_after_ms",
    "deadline_ms",
    "cursor",
    "keys",
    "history",
    "token",
    "instance",
    "link",
    "ids",
    "state",
    "encoding",
    "deleted",
    "\\ud800",
];

const TEXTS: [&str; 24] = [
    "rt.welcome",
    "rt.hello",
    "rt.gap",
    "rt.result",
    "rt.drain",
    "rt.bye",
    "rt.error",
    "rt.ack",
    "rt.auth",
    "ping",
    "subscribe",
    "subscribed",
    "unsubscribed",
    "x",
    "log",
    "state",
    "ephemeral",
    "fresh",
    "gap",
    "base64",
    "Zg==",
    "received",
    "\\ud800",
    "",
];

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn any_bytes(message in vec(any::<u8>(), 0..80)) {
        see_all(&message);
    }

    #[test]
    fn any_binary_message(header in likely_frame(), payload in vec(any::<u8>(), 0..8), cut in any::<Index>()) {
        let mut message = bytes::join(&header, &payload);
        see_all(&message);
        message.truncate(cut.index(message.len() + 1));
        see_all(&message);
    }

    #[test]
    fn any_text(text in "\\PC{0,60}") {
        see_all(text.as_bytes());
    }

    #[test]
    fn frames_of_wrong_members(frame in likely_frame()) {
        see_all(frame.as_bytes());
    }

    #[test]
    fn batches_of_anything(frames in vec(prop_oneof![likely_frame(), json()], 0..70)) {
        see_all(format!("[{}]", frames.join(",")).as_bytes());
    }

    #[test]
    fn frames_with_one_byte_changed(frame in likely_frame(), at in any::<Index>(), byte in any::<u8>()) {
        let mut message = frame.into_bytes();
        let at = at.index(message.len());
        message[at] = byte;
        see_all(&message);
    }
}

/// An unclosed text of any length is refused without recursion.
#[test]
fn nesting_without_end() {
    for text in
        ["[".repeat(1_000_000), "{\"type\":".repeat(200_000), "{\"type\":\"x\",\"payload\":[".repeat(50_000)]
    {
        see_all(text.as_bytes());
    }
}

fn see_all(message: &[u8]) {
    let _ = decode_client_binary(message);
    let _ = decode_server_binary(message, &mut |_| Slot::UNKNOWN);
    let Ok(text) = str::from_utf8(message) else { return };
    let is_json = depth(text) > 1_000 || Value::parse(text).is_some();
    let mut from_server = Vec::new();
    decode_server(text, MAX_BATCH, &mut |_| Slot(0), &mut |frame| from_server.push(frame.map(|_| ())));
    let from_client: Vec<Result<(), FrameError>> =
        decode_client(text, MAX_BATCH).into_iter().map(|frame| frame.map(|_| ())).collect();
    for frames in [&from_server, &from_client] {
        assert!((1..=MAX_BATCH).contains(&frames.len()), "{} frames", frames.len());
        assert!(is_json || frames.iter().all(Result::is_err), "a frame where there is no JSON: {text}");
    }
    assert_eq!(from_server.len(), from_client.len());
    for error in from_client.iter().filter_map(|frame| frame.as_ref().err()) {
        assert!(error.code == ErrorCode::BadFrame || error.code == ErrorCode::TooDeep && depth(text) > 64);
        assert!(!error.to_string().is_empty());
    }
}

fn likely_frame() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        4 => select(&TEXTS).prop_map(|text| format!("\"{text}\"")),
        3 => select(vec!["0", "1", "5.0", "1e400", "-1", "9007199254740992", "true", "false", "null", "[]", "{}"])
            .prop_map(str::to_owned),
        2 => members(select(&TEXTS).prop_map(|text| format!("\"{text}\""))),
        2 => members(select(vec!["0", "7", "true", "[[\"x\"]]", "[\"a\",{}]"]).prop_map(str::to_owned)),
        1 => json(),
    ];
    let values = prop_oneof![
        3 => value.clone(),
        1 => vec(value, 0..3).prop_map(|elements| format!("[{}]", elements.join(","))),
    ];
    (select(&TEXTS), members(values)).prop_map(|(kind, members)| {
        let rest = members.strip_prefix('{').unwrap_or(&members);
        let comma = if rest == "}" { "" } else { "," };
        format!("{{\"type\":\"{kind}\"{comma}{rest}")
    })
}

fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    vec((select(&NAMES), value), 0..8).prop_map(|members| {
        let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    })
}
