//! Decoded frames in the normal form of the vectors (`tests/vectors/README.md`).

use steadfast_core::json::{Envelope, FrameError};
use steadfast_core::{
    AckState, ClientFrame, ClientMessage, EventFrame, GapReason, Hello, Payload, Recovery, ServerFrame,
    TopicClass, TopicRequest, TopicResult, Welcome, WireError,
};

use crate::value::{Members, Value};

/// `topics` are the names in the order of the slots that the decoder was given for them.
pub fn server(frame: Result<ServerFrame<Envelope>, FrameError>, topics: &[String]) -> Value {
    match frame {
        Ok(frame) => server_frame(frame, topics),
        Err(error) => refused(&error),
    }
}

pub fn client(frame: Result<ClientFrame, FrameError>) -> Value {
    match frame {
        Ok(frame) => client_frame(frame),
        Err(error) => refused(&error),
    }
}

fn refused(error: &FrameError) -> Value {
    Members::bare().text("error", error.code.as_str()).maybe_integer("ref", error.reference).done()
}

fn server_frame(frame: ServerFrame<Envelope>, topics: &[String]) -> Value {
    match frame {
        ServerFrame::Welcome(frame) => welcome(&frame),
        ServerFrame::Subscribed { reference, topics } => Members::new("subscribed")
            .maybe_integer("ref", reference)
            .with("topics", list(&topics, topic_result))
            .done(),
        ServerFrame::Unsubscribed { reference, topics, error } => Members::new("unsubscribed")
            .maybe_integer("ref", reference)
            .with("topics", list(&topics, Value::text))
            .maybe("error", error.as_ref().map(wire_error))
            .done(),
        ServerFrame::Event(frame) => event(frame, topics),
        ServerFrame::Gap { topic, reason, epoch, offset } => Members::new("gap")
            .text("topic", topic)
            .text("reason", gap_reason(reason))
            .text("epoch", epoch)
            .integer("offset", offset)
            .done(),
        ServerFrame::Result { reference, outcome, duplicate, auth_expires_in_ms } => {
            let members = Members::new("result")
                .integer("ref", reference)
                .with("ok", Value::Boolean(outcome.is_ok()))
                .flag("duplicate", duplicate)
                .maybe_integer("auth_expires_in_ms", auth_expires_in_ms);
            match outcome {
                Ok(None) => members.done(),
                Ok(Some(envelope)) => with_payload(members, &envelope.payload).done(),
                Err(error) => members.with("error", wire_error(&error)).done(),
            }
        }
        ServerFrame::AuthRequired { within_ms, reason } => {
            Members::new("auth_required").integer("within_ms", within_ms).text("reason", reason).done()
        }
        ServerFrame::Drain { min_ms, max_ms, deadline_ms, reason } => Members::new("drain")
            .integer("min_ms", min_ms)
            .integer("max_ms", max_ms)
            .integer("deadline_ms", deadline_ms)
            .text("reason", reason)
            .done(),
        ServerFrame::More => Members::new("more").done(),
        ServerFrame::Error(error) => Members::new("error").with("error", wire_error(&error)).done(),
        ServerFrame::Bye { code, reason, reconnect_after_ms } => Members::new("bye")
            .integer("code", code.into())
            .text("reason", reason)
            .maybe_integer("reconnect_after_ms", reconnect_after_ms)
            .done(),
        ServerFrame::Ping { t } => Members::new("ping").maybe_integer("t", t).done(),
        ServerFrame::Pong { t } => Members::new("pong").maybe_integer("t", t).done(),
        ServerFrame::Unknown => Members::new("unknown").done(),
    }
}

fn welcome(frame: &Welcome) -> Value {
    let poll = Members::bare()
        .integer("interval_ms", frame.poll.interval_ms)
        .integer("wait_ms", frame.poll.wait_ms)
        .done();
    Members::new("welcome")
        .integer("version", frame.version)
        .text("connection", &frame.connection)
        .integer("heartbeat_ms", frame.heartbeat_ms)
        .integer("max_frame_bytes", frame.max_frame_bytes)
        .integer("max_topics", frame.max_topics)
        .maybe_integer("auth_expires_in_ms", frame.auth_expires_in_ms)
        .text("server_time", &frame.server_time)
        .text("results_epoch", &frame.results_epoch)
        .with("poll", poll)
        .with("topics", list(&frame.topics, topic_result))
        .done()
}

fn event(frame: EventFrame<Envelope>, topics: &[String]) -> Value {
    let envelope = frame.payload;
    let members = Members::new("event")
        .text("topic", &topics[frame.slot.0 as usize])
        .text("type", envelope.kind)
        .maybe_text("id", envelope.id)
        .maybe_integer("offset", frame.offset)
        .flag("deleted", frame.deleted)
        .maybe_text("acknowledge", frame.acknowledge)
        .maybe_text("timestamp", envelope.timestamp)
        .maybe_text("correlation_id", envelope.correlation_id)
        .maybe_text("priority", envelope.priority)
        .flag("requires_acknowledgment", envelope.requires_acknowledgment)
        .maybe_text("key", envelope.key);
    with_payload(members, &envelope.payload).done()
}

fn topic_result(result: &TopicResult) -> Value {
    let members = Members::bare().text("topic", &result.topic);
    let position = match &result.outcome {
        Ok(position) => position,
        Err(error) => {
            return members.with("ok", Value::Boolean(false)).with("error", wire_error(error)).done();
        }
    };
    let class = match position.class {
        TopicClass::Log => "log",
        TopicClass::State => "state",
        TopicClass::Ephemeral => "ephemeral",
    };
    let (recovery, gap) = match position.recovery {
        Recovery::Fresh => ("fresh", None),
        Recovery::Resumed => ("resumed", None),
        Recovery::Reset => ("reset", None),
        Recovery::Gap(reason) => ("gap", Some(gap_reason(reason))),
    };
    members
        .with("ok", Value::Boolean(true))
        .text("class", class)
        .text("epoch", &position.epoch)
        .integer("offset", position.offset)
        .integer("top", position.top)
        .maybe_integer("head", Some(position.head).filter(|head| *head != position.top))
        .text("recovery", recovery)
        .maybe_text("gap", gap)
        .maybe("live", (!position.live).then_some(Value::Boolean(false)))
        .done()
}

fn wire_error(error: &WireError) -> Value {
    Members::bare()
        .text("code", error.code.as_str())
        .text("message", &error.message)
        .with("retryable", Value::Boolean(error.retryable))
        .maybe_integer("retry_after_ms", error.retry_after_ms)
        .done()
}

fn client_frame(frame: ClientFrame) -> Value {
    match frame {
        ClientFrame::Hello(frame) => hello(*frame),
        ClientFrame::Subscribe { reference, topics } => Members::new("subscribe")
            .integer("ref", reference)
            .with("topics", list(&topics, topic_request))
            .done(),
        ClientFrame::Unsubscribe { reference, topics } => Members::new("unsubscribe")
            .integer("ref", reference)
            .with("topics", list(&topics, Value::text))
            .done(),
        ClientFrame::Message(frame) => message(*frame),
        ClientFrame::Ack { reference, ids, state, note } => {
            let state = match state {
                AckState::Received => "received",
                AckState::Acknowledged => "acknowledged",
            };
            Members::new("ack")
                .integer("ref", reference)
                .with("ids", list(&ids, Value::text))
                .text("state", state)
                .maybe_text("note", note)
                .done()
        }
        ClientFrame::Auth { reference, token } => {
            Members::new("auth").integer("ref", reference).text("token", token.0).done()
        }
        ClientFrame::Ping { t } => Members::new("ping").maybe_integer("t", t).done(),
        ClientFrame::Pong { t } => Members::new("pong").maybe_integer("t", t).done(),
        ClientFrame::Bye => Members::new("bye").done(),
        ClientFrame::Unknown => Members::new("unknown").done(),
    }
}

fn hello(frame: Hello) -> Value {
    let client = Members::bare()
        .text("name", frame.client.name)
        .text("version", frame.client.version)
        .text("platform", frame.client.platform)
        .done();
    Members::new("hello")
        .integer("version", frame.version)
        .text("token", frame.token.0)
        .text("instance", frame.instance)
        .integer("link", frame.link)
        .with("client", client)
        .with("topics", list(&frame.topics, topic_request))
        .maybe_integer("heartbeat_ms", frame.heartbeat_ms)
        .flag("handover", frame.handover)
        .maybe_integer("wait_ms", frame.wait_ms)
        .maybe_text("results_epoch", frame.results_epoch)
        .done()
}

fn topic_request(request: &TopicRequest) -> Value {
    let cursor = request
        .cursor
        .as_ref()
        .map(|cursor| Members::bare().text("epoch", &cursor.epoch).integer("offset", cursor.offset).done());
    Members::bare()
        .text("topic", &request.topic)
        .maybe("cursor", cursor)
        .maybe("keys", request.keys.as_ref().map(|keys| list(keys, Value::text)))
        .maybe_integer("history", request.history)
        .maybe_integer("head", request.head)
        .done()
}

fn message(frame: ClientMessage) -> Value {
    let members = Members::new("message")
        .text("type", frame.kind)
        .maybe_text("topic", frame.topic)
        .maybe_integer("ref", frame.reference)
        .maybe_text("idem", frame.idem)
        .maybe_text("key", frame.key)
        .flag("deleted", frame.deleted)
        .maybe_text("priority", frame.priority)
        .flag("requires_acknowledgment", frame.requires_acknowledgment)
        .maybe_text("correlation_id", frame.correlation_id);
    with_payload(members, &frame.payload).done()
}

fn with_payload(members: Members, payload: &Payload) -> Members {
    match payload {
        Payload::None => members,
        Payload::Json(text) => {
            members.with("payload", Value::parse(text).expect("a payload that was passed on is JSON"))
        }
        Payload::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            members.text("bytes", hex)
        }
    }
}

fn gap_reason(reason: GapReason) -> &'static str {
    match reason {
        GapReason::HistoryEvicted => "history_evicted",
        GapReason::EpochChanged => "epoch_changed",
        GapReason::SlowConsumer => "slow_consumer",
        GapReason::SourceLost => "source_lost",
    }
}

fn list<'a, T>(elements: &'a [T], normal: impl Fn(&'a T) -> Value) -> Value {
    Value::List(elements.iter().map(normal).collect())
}
