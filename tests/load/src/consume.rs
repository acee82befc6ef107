//! Events a second: the native client beside bare WebSocket loops that parse the same frames into the same type.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use steadfast::{Client, Delivery};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::Failure;
use crate::feed::TOPIC;
use crate::kpi::Kpi;
use crate::plan::Plan;
use crate::process::Program;
use crate::table::{self, Spread};

/// How long one run may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The classes of topics that keep what they deliver; to the bare loop they are all the same.
const CLASSES: [&str; 2] = ["log", "state"];

/// What one run gave.
#[derive(Debug, Clone, Copy)]
struct Run {
    events: u64,
    /// From the first event to the last.
    took: Duration,
    /// Of all values: shows that both clients have read the same.
    sum: f64,
}

/// Measures the clients in turn, and prints the table.
pub(crate) fn measure(plan: &Plan) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for class in CLASSES {
        let mut feed = Program::own(&["feed", class, &plan.events.to_string()])?;
        let address = feed.hear_address()?;
        let mut runs = Runs::default();
        for _ in 0..plan.runs {
            runs.lean.push(run(take_bare(&address, plan.events, read_payload))?);
            runs.whole.push(run(take_bare(&address, plan.events, read_whole))?);
            runs.native.push(run(take_native(&address, plan.events))?);
        }
        rows.push(runs.cells(class)?);
    }
    table::print(
        &format!(
            "Client: {} events, thousand a second, median of {} runs (lowest–highest)",
            plan.events, plan.runs
        ),
        &[
            "topic",
            "bare, payload only",
            "bare, whole event",
            "native client",
            "to payload only",
            "to whole event",
        ],
        &rows,
    );
    Ok(())
}

/// The runs of the three clients.
#[derive(Default)]
struct Runs {
    lean: Vec<Run>,
    whole: Vec<Run>,
    native: Vec<Run>,
}

impl Runs {
    fn cells(&self, class: &str) -> Result<Vec<String>, Failure> {
        let all = self.lean.iter().chain(&self.whole).chain(&self.native);
        if all.into_iter().any(|run| run.sum != self.lean[0].sum) {
            return Err("the clients have not read the same events".into());
        }
        let rates = |runs: &[Run]| Spread::of(runs.iter().map(Run::thousand_a_second));
        let (lean, whole, native) = (rates(&self.lean), rates(&self.whole), rates(&self.native));
        Ok(vec![
            class.to_owned(),
            lean.text(0),
            whole.text(0),
            native.text(0),
            format!("{:.2}", native.median / lean.median),
            format!("{:.2}", native.median / whole.median),
        ])
    }
}

/// Runs a client on a thread of its own, as an application that does nothing else would.
fn run(client: impl Future<Output = Result<Run, Failure>>) -> Result<Run, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { timeout(PATIENCE, client).await })?
}

async fn take_native(address: &str, events: u64) -> Result<Run, Failure> {
    let client = Client::builder(format!("http://{address}")).token("any").build()?;
    let mut figures = client.subscribe::<Kpi>(TOPIC)?;
    let mut count = Count::new();
    while count.events < events {
        match figures.next().await.ok_or("the client closed")? {
            Delivery::Event(event) => count.add(&event.payload),
            Delivery::Live => {}
            other => return Err(format!("unexpected: {other:?}").into()),
        }
    }
    Ok(count.end())
}

/// The least that it can do with.
#[derive(Deserialize)]
struct PayloadOnly<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    payload: Option<Kpi>,
}

/// All that the native client gives to the application.
#[derive(Deserialize)]
struct Whole {
    #[serde(rename = "type")]
    kind: String,
    payload: Option<Kpi>,
    timestamp: Option<String>,
    #[serde(rename = "rt")]
    position: Option<Position>,
}

#[derive(Deserialize)]
struct Position {
    id: String,
    topic: String,
    key: Option<String>,
    offset: u64,
}

/// How a bare loop reads a frame: its payload, where it is an event.
type Read = fn(&str) -> serde_json::Result<Option<Kpi>>;

fn read_payload(text: &str) -> serde_json::Result<Option<Kpi>> {
    let frame: PayloadOnly<'_> = serde_json::from_str(text)?;
    Ok(frame.payload.filter(|_| frame.kind == "kpi_update"))
}

fn read_whole(text: &str) -> serde_json::Result<Option<Kpi>> {
    let frame: Whole = serde_json::from_str(text)?;
    // What is parsed must be looked at, or the compiler may leave the parsing out.
    let sound = frame.position.is_some_and(|Position { id, topic, key, offset }| {
        offset > 0 && topic == TOPIC && !id.is_empty() && key.is_none_or(|key| !key.is_empty())
    });
    let sound = sound && frame.timestamp.is_some() && frame.kind == "kpi_update";
    Ok(frame.payload.filter(|_| sound))
}

async fn take_bare(address: &str, events: u64, read: Read) -> Result<Run, Failure> {
    let mut request = format!("ws://{address}/api/v1/notifications/ws").into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("steadfast.v1"));
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let hello = format!(
        "{{\"type\":\"rt.hello\",\"version\":1,\"token\":\"any\",\"instance\":\"bare\",\"link\":1,\"topics\":[\"{TOPIC}\"]}}"
    );
    socket.send(Message::Text(hello.into())).await?;
    let mut count = Count::new();
    while count.events < events {
        let Message::Text(text) = socket.next().await.ok_or("the feed closed")?? else {
            continue;
        };
        if let Some(kpi) = read(&text)? {
            count.add(&kpi);
        }
    }
    Ok(count.end())
}

struct Count {
    events: u64,
    begin: Instant,
    sum: f64,
}

impl Count {
    fn new() -> Self {
        Self { events: 0, begin: Instant::now(), sum: 0.0 }
    }

    fn add(&mut self, kpi: &Kpi) {
        if self.events == 0 {
            self.begin = Instant::now();
        }
        self.events += 1;
        self.sum += kpi.value;
    }

    fn end(self) -> Run {
        Run { events: self.events, took: self.begin.elapsed(), sum: self.sum }
    }
}

impl Run {
    fn thousand_a_second(&self) -> f64 {
        self.events as f64 / self.took.as_secs_f64() / 1e3
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::feed::tests::start;

    #[test]
    fn both_clients_read_the_same() {
        // More than a subscription buffers, so that the client may have to come back for the rest.
        const EVENTS: u64 = 5_000;
        for class in CLASSES {
            let address = start(class, EVENTS);
            let bare = run(take_bare(&address, EVENTS, read_whole)).unwrap();
            let native = run(take_native(&address, EVENTS)).unwrap();
            assert_eq!((bare.events, native.events), (EVENTS, EVENTS));
            assert!(bare.sum > 0.0 && bare.sum == native.sum);
        }
    }
}
