//! The states of a client's regions by their names, for a recording's timeline.

use super::{Activity, Client};
use crate::fallback::{Mode, Polling};
use crate::link::{Attempt, Stage};

impl<P> Client<P> {
    /// The states of Link and Fallback, as PROTOCOL.md names them.
    pub(crate) fn regions(&self) -> (&'static str, &'static str) {
        if matches!(self.activity, Activity::Frozen { .. }) {
            return ("Frozen", "Frozen");
        }
        let link = match (&self.link.attempt, &*self.link.connections) {
            (Attempt::Idle, []) => "Idle",
            (Attempt::Authorizing, []) => "Authorizing",
            (Attempt::Opening(_), []) => "Opening",
            (_, [only]) if only.stage == Stage::Greeting => "Greeting",
            (Attempt::Authorizing, _) => "Handover, authorizing",
            (Attempt::Opening(_), _) => "Handover, opening",
            (_, [_, new]) if new.stage == Stage::Greeting => "Handover, greeting",
            (_, [old, _]) if old.stage == Stage::Retiring => "Handover, retiring",
            (Attempt::Idle, [_, _, ..]) => "Handover, settling",
            (Attempt::Idle, [_]) => "Live",
            (Attempt::Waiting { .. }, _) => "Waiting",
            (Attempt::Stopped, _) => "Stopped",
        };
        let fallback = match (&self.fallback.mode, &self.fallback.exchange) {
            (Mode::Off, None) => "Off",
            (Mode::Off, Some(_)) => "Leaving",
            (Mode::Armed | Mode::Suspended { .. }, _) => "Armed",
            (Mode::Polling(_), Some(_)) => "Polling, in flight",
            (Mode::Polling(Polling { authorizing: true, .. }), None) => "Polling, authorizing",
            (Mode::Polling(_), None) => "Polling, due",
        };
        (link, fallback)
    }
}
