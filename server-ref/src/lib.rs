//! The Steadfast reference server on axum.
