//! The house rules that a program can check.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::process;
use crate::workspace;

const LONGEST_FILE: usize = 450;

#[test]
fn no_source_file_is_too_long() {
    let long: Vec<String> = sources(&["*.rs", "*.ts", "*.tsx", "*.mjs"])
        .into_iter()
        .filter(|(_, text)| text.lines().count() > LONGEST_FILE)
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "over {LONGEST_FILE} lines, split by concept: {long:#?}");
}

#[test]
fn nothing_is_left_undone() {
    // Written in two parts so that this file does not find itself.
    let marks = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[ign", "ore")];
    let undone: Vec<String> = sources(&["*.rs"])
        .into_iter()
        .flat_map(|(path, text)| {
            let hit = move |(index, line): (usize, &str)| {
                let found = marks.iter().any(|mark| line.contains(mark));
                found.then(|| format!("{path}:{}", index + 1))
            };
            text.lines().enumerate().filter_map(hit).collect::<Vec<_>>()
        })
        .collect();
    assert!(undone.is_empty(), "finish or remove: {undone:#?}");
}

#[test]
fn each_row_of_the_protocol_has_a_test_and_each_such_test_a_row() {
    let protocol = fs::read_to_string(workspace::root().join("sdk-core/PROTOCOL.md")).unwrap();
    let rows: BTreeSet<String> = protocol.lines().filter_map(row_id).collect();
    let tests: BTreeSet<String> = sources(&["sdk-core/*.rs"])
        .iter()
        .flat_map(|(_, text)| text.lines().filter_map(tested_id).collect::<Vec<_>>())
        .collect();
    let untested: Vec<_> = rows.difference(&tests).collect();
    let unknown: Vec<_> = tests.difference(&rows).collect();
    assert!(rows.len() > 80, "only {} rows found: has the form of the tables changed?", rows.len());
    assert!(untested.is_empty(), "rows without a test `fn l07_…`: {untested:?}");
    assert!(unknown.is_empty(), "tests of rows that do not exist: {unknown:?}");
}

#[test]
fn ids_are_recognised() {
    assert_eq!(row_id("| L07 | Opening | connect timer |"), Some("L07".into()));
    assert_eq!(row_id("| Link | L07 |"), None);
    assert_eq!(row_id("| L7 | x |"), None);
    assert_eq!(tested_id("    fn f12_a_flap_doubles() {"), Some("F12".into()));
    assert_eq!(tested_id("fn l1_short() {"), None);
    assert_eq!(tested_id("fn link() {"), None);
}

fn row_id(line: &str) -> Option<String> {
    let id = line.strip_prefix("| ")?.split(' ').next()?;
    is_id(id).then(|| id.to_owned())
}

fn tested_id(line: &str) -> Option<String> {
    let name = line.trim_start().strip_prefix("fn ")?;
    let (id, _) = name.split_once('_')?;
    let id = id.to_ascii_uppercase();
    is_id(&id).then_some(id)
}

fn is_id(text: &str) -> bool {
    matches!(text.as_bytes(), [b'L' | b'F' | b'A', tens, ones] if tens.is_ascii_digit() && ones.is_ascii_digit())
}

/// The project's own files of these kinds, committed or about to be.
fn sources(patterns: &[&str]) -> Vec<(String, String)> {
    let mut git = Command::new("git");
    git.current_dir(workspace::root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "--"])
        .args(patterns);
    let list = process::output(&mut git).unwrap();
    let mut sources = Vec::new();
    for path in list.lines() {
        // A file that is deleted and not yet committed is still listed.
        if let Ok(text) = fs::read_to_string(workspace::root().join(path)) {
            sources.push((path.to_owned(), text));
        }
    }
    assert!(!sources.is_empty(), "git lists no file for {patterns:?}");
    sources
}
