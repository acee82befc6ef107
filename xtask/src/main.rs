//! What a person types: `cargo xtask demo | test | npm | sim | replay | fuzz | storm | bench | size | help`.

#![forbid(unsafe_code)]

mod bench;
mod browsers;
mod demo;
mod failure;
mod fuzz;
mod layout;
mod node;
mod npm;
mod process;
mod replay;
#[cfg(test)]
mod rules;
mod sim;
mod size;
mod storm;
mod test;
mod workspace;

use std::process::ExitCode;

use failure::Failure;

const HELP: &str = "\
cargo xtask COMMAND

  demo [--for SECONDS] [--seed NUMBER] [--listen ADDRESS] [--no-page | --page FOLDER]
        builds all, starts the server, a feed that plays an operations centre and a hospital, colleagues, and a tail,
        and serves two dashboards; says where, and what to try. Ctrl-C ends it; so does the time given with --for.
        --no-page goes without the dashboards, which need Node; --page serves another page that is built already.
  test  all tests: the workspace, the core as wasm under Node, the size of the core as wasm, the house rules, and the
        npm package against the real server, in Chromium, Firefox and WebKitGTK too; on Debian root gets those that are
        missing installed. STEADFAST_BROWSERS=none leaves the browsers out.
  npm   builds the npm package: the core as wasm, JavaScript, types, and weighs its entries.
  fuzz [--minutes NUMBER] [TARGET]...
        random inputs at each target of fuzz/, or at these, for so many minutes each (1). Needs a nightly compiler.
  sim [--seeds N] [--from S] [--trace SEED] [--faults [NAME]...]
        the real client against the real server in one hostile virtual world: plays N seeds, or prints all that
        happens in one. A failure says which invariant does not hold, and what has to go wrong for that.
        With --faults: makes deliberate faults in client and server, and says which invariant shows each, after how many seeds.
  replay FILE
        prints what happened to a client, from a file with its debug report, and checks that it happens again.
  bench [--quick] [fan-out] [memory] [client] [browser [--write]]
        builds for release and measures on this machine: a broadcast beside a bare loop of write(), the memory of an
        idle connection, the native client beside a bare WebSocket loop, and in Chromium the npm package beside a bare
        WebSocket, centrifuge-js and socket.io-client. docs/benchmarks.md says how to read it; --write puts the
        browser's table there.
  storm [--seed NUMBER]
        simulates 12,500 and 1,000,000 clients that come back after outages and drains, beside other libraries'
        formulas, and writes docs/storm.svg and the table of docs/storm.md.
  size  builds the core as wasm with a driver of stubs and weighs it.
  help  this text.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    let (command, rest) =
        arguments.split_first().map_or(("help", &[][..]), |(command, rest)| (command.as_str(), rest));
    match command {
        "demo" => demo::run(&demo::Options::parse(rest)?),
        "bench" => bench::run(rest),
        "storm" => storm::run(rest),
        "fuzz" => fuzz::run(&fuzz::Options::parse(rest)?),
        "test" => no_arguments(command, rest).and_then(|()| test::run()),
        "sim" => sim::run(rest),
        "replay" => replay::run(rest),
        "npm" => no_arguments(command, rest).and_then(|()| npm::run()),
        "size" => no_arguments(command, rest).and_then(|()| size::run()),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        unknown => Err(Failure::usage(format!(
            "there is no command `{unknown}`; there are demo, test, npm, sim, replay, fuzz, storm, bench, size and help"
        ))),
    }
}

fn no_arguments(command: &str, rest: &[String]) -> Result<(), Failure> {
    match rest.first() {
        None => Ok(()),
        Some(argument) => {
            Err(Failure::usage(format!("`{command}` takes no arguments; `{argument}` is one too many")))
        }
    }
}
