//! Frames from the server, encoded once for all their readers.

use alloc::string::String;
use alloc::vec::Vec;

use crate::codec::bytes;
use crate::codec::writer::JsonWriter;
use crate::frame::{Payload, Position, Recovery, ServerFrame, TopicClass, TopicResult, Welcome, WireError};

/// All that goes into an event's frame but its offset, which a broker appends to the finished bytes.
#[derive(Debug, Clone, Copy)]
pub struct EventHead<'a> {
    /// The application's type.
    pub kind: &'a str,
    /// The payload.
    pub payload: &'a Payload,
    /// RFC 3339, UTC.
    pub timestamp: &'a str,
    /// Passed through.
    pub correlation_id: Option<&'a str>,
    /// For people and sounds.
    pub priority: Option<&'a str>,
    /// The event asks to be acknowledged.
    pub requires_acknowledgment: bool,
    /// Unique in the tenant.
    pub id: &'a str,
    /// The topic, as its readers name it.
    pub topic: &'a str,
    /// The key in a state topic.
    pub key: Option<&'a str>,
    /// The key is gone.
    pub deleted: bool,
}

impl EventHead<'_> {
    /// The frame's text; an event of bytes carries them as base64 (for exchanges).
    pub fn text(&self, offset: Option<u64>) -> String {
        self.write(true, offset)
    }

    /// The binary message of an event of bytes; `None` for any other.
    pub fn binary(&self, offset: Option<u64>) -> Option<Vec<u8>> {
        match self.payload {
            Payload::Bytes(payload) => Some(bytes::join(&self.write(false, offset), payload)),
            Payload::None | Payload::Json(_) => None,
        }
    }

    fn write(&self, with_payload: bool, offset: Option<u64>) -> String {
        let mut writer = JsonWriter::default();
        writer.begin_object();
        writer.string_field("type", self.kind);
        match self.payload {
            Payload::Json(text) => {
                writer.key("payload");
                writer.raw(text);
            }
            Payload::Bytes(bytes) if with_payload => write_bytes(&mut writer, bytes),
            Payload::Bytes(_) | Payload::None => {}
        }
        writer.string_field("timestamp", self.timestamp);
        writer.optional_string("correlation_id", self.correlation_id);
        writer.optional_string("priority", self.priority);
        writer.true_field("requires_acknowledgment", self.requires_acknowledgment);
        writer.key("rt");
        writer.begin_object();
        writer.string_field("id", self.id);
        writer.string_field("topic", self.topic);
        writer.optional_string("key", self.key);
        writer.true_field("deleted", self.deleted);
        if with_payload && matches!(self.payload, Payload::Bytes(_)) {
            writer.string_field("encoding", "base64");
        }
        writer.optional_integer("offset", offset);
        writer.end_object();
        writer.end_object();
        writer.finish()
    }
}

/// Encodes any frame but an event, for which there is [`EventHead`], and [`ServerFrame::Unknown`]: both give no text.
pub fn encode_server(frame: &ServerFrame<Payload>) -> String {
    let mut writer = JsonWriter::default();
    writer.begin_object();
    match frame {
        ServerFrame::Welcome(welcome) => write_welcome(&mut writer, welcome),
        ServerFrame::Subscribed { reference, topics } => {
            writer.string_field("type", "subscribed");
            writer.optional_integer("ref", *reference);
            write_results(&mut writer, topics);
        }
        ServerFrame::Unsubscribed { reference, topics, error } => {
            writer.string_field("type", "unsubscribed");
            writer.optional_integer("ref", *reference);
            writer.key("topics");
            writer.begin_array();
            topics.iter().for_each(|topic| writer.string(topic));
            writer.end_array();
            if let Some(error) = error {
                write_error(&mut writer, error);
            }
        }
        ServerFrame::Gap { topic, reason, epoch, offset } => {
            writer.string_field("type", "rt.gap");
            writer.string_field("topic", topic);
            writer.string_field("reason", reason.as_str());
            writer.string_field("epoch", epoch);
            writer.integer_field("offset", *offset);
        }
        ServerFrame::Result { reference, outcome, duplicate, auth_expires_in_ms } => {
            writer.string_field("type", "rt.result");
            writer.integer_field("ref", *reference);
            writer.key("ok");
            writer.boolean(outcome.is_ok());
            match outcome {
                Ok(Some(Payload::Json(text))) => {
                    writer.key("payload");
                    writer.raw(text);
                }
                Ok(Some(Payload::Bytes(bytes))) => write_bytes(&mut writer, bytes),
                Ok(Some(Payload::None) | None) => {}
                Err(error) => write_error(&mut writer, error),
            }
            writer.true_field("duplicate", *duplicate);
            writer.optional_integer("auth_expires_in_ms", *auth_expires_in_ms);
        }
        ServerFrame::AuthRequired { within_ms, reason } => {
            writer.string_field("type", "rt.auth_required");
            writer.integer_field("within_ms", *within_ms);
            writer.string_field("reason", reason);
        }
        ServerFrame::Drain { min_ms, max_ms, deadline_ms, reason } => {
            writer.string_field("type", "rt.drain");
            writer.key("reconnect_after_ms");
            writer.begin_array();
            writer.integer(*min_ms);
            writer.integer(*max_ms);
            writer.end_array();
            writer.integer_field("deadline_ms", *deadline_ms);
            writer.string_field("reason", reason);
        }
        ServerFrame::More => writer.string_field("type", "rt.more"),
        ServerFrame::Error(error) => {
            writer.string_field("type", "rt.error");
            write_error(&mut writer, error);
        }
        ServerFrame::Bye { code, reason, reconnect_after_ms } => {
            writer.string_field("type", "rt.bye");
            writer.integer_field("code", u64::from(*code));
            writer.string_field("reason", reason);
            writer.optional_integer("reconnect_after_ms", *reconnect_after_ms);
        }
        ServerFrame::Ping { t } => {
            writer.string_field("type", "ping");
            writer.optional_integer("t", *t);
        }
        ServerFrame::Pong { t } => {
            writer.string_field("type", "pong");
            writer.optional_integer("t", *t);
        }
        ServerFrame::Event(_) | ServerFrame::Unknown => return String::new(),
    }
    writer.end_object();
    writer.finish()
}

fn write_welcome(writer: &mut JsonWriter, welcome: &Welcome) {
    writer.string_field("type", "rt.welcome");
    writer.integer_field("version", welcome.version);
    writer.string_field("connection", &welcome.connection);
    writer.integer_field("heartbeat_ms", welcome.heartbeat_ms);
    writer.integer_field("max_frame_bytes", welcome.max_frame_bytes);
    writer.integer_field("max_topics", welcome.max_topics);
    writer.optional_integer("auth_expires_in_ms", welcome.auth_expires_in_ms);
    writer.string_field("server_time", &welcome.server_time);
    writer.string_field("results_epoch", &welcome.results_epoch);
    writer.key("poll");
    writer.begin_object();
    writer.integer_field("interval_ms", welcome.poll.interval_ms);
    writer.integer_field("wait_ms", welcome.poll.wait_ms);
    writer.end_object();
    write_results(writer, &welcome.topics);
}

fn write_results(writer: &mut JsonWriter, results: &[TopicResult]) {
    writer.key("topics");
    writer.begin_array();
    for result in results {
        writer.begin_object();
        writer.string_field("topic", &result.topic);
        writer.key("ok");
        writer.boolean(result.outcome.is_ok());
        match &result.outcome {
            Ok(position) => write_position(writer, position),
            Err(error) => write_error(writer, error),
        }
        writer.end_object();
    }
    writer.end_array();
}

fn write_position(writer: &mut JsonWriter, position: &Position) {
    let class = match position.class {
        TopicClass::Log => "log",
        TopicClass::State => "state",
        TopicClass::Ephemeral => "ephemeral",
    };
    writer.string_field("class", class);
    if position.class != TopicClass::Ephemeral {
        writer.string_field("epoch", &position.epoch);
        writer.integer_field("offset", position.offset);
        writer.integer_field("top", position.top);
    }
    if position.class == TopicClass::State && position.head != position.top {
        writer.integer_field("head", position.head);
    }
    let (recovery, gap) = match position.recovery {
        Recovery::Fresh => ("fresh", None),
        Recovery::Resumed => ("resumed", None),
        Recovery::Reset => ("reset", None),
        Recovery::Gap(reason) => ("gap", Some(reason)),
    };
    writer.string_field("recovery", recovery);
    if let Some(reason) = gap {
        writer.key("gap");
        writer.begin_object();
        writer.string_field("reason", reason.as_str());
        writer.end_object();
    }
    if !position.live {
        writer.key("live");
        writer.boolean(false);
    }
}

fn write_error(writer: &mut JsonWriter, error: &WireError) {
    writer.key("error");
    writer.begin_object();
    writer.string_field("code", error.code.as_str());
    writer.string_field("message", &error.message);
    writer.key("retryable");
    writer.boolean(error.retryable);
    writer.optional_integer("retry_after_ms", error.retry_after_ms);
    writer.end_object();
}

fn write_bytes(writer: &mut JsonWriter, bytes: &[u8]) {
    writer.key("payload");
    writer.base64(bytes);
}
