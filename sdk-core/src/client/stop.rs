//! Ending: stopping for good, disconnecting, freezing.

use super::{Activity, Client};
use crate::close::CloseCode;
use crate::codec::outgoing;
use crate::fallback::Mode;
use crate::io::{Output, Reason};
use crate::link::{Attempt, Connection};
use crate::timer::Timer;

/// What runs only while there is a link. A token request outlives its link, and so does its timer.
pub(super) const LINK_TIMERS: [Timer; 9] = [
    Timer::Connect,
    Timer::Hello,
    Timer::Stable,
    Timer::Forgive,
    Timer::Retry,
    Timer::Drain,
    Timer::Handover,
    Timer::TokenRefresh,
    Timer::Receipts,
];

impl<P> Client<P> {
    /// For good, until `connect`: a terminal code, or nothing more to try.
    pub(super) fn stop(&mut self, code: u16) {
        self.reason = Some(Reason { code, retryable: false });
        self.end_all(false);
        self.link.attempt = Attempt::Stopped;
    }

    /// As the application asked.
    pub(super) fn end_by_request(&mut self) {
        self.end_all(true);
        self.link.attempt = Attempt::Idle;
        self.reason = None;
    }

    pub(super) fn freeze(&mut self) {
        if self.activity != Activity::Awake {
            return;
        }
        let idle = self.link.is_idle() && self.fallback.is_off();
        let resume = !idle && !matches!(self.link.attempt, Attempt::Stopped);
        if resume {
            self.end_all(false);
            self.link.attempt = Attempt::Idle;
        }
        self.timers.clear_all();
        fault!(OpensWhileFrozen => self.begin_link());
        self.activity = Activity::Frozen { resume };
    }

    pub(super) fn thaw(&mut self) {
        let Activity::Frozen { resume } = self.activity else { return };
        self.activity = Activity::Awake;
        self.expire_messages();
        if resume {
            self.start();
        }
    }

    /// Closes every link, gives up the exchange, forgets their feeds. What the outbox holds stays there.
    fn end_all(&mut self, polite: bool) {
        let code = CloseCode::NORMAL;
        while !self.link.connections.is_empty() {
            let Connection { id: link, feed, .. } = self.link.connections.remove(0);
            if polite {
                self.send_text(link, outgoing::bare("rt.bye", None));
            }
            self.emit(Output::Close { link, code });
            self.forget_feed(feed);
        }
        if let Attempt::Opening(link) = self.link.attempt {
            self.emit(Output::Close { link, code });
        }
        self.abort_exchange();
        self.fallback.mode = Mode::Off;
        self.socket_probe.left_polling_at = None;
        self.tokens.abandon_request();
        self.topics.no_longer_live();
        self.timers.clear_all();
    }
}
