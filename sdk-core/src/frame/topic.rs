use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::WireError;

/// A place in a topic: all that a client needs to go on there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Cursor {
    /// Names one life of the topic's numbering; offsets of different epochs cannot be compared.
    pub epoch: Box<str>,
    /// The offset of the last event seen; zero before the first.
    pub offset: u64,
}

/// What a topic promises (PROTOCOL.md, Topics).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum TopicClass {
    /// Contiguous offsets, in order, replayable within the retention.
    Log,
    /// The last value of each key.
    State,
    /// No promise, no offsets.
    Ephemeral,
}

/// Why a stretch of a topic cannot be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum GapReason {
    /// The retention no longer holds it.
    HistoryEvicted,
    /// The server's numbering began anew.
    EpochChanged,
    /// The reader was slower than the retention.
    SlowConsumer,
    /// The server lost it.
    SourceLost,
}

impl GapReason {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HistoryEvicted => "history_evicted",
            Self::EpochChanged => "epoch_changed",
            Self::SlowConsumer => "slow_consumer",
            Self::SourceLost => "source_lost",
        }
    }
}

/// How a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum Recovery {
    /// No cursor was given.
    Fresh,
    /// It goes on right behind the cursor.
    Resumed,
    /// Something between the cursor and the position is lost (log topics).
    Gap(GapReason),
    /// All values follow anew; keys that do not come are gone (state topics).
    Reset,
}

/// One topic of a hello or a subscribe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRequest {
    /// The topic's name.
    pub topic: String,
    /// Where to go on; without it, from now.
    pub cursor: Option<Cursor>,
    /// For state topics: only these keys. `None`: all.
    pub keys: Option<Vec<String>>,
    /// For log topics without a cursor: begin this many events before now.
    pub history: Option<u64>,
    /// For state topics with a cursor: what lies up to here and is forgotten is no matter, as the values were taken
    /// after it.
    pub head: Option<u64>,
}

/// A topic's accepted position.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Position {
    /// What the topic promises.
    pub class: TopicClass,
    /// The numbering in force.
    pub epoch: Box<str>,
    /// Events follow on this link after this offset.
    pub offset: u64,
    /// The highest offset that catching up will send.
    pub top: u64,
    /// State topics: the highest offset that was ever given, though its event may be forgotten. Else the same as `top`.
    pub head: u64,
    /// How the subscription begins.
    pub recovery: Recovery,
    /// False where the transport cannot carry the topic live (an ephemeral topic over short polls).
    pub live: bool,
}

/// The server's answer for one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct TopicResult {
    /// The topic's name, as asked.
    pub topic: String,
    /// Its position, or why it was refused.
    pub outcome: Result<Position, WireError>,
}
