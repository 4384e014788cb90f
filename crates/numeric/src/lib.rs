//! Numbers and their text, without objects: big integers, floats, complex numbers, the format mini-language.
//!
//! Nothing here panics on any input, and every size that a program controls is allocated fallibly.

pub mod complex;
pub mod float;
pub mod format_spec;
pub mod int;
