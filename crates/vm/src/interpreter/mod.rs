//! The interpreter loop.
