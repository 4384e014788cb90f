//! `type.__getattribute__`, `type.__setattr__`.

use super::lookup::lookup;
use super::{lossy, update};
use abi::tpflags;
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, error, exc, raise};

/// An attribute of a class: data descriptors of the metaclass, then the class's own MRO, then the metaclass.
pub fn get(class: Borrowed<'_, TypeObject>, name: Borrowed<'_>) -> PyResult<Ref> {
    match get_opt(class, name)? {
        Some(value) => Ok(value),
        None => Err(no_attribute(class, name)),
    }
}

/// As [`get`]; none where there is no such attribute.
pub fn get_opt(class: Borrowed<'_, TypeObject>, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    if !text::check(name) {
        return Err(raise!(TypeError, "attribute name must be string, not '{}'", name.class().tp_name()));
    }
    if !class.has(tpflags::READY) {
        super::ready::ready(&class)?;
    }
    let metatype = class.class();
    let meta = lookup(metatype, name);
    let meta_get = meta.as_ref().and_then(|meta| meta.class().tp_descr_get());
    if let (Some(meta), Some(get)) = (&meta, meta_get)
        && meta.class().tp_descr_set().is_some()
    {
        return get(meta.b(), Some(class.object()), Some(metatype.borrowed())).map(Some);
    }
    if let Some(found) = lookup(&class, name) {
        return match found.class().tp_descr_get() {
            Some(get) => get(found.b(), None, Some(class.object())).map(Some),
            None => Ok(Some(found)),
        };
    }
    match (meta, meta_get) {
        (Some(meta), Some(get)) => get(meta.b(), Some(class.object()), Some(metatype.borrowed())).map(Some),
        (meta, _) => Ok(meta),
    }
}

#[cold]
fn no_attribute(class: Borrowed<'_, TypeObject>, name: Borrowed<'_>) -> Raised {
    let raised = raise!(AttributeError, "type object '{}' has no attribute '{}'", class.tp_name(), lossy(name));
    attribute_context(raised, class.object(), name)
}

/// Gives an AttributeError that was just raised its `obj` and `name`.
#[cold]
pub fn attribute_context(raised: Raised, object: Borrowed<'_>, name: Borrowed<'_>) -> Raised {
    let exception = raised.take();
    if exception.class().is_subtype(&exc::AttributeError) {
        // SAFETY: an AttributeError has these fields.
        let fields = unsafe { &*exception.ptr().cast::<abi::PyAttributeErrorObject>() };
        object::RawField::store(&fields.name, Some(name.to_ref()));
        object::RawField::store(&fields.obj, Some(object.to_ref()));
    }
    error::restore(exception)
}

/// Sets or deletes an attribute of a class.
pub fn set(class: Borrowed<'_, TypeObject>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    if class.has(tpflags::IMMUTABLETYPE) {
        return Err(raise!(TypeError, "cannot set '{}' attribute of immutable type '{}'", lossy(name), class.tp_name()));
    }
    if !text::check(name) {
        return Err(raise!(TypeError, "attribute name must be string, not '{}'", name.class().tp_name()));
    }
    // A name of a subtype of str is stored as a plain str; names of attributes are interned.
    let name = super::intern(if text::check_exact(&name) { name.to_ref() } else { plain(name)? });
    let name = name.b();
    let metatype = class.class();
    if let Some(meta) = lookup(metatype, name)
        && let Some(set) = meta.class().tp_descr_set()
    {
        let result = set(meta.b(), class.object(), value).into();
        changed(&class, name)?;
        return result;
    }
    let dict = super::ready::dict_of(&class)?;
    // The old value must outlive the change of the version: its destructor may look attributes up.
    let old = super::dicts::get(dict.b(), name)?;
    super::lookup::modified(&class);
    match value {
        Some(value) => super::dicts::set(dict.b(), name, value)?,
        None if old.is_none() => return Err(no_attribute(class, name)),
        None => super::dicts::delete(dict.b(), name)?,
    }
    changed(&class, name)?;
    drop(old);
    Ok(())
}

fn changed(class: &TypeObject, name: Borrowed<'_>) -> PyResult<()> {
    update::attribute_changed(class, name)
}

fn plain(name: Borrowed<'_>) -> PyResult<Ref> {
    match text::data(name) {
        Some(data) => text::from_data(data),
        None => Ok(name.to_ref()),
    }
}
