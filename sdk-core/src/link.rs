//! The WebSocket's life (PROTOCOL.md, Link).

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::io::LinkId;
use crate::liveness::Liveness;
use crate::time::Instant;
use crate::token::TokenGeneration;

/// The time at which something happens on a link, where it happens on none.
pub(crate) const NEVER: (Instant, LinkId) = (Instant::NEVER, LinkId(0));

/// The connections there are, and what is done for the next one. Without any: Opening, Waiting and so on; with one: Greeting or
/// Live; a draining one and its successor: Handover.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Link {
    pub(crate) attempt: Attempt,
    /// All that have said hello, the older first: at most two.
    pub(crate) connections: Vec<Connection>,
}

/// What is done for a new connection.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Attempt {
    /// Nothing: there is one already, or none is asked for.
    Idle,
    /// Waiting for a token.
    Authorizing,
    /// Asked for; not open yet.
    Opening(LinkId),
    /// Until the retry timer. There is no connection.
    Waiting {
        /// No hint of the network or the screen makes it open sooner.
        earliest: Instant,
    },
    /// For good, until `connect`. There is no connection.
    Stopped,
}

/// One open WebSocket that has said hello.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Connection {
    pub(crate) id: LinkId,
    pub(crate) stage: Stage,
    /// Numbers the feeds of a client in the order of their hellos.
    pub(crate) feed: u32,
    /// The request that its hello was.
    pub(crate) hello: u64,
    /// From the welcome; empty before.
    pub(crate) results_epoch: Box<str>,
    pub(crate) opened_at: Instant,
    /// From the welcome on; until then the hello timer judges.
    pub(crate) liveness: Option<Liveness>,
    pub(crate) token: TokenGeneration,
    pub(crate) auth: Option<AuthQuestion>,
    /// Bytes that the WebSocket has accepted and not yet sent.
    pub(crate) buffered: u64,
    pub(crate) drain: Option<Drain>,
    pub(crate) advice: Option<Advice>,
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Stage {
    /// Hello sent, no welcome yet.
    Greeting,
    /// Welcomed.
    Live,
    /// Its successor is the primary; it only awaits results of what was sent there.
    Retiring,
}

/// An `rt.auth` without its result yet.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct AuthQuestion {
    pub(crate) reference: u64,
    pub(crate) token: TokenGeneration,
    pub(crate) since: Instant,
}

/// A draining link's terms.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Drain {
    /// The first successor is opened then.
    pub(crate) due: Instant,
    pub(crate) deadline: Instant,
    /// Successors that failed.
    pub(crate) failures: u32,
}

/// What `rt.bye` said before the close.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Advice {
    pub(crate) code: u16,
    pub(crate) after_ms: Option<u64>,
}

impl Link {
    pub(crate) fn new() -> Self {
        Self { attempt: Attempt::Idle, connections: Vec::new() }
    }

    /// Not asked for, or polling alone is allowed.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.attempt, Attempt::Idle) && self.connections.is_empty()
    }

    pub(crate) fn is_opening(&self, id: LinkId) -> bool {
        matches!(self.attempt, Attempt::Opening(opening) if opening == id)
    }

    /// The one that is not open or not welcomed yet.
    pub(crate) fn trying(&self) -> Option<LinkId> {
        match self.attempt {
            Attempt::Opening(id) => Some(id),
            _ => self.connections.last().filter(|last| last.stage == Stage::Greeting).map(|last| last.id),
        }
    }

    /// The connection that new frames go out on: during a handover the old one, until it retires.
    pub(crate) fn primary(&self) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.stage == Stage::Live)
    }

    pub(crate) fn primary_mut(&mut self) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.stage == Stage::Live)
    }

    /// The primary, unless there is a handover.
    pub(crate) fn only(&mut self) -> Option<&mut Connection> {
        match (&self.attempt, &mut *self.connections) {
            (Attempt::Idle, [only]) if only.stage == Stage::Live => Some(only),
            _ => None,
        }
    }

    #[inline(never)]
    pub(crate) fn connection_mut(&mut self, id: LinkId) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.id == id)
    }

    /// The names and the feed of the connection at a place, where it takes questions.
    pub(crate) fn live_at(&self, place: usize) -> Option<(LinkId, u32)> {
        let connection = self.connections.get(place).filter(|connection| connection.stage == Stage::Live)?;
        Some((connection.id, connection.feed))
    }

    /// When the first of the welcomed connections is dead if nothing comes in, and which.
    pub(crate) fn first_to_die(&self) -> (Instant, LinkId) {
        let mut first = NEVER;
        for connection in &self.connections {
            let Some(liveness) = &connection.liveness else { continue };
            if liveness.deadline < first.0 {
                first = (liveness.deadline, connection.id);
            }
        }
        first
    }
}
