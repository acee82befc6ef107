//! 12. Proxies that accept and stay silent, or accept and kill, end in polling within three links or `fallback_after`.

use steadfast_core::LinkId;

use crate::verdict::{Check, Verdict};

const STABLE_MS: u64 = 30_000;

/// While polling, the longest pause between two exchanges: a long poll that nobody answers, and a failure's pause.
const LONGEST_PAUSE_MS: u64 = 35_000 + 30_000 + 1_000;

/// Whom a server sends away, his fallback's clock begins within this.
const SENT_AWAY_MS: u64 = 30_000;

/// What it tells later in the streak is kept once more for so long.
const TOLD_MS: u64 = 30_000;

#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Links in a row that ended soon.
    brief: u32,
    /// A link that was opened after three of these.
    opened: Option<LinkId>,
    last_exchange_at: Option<u64>,
    /// Since when there is no live link, though tokens were to be had and polling was allowed.
    down_since: Option<u64>,
    /// The server has sent it away since there was a live link (row F36).
    sent_away: bool,
    /// A token was waited for since there was a live link, or the machine slept: polls may have failed.
    disturbed: bool,
}

impl Watch {
    /// `died`: its peer ended it, or never said a word.
    pub(crate) fn ended(&mut self, opened_at: Option<u64>, died: bool, excused: bool, now: u64) {
        let lived = opened_at.map_or(0, |at| now - at);
        if lived >= STABLE_MS {
            self.brief = 0;
        } else if opened_at.is_some() && died && !excused {
            self.brief += 1;
        }
    }

    /// A link ended, with this code and advice.
    pub(crate) fn sent_away(&mut self, code: u16, advice: Option<u64>) {
        self.sent_away |= advice.is_some() || matches!(code, 1012 | 1013 | 4503);
    }

    pub(crate) fn begins(&mut self) {
        self.brief = 0;
        self.down_since = None;
    }

    /// The machine has slept.
    pub(crate) fn wakes(&mut self) {
        self.down_since = None;
        self.disturbed = true;
    }

    pub(crate) fn exchanges(&mut self, now: u64) {
        self.last_exchange_at = Some(now);
    }

    /// The machine has done what was due. `down`: it has no live link, and may poll.
    pub(crate) fn settled(
        &mut self,
        down: bool,
        tokens: bool,
        fallback_after_ms: u64,
        now: u64,
        verdict: &mut Verdict,
    ) {
        self.disturbed = down && (self.disturbed || !tokens);
        let polls = self.last_exchange_at.is_some_and(|at| now <= at + LONGEST_PAUSE_MS);
        if let Some(link) = self.opened.take() {
            let brief = self.brief;
            verdict.expect(Check::Proxies, polls || self.disturbed, || {
                format!("{link:?} is opened after {brief} that died young, and nothing is polled")
            });
        }
        self.sent_away &= down;
        if !down || !tokens {
            self.down_since = None;
            return;
        }
        let since = *self.down_since.get_or_insert(now);
        let held = if self.sent_away { SENT_AWAY_MS + TOLD_MS } else { 0 };
        let most = fallback_after_ms + held + if self.disturbed { LONGEST_PAUSE_MS } else { 0 };
        verdict.expect(Check::Proxies, polls || now <= since + most, || {
            format!("without a live link since {since}, and at {now} nothing is polled")
        });
    }

    /// A link is opened, and there is no other.
    pub(crate) fn opens(&mut self, link: LinkId) {
        self.opened = Some(link).filter(|_| self.brief >= 3);
    }
}
