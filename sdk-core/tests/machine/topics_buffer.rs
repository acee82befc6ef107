//! Full buffers: nothing is dropped but what promises nothing (PROTOCOL.md, section 5).

use steadfast_core::{EventFrame, GapReason, Input, Recovery, ServerFrame};

use crate::rig::{Rig, accepted, cursor, event};
use crate::topics_steps::{ephemeral, log, passing, small_buffers, state};

#[test]
fn a_full_topic_is_left_and_taken_up_again_from_what_was_seen() {
    let mut rig = Rig::with(small_buffers);
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    rig.take();
    for offset in 1..=7 {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot), ["1", "2", "3", "4"], "the fifth is refused");
    assert_eq!(rig.unsubscribes(link), ["incidents"], "once");
    assert!(!rig.client.is_live(slot));
    let statistics = rig.client.statistics();
    assert_eq!((statistics.refused, statistics.stale), (1, 2));

    rig.took(slot, 1);
    assert_eq!(rig.subscribes(link), [], "three are still held, more than half");
    rig.took(slot, 1);
    assert_eq!(rig.subscribes(link)[0].cursor, cursor("e1", 4));
    rig.answer_subscribe_at(link, &log(4, 7, Recovery::Resumed));
    for offset in 5..=6 {
        rig.event(link, slot, offset);
    }
    rig.took(slot, 4);
    for offset in 7..=8 {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.story(slot)[4..], ["5 replay", "6 replay", "7 replay", "live", "8"]);
}

#[test]
fn a_log_that_has_moved_on_meanwhile_is_told_as_a_gap() {
    let mut rig = Rig::with(small_buffers);
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    for offset in 1..=5 {
        rig.event(link, slot, offset);
    }
    rig.took(slot, 4);
    rig.take_but_hello(link);
    rig.answer_subscribe_at(link, &log(9, 9, Recovery::Gap(GapReason::SlowConsumer)));
    rig.event(link, slot, 10);
    assert_eq!(rig.story(slot), ["gap 5-9 SlowConsumer", "live", "10"]);
}

#[test]
fn a_late_answer_to_the_unsubscribe_is_older_than_the_next_question() {
    let mut rig = Rig::with(small_buffers);
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    for offset in 1..=5 {
        rig.event(link, slot, offset);
    }
    rig.took(slot, 4);
    rig.event(link, slot, 6);
    let (reference, _) = rig.subscribed_on(link);
    let topics = vec!["incidents".to_string()];
    let late = ServerFrame::Unsubscribed { reference: Some(reference - 1), topics, error: None };
    rig.frame(link, late);
    rig.answer_subscribe(link);
    for offset in 5..=7 {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.events(slot), [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn bytes_fill_a_buffer_too() {
    let mut rig = Rig::with(|config| config.buffer_bytes = 1_000);
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    let sized = |offset, size| {
        let ServerFrame::Event(frame) = event(slot, offset) else { unreachable!() };
        ServerFrame::Event(EventFrame { size, ..frame })
    };
    rig.frame(link, sized(1, 5_000));
    assert_eq!(rig.events(slot), [1], "one event is taken however large");
    rig.frame(link, sized(2, 1));
    assert_eq!(rig.events(slot), [1]);
    rig.input(Input::Taken { slot, events: 1, bytes: 5_000 });
    rig.answer_subscribe(link);
    rig.frame(link, sized(2, 600));
    rig.frame(link, sized(3, 400));
    rig.frame(link, sized(4, 1));
    assert_eq!(rig.events(slot), [1, 2, 3], "a thousand bytes and no more");
    rig.input(Input::Taken { slot, events: 1, bytes: 400 });
    assert_eq!(rig.subscribes(link).len(), 1, "six hundred are more than half");
    rig.input(Input::Taken { slot, events: 1, bytes: 600 });
    assert_eq!(rig.subscribes(link).len(), 2);
}

#[test]
fn a_full_topic_is_left_out_of_polls() {
    let (mut rig, exchange) = Rig::poller_with(small_buffers);
    let slot = rig.subscribe("incidents");
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    rig.answer(exchange, (1..=6).map(|offset| event(slot, offset)).collect());
    assert_eq!(rig.events(slot), [1, 2, 3, 4]);
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 1);
    rig.answer(exchange, Vec::new());
    rig.take();
    rig.took(slot, 1);
    assert_eq!(rig.exchanges(), []);
    rig.took(slot, 1);
    let exchange = rig.last_exchange();
    assert_eq!(rig.topic_of(exchange, "incidents").cursor, cursor("e1", 4), "at once when half is taken");
    let again = vec![accepted("incidents", log(4, 6, Recovery::Resumed))];
    rig.answer_under(exchange, |terms| terms.topics = again, vec![event(slot, 5), event(slot, 6)]);
    assert_eq!(rig.story(slot), ["5 replay", "6 replay", "live"]);
}

#[test]
fn a_full_topic_stays_out_of_the_next_hello() {
    let mut rig = Rig::with(small_buffers);
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    for offset in 1..=5 {
        rig.event(link, slot, offset);
    }
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    assert_eq!(rig.hello(link).topics.len(), 1);
    rig.welcome(link);
    rig.took(slot, 2);
    assert_eq!(rig.subscribes(link)[0].cursor, cursor("e1", 4));
}

#[test]
fn a_full_topic_is_left_on_both_links_of_a_handover() {
    let mut rig = Rig::with(small_buffers);
    let slot = rig.subscribe("incidents");
    let old = rig.live();
    let successor = rig.handing_over(old);
    rig.welcome_at(successor, "incidents", &log(0, 0, Recovery::Resumed));
    for offset in 1..=5 {
        rig.event(old, slot, offset);
        rig.event(successor, slot, offset);
    }
    assert_eq!(rig.events(slot), [1, 2, 3, 4]);
    assert_eq!(rig.unsubscribes(old), ["incidents"]);
    assert_eq!(rig.unsubscribes(successor), ["incidents"]);
}

#[test]
fn the_hole_behind_a_full_buffer_is_found_later() {
    let mut rig = Rig::with(small_buffers);
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    for offset in 1..=4 {
        rig.event(link, slot, offset);
    }
    rig.event(link, slot, 6);
    assert_eq!(rig.subscribes(link)[0].cursor, cursor("e1", 4), "the hole first");
    rig.answer_subscribe(link);
    rig.event(link, slot, 6);
    assert_eq!(rig.unsubscribes(link), ["incidents"], "then the buffer");
    rig.took(slot, 4);
    rig.take_but_hello(link);
    rig.answer_subscribe(link);
    rig.event(link, slot, 6);
    assert_eq!(rig.story(slot), ["live", "gap 5-5 SourceLost", "6"]);
}

#[test]
fn a_state_topic_conflates_while_it_is_full() {
    let mut rig = Rig::with(small_buffers);
    let slot = rig.subscribe("kpis");
    let link = rig.live_at("kpis", &state(0, 0, Recovery::Fresh));
    for offset in [1, 2, 3, 4, 5] {
        rig.event(link, slot, offset);
    }
    rig.took(slot, 4);
    rig.take_but_hello(link);
    rig.answer_subscribe_at(link, &state(4, 30, Recovery::Resumed));
    rig.event(link, slot, 20);
    rig.event(link, slot, 30);
    assert_eq!(rig.story(slot), ["20 replay", "30 replay", "live"]);
}

#[test]
fn an_ephemeral_topic_drops_what_does_not_fit() {
    let mut rig = Rig::with(small_buffers);
    let slot = rig.subscribe("job.progress");
    let link = rig.live_at("job.progress", &ephemeral(true));
    for payload in 1..=6 {
        rig.frame(link, passing(slot, payload));
    }
    assert_eq!(rig.events(slot), [1, 2, 3, 4]);
    assert_eq!(rig.client.statistics().ephemeral_dropped, 2);
    assert_eq!(rig.unsubscribes(link), Vec::<String>::new());
    rig.took(slot, 1);
    rig.frame(link, passing(slot, 7));
    assert_eq!(rig.events(slot), [1, 2, 3, 4, 7]);
}

#[test]
fn taking_more_than_there_is_does_no_harm() {
    let mut rig = Rig::with(small_buffers);
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    rig.took(slot, 1_000);
    rig.took(steadfast_core::Slot::UNKNOWN, 1);
    for offset in 1..=5 {
        rig.event(link, slot, offset);
    }
    assert_eq!(rig.events(slot), [1, 2, 3, 4]);
}

#[test]
fn topics_do_not_share_their_buffers() {
    let mut rig = Rig::with(small_buffers);
    let full = rig.subscribe("incidents");
    let other = rig.subscribe("audit");
    let link = rig.live();
    for offset in 1..=5 {
        rig.event(link, full, offset);
        rig.event(link, other, offset);
        rig.took(other, 1);
    }
    assert_eq!(rig.events(full), [1, 2, 3, 4]);
    assert_eq!(rig.events(other), [1, 2, 3, 4, 5]);
}
