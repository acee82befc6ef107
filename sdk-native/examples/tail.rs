//! Prints what happens in topics, one JSON line each: events, gaps, resets, and every change of the connection.
//!
//! ```text
//! cargo run -p steadfast --example tail -- --url http://127.0.0.1:8080 --token JWT \
//!     [--transport auto|websocket|polling] [--report FILE] TOPIC…
//! ```
//!
//! `--report` leaves the client's debug report in a file at the end; `cargo xtask replay FILE` prints what it recorded.

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::{Arg, ValueExt as _};
use serde_json::{Map, Value, json};
use steadfast::{
    Client, Delivery, Event, GapReason, PayloadError, State, Status, Subscription, Transport, TransportChoice,
};
use tokio::sync::mpsc;

const USAGE: &str =
    "usage: tail --url URL --token JWT [--transport auto|websocket|polling] [--report FILE] TOPIC…";

struct Options {
    url: String,
    token: String,
    transport: TransportChoice,
    report: Option<PathBuf>,
    topics: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = match Options::read() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match tail(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tail: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn tail(options: Options) -> Result<(), Box<dyn Error>> {
    let client = Client::builder(options.url)
        .token(options.token)
        .transport(options.transport)
        .application("tail", env!("CARGO_PKG_VERSION"))
        .lazy()
        .build()?;
    // Few lines wait here: while standard output blocks, the events wait in their subscriptions and at the server.
    let (lines, mut printed) = mpsc::channel(16);
    for topic in &options.topics {
        tokio::spawn(follow(client.subscribe(topic)?, lines.clone()));
    }
    let mut status = client.status();
    client.connect()?;
    let mut stopped = false;
    while !stopped {
        let line = tokio::select! {
            // A status comes before what it explains.
            biased;
            changed = status.changed() => {
                changed?;
                let status = *status.borrow_and_update();
                stopped = status.state == State::Closed;
                status_line(&status)
            }
            Some(line) = printed.recv() => line,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                break;
            }
        };
        print(&line)?;
    }
    if let Some(file) = options.report {
        std::fs::write(&file, client.debug_report())
            .map_err(|error| format!("cannot write the report to {}: {error}", file.display()))?;
    }
    client.close(Duration::from_secs(2)).await?;
    if stopped {
        return Err("the server refuses this client; the last status line says why".into());
    }
    Ok(())
}

async fn follow(mut subscription: Subscription<Value>, lines: mpsc::Sender<Value>) {
    while let Some(delivery) = subscription.next().await {
        if lines.send(delivery_line(subscription.topic(), delivery)).await.is_err() {
            return;
        }
    }
}

fn print(line: &Value) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

fn delivery_line(topic: &str, delivery: Delivery<Value>) -> Value {
    match delivery {
        Delivery::Event(event) => event_line("event", event),
        Delivery::Malformed(malformed) => {
            let mut line = event_line("malformed", malformed.event.map(|_| Value::Null));
            line["error"] = match malformed.error {
                PayloadError::Bytes => json!("the payload is bytes"),
                PayloadError::Json(why) => json!(why),
            };
            line
        }
        Delivery::Deleted(deleted) => json!({
            "kind": "deleted", "topic": topic, "type": deleted.kind, "key": deleted.key,
            "offset": deleted.offset, "replay": deleted.replay,
        }),
        Delivery::Gap(gap) => json!({
            "kind": "gap", "topic": topic, "reason": reason(gap.reason),
            "first": gap.lost.map(|(first, _)| first), "last": gap.lost.map(|(_, last)| last),
        }),
        Delivery::Reset => json!({"kind": "reset", "topic": topic}),
        Delivery::Live => json!({"kind": "live", "topic": topic}),
        Delivery::Failed(error) => json!({
            "kind": "failed", "topic": topic, "code": error.code.as_str(), "message": error.message,
        }),
    }
}

fn event_line(kind: &str, event: Event<Value>) -> Value {
    let mut line = Map::new();
    line.insert("kind".into(), kind.into());
    line.insert("topic".into(), (*event.topic).into());
    line.insert("type".into(), event.kind.into());
    line.insert("offset".into(), event.offset.into());
    line.insert("id".into(), event.id.into());
    if let Some(key) = event.key {
        line.insert("key".into(), key.into());
    }
    line.insert("replay".into(), event.replay.into());
    if let Some(priority) = event.priority {
        line.insert("priority".into(), priority.into());
    }
    if event.requires_acknowledgment {
        line.insert("requires_acknowledgment".into(), true.into());
    }
    line.insert("payload".into(), event.payload);
    Value::Object(line)
}

fn status_line(status: &Status) -> Value {
    json!({
        "kind": "status",
        "state": match status.state {
            State::Disconnected => "disconnected",
            State::Connecting => "connecting",
            State::Connected => "connected",
            State::Closed => "closed",
        },
        "transport": status.transport.map(|transport| match transport {
            Transport::WebSocket => "websocket",
            Transport::Polling => "polling",
        }),
        "attempt": status.attempt,
        "retry_in_ms": status.retry_in_ms,
        "reason": status.reason.map(|reason| json!({"code": reason.code, "retryable": reason.retryable})),
    })
}

fn reason(reason: GapReason) -> &'static str {
    match reason {
        GapReason::HistoryEvicted => "history_evicted",
        GapReason::EpochChanged => "epoch_changed",
        GapReason::SlowConsumer => "slow_consumer",
        GapReason::SourceLost => "source_lost",
    }
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let (mut url, mut token, mut report, mut topics) = (None, None, None, Vec::new());
        let mut transport = TransportChoice::Auto;
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Arg::Long("url") => url = Some(arguments.value()?.string()?),
                Arg::Long("token") => token = Some(arguments.value()?.string()?),
                Arg::Long("transport") => transport = arguments.value()?.parse_with(parse_transport)?,
                Arg::Long("report") => report = Some(arguments.value()?.into()),
                Arg::Value(topic) => topics.push(topic.string()?),
                other => return Err(other.unexpected()),
            }
        }
        if topics.is_empty() {
            return Err("name at least one topic".into());
        }
        let url = url.ok_or("--url is missing")?;
        let token = token.ok_or("--token is missing")?;
        Ok(Self { url, token, transport, report, topics })
    }
}

fn parse_transport(name: &str) -> Result<TransportChoice, &'static str> {
    match name {
        "auto" => Ok(TransportChoice::Auto),
        "websocket" => Ok(TransportChoice::WebSocket),
        "polling" => Ok(TransportChoice::Polling),
        _ => Err("--transport must be auto, websocket or polling"),
    }
}
