use steadfast_core::{Instant, Now};

use crate::agenda::Agenda;
use crate::court::Court;
use crate::network::Network;
use crate::setup::WALL_ORIGIN;

/// The world's parts that a pod or a device works with.
pub(crate) struct Surroundings<'a> {
    pub(crate) agenda: &'a mut Agenda,
    pub(crate) network: &'a mut Network,
    pub(crate) court: &'a mut Court,
}

impl Surroundings<'_> {
    /// The servers' clocks, which are right.
    pub(crate) fn now(&self) -> Now {
        Now::new(Instant::from_millis(self.agenda.now()), WALL_ORIGIN + self.agenda.now())
    }
}
