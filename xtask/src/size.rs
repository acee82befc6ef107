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
    let shipped = without_custom_sections(&wasm)
        .ok_or_else(|| Failure::new(format!("{} is no wasm module", path.display())))?;
    let zipped =
        gzip(&shipped).map_err(|error| Failure::new(format!("cannot compress the module: {error}")))?;
    judge(shipped.len(), zipped)
}

/// The module as it is shipped: the names of functions and the like go away with the last step of packaging.
fn without_custom_sections(wasm: &[u8]) -> Option<Vec<u8>> {
    const HEADER: usize = 8;
    const CUSTOM: u8 = 0;
    let (header, mut rest) = wasm.split_at_checked(HEADER)?;
    let mut kept = header.to_vec();
    while let Some((&id, after_id)) = rest.split_first() {
        let (length, body) = leb128(after_id)?;
        let section = rest.len() - body.len() + length;
        let (section, next) = rest.split_at_checked(section)?;
        if id != CUSTOM {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    Some(kept)
}

/// An unsigned number of seven bits a byte, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let last = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at(last + 1);
    let number = number.iter().rev().fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f));
    Some((number, rest))
}

fn judge(raw: usize, zipped: usize) -> Result<(), Failure> {
    println!("core as wasm, without names: {raw} bytes, {zipped} after gzip -9 (gate {GATE}, aim {AIM})");
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
    use super::{GATE, judge, without_custom_sections};

    #[test]
    fn custom_sections_are_left_out_and_others_kept() {
        let header = *b"\0asm\x01\0\0\0";
        let mut long = vec![10, 0x80, 0x01];
        long.extend([7; 128]);
        let with = [&header[..], &[0, 2, 1, b'x'], &long, &[0, 1, 9]].concat();
        assert_eq!(without_custom_sections(&with), Some([&header[..], &long].concat()));
    }

    #[test]
    fn what_is_cut_off_is_no_module() {
        assert_eq!(without_custom_sections(b"\0asm"), None);
        assert_eq!(without_custom_sections(b"\0asm\x01\0\0\0\x0a\x05\x01"), None);
        assert_eq!(without_custom_sections(b"\0asm\x01\0\0\0\x0a\xff"), None);
    }

    #[test]
    fn the_gate_itself_passes_and_one_byte_more_fails() {
        assert_eq!(judge(100_000, GATE), Ok(()));
        assert!(judge(100_000, GATE + 1).is_err());
    }
}
