//! The abi crate.
