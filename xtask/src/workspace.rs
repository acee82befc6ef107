//! Where things are, and the tools that Cargo needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// The workspace's own folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in a folder of the workspace")
}

/// The Cargo that runs us, in the workspace's folder.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The folder that Cargo builds into.
///
/// # Errors
/// - `cargo metadata` fails.
pub(crate) fn target_directory() -> Result<PathBuf, Failure> {
    let text = process::output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("`cargo metadata` gave no JSON: {error}")))?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| Failure::new("`cargo metadata` names no target directory; update Cargo"))
}

/// Installs a target of the toolchain where it is missing.
///
/// # Errors
/// - Neither is it there nor can rustup add it.
pub(crate) fn ensure_target(target: &str) -> Result<(), Failure> {
    let sysroot = process::output(Command::new("rustc").current_dir(root()).args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib").is_dir() {
        return Ok(());
    }
    process::run(Command::new("rustup").current_dir(root()).args(["target", "add", target]))
}
