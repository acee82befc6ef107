//! 11. A dead link is noticed within heartbeat + slack, plus lateness, plus the probe where it woke.

use steadfast_core::LinkId;

use super::connections::Link;
use crate::verdict::{Check, Verdict};

const CONNECT_MS: u64 = 10_000;
const HELLO_MS: u64 = 5_000;
const SLACK_MS: u64 = 10_000;
const PROBE_MS: u64 = 3_000;

/// The machine has done what was due at `now`: what is dead must be gone.
pub(crate) fn settled(id: LinkId, link: &mut Link, now: u64, verdict: &mut Verdict) {
    let dead = match (link.opened_at, link.welcomed) {
        (None, _) => now >= link.asked_at + CONNECT_MS,
        (Some(opened_at), None) => now >= opened_at + HELLO_MS,
        (Some(_), Some(heartbeat_ms)) => {
            let silent = now >= link.last_inbound + heartbeat_ms + SLACK_MS;
            if !silent {
                link.overdue_since = None;
            }
            silent && now >= *link.overdue_since.get_or_insert(now) + PROBE_MS
        }
    };
    verdict.expect(Check::Liveness, !dead, || format!("{id:?} is dead and kept: {link:?}"));
}
