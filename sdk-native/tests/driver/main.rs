//! What the tokio driver adds to the state machine, against a scripted server.

#![allow(clippy::unwrap_used)]
// Frames are made in place by `json!`; a borrow there is only noise.
#![allow(clippy::needless_pass_by_value)]

mod closing;
mod connecting;
mod fake;
mod polling;
mod publishing;
mod subscribing;
mod tls;
