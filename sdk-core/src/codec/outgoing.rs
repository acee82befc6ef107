//! The client's frames as text, by the core's own writer.

use alloc::string::String;

use super::bytes;
use super::writer::JsonWriter;
use crate::config::Config;
use crate::frame::{AckState, TopicRequest};
use crate::io::{OutgoingBytes, OutgoingMessage, OutgoingPayload};

/// What a hello says beside the client's own data.
pub(crate) struct HelloTerms<'a> {
    pub(crate) token: &'a str,
    pub(crate) link: u32,
    pub(crate) topics: &'a [TopicRequest],
    pub(crate) handover: bool,
    pub(crate) wait_ms: Option<u64>,
    pub(crate) results_epoch: Option<&'a str>,
}

pub(crate) fn hello(config: &Config, terms: &HelloTerms<'_>) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    writer.string_field("type", "rt.hello");
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
    write_topics(&mut writer, terms.topics);
    writer.optional_integer("heartbeat_ms", config.heartbeat_ms);
    writer.true_field("handover", terms.handover);
    writer.optional_integer("wait_ms", terms.wait_ms);
    writer.optional_string("results_epoch", terms.results_epoch);
    writer.end_object();
    writer.finish()
}

pub(crate) fn subscribe(reference: u64, topics: &[TopicRequest]) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    writer.string_field("type", "subscribe");
    writer.integer_field("ref", reference);
    write_topics(&mut writer, topics);
    writer.end_object();
    writer.finish()
}

pub(crate) fn unsubscribe(reference: u64, topic: &str) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    writer.string_field("type", "unsubscribe");
    writer.integer_field("ref", reference);
    writer.key("topics");
    writer.begin_array();
    writer.string(topic);
    writer.end_array();
    writer.end_object();
    writer.finish()
}

/// An application message; `reference_and_instance` where it wants a result.
pub(crate) fn message(
    message: &OutgoingMessage,
    reference_and_instance: Option<(u64, &str)>,
) -> OutgoingBytes {
    match &message.payload {
        OutgoingPayload::Bytes(payload) => {
            OutgoingBytes::Binary(bytes::join(&message_text(message, reference_and_instance, false), payload))
        }
        OutgoingPayload::None | OutgoingPayload::Json(_) => {
            OutgoingBytes::Text(message_text(message, reference_and_instance, true))
        }
    }
}

/// A binary message as an exchange carries it: its header with the payload as base64.
pub(crate) fn as_text(bytes: &OutgoingBytes) -> String {
    match bytes {
        OutgoingBytes::Text(text) => text.clone(),
        OutgoingBytes::Binary(message) => {
            let (header, payload) = bytes::split(message).unwrap_or(("{}", &[]));
            // The header ends with the members of `rt`, the last of which this one becomes.
            let mut text = String::from(header.strip_suffix("}}").unwrap_or(header));
            text.push_str(",\"encoding\":\"base64\"},\"payload\":");
            let mut writer = JsonWriter::default();
            writer.base64(payload);
            text.push_str(&writer.finish());
            text.push('}');
            text
        }
    }
}

fn message_text(message: &OutgoingMessage, reference: Option<(u64, &str)>, with_payload: bool) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    writer.string_field("type", &message.kind);
    if let (OutgoingPayload::Json(text), true) = (&message.payload, with_payload) {
        writer.key("payload");
        writer.raw(text);
    }
    writer.optional_string("correlation_id", message.correlation_id.as_deref());
    writer.optional_string("priority", message.priority.as_deref());
    writer.true_field("requires_acknowledgment", message.requires_acknowledgment);
    writer.key("rt");
    writer.begin_object();
    writer.optional_string("topic", message.topic.as_deref());
    writer.optional_string("key", message.key.as_deref());
    writer.true_field("deleted", message.deleted);
    if let Some((reference, instance)) = reference {
        writer.integer_field("ref", reference);
        writer.string_field("idem", &idempotency_key(instance, reference));
    } else {
        // Keeps `rt` from being empty, which `as_text` relies on.
        writer.key("ref");
        writer.raw("null");
    }
    writer.end_object();
    writer.end_object();
    writer.finish()
}

fn idempotency_key(instance: &str, reference: u64) -> String {
    let mut number = JsonWriter::default();
    number.integer(reference);
    let mut key = String::from(instance);
    key.push('-');
    key.push_str(&number.finish());
    key
}

pub(crate) fn acknowledge<T: AsRef<str>>(
    reference: u64,
    ids: &[T],
    state: AckState,
    note: Option<&str>,
) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    writer.string_field("type", "rt.ack");
    writer.integer_field("ref", reference);
    writer.key("ids");
    writer.begin_array();
    ids.iter().for_each(|id| writer.string(id.as_ref()));
    writer.end_array();
    let state = match state {
        AckState::Received => "received",
        AckState::Acknowledged => "acknowledged",
    };
    writer.string_field("state", state);
    writer.optional_string("note", note);
    writer.end_object();
    writer.finish()
}

pub(crate) fn authenticate(reference: u64, token: &str) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    writer.string_field("type", "rt.auth");
    writer.integer_field("ref", reference);
    writer.string_field("token", token);
    writer.end_object();
    writer.finish()
}

/// A frame of a type and an optional `t`: `ping`, `pong`, `rt.bye`.
pub(crate) fn bare(kind: &str, t: Option<u64>) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    writer.string_field("type", kind);
    writer.optional_integer("t", t);
    writer.end_object();
    writer.finish()
}

/// Joins finished frames to the body of an exchange.
pub(crate) fn batch(frames: &[String]) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_array();
    frames.iter().for_each(|frame| writer.raw(frame));
    writer.end_array();
    writer.finish()
}

fn write_topics(writer: &mut JsonWriter, topics: &[TopicRequest]) {
    writer.key("topics");
    writer.begin_array();
    for request in topics {
        write_topic(writer, request);
    }
    writer.end_array();
}

fn write_topic(writer: &mut JsonWriter, request: &TopicRequest) {
    writer.begin_object();
    writer.string_field("topic", &request.topic);
    if let Some(cursor) = &request.cursor {
        writer.key("cursor");
        writer.begin_object();
        writer.string_field("epoch", &cursor.epoch);
        writer.integer_field("offset", cursor.offset);
        writer.end_object();
    }
    if let Some(keys) = &request.keys {
        writer.key("keys");
        writer.begin_array();
        keys.iter().for_each(|key| writer.string(key));
        writer.end_array();
    }
    writer.optional_integer("history", request.history);
    writer.end_object();
}

/// A rough upper bound of what [`write_topic`] writes, to keep a frame below its limit.
pub(crate) fn topic_size(request: &TopicRequest) -> usize {
    let cursor = request.cursor.as_ref().map_or(0, |cursor| cursor.epoch.len() + 64);
    let keys: usize = request.keys.iter().flatten().map(|key| key.len() * 6 + 3).sum();
    request.topic.len() + cursor + keys + 64
}
