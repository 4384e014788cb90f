//! `_io`: files, buffers and text streams (CPython's `Modules/_io`).
//!
//! The rule of this crate: no borrow of a stream's cells is held across a call that may run Python code or that gives up the GIL. A
//! stream's memory is taken out of its cell for such a call and put back behind it, under the stream's own lock.

mod buffered;
mod bytesio;
mod fileio;
mod iobase;
mod lock;
mod module;
mod newline;
mod rawbase;
mod stringio;
mod support;
mod textio;

use object::spec::ModuleSpec;

pub use fileio::FileIo;
pub use iobase::IoBase;

/// The native modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[&module::io::SPEC];
