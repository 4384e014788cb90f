//! What the operating system offers, as thin safe functions over libc: the native stack, file descriptors, paths, clocks,
//! errno, environment, randomness, terminals.
//!
//! Nothing here knows of Python objects. Calls that a signal may interrupt report `EINTR` to the caller, who runs the
//! handlers and decides whether to repeat.
#![allow(unsafe_code, reason = "the one place where libc is called")]

pub mod stack;

pub use stack::{stack_limit, stack_remaining};
