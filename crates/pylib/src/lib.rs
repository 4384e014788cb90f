//! The pylib crate.
