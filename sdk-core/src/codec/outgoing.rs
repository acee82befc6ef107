//! The client's frames as text, by the core's own writer.

use alloc::boxed::Box;
use alloc::string::String;

use super::bytes;
use super::writer::JsonWriter;
use crate::config::Config;
use crate::frame::AckState;
use crate::io::{OutgoingBytes, OutgoingMessage, OutgoingPayload};
use crate::topics::Topic;

/// What a hello says beside the client's own data.
pub(crate) struct HelloTerms<'a> {
    pub(crate) token: &'a str,
    pub(crate) link: u32,
    pub(crate) topics: &'a str,
    pub(crate) handover: bool,
    pub(crate) wait_ms: Option<u64>,
    pub(crate) results_epoch: Option<&'a str>,
}

pub(crate) fn hello(config: &Config, terms: &HelloTerms<'_>) -> String {
    let mut writer = begin("rt.hello", None);
    writer.integer_field("version", 1);
    writer.string_field("token", terms.token);
    writer.string_field("instance", &config.instance);
    writer.integer_field("link", u64::from(terms.link));
    writer.key("client");
    writer.begin_object();
    writer.string_field("name", &config.client.name);
    writer.string_field("version", &config.client.version);
    writer.string_field("platform", &config.client.platform);
    writer.end_object();
    writer.list_field("topics", terms.topics);
    writer.optional_integer("heartbeat_ms", config.heartbeat_ms);
    writer.true_field("handover", terms.handover);
    writer.optional_integer("wait_ms", terms.wait_ms);
    writer.optional_string("results_epoch", terms.results_epoch);
    end(writer)
}

/// `topics`: as [`topic`] writes them, joined by commas.
pub(crate) fn subscribe(reference: u64, topics: &str) -> String {
    let mut writer = begin("subscribe", Some(reference));
    writer.list_field("topics", topics);
    end(writer)
}

pub(crate) fn unsubscribe(reference: u64, topic: &str) -> String {
    let mut writer = begin("unsubscribe", Some(reference));
    writer.key("topics");
    writer.begin_array();
    writer.string(topic);
    writer.end_array();
    end(writer)
}

pub(crate) fn acknowledge(reference: u64, ids: &[String], state: AckState, note: Option<&str>) -> String {
    let mut writer = begin("rt.ack", Some(reference));
    writer.strings_field("ids", ids);
    let state = match state {
        AckState::Received => "received",
        AckState::Acknowledged => "acknowledged",
    };
    writer.string_field("state", state);
    writer.optional_string("note", note);
    end(writer)
}

pub(crate) fn authenticate(reference: u64, token: &str) -> String {
    let mut writer = begin("rt.auth", Some(reference));
    writer.string_field("token", token);
    end(writer)
}

/// A frame of a type and an optional `t`: `ping`, `pong`, `rt.bye`.
pub(crate) fn bare(kind: &str, t: Option<u64>) -> String {
    let mut writer = begin(kind, None);
    writer.optional_integer("t", t);
    end(writer)
}

/// Joins finished frames to the body of an exchange.
pub(crate) fn batch(hello: &str, others: &[String]) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_array();
    writer.raw(hello);
    for other in others {
        writer.raw(other);
    }
    writer.end_array();
    writer.finish()
}

/// One topic of a hello or a subscribe.
pub(crate) fn topic(topic: &Topic) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    writer.string_field("topic", &topic.name);
    if let Some(seat) = topic.known_seat() {
        writer.key("cursor");
        writer.begin_object();
        writer.string_field("epoch", &seat.epoch);
        writer.integer_field("offset", seat.seen + u64::from(fault!(CursorAhead)));
        writer.end_object();
        writer.optional_integer("head", Some(seat.head).filter(|head| *head > seat.seen));
    }
    if let Some(keys) = topic.wanted_keys() {
        writer.strings_field("keys", keys);
    }
    writer.optional_integer("history", topic.wanted_history());
    writer.end_object();
    writer.finish()
}

/// A finished application message. In two parts, because the transports join them differently.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct MessageFrame {
    #[cfg_attr(feature = "recorder", serde(with = "crate::recorder::omitted::text"))]
    text: String,
    /// Where it is bytes; else the text holds it.
    #[cfg_attr(feature = "recorder", serde(with = "crate::recorder::omitted::optional_bytes"))]
    payload: Option<Box<[u8]>>,
}

impl MessageFrame {
    /// `reference_and_instance` where it wants a result.
    pub(crate) fn new(message: &OutgoingMessage, reference_and_instance: Option<(u64, &str)>) -> Self {
        let payload = match &message.payload {
            OutgoingPayload::Bytes(payload) => Some(payload.clone()),
            OutgoingPayload::None | OutgoingPayload::Json(_) => None,
        };
        Self { text: message_text(message, reference_and_instance), payload }
    }

    pub(crate) fn from_text(text: String) -> Self {
        Self { text, payload: None }
    }

    /// In bytes, as a WebSocket carries it.
    pub(crate) fn len(&self) -> u64 {
        let payload = self.payload.as_ref().map_or(0, |payload| payload.len() + bytes::PREFIX);
        (self.text.len() + payload) as u64
    }

    /// Whether a server takes it: a binary message has a limit of its own for its header.
    pub(crate) fn fits(&self, max_frame_bytes: u64) -> bool {
        let header_fits = self.payload.is_none() || self.text.len() <= bytes::MAX_HEADER;
        header_fits && self.len() <= max_frame_bytes
    }

    /// As a WebSocket carries it.
    pub(crate) fn bytes(&self) -> OutgoingBytes {
        match &self.payload {
            None => OutgoingBytes::Text(self.text.clone()),
            Some(payload) => OutgoingBytes::Binary(bytes::join(&self.text, payload)),
        }
    }

    /// As an exchange carries it: a binary payload as base64.
    pub(crate) fn text(&self) -> String {
        let Some(payload) = &self.payload else { return self.text.clone() };
        // The header ends with the members of `rt`, the last of which this one becomes.
        let mut writer = JsonWriter::after(self.text.strip_suffix("}}").unwrap_or(&self.text));
        writer.string_field("encoding", "base64");
        writer.end_object();
        writer.key("payload");
        writer.base64(payload);
        end(writer)
    }
}

fn message_text(message: &OutgoingMessage, reference: Option<(u64, &str)>) -> String {
    let mut writer = begin(&message.kind, None);
    if let OutgoingPayload::Json(text) = &message.payload {
        writer.key("payload");
        writer.raw(text);
    }
    writer.optional_text("correlation_id", &message.correlation_id);
    writer.optional_text("priority", &message.priority);
    writer.true_field("requires_acknowledgment", message.requires_acknowledgment);
    writer.key("rt");
    writer.begin_object();
    writer.optional_text("topic", &message.topic);
    writer.optional_text("key", &message.key);
    writer.true_field("deleted", message.deleted);
    if let Some((reference, instance)) = reference {
        writer.integer_field("ref", reference);
        writer.string_field("idem", &idempotency_key(instance, reference));
    } else {
        // Nobody reads it; the recorded traces hold these bytes.
        writer.key("ref");
        writer.raw("null");
    }
    writer.end_object();
    end(writer)
}

fn idempotency_key(instance: &str, reference: u64) -> String {
    let mut key = JsonWriter::after(instance);
    key.text.push('-');
    key.digits(reference);
    key.finish()
}

/// Begins a frame of a type, with `ref` where it wants an answer.
fn begin(kind: &str, reference: Option<u64>) -> JsonWriter {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    writer.string_field("type", kind);
    writer.optional_integer("ref", reference);
    writer
}

#[inline(never)]
fn end(mut writer: JsonWriter) -> String {
    writer.end_object();
    writer.finish()
}
