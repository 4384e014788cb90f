//! Text to tokens to the abstract syntax tree of Python 3.14, and every `SyntaxError` message of the parser.
//!
//! No I/O, no objects of the run time. Errors that CPython raises after parsing belong to the `compiler` crate.

pub mod ast;
pub mod text;
