//! Native modules of the standard library: text.

pub mod opcode;
pub mod sre;
pub mod string;
pub mod suggestions;
pub mod tokenize;
pub mod unidata;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[
    &opcode::module::SPEC,
    &sre::module::SPEC,
    &string::module::SPEC,
    &suggestions::module::SPEC,
    &tokenize::module::SPEC,
    &unidata::module::SPEC,
];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}
