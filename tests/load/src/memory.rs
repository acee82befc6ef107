//! What an idle connection keeps in the server's resident memory.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::Failure;
use crate::crowd::Crowd;
use crate::dial::{Greeter, masked_text};
use crate::kpi;
use crate::plan::Plan;
use crate::process::{Server, tokens};
use crate::publisher::Publisher;
use crate::system::resident;
use crate::table;

const USERS: usize = 50;

const OTHER_FILES: u64 = 300;

/// The topics of the large hello.
const TOPICS: usize = 100;

/// What is replayed to each connection, at least.
const REPLAYED_BYTES: u64 = 1024 * 1024;

/// The payload of the large frame from a client.
const LARGE_BYTES: usize = 256 * 1024;

/// Events in one publish.
const BATCH: u64 = 500;

/// Connections between two looks at what has come.
const JOIN_AT_ONCE: usize = 20;

/// Long enough for the server to be idle, and for the connections' tasks to have put away what they needed.
const QUIET: Duration = Duration::from_secs(2);

/// How long all replays together may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// What each connection did before it fell idle.
#[derive(Debug, Clone, Copy)]
enum Past {
    OneTopic,
    ManyTopics,
    Replay,
    LargeFrame,
}

/// Measures the memory of idle connections, and prints the table.
pub(crate) fn measure(server: &Path, plan: &Plan, files: u64) -> Result<(), Failure> {
    let most = usize::try_from(files.saturating_sub(OTHER_FILES))?;
    let connections = plan.idle.min(most);
    let tokens = tokens(server, USERS)?;
    let mut rows = Vec::new();
    for past in [Past::OneTopic, Past::ManyTopics, Past::Replay, Past::LargeFrame] {
        rows.push(measure_one(server, &tokens, connections, past)?);
    }
    table::print(
        &format!("Memory: resident KiB of the server for each of {connections} idle connections"),
        &["after", "KiB each", "before MiB", "with them MiB", "closed MiB"],
        &rows,
    );
    Ok(())
}

fn measure_one(
    server: &Path,
    tokens: &[String],
    connections: usize,
    past: Past,
) -> Result<Vec<String>, Failure> {
    let server = Server::start(server)?;
    let mut publisher = Publisher::connect(&server.address)?;
    let published = publish(&mut publisher, past)?;
    let topics = topics(past, &published.epoch);
    // What the first connection costs once and for all is none of the others' business.
    let mut greeter = Greeter::new(&server.address, tokens, &topics)?;
    drop(greeter.greet()?);
    std::thread::sleep(QUIET);
    let before = resident(server.id())?;
    let mut crowd = Crowd::new()?;
    for number in 0..connections {
        let (mut stream, read) = greeter.greet()?;
        if matches!(past, Past::LargeFrame) {
            send_large(&mut stream)?;
        }
        crowd.join(stream, read)?;
        if number % JOIN_AT_ONCE == 0 {
            crowd.drain()?;
        }
    }
    crowd.aim_at(published.bytes);
    crowd.read_all(PATIENCE)?;
    crowd.settle(QUIET)?;
    let with_them = resident(server.id())?;
    drop(crowd);
    std::thread::sleep(QUIET);
    let closed = resident(server.id())?;
    let mebibytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1_048_576.0);
    Ok(vec![
        past.text(),
        format!("{:.1}", with_them.saturating_sub(before) as f64 / 1_024.0 / connections as f64),
        mebibytes(before),
        mebibytes(with_them),
        mebibytes(closed),
    ])
}

/// Sends a large frame, and waits for the answer to a ping behind it.
fn send_large(stream: &mut TcpStream) -> Result<(), Failure> {
    let frame = format!("{{\"type\":\"note\",\"payload\":\"{}\"}}", "x".repeat(LARGE_BYTES));
    stream.write_all(&masked_text(&frame))?;
    stream.write_all(&masked_text("{\"type\":\"ping\"}"))?;
    let mut answers = String::new();
    while !answers.contains("\"pong\"") {
        let mut answer = [0; 256];
        let length = stream.read(&mut answer)?;
        if length == 0 {
            return Err(format!("a large frame was answered with {answers}").into());
        }
        answers.push_str(&String::from_utf8_lossy(&answer[..length]));
    }
    Ok(())
}

/// The history that there is to replay.
struct Published {
    epoch: String,
    /// What a replay sends at least.
    bytes: u64,
}

/// Publishes one event, or as many as make up the replay.
fn publish(publisher: &mut Publisher, past: Past) -> Result<Published, Failure> {
    let mut published = Published { epoch: String::new(), bytes: 0 };
    let mut number = 0;
    loop {
        let batch = if matches!(past, Past::Replay) { BATCH } else { 1 };
        let bodies: Vec<String> =
            (number..number + batch).map(|number| kpi::publish_body(kpi::TOPIC, number)).collect();
        let request = publisher.request(&format!("[{}]", bodies.join(",")));
        publisher.send(&request)?;
        let results = publisher.answer()?;
        published.epoch = text(&results[0], "epoch")?;
        if !matches!(past, Past::Replay) {
            return Ok(published);
        }
        // A frame holds more than its payload.
        published.bytes += bodies.len() as u64 * kpi::payload(0).len() as u64;
        number += batch;
        if published.bytes >= REPLAYED_BYTES {
            return Ok(published);
        }
    }
}

fn topics(past: Past, epoch: &str) -> String {
    match past {
        Past::OneTopic | Past::LargeFrame => format!("[\"{}\"]", kpi::TOPIC),
        Past::ManyTopics => {
            let names: Vec<String> =
                (0..TOPICS).map(|number| format!("\"{}-{number}\"", kpi::TOPIC)).collect();
            format!("[{}]", names.join(","))
        }
        Past::Replay => {
            format!("[{{\"topic\":\"{}\",\"cursor\":{{\"epoch\":\"{epoch}\",\"offset\":0}}}}]", kpi::TOPIC)
        }
    }
}

fn text(value: &Value, member: &str) -> Result<String, Failure> {
    let text = value[member].as_str().ok_or_else(|| format!("a publish result has no {member}"))?;
    Ok(text.to_owned())
}

impl Past {
    fn text(self) -> String {
        match self {
            Self::OneTopic => "a hello with 1 topic".to_owned(),
            Self::ManyTopics => format!("a hello with {TOPICS} topics"),
            Self::Replay => "a replay of over 1 MiB".to_owned(),
            Self::LargeFrame => format!("a frame of {} KiB from the client", LARGE_BYTES / 1_024),
        }
    }
}
