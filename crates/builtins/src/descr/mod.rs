//! Descriptors of native types: methods, slot wrappers, getset and member descriptors (`descrobject.c`).

pub mod getset;
pub mod member;
pub mod method;
pub mod wrapper;

use crate::type_::{dicts, intern};
use abi::{PyDescrObject, PyGetSetDef, PyMemberDef, PyMethodDef, mlflags};
use object::value::str as text;
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, Visit, core, id, raise};
use std::ffi::{CStr, c_char};

/// The Rust text of a C string; empty for null.
///
/// # Safety
/// `text` is null or a C string that lives for `'a`.
pub(crate) unsafe fn c_text<'a>(text: *const c_char) -> &'a str {
    if text.is_null() {
        return "";
    }
    // SAFETY: by contract.
    let text = unsafe { CStr::from_ptr(text) };
    if text.to_bytes().is_ascii() {
        // SAFETY: ASCII is UTF-8.
        return unsafe { std::str::from_utf8_unchecked(text.to_bytes()) };
    }
    text.to_str().unwrap_or("")
}

/// The interned object of a C string.
pub(crate) fn interned(name: &str) -> PyResult<Ref> {
    if name.is_ascii() { Ok(crate::str_::intern::intern_str(name)) } else { Ok(intern(text::new(name)?)) }
}

/// The header of a descriptor of `class`'s attribute `name`, which is interned.
pub(crate) fn head_of(class: &TypeObject, name: Ref) -> PyDescrObject {
    let head = <PyDescrObject as abi::CStruct>::ZERO;
    head.d_name.store(Some(name));
    head.d_type.set(class.to_type_ref().into_ptr().cast());
    head
}

/// What all descriptors do with their common part.
pub(crate) trait Common {
    /// The common part.
    fn common(&self) -> &PyDescrObject;

    /// The type that the descriptor belongs to.
    fn owner(&self) -> &TypeObject {
        // SAFETY: a descriptor keeps its type alive.
        unsafe { &*self.common().d_type.get().cast::<TypeObject>() }
    }

    /// The attribute's name.
    fn name(&self) -> Ref {
        self.common().d_name.load().unwrap_or_else(core::none_ref)
    }

    /// The attribute's name, for messages.
    fn name_text(&self) -> String {
        text::to_string_lossy(self.name().b())
    }

    /// `list.append`.
    fn qualname(&self) -> PyResult<Ref> {
        if let Some(name) = self.common().d_qualname.load() {
            return Ok(name);
        }
        let owner = crate::type_::attributes::qualname(self.owner())?;
        let mut builder = text::Builder::new();
        builder.push_object(owner.b())?;
        builder.push_str(".")?;
        builder.push_object(self.name().b())?;
        let name = builder.finish()?;
        self.common().d_qualname.store(Some(name.clone()));
        Ok(name)
    }

    /// `<kind 'name' of 'type' objects>`.
    fn describe(&self, kind: &str) -> PyResult<Ref> {
        text::new(&format!("<{kind} '{}' of '{}' objects>", self.name_text(), self.owner().tp_name()))
    }

    /// TypeError unless `object` is an instance of the descriptor's type.
    fn check(&self, object: Borrowed<'_>) -> PyResult<()> {
        if object.class().is_subtype(self.owner()) { Ok(()) } else { Err(self.wrong_object(object)) }
    }

    #[cold]
    fn wrong_object(&self, object: Borrowed<'_>) -> object::Raised {
        raise!(
            TypeError,
            "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
            self.name_text(),
            self.owner().tp_name(),
            object.class().tp_name()
        )
    }

    /// `__reduce__`: `getattr(type, name)`.
    fn reduce(&self) -> PyResult<Ref> {
        let getattr = crate::object_::reduce::builtin(id!("getattr"))?;
        let args = object::value::tuple::from_array([self.owner().to_ref(), self.name()])?;
        object::value::tuple::from_array([getattr, args])
    }

    /// Shows the collector what the common part refers to.
    fn visit_common(&self, visit: &mut Visit<'_>) {
        visit.raw(self.common().d_type.get().cast());
    }

    /// Gives up what the common part owns. The descriptor is dying.
    fn drop_common(&self) {
        let common = self.common();
        common.d_name.store(None);
        common.d_qualname.store(None);
        let owner = common.d_type.replace(std::ptr::null_mut());
        // SAFETY: the field owned its type.
        drop(unsafe { Ref::<object::Object>::from_owned_or_null(owner.cast()) });
    }
}

/// Frees a descriptor whose count is 0.
///
/// # Safety
/// `slf` is a dying descriptor with this common part.
pub(crate) unsafe fn dealloc<T: Common + object::Layout>(slf: Borrowed<'_, T>) {
    let ptr = slf.ptr();
    // SAFETY: by contract; descriptors are known to the collector.
    unsafe {
        object::gc::untrack_if_tracked(ptr);
        slf.drop_common();
        object::memory::finish_dealloc(ptr);
    }
}

/// The docstring of a native function without its signature; None where there is none.
pub(crate) fn doc_object(name: &str, doc: &str) -> PyResult<Ref> {
    let doc = crate::type_::doc::without_signature(name, doc);
    if doc.is_empty() { Ok(core::none_ref()) } else { text::new(doc) }
}

/// The signature of a native function, from its docstring.
pub(crate) fn signature_object(name: &str, doc: &str) -> PyResult<Ref> {
    match crate::type_::doc::signature(name, doc) {
        Some(signature) => text::new(signature),
        None => Ok(core::none_ref()),
    }
}

/// The entries of a table that ends with an entry without a name.
struct Entries<T>(*mut T);

impl<T> Entries<T> {
    /// The next entry, unless the table is at its end.
    ///
    /// # Safety
    /// The table is null or ends with an entry whose first word is null, and was not at its end before.
    unsafe fn next(&mut self) -> Option<*mut T> {
        if self.0.is_null() {
            return None;
        }
        let entry = self.0;
        // SAFETY: by contract the entry is there; its first word is the name.
        unsafe {
            if (*entry.cast::<*const c_char>()).is_null() {
                return None;
            }
            self.0 = entry.add(1);
        }
        Some(entry)
    }
}

/// The interned name of a table's entry, its first word.
///
/// # Safety
/// The entry is of one of the tables of C.
pub unsafe fn entry_name<T>(entry: *mut T) -> PyResult<Ref> {
    // SAFETY: by contract.
    interned(unsafe { c_text(*entry.cast::<*const c_char>()) })
}

/// Puts the methods of a table into a type's dict.
///
/// # Safety
/// `table` is null, or a table that lives as long as the type and ends with an entry without a name.
pub unsafe fn add_methods(class: &TypeObject, table: *mut PyMethodDef) -> PyResult<()> {
    let Some(dict) = class.raw().tp_dict.load() else { return Ok(()) };
    let mut entries = Entries(table);
    // SAFETY: by contract.
    while let Some(entry) = unsafe { entries.next() } {
        // SAFETY: an entry of the table.
        let (key, flags) = unsafe { (entry_name(entry)?, (*entry).ml_flags.get()) };
        if flags & mlflags::COEXIST == 0 && dicts::get(dict.b(), key.b())?.is_some() {
            continue;
        }
        let value = if flags & mlflags::CLASS != 0 {
            method::new_classmethod(class, entry, key.clone())?
        } else if flags & mlflags::STATIC != 0 {
            let function = crate::cfunction::new(entry, Some(class.borrowed()), None)?;
            crate::method::new_staticmethod(function.b())?
        } else {
            method::new(class, entry, key.clone())?
        };
        dicts::set(dict.b(), key.b(), value.b())?;
    }
    Ok(())
}

/// Puts the members of a table into a type's dict.
///
/// # Safety
/// As [`add_methods`].
pub unsafe fn add_members(class: &TypeObject, table: *mut PyMemberDef) -> PyResult<()> {
    let Some(dict) = class.raw().tp_dict.load() else { return Ok(()) };
    let mut entries = Entries(table);
    // SAFETY: by contract.
    while let Some(entry) = unsafe { entries.next() } {
        // SAFETY: an entry of the table.
        let key = unsafe { entry_name(entry) }?;
        if dicts::get(dict.b(), key.b())?.is_none() {
            dicts::set(dict.b(), key.b(), member::new(class, entry, key.clone())?.b())?;
        }
    }
    Ok(())
}

/// Puts the getset attributes of a table into a type's dict.
///
/// # Safety
/// As [`add_methods`].
pub unsafe fn add_getset(class: &TypeObject, table: *mut PyGetSetDef) -> PyResult<()> {
    let Some(dict) = class.raw().tp_dict.load() else { return Ok(()) };
    let mut entries = Entries(table);
    // SAFETY: by contract.
    while let Some(entry) = unsafe { entries.next() } {
        // SAFETY: an entry of the table.
        let key = unsafe { entry_name(entry) }?;
        if dicts::get(dict.b(), key.b())?.is_none() {
            dicts::set(dict.b(), key.b(), getset::new(class, entry, key.clone())?.b())?;
        }
    }
    Ok(())
}
