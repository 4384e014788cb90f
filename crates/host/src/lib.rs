//! What the operating system offers, as thin safe functions over libc: the native stack, file descriptors, files, processes,
//! clocks, errno, environment, randomness, terminals.
//!
//! Nothing here knows of Python objects. Calls that a signal may interrupt report `EINTR` to the caller, who runs the
//! handlers and decides whether to repeat. Paths are bytes; `path` maps them to code points and back.
#![allow(unsafe_code, reason = "the one place where libc is called")]

pub mod attributes;
pub mod calendar;
pub mod child;
pub mod clock;
pub mod control;
pub mod environment;
pub mod epoll;
pub mod errno;
mod error_text;
pub mod fault;
pub mod fd;
pub mod file;
pub mod identity;
pub mod libm;
pub mod library;
pub mod loader;
pub mod locale;
pub mod log;
pub mod memory;
pub mod mmap;
pub mod path;
pub mod poll;
pub mod process;
pub mod random;
pub mod region;
pub mod resource;
pub mod scheduling;
pub mod semaphore;
pub mod signal;
pub mod socket;
pub mod socket_address;
pub mod socket_lookup;
pub mod socket_message;
pub mod spawn;
pub mod special;
pub mod stack;
pub mod standard;
pub mod terminal;
pub mod waiting;

pub use errno::{Errno, Sys};
pub use stack::{stack_limit, stack_remaining};
