use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use steadfast_core::json::Envelope;
use steadfast_core::{MessageId, Outcome, OutgoingMessage, Payload};
use tokio::sync::oneshot;

use crate::clock::millis;
use crate::error::PublishError;
use crate::machine::{Machine, Submitted};

/// An event about to be published, made by [`Client::publish`](crate::Client::publish). Await it.
#[must_use = "nothing is published until it is awaited"]
pub struct Publish {
    machine: Arc<Machine>,
    message: Result<OutgoingMessage, PublishError>,
}

/// A request about to be made, from [`Client::request`](crate::Client::request). Await it.
#[must_use = "nothing is sent until it is awaited"]
pub struct Request<R> {
    machine: Arc<Machine>,
    message: Result<OutgoingMessage, PublishError>,
    result: PhantomData<fn() -> R>,
}

impl Publish {
    pub(crate) fn new(machine: Arc<Machine>, message: Result<OutgoingMessage, PublishError>) -> Self {
        Self { machine, message }
    }

    /// The key in a state topic. Default: none.
    pub fn key(self, key: impl Into<String>) -> Self {
        self.with(|message| message.key = Some(key.into()))
    }

    /// Says that the key is gone, for state topics; the payload is left out. Default: it is not.
    pub fn deleted(self) -> Self {
        self.with(|message| {
            message.deleted = true;
            message.payload = steadfast_core::OutgoingPayload::None;
        })
    }

    /// For people and sounds: `critical`, `high`, `medium`, `low`, `info`, `warning`, `error`, or another. Default: none.
    pub fn priority(self, priority: impl Into<String>) -> Self {
        self.with(|message| message.priority = Some(priority.into()))
    }

    /// Asks the readers to acknowledge the event. Default: it does not.
    pub fn requires_acknowledgment(self) -> Self {
        self.with(|message| message.requires_acknowledgment = true)
    }

    /// Passed through to the readers. Default: none.
    pub fn correlation_id(self, id: impl Into<String>) -> Self {
        self.with(|message| message.correlation_id = Some(id.into()))
    }

    /// How long it may wait for its result. Default: the builder's `message_life`. Zero ends it at once.
    pub fn life(self, life: Duration) -> Self {
        self.with(|message| message.life_ms = Some(millis(life)))
    }

    fn with(mut self, change: impl FnOnce(&mut OutgoingMessage)) -> Self {
        if let Ok(message) = &mut self.message {
            change(message);
        }
        self
    }
}

impl IntoFuture for Publish {
    type Output = Result<Published, PublishError>;
    type IntoFuture = Submission<Published>;

    /// Queues the event at once; events are sent in this order.
    fn into_future(self) -> Self::IntoFuture {
        Submission::submit(self.machine, self.message, published)
    }
}

impl<R> Request<R> {
    pub(crate) fn new(machine: Arc<Machine>, message: Result<OutgoingMessage, PublishError>) -> Self {
        Self { machine, message, result: PhantomData }
    }

    /// Passed through to the handler. Default: none.
    pub fn correlation_id(self, id: impl Into<String>) -> Self {
        self.with(|message| message.correlation_id = Some(id.into()))
    }

    /// For the handler's use. Default: none.
    pub fn priority(self, priority: impl Into<String>) -> Self {
        self.with(|message| message.priority = Some(priority.into()))
    }

    /// How long it may wait for its result. Default: the builder's `message_life`. Zero ends it at once.
    pub fn life(self, life: Duration) -> Self {
        self.with(|message| message.life_ms = Some(millis(life)))
    }

    fn with(mut self, change: impl FnOnce(&mut OutgoingMessage)) -> Self {
        if let Ok(message) = &mut self.message {
            change(message);
        }
        self
    }
}

impl<R: DeserializeOwned> IntoFuture for Request<R> {
    type Output = Result<R, PublishError>;
    type IntoFuture = Submission<R>;

    /// Queues the request at once; requests and events are sent in this order.
    fn into_future(self) -> Self::IntoFuture {
        Submission::submit(self.machine, self.message, typed)
    }
}

/// What became of a published event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Published {
    /// The event's id, where the server tells it.
    pub id: Option<String>,
    /// The numbering that the offset belongs to, where the server tells it.
    pub epoch: Option<String>,
    /// The event's place in its topic, where it has one and the server tells it.
    pub offset: Option<u64>,
    /// It had been sent twice and took effect once.
    pub duplicate: bool,
}

/// What became of an acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct Acknowledged {
    /// The ids that the server does not know, or no longer.
    #[serde(default)]
    pub unknown: Vec<String>,
}

/// A message under way; its result is the future's output.
///
/// It is queued already, in the outbox: through lost connections it is sent again, with a key that makes the repeat
/// harmless, until its result comes or its life ends. Dropping the future cancels it: if it was not sent yet, it never
/// will be; if it was, it may have taken effect.
#[must_use = "dropping it cancels the message"]
pub struct Submission<T> {
    machine: Arc<Machine>,
    stage: Stage,
    read: fn(Option<Envelope>, bool) -> Result<T, PublishError>,
}

enum Stage {
    Refused(PublishError),
    Waiting(MessageId, oneshot::Receiver<Outcome<Envelope>>),
    Finished,
}

impl<T> Submission<T> {
    fn submit(
        machine: Arc<Machine>,
        message: Result<OutgoingMessage, PublishError>,
        read: fn(Option<Envelope>, bool) -> Result<T, PublishError>,
    ) -> Self {
        let submitted = message.and_then(|message| Ok(machine.submit(&message)?));
        Self { machine, stage: Stage::new(submitted), read }
    }
}

impl Submission<Acknowledged> {
    pub(crate) fn acknowledge(machine: Arc<Machine>, ids: &[String], note: Option<&str>) -> Self {
        let submitted = machine.acknowledge(ids, note).map_err(PublishError::Misuse);
        Self { machine, stage: Stage::new(submitted), read: typed }
    }
}

impl Stage {
    fn new(submitted: Result<Submitted, PublishError>) -> Self {
        match submitted {
            Ok((id, receiver)) => Self::Waiting(id, receiver),
            Err(error) => Self::Refused(error),
        }
    }
}

impl<T> Future for Submission<T> {
    type Output = Result<T, PublishError>;

    /// # Panics
    /// When polled again after it has given its output.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let outcome = match &mut this.stage {
            Stage::Waiting(_, receiver) => ready!(Pin::new(receiver).poll(context)),
            Stage::Refused(_) | Stage::Finished => {
                let Stage::Refused(error) = std::mem::replace(&mut this.stage, Stage::Finished) else {
                    panic!("a submission was polled after it had given its output");
                };
                return Poll::Ready(Err(error));
            }
        };
        this.stage = Stage::Finished;
        // Without an outcome the driver is gone, with the runtime: nobody can tell any more.
        let outcome = outcome.unwrap_or(Outcome::Unknown);
        Poll::Ready(match outcome {
            Outcome::Done { payload, duplicate } => (this.read)(payload, duplicate),
            Outcome::Failed(error) => Err(PublishError::Refused(error)),
            Outcome::TimedOut { sent } => Err(PublishError::TimedOut { sent }),
            Outcome::Cancelled { sent } => Err(PublishError::Cancelled { sent }),
            Outcome::Unknown => Err(PublishError::OutcomeUnknown),
        })
    }
}

impl<T> Drop for Submission<T> {
    fn drop(&mut self) {
        if let Stage::Waiting(id, _) = self.stage {
            self.machine.cancel(id);
        }
    }
}

/// The server may tell more or less of where the event went; nothing in it is needed.
fn published(payload: Option<Envelope>, duplicate: bool) -> Result<Published, PublishError> {
    #[derive(Deserialize, Default)]
    struct Place {
        id: Option<String>,
        epoch: Option<String>,
        offset: Option<u64>,
    }

    let place: Place = payload
        .and_then(|envelope| match envelope.payload {
            Payload::Json(text) => serde_json::from_str(&text).ok(),
            Payload::None | Payload::Bytes(_) => None,
        })
        .unwrap_or_default();
    Ok(Published { id: place.id, epoch: place.epoch, offset: place.offset, duplicate })
}

fn typed<T: DeserializeOwned>(payload: Option<Envelope>, _duplicate: bool) -> Result<T, PublishError> {
    let payload = match payload.map(|envelope| envelope.payload) {
        Some(Payload::Json(text)) => text.into(),
        Some(Payload::None | Payload::Bytes(_)) | None => "null".to_owned(),
    };
    serde_json::from_str(&payload)
        .map_err(|error| PublishError::BadResult { payload, error: error.to_string() })
}

impl fmt::Debug for Publish {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Publish").field("message", &self.message).finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for Request<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").field("message", &self.message).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Submission<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Submission").finish_non_exhaustive()
    }
}
