//! `cargo xtask demo`: the main job on lively input, to be watched and disturbed.

use std::sync::mpsc::{self, Sender};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::process;

mod feed;
mod guide;
mod programs;
mod world;

use feed::Feed;
use programs::{Programs, Server};

const FIRST_ADDRESS: &str = "127.0.0.1:8080";
const ANY_ADDRESS: &str = "127.0.0.1:0";
/// A server that ends sooner than this after its start was not killed by a curious person.
const TOO_SOON: Duration = Duration::from_secs(2);
const MOST_EARLY_ENDS: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(5);

/// What the command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    /// End by itself after so long.
    length: Option<Duration>,
    /// The feed's world grows from it; the same seed is the same world.
    seed: u64,
}

impl Options {
    /// Reads `[--for SECONDS] [--seed NUMBER]`.
    ///
    /// # Errors
    /// - An unknown argument, or one without its number.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { length: None, seed: 1 };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut number = || {
                rest.next()
                    .and_then(|text| text.parse::<u64>().ok())
                    .ok_or_else(|| Failure::usage(format!("`{argument}` needs a whole number behind it")))
            };
            match argument.as_str() {
                "--for" => options.length = Some(Duration::from_secs(number()?)),
                "--seed" => options.seed = number()?,
                unknown => {
                    return Err(Failure::usage(format!(
                        "`demo` knows --for SECONDS and --seed NUMBER, not `{unknown}`"
                    )));
                }
            }
        }
        Ok(options)
    }
}

/// What the demo waits for.
enum Occurrence {
    Interrupted,
    ServerListens(String),
    ServerEnded,
    TailEnded,
}

/// Runs the demo until Ctrl-C, or for the time that was asked for. All that it started has ended when it returns.
///
/// # Errors
/// - Something cannot be built or started, or ends by itself again and again.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let programs = Programs::build()?;
    let (sender, occurrences) = mpsc::channel();
    let interrupt = sender.clone();
    // The receiver lives as long as the handler matters.
    ctrlc::set_handler(move || drop(interrupt.send(Occurrence::Interrupted)))
        .map_err(|error| Failure::new(format!("cannot watch for Ctrl-C: {error}")))?;
    let deadline = options.length.map(|length| Instant::now() + length);

    let mut stage = Stage::set(&programs, sender, &occurrences, options.seed)?;
    let ended = loop {
        match next(&occurrences, deadline) {
            None | Some(Occurrence::Interrupted) => break Ok(()),
            Some(Occurrence::ServerListens(url)) => {
                println!("demo   | the server is back at {url}");
            }
            Some(Occurrence::ServerEnded) => {
                if let Err(failure) = stage.restart_server(&programs) {
                    break Err(failure);
                }
            }
            Some(Occurrence::TailEnded) => {
                break Err(Failure::new("the tail ended by itself; its last lines say why"));
            }
        }
    };
    println!("demo   | stopping");
    stage.clear();
    ended
}

/// All that runs while the demo is on.
struct Stage {
    sender: Sender<Occurrence>,
    server: Server,
    started: Instant,
    early_ends: u32,
    feed: Feed,
    tail: process::Background,
}

impl Stage {
    fn set(
        programs: &Programs,
        sender: Sender<Occurrence>,
        occurrences: &mpsc::Receiver<Occurrence>,
        seed: u64,
    ) -> Result<Self, Failure> {
        let mut server = programs.serve(FIRST_ADDRESS, sender.clone())?;
        let url = match first_word(occurrences) {
            Some(Occurrence::ServerListens(url)) => url,
            Some(Occurrence::ServerEnded) => {
                println!("demo   | {FIRST_ADDRESS} is taken, it seems; trying a free port");
                server = programs.serve(ANY_ADDRESS, sender.clone())?;
                match first_word(occurrences) {
                    Some(Occurrence::ServerListens(url)) => url,
                    _ => {
                        return Err(Failure::new("the server does not start; its last lines say why"));
                    }
                }
            }
            Some(Occurrence::Interrupted) => {
                return Err(Failure::new("interrupted before the server was up"));
            }
            _ => {
                return Err(Failure::new("the server did not say `listening on …` within 30 s"));
            }
        };
        let tokens = programs.tokens()?;
        guide::print(&url, &tokens, server.id());
        let feed = Feed::start(url.clone(), seed);
        let tail = programs.tail(&url, &tokens.operations, sender.clone())?;
        Ok(Self { sender, server, started: Instant::now(), early_ends: 0, feed, tail })
    }

    fn restart_server(&mut self, programs: &Programs) -> Result<(), Failure> {
        let status = self.server.wait();
        if self.started.elapsed() < TOO_SOON {
            self.early_ends += 1;
            if self.early_ends == MOST_EARLY_ENDS {
                return Err(Failure::new("the server ends right after its start, again and again"));
            }
        } else {
            self.early_ends = 0;
        }
        let how = status.map_or_else(|| "in an unknown way".to_owned(), |status| status.to_string());
        println!(
            "demo   | the server has ended ({how}); starting it again. The tail will show a gap and go on."
        );
        self.server = programs.serve(&self.server.address(), self.sender.clone())?;
        self.started = Instant::now();
        println!("demo   | the server's process is now {}", self.server.id());
        Ok(())
    }

    fn clear(self) {
        self.feed.stop();
        self.tail.end(PATIENCE);
        self.server.end(PATIENCE);
    }
}

/// The next occurrence, or `None` when the time is over.
fn next(occurrences: &mpsc::Receiver<Occurrence>, deadline: Option<Instant>) -> Option<Occurrence> {
    let Some(deadline) = deadline else {
        return occurrences.recv().ok();
    };
    let left = deadline.saturating_duration_since(Instant::now());
    occurrences.recv_timeout(left).ok()
}

fn first_word(occurrences: &mpsc::Receiver<Occurrence>) -> Option<Occurrence> {
    occurrences.recv_timeout(Duration::from_secs(30)).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::Options;

    fn parse(text: &str) -> Result<Options, String> {
        let arguments: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments).map_err(|failure| failure.to_string())
    }

    #[test]
    fn options_are_read() {
        let options = parse("--seed 7 --for 3").unwrap();
        assert_eq!(options, Options { length: Some(Duration::from_secs(3)), seed: 7 });
        assert_eq!(parse("").unwrap(), Options { length: None, seed: 1 });
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        assert!(parse("--for soon").unwrap_err().contains("`--for` needs"));
        assert!(parse("--fast").unwrap_err().contains("`--fast`"));
    }
}
