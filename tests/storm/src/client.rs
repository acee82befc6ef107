//! What the simulated world tells a client, and what a client asks of it.

/// What happens to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// The pod took the connection; a Steadfast client has its welcome.
    Accepted {
        /// Which connection.
        link: u32,
    },
    /// The pod answered the handshake with 503.
    Refused {
        /// Which connection.
        link: u32,
        /// `Retry-After`.
        retry_after_ms: u64,
    },
    /// Nobody listens.
    Unreachable {
        /// Which connection.
        link: u32,
    },
    /// The connection ended.
    Lost {
        /// Which connection.
        link: u32,
        /// The close code.
        code: u16,
    },
    /// The pod asks to hand over.
    Draining {
        /// Which connection.
        link: u32,
    },
    /// The poll was answered.
    Answered {
        /// Which poll.
        exchange: u32,
    },
    /// The poll found nobody.
    Unanswered {
        /// Which poll.
        exchange: u32,
    },
    /// The time that it asked for has come.
    Timer,
}

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Open a connection.
    Open {
        /// Its name from now on.
        link: u32,
    },
    /// Close it.
    Close {
        /// Which connection.
        link: u32,
    },
    /// Poll once.
    Poll {
        /// Its name from now on.
        exchange: u32,
        /// The pod may keep it waiting for news.
        long: bool,
    },
    /// A timer at this time, in place of the one before; `u64::MAX`: none.
    Wake {
        /// When.
        at: u64,
    },
    /// The application is told that it is connected.
    Up {
        /// By polls.
        polling: bool,
    },
    /// The application is told that it is not connected.
    Down,
}

/// A client of the simulation. Time is in milliseconds and only rises.
pub(crate) trait Client {
    /// Whether a pod can ask it to hand over before it closes.
    const DRAINS: bool;

    /// Begins to connect.
    fn start(&mut self, now: u64, wishes: &mut Vec<Wish>);

    /// Takes what happened.
    fn take(&mut self, now: u64, happening: Happening, wishes: &mut Vec<Wish>);
}
