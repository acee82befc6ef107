//! What becomes of events: dedupe, holes, replay and Live (PROTOCOL.md, section 5 and 3.6).

use steadfast_core::{Recovery, ServerFrame, TopicClass};

use crate::fallback_steps::offers_long_polls;
use crate::rig::{Rig, accepted, cursor, event, position};
use crate::topics_steps::{deletion, ephemeral, gap, log, passing, state};

#[test]
fn a_log_event_is_delivered_once_and_in_order() {
    let (mut rig, link, slot) = Rig::following();
    for offset in [1, 2, 2, 1, 3, 3] {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot), ["1", "2", "3"]);
    assert_eq!(rig.client.statistics().repeats, 3);
    assert_eq!(rig.client.cursor(slot), cursor("e1", 3));
}

#[test]
fn a_state_topic_skips_what_was_overwritten_and_never_goes_back() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let link = rig.live_at("kpis", &state(0, 0, Recovery::Fresh));
    rig.take();
    for offset in [3, 2, 9, 9, 4] {
        rig.event(link, slot, offset);
    }
    rig.frame(link, deletion(slot, 12));
    assert_eq!(rig.story(slot), ["3", "9", "12 deleted"]);
    assert_eq!(rig.client.statistics().repeats, 3);
    assert_eq!(rig.subscribes(link), [], "a hole is none in a state topic");
}

#[test]
fn a_hole_is_asked_for_once_and_what_follows_comes_in_order() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 1);
    rig.event(link, slot, 3);
    rig.event(link, slot, 4);
    let requests = rig.subscribes(link);
    assert_eq!(requests.len(), 1, "one question for one hole");
    assert_eq!((&*requests[0].topic, requests[0].cursor.clone()), ("incidents", cursor("e1", 1)));
    rig.answer_subscribe_at(link, &log(1, 4, Recovery::Resumed));
    for offset in [2, 3, 4] {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot), ["1", "2", "3", "4"]);
    assert_eq!(rig.client.statistics().rewinds, 1);
    assert_eq!(rig.client.statistics().stale, 1);
    assert_eq!(rig.client.statistics().gaps, 0);
}

#[test]
fn a_hole_that_stays_is_told_as_exactly_what_is_lost() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 1);
    rig.event(link, slot, 5);
    rig.answer_subscribe(link);
    rig.event(link, slot, 5);
    rig.event(link, slot, 6);
    assert_eq!(rig.story(slot), ["1", "gap 2-4 SourceLost", "5", "6"]);
    assert_eq!(rig.subscribes(link).len(), 1);
    rig.event(link, slot, 8);
    assert_eq!(rig.subscribes(link).len(), 2, "the next hole is another one");
}

#[test]
fn a_hole_in_an_exchange_is_asked_for_by_the_next() {
    let (mut rig, exchange) = Rig::poller();
    let slot = rig.subscribe("incidents");
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![event(slot, 1), event(slot, 3), event(slot, 4)]);
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics[1].cursor, cursor("e1", 1));
    rig.answer(exchange, vec![event(slot, 3), event(slot, 4)]);
    assert_eq!(rig.story(slot), ["live", "1", "gap 2-2 SourceLost", "3", "4"]);
}

#[test]
fn a_hole_in_an_exchange_may_heal() {
    let (mut rig, exchange) = Rig::poller();
    let slot = rig.subscribe("incidents");
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![event(slot, 2)]);
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![event(slot, 1), event(slot, 2)]);
    assert_eq!(rig.story(slot), ["live", "1", "2"]);
}

#[test]
fn another_feed_may_fill_a_hole() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    rig.polling_proven();
    let link = rig.poll_until_open();
    rig.advance(5_500);
    let exchange = rig.last_exchange();
    rig.open(link);
    rig.welcome(link);
    rig.keep_only(|output| matches!(output, steadfast_core::Output::Exchange { .. }));
    rig.event(link, slot, 2);
    rig.answer(exchange, vec![event(slot, 1)]);
    rig.answer_subscribe_at(link, &log(0, 2, Recovery::Resumed));
    rig.event(link, slot, 1);
    rig.event(link, slot, 2);
    assert_eq!(rig.events(slot), [1, 2]);
    assert_eq!(rig.client.statistics().gaps, 0);
}

#[test]
fn a_position_ahead_of_what_was_seen_is_asked_for_again_and_then_a_gap() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 1);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.welcome_at(link, "incidents", &log(3, 3, Recovery::Resumed));
    assert_eq!(rig.story(slot), Vec::<String>::new(), "nothing is told yet");
    assert_eq!(rig.subscribes(link)[0].cursor, cursor("e1", 1));
    rig.event(link, slot, 4);
    rig.answer_subscribe_at(link, &log(3, 4, Recovery::Resumed));
    rig.event(link, slot, 4);
    assert_eq!(rig.story(slot), ["gap 2-3 SourceLost", "4 replay", "live"]);
}

#[test]
fn live_is_told_once_when_the_top_is_reached() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let link = rig.live_at("incidents", &log(3, 5, Recovery::Fresh));
    assert!(!rig.client.is_live(slot));
    for offset in [4, 5, 6] {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot), ["4 replay", "5 replay", "live", "6"]);
    assert!(rig.client.is_live(slot));
}

#[test]
fn live_is_told_at_once_where_there_is_nothing_to_catch_up() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let link = rig.live_at("incidents", &log(7, 7, Recovery::Fresh));
    assert_eq!(rig.story(slot), ["live"]);
    rig.restart_topic(link, "incidents", log(7, 7, Recovery::Resumed));
    assert_eq!(rig.story(slot), ["live"], "once");
}

#[test]
fn live_is_told_again_after_the_connection_was_lost() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 1);
    rig.close(link, 1006);
    assert!(!rig.client.is_live(slot));
    let link = rig.reopen();
    rig.open(link);
    rig.welcome_at(link, "incidents", &log(1, 2, Recovery::Resumed));
    rig.event(link, slot, 2);
    rig.event(link, slot, 3);
    assert_eq!(rig.story(slot), ["2 replay", "live", "3"]);
}

#[test]
fn what_later_polls_bring_is_news_and_no_replay() {
    let (mut rig, _) = Rig::long_poller();
    rig.advance(100);
    let slot = rig.subscribe("incidents");
    let exchange = rig.last_exchange();
    let at = |offset, top| accepted("incidents", log(offset, top, Recovery::Resumed));
    rig.answer_under(
        exchange,
        |terms| {
            offers_long_polls(terms);
            terms.topics[1] = accepted("incidents", log(0, 1, Recovery::Fresh));
        },
        vec![event(slot, 1), event(slot, 2)],
    );
    let exchange = rig.last_exchange();
    rig.answer_under(
        exchange,
        |terms| {
            offers_long_polls(terms);
            terms.topics[1] = at(2, 4);
        },
        vec![event(slot, 3), event(slot, 4), event(slot, 5)],
    );
    assert_eq!(rig.story(slot), ["1 replay", "live", "2", "3", "4", "5"]);
}

#[test]
fn a_link_that_takes_over_from_polling_begins_nothing_anew() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    rig.polling_proven();
    assert_eq!(rig.story(slot), ["live"]);
    let link = rig.poll_until_open();
    rig.open(link);
    rig.welcome_at(link, "incidents", &log(0, 2, Recovery::Resumed));
    rig.event(link, slot, 1);
    rig.event(link, slot, 2);
    assert_eq!(rig.story(slot), ["1", "2"], "an operator's bell rings for both");
}

#[test]
fn a_spell_of_polling_begins_with_catching_up() {
    let (mut rig, link, slot) = Rig::following();
    rig.close(link, 1006);
    for _ in 0..2 {
        let link = rig.reopen();
        rig.close(link, 1006);
    }
    let exchange = rig.last_exchange();
    rig.answer_under(
        exchange,
        |terms| terms.topics[1] = accepted("incidents", log(0, 1, Recovery::Resumed)),
        vec![event(slot, 1), event(slot, 2)],
    );
    assert_eq!(rig.story(slot), ["1 replay", "live", "2"]);
}

#[test]
fn an_older_answer_does_not_shorten_the_catching_up_of_a_newer_one() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let exchange = rig.polling();
    let link = rig.reopen_beside(exchange);
    rig.welcome_at(link, "incidents", &log(0, 3, Recovery::Fresh));
    rig.answer_under(
        exchange,
        |terms| terms.topics[1] = accepted("incidents", log(0, 1, Recovery::Fresh)),
        vec![event(slot, 1)],
    );
    for offset in 1..=4 {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot), ["1 replay", "2 replay", "3 replay", "live", "4"]);
}

#[test]
fn a_loss_in_the_middle_of_a_link_does_not_make_live_again() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 1);
    rig.frame(link, gap("incidents", steadfast_core::GapReason::SlowConsumer, "e1", 4));
    rig.event(link, slot, 5);
    assert_eq!(rig.story(slot), ["1", "gap 2-4 SlowConsumer", "5"]);
    assert!(rig.client.is_live(slot));
}

#[test]
fn an_ephemeral_topic_is_heard_from_the_primary_alone() {
    let by_poll = |slot, payload| (accepted("job.progress", ephemeral(true)), vec![passing(slot, payload)]);
    let mut rig = Rig::new();
    let slot = rig.subscribe("job.progress");
    let exchange = rig.polling();
    let (result, events) = by_poll(slot, 1);
    rig.answer_under(exchange, |terms| terms.topics[1] = result, events);
    assert_eq!(rig.events(slot), [1], "while no link is live the exchange is the primary");

    let mut rig = Rig::new();
    let slot = rig.subscribe("job.progress");
    let exchange = rig.polling();
    let link = rig.reopen_beside(exchange);
    rig.welcome_at(link, "job.progress", &ephemeral(true));
    rig.frame(link, passing(slot, 2));
    let (result, events) = by_poll(slot, 2);
    rig.answer_under(exchange, |terms| terms.topics[1] = result, events);
    rig.frame(link, passing(slot, 3));
    assert_eq!(rig.events(slot), [2, 3]);
    assert_eq!(rig.client.statistics().stale, 1);
    assert_eq!(rig.client.cursor(slot), None);
}

#[test]
fn an_ephemeral_topic_is_live_where_the_transport_carries_it() {
    let (mut rig, exchange) = Rig::poller();
    let slot = rig.subscribe("job.progress");
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    let short = accepted("job.progress", ephemeral(false));
    rig.answer_under(exchange, |terms| terms.topics[1] = short, Vec::new());
    assert_eq!(rig.story(slot), Vec::<String>::new(), "a short poll does not carry it");
    assert_eq!(rig.client.class(slot), Some(TopicClass::Ephemeral));
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    let long = accepted("job.progress", ephemeral(true));
    rig.answer_under(exchange, |terms| terms.topics[1] = long, Vec::new());
    assert_eq!(rig.story(slot), ["live"]);
}

#[test]
fn frames_for_no_topic_of_ours_change_counters_alone() {
    let (mut rig, link, slot) = Rig::following();
    let before = rig.wait;
    rig.frame(link, event(steadfast_core::Slot::UNKNOWN, 1));
    rig.frame(link, gap("others", steadfast_core::GapReason::SourceLost, "e1", 9));
    rig.restart_topic(link, "others", position(TopicClass::Log, "e1", 0, 0, Recovery::Fresh));
    rig.frame(
        link,
        ServerFrame::Unsubscribed { reference: None, topics: vec!["others".into()], error: None },
    );
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.wait, before);
    assert_eq!(rig.client.statistics().stale, 1);
    assert_eq!(rig.client.statistics().stale_frames, 3);
    rig.event(link, slot, 1);
    assert_eq!(rig.events(slot), [1]);
}
