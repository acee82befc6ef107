//! People on duty, one for each token: they come and go, watch a topic, and acknowledge some of its alerts after a while.
//!
//! ```text
//! cargo run -p steadfast --example on_duty -- --url http://127.0.0.1:8080 --topic incidents --token JWT…
//! ```

use std::error::Error;
use std::ops::Range;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::{Arg, ValueExt as _};
use serde_json::Value;
use steadfast::{Client, Delivery, Subscription};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

const USAGE: &str = "usage: on_duty --url URL --topic TOPIC --token JWT [--token JWT]…";
const NOTES: [&str; 4] = ["on my way", "called the site", "a colleague is there", "looking into it"];

/// How long one stays, in seconds.
const STAYS: Range<u64> = 40..150;
/// How long one stays away, in seconds.
const AWAY: Range<u64> = 15..60;
/// How long it takes from an alert to its acknowledgement, in seconds.
const REACTS: Range<u64> = 8..30;
/// One takes care of one alert in so many; the others are left to others.
const ONE_IN: u64 = 8;

struct Options {
    url: String,
    topic: String,
    tokens: Vec<String>,
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
    match work(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("on_duty: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn work(options: Options) -> Result<(), Box<dyn Error>> {
    let mut shift = JoinSet::new();
    for token in options.tokens {
        let client = Client::builder(&options.url)
            .token(token)
            .application("on_duty", env!("CARGO_PKG_VERSION"))
            .lazy()
            .build()?;
        let alerts = client.subscribe(&options.topic)?;
        shift.spawn(Person { client, alerts }.come_and_go());
    }
    match shift.join_next().await {
        Some(ended) => Err(ended?),
        None => Ok(()),
    }
}

struct Person {
    client: Client,
    alerts: Subscription<Value>,
}

impl Person {
    async fn come_and_go(mut self) -> Box<dyn Error + Send + Sync> {
        loop {
            if let Err(error) = self.stay().await {
                return error;
            }
            sleep(within(AWAY)).await;
        }
    }

    async fn stay(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let leaves = Instant::now() + within(STAYS);
        self.client.connect()?;
        // Whoever is away reads on where they left, so what happened meanwhile comes now.
        while let Ok(delivery) = timeout_at(leaves, self.alerts.next()).await {
            match delivery {
                None => return Err("the client was closed".into()),
                Some(Delivery::Failed(error)) => return Err(error.to_string().into()),
                Some(Delivery::Event(event)) if event.requires_acknowledgment => {
                    if let Some(id) = event.id.filter(|_| random(0..ONE_IN) == 0) {
                        self.take_care_of(id, leaves).await;
                    }
                }
                Some(_) => {}
            }
        }
        Ok(self.client.disconnect()?)
    }

    async fn take_care_of(&self, id: String, leaves: Instant) {
        let reacts = Instant::now() + within(REACTS);
        if reacts < leaves {
            sleep_until(reacts).await;
            let note = NOTES[random(0..NOTES.len() as u64) as usize];
            // An alert that could not be acknowledged stays open, for the next who sees it.
            let _ = timeout_at(leaves, self.client.acknowledge([id], Some(note))).await;
        }
    }
}

fn within(range: Range<u64>) -> Duration {
    Duration::from_secs(random(range))
}

fn random(range: Range<u64>) -> u64 {
    let number = getrandom::u64().expect("a client was built, which takes random bits too");
    range.start + number % (range.end - range.start)
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let (mut url, mut topic, mut tokens) = (None, None, Vec::new());
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Arg::Long("url") => url = Some(arguments.value()?.string()?),
                Arg::Long("topic") => topic = Some(arguments.value()?.string()?),
                Arg::Long("token") => tokens.push(arguments.value()?.string()?),
                other => return Err(other.unexpected()),
            }
        }
        if tokens.is_empty() {
            return Err("give at least one --token".into());
        }
        let url = url.ok_or("--url is missing")?;
        let topic = topic.ok_or("--topic is missing")?;
        Ok(Self { url, topic, tokens })
    }
}
