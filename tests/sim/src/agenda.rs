//! What happens when: one queue by virtual time. Equal times keep the order in which they were entered.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use steadfast_core::{LinkId, TokenRequest};

use crate::network::{Direction, RequestId, SocketId};

/// Something that is to happen.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    /// A fault of the schedule begins.
    FaultBegins(usize),
    /// A fault of the schedule ends.
    FaultEnds(usize),
    /// Faults are over.
    Calm,
    /// Nothing is published any more.
    Silence,
    /// A device's timer fires, if it is still the one that was set.
    Timer { device: usize, generation: u64 },
    /// The application of a device does something.
    ApplicationTurn { device: usize },
    /// The application answers for a token.
    Token { device: usize, request: TokenRequest },
    /// A WebSocket's handshake reaches a pod.
    Handshake { socket: SocketId },
    /// A WebSocket's handshake is answered.
    Opened { socket: SocketId },
    /// A WebSocket's handshake is refused.
    Refused { socket: SocketId, status: Option<u16> },
    /// Something flows out of a pipe.
    Flow { socket: SocketId, direction: Direction },
    /// A WebSocket breaks.
    Break { socket: SocketId },
    /// A browser reports the end of a WebSocket that was closed long ago, to the page that closed it.
    LateEnd { device: usize, page: u64, link: LinkId, socket: SocketId },
    /// A request reaches a pod.
    Request { request: RequestId },
    /// A pod learns that nobody waits for an answer.
    Abandoned { request: RequestId },
    /// An answer reaches a device.
    Answer { request: RequestId },
    /// A long poll has waited long enough, or gathered long enough.
    PollDue { pod: usize, request: RequestId },
    /// A pod looks at its deadlines.
    Sweep { pod: usize },
    /// A pod reads its mail.
    Pump { pod: usize },
    /// A drained or killed pod is replaced.
    PodStarts { pod: usize },
    /// A draining pod's time is over.
    PodStops { pod: usize },
    /// The backend publishes something.
    PublisherTurn,
}

#[derive(Debug)]
struct Entry {
    at: u64,
    order: u64,
    happening: Happening,
}

/// The queue, and the time that it has come to.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    now: u64,
    order: u64,
    entries: BinaryHeap<Entry>,
}

impl Agenda {
    /// Milliseconds since the world began.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    pub(crate) fn at(&mut self, at: u64, happening: Happening) {
        self.order += 1;
        self.entries.push(Entry { at: at.max(self.now), order: self.order, happening });
    }

    pub(crate) fn after(&mut self, delay: u64, happening: Happening) {
        self.at(self.now + delay, happening);
    }

    /// The next happening up to `end`; time moves there.
    pub(crate) fn next(&mut self, end: u64) -> Option<Happening> {
        if self.entries.peek().is_none_or(|entry| entry.at > end) {
            return None;
        }
        let entry = self.entries.pop()?;
        self.now = entry.at;
        Some(entry.happening)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// The earliest is the greatest, as the heap gives the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}
