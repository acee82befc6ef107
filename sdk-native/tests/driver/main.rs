//! What the tokio driver adds to the state machine, against a scripted server.

#![allow(clippy::unwrap_used)]

mod closing;
mod connecting;
mod fake;
mod polling;
mod publishing;
mod subscribing;
