//! What several headers' functions share.

use object::value::tuple;
use object::{Borrowed, PyResult, Ref, TypeObject};
use std::ffi::CStr;

/// Calls the method `name` of `class` itself, also where a subclass of the first argument's type has another.
pub fn method(class: &TypeObject, name: &str, args: &[Borrowed<'_>]) -> PyResult<Ref> {
    class.borrowed().getattr(intern(name).b())?.call(args)
}

/// The interned str with this text.
pub fn intern(text: &str) -> Ref {
    builtins::intern::intern_str(text)
}

/// An attribute's name, interned.
pub fn attribute(name: &CStr) -> PyResult<Ref> {
    crate::unicodeobject::from_c(name).map(builtins::intern::intern)
}

/// The objects of a tuple; none for anything else.
pub fn items<'a>(tuple: Option<Borrowed<'a>>) -> &'a [Borrowed<'a>] {
    tuple.and_then(tuple::items).unwrap_or_default()
}

/// "module.qualified name" of a type, as `%T` shows it; the plain name where that cannot be told.
pub fn full_name(class: &object::TypeObject) -> String {
    let name = builtins::type_::attributes::fully_qualified_name(class).and_then(|name| name.str_text());
    name.unwrap_or_else(|raised| {
        raised.clear();
        class.short_name().to_owned()
    })
}

/// The text of a C string for messages.
pub fn lossy(text: &CStr) -> String {
    text.to_string_lossy().into_owned()
}

/// `len` bytes at `start`; none where there are none.
///
/// # Safety
/// The bytes live during the call.
pub unsafe fn raw_bytes<'a>(start: *const u8, len: isize) -> &'a [u8] {
    if start.is_null() || len <= 0 {
        return &[];
    }
    // SAFETY: by contract.
    unsafe { std::slice::from_raw_parts(start, len.unsigned_abs()) }
}

/// As many objects as `count` says.
///
/// # Safety
/// So many live objects stand there.
pub unsafe fn vector<'a>(start: *const Borrowed<'a>, count: usize) -> &'a [Borrowed<'a>] {
    if start.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: by contract.
    unsafe { std::slice::from_raw_parts(start, count) }
}
