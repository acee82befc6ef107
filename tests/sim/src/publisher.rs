//! The backend: publishes events, keys and deletions, sometimes twice.

use steadfast_core::Payload;
use steadfast_server::{Draft, IdemKey, MemoryBroker, TenantId, TopicKey, TopicName, UserId};

use crate::agenda::Happening;
use crate::oracle::payload_of;
use crate::random::Random;
use crate::setup::{EPHEMERAL, KEYS, LOGS, STATES, Setup, TENANTS, USERS};
use crate::surroundings::Surroundings;
use crate::verdict::Check;

#[derive(Debug)]
pub(crate) struct Publisher {
    random: Random,
    every_ms: u64,
    silent: bool,
    last: Option<(Draft, IdemKey)>,
    keys: u64,
}

impl Publisher {
    pub(crate) fn new(seed: u64, setup: &Setup) -> Self {
        let random = Random::new(seed, "publisher", 0);
        Self { random, every_ms: setup.publish_every_ms, silent: false, last: None, keys: 0 }
    }

    pub(crate) fn fall_silent(&mut self) {
        self.silent = true;
    }

    pub(crate) fn turn(&mut self, broker: &MemoryBroker, around: &mut Surroundings<'_>) {
        if self.silent {
            return;
        }
        let next = self.random.between(1, 2 * self.every_ms);
        around.agenda.after(next, Happening::PublisherTurn);
        if let Some((draft, idem)) = self.last.take().filter(|_| self.random.chance(10)) {
            self.repeat(&draft, &idem, broker, around);
            return;
        }
        let count = self.random.pick(&[1, 1, 1, 3]);
        for _ in 0..count {
            let draft = self.draw(around);
            self.publish(draft, broker, around);
        }
    }

    pub(crate) fn burst(
        &mut self,
        log: usize,
        events: u64,
        broker: &MemoryBroker,
        around: &mut Surroundings<'_>,
    ) {
        for _ in 0..events {
            let number = around.court.oracle.number();
            let key = TopicKey::shared(tenant(self.random.pick(&TENANTS)), topic(LOGS[log]));
            let draft = draft_of(key, number, self.random.pick(&[0, 200]));
            self.publish(draft, broker, around);
        }
    }

    fn draw(&mut self, around: &mut Surroundings<'_>) -> Draft {
        let number = around.court.oracle.number();
        let of = tenant(self.random.pick(&TENANTS));
        let padding = self.random.pick(&[0, 0, 0, 100, 1_500]);
        match self.random.between(0, 9) {
            0..=4 => {
                let key = TopicKey::shared(of, topic(self.random.pick(&LOGS)));
                Draft { requires_acknowledgment: self.random.chance(15), ..draft_of(key, number, padding) }
            }
            5..=7 => {
                let key = TopicKey::shared(of, topic(self.random.pick(&STATES)));
                let deleted = self.random.chance(25);
                let draft = draft_of(key, number, padding);
                let payload = if deleted { Payload::None } else { draft.payload };
                Draft { key: Some(self.random.pick(&KEYS).to_owned()), deleted, payload, ..draft }
            }
            8 => draft_of(TopicKey::shared(of, topic(EPHEMERAL)), number, padding),
            _ => {
                let user = UserId::parse(self.random.pick(&USERS)).expect("the user's name is one");
                draft_of(TopicKey::of_user(of, user), number, padding)
            }
        }
    }

    fn publish(&mut self, draft: Draft, broker: &MemoryBroker, around: &mut Surroundings<'_>) {
        self.keys += 1;
        let idem = IdemKey { actor: "key:backend".into(), idem: self.keys.to_string().into() };
        let now = around.now();
        match broker.publish(&draft, Some(&idem), now) {
            Ok((appended, false)) => {
                around.court.trace(|| format!("published {appended:?} {:?}", draft.topic));
                around.court.oracle.accepted(&draft, &appended, &mut around.court.verdict);
            }
            Ok((_, true)) => {
                around
                    .court
                    .verdict
                    .broken(Check::Effect, || format!("{draft:?} is new and called a repeat"));
            }
            Err(error) => {
                around.court.verdict.broken(Check::Effect, || format!("{draft:?} was refused: {error:?}"));
            }
        }
        self.last = Some((draft, idem));
    }

    /// The answer was lost, and the backend tries again. After the broker's restart it is simply new.
    fn repeat(
        &mut self,
        draft: &Draft,
        idem: &IdemKey,
        broker: &MemoryBroker,
        around: &mut Surroundings<'_>,
    ) {
        let now = around.now();
        if let Ok((appended, false)) = broker.publish(draft, Some(idem), now) {
            around.court.oracle.accepted(draft, &appended, &mut around.court.verdict);
        }
    }
}

fn draft_of(topic: TopicKey, number: u64, padding: usize) -> Draft {
    let text = payload_of(number, padding);
    let payload = match number % 8 {
        0 => Payload::Bytes(text.into_bytes().into()),
        _ => Payload::Json(text.into()),
    };
    Draft {
        topic,
        kind: "news".to_owned(),
        payload,
        correlation_id: None,
        priority: None,
        requires_acknowledgment: false,
        key: None,
        deleted: false,
    }
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).expect("the tenant's name is one")
}

fn topic(name: &str) -> TopicName {
    TopicName::parse(name).expect("the topic's name is one")
}
