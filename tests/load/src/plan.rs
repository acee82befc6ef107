//! What is measured, and how often.

use crate::Failure;

/// One of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    FanOut,
    Memory,
    Client,
}

/// What is measured, and how often.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    parts: Vec<Part>,
    /// The connections that a broadcast goes to.
    pub(crate) fan_out: &'static [usize],
    /// The broadcasts that are measured for each of them.
    pub(crate) broadcasts: usize,
    /// The idle connections whose memory is measured.
    pub(crate) idle: usize,
    /// The events that a client takes in one run.
    pub(crate) events: u64,
    /// The runs of each client.
    pub(crate) runs: usize,
}

const FULL: Plan = Plan {
    parts: Vec::new(),
    fan_out: &[1, 100, 1_000, 12_500],
    broadcasts: 15,
    idle: 5_000,
    events: 300_000,
    runs: 5,
};

/// A minute or less: to see that all works, not to be quoted.
const QUICK: Plan =
    Plan { fan_out: &[1, 100, 1_000], broadcasts: 7, idle: 500, events: 60_000, runs: 3, parts: Vec::new() };

impl Plan {
    /// Reads the command line behind the server's path.
    ///
    /// # Errors
    /// - An option or part that does not exist.
    pub(crate) fn parse(options: &[&str]) -> Result<Self, Failure> {
        let mut plan = if options.contains(&"--quick") { QUICK } else { FULL };
        for &option in options {
            match option {
                "--quick" => {}
                "fan-out" => plan.parts.push(Part::FanOut),
                "memory" => plan.parts.push(Part::Memory),
                "client" => plan.parts.push(Part::Client),
                unknown => {
                    return Err(format!(
                        "`{unknown}` is unknown; there are --quick, and the parts fan-out, memory and client"
                    )
                    .into());
                }
            }
        }
        Ok(plan)
    }

    pub(crate) fn measures(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn without_a_part_all_are_measured() {
        let plan = Plan::parse(&["--quick"]).unwrap();
        assert!([Part::FanOut, Part::Memory, Part::Client].into_iter().all(|part| plan.measures(part)));
        assert_eq!(plan, QUICK);
    }

    #[test]
    fn a_part_named_leaves_out_the_others() {
        let plan = Plan::parse(&["memory"]).unwrap();
        assert!(plan.measures(Part::Memory) && !plan.measures(Part::Client));
        assert!(Plan::parse(&["--fast"]).unwrap_err().to_string().contains("--fast"));
    }
}
