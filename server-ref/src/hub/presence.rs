//! Who reads a topic: the state topics `presence:…`, for the topics that the configuration names.

use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;
use steadfast_core::{Now, Payload};

use super::{Draft, Hub, Mailbox, Tenant, TopicKey, Wakes, lock, timestamp};
use crate::names::UserId;

/// The most users that one topic tells of, as many as a state topic has keys by default; a further one is not told of.
const MAX_USERS: usize = 10_000;

/// The readers of one tenant's topics. Holds topics with users alone, and users with clients alone.
#[derive(Debug, Default)]
pub(super) struct Presences(HashMap<TopicKey, Readers>);

#[derive(Debug, Default)]
struct Readers {
    users: HashMap<UserId, Present>,
    seats: HashMap<Seat, UserId>,
}

/// One user, with at least one client.
#[derive(Debug)]
struct Present {
    since: Box<str>,
    here: usize,
    /// Until when each client that went is still counted, soonest first: most come back within a moment.
    leases: VecDeque<u64>,
}

/// A reader's registration.
#[derive(Debug)]
struct Seat(Arc<Mailbox>, u8);

/// A presence topic's value.
#[derive(Serialize)]
struct PresenceValue<'a> {
    since: &'a str,
    clients: usize,
}

impl Hub {
    /// A user's client reads a topic from now on.
    pub(crate) fn arrive(&self, key: &TopicKey, user: &UserId, mailbox: &Arc<Mailbox>, slot: u8, now: Now) {
        self.present(key, user, now, |readers| {
            let known = readers.seats.insert(Seat(Arc::clone(mailbox), slot), user.clone());
            // A link has one user: a restarted subscription keeps its seat.
            if known.is_none() {
                let present = readers.users.get_mut(user).expect("the caller has just made sure");
                present.here += 1;
                present.leases.pop_front();
            }
        });
    }

    /// A user's client has polled a topic. All short polls of a user count as those of one client.
    pub(crate) fn glimpse(&self, key: &TopicKey, user: &UserId, now: Now) {
        let until = now.monotonic.as_millis() + self.presence.lease_ms;
        self.present(key, user, now, |readers| {
            let present = readers.users.get_mut(user).expect("the caller has just made sure");
            present.leases.pop_front();
            present.leases.push_back(until);
        });
    }

    /// A client reads a topic no longer. Its lease begins: nothing changes for those who watch until it ends.
    pub(crate) fn depart(&self, key: &TopicKey, mailbox: &Arc<Mailbox>, slot: u8, now: Now) {
        if !self.tells_presence(key) {
            return;
        }
        let tenant = self.tenant(key.tenant());
        let mut presences = lock(&tenant.presences);
        let Some(readers) = presences.0.get_mut(key) else { return };
        let Some(user) = readers.seats.remove(&Seat(Arc::clone(mailbox), slot)) else { return };
        if let Some(present) = readers.users.get_mut(&user) {
            present.here -= 1;
            present.leases.push_back(now.monotonic.as_millis() + self.presence.lease_ms);
        }
    }

    /// Ends the leases whose time has come.
    pub(super) fn end_leases(&self, tenant: &Tenant, now: Now, wakes: &mut Wakes) {
        let now_ms = now.monotonic.as_millis();
        let mut presences = lock(&tenant.presences);
        presences.0.retain(|key, readers| {
            readers.users.retain(|user, present| {
                let before = present.clients();
                while present.leases.front().is_some_and(|until| *until <= now_ms) {
                    present.leases.pop_front();
                }
                let clients = present.clients();
                if clients != before {
                    self.write_presence(tenant, key, user, present, now, wakes);
                }
                clients > 0
            });
            !readers.users.is_empty()
        });
    }

    fn present(&self, key: &TopicKey, user: &UserId, now: Now, change: impl FnOnce(&mut Readers)) {
        if !self.tells_presence(key) {
            return;
        }
        let tenant = self.tenant(key.tenant());
        let mut wakes = Wakes::default();
        let mut presences = lock(&tenant.presences);
        let readers = presences.0.entry(key.clone()).or_default();
        if !readers.users.contains_key(user) {
            if readers.users.len() >= MAX_USERS {
                return;
            }
            let since = timestamp(now.wall_millis).into();
            readers.users.insert(user.clone(), Present { since, here: 0, leases: VecDeque::new() });
        }
        let clients = |readers: &Readers| readers.users.get(user).map_or(0, Present::clients);
        let before = clients(readers);
        change(readers);
        if clients(readers) != before {
            self.write_presence(&tenant, key, user, &readers.users[user], now, &mut wakes);
        }
        drop(presences);
        wakes.fire();
    }

    fn tells_presence(&self, key: &TopicKey) -> bool {
        let name = key.name();
        key.owner().is_none()
            && !name.is_reserved()
            && self.presence.topics.iter().any(|pattern| pattern.matches(name.as_str()))
    }

    /// Tells how many clients the user has here; with none the key is gone. A user that cannot be told of, because a
    /// limit of the tenant is reached, is told of with the next change.
    fn write_presence(
        &self,
        tenant: &Tenant,
        key: &TopicKey,
        user: &UserId,
        present: &Present,
        now: Now,
        wakes: &mut Wakes,
    ) {
        // A topic whose name leaves no room for the beginning tells nobody.
        let Some(topic) = key.presence() else { return };
        let clients = present.clients();
        let value = PresenceValue { since: &present.since, clients };
        let json = serde_json::to_string(&value).expect("a text and a number always serialise");
        let draft = Draft {
            topic,
            kind: "presence".to_owned(),
            payload: if clients == 0 { Payload::None } else { Payload::Json(json.into()) },
            correlation_id: None,
            priority: None,
            requires_acknowledgment: false,
            key: Some(user.as_str().to_owned()),
            deleted: clients == 0,
        };
        let _ = self.write(tenant, &draft, self.encode(&draft, now), &self.next_id().into(), now, wakes);
    }
}

impl Present {
    fn clients(&self) -> usize {
        self.here + self.leases.len()
    }
}

impl PartialEq for Seat {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1 && Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Seat {}

impl Hash for Seat {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (Arc::as_ptr(&self.0).addr(), self.1).hash(state);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::super::tests::{frames, key, now, user};
    use super::*;
    use crate::config::{Presence, TopicRules, Totals};
    use crate::permissions::Pattern;

    fn hub() -> Hub {
        let topics = vec![Pattern::parse("inc*").unwrap()];
        Hub::new(TopicRules::default(), Totals::default(), "boot1")
            .with_presence(Presence { topics, lease_ms: 60_000 })
    }

    /// Who is told of, and with how many clients.
    fn told(hub: &Hub) -> Vec<Value> {
        let frames = frames(hub, &key("acme", "presence:incidents"));
        let clients = |frame: &Value| match frame["rt"]["deleted"] == json!(true) {
            true => json!([frame["rt"]["key"], 0]),
            false => json!([frame["rt"]["key"], frame["payload"]["clients"]]),
        };
        frames.iter().map(clients).collect()
    }

    #[test]
    fn a_user_is_told_of_with_the_number_of_their_clients() {
        let hub = hub();
        let [first, second] = [Mailbox::new(), Mailbox::new()];
        let incidents = key("acme", "incidents");
        hub.arrive(&incidents, &user("ana"), &first, 0, now(0));
        hub.arrive(&incidents, &user("bob"), &Mailbox::new(), 0, now(1));
        hub.arrive(&incidents, &user("ana"), &second, 3, now(2));
        // Subscribing again is the same client.
        hub.arrive(&incidents, &user("ana"), &second, 3, now(3));
        assert_eq!(told(&hub), [json!(["bob", 1]), json!(["ana", 2])]);
        let ana = &frames(&hub, &key("acme", "presence:incidents"))[1];
        assert_eq!(ana["payload"]["since"], json!(timestamp(now(0).wall_millis)));
    }

    #[test]
    fn whoever_comes_back_within_the_lease_was_never_gone() {
        let hub = hub();
        let incidents = key("acme", "incidents");
        let [before, after] = [Mailbox::new(), Mailbox::new()];
        hub.arrive(&incidents, &user("ana"), &before, 0, now(0));
        let arrived = frames(&hub, &key("acme", "presence:incidents"));
        hub.depart(&incidents, &before, 0, now(1_000));
        hub.sweep(now(60_999));
        hub.arrive(&incidents, &user("ana"), &after, 0, now(60_999));
        hub.sweep(now(200_000));
        assert_eq!(frames(&hub, &key("acme", "presence:incidents")), arrived);

        hub.depart(&incidents, &after, 0, now(200_000));
        hub.sweep(now(259_999));
        assert_eq!(told(&hub), [json!(["ana", 1])]);
        hub.sweep(now(260_000));
        assert_eq!(told(&hub), [json!(["ana", 0])]);
    }

    #[test]
    fn short_polls_are_one_client_that_is_present_while_they_come() {
        let hub = hub();
        let incidents = key("acme", "incidents");
        for at in (0..300_000).step_by(5_000) {
            hub.glimpse(&incidents, &user("ana"), now(at));
            hub.sweep(now(at));
        }
        assert_eq!(told(&hub), [json!(["ana", 1])]);
        hub.sweep(now(295_000 + 60_000));
        assert_eq!(told(&hub), [json!(["ana", 0])]);
    }

    #[test]
    fn topics_that_are_not_named_own_topics_and_reserved_ones_tell_nobody() {
        let hub = hub();
        let named = [key("acme", "threats"), key("acme", "open:incidents")];
        for topic in
            named.into_iter().chain([TopicKey::of_user(key("acme", "x").tenant().clone(), user("ana"))])
        {
            hub.arrive(&topic, &user("ana"), &Mailbox::new(), 0, now(0));
        }
        assert_eq!(hub.size().topics, 0);
    }
}
