//! The stdlib-numeric crate.
