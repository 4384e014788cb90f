//! Native modules of data structures and algorithms: iterators, containers, functions, binary data, JSON.

pub mod abstract_base;
pub mod collections;
pub mod functools;
pub mod gc;
pub mod itertools;
pub mod operator;

use object::{Borrowed, PyResult, Ref, TypeObject};

/// The modules of this crate.
pub static MODULES: &[&object::spec::ModuleSpec] = &[
    &abstract_base::module::SPEC,
    &collections::module::SPEC,
    &functools::module::SPEC,
    &gc::module::SPEC,
    &itertools::module::SPEC,
    &operator::module::SPEC,
];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}

/// `types.GenericAlias(cls, params)`: what `__class_getitem__` of most classes gives.
pub(crate) fn generic_alias(cls: Borrowed<'_, TypeObject>, params: Borrowed<'_>) -> PyResult<Ref> {
    (object::hooks::get().generic_alias)(cls.object(), params)
}
