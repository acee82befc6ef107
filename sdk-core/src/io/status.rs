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

/// Counters over the client's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Statistics {
    /// WebSockets asked for.
    pub opens: u64,
    /// Welcomes on WebSockets.
    pub welcomes: u64,
    /// Exchanges begun.
    pub exchanges: u64,
    /// Exchanges that failed.
    pub exchanges_failed: u64,
    /// Events given to the application.
    pub delivered: u64,
    /// Log and state events dropped because the application has them.
    pub repeats: u64,
    /// Events dropped because their link, topic or epoch is no longer current.
    pub stale: u64,
    /// Frames of links and exchanges that are no longer current.
    pub stale_frames: u64,
    /// Gaps told.
    pub gaps: u64,
    /// Resets told.
    pub resets: u64,
    /// Times a topic was asked for again from its cursor because of a hole or a full buffer.
    pub rewinds: u64,
    /// Events refused because the topic's buffer was full.
    pub refused: u64,
    /// Events of ephemeral topics dropped because the topic's buffer was full.
    pub ephemeral_dropped: u64,
    /// Frames that were not understood.
    pub bad_frames: u64,
    /// Frames of unknown type.
    pub unknown_frames: u64,
    /// `received` acknowledgements dropped because too many were pending.
    pub receipts_dropped: u64,
    /// Messages sent again after a link was lost.
    pub resends: u64,
    /// Times the link was lost to polling.
    pub fallbacks: u64,
    /// Probes sent after a wake, or a change of visibility or network.
    pub probes: u64,
    /// Drains followed.
    pub drains: u64,
}
