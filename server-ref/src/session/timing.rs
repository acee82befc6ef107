//! Deadlines: of the hello, the heartbeat, the token, the drain and the takeover.

use steadfast_core::{CloseCode, Instant, Now, ServerFrame};

use super::{Context, Note, Phase, Session};
use crate::hub::{Marks, Order};

/// How long before the end of its token's life a link is told, at most; of a short life, the last five eighths.
const AUTH_WARNING_MS: u64 = 25_000;

/// How long a link goes on after its successor's hello.
const SUCCEEDED_MS: u64 = 60_000;

/// How long a peer may take nothing while there is something to write.
const WRITE_STALL_MS: u64 = 30_000;

/// Later than any time that comes.
const NEVER: Instant = Instant::from_millis(u64::MAX);

#[derive(Debug)]
pub(super) struct Timing {
    /// When the peer was last known to live: a byte came in, or a full socket took more.
    alive_at: Instant,
    heartbeat_ms: u64,
    /// Before the welcome: when the hello must be there. After it: when the next ping is due.
    next: Instant,
    /// Since when the peer has taken nothing though there is something to write.
    blocked_at: Option<Instant>,
    token: Token,
    /// When the link is closed whatever happens, by the drain or its successor.
    last: Instant,
    last_is_drain: bool,
}

#[derive(Debug, Clone, Copy)]
enum Token {
    None,
    /// The client is told of the end when it comes near.
    Valid {
        until: Instant,
        early_ms: u32,
    },
    /// The client has been told.
    Ending {
        until: Instant,
    },
}

impl Timing {
    pub(super) fn greeting(context: &Context, now: Instant) -> Self {
        Self {
            alive_at: now,
            heartbeat_ms: context.heartbeat.interval_ms,
            next: now + context.limits.hello_timeout_ms,
            blocked_at: None,
            token: Token::None,
            last: NEVER,
            last_is_drain: false,
        }
    }

    pub(super) fn greeted(&mut self, heartbeat_ms: u64, now: Instant) {
        self.heartbeat_ms = heartbeat_ms;
        self.next = now + heartbeat_ms;
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.alive_at = now;
    }

    pub(super) fn token_valid_for(&mut self, life_ms: u64, now: Instant) {
        let early_ms = AUTH_WARNING_MS.min(life_ms / 8 * 5) as u32;
        self.token = Token::Valid { until: now + life_ms, early_ms };
    }

    fn ends_at(&mut self, at: Instant, drain: bool) {
        if at < self.last {
            self.last = at;
            self.last_is_drain = drain;
        }
    }

    fn token_deadline(&self) -> Instant {
        match self.token {
            Token::None => NEVER,
            Token::Valid { until, early_ms } => warning(until, early_ms),
            Token::Ending { until } => until,
        }
    }

    fn silence_deadline(&self, slack_ms: u64) -> Instant {
        self.alive_at + 2 * self.heartbeat_ms + slack_ms
    }
}

impl Session {
    /// When [`Session::handle_tick`] is wanted at the latest. Earlier and repeated ticks are harmless.
    pub fn deadline(&self) -> Instant {
        let timing = &self.timing;
        let blocked = timing.blocked_at.map_or(NEVER, |at| at + WRITE_STALL_MS);
        match &self.phase {
            Phase::Greeting(_) => timing.next.min(blocked),
            Phase::Live(live) => {
                let unresolved = live.answering.iter().map(|answering| answering.until);
                let welcome = live.welcoming.as_ref().map(|welcoming| welcoming.answering.until);
                let stores = unresolved.chain(welcome).chain(self.reader.deadline());
                if self.is_exchange() {
                    // It has no heartbeat, and ends before its token and the drain do.
                    return stores.min().unwrap_or(NEVER);
                }
                stores
                    .chain([timing.next, blocked, timing.last, timing.token_deadline()])
                    .chain([timing.silence_deadline(self.context.heartbeat.slack_ms)])
                    .min()
                    .unwrap_or(NEVER)
            }
            Phase::Ended(..) => NEVER,
        }
    }

    /// Time has passed.
    pub fn handle_tick(&mut self, now: Now) {
        let at = now.monotonic;
        if self.timing.blocked_at.is_some_and(|since| at.since(since) >= WRITE_STALL_MS) {
            self.end(CloseCode::SLOW_CONSUMER, "nothing was taken for 30 s", None);
            return;
        }
        self.reader.tick(at);
        match &self.phase {
            Phase::Greeting(_) if at >= self.timing.next => {
                self.end(CloseCode::TIMEOUT, "no rt.hello came in time", None);
            }
            Phase::Live(_) => self.tick_live(now),
            Phase::Greeting(_) | Phase::Ended(..) => {}
        }
    }

    /// The transport takes no more for now.
    pub fn handle_blocked(&mut self, now: Now) {
        self.timing.blocked_at.get_or_insert(now.monotonic);
    }

    /// A transport that took nothing has taken some, or all.
    pub fn handle_write_progress(&mut self, all: bool, now: Now) {
        if self.timing.blocked_at.is_some() {
            // Only now is it a sign of life: what a socket takes without delay has only reached the kernel.
            self.timing.alive_at = now.monotonic;
            self.timing.blocked_at = (!all).then_some(now.monotonic);
            if all && self.reader.has_more() {
                self.note(Note::Rewound);
            }
        }
    }

    pub(super) fn handle_orders(&mut self, marks: Marks, now: Now) {
        if marks.has(Order::Tick) {
            self.handle_tick(now);
        }
        if marks.has(Order::Replaced) {
            self.end(CloseCode::REPLACED, "a newer link of this client took over", None);
        }
        if marks.has(Order::Succeeded) {
            self.timing.ends_at(now.monotonic + SUCCEEDED_MS, false);
        }
        if marks.has(Order::Drain) {
            self.handle_drain(now);
        }
        if marks.has(Order::Stop) {
            self.end(1012, "the server restarts", None);
        }
    }

    fn handle_drain(&mut self, now: Now) {
        let Some(deadline) = self.context.drain_deadline() else {
            return;
        };
        if !matches!(self.phase, Phase::Live(_)) || self.is_exchange() {
            return;
        }
        self.timing.ends_at(deadline, true);
        let drain = &self.context.drain;
        let frame = ServerFrame::Drain {
            min_ms: drain.reconnect_min_ms,
            max_ms: drain.reconnect_max_ms,
            deadline_ms: deadline.since(now.monotonic),
            reason: "the server restarts".to_owned(),
        };
        self.send(&frame);
    }

    fn tick_live(&mut self, now: Now) {
        let at = now.monotonic;
        if self.is_exchange() {
            self.unresolved_topics(now);
            return;
        }
        if at >= self.timing.last {
            match self.timing.last_is_drain {
                true => self.end(CloseCode::DRAINING, "the server restarts", None),
                false => self.end(CloseCode::REPLACED, "a newer link of this client took over", None),
            }
            return;
        }
        if at >= self.timing.silence_deadline(self.context.heartbeat.slack_ms) {
            self.end(CloseCode::TIMEOUT, "nothing was heard", None);
            return;
        }
        match self.timing.token {
            Token::Valid { until, .. } | Token::Ending { until } if at >= until => {
                self.end(CloseCode::UNAUTHORIZED, "the token has expired", None);
                return;
            }
            Token::Valid { until, early_ms } if at >= warning(until, early_ms) => {
                self.timing.token = Token::Ending { until };
                let reason = "the token expires soon; send rt.auth with a new one".to_owned();
                self.send(&ServerFrame::AuthRequired { within_ms: until.since(at), reason });
            }
            Token::None | Token::Valid { .. } | Token::Ending { .. } => {}
        }
        if at >= self.timing.next {
            self.timing.next = at + self.timing.heartbeat_ms;
            // One ping waiting to be written is enough.
            if self.timing.blocked_at.is_none() {
                self.send(&ServerFrame::Ping { t: Some(at.as_millis()) });
            }
        }
        self.unresolved_topics(now);
    }
}

fn warning(token_ends: Instant, early_ms: u32) -> Instant {
    Instant::from_millis(token_ends.as_millis().saturating_sub(early_ms.into()))
}
