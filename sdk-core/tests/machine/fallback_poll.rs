//! Rows F14 to F19: exchanges that begin and are answered.

use steadfast_core::{
    AckState, ClientFrame, Config, Delivery, EventFrame, Input, Output, PollTerms, ServerFrame, State,
    Transport, Welcome,
};

use crate::fallback_steps::{offers_long_polls, polls_only};
use crate::link_steps::assert_spread;
use crate::rig::{Rig, cursor, event, message};

#[test]
fn f14_an_exchange_carries_hello_messages_and_receipts() {
    let (mut rig, exchange) = Rig::poller();
    let slot = rig.subscribe("incidents");
    rig.answer(exchange, Vec::new());
    // The topic was new while the first exchange was under way: the second follows at once.
    let exchange = rig.last_exchange();
    let to_acknowledge = ServerFrame::Event(EventFrame {
        slot,
        offset: Some(1),
        deleted: false,
        acknowledge: Some("ev-1".into()),
        size: 10,
        payload: 1,
    });
    rig.answer(exchange, vec![to_acknowledge]);
    rig.take();
    rig.run(|client, now| client.submit(now, &message("incident_action"))).unwrap();
    let exchange = rig.last_exchange();
    let hello = rig.hello_of(exchange);
    let incidents = hello.topics.iter().find(|request| request.topic == "incidents").unwrap();
    assert_eq!(incidents.cursor, cursor("e1", 1));
    assert_eq!(hello.results_epoch.as_deref(), Some("results-1"));
    assert_eq!(hello.wait_ms, None);
    let body = rig.body_of(exchange);
    assert!(matches!(&body[1], ClientFrame::Message(message) if message.kind == "incident_action"));
    assert!(
        matches!(&body[2], ClientFrame::Ack { ids, state: AckState::Received, .. } if ids == &["ev-1".to_string()])
    );
    assert_eq!(body.len(), 3);
}

#[test]
fn f14_a_hello_alone_waits_where_the_server_offers_it() {
    let (rig, exchange) = Rig::long_poller();
    let hello = rig.hello_of(exchange);
    assert_eq!(hello.wait_ms, Some(25_000));
    assert_eq!(hello.results_epoch, None);
    assert_eq!(rig.due_in(), 35_000, "the wait and ten seconds");
}

#[test]
fn f14_a_quiet_topic_is_live_before_an_exchange_waits() {
    let (mut rig, _) = Rig::long_poller();
    rig.advance(100);
    let slot = rig.subscribe("quiet");
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).wait_ms, None);
    rig.answer_under(exchange, offers_long_polls, Vec::new());
    assert!(rig.outputs().contains(&Output::Deliver { slot, delivery: Delivery::Live }));
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).wait_ms, Some(25_000), "at once");
}

#[test]
fn f14_no_wait_is_asked_for_beyond_the_limit_or_against_the_option() {
    fn generous(terms: &mut Welcome) {
        terms.poll = PollTerms { interval_ms: 5_000, wait_ms: 600_000 };
    }
    for (long_poll, wait_ms, due_in) in [(true, Some(25_000), 35_000), (false, None, 10_000)] {
        let mut rig = Rig::with(|config: &mut Config| {
            polls_only(config);
            config.long_poll = long_poll;
        });
        let exchange = rig.begin_polls();
        rig.answer_under(exchange, generous, vec![ServerFrame::More]);
        if !long_poll {
            rig.advance_to_deadline();
        }
        let exchange = rig.last_exchange();
        assert_eq!(rig.hello_of(exchange).wait_ms, wait_ms);
        assert_eq!(rig.due_in(), due_in);
    }
}

#[test]
fn f14_an_exchange_with_messages_does_not_wait() {
    let (mut rig, _) = Rig::long_poller();
    rig.advance(100);
    rig.submit("incident_action");
    let exchange = rig.last_exchange();
    assert_eq!(rig.body_of(exchange).len(), 2);
    assert_eq!(rig.hello_of(exchange).wait_ms, None);
    assert_eq!(rig.due_in(), 10_000);
}

#[test]
fn f15_a_poll_without_a_usable_token_is_held() {
    let mut rig = Rig::with(polls_only);
    rig.connect();
    rig.give_token_for(10_000);
    let exchange = rig.last_exchange();
    rig.answer(exchange, Vec::new());
    rig.pass_to(8_000);
    rig.take();
    rig.input(Input::Tick);
    assert_eq!(rig.exchanges(), [], "80 % of its life is over");
    assert_eq!(rig.token_requests().iter().map(|(_, renew)| *renew).collect::<Vec<_>>(), [false]);
    assert_eq!(rig.due_in(), 30_000);
    rig.submit("incident_action");
    assert_eq!(rig.exchanges(), []);
    assert_eq!(rig.token_requests().len(), 1, "one request at a time");
}

#[test]
fn f16_the_token_begins_the_exchange_that_was_held() {
    let mut rig = Rig::with(polls_only);
    rig.connect();
    rig.give_token_for(10_000);
    let exchange = rig.last_exchange();
    rig.answer_under(exchange, offers_long_polls, Vec::new());
    let exchange = rig.last_exchange();
    rig.pass_to(9_000);
    rig.answer_under(exchange, offers_long_polls, Vec::new());
    rig.take_but_tokens();
    rig.give_token();
    assert_eq!(rig.exchanges().len(), 1, "one exchange, and it is not begun twice");
    assert_eq!(rig.aborts(), []);
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).token.0, "token");
}

#[test]
fn f17_without_a_token_the_poll_is_put_off_like_a_failed_one() {
    for overdue in [false, true] {
        let mut rig = Rig::with(polls_only);
        rig.connect();
        if overdue {
            rig.advance(30_000);
        } else {
            rig.fail_token(true);
        }
        assert_eq!(rig.status().state, State::Connecting);
        assert!((2_500..=5_000).contains(&rig.due_in()));
        rig.take();
        rig.advance_to_deadline();
        rig.fail_token(true);
        assert!((5_000..=10_000).contains(&rig.due_in()));
    }
}

#[test]
fn f17_a_late_answer_to_an_abandoned_request_is_ignored() {
    let mut rig = Rig::with(polls_only);
    rig.connect();
    rig.advance(30_000);
    rig.give_token();
    assert_eq!(rig.exchanges(), []);
    assert!((2_500..=5_000).contains(&rig.due_in()));
}

#[test]
fn f17_no_token_for_good_stops_the_client() {
    let mut rig = Rig::with(polls_only);
    rig.connect();
    rig.fail_token(false);
    rig.assert_stopped(4401);
}

#[test]
fn f17_no_token_for_good_beside_a_live_link_is_a_failed_poll() {
    let mut rig = Rig::new();
    rig.polling_proven();
    let link = rig.live_while_polling();
    rig.take();
    rig.frame(link, ServerFrame::AuthRequired { within_ms: 25_000, reason: "soon".into() });
    rig.advance(5_500);
    assert_eq!(rig.exchanges(), [], "the poll is held");
    rig.fail_token(false);
    assert!(rig.is_connected_by(Transport::WebSocket));
    assert_eq!(rig.closes(), []);
}

#[test]
fn f18_an_answer_carries_the_client_and_the_next_is_spread_around_the_interval() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    let status = *rig.statuses().last().unwrap();
    assert_eq!((status.state, status.transport), (State::Connected, Some(Transport::Polling)));
    assert_spread((4_500, 5_500), |seed| {
        let mut rig = Rig::seeded(seed, polls_only);
        let exchange = rig.begin_polls();
        rig.answer(exchange, Vec::new());
        rig.due_in()
    });
}

#[test]
fn f18_the_server_names_the_interval_but_never_hurries_without_end() {
    for (interval_ms, low, high) in [(20_000, 18_000, 22_000), (0, 100, 100)] {
        let (mut rig, exchange) = Rig::poller();
        rig.answer_under(exchange, |terms| terms.poll.interval_ms = interval_ms, Vec::new());
        assert!((low..=high).contains(&rig.due_in()), "{}", rig.due_in());
    }
}

#[test]
fn f18_a_long_poll_is_followed_at_once() {
    let (mut rig, exchange) = Rig::long_poller();
    rig.advance(25_000);
    rig.answer_under(exchange, offers_long_polls, Vec::new());
    assert_eq!(rig.exchanges().len(), 2);

    rig.take_but_last_exchange();
    rig.advance(100);
    let slot = rig.subscribe("incidents");
    let exchange = rig.last_exchange();
    rig.answer_under(exchange, offers_long_polls, vec![event(slot, 1)]);
    assert_eq!(rig.events(slot), [1]);
    let next = rig.last_exchange();
    assert_ne!(next, exchange, "an event came, however soon");
    assert_eq!(rig.hello_of(next).wait_ms, Some(25_000));
}

#[test]
fn f18_a_long_poll_that_was_not_waited_for_is_followed_after_the_interval() {
    let (mut rig, exchange) = Rig::long_poller();
    rig.advance(999);
    rig.answer_under(exchange, offers_long_polls, Vec::new());
    assert_eq!(rig.exchanges().len(), 1);
    assert!((4_500..=5_500).contains(&rig.due_in()));

    let (mut rig, exchange) = Rig::long_poller();
    rig.advance(1_000);
    rig.answer_under(exchange, offers_long_polls, Vec::new());
    assert_eq!(rig.exchanges().len(), 2);
}

#[test]
fn f18_a_long_poll_that_brings_only_what_is_known_was_not_waited_for() {
    let (mut rig, _) = Rig::long_poller();
    rig.advance(100);
    let slot = rig.subscribe("incidents");
    let exchange = rig.last_exchange();
    rig.answer_under(exchange, offers_long_polls, vec![event(slot, 1)]);
    rig.take_but_last_exchange();
    let exchange = rig.last_exchange();
    rig.answer_under(exchange, offers_long_polls, vec![event(slot, 1)]);
    assert_eq!(rig.exchanges().len(), 1, "a server that repeats itself is not asked without end");
    assert!((4_500..=5_500).contains(&rig.due_in()));
}

#[test]
fn f18_two_failures_end_the_connection_and_an_answer_brings_it_back() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    for state in [State::Connected, State::Connecting] {
        rig.advance_to_deadline();
        let exchange = rig.last_exchange();
        rig.exchange_fails(exchange);
        assert_eq!(rig.status().state, state);
    }
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    rig.answer(exchange, Vec::new());
    assert!(rig.is_connected_by(Transport::Polling));
}

#[test]
fn f19_more_is_asked_for_at_once() {
    let (mut rig, exchange) = Rig::poller();
    let slot = rig.subscribe("incidents");
    rig.answer(exchange, Vec::new());
    rig.take_but_last_exchange();
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![event(slot, 1), event(slot, 2), ServerFrame::More]);
    let next = rig.last_exchange();
    assert_ne!(next, exchange);
    assert_eq!(rig.hello_of(next).topics[1].cursor, cursor("e1", 2));
    assert_eq!(rig.events(slot), [1, 2]);
}

#[test]
fn f19_more_of_nothing_is_not_asked_for_without_end() {
    let (mut rig, exchange) = Rig::poller();
    let slot = rig.subscribe("incidents");
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![event(slot, 1)]);
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![event(slot, 1), ServerFrame::More]);
    assert_eq!(rig.last_exchange(), exchange, "it brought nothing new");
    assert!((4_500..=5_500).contains(&rig.due_in()));
}
