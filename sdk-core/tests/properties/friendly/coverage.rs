//! That the random steps get anywhere: what the protocol is for happens in some case of the corpus.

use std::collections::BTreeMap;

use steadfast_core::{Delivery, Outcome, Output, Statistics, Transport};

use super::network::World;
use super::{begin, sample};

/// Of so many cases.
const CASES: u32 = 200;

/// What the corpus reaches, each in at least one case.
const REACHED: [&str; 23] = [
    "handover",
    "both welcomed",
    "polling",
    "leaving",
    "frozen",
    "an aborted exchange",
    "a renewed token",
    "a named gap",
    "a new epoch",
    "a reset",
    "a replay",
    "done",
    "done before",
    "timed out",
    "unknown",
    "a fallback",
    "a probe",
    "a stale event",
    "a stale frame",
    "a rewind",
    "a refused event",
    "a resend",
    "a failed exchange",
];

#[test]
fn the_corpus_reaches_what_the_protocol_is_for() {
    let mut reached = BTreeMap::new();
    for (config, seed, steps) in sample(CASES) {
        let mut world = begin(&config, seed);
        for step in &steps {
            world.play(step);
            look(&world, &mut reached);
        }
        world.all_is_well(config.transport);
        count(world.driver.client.statistics(), &mut reached);
        for output in &world.application.read {
            name(output, &mut reached);
        }
    }
    let missed: Vec<_> = REACHED.iter().filter(|name| !reached.contains_key(**name)).collect();
    assert!(missed.is_empty(), "never reached: {missed:?}; reached: {reached:?}");
}

fn look(world: &World, reached: &mut BTreeMap<&'static str, u32>) {
    let links = &world.driver.observer.links;
    let status = world.driver.client.status();
    let seen = [
        ("handover", links.current().len() == 2),
        ("both welcomed", world.most_welcomed == 2),
        ("polling", status.transport == Some(Transport::Polling)),
        ("leaving", world.left_polling),
        ("frozen", links.is_frozen()),
    ];
    for (name, _) in seen.into_iter().filter(|(_, holds)| *holds) {
        *reached.entry(name).or_insert(0) += 1;
    }
}

fn name(output: &Output<u32>, reached: &mut BTreeMap<&'static str, u32>) {
    let name = match output {
        Output::Abort { .. } => "an aborted exchange",
        Output::NeedToken { renew: true, .. } => "a renewed token",
        Output::Deliver { delivery, .. } => match delivery {
            Delivery::Event { replay: true, .. } => "a replay",
            Delivery::Gap { lost: Some(_), .. } => "a named gap",
            Delivery::Gap { lost: None, .. } => "a new epoch",
            Delivery::Reset => "a reset",
            _ => return,
        },
        Output::Complete { outcome, .. } => match outcome {
            Outcome::Done { duplicate: true, .. } => "done before",
            Outcome::Done { .. } => "done",
            Outcome::TimedOut { .. } => "timed out",
            Outcome::Unknown => "unknown",
            _ => return,
        },
        _ => return,
    };
    *reached.entry(name).or_insert(0) += 1;
}

fn count(statistics: Statistics, reached: &mut BTreeMap<&'static str, u32>) {
    let counters = [
        ("a fallback", statistics.fallbacks),
        ("a probe", statistics.probes),
        ("a stale event", statistics.stale),
        ("a stale frame", statistics.stale_frames),
        ("a rewind", statistics.rewinds),
        ("a refused event", statistics.refused),
        ("a resend", statistics.resends),
        ("a failed exchange", statistics.exchanges_failed),
    ];
    for (name, _) in counters.into_iter().filter(|(_, count)| *count > 0) {
        *reached.entry(name).or_insert(0) += 1;
    }
}
