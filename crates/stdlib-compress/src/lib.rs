//! Native modules of compression: `zlib`, `_bz2`, `_lzma`, `_zstd`.
//!
//! The streams are those of crate `compression`; here they get CPython's types, arguments and messages.

mod bz2;
mod feeding;
mod lzma;
mod output;
mod zlib;
mod zstd;

use object::protocol::buffer::Buffer;
use object::spec::ModuleSpec;
use object::value::{str as text, tuple};
use object::{Borrowed, FromArg, OptRef, PyResult, Raised, Ref, TypeObject, args::ArgInfo, core, error};

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[&bz2::module::SPEC, &lzma::module::SPEC, &zlib::module::SPEC, &zstd::module::SPEC];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}

/// The bytes of an argument.
pub(crate) struct Bytes(Buffer);

impl Bytes {
    pub fn get(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl<'a> FromArg<'a> for Bytes {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        Buffer::readable(value).map(Bytes)
    }
}

/// An exception class of a module, made when it is first wanted: `type(name, (Exception,), …)`.
pub(crate) fn exception(place: &OptRef, module: &str, name: &str, doc: Option<&str>) -> PyResult<Ref> {
    if let Some(class) = place.get() {
        return Ok(class);
    }
    let namespace = builtins::dict::Dict::new()?;
    namespace.set_text("__module__", text::new(module)?.b())?;
    if let Some(doc) = doc {
        namespace.set_text("__doc__", text::new(doc)?.b())?;
    }
    let bases = tuple::from_slice(&[object::exc::Exception.borrowed()])?;
    let class = core::TYPE.borrowed().call(&[text::new(name)?.b(), bases.b(), namespace.b()])?;
    place.set(Some(class.clone()));
    Ok(class)
}

/// Raises an instance of `class` with a message.
#[cold]
pub(crate) fn raise_instance(class: PyResult<Ref>, message: &str) -> Raised {
    match class.and_then(|class| class.call1(text::new(message)?.b())) {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// A class that only functions of its module make; ready, for a module that does not show it.
pub(crate) fn ready<T: object::StaticType>() -> PyResult<&'static TypeObject> {
    builtins::type_::ready::ready_static(&object::spec::TypeEntry::of::<T>())?;
    Ok(T::type_object())
}
