//! The client's machine in virtual time: a test for every row of PROTOCOL.md's tables, and its rules for topics and messages.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod close_codes;
mod link_anywhere;
mod link_authorizing;
mod link_ends;
mod link_giving_up;
mod link_greeting;
mod link_handover;
mod link_handover_corners;
mod link_handover_ends;
mod link_live;
mod link_opening;
mod link_refused;
mod link_steps;
mod link_tokens;
mod link_waiting;
mod rig;
mod smoke;
