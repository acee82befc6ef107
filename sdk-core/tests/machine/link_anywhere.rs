//! Rows L57 to L59: disconnect, connect again, and inputs of links that are no longer current.

use steadfast_core::{ClientFrame, Input, LinkId, ServerFrame, State, TokenRequest, Transport};

use crate::link_steps::{bye, patient, ping, sockets_only};
use crate::rig::{Rig, event, welcome};

/// Disconnects and looks at what every state has in common.
fn disconnected(rig: &mut Rig, goodbyes: &[LinkId], closes: &[LinkId]) {
    rig.take();
    rig.disconnect();
    for link in goodbyes {
        assert_eq!(rig.sent(*link), [ClientFrame::Bye]);
    }
    let expected: Vec<_> = closes.iter().map(|link| (*link, 1000)).collect();
    assert_eq!(rig.closes(), expected);
    let status = rig.status();
    assert_eq!((status.state, status.transport), (State::Disconnected, None));
    assert_eq!((status.retry_in_ms, status.reason), (None, None));
    assert_eq!(rig.wait, None);
    rig.take();
    rig.input(Input::Online);
    rig.input(Input::Visible);
    rig.advance(600_000);
    assert_eq!(rig.outputs(), []);
}

#[test]
fn l57_disconnect_ends_everything_in_every_state() {
    let mut rig = Rig::new();
    rig.connect();
    disconnected(&mut rig, &[], &[]);

    let mut rig = Rig::new();
    let link = rig.opening();
    disconnected(&mut rig, &[], &[link]);
    assert_eq!(rig.sent(link), [], "nothing is sent before the hello");

    for begin in [Rig::greeting, Rig::live] {
        let mut rig = Rig::new();
        let link = begin(&mut rig);
        disconnected(&mut rig, &[link], &[link]);
    }

    let mut rig = Rig::new();
    let link = rig.opening();
    rig.close(link, 1006);
    disconnected(&mut rig, &[], &[]);

    let mut rig = Rig::new();
    let link = rig.live();
    rig.close(link, 4403);
    disconnected(&mut rig, &[], &[]);
}

#[test]
fn l57_disconnect_ends_both_links_of_a_handover() {
    let mut rig = Rig::new();
    let (old, new) = rig.handover_opening();
    disconnected(&mut rig, &[old], &[old, new]);

    let mut rig = Rig::new();
    let (old, new) = rig.handover_settling();
    disconnected(&mut rig, &[old, new], &[old, new]);

    let mut rig = Rig::new();
    let old = rig.live();
    rig.frame(
        old,
        ServerFrame::Drain { min_ms: 9_000, max_ms: 9_000, deadline_ms: 60_000, reason: String::new() },
    );
    disconnected(&mut rig, &[old], &[old]);
}

#[test]
fn l57_disconnect_ends_polling() {
    let mut rig = Rig::new();
    let exchange = rig.polling();
    rig.take();
    rig.disconnect();
    assert_eq!(rig.aborts(), [exchange]);
    assert_eq!(rig.status().state, State::Disconnected);
    let before = rig.outputs().len();
    rig.advance(600_000);
    assert_eq!(rig.outputs().len(), before);
}

#[test]
fn l57_a_token_that_comes_after_disconnect_opens_nothing() {
    let mut rig = Rig::new();
    rig.connect();
    rig.disconnect();
    rig.give_token();
    assert_eq!(rig.opens(), []);
    rig.connect();
    assert_eq!(rig.token_requests().len(), 2);
    rig.give_token();
    assert_eq!(rig.opens().len(), 1);
}

#[test]
fn l57_messages_outlive_disconnect_until_their_time_is_over() {
    let mut rig = Rig::new();
    rig.live();
    rig.submit("incident_action");
    rig.advance(10_000);
    rig.disconnect();
    rig.take();
    rig.advance(49_999);
    assert_eq!(rig.completions(), []);
    rig.advance(1);
    assert_eq!(rig.completions().len(), 1);
}

#[test]
fn l58_connect_starts_a_stopped_client_anew() {
    let mut rig = Rig::with(sockets_only);
    let mut link = rig.live();
    for _ in 0..3 {
        rig.close(link, 1006);
        link = rig.relive();
    }
    rig.close(link, 4403);
    rig.assert_stopped(4403);
    rig.take();

    rig.connect();
    let status = *rig.statuses().last().unwrap();
    assert_eq!((status.state, status.attempt, status.reason), (State::Connecting, 0, None));
    assert_eq!(rig.token_requests(), [], "the token was not refused");
    let link = rig.last_open();
    rig.close(link, 1006);
    assert!(rig.retry_in() <= 3_000);
    assert_eq!(rig.status().attempt, 1);
}

#[test]
fn l58_a_refused_token_stays_refused_but_may_be_renewed_again() {
    let mut rig = Rig::with(sockets_only);
    let link = rig.live();
    rig.close(link, 4401);
    rig.give_token();
    let link = rig.last_open();
    rig.open(link);
    rig.close(link, 4401);
    rig.assert_stopped(4401);
    rig.take();

    rig.connect();
    assert_eq!(rig.token_requests(), [(TokenRequest(3), true)]);
    assert_eq!(rig.opens(), []);
    rig.give_token();
    let link = rig.last_open();
    rig.open(link);
    rig.take();
    rig.close(link, 4401);
    assert_eq!(rig.token_requests(), [(TokenRequest(4), true)], "a new streak");
}

#[test]
fn l58_counts_begin_anew() {
    let mut rig = Rig::with(|config| {
        patient(config);
        config.max_reconnect_attempts = Some(1);
        config.exhausted = steadfast_core::Exhausted::Stop;
    });
    for _ in 0..3 {
        // One unopened and one short-lived link each time: neither count ever reaches its limit.
        rig.connect();
        if rig.opens().is_empty() {
            rig.give_token();
        }
        let link = rig.last_open();
        rig.close(link, 1006);
        let link = rig.reopen();
        rig.open(link);
        rig.close(link, 1006);
        rig.assert_stopped(1006);
        assert_eq!(rig.exchanges(), []);
        rig.take();
    }
}

/// Everything a driver may still say about a link.
fn everything_about(link: LinkId, slot: steadfast_core::Slot) -> Vec<Input<u32>> {
    let mut inputs = vec![
        Input::Opened { link },
        Input::BadFrame { link },
        Input::Closed { link, code: 4403 },
        Input::HandshakeStatus { link, status: 403, retry_after_ms: Some(1) },
        Input::Buffered { link, bytes: 1 << 30 },
    ];
    let frames = [
        welcome(Vec::new()),
        event(slot, 1),
        ping(),
        bye(4403, None),
        ServerFrame::Drain { min_ms: 0, max_ms: 0, deadline_ms: 1, reason: String::new() },
        ServerFrame::AuthRequired { within_ms: 1, reason: String::new() },
        ServerFrame::Unsubscribed { reference: None, topics: vec!["incidents".into()], error: None },
    ];
    inputs.extend(frames.into_iter().map(|frame| Input::Frame { link, frame }));
    inputs
}

#[test]
fn l59_inputs_of_links_that_are_not_current_change_counters_alone() {
    let states: [fn(&mut Rig) -> LinkId; 4] = [
        // Never asked for.
        |rig| {
            rig.live();
            LinkId(99)
        },
        // Closed by us; a browser may report its end a minute later.
        |rig| {
            let link = rig.live();
            rig.disconnect();
            link
        },
        // Ended by the peer; another lives.
        |rig| {
            let link = rig.live();
            rig.close(link, 1006);
            rig.relive();
            link
        },
        // Stopped.
        |rig| {
            let link = rig.live();
            rig.close(link, 4404);
            link
        },
    ];
    for state in states {
        let mut rig = Rig::with(sockets_only);
        let slot = rig.subscribe("incidents");
        let stale = state(&mut rig);
        let status = rig.status();
        let before = rig.client.statistics();
        rig.take();
        for input in everything_about(stale, slot) {
            rig.input(input);
        }
        assert_eq!(rig.outputs(), []);
        assert_eq!(rig.status(), status);
        let mut after = rig.client.statistics();
        assert_eq!(after.stale_frames, before.stale_frames + 8, "seven frames and a bad one");
        after.stale_frames = before.stale_frames;
        assert_eq!(after, before);
    }
}

#[test]
fn l59_a_second_opened_and_a_second_welcome_change_nothing() {
    let mut rig = Rig::with(sockets_only);
    let link = rig.greeting();
    rig.take();
    rig.open(link);
    assert_eq!(rig.outputs(), []);
    rig.frame(link, welcome(Vec::new()));
    assert!(rig.is_connected_by(Transport::WebSocket));
    rig.take();
    rig.frame(link, welcome(Vec::new()));
    rig.handshake(link, 403, None);
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.client.statistics().bad_frames, 1);
    assert_eq!(rig.client.statistics().welcomes, 1);
}

#[test]
fn l59_a_frame_before_opened_is_not_of_a_current_link() {
    let mut rig = Rig::with(sockets_only);
    let link = rig.opening();
    rig.take();
    rig.frame(link, welcome(Vec::new()));
    rig.frame(link, bye(4403, None));
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.client.statistics().stale_frames, 2);
    rig.open(link);
    assert_eq!(rig.sent(link).len(), 1);
}
