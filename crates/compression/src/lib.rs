//! Streams of the compression libraries (zlib, bzip2, xz, zstd) as safe types: a leaf that knows no objects.
//!
//! Each stream has a `step`, which takes from the front of an input slice and appends to a vector, never beyond the room that the caller
//! has reserved; what it returns is the library's own code. When to step again, and what a code means, is the caller's business.
#![allow(unsafe_code, reason = "the libraries' interfaces are C's; this crate exists to make them safe")]

pub mod bz2;
mod window;
pub mod xz;
pub mod zlib;
pub mod zstd;

/// What a code says beyond its number.
pub type Code = i32;
