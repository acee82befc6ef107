//! Rows F01 to F13: how polling begins, and what the socket's flapping costs.

use steadfast_core::{Config, LinkId, State, Transport, TransportChoice};

use crate::fallback_steps::{polls_only, slow_sockets};
use crate::link_steps::{assert_spread, bye, patient, sockets_only};
use crate::rig::Rig;

#[test]
fn f01_connect_starts_the_fallback_clock() {
    // Spread: those who lose their server in one moment do not all poll in another.
    assert_spread((5_000, 10_000), |seed| {
        let mut rig = Rig::seeded(seed, slow_sockets);
        rig.opening();
        assert_eq!(rig.exchanges(), []);
        rig.due_in()
    });
}

#[test]
fn f02_polling_alone_exchanges_at_once_and_opens_nothing() {
    let mut rig = Rig::with(polls_only);
    rig.connect();
    assert_eq!(rig.token_requests().len(), 1);
    assert_eq!(rig.status().state, State::Connecting);
    rig.give_token();
    let exchange = rig.last_exchange();
    assert_eq!(rig.status().state, State::Connecting);
    rig.answer(exchange, Vec::new());
    assert!(rig.is_connected_by(Transport::Polling));

    rig.disconnect();
    rig.take();
    rig.connect();
    assert_eq!(rig.token_requests(), [], "the token is still usable");
    assert_eq!(rig.exchanges().len(), 1);
    rig.take();
    rig.advance(600_000);
    assert_eq!(rig.opens(), []);
}

#[test]
fn f03_websocket_alone_never_polls() {
    let mut rig = Rig::with(sockets_only);
    let mut link = rig.opening();
    for attempt in 0..20 {
        if attempt % 2 == 0 {
            rig.open(link);
        }
        rig.close(link, 1006);
        assert_eq!(rig.exchanges(), []);
        link = rig.reopen();
    }
    rig.advance(600_000);
    assert_eq!(rig.exchanges(), []);
    assert_eq!(rig.client.statistics().fallbacks, 0);
}

#[test]
fn f04_the_clock_runs_out_and_polling_begins() {
    let mut rig = Rig::with(slow_sockets);
    let link = rig.opening();
    let exchange = rig.assert_clock_runs_out(0);
    assert_eq!(rig.client.statistics().fallbacks, 1);
    assert_eq!(rig.status().state, State::Connecting);
    rig.answer(exchange, Vec::new());
    assert!(rig.is_connected_by(Transport::Polling));
    assert_eq!(rig.closes(), [], "the socket may still open");
    rig.open(link);
    rig.welcome(link);
    assert!(rig.is_connected_by(Transport::WebSocket));
}

#[test]
fn f04_a_clock_of_zero_polls_at_once() {
    let mut rig = Rig::with(|config| config.fallback_after_ms = 0);
    rig.opening();
    rig.advance(0);
    assert_eq!(rig.exchanges().len(), 1);
}

#[test]
fn f05_two_sockets_that_never_opened_are_triaged_by_an_exchange() {
    let mut rig = Rig::with(patient);
    let link = rig.opening();
    rig.close(link, 1006);
    assert_eq!(rig.exchanges(), []);
    let link = rig.reopen();
    rig.close(link, 1006);
    assert_eq!(rig.exchanges().len(), 1);
    assert_eq!(rig.client.statistics().fallbacks, 1);
}

#[test]
fn f05_a_socket_that_opens_in_between_begins_the_count_anew() {
    let mut rig = Rig::with(patient);
    let link = rig.opening();
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.open(link);
    rig.close(link, 1006);
    let link = rig.reopen();
    rig.close(link, 1006);
    assert_eq!(rig.exchanges(), []);
}

#[test]
fn f06_three_short_lived_links_end_in_polling() {
    let mut rig = Rig::with(patient);
    let link = rig.live();
    rig.close(link, 1006);
    let link = rig.relive();
    rig.close(link, 1006);
    assert_eq!(rig.exchanges(), []);
    let link = rig.reopen();
    rig.open(link);
    rig.close(link, 1006);
    assert_eq!(rig.exchanges().len(), 1, "accepted and killed, before or after the welcome");
}

#[test]
fn f06_links_that_never_had_a_welcome_are_short_lived_although_we_end_them() {
    let mut rig = Rig::with(patient);
    let mut link = rig.greeting();
    for _ in 0..2 {
        rig.advance(5_000);
        assert_eq!(rig.exchanges(), []);
        link = rig.reopen();
        rig.open(link);
    }
    rig.take();
    rig.advance(5_000);
    assert_eq!(rig.closes(), [(link, 4408)]);
    assert_eq!(rig.exchanges().len(), 1);
}

#[test]
fn f06_links_that_end_by_advice_are_not_short_lived() {
    let mut rig = Rig::with(patient);
    let mut link = rig.live();
    for _ in 0..5 {
        rig.frame(link, bye(4500, Some(1_000)));
        assert_eq!(rig.exchanges(), []);
        link = rig.relive();
    }
}

#[test]
fn f07_three_links_that_end_for_bad_frames_end_in_polling() {
    let mut rig = Rig::with(patient);
    let mut link = rig.live();
    for _ in 0..2 {
        rig.frame(link, bye(4400, None));
        assert_eq!(rig.exchanges(), []);
        link = rig.relive();
    }
    rig.frame(link, bye(4400, None));
    assert_eq!(rig.exchanges().len(), 1);
}

#[test]
fn f08_a_live_link_stops_the_clock() {
    let mut rig = Rig::with(slow_sockets);
    let link = rig.opening();
    rig.advance(4_000);
    rig.open(link);
    rig.welcome(link);
    rig.take();
    rig.advance(20_000);
    assert_eq!(rig.exchanges(), []);
    assert_eq!(rig.client.statistics().fallbacks, 0);
}

#[test]
fn f09_a_lost_link_lets_the_clock_run_on_with_what_was_left() {
    let mut rig = Rig::with(slow_sockets);
    let link = rig.opening();
    let clock = rig.due_in();
    rig.advance(4_000);
    rig.open(link);
    rig.welcome(link);
    rig.advance(3_000);
    rig.close(link, 1006);
    rig.assert_exchange_in(clock - 4_000);
}

#[test]
fn f10_a_stable_link_clears_the_clock() {
    let mut rig = Rig::with(slow_sockets);
    let link = rig.opening();
    rig.advance(4_000);
    rig.open(link);
    rig.welcome(link);
    rig.stay_alive(link, 30_000);
    rig.close(link, 1006);
    rig.assert_next_exchange(5_000..=10_000);
}

#[test]
fn f10_a_moment_before_it_is_stable_the_clock_still_stands() {
    let mut rig = Rig::with(slow_sockets);
    let link = rig.opening();
    let clock = rig.due_in();
    rig.advance(4_000);
    rig.open(link);
    rig.welcome(link);
    rig.stay_alive(link, 29_999);
    rig.close(link, 1006);
    rig.assert_exchange_in(clock - 4_000);
}

#[test]
fn f11_a_link_lost_after_a_stable_life_starts_the_whole_clock() {
    let mut rig = Rig::with(slow_sockets);
    let link = rig.stable();
    rig.close(link, 1006);
    let exchange = rig.assert_next_exchange(5_000..=10_000);
    rig.answer(exchange, Vec::new());
    let link = rig.leave_polling();
    rig.stay_alive(link, 30_000);
    rig.close(link, 1006);
    rig.assert_next_exchange(5_000..=10_000);
}

#[test]
fn f11_an_end_for_authorization_is_no_flap() {
    let mut rig = Rig::with(slow_sockets);
    rig.polling_proven();
    let link = rig.leave_polling();
    rig.advance(1_000);
    rig.take();
    rig.close(link, 4401);
    assert_eq!(rig.exchanges(), []);
    rig.give_token();
    rig.assert_clock_runs_out(0);
}

#[test]
fn f12_flap_polls_at_once_and_doubles_the_probe() {
    const CENTRES: [u64; 6] = [30_000, 60_000, 120_000, 240_000, 300_000, 300_000];
    let mut windows = [(u64::MAX, 0); 6];
    for seed in 0..60 {
        let mut rig = Rig::seeded(seed, |_| {});
        rig.polling_proven();
        for (flaps, (low, high)) in windows.iter_mut().enumerate() {
            if flaps > 0 {
                flap(&mut rig, 1_000);
            }
            let drawn = rig.retry_in();
            (*low, *high) = (drawn.min(*low), drawn.max(*high));
        }
    }
    for (centre, (low, high)) in CENTRES.into_iter().zip(windows) {
        let part = |percent: u64| centre / 100 * percent;
        assert!(part(80) <= low && high <= part(120), "{low} to {high} leaves {centre} by over 20 %");
        assert!(low <= part(86) && high >= part(114), "{low} to {high} around {centre} is not spread");
    }
}

#[test]
fn f12_a_flap_is_an_end_within_thirty_seconds_of_leaving() {
    let mut rig = Rig::new();
    rig.polling_proven();
    let link = rig.live_while_polling();
    rig.advance(4_000);
    rig.answer_subscribe(link);
    rig.stay_alive(link, 29_000);
    rig.take();
    rig.close(link, 1006);
    assert_eq!(rig.exchanges().len(), 1, "the link was stable, but polling was left 29 seconds ago");
}

#[test]
fn f13_five_minutes_of_the_socket_forgive_its_flapping() {
    assert_spread((24_000, 36_000), |seed| {
        let mut rig = Rig::seeded(seed, |_| {});
        rig.polling_proven();
        flap(&mut rig, 1_000);
        flap(&mut rig, 1_000);
        let link = rig.leave_polling();
        rig.stay_alive(link, 300_000);
        rig.lose_the_socket(link);
        rig.retry_in()
    });
}

#[test]
fn f13_a_moment_before_nothing_is_forgiven() {
    assert_spread((96_000, 144_000), |seed| {
        let mut rig = Rig::seeded(seed, |_| {});
        rig.polling_proven();
        flap(&mut rig, 1_000);
        flap(&mut rig, 1_000);
        let link = rig.leave_polling();
        rig.stay_alive(link, 299_999);
        rig.lose_the_socket(link);
        rig.retry_in()
    });
}

#[test]
fn a_proxy_that_kills_every_link_after_a_second_moves_the_fallback_at_most_twenty_times_in_ten_minutes() {
    let mut rig = Rig::new();
    rig.polling_proven();
    let begun = rig.millis();
    let mut moves = 0;
    while rig.millis() - begun < 600_000 {
        flap(&mut rig, 1_000);
        moves += 2;
    }
    assert!(moves <= 20, "{moves}");
}

#[test]
fn the_transport_option_is_taken_at_its_word() {
    fn choose(transport: TransportChoice) -> impl FnOnce(&mut Config) {
        move |config| config.transport = transport
    }
    for (transport, opens, exchanges) in
        [(TransportChoice::Auto, 1, 0), (TransportChoice::WebSocket, 1, 0), (TransportChoice::Polling, 0, 1)]
    {
        let mut rig = Rig::with(choose(transport));
        rig.connect();
        rig.give_token();
        assert_eq!((rig.opens().len(), rig.exchanges().len()), (opens, exchanges), "{transport:?}");
    }
}

impl Rig {
    /// The link is lost and two more never open: polling, whatever the clock says.
    fn lose_the_socket(&mut self, link: LinkId) {
        self.close(link, 1006);
        for _ in 0..2 {
            let link = self.reopen();
            self.close(link, 1006);
        }
        let exchange = self.last_exchange();
        self.answer(exchange, Vec::new());
    }
}

/// The socket takes over, dies after `millis`, and polling is proven again.
fn flap(rig: &mut Rig, millis: u64) {
    let link = rig.leave_polling();
    rig.advance(millis);
    rig.take();
    rig.close(link, 1006);
    assert_eq!(rig.exchanges().len(), 1, "a flap polls at once");
    let exchange = rig.last_exchange();
    rig.answer(exchange, Vec::new());
}
