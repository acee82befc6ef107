//! How clients come back after an outage: the real client machine and other libraries' published formulas, in one
//! simulated world with limits like the reference server's. `docs/storm.md` says what is simulated and how to read it.

#![forbid(unsafe_code)]

mod calendar;
mod client;
mod contender;
mod curve;
mod formula;
mod machine;
mod peer;
mod plot;
mod pods;
mod report;
mod scenario;
mod world;

pub use contender::Contender;
pub use curve::{Back, Curve, Outages};
pub use formula::Formula;
pub use plot::draw;
pub use report::{Measured, table};
pub use scenario::Scenario;
pub use world::{Run, Size};
