//! Steps that the tests of topics share, beside those of the rig.

use steadfast_core::{
    ClientFrame, Config, Delivery, ErrorCode, EventFrame, GapReason, Input, LinkId, Output, Position,
    Recovery, ServerFrame, Slot, SubscribeOptions, SubscriptionId, TopicClass, TopicRequest, TopicResult,
    WireError,
};

use crate::fallback_steps::resume;
use crate::rig::{Rig, accepted, fresh, position, refused, welcome};

/// A log topic of epoch `e1` behind `offset`, its catching up going to `top`.
pub fn log(offset: u64, top: u64, recovery: Recovery) -> Position {
    position(TopicClass::Log, "e1", offset, top, recovery)
}

/// A state topic of epoch `e1` behind `offset`, its catching up going to `top`.
pub fn state(offset: u64, top: u64, recovery: Recovery) -> Position {
    position(TopicClass::State, "e1", offset, top, recovery)
}

pub fn ephemeral(live: bool) -> Position {
    Position { live, ..position(TopicClass::Ephemeral, "", 0, 0, Recovery::Fresh) }
}

/// An event without an offset.
pub fn passing(slot: Slot, payload: u32) -> ServerFrame<u32> {
    ServerFrame::Event(EventFrame {
        slot,
        offset: None,
        deleted: false,
        acknowledge: None,
        size: 100,
        payload,
    })
}

pub fn deletion(slot: Slot, offset: u64) -> ServerFrame<u32> {
    let payload = u32::try_from(offset).unwrap();
    let offset = Some(offset);
    ServerFrame::Event(EventFrame { slot, offset, deleted: true, acknowledge: None, size: 100, payload })
}

pub fn gap(topic: &str, reason: GapReason, epoch: &str, offset: u64) -> ServerFrame<u32> {
    ServerFrame::Gap { topic: topic.into(), reason, epoch: epoch.into(), offset }
}

/// Buffers of four events.
pub fn small_buffers(config: &mut Config) {
    config.buffer_events = 4;
}

impl Rig {
    /// What the listeners of a topic were told, in words.
    pub fn story(&self, slot: Slot) -> Vec<String> {
        let word = |delivery| match delivery {
            Delivery::Event { deleted, replay, payload, .. } => {
                format!(
                    "{payload}{}{}",
                    if deleted { " deleted" } else { "" },
                    if replay { " replay" } else { "" }
                )
            }
            Delivery::Gap { reason, lost: Some((first, last)) } => format!("gap {first}-{last} {reason:?}"),
            Delivery::Gap { reason, lost: None } => format!("gap {reason:?}"),
            Delivery::Reset => "reset".into(),
            Delivery::Live => "live".into(),
            Delivery::Failed(error) => format!("failed {:?}", error.code),
        };
        self.deliveries(slot).into_iter().map(word).collect()
    }

    /// From nothing to a live link that answers for one topic with this position, and for the others as fresh.
    pub fn live_at(&mut self, topic: &str, position: &Position) -> LinkId {
        let link = self.greeting();
        self.welcome_at(link, topic, position);
        link
    }

    /// Answers the hello on `link` as [`Rig::live_at`] does.
    pub fn welcome_at(&mut self, link: LinkId, topic: &str, position: &Position) {
        let topics = self.hello(link).topics;
        self.frame(link, welcome(results(&topics, topic, position)));
    }

    /// A subscription to `incidents` on a live link, with nothing yet.
    pub fn following() -> (Self, LinkId, Slot) {
        let mut rig = Self::new();
        let slot = rig.subscribe("incidents");
        let link = rig.live();
        rig.take();
        (rig, link, slot)
    }

    pub fn subscribe_with(&mut self, topic: &str, options: SubscribeOptions) -> (SubscriptionId, Slot) {
        self.run(|client, now| client.subscribe(now, topic, options)).unwrap()
    }

    pub fn unsubscribe(&mut self, subscription: SubscriptionId) {
        self.run(|client, now| client.unsubscribe(now, subscription)).unwrap();
    }

    /// Answers every `subscribe` on a link: each topic goes on where it was asked for.
    pub fn answer_all_subscribes(&mut self, on: LinkId) {
        for frame in self.sent(on) {
            if let ClientFrame::Subscribe { reference, topics } = frame {
                let topics = topics.iter().map(resume).collect();
                self.frame(on, ServerFrame::Subscribed { reference: Some(reference), topics });
            }
        }
    }

    /// Answers the last `subscribe` on a link with this position for each of its topics.
    pub fn answer_subscribe_at(&mut self, on: LinkId, position: &Position) {
        let (reference, topics) = self.subscribed_on(on);
        let topics = topics.iter().map(|request| accepted(&request.topic, position.clone())).collect();
        self.frame(on, ServerFrame::Subscribed { reference: Some(reference), topics });
    }

    /// Refuses the last `subscribe` on a link.
    pub fn refuse_subscribe(&mut self, on: LinkId, error: &WireError) {
        let (reference, topics) = self.subscribed_on(on);
        let topics = topics.iter().map(|request| refused(&request.topic, error.clone())).collect();
        self.frame(on, ServerFrame::Subscribed { reference: Some(reference), topics });
    }

    /// The server restarts a topic by itself.
    pub fn restart_topic(&mut self, on: LinkId, topic: &str, position: Position) {
        self.frame(on, ServerFrame::Subscribed { reference: None, topics: vec![accepted(topic, position)] });
    }

    /// The server refuses a topic by itself.
    pub fn restart_topic_refused(&mut self, on: LinkId, topic: &str) {
        let error = WireError::new(ErrorCode::Forbidden, "no", false);
        self.frame(on, ServerFrame::Subscribed { reference: None, topics: vec![refused(topic, error)] });
    }

    /// The link drains at once; its successor is asked for.
    pub fn drained(&mut self, link: LinkId) -> LinkId {
        let reason = "deploy".into();
        self.frame(link, ServerFrame::Drain { min_ms: 0, max_ms: 0, deadline_ms: 60_000, reason });
        self.advance(0);
        self.last_open()
    }

    /// As [`Rig::drained`], the successor open; it will owe a topic after its welcome, so that both links live on.
    pub fn handing_over(&mut self, old: LinkId) -> LinkId {
        let successor = self.drained(old);
        self.input(Input::Opened { link: successor });
        self.subscribe("late");
        self.answer_subscribe(old);
        self.keep_only(|output| matches!(output, Output::Send { link, .. } if *link == successor));
        successor
    }

    /// Takes all outputs but what was sent on a link, so that its hello can be answered.
    pub fn take_but_hello(&mut self, link: LinkId) {
        self.keep_only(|output| matches!(output, Output::Send { link: on, .. } if *on == link));
    }

    /// Polls until the socket is tried again, a state topic standing at `seen`; one exchange is then under way.
    pub fn poll_state_until_open(&mut self, topic: &str, seen: u64) -> LinkId {
        self.take();
        loop {
            self.advance_to_deadline();
            if let Some(link) = self.opens().last() {
                let link = *link;
                self.submit("incident_action");
                return link;
            }
            let exchange = self.last_exchange();
            self.take_but_last_exchange();
            let result = accepted(topic, state(seen, seen, Recovery::Resumed));
            self.answer_under(exchange, |terms| terms.topics[1] = result, Vec::new());
        }
    }

    /// All topics of the subscribes on a link, in order.
    pub fn subscribes(&self, on: LinkId) -> Vec<TopicRequest> {
        let requests = self.sent(on).into_iter().filter_map(|frame| match frame {
            ClientFrame::Subscribe { topics, .. } => Some(topics),
            _ => None,
        });
        requests.flatten().collect()
    }

    /// The names of all topics unsubscribed on a link, in order.
    pub fn unsubscribes(&self, on: LinkId) -> Vec<String> {
        let requests = self.sent(on).into_iter().filter_map(|frame| match frame {
            ClientFrame::Unsubscribe { topics, .. } => Some(topics),
            _ => None,
        });
        requests.flatten().collect()
    }

    /// The application takes events of a hundred bytes.
    pub fn took(&mut self, slot: Slot, events: u32) {
        self.input(Input::Taken { slot, events, bytes: u64::from(events) * 100 });
    }
}

/// One topic at this position, the others fresh.
fn results(requests: &[TopicRequest], topic: &str, position: &Position) -> Vec<TopicResult> {
    let result = |request: &TopicRequest| match request.topic == topic {
        true => accepted(topic, position.clone()),
        false => fresh(&request.topic, 0),
    };
    requests.iter().map(result).collect()
}
