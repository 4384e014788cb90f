//! Unicode 16.0.0 as CPython 3.14 knows it, and the kernels of its codecs and of its searches.
//!
//! Nothing here knows of Python objects; code points are `u32`, since strings may hold lone surrogates. std's own tables are of
//! another Unicode version and are used nowhere.

pub mod case;
pub mod codecs;
pub mod ctype;
pub mod database;
mod hangul;
pub mod names;
pub mod normalize;
pub mod search;
mod tables;
pub mod text;
pub mod unit;

pub use text::{TextBuf, Units};
pub use unit::Unit;

/// The result needs more memory than there is (MemoryError for Python).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;
