//! `cargo xtask size`: what the core weighs as wasm.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::failure::Failure;
use crate::npm;
use crate::process;
use crate::workspace;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm-release";
/// Those that Rust uses for this target by itself; more, and browsers refuse the module.
pub(crate) const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];
/// The lowest KiB of memory is the far end of the stack. Control flow is built anew from its plainest form, and what that
/// leaves is optimised twice: a hundredth less.
const OPTIONS: [&str; 8] = [
    "--low-memory-unused",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];
const GATE: usize = 17 * 1024 + 512;
const AIM: usize = 15 * 1024;

/// Builds the core with a driver of stubs as wasm, optimises it as the browser's module is, and weighs it.
///
/// # Errors
/// - It cannot be built, or npm and Node, which run the optimiser, are missing.
/// - It weighs more than its gate after gzip -9.
pub(crate) fn run() -> Result<(), Failure> {
    npm::install()?;
    let built = build("steadfast-size-probe")?;
    let optimised = built.join("steadfast-size-probe.optimised.wasm");
    optimise(&built.join("steadfast_size_probe.wasm"), &optimised)?;
    let wasm = fs::read(&optimised)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", optimised.display())))?;
    judge(wasm.len(), gzip(&wasm))
}

/// Builds a package as wasm, as small as can be, and gives the folder where it is.
///
/// # Errors
/// - The target cannot be installed, or the package cannot be built.
pub(crate) fn build(package: &str) -> Result<PathBuf, Failure> {
    workspace::ensure_target(TARGET)?;
    process::run(workspace::cargo().args([
        "build",
        "--package",
        package,
        "--profile",
        PROFILE,
        "--target",
        TARGET,
        "--locked",
    ]))?;
    Ok(workspace::target_directory()?.join(TARGET).join(PROFILE))
}

/// Optimises a module for size.
///
/// # Errors
/// - Node is missing, or the module is not one.
pub(crate) fn optimise(from: &Path, to: &Path) -> Result<(), Failure> {
    process::run(binaryen("wasm-opt").args(FEATURES).args(OPTIONS).arg(from).arg("-o").arg(to))
}

/// How many bytes are left of these after gzip -9.
pub(crate) fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a Vec takes all that is written").len()
}

/// A tool of the npm package's Binaryen: other versions give other sizes, or broken modules.
pub(crate) fn binaryen(tool: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(npm::folder().join("node_modules/binaryen/bin").join(tool));
    command
}

fn judge(raw: usize, zipped: usize) -> Result<(), Failure> {
    println!("core as wasm: {raw} bytes, {zipped} after gzip -9 (gate {GATE}, aim {AIM})");
    if zipped > GATE {
        return Err(Failure::new(format!(
            "the core is {} bytes over its gate; find what grew, or move it out of the core",
            zipped - GATE
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{GATE, judge};

    #[test]
    fn the_gate_itself_passes_and_one_byte_more_fails() {
        assert_eq!(judge(100_000, GATE), Ok(()));
        assert!(judge(100_000, GATE + 1).is_err());
    }
}
