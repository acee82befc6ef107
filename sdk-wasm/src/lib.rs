//! The Steadfast notification client for browsers, as WebAssembly.
