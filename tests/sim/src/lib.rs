//! The real client against the real server in one hostile virtual world.
//!
//! [`run`] plays one seed: clients ([`steadfast_core::Client`]) over a network that fails, against sessions and a hub of
//! `steadfast_server`, in virtual time, on one thread, and the same in every run. A small model says what each
//! application may have seen; a check for each invariant of PROTOCOL.md looks on.

#![forbid(unsafe_code)]

mod agenda;
mod application;
mod checks;
mod client;
mod cores;
mod court;
#[cfg(feature = "faults")]
mod faults;
mod handlers;
mod minimise;
mod network;
mod oracle;
mod pod;
mod publisher;
mod random;
mod report;
mod schedule;
mod setup;
mod surroundings;
mod tokens;
mod verdict;
mod world;

pub use cores::on_all_cores;
#[cfg(feature = "faults")]
pub use faults::{Caught, hunt};
pub use report::{Failure, run, trace};
pub use verdict::{CHECKS, Check, Violation};
