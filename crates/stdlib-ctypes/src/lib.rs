//! Native module `_ctypes`: C's data types, calls of C functions and callbacks, over libffi.
//!
//! A ctypes class is a heap type whose metaclass extends [`ctype::CType`]; what C needs to know of it stands in its [`info::Info`]. An instance
//! is a [`data::CData`]: a piece of memory, its own or another's, and the objects that its content keeps alive.
//!
//! Addresses that a program makes up are its own affair; everything else is checked: sizes, bounds of fields, lifetimes of the memory that
//! this crate lends out.
#![allow(unsafe_code, reason = "the module reads and writes C's memory and calls C's functions")]

mod access;
mod array;
mod attach;
mod call;
mod callback;
mod ctype;
mod data;
mod field;
mod format;
mod funcptr;
mod helpers;
mod info;
mod keep;
mod layout;
mod longdouble;
mod metatypes;
mod module;
mod outparams;
mod param;
mod pointer;
mod simple;
mod state;
mod structure;
mod types;
mod values;
mod wide;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[&module::module::SPEC];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}
