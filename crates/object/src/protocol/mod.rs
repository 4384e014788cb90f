//! The abstract protocols: what can be asked of any object, as methods of [`crate::Object`] (CPython's `abstract.c`, `object.c`, `call.c`).

mod call;
mod number;
