//! `cargo xtask storm`: simulates how clients come back, and puts the plot and the table into `docs/`.

use std::fs;
use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::workspace;

const BEGIN: &str = "<!-- table: written by `cargo xtask storm` -->";
const END: &str = "<!-- end of the table -->";

/// Runs the simulation as built for release, with its own options.
///
/// # Errors
/// - The program cannot be built, or fails; it has said why.
/// - `docs/storm.md` cannot be read or written, or has lost its marks.
pub(crate) fn run(options: &[String]) -> Result<(), Failure> {
    process::run(workspace::cargo().args([
        "build",
        "--release",
        "--package",
        "steadfast-storm",
        "--locked",
    ]))?;
    let docs = workspace::root().join("docs");
    let (page, plot) = (docs.join("storm.md"), docs.join("storm.svg"));
    let program = workspace::target_directory()?.join("release/steadfast-storm");
    println!("80 runs, half of them with a million clients: several minutes");
    let table = process::output(Command::new(program).arg(&plot).args(options))?;
    let text = fs::read_to_string(&page)
        .map_err(|error| Failure::new(format!("cannot read docs/storm.md: {error}")))?;
    let text = replaced(&text, &table).ok_or_else(|| {
        Failure::new(format!("docs/storm.md has no `{BEGIN}` before `{END}`; put them back"))
    })?;
    fs::write(&page, text).map_err(|error| Failure::new(format!("cannot write docs/storm.md: {error}")))?;
    println!("docs/storm.svg and the table of docs/storm.md are written");
    Ok(())
}

/// The page with its table replaced; `None` where the marks are missing.
fn replaced(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", table.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_between_the_marks_is_replaced() {
        let page = format!("head\n{BEGIN}\nold\n{END}\ntail\n");
        let expected = format!("head\n{BEGIN}\n\nnew\n\n{END}\ntail\n");
        assert_eq!(replaced(&page, "new\n"), Some(expected.clone()));
        assert_eq!(replaced(&expected, "new\n"), Some(expected));
        assert_eq!(replaced("no marks", "new"), None);
    }
}
