//! Events that are ready together, as one message: for each message a reader pays far more than for each event in it.

use std::mem;

use bytes::{BufMut, Bytes};

use super::writer::{FLUSH_BYTES, Writer};
use crate::log::websocket::{header_length, text_header};

/// The most frames that a message may hold (PROTOCOL.md, section 2).
const MOST: usize = 64;

/// Events in order, as finished text frames, not yet in line to be written. Bounded by one flush; their bytes stay shared
/// with other sockets.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Apart, so that an event that comes alone, as in a broadcast, allocates nothing for its reader.
    first: Option<Bytes>,
    rest: Vec<Bytes>,
    bytes: usize,
}

impl Batch {
    /// Adds a finished text frame; one that finds no room any more begins the next message.
    pub(super) fn push(&mut self, frame: &Bytes, writer: &mut Writer) {
        if self.rest.len() + 1 == MOST || self.bytes + frame.len() > FLUSH_BYTES {
            self.finish(writer);
        }
        self.bytes += frame.len();
        match self.first {
            None => self.first = Some(frame.clone()),
            Some(_) => self.rest.push(frame.clone()),
        }
    }

    /// What it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts what it holds in line: a single event as the frame that it is, several as an array.
    pub(super) fn finish(&mut self, writer: &mut Writer) {
        let Self { first, rest, .. } = mem::take(self);
        if rest.is_empty() {
            return first.into_iter().for_each(|frame| writer.push(frame));
        }
        let payloads = first.iter().chain(&rest).map(|frame| frame.slice(header_length(frame)..));
        let length = payloads.clone().map(|payload| payload.len() + 1).sum::<usize>() + 1;
        let mut before = text_header(length);
        before.put_u8(b'[');
        let mut before = Bytes::from(before);
        for payload in payloads {
            writer.push(mem::replace(&mut before, Bytes::from_static(b",")));
            writer.push(payload);
        }
        writer.push(Bytes::from_static(b"]"));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::Value;

    use super::*;
    use crate::log::websocket::text_frame;

    /// The messages that readers get of events with these texts, written in one go.
    fn messages(texts: impl IntoIterator<Item = String>) -> Vec<String> {
        let (mut batch, mut writer) = (Batch::default(), Writer::default());
        for text in texts {
            batch.push(&text_frame(&text), &mut writer);
        }
        batch.finish(&mut writer);
        let mut bytes = writer.bytes();
        let mut messages = Vec::new();
        while !bytes.is_empty() {
            let header = header_length(&bytes);
            let length = match header {
                2 => usize::from(bytes[1]),
                4 => usize::from(u16::from_be_bytes([bytes[2], bytes[3]])),
                _ => usize::try_from(u64::from_be_bytes(bytes[2..10].try_into().unwrap())).unwrap(),
            };
            let message: Vec<u8> = bytes.drain(..header + length).skip(header).collect();
            messages.push(String::from_utf8(message).unwrap());
        }
        messages
    }

    fn counts(texts: impl IntoIterator<Item = String>) -> Vec<usize> {
        let count =
            |text: &String| serde_json::from_str::<Value>(text).unwrap().as_array().map_or(0, Vec::len);
        messages(texts).iter().map(count).collect()
    }

    #[test]
    fn one_event_is_its_frame_and_several_are_an_array() {
        assert_eq!(messages([]), [""; 0]);
        assert_eq!(messages(["{\"a\":1}".into()]), ["{\"a\":1}"]);
        assert_eq!(
            messages([1, 2, 3].map(|n| format!("{{\"a\":{n}}}"))),
            ["[{\"a\":1},{\"a\":2},{\"a\":3}]"]
        );
    }

    #[test]
    fn a_message_holds_64_events_or_one_flush() {
        let events = |count, length| (0..count).map(move |_| format!("\"{}\"", "x".repeat(length)));
        assert_eq!(counts(events(130, 1)), [64, 64, 2]);
        assert_eq!(counts(events(5, FLUSH_BYTES / 3)), [2, 2, 0]);
        assert_eq!(counts(events(2, 2 * FLUSH_BYTES)), [0, 0]);
        let small_between_large =
            events(1, 2 * FLUSH_BYTES).chain(events(2, 1)).chain(events(1, 2 * FLUSH_BYTES));
        assert_eq!(counts(small_between_large), [0, 2, 0]);
    }
}
