//! The server's session over its hub and broker, under any frames, marks, ticks and closes: it does not panic, what
//! waits to be written is bounded, nothing but control comes before the welcome, and all that it writes can be read.

mod frames;
mod steps;

use std::sync::Arc;

use arbitrary::{Arbitrary as _, Unstructured};
use steadfast_core::json::{decode_server, decode_server_binary};
use steadfast_core::{Instant, Payload, ServerFrame, Slot};
use steadfast_server::{
    Answer, CONTROL_FRAMES, Config, Draft, Frame, MAX_EXCHANGE_FRAMES, Mailbox, Order, Output, Session,
    TenantId, TopicKey, TopicName,
};

use crate::server::{Heart, moment};
use steps::{Case, Step};

/// Later than any time at which deadlines are still told apart from the end of time.
const LATE: u64 = 1 << 60;

/// The most frames of a client's message, and what the server may add by itself.
const BEYOND: usize = 64 + 16;

/// A client's conversation.
pub fn session(bytes: &[u8]) {
    let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(bytes)) else { return };
    let mut world = World::new(&case);
    if let Some(topics) = &case.hello {
        let hello = frames::hello(topics).to_string();
        world.say(&if case.exchange { format!("[{hello}]") } else { hello });
    }
    for step in &case.steps {
        world.play(step);
        world.settle();
    }
    world.finish();
}

/// The session with its driver.
struct World {
    heart: Heart,
    session: Session,
    mailbox: Arc<Mailbox>,
    exchange: bool,
    /// A text came.
    said: bool,
    now_ms: u64,
    welcomed: bool,
    blocked: bool,
    hold: bool,
    held: Vec<Output>,
    /// Control frames given since the writer last stood still.
    control: usize,
}

impl World {
    fn new(case: &Case) -> Self {
        let mut config = Config::dev();
        if case.small {
            config.limits.max_topics = 3;
            config.limits.frames_per_second = 5;
            config.limits.publishes_per_second = 2;
            config.totals.topics_per_tenant = 4;
        }
        let heart = Heart::new(&config).expect("the development keys are keys");
        let context = Arc::clone(&heart.context);
        let session = match case.exchange {
            true => Session::exchange(context, 1, moment(0)),
            false => Session::socket(context, 1, moment(0)),
        };
        Self {
            heart,
            session,
            mailbox: Mailbox::new(),
            exchange: case.exchange,
            said: false,
            now_ms: 0,
            welcomed: false,
            blocked: false,
            hold: false,
            held: Vec::new(),
            control: 0,
        }
    }

    fn play(&mut self, step: &Step) {
        let now = moment(self.now_ms);
        match step {
            Step::Say(frames) => self.say(&frames::text(frames)),
            Step::Text(text) => self.say(text),
            Step::Binary(_) | Step::Bytes(_) if self.exchange => {}
            Step::Binary(bytes) if self.session.wants_input() => self.session.handle_binary(bytes, now),
            Step::Bytes(message) if self.session.wants_input() => {
                self.session.handle_binary(&frames::binary(message), now);
            }
            Step::Binary(_) | Step::Bytes(_) => {}
            Step::Publish { topic, key, deleted, acknowledge, bytes } => {
                self.publish(*topic, *key, *deleted, *acknowledge, *bytes);
            }
            Step::Pass(millis) => self.now_ms = self.now_ms.saturating_add((*millis).into()),
            Step::Leap(millis) => self.now_ms = self.now_ms.saturating_add(*millis),
            Step::Deadline => self.deadline(),
            Step::Tick => self.session.handle_tick(now),
            Step::Write(count) => {
                self.write((*count).into());
            }
            Step::Block => {
                self.blocked = true;
                self.session.handle_blocked(now);
            }
            Step::Progress(all) => {
                self.blocked = !all;
                self.session.handle_write_progress(*all, now);
            }
            Step::Life => self.session.handle_sign_of_life(now),
            Step::Hold(hold) => self.hold = *hold,
            Step::Answer { choice, well } => self.answer_held(*choice, *well),
            Step::GiveUpHandlers => self.session.give_up_handlers(),
            Step::Order(order) => self.order(*order),
            Step::Sweep => self.heart.broker.hub().sweep(now),
            Step::Closed => self.session.handle_closed(),
        }
    }

    fn say(&mut self, text: &str) {
        // A driver reads no frame that is not wanted, and an exchange has one body, which is an array.
        let is_body = text.starts_with('[') && !std::mem::replace(&mut self.said, true);
        if self.session.wants_input() && (is_body || !self.exchange) {
            self.session.handle_text(text, moment(self.now_ms));
        }
    }

    fn publish(&self, topic: u8, key: Option<u8>, deleted: bool, acknowledge: bool, bytes: u8) {
        let Ok(name) = TopicName::parse(frames::topic_name(topic)) else { return };
        if name.is_reserved() {
            return;
        }
        let tenant = TenantId::parse("acme").expect("this is a name");
        let payload =
            if deleted { Payload::None } else { Payload::Json("1".repeat(1 + usize::from(bytes)).into()) };
        let draft = Draft {
            topic: TopicKey::shared(tenant, name),
            kind: "note".into(),
            payload,
            correlation_id: None,
            priority: None,
            requires_acknowledgment: acknowledge,
            key: key.map(|key| format!("k{key}")),
            deleted,
        };
        // A refusal leaves all as it was.
        let _ = self.heart.broker.publish(&draft, None, moment(self.now_ms));
    }

    fn order(&self, order: u8) {
        const ORDERS: [Order; 5] =
            [Order::Tick, Order::Replaced, Order::Succeeded, Order::Drain, Order::Stop];
        let order = ORDERS[usize::from(order) % ORDERS.len()];
        if order == Order::Drain {
            self.heart.context.begin_drain(Instant::from_millis(self.now_ms.saturating_add(16_000)));
        }
        self.mailbox.order(order);
    }

    /// What a driver does after each input.
    fn settle(&mut self) {
        let now = moment(self.now_ms);
        if self.mailbox.is_scheduled() {
            self.session.handle_marks(self.mailbox.take(), now);
        }
        self.perform();
        if !self.blocked {
            self.control = 0;
        }
    }

    fn perform(&mut self) -> bool {
        let now = moment(self.now_ms);
        let mut performed = 0;
        while let Some(output) = self.session.poll_output() {
            performed += 1;
            assert!(performed < 20_000, "busy: the session's wishes have no end");
            if self.hold && matches!(output, Output::Attach { .. } | Output::Fetch { .. }) {
                self.held.push(output);
                continue;
            }
            let principal = self.session.principal();
            if let Some(answer) = self.heart.broker.perform(output, principal, &self.mailbox, now) {
                self.session.handle_answer(answer, now);
            }
        }
        performed > 0
    }

    fn answer_held(&mut self, choice: u8, well: bool) {
        if self.held.is_empty() {
            return;
        }
        let now = moment(self.now_ms);
        let output = self.held.swap_remove(usize::from(choice) % self.held.len());
        let answer = match (&output, well) {
            (Output::Attach { ticket, .. }, false) => Some(Answer::Unavailable { ticket: *ticket }),
            (Output::Fetch { ticket, .. }, false) => Some(Answer::NotFetched { ticket: *ticket }),
            _ => self.heart.broker.perform(output, self.session.principal(), &self.mailbox, now),
        };
        if let Some(answer) = answer {
            self.session.handle_answer(answer, now);
        }
    }

    fn deadline(&mut self) {
        let deadline = self.session.deadline().as_millis();
        if deadline != u64::MAX {
            self.now_ms = self.now_ms.max(deadline);
        }
        self.session.handle_tick(moment(self.now_ms));
        let next = self.session.deadline().as_millis();
        assert!(next > self.now_ms || self.now_ms > LATE, "busy: after a tick its deadline is still there");
    }

    /// Writes so many frames, or all there are; whether there are more.
    fn write(&mut self, most: usize) -> bool {
        for _ in 0..most {
            self.perform();
            match self.session.poll_frame() {
                Some(frame) => self.check(&frame),
                None if self.perform() => {}
                None => return false,
            }
        }
        true
    }

    fn check(&mut self, frame: &Frame) {
        match frame {
            Frame::Control(text) => {
                self.control += 1;
                let most = if self.exchange { MAX_EXCHANGE_FRAMES } else { CONTROL_FRAMES };
                // Each topic may be restarted, or taken away, by the server itself.
                assert!(self.control <= most + BEYOND + 2 * 256, "{} control frames wait", self.control);
                let frame = decoded(text);
                match frame {
                    ServerFrame::Welcome(_) => {
                        assert!(!self.welcomed, "a second welcome");
                        self.welcomed = true;
                    }
                    ServerFrame::Unknown | ServerFrame::Event(_) => panic!("no control frame: {text}"),
                    ServerFrame::Error(_) | ServerFrame::Bye { .. } => {}
                    other => assert!(self.welcomed, "before the welcome: {other:?}"),
                }
            }
            Frame::Event(event) => {
                assert!(self.welcomed, "an event before the welcome");
                assert!(matches!(decoded(event.text()), ServerFrame::Event(_)), "{}", event.text());
                if let Some(binary) = event.binary() {
                    let event = decode_server_binary(binary, &mut |_| Slot(0));
                    assert!(matches!(event, Ok(ServerFrame::Event(_))), "{event:?}");
                }
            }
        }
    }

    /// The socket takes all there is, then it closes: the hub keeps no reader, and nothing is given any more.
    fn finish(&mut self) {
        self.control = 0;
        assert!(!self.write(100_000), "frames without end");
        self.session.handle_closed();
        self.hold = false;
        self.perform();
        while !self.held.is_empty() {
            self.answer_held(0, true);
            self.perform();
        }
        assert!(self.session.ending().is_some(), "closed, and not ended");
        assert!(self.session.poll_frame().is_none(), "a closed session has something to write");
        assert!(!self.session.wants_input());
        self.heart.broker.hub().sweep(moment(LATE));
    }
}

fn decoded(text: &str) -> ServerFrame<steadfast_core::json::Envelope> {
    let mut frames = Vec::new();
    decode_server(text, 1, &mut |_| Slot(0), &mut |frame| frames.push(frame));
    match frames.pop() {
        Some(Ok(frame)) => frame,
        other => panic!("what the session wrote cannot be read: {other:?}: {text}"),
    }
}
