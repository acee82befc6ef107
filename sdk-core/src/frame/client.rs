use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::TopicRequest;

/// A frame from a client, decoded by the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// `rt.hello`
    Hello(Box<Hello>),
    /// `subscribe`
    Subscribe {
        /// Named in the answer.
        reference: u64,
        /// The topics asked for.
        topics: Vec<TopicRequest>,
    },
    /// `unsubscribe`
    Unsubscribe {
        /// Named in the answer.
        reference: u64,
        /// The topics' names.
        topics: Vec<String>,
    },
    /// An application message.
    Message(Box<ClientMessage>),
    /// `rt.ack`
    Ack {
        /// Named in the answer.
        reference: u64,
        /// The events' ids.
        ids: Vec<String>,
        /// Received by the machine, or acknowledged by a person.
        state: AckState,
        /// A person's remark.
        note: Option<String>,
    },
    /// `rt.auth`
    Auth {
        /// Named in the answer.
        reference: u64,
        /// The new token.
        token: Secret,
    },
    /// `ping`
    Ping {
        /// To be echoed.
        t: Option<u64>,
    },
    /// `pong`
    Pong {
        /// The ping's `t`.
        t: Option<u64>,
    },
    /// `rt.bye`
    Bye,
    /// A reserved type that this version does not know; counted, otherwise ignored.
    Unknown,
}

/// The client's first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The protocol version: 1.
    pub version: u64,
    /// The bearer token.
    pub token: Secret,
    /// Names this client object; at least 128 random bits.
    pub instance: String,
    /// Rises with every hello of the instance.
    pub link: u64,
    /// Who asks, for the server's logs.
    pub client: ClientInfo,
    /// Every subscription, with its cursor.
    pub topics: Vec<TopicRequest>,
    /// The heartbeat that the client would like.
    pub heartbeat_ms: Option<u64>,
    /// The link takes over from a draining one.
    pub handover: bool,
    /// Long poll: wait this long for an event (exchanges only).
    pub wait_ms: Option<u64>,
    /// The table of results under which the body's messages may be carried out (exchanges only). A server with
    /// another one leaves them alone and answers with the welcome, so that nothing takes effect twice.
    pub results_epoch: Option<String>,
}

/// Who asks, for the server's logs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct ClientInfo {
    /// The SDK's name.
    pub name: String,
    /// The SDK's version.
    pub version: String,
    /// Where it runs.
    pub platform: String,
}

/// An application message: a publish where it has a topic, else a request to the server's handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMessage {
    /// The application's type.
    pub kind: String,
    /// Where to publish.
    pub topic: Option<String>,
    /// Named in the result; without it, fire and forget.
    pub reference: Option<u64>,
    /// Makes a repeat harmless.
    pub idem: Option<String>,
    /// For state topics.
    pub key: Option<String>,
    /// For state topics: the key is gone.
    pub deleted: bool,
    /// For people and sounds.
    pub priority: Option<String>,
    /// The event asks to be acknowledged.
    pub requires_acknowledgment: bool,
    /// Passed through.
    pub correlation_id: Option<String>,
    /// The payload.
    pub payload: Payload,
}

/// A message's payload as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Payload {
    /// There was none.
    #[default]
    None,
    /// JSON text.
    Json(Box<str>),
    /// Bytes of a binary message.
    Bytes(Box<[u8]>),
}

/// How far an acknowledgement goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckState {
    /// The client has it.
    Received,
    /// A person has taken it on.
    Acknowledged,
}

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "recorder", derive(serde::Serialize, serde::Deserialize))]
pub struct Secret(
    #[cfg_attr(feature = "recorder", serde(with = "crate::recorder::omitted::blank"))] pub String,
);

impl core::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}
