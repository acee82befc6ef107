//! The core with a driver of stubs: every input, command, output and getter is reachable, nothing else is.
//!
//! Compiled for wasm32 it is what a browser driver pays for the core; `cargo xtask size` weighs it. Elsewhere it is
//! empty, so that the workspace builds as a whole.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod probe;
