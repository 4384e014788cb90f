//! The syntax crate.
