//! The Steadfast reference server as a program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use axum::Router;

fn main() -> ExitCode {
    steadfast_server::run(std::env::args_os(), |_state| Router::new())
}
