//! The compiler crate.
