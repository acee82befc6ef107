use alloc::borrow::Cow;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Misuse;
use crate::io::{Input, MessageId, OutgoingMessage, SubscribeOptions, SubscriptionId};
use crate::time::Now;

/// What was asked or told of a client: a command or an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "P: Clone + Serialize", deserialize = "P: Clone + Deserialize<'de>"))]
pub enum Call<'a, P: Clone> {
    /// An input.
    Input(Cow<'a, Input<P>>),
    /// [`Client::connect`]
    Connect,
    /// [`Client::disconnect`]
    Disconnect,
    /// [`Client::subscribe`]
    Subscribe(Cow<'a, str>, Cow<'a, SubscribeOptions>),
    /// [`Client::unsubscribe`]
    Unsubscribe(SubscriptionId),
    /// [`Client::submit`]
    Submit(Cow<'a, OutgoingMessage>),
    /// [`Client::send`]
    Send(Cow<'a, OutgoingMessage>),
    /// [`Client::acknowledge`], with the note's length in place of the note.
    Acknowledge(Cow<'a, [String]>, #[serde(with = "super::omitted::optional_text")] Option<String>),
    /// [`Client::cancel`]
    Cancel(MessageId),
}

impl<P: Clone> Call<'_, P> {
    /// Does it again. What the caller got back is not compared: it shows in what follows.
    pub(super) fn repeat(self, client: &mut Client<P>, now: Now) {
        match self {
            Self::Input(input) => client.handle_input(now, input.into_owned()),
            Self::Connect => client.connect(now),
            Self::Disconnect => client.disconnect(now),
            Self::Subscribe(topic, options) => ignore(&client.subscribe(now, &topic, options.into_owned())),
            Self::Unsubscribe(id) => ignore(&client.unsubscribe(now, id)),
            Self::Submit(message) => ignore(&client.submit(now, &message)),
            Self::Send(message) => ignore(&client.send(now, &message)),
            Self::Acknowledge(ids, note) => ignore(&client.acknowledge(now, &ids, note.as_deref())),
            Self::Cancel(message) => client.cancel(now, message),
        }
    }
}

/// A mistake then is the same mistake now.
fn ignore<T>(_: &Result<T, Misuse>) {}
