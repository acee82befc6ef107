//! `cargo xtask bench`: builds the server and the load program as they are shipped, and measures.

use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// Measures, with the load program's own options.
///
/// # Errors
/// - The programs cannot be built.
/// - A measurement fails; the load program has said why. Its exit code is the failure's.
pub(crate) fn run(options: &[String]) -> Result<(), Failure> {
    process::run(workspace::cargo().args([
        "build",
        "--release",
        "--package",
        "steadfast-server",
        "--package",
        "steadfast-load",
        "--locked",
    ]))?;
    let programs = workspace::target_directory()?.join("release");
    process::run(
        Command::new(programs.join("steadfast-load")).arg(programs.join("steadfast-server")).args(options),
    )
}
