//! Rows F20 to F24, F33 and F35: exchanges that are refused, fail, or are not current.

use steadfast_core::{
    ClientFrame, ErrorCode, Input, Outcome, OutgoingMessage, OutgoingPayload, ServerFrame, State,
    SubscribeOptions, Transport, Welcome, WireError,
};

use crate::fallback_steps::{offers_long_polls, polls_only};
use crate::link_steps::{assert_spread, bye};
use crate::rig::{Rig, done, event, message, terms};

#[test]
fn f20_failed_polls_are_spaced_by_five_ten_twenty_and_thirty_seconds() {
    let (mut rig, mut exchange) = Rig::poller();
    for most in [5_000, 10_000, 20_000, 30_000, 30_000] {
        rig.exchange_fails(exchange);
        let delay = rig.due_in();
        assert!((most / 2..=most).contains(&delay), "{delay} of {most}");
        exchange = rig.assert_exchange_in(delay);
    }
    rig.answer(exchange, Vec::new());
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    rig.exchange_fails(exchange);
    assert!(rig.due_in() <= 5_000, "an answer begins the count anew");
    assert_eq!(rig.client.statistics().exchanges_failed, 6);
}

#[test]
fn f20_the_exchange_timer_aborts() {
    let (mut rig, exchange) = Rig::poller();
    rig.advance(9_999);
    assert_eq!(rig.aborts(), []);
    rig.advance(1);
    assert_eq!(rig.aborts(), [exchange]);
    assert!((2_500..=5_000).contains(&rig.due_in()));

    let (mut rig, waiting) = Rig::long_poller();
    rig.advance(34_999);
    assert_eq!(rig.aborts(), []);
    rig.advance(1);
    assert_eq!(rig.aborts(), [waiting]);
}

#[test]
fn f20_other_statuses_and_answers_without_a_welcome_are_failures() {
    for (status, frames) in [
        (400, vec![]),
        (413, vec![]),
        (500, vec![]),
        (502, vec![]),
        (200, vec![]),
        (200, vec![ServerFrame::Unknown]),
        (200, vec![ServerFrame::Welcome(Box::new(Welcome { version: 2, ..terms(Vec::new()) }))]),
    ] {
        let (mut rig, exchange) = Rig::poller();
        rig.answered(exchange, status, Some(60_000), frames);
        assert_eq!(rig.status().state, State::Connecting, "{status}");
        assert!((2_500..=5_000).contains(&rig.due_in()), "{status}");
    }
}

#[test]
fn f20_what_was_sent_is_sent_again_as_the_same_bytes() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    let id = rig.submit("incident_action");
    let exchange = rig.last_exchange();
    let sent = rig.body_of(exchange)[1].clone();
    rig.exchange_fails(exchange);
    let exchange = rig.assert_exchange_in(rig.due_in());
    assert_eq!(rig.body_of(exchange)[1], sent);
    assert_eq!(rig.client.statistics().resends, 1);
    rig.answer(exchange, vec![done(id.0)]);
    assert_eq!(rig.completions(), [(id, Outcome::Done { payload: None, duplicate: false })]);
}

#[test]
fn f20_events_of_a_lost_answer_come_again() {
    let (mut rig, exchange) = Rig::poller();
    let slot = rig.subscribe("incidents");
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![event(slot, 1)]);
    rig.advance_to_deadline();
    let lost = rig.last_exchange();
    rig.exchange_fails(lost);
    rig.take();
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![event(slot, 2), event(slot, 3)]);
    assert_eq!(rig.events(slot), [2, 3]);
}

#[test]
fn f20_failed_polling_does_not_slow_the_socket_down() {
    assert_spread((100, 3_000), |seed| {
        let mut rig = Rig::seeded(seed, |_| {});
        let exchange = rig.polling();
        rig.exchange_fails(exchange);
        let link = rig.reopen();
        rig.open(link);
        rig.welcome(link);
        rig.stay_alive(link, 31_000);
        rig.close(link, 1006);
        rig.retry_in()
    });
}

#[test]
fn f20_polling_that_works_does_not_shorten_the_advice_for_the_socket() {
    let mut rig = Rig::new();
    let link = rig.live();
    rig.frame(link, bye(4503, Some(120_000)));
    let (polls_in, retry_in) = (rig.due_in(), rig.retry_in());
    let exchange = rig.assert_exchange_in(polls_in);
    rig.answer(exchange, Vec::new());
    assert_eq!(rig.retry_in(), retry_in - polls_in);
}

#[test]
fn f20_clients_that_fail_together_poll_apart() {
    assert_spread((2_500, 5_000), |seed| {
        let mut rig = Rig::seeded(seed, polls_only);
        let exchange = rig.begin_polls();
        rig.exchange_fails(exchange);
        rig.due_in()
    });
}

#[test]
fn f21_a_401_renews_the_token() {
    let (mut rig, exchange) = Rig::poller();
    rig.take();
    rig.answered(exchange, 401, None, Vec::new());
    assert_eq!(rig.token_requests().iter().map(|(_, renew)| *renew).collect::<Vec<_>>(), [true]);
    assert_eq!(rig.exchanges(), []);
    rig.give_token_for(3_600_000);
    assert_eq!(rig.exchanges().len(), 1);
    let exchange = rig.last_exchange();
    rig.answer(exchange, Vec::new());
    assert!(rig.is_connected_by(Transport::Polling));
}

#[test]
fn f21_the_renewal_is_for_both_regions_together() {
    let mut rig = Rig::new();
    let link = rig.opening();
    rig.advance(9_000);
    rig.open(link);
    rig.advance(1_000);
    let exchange = rig.last_exchange();
    rig.take();
    rig.answered(exchange, 401, None, Vec::new());
    rig.close(link, 4401);
    assert_eq!(rig.token_requests().len(), 1, "the link's refusal is of the same token");
    rig.give_token();
    assert_eq!((rig.opens().len(), rig.exchanges().len()), (1, 1));
}

#[test]
fn f22_a_401_after_a_renewal_stops_the_client() {
    let (mut rig, exchange) = Rig::poller();
    rig.answered(exchange, 401, None, Vec::new());
    rig.give_token();
    let exchange = rig.last_exchange();
    rig.answered(exchange, 401, None, Vec::new());
    rig.assert_stopped(4401);
}

#[test]
fn f22_polling_proven_for_thirty_seconds_ends_the_streak() {
    let (mut rig, exchange) = Rig::poller();
    rig.answered(exchange, 401, None, Vec::new());
    rig.give_token();
    let exchange = rig.last_exchange();
    rig.answer(exchange, Vec::new());
    let proven = rig.millis();
    while rig.millis() - proven < 30_000 {
        rig.advance_to_deadline();
        let exchange = rig.last_exchange();
        rig.answer(exchange, Vec::new());
    }
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    rig.take();
    rig.answered(exchange, 401, None, Vec::new());
    assert_eq!(rig.token_requests().len(), 1);
}

#[test]
fn f22_polling_proven_for_thirty_seconds_has_no_reason_left() {
    let (mut rig, exchange) = Rig::poller();
    rig.exchange_fails(exchange);
    assert!(rig.status().reason.is_some());
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    rig.answer(exchange, Vec::new());
    let proven = rig.millis();
    while rig.millis() - proven < 30_000 {
        assert!(rig.status().reason.is_some());
        rig.advance_to_deadline();
        let exchange = rig.last_exchange();
        rig.answer(exchange, Vec::new());
    }
    assert_eq!(rig.status().reason, None);
}

#[test]
fn f22_refusals_for_good_stop_the_client() {
    for (status, code) in [(403, 4403), (404, 4404)] {
        let (mut rig, exchange) = Rig::poller();
        rig.answered(exchange, status, None, vec![refusal()]);
        rig.assert_stopped(code);
    }
}

#[test]
fn f20_a_page_of_something_between_is_no_refusal_of_the_server() {
    for status in [403, 404] {
        let (mut rig, exchange) = Rig::poller();
        rig.answered(exchange, status, None, Vec::new());
        assert_eq!(rig.status().state, State::Connecting);
        rig.take();
        rig.advance(5_000);
        assert_eq!(rig.exchanges().len(), 1, "it polls again");
    }
}

/// The error object in the body of a refusal.
fn refusal() -> ServerFrame<u32> {
    ServerFrame::Error(WireError::new(ErrorCode::Forbidden, "not allowed", false))
}

#[test]
fn f22_the_triage_of_sockets_that_never_open_tells_why() {
    let mut rig = Rig::new();
    let exchange = rig.polling();
    rig.answered(exchange, 403, None, vec![refusal()]);
    rig.assert_stopped(4403);
}

#[test]
fn f22_a_live_link_knows_better_than_an_exchange() {
    for status in [401, 403, 404] {
        let mut rig = Rig::new();
        rig.polling_proven();
        let link = rig.live_while_polling();
        rig.advance(5_500);
        let exchange = rig.last_exchange();
        rig.answered(exchange, status, None, vec![refusal()]);
        if status == 401 {
            rig.give_token();
            let exchange = rig.last_exchange();
            rig.answered(exchange, status, None, Vec::new());
        }
        assert!(rig.is_connected_by(Transport::WebSocket), "{status}");
        assert_eq!(rig.closes(), [], "{status}");
        rig.answer_subscribe(link);
        assert!(rig.is_connected_by(Transport::WebSocket), "{status}");
    }
}

#[test]
fn f23_advice_is_kept_and_is_at_least_five_seconds() {
    for (status, retry_after_ms, due_in) in
        [(429, Some(20_000), 20_000), (503, Some(1_000), 5_000), (503, None, 5_000), (429, Some(0), 5_000)]
    {
        let (mut rig, exchange) = Rig::poller();
        rig.answered(exchange, status, retry_after_ms, Vec::new());
        rig.input(Input::Online);
        rig.input(Input::Visible);
        rig.assert_exchange_in(due_in);
    }
}

#[test]
fn f23_a_draining_server_says_bye_in_place_of_the_welcome() {
    let (mut rig, exchange) = Rig::poller();
    rig.answered(exchange, 200, None, vec![bye(4503, Some(12_000))]);
    assert_eq!(rig.status().state, State::Connecting);
    rig.input(Input::Online);
    rig.assert_exchange_in(12_000);
    let (mut rig, exchange) = Rig::poller();
    rig.answered(exchange, 200, None, vec![bye(4503, None)]);
    assert!((5_000..=7_500).contains(&rig.due_in()));
}

#[test]
fn f24_a_body_too_large_fails_its_largest_message() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    let second = rig.submit("incident_action");
    let first = rig.submit("an_incident_action_of_more_bytes");
    rig.answer(exchange, Vec::new());
    rig.take_but_last_exchange();
    let exchange = rig.last_exchange();
    rig.answered(exchange, 413, None, Vec::new());
    let completions = rig.completions();
    assert_eq!(completions.len(), 1);
    let (id, Outcome::Failed(error)) = &completions[0] else { panic!("{completions:?}") };
    assert_eq!((*id, &error.code, error.retryable), (first, &ErrorCode::TooLarge, false));
    let next = rig.last_exchange();
    assert_ne!(next, exchange, "at once");
    let body = rig.body_of(next);
    assert_eq!(body.len(), 2);
    assert!(matches!(&body[1], ClientFrame::Message(message) if message.reference == Some(second.0)));
}

#[test]
fn f24_a_body_too_large_says_nothing_of_what_was_sent_before() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    let sent = rig.submit("incident_action");
    let exchange = rig.last_exchange();
    rig.exchange_fails(exchange);
    rig.advance_to_deadline();
    let again = rig.last_exchange();
    assert_ne!(again, exchange);
    rig.answered(again, 413, None, Vec::new());
    assert_eq!(
        rig.completions(),
        [(sent, Outcome::Unknown)],
        "the server may have acted, and its answer was lost"
    );
}

#[test]
fn f24_a_body_is_kept_below_what_the_server_takes() {
    let (mut rig, exchange) = Rig::poller();
    for number in 0..250 {
        let name = format!("topic-{number:0>120}");
        rig.run(|client, now| client.subscribe(now, &name, SubscribeOptions::default())).unwrap();
    }
    rig.answer_under(exchange, |terms| terms.max_frame_bytes = 100_000, Vec::new());
    let exchange = rig.last_exchange();
    let large = OutgoingMessage {
        payload: OutgoingPayload::Json(format!("\"{}\"", "x".repeat(34_000)).into()),
        ..message("incident_action")
    };
    for _ in 0..4 {
        rig.run(|client, now| client.submit(now, &large)).unwrap();
    }
    rig.answer_under(exchange, |terms| terms.max_frame_bytes = 100_000, Vec::new());
    let exchange = rig.last_exchange();
    let size = rig.size_of(exchange);
    assert!(size <= 100_000, "{size}");
    assert!(rig.body_of(exchange).len() >= 2, "and one message at least");
}

#[test]
fn f33_what_comes_of_an_exchange_that_is_not_current_is_counted_and_nothing_else() {
    let (mut rig, first) = Rig::poller();
    let slot = rig.subscribe("incidents");
    rig.advance(10_000);
    rig.advance(5_000);
    let second = rig.last_exchange();
    let before = (rig.status(), rig.wait);
    rig.take_but_last_exchange();
    rig.answered(first, 200, None, vec![crate::rig::welcome(Vec::new()), event(slot, 1)]);
    rig.answered(first, 403, None, Vec::new());
    rig.exchange_fails(first);
    assert_eq!((rig.status(), rig.wait), before);
    assert_eq!(rig.outputs().len(), 1);
    assert_eq!(rig.client.statistics().stale_frames, 2);
    rig.answer(second, vec![event(slot, 1)]);
    assert_eq!(rig.events(slot), [1]);
    let stale = rig.client.statistics().stale_frames;
    rig.answered(second, 200, None, vec![crate::rig::welcome(Vec::new())]);
    assert_eq!(rig.client.statistics().stale_frames, stale + 1, "an answer counts once");
}

#[test]
fn f35_a_hint_of_the_network_brings_a_failed_poll_forward() {
    for hint in [Input::Online, Input::Visible] {
        assert_spread((100, 1_000), |seed| {
            let mut rig = Rig::seeded(seed, polls_only);
            let exchange = rig.begin_polls();
            rig.exchange_fails(exchange);
            rig.advance(1_000);
            rig.input(hint.clone());
            rig.due_in()
        });
    }
    let (mut rig, exchange) = Rig::poller();
    rig.exchange_fails(exchange);
    rig.wall_jumps(60_000);
    rig.input(Input::Tick);
    assert!((100..=1_000).contains(&rig.due_in()), "a wake");
}

#[test]
fn f35_a_poll_that_has_not_failed_keeps_its_time() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    let due = rig.wait;
    rig.input(Input::Online);
    assert_eq!(rig.wait, due);
    let (mut rig, exchange) = Rig::poller();
    rig.exchange_fails(exchange);
    rig.advance(rig.due_in() - 50);
    rig.input(Input::Online);
    assert_eq!(rig.due_in(), 50, "never later");
}

#[test]
fn a_failed_long_poll_goes_back_to_waiting_once_it_is_answered() {
    let (mut rig, exchange) = Rig::long_poller();
    rig.exchange_fails(exchange);
    let exchange = rig.assert_exchange_in(rig.due_in());
    assert_eq!(rig.hello_of(exchange).wait_ms, None, "a wait would put off the proof");
    rig.answer_under(exchange, offers_long_polls, Vec::new());
    assert_eq!(rig.exchanges().len(), 2);
    assert_eq!(rig.hello_of(rig.last_exchange()).wait_ms, Some(25_000));
}
