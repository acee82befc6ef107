//! What the server says, as it should be or not.

use steadfast_core::{
    Client, ErrorCode, EventFrame, GapReason, PollTerms, Position, Recovery, ServerFrame, TopicClass,
    TopicRequest, TopicResult, Welcome, WireError,
};

use super::steps::{Frame, LARGEST, Shape};
use super::topic_name;

/// The frame that the fuzzer chose; a welcome answers the topics that were asked for.
pub(crate) fn build(frame: &Frame, client: &Client<()>, asked: &[TopicRequest]) -> ServerFrame<()> {
    let slot = |topic: u8| client.slot(topic_name(topic));
    let seen = |topic: u8| client.cursor(slot(topic)).map_or(0, |cursor| cursor.offset);
    match frame {
        Frame::Welcome { version, heartbeat_ms, frame_bytes, life_ms, results, wait_ms, shape } => {
            let ServerFrame::Welcome(mut welcome) = welcome(asked, *shape) else {
                return ServerFrame::Unknown;
            };
            welcome.version = if *version == 255 { 2 } else { 1 };
            welcome.heartbeat_ms = heartbeat_ms.near(25_000);
            welcome.max_frame_bytes = frame_bytes.near(1024 * 1024);
            welcome.auth_expires_in_ms = life_ms.map(Into::into);
            welcome.results_epoch = epoch(*results);
            welcome.poll.wait_ms = wait_ms.near(25_000);
            ServerFrame::Welcome(welcome)
        }
        Frame::Subscribed { reference, topic, shape } => {
            let request = request(topic_name(*topic));
            subscribed(reference.map(Into::into), &[request], *shape)
        }
        Frame::Unsubscribed { reference, topics, refused } => ServerFrame::Unsubscribed {
            reference: reference.map(Into::into),
            topics: topics.iter().map(|topic| topic_name(*topic).to_owned()).collect(),
            error: refused.then(|| error(ErrorCode::Forbidden, false)),
        },
        Frame::Event { topic, offset, deleted, acknowledge, size } => ServerFrame::Event(EventFrame {
            slot: slot(*topic),
            offset: offset.map(|offset| offset.near(seen(*topic))),
            deleted: *deleted,
            acknowledge: acknowledge.then(|| format!("e-{size}").into()),
            size: (*size).into(),
            payload: (),
        }),
        Frame::Gap { topic, epoch: number, offset } => ServerFrame::Gap {
            topic: topic_name(*topic).to_owned(),
            reason: GapReason::SlowConsumer,
            epoch: epoch(*number),
            offset: offset.near(seen(*topic)),
        },
        Frame::Result { reference, ok, retryable, unauthorized, life_ms } => ServerFrame::Result {
            reference: (*reference).into(),
            outcome: match (ok, unauthorized) {
                (true, _) => Ok(None),
                (false, true) => Err(error(ErrorCode::Unauthorized, *retryable)),
                (false, false) => Err(error(ErrorCode::Unavailable, *retryable)),
            },
            duplicate: *unauthorized,
            auth_expires_in_ms: life_ms.map(Into::into),
        },
        Frame::AuthRequired(within) => {
            ServerFrame::AuthRequired { within_ms: within.near(25_000), reason: String::new() }
        }
        Frame::Drain(min, max, deadline) => ServerFrame::Drain {
            min_ms: min.near(5_000),
            max_ms: max.near(30_000),
            deadline_ms: deadline.near(45_000),
            reason: String::new(),
        },
        Frame::More => ServerFrame::More,
        Frame::Error { retryable } => ServerFrame::Error(error(ErrorCode::Internal, *retryable)),
        Frame::Bye { code, after_ms } => ServerFrame::Bye {
            code: *code,
            reason: String::new(),
            reconnect_after_ms: after_ms.map(|after| after.near(5_000)),
        },
        Frame::Ping(t) => ServerFrame::Ping { t: t.map(Into::into) },
        Frame::Pong(t) => ServerFrame::Pong { t: t.map(Into::into) },
        Frame::Unknown => ServerFrame::Unknown,
    }
}

pub(crate) fn welcome(topics: &[TopicRequest], shape: Shape) -> ServerFrame<()> {
    ServerFrame::Welcome(Box::new(Welcome {
        version: 1,
        connection: String::new(),
        heartbeat_ms: 25_000,
        max_frame_bytes: 1024 * 1024,
        max_topics: 256,
        auth_expires_in_ms: None,
        server_time: String::new(),
        results_epoch: epoch(0),
        poll: PollTerms { interval_ms: 5_000, wait_ms: 0 },
        topics: results(topics, shape),
    }))
}

pub(crate) fn subscribed(reference: Option<u64>, topics: &[TopicRequest], shape: Shape) -> ServerFrame<()> {
    ServerFrame::Subscribed { reference, topics: results(topics, shape) }
}

pub(crate) fn result(reference: u64) -> ServerFrame<()> {
    ServerFrame::Result { reference, outcome: Ok(None), duplicate: false, auth_expires_in_ms: None }
}

/// The event that follows what the client has seen.
pub(crate) fn next_event(client: &Client<()>, topic: &str) -> Option<ServerFrame<()>> {
    let slot = client.slot(topic);
    // No decoder lets a larger one through.
    let offset = (client.cursor(slot)?.offset + 1).min(LARGEST);
    Some(ServerFrame::Event(EventFrame {
        slot,
        offset: Some(offset),
        deleted: false,
        acknowledge: None,
        size: 50,
        payload: (),
    }))
}

pub(crate) fn epoch(number: u8) -> Box<str> {
    format!("epoch-{}", number % 4).into()
}

/// The first topic is answered as chosen, the others as they should be.
fn results(topics: &[TopicRequest], shape: Shape) -> Vec<TopicResult> {
    let shapes = std::iter::once(shape).chain(std::iter::repeat(Shape::Good));
    topics.iter().zip(shapes).filter_map(|(topic, shape)| result_of(topic, shape)).collect()
}

fn result_of(request: &TopicRequest, shape: Shape) -> Option<TopicResult> {
    let (epoch_seen, seen) = match &request.cursor {
        Some(cursor) => (cursor.epoch.clone(), cursor.offset),
        None => (epoch(0), 0),
    };
    let outcome = match shape {
        Shape::Good => Ok(Position {
            class: class_of(&request.topic),
            epoch: epoch_seen,
            offset: seen,
            top: seen,
            head: seen,
            recovery: if request.cursor.is_some() { Recovery::Resumed } else { Recovery::Fresh },
            live: true,
        }),
        Shape::Refused { retryable, after_ms } => {
            let code = if retryable { ErrorCode::Unavailable } else { ErrorCode::Forbidden };
            Err(WireError { retry_after_ms: after_ms.map(Into::into), ..error(code, retryable) })
        }
        Shape::Missing => return None,
        Shape::Any { class, epoch: number, offset, top, recovery, live } => Ok(Position {
            class: match class {
                0 => TopicClass::Log,
                1 => TopicClass::State,
                2 => TopicClass::Ephemeral,
                _ => class_of(&request.topic),
            },
            epoch: epoch(number),
            offset: offset.near(seen),
            top: top.near(seen),
            head: top.near(seen),
            recovery: match recovery % 7 {
                0 => Recovery::Fresh,
                1 => Recovery::Resumed,
                2 => Recovery::Reset,
                3 => Recovery::Gap(GapReason::HistoryEvicted),
                4 => Recovery::Gap(GapReason::EpochChanged),
                5 => Recovery::Gap(GapReason::SlowConsumer),
                _ => Recovery::Gap(GapReason::SourceLost),
            },
            live,
        }),
    };
    Some(TopicResult { topic: request.topic.clone(), outcome })
}

fn class_of(topic: &str) -> TopicClass {
    match topic.split_once('.') {
        Some(("state", _)) => TopicClass::State,
        Some(("brief", _)) => TopicClass::Ephemeral,
        _ => TopicClass::Log,
    }
}

fn request(topic: &str) -> TopicRequest {
    TopicRequest { topic: topic.to_owned(), cursor: None, keys: None, history: None, head: None }
}

fn error(code: ErrorCode, retryable: bool) -> WireError {
    WireError::new(code, "no", retryable)
}
