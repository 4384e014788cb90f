//! Attributes of classes: names, module, bases, docstring, abstract methods.

use super::{Type, class_assign, dicts, doc, internal_doc, lookup, new, ready};
use abi::tpflags;
use macros::pymethods;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, core, id, raise};

fn dict(class: &TypeObject) -> PyResult<Ref> {
    ready::dict_of(class)
}

/// `__name__`.
pub fn name(class: &TypeObject) -> PyResult<Ref> {
    if let Some(heap) = new::heap(class)
        && let Some(name) = heap.ht_name.load()
    {
        return Ok(name);
    }
    text::new(class.short_name())
}

/// `__qualname__`.
pub fn qualname(class: &TypeObject) -> PyResult<Ref> {
    if let Some(heap) = new::heap(class)
        && let Some(name) = heap.ht_qualname.load()
    {
        return Ok(name);
    }
    text::new(class.short_name())
}

/// `__module__`.
pub fn module(class: &TypeObject) -> PyResult<Ref> {
    if class.has(tpflags::HEAPTYPE) {
        return match dicts::get(dict(class)?.b(), id!("__module__"))? {
            Some(module) => Ok(module),
            None => Err(raise!(AttributeError, "__module__")),
        };
    }
    Ok(super::intern(text::new(ready::static_module_name(class))?))
}

/// "module.qualname", without the module for `builtins` and `__main__`-less classes (`_PyType_GetFullyQualifiedName`).
pub fn fully_qualified_name(class: &TypeObject) -> PyResult<Ref> {
    if !class.has(tpflags::HEAPTYPE) {
        return text::new(class.tp_name());
    }
    let qualname = qualname(class)?;
    let module = match module(class) {
        Ok(module) => module,
        Err(raised) => {
            raised.clear_if(&object::exc::AttributeError)?;
            return Ok(qualname);
        }
    };
    if text::check(module.b()) && !text::eq_str(module.b(), "builtins") && !text::eq_str(module.b(), "__main__") {
        return join(&module, &qualname);
    }
    Ok(qualname)
}

fn join(module: &Ref, qualname: &Ref) -> PyResult<Ref> {
    let mut builder = text::Builder::new();
    builder.push_object(module.b())?;
    builder.push_str(".")?;
    builder.push_object(qualname.b())?;
    builder.finish()
}

/// `<class 'module.qualname'>`.
pub fn repr(class: &TypeObject) -> PyResult<Ref> {
    let module = match module(class) {
        Ok(module) => Some(module).filter(|module| text::check(module.b())),
        Err(raised) => {
            raised.clear();
            None
        }
    };
    let qualname = qualname(class)?;
    let mut builder = text::Builder::new();
    builder.push_str("<class '")?;
    match module {
        Some(module) if !text::eq_str(module.b(), "builtins") => builder.push_object(join(&module, &qualname)?.b())?,
        _ => builder.push_object(qualname.b())?,
    }
    builder.push_str("'>")?;
    builder.finish()
}

/// Whether attributes of the class may be set; TypeError where not (`check_set_special_type_attr`).
pub fn check_settable(class: &TypeObject, value: Option<Borrowed<'_>>, name: &str) -> PyResult<()> {
    if class.has(tpflags::IMMUTABLETYPE) {
        return Err(raise!(TypeError, "cannot set '{name}' attribute of immutable type '{}'", class.tp_name()));
    }
    if value.is_none() {
        // CPython says "immutable" of every type here.
        return Err(raise!(TypeError, "cannot delete '{name}' attribute of immutable type '{}'", class.tp_name()));
    }
    Ok(())
}

/// Takes an entry out of the class's dict, where it is there.
pub fn remove(class: &TypeObject, name: Borrowed<'_>) -> PyResult<()> {
    lookup::modified(class);
    dicts::remove(dict(class)?.b(), name)?;
    lookup::modified(class);
    Ok(())
}

fn wrong_str(class: &TypeObject, name: &str, value: Borrowed<'_>) -> object::Raised {
    raise!(TypeError, "can only assign string to {}.{name}, not '{}'", class.tp_name(), value.class().tp_name())
}

#[pymethods(part = ATTRIBUTES)]
impl Type {
    #[getter(name = "__name__")]
    fn get_name(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        name(&slf)
    }

    #[setter(name = "__name__")]
    fn set_name(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        check_settable(&slf, value, "__name__")?;
        let (Some(value), Some(heap)) = (value, new::heap(&slf)) else { return Ok(()) };
        if !text::check(value) {
            return Err(wrong_str(&slf, "__name__", value));
        }
        let bytes = new::c_name(value)?;
        slf.raw().tp_name.set(new::bytes_start(&bytes));
        let old = heap._ht_tpname.replace(new::keep_name(bytes));
        // SAFETY: the field owned the bytes object of the old name, which nothing refers to any more.
        drop(unsafe { Ref::<object::Object>::from_owned_or_null(old.cast()) });
        heap.ht_name.store(Some(value.to_ref()));
        Ok(())
    }

    #[getter(name = "__qualname__")]
    fn get_qualname(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        qualname(&slf)
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        check_settable(&slf, value, "__qualname__")?;
        let (Some(value), Some(heap)) = (value, new::heap(&slf)) else { return Ok(()) };
        if !text::check(value) {
            return Err(wrong_str(&slf, "__qualname__", value));
        }
        heap.ht_qualname.store(Some(value.to_ref()));
        Ok(())
    }

    #[getter(name = "__bases__")]
    fn get_bases(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        Ok(slf.raw().tp_bases.load().unwrap_or_else(core::none_ref))
    }

    #[setter(name = "__bases__")]
    fn set_bases(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        check_settable(&slf, value, "__bases__")?;
        value.map_or(Ok(()), |value| class_assign::set_bases(&slf, value))
    }

    #[getter(name = "__mro__")]
    fn get_mro(slf: Borrowed<'_, TypeObject>) -> Ref {
        slf.raw().tp_mro.load().unwrap_or_else(core::none_ref)
    }

    #[getter(name = "__base__")]
    fn get_base(slf: Borrowed<'_, TypeObject>) -> Ref {
        slf.base().map_or_else(core::none_ref, |base| base.to_ref())
    }

    #[getter(name = "__basicsize__")]
    fn get_basicsize(slf: Borrowed<'_, TypeObject>) -> isize {
        slf.raw().tp_basicsize.get()
    }

    #[getter(name = "__itemsize__")]
    fn get_itemsize(slf: Borrowed<'_, TypeObject>) -> isize {
        slf.raw().tp_itemsize.get()
    }

    #[getter(name = "__flags__")]
    fn get_flags(slf: Borrowed<'_, TypeObject>) -> u64 {
        slf.flags()
    }

    #[getter(name = "__weakrefoffset__")]
    fn get_weakrefoffset(slf: Borrowed<'_, TypeObject>) -> isize {
        slf.raw().tp_weaklistoffset.get()
    }

    #[getter(name = "__dictoffset__")]
    fn get_dictoffset(slf: Borrowed<'_, TypeObject>) -> isize {
        slf.raw().tp_dictoffset.get()
    }

    #[getter(name = "__module__")]
    fn get_module(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        module(&slf)
    }

    #[setter(name = "__module__")]
    fn set_module(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        check_settable(&slf, value, "__module__")?;
        let Some(value) = value else { return Ok(()) };
        let dict = dict(&slf)?;
        lookup::modified(&slf);
        dicts::remove(dict.b(), id!("__firstlineno__"))?;
        dicts::set(dict.b(), id!("__module__"), value)
    }

    #[getter(name = "__abstractmethods__")]
    fn get_abstractmethods(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        let found = if slf.is_type(&core::TYPE) { None } else { dicts::get(dict(&slf)?.b(), id!("__abstractmethods__"))? };
        found.ok_or_else(|| {
            let raised = raise!(AttributeError, "__abstractmethods__");
            super::getattr::attribute_context(raised, slf.object(), id!("__abstractmethods__"))
        })
    }

    #[setter(name = "__abstractmethods__")]
    fn set_abstractmethods(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let dict = dict(&slf)?;
        let abstract_now = match value {
            Some(value) => {
                let truth = value.is_true()?;
                dicts::set(dict.b(), id!("__abstractmethods__"), value)?;
                truth
            }
            None => {
                if !dicts::remove(dict.b(), id!("__abstractmethods__"))? {
                    return Err(raise!(AttributeError, "__abstractmethods__"));
                }
                false
            }
        };
        lookup::modified(&slf);
        if abstract_now {
            slf.add_flags(tpflags::IS_ABSTRACT);
        } else {
            slf.remove_flags(tpflags::IS_ABSTRACT);
        }
        Ok(())
    }

    #[getter(name = "__dict__")]
    fn get_dict(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        crate::mappingproxy::new(dict(&slf)?.b())
    }

    #[getter(name = "__doc__")]
    fn get_doc(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        if !slf.has(tpflags::HEAPTYPE)
            && let Some(text) = internal_doc(&slf)
        {
            return text::new(doc::without_signature(slf.short_name(), text));
        }
        match dicts::get(dict(&slf)?.b(), id!("__doc__"))? {
            None => Ok(core::none_ref()),
            Some(found) => match found.class().tp_descr_get() {
                Some(get) => get(found.b(), None, Some(slf.object())),
                None => Ok(found),
            },
        }
    }

    #[setter(name = "__doc__")]
    fn set_doc(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        check_settable(&slf, value, "__doc__")?;
        let Some(value) = value else { return Ok(()) };
        lookup::modified(&slf);
        dicts::set(dict(&slf)?.b(), id!("__doc__"), value)
    }

    #[getter(name = "__text_signature__")]
    fn get_text_signature(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        match internal_doc(&slf).and_then(|text| doc::signature(slf.short_name(), text)) {
            Some(signature) => text::new(signature),
            None => Ok(core::none_ref()),
        }
    }

    #[getter(name = "__type_params__")]
    fn get_type_params(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        let found = if slf.is_type(&core::TYPE) { None } else { dicts::get(dict(&slf)?.b(), id!("__type_params__"))? };
        Ok(found.unwrap_or_else(tuple::empty))
    }

    #[setter(name = "__type_params__")]
    fn set_type_params(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        check_settable(&slf, value, "__type_params__")?;
        let Some(value) = value else { return Ok(()) };
        lookup::modified(&slf);
        dicts::set(dict(&slf)?.b(), id!("__type_params__"), value)
    }
}
