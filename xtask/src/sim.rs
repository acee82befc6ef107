//! `cargo xtask sim`: the real client against the real server in one hostile virtual world.

use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// Builds the simulator and hands it the arguments. Not for release: the debug profile optimises what it spends its time in, and
/// keeps every assertion and overflow check.
///
/// # Errors
/// - It does not build, or a seed fails: the exit code is the failure's.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut simulator = workspace::cargo();
    simulator.args(["run", "--quiet", "--locked", "--package", "steadfast-sim"]);
    if arguments.iter().any(|argument| argument == "--faults") {
        simulator.args(["--features", "faults"]);
    }
    process::run(simulator.arg("--").args(arguments))
}
