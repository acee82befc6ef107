//! What the server says, as it should be or not.

use steadfast_core::{
    ClientFrame, ErrorCode, EventFrame, GapReason, LinkId, PollTerms, Position, Recovery, ServerFrame, Slot,
    TopicClass, TopicRequest, TopicResult, Welcome, WireError,
};

use super::World;
use crate::observer::class_of;
use crate::steps::{Answer, Frame, LARGEST, TOPICS, Terms};

impl World {
    pub(super) fn exchange_answer(
        &mut self,
        choice: u8,
        answer: Answer,
        terms: Terms,
    ) -> Vec<ServerFrame<u32>> {
        let topics = self.hello(None);
        let exchange = self.driver.observer.links.exchange().expect("it is under way");
        let references: Vec<u64> = exchange
            .frames
            .iter()
            .filter_map(|frame| match frame {
                ClientFrame::Message(message) => message.reference,
                ClientFrame::Ack { reference, .. } => Some(*reference),
                _ => None,
            })
            .collect();
        let mut frames = vec![self.welcome(&topics, choice, answer, terms)];
        frames.extend(references.into_iter().map(|reference| result(reference, Ok(None), None)));
        frames
    }

    pub(super) fn frame(&mut self, link: Option<LinkId>, frame: &Frame) -> Option<ServerFrame<u32>> {
        Some(match *frame {
            Frame::Welcome { version, answer, terms } => {
                let topics = self.hello(link);
                let ServerFrame::Welcome(mut welcome) = self.welcome(&topics, 1, answer, terms) else {
                    return None;
                };
                welcome.version = version;
                ServerFrame::Welcome(welcome)
            }
            Frame::Subscribed { back, topic, answer } => self.subscribed(link, back, topic, answer),
            Frame::Unsubscribed { topic, asked } => {
                let name = topic_name(topic).to_owned();
                self.spoilt.insert(name.clone());
                let reference = asked.then_some(u64::from(topic));
                ServerFrame::Unsubscribed { reference, topics: vec![name], error: None }
            }
            Frame::Event { topic, ahead, at, size, acknowledge, deleted } => {
                let slot = self.slot(topic);
                let offset = at.or_else(|| self.offset(slot, ahead.into()));
                let acknowledge = acknowledge.then(|| {
                    self.acknowledged += 1;
                    format!("e-{}", self.acknowledged)
                });
                event(slot, offset, size.into(), acknowledge, deleted)
            }
            Frame::UnknownSlot => event(Slot::UNKNOWN, Some(1), 1, None, false),
            Frame::Gap { topic, epoch, ahead } => {
                let offset = self.offset(self.slot(topic), ahead.into()).unwrap_or(0);
                ServerFrame::Gap {
                    topic: topic_name(topic).to_owned(),
                    reason: GapReason::SourceLost,
                    epoch: epoch_name(epoch),
                    offset,
                }
            }
            Frame::Result { choice, ok, retryable, life_ms } => {
                let current = self.driver.observer.links.current();
                let awaiting =
                    current.iter().find(|current| Some(current.id) == link).map(|link| &link.awaiting);
                let awaited = awaiting.and_then(|awaiting| awaiting.get(usize::from(choice) / 2));
                let reference = awaited.copied().unwrap_or_else(|| choice.into());
                let code = if retryable { ErrorCode::Unavailable } else { ErrorCode::Unauthorized };
                let outcome = if ok { Ok(Some(0)) } else { Err(WireError::new(code, "", retryable)) };
                result(reference, outcome, life_ms)
            }
            Frame::AuthRequired => ServerFrame::AuthRequired { within_ms: 30_000, reason: String::new() },
            Frame::Drain { min_ms, max_ms, deadline_ms } => {
                self.extreme |= max_ms == LARGEST || deadline_ms == LARGEST;
                ServerFrame::Drain { min_ms, max_ms, deadline_ms, reason: String::new() }
            }
            Frame::More => ServerFrame::More,
            Frame::Error => ServerFrame::Error(WireError::new(ErrorCode::Internal, "", true)),
            Frame::Bye { code, after_ms } => {
                self.advised(after_ms);
                ServerFrame::Bye { code, reason: String::new(), reconnect_after_ms: after_ms }
            }
            Frame::Ping => ServerFrame::Ping { t: Some(LARGEST) },
            Frame::Pong => ServerFrame::Pong { t: None },
            Frame::Unknown => ServerFrame::Unknown,
        })
    }

    /// A welcome that answers all as it should, but one topic as said.
    pub(super) fn welcome(
        &mut self,
        topics: &[TopicRequest],
        choice: u8,
        answer: Answer,
        terms: Terms,
    ) -> ServerFrame<u32> {
        let results = self.results(topics, choice, answer);
        let mut welcome = Welcome {
            version: 1,
            connection: String::new(),
            heartbeat_ms: 25_000,
            max_frame_bytes: 1024 * 1024,
            max_topics: 256,
            auth_expires_in_ms: None,
            server_time: String::new(),
            results_epoch: "r-0".into(),
            poll: PollTerms { interval_ms: 5_000, wait_ms: 0 },
            topics: results,
        };
        match terms {
            Terms::Usual => {}
            Terms::LongPoll => welcome.poll.wait_ms = 25_000,
            Terms::ShortLife(life_ms) => welcome.auth_expires_in_ms = Some(life_ms),
            Terms::OtherResults(epoch) => welcome.results_epoch = format!("r-{}", epoch % 3).into(),
            Terms::SmallFrames => welcome.max_frame_bytes = 200,
            Terms::Extreme(value) => {
                self.extreme = true;
                welcome.heartbeat_ms = value;
                welcome.poll = PollTerms { interval_ms: value, wait_ms: value };
            }
        }
        ServerFrame::Welcome(Box::new(welcome))
    }

    pub(super) fn subscribed(
        &mut self,
        link: Option<LinkId>,
        back: Option<u8>,
        topic: u8,
        answer: Answer,
    ) -> ServerFrame<u32> {
        let link = link.and_then(|link| self.driver.observer.links.link_mut(link));
        let asked = link.and_then(|link| Some(link.asked.get(usize::from(back?))?.clone()));
        let one = TopicRequest {
            topic: topic_name(topic).into(),
            cursor: None,
            keys: None,
            history: None,
            head: None,
        };
        let (reference, topics) = match asked {
            Some((reference, topics)) => (Some(reference), topics),
            None => (back.map(u64::from), vec![one]),
        };
        ServerFrame::Subscribed { reference, topics: self.results(&topics, topic, answer) }
    }

    fn results(&mut self, topics: &[TopicRequest], choice: u8, answer: Answer) -> Vec<TopicResult> {
        let special = usize::from(choice) % topics.len().max(1);
        let mut results = Vec::new();
        for (index, request) in topics.iter().enumerate() {
            let answer = if index == special { answer } else { Answer::Good };
            results.extend(self.result_of(request, answer));
        }
        results
    }

    fn result_of(&mut self, request: &TopicRequest, answer: Answer) -> Option<TopicResult> {
        let topic = request.topic.clone();
        let class = class_of(&topic);
        let cursor = request.cursor.clone();
        let (epoch, seen) = cursor.map_or((epoch_name(0), 0), |cursor| (cursor.epoch, cursor.offset));
        let begun = if request.cursor.is_some() { Recovery::Resumed } else { Recovery::Fresh };
        let mut position =
            Position { class, epoch, offset: seen, top: seen, head: seen, recovery: begun, live: true };
        match answer {
            Answer::Good => {}
            Answer::Gap(more) => {
                position.recovery = Recovery::Gap(GapReason::HistoryEvicted);
                position.offset = seen + more;
                position.top = seen + more;
            }
            Answer::Anew(epoch, offset) => {
                position.epoch = epoch_name(epoch);
                position.recovery = match class {
                    TopicClass::Log => Recovery::Gap(GapReason::EpochChanged),
                    _ => Recovery::Reset,
                };
                (position.offset, position.top) = (offset, offset);
            }
            Answer::Reset => {
                position.recovery = Recovery::Reset;
                (position.offset, position.top) = (0, 0);
            }
            Answer::Ahead(more) => {
                self.spoilt.insert(topic.clone());
                (position.offset, position.top) = ((seen + more) / 2, (seen + more).min(LARGEST));
            }
            Answer::Behind(more) => {
                self.spoilt.insert(topic.clone());
                position.top = seen + more;
            }
            Answer::NotLive => position.live = false,
            Answer::Refused { retryable, after_ms } => {
                if !retryable {
                    self.spoilt.insert(topic.clone());
                }
                let code = if retryable { ErrorCode::Unavailable } else { ErrorCode::Forbidden };
                let mut error = WireError::new(code, "no", retryable);
                error.retry_after_ms = after_ms;
                return Some(TopicResult { topic, outcome: Err(error) });
            }
            Answer::OtherClass => {
                self.spoilt.insert(topic.clone());
                self.driver.observer.deliveries.class_changes(&topic);
                position.class = if class == TopicClass::Log { TopicClass::State } else { TopicClass::Log };
            }
            Answer::Missing => return None,
        }
        Some(TopicResult { topic, outcome: Ok(position) })
    }

    pub(super) fn event(
        &self,
        topic: u8,
        ahead: i64,
        acknowledge: Option<String>,
    ) -> Option<ServerFrame<u32>> {
        let slot = self.slot(topic);
        Some(event(slot, Some(self.offset(slot, ahead)?), 50, acknowledge, false))
    }

    pub(super) fn offset(&self, slot: Slot, ahead: i64) -> Option<u64> {
        let cursor = self.driver.client.cursor(slot)?;
        Some(cursor.offset.saturating_add_signed(ahead))
    }

    pub(super) fn hello(&self, link: Option<LinkId>) -> Vec<TopicRequest> {
        let links = &self.driver.observer.links;
        match link {
            Some(id) => links.current().iter().find(|link| link.id == id).and_then(|link| link.hello.clone()),
            None => links.exchange().and_then(|exchange| match exchange.frames.first() {
                Some(ClientFrame::Hello(hello)) => Some(hello.topics.clone()),
                _ => None,
            }),
        }
        .unwrap_or_default()
    }
}

pub(super) fn topic_name(topic: u8) -> &'static str {
    TOPICS[usize::from(topic) % TOPICS.len()]
}

pub(super) fn epoch_name(epoch: u8) -> Box<str> {
    format!("epoch-{epoch}").into()
}

pub(super) fn event(
    slot: Slot,
    offset: Option<u64>,
    size: u32,
    acknowledge: Option<String>,
    deleted: bool,
) -> ServerFrame<u32> {
    let acknowledge = acknowledge.map(Into::into);
    ServerFrame::Event(EventFrame { slot, offset, deleted, acknowledge, size, payload: 7 })
}

pub(super) fn result(
    reference: u64,
    outcome: Result<Option<u32>, WireError>,
    life_ms: Option<u64>,
) -> ServerFrame<u32> {
    ServerFrame::Result { reference, outcome, duplicate: false, auth_expires_in_ms: life_ms }
}
