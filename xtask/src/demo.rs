//! `cargo xtask demo`: the main job on lively input, to be watched and disturbed.

use std::sync::mpsc;
use std::time::Instant;

use crate::failure::Failure;

mod door;
mod feed;
mod guide;
mod options;
mod page;
mod programs;
mod stage;
mod world;

pub(crate) use options::Options;
pub(crate) use page::build as build_page;
use programs::Programs;
use stage::Stage;

/// What the demo waits for.
enum Occurrence {
    Interrupted,
    KillAsked,
    ServerListens(String),
    ServerEnded,
    /// A client ended by itself.
    ClientEnded(&'static str),
}

/// Runs the demo until Ctrl-C, or for the time that was asked for. All that it started has ended when it returns.
///
/// # Errors
/// - Something cannot be built or started, or ends by itself again and again.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let page = options.page.prepare()?;
    let programs = Programs::build()?;
    let (sender, occurrences) = mpsc::channel();
    let interrupt = sender.clone();
    // The receiver lives as long as the handler matters.
    ctrlc::set_handler(move || drop(interrupt.send(Occurrence::Interrupted)))
        .map_err(|error| Failure::new(format!("cannot watch for Ctrl-C: {error}")))?;
    let deadline = options.length.map(|length| Instant::now() + length);

    let mut stage = Stage::set(programs, page, sender, &occurrences, options)?;
    let ended = loop {
        match next(&occurrences, deadline) {
            None | Some(Occurrence::Interrupted) => break Ok(()),
            Some(Occurrence::KillAsked) => stage.kill_server(),
            Some(Occurrence::ServerListens(_)) => println!("demo   | the server is back"),
            Some(Occurrence::ServerEnded) => {
                if let Err(failure) = stage.restart_server() {
                    break Err(failure);
                }
            }
            Some(Occurrence::ClientEnded(name)) => {
                break Err(Failure::new(format!("the {name} ended by itself; its last lines say why")));
            }
        }
    };
    println!("demo   | stopping");
    stage.clear();
    ended
}

/// The next occurrence, or `None` when the time is over.
fn next(occurrences: &mpsc::Receiver<Occurrence>, deadline: Option<Instant>) -> Option<Occurrence> {
    let Some(deadline) = deadline else {
        return occurrences.recv().ok();
    };
    let left = deadline.saturating_duration_since(Instant::now());
    occurrences.recv_timeout(left).ok()
}
