//! The client's machine in virtual time: a test for every row of PROTOCOL.md's tables, and its rules for topics and messages.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod link_authorizing;
mod link_opening;
mod link_steps;
mod rig;
mod smoke;
