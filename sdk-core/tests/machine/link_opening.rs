//! Rows L06 to L09: a link that was asked for.

use steadfast_core::{ClientFrame, Input, State, TokenRequest};

use crate::link_steps::{assert_spread, patient, sockets_only};
use crate::rig::{Rig, cursor};

#[test]
fn l06_opened_says_hello_with_every_cursor_and_nothing_else() {
    let mut rig = Rig::with(|config| config.heartbeat_ms = Some(20_000));
    let slot = rig.subscribe("incidents");
    let first = rig.live();
    rig.event(first, slot, 1);
    rig.event(first, slot, 2);
    rig.close(first, 1006);
    rig.submit("incident_action");

    let link = rig.reopen();
    assert_eq!(rig.sent(link), []);
    rig.open(link);
    let sent = rig.sent(link);
    assert_eq!(sent.len(), 1, "the message waits for the welcome");
    let ClientFrame::Hello(hello) = &sent[0] else { panic!("{sent:?}") };
    assert_eq!((hello.version, hello.handover, hello.wait_ms), (1, false, None));
    assert_eq!(hello.heartbeat_ms, Some(20_000));
    assert_eq!(hello.instance, "instance-of-the-test");
    assert_eq!(hello.token.0, "token");
    let topics: Vec<_> = hello.topics.iter().map(|topic| (&*topic.topic, topic.cursor.clone())).collect();
    assert_eq!(topics, [("user", cursor("e1", 0)), ("incidents", cursor("e1", 2))]);
    assert_eq!(rig.status().state, State::Connecting, "open is no proof");
}

#[test]
fn l06_the_hello_numbers_rise() {
    let mut rig = Rig::new();
    let first = rig.live();
    let before = rig.hello(first).link;
    rig.close(first, 1006);
    let second = rig.reopen();
    rig.open(second);
    assert!(rig.hello(second).link > before);
}

#[test]
fn l06_opened_ends_the_connect_timer() {
    let mut rig = Rig::with(|config| config.hello_timeout_ms = 60_000);
    let link = rig.opening();
    rig.advance(9_000);
    rig.open(link);
    rig.advance(50_000);
    assert_eq!(rig.closes(), []);
    rig.advance(10_000);
    assert_eq!(rig.closes(), [(link, 4408)]);
}

#[test]
fn l06_opened_ends_the_row_of_unopened_links() {
    let mut rig = Rig::with(patient);
    let link = rig.opening();
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.close(link, 1006);
    assert_eq!(rig.exchanges(), []);
    let link = rig.reopen();
    rig.close(link, 1006);
    assert_eq!(rig.exchanges().len(), 1, "two in a row now");
}

#[test]
fn l07_connect_timer_closes_and_waits() {
    let mut rig = Rig::with(patient);
    let link = rig.opening();
    rig.advance(9_999);
    assert_eq!(rig.closes(), []);
    rig.advance(1);
    assert_eq!(rig.closes(), [(link, 4408)]);
    rig.assert_waiting(4408);
    assert_eq!(rig.status().attempt, 1);

    let link = rig.reopen();
    rig.advance(10_000);
    assert_eq!(rig.closes(), [(link, 4408)]);
    assert_eq!(rig.exchanges().len(), 1, "unopened twice");
}

#[test]
fn l08_a_link_that_never_opened_is_retried_whatever_its_code() {
    for code in [1000, 1006, 1008, 1009, 1012, 4400, 4401, 4403, 4409, 4429, 4503] {
        let mut rig = Rig::with(patient);
        let message = rig.submit("incident_action");
        let link = rig.opening();
        rig.take();
        rig.close(link, code);
        rig.assert_waiting(1006);
        assert!((100..=3_000).contains(&rig.retry_in()), "code {code}: {}", rig.retry_in());
        assert_eq!(rig.status().attempt, 1);
        assert_eq!(rig.token_requests(), [], "code {code}");
        assert_eq!(rig.completions(), [], "code {code}: {message:?} was never sent");
        let link = rig.reopen();
        rig.close(link, code);
        assert_eq!(rig.exchanges().len(), 1, "code {code}: unopened twice");
    }
}

#[test]
fn l08_other_handshake_statuses_are_retried() {
    for status in [200, 301, 400, 407, 426, 500, 502, 504] {
        let mut rig = Rig::with(patient);
        let link = rig.opening();
        rig.handshake(link, status, None);
        rig.assert_waiting(1006);
        assert!((100..=3_000).contains(&rig.retry_in()), "status {status}");
        let link = rig.reopen();
        rig.handshake(link, status, None);
        assert_eq!(rig.exchanges().len(), 1, "status {status}: unopened twice");
    }
}

#[test]
fn l08_the_window_doubles_with_each_failure_up_to_the_cap() {
    for (failures, window) in
        [(1, 3_000), (2, 6_000), (3, 12_000), (4, 24_000), (5, 30_000), (6, 30_000), (9, 30_000)]
    {
        assert_spread((100, window), |seed| {
            let mut rig = Rig::seeded(seed, sockets_only);
            let mut link = rig.opening();
            rig.close(link, 1006);
            for _ in 1..failures {
                link = rig.reopen();
                rig.close(link, 1006);
            }
            assert_eq!(rig.status().attempt, failures);
            rig.retry_in()
        });
    }
}

#[test]
fn l08_the_interval_and_the_cap_are_configured() {
    assert_spread((100, 7_000), |seed| {
        let mut rig = Rig::seeded(seed, |config| {
            sockets_only(config);
            config.reconnect_interval_ms = 5_000;
            config.reconnect_cap_ms = 7_000;
        });
        let link = rig.opening();
        rig.close(link, 1006);
        let link = rig.reopen();
        rig.close(link, 1006);
        rig.retry_in()
    });
}

#[test]
fn l09_a_refused_handshake_asks_the_exchange() {
    for status in [401, 403, 404] {
        let mut rig = Rig::with(patient);
        let link = rig.opening();
        rig.handshake(link, status, None);
        rig.assert_waiting(1006);
        assert_eq!(rig.exchanges().len(), 1, "status {status}: the triage at once");
        assert_eq!(rig.token_requests().len(), 1, "status {status}: the token is not blamed");
        let exchange = rig.last_exchange();
        rig.answer(exchange, Vec::new());
        assert_eq!(rig.status().state, State::Connected);
    }
}

#[test]
fn l09_without_polling_a_refused_handshake_stops() {
    for (status, code) in [(403, 4403), (404, 4404)] {
        let mut rig = Rig::with(sockets_only);
        let link = rig.opening();
        rig.handshake(link, status, None);
        rig.assert_stopped(code);
    }
}

#[test]
fn l09_without_polling_a_401_renews_the_token_once() {
    let mut rig = Rig::with(sockets_only);
    let link = rig.opening();
    rig.take();
    rig.handshake(link, 401, None);
    assert_eq!(rig.token_requests(), [(TokenRequest(2), true)]);
    rig.give_token();
    let link = rig.last_open();
    rig.input(Input::HandshakeStatus { link, status: 401, retry_after_ms: None });
    rig.assert_stopped(4401);
}
