//! `cargo xtask test`: everything that must hold.

use std::process::Command;

use crate::browsers;
use crate::failure::Failure;
use crate::npm;
use crate::process;
use crate::size;
use crate::workspace;

const WASI: &str = "wasm32-wasip1";
const OLDEST_NODE: u32 = 20;

/// Runs all tests, those of the npm package against the real server and in applications made with bundlers
/// and frameworks, and stops at the first step that fails.
///
/// # Errors
/// - A step fails: its exit code is the failure's.
/// - Node is missing or older than 20, or npm is missing.
/// - There is no Chromium and none can be installed.
pub(crate) fn run() -> Result<(), Failure> {
    // First, so that what is missing is known before all the rest has run.
    let browsers = browsers::ready()?;
    process::run(workspace::cargo().args(["test", "--workspace", "--locked"]))?;
    process::run(workspace::cargo().args([
        "test",
        "--package",
        "steadfast-sim",
        "--features",
        "faults",
        "--test",
        "faults",
        "--locked",
    ]))?;
    check_node()?;
    workspace::ensure_target(WASI)?;
    process::run(workspace::cargo().args([
        "test",
        "--package",
        "steadfast-core",
        "--lib",
        "--tests",
        "--target",
        WASI,
        "--locked",
    ]))?;
    size::run()?;
    npm::run()?;
    process::run(workspace::cargo().args(["build", "--locked", "--package", "steadfast-server"]))?;
    let server = format!("steadfast-server{}", std::env::consts::EXE_SUFFIX);
    let server = workspace::target_directory()?.join("debug").join(server);
    process::run(npm::npm().args(["run", "--silent", "check"]))?;
    npm::install_in(&npm::folder().join("tests/packaging"))?;
    for tests in ["test", "test:packaging"] {
        let mut run = npm::npm();
        run.args(["run", "--silent", tests]).env("STEADFAST_SERVER", &server).envs(browsers.clone());
        process::run(&mut run)?;
    }
    Ok(())
}

fn check_node() -> Result<(), Failure> {
    let wanted = "the core's tests as wasm and the npm package need Node 20 or newer";
    let version = process::output(Command::new("node").arg("--version"))
        .map_err(|failure| Failure::new(format!("{wanted}: {failure}")))?;
    if major(&version).is_some_and(|major| major >= OLDEST_NODE) {
        return Ok(());
    }
    Err(Failure::new(format!("{wanted}; `node --version` says {}", version.trim())))
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn node_versions_are_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v8.1.0"), Some(8));
        assert_eq!(major("twenty"), None);
    }
}
