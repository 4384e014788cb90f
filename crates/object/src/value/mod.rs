//! Values of the simplest built-in types, at the level of their layout: made and read here, their methods are in `builtins`.

pub mod append;
pub mod bytes;
pub mod float;
pub mod int;
pub mod str;
pub mod tuple;
