//! Measures Steadfast over real sockets on this machine. `cargo xtask bench` builds and runs it; `docs/benchmarks.md`
//! says how it measures and how to read the figures.
//!
//! `steadfast-load SERVER [--quick] [fan-out] [memory] [client]` starts the server program given, loads it, and prints
//! a table for each part: what a broadcast takes beside a bare loop of `write()`, what an idle connection keeps in
//! memory, and how many events a second the native client takes beside a bare WebSocket loop. Without a part named it
//! measures all three.
//!
//! It is also the other programs that it measures with, each a process of its own: `bare`, `crowd` and `feed`.

#![forbid(unsafe_code)]

mod bare;
mod broadcast;
mod consume;
mod crowd;
mod dial;
mod fanout;
mod feed;
mod kpi;
mod memory;
mod plan;
mod process;
mod publisher;
mod system;
mod table;

use std::path::Path;
use std::process::ExitCode;

use plan::{Part, Plan};

/// Why a measurement could not be made; nobody has use for more than the text.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["bare"] => bare::serve().map_err(|failure| format!("bare loop: {failure}").into()),
        ["crowd"] => broadcast::serve().map_err(|failure| format!("crowd: {failure}").into()),
        ["feed", class, events] => feed::serve(class, events.parse()?),
        [server, ref options @ ..] => measure(Path::new(server), &Plan::parse(options)?),
        [] => Err(
            "name the server program to measure: steadfast-load PATH [--quick] [fan-out] [memory] [client]"
                .into(),
        ),
    }
}

fn measure(server: &Path, plan: &Plan) -> Result<(), Failure> {
    let files = system::raise_file_limit()?;
    println!("{}", system::describe());
    if plan.measures(Part::FanOut) {
        fanout::measure(server, plan, files)?;
    }
    if plan.measures(Part::Memory) {
        memory::measure(server, plan, files)?;
    }
    if plan.measures(Part::Client) {
        consume::measure(plan)?;
    }
    println!("\n{}", system::load());
    Ok(())
}
