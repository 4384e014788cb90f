//! Native modules of networks: `_socket`, `_uuid`.

mod args;
mod errors;
mod socket;
mod time;
mod uuid;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[&socket::module::SPEC, &uuid::module::SPEC];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}
