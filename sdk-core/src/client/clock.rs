//! Time: wakes, due timers, probes.

use super::{Activity, Client};
use crate::close::CloseCode;
use crate::io::{Counter, Input, LinkId, Output};
use crate::link::Attempt;
use crate::time::{Instant, Now};
use crate::timer::Timer;

/// A timer so late, or a wall clock that ran so far ahead, means that the machine slept.
const WAKE_MS: u64 = 5_000;

/// A hint that the network may be back spreads the retries over this.
const PULL_MS: u64 = 1_000;

impl<P> Client<P> {
    /// Moves the clocks, then does what is due. An inbound frame proves life first: it may have waited behind a late timer.
    pub(super) fn observe(&mut self, now: Now, input: &Input<P>) {
        let woke = self.advance(now);
        if let Input::Frame { link, .. } | Input::BadFrame { link } = input {
            let at = self.now.monotonic;
            if let Some(liveness) = self.link.connection_mut(*link).and_then(|link| link.liveness.as_mut()) {
                liveness.inbound(at);
            }
        }
        if woke {
            self.unsettled = true;
            self.probe_all();
            self.pull_forward();
        }
        self.run_due_timers();
    }

    /// As [`Client::observe`], for commands.
    pub(super) fn observe_command(&mut self, now: Now) {
        if self.advance(now) {
            self.probe_all();
            self.pull_forward();
        }
        self.run_due_timers();
        self.unsettled = true;
    }

    /// Sets a timer to run out after so long.
    #[inline(never)]
    pub(super) fn set_timer(&mut self, timer: Timer, after_ms: u64) {
        self.timers.set(timer, self.now.monotonic + after_ms);
    }

    /// Pings every connection that is not being probed already.
    pub(super) fn probe_all(&mut self) {
        for place in 0..self.link.connections.len() {
            let Some(connection) = self.link.connections.get_mut(place) else { continue };
            let link = connection.id;
            if connection.liveness.as_mut().is_some_and(|liveness| liveness.probe(self.now.monotonic)) {
                self.count(Counter::Probes);
                self.send_text(link, crate::codec::outgoing::bare("ping", None));
            }
        }
        self.plan_liveness();
    }

    /// Brings a pending retry, of the socket or of a failed poll, to within a second; advice is still kept.
    pub(super) fn pull_forward(&mut self) {
        let soon = self.now.monotonic + self.random.between(crate::backoff::FLOOR_MS, PULL_MS);
        if let Attempt::Waiting { earliest } = self.link.attempt {
            self.timers.hasten(Timer::Retry, soon.max(earliest));
        }
        if let Some(polling) = self.fallback.polling_mut().filter(|polling| polling.failures > 0) {
            self.timers.hasten(Timer::Poll, soon.max(polling.earliest));
        }
    }

    pub(super) fn plan_liveness(&mut self) {
        let (deadline, _) = self.link.first_to_die();
        self.timers.set(Timer::Liveness, if fault!(LivenessOff) { Instant::NEVER } else { deadline });
    }

    /// True where the machine slept in between.
    fn advance(&mut self, now: Now) -> bool {
        let monotonic = now.monotonic.max(self.now.monotonic);
        let elapsed = monotonic.since(self.now.monotonic);
        let wall_elapsed = now.wall_millis.saturating_sub(self.now.wall_millis);
        let late = self.timers.next().is_some_and(|deadline| monotonic.since(deadline) > WAKE_MS);
        self.now = Now { monotonic, wall_millis: now.wall_millis };
        let awake = self.activity == Activity::Awake;
        awake && (late || wall_elapsed.saturating_sub(elapsed) > WAKE_MS)
    }

    fn run_due_timers(&mut self) {
        while let Some(timer) = self.timers.take_due(self.now.monotonic) {
            self.unsettled = true;
            self.run_timer(timer);
        }
    }

    fn run_timer(&mut self, timer: Timer) {
        match timer {
            Timer::Authorize => self.token_overdue(),
            Timer::Connect | Timer::Hello => self.greeting_overdue(),
            Timer::Liveness => self.close_dead(),
            Timer::Stable => self.proved_stable(),
            Timer::Retry => self.retry_link(),
            Timer::Fallback => self.enter_polling(0),
            Timer::Poll => self.poll_due(),
            Timer::Exchange => self.exchange_overdue(),
            Timer::Answer => self.answer_overdue(),
            Timer::MessageLife => self.expire_messages(),
            Timer::Receipts => self.send_receipts(),
            Timer::Drain => self.open_successor(),
            Timer::Handover => self.end_handover(),
            Timer::TokenRefresh => self.refresh_token(),
            Timer::Forgive => self.socket_probe.interval_ms = crate::fallback::PROBE_INTERVAL_MS,
            Timer::TopicRetry => {
                self.topics.retry_due(self.now.monotonic);
                self.topics_changed = true;
            }
        }
    }

    fn close_dead(&mut self) {
        let (at, link) = self.link.first_to_die();
        if at <= self.now.monotonic {
            self.close_link(link, CloseCode::TIMEOUT);
        }
        self.plan_liveness();
    }

    /// Closes a link of ours for a cause of ours and goes on from there.
    pub(super) fn close_link(&mut self, link: LinkId, code: u16) {
        self.emit(Output::Close { link, code });
        self.link_lost(link, code, None, super::lost::End::Ours);
    }
}
