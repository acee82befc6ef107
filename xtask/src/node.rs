//! The Node that runs npm, and the core's tests as wasm.

use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// The first that Vite takes.
const OLDEST: (u32, u32) = (20, 19);

/// Checks that Node is there and not too old for `what`, a plural.
///
/// # Errors
/// - It is missing, or older than 20.19.
pub(crate) fn require(what: &str) -> Result<(), Failure> {
    let (major, minor) = OLDEST;
    let wanted = format!("{what} need Node {major}.{minor} or newer");
    let version = process::output(Command::new("node").arg("--version"))
        .map_err(|failure| Failure::new(format!("{wanted}: {failure}")))?;
    if parse(&version).is_some_and(|version| version >= OLDEST) {
        return Ok(());
    }
    Err(Failure::new(format!("{wanted}; `node --version` says {}", version.trim())))
}

/// Major and minor.
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, parse};

    #[test]
    fn node_versions_are_read() {
        assert_eq!(parse("v20.20.2\n"), Some((20, 20)));
        assert_eq!(parse("v8.1.0"), Some((8, 1)));
        assert_eq!(parse("twenty"), None);
        assert!(parse("v20.9.0") < Some(OLDEST) && parse("v22.0.0") > Some(OLDEST));
    }
}
