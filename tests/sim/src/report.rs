//! One seed, from its number to a report.

use std::fmt;

use crate::minimise::minimise;
use crate::schedule::Schedule;
use crate::setup::Setup;
use crate::verdict::{Check, Violation};
use crate::world::World;

/// One seed in so many is played twice.
const TWICE: u64 = 16;

/// A seed that shows a fault.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What does not hold.
    pub violation: Violation,
    setup: Setup,
    schedule: Schedule,
}

/// Plays a seed.
///
/// # Errors
/// - [`Failure`]: an invariant does not hold.
pub fn run(seed: u64) -> Result<(), Box<Failure>> {
    let setup = Setup::draw(seed);
    let schedule = Schedule::draw(seed, &setup);
    let outcome = World::new(seed, &setup, &schedule, false).run();
    let mut violation = outcome.violation;
    if violation.is_none() && seed.is_multiple_of(TWICE) {
        let again = World::new(seed, &setup, &schedule, false).run();
        violation = (again.digest != outcome.digest).then(|| Violation {
            check: Check::Determinism,
            at: setup.end,
            what: "a second run of the seed went another way".to_owned(),
        });
    }
    match violation {
        None => Ok(()),
        Some(violation) => Err(Box::new(Failure { seed, violation, setup, schedule })),
    }
}

/// Everything that happens in a seed, a line each.
pub fn trace(seed: u64) -> String {
    let setup = Setup::draw(seed);
    let schedule = Schedule::draw(seed, &setup);
    let outcome = World::new(seed, &setup, &schedule, true).run();
    format!(
        "{setup:#?}\n{}{}",
        outcome.trace,
        match outcome.violation {
            Some(violation) => format!("{violation}\n"),
            None => "all is right\n".to_owned(),
        }
    )
}

impl Failure {
    /// The failure with only those faults that it needs.
    #[must_use]
    pub fn minimised(self) -> Self {
        let schedule = minimise(self.seed, &self.setup, &self.schedule, self.violation.check);
        let violation = World::new(self.seed, &self.setup, &schedule, false).run().violation;
        Self { violation: violation.unwrap_or(self.violation), schedule, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "seed {} fails: {}", self.seed, self.violation)?;
        writeln!(formatter, "  the faults that it needs:")?;
        for fault in &self.schedule.faults {
            writeln!(formatter, "    {fault}")?;
        }
        write!(formatter, "  to see it again: cargo xtask sim --trace {}", self.seed)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.check as u8;
        write!(formatter, "invariant {number} ({:?}) at {} ms: {}", self.check, self.at, self.what)
    }
}
