//! Each deliberate fault is found by a check that is meant to find it: the checks bite.
#![cfg(feature = "faults")]

use steadfast_core::Fault;

/// The rarest takes some 700 today.
const MOST_SEEDS: u64 = 1_500;

// One test, for the active fault is the process's.
#[test]
fn every_fault_is_found_by_its_check() {
    let mut missed = Vec::new();
    for &fault in Fault::ALL {
        match steadfast_sim::hunt(fault, MOST_SEEDS) {
            Some(caught) if steadfast_sim::expected(fault).contains(&caught.check) => {}
            other => missed.push((fault, other)),
        }
    }
    assert!(missed.is_empty(), "not found, or by another check: {missed:?}");
    assert!(steadfast_sim::run(1).is_ok(), "no fault is left behind");
}
