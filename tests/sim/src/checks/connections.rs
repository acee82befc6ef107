//! 4. At most one link lives, two only in a handover; at most one exchange is under way. A draining link is left for its successor.

use std::collections::BTreeMap;

use steadfast_core::{CloseCode, ExchangeId, LinkId};

use crate::verdict::{Check, Verdict};

/// The connections that the client counts on.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) links: BTreeMap<LinkId, Link>,
    pub(crate) exchange: Option<ExchangeId>,
    /// A draining link that was closed while it had time and no other was welcomed.
    left_early: Option<LinkId>,
}

/// One link, as its driver sees it. Times are by the device's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) asked_at: u64,
    pub(crate) opened_at: Option<u64>,
    /// With the heartbeat that the welcome named.
    pub(crate) welcomed: Option<u64>,
    pub(crate) said_hello: bool,
    /// The pod is going away, and will have gone by then.
    pub(crate) drains_until: Option<u64>,
    pub(crate) last_inbound: u64,
    /// Since when it has been silent for too long.
    pub(crate) overdue_since: Option<u64>,
    /// `rt.bye` said so.
    pub(crate) bye: Option<(u16, Option<u64>)>,
}

impl Watch {
    pub(crate) fn opens(&mut self, link: LinkId, now: u64, verdict: &mut Verdict) {
        let others: Vec<&Link> = self.links.values().collect();
        let may = match others.as_slice() {
            [] => true,
            [only] => only.drains(),
            _ => false,
        };
        verdict.expect(Check::Connections, may, || format!("{link:?} is opened beside {others:?}"));
        let new = Link {
            asked_at: now,
            opened_at: None,
            welcomed: None,
            said_hello: false,
            drains_until: None,
            last_inbound: now,
            overdue_since: None,
            bye: None,
        };
        self.links.insert(link, new);
    }

    /// The client closes a link, which is no longer one of those that it counts on.
    pub(crate) fn closes(&mut self, id: LinkId, link: &Link, code: u16, now: u64) {
        let had_time = link.bye.is_none() && link.drains_until.is_some_and(|until| now < until);
        let alone = self.links.values().all(|other| other.welcomed.is_none());
        if had_time && alone && code == CloseCode::NORMAL {
            self.left_early = Some(id);
        }
    }

    /// The machine has done what was due. `tries`: there is to be a connection.
    pub(crate) fn settled(&mut self, tries: bool, verdict: &mut Verdict) {
        if let Some(link) = self.left_early.take() {
            verdict.expect(Check::Connections, !tries, || {
                format!("{link:?} drains and is closed before its successor is welcomed")
            });
        }
    }

    pub(crate) fn exchanges(&mut self, exchange: ExchangeId, verdict: &mut Verdict) {
        let under_way = self.exchange.replace(exchange);
        verdict.expect(Check::Connections, under_way.is_none(), || {
            format!("{exchange:?} is begun while {under_way:?} is under way")
        });
    }

    /// An exchange is over; false where it was not the one under way.
    pub(crate) fn exchange_ends(&mut self, exchange: ExchangeId) -> bool {
        self.exchange.take_if(|under_way| *under_way == exchange).is_some()
    }
}

impl Link {
    /// Whether its pod is going away.
    pub(crate) fn drains(&self) -> bool {
        self.drains_until.is_some()
    }
}
