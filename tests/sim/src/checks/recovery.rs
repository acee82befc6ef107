//! 10. If a path works for long enough, the client is connected within that time.

use steadfast_core::{State, TransportChoice};

use crate::setup::DeviceSetup;
use crate::verdict::{Check, Verdict};

/// The longest advice and the backoff's cap above it, connect and hello; a token request that nobody answered before; and the way.
const ENOUGH_MS: u64 = 8_000 + 30_000 + 10_000 + 5_000 + 35_000 + 3_000;

/// Where attempts were used up: the slowest pace.
const EXHAUSTED_MS: u64 = 360_000;

#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Something stands in the way until then, in the world's time.
    hindered_until: u64,
    /// Since when the application has wanted a connection.
    wanted_since: u64,
    /// When there last was one.
    connected_at: u64,
}

impl Watch {
    pub(crate) fn hindered(&mut self, until: u64) {
        self.hindered_until = self.hindered_until.max(until);
    }

    pub(crate) fn wanted(&mut self, now: u64) {
        self.wanted_since = now;
    }

    /// How long nothing has stood in the way.
    pub(crate) fn free_for(&self, now: u64) -> u64 {
        now.saturating_sub(self.hindered_until.max(self.wanted_since))
    }

    pub(crate) fn passes(&mut self, setup: &DeviceSetup, wants: bool, state: State, verdict: &mut Verdict) {
        let slow = setup.max_reconnect_attempts.is_some() && setup.transport == TransportChoice::WebSocket;
        let enough = ENOUGH_MS + if slow { EXHAUSTED_MS } else { 0 };
        let now = verdict.now();
        if !wants || state == State::Connected {
            self.connected_at = now;
        }
        let free_for = self.free_for(now).min(now - self.connected_at);
        verdict.expect(Check::Recovery, free_for < enough, || {
            format!("for {free_for} ms nothing stood in the way, and it is {state:?}")
        });
    }
}
