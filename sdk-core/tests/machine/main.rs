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
mod never_dead;
mod rig;
mod smoke;

// Polling, activity, topics and messages.
mod activity;
mod fallback_enter;
mod fallback_failures;
mod fallback_held;
mod fallback_hurry;
mod fallback_leave;
mod fallback_poll;
mod fallback_steps;
mod outbox;
mod outbox_exchange;
mod outbox_steps;
mod receipts;
mod topics_buffer;
mod topics_epochs;
mod topics_events;
mod topics_refused;
mod topics_steps;
mod topics_subscriptions;
