//! Rows L33 to L39: the token of a live link is refreshed without dropping it. And L18's newer token.

use steadfast_core::{ClientFrame, ErrorCode, Input, Secret, ServerFrame, Transport};

use crate::link_steps::{patient, refusal, sockets_only};
use crate::rig::{Rig, refused};

fn auth_required() -> ServerFrame<u32> {
    ServerFrame::AuthRequired { within_ms: 25_000, reason: "expires".into() }
}

/// A live link that has given the server a second token and awaits the result.
fn refreshing(rig: &mut Rig) -> steadfast_core::LinkId {
    let link = rig.live();
    rig.frame(link, auth_required());
    rig.give_token_for(1_000_000);
    link
}

#[test]
fn l33_a_token_is_refreshed_at_four_fifths_of_its_life() {
    let mut rig = Rig::with(patient);
    let link = rig.live_for(100_000);
    rig.take();
    rig.stay_alive(link, 79_999);
    assert_eq!(rig.token_requests(), []);
    rig.advance(1);
    assert!(matches!(rig.token_requests()[..], [(_, false)]), "the old one is still good");
    // Asked once, however long it takes.
    rig.stay_alive(link, 19_000);
    assert_eq!(rig.token_requests().len(), 1);
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn l33_the_provider_s_word_counts_where_the_server_says_nothing() {
    let mut rig = Rig::with(patient);
    rig.connect();
    rig.give_token_for(100_000);
    let link = rig.last_open();
    rig.open(link);
    rig.welcome(link);
    rig.take();
    rig.stay_alive(link, 79_999);
    assert_eq!(rig.token_requests(), []);
    rig.advance(1);
    assert_eq!(rig.token_requests().len(), 1);
}

#[test]
fn l33_a_refresh_comes_no_sooner_than_after_a_second() {
    let mut rig = Rig::with(patient);
    rig.live_for(10);
    rig.take();
    rig.advance(999);
    assert_eq!(rig.token_requests(), []);
    rig.advance(1);
    assert_eq!(rig.token_requests().len(), 1);
}

#[test]
fn l33_auth_required_asks_for_a_new_token_at_once() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.take();
    rig.frame(link, auth_required());
    assert!(matches!(rig.token_requests()[..], [(_, true)]));
    rig.frame(link, auth_required());
    assert_eq!(rig.token_requests().len(), 1, "one at a time");
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn l34_the_new_token_goes_to_the_server_on_the_link() {
    let mut rig = Rig::with(patient);
    let forbidden = rig.subscribe("incidents");
    let link = rig.greeting();
    rig.frame(
        link,
        crate::rig::welcome(vec![
            crate::rig::fresh("user", 0),
            refused("incidents", refusal(ErrorCode::Forbidden)),
        ]),
    );
    assert_eq!(rig.deliveries(forbidden).len(), 1);
    rig.frame(link, auth_required());
    rig.take();
    rig.advance(10_000);
    assert_eq!(rig.sent(link), []);

    let request = steadfast_core::TokenRequest(2);
    rig.input(Input::TokenReady { request, token: Secret("second".into()), expires_in_ms: None });
    let sent = rig.sent(link);
    assert!(matches!(&sent[0], ClientFrame::Auth { token, .. } if token.0 == "second"), "{sent:?}");
    assert!(
        matches!(&sent[1], ClientFrame::Subscribe { topics, .. } if topics[0].topic == "incidents"),
        "what was refused is asked for again: {sent:?}"
    );
    assert_eq!(rig.opens(), []);
    assert_eq!(rig.closes(), []);
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn l35_a_failed_refresh_is_asked_again_after_five_seconds() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.frame(link, auth_required());
    for _ in 0..3 {
        rig.fail_token(true);
        rig.take();
        rig.advance(4_999);
        assert_eq!(rig.token_requests(), []);
        rig.advance(1);
        assert!(matches!(rig.token_requests()[..], [(_, true)]));
        assert!(rig.is_connected_by(Transport::WebSocket));
        rig.frame(link, crate::link_steps::ping());
    }
}

#[test]
fn l35_a_refresh_without_an_answer_is_asked_again() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.frame(link, auth_required());
    rig.take();
    rig.stay_alive(link, 34_999);
    assert_eq!(rig.token_requests(), []);
    rig.advance(1);
    assert_eq!(rig.token_requests().len(), 1);
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn l36_no_token_for_good_leaves_the_link_to_the_server() {
    let asks: [fn(&mut Rig) -> steadfast_core::LinkId; 2] = [
        |rig| {
            let link = rig.live_for(100_000);
            rig.stay_alive(link, 80_000);
            link
        },
        // Revoked long before its time.
        |rig| {
            let link = rig.live_for(100_000);
            rig.frame(link, auth_required());
            link
        },
    ];
    for ask in asks {
        let mut rig = Rig::with(patient);
        let link = ask(&mut rig);
        rig.fail_token(false);
        assert!(rig.is_connected_by(Transport::WebSocket));
        rig.take();
        rig.stay_alive(link, 600_000);
        assert_eq!(rig.token_requests(), []);
        assert!(rig.is_connected_by(Transport::WebSocket));

        rig.close(link, 4401);
        assert_eq!(rig.token_requests().len(), 1, "the next link needs one");
        rig.fail_token(false);
        rig.assert_stopped(4401);
    }
}

#[test]
fn l37_the_result_tells_when_to_refresh_next() {
    let mut rig = Rig::with(patient);
    let link = refreshing(&mut rig);
    rig.advance(1_000);
    rig.answer_auth(link, Ok(Some(50_000)));
    rig.take();
    rig.stay_alive(link, 39_999);
    assert_eq!(rig.token_requests(), []);
    rig.advance(1);
    assert!(matches!(rig.token_requests()[..], [(_, false)]));
}

#[test]
fn l37_without_a_word_of_the_server_the_provider_s_counts() {
    let mut rig = Rig::with(patient);
    let link = refreshing(&mut rig);
    rig.answer_auth(link, Ok(None));
    rig.take();
    rig.stay_alive(link, 799_999);
    assert_eq!(rig.token_requests(), []);
    rig.advance(1);
    assert_eq!(rig.token_requests().len(), 1);
}

#[test]
fn l38_a_refused_refresh_renews_once() {
    for code in [ErrorCode::Unauthorized, ErrorCode::TokenExpired] {
        let mut rig = Rig::with(patient);
        let link = refreshing(&mut rig);
        let requests = rig.token_requests().len();
        rig.answer_auth(link, Err(refusal(code)));
        assert_eq!(rig.token_requests().len(), requests + 1);
        assert!(rig.token_requests().last().unwrap().1, "it must be a new one");
        assert!(rig.is_connected_by(Transport::WebSocket));
        rig.give_token();
        rig.answer_auth(link, Ok(None));
        rig.take();
        rig.stay_alive(link, 60_000);
        assert_eq!(rig.token_requests(), []);
        assert!(rig.is_connected_by(Transport::WebSocket));
    }
}

#[test]
fn l39_a_refresh_refused_again_waits_for_the_server_s_close() {
    for code in [ErrorCode::Unauthorized, ErrorCode::TokenExpired] {
        let mut rig = Rig::with(patient);
        let link = refreshing(&mut rig);
        rig.answer_auth(link, Err(refusal(code.clone())));
        rig.give_token();
        rig.take_all_but_auth(link, Err(refusal(code)));
        assert_eq!(rig.outputs(), []);
        assert!(rig.is_connected_by(Transport::WebSocket));
        // L19: no further renewal in the streak.
        rig.close(link, 4401);
        assert_eq!(rig.token_requests(), []);
        rig.assert_stopped(4401);
    }
}

#[test]
fn l39_another_error_is_tried_again_after_five_seconds() {
    let mut rig = Rig::with(patient);
    let link = refreshing(&mut rig);
    rig.answer_auth(link, Err(refusal(ErrorCode::Unavailable)));
    rig.take();
    rig.advance(4_999);
    assert_eq!(rig.token_requests(), []);
    rig.advance(1);
    assert!(matches!(rig.token_requests()[..], [(_, false)]));
}

#[test]
fn l18_a_newer_token_than_the_refused_one_is_tried_at_once() {
    let mut rig = Rig::with(sockets_only);
    let link = refreshing(&mut rig);
    rig.take();
    // The server ends the link because of its first token, before it has read the second.
    rig.close(link, 4401);
    assert_eq!(rig.token_requests(), []);
    let link = rig.last_open();
    rig.open(link);
    assert_eq!(rig.hello(link).token.0, "token-2");
    // And if that one is refused, it is renewed: the streak's renewal is still there.
    rig.close(link, 4401);
    assert!(matches!(rig.token_requests()[..], [(_, true)]));
}

#[test]
fn l18_a_token_that_the_server_took_on_the_link_is_the_link_s() {
    let mut rig = Rig::with(sockets_only);
    let link = refreshing(&mut rig);
    rig.answer_auth(link, Ok(None));
    rig.take();
    rig.close(link, 4401);
    assert_eq!(rig.opens(), [], "the refused token is not tried again");
    assert!(matches!(rig.token_requests()[..], [(_, true)]));
}

/// A refusal while a request is under way waits for that request's token, and does not open with the refused one again
/// and again until it comes.
#[test]
fn l18_a_refusal_while_a_request_is_under_way_waits_for_it() {
    let mut rig = Rig::with(sockets_only);
    let link = refreshing(&mut rig);
    // The server could not judge the token; five seconds later another is asked for.
    rig.answer_auth(link, Err(refusal(ErrorCode::Unavailable)));
    rig.advance(5_000);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.take();
    rig.close(link, 4401);
    assert_eq!(rig.opens(), []);
    assert_eq!(rig.token_requests(), [], "one request at a time");

    let request = steadfast_core::TokenRequest(3);
    rig.input(Input::TokenReady { request, token: Secret("third".into()), expires_in_ms: None });
    let link = rig.last_open();
    rig.open(link);
    assert_eq!(rig.hello(link).token.0, "third");
    // The streak's renewal is still there.
    rig.close(link, 4401);
    assert!(matches!(rig.token_requests()[..], [(_, true)]));
}
