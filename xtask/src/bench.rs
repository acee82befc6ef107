//! `cargo xtask bench`: builds what is measured as it is shipped, and measures.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::Failure;
use crate::npm;
use crate::process;
use crate::workspace;

/// Measures: the part `browser` here, the others with the load program, which knows its own options.
///
/// # Errors
/// - The programs or the npm package cannot be built, or the other clients not installed.
/// - A measurement fails; the program has said why. Its exit code is the failure's.
/// - `--write` is given with another part than `browser`.
pub(crate) fn run(options: &[String]) -> Result<(), Failure> {
    let Parts { browser, load } = Parts::parse(options)?;
    if let Some(options) = load {
        let programs = build(&["steadfast-server", "steadfast-load"])?;
        let server = programs.join("steadfast-server");
        process::run(Command::new(programs.join("steadfast-load")).arg(server).args(options))?;
    }
    browser.map_or(Ok(()), |options| measure_browser(&options))
}

fn build(packages: &[&str]) -> Result<PathBuf, Failure> {
    let packages = packages.iter().flat_map(|package| ["--package", package]);
    process::run(workspace::cargo().args(["build", "--release", "--locked"]).args(packages))?;
    Ok(workspace::target_directory()?.join("release"))
}

fn measure_browser(options: &[&str]) -> Result<(), Failure> {
    npm::run()?;
    let folder = npm::folder().join("bench");
    npm::install_in(&folder)?;
    let server = build(&["steadfast-server"])?.join("steadfast-server");
    process::run(Command::new("node").arg(folder.join("main.mjs")).arg(&server).args(options))
}

/// What is measured by whom, each with its options; without a part named, all is.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    browser: Option<Vec<&'a str>>,
    load: Option<Vec<&'a str>>,
}

impl<'a> Parts<'a> {
    fn parse(options: &'a [String]) -> Result<Self, Failure> {
        let named = |option: &&str| !option.starts_with("--");
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let flags: Vec<&str> = options.iter().copied().filter(|option| !named(option)).collect();
        let (browser, load): (Vec<&str>, Vec<&str>) =
            options.into_iter().filter(named).partition(|part| *part == "browser");
        let (measures_browser, measures_load) = match (browser.is_empty(), load.is_empty()) {
            (true, true) => (true, true),
            (no_browser, no_load) => (!no_browser, !no_load),
        };
        if flags.contains(&"--write") && measures_load {
            return Err(Failure::usage("only `bench browser` writes its table; name that part alone"));
        }
        Ok(Self {
            browser: measures_browser.then(|| flags.clone()),
            load: measures_load.then(|| [flags, load].concat()),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Parts;

    fn parse(options: &str) -> (Option<String>, Option<String>) {
        let options: Vec<String> = options.split_whitespace().map(str::to_owned).collect();
        let Parts { browser, load } = Parts::parse(&options).unwrap();
        (browser.map(|options| options.join(" ")), load.map(|options| options.join(" ")))
    }

    #[test]
    fn each_program_gets_its_parts_and_all_without_one() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parse("--quick"), (some("--quick"), some("--quick")));
        assert_eq!(parse("browser --write"), (some("--write"), None));
        assert_eq!(parse("client --quick memory"), (None, some("--quick client memory")));
        assert_eq!(parse("client browser"), (some(""), some("client")));
    }

    #[test]
    fn the_load_program_writes_no_table() {
        for options in [&["--write".to_owned()][..], &["--write".to_owned(), "client".to_owned()]] {
            assert_eq!(Parts::parse(options).unwrap_err().code(), 2);
        }
    }
}
