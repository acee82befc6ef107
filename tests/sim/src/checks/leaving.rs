//! 12. Polling that works goes on until a live link has answered for every topic.

use std::collections::BTreeMap;

use steadfast_core::json::decode_client;
use steadfast_core::{ClientFrame, LinkId};

use crate::verdict::{Check, Verdict};

/// What of one device's way back from polling is seen from outside.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// By link and topic, the newest request that the server has not answered there.
    questions: BTreeMap<LinkId, BTreeMap<String, u64>>,
    /// It has polled since a live link last owed nothing.
    polls: bool,
    /// When the last exchange ended; `None` where that was no success, or a token has been waited for since.
    answered_at: Option<u64>,
    /// The pause that the server asks for.
    interval_ms: u64,
}

impl Watch {
    pub(crate) fn begins(&mut self) {
        self.polls = false;
        self.answered_at = None;
    }

    /// The client sends a text on a link.
    pub(crate) fn sent(&mut self, link: LinkId, text: &str) {
        if !text.starts_with("{\"type\":\"subscribe\"") && !text.starts_with("{\"type\":\"unsubscribe\"") {
            return;
        }
        let questions = self.questions.entry(link).or_default();
        for frame in decode_client(text, 1_024).into_iter().flatten() {
            match frame {
                ClientFrame::Subscribe { reference, topics } => {
                    questions.extend(topics.into_iter().map(|request| (request.topic, reference)));
                }
                ClientFrame::Unsubscribe { topics, .. } => {
                    questions.retain(|topic, _| !topics.contains(topic));
                }
                _ => {}
            }
        }
    }

    /// A request was answered on a link.
    pub(crate) fn answered(&mut self, link: LinkId, reference: u64) {
        if let Some(questions) = self.questions.get_mut(&link) {
            questions.retain(|_, asked| *asked != reference);
        }
    }

    pub(crate) fn told(&mut self, interval_ms: u64) {
        self.interval_ms = interval_ms;
    }

    pub(crate) fn exchanges(&mut self) {
        self.polls = true;
    }

    pub(crate) fn exchange_ended(&mut self, well: bool, now: u64) {
        self.answered_at = well.then_some(now);
    }

    /// The machine has done what was due. `live`: its welcomed links; `under_way`: an exchange is.
    pub(crate) fn settled(
        &mut self,
        live: &[LinkId],
        under_way: bool,
        tokens: bool,
        now: u64,
        verdict: &mut Verdict,
    ) {
        self.questions.retain(|link, _| live.contains(link));
        self.answered_at = self.answered_at.filter(|_| tokens);
        let owes = |link: &LinkId| self.questions.get(link).is_some_and(|questions| !questions.is_empty());
        if !live.iter().all(owes) {
            self.polls = false;
        }
        let (Some(at), [_, ..], true, false) = (self.answered_at, live, self.polls, under_way) else {
            return;
        };
        let most = self.interval_ms * 11 / 10 + 1;
        verdict.expect(Check::Proxies, now <= at + most, || {
            format!("polling worked until {at} and was left with {:?} unanswered", self.questions)
        });
    }
}
