use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use steadfast_core::json::Envelope;
use steadfast_core::{Cursor, Slot, SubscriptionId};

use crate::delivery::{Deleted, Delivery, Event, Gap, Malformed};
use crate::machine::Machine;
use crate::payload::{FromPayload, RawPayload};
use crate::topics::{Item, Queue, Shared};

/// A topic's events as a stream, made by [`Client::subscribe`](crate::Client::subscribe).
///
/// Reading is what moves it on: events wait in a bounded buffer until they are read, and while it is full the client
/// leaves them at the server and fetches them again later, by the cursor. What the server no longer holds by then is
/// told as a [`Delivery::Gap`]. Several subscriptions of one topic share one place on the wire and one buffer, which
/// the slowest of them fills.
///
/// Dropping it unsubscribes. The stream ends (`None`) when the client is closed, after what was buffered; it does not
/// end when the connection is lost or the topic [`Failed`](Delivery::Failed), for both may come back.
pub struct Subscription<T> {
    machine: Arc<Machine>,
    queue: Arc<Queue>,
    topic: Arc<str>,
    slot: Slot,
    id: SubscriptionId,
    place: Place,
    payload: PhantomData<fn() -> T>,
}

/// Where the reader stands.
#[derive(Debug)]
enum Place {
    /// Nothing read yet.
    Unknown,
    /// Between a reset and the end of what follows it: no place to resume from, because what is gone is not known yet.
    Resetting,
    /// Behind this; `None` for ephemeral topics.
    At(Option<Cursor>),
}

impl Place {
    /// All that there was is read. The machine's cursor may be beyond what is read since, so within an epoch it moves nothing.
    fn lives(&mut self, cursor: Option<Cursor>) {
        match (&*self, &cursor) {
            (Self::At(Some(before)), Some(now)) if before.epoch == now.epoch => {}
            _ => *self = Self::At(cursor),
        }
    }

    /// The event is read. The cursor is moved and not made anew, which would copy the epoch for each event.
    fn advance(&mut self, event: &Shared) {
        match (&mut *self, event.offset) {
            (Self::At(Some(cursor)), Some(offset)) if *cursor.epoch == *event.epoch => cursor.offset = offset,
            _ => *self = Self::At(event.cursor()),
        }
    }
}

impl<T> Subscription<T> {
    pub(crate) fn new(
        machine: Arc<Machine>,
        queue: Arc<Queue>,
        topic: Arc<str>,
        (id, slot): (SubscriptionId, Slot),
    ) -> Self {
        Self { machine, queue, topic, slot, id, place: Place::Unknown, payload: PhantomData }
    }

    /// The topic's name.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Where the reader stands: behind what it has read last. Keep it and give it to
    /// [`SubscribeOptions::cursor`](crate::SubscribeOptions) to go on there in a later run.
    ///
    /// A [`Delivery::Gap`] whose lost events cannot be named does not move it: to go on from there tells the gap again.
    ///
    /// `None` until the first event, gap or [`Delivery::Live`] was read, between [`Delivery::Reset`] and
    /// [`Delivery::Live`], and for ephemeral topics.
    pub fn cursor(&self) -> Option<&Cursor> {
        match &self.place {
            Place::At(cursor) => cursor.as_ref(),
            Place::Unknown | Place::Resetting => None,
        }
    }
}

impl<T: FromPayload> Subscription<T> {
    /// The next delivery; `None` when the client is closed and everything was read.
    ///
    /// Cancel safe: a delivery is only taken when it is returned.
    pub async fn next(&mut self) -> Option<Delivery<T>> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Delivery<T>>> {
        Poll::Ready(ready!(self.queue.poll_pop(context)).map(|item| self.deliver(item)))
    }

    fn deliver(&mut self, item: Item) -> Delivery<T> {
        match item {
            Item::Event(claim) => self.event(claim.take()),
            Item::Kept(event) => self.event(event),
            Item::Gap { reason, lost, cursor } => {
                if cursor.is_some() {
                    self.place = Place::At(cursor);
                }
                Delivery::Gap(Gap { reason, lost })
            }
            Item::Reset => {
                self.place = Place::Resetting;
                Delivery::Reset
            }
            Item::Live { cursor } => {
                self.place.lives(cursor);
                Delivery::Live
            }
            Item::Failed(error) => Delivery::Failed(error),
        }
    }

    fn event(&mut self, event: Arc<Shared>) -> Delivery<T> {
        if !matches!(self.place, Place::Resetting) {
            self.place.advance(&event);
        }
        let (topic, offset, replay, deleted) =
            (Arc::clone(&event.topic), event.offset, event.replay, event.deleted);
        let mut envelope =
            Arc::try_unwrap(event).map_or_else(|shared| shared.envelope.clone(), |event| event.envelope);
        if deleted {
            return Delivery::Deleted(Deleted {
                topic,
                key: envelope.key.unwrap_or_default().into(),
                kind: envelope.kind.into(),
                offset,
                replay,
            });
        }
        let payload = RawPayload::from(std::mem::take(&mut envelope.payload));
        match T::from_payload(payload) {
            Ok(payload) => Delivery::Event(typed(topic, offset, replay, envelope, payload)),
            Err((payload, error)) => Delivery::Malformed(Malformed {
                event: typed(topic, offset, replay, envelope, payload),
                error,
            }),
        }
    }
}

fn typed<T>(topic: Arc<str>, offset: Option<u64>, replay: bool, envelope: Envelope, payload: T) -> Event<T> {
    Event {
        topic,
        kind: envelope.kind.into(),
        id: envelope.id.map(Into::into),
        offset,
        key: envelope.key.map(Into::into),
        timestamp: envelope.timestamp.map(Into::into),
        correlation_id: envelope.correlation_id.map(Into::into),
        priority: envelope.priority.map(Into::into),
        requires_acknowledgment: envelope.requires_acknowledgment,
        replay,
        payload,
    }
}

impl<T: FromPayload> Stream for Subscription<T> {
    type Item = Delivery<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(context)
    }
}

impl<T> Drop for Subscription<T> {
    fn drop(&mut self) {
        self.machine.unsubscribe(self.slot, self.id);
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Subscription")
            .field("topic", &self.topic)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
