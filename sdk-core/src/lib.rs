#![no_std]
#![forbid(unsafe_code)]
//! The Steadfast protocol and its client as a state machine without I/O.
