//! Every input that is kept goes through its target: past findings stay found.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use steadfast_fuzz_targets::TARGETS;

/// What is kept must stay quick to run and to read.
const MOST_FILES: usize = 200;
const MOST_BYTES: usize = 4 * 1024;

#[test]
fn every_kept_input_passes() {
    let mut files = 0;
    for (name, target) in TARGETS {
        let inputs = inputs(&corpus().join(name));
        assert!(!inputs.is_empty(), "no input is kept for `{name}`");
        files += inputs.len();
        for path in inputs {
            // Shown where the test fails, so that the input is known.
            println!("{}", path.display());
            let bytes = fs::read(&path).unwrap();
            assert!(bytes.len() <= MOST_BYTES, "larger than {MOST_BYTES} bytes; minimise it");
            target(&bytes);
        }
        target(&[]);
    }
    assert!(files <= MOST_FILES, "{files} files are kept, over {MOST_FILES}; minimise them");
}

#[test]
fn every_target_has_its_program_and_its_folder() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let programs: BTreeSet<String> =
        inputs(&fuzz().join("fuzz_targets")).iter().map(|path| stem(path)).collect();
    let folders: BTreeSet<String> = inputs(&corpus()).iter().map(|path| stem(path)).collect();
    assert_eq!(programs, targets);
    assert_eq!(folders, targets);
    for target in targets {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "fuzz/Cargo.toml lacks `{target}`");
    }
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn corpus() -> PathBuf {
    fuzz().join("corpus")
}

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}
