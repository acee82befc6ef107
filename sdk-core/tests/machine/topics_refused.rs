//! Topics that the server refuses, for now or for good (PROTOCOL.md, section 5).

use steadfast_core::{ErrorCode, ServerFrame, State, WireError};

use crate::fallback_steps::unavailable;
use crate::link_steps::{assert_spread, refusal};
use crate::rig::{Rig, cursor, fresh, refused, welcome};

#[test]
fn a_topic_refused_for_now_is_tried_again_alone() {
    let (mut rig, link, slot) = refused_for_now(1, None);
    let other = rig.client.slot("audit");
    rig.event(link, other, 1);
    assert_eq!(rig.events(other), [1]);
    assert_eq!(rig.story(slot), Vec::<String>::new(), "nobody is told of what passes");
    rig.take();
    rig.advance(3_000);
    let asked = rig.subscribes(link);
    assert_eq!(asked.iter().map(|topic| &*topic.topic).collect::<Vec<_>>(), ["incidents"]);
    rig.answer_subscribe(link);
    rig.event(link, slot, 1);
    assert_eq!(rig.story(slot), ["live", "1"]);
}

#[test]
fn the_delay_is_the_backoffs_and_grows() {
    assert_spread((100, 3_000), |seed| {
        let (rig, ..) = refused_for_now(seed, None);
        rig.due_in()
    });
    let sixth = (0..100).map(|seed| {
        let (mut rig, link, _) = refused_for_now(seed, None);
        for _ in 0..5 {
            until_asked(&mut rig, link);
            rig.refuse_subscribe(link, &unavailable(None));
        }
        until_asked(&mut rig, link)
    });
    let (low, high) = sixth.fold((u64::MAX, 0), |(low, high), drawn| (drawn.min(low), drawn.max(high)));
    assert!(low < 3_000 && (27_000..=30_000).contains(&high), "{low} to {high} is not up to thirty seconds");
}

#[test]
fn the_servers_advice_is_the_least() {
    // The backoff above it, so that whom one moment refused do not ask again in one moment.
    assert_spread((20_100, 23_000), |seed| {
        let (rig, ..) = refused_for_now(seed, Some(20_000));
        rig.due_in()
    });
}

#[test]
fn a_wrong_advice_does_not_keep_a_topic_away_for_a_day() {
    let (mut rig, link, _) = refused_for_now(1, Some(86_400_000));
    rig.take();
    rig.stay_alive(link, 600_000);
    assert_eq!(rig.subscribes(link).len(), 0);
    rig.stay_alive(link, 3_000);
    assert_eq!(rig.subscribes(link).len(), 1);
}

#[test]
fn an_accepted_topic_begins_the_delays_anew() {
    assert_spread((100, 3_000), |seed| {
        let (mut rig, link, _) = refused_for_now(seed, None);
        rig.advance(rig.due_in());
        rig.refuse_subscribe(link, &unavailable(None));
        rig.advance(rig.due_in());
        rig.answer_subscribe(link);
        let topics = vec![refused("incidents", unavailable(None))];
        rig.frame(link, ServerFrame::Subscribed { reference: None, topics });
        rig.due_in()
    });
}

#[test]
fn a_topic_refused_for_now_waits_also_over_a_new_link() {
    let (mut rig, link, _) = refused_for_now(1, Some(20_000));
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    assert_eq!(rig.hello(link).topics.len(), 2, "not before its time");
    rig.welcome(link);
    rig.stay_alive(link, 20_000);
    assert_eq!(rig.subscribes(link).len(), 1);
}

#[test]
fn a_topic_refused_for_good_is_told_and_left_alone() {
    let (mut rig, link, slot) = refused_for_good();
    assert_eq!(rig.story(slot), ["failed Forbidden"]);
    assert!(!rig.client.is_live(slot));
    rig.take();
    rig.stay_alive(link, 120_000);
    assert_eq!(rig.subscribes(link), []);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    assert_eq!(rig.hello(link).topics.len(), 1);
    assert_eq!(rig.status().state, State::Connecting);
}

#[test]
fn a_new_subscription_tries_a_refused_topic_again() {
    let (mut rig, link, slot) = refused_for_good();
    rig.take();
    assert_eq!(rig.subscribe("incidents"), slot);
    rig.answer_subscribe(link);
    rig.event(link, slot, 1);
    assert_eq!(rig.story(slot), ["live", "1"]);
}

#[test]
fn a_new_token_tries_a_refused_topic_again() {
    let (mut rig, link, slot) = refused_for_good();
    rig.take();
    rig.frame(link, ServerFrame::AuthRequired { within_ms: 25_000, reason: "roles".into() });
    rig.give_token();
    assert_eq!(rig.subscribes(link)[0].topic, "incidents");
    rig.refuse_subscribe(link, &refusal(ErrorCode::Forbidden));
    assert_eq!(rig.story(slot), ["failed Forbidden"], "told again");
}

#[test]
fn a_new_token_tries_a_refused_topic_again_over_polls() {
    let (mut rig, exchange) = Rig::poller();
    let slot = rig.subscribe("incidents");
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    rig.answer_under(
        exchange,
        |terms| terms.topics[1] = refused("incidents", refusal(ErrorCode::Forbidden)),
        Vec::new(),
    );
    assert_eq!(rig.story(slot), ["failed Forbidden"]);
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 1);
    rig.answered(exchange, 401, None, Vec::new());
    rig.give_token();
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 2);
}

#[test]
fn a_topic_taken_away_is_told_with_its_reason() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 1);
    let topics = vec!["incidents".to_string()];
    rig.frame(
        link,
        ServerFrame::Unsubscribed {
            reference: None,
            topics: topics.clone(),
            error: Some(WireError::new(ErrorCode::TokenExpired, "over", false)),
        },
    );
    rig.event(link, slot, 2);
    assert_eq!(rig.story(slot), ["1", "failed TokenExpired"]);
    rig.subscribe("incidents");
    assert_eq!(rig.subscribes(link)[0].cursor, cursor("e1", 1), "it goes on where it was");
    rig.answer_subscribe(link);
    rig.frame(link, ServerFrame::Unsubscribed { reference: None, topics, error: None });
    assert_eq!(rig.story(slot).last().unwrap(), "failed Forbidden", "for want of a reason");
}

#[test]
fn a_topic_taken_away_while_it_is_asked_for_awaits_its_answer() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 2);
    let topics = vec!["incidents".to_string()];
    rig.frame(link, ServerFrame::Unsubscribed { reference: None, topics, error: None });
    rig.answer_subscribe(link);
    rig.event(link, slot, 1);
    assert_eq!(rig.story(slot), ["1"]);
}

#[test]
fn a_refused_topic_keeps_polling_from_nothing_else() {
    let mut rig = Rig::new();
    rig.subscribe("incidents");
    rig.polling_proven();
    let link = rig.poll_until_open();
    rig.open(link);
    rig.frame(link, welcome(vec![fresh("user", 0), refused("incidents", refusal(ErrorCode::Forbidden))]));
    rig.take();
    rig.stay_alive(link, 60_000);
    assert_eq!(rig.exchanges(), [], "it is answered, and polling is left");
}

/// Live with `audit` and the user's own topic; `incidents` is refused for now.
fn refused_for_now(
    seed: u64,
    retry_after_ms: Option<u64>,
) -> (Rig, steadfast_core::LinkId, steadfast_core::Slot) {
    let mut rig = Rig::seeded(seed, |_| {});
    let slot = rig.subscribe("incidents");
    rig.subscribe("audit");
    let link = rig.greeting();
    let refused = refused("incidents", unavailable(retry_after_ms));
    rig.frame(link, welcome(vec![fresh("user", 0), refused, fresh("audit", 0)]));
    (rig, link, slot)
}

/// How long it takes until the topic is asked for.
fn until_asked(rig: &mut Rig, link: steadfast_core::LinkId) -> u64 {
    rig.take();
    let begun = rig.millis();
    while rig.subscribes(link).is_empty() {
        rig.advance_to_deadline();
    }
    rig.millis() - begun
}

fn refused_for_good() -> (Rig, steadfast_core::LinkId, steadfast_core::Slot) {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let link = rig.greeting();
    let refused = refused("incidents", refusal(ErrorCode::Forbidden));
    rig.frame(link, welcome(vec![fresh("user", 0), refused]));
    (rig, link, slot)
}
