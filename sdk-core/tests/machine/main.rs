//! The client's machine in virtual time: a test for every row of PROTOCOL.md's tables, and its rules for topics and messages.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod fallback_enter;
mod fallback_poll;
mod fallback_steps;
mod link_authorizing;
mod link_opening;
mod link_steps;
mod rig;
mod smoke;
