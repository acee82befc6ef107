use std::sync::Arc;

use bytes::Bytes;
use steadfast_core::bytes::{join, split};
use steadfast_core::json::EventHead;

use super::websocket;

/// What an event counts for beyond its bytes: its place in the log.
const OVERHEAD: u64 = 96;

/// An event, encoded once and shared by all its readers.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    offset: u64,
    published_ms: u64,
    /// Framed for a WebSocket, whose frames from a server are the same for all readers.
    text: Bytes,
    binary: Option<Bytes>,
}

impl Event {
    /// The position in its topic; inside ephemeral topics a number that the wire does not carry.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// An event as a store gives it: its finished frame as JSON text, and as a binary message where its payload is
    /// bytes.
    pub fn stored(offset: u64, text: &str, binary: Option<&[u8]>) -> Arc<Self> {
        let binary = binary.map(websocket::binary_frame);
        // Its age is the store's to judge.
        Arc::new(Self { offset, published_ms: 0, text: websocket::text_frame(text), binary })
    }

    /// When it was published, in monotonic milliseconds.
    pub(crate) fn published_ms(&self) -> u64 {
        self.published_ms
    }

    /// The frame as JSON text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(payload_of(&self.text)).expect("the frame was encoded from a String")
    }

    /// The frame as a binary message, where its payload is bytes.
    pub fn binary(&self) -> Option<&[u8]> {
        self.binary.as_ref().map(payload_of)
    }

    /// The finished WebSocket frame: binary where the payload is bytes, else text.
    pub(crate) fn websocket_frame(&self) -> &Bytes {
        self.binary.as_ref().unwrap_or(&self.text)
    }

    /// What it counts for against the limits, in bytes.
    pub(crate) fn size(&self) -> u64 {
        (self.text.len() + self.binary.as_ref().map_or(0, Bytes::len)) as u64 + OVERHEAD
    }

    /// What it puts on the wire, in bytes.
    pub(crate) fn wire_size(&self) -> usize {
        self.binary.as_ref().unwrap_or(&self.text).len()
    }
}

/// An event, encoded but for its offset, which only the topic's lock can give.
#[derive(Debug)]
pub(crate) struct Unnumbered {
    text: String,
    binary: Option<Vec<u8>>,
}

impl Unnumbered {
    pub(crate) fn encode(head: &EventHead<'_>) -> Self {
        Self { text: head.text(None), binary: head.binary(None) }
    }

    /// What the finished event will count for, give or take the digits of its offset.
    pub(crate) fn size(&self) -> u64 {
        (self.text.len() + self.binary.as_ref().map_or(0, Vec::len)) as u64 + OVERHEAD
    }

    /// What it will put on the wire, but for its offset.
    pub(crate) fn wire_size(&self) -> usize {
        self.binary.as_ref().map_or(self.text.len(), Vec::len)
    }

    /// Finishes the frame with its offset.
    pub(crate) fn number(mut self, offset: u64, published_ms: u64) -> Arc<Event> {
        append_offset(&mut self.text, offset);
        let binary = self.binary.map(|message| {
            let (header, payload) = split(&message).expect("what EventHead has joined can be split");
            let mut header = header.to_owned();
            append_offset(&mut header, offset);
            websocket::binary_frame(&join(&header, payload))
        });
        Arc::new(Event { offset, published_ms, text: websocket::text_frame(&self.text), binary })
    }

    /// Finishes the frame of an ephemeral event: `sequence` stays inside the server.
    pub(crate) fn unnumbered(self, sequence: u64, published_ms: u64) -> Arc<Event> {
        let binary = self.binary.map(|message| websocket::binary_frame(&message));
        Arc::new(Event { offset: sequence, published_ms, text: websocket::text_frame(&self.text), binary })
    }
}

fn payload_of(frame: &Bytes) -> &[u8] {
    &frame[websocket::header_length(frame)..]
}

/// `rt` is a frame's last member and `offset` the last of `rt`, so it goes in before the two closing brackets.
fn append_offset(frame: &mut String, offset: u64) {
    debug_assert!(frame.ends_with("}}"), "a frame ends with rt, which is never empty");
    frame.truncate(frame.len() - 2);
    frame.push_str(",\"offset\":");
    frame.push_str(&offset.to_string());
    frame.push_str("}}");
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]

    use steadfast_core::Payload;

    use super::*;

    pub(crate) fn head<'a>(id: &'a str, payload: &'a Payload) -> EventHead<'a> {
        EventHead {
            kind: "incident_alert",
            payload,
            timestamp: "2026-01-02T03:04:05.678Z",
            correlation_id: None,
            priority: None,
            requires_acknowledgment: false,
            id,
            topic: "incidents",
            key: None,
            deleted: false,
        }
    }

    #[test]
    fn the_appended_offset_gives_the_same_bytes_as_encoding_with_it() {
        for payload in [Payload::None, Payload::Json("{\"a\":[1]}".into()), Payload::Bytes([0, 255].into())] {
            let head = head("x-1", &payload);
            let event = Unnumbered::encode(&head).number(1_234_567, 9);
            assert_eq!(event.text(), head.text(Some(1_234_567)));
            assert_eq!(event.binary().map(<[u8]>::to_vec), head.binary(Some(1_234_567)));
        }
    }
}
