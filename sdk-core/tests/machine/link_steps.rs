//! Steps that the tests of the link share, beside those of the rig.

use steadfast_core::{
    ClientFrame, Config, ErrorCode, Input, LinkId, Reason, Secret, ServerFrame, State, TransportChoice,
    WireError,
};

use crate::rig::{Rig, terms};

/// No clock of the fallback disturbs what a test of the link looks at; three bad links still lead to polling.
pub fn patient(config: &mut Config) {
    config.fallback_after_ms = 3_600_000;
}

/// No polling at all.
pub fn sockets_only(config: &mut Config) {
    config.transport = TransportChoice::WebSocket;
}

/// The shortest and the longest of what two hundred seeds draw.
pub fn spread(draw: impl Fn(u64) -> u64) -> (u64, u64) {
    let draws = (0..200).map(draw);
    draws.fold((u64::MAX, 0), |(low, high), drawn| (low.min(drawn), high.max(drawn)))
}

/// Asserts that what 200 seeds draw fills the window from `low` to `high`.
#[track_caller]
pub fn assert_spread(window: (u64, u64), draw: impl Fn(u64) -> u64) {
    let (low, high) = window;
    let (shortest, longest) = spread(draw);
    let margin = (high - low) / 10;
    assert!(low <= shortest && longest <= high, "{shortest} to {longest} leaves {low} to {high}");
    assert!(
        shortest <= low + margin && longest >= high - margin,
        "{shortest} to {longest} of {low} to {high}"
    );
}

pub fn refusal(code: ErrorCode) -> WireError {
    WireError::new(code, "no", false)
}

pub fn bye(code: u16, reconnect_after_ms: Option<u64>) -> ServerFrame<u32> {
    ServerFrame::Bye { code, reason: "bye".into(), reconnect_after_ms }
}

pub fn ping() -> ServerFrame<u32> {
    ServerFrame::Ping { t: None }
}

/// The states in which a peer can end a link with a code.
pub const STATES: [fn(&mut Rig) -> LinkId; 2] = [Rig::greeting, Rig::live];

/// Ends links with `code` in each state, as the peer does.
pub fn ended(code: u16, change: fn(&mut Config), judge: impl Fn(&mut Rig)) {
    for begin in STATES {
        let mut rig = Rig::with(change);
        let link = begin(&mut rig);
        rig.take();
        rig.close(link, code);
        judge(&mut rig);
    }
}

impl Rig {
    /// The link that was asked for last, since the last take.
    #[track_caller]
    pub fn last_open(&self) -> LinkId {
        *self.opens().last().expect("a link was asked for")
    }

    /// Milliseconds until the retry; fails where none is set.
    #[track_caller]
    pub fn retry_in(&self) -> u64 {
        self.status().retry_in_ms.expect("a retry is set")
    }

    #[track_caller]
    pub fn assert_waiting(&self, code: u16) {
        let status = self.status();
        assert_eq!(status.state, State::Connecting);
        assert_eq!(status.reason, Some(Reason { code, retryable: true }));
        assert!(status.retry_in_ms.is_some(), "a retry is set");
    }

    /// Stopped: closed with this reason, and nothing is left that would ever wake it.
    #[track_caller]
    pub fn assert_stopped(&self, code: u16) {
        let status = self.status();
        assert_eq!(status.state, State::Closed);
        assert_eq!(status.transport, None);
        assert_eq!(status.reason, Some(Reason { code, retryable: false }));
        assert_eq!(status.retry_in_ms, None);
        assert_eq!(self.wait, None);
    }

    /// Answers the last token request with a token of this life.
    pub fn give_token_for(&mut self, life_ms: u64) {
        let (request, _) = *self.token_requests().last().expect("a token was asked for");
        let token = Secret(format!("token-{}", request.0));
        self.input(Input::TokenReady { request, token, expires_in_ms: Some(life_ms) });
    }

    /// Answers the last token request: there is none to be had.
    pub fn fail_token(&mut self, retryable: bool) {
        let (request, _) = *self.token_requests().last().expect("a token was asked for");
        self.input(Input::TokenFailed { request, retryable });
    }

    pub fn handshake(&mut self, link: LinkId, status: u16, retry_after_ms: Option<u64>) {
        self.input(Input::HandshakeStatus { link, status, retry_after_ms });
    }

    pub fn open(&mut self, link: LinkId) {
        self.input(Input::Opened { link });
    }

    /// From Waiting to the next link, asked for.
    pub fn reopen(&mut self) -> LinkId {
        self.take();
        self.advance(self.retry_in());
        self.last_open()
    }

    /// From Waiting to Live.
    pub fn relive(&mut self) -> LinkId {
        let link = self.reopen();
        self.open(link);
        self.welcome(link);
        link
    }

    /// From nothing to a live link whose token the server gives this life.
    pub fn live_for(&mut self, life_ms: u64) -> LinkId {
        let link = self.greeting();
        let mut terms = terms(Vec::new());
        terms.topics =
            self.hello(link).topics.iter().map(|topic| crate::rig::fresh(&topic.topic, 0)).collect();
        terms.auth_expires_in_ms = Some(life_ms);
        self.frame(link, ServerFrame::Welcome(Box::new(terms)));
        link
    }

    /// The `ref` and token of the last `rt.auth` on a link.
    #[track_caller]
    pub fn auth(&self, on: LinkId) -> (u64, String) {
        let mut auths = self.sent(on).into_iter().filter_map(|frame| match frame {
            ClientFrame::Auth { reference, token } => Some((reference, token.0)),
            _ => None,
        });
        auths.next_back().expect("rt.auth was sent")
    }

    pub fn pings(&self, on: LinkId) -> usize {
        self.sent(on).iter().filter(|frame| matches!(frame, ClientFrame::Ping { .. })).count()
    }

    /// Answers `rt.auth` on a link.
    pub fn answer_auth(&mut self, on: LinkId, outcome: Result<Option<u64>, WireError>) {
        let (reference, _) = self.auth(on);
        self.answer_reference(on, reference, outcome);
    }

    fn answer_reference(&mut self, on: LinkId, reference: u64, outcome: Result<Option<u64>, WireError>) {
        let auth_expires_in_ms = outcome.as_ref().ok().copied().flatten();
        let outcome = outcome.map(|_| None);
        self.frame(on, ServerFrame::Result { reference, outcome, duplicate: false, auth_expires_in_ms });
    }

    /// As [`Rig::answer_auth`], with nothing but what follows it left among the outputs.
    pub fn take_all_but_auth(&mut self, on: LinkId, outcome: Result<Option<u64>, WireError>) {
        let (reference, _) = self.auth(on);
        self.take();
        self.answer_reference(on, reference, outcome);
    }

    /// Tells a live link that its server goes away in two minutes; the successor may come at once.
    pub fn drain_now(&mut self, link: LinkId) {
        self.frame(
            link,
            ServerFrame::Drain { min_ms: 0, max_ms: 0, deadline_ms: 120_000, reason: "deploy".into() },
        );
    }

    /// From nothing to a draining link and its successor, asked for.
    pub fn handover_opening(&mut self) -> (LinkId, LinkId) {
        let old = self.live();
        self.drain_now(old);
        self.advance(0);
        (old, self.last_open())
    }

    /// … whose successor has been welcomed, without a word on the topics.
    pub fn handover_settling(&mut self) -> (LinkId, LinkId) {
        let (old, new) = self.handover_opening();
        self.open(new);
        self.frame(new, crate::rig::welcome(Vec::new()));
        (old, new)
    }

    /// … whose successor is the primary, while the old link owes the result of one message.
    pub fn handover_retiring(&mut self) -> (LinkId, LinkId) {
        let (old, new) = self.handover_opening();
        self.submit("incident_action");
        self.open(new);
        self.frame(new, crate::rig::welcome(vec![crate::rig::resumed("user", 0)]));
        (old, new)
    }

    /// Milliseconds until the next successor is asked for, while the old link shows life.
    #[track_caller]
    pub fn next_successor(&mut self, old: LinkId) -> u64 {
        self.take();
        let begun = self.millis();
        while self.opens().is_empty() {
            self.advance_to_deadline();
            self.frame(old, ping());
            assert!(self.millis() < begun + 100_000, "no successor is asked for");
        }
        self.millis() - begun
    }
}
