//! Cells of closures.
