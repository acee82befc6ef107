#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use steadfast_core::{Instant, Payload};

use super::*;
use crate::broker::MemoryBroker;
use crate::config::{Acknowledgements, LogRetention, TopicPolicy, TopicRule};
use crate::log::{Batch, Read, View};
use crate::names::{TopicName, UserId};
use crate::permissions::Pattern;

pub(super) fn now(millis: u64) -> Now {
    Now::new(Instant::from_millis(millis), 1_750_000_000_000 + millis)
}

fn hub(totals: Totals) -> Hub {
    Hub::new(TopicRules::default(), totals, "boot1")
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

pub(super) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(super) fn key(tenant_name: &str, topic: &str) -> TopicKey {
    TopicKey::shared(tenant(tenant_name), TopicName::parse(topic).unwrap())
}

fn draft(tenant_name: &str, topic: &str, size: usize) -> Draft {
    Draft {
        topic: key(tenant_name, topic),
        kind: "note".into(),
        payload: Payload::Json(format!("\"{}\"", "x".repeat(size)).into()),
        correlation_id: None,
        priority: Some("high".into()),
        requires_acknowledgment: false,
        key: None,
        deleted: false,
    }
}

fn state(tenant_name: &str, topic_key: &str, size: usize) -> Draft {
    Draft { key: Some(topic_key.into()), ..draft(tenant_name, "kpis", size) }
}

fn append(hub: &Hub, draft: &Draft, at: u64) -> Result<Appended, WireError> {
    let (appended, wakes) = hub.append(draft, now(at))?;
    wakes.fire();
    Ok(appended)
}

fn request() -> TopicRequest {
    TopicRequest { topic: String::new(), cursor: None, keys: None, history: Some(1_000_000), head: None }
}

/// How many events a reader of the whole history would get.
fn held(hub: &Hub, key: &TopicKey) -> usize {
    let Attached { topic, mut place, .. } = hub.look(key, &request());
    let mut batch = Batch::new();
    while let Read::Events { offset, more } = topic.read(&place, View::default(), &mut batch) {
        place.offset = offset;
        if !more {
            return batch.len();
        }
    }
    panic!("a gap in what is held")
}

/// All frames that a reader of the whole history would get, as JSON.
pub(super) fn frames(hub: &Hub, key: &TopicKey) -> Vec<serde_json::Value> {
    frames_of(hub, key, None)
}

fn frames_of(hub: &Hub, key: &TopicKey, user: Option<&UserId>) -> Vec<serde_json::Value> {
    let Attached { topic, place, .. } = hub.look(key, &request());
    let mut batch = Batch::new();
    topic.read(&place, View { keys: None, user }, &mut batch);
    batch.iter().map(|event| serde_json::from_str(event.text()).unwrap()).collect()
}

fn open_values(hub: &Hub, topic: &str) -> Vec<serde_json::Value> {
    let frames = frames(hub, &key("acme", topic));
    frames.into_iter().filter(|frame| frame["rt"]["deleted"] != true).collect()
}

#[test]
fn readers_are_marked_in_their_slots_and_others_are_not() {
    let hub = hub(Totals::default());
    let [reader, other] = [Mailbox::new(), Mailbox::new()];
    hub.attach(&key("acme", "a"), &reader, 7, &request(), now(0));
    hub.attach(&key("acme", "b"), &reader, 9, &request(), now(0));
    hub.attach(&key("other", "a"), &other, 7, &request(), now(0));
    append(&hub, &draft("acme", "a", 1), 0).unwrap();
    append(&hub, &draft("acme", "a", 1), 0).unwrap();
    assert_eq!(reader.take().slots.iter().collect::<Vec<_>>(), [7]);
    assert!(!other.is_scheduled());
}

#[test]
fn attaching_again_moves_a_reader_and_detaching_ends_it() {
    let hub = hub(Totals::default());
    let mailbox = Mailbox::new();
    hub.attach(&key("acme", "a"), &mailbox, 0, &request(), now(0));
    let attached = hub.attach(&key("acme", "a"), &mailbox, 0, &request(), now(0));
    hub.detach(&attached.topic, &mailbox, 0);
    append(&hub, &draft("acme", "a", 1), 0).unwrap();
    assert!(!mailbox.is_scheduled());
}

#[test]
fn a_topic_that_nobody_published_to_is_stored_nowhere() {
    let hub = hub(Totals::default());
    let mailbox = Mailbox::new();
    let attached = hub.attach(&key("acme", "a"), &mailbox, 0, &request(), now(0));
    assert_eq!((&*attached.position.epoch, attached.position.top), ("boot1", 0));
    hub.look(&key("acme", "b"), &request());
    append(&hub, &draft("acme", "c.progress", 1), 0).unwrap();
    assert_eq!(hub.size(), HubSize { topics: 1, bytes: 0 });
    hub.detach(&attached.topic, &mailbox, 0);
    assert_eq!(hub.size(), HubSize { topics: 0, bytes: 0 });
}

#[test]
fn who_only_looked_takes_nothing_away_by_leaving() {
    let hub = hub(Totals::default());
    let looked = hub.look(&key("acme", "a"), &request());
    append(&hub, &draft("acme", "a", 1), 0).unwrap();
    hub.detach(&looked.topic, &Mailbox::new(), 0);
    assert_eq!(append(&hub, &draft("acme", "a", 1), 0).unwrap().offset, Some(2));
}

#[test]
fn a_counter_outlives_readers_and_history() {
    let hub = hub(Totals::default());
    let mailbox = Mailbox::new();
    append(&hub, &draft("acme", "a", 1), 0).unwrap();
    let attached = hub.attach(&key("acme", "a"), &mailbox, 0, &request(), now(0));
    hub.detach(&attached.topic, &mailbox, 0);
    hub.sweep(now(700_000));
    assert_eq!(hub.size(), HubSize { topics: 1, bytes: 0 });
    assert_eq!(append(&hub, &draft("acme", "a", 1), 700_000).unwrap().offset, Some(2));
}

#[test]
fn what_an_ephemeral_topic_holds_goes_with_its_last_reader() {
    let hub = hub(Totals::default());
    let mailbox = Mailbox::new();
    let attached = hub.attach(&key("acme", "a.progress"), &mailbox, 0, &request(), now(0));
    append(&hub, &draft("acme", "a.progress", 100), 0).unwrap();
    assert_ne!(hub.size().bytes, 0);
    hub.detach(&attached.topic, &mailbox, 0);
    assert_eq!(hub.size(), HubSize { topics: 0, bytes: 0 });
}

#[test]
fn a_tenant_has_so_many_topics_and_no_more() {
    let hub = hub(Totals { topics_per_tenant: 2, ..Totals::default() });
    append(&hub, &draft("acme", "a", 1), 0).unwrap();
    append(&hub, &draft("acme", "b", 1), 0).unwrap();
    append(&hub, &draft("acme", "a", 1), 0).unwrap();
    assert_eq!(append(&hub, &draft("acme", "c", 1), 0).unwrap_err().code, ErrorCode::TooManyTopics);
    append(&hub, &draft("other", "c", 1), 0).unwrap();
    let acknowledged = Draft { requires_acknowledgment: true, ..draft("acme", "a", 1) };
    assert_eq!(append(&hub, &acknowledged, 0).unwrap_err().code, ErrorCode::TooManyTopics);
    assert_eq!(held(&hub, &key("acme", "a")), 2, "refused before anything was written");
    assert_eq!(hub.size().topics, 3);
}

#[test]
fn beyond_a_tenants_bytes_its_oldest_events_go_first() {
    let hub = hub(Totals { bytes_per_tenant: 100_000, ..Totals::default() });
    append(&hub, &draft("other", "a", 1_000), 0).unwrap();
    for at in 1..=10 {
        append(&hub, &draft("acme", "old", 5_000), at).unwrap();
    }
    for at in 11..=15 {
        append(&hub, &draft("acme", "new", 5_000), at).unwrap();
    }
    for at in 16..=20 {
        append(&hub, &draft("acme", "old", 5_000), at).unwrap();
    }
    assert!(hub.size().bytes <= 102_000, "{}", hub.size().bytes);
    let (old, new) = (held(&hub, &key("acme", "old")), held(&hub, &key("acme", "new")));
    assert_eq!((old + new, new), (18, 5), "the first of `old` went");
    for at in 21..=40 {
        append(&hub, &draft("acme", "old", 5_000), at).unwrap();
    }
    assert_eq!(held(&hub, &key("acme", "new")), 0, "then those of `new`");
    assert_eq!(held(&hub, &key("other", "a")), 1);
}

#[test]
fn beyond_the_bytes_of_all_the_oldest_of_all_go_first() {
    let hub = hub(Totals { bytes_in_all: 60_000, bytes_per_tenant: 50_000, ..Totals::default() });
    for at in 0..5 {
        append(&hub, &draft("first", "a", 5_000), at).unwrap();
    }
    for at in 5..14 {
        append(&hub, &draft("second", "a", 5_000), at).unwrap();
    }
    assert!(hub.size().bytes <= 60_000);
    assert!(held(&hub, &key("first", "a")) < 3);
    assert_eq!(held(&hub, &key("second", "a")), 9);
}

#[test]
fn values_are_never_evicted_so_more_of_them_are_refused() {
    let hub = hub(Totals { bytes_per_tenant: 20_000, ..Totals::default() });
    append(&hub, &draft("acme", "log", 5_000), 0).unwrap();
    for index in 0..3 {
        append(&hub, &state("acme", &format!("k{index}"), 5_000), 1).unwrap();
    }
    assert_eq!(held(&hub, &key("acme", "log")), 0);
    let refused = append(&hub, &state("acme", "k9", 5_000), 2).unwrap_err();
    assert_eq!((refused.code, refused.retryable), (ErrorCode::Unavailable, true));
    assert_eq!(held(&hub, &key("acme", "kpis")), 3);
    let deletion = Draft { deleted: true, payload: Payload::None, ..state("acme", "k0", 0) };
    append(&hub, &deletion, 3).unwrap();
    append(&hub, &state("acme", "k9", 4_000), 4).unwrap();
}

#[test]
fn an_event_id_and_the_numbers_are_what_the_readers_get() {
    let hub = hub(Totals::default());
    let first = append(&hub, &draft("acme", "a", 1), 5).unwrap();
    let second = append(&hub, &draft("acme", "b", 1), 5).unwrap();
    assert_ne!(first.id, second.id);
    let frame = &frames(&hub, &key("acme", "a"))[0];
    assert_eq!(frame["rt"]["id"], *first.id);
    assert_eq!(frame["timestamp"], "2025-06-15T15:06:40.005Z");
}

fn acknowledge(hub: &Hub, name: &str, id: &str, at: u64) -> Acknowledged {
    let (done, wakes) = hub.acknowledge(&tenant("acme"), &user(name), vec![id.into()], &|_| true, now(at));
    wakes.fire();
    done
}

#[test]
fn where_each_person_settles_for_themself_the_key_is_gone_for_them_alone() {
    let policy = TopicPolicy::Log(LogRetention::default(), Acknowledgements::Each);
    let rules = vec![TopicRule { pattern: Pattern::parse("incidents").unwrap(), policy }];
    let hub = Hub::new(TopicRules::new(rules), Totals::default(), "boot1");
    let event = Draft { requires_acknowledgment: true, ..draft("acme", "incidents", 1) };
    let id = append(&hub, &event, 0).unwrap().id;
    for name in ["ana", "bob", "ana"] {
        assert!(acknowledge(&hub, name, &id, 60_000).unknown.is_empty());
    }
    let values = open_values(&hub, "open:incidents");
    assert_eq!(values.len(), 1);
    assert_eq!(values[0]["payload"]["by"], serde_json::json!(["ana", "bob"]));
    assert_eq!(values[0]["payload"]["at"], "2025-06-15T15:07:40.000Z");
    assert_eq!(values[0]["rt"]["offset"], 3, "a repeat writes nothing");
    assert_eq!(values[0]["priority"], "high");
    let seen_by = |name: &str| {
        let frames = frames_of(&hub, &key("acme", "open:incidents"), Some(&user(name)));
        assert_eq!(frames.len(), 1);
        (frames[0]["rt"]["deleted"] == true, frames[0]["rt"]["key"] == *id, frames[0]["rt"]["offset"].clone())
    };
    assert_eq!(seen_by("ana"), (true, true, 3.into()));
    assert_eq!(seen_by("bob"), (true, true, 3.into()));
    assert_eq!(seen_by("eve"), (false, true, 3.into()));
}

#[test]
fn a_settled_event_is_known_for_a_while_and_then_unknown() {
    let hub = hub(Totals::default());
    let event = Draft { requires_acknowledgment: true, ..draft("acme", "incidents", 1) };
    let id = append(&hub, &event, 0).unwrap().id;
    assert_eq!(acknowledge(&hub, "ana", &id, 0).accepted, [&*id]);
    assert!(open_values(&hub, "open:incidents").is_empty());
    let again = acknowledge(&hub, "bob", &id, 600_000);
    assert!(again.unknown.is_empty() && again.accepted.is_empty());
    assert_eq!(acknowledge(&hub, "bob", &id, 600_001).unknown, [&*id]);
}

#[test]
fn when_too_many_wait_the_one_that_has_waited_longest_is_given_up() {
    let hub = hub(Totals { bytes_per_tenant: 1 << 30, bytes_in_all: 1 << 30, ..Totals::default() });
    let event = Draft { requires_acknowledgment: true, ..draft("acme", "incidents", 1) };
    let first = append(&hub, &event, 0).unwrap().id;
    let second = append(&hub, &event, 0).unwrap().id;
    for _ in 2..10_001 {
        append(&hub, &event, 0).unwrap();
    }
    assert_eq!(acknowledge(&hub, "ana", &first, 0).unknown, [&*first]);
    assert!(acknowledge(&hub, "ana", &second, 0).unknown.is_empty());
}

#[test]
fn a_publish_and_its_record_are_one_step() {
    let broker = MemoryBroker::new(hub(Totals { topics_per_tenant: 1, ..Totals::default() }));
    let idem = |key: &str| IdemKey { actor: "key:feed".into(), idem: key.into() };
    let publish = |draft: &Draft, key: &str, at| broker.publish(draft, Some(&idem(key)), now(at));
    let (first, duplicate) = publish(&draft("acme", "a", 1), "1", 0).unwrap();
    assert!(!duplicate);
    let (again, duplicate) = publish(&draft("acme", "a", 1), "1", 599_999).unwrap();
    assert_eq!((again, duplicate), (first.clone(), true));
    assert_eq!(publish(&draft("acme", "a", 2), "1", 0).unwrap_err().code, ErrorCode::IdemConflict);
    // What cannot be mended is kept as the result, too.
    let refused = publish(&draft("acme", "b", 1), "2", 0).unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooManyTopics);
    assert_eq!(publish(&draft("acme", "b", 1), "2", 0).unwrap_err(), refused);
    assert!(!publish(&draft("other", "a", 1), "1", 0).unwrap().1, "another tenant's key");
    assert_eq!(held(broker.hub(), &key("acme", "a")), 1);
    assert_ne!(publish(&draft("acme", "a", 1), "1", 600_001).unwrap().0.id, first.id);
}

#[test]
fn a_retryable_failure_is_not_kept() {
    let broker = MemoryBroker::new(hub(Totals { bytes_per_tenant: 10_000, ..Totals::default() }));
    let idem = IdemKey { actor: "key:feed".into(), idem: "1".into() };
    broker.publish(&state("acme", "a", 5_000), None, now(0)).unwrap();
    let large = state("acme", "b", 5_000);
    assert!(broker.publish(&large, Some(&idem), now(0)).unwrap_err().retryable);
    broker.publish(&state("acme", "a", 10), None, now(0)).unwrap();
    assert!(!broker.publish(&large, Some(&idem), now(0)).unwrap().1);
}

#[test]
fn publishes_from_many_threads_leave_no_hole_and_wake_everyone() {
    let hub = Arc::new(hub(Totals::default()));
    let mailbox = Mailbox::new();
    hub.attach(&key("acme", "a"), &mailbox, 3, &request(), now(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    append(&hub, &draft("acme", "a", 1), 0).unwrap();
                    let extra = Mailbox::new();
                    let attached = hub.attach(&key("acme", "a"), &extra, 0, &request(), now(0));
                    hub.detach(&attached.topic, &extra, 0);
                }
            });
        }
    });
    assert_eq!(held(&hub, &key("acme", "a")), 2_000);
    assert_eq!(hub.look(&key("acme", "a"), &request()).position.top, 2_000);
    assert_eq!(mailbox.take().slots.iter().collect::<Vec<_>>(), [3]);
}

#[test]
fn a_clock_beyond_the_year_9999_still_gives_a_timestamp() {
    assert_eq!(timestamp(253_402_300_799_999), "9999-12-31T23:59:59.999Z");
    assert_eq!(timestamp(253_402_300_800_000), "9999-12-31T23:59:59.999Z");
    assert_eq!(timestamp(u64::MAX), "9999-12-31T23:59:59.999Z");
}
