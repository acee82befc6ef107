//! The codec against the golden vectors of `tests/vectors`, round trips, and bytes that nobody meant.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod golden;
mod hostile;
mod normal;
mod round_trips;
mod value;
mod written;
