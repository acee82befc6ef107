//! Subscriptions that come, grow and go: one on the wire for each topic (PROTOCOL.md, section 5).

use steadfast_core::{ClientFrame, Misuse, Recovery, ServerFrame, Slot, SubscribeOptions, TopicClass};

use crate::rig::{Rig, accepted, cursor, event, position, welcome};
use crate::topics_steps::{log, state};

#[test]
fn a_topic_is_asked_for_with_what_its_first_listener_wants() {
    let mut rig = Rig::new();
    rig.subscribe_with("incidents", SubscribeOptions { history: Some(20), ..SubscribeOptions::default() });
    rig.subscribe_with("audit", SubscribeOptions { cursor: cursor("e1", 7), ..SubscribeOptions::default() });
    rig.subscribe_with("kpis", keys(&["a", "b"]));
    let link = rig.greeting();
    let topics = rig.hello(link).topics;
    assert_eq!(topics[1].history, Some(20));
    assert_eq!((topics[2].cursor.clone(), topics[2].history), (cursor("e1", 7), None));
    assert_eq!(topics[3].keys.as_deref(), Some(&["a".to_string(), "b".into()][..]));
    rig.welcome_at(link, "audit", &log(7, 8, Recovery::Resumed));
    let slot = rig.client.slot("audit");
    rig.event(link, slot, 8);
    assert_eq!(rig.story(slot), ["8 replay", "live"]);
}

#[test]
fn history_is_asked_for_only_until_there_is_a_cursor() {
    let mut rig = Rig::new();
    rig.subscribe_with("incidents", SubscribeOptions { history: Some(20), ..SubscribeOptions::default() });
    let link = rig.live();
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    let topic = rig.hello(link).topics[1].clone();
    assert_eq!((topic.cursor, topic.history), (cursor("e1", 0), None));
}

#[test]
fn a_second_listener_changes_nothing_on_the_wire() {
    let mut rig = Rig::new();
    let (first, slot) = rig.subscribe_with("incidents", SubscribeOptions::default());
    let link = rig.live();
    assert_eq!(rig.subscribe("incidents"), slot);
    assert_eq!(rig.subscribes(link), []);
    rig.unsubscribe(first);
    assert_eq!(rig.unsubscribes(link), Vec::<String>::new());
    rig.event(link, slot, 1);
    assert_eq!(rig.events(slot), [1]);
}

#[test]
fn the_last_listener_takes_the_topic_along() {
    let mut rig = Rig::new();
    let (id, slot) = rig.subscribe_with("incidents", SubscribeOptions::default());
    let link = rig.live();
    rig.event(link, slot, 1);
    rig.take();
    rig.unsubscribe(id);
    assert_eq!(rig.unsubscribes(link), ["incidents"]);
    assert_eq!(rig.client.slot("incidents"), Slot::UNKNOWN);
    assert_eq!(rig.client.cursor(slot), None);
    let again = rig.run(|client, now| client.unsubscribe(now, id));
    assert_eq!(again, Err(Misuse::UnknownSubscription));
    rig.event(link, slot, 2);
    assert_eq!(rig.deliveries(slot), []);
    assert_eq!(rig.client.statistics().stale, 1);
}

#[test]
fn what_comes_late_for_an_ended_subscription_is_not_the_next_ones() {
    let mut rig = Rig::new();
    let (id, old) = rig.subscribe_with("incidents", SubscribeOptions::default());
    let link = rig.live();
    rig.event(link, old, 1);
    rig.unsubscribe(id);
    let slot = rig.subscribe("incidents");
    assert_ne!(slot, old, "a slot is never used again");
    assert_eq!(rig.subscribes(link)[0].cursor, None, "its cursor is forgotten");
    // Late events are named by the driver with the new slot, since the topic's name is the same.
    rig.event(link, slot, 2);
    let unsubscribed = vec!["incidents".into()];
    rig.frame(link, ServerFrame::Unsubscribed { reference: Some(1), topics: unsubscribed, error: None });
    assert_eq!(rig.story(slot), Vec::<String>::new());
    rig.answer_subscribe_at(link, &log(2, 2, Recovery::Fresh));
    rig.event(link, slot, 3);
    assert_eq!(rig.story(slot), ["live", "3"]);
}

#[test]
fn only_the_answer_to_the_newest_request_counts() {
    let mut rig = Rig::new();
    let (id, _) = rig.subscribe_with("incidents", SubscribeOptions::default());
    let link = rig.live();
    rig.unsubscribe(id);
    let (id, _) = rig.subscribe_with("incidents", SubscribeOptions::default());
    let (first, _) = rig.subscribed_on(link);
    rig.unsubscribe(id);
    let slot = rig.subscribe("incidents");
    let (second, _) = rig.subscribed_on(link);
    assert!(second > first);
    let answer = |reference, offset| ServerFrame::Subscribed {
        reference: Some(reference),
        topics: vec![accepted("incidents", log(offset, offset, Recovery::Fresh))],
    };
    rig.frame(link, answer(first, 4));
    rig.event(link, slot, 5);
    assert_eq!(rig.story(slot), Vec::<String>::new());
    rig.frame(link, answer(second, 7));
    rig.frame(link, answer(second, 9));
    rig.event(link, slot, 8);
    assert_eq!(rig.story(slot), ["live", "8"]);
}

#[test]
fn an_unanswered_question_closes_the_link_and_an_unsubscribe_does_not() {
    let mut rig = Rig::new();
    let (id, _) = rig.subscribe_with("incidents", SubscribeOptions::default());
    let link = rig.live();
    rig.unsubscribe(id);
    rig.stay_alive(link, 20_000);
    assert_eq!(rig.closes(), [], "the answer to an unsubscribe is not waited for");
    rig.subscribe("incidents");
    rig.stay_alive(link, 9_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
}

#[test]
fn keys_that_grow_begin_the_values_anew() {
    let mut rig = Rig::new();
    let (_, slot) = rig.subscribe_with("kpis", keys(&["a"]));
    let link = rig.live_at("kpis", &state(0, 3, Recovery::Fresh));
    rig.event(link, slot, 3);
    rig.take();
    rig.subscribe_with("kpis", keys(&["a"]));
    assert_eq!(rig.subscribes(link), [], "nothing grew");
    rig.subscribe_with("kpis", keys(&["b"]));
    let request = rig.subscribes(link)[0].clone();
    assert_eq!(request.keys.as_deref(), Some(&["a".to_string(), "b".into()][..]));
    assert_eq!(request.cursor, None);
    rig.event(link, slot, 4);
    rig.answer_subscribe_at(link, &state(0, 4, Recovery::Fresh));
    for offset in [2, 3, 4, 5] {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot), ["reset", "2 replay", "3 replay", "4 replay", "live", "5"]);
    rig.take();
    rig.subscribe("kpis");
    assert_eq!(rig.subscribes(link)[0].keys, None, "all of them");
}

#[test]
fn keys_that_grow_between_feeds_begin_the_values_anew() {
    // While waiting.
    let mut rig = Rig::new();
    let (_, slot) = rig.subscribe_with("kpis", keys(&["a"]));
    let link = rig.live_at("kpis", &state(0, 3, Recovery::Fresh));
    rig.event(link, slot, 3);
    rig.close(link, 1006);
    rig.subscribe_with("kpis", keys(&["b"]));
    let link = rig.reopen();
    rig.open(link);
    let request = rig.hello(link).topics[1].clone();
    assert_eq!((request.cursor, request.keys.unwrap().len()), (None, 2));
    rig.welcome_at(link, "kpis", &state(0, 3, Recovery::Fresh));
    rig.event(link, slot, 2);
    rig.event(link, slot, 3);
    assert_eq!(rig.story(slot), ["reset", "2 replay", "3 replay", "live"]);

    // Between two polls.
    let (mut rig, exchange) = Rig::poller();
    let (_, slot) = rig.subscribe_with("kpis", keys(&["a"]));
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    let first = accepted("kpis", state(0, 3, Recovery::Fresh));
    rig.answer_under(exchange, |terms| terms.topics[1] = first, vec![event(slot, 3)]);
    rig.subscribe_with("kpis", keys(&["b"]));
    let exchange = rig.last_exchange();
    let request = rig.hello_of(exchange).topics[1].clone();
    assert_eq!((request.cursor, request.keys.unwrap().len()), (None, 2));
}

#[test]
fn keys_that_grow_for_a_refused_topic_begin_the_values_anew() {
    let mut rig = Rig::new();
    let (_, slot) = rig.subscribe_with("kpis", keys(&["a"]));
    let link = rig.live_at("kpis", &state(0, 3, Recovery::Fresh));
    rig.event(link, slot, 3);
    rig.frame(link, ServerFrame::Unsubscribed { reference: None, topics: vec!["kpis".into()], error: None });
    rig.subscribe_with("kpis", keys(&["b"]));
    assert_eq!(rig.subscribes(link)[0].cursor, None);
}

#[test]
fn keys_of_a_topic_that_turns_out_to_be_a_log_cost_no_event() {
    let mut rig = Rig::new();
    let kept = SubscribeOptions { cursor: cursor("e1", 7), ..keys(&["a"]) };
    let (_, slot) = rig.subscribe_with("incidents", kept);
    let link = rig.greeting();
    rig.subscribe_with("incidents", keys(&["b"]));
    rig.frame(link, welcome(vec![accepted("user", log(0, 0, Recovery::Fresh))]));
    rig.answer_subscribe_at(link, &log(9, 9, Recovery::Fresh));
    assert_eq!(rig.subscribes(link).last().unwrap().cursor, cursor("e1", 7));
    rig.answer_subscribe_at(link, &log(7, 9, Recovery::Resumed));
    for offset in [8, 9, 10] {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot), ["8 replay", "9 replay", "live", "10"]);
}

#[test]
fn the_users_own_topic_is_followed_in_silence() {
    let mut rig = Rig::new();
    let link = rig.live();
    let hello = rig.hello(link);
    assert_eq!(hello.topics[0].topic, "user");
    let user = rig.client.slot("user");
    rig.event(link, user, 1);
    assert_eq!(rig.deliveries(user), []);
    assert_eq!(rig.client.cursor(user), cursor("e1", 1));
    let (id, slot) = rig.subscribe_with("user", SubscribeOptions::default());
    assert_eq!(slot, user);
    assert_eq!(rig.subscribes(link), [], "it goes on where it is");
    rig.event(link, user, 2);
    assert_eq!(rig.events(user), [2]);
    rig.unsubscribe(id);
    assert_eq!(rig.unsubscribes(link), Vec::<String>::new());
    rig.event(link, user, 3);
    assert_eq!(rig.events(user), [2]);
    assert_eq!(rig.client.cursor(user), cursor("e1", 3));
}

#[test]
fn a_place_kept_from_an_earlier_run_counts_for_the_users_own_topic_too() {
    let mut rig = Rig::new();
    let link = rig.live_at("user", &log(5, 5, Recovery::Fresh));
    let kept = SubscribeOptions { cursor: cursor("e1", 3), ..SubscribeOptions::default() };
    let (_, user) = rig.subscribe_with("user", kept);
    assert_eq!(rig.subscribes(link)[0].cursor, cursor("e1", 3));
    rig.event(link, user, 6);
    rig.answer_subscribe_at(link, &log(3, 6, Recovery::Resumed));
    for offset in [4, 5, 6, 7] {
        rig.event(link, user, offset);
    }
    assert_eq!(rig.story(user), ["4 replay", "5 replay", "6 replay", "live", "7"]);
}

#[test]
fn the_users_own_topic_is_alive_again_after_a_listener_that_never_took_anything() {
    let mut rig = Rig::with(crate::topics_steps::small_buffers);
    let (id, user) = rig.subscribe_with("user", SubscribeOptions::default());
    let link = rig.live();
    for offset in 1..=5 {
        rig.event(link, user, offset);
    }
    assert_eq!(rig.unsubscribes(link), ["user"]);
    rig.unsubscribe(id);
    assert_eq!(rig.subscribes(link)[0].cursor, cursor("e1", 4));
    rig.answer_subscribe(link);
    rig.subscribe("user");
    rig.take();
    for offset in 5..=8 {
        rig.event(link, user, offset);
    }
    assert_eq!(rig.events(user), [5, 6, 7, 8], "its buffer is empty again");
}

#[test]
fn a_topic_that_has_no_valid_name_is_refused() {
    let mut rig = Rig::new();
    for name in ["", "a b", "ä", "a/b", &"x".repeat(129)] {
        let refused = rig.run(|client, now| client.subscribe(now, name, SubscribeOptions::default()));
        assert_eq!(refused, Err(Misuse::BadTopicName), "{name}");
    }
    rig.subscribe(&"x".repeat(128));
    rig.subscribe("a.B-c_d:9");
}

#[test]
fn topics_beyond_a_hello_are_subscribed_after_the_welcome() {
    let mut rig = Rig::new();
    let slots: Vec<_> = (0..400).map(|number| rig.subscribe(&format!("topic-{number}"))).collect();
    let link = rig.greeting();
    assert_eq!(rig.hello(link).topics.len(), 256);
    rig.welcome(link);
    let asked = rig.subscribes(link);
    assert_eq!(asked.len(), 401 - 256);
    let batches = rig.sent(link).into_iter().filter_map(|frame| match frame {
        ClientFrame::Subscribe { topics, .. } => Some(topics.len()),
        _ => None,
    });
    assert!(batches.into_iter().all(|topics| topics <= 64));
    rig.answer_all_subscribes(link);
    for slot in slots {
        rig.event(link, slot, 1);
        assert_eq!(rig.events(slot), [1]);
    }
}

#[test]
fn a_hello_is_kept_below_its_size() {
    let mut rig = Rig::new();
    for number in 0..256 {
        let options = SubscribeOptions { cursor: cursor(&"e".repeat(128), 7), ..SubscribeOptions::default() };
        rig.subscribe_with(&format!("{number:0>128}"), options);
    }
    let link = rig.greeting();
    let size = rig.last_bytes(link).len();
    assert!((40 * 1024..=64 * 1024).contains(&size), "{size}");
    let in_hello = rig.hello(link).topics.len();
    rig.frame(link, welcome(Vec::new()));
    assert_eq!(in_hello + rig.subscribes(link).len(), 257, "the rest follows");
}

#[test]
fn topics_beyond_an_exchange_take_turns() {
    let (mut rig, exchange) = Rig::poller();
    for number in 0..599 {
        rig.subscribe(&format!("topic-{number}"));
    }
    rig.answer(exchange, Vec::new());
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..7 {
        let exchange = rig.last_exchange();
        let topics = rig.hello_of(exchange).topics;
        assert_eq!(topics.len(), 256);
        for topic in topics {
            *seen.entry(topic.topic).or_insert(0) += 1;
        }
        rig.answer(exchange, Vec::new());
        rig.take();
        rig.advance_to_deadline();
    }
    assert_eq!(seen.len(), 600, "7 · 256 = 1,792 places: nobody is left out");
    assert!(seen.values().all(|times| (2..=3).contains(times)), "{:?}", seen.values());
}

#[test]
fn turns_survive_subscriptions_that_end() {
    let (mut rig, exchange) = Rig::poller();
    let ids: Vec<_> = (0..400)
        .map(|number| rig.subscribe_with(&format!("topic-{number}"), SubscribeOptions::default()).0)
        .collect();
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    for id in &ids[..300] {
        rig.unsubscribe(*id);
    }
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 101, "all that are left");
}

#[test]
fn more_topics_than_an_exchange_carries_are_not_kept_waiting_by_a_long_poll() {
    let (mut rig, _) = Rig::long_poller();
    for number in 0..300 {
        rig.subscribe(&format!("topic-{number}"));
    }
    rig.advance(100);
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).wait_ms, None, "the others are not in it");
    rig.advance(200);
    rig.answer_under(exchange, crate::fallback_steps::offers_long_polls, Vec::new());
    assert!((4_500..=5_500).contains(&rig.due_in()), "and it is no reason to ask without end");
}

#[test]
fn a_class_is_known_once_a_server_has_told_it() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    assert_eq!(rig.client.class(slot), None);
    rig.live_at("kpis", &position(TopicClass::State, "e1", 0, 0, Recovery::Fresh));
    assert_eq!(rig.client.class(slot), Some(TopicClass::State));
}

fn keys(keys: &[&str]) -> SubscribeOptions {
    SubscribeOptions {
        keys: Some(keys.iter().map(|key| (*key).to_string()).collect()),
        ..SubscribeOptions::default()
    }
}
