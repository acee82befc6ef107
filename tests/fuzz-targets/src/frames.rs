//! Frames both ways: nothing panics, numbers stay countable, and what was decoded can be encoded and decoded again.

use serde_json::value::RawValue;
use steadfast_core::bytes::{MAX_HEADER, join, split};
use steadfast_core::json::{
    Envelope, FrameError, INTEGER_LIMIT, MAX_BATCH, MAX_DEPTH, decode_client, decode_client_binary,
    decode_refusal, decode_server, decode_server_binary, depth, encode_server,
};
use steadfast_core::{ClientFrame, Payload, ServerFrame, Slot};

/// A WebSocket text message from a server.
pub fn server_text(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let frames = server_frames(text, MAX_BATCH);
    assert!((1..=MAX_BATCH).contains(&frames.len()), "{} answers to one message", frames.len());
    frames.iter().flatten().for_each(check_server);
    if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('[') {
        // A repeated member keeps an event from the short way, and changes nothing: the last one wins.
        let Some((first, rest)) = text.split_once('{').filter(|(first, _)| first.trim().is_empty()) else {
            return;
        };
        let long = server_frames(&format!("{first}{{\"timestamp\":null,{rest}"), MAX_BATCH);
        if let ([Ok(short)], [Ok(long)]) = (&frames[..], &long[..]) {
            assert_eq!(without_size(short), without_size(long), "the short and the long way differ");
        }
    }
}

/// The answer to an exchange.
pub fn server_batch(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let frames = server_frames(text, 2_000);
    assert!((1..=2_000).contains(&frames.len()), "{} answers to one message", frames.len());
    frames.iter().flatten().for_each(check_server);
}

/// A WebSocket binary message from a server.
pub fn server_binary(bytes: &[u8]) {
    check_split(bytes);
    if let Ok(frame) = decode_server_binary(bytes, &mut slot_of) {
        let (_, payload) = split(bytes).expect("a frame was found in it");
        if let ServerFrame::Event(event) = &frame {
            assert_eq!(event.payload.payload, Payload::Bytes(payload.into()));
        }
        check_server(&frame);
    }
}

/// The body of an HTTP answer that is not 200.
pub fn refusal(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Some(error) = decode_refusal(text) {
        let frame = ServerFrame::Error(error);
        let again = server_frames(&encode_server(&frame), 1);
        let Some(Ok(ServerFrame::Error(again))) = again.into_iter().next() else {
            panic!("{frame:?} is not decoded after encoding");
        };
        assert_eq!(ServerFrame::Error(again), frame);
    }
}

/// A WebSocket text message from a client.
pub fn client_text(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    check_client(text, MAX_BATCH);
}

/// The body of an exchange.
pub fn client_batch(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    check_client(text, 512);
}

/// A WebSocket binary message from a client.
pub fn client_binary(bytes: &[u8]) {
    check_split(bytes);
    let frame = decode_client_binary(bytes);
    if let Ok(ClientFrame::Message(message)) = &frame {
        let (_, payload) = split(bytes).expect("a frame was found in it");
        assert_eq!(message.payload, Payload::Bytes(payload.into()));
    }
    check_client_frame(&frame);
}

fn server_frames(text: &str, most: usize) -> Vec<Result<ServerFrame<Envelope>, FrameError>> {
    let mut frames = Vec::new();
    decode_server(text, most, &mut slot_of, &mut |frame| frames.push(frame));
    frames
}

/// Topics as a client with some would know them.
fn slot_of(topic: &str) -> Slot {
    match topic.len() {
        0..=9 => Slot(topic.len() as u32),
        _ => Slot::UNKNOWN,
    }
}

fn check_server(frame: &ServerFrame<Envelope>) {
    if let ServerFrame::Event(event) = frame {
        assert!(event.offset.is_none_or(|offset| offset < INTEGER_LIMIT), "{:?}", event.offset);
        check_payload(&event.payload.payload);
        return;
    }
    if matches!(frame, ServerFrame::Unknown) {
        return;
    }
    let text = encode_server(&with_payload(frame.clone()));
    let again = server_frames(&text, 1);
    if let ServerFrame::Result { outcome: Ok(Some(_)), .. } = frame {
        assert!(matches!(&again[..], [Ok(ServerFrame::Result { .. })]), "{text}");
        return;
    }
    assert_eq!(again, [Ok(frame.clone())], "encoded as {text}");
}

fn check_client(text: &str, most: usize) {
    let frames = decode_client(text, most);
    assert!((1..=most).contains(&frames.len()), "{} answers to one message", frames.len());
    frames.iter().for_each(check_client_frame);
    if frames.iter().any(|frame| matches!(frame, Ok(ClientFrame::Message(_)))) && frames.len() == 1 {
        assert!(depth(text) <= MAX_DEPTH, "a frame nested too deep was accepted");
    }
}

fn check_client_frame(frame: &Result<ClientFrame, FrameError>) {
    let reference = match frame {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            error.reference
        }
        Ok(ClientFrame::Hello(hello)) => {
            let mut other = hello.clone();
            other.token.0 = "another".into();
            assert_eq!(format!("{hello:?}"), format!("{other:?}"), "something of a token is shown");
            hello.wait_ms.max(Some(hello.link)).max(hello.heartbeat_ms)
        }
        Ok(ClientFrame::Message(message)) => {
            check_payload(&message.payload);
            message.reference
        }
        Ok(ClientFrame::Ping { t } | ClientFrame::Pong { t }) => *t,
        Ok(
            ClientFrame::Subscribe { reference, .. }
            | ClientFrame::Unsubscribe { reference, .. }
            | ClientFrame::Ack { reference, .. }
            | ClientFrame::Auth { reference, .. },
        ) => Some(*reference),
        Ok(ClientFrame::Bye | ClientFrame::Unknown) => None,
    };
    assert!(reference.is_none_or(|reference| reference < INTEGER_LIMIT), "{reference:?}");
}

fn check_payload(payload: &Payload) {
    if let Payload::Json(text) = payload {
        assert!(serde_json::from_str::<&RawValue>(text).is_ok(), "a payload is no JSON: {text}");
    }
}

fn check_split(bytes: &[u8]) {
    if let Some((header, payload)) = split(bytes) {
        assert!(header.len() <= MAX_HEADER);
        assert_eq!(join(header, payload), bytes);
    }
}

fn without_size(frame: &ServerFrame<Envelope>) -> ServerFrame<Envelope> {
    let mut frame = frame.clone();
    if let ServerFrame::Event(event) = &mut frame {
        event.size = 0;
        // The repeated member stood before the frame's own.
        event.payload.timestamp = None;
    }
    frame
}

/// The same frame as a server has it before encoding.
fn with_payload(frame: ServerFrame<Envelope>) -> ServerFrame<Payload> {
    match frame {
        ServerFrame::Result { reference, outcome, duplicate, auth_expires_in_ms } => ServerFrame::Result {
            reference,
            outcome: outcome.map(|payload| payload.map(|envelope| envelope.payload)),
            duplicate,
            auth_expires_in_ms,
        },
        ServerFrame::Welcome(welcome) => ServerFrame::Welcome(welcome),
        ServerFrame::Subscribed { reference, topics } => ServerFrame::Subscribed { reference, topics },
        ServerFrame::Unsubscribed { reference, topics, error } => {
            ServerFrame::Unsubscribed { reference, topics, error }
        }
        ServerFrame::Gap { topic, reason, epoch, offset } => {
            ServerFrame::Gap { topic, reason, epoch, offset }
        }
        ServerFrame::AuthRequired { within_ms, reason } => ServerFrame::AuthRequired { within_ms, reason },
        ServerFrame::Drain { min_ms, max_ms, deadline_ms, reason } => {
            ServerFrame::Drain { min_ms, max_ms, deadline_ms, reason }
        }
        ServerFrame::More => ServerFrame::More,
        ServerFrame::Error(error) => ServerFrame::Error(error),
        ServerFrame::Bye { code, reason, reconnect_after_ms } => {
            ServerFrame::Bye { code, reason, reconnect_after_ms }
        }
        ServerFrame::Ping { t } => ServerFrame::Ping { t },
        ServerFrame::Pong { t } => ServerFrame::Pong { t },
        ServerFrame::Event(_) | ServerFrame::Unknown => ServerFrame::Unknown,
    }
}
