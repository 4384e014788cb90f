//! Native modules of the standard library: text.

pub mod sre;
pub mod tokenize;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[&sre::module::SPEC, &tokenize::module::SPEC];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}
