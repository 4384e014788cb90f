//! The C functions that compiled wheels link to: CPython 3.14's API over `object`, `builtins` and `vm`, a file per header.
//!
//! Each function is written in the one form of [`form`]; variadic ones in that of [`variadic`]. What CPython exports and is not written
//! yet stands in [`missing`], which `cargo xtask capi` generates from `names.txt` and these sources.
#![allow(unsafe_code, reason = "C hands over raw pointers; every function here is a border")]
#![allow(non_snake_case, non_upper_case_globals, non_camel_case_types, reason = "the names are those of the C API")]

mod form;
mod support;
mod sysmodule;
mod variadic;

mod abstract_;
mod atexit;
mod bufferobject;
mod bytesobject;
mod call;
mod cfile;
mod codeextra;
mod containers;
mod data;
mod dictobject;
mod eval;
mod floatobject;
mod frameobject;
mod funcobject;
mod getargs;
mod getargs_keywords;
mod getargs_units;
mod import;
mod initconfig;
mod interpreters;
mod longobject;
mod marshal;
mod missing;
mod modsupport;
mod moduleobject;
mod monitoring;
mod object_;
mod objimpl;
mod pyerrors;
mod pystate;
mod pythonrun;
mod typeobject;
mod unicode_codecs;
mod unicode_format;
mod unicode_writer;
mod unicodeobject;
mod watchers;

/// A name that the program refers to, so that the linker takes this crate in.
pub fn link() {}
