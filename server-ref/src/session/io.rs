//! What a session wants, and what it is answered with.

use std::borrow::Cow;
use std::sync::Arc;

use steadfast_core::{AckState, ClientMessage, ErrorCode, GapReason, TopicClass, TopicRequest, WireError};

use crate::auth::AuthError;
use crate::hub::{Appended, Attached, ClientKey, Draft, IdemKey, Topic, TopicKey};
use crate::log::Event;

/// What a session wants to be done.
#[derive(Debug)]
pub enum Output {
    /// Register the session as a reader, and answer with [`Answer::Tail`] or [`Answer::Unavailable`].
    Attach {
        /// Names the request in the answer.
        ticket: Ticket,
        /// Which topic.
        key: TopicKey,
        /// Where to begin.
        request: TopicRequest,
        /// False: only say where it would begin (short polls).
        live: bool,
    },
    /// Read the topic's store, and answer with [`Answer::Fetched`] or [`Answer::NotFetched`].
    Fetch {
        /// Names the request in the answer.
        ticket: Ticket,
        /// Which topic.
        topic: Arc<Topic>,
        /// The numbering that is meant.
        epoch: Arc<str>,
        /// The first offset that is wanted.
        from: u64,
        /// The most events that are wanted.
        limit: usize,
    },
    /// The session reads this topic no longer.
    Detach {
        /// Which topic.
        topic: Arc<Topic>,
        /// The slot it was attached in.
        slot: u8,
    },
    /// Publish, and answer with [`Answer::Appended`].
    Append {
        /// The client's `ref`, for the answer.
        reference: Option<u64>,
        /// What to publish.
        draft: Box<Draft>,
        /// Makes a repeat harmless.
        idem: Option<IdemKey>,
        /// It is refused now: only where it is a repeat it is answered, by what became of the first.
        refusal: Option<Box<WireError>>,
    },
    /// Carry out a request without a topic, and answer with [`Answer::Handled`].
    Handle {
        /// The client's `ref`, for the answer.
        reference: Option<u64>,
        /// The request.
        message: Box<ClientMessage>,
        /// Makes a repeat harmless.
        idem: Option<IdemKey>,
    },
    /// Settle these events, and answer with [`Answer::Acknowledged`].
    Acknowledge {
        /// The client's `ref`, for the answer.
        reference: u64,
        /// The events' ids.
        ids: Vec<String>,
        /// How far.
        state: AckState,
        /// A person's remark.
        note: Option<String>,
    },
    /// The hello was accepted: lower links of this client are to close.
    Enter {
        /// Which client.
        client: Box<ClientKey>,
        /// The link's number.
        link: u64,
        /// Whether the lower link may go on for a minute.
        handover: bool,
    },
    /// The link that entered has ended.
    Leave {
        /// Which client.
        client: Box<ClientKey>,
    },
    /// Something for the audit lines and the metrics.
    Note(Note),
}

/// Names one attach or fetch request: an answer to an older one of the same slot changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The slot.
    pub slot: u8,
    /// Rises with each request of the session.
    pub number: u32,
}

/// An answer to an [`Output`].
#[derive(Debug)]
pub enum Answer {
    /// To [`Output::Attach`].
    Tail {
        /// Which request.
        ticket: Ticket,
        /// Where it begins.
        attached: Attached,
    },
    /// To [`Output::Attach`]: not now.
    Unavailable {
        /// Which request.
        ticket: Ticket,
    },
    /// To [`Output::Fetch`].
    Fetched {
        /// Which request.
        ticket: Ticket,
        /// What the store has from the offset on, oldest first and without a hole; what is missing before the
        /// first is lost. None: the store has nothing that is older than the tail.
        events: Vec<Arc<Event>>,
    },
    /// To [`Output::Fetch`]: not now.
    NotFetched {
        /// Which request.
        ticket: Ticket,
    },
    /// To [`Output::Append`].
    Appended {
        /// The client's `ref`.
        reference: Option<u64>,
        /// What was appended, or why nothing was.
        outcome: Result<Appended, WireError>,
        /// It had been carried out before.
        duplicate: bool,
    },
    /// To [`Output::Handle`].
    Handled {
        /// The client's `ref`.
        reference: Option<u64>,
        /// The result's payload as JSON text, or what went wrong.
        outcome: Result<Option<Box<str>>, WireError>,
        /// It had been carried out before.
        duplicate: bool,
    },
    /// To [`Output::Acknowledge`].
    Acknowledged {
        /// The client's `ref`.
        reference: u64,
        /// Ids that wait for nobody that this user may speak for.
        unknown: Vec<String>,
        /// Ids that this acknowledgement settled, for the audit lines.
        accepted: Vec<String>,
        /// How far.
        state: AckState,
        /// The person's remark.
        note: Option<String>,
    },
}

/// Something for the audit lines and the metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A good token came.
    Authenticated {
        /// On a live link, in place of an older one.
        renewal: bool,
    },
    /// No good token came.
    AuthenticationFailed {
        /// Why.
        error: AuthError,
        /// On a live link.
        renewal: bool,
    },
    /// Not permitted.
    Denied {
        /// To publish; else to subscribe.
        publish: bool,
        /// The topic, as the client named it.
        topic: String,
    },
    /// A frame broke the protocol.
    BadFrame(ErrorCode),
    /// A frame of an unknown type was ignored.
    UnknownFrame,
    /// The client was told of a gap.
    Gap(GapReason),
    /// The reader had been slower than the link, and went on from the log.
    Rewound,
    /// An event was published.
    Published {
        /// Its topic's class.
        class: TopicClass,
        /// How large it is, as encoded.
        bytes: usize,
    },
    /// These events were acknowledged.
    Acknowledged {
        /// The events' ids.
        ids: Vec<String>,
        /// How far.
        state: AckState,
        /// The person's remark.
        note: Option<String>,
    },
    /// A message was answered.
    Answered(Result<bool, ErrorCode>),
}

/// A frame to be written.
#[derive(Debug)]
pub enum Frame {
    /// Anything but an event, as JSON text.
    Control(String),
    /// An event, in bytes that all its readers share.
    Event(Arc<Event>),
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The close code.
    pub code: u16,
    /// For people.
    pub reason: Cow<'static, str>,
    /// Advice to the client.
    pub reconnect_after_ms: Option<u64>,
}
