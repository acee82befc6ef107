//! The client's machine under random inputs: what PROTOCOL.md's invariants promise holds whatever comes, and in whatever order.
//!
//! `hostile` throws everything at the machine; an observer that knows only inputs and outputs checks each promise by its
//! name. `friendly` is a small server with a bad network, so that what the application reads can be compared with the truth.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod driver;
mod friendly;
mod hostile;
mod observer;
mod steps;
mod traces;
