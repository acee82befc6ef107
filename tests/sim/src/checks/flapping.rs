//! 13. Under a proxy that kills each link after 1 s, the fallback changes state at most 20 times in 10 min.

use std::collections::VecDeque;

use steadfast_core::Transport;

use crate::verdict::{Check, Verdict};

const WINDOW_MS: u64 = 600_000;
const MOST: usize = 20;

#[derive(Debug, Default)]
pub(crate) struct Watch {
    transport: Option<Transport>,
    changes: VecDeque<u64>,
}

impl Watch {
    /// The application connects anew after the client had stopped: what it counts begins anew.
    pub(crate) fn begins(&mut self) {
        self.changes.clear();
    }

    /// The status was told; `only_killed`: nothing but such a proxy stands in the way.
    pub(crate) fn status(
        &mut self,
        transport: Option<Transport>,
        only_killed: bool,
        now: u64,
        verdict: &mut Verdict,
    ) {
        let changed = transport.is_some() && transport != self.transport;
        if !changed {
            return;
        }
        self.transport = transport;
        self.changes.push_back(now);
        while self.changes.front().is_some_and(|at| at + WINDOW_MS < now) {
            self.changes.pop_front();
        }
        let changes = self.changes.len();
        verdict.expect(Check::Flapping, !only_killed || changes <= MOST, || {
            format!("the transport changed {changes} times in ten minutes")
        });
    }
}
