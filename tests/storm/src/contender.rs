//! Who is compared.

use steadfast_core::TransportChoice;

use crate::formula::Formula;
use crate::machine::Steadfast;
use crate::peer::Peer;
use crate::scenario::Scenario;
use crate::world::{self, Run, Size};

/// A kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contender {
    /// Another library's formula.
    Peer(Formula),
    /// The machine with its defaults: sockets, and polls while those are not to be had.
    Steadfast,
    /// The machine with sockets alone, which is what the formulas have.
    SteadfastSockets,
}

impl Contender {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::Steadfast,
        Self::SteadfastSockets,
        Self::Peer(Formula::ALL[0]),
        Self::Peer(Formula::ALL[1]),
        Self::Peer(Formula::ALL[2]),
        Self::Peer(Formula::ALL[3]),
        Self::Peer(Formula::ALL[4]),
        Self::Peer(Formula::ALL[5]),
    ];

    /// Its name in the table and the plot.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Peer(formula) => formula.name(),
            Self::Steadfast => "Steadfast",
            Self::SteadfastSockets => "Steadfast, sockets alone",
        }
    }

    /// One run with clients of this kind.
    pub fn run(self, size: Size, scenario: Scenario, seed: u64) -> Run {
        match self {
            Self::Peer(formula) => world::run(size, scenario, seed, |seed| Peer::new(formula, seed)),
            Self::Steadfast => steadfast(size, scenario, seed, TransportChoice::Auto),
            Self::SteadfastSockets => steadfast(size, scenario, seed, TransportChoice::WebSocket),
        }
    }
}

fn steadfast(size: Size, scenario: Scenario, seed: u64, transport: TransportChoice) -> Run {
    world::run(size, scenario, seed, |seed| Steadfast::new(transport, seed))
}
