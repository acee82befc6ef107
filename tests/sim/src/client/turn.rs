//! What an application does by itself.

use std::collections::BTreeSet;

use steadfast_core::{Client, Input, OutgoingMessage, OutgoingPayload, Slot, State, SubscribeOptions};

use super::{Device, config_of};
use crate::agenda::Happening;
use crate::application::{Ended, Pending, View};
use crate::handlers::HANDLED;
use crate::oracle::payload_of;
use crate::setup::{EPHEMERAL, Follow, KEYS, LOGS, STATES};
use crate::surroundings::Surroundings;
use crate::verdict::Check;

impl Device {
    pub(crate) fn turn(&mut self, around: &mut Surroundings<'_>) {
        around.court.verdict.about(self.index);
        // Where nothing is published or submitted any more, there is little to do.
        let every = if self.submits { self.setup.turn_every_ms } else { 300 };
        let next = self.wishes.between(every / 2, every * 3 / 2);
        around.agenda.after(next, Happening::ApplicationTurn { device: self.index });
        if self.status.state == State::Closed && self.watch.terminal.wants() && self.wishes.chance(20) {
            self.connect(around);
        }
        if !self.application.idle {
            self.take(around);
        }
        if self.submits {
            self.speak(around);
        }
        if self.restless && self.wishes.chance(2) {
            self.change_topics(around);
        }
        let now = self.monotonic(around);
        self.watch.tokens.passes(now);
        let wants = self.watch.terminal.wants();
        let verdict = &mut around.court.verdict;
        self.watch.recovery.passes(&self.setup, wants, self.status.state, verdict);
    }

    pub(super) fn follow(&mut self, follow: &Follow, around: &mut Surroundings<'_>) {
        let options = SubscribeOptions { keys: follow.keys.clone(), history: follow.history, cursor: None };
        let now = self.now(around);
        let known = self.core.cursor(self.core.slot(follow.topic));
        let Ok((subscription, slot)) = self.core.subscribe(now, follow.topic, options) else { return };
        if let Some(view) = self.application.views.get_mut(&slot) {
            view.subscriptions.push(subscription);
            let before = view.keys.clone();
            view.keys = match (view.keys.take(), &follow.keys) {
                (Some(keys), Some(more)) => Some(keys.into_iter().chain(more.iter().cloned()).collect()),
                _ => None,
            };
            view.restarted |= view.keys != before;
        } else {
            let mut view = View::new(&self.setup, follow, subscription);
            view.offered.extend(known.map(|cursor| (cursor.epoch.to_string(), cursor.offset)));
            self.application.views.insert(slot, view);
        }
        self.carry_out(around);
    }

    /// The page is loaded again: what the application kept are its cursors, and the values of state topics.
    pub(crate) fn reload(&mut self, around: &mut Surroundings<'_>) {
        self.reloads += 1;
        let now = self.now(around);
        let core = Client::new(config_of(&self.setup, self.reloads), self.random.next(), now);
        let before = std::mem::replace(&mut self.core, core);
        self.status = self.core.status();
        let owner = std::mem::take(&mut self.watch);
        self.watch.recovery = owner.recovery;
        self.watch.flapping = owner.flapping;
        self.sockets.clear();
        self.requests.clear();
        self.narrowed = false;
        self.trouble.frozen = false;
        self.application.repeated.clear();
        for (_, pending) in std::mem::take(&mut self.application.pending) {
            if let Pending::Number(number) = pending {
                self.application.outcomes.push((number, Ended::Perhaps));
            }
        }
        self.application.to_be_received.clear();
        for (slot, mut view) in std::mem::take(&mut self.application.views) {
            let keys = view.keys.as_ref().map(|keys| keys.iter().cloned().collect());
            // Half a set of values is no set of values.
            let cursor = before.cursor(slot).filter(|_| view.in_doubt.is_empty() && before.is_live(slot));
            let options = SubscribeOptions { keys, history: None, cursor: cursor.clone() };
            let Ok((subscription, slot)) = self.core.subscribe(now, &view.topic, options) else { continue };
            view.goes_on_from(cursor, subscription);
            self.application.views.insert(slot, view);
        }
        self.carry_out(around);
        self.connect(around);
    }

    fn take(&mut self, around: &mut Surroundings<'_>) {
        let slots: Vec<Slot> = self.application.views.keys().copied().collect();
        for slot in slots {
            let Some(view) = self.application.views.get_mut(&slot) else { continue };
            let most = view.held.len() as u64;
            let count = if self.wishes.chance(70) { most } else { self.wishes.between(0, most) };
            if count > 0 {
                let bytes = view.held.drain(..count as usize).map(u64::from).sum();
                self.give(Input::Taken { slot, events: count as u32, bytes }, around);
            }
        }
    }

    fn speak(&mut self, around: &mut Surroundings<'_>) {
        match self.wishes.between(0, 39) {
            0..=3 => self.publish(around),
            4 => {
                let message = OutgoingMessage { kind: "unheard_of".to_owned(), ..OutgoingMessage::default() };
                self.submit(&message, Pending::Other, around);
            }
            5..=8 => self.acknowledge(around),
            10 | 11 => self.ask(around),
            9 => {
                let pending: Vec<_> = self.application.pending.keys().copied().collect();
                if !pending.is_empty() {
                    let message = pending[self.wishes.index(pending.len())];
                    let now = self.now(around);
                    self.core.cancel(now, message);
                    self.carry_out(around);
                }
            }
            _ => {}
        }
    }

    fn publish(&mut self, around: &mut Surroundings<'_>) {
        let number = around.court.oracle.number();
        let topic = self.wishes.pick(&[LOGS[0], LOGS[1], STATES[0], STATES[1], EPHEMERAL]);
        let key = topic.starts_with("state.").then(|| self.wishes.pick(&KEYS).to_owned());
        let deleted = key.is_some() && self.wishes.chance(25);
        let payload = match deleted {
            true => OutgoingPayload::None,
            false => {
                let text = payload_of(number, self.wishes.pick(&[0, 0, 0, 400, 20_000]));
                match self.wishes.chance(25) {
                    true => OutgoingPayload::Bytes(text.into_bytes().into()),
                    false => OutgoingPayload::Json(text.into()),
                }
            }
        };
        let message = OutgoingMessage {
            kind: "news".to_owned(),
            topic: Some(topic.to_owned()),
            payload,
            key,
            deleted,
            requires_acknowledgment: topic.starts_with("log.") && self.wishes.chance(20),
            life_ms: self.wishes.chance(20).then(|| self.wishes.pick(&[500, 5_000])),
            ..OutgoingMessage::default()
        };
        // A deletion has no payload, and so no number by which its effect could be found.
        let pending = if deleted { Pending::Other } else { Pending::Number(number) };
        if !deleted {
            around.court.oracle.submitted.entry(number).or_default();
        }
        self.submit(&message, pending, around);
    }

    /// A request to the handler at the pods.
    fn ask(&mut self, around: &mut Surroundings<'_>) {
        let number = around.court.oracle.number();
        around.court.oracle.submitted.entry(number).or_default();
        let payload = OutgoingPayload::Json(payload_of(number, 0).into());
        let message = OutgoingMessage { kind: HANDLED.to_owned(), payload, ..OutgoingMessage::default() };
        self.submit(&message, Pending::Number(number), around);
    }

    fn submit(&mut self, message: &OutgoingMessage, pending: Pending, around: &mut Surroundings<'_>) {
        let now = self.now(around);
        let full = self.application.pending.len() >= self.setup.outbox_messages as usize;
        match self.core.submit(now, message) {
            Ok(id) => {
                self.application.pending.insert(id, pending);
            }
            Err(misuse) => {
                around
                    .court
                    .verdict
                    .expect(Check::Outbox, full, || format!("a submit was refused: {misuse}"));
            }
        }
        self.carry_out(around);
    }

    fn acknowledge(&mut self, around: &mut Surroundings<'_>) {
        let count = self.application.unacknowledged.len().min(3);
        let ids: Vec<String> = self.application.unacknowledged.drain(..count).collect();
        if ids.is_empty() {
            return;
        }
        let now = self.now(around);
        if let Ok(id) = self.core.acknowledge(now, &ids, None) {
            self.application.pending.insert(id, Pending::Other);
        }
        self.carry_out(around);
    }

    fn change_topics(&mut self, around: &mut Surroundings<'_>) {
        let topic =
            self.wishes.pick(&[LOGS[0], LOGS[1], STATES[0], STATES[1], EPHEMERAL, "user", "open:log.a"]);
        let slot = self.core.slot(topic);
        let more = self.wishes.chance(40);
        let followed = self.application.views.contains_key(&slot);
        if followed && !more {
            let Some(view) = self.application.views.remove(&slot) else { return };
            // What it held is no longer counted for, but where the topic stays it must be given back.
            let (events, bytes) = (view.held.len() as u32, view.held.iter().copied().map(u64::from).sum());
            if events > 0 && topic == "user" {
                self.give(Input::Taken { slot, events, bytes }, around);
            }
            for subscription in view.subscriptions {
                let now = self.now(around);
                if self.core.unsubscribe(now, subscription).is_err() {
                    around.court.verdict.broken(Check::Outbox, || format!("{topic} cannot be left"));
                }
                self.carry_out(around);
            }
            return;
        }
        let keys: BTreeSet<String> = (0..2).map(|_| self.wishes.pick(&KEYS).to_owned()).collect();
        let keys = topic.starts_with("state.").then(|| keys.into_iter().collect());
        let static_topic = LOGS.iter().chain(&STATES).find(|known| **known == topic).copied();
        let history =
            static_topic.is_some_and(|topic| LOGS.contains(&topic)).then(|| self.wishes.between(0, 5));
        self.follow(&Follow { topic, keys, history }, around);
    }
}
