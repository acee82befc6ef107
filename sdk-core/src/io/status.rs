/// Whether the client can be relied on now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum State {
    /// Not asked to connect.
    Disconnected,
    /// Trying.
    Connecting,
    /// A server has welcomed it, or its polls are answered.
    Connected,
    /// It gave up and says why; only `connect` starts it again.
    Closed,
}

/// How it is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum Transport {
    /// Over a WebSocket.
    WebSocket,
    /// Over HTTP exchanges.
    Polling,
}

/// Why a state was entered: a code of the close table (PROTOCOL.md, Close codes), for local causes too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Reason {
    /// The close code.
    pub code: u16,
    /// Whether the client goes on trying.
    pub retryable: bool,
}

/// What the application sees of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Status {
    /// Whether it can be relied on.
    pub state: State,
    /// How it is connected; `None` while it is not.
    pub transport: Option<Transport>,
    /// Failed attempts since the last stable connection.
    pub attempt: u32,
    /// The next attempt of the WebSocket comes in this many milliseconds, counted from this status.
    pub retry_in_ms: Option<u64>,
    /// Why the last link ended, until the next is stable.
    pub reason: Option<Reason>,
}

macro_rules! counters {
    ($($(#[$doc:meta])* $field:ident $counter:ident,)*) => {
        /// Counters over the client's life.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        #[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
        pub struct Statistics {
            $($(#[$doc])* pub $field: u64,)*
        }

        /// What is counted, in the order of [`Statistics`].
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Counter {
            $($counter,)*
        }

        const COUNTERS: usize = [$(Counter::$counter),*].len();

        impl Counts {
            pub(crate) fn all(&self) -> Statistics {
                Statistics { $($field: self.get(Counter::$counter as usize),)* }
            }
        }
    };
}

counters! {
    /// WebSockets asked for.
    opens Opens,
    /// Welcomes on WebSockets.
    welcomes Welcomes,
    /// Exchanges begun.
    exchanges Exchanges,
    /// Exchanges that failed.
    exchanges_failed ExchangesFailed,
    /// Events given to the application.
    delivered Delivered,
    /// Log and state events dropped because the application has them.
    repeats Repeats,
    /// Events dropped because their link, topic or epoch is no longer current.
    stale Stale,
    /// Frames of links and exchanges that are no longer current.
    stale_frames StaleFrames,
    /// Gaps told.
    gaps Gaps,
    /// Resets told.
    resets Resets,
    /// Times a topic was asked for again from its cursor because of a hole or a full buffer.
    rewinds Rewinds,
    /// Events refused because the topic's buffer was full.
    refused Refused,
    /// Events of ephemeral topics dropped because the topic's buffer was full.
    ephemeral_dropped EphemeralDropped,
    /// Frames that were not understood.
    bad_frames BadFrames,
    /// Frames of unknown type.
    unknown_frames UnknownFrames,
    /// `received` acknowledgements dropped because too many were pending.
    receipts_dropped ReceiptsDropped,
    /// Messages sent again after a link was lost.
    resends Resends,
    /// Times the link was lost to polling.
    fallbacks Fallbacks,
    /// Probes sent after a wake, or a change of visibility or network.
    probes Probes,
    /// Drains followed.
    drains Drains,
}

/// The counters, by number.
#[derive(Debug, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Counts([u64; COUNTERS]);

impl Counts {
    #[inline(never)]
    pub(crate) fn add(&mut self, counter: Counter, count: u64) {
        self.0[counter as usize] += count;
    }

    pub(crate) fn get(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }
}
