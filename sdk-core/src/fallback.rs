//! Polling's life (PROTOCOL.md, Fallback).

use crate::io::ExchangeId;
use crate::time::Instant;
use crate::token::TokenGeneration;

/// The slow probe of the socket while polling works, and the most it is doubled to.
pub(crate) const PROBE_INTERVAL_MS: u64 = 30_000;
pub(crate) const PROBE_INTERVAL_CAP_MS: u64 = 300_000;

/// The states of the fallback.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Fallback {
    /// Not needed, or not allowed.
    Off,
    /// Polling begins when the clock runs out.
    Armed(Clock),
    /// Polls carry the client.
    Polling(Polling),
    /// The link has taken over; the exchange under way may still answer.
    Leaving(Exchange),
}

/// The time left until polling.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Clock {
    /// The fallback timer holds the deadline.
    Running,
    /// The link is live, but not yet stable.
    Suspended {
        /// What is left, in milliseconds.
        remaining_ms: u64,
    },
}

/// Polling under way.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Polling {
    pub(crate) phase: Phase,
    /// Failed exchanges in a row.
    pub(crate) failures: u32,
    /// Since when every exchange has been answered; `None` before the first.
    pub(crate) proven_since: Option<Instant>,
    /// No hint of the network or the screen makes it poll sooner.
    pub(crate) earliest: Instant,
}

/// What polling does now.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Phase {
    /// Until the poll timer.
    Due,
    /// Waiting for a token.
    Authorizing,
    /// Waiting for an answer.
    InFlight(Exchange),
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
    pub(crate) fn polling_mut(&mut self) -> Option<&mut Polling> {
        match self {
            Self::Polling(polling) => Some(polling),
            _ => None,
        }
    }

    /// Polling, with its last exchange answered.
    pub(crate) fn is_proven(&self) -> bool {
        matches!(self, Self::Polling(Polling { failures: 0, proven_since: Some(_), .. }))
    }

    /// Polling and good enough to call the client connected: one failed poll is forgiven.
    pub(crate) fn carries(&self) -> bool {
        matches!(self, Self::Polling(Polling { failures: 0 | 1, proven_since: Some(_), .. }))
    }

    pub(crate) fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Leaving(exchange) | Self::Polling(Polling { phase: Phase::InFlight(exchange), .. }) => {
                Some(exchange)
            }
            _ => None,
        }
    }
}
