//! What can happen to a session, as the fuzzer's bytes choose it.

use arbitrary::Arbitrary;

#[derive(Debug, Arbitrary)]
pub(crate) struct Case {
    pub(crate) exchange: bool,
    /// Limits so small that they are reached.
    pub(crate) small: bool,
    /// The first frame is a good hello with these topics.
    pub(crate) hello: Option<Vec<Topic>>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Arbitrary)]
pub(crate) enum Step {
    /// One text message of these frames.
    Say(Vec<Frame>),
    Text(String),
    Binary(Vec<u8>),
    /// Bytes with a payload, as a client writes them.
    Bytes(Message),
    /// Somebody else publishes.
    Publish {
        topic: u8,
        key: Option<u8>,
        deleted: bool,
        acknowledge: bool,
        bytes: u8,
    },
    Pass(u16),
    Leap(u64),
    /// A tick when it is wanted.
    Deadline,
    Tick,
    /// Frames are written, so many.
    Write(u8),
    /// The socket takes no more.
    Block,
    Progress(bool),
    Life,
    /// From now on what is asked of the store is kept back, or no longer.
    Hold(bool),
    /// What was kept back is answered: well, or with a refusal.
    Answer {
        choice: u8,
        well: bool,
    },
    GiveUpHandlers,
    Order(u8),
    Sweep,
    Closed,
}

#[derive(Debug, Arbitrary)]
pub(crate) enum Frame {
    Hello {
        token: Token,
        link: u8,
        handover: bool,
        topics: Vec<Topic>,
        wait_ms: Option<u32>,
        results: Option<bool>,
    },
    Subscribe(u8, Vec<Topic>),
    Unsubscribe(u8, Vec<u8>),
    Message(Message),
    Ack {
        reference: u8,
        ids: Vec<u8>,
        received: bool,
        note: Option<String>,
    },
    Auth(u8, Token),
    Ping(Option<u32>),
    Pong,
    Bye,
    Other(String),
}

#[derive(Debug, Arbitrary)]
pub(crate) struct Message {
    pub(crate) kind: u8,
    pub(crate) topic: Option<u8>,
    pub(crate) reference: Option<u8>,
    pub(crate) idem: Option<u8>,
    pub(crate) key: Option<u8>,
    pub(crate) deleted: bool,
    pub(crate) acknowledge: bool,
    pub(crate) payload: u8,
}

#[derive(Debug, Arbitrary)]
pub(crate) struct Topic {
    pub(crate) name: u8,
    pub(crate) cursor: Option<(bool, u64)>,
    pub(crate) keys: Option<Vec<u8>>,
    pub(crate) history: Option<u64>,
}

/// Whose token, and how good.
#[derive(Debug, Arbitrary, Clone, Copy)]
pub(crate) enum Token {
    Good,
    Short,
    Narrow,
    OtherUser,
    OtherTenant,
    Old,
    None,
}
