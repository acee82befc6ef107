//! `cargo xtask fuzz`: random inputs at every decoder, the client's machine and the server's session, for as long as is wished.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::workspace;

const CARGO_FUZZ: &str = "0.13.2";

/// What to fuzz, and how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    minutes: u64,
    /// None: all.
    targets: Vec<String>,
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// - An option that is not known, or minutes that are no number or zero.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { minutes: 1, targets: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--minutes" => {
                    let minutes = arguments.next().and_then(|minutes| minutes.parse().ok());
                    options.minutes = minutes
                        .filter(|minutes| *minutes > 0)
                        .ok_or_else(|| Failure::usage("`--minutes` needs a whole number from 1 on"))?;
                }
                option if option.starts_with('-') => {
                    return Err(Failure::usage(format!("`fuzz` has no option `{option}`")));
                }
                target => options.targets.push(target.to_owned()),
            }
        }
        Ok(options)
    }
}

/// Runs each target for so many minutes and stops at the first that finds something.
///
/// What is new goes into the target directory; the kept inputs in `fuzz/corpus` are read and stay as they are.
///
/// # Errors
/// - There is no nightly compiler, or cargo-fuzz cannot be installed.
/// - A target that does not exist.
/// - A target found something: its words are above, and the input lies in `fuzz/artifacts`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let known = known_targets()?;
    let targets = if options.targets.is_empty() { &known } else { &options.targets };
    if let Some(unknown) = targets.iter().find(|target| !known.contains(target)) {
        return Err(Failure::usage(format!(
            "there is no target `{unknown}`; there are {}",
            known.join(", ")
        )));
    }
    check_nightly()?;
    let target_directory = workspace::target_directory()?;
    let cargo_fuzz = ensure_cargo_fuzz(&target_directory.join("tools"))?;
    for target in targets {
        let found = target_directory.join("fuzz-corpus").join(target);
        fs::create_dir_all(&found)
            .map_err(|error| Failure::new(format!("cannot create {}: {error}", found.display())))?;
        process::run(&mut fuzz(&cargo_fuzz, target, &found, options.minutes))?;
    }
    println!("{} targets, {} minutes each: nothing found", targets.len(), options.minutes);
    Ok(())
}

fn fuzz(cargo_fuzz: &Path, target: &str, found: &Path, minutes: u64) -> Command {
    let mut command = Command::new(cargo_fuzz);
    command
        .current_dir(workspace::root())
        .env("RUSTUP_TOOLCHAIN", "nightly")
        // Without a sanitizer of memory: the project has no unsafe code, and is twice as fast.
        .args(["fuzz", "run", "--sanitizer", "none", target])
        .arg(found)
        .arg(Path::new("fuzz/corpus").join(target))
        .args(["--", "-max_len=4096", "-timeout=10", "-rss_limit_mb=2048"])
        .arg(format!("-max_total_time={}", minutes * 60));
    command
}

fn known_targets() -> Result<Vec<String>, Failure> {
    let folder = workspace::root().join("fuzz/fuzz_targets");
    let unreadable = |error| Failure::new(format!("cannot read {}: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn check_nightly() -> Result<(), Failure> {
    let toolchains = process::output(Command::new("rustup").args(["toolchain", "list"]));
    match toolchains {
        Ok(toolchains) if toolchains.lines().any(|name| name.starts_with("nightly")) => Ok(()),
        _ => Err(Failure::new("fuzzing needs a nightly compiler: `rustup toolchain install nightly`")),
    }
}

fn ensure_cargo_fuzz(tools: &Path) -> Result<PathBuf, Failure> {
    let installed = tools.join("bin").join(format!("cargo-fuzz{}", std::env::consts::EXE_SUFFIX));
    if !installed.is_file() {
        process::run(
            workspace::cargo()
                .args(["install", "--locked", "--version", CARGO_FUZZ, "cargo-fuzz", "--root"])
                .arg(tools),
        )?;
    }
    Ok(installed)
}

#[cfg(test)]
mod tests {
    use super::{Options, known_targets};

    fn parsed(arguments: &[&str]) -> Option<Options> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Options::parse(&arguments).ok()
    }

    #[test]
    fn options_are_read() {
        assert_eq!(parsed(&[]), Some(Options { minutes: 1, targets: Vec::new() }));
        let both = Options { minutes: 20, targets: vec!["machine".into(), "session".into()] };
        assert_eq!(parsed(&["machine", "--minutes", "20", "session"]), Some(both));
        for wrong in [&["--minutes"][..], &["--minutes", "0"], &["--minutes", "soon"], &["--hours", "1"]] {
            assert_eq!(parsed(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn targets_are_found() {
        assert!(known_targets().is_ok_and(|targets| targets.contains(&"machine".to_owned())));
    }
}
