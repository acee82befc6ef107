//! A backend as it would be: it publishes in batches, keeps what the server has not taken, and tells a server that has
//! begun anew the last values again.

use std::collections::VecDeque;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use super::world::{Draft, World};

/// How long a tick of the world takes.
const TICK: Duration = Duration::from_millis(250);
/// Events kept while the server is away; beyond that the oldest is dropped, and counted.
const MOST_WAITING: usize = 1_000;
/// Events in one request.
const BATCH: usize = 200;
const REPORT_EVERY: u64 = 400;

/// The feed's thread.
pub(super) struct Feed {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Feed {
    /// Starts to publish to the server at `url` what happens in the world that grows from `seed`.
    pub(super) fn start(url: String, seed: u64) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut backend = Backend::new(&url, seed);
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                backend.tick();
            }
        });
        Self { stop, thread }
    }

    /// Ends it and waits for the request under way.
    pub(super) fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            eprintln!("the feed had ended with an error of its own");
        }
    }
}

struct Backend {
    agent: Agent,
    url: String,
    world: World,
    numbered: u64,
    waiting: VecDeque<Value>,
    dropped: u64,
    published: u64,
    reported: u64,
    away: bool,
    /// Of the server's numbering; another one has none of what was published before.
    epoch: Option<String>,
}

impl Backend {
    fn new(url: &str, seed: u64) -> Self {
        let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).build();
        Self {
            agent: config.into(),
            url: format!("{url}/api/v1/publish"),
            world: World::new(seed),
            numbered: 0,
            waiting: VecDeque::new(),
            dropped: 0,
            published: 0,
            reported: 0,
            away: false,
            epoch: None,
        }
    }

    fn tick(&mut self) {
        let drafts = self.world.tick();
        self.queue(drafts);
        while !self.waiting.is_empty() && self.publish() {}
        if self.published - self.reported >= REPORT_EVERY {
            self.reported = self.published;
            println!("feed   | {} events published", self.published);
        }
    }

    fn queue(&mut self, drafts: Vec<Draft>) {
        for draft in drafts {
            self.numbered += 1;
            // The key makes it harmless to publish again when an answer was lost.
            self.waiting.push_back(draft.into_publish(&format!("demo-{}", self.numbered)));
        }
        while self.waiting.len() > MOST_WAITING {
            self.waiting.pop_front();
            self.dropped += 1;
        }
    }

    fn publish(&mut self) -> bool {
        let batch: Vec<&Value> = self.waiting.iter().take(BATCH).collect();
        let sent = batch.len();
        let body = serde_json::to_string(&batch).expect("values that we made are JSON");
        match post(&self.agent, &self.url, &body) {
            Ok(Taken { refused, epoch }) => {
                if self.away {
                    self.away = false;
                    println!("feed   | the server takes events again, {} were waiting", self.waiting.len());
                }
                for error in refused {
                    println!("feed   | refused: {error}");
                }
                self.waiting.drain(..sent);
                self.published += sent as u64;
                self.note(epoch);
                true
            }
            Err(error) => {
                if !self.away {
                    self.away = true;
                    println!("feed   | cannot publish ({error}); keeping events until the server is back");
                }
                false
            }
        }
    }

    fn note(&mut self, epoch: Option<String>) {
        let Some(epoch) = epoch else { return };
        let known = self.epoch.replace(epoch);
        if known.is_some() && known != self.epoch {
            let values = self.world.values();
            self.queue(values);
        }
    }
}

/// What became of a batch.
struct Taken {
    /// The errors of the events that were refused.
    refused: Vec<String>,
    epoch: Option<String>,
}

fn post(agent: &Agent, url: &str, body: &str) -> Result<Taken, String> {
    let mut answer = agent
        .post(url)
        .header("X-API-Key", "dev")
        .header("Content-Type", "application/json")
        .send(body)
        .map_err(|error| error.to_string())?;
    let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let results = answer["results"].as_array().ok_or("the answer has no `results`")?;
    let refused = results.iter().filter(|result| result["ok"] != true);
    Ok(Taken {
        refused: refused.map(|result| result["error"].to_string()).collect(),
        epoch: results.iter().find_map(|result| result["epoch"].as_str()).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::Backend;

    #[test]
    fn a_server_that_began_anew_is_told_the_last_values() {
        let mut backend = Backend::new("http://127.0.0.1:1", 1);
        backend.note(Some("one".to_owned()));
        backend.note(None);
        backend.note(Some("one".to_owned()));
        assert!(backend.waiting.is_empty());
        backend.note(Some("two".to_owned()));
        assert_eq!(backend.waiting.iter().filter(|event| event["topic"] == "kpis").count(), 40);
        backend.note(Some("two".to_owned()));
        assert_eq!(backend.waiting.len(), 40);
    }
}
