//! Native modules of data structures and algorithms: iterators, containers, functions, binary data, JSON.

pub mod abstract_base;
pub mod array;
pub mod binascii;
pub mod bisect;
pub mod collections;
pub mod csv;
pub mod expat;
pub mod functools;
pub mod gc;
pub mod heapq;
pub mod itertools;
pub mod json;
mod notes;
pub mod operator;
pub mod pickle;
pub mod structs;

use object::{Borrowed, PyResult, Ref, TypeObject};

/// The modules of this crate.
pub static MODULES: &[&object::spec::ModuleSpec] = &[
    &abstract_base::module::SPEC,
    &array::module::SPEC,
    &binascii::module::SPEC,
    &bisect::module::SPEC,
    &collections::module::SPEC,
    &csv::module::SPEC,
    &expat::module::SPEC,
    &functools::module::SPEC,
    &gc::module::SPEC,
    &heapq::module::SPEC,
    &itertools::module::SPEC,
    &json::module::SPEC,
    &operator::module::SPEC,
    &pickle::module::SPEC,
    &structs::module::SPEC,
];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}

/// `types.GenericAlias(cls, params)`: what `__class_getitem__` of most classes gives.
pub(crate) fn generic_alias(cls: Borrowed<'_, TypeObject>, params: Borrowed<'_>) -> PyResult<Ref> {
    (object::hooks::get().generic_alias)(cls.object(), params)
}

/// A new exception class, as C modules make them: `type(name, (base,), {"__module__": module})`.
pub(crate) fn new_exception(module: &str, name: &str, base: &TypeObject) -> PyResult<Ref> {
    use object::value::{str as text, tuple};
    let namespace = builtins::dict::Dict::new()?;
    namespace.set_text("__module__", text::new(module)?.b())?;
    let bases = tuple::from_slice(&[base.borrowed()])?;
    object::core::TYPE.borrowed().call(&[text::new(name)?.b(), bases.b(), namespace.b()])
}
