//! What all parts of the world report to: the truth, the verdict, and the trace.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use steadfast_core::AckState;
use steadfast_server::{Answer, Draft};

use crate::handlers::Handlers;
use crate::oracle::{Oracle, Retention};
use crate::tokens::Tokens;
use crate::verdict::Verdict;

/// The truth, the verdict, and the trace.
#[derive(Debug)]
pub(crate) struct Court {
    pub(crate) oracle: Oracle,
    pub(crate) verdict: Verdict,
    pub(crate) tokens: Tokens,
    pub(crate) retention: Retention,
    pub(crate) deletions_ms: u64,
    /// Whose client has told which event to be received.
    pub(crate) received: BTreeSet<(usize, String)>,
    pub(crate) handlers: Handlers,
    /// How long the broker takes to answer sessions on WebSockets.
    pub(crate) broker_takes_ms: u64,
    trace: Option<String>,
}

impl Court {
    pub(crate) fn new(retention: Retention, deletions_ms: u64, traced: bool) -> Self {
        Self {
            oracle: Oracle::default(),
            verdict: Verdict::default(),
            tokens: Tokens::default(),
            retention,
            deletions_ms,
            received: BTreeSet::new(),
            handlers: Handlers::default(),
            broker_takes_ms: 0,
            trace: traced.then(String::new),
        }
    }

    /// A line for people, where somebody reads.
    pub(crate) fn trace(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let _ = writeln!(trace, "{:>9} {}", self.verdict.now(), line());
        }
    }

    pub(crate) fn take_trace(&mut self) -> String {
        self.trace.take().unwrap_or_default()
    }

    /// The broker begins, or begins anew with nothing.
    pub(crate) fn broker_begins(&mut self, epoch: &str) {
        self.oracle.broker_begins(epoch);
        self.handlers.begin();
    }

    /// What a broker answered to a session.
    pub(crate) fn broker_answered(&mut self, draft: Option<&Draft>, answer: &Answer) {
        match answer {
            Answer::Appended { outcome: Ok(appended), duplicate: false, .. } => {
                if let Some(draft) = draft {
                    self.oracle.accepted(draft, appended, &mut self.verdict);
                }
            }
            Answer::Acknowledged { accepted, state: AckState::Acknowledged, .. } => {
                accepted.iter().for_each(|id| self.oracle.acknowledged(id));
            }
            _ => {}
        }
    }
}
