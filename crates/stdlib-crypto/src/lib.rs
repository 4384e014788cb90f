//! Native modules of digests and message authentication: `_md5`, `_sha1`, `_sha2`, `_sha3`, `_blake2`, `_hmac`.
//!
//! The algorithms themselves are other people's crates; here they get CPython's types, arguments and messages.

mod algorithm;
mod blake2;
mod hmac;
mod input;
mod md5;
mod plain;
mod sha1;
mod sha2;
mod sha3;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[
    &blake2::module::SPEC,
    &hmac::module::SPEC,
    &md5::module::SPEC,
    &sha1::module::SPEC,
    &sha2::module::SPEC,
    &sha3::module::SPEC,
];

/// Inputs of this many bytes and more are worth releasing the GIL (hashlib.h's `HASHLIB_GIL_MINSIZE`).
pub(crate) const GIL_MINSIZE: usize = 2048;

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}

/// The class `T`, ready for use, for a module that shows it under another name than its own.
pub(crate) fn exposed<T: object::StaticType>() -> object::PyResult<object::Ref> {
    builtins::type_::ready::ready_static(&object::spec::TypeEntry::of::<T>())?;
    Ok(T::type_object().to_ref())
}
