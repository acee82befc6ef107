//! The Steadfast notification client for browsers, as WebAssembly.
//!
//! An instance of the module is one `steadfast_core::Client` as JavaScript sees it: numbers and texts in, numbers and
//! texts out. An event's payload does not even pass through: the machine never keeps one, so it is a number here, and the
//! value that `JSON.parse` made stays in JavaScript until the machine says what becomes of it, in the same call. The npm
//! package `steadfast` is the face of it; WebSockets, `fetch`, timers and listeners are there, in `npm/src`, because a
//! module of this size pays for every binding and JavaScript does not. So is the border itself: `npm/src/core/core.ts`
//! stands in for the glue that `wasm-bindgen` would write.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod host;
mod machine;
mod names;
mod read;
#[cfg(target_arch = "wasm32")]
mod runtime;
mod write;

pub use machine::{call, create, drain, event};
