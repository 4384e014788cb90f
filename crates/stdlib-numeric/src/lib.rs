//! Native modules of numbers: mathematics, random numbers.

pub mod cmath;
pub mod math;
pub mod random;
pub mod statistics;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] =
    &[&cmath::module::SPEC, &math::module::SPEC, &random::module::SPEC, &statistics::module::SPEC];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}
