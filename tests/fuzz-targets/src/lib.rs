//! What the fuzzer calls: a function a target, which takes any bytes and panics where a promise is broken.
//!
//! `fuzz/` runs them under libFuzzer; `tests/corpus.rs` gives each the inputs that are kept in `fuzz/corpus`.

#![forbid(unsafe_code)]

mod frames;
mod machine;
mod publishing;
mod server;
mod session;
mod tokens;

pub use frames::{
    client_batch, client_binary, client_text, refusal, server_batch, server_binary, server_text,
};
pub use machine::machine;
pub use publishing::{publish_body, topics};
pub use server::config;
pub use session::session;
pub use tokens::token;

/// A target: its name, which is also its folder in `fuzz/corpus`, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 13] = [
    ("client_batch", client_batch),
    ("client_binary", client_binary),
    ("client_text", client_text),
    ("config", config),
    ("machine", machine),
    ("publish_body", publish_body),
    ("refusal", refusal),
    ("server_batch", server_batch),
    ("server_binary", server_binary),
    ("server_text", server_text),
    ("session", session),
    ("token", token),
    ("topics", topics),
];
