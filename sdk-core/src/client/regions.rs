//! The states of a client's regions by their names, for a recording's timeline.

use super::{Activity, Client};
use crate::fallback::{Fallback, Phase};
use crate::link::{Link, Successor};

impl<P> Client<P> {
    /// The states of Link and Fallback, as PROTOCOL.md names them.
    pub(crate) fn regions(&self) -> (&'static str, &'static str) {
        if matches!(self.activity, Activity::Frozen { .. }) {
            return ("Frozen", "Frozen");
        }
        let link = match &self.link {
            Link::Idle => "Idle",
            Link::Authorizing => "Authorizing",
            Link::Opening(_) => "Opening",
            Link::Greeting(_) => "Greeting",
            Link::Live(_) => "Live",
            Link::Handover { new: Successor::Authorizing, .. } => "Handover, authorizing",
            Link::Handover { new: Successor::Opening(_), .. } => "Handover, opening",
            Link::Handover { new: Successor::Greeting(_), .. } => "Handover, greeting",
            Link::Handover { new: Successor::Settling(_), .. } => "Handover, settling",
            Link::Handover { new: Successor::Primary(_), .. } => "Handover, retiring",
            Link::Waiting { .. } => "Waiting",
            Link::Stopped => "Stopped",
        };
        let fallback = match &self.fallback {
            Fallback::Off => "Off",
            Fallback::Armed(_) => "Armed",
            Fallback::Polling(polling) => match polling.phase {
                Phase::Due => "Polling, due",
                Phase::Authorizing => "Polling, authorizing",
                Phase::InFlight(_) => "Polling, in flight",
            },
            Fallback::Leaving(_) => "Leaving",
        };
        (link, fallback)
    }
}
