//! The WebSocket's life (PROTOCOL.md, Link).

use alloc::boxed::Box;

use crate::io::LinkId;
use crate::liveness::Liveness;
use crate::time::Instant;
use crate::token::TokenGeneration;

/// The states of the link.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Link {
    /// Not asked for, or polling alone is allowed.
    Idle,
    /// Waiting for a token.
    Authorizing,
    /// Asked for; not open yet.
    Opening(LinkId),
    /// Open, hello sent, no welcome yet.
    Greeting(Box<Connection>),
    /// Welcomed.
    Live(Box<Connection>),
    /// The old link is draining and its successor is on its way.
    Handover {
        /// Still the primary until the successor is.
        old: Box<Connection>,
        /// How far the successor is.
        new: Successor,
    },
    /// Until the retry timer.
    Waiting {
        /// No hint of the network or the screen makes it open sooner.
        earliest: Instant,
    },
    /// For good, until `connect`.
    Stopped,
}

/// How far a successor is.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Successor {
    /// Waiting for a token.
    Authorizing,
    /// Asked for; not open yet.
    Opening(LinkId),
    /// Open, hello sent, no welcome yet.
    Greeting(Box<Connection>),
    /// Welcomed; some topics are not answered yet.
    Settling(Box<Connection>),
    /// The primary; the old link only awaits results of what was sent there.
    Primary(Box<Connection>),
}

/// One open WebSocket that has said hello.
#[derive(Debug)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Connection {
    pub(crate) id: LinkId,
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
    /// Bytes that the WebSocket has accepted and not yet sent.
    pub(crate) buffered: u64,
    pub(crate) drain: Option<Drain>,
    pub(crate) advice: Option<Advice>,
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
    /// The connection that new frames go out on.
    pub(crate) fn primary(&self) -> Option<&Connection> {
        match self {
            Self::Live(connection)
            | Self::Handover { new: Successor::Primary(connection), .. }
            | Self::Handover { old: connection, .. } => Some(connection),
            _ => None,
        }
    }

    pub(crate) fn primary_mut(&mut self) -> Option<&mut Connection> {
        match self {
            Self::Live(connection)
            | Self::Handover { new: Successor::Primary(connection), .. }
            | Self::Handover { old: connection, .. } => Some(connection),
            _ => None,
        }
    }

    /// The links that topics are asked for on: the primary, and a welcomed successor, each with its feed.
    pub(crate) fn welcomed(&self) -> [Option<(LinkId, u32)>; 2] {
        let name = |connection: &Connection| (connection.id, connection.feed);
        [self.primary().map(name), self.settling().map(name)]
    }

    /// A welcomed successor that is not the primary yet.
    pub(crate) fn settling(&self) -> Option<&Connection> {
        match self {
            Self::Handover { new: Successor::Settling(connection), .. } => Some(connection),
            _ => None,
        }
    }

    /// The one that is open and waits for its welcome.
    pub(crate) fn greeting(&self) -> Option<&Connection> {
        match self {
            Self::Greeting(connection) | Self::Handover { new: Successor::Greeting(connection), .. } => {
                Some(connection)
            }
            _ => None,
        }
    }

    pub(crate) fn opening(&self) -> Option<LinkId> {
        match self {
            Self::Opening(id) | Self::Handover { new: Successor::Opening(id), .. } => Some(*id),
            _ => None,
        }
    }

    /// All that have said hello, the older first.
    pub(crate) fn connections_mut(&mut self) -> [Option<&mut Connection>; 2] {
        match self {
            Self::Greeting(connection) | Self::Live(connection) => [Some(connection), None],
            Self::Handover { old, new } => [Some(old), new.connection_mut()],
            _ => [None, None],
        }
    }

    pub(crate) fn connection_mut(&mut self, id: LinkId) -> Option<&mut Connection> {
        for connection in self.connections_mut() {
            let Some(connection) = connection else { continue };
            if connection.id == id {
                return Some(connection);
            }
        }
        None
    }

    /// The names and feeds of all that have said hello.
    pub(crate) fn names(&mut self) -> [Option<(LinkId, u32)>; 2] {
        self.connections_mut().map(|connection| connection.map(|connection| (connection.id, connection.feed)))
    }

    /// The greeting connection has its welcome.
    pub(crate) fn welcome(&mut self) {
        if let Self::Handover { new, .. } = self {
            *new = match core::mem::replace(new, Successor::Authorizing) {
                Successor::Greeting(connection) => Successor::Settling(connection),
                other => other,
            };
        } else {
            *self = match core::mem::replace(self, Self::Idle) {
                Self::Greeting(connection) => Self::Live(connection),
                other => other,
            };
        }
    }

    /// Begins to probe each welcomed connection that is not being probed already, and names those.
    pub(crate) fn probe(&mut self, now: Instant) -> [Option<LinkId>; 2] {
        self.connections_mut().map(|connection| {
            let connection = connection?;
            connection.liveness.as_mut()?.probe(now).then_some(connection.id)
        })
    }

    /// The welcomed connection that is dead first if nothing comes in, and when.
    pub(crate) fn first_to_die(&mut self) -> Option<(Instant, LinkId)> {
        let mut first = None;
        for connection in self.connections_mut() {
            let Some(connection) = connection else { continue };
            let Some(liveness) = &connection.liveness else { continue };
            let death = (liveness.deadline(), connection.id);
            if first.is_none_or(|first| death < first) {
                first = Some(death);
            }
        }
        first
    }

    /// Whether this is the link's first open or its welcome that is awaited, no connection being live.
    pub(crate) fn is_trying(&self) -> bool {
        matches!(self, Self::Authorizing | Self::Opening(_) | Self::Greeting(_) | Self::Waiting { .. })
    }
}

impl Successor {
    pub(crate) fn connection_mut(&mut self) -> Option<&mut Connection> {
        match self {
            Self::Greeting(connection) | Self::Settling(connection) | Self::Primary(connection) => {
                Some(connection)
            }
            Self::Authorizing | Self::Opening(_) => None,
        }
    }

    pub(crate) fn into_connection(self) -> Option<Box<Connection>> {
        match self {
            Self::Greeting(connection) | Self::Settling(connection) | Self::Primary(connection) => {
                Some(connection)
            }
            Self::Authorizing | Self::Opening(_) => None,
        }
    }

    pub(crate) fn id(&self) -> Option<LinkId> {
        match self {
            Self::Authorizing => None,
            Self::Opening(id) => Some(*id),
            Self::Greeting(connection) | Self::Settling(connection) | Self::Primary(connection) => {
                Some(connection.id)
            }
        }
    }
}
