//! The stdlib-text crate.
