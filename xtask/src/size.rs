//! `cargo xtask size`: what the core weighs as wasm.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::failure::Failure;
use crate::process;
use crate::workspace;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm-release";
const GATE: usize = 20 * 1024;
const AIM: usize = 15 * 1024;

/// Builds the core with a driver of stubs as wasm, optimises it as the browser's module is, and weighs it.
///
/// # Errors
/// - It cannot be built, or npm and Node, which run the optimiser, are missing.
/// - It weighs more than 20 KiB after gzip -9.
pub(crate) fn run() -> Result<(), Failure> {
    workspace::ensure_target(TARGET)?;
    process::run(workspace::cargo().args([
        "build",
        "--package",
        "steadfast-size-probe",
        "--profile",
        PROFILE,
        "--target",
        TARGET,
        "--locked",
    ]))?;
    let built = workspace::target_directory()?.join(TARGET).join(PROFILE);
    let optimised = built.join("steadfast-size-probe.optimised.wasm");
    optimise(&built.join("steadfast_size_probe.wasm"), &optimised)?;
    let wasm = fs::read(&optimised)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", optimised.display())))?;
    let zipped = gzip(&wasm).map_err(|error| Failure::new(format!("cannot compress the module: {error}")))?;
    judge(wasm.len(), zipped)
}

/// Runs the `wasm-opt` that the npm package is built with: other versions give other sizes, or broken modules.
fn optimise(from: &Path, to: &Path) -> Result<(), Failure> {
    let npm = workspace::root().join("npm");
    let wasm_opt = npm.join("node_modules/binaryen/bin/wasm-opt");
    if !wasm_opt.is_file() {
        process::run(Command::new("npm").current_dir(&npm).args(["ci", "--no-audit", "--no-fund"]))?;
    }
    let options = ["-Oz", "-all", "--strip-debug", "--strip-producers", "--strip-target-features"];
    process::run(Command::new("node").arg(wasm_opt).args(options).arg(from).arg("-o").arg(to))
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

fn gzip(bytes: &[u8]) -> std::io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
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
