//! Random walks: whatever a peer, a network, a provider and a driver do, there is always something that will wake the
//! client, and once they behave it connects.

use steadfast_core::json::decode_client;
use steadfast_core::{
    ClientFrame, Config, ErrorCode, ExchangeId, Input, LinkId, OutgoingBytes, Output, Secret, ServerFrame,
    State, TokenRequest, TopicRequest, TopicResult, Transport, TransportChoice, WireError,
};

use crate::link_steps::bye;
use crate::rig::{Rig, fresh, refused, resumed, terms};

const WALKS: u64 = 400;
const STEPS: usize = 120;

#[test]
fn a_client_that_wants_to_be_connected_always_has_a_deadline_and_recovers() {
    for seed in 0..WALKS {
        let mut walk = Walk::new(seed);
        walk.rig.connect();
        for step in 0..STEPS {
            walk.step();
            walk.look(seed, step);
        }
        walk.recover(seed);
    }
}

struct Walk {
    rig: Rig,
    seed: u64,
    random: u64,
    /// Links that were asked for, in order.
    links: Vec<LinkId>,
    tokens: Vec<TokenRequest>,
    exchanges: Vec<ExchangeId>,
    /// Links that neither side has ended.
    alive: Vec<LinkId>,
    /// The exchange that has not come back.
    under_way: Option<ExchangeId>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let rig = Rig::seeded(seed, |config: &mut Config| {
            config.transport = match seed % 4 {
                0 => TransportChoice::WebSocket,
                1 => TransportChoice::Polling,
                _ => TransportChoice::Auto,
            };
        });
        Self {
            rig,
            seed,
            random: seed,
            links: Vec::new(),
            tokens: Vec::new(),
            exchanges: Vec::new(),
            alive: Vec::new(),
            under_way: None,
        }
    }

    /// A number below `limit` (SplitMix64).
    fn draw(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// One of the last few links: most are stale.
    fn link(&mut self) -> LinkId {
        let back = self.draw(3) as usize;
        let index = self.links.len().saturating_sub(1 + back);
        self.links.get(index).copied().unwrap_or(LinkId(0))
    }

    fn step(&mut self) {
        let link = self.link();
        match self.draw(26) {
            0..=3 => {
                let millis = [1, 90, 1_000, 6_000, 31_000][self.draw(5) as usize];
                self.rig.advance(millis);
            }
            4 => {
                let millis = self.draw(100_000);
                self.rig.pass(millis);
                self.rig.input(Input::Tick);
            }
            5..=7 => self.rig.open(link),
            8..=10 => self.welcome(link),
            11 => {
                let code = [1000, 1006, 1009, 1012, 4400, 4408, 4409, 4429, 4503][self.draw(9) as usize];
                self.ended(link);
                self.rig.close(link, code);
            }
            12 => {
                let after = [None, Some(0), Some(3_000)][self.draw(3) as usize];
                self.rig.frame(link, bye(4503, after));
            }
            13 => {
                let frame = ServerFrame::Drain {
                    min_ms: 0,
                    max_ms: 2_000,
                    deadline_ms: 20_000,
                    reason: String::new(),
                };
                self.rig.frame(link, frame);
            }
            14 => {
                let frame = ServerFrame::AuthRequired { within_ms: 25_000, reason: String::new() };
                self.rig.frame(link, frame);
            }
            15..=16 => self.token(),
            17 => {
                if let Some(request) = self.tokens.last().copied() {
                    self.rig.input(Input::TokenFailed { request, retryable: true });
                }
            }
            18..=19 => self.answer(),
            20 => {
                if let Some(exchange) = self.exchanges.last().copied() {
                    self.over(exchange);
                    self.rig.input(Input::ExchangeFailed { exchange });
                }
            }
            21 => {
                let hints = [Input::Online, Input::Offline, Input::Visible, Input::Hidden];
                let hint = hints[self.draw(4) as usize].clone();
                self.rig.input(hint);
            }
            22 => {
                let status = [401, 403, 429, 500, 503][self.draw(5) as usize];
                // Without polling a refused handshake may stop the client, which is meant.
                let status = if matches!(status, 401 | 403) { 502 } else { status };
                let before = self.rig.status();
                self.rig.handshake(link, status, Some(2_000));
                if self.rig.status() != before {
                    self.ended(link);
                }
            }
            23 => {
                let number = self.draw(4);
                self.rig.subscribe(&format!("topic-{number}"));
            }
            24 => {
                let _ = self.rig.run(|client, now| client.submit(now, &crate::rig::message("user_action")));
            }
            _ => self.rig.frame(link, ServerFrame::Ping { t: None }),
        }
        self.note();
    }

    /// Keeps what was asked for, and how much of it lives at a time.
    fn note(&mut self) {
        for output in self.rig.take() {
            match output {
                Output::NeedToken { request, .. } => self.tokens.push(request),
                Output::Open { link } => {
                    self.links.push(link);
                    self.alive.push(link);
                    assert!(self.alive.len() <= 2, "walk {}: links {:?}", self.seed, self.alive);
                }
                Output::Close { link, .. } => self.alive.retain(|alive| *alive != link),
                Output::Exchange { exchange, .. } => {
                    self.exchanges.push(exchange);
                    assert_eq!(self.under_way.replace(exchange), None, "walk {}: exchanges", self.seed);
                }
                Output::Abort { exchange } => self.over(exchange),
                _ => {}
            }
        }
    }

    fn over(&mut self, exchange: ExchangeId) {
        self.under_way.take_if(|under_way| *under_way == exchange);
    }

    /// The peer ended a link, or refused its handshake.
    fn ended(&mut self, link: LinkId) {
        self.alive.retain(|alive| *alive != link);
    }

    fn token(&mut self) {
        if let Some(request) = self.tokens.last().copied() {
            let expires_in_ms = [None, Some(10), Some(20_000), Some(600_000)][self.draw(4) as usize];
            self.rig.input(Input::TokenReady { request, token: Secret("token".into()), expires_in_ms });
        }
    }

    /// A welcome that answers some topics, refuses one, and leaves out others.
    fn welcome(&mut self, link: LinkId) {
        let mut terms = terms(vec![resumed("user", 0)]);
        if self.draw(3) > 0 {
            terms.topics.extend((0..3).map(|number| fresh(&format!("topic-{number}"), 0)));
            let error = WireError::new(ErrorCode::Unavailable, "later", true);
            terms.topics.push(refused("topic-3", error));
        }
        terms.auth_expires_in_ms = [None, Some(5_000), Some(100_000)][self.draw(3) as usize];
        self.rig.frame(link, ServerFrame::Welcome(Box::new(terms)));
    }

    fn answer(&mut self) {
        let Some(exchange) = self.exchanges.last().copied() else { return };
        self.over(exchange);
        let mut terms = terms(vec![resumed("user", 0)]);
        terms.poll.wait_ms = [0, 25_000][self.draw(2) as usize];
        let frames = vec![ServerFrame::Welcome(Box::new(terms))];
        self.rig.answered(exchange, 200, None, frames);
    }

    fn look(&self, seed: u64, step: usize) {
        let status = self.rig.status();
        assert!(
            matches!(status.state, State::Connecting | State::Connected),
            "walk {seed}, step {step}: {status:?}"
        );
        assert!(self.rig.wait.is_some(), "walk {seed}, step {step}: nothing will wake it; {status:?}");
    }

    /// From here on everybody behaves.
    fn recover(&mut self, seed: u64) {
        let polling = seed % 4 == 1;
        let goal = if polling { Transport::Polling } else { Transport::WebSocket };
        let begun = self.rig.millis();
        let mut quiet_since = None;
        while quiet_since.is_none_or(|since| self.rig.millis() < since + 60_000) {
            assert!(self.rig.millis() < begun + 700_000, "walk {seed}: {:?}", self.rig.status());
            self.rig.advance(5_000);
            self.behave();
            if let Some(link) = self.links.last().copied() {
                self.rig.frame(link, ServerFrame::Ping { t: None });
                self.behave();
            }
            if !self.rig.is_connected_by(goal) {
                quiet_since = None;
            } else if quiet_since.is_none() {
                quiet_since = Some(self.rig.millis());
            }
        }
    }

    fn behave(&mut self) {
        // A long poll that has nothing to tell would be held by a real server.
        for _ in 0..100 {
            let outputs = self.rig.take();
            if outputs.is_empty() {
                return;
            }
            for output in outputs {
                self.serve(output);
            }
        }
        panic!("it does not come to rest: {:?}", self.rig.status());
    }

    fn serve(&mut self, output: Output<u32>) {
        match output {
            Output::NeedToken { request, .. } => {
                let token = Secret("good".into());
                self.rig.input(Input::TokenReady { request, token, expires_in_ms: None });
            }
            Output::Open { link } => {
                self.links.push(link);
                self.rig.open(link);
            }
            Output::Send { link, bytes: OutgoingBytes::Text(text) } => {
                for frame in decode_client(&text, 64).into_iter().flatten() {
                    self.reply(link, frame);
                }
            }
            Output::Exchange { exchange, body: OutgoingBytes::Text(text) } => {
                let mut frames = Vec::new();
                for frame in decode_client(&text, 512).into_iter().flatten() {
                    match frame {
                        ClientFrame::Hello(hello) => {
                            frames.push(ServerFrame::Welcome(Box::new(terms(results(&hello.topics)))));
                        }
                        ClientFrame::Message(message) => {
                            frames.push(crate::rig::done(message.reference.unwrap()));
                        }
                        ClientFrame::Ack { reference, .. } => frames.push(crate::rig::done(reference)),
                        _ => {}
                    }
                }
                self.rig.answered(exchange, 200, None, frames);
            }
            _ => {}
        }
    }

    fn reply(&mut self, link: LinkId, frame: ClientFrame) {
        let frame = match frame {
            ClientFrame::Hello(hello) => {
                let mut terms = terms(results(&hello.topics));
                terms.auth_expires_in_ms = Some(3_600_000);
                ServerFrame::Welcome(Box::new(terms))
            }
            ClientFrame::Subscribe { reference, topics } => {
                ServerFrame::Subscribed { reference: Some(reference), topics: results(&topics) }
            }
            ClientFrame::Message(message) => crate::rig::done(message.reference.unwrap()),
            ClientFrame::Ack { reference, .. } | ClientFrame::Auth { reference, .. } => {
                crate::rig::done(reference)
            }
            ClientFrame::Ping { t } => ServerFrame::Pong { t },
            _ => return,
        };
        self.rig.frame(link, frame);
    }
}

fn results(topics: &[TopicRequest]) -> Vec<TopicResult> {
    let result = |topic: &TopicRequest| match &topic.cursor {
        Some(cursor) => resumed(&topic.topic, cursor.offset),
        None => fresh(&topic.topic, 0),
    };
    topics.iter().map(result).collect()
}
