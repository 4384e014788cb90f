//! `property`: attributes by functions.

use abi::PyObject;
use macros::{pyclass, pymethods};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, TypeObject, core, id, raise};
use std::cell::Cell;

/// Property attribute.
///
///   fget
///     function to be used for getting an attribute value
///   fset
///     function to be used for setting an attribute value
///   fdel
///     function to be used for del'ing an attribute
///   doc
///     docstring
///
/// Typical use is to define a managed attribute x:
///
/// class C(object):
///     def getx(self): return self._x
///     def setx(self, value): self._x = value
///     def delx(self): del self._x
///     x = property(getx, setx, delx, "I'm the 'x' property.")
///
/// Decorators make defining new properties or modifying existing ones easy:
///
/// class C(object):
///     @property
///     def x(self):
///         "I am the 'x' property."
///         return self._x
///     @x.setter
///     def x(self, value):
///         self._x = value
///     @x.deleter
///     def x(self):
///         del self._x
#[pyclass(name = "property", cell = ::object::core::PROPERTY, sig = "(fget=None, fset=None, fdel=None, doc=None)", flags(BASETYPE), gc)]
pub struct Property {
    head: PyObject,
    #[member(name = "fget", readonly)]
    getter: OptRef,
    #[member(name = "fset", readonly)]
    setter: OptRef,
    #[member(name = "fdel", readonly)]
    deleter: OptRef,
    #[member(name = "__doc__")]
    doc: OptRef,
    name: OptRef,
    doc_is_getters: Cell<bool>,
}

/// The getter of a property, for inline caches.
pub fn getter_of(object: Borrowed<'_>) -> Option<Ref> {
    object.downcast_exact::<Property>()?.getter.get()
}

/// The getter of a property, or null, where it stands now: `__init__` may replace it.
///
/// # Safety
/// The object is a property.
#[inline(always)]
pub unsafe fn getter_unchecked(property: *mut PyObject) -> *mut PyObject {
    // SAFETY: by contract.
    unsafe { (*property.cast::<Property>()).getter.as_ptr() }
}

fn given(value: Option<Borrowed<'_>>) -> Option<Ref> {
    value.filter(|value| !value.is(&core::none())).map(Borrowed::to_ref)
}

impl Property {
    /// The name that `__set_name__` gave, else the getter's.
    fn find_name(&self) -> PyResult<Option<Ref>> {
        if let Some(name) = self.name.get() {
            return Ok(Some(name));
        }
        match self.getter.get() {
            Some(getter) => getter.getattr_opt(id!("__name__")),
            None => Ok(None),
        }
    }

    #[cold]
    fn missing(&self, object: Borrowed<'_>, what: &str) -> Raised {
        let describe = || -> PyResult<Raised> {
            let qualname = crate::type_::attributes::qualname(object.class())?.repr_text()?;
            Ok(match self.find_name()? {
                Some(name) => {
                    raise!(AttributeError, "property {} of {qualname} object has no {what}", name.repr_text()?)
                }
                None => raise!(AttributeError, "property of {qualname} object has no {what}"),
            })
        };
        describe().unwrap_or_else(|raised| raised)
    }

    /// Takes the getter's docstring where none was given.
    fn take_doc(slf: Borrowed<'_, Self>, doc: Option<Ref>) -> PyResult<()> {
        let exact = slf.object().class().is_type(&core::PROPERTY);
        let mut doc = doc;
        slf.doc_is_getters.set(false);
        if doc.is_none()
            && let Some(getter) = slf.getter.get()
        {
            doc = getter.getattr_opt(id!("__doc__"))?.filter(|doc| !doc.is(&core::none()));
            slf.doc_is_getters.set(doc.is_some());
        }
        if exact {
            slf.doc.set(doc);
            return Ok(());
        }
        // A subclass has a `__doc__` of its own in the instance's dict; where it cannot be set, that is fine for a docstring that nobody gave.
        let from_getter = slf.doc_is_getters.get();
        let value = doc.unwrap_or_else(core::none_ref);
        match slf.object().setattr(id!("__doc__"), value.b()) {
            Err(raised) if from_getter || value.is(&core::none()) => raised.clear_if(&object::exc::AttributeError),
            result => result,
        }
    }

    /// A property like this one with one function replaced.
    fn copy(
        slf: Borrowed<'_, Self>,
        getter: Option<Borrowed<'_>>,
        setter: Option<Borrowed<'_>>,
        deleter: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let or_own = |new: Option<Borrowed<'_>>, own: &OptRef| given(new).or_else(|| own.get()).unwrap_or_else(core::none_ref);
        let (getter, setter, deleter) = (or_own(getter, &slf.getter), or_own(setter, &slf.setter), or_own(deleter, &slf.deleter));
        let doc = if slf.doc_is_getters.get() && !getter.is(&core::none()) {
            core::none_ref()
        } else {
            slf.doc.get().unwrap_or_else(core::none_ref)
        };
        let copied = slf.object().class().borrowed().call(&[getter.b(), setter.b(), deleter.b(), doc.b()])?;
        if let Some(property) = copied.b().downcast::<Property>() {
            property.name.set(slf.name.get());
        }
        Ok(copied)
    }
}

#[pymethods]
impl Property {
    #[slot(tp_new)]
    fn make(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        object::memory::generic_alloc(class, 0)
    }

    #[slot(tp_init, "(fget=None, fset=None, fdel=None, doc=None)")]
    fn init(
        slf: Borrowed<'_, Self>,
        fget: Option<Borrowed<'_>>,
        fset: Option<Borrowed<'_>>,
        fdel: Option<Borrowed<'_>>,
        doc: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        slf.getter.set(given(fget));
        slf.setter.set(given(fset));
        slf.deleter.set(given(fdel));
        slf.doc.set(None);
        slf.name.set(None);
        Self::take_doc(slf, given(doc))
    }

    #[slot(tp_descr_get)]
    fn get(slf: Borrowed<'_, Self>, object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(object) = object.filter(|object| !object.is(&core::none())) else { return Ok(slf.object().to_ref()) };
        match slf.getter.get() {
            Some(getter) => getter.call1(object),
            None => Err(slf.missing(object, "getter")),
        }
    }

    #[slot(tp_descr_set)]
    fn set(&self, object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) => match self.setter.get() {
                Some(setter) => setter.call(&[object, value]).map(drop),
                None => Err(self.missing(object, "setter")),
            },
            None => match self.deleter.get() {
                Some(deleter) => deleter.call1(object).map(drop),
                None => Err(self.missing(object, "deleter")),
            },
        }
    }

    /// Descriptor to obtain a copy of the property with a different getter.
    #[method(text = None, "($self, getter, /)")]
    fn getter(slf: Borrowed<'_, Self>, getter: Borrowed<'_>) -> PyResult<Ref> {
        Self::copy(slf, Some(getter), None, None)
    }

    /// Descriptor to obtain a copy of the property with a different setter.
    #[method(text = None, "($self, setter, /)")]
    fn setter(slf: Borrowed<'_, Self>, setter: Borrowed<'_>) -> PyResult<Ref> {
        Self::copy(slf, None, Some(setter), None)
    }

    /// Descriptor to obtain a copy of the property with a different deleter.
    #[method(text = None, "($self, deleter, /)")]
    fn deleter(slf: Borrowed<'_, Self>, deleter: Borrowed<'_>) -> PyResult<Ref> {
        Self::copy(slf, None, None, Some(deleter))
    }

    /// Method to set name of a property.
    #[method(name = "__set_name__", text = None, "($self, owner, name, /)")]
    fn set_name_method(&self, _owner: Borrowed<'_>, name: Borrowed<'_>) {
        self.name.set(Some(name.to_ref()));
    }

    #[getter(name = "__name__")]
    fn get_name(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        match slf.find_name()? {
            Some(name) => Ok(name),
            None => Err(raise!(AttributeError, "'property' object has no attribute '__name__'")),
        }
    }

    #[setter(name = "__name__")]
    fn set_name(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.name.set(value.map(Borrowed::to_ref));
        Ok(())
    }

    #[getter(name = "__isabstractmethod__")]
    fn is_abstract(&self) -> PyResult<bool> {
        for function in [&self.getter, &self.setter, &self.deleter] {
            if let Some(function) = function.get()
                && crate::object_::is_abstract(function.b())?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
