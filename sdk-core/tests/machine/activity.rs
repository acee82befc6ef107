//! Rows A01 to A08: frozen and back.

use steadfast_core::{ClientFrame, Input, Outcome, Output, Secret, ServerFrame, State, Transport};

use crate::fallback_steps::polls_only;
use crate::link_steps::{ping, sockets_only};
use crate::rig::{Rig, cursor, event};

#[test]
fn a01_freeze_closes_every_link() {
    let mut rig = Rig::new();
    let link = rig.live();
    rig.take();
    rig.input(Input::Freeze);
    assert_eq!(rig.closes(), [(link, 1000)]);
    assert_eq!(rig.sent(link), [], "frozen without a bye");
    rig.assert_frozen();
    rig.frame(link, ping());
    rig.close(link, 1000);
    assert_eq!(rig.client.statistics().stale_frames, 1);
    rig.assert_frozen();
}

#[test]
fn a01_freeze_closes_both_links_of_a_handover() {
    let mut rig = Rig::new();
    let old = rig.live();
    let drain = ServerFrame::Drain { min_ms: 0, max_ms: 0, deadline_ms: 60_000, reason: "deploy".into() };
    rig.frame(old, drain);
    rig.advance(0);
    let new = rig.last_open();
    rig.open(new);
    rig.input(Input::Freeze);
    assert_eq!(rig.closes(), [(old, 1000), (new, 1000)]);
    rig.assert_frozen();
}

#[test]
fn a01_freeze_ends_what_is_under_way_in_every_state() {
    type Reach = fn(&mut Rig);
    let states: [Reach; 4] = [
        Rig::connect,
        |rig| {
            rig.opening();
        },
        |rig| {
            rig.greeting();
        },
        |rig| {
            let link = rig.live();
            rig.close(link, 1006);
        },
    ];
    for reach in states {
        let mut rig = Rig::new();
        reach(&mut rig);
        let opened = rig.opens();
        rig.keep_only(|output| matches!(output, Output::NeedToken { .. }));
        rig.input(Input::Freeze);
        rig.assert_frozen();
        assert!(rig.closes().len() <= opened.len());
        if !rig.token_requests().is_empty() {
            rig.give_token();
        }
        assert_eq!(rig.opens(), [], "a token request does not outlive it");
        rig.input(Input::Thaw);
        assert_eq!(rig.status().state, State::Connecting);
    }
}

#[test]
fn a01_freeze_aborts_the_exchange() {
    let (mut rig, exchange) = Rig::poller();
    rig.input(Input::Freeze);
    assert_eq!(rig.aborts(), [exchange]);
    rig.assert_frozen();
    rig.answer(exchange, Vec::new());
    rig.assert_frozen();
    rig.take();
    rig.input(Input::Thaw);
    assert_eq!(rig.exchanges().len(), 1);
}

#[test]
fn a02_freeze_where_nothing_runs_changes_nothing_else() {
    let mut rig = Rig::new();
    rig.input(Input::Freeze);
    assert_eq!(rig.outputs(), []);
    rig.assert_frozen();
    rig.input(Input::Thaw);
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.status().state, State::Disconnected);

    let link = rig.live();
    rig.close(link, 4403);
    rig.take();
    rig.input(Input::Freeze);
    assert_eq!(rig.closes(), []);
    rig.assert_frozen();
    rig.input(Input::Thaw);
    rig.assert_stopped(4403);
}

#[test]
fn a02_no_deadline_runs_while_frozen() {
    let mut rig = Rig::new();
    rig.submit("incident_action");
    assert_eq!(rig.due_in(), 60_000);
    rig.input(Input::Freeze);
    rig.assert_frozen();
    rig.pass(60_000);
    rig.input(Input::Tick);
    assert_eq!(rig.completions(), [], "looked at on Thaw");
}

#[test]
fn a02_freeze_twice_is_freeze_once() {
    let mut rig = Rig::new();
    rig.live();
    rig.input(Input::Freeze);
    rig.take();
    rig.input(Input::Freeze);
    assert_eq!(rig.outputs(), []);
    rig.input(Input::Thaw);
    assert_eq!(rig.opens().len(), 1, "it still resumes");
    rig.take();
    rig.input(Input::Thaw);
    assert_eq!(rig.outputs(), [], "Thaw while awake changes nothing");
}

#[test]
fn a03_thaw_goes_on_where_it_was() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    rig.event(link, slot, 1);
    rig.input(Input::Freeze);
    rig.pass(600_000);
    rig.take();
    rig.input(Input::Thaw);
    let link = rig.last_open();
    assert_eq!(rig.status().state, State::Connecting);
    rig.open(link);
    assert_eq!(rig.hello(link).topics[1].cursor, cursor("e1", 1));
    rig.frame(link, crate::rig::welcome(vec![crate::rig::resumed("incidents", 1)]));
    rig.frame(link, event(slot, 2));
    assert_eq!(rig.events(slot), [2]);
}

#[test]
fn a03_thaw_asks_for_a_token_where_the_old_one_has_aged() {
    let mut rig = Rig::new();
    rig.live_for(3_600_000);
    rig.input(Input::Freeze);
    // The monotonic clock may stand still while the machine sleeps.
    rig.wall_jumps(3_000_000);
    rig.take();
    rig.input(Input::Thaw);
    assert_eq!(rig.opens(), []);
    assert_eq!(rig.token_requests().len(), 1);
    rig.give_token();
    assert_eq!(rig.opens().len(), 1);
}

#[test]
fn a03_thaw_starts_the_fallback_clock_or_none() {
    let mut rig = Rig::with(crate::fallback_steps::slow_sockets);
    rig.opening();
    rig.input(Input::Freeze);
    rig.pass(1_000);
    rig.input(Input::Thaw);
    rig.assert_clock_runs_out(0);

    let mut rig = Rig::with(sockets_only);
    rig.opening();
    rig.input(Input::Freeze);
    rig.input(Input::Thaw);
    rig.take();
    rig.advance(60_000);
    assert_eq!(rig.exchanges(), []);

    let (mut rig, _) = Rig::poller();
    rig.input(Input::Freeze);
    rig.take();
    rig.input(Input::Thaw);
    assert_eq!((rig.opens().len(), rig.exchanges().len()), (0, 1));
}

#[test]
fn a03_a04_messages_whose_life_has_ended_complete_on_thaw() {
    for resume in [true, false] {
        let mut rig = Rig::new();
        if resume {
            rig.opening();
        }
        let old = rig.submit("incident_action");
        rig.advance(1_000);
        rig.input(Input::Freeze);
        rig.pass(40_000);
        let young = rig.submit("incident_action");
        rig.pass(19_000);
        rig.take();
        rig.input(Input::Thaw);
        assert_eq!(rig.completions(), [(old, Outcome::TimedOut { sent: false })]);
        assert_eq!(rig.opens().len(), usize::from(resume));
        rig.take();
        rig.advance(40_999);
        assert_eq!(rig.completions(), []);
        rig.advance(1);
        assert_eq!(rig.completions(), [(young, Outcome::TimedOut { sent: false })]);
    }
}

#[test]
fn a04_thaw_without_resume_opens_nothing() {
    let mut rig = Rig::new();
    rig.input(Input::Freeze);
    rig.input(Input::Thaw);
    rig.advance(600_000);
    assert_eq!(rig.outputs(), []);
}

#[test]
fn a05_hints_and_ticks_do_nothing_while_frozen() {
    let mut rig = Rig::new();
    rig.live();
    rig.input(Input::Freeze);
    rig.take();
    for input in [Input::Tick, Input::Visible, Input::Hidden, Input::Online, Input::Offline] {
        rig.pass(60_000);
        rig.wall_jumps(60_000);
        rig.input(input);
        assert_eq!(rig.outputs(), []);
        rig.assert_frozen();
    }
}

#[test]
fn a05_late_answers_of_before_do_nothing_while_frozen() {
    let mut rig = Rig::new();
    rig.connect();
    let (request, _) = rig.token_requests()[0];
    rig.input(Input::Freeze);
    rig.take();
    rig.input(Input::TokenReady { request, token: Secret("token".into()), expires_in_ms: None });
    rig.input(Input::TokenFailed { request, retryable: false });
    assert_eq!(rig.outputs(), []);
    rig.assert_frozen();
}

#[test]
fn a06_connect_while_frozen_opens_on_thaw() {
    let mut rig = Rig::new();
    rig.input(Input::Freeze);
    rig.connect();
    assert_eq!(rig.outputs(), []);
    rig.assert_frozen();
    rig.input(Input::Thaw);
    rig.give_token();
    assert_eq!(rig.opens().len(), 1);
}

#[test]
fn a06_connect_while_frozen_starts_a_stopped_client_on_thaw() {
    let mut rig = Rig::new();
    let link = rig.live();
    rig.close(link, 4410);
    rig.input(Input::Freeze);
    rig.connect();
    rig.take();
    rig.input(Input::Thaw);
    assert_eq!(rig.opens().len(), 1);
    assert_eq!(rig.status().state, State::Connecting);
}

#[test]
fn a07_disconnect_while_frozen_opens_nothing_on_thaw() {
    let mut rig = Rig::new();
    rig.live();
    rig.input(Input::Freeze);
    rig.disconnect();
    rig.take();
    rig.assert_frozen();
    rig.input(Input::Thaw);
    rig.advance(600_000);
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.status().state, State::Disconnected);
}

#[test]
fn a08_what_is_asked_for_while_frozen_is_done_on_thaw() {
    let mut rig = Rig::new();
    rig.live();
    rig.input(Input::Freeze);
    rig.take();
    let slot = rig.subscribe("incidents");
    let message = rig.submit("incident_action");
    assert_eq!(rig.outputs(), []);
    rig.assert_frozen();
    rig.input(Input::Thaw);
    let link = rig.last_open();
    rig.open(link);
    assert_eq!(rig.hello(link).topics[1].topic, "incidents");
    rig.welcome(link);
    rig.event(link, slot, 1);
    assert_eq!(rig.events(slot), [1]);
    let sent = rig.sent(link);
    assert!(
        sent.iter()
            .any(|frame| matches!(frame, ClientFrame::Message(sent) if sent.reference == Some(message.0)))
    );
}

#[test]
fn a08_the_same_over_polls() {
    let mut rig = Rig::with(polls_only);
    let exchange = rig.begin_polls();
    rig.answer(exchange, Vec::new());
    rig.input(Input::Freeze);
    rig.subscribe("incidents");
    rig.submit("incident_action");
    rig.take();
    rig.input(Input::Thaw);
    let exchange = rig.last_exchange();
    assert_eq!(rig.hello_of(exchange).topics.len(), 2);
    assert_eq!(rig.body_of(exchange).len(), 2);
    rig.answer(exchange, Vec::new());
    assert!(rig.is_connected_by(Transport::Polling));
}

impl Rig {
    /// Frozen: disconnected, and nothing is left that would ever wake it.
    #[track_caller]
    fn assert_frozen(&self) {
        let status = self.status();
        assert_eq!((status.state, status.transport), (State::Disconnected, None));
        assert_eq!(status.retry_in_ms, None);
        assert_eq!(self.wait, None);
    }
}
