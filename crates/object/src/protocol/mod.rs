//! The abstract protocols: what can be asked of any object, as methods of [`crate::Object`] (CPython's `abstract.c`, `object.c`, `call.c`).

pub mod attribute;
pub mod buffer;
pub mod call;
pub mod class;
pub mod compare;
pub mod iterate;
pub mod number;
pub mod represent;
pub mod subscript;
