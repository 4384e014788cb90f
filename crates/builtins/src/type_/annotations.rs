//! `__annotate__` and `__annotations__` of classes: made when somebody asks (PEP 649).

use super::attributes::check_settable;
use super::{Type, dicts, lookup, lossy, ready};
use abi::tpflags;
use macros::pymethods;
use object::value::int;
use object::{Borrowed, PyResult, Ref, TypeObject, core, id, raise};

fn no_attribute(class: &TypeObject, name: Borrowed<'_>) -> object::Raised {
    let raised = raise!(AttributeError, "type object '{}' has no attribute '{}'", class.tp_name(), lossy(name));
    super::getattr::attribute_context(raised, class.borrowed(), name)
}

/// What a descriptor in the class's dict gives for the class itself.
fn unwrapped(class: &TypeObject, found: Ref) -> PyResult<Ref> {
    match found.class().tp_descr_get() {
        Some(get) => get(found.b(), None, Some(class.borrowed())),
        None => Ok(found),
    }
}

#[pymethods(part = ANNOTATIONS)]
impl Type {
    #[getter(name = "__annotate__")]
    fn get_annotate(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        if !slf.has(tpflags::HEAPTYPE) {
            return Err(no_attribute(&slf, id!("__annotate__")));
        }
        let dict = ready::dict_of(&slf)?;
        if let Some(found) = dicts::get(dict.b(), id!("__annotate__"))? {
            return unwrapped(&slf, found);
        }
        if let Some(found) = dicts::get(dict.b(), id!("__annotate_func__"))? {
            return unwrapped(&slf, found);
        }
        dicts::set(dict.b(), id!("__annotate_func__"), core::none())?;
        Ok(core::none_ref())
    }

    #[setter(name = "__annotate__")]
    fn set_annotate(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(TypeError, "cannot delete __annotate__ attribute")) };
        check_settable(&slf, Some(value), "__annotate__")?;
        if !value.is(&core::none()) && !value.is_callable() {
            return Err(raise!(TypeError, "__annotate__ must be callable or None"));
        }
        let dict = ready::dict_of(&slf)?;
        lookup::modified(&slf);
        dicts::set(dict.b(), id!("__annotate_func__"), value)?;
        if !value.is(&core::none()) {
            dicts::remove(dict.b(), id!("__annotations__"))?;
            dicts::remove(dict.b(), id!("__annotations_cache__"))?;
        }
        Ok(())
    }

    #[getter(name = "__annotations__")]
    fn get_annotations(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        if !slf.has(tpflags::HEAPTYPE) {
            return Err(no_attribute(&slf, id!("__annotations__")));
        }
        let dict = ready::dict_of(&slf)?;
        for name in [id!("__annotations__"), id!("__annotations_cache__")] {
            if let Some(found) = dicts::get(dict.b(), name)? {
                return unwrapped(&slf, found);
            }
        }
        let annotate = slf.getattr(id!("__annotate__"))?;
        let annotations = if annotate.is_callable() {
            let format = int::new(1)?;
            let made = annotate.call1(format.b())?;
            if !made.class().is_subtype(&core::DICT) {
                return Err(raise!(TypeError, "__annotate__ returned non-dict of type '{}'", made.class().tp_name()));
            }
            made
        } else {
            dicts::new()?
        };
        lookup::modified(&slf);
        dicts::set(dict.b(), id!("__annotations_cache__"), annotations.b())?;
        Ok(annotations)
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        if slf.has(tpflags::IMMUTABLETYPE) {
            return Err(raise!(TypeError, "cannot set '__annotations__' attribute of immutable type '{}'", slf.tp_name()));
        }
        let dict = ready::dict_of(&slf)?;
        lookup::modified(&slf);
        // What was assigned stands under the public name if that is there already, else in the cache.
        match value {
            Some(value) => {
                let public = dicts::get(dict.b(), id!("__annotations__"))?.is_some();
                let name = if public { id!("__annotations__") } else { id!("__annotations_cache__") };
                dicts::set(dict.b(), name, value)?;
            }
            None => {
                let removed = dicts::remove(dict.b(), id!("__annotations__"))?;
                let removed = dicts::remove(dict.b(), id!("__annotations_cache__"))? || removed;
                if !removed {
                    return Err(raise!(AttributeError, "__annotations__"));
                }
            }
        }
        dicts::remove(dict.b(), id!("__annotate_func__"))?;
        dicts::remove(dict.b(), id!("__annotate__"))?;
        Ok(())
    }
}
