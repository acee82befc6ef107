//! `steadfast-storm SVG [--seed NUMBER]`: runs everything, writes the plot, and prints the table.

#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use steadfast_storm::{Contender, Measured, Scenario, Size, draw, table};

const SIZES: [Size; 2] = [
    Size { clients: 12_500, pods: 4, handshakes_per_second: 1_000 },
    Size { clients: 1_000_000, pods: 100, handshakes_per_second: 1_000 },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, seed) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [file] => (file, Some(1)),
        [file, "--seed", seed] => (file, seed.parse().ok()),
        _ => ("", None),
    };
    let Some(seed) = seed else {
        eprintln!("steadfast-storm SVG [--seed NUMBER]");
        return ExitCode::from(2);
    };
    let measured = measure(seed);
    if let Err(error) = draw(&measured, Path::new(file)) {
        eprintln!("cannot draw {file}: {error}; give a file in a folder that can be written");
        return ExitCode::FAILURE;
    }
    print!("{}", table(&measured));
    ExitCode::SUCCESS
}

/// All runs, several at a time; each is its own world, so their order changes nothing.
fn measure(seed: u64) -> Vec<Measured> {
    let cases = cases();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    // A million machines take about 3 GB.
    let workers = thread::available_parallelism().map_or(1, usize::from).min(2);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&(scenario, size, contender)) = cases.get(index) else { return };
                    let begun = Instant::now();
                    let run = contender.run(size, scenario, seed);
                    let (clients, name, seconds) =
                        (size.clients, contender.name(), begun.elapsed().as_secs_f32());
                    eprintln!("{}, {clients} clients: {name} in {seconds:.1} s", scenario.name());
                    let mut done = done.lock().expect("no run panics while it holds the results");
                    done.push((index, Measured { contender, scenario, size, run }));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no run panics while it holds the results");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, measured)| measured).collect()
}

fn cases() -> Vec<(Scenario, Size, Contender)> {
    let mut cases = Vec::new();
    for scenario in Scenario::ALL {
        for size in SIZES {
            cases.extend(Contender::ALL.map(|contender| (scenario, size, contender)));
        }
    }
    cases
}
