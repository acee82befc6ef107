//! What a person types: `cargo xtask demo | test | npm | sim | replay | fuzz | storm | bench | size | help`.

#![forbid(unsafe_code)]

mod bench;
mod browsers;
mod demo;
mod failure;
mod fuzz;
mod help;
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
    if let Some(usage) = help::asked(command, rest) {
        println!("{usage}");
        return Ok(());
    }
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
            println!("{}", help::all());
            Ok(())
        }
        unknown => {
            Err(Failure::usage(format!("there is no command `{unknown}`; there are {}", help::names())))
        }
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
