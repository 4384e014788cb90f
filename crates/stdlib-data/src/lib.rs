//! The stdlib-data crate.
