//! The bytecode crate.
