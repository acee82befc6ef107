//! That the random steps get anywhere: each state and outcome is reached by some case of the corpus.

use std::collections::BTreeMap;

use steadfast_core::{Delivery, Outcome, OutgoingBytes, Output, State, Statistics, Transport};

use super::{World, sample};

/// Of so many cases.
const CASES: u32 = 1_000;

/// What the corpus reaches, and in how many cases at least.
const REACHED: [(&str, u32); 32] = [
    ("a greeting link", 50),
    ("a live link", 50),
    ("a probe", 10),
    ("a link that was live for 30 s", 10),
    ("handover", 5),
    ("handover, both welcomed", 1),
    ("polling", 10),
    ("leaving", 2),
    ("a fallback", 10),
    ("waiting", 20),
    ("stopped", 10),
    ("frozen", 10),
    ("an aborted exchange", 2),
    ("a renewed token", 1),
    ("a gap", 1),
    ("a gap of unknown size", 1),
    ("a reset", 1),
    ("live", 50),
    ("failed", 1),
    ("a replay", 1),
    ("a repeat", 10),
    ("a rewind", 5),
    ("a refused event", 2),
    ("a stale event", 5),
    ("a stale frame", 20),
    ("done", 5),
    ("refused by the server", 1),
    ("timed out", 10),
    ("cancelled", 2),
    ("unknown", 1),
    ("a resend", 2),
    ("an acknowledgement of receipt", 2),
];

#[test]
fn the_corpus_reaches_every_state() {
    let mut reached = BTreeMap::new();
    for (config, seed, steps) in sample(CASES) {
        let mut world = World::new(&config, seed);
        let mut seen = Vec::new();
        for step in &steps {
            world.play(step);
            world.look(&mut seen);
        }
        count(world.driver.client.statistics(), &mut seen);
        seen.sort_unstable();
        seen.dedup();
        for name in seen {
            *reached.entry(name).or_insert(0) += 1;
        }
    }
    let missed: Vec<_> = REACHED
        .iter()
        .map(|(name, least)| (name, least, reached.get(name).copied().unwrap_or(0)))
        .filter(|(_, least, times)| *times < **least)
        .collect();
    assert!(missed.is_empty(), "too rarely reached: {missed:?}; all: {reached:?}");
}

impl World {
    fn look(&self, seen: &mut Vec<&'static str>) {
        let links = &self.driver.observer.links;
        let status = self.driver.client.status();
        let welcomed = links.current().iter().filter(|link| link.welcomed).count();
        let mut note = |name, holds: bool| seen.extend(holds.then_some(name));
        note("a greeting link", links.current().iter().any(|link| link.opened.is_some() && !link.welcomed));
        note("a live link", welcomed > 0);
        note("a link that was live for 30 s", welcomed > 0 && links.has_been_stable(self.driver.now()));
        note("handover", links.current().len() == 2);
        note("handover, both welcomed", welcomed == 2);
        note("polling", status.transport == Some(Transport::Polling));
        note("leaving", welcomed > 0 && links.exchange().is_some() && self.not_live().is_empty());
        note("waiting", status.state == State::Connecting && status.retry_in_ms.is_some());
        note("stopped", status.state == State::Closed);
        note("frozen", links.is_frozen());
        for output in &self.driver.outputs {
            seen.extend(name_of(output));
        }
    }
}

fn name_of(output: &Output<u32>) -> Option<&'static str> {
    match output {
        Output::Abort { .. } => Some("an aborted exchange"),
        Output::Send { bytes: OutgoingBytes::Text(text), .. } if text.contains("\"received\"") => {
            Some("an acknowledgement of receipt")
        }
        Output::NeedToken { renew: true, .. } => Some("a renewed token"),
        Output::Deliver { delivery, .. } => match delivery {
            Delivery::Event { replay: true, .. } => Some("a replay"),
            Delivery::Gap { lost: Some(_), .. } => Some("a gap"),
            Delivery::Gap { lost: None, .. } => Some("a gap of unknown size"),
            Delivery::Reset => Some("a reset"),
            Delivery::Live => Some("live"),
            Delivery::Failed(_) => Some("failed"),
            Delivery::Event { .. } => None,
        },
        Output::Complete { outcome, .. } => Some(match outcome {
            Outcome::Done { .. } => "done",
            Outcome::Failed(_) => "refused by the server",
            Outcome::TimedOut { .. } => "timed out",
            Outcome::Cancelled { .. } => "cancelled",
            Outcome::Unknown => "unknown",
        }),
        _ => None,
    }
}

fn count(statistics: Statistics, seen: &mut Vec<&'static str>) {
    let counters = [
        ("a probe", statistics.probes),
        ("a fallback", statistics.fallbacks),
        ("a repeat", statistics.repeats),
        ("a rewind", statistics.rewinds),
        ("a refused event", statistics.refused),
        ("a stale event", statistics.stale),
        ("a stale frame", statistics.stale_frames),
        ("a resend", statistics.resends),
    ];
    seen.extend(counters.into_iter().filter(|(_, count)| *count > 0).map(|(name, _)| name));
}
