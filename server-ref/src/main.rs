//! The Steadfast reference server as a program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    steadfast_server::run(std::env::args_os(), |state| {
        steadfast_server::routes(state, steadfast_server::Handlers::new())
            .expect("the state was made of the same keys")
    })
}
