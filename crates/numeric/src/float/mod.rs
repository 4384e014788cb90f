//! Doubles: their text both ways, hashing, rounding, packing.

mod scale;

pub use scale::{frexp, ldexp};
