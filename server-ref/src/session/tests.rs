//! Sessions over a memory broker in virtual time, driven by hand.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

mod exchange;
mod greeting;
mod messages;
mod reading;
mod subscribing;
mod timing;

use std::sync::Arc;

use serde_json::{Value, json};
use steadfast_core::{Instant, Now, Payload};

use super::{Answer, Context, Frame, Note, Output, Session};
use crate::auth::Authenticator;
use crate::broker::MemoryBroker;
use crate::config::Config;
use crate::dev::DevToken;
use crate::hub::{Draft, Hub, Mailbox, TopicKey};
use crate::names::{TenantId, TopicName, UserId};
use crate::permissions::Pattern;

/// Milliseconds since the Unix epoch at the world's beginning.
const BEGINNING: u64 = 1_750_000_000_000;

/// A server in virtual time.
struct World {
    broker: MemoryBroker,
    context: Arc<Context>,
    now_ms: u64,
}

/// A client's session with its mailbox.
struct Client {
    session: Session,
    mailbox: Arc<Mailbox>,
    notes: Vec<Note>,
    /// Outputs that the test answers itself.
    held: Vec<Output>,
    hold: fn(&Output) -> bool,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::dev();
        change(&mut config);
        let hub = Hub::new(config.topics.clone(), config.totals.clone(), "boot1");
        let authenticator = Authenticator::new(&config.auth).unwrap();
        let context = Context::new(&config, authenticator, Arc::clone(hub.epoch()));
        Self { broker: MemoryBroker::new(hub), context: Arc::new(context), now_ms: 0 }
    }

    fn now(&self) -> Now {
        Now::new(Instant::from_millis(self.now_ms), BEGINNING + self.now_ms)
    }

    fn socket(&self) -> Client {
        Client::new(Session::socket(Arc::clone(&self.context), 1, self.now()))
    }

    /// A welcomed client of this user with all permissions; its welcome is taken.
    fn client(&self, user: &str, topics: Value) -> Client {
        let mut client = self.socket();
        client.hello(self, &self.token("acme", user), topics);
        let frames = client.frames(self);
        assert_eq!(frames[0]["type"], "rt.welcome", "{frames:?}");
        client
    }

    fn token(&self, tenant: &str, user: &str) -> String {
        self.token_of(tenant, user, &["*"], &["*"], 3_600)
    }

    fn token_of(&self, tenant: &str, user: &str, read: &[&str], write: &[&str], life_s: u64) -> String {
        let patterns = |list: &[&str]| list.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        DevToken {
            tenant: TenantId::parse(tenant).unwrap(),
            user: UserId::parse(user).unwrap(),
            subscribe: patterns(read),
            publish: patterns(write),
            expires_at: self.now().wall_millis / 1_000 + life_s,
        }
        .sign()
    }

    fn draft(tenant: &str, topic: &str) -> Draft {
        let tenant = TenantId::parse(tenant).unwrap();
        Draft {
            topic: TopicKey::shared(tenant, TopicName::parse(topic).unwrap()),
            kind: "note".into(),
            payload: Payload::Json("1".into()),
            correlation_id: None,
            priority: None,
            requires_acknowledgment: false,
            key: None,
            deleted: false,
        }
    }

    fn publish(&self, draft: &Draft) -> String {
        self.broker.publish(draft, None, self.now()).unwrap().0.id.to_string()
    }

    fn publish_to(&self, topic: &str) -> String {
        self.publish(&Self::draft("acme", topic))
    }

    fn write_key(&self, topic: &str, key: &str, payload: &str) {
        let payload = Payload::Json(payload.into());
        self.publish(&Draft { key: Some(key.into()), payload, ..Self::draft("acme", topic) });
    }

    fn delete_key(&self, topic: &str, key: &str) {
        let draft = Self::draft("acme", topic);
        self.publish(&Draft { key: Some(key.into()), payload: Payload::None, deleted: true, ..draft });
    }
}

impl Client {
    fn new(session: Session) -> Self {
        Self { session, mailbox: Mailbox::new(), notes: Vec::new(), held: Vec::new(), hold: |_| false }
    }

    fn send(&mut self, world: &World, frame: &Value) {
        self.send_text(world, &frame.to_string());
    }

    fn send_text(&mut self, world: &World, text: &str) {
        self.session.handle_text(text, world.now());
        self.perform(world);
    }

    fn hello(&mut self, world: &World, token: &str, topics: Value) {
        self.send(world, &hello(token, topics));
    }

    fn tick(&mut self, world: &World) {
        self.session.handle_tick(world.now());
        self.perform(world);
    }

    fn answer(&mut self, world: &World, answer: Answer) {
        self.session.handle_answer(answer, world.now());
        self.perform(world);
    }

    /// What would be written now, as JSON.
    fn frames(&mut self, world: &World) -> Vec<Value> {
        let mut frames = Vec::new();
        while let Some(frame) = self.frame(world) {
            frames.push(frame);
        }
        frames
    }

    fn frame(&mut self, world: &World) -> Option<Value> {
        if self.mailbox.is_scheduled() {
            self.session.handle_marks(self.mailbox.take(), world.now());
        }
        self.perform(world);
        let frame = self.session.poll_frame();
        self.perform(world);
        let text = match frame? {
            Frame::Control(text) => text,
            Frame::Event(event) => event.text().to_owned(),
        };
        Some(serde_json::from_str(&text).unwrap())
    }

    fn perform(&mut self, world: &World) {
        while let Some(output) = self.session.poll_output() {
            if (self.hold)(&output) {
                self.held.push(output);
                continue;
            }
            if let Output::Note(note) = output {
                self.notes.push(note);
                continue;
            }
            let principal = self.session.principal();
            if let Some(answer) = world.broker.perform(output, principal, &self.mailbox, world.now()) {
                self.session.handle_answer(answer, world.now());
            }
        }
    }

    fn ended(&self) -> Option<u16> {
        self.session.ending().map(|ending| ending.code)
    }
}

fn hello(token: &str, topics: Value) -> Value {
    json!({
        "type": "rt.hello", "version": 1, "token": token, "instance": "i1", "link": 1,
        "client": {"name": "test", "version": "1", "platform": "none"}, "topics": topics
    })
}

/// The offsets of the events among these frames.
fn offsets(frames: &[Value]) -> Vec<u64> {
    frames.iter().filter_map(|frame| frame["rt"]["offset"].as_u64()).collect()
}

#[test]
fn a_session_stays_small() {
    assert!(size_of::<Session>() <= 448, "{}", size_of::<Session>());
    assert!(size_of::<super::Live>() <= 256, "{}", size_of::<super::Live>());
}
