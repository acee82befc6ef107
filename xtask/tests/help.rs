//! Who asks how a command is used is told, and nothing else happens.
#![allow(missing_docs, clippy::unwrap_used)]

use std::process::{Command, Output};

const COMMANDS: [&str; 9] = ["demo", "test", "npm", "fuzz", "sim", "replay", "bench", "storm", "size"];

#[test]
fn the_whole_help_names_every_command() {
    for arguments in [&["--help"][..], &["-h"], &["help"], &[]] {
        let told = told(arguments);
        for command in COMMANDS {
            assert!(told.contains(&format!("\n  {command}")), "{command} is missing: {told}");
        }
    }
}

#[test]
fn every_command_tells_its_own_usage_wherever_it_is_asked() {
    for command in COMMANDS {
        for asked in ["--help", "-h"] {
            let told = told(&[command, asked]);
            assert!(told.starts_with(&format!("cargo xtask {command}")), "{told}");
            assert!(
                told.lines().count() > 1 && !told.contains("cargo xtask COMMAND"),
                "what this one does: {told}"
            );
        }
    }
    assert_eq!(told(&["demo", "--for", "3", "--help"]), told(&["demo", "--help"]));
    assert!(told(&["demo", "-h"]).contains("--listen ADDRESS"));
}

#[test]
fn a_command_that_there_is_not_has_no_help() {
    let Output { status, stdout, stderr } = xtask(&["nothing", "--help"]);
    assert_eq!((status.code(), stdout.is_empty()), (Some(2), true));
    let said = String::from_utf8(stderr).unwrap();
    assert!(COMMANDS.iter().all(|command| said.contains(command)), "{said}");
}

fn told(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = xtask(arguments);
    let told = String::from_utf8(stdout).unwrap();
    assert!(status.success() && stderr.is_empty(), "{arguments:?}: {status}, {told}");
    told
}

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap()
}
