//! Native module `_sqlite3`: what package `sqlite3` stands on (CPython's `Modules/_sqlite`).
//!
//! Statements run without the GIL unless Python functions are registered that SQLite would call back; then they keep it.

mod adapt;
mod blob;
mod callbacks;
mod connection;
mod constants;
mod cursor;
mod errors;
mod module;
mod row;
mod statement;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[&module::module::SPEC];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}
