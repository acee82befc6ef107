//! Gaps, changed epochs, resets, and feeds that know more or less than others (PROTOCOL.md, section 5).

use steadfast_core::{GapReason, Position, Recovery, ServerFrame, TopicClass};

use crate::fallback_steps::unavailable;
use crate::rig::{Rig, accepted, cursor, done, event, fresh, position, refused, welcome};
use crate::topics_steps::{deletion, gap, log, state};

fn epoch(epoch: &str, mut position: Position) -> Position {
    position.epoch = epoch.into();
    position
}

#[test]
fn a_gap_in_a_result_is_told_exactly_and_what_still_exists_follows() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 1);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.welcome_at(link, "incidents", &log(10, 12, Recovery::Gap(GapReason::HistoryEvicted)));
    rig.event(link, slot, 11);
    rig.event(link, slot, 12);
    rig.event(link, slot, 13);
    assert_eq!(rig.story(slot), ["gap 2-10 HistoryEvicted", "11 replay", "12 replay", "live", "13"]);
    assert_eq!(rig.client.statistics().gaps, 1);
}

#[test]
fn a_gap_in_the_middle_of_a_link_names_what_is_lost() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 1);
    rig.frame(link, gap("incidents", GapReason::SourceLost, "e1", 4));
    rig.event(link, slot, 5);
    assert_eq!(rig.story(slot), ["1", "gap 2-4 SourceLost", "5"]);
    assert_eq!(rig.subscribes(link), []);
}

#[test]
fn an_older_gap_is_ignored() {
    let (mut rig, link, slot) = Rig::following();
    for offset in 1..=4 {
        rig.event(link, slot, offset);
    }
    rig.frame(link, gap("incidents", GapReason::SourceLost, "e1", 4));
    rig.frame(link, gap("incidents", GapReason::SourceLost, "e1", 2));
    rig.event(link, slot, 5);
    assert_eq!(rig.story(slot), ["1", "2", "3", "4", "5"]);

    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.welcome_at(link, "incidents", &log(3, 5, Recovery::Gap(GapReason::HistoryEvicted)));
    assert_eq!(rig.story(slot), ["live"]);
}

#[test]
fn a_changed_epoch_is_a_gap_whose_extent_nobody_knows() {
    let (mut rig, link, slot) = Rig::following();
    for offset in 1..=90 {
        rig.event(link, slot, offset);
    }
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.welcome_at(link, "incidents", &epoch("e2", log(0, 2, Recovery::Gap(GapReason::EpochChanged))));
    for offset in 1..=3 {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot), ["gap EpochChanged", "1 replay", "2 replay", "live", "3"]);
    assert_eq!(rig.client.cursor(slot), cursor("e2", 3));
}

#[test]
fn an_epoch_that_changes_on_a_link_is_told_with_its_gap() {
    let (mut rig, link, slot) = Rig::following();
    for offset in 1..=90 {
        rig.event(link, slot, offset);
    }
    rig.take();
    rig.frame(link, gap("incidents", GapReason::EpochChanged, "e2", 3));
    rig.event(link, slot, 4);
    assert_eq!(rig.story(slot), ["gap EpochChanged", "live", "4"], "not after eighty-six more");
    rig.restart_topic(link, "incidents", epoch("e3", log(0, 0, Recovery::Gap(GapReason::EpochChanged))));
    rig.event(link, slot, 1);
    assert_eq!(rig.story(slot)[3..], ["gap EpochChanged", "live", "1"]);
}

#[test]
fn a_state_topic_of_another_epoch_begins_anew() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let link = rig.live_at("kpis", &state(0, 0, Recovery::Fresh));
    rig.event(link, slot, 90);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    assert_eq!(rig.hello(link).topics[1].cursor, cursor("e1", 90));
    rig.take_but_hello(link);
    rig.welcome_at(link, "kpis", &epoch("e2", state(0, 5, Recovery::Reset)));
    for offset in [2, 5, 6] {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot), ["reset", "2 replay", "5 replay", "live", "6"]);
    assert_eq!(rig.client.statistics().resets, 1);
}

#[test]
fn a_state_topic_below_the_floor_of_deletions_begins_anew() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let link = rig.live_at("kpis", &state(0, 0, Recovery::Fresh));
    rig.event(link, slot, 90);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.take_but_hello(link);
    rig.welcome_at(link, "kpis", &state(0, 120, Recovery::Reset));
    rig.event(link, slot, 40);
    rig.event(link, slot, 120);
    assert_eq!(rig.story(slot), ["reset", "40 replay", "120 replay", "live"]);
}

#[test]
fn a_state_topic_whose_epoch_changes_on_a_link_is_asked_for_again() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let link = rig.live_at("kpis", &state(0, 0, Recovery::Fresh));
    rig.event(link, slot, 90);
    rig.take();
    rig.frame(link, gap("kpis", GapReason::EpochChanged, "e2", 0));
    assert_eq!(rig.subscribes(link)[0].cursor, cursor("e1", 90), "the values must follow");
    rig.answer_subscribe_at(link, &epoch("e2", state(0, 2, Recovery::Reset)));
    rig.event(link, slot, 2);
    assert_eq!(rig.story(slot), ["reset", "2 replay", "live"]);
}

#[test]
fn a_reset_of_a_cursor_that_another_feed_has_moved_past_is_resumed() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let first = rig.live_at("kpis", &state(0, 0, Recovery::Fresh));
    rig.event(first, slot, 10);
    let successor = rig.drained(first);
    rig.open(successor);
    assert_eq!(rig.hello(successor).topics[1].cursor, cursor("e1", 10));
    rig.take_but_hello(successor);
    rig.frame(first, deletion(slot, 15));
    rig.welcome_at(successor, "kpis", &state(0, 15, Recovery::Reset));
    for offset in [3, 10, 16] {
        rig.event(successor, slot, offset);
    }
    assert_eq!(rig.story(slot), ["15 deleted", "16"]);
    assert_eq!(rig.client.statistics().resets, 0);
}

#[test]
fn what_an_older_feed_says_of_its_old_epoch_is_dropped() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let exchange = rig.polling();
    rig.answer_under(
        exchange,
        |terms| terms.topics[1] = accepted("kpis", state(0, 0, Recovery::Fresh)),
        vec![event(slot, 90)],
    );
    let link = rig.poll_state_until_open("kpis", 90);
    let exchange = rig.last_exchange();
    rig.open(link);
    rig.keep_only(|output| !matches!(output, steadfast_core::Output::Deliver { .. }));
    rig.welcome_at(link, "kpis", &epoch("e2", state(0, 2, Recovery::Reset)));
    rig.answer_under(
        exchange,
        |terms| terms.topics[1] = accepted("kpis", state(90, 91, Recovery::Resumed)),
        vec![event(slot, 91)],
    );
    rig.event(link, slot, 1);
    rig.event(link, slot, 2);
    assert_eq!(rig.story(slot), ["reset", "1 replay", "2 replay", "live"]);
    assert_eq!(rig.client.statistics().stale, 1);
}

#[test]
fn an_older_feed_that_comes_to_the_new_epoch_tells_nothing_twice() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let exchange = rig.polling();
    rig.answer_under(
        exchange,
        |terms| terms.topics[1] = accepted("kpis", state(0, 0, Recovery::Fresh)),
        vec![event(slot, 90)],
    );
    let link = rig.poll_state_until_open("kpis", 90);
    let exchange = rig.last_exchange();
    rig.open(link);
    rig.keep_only(|output| !matches!(output, steadfast_core::Output::Deliver { .. }));
    rig.welcome_at(link, "kpis", &epoch("e2", state(0, 2, Recovery::Reset)));
    rig.event(link, slot, 1);
    rig.event(link, slot, 2);
    let late = accepted("kpis", epoch("e2", state(0, 3, Recovery::Reset)));
    rig.answer_under(
        exchange,
        |terms| terms.topics[1] = late,
        vec![event(slot, 1), event(slot, 2), event(slot, 3)],
    );
    rig.event(link, slot, 3);
    assert_eq!(rig.story(slot), ["reset", "1 replay", "2 replay", "live", "3"]);
}

#[test]
fn a_newer_question_that_named_the_old_epoch_tells_nothing_twice_either() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let exchange = rig.polling();
    rig.answer_under(
        exchange,
        |terms| terms.topics[1] = accepted("kpis", state(0, 0, Recovery::Fresh)),
        vec![event(slot, 90)],
    );
    let link = rig.poll_state_until_open("kpis", 90);
    let exchange = rig.last_exchange();
    rig.open(link);
    rig.keep_only(|output| !matches!(output, steadfast_core::Output::Deliver { .. }));
    let resumed = accepted("kpis", state(90, 90, Recovery::Resumed));
    let result = done(rig.first_message(exchange));
    rig.answer_under(exchange, |terms| terms.topics[1] = resumed, vec![result]);
    rig.submit("incident_action");
    let newer = rig.last_exchange();
    assert_ne!(newer, exchange);
    rig.welcome_at(link, "kpis", &epoch("e2", state(0, 2, Recovery::Reset)));
    rig.event(link, slot, 1);
    let late = accepted("kpis", epoch("e2", state(0, 2, Recovery::Reset)));
    rig.answer_under(newer, |terms| terms.topics[1] = late, vec![event(slot, 1), event(slot, 2)]);
    rig.event(link, slot, 2);
    assert_eq!(rig.story(slot), ["reset", "1 replay", "2 replay", "live"]);
}

#[test]
fn values_taken_after_deletions_were_forgotten_do_not_begin_anew_for_them_again() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let link = rig.live_at("kpis", &state(0, 0, Recovery::Fresh));
    rig.event(link, slot, 3);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    assert_eq!(rig.hello(link).topics[1].head, None);
    rig.take_but_hello(link);
    rig.welcome_at(link, "kpis", &Position { head: 50, ..state(0, 20, Recovery::Reset) });
    rig.event(link, slot, 15);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    let asked = rig.hello(link).topics[1].clone();
    assert_eq!(
        (asked.cursor, asked.head),
        (cursor("e1", 15), Some(50)),
        "what is forgotten up to 50 is no matter"
    );
    rig.welcome_at(link, "kpis", &Position { head: 60, ..state(15, 20, Recovery::Resumed) });
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    assert_eq!(rig.hello(link).topics[1].head, Some(50), "it has not got all that there was at 60");
    rig.welcome_at(link, "kpis", &Position { head: 60, ..state(15, 15, Recovery::Resumed) });
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    assert_eq!(rig.hello(link).topics[1].head, Some(60));
}

#[test]
fn a_newer_feed_moves_the_topic_on_and_the_older_link_is_asked_again() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let old = rig.live();
    for offset in 1..=3 {
        rig.event(old, slot, offset);
    }
    let successor = rig.handing_over(old);
    rig.welcome_at(successor, "incidents", &epoch("e2", log(0, 1, Recovery::Gap(GapReason::EpochChanged))));
    rig.event(old, slot, 4);
    rig.event(successor, slot, 1);
    assert_eq!(rig.story(slot), ["gap EpochChanged", "1 replay", "live"]);
    assert_eq!(rig.client.statistics().stale, 1, "the old link's event is of the old epoch");
    let asked: Vec<_> =
        rig.subscribes(old).into_iter().filter(|request| request.topic == "incidents").collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].cursor, cursor("e2", 0));
}

#[test]
fn what_a_newer_feed_does_not_bring_of_an_epoch_that_is_known_already_is_told_lost_as_evicted() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let old = rig.live();
    let successor = rig.handing_over(old);
    rig.restart_topic(old, "incidents", epoch("e2", log(0, 9, Recovery::Gap(GapReason::EpochChanged))));
    rig.welcome_at(successor, "incidents", &epoch("e2", log(3, 9, Recovery::Gap(GapReason::EpochChanged))));
    assert_eq!(rig.story(slot), ["gap EpochChanged", "gap 1-3 HistoryEvicted"]);
}

#[test]
fn a_restart_on_an_older_feed_voids_what_newer_ones_were_answered_before() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let old = rig.live_at("kpis", &state(0, 0, Recovery::Fresh));
    rig.event(old, slot, 90);
    let successor = rig.handing_over(old);
    rig.welcome_at(successor, "kpis", &state(90, 90, Recovery::Resumed));
    rig.restart_topic(old, "kpis", epoch("e2", state(0, 1, Recovery::Reset)));
    rig.event(successor, slot, 91);
    rig.event(old, slot, 1);
    assert_eq!(rig.story(slot), ["reset", "1 replay", "live"], "91 is of the old epoch");
    let asked: Vec<_> =
        rig.subscribes(successor).into_iter().filter(|request| request.topic == "kpis").collect();
    assert_eq!(asked.last().unwrap().cursor, cursor("e2", 0));
}

#[test]
fn a_restart_that_nobody_asked_for_begins_anew_wherever_the_client_stands() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("kpis");
    let link = rig.live_at("kpis", &state(0, 0, Recovery::Fresh));
    rig.event(link, slot, 90);
    rig.restart_topic(link, "kpis", state(0, 120, Recovery::Reset));
    rig.event(link, slot, 40);
    rig.event(link, slot, 120);
    assert_eq!(rig.story(slot), ["live", "90", "reset", "40 replay", "120 replay", "live"]);
}

#[test]
fn frames_of_a_link_that_ended_change_counters_alone() {
    let (mut rig, link, slot) = Rig::following();
    rig.close(link, 1006);
    let before = (rig.wait, rig.status());
    rig.take();
    rig.event(link, slot, 1);
    rig.frame(link, gap("incidents", GapReason::SourceLost, "e1", 5));
    rig.frame(link, welcome(vec![fresh("incidents", 3)]));
    rig.frame(
        link,
        ServerFrame::Unsubscribed { reference: None, topics: vec!["incidents".into()], error: None },
    );
    assert_eq!(rig.outputs(), []);
    assert_eq!((rig.wait, rig.status()), before);
    assert_eq!(rig.client.statistics().stale_frames, 4);
    let link = rig.relive();
    rig.event(link, slot, 1);
    assert_eq!(rig.events(slot), [1]);
}

#[test]
fn a_gap_that_crosses_a_new_question_is_of_the_old_subscription() {
    let (mut rig, link, slot) = Rig::following();
    rig.event(link, slot, 1);
    rig.event(link, slot, 3);
    rig.frame(link, gap("incidents", GapReason::EpochChanged, "e0", 7));
    rig.frame(link, gap("incidents", GapReason::SourceLost, "e1", 7));
    rig.answer_subscribe_at(link, &log(1, 3, Recovery::Resumed));
    rig.event(link, slot, 2);
    rig.event(link, slot, 3);
    assert_eq!(rig.story(slot), ["1", "2", "3"]);
}

#[test]
fn an_older_refusal_does_not_end_what_a_newer_request_was_granted() {
    for taken_away in [false, true] {
        let (mut rig, old, slot) = Rig::following();
        let successor = rig.handing_over(old);
        rig.welcome(successor);
        if taken_away {
            let topics = vec!["incidents".into()];
            rig.frame(old, ServerFrame::Unsubscribed { reference: None, topics, error: None });
        } else {
            rig.restart_topic_refused(old, "incidents");
        }
        rig.event(successor, slot, 1);
        assert_eq!(rig.story(slot), ["1"]);
    }
}

#[test]
fn a_refusal_for_now_on_one_feed_leaves_the_other_alone() {
    let (mut rig, old, slot) = Rig::following();
    let successor = rig.drained(old);
    rig.open(successor);
    rig.take_but_hello(successor);
    let refused = refused("incidents", unavailable(Some(1_000)));
    rig.frame(successor, welcome(vec![fresh("user", 0), refused]));
    rig.event(old, slot, 1);
    assert_eq!(rig.events(slot), [1]);
    assert_eq!(rig.closes(), [], "the old link carries on");
    rig.advance(3_000);
    rig.answer_subscribe(successor);
    assert_eq!(rig.closes(), [(old, 1000)]);
    rig.event(successor, slot, 2);
    assert_eq!(rig.events(slot), [1, 2]);
}

#[test]
fn a_server_whose_epochs_alternate_is_followed_without_a_loop() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let old = rig.live();
    let successor = rig.handing_over(old);
    let other = epoch("e2", position(TopicClass::Log, "e2", 0, 0, Recovery::Gap(GapReason::EpochChanged)));
    rig.welcome_at(successor, "incidents", &other);
    let (reference, topics) = rig.subscribed_on(old);
    let results = topics.iter().map(|request| fresh(&request.topic, 0)).collect();
    rig.frame(old, ServerFrame::Subscribed { reference: Some(reference), topics: results });
    let asked =
        |rig: &Rig, link| rig.subscribes(link).iter().filter(|topic| topic.topic == "incidents").count();
    assert_eq!((asked(&rig, old), asked(&rig, successor)), (1, 1), "one question for one change");
    assert_eq!(rig.story(slot), ["gap EpochChanged", "live", "gap EpochChanged", "live"]);
}
