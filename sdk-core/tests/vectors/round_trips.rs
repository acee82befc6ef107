//! What is encoded decodes to what it was.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed};
use steadfast_core::json::{
    EventHead, INTEGER_LIMIT, MAX_BATCH, decode_server, decode_server_binary, encode_server,
};
use steadfast_core::{
    ErrorCode, EventFrame, GapReason, Payload, PollTerms, Position, Recovery, ServerFrame, Slot, TopicClass,
    TopicResult, Welcome, WireError,
};

use crate::value::Value;

/// The same cases each time, everywhere: no file of past failures is needed, and none can be written under WASI.
pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0x5eed),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn a_server_frame_survives(frame in server_frame()) {
        let decoded = decode(&encode_server(&frame));
        prop_assert_eq!(decoded, frame);
    }

    #[test]
    fn an_event_survives_as_text_and_as_bytes(event in event(), offset in of(integer())) {
        let text = event.head().text(offset);
        prop_assert!(Value::parse(&text).is_some(), "not JSON: {}", text);
        event.assert_decoded(decode_event(&text), offset)?;
        let Payload::Bytes(_) = event.payload else {
            prop_assert_eq!(event.head().binary(offset), None);
            return Ok(());
        };
        let message = event.head().binary(offset).expect("an event of bytes has a binary form");
        let mut topic = String::new();
        let decoded = decode_server_binary(&message, &mut |name| {
            topic = name.to_owned();
            Slot(7)
        });
        let Ok(ServerFrame::Event(frame)) = decoded else { panic!("not an event: {decoded:?}") };
        event.assert_decoded((frame, topic), offset)?;
    }
}

#[derive(Debug)]
struct Event {
    kind: String,
    payload: Payload,
    timestamp: String,
    correlation_id: Option<String>,
    priority: Option<String>,
    requires_acknowledgment: bool,
    id: String,
    topic: String,
    key: Option<String>,
    deleted: bool,
}

impl Event {
    fn head(&self) -> EventHead<'_> {
        EventHead {
            kind: &self.kind,
            payload: &self.payload,
            timestamp: &self.timestamp,
            correlation_id: self.correlation_id.as_deref(),
            priority: self.priority.as_deref(),
            requires_acknowledgment: self.requires_acknowledgment,
            id: &self.id,
            topic: &self.topic,
            key: self.key.as_deref(),
            deleted: self.deleted,
        }
    }

    fn assert_decoded(
        &self,
        (frame, topic): (EventFrame<steadfast_core::json::Envelope>, String),
        offset: Option<u64>,
    ) -> Result<(), TestCaseError> {
        let envelope = frame.payload;
        prop_assert_eq!(topic, &*self.topic);
        prop_assert_eq!(frame.offset, offset);
        prop_assert_eq!(frame.deleted, self.deleted);
        prop_assert_eq!(frame.acknowledge.as_deref(), self.requires_acknowledgment.then_some(&*self.id));
        prop_assert_eq!(&*envelope.kind, &*self.kind);
        prop_assert_eq!(envelope.id.as_deref(), Some(&*self.id));
        prop_assert_eq!(envelope.timestamp.as_deref(), Some(&*self.timestamp));
        prop_assert_eq!(envelope.correlation_id.as_deref(), self.correlation_id.as_deref());
        prop_assert_eq!(envelope.priority.as_deref(), self.priority.as_deref());
        prop_assert_eq!(envelope.requires_acknowledgment, self.requires_acknowledgment);
        prop_assert_eq!(envelope.key.as_deref(), self.key.as_deref());
        prop_assert_eq!(&envelope.payload, &self.payload);
        Ok(())
    }
}

fn decode(text: &str) -> ServerFrame<Payload> {
    let mut frames = Vec::new();
    decode_server(text, MAX_BATCH, &mut |_| Slot::UNKNOWN, &mut |frame| frames.push(frame));
    let [Ok(frame)] = <[_; 1]>::try_from(frames).expect("one frame") else { panic!("a bad frame: {text}") };
    payload_alone(frame)
}

/// The decoder gives envelopes, the encoder takes payloads.
fn payload_alone(frame: ServerFrame<steadfast_core::json::Envelope>) -> ServerFrame<Payload> {
    match frame {
        ServerFrame::Welcome(frame) => ServerFrame::Welcome(frame),
        ServerFrame::Subscribed { reference, topics } => ServerFrame::Subscribed { reference, topics },
        ServerFrame::Unsubscribed { reference, topics, error } => {
            ServerFrame::Unsubscribed { reference, topics, error }
        }
        ServerFrame::Event(_) => panic!("events are not encoded here"),
        ServerFrame::Gap { topic, reason, epoch, offset } => {
            ServerFrame::Gap { topic, reason, epoch, offset }
        }
        ServerFrame::Result { reference, outcome, duplicate, auth_expires_in_ms } => {
            let outcome = outcome.map(|payload| payload.map(|envelope| envelope.payload));
            ServerFrame::Result { reference, outcome, duplicate, auth_expires_in_ms }
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
        ServerFrame::Unknown => ServerFrame::Unknown,
    }
}

fn server_frame() -> impl Strategy<Value = ServerFrame<Payload>> {
    prop_oneof![
        welcome().prop_map(|welcome| ServerFrame::Welcome(Box::new(welcome))),
        (of(integer()), vec(topic_result(), 0..4))
            .prop_map(|(reference, topics)| ServerFrame::Subscribed { reference, topics }),
        (of(integer()), vec(text(), 0..4), of(wire_error())).prop_map(|(reference, topics, error)| {
            ServerFrame::Unsubscribed { reference, topics, error }
        }),
        (text(), gap_reason(), text(), integer()).prop_map(|(topic, reason, epoch, offset)| {
            ServerFrame::Gap { topic, reason, epoch: epoch.into(), offset }
        }),
        (integer(), outcome(), any::<bool>(), of(integer())).prop_map(
            |(reference, outcome, duplicate, auth_expires_in_ms)| ServerFrame::Result {
                reference,
                outcome,
                duplicate,
                auth_expires_in_ms
            }
        ),
        (integer(), text()).prop_map(|(within_ms, reason)| ServerFrame::AuthRequired { within_ms, reason }),
        (integer(), integer(), integer(), text()).prop_map(|(one, other, deadline_ms, reason)| {
            ServerFrame::Drain { min_ms: one.min(other), max_ms: one.max(other), deadline_ms, reason }
        }),
        Just(ServerFrame::More),
        wire_error().prop_map(ServerFrame::Error),
        (any::<u16>(), text(), of(integer())).prop_map(|(code, reason, reconnect_after_ms)| {
            ServerFrame::Bye { code, reason, reconnect_after_ms }
        }),
        of(integer()).prop_map(|t| ServerFrame::Ping { t }),
        of(integer()).prop_map(|t| ServerFrame::Pong { t }),
    ]
}

fn welcome() -> impl Strategy<Value = Welcome> {
    let numbers = (integer(), integer(), integer(), integer(), of(integer()), integer(), integer());
    (numbers, (text(), text(), text()), vec(topic_result(), 0..4)).prop_map(
        |(
            (version, heartbeat_ms, max_frame_bytes, max_topics, auth_expires_in_ms, interval_ms, wait_ms),
            (connection, server_time, results_epoch),
            topics,
        )| Welcome {
            version,
            connection,
            heartbeat_ms,
            max_frame_bytes,
            max_topics,
            auth_expires_in_ms,
            server_time,
            results_epoch: results_epoch.into(),
            poll: PollTerms { interval_ms, wait_ms },
            topics,
        },
    )
}

fn topic_result() -> impl Strategy<Value = TopicResult> {
    (text(), prop_oneof![position().prop_map(Ok), wire_error().prop_map(Err)])
        .prop_map(|(topic, outcome)| TopicResult { topic, outcome })
}

fn position() -> impl Strategy<Value = Position> {
    let class = prop_oneof![Just(TopicClass::Log), Just(TopicClass::State), Just(TopicClass::Ephemeral)];
    let recovery = prop_oneof![
        Just(Recovery::Fresh),
        Just(Recovery::Resumed),
        Just(Recovery::Reset),
        gap_reason().prop_map(Recovery::Gap)
    ];
    (class, text(), integer(), integer(), integer(), recovery, any::<bool>()).prop_map(
        |(class, epoch, offset, top, head, recovery, live)| match class {
            TopicClass::Ephemeral => {
                Position { class, epoch: "".into(), offset: 0, top: 0, head: 0, recovery, live }
            }
            TopicClass::Log => {
                Position { class, epoch: epoch.into(), offset, top, head: top, recovery, live }
            }
            TopicClass::State => Position { class, epoch: epoch.into(), offset, top, head, recovery, live },
        },
    )
}

fn outcome() -> impl Strategy<Value = Result<Option<Payload>, WireError>> {
    prop_oneof![
        Just(Ok(None)),
        json().prop_map(|text| Ok(Some(Payload::Json(text.into())))),
        wire_error().prop_map(Err)
    ]
}

fn wire_error() -> impl Strategy<Value = WireError> {
    (text(), text(), any::<bool>(), of(integer())).prop_map(|(code, message, retryable, retry_after_ms)| {
        WireError { code: ErrorCode::from_wire(&code), message, retryable, retry_after_ms }
    })
}

fn gap_reason() -> impl Strategy<Value = GapReason> {
    prop_oneof![
        Just(GapReason::HistoryEvicted),
        Just(GapReason::EpochChanged),
        Just(GapReason::SlowConsumer),
        Just(GapReason::SourceLost)
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let envelope = (payload(), text(), of(text()), of(text()), any::<bool>());
    (application_type(), envelope, (text(), text(), of(text()), any::<bool>())).prop_map(
        |(kind, (payload, timestamp, correlation_id, priority, requires_acknowledgment), rt)| {
            let (id, topic, key, deleted) = rt;
            Event {
                kind,
                payload,
                timestamp,
                correlation_id,
                priority,
                requires_acknowledgment,
                id,
                topic,
                key,
                deleted,
            }
        },
    )
}

pub fn payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        Just(Payload::None),
        json().prop_map(|text| Payload::Json(text.into())),
        vec(any::<u8>(), 0..20).prop_map(|bytes| Payload::Bytes(bytes.into()))
    ]
}

pub fn application_type() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_.]{1,64}".prop_map(|kind| format!("a{}", &kind[1..])), "\\PC{1,20}"].prop_filter(
        "not a reserved type",
        |kind| {
            !kind.starts_with("rt.")
                && !["ping", "pong", "subscribe", "subscribed", "unsubscribe", "unsubscribed"]
                    .contains(&kind.as_str())
        },
    )
}

/// Any text that Rust can hold: escapes, zero bytes, characters beyond the basic plane.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9:._-]{0,12}", vec(any::<char>(), 0..8).prop_map(|text| text.into_iter().collect())]
}

pub fn integer() -> impl Strategy<Value = u64> {
    prop_oneof![0..100_u64, 0..INTEGER_LIMIT, Just(INTEGER_LIMIT - 1)]
}

/// JSON text, also of the kind that no Rust string can hold.
pub fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-1.5e3".to_owned()),
        Just("1e400".to_owned()),
        Just("\"\\ud800\\u0041\\/é\"".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|elements| format!("[{}]", elements.join(" , "))),
            vec(("[a-z]{0,3}", inner), 0..4).prop_map(|members| {
                let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            })
        ]
    })
}

fn decode_event(text: &str) -> (EventFrame<steadfast_core::json::Envelope>, String) {
    let (mut frames, mut topic) = (Vec::new(), String::new());
    decode_server(
        text,
        1,
        &mut |name| {
            topic = name.to_owned();
            Slot(7)
        },
        &mut |frame| frames.push(frame),
    );
    let [Ok(ServerFrame::Event(frame))] = <[_; 1]>::try_from(frames).expect("one frame") else {
        panic!("not an event: {text}")
    };
    (frame, topic)
}
