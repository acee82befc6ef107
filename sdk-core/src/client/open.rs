//! From wanting a link to its welcome.

use super::{Client, Streak};
use crate::close::CloseCode;
use crate::codec::outgoing::{self, HelloTerms};
use crate::config::TransportChoice;
use crate::fallback::Mode;
use crate::frame::Welcome;
use crate::io::{Counter, LinkId, OutgoingBytes, Output};
use crate::link::{Attempt, Connection, Stage};
use crate::liveness::Liveness;
use crate::timer::Timer;

/// A link that lived so long ends a streak of failures.
pub(super) const STABLE_MS: u64 = 30_000;

/// The socket's flapping is forgiven after so long.
const FORGIVE_MS: u64 = 300_000;

impl<P> Client<P> {
    /// Begins as the transport choice says, from Idle or Stopped.
    pub(super) fn start(&mut self) {
        self.streak = Streak::default();
        self.tokens.end_streak();
        self.reason = None;
        if self.config.transport == TransportChoice::Polling {
            self.link.attempt = Attempt::Idle;
            self.enter_polling(0);
            return;
        }
        self.arm_fallback();
        self.begin_link();
    }

    /// Opens now, or as soon as there is a token.
    pub(super) fn begin_link(&mut self) {
        self.timers.clear(Timer::Retry);
        if self.tokens.is_fresh(self.now) {
            self.open();
        } else {
            self.link.attempt = Attempt::Authorizing;
            self.need_token();
        }
    }

    pub(super) fn retry_link(&mut self) {
        if matches!(self.link.attempt, Attempt::Waiting { .. }) {
            self.begin_link();
        }
    }

    pub(super) fn open(&mut self) {
        self.counters.link += 1;
        let link = LinkId(self.counters.link);
        self.count(Counter::Opens);
        self.set_timer(Timer::Connect, self.config.connect_timeout_ms);
        self.emit(Output::Open { link });
        self.link.attempt = Attempt::Opening(link);
    }

    pub(super) fn opened(&mut self, link: LinkId) {
        if !self.link.is_opening(link) {
            return;
        }
        fault!(CounterResetOnOpen => self.streak = Streak::default());
        self.streak.never_opened = 0;
        fault!(PingBeforeHello => self.send_text(link, outgoing::bare("ping", None)));
        let connection = self.greet(link);
        self.link.attempt = Attempt::Idle;
        self.link.connections.push(connection);
    }

    /// Says hello.
    fn greet(&mut self, link: LinkId) -> Connection {
        let now = self.now.monotonic;
        let (feed, hello) = (self.next_feed(), self.next_reference());
        let topics = self.hello_topics(feed, hello, 0);
        let (token, generation) = self.tokens.held();
        let terms = HelloTerms {
            token,
            link: feed,
            topics: &topics.text,
            handover: !self.link.connections.is_empty(),
            wait_ms: None,
            results_epoch: None,
        };
        let text = outgoing::hello(&self.config, &terms);
        self.send_text(link, text);
        self.timers.clear(Timer::Connect);
        self.set_timer(Timer::Hello, self.config.hello_timeout_ms);
        Connection {
            id: link,
            stage: Stage::Greeting,
            feed,
            hello,
            results_epoch: "".into(),
            opened_at: now,
            liveness: None,
            token: generation,
            auth: None,
            buffered: 0,
            drain: None,
            advice: None,
        }
    }

    /// The link is proven: the first frame that only a Steadfast server sends has come.
    pub(super) fn welcomed(&mut self, link: LinkId, welcome: &Welcome) {
        if welcome.version != 1 {
            self.close_link(link, CloseCode::VERSION);
            return;
        }
        let now = self.now.monotonic;
        let silence_ms = welcome.heartbeat_ms.saturating_add(self.config.heartbeat_slack_ms);
        let Some(connection) = self.link.connection_mut(link) else { return };
        connection.stage = Stage::Live;
        connection.results_epoch.clone_from(&welcome.results_epoch);
        connection.liveness = Some(Liveness::new(now, silence_ms));
        let (feed, hello, token) = (connection.feed, connection.hello, connection.token);
        self.count(Counter::Welcomes);
        self.timers.clear(Timer::Hello);
        self.tokens.learn_life(token, welcome.auth_expires_in_ms, self.now);
        self.adopt_terms(welcome);
        self.went_live();
        self.plan_liveness();
        self.topic_results(feed, Some(hello), &welcome.topics);
    }

    /// Where a welcomed link is the only one, the clocks that depend on it start.
    pub(super) fn went_live(&mut self) {
        let Some(connection) = self.link.only() else { return };
        self.timers.set(Timer::Stable, connection.opened_at + STABLE_MS);
        self.timers.set(Timer::Forgive, connection.opened_at + FORGIVE_MS);
        self.suspend_fallback_clock();
        self.plan_refresh();
    }

    /// Thirty seconds live: what failed before is over.
    pub(super) fn proved_stable(&mut self) {
        self.streak = Streak::default();
        self.tokens.end_streak();
        self.reason = None;
        if matches!(self.fallback.mode, Mode::Suspended { .. }) {
            self.fallback.mode = Mode::Off;
        }
    }

    /// The socket did not open, or no welcome came.
    pub(super) fn greeting_overdue(&mut self) {
        let late = self.link.trying().filter(|_| !fault!(HelloTimeoutOff));
        if let Some(link) = late {
            self.close_link(link, CloseCode::TIMEOUT);
        }
    }

    pub(super) fn adopt_terms(&mut self, welcome: &Welcome) {
        self.terms.max_frame_bytes = welcome.max_frame_bytes;
        self.terms.poll = welcome.poll;
        self.terms.results_epoch = Some(welcome.results_epoch.clone());
    }

    #[inline(never)]
    pub(super) fn send_text(&mut self, link: LinkId, text: alloc::string::String) {
        self.emit(Output::Send { link, bytes: OutgoingBytes::Text(text) });
    }

    /// Polling takes over unless the link goes live in time.
    pub(super) fn arm_fallback(&mut self) {
        if self.config.transport != TransportChoice::Auto {
            return;
        }
        let left = match self.fallback.mode {
            // The exchange under way carries on, so that nobody waits for a clock beside it.
            Mode::Off if self.fallback.exchange.is_some() => return self.enter_polling(0),
            // Those who lose their server in one moment do not all poll in the next.
            Mode::Off => {
                self.random.between(self.config.fallback_after_ms / 2, self.config.fallback_after_ms)
            }
            Mode::Suspended { remaining_ms } => remaining_ms,
            Mode::Armed | Mode::Polling(_) => return,
        };
        self.fallback.mode = Mode::Armed;
        self.set_timer(Timer::Fallback, left);
    }

    fn suspend_fallback_clock(&mut self) {
        if let (Mode::Armed, Some(deadline)) = (&self.fallback.mode, self.timers.get(Timer::Fallback)) {
            // What a server's word added (row F36) is over with the welcome.
            let remaining_ms = deadline.since(self.now.monotonic).min(self.config.fallback_after_ms);
            self.fallback.mode = Mode::Suspended { remaining_ms };
        }
        self.timers.clear(Timer::Fallback);
    }
}
