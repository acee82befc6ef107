//! Each deliberate fault is found by a check that is meant to find it: the checks bite.
#![cfg(feature = "faults")]

use std::collections::BTreeSet;

use steadfast_core::Fault;
use steadfast_sim::CHECKS;

/// The rarest takes some 550 today.
const MOST_SEEDS: u64 = 1_500;

// One test, for the active fault is the process's.
#[test]
fn every_fault_is_found_by_its_check() {
    let (mut missed, mut bit) = (Vec::new(), BTreeSet::new());
    for &fault in Fault::ALL {
        match steadfast_sim::hunt(fault, MOST_SEEDS) {
            Some(caught) if caught.is_meant => drop(bit.insert(caught.check)),
            other => missed.push((fault, other)),
        }
    }
    assert!(missed.is_empty(), "not found, or by another check: {missed:?}");
    assert_eq!(bit, BTreeSet::from(CHECKS), "each check is the first to find a fault");
    assert!(steadfast_sim::run(1).is_ok(), "no fault is left behind");
}
