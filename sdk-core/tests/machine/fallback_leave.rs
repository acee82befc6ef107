//! Rows F27 to F32: polling ends, and what becomes of the exchange under way.

use steadfast_core::{Delivery, ExchangeId, Input, LinkId, Outcome, ServerFrame, Transport};

use crate::fallback_steps::offers_long_polls;
use crate::rig::{Rig, done, event, resumed, welcome};

#[test]
fn f27_polling_ends_when_the_link_has_answered_for_every_topic() {
    let mut rig = Rig::new();
    rig.subscribe("incidents");
    rig.polling_proven();
    rig.take();
    let link = rig.live_while_polling();
    assert!(rig.is_connected_by(Transport::WebSocket));
    rig.advance(5_500);
    assert!(!rig.exchanges().is_empty(), "one topic is not answered yet");
    let exchange = rig.last_exchange();
    rig.answer(exchange, Vec::new());
    rig.answer_subscribe(link);
    rig.take();
    rig.stay_alive(link, 120_000);
    assert_eq!(rig.exchanges(), []);
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn f27_a_flap_is_watched_for_from_then_on() {
    for (millis, exchanges) in [(29_999, 1), (30_000, 0)] {
        let mut rig = Rig::new();
        rig.polling_proven();
        let link = rig.leave_polling();
        rig.stay_alive(link, millis);
        rig.take();
        rig.close(link, 1006);
        assert_eq!(rig.exchanges().len(), exchanges, "after {millis}");
    }
}

#[test]
fn f27_a_held_poll_ends_too() {
    let mut rig = Rig::new();
    rig.polling_proven();
    let link = rig.live_while_polling();
    rig.frame(link, ServerFrame::AuthRequired { within_ms: 25_000, reason: "soon".into() });
    rig.advance(5_500);
    rig.answer_subscribe(link);
    rig.take_but_tokens();
    rig.give_token();
    assert_eq!(rig.exchanges(), [], "the token is for the link alone");
    assert_eq!(rig.sent(link).len(), 1, "rt.auth");
}

#[test]
fn f28_both_feeds_pass_the_same_rules() {
    let (mut rig, link, exchange) = leaving(false);
    let slot = rig.client.slot("incidents");
    rig.event(link, slot, 1);
    rig.event(link, slot, 2);
    rig.answer(exchange, vec![event(slot, 1), event(slot, 2), event(slot, 3)]);
    rig.event(link, slot, 3);
    rig.event(link, slot, 4);
    assert_eq!(rig.events(slot), [1, 2, 3, 4]);
    assert_eq!(rig.client.statistics().repeats, 3);
    assert_eq!(rig.aborts(), []);
}

#[test]
fn f29_the_last_answer_ends_polling() {
    let (mut rig, link, exchange) = leaving(false);
    rig.answer(exchange, vec![ServerFrame::More]);
    rig.take();
    rig.stay_alive(link, 60_000);
    assert_eq!(rig.exchanges(), [], "the link carries on, whatever more there is");
}

#[test]
fn f29_results_of_the_last_answer_count() {
    let (mut rig, _, exchange) = leaving(true);
    rig.answer(exchange, vec![done(rig.first_message(exchange))]);
    assert_eq!(rig.completions().len(), 1);
    assert_eq!(rig.client.pending_messages(), 0);
}

#[test]
fn f30_messages_of_an_exchange_that_failed_are_sent_again_on_the_link() {
    for end in ["failed", "timer", "status", "too large"] {
        let (mut rig, link, exchange) = leaving(true);
        let reference = rig.first_message(exchange);
        let sent = rig.body_of(exchange)[1].clone();
        match end {
            "failed" => rig.exchange_fails(exchange),
            "timer" => rig.stay_alive(link, 10_000),
            "status" => rig.answered(exchange, 503, None, Vec::new()),
            _ => rig.answered(exchange, 413, None, Vec::new()),
        }
        assert_eq!(rig.aborts().len(), usize::from(end == "timer"), "{end}");
        assert!(rig.sent(link).contains(&sent), "{end}");
        assert_eq!(rig.completions(), [], "{end}");
        rig.frame(link, done(reference));
        assert_eq!(rig.completions().len(), 1, "{end}");
        assert!(rig.is_connected_by(Transport::WebSocket), "{end}");
    }
}

#[test]
fn f31_whatever_ends_the_client_aborts_the_exchange() {
    type Ending = fn(&mut Rig);
    let endings: [Ending; 2] = [Rig::disconnect, |rig| rig.input(Input::Freeze)];
    for end in endings {
        let (mut rig, exchange) = Rig::poller();
        end(&mut rig);
        assert_eq!(rig.aborts(), [exchange]);
        assert_eq!(rig.wait, None);
        let (mut rig, _, exchange) = leaving(false);
        end(&mut rig);
        assert_eq!(rig.aborts(), [exchange]);
        rig.take();
        rig.advance(600_000);
        assert_eq!(rig.outputs(), []);
    }
    let mut rig = Rig::new();
    let exchange = rig.polling();
    let link = rig.reopen();
    rig.open(link);
    rig.close(link, 4403);
    assert_eq!(rig.aborts(), [exchange]);
    rig.assert_stopped(4403);
}

#[test]
fn f32_a_link_lost_while_leaving_lets_the_exchange_go_on() {
    let (mut rig, link, exchange) = leaving(false);
    let slot = rig.client.slot("incidents");
    rig.advance(2_000);
    rig.close(link, 1006);
    assert_eq!(rig.exchanges().len(), 1, "the one under way");
    assert_eq!(rig.aborts(), []);
    rig.answer(exchange, vec![event(slot, 1)]);
    assert!(rig.is_connected_by(Transport::Polling));
    assert_eq!(rig.events(slot), [1]);
    assert!((48_000..=72_000).contains(&rig.retry_in()), "a flap");
}

#[test]
fn f32_also_where_the_exchange_outlives_the_watch_for_a_flap() {
    let mut rig = Rig::new();
    let exchange = rig.polling();
    rig.answer_under(exchange, offers_long_polls, Vec::new());
    let link = rig.poll_long_until_open();
    let exchange = rig.last_exchange();
    rig.open(link);
    rig.welcome(link);
    rig.stay_alive(link, 31_000);
    rig.take_but_last_exchange();
    rig.close(link, 1006);
    assert_eq!(rig.exchanges().len(), 1, "the one under way");
    rig.answer(exchange, Vec::new());
    assert!(rig.is_connected_by(Transport::Polling), "polling goes on");
    assert!((24_000..=36_000).contains(&rig.retry_in()), "no flap");
}

#[test]
fn a_topic_that_the_link_refuses_for_now_keeps_polling_no_longer_than_its_answer() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    rig.polling_proven();
    let link = rig.poll_until_open();
    rig.open(link);
    let refused = crate::rig::refused("incidents", crate::fallback_steps::unavailable(Some(1_000)));
    rig.frame(link, welcome(vec![resumed("user", 0), refused]));
    rig.take();
    rig.advance(4_000);
    rig.answer_subscribe(link);
    rig.event(link, slot, 1);
    assert_eq!(rig.events(slot), [1]);
    assert!(rig.deliveries(slot).iter().all(|delivery| !matches!(delivery, Delivery::Failed(_))));
}

/// A live link that has answered for everything, and an exchange still under way, with a message in it or not.
fn leaving(with_message: bool) -> (Rig, LinkId, ExchangeId) {
    let mut rig = Rig::new();
    rig.subscribe("incidents");
    rig.polling_proven();
    let link = rig.poll_until_open();
    if with_message {
        rig.submit("incident_action");
    } else {
        rig.advance(5_500);
    }
    let exchange = rig.last_exchange();
    rig.open(link);
    rig.welcome(link);
    rig.take_but_last_exchange();
    (rig, link, exchange)
}

#[test]
fn a_result_comes_by_whichever_feed_carried_the_message() {
    let (mut rig, link, exchange) = leaving(true);
    let reference = rig.first_message(exchange);
    rig.frame(link, done(reference));
    assert_eq!(rig.completions(), [], "the link was never asked");
    rig.answer(exchange, vec![done(reference)]);
    assert!(matches!(rig.completions()[..], [(_, Outcome::Done { .. })]));
}
