//! The instruction table and code as data: what the compiler writes, the interpreter runs and `marshal` stores.

pub mod ops;
