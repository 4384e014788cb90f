//! Attributes, and the look-up of special methods on types.

use crate::core;
use crate::error;
use crate::exc;
use crate::hooks;
use crate::raise;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::PyResult;
use crate::types::TypeObject;
use crate::value::str as text;

impl TypeObject {
    /// The attribute along the MRO, not bound: C's `_PyType_Lookup`.
    #[inline]
    pub fn type_lookup(&self, name: Borrowed<'_>) -> Option<Ref> {
        (hooks::get().type_lookup)(self, name)
    }
}

/// Gives a slot of C's old kind the name as a string that ends with a NUL.
fn with_c_name<R>(name: Borrowed<'_>, action: impl FnOnce(*mut abi::c_char) -> PyResult<R>) -> PyResult<R> {
    match std::ffi::CString::new(text::to_wtf8(name)) {
        Ok(name) => action(name.as_ptr().cast_mut()),
        Err(_) => Err(raise!(ValueError, "embedded null character")),
    }
}

impl Object {
    /// `getattr(self, name)`.
    #[inline]
    pub fn getattr(&self, name: Borrowed<'_>) -> PyResult<Ref> {
        if !text::check(name) {
            return Err(raise!(TypeError, "attribute name must be string, not '{}'", name.class().tp_name()));
        }
        match self.class().tp_getattro() {
            Some(function) => {
                let result = function(self.borrowed(), name);
                if result.is_err() {
                    self.note_attribute(name)
                }
                result
            }
            None => match self.class().tp_getattr() {
                Some(function) => with_c_name(name, |name| function(self.borrowed(), name)),
                None => Err(self.no_attribute(name)),
            },
        }
    }

    /// For a type that has the old slot alone, or none.
    #[cold]
    fn old_getattr_opt(&self, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let Some(function) = self.class().tp_getattr() else { return Ok(None) };
        match with_c_name(name, |name| function(self.borrowed(), name)) {
            Ok(found) => Ok(Some(found)),
            Err(raised) => raised.clear_if(&crate::exc::AttributeError).map(|()| None),
        }
    }

    /// Raises AttributeError with name and object noted, as `PyObject_GetAttr` for a type without the slot.
    #[cold]
    pub fn no_attribute(&self, name: Borrowed<'_>) -> crate::Raised {
        let raised =
            raise!(AttributeError, "'{}' object has no attribute '{}'", self.class().tp_name(), text::to_string_lossy(name));
        self.note_attribute(name);
        raised
    }

    /// Gives an AttributeError under way its `name` and `obj`, where it has neither.
    #[cold]
    fn note_attribute(&self, name: Borrowed<'_>) {
        let Some(exception) = error::take() else { return };
        if exception.class().is_subtype(&exc::AttributeError) {
            // SAFETY: an AttributeError has these fields.
            let fields = unsafe { &*exception.ptr().cast::<abi::PyAttributeErrorObject>() };
            if fields.name.get().is_null() && fields.obj.get().is_null() {
                crate::RawField::store(&fields.name, Some(name.to_ref()));
                crate::RawField::store(&fields.obj, Some(self.to_ref()));
            }
        }
        let _raised = error::restore(exception);
    }

    /// `getattr(self, name)`, or none where AttributeError says that there is no such attribute.
    pub fn getattr_opt(&self, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let Some(function) = self.class().tp_getattro() else { return self.old_getattr_opt(name) };
        // The usual three need not make an exception that is thrown away at once.
        let is_of = |class: &TypeObject| class.tp_getattro().is_some_and(|usual| std::ptr::fn_addr_eq(usual, function));
        let found = if is_of(&core::OBJECT) {
            (hooks::get().getattr_opt)(self.borrowed(), name)
        } else if is_of(&core::TYPE)
            && let Some(class) = self.borrowed().downcast::<TypeObject>()
        {
            (hooks::get().type_getattr_opt)(class, name)
        } else if is_of(&core::MODULE) {
            (hooks::get().module_getattr_opt)(self.borrowed(), name)
        } else {
            function(self.borrowed(), name).map(Some)
        };
        match found {
            Ok(value) => Ok(value),
            Err(raised) => raised.clear_if(&exc::AttributeError).map(|()| None),
        }
    }

    /// `hasattr(self, name)`.
    pub fn hasattr(&self, name: Borrowed<'_>) -> PyResult<bool> {
        self.getattr_opt(name).map(|value| value.is_some())
    }

    /// `setattr(self, name, value)`; no value is `delattr`.
    pub fn set_or_delete_attr(&self, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        if !text::check(name) {
            return Err(raise!(TypeError, "attribute name must be string, not '{}'", name.class().tp_name()));
        }
        let class = self.class();
        match class.tp_setattro() {
            Some(function) => function(self.borrowed(), name, value).into(),
            None if class.tp_setattr().is_some() => with_c_name(name, |name| match class.tp_setattr() {
                Some(function) if function(self.borrowed(), name, value) == 0 => Ok(()),
                _ => match error::check() {
                    Err(raised) => Err(raised),
                    Ok(()) => Err(raise!(SystemError, "error return without exception set")),
                },
            }),
            None => {
                let kind = if class.tp_getattro().is_none() { "no" } else { "only read-only" };
                let action = if value.is_some() { "assign to" } else { "del" };
                Err(raise!(
                    TypeError,
                    "'{}' object has {kind} attributes ({action} .{})",
                    class.tp_name(),
                    text::to_string_lossy(name)
                ))
            }
        }
    }

    /// `setattr(self, name, value)`.
    pub fn setattr(&self, name: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        self.set_or_delete_attr(name, Some(value))
    }

    /// `delattr(self, name)`.
    pub fn delattr(&self, name: Borrowed<'_>) -> PyResult<()> {
        self.set_or_delete_attr(name, None)
    }

    /// The special method of this name: looked up on the type, bound to the object.
    pub fn lookup_special(&self, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let class = self.class();
        let Some(found) = class.type_lookup(name) else { return Ok(None) };
        match found.class().tp_descr_get() {
            Some(get) => get(found.b(), Some(self.borrowed()), Some(class.borrowed())).map(Some),
            None => Ok(Some(found)),
        }
    }

    /// `self.name(*args)`.
    pub fn call_method(&self, name: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        self.getattr(name)?.call(args)
    }
}
