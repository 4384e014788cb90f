//! The vm crate.
