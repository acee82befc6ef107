//! Polling's life (PROTOCOL.md, Fallback).

use crate::io::ExchangeId;
use crate::time::Instant;
use crate::token::TokenGeneration;

/// The slow probe of the socket while polling works, and the most it is doubled to.
pub(crate) const PROBE_INTERVAL_MS: u64 = 30_000;
pub(crate) const PROBE_INTERVAL_CAP_MS: u64 = 300_000;

/// What carries a client without a link, and the exchange under way.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Fallback {
    pub(crate) mode: Mode,
    /// Where that is off, the link has taken over, and this one may still answer.
    pub(crate) exchange: Option<Exchange>,
}

/// The states of the fallback.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Mode {
    /// Not needed, or not allowed.
    Off,
    /// Polling begins when the clock runs out: the fallback timer holds the deadline.
    Armed,
    /// The link is live, but not yet stable: the clock stands.
    Suspended {
        /// What is left, in milliseconds.
        remaining_ms: u64,
    },
    /// Polls carry the client.
    Polling(Polling),
}

/// Polling under way. Without an exchange it waits for a token or for the poll timer.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Polling {
    /// It waits for a token.
    pub(crate) authorizing: bool,
    /// Failed exchanges in a row.
    pub(crate) failures: u32,
    /// Since when every exchange has been answered; `None` before the first.
    pub(crate) proven_since: Option<Instant>,
    /// No hint of the network or the screen makes it poll sooner.
    pub(crate) earliest: Instant,
}

/// One exchange under way.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Exchange {
    pub(crate) id: ExchangeId,
    /// Numbers the feeds of a client in the order of their hellos.
    pub(crate) feed: u32,
    /// The request that its hello was.
    pub(crate) hello: u64,
    pub(crate) token: TokenGeneration,
    pub(crate) begun_at: Instant,
    /// The server may keep it waiting for an event.
    pub(crate) long: bool,
    /// Something came up that the next exchange must carry at once.
    pub(crate) hurry: bool,
}

impl Fallback {
    pub(crate) fn new() -> Self {
        Self { mode: Mode::Off, exchange: None }
    }

    pub(crate) fn is_off(&self) -> bool {
        matches!(self.mode, Mode::Off) && self.exchange.is_none()
    }

    pub(crate) fn is_polling(&self) -> bool {
        matches!(self.mode, Mode::Polling(_))
    }

    pub(crate) fn is_authorizing(&self) -> bool {
        matches!(self.mode, Mode::Polling(Polling { authorizing: true, .. }))
    }

    /// Polling, with its last exchange answered.
    pub(crate) fn is_proven(&self) -> bool {
        matches!(self.mode, Mode::Polling(Polling { failures: 0, proven_since: Some(_), .. }))
    }

    /// Polling and good enough to call the client connected: one failed poll is forgiven.
    pub(crate) fn carries(&self) -> bool {
        matches!(self.mode, Mode::Polling(Polling { failures: 0 | 1, proven_since: Some(_), .. }))
    }

    pub(crate) fn polling_mut(&mut self) -> Option<&mut Polling> {
        match &mut self.mode {
            Mode::Polling(polling) => Some(polling),
            _ => None,
        }
    }
}
