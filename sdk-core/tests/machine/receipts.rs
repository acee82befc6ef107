//! Acknowledgements: the machine's `received`, a person's `acknowledged` (PROTOCOL.md, section 6).

use steadfast_core::{
    AckState, ClientFrame, ErrorCode, EventFrame, LinkId, Misuse, Outcome, ServerFrame, Slot, WireError,
};

use crate::fallback_steps::offers_long_polls;
use crate::link_steps::assert_spread;
use crate::rig::{Rig, done, resumed, welcome};

#[test]
fn received_is_told_within_a_second_and_gathered() {
    let (mut rig, link, slot) = Rig::following();
    for offset in 1..=3 {
        rig.important(link, slot, offset);
        rig.advance(10);
    }
    rig.advance(1_000);
    let acks = rig.acks(link);
    assert_eq!(acks.len(), 1, "one frame for what came together");
    assert_eq!(acks[0].1, ["ev-1", "ev-2", "ev-3"]);
    rig.event(link, slot, 4);
    rig.advance(2_000);
    assert_eq!(rig.acks(link).len(), 1, "only what asks for it");
}

#[test]
fn the_delay_is_spread_over_a_second() {
    assert_spread((0, 1_000), |seed| {
        let mut rig = Rig::seeded(seed, |_| {});
        let slot = rig.subscribe("incidents");
        let link = rig.live();
        rig.important(link, slot, 1);
        let begun = rig.millis();
        while rig.acks(link).is_empty() {
            rig.advance_to_deadline();
        }
        rig.millis() - begun
    });
}

#[test]
fn what_is_confirmed_is_never_told_again() {
    let (mut rig, link, slot) = Rig::following();
    rig.important(link, slot, 1);
    rig.advance(1_000);
    let (reference, _) = rig.acks(link)[0].clone();
    rig.frame(link, done(reference));
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.frame(link, welcome(vec![resumed("user", 0), resumed("incidents", 1)]));
    rig.important(link, slot, 1);
    rig.advance(2_000);
    assert_eq!(rig.acks(link), [], "a repeat is not received twice");
}

#[test]
fn one_frame_is_under_way_at_a_time() {
    let (mut rig, link, slot) = Rig::following();
    rig.important(link, slot, 1);
    rig.advance(1_000);
    rig.important(link, slot, 2);
    rig.advance(2_000);
    assert_eq!(rig.acks(link).len(), 1);
    let (reference, _) = rig.acks(link)[0].clone();
    rig.frame(link, done(reference));
    rig.advance(1_000);
    assert_eq!(rig.acks(link)[1].1, ["ev-2"]);
}

#[test]
fn what_a_lost_link_left_unconfirmed_is_told_again() {
    let (mut rig, link, slot) = Rig::following();
    rig.important(link, slot, 1);
    rig.advance(1_000);
    rig.important(link, slot, 2);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.frame(link, welcome(vec![resumed("user", 0), resumed("incidents", 2)]));
    rig.advance(1_000);
    assert_eq!(rig.acks(link).len(), 1);
    assert_eq!(rig.acks(link)[0].1, ["ev-1", "ev-2"]);
}

#[test]
fn a_batch_holds_256() {
    let (mut rig, link, slot) = Rig::following();
    for offset in 1..=600 {
        rig.important(link, slot, offset);
    }
    let mut told = Vec::new();
    for expected in [256, 256, 88] {
        rig.take();
        rig.advance(1_000);
        let (reference, ids) = rig.acks(link)[0].clone();
        assert_eq!(ids.len(), expected);
        told.extend(ids);
        rig.frame(link, done(reference));
    }
    assert_eq!(told, (1..=600).map(|offset| format!("ev-{offset}")).collect::<Vec<_>>());
    rig.take();
    rig.advance(2_000);
    assert_eq!(rig.acks(link), []);
}

#[test]
fn at_most_1024_are_pending_and_the_oldest_go() {
    let (mut rig, link, slot) = Rig::following();
    for offset in 1..=1_000 {
        rig.important(link, slot, offset);
    }
    rig.took(slot, 1_000);
    for offset in 1_001..=1_034 {
        rig.important(link, slot, offset);
    }
    assert_eq!(rig.client.statistics().receipts_dropped, 10);
    rig.advance(1_000);
    assert_eq!(rig.acks(link)[0].1[0], "ev-11");
}

#[test]
fn a_refusal_for_now_is_tried_again_later_and_one_for_good_is_not() {
    assert_spread((5_000, 10_000), |seed| {
        let (mut rig, link) = refused_receipt(seed, true);
        let begun = rig.millis();
        while rig.acks(link).is_empty() {
            rig.advance_to_deadline();
        }
        rig.millis() - begun
    });
    let (mut rig, link) = refused_receipt(1, false);
    rig.stay_alive(link, 30_000);
    assert_eq!(rig.acks(link), []);
}

#[test]
fn receipts_ride_with_the_next_exchange_and_end_no_long_poll() {
    let (mut rig, _) = Rig::long_poller();
    rig.advance(100);
    let slot = rig.subscribe("incidents");
    let exchange = rig.last_exchange();
    rig.answer_under(exchange, offers_long_polls, vec![important(slot, 1)]);
    let exchange = rig.last_exchange();
    let acks = rig.acks_in(exchange);
    assert_eq!(acks[0].1, ["ev-1"]);
    assert_eq!(rig.hello_of(exchange).wait_ms, None, "it is no hello alone");
    rig.answer_under(exchange, offers_long_polls, vec![done(acks[0].0)]);
    let exchange = rig.last_exchange();
    assert_eq!(rig.acks_in(exchange), []);
    assert_eq!(rig.hello_of(exchange).wait_ms, Some(25_000));
    rig.take();
    rig.advance(20_000);
    assert_eq!(rig.aborts(), []);
}

#[test]
fn receipts_of_a_lost_exchange_ride_with_the_next() {
    let (mut rig, exchange) = Rig::poller();
    let slot = rig.subscribe("incidents");
    rig.answer(exchange, Vec::new());
    let exchange = rig.last_exchange();
    rig.answer(exchange, vec![important(slot, 1)]);
    rig.advance_to_deadline();
    let lost = rig.last_exchange();
    assert_eq!(rig.acks_in(lost).len(), 1);
    rig.exchange_fails(lost);
    rig.advance_to_deadline();
    let exchange = rig.last_exchange();
    assert_eq!(rig.acks_in(exchange)[0].1, ["ev-1"]);
}

#[test]
fn receipts_that_the_server_cannot_take_now_do_not_hurry_long_polls() {
    for answered in [true, false] {
        let (mut rig, _) = Rig::long_poller();
        rig.advance(100);
        let slot = rig.subscribe("incidents");
        let exchange = rig.last_exchange();
        rig.answer_under(exchange, offers_long_polls, vec![important(slot, 1)]);
        let exchange = rig.last_exchange();
        let (reference, _) = rig.acks_in(exchange)[0].clone();
        let refusal = if answered { vec![refuse(reference, true)] } else { Vec::new() };
        rig.answer_under(exchange, offers_long_polls, refusal);
        assert_eq!(rig.last_exchange(), exchange);
        assert!((4_500..=5_500).contains(&rig.due_in()), "{}", rig.due_in());
        rig.advance_to_deadline();
        let exchange = rig.last_exchange();
        assert_eq!(rig.acks_in(exchange)[0].1, ["ev-1"]);
    }
}

#[test]
fn receipts_that_an_exchange_left_unconfirmed_go_by_the_link_that_took_over() {
    let mut rig = Rig::new();
    let slot = rig.subscribe("incidents");
    let exchange = rig.polling();
    let link = rig.reopen_beside(exchange);
    rig.answer(exchange, vec![important(slot, 1)]);
    rig.submit("incident_action");
    let exchange = rig.last_exchange();
    assert_eq!(rig.acks_in(exchange).len(), 1);
    rig.frame(link, welcome(vec![resumed("user", 0), resumed("incidents", 1)]));
    rig.exchange_fails(exchange);
    rig.advance(1_000);
    assert_eq!(rig.acks(link).len(), 1);
    assert_eq!(rig.acks(link)[0].1, ["ev-1"]);
}

#[test]
fn nobody_hears_nothing_is_received() {
    let mut rig = Rig::new();
    let user = rig.client.slot("user");
    let link = rig.live();
    rig.important(link, user, 1);
    rig.advance(2_000);
    assert_eq!(rig.acks(link), [], "the application was not there");
}

#[test]
fn acknowledged_is_a_message_of_the_outbox() {
    let mut rig = Rig::new();
    let ids = ["ev-1".to_string(), "ev-2".into()];
    let message = rig.run(|client, now| client.acknowledge(now, &ids, Some("on my way"))).unwrap();
    assert_eq!(rig.client.pending_messages(), 1);
    let link = rig.live();
    let sent = rig.sent(link);
    let expected = ClientFrame::Ack {
        reference: message.0,
        ids: ids.to_vec(),
        state: AckState::Acknowledged,
        note: Some("on my way".into()),
    };
    assert_eq!(sent.last(), Some(&expected));
    rig.close(link, 1006);
    let link = rig.relive();
    assert_eq!(rig.sent(link).last(), Some(&expected), "an unconfirmed one survives");
    rig.frame(
        link,
        ServerFrame::Result {
            reference: message.0,
            outcome: Ok(Some(42)),
            duplicate: false,
            auth_expires_in_ms: None,
        },
    );
    assert_eq!(rig.completions(), [(message, Outcome::Done { payload: Some(42), duplicate: false })]);
    rig.close(link, 1006);
    let link = rig.relive();
    assert_eq!(rig.sent(link).len(), 1, "a confirmed one is never asked again");
}

#[test]
fn acknowledged_goes_over_exchanges_too() {
    let (mut rig, exchange) = Rig::poller();
    rig.answer(exchange, Vec::new());
    let message = rig.run(|client, now| client.acknowledge(now, &["ev-1".into()], None)).unwrap();
    let exchange = rig.last_exchange();
    assert_eq!(
        rig.body_of(exchange)[1],
        ClientFrame::Ack {
            reference: message.0,
            ids: vec!["ev-1".into()],
            state: AckState::Acknowledged,
            note: None,
        }
    );
    rig.answer(exchange, vec![done(message.0)]);
    assert_eq!(rig.completions().len(), 1);
}

#[test]
fn an_acknowledgement_has_the_limits_of_a_message() {
    let mut rig = Rig::new();
    let ids: Vec<String> = (0..40_000).map(|number| format!("event-{number:0>30}")).collect();
    let refused = rig.run(|client, now| client.acknowledge(now, &ids, None));
    assert_eq!(refused, Err(Misuse::TooLarge));
}

fn important(slot: Slot, offset: u64) -> ServerFrame<u32> {
    ServerFrame::Event(EventFrame {
        slot,
        offset: Some(offset),
        deleted: false,
        acknowledge: Some(format!("ev-{offset}").into()),
        size: 100,
        payload: u32::try_from(offset).unwrap(),
    })
}

fn refuse(reference: u64, retryable: bool) -> ServerFrame<u32> {
    let error = WireError::new(ErrorCode::Unavailable, "not now", retryable);
    ServerFrame::Result { reference, outcome: Err(error), duplicate: false, auth_expires_in_ms: None }
}

/// A live link on which the server has just refused a `received`.
fn refused_receipt(seed: u64, retryable: bool) -> (Rig, LinkId) {
    let mut rig = Rig::seeded(seed, |_| {});
    let slot = rig.subscribe("incidents");
    let link = rig.live();
    rig.important(link, slot, 1);
    rig.advance(1_000);
    let (reference, _) = rig.acks(link)[0].clone();
    rig.frame(link, refuse(reference, retryable));
    rig.take();
    (rig, link)
}

fn received(frames: Vec<ClientFrame>) -> Vec<(u64, Vec<String>)> {
    let acks = frames.into_iter().filter_map(|frame| match frame {
        ClientFrame::Ack { reference, ids, state: AckState::Received, .. } => Some((reference, ids)),
        _ => None,
    });
    acks.collect()
}

impl Rig {
    /// An event that asks to be acknowledged.
    fn important(&mut self, link: LinkId, slot: Slot, offset: u64) {
        self.frame(link, important(slot, offset));
    }

    /// The `ref`s and ids of all `received` on a link.
    fn acks(&self, on: LinkId) -> Vec<(u64, Vec<String>)> {
        received(self.sent(on))
    }

    /// The `ref`s and ids of all `received` in an exchange.
    fn acks_in(&self, exchange: steadfast_core::ExchangeId) -> Vec<(u64, Vec<String>)> {
        received(self.body_of(exchange))
    }
}
