//! Steadfast over real sockets and processes: the client library against the server's program, with a proxy between
//! them that does what networks do.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod acknowledgements;
mod blocked;
mod drain;
mod isolation;
mod long_poll;
mod recorder;
mod restart;
mod slow_reader;
mod state_topics;
mod support;
mod tail;
mod tokens;
