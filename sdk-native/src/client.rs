use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use steadfast_core::json::Envelope;
use steadfast_core::{Input, Misuse, OutgoingMessage, OutgoingPayload, Statistics, Status, SubscribeOptions};
use tokio::sync::watch;

use crate::builder::ClientBuilder;
use crate::error::{PublishError, Unfinished};
use crate::machine::Machine;
use crate::payload::FromPayload;
use crate::submission::{Acknowledged, Publish, Request, Submission};
use crate::subscription::Subscription;

/// A notification client: a cheap handle, to be cloned wherever it is needed.
///
/// The client itself runs as one task on the tokio runtime it was built in. It connects by itself, stays connected
/// through lost connections, blocked WebSockets, expired tokens and servers that restart, and says so in its
/// [`status`](Client::status).
///
/// When the last handle is dropped the client closes at once, like `close(Duration::ZERO)`: messages without a result
/// end as cancelled and every [`Subscription`]'s stream ends. A subscription is no handle; keep one beside it.
///
/// ```no_run
/// use steadfast::{Client, Delivery};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder("http://127.0.0.1:8080").token("a JWT").build()?;
/// let mut incidents = client.subscribe::<serde_json::Value>("incidents")?;
/// while let Some(delivery) = incidents.next().await {
///     if let Delivery::Event(event) = delivery {
///         println!("{}: {}", event.kind, event.payload);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    machine: Arc<Machine>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Nobody is left to wait for the end.
        let _ = self.machine.close(Duration::ZERO);
    }
}

impl Client {
    /// Begins a client of the server at `http(s)://host[:port][/prefix]`.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    pub(crate) fn new(machine: Arc<Machine>) -> Self {
        Self { handle: Arc::new(Handle { machine }) }
    }

    /// Subscribes to a topic: from now on for a log topic, with the current values for a state topic.
    ///
    /// `T` is what the payloads are read as: any type of serde's, `serde_json::Value`, or
    /// [`RawPayload`](crate::RawPayload). It can be called at any time, connected or not. A later subscription of the
    /// same topic joins the first: of a state topic it gets the known values at once.
    ///
    /// ```no_run
    /// # fn example(client: steadfast::Client) -> Result<(), steadfast::Misuse> {
    /// #[derive(serde::Deserialize)]
    /// struct Kpi { availability: f64 }
    ///
    /// let mut kpis = client.subscribe::<Kpi>("kpis")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Misuse::BadTopicName`]: not a topic name.
    /// - [`Misuse::Stopped`]: the client was closed.
    pub fn subscribe<T: FromPayload>(&self, topic: &str) -> Result<Subscription<T>, Misuse> {
        self.subscribe_with(topic, SubscribeOptions::default())
    }

    /// Subscribes with options: some keys of a state topic, some history of a log topic, or a cursor from an earlier run.
    ///
    /// Subscriptions of one topic share one place in it: `history` and `cursor` count for the first alone, and one that joins it
    /// begins with what comes next.
    ///
    /// ```no_run
    /// # fn example(client: steadfast::Client) -> Result<(), steadfast::Misuse> {
    /// use steadfast::SubscribeOptions;
    ///
    /// let options = SubscribeOptions { history: Some(20), ..SubscribeOptions::default() };
    /// let mut incidents = client.subscribe_with::<serde_json::Value>("incidents", options)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Misuse::BadTopicName`]: not a topic name.
    /// - [`Misuse::Stopped`]: the client was closed.
    pub fn subscribe_with<T: FromPayload>(
        &self,
        topic: &str,
        options: SubscribeOptions,
    ) -> Result<Subscription<T>, Misuse> {
        let machine = Arc::clone(&self.handle.machine);
        let accepted = machine.subscribe(topic, options)?;
        Ok(Subscription::new(machine, accepted.queue, accepted.topic, (accepted.id, accepted.slot)))
    }

    /// Publishes an event of the given type: add options and await it.
    ///
    /// It waits in the outbox until connected, is sent again after a lost connection, and takes effect at most once.
    ///
    /// ```no_run
    /// # async fn example(client: steadfast::Client) -> Result<(), steadfast::PublishError> {
    /// let published = client
    ///     .publish("incidents", "incident_alert", &serde_json::json!({"title": "Power loss"}))
    ///     .priority("critical")
    ///     .requires_acknowledgment()
    ///     .await?;
    /// println!("at {:?}", published.offset);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Awaiting it gives one of
    /// - [`PublishError::Misuse`]: a bad topic or type, too large, the outbox full, the client closed.
    /// - [`PublishError::Payload`]: the payload cannot be written as JSON.
    /// - [`PublishError::Refused`]: the server refused it, and says whether to try again.
    /// - [`PublishError::TimedOut`], [`PublishError::Cancelled`]: it ended without a result.
    /// - [`PublishError::OutcomeUnknown`]: the server can no longer tell.
    pub fn publish<P: Serialize + ?Sized>(&self, topic: &str, kind: &str, payload: &P) -> Publish {
        let message = message(Some(topic), kind, payload);
        Publish::new(Arc::clone(&self.handle.machine), message)
    }

    /// Publishes an event whose payload is bytes; otherwise like [`publish`](Client::publish).
    ///
    /// ```no_run
    /// # async fn example(client: steadfast::Client, jpeg: Vec<u8>) -> Result<(), steadfast::PublishError> {
    /// client.publish_bytes("cameras", "still", jpeg).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`publish`](Client::publish), but for [`PublishError::Payload`].
    pub fn publish_bytes(&self, topic: &str, kind: &str, payload: impl Into<Vec<u8>>) -> Publish {
        let message = OutgoingMessage {
            kind: kind.to_owned(),
            topic: Some(topic.to_owned()),
            payload: OutgoingPayload::Bytes(payload.into().into_boxed_slice()),
            ..OutgoingMessage::default()
        };
        Publish::new(Arc::clone(&self.handle.machine), Ok(message))
    }

    /// Asks the server's handler of the given type and reads its result as `R`: add options and await it.
    ///
    /// ```no_run
    /// # async fn example(client: steadfast::Client) -> Result<(), steadfast::PublishError> {
    /// use serde_json::{Value, json};
    ///
    /// let result: Value = client.request("incident_action", &json!({"id": 7, "action": "assign"})).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`publish`](Client::publish), and
    /// - [`PublishError::BadResult`]: it was carried out, but its result does not fit `R`.
    pub fn request<R: DeserializeOwned>(
        &self,
        kind: &str,
        payload: &(impl Serialize + ?Sized),
    ) -> Request<R> {
        Request::new(Arc::clone(&self.handle.machine), message(None, kind, payload))
    }

    /// Sends without asking for a result: at most once, only while a WebSocket is connected, never queued.
    ///
    /// For what is worthless a moment later, such as a cursor position.
    ///
    /// ```no_run
    /// # fn example(client: steadfast::Client) -> Result<(), steadfast::PublishError> {
    /// client.send("typing", &serde_json::json!({"in": "incident 7"}))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`PublishError::Misuse`]: a bad type, too large, not connected, the client closed.
    /// - [`PublishError::Payload`]: the payload cannot be written as JSON.
    pub fn send<P: Serialize + ?Sized>(&self, kind: &str, payload: &P) -> Result<(), PublishError> {
        let message = message(None, kind, payload)?;
        Ok(self.handle.machine.command(|state, now| state.core.send(now, &message))?)
    }

    /// Acknowledges events in a person's name; await the result.
    ///
    /// `ids` are those of events with `requires_acknowledgment`; `note` is the person's remark. Doing it twice is
    /// harmless. It survives lost connections like a published event.
    ///
    /// ```no_run
    /// # async fn example(client: steadfast::Client, id: String) -> Result<(), steadfast::PublishError> {
    /// let acknowledged = client.acknowledge([id], Some("on my way")).await?;
    /// assert!(acknowledged.unknown.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`PublishError::Misuse`]: no id was given, the outbox is full, the client closed.
    /// - [`PublishError::Refused`], [`PublishError::TimedOut`], [`PublishError::Cancelled`],
    ///   [`PublishError::OutcomeUnknown`]: as for [`publish`](Client::publish).
    pub fn acknowledge<I>(&self, ids: I, note: Option<&str>) -> Submission<Acknowledged>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        Submission::acknowledge(Arc::clone(&self.handle.machine), &ids, note)
    }

    /// The connection's status, and every change of it.
    ///
    /// ```no_run
    /// # async fn example(client: steadfast::Client) {
    /// use steadfast::State;
    ///
    /// let mut status = client.status();
    /// // Fails only when the client and all its subscriptions are gone.
    /// let _ = status.wait_for(|status| status.state == State::Connected).await;
    /// # }
    /// ```
    pub fn status(&self) -> watch::Receiver<Status> {
        self.handle.machine.status()
    }

    /// Counters over the client's life; they stay readable after it was closed.
    pub fn statistics(&self) -> Statistics {
        self.handle.machine.statistics()
    }

    /// All that helps to find out what happened to this client, as text to be sent to whoever looks into it.
    ///
    /// It tells the version, the status and its recent changes, the statistics, the topics with their cursors, and
    /// carries the [flight recording](crate::ClientBuilder::flight_recorder), which `cargo xtask replay FILE` of the project
    /// prints and checks. Payloads, tokens and notes are not in it; names of topics, keys subscribed to, ids of events
    /// and the server's own texts are. At most 64 KiB and 1.4 times the recorder's bytes, for a client of a few hundred
    /// topics. It can still be had after the client was closed.
    ///
    /// ```no_run
    /// # fn example(client: steadfast::Client) -> std::io::Result<()> {
    /// std::fs::write("steadfast-report.txt", client.debug_report())
    /// # }
    /// ```
    pub fn debug_report(&self) -> String {
        self.handle.machine.material().write()
    }

    /// Connects, or starts again a client that was disconnected or gave up. Does nothing while connected.
    ///
    /// # Errors
    /// - [`Misuse::Stopped`]: the client was closed.
    pub fn connect(&self) -> Result<(), Misuse> {
        self.handle.machine.command(|state, now| {
            state.core.connect(now);
            Ok(())
        })
    }

    /// Says goodbye to the server and stays away until [`connect`](Client::connect). Subscriptions and the outbox stay,
    /// so that nothing is lost within the server's retention and the messages' lives. Does nothing while disconnected.
    ///
    /// # Errors
    /// - [`Misuse::Stopped`]: the client was closed.
    pub fn disconnect(&self) -> Result<(), Misuse> {
        self.handle.machine.command(|state, now| {
            state.core.disconnect(now);
            Ok(())
        })
    }

    /// Closes for good: takes nothing new, waits until every message has its result, then says goodbye.
    ///
    /// At the deadline what is left ends as cancelled. A client that is not trying to connect does not wait. Afterwards
    /// the subscriptions' streams end and every call gives [`Misuse::Stopped`]. Dropping the future does not stop the
    /// closing; calling it again waits for the same end, at the earlier of the deadlines, and after the end is `Ok`.
    ///
    /// ```no_run
    /// # async fn example(client: steadfast::Client) {
    /// use std::time::Duration;
    ///
    /// if let Err(unfinished) = client.close(Duration::from_secs(5)).await {
    ///     eprintln!("{unfinished}");
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Unfinished`]: messages were left at the deadline.
    pub async fn close(&self, deadline: Duration) -> Result<(), Unfinished> {
        match self.handle.machine.close(deadline) {
            // Without an answer the driver is gone, with the runtime, and has cancelled everything.
            Some(end) => end.await.unwrap_or(Ok(())),
            None => Ok(()),
        }
    }

    /// Tells whether people see the application: becoming visible checks the connection at once.
    ///
    /// # Errors
    /// - [`Misuse::Stopped`]: the client was closed.
    pub fn set_visible(&self, visible: bool) -> Result<(), Misuse> {
        self.input(if visible { Input::Visible } else { Input::Hidden })
    }

    /// Tells what the system says about the network: online pulls a waiting attempt forward, offline checks the
    /// connection but never closes it, for such hints are often wrong.
    ///
    /// # Errors
    /// - [`Misuse::Stopped`]: the client was closed.
    pub fn set_online(&self, online: bool) -> Result<(), Misuse> {
        self.input(if online { Input::Online } else { Input::Offline })
    }

    /// The application goes to sleep: connections are closed and no deadline runs until [`thaw`](Client::thaw).
    ///
    /// # Errors
    /// - [`Misuse::Stopped`]: the client was closed.
    pub fn freeze(&self) -> Result<(), Misuse> {
        self.input(Input::Freeze)
    }

    /// Back from [`freeze`](Client::freeze): connects again and goes on where each topic stood.
    ///
    /// # Errors
    /// - [`Misuse::Stopped`]: the client was closed.
    pub fn thaw(&self) -> Result<(), Misuse> {
        self.input(Input::Thaw)
    }

    fn input(&self, input: Input<Envelope>) -> Result<(), Misuse> {
        self.handle.machine.input(input)
    }
}

fn message<P: Serialize + ?Sized>(
    topic: Option<&str>,
    kind: &str,
    payload: &P,
) -> Result<OutgoingMessage, PublishError> {
    let payload = serde_json::to_string(payload).map_err(|error| PublishError::Payload(error.to_string()))?;
    Ok(OutgoingMessage {
        kind: kind.to_owned(),
        topic: topic.map(str::to_owned),
        payload: OutgoingPayload::Json(payload.into_boxed_str()),
        ..OutgoingMessage::default()
    })
}
