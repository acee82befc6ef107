//! `cargo xtask sim`: the real client against the real server in one hostile virtual world.

use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// Builds the simulator for release and hands it the arguments.
///
/// # Errors
/// - It does not build, or a seed fails: the exit code is the failure's.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    process::run(
        workspace::cargo()
            .args(["run", "--quiet", "--release", "--locked", "--package", "steadfast-sim", "--"])
            .args(arguments),
    )
}
