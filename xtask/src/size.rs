//! `cargo xtask size`: what the core weighs as wasm.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::failure::Failure;
use crate::process;
use crate::workspace;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm-release";
const GATE: usize = 20 * 1024;
const AIM: usize = 15 * 1024;

/// Builds the core with a driver of stubs as wasm, and weighs it.
///
/// # Errors
/// - It cannot be built.
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
    let path = workspace::target_directory()?.join(TARGET).join(PROFILE).join("steadfast-size-probe.wasm");
    let wasm =
        fs::read(&path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    let zipped = gzip(&wasm).map_err(|error| Failure::new(format!("cannot compress the module: {error}")))?;
    judge(wasm.len(), zipped)
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
