//! The Steadfast notification client on tokio.
