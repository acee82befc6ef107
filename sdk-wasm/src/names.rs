//! The numbers by which both sides name calls, frames and outputs; `npm/src/core/names.ts` holds the same.

/// What [`call`](crate::call) is asked for.
pub(crate) mod call {
    pub(crate) const CONNECT: u32 = 0;
    pub(crate) const DISCONNECT: u32 = 1;
    pub(crate) const SUBSCRIBE: u32 = 2;
    pub(crate) const UNSUBSCRIBE: u32 = 3;
    pub(crate) const SUBMIT: u32 = 4;
    pub(crate) const SEND: u32 = 5;
    pub(crate) const ACKNOWLEDGE: u32 = 6;
    pub(crate) const CANCEL: u32 = 7;
    pub(crate) const TOKEN_READY: u32 = 8;
    pub(crate) const TOKEN_FAILED: u32 = 9;
    pub(crate) const OPENED: u32 = 10;
    pub(crate) const FRAME: u32 = 11;
    pub(crate) const BAD_FRAME: u32 = 12;
    pub(crate) const CLOSED: u32 = 13;
    pub(crate) const BUFFERED: u32 = 14;
    pub(crate) const ANSWERED: u32 = 15;
    pub(crate) const EXCHANGE_FAILED: u32 = 16;
    pub(crate) const TAKEN: u32 = 17;
    pub(crate) const TICK: u32 = 18;
    pub(crate) const VISIBLE: u32 = 19;
    pub(crate) const HIDDEN: u32 = 20;
    pub(crate) const ONLINE: u32 = 21;
    pub(crate) const OFFLINE: u32 = 22;
    pub(crate) const FREEZE: u32 = 23;
    pub(crate) const THAW: u32 = 24;
    pub(crate) const CURSOR: u32 = 25;
    pub(crate) const LIVE: u32 = 26;
    pub(crate) const STATISTIC: u32 = 27;
}

/// The kinds of frames.
pub(crate) mod frame {
    pub(crate) const WELCOME: u32 = 0;
    pub(crate) const SUBSCRIBED: u32 = 1;
    pub(crate) const UNSUBSCRIBED: u32 = 2;
    pub(crate) const EVENT: u32 = 3;
    pub(crate) const GAP: u32 = 4;
    pub(crate) const RESULT: u32 = 5;
    pub(crate) const AUTH_REQUIRED: u32 = 6;
    pub(crate) const DRAIN: u32 = 7;
    pub(crate) const MORE: u32 = 8;
    pub(crate) const ERROR: u32 = 9;
    pub(crate) const BYE: u32 = 10;
    pub(crate) const PING: u32 = 11;
    pub(crate) const PONG: u32 = 12;
}

/// What an event is beside its numbers.
pub(crate) mod flag {
    /// A state key is gone.
    pub(crate) const DELETED: u32 = 1;
    /// In: an id to be acknowledged follows.
    pub(crate) const ACKNOWLEDGE: u32 = 2;
    /// Out: it was published before the subscription began or resumed.
    pub(crate) const REPLAY: u32 = 2;
}

/// What [`output`](crate::host::output) is told.
pub(crate) mod output {
    /// a: link
    pub(crate) const OPEN: u32 = 0;
    /// a: link, b: code
    pub(crate) const CLOSE: u32 = 1;
    /// a: link, text: text
    pub(crate) const SEND: u32 = 2;
    /// a: exchange, text: body
    pub(crate) const EXCHANGE: u32 = 3;
    /// a: exchange
    pub(crate) const ABORT: u32 = 4;
    /// a: request, b: renew
    pub(crate) const NEED_TOKEN: u32 = 5;
    /// Where a topic stands. a: slot, b: class (its place in the core's list) or -1, c: offset, text: epoch; c: -1 for no cursor
    pub(crate) const CURSOR: u32 = 6;
    /// a: 4 · slot + the reason's place in the core's list, b and c: the lost offsets, or -1
    pub(crate) const GAP: u32 = 7;
    /// a: slot
    pub(crate) const RESET: u32 = 8;
    /// a: slot
    pub(crate) const LIVE: u32 = 9;
    /// a: slot, b: retryable, text: code and message, a space between; c: the code where the machine has made the error, with
    /// its message alone as the text: 1 forbidden, 2 too large
    pub(crate) const FAILED: u32 = 10;
    /// a: message, b: duplicate, c: the payload's place among the arguments, or -1
    pub(crate) const DONE: u32 = 11;
    /// a: message, b, c and text: as for [`FAILED`]
    pub(crate) const REFUSED: u32 = 12;
    /// a: message, b: 0 timed out, 1 cancelled, 2 outcome unknown, c: it had been sent
    pub(crate) const GIVEN_UP: u32 = 13;
    /// State and transport by their places in the core's lists, no transport before the others.
    /// a: state + 4 · transport + 16 · retryable + 32 · the reason's code or 0, b: attempt, c: milliseconds until the next, or -1
    pub(crate) const STATUS: u32 = 14;
    /// a: subscription, b: slot
    pub(crate) const SUBSCRIPTION: u32 = 15;
    /// a: link, content: bytes
    pub(crate) const SEND_BYTES: u32 = 16;
}
