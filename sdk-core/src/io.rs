//! What goes into the machine and what comes out of it.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::frame::{GapReason, Secret, ServerFrame, WireError};
use crate::time::Instant;

mod status;

pub use crate::ids::{ExchangeId, LinkId, MessageId, Slot, SubscriptionId, TokenRequest};
pub(crate) use status::{Counter, Counts};
pub use status::{Reason, State, Statistics, Status, Transport};

/// What a driver tells the machine, beside the commands that are methods of [`Client`](crate::Client).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum Input<P> {
    /// The application gave a token.
    TokenReady {
        /// The request it answers; an older one is ignored.
        request: TokenRequest,
        /// The bearer token.
        token: Secret,
        /// Its remaining life in milliseconds, where known.
        expires_in_ms: Option<u64>,
    },
    /// The application could not give a token.
    TokenFailed {
        /// The request it answers.
        request: TokenRequest,
        /// Whether asking again may help; if not, the client stops.
        retryable: bool,
    },
    /// The WebSocket is open. No proof of anything yet: only a welcome is.
    Opened {
        /// Which one.
        link: LinkId,
    },
    /// A frame came in. A batch is one input a frame, in order.
    Frame {
        /// On which link.
        link: LinkId,
        /// The frame.
        frame: ServerFrame<P>,
    },
    /// Something came in that is no frame. It proves life, is counted, and changes nothing else.
    BadFrame {
        /// On which link.
        link: LinkId,
    },
    /// The WebSocket is closed, or could not be opened.
    Closed {
        /// Which one.
        link: LinkId,
        /// The close code; 1006 where there was none.
        code: u16,
    },
    /// The handshake was answered with an HTTP status other than 101 (drivers that can see it). Ends the link; of one
    /// that has opened it is ignored.
    HandshakeStatus {
        /// Which link.
        link: LinkId,
        /// The status.
        status: u16,
        /// From `Retry-After`.
        retry_after_ms: Option<u64>,
    },
    /// How many bytes the WebSocket has accepted and not yet sent.
    Buffered {
        /// Which link.
        link: LinkId,
        /// Bytes.
        bytes: u64,
    },
    /// The HTTP exchange was answered.
    ExchangeAnswered {
        /// Which one.
        exchange: ExchangeId,
        /// The HTTP status.
        status: u16,
        /// From `Retry-After`.
        retry_after_ms: Option<u64>,
        /// The frames of a 200, in order. Of another status: [`ServerFrame::Error`] where the body is the server's
        /// error object; a 403 or 404 without one is no server's word, and ends nothing.
        frames: Vec<ServerFrame<P>>,
        /// How many elements of the answer were no frames.
        bad_frames: u32,
    },
    /// No answer came: no connection, cut off, or not understood.
    ExchangeFailed {
        /// Which one.
        exchange: ExchangeId,
    },
    /// The application took deliveries out of a topic's buffer.
    Taken {
        /// The topic.
        slot: Slot,
        /// How many events.
        events: u32,
        /// Their sizes, added up.
        bytes: u64,
    },
    /// Time has passed; give it at the latest at the instant that [`Output::Wait`] named. Early is harmless.
    Tick,
    /// The page or app became visible.
    Visible,
    /// The page or app became hidden.
    Hidden,
    /// The network is said to be back.
    Online,
    /// The network is said to be gone.
    Offline,
    /// The page goes into the back-forward cache, or the app to sleep: links are closed, no deadlines run.
    Freeze,
    /// Back from [`Input::Freeze`].
    Thaw,
}

/// What the machine wants. Drain with [`Client::poll_output`](crate::Client::poll_output) until it says [`Output::Wait`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize))]
pub enum Output<P> {
    /// Open a WebSocket with the subprotocol `steadfast.v1`.
    Open {
        /// Its name in inputs.
        link: LinkId,
    },
    /// Close a WebSocket. The link is forgotten at once; its later inputs change nothing.
    Close {
        /// Which one.
        link: LinkId,
        /// The code for the close frame.
        code: u16,
    },
    /// Send on a WebSocket.
    Send {
        /// Which one.
        link: LinkId,
        /// What.
        bytes: OutgoingBytes,
    },
    /// POST to the poll endpoint.
    Exchange {
        /// Its name in inputs.
        exchange: ExchangeId,
        /// The body: a JSON array of frames. It holds the token: keep it out of logs.
        body: OutgoingBytes,
    },
    /// Give up an exchange; its later inputs change nothing.
    Abort {
        /// Which one.
        exchange: ExchangeId,
    },
    /// Ask the application for a token and answer with [`Input::TokenReady`] or [`Input::TokenFailed`].
    NeedToken {
        /// Its name in inputs.
        request: TokenRequest,
        /// The last one was refused: it must be a new one.
        renew: bool,
    },
    /// Something for the listeners of a topic.
    Deliver {
        /// The topic.
        slot: Slot,
        /// What.
        delivery: Delivery<P>,
    },
    /// A message is done with, exactly once.
    Complete {
        /// Which one.
        message: MessageId,
        /// How it ended.
        outcome: Outcome<P>,
    },
    /// The status changed.
    Status(Status),
    /// Nothing more to do until this instant, or an input. Always the last output of a drain.
    Wait {
        /// `None`: no deadline.
        until: Option<Instant>,
    },
}

/// What a topic's listeners read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum Delivery<P> {
    /// An event, or the deletion of a state key.
    Event {
        /// `None` for ephemeral topics.
        offset: Option<u64>,
        /// A state key is gone.
        deleted: bool,
        /// It was published before the subscription began or resumed.
        replay: bool,
        /// To be given back with [`Input::Taken`].
        size: u32,
        /// The event.
        payload: P,
    },
    /// Events were lost and will not come.
    Gap {
        /// Why.
        reason: GapReason,
        /// The first and last lost offset, where they can be named.
        lost: Option<(u64, u64)>,
    },
    /// All values follow anew; keys that do not come before [`Delivery::Live`] are gone.
    Reset,
    /// Caught up: what follows is happening now.
    Live,
    /// The server refuses the topic. It is tried again only with a new token or subscription.
    Failed(WireError),
}

/// How a message ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum Outcome<P> {
    /// Carried out.
    Done {
        /// The result's payload.
        payload: Option<P>,
        /// An earlier copy had been carried out already.
        duplicate: bool,
    },
    /// Refused.
    Failed(WireError),
    /// Its life ended without a result.
    TimedOut {
        /// It had been sent, so it may have taken effect.
        sent: bool,
    },
    /// Cancelled by the caller.
    Cancelled {
        /// It had been sent, so it may have taken effect.
        sent: bool,
    },
    /// It was sent, and the server lost its table of results before answering: it may have taken effect.
    Unknown,
}

/// A finished message for the wire. `Debug` shows its length alone: it may hold a token.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize))]
pub enum OutgoingBytes {
    /// A text message.
    Text(
        #[cfg_attr(
            feature = "recorder",
            serde(serialize_with = "crate::recorder::omitted::text::serialize")
        )]
        String,
    ),
    /// A binary message.
    Binary(
        #[cfg_attr(
            feature = "recorder",
            serde(serialize_with = "crate::recorder::omitted::bytes::serialize")
        )]
        Vec<u8>,
    ),
}

impl OutgoingBytes {
    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether it holds no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for OutgoingBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Text(_) => "Text",
            Self::Binary(_) => "Binary",
        };
        formatter.debug_tuple(kind).field(&self.len()).finish()
    }
}

/// A message to submit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct OutgoingMessage {
    /// The application's type, 1 to 64 characters.
    pub kind: String,
    /// Publish there; without it, a request to the server's handler of the type.
    pub topic: Option<String>,
    /// The payload.
    pub payload: OutgoingPayload,
    /// For state topics.
    #[cfg_attr(feature = "recorder", serde(with = "crate::recorder::omitted::optional_text"))]
    pub key: Option<String>,
    /// For state topics: the key is gone.
    pub deleted: bool,
    /// For people and sounds.
    pub priority: Option<String>,
    /// The event asks to be acknowledged.
    pub requires_acknowledgment: bool,
    /// Passed through.
    #[cfg_attr(feature = "recorder", serde(with = "crate::recorder::omitted::optional_text"))]
    pub correlation_id: Option<String>,
    /// How long it may wait for its result; `None`: the outbox's default. Zero ends it at the next input.
    pub life_ms: Option<u64>,
}

/// A message's payload, made by the driver once, so that a resend is the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub enum OutgoingPayload {
    /// None.
    #[default]
    None,
    /// JSON text. The driver answers for its being JSON.
    Json(#[cfg_attr(feature = "recorder", serde(with = "crate::recorder::omitted::text"))] Box<str>),
    /// Bytes.
    Bytes(#[cfg_attr(feature = "recorder", serde(with = "crate::recorder::omitted::bytes"))] Box<[u8]>),
}

/// How to subscribe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct SubscribeOptions {
    /// For state topics: only these keys. `None`: all. Several subscriptions of a topic share the union.
    pub keys: Option<Vec<String>>,
    /// For log topics: begin this many events before now. Only the first subscription of a topic is asked: one that joins
    /// while another is there begins with what comes next, and nothing says so. Give it to each that may be the first.
    pub history: Option<u64>,
    /// Go on behind this place, kept from an earlier run. Only the first subscription of a topic is asked, as for `history`.
    pub cursor: Option<crate::Cursor>,
}
