//! The unicode crate.
