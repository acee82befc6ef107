//! A Steadfast client: the real machine, driven in virtual time.

use steadfast_core::{
    Client as Machine, Config, ExchangeId, Input, Instant, LinkId, Now, OutgoingBytes, Output, PollTerms,
    Position, Recovery, Secret, ServerFrame, State, TopicClass, TopicResult, Transport, TransportChoice,
    Welcome,
};

use crate::client::{Client, Happening, Wish};

/// What the reference server tells draining clients by default.
pub(crate) const DRAIN_WINDOW_MS: (u64, u64) = (0, 10_000);
/// When it closes those that are left.
pub(crate) const DRAIN_DEADLINE_MS: u64 = 25_000;
/// The longest that it holds a poll.
pub(crate) const POLL_WAIT_MS: u64 = 25_000;

/// The machine of `steadfast-core` with the driver that it needs here.
#[derive(Debug)]
pub(crate) struct Steadfast {
    machine: Machine<()>,
    /// As last told: by polls or not; `None`: not connected.
    told: Option<bool>,
    /// A server has answered it before, so that it comes with a cursor.
    welcomed: bool,
}

impl Steadfast {
    /// A client that has not connected yet, with the defaults beside the transport.
    pub(crate) fn new(transport: TransportChoice, seed: u64) -> Self {
        let config = Config { transport, ..Config::new("storm") };
        Self { machine: Machine::new(config, seed, at(0)), told: None, welcomed: false }
    }

    /// The server's answer to a hello. A heartbeat longer than any run: pings make no attempts, and leaving them out
    /// changes none. The one topic is the user's own, which every client names.
    fn welcome(&mut self) -> Box<Welcome> {
        let recovery = if self.welcomed { Recovery::Resumed } else { Recovery::Fresh };
        self.welcomed = true;
        let class = TopicClass::Log;
        let position =
            Position { class, epoch: "e".into(), offset: 0, top: 0, head: 0, recovery, live: true };
        Box::new(Welcome {
            version: 1,
            connection: String::new(),
            heartbeat_ms: 86_400_000,
            max_frame_bytes: 1 << 20,
            max_topics: 256,
            auth_expires_in_ms: None,
            server_time: String::new(),
            results_epoch: "e".into(),
            poll: PollTerms { interval_ms: 5_000, wait_ms: POLL_WAIT_MS },
            topics: vec![TopicResult { topic: "user".to_owned(), outcome: Ok(position) }],
        })
    }

    fn drain(&mut self, now: u64, wishes: &mut Vec<Wish>) {
        loop {
            match self.machine.poll_output() {
                Output::Open { link } => wishes.push(Wish::Open { link: link.0 }),
                Output::Close { link, .. } => wishes.push(Wish::Close { link: link.0 }),
                Output::Exchange { exchange, body } => {
                    wishes.push(Wish::Poll { exchange: exchange.0, long: asks_to_wait(&body) });
                }
                Output::NeedToken { request, .. } => {
                    let token = Secret("token".to_owned());
                    self.machine
                        .handle_input(at(now), Input::TokenReady { request, token, expires_in_ms: None });
                }
                Output::Status(status) => {
                    let connected = (status.state == State::Connected)
                        .then_some(status.transport == Some(Transport::Polling));
                    if connected.is_some() != self.told.is_some() {
                        wishes.push(connected.map_or(Wish::Down, |polling| Wish::Up { polling }));
                    }
                    self.told = connected;
                }
                Output::Wait { until } => {
                    wishes.push(Wish::Wake { at: until.map_or(u64::MAX, Instant::as_millis) });
                    return;
                }
                // The answer to an aborted poll is ignored; what is sent and delivered makes no attempt.
                Output::Abort { .. }
                | Output::Send { .. }
                | Output::Deliver { .. }
                | Output::Complete { .. } => {}
            }
        }
    }
}

impl Client for Steadfast {
    const DRAINS: bool = true;

    fn start(&mut self, now: u64, wishes: &mut Vec<Wish>) {
        self.machine.connect(at(now));
        self.drain(now, wishes);
    }

    fn take(&mut self, now: u64, happening: Happening, wishes: &mut Vec<Wish>) {
        let input = match happening {
            Happening::Accepted { link } => {
                let link = LinkId(link);
                self.machine.handle_input(at(now), Input::Opened { link });
                Input::Frame { link, frame: ServerFrame::Welcome(self.welcome()) }
            }
            Happening::Refused { link, retry_after_ms } => Input::HandshakeStatus {
                link: LinkId(link),
                status: 503,
                retry_after_ms: Some(retry_after_ms),
            },
            Happening::Unreachable { link } => Input::Closed { link: LinkId(link), code: 1006 },
            Happening::Lost { link, code } => Input::Closed { link: LinkId(link), code },
            Happening::Draining { link } => {
                let (min_ms, max_ms) = DRAIN_WINDOW_MS;
                let reason = String::new();
                let frame = ServerFrame::Drain { min_ms, max_ms, deadline_ms: DRAIN_DEADLINE_MS, reason };
                Input::Frame { link: LinkId(link), frame }
            }
            Happening::Answered { exchange } => Input::ExchangeAnswered {
                exchange: ExchangeId(exchange),
                status: 200,
                retry_after_ms: None,
                frames: vec![ServerFrame::Welcome(self.welcome())],
                bad_frames: 0,
            },
            Happening::Unanswered { exchange } => Input::ExchangeFailed { exchange: ExchangeId(exchange) },
            Happening::Timer => Input::Tick,
        };
        self.machine.handle_input(at(now), input);
        self.drain(now, wishes);
    }
}

fn at(now: u64) -> Now {
    Now::new(Instant::from_millis(now), now)
}

fn asks_to_wait(body: &OutgoingBytes) -> bool {
    matches!(body, OutgoingBytes::Text(text) if text.contains("\"wait_ms\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(transport: TransportChoice) -> Steadfast {
        let mut client = Steadfast::new(transport, 1);
        let mut wishes = Vec::new();
        client.start(0, &mut wishes);
        assert!(wishes.contains(&Wish::Open { link: 1 }), "{wishes:?}");
        client.take(10, Happening::Accepted { link: 1 }, &mut wishes);
        assert!(wishes.contains(&Wish::Up { polling: false }), "{wishes:?}");
        client.take(30_010, Happening::Timer, &mut wishes);
        client
    }

    fn wake(wishes: &[Wish]) -> Option<u64> {
        wishes.iter().rev().find_map(|wish| match wish {
            Wish::Wake { at } => Some(*at),
            _ => None,
        })
    }

    #[test]
    fn a_cut_link_is_opened_again_by_the_machines_backoff() {
        let mut client = connected(TransportChoice::WebSocket);
        let mut wishes = Vec::new();
        client.take(50_000, Happening::Lost { link: 1, code: 1006 }, &mut wishes);
        assert!(wishes.contains(&Wish::Down), "{wishes:?}");
        let due = wake(&wishes).expect("a retry is planned");
        assert!((50_100..=53_000).contains(&due), "{due}");
        wishes.clear();
        client.take(due, Happening::Timer, &mut wishes);
        assert!(wishes.contains(&Wish::Open { link: 2 }), "{wishes:?}");
    }

    #[test]
    fn a_drained_link_stays_until_its_successor_is_there() {
        let mut client = connected(TransportChoice::Auto);
        let mut wishes = Vec::new();
        client.take(50_000, Happening::Draining { link: 1 }, &mut wishes);
        let due = wake(&wishes).expect("a handover is planned");
        assert!((50_000..=60_000).contains(&due), "{due}");
        client.take(due, Happening::Timer, &mut wishes);
        client.take(due + 50, Happening::Accepted { link: 2 }, &mut wishes);
        assert!(wishes.contains(&Wish::Open { link: 2 }) && wishes.contains(&Wish::Close { link: 1 }));
        assert!(!wishes.contains(&Wish::Down), "{wishes:?}");
    }

    #[test]
    fn polls_carry_it_where_sockets_fail() {
        let mut client = connected(TransportChoice::Auto);
        let mut wishes = Vec::new();
        let mut now = 50_000;
        client.take(now, Happening::Lost { link: 1, code: 1006 }, &mut wishes);
        for link in 2..4 {
            now = wake(&wishes).expect("a retry is planned");
            client.take(now, Happening::Timer, &mut wishes);
            client.take(now, Happening::Unreachable { link }, &mut wishes);
        }
        // The first is answered at once, so that the client is connected; the next may be held.
        assert!(wishes.contains(&Wish::Poll { exchange: 1, long: false }), "{wishes:?}");
        client.take(now + 20, Happening::Answered { exchange: 1 }, &mut wishes);
        assert!(wishes.contains(&Wish::Up { polling: true }), "{wishes:?}");
        assert!(wishes.contains(&Wish::Poll { exchange: 2, long: true }), "{wishes:?}");
    }
}
