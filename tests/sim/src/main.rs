//! Plays seeds: `steadfast-sim [--seeds N] [--from S] [--trace SEED] [--faults [NAME]...]`.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use lexopt::ValueExt as _;

const HELP: &str = "\
steadfast-sim [--seeds N] [--from S]   plays N seeds (1,000), beginning with S (1)
steadfast-sim --trace SEED             plays one seed and prints all that happens
steadfast-sim [--seeds N] --faults [NAME]...
                                       makes each deliberate fault, or these, and says which check finds it and how many
                                       seeds that takes, of N at most; built with the feature `faults`";

/// So many failures are worth looking into.
const MOST_FAILURES: u64 = 20;

enum Task {
    Play {
        from: u64,
        seeds: u64,
    },
    Trace(u64),
    #[cfg(feature = "faults")]
    Faults {
        most: u64,
        names: Vec<String>,
    },
    Help,
}

fn main() -> ExitCode {
    match parse() {
        Ok(Task::Play { from, seeds }) => play(from, seeds),
        Ok(Task::Trace(seed)) => {
            print!("{}", steadfast_sim::trace(seed));
            ExitCode::SUCCESS
        }
        #[cfg(feature = "faults")]
        Ok(Task::Faults { most, names }) => faults(most, &names),
        Ok(Task::Help) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("steadfast-sim: {error}\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn parse() -> Result<Task, lexopt::Error> {
    let mut arguments = lexopt::Parser::from_env();
    let (mut from, mut seeds) = (1, 1_000);
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("seeds") => seeds = arguments.value()?.parse()?,
            lexopt::Arg::Long("from") => from = arguments.value()?.parse()?,
            lexopt::Arg::Long("trace") => return Ok(Task::Trace(arguments.value()?.parse()?)),
            #[cfg(feature = "faults")]
            lexopt::Arg::Long("faults") => {
                let names = arguments.raw_args()?.map(lexopt::ValueExt::string).collect::<Result<_, _>>()?;
                return Ok(Task::Faults { most: seeds, names });
            }
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Ok(Task::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Task::Play { from, seeds })
}

fn play(from: u64, seeds: u64) -> ExitCode {
    let began = Instant::now();
    let next = AtomicU64::new(from);
    let passed = AtomicU64::new(0);
    let failed = AtomicU64::new(0);
    let play = || {
        while failed.load(Relaxed) < MOST_FAILURES {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= from + seeds {
                return;
            }
            match steadfast_sim::run(seed) {
                Ok(()) => drop(passed.fetch_add(1, Relaxed)),
                Err(failure) => {
                    failed.fetch_add(1, Relaxed);
                    println!("{}\n", failure.minimised());
                }
            }
        }
    };
    steadfast_sim::on_all_cores(play);
    let (passed, failed) = (passed.into_inner(), failed.into_inner());
    if failed >= MOST_FAILURES {
        println!("so many fail that the rest is left out");
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{:.0} seeds a second", (passed + failed) as f64 / seconds.max(0.001));
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes each deliberate fault and says what found it.
#[cfg(feature = "faults")]
fn faults(most: u64, names: &[String]) -> ExitCode {
    // What a fault breaks beside the checks is no news here.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut passed, mut failed) = (0, 0);
    println!("{:<24} {:<20} seeds needed", "fault", "invariant");
    for &fault in steadfast_core::Fault::ALL {
        let name = format!("{fault:?}");
        if !names.is_empty() && !names.contains(&name) {
            continue;
        }
        let caught = steadfast_sim::hunt(fault, most);
        match caught {
            Some(caught) => {
                let note = if caught.is_meant { "" } else { "  not the check that is meant" };
                let invariant = format!("{} {:?}", caught.check as u8, caught.check);
                println!("{name:<24} {invariant:<20} {}{note}", caught.seed);
            }
            None => println!("{name:<24} {:<20} over {most}", "none"),
        }
        *if caught.is_some_and(|caught| caught.is_meant) { &mut passed } else { &mut failed } += 1;
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
