//! `cargo xtask demo`: the main job on lively input, to be watched and disturbed.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::str::FromStr;
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

/// Where the server listens, unless that is taken; then at a free port.
const FIRST_PORT: u16 = 8080;
const START_PATIENCE: Duration = Duration::from_secs(30);
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
    /// Where the server listens.
    listen: Option<SocketAddr>,
}

impl Options {
    /// Reads `[--for SECONDS] [--seed NUMBER] [--listen ADDRESS]`.
    ///
    /// # Errors
    /// - An unknown argument, or one without its value.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { length: None, seed: 1, listen: None };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--for" => options.length = Some(Duration::from_secs(value(argument, rest.next())?)),
                "--seed" => options.seed = value(argument, rest.next())?,
                "--listen" => options.listen = Some(value(argument, rest.next())?),
                unknown => {
                    return Err(Failure::usage(format!(
                        "`demo` knows --for SECONDS, --seed NUMBER and --listen ADDRESS, not `{unknown}`"
                    )));
                }
            }
        }
        Ok(options)
    }
}

fn value<T: FromStr>(argument: &str, text: Option<&String>) -> Result<T, Failure> {
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Failure::usage(format!(
            "`{argument}` needs a value: a whole number, or an address such as 127.0.0.1:8080"
        ))
    })
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

    let mut stage = Stage::set(&programs, sender, &occurrences, options)?;
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
        options: Options,
    ) -> Result<Self, Failure> {
        let address = options.listen.unwrap_or_else(usual_address);
        let server = programs.serve(&address.to_string(), sender.clone())?;
        let url = match occurrences.recv_timeout(START_PATIENCE) {
            Ok(Occurrence::ServerListens(url)) => url,
            Ok(Occurrence::Interrupted) => return Err(Failure::new("interrupted before the server was up")),
            Ok(_) => return Err(Failure::new("the server does not start; its last lines say why")),
            Err(_) => return Err(Failure::new("the server did not say `listening on …` within 30 s")),
        };
        let tokens = programs.tokens()?;
        guide::print(&url, &tokens, server.id());
        let tail = programs.tail(&url, &tokens.operations, sender.clone())?;
        let feed = Feed::start(url, options.seed);
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

fn usual_address() -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, FIRST_PORT));
    if TcpListener::bind(usual).is_ok() {
        return usual;
    }
    println!("demo   | port {FIRST_PORT} is taken; using a free one");
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
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
        let options = parse("--seed 7 --for 3 --listen 127.0.0.1:0").unwrap();
        let listen = Some(([127, 0, 0, 1], 0).into());
        assert_eq!(options, Options { length: Some(Duration::from_secs(3)), seed: 7, listen });
        assert_eq!(parse("").unwrap(), Options { length: None, seed: 1, listen: None });
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        assert!(parse("--for soon").unwrap_err().contains("`--for` needs"));
        assert!(parse("--fast").unwrap_err().contains("`--fast`"));
    }
}
