//! The built-in types, one file or folder each.
//!
//! Everything here stands on `object` and never calls the interpreter by name: code objects, frames and functions live in `vm`,
//! which is reached through slots and through the hooks of `object::hooks` alone.
#![allow(unsafe_code, reason = "the built-in types own the memory layouts that CPython's headers fix")]

pub mod init;
pub use str_::intern;

pub mod capsule;
pub mod cell;
pub mod cfunction;
pub mod descr;
pub mod exceptions;
pub mod format;
pub mod genericalias;
pub mod mappingproxy;
pub mod method;
pub mod module;
pub mod moduledef;
pub mod namespace;
pub mod object_;
pub mod property;
pub mod singletons;
pub mod structseq;
pub mod super_;
pub mod support;
pub mod template;
pub mod traceback_;
pub mod type_;
pub mod union_;
pub mod watch;
pub mod weakref;

pub mod dict;
pub mod enumerate;
pub mod iter;
pub mod list;
pub mod range;
pub mod set;
pub mod slice;
pub mod tuple;
pub mod zip_map_filter;

pub mod bool_;
pub mod bytearray;
pub mod bytes;
pub mod codecs;
pub mod complex;
pub mod float;
pub mod int;
pub mod memoryview;
pub mod str_;
