//! Decoding at the edge, and the core's own small writer.

pub mod bytes;
#[cfg(feature = "json")]
pub mod json;
pub(crate) mod outgoing;
pub(crate) mod writer;
