//! The client's machine in virtual time: a test for every row of PROTOCOL.md's tables, and its rules for topics and messages.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod close_codes;
mod fallback_enter;
mod fallback_steps;
mod link_authorizing;
mod link_ends;
mod link_giving_up;
mod link_greeting;
mod link_opening;
mod link_refused;
mod link_steps;
mod rig;
mod smoke;
