//! The instruction table and code as data: what the compiler writes, the interpreter runs and `marshal` stores.

pub mod code;
pub mod exceptiontable;
pub mod flags;
pub mod image;
pub mod linetable;
pub mod marshal;
pub mod ops;
pub mod verify;

pub use code::{Code, Const, ConstKey, Int, Text, Unique};
pub use linetable::Location;
pub use ops::Op;
