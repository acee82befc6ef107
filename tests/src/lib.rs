//! Tests of Steadfast over real sockets and processes.
