//! The numeric crate.
