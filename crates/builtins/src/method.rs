//! Bound methods.
