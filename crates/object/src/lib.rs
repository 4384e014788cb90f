//! The object crate.
