//! Methods of native types: `method_descriptor` (`list.append`), `classmethod_descriptor` (`dict.fromkeys`).

use super::{Common, c_text, doc_object, head_of, signature_object};
use crate::cfunction::{self, invoke};
use abi::{Cell, PyDescrObject, PyMethodDef};
use macros::{pyclass, pymethods};
use object::slots::VectorcallFn;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, Visit, memory, raise};

macro_rules! method_descriptor {
    ($name:ident, $repr:literal) => {
        impl Common for $name {
            fn common(&self) -> &abi::PyDescrObject {
                &self.head
            }
        }

        impl $name {
            fn definition(&self) -> &PyMethodDef {
                // SAFETY: the table lives as long as the type, which the descriptor keeps alive.
                unsafe { &*self.method.get() }
            }

            fn doc(&self) -> &str {
                // SAFETY: as above.
                unsafe { c_text(self.definition().ml_doc.get()) }
            }
        }

        #[pymethods(part = COMMON)]
        impl $name {
            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Ref> {
                self.describe($repr)
            }

            #[slot(tp_traverse)]
            fn traverse(&self, visit: &mut Visit<'_>) {
                self.visit_common(visit);
            }

            #[slot(tp_dealloc)]
            unsafe fn dealloc(slf: Borrowed<'_, Self>) {
                // SAFETY: the slot's contract.
                unsafe { super::dealloc(slf) }
            }

            #[getter(name = "__name__")]
            fn get_name(&self) -> Ref {
                self.name()
            }

            #[getter(name = "__objclass__")]
            fn get_objclass(&self) -> Ref {
                self.owner().to_ref()
            }

            #[getter(name = "__doc__")]
            fn get_doc(&self) -> PyResult<Ref> {
                doc_object(&self.name_text(), self.doc())
            }

            #[getter(name = "__qualname__")]
            fn get_qualname(&self) -> PyResult<Ref> {
                self.qualname()
            }

            #[getter(name = "__text_signature__")]
            fn get_text_signature(&self) -> PyResult<Ref> {
                signature_object(&self.name_text(), self.doc())
            }
        }
    };
}

/// A method of a native type.
#[pyclass(
    name = "method_descriptor",
    cell = ::object::core::METHOD_DESCR,
    flags(METHOD_DESCRIPTOR),
    vectorcall = vectorcall,
    gc = manual,
    parts(COMMON, MAIN)
)]
pub struct MethodDescriptor {
    head: PyDescrObject,
    method: Cell<*mut PyMethodDef>,
    vectorcall: Cell<Option<VectorcallFn>>,
}
method_descriptor!(MethodDescriptor, "method");

/// The descriptor of a method of `class`.
pub fn new(class: &TypeObject, definition: *mut PyMethodDef, name: Ref) -> PyResult<Ref> {
    // SAFETY: the caller's entry.
    invoke::check_flags(unsafe { &*definition })?;
    let descriptor =
        MethodDescriptor { head: head_of(class, name), method: Cell::new(definition), vectorcall: Cell::new(Some(vectorcall)) };
    memory::new_instance(MethodDescriptor::type_object(), descriptor).map(Ref::upcast)
}

/// The native method and its type, if `object` is a descriptor of one.
pub fn definition_of<'a>(object: Borrowed<'a>) -> Option<(&'a PyMethodDef, &'a TypeObject)> {
    let descriptor = object.downcast_exact::<MethodDescriptor>()?.get();
    Some((descriptor.definition(), descriptor.owner()))
}

/// The table entry of a method descriptor and the type that defines it.
///
/// # Safety
/// The object is a method descriptor.
#[inline(always)]
pub unsafe fn parts_unchecked(descriptor: *mut abi::PyObject) -> (*mut PyMethodDef, *mut abi::PyTypeObject) {
    // SAFETY: by contract.
    let descriptor = unsafe { &*descriptor.cast::<MethodDescriptor>() };
    (descriptor.method.get(), descriptor.head.d_type.get())
}

/// Whether an attribute of `class` is a method descriptor whose `__get__` for instances makes a native function and asks nothing.
pub fn binds_plainly(object: Borrowed<'_>, class: &TypeObject) -> bool {
    definition_of(object).is_some_and(|(definition, owner)| {
        definition.ml_flags.get() & abi::mlflags::METHOD == 0
            && invoke::check_flags(definition).is_ok()
            && class.is_subtype(owner)
    })
}

/// What `__get__` of a method descriptor makes for an instance.
///
/// # Safety
/// [`binds_plainly`] said yes to it for the instance's class.
#[inline]
pub unsafe fn bind_unchecked(descriptor: Borrowed<'_>, instance: Borrowed<'_>) -> PyResult<Ref> {
    // SAFETY: by contract.
    let (definition, _) = unsafe { parts_unchecked(descriptor.ptr()) };
    // SAFETY: the flags of the definition were checked.
    unsafe { cfunction::new_unchecked(definition, Some(instance), None) }
}

extern "C-unwind" fn vectorcall(
    callable: Borrowed<'_>,
    args: *const Borrowed<'_>,
    nargsf: usize,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let descriptor = callable.self_as::<MethodDescriptor>();
    // SAFETY: the caller of a vectorcall passes that many arguments.
    let (all, count) = unsafe { cfunction::vector(args, nargsf, kwnames) };
    let Some((slf, rest)) = all.split_first().filter(|_| count > 0) else {
        return Err(raise!(
            TypeError,
            "unbound method {}() needs an argument",
            text::to_string_lossy(descriptor.qualname()?.b())
        ));
    };
    descriptor.check_call(*slf)?;
    // SAFETY: the definition's flags tell the signature of its function.
    unsafe { invoke::call(descriptor.definition(), callable, Some(*slf), Some(descriptor.owner()), rest, count - 1, kwnames) }
}

impl MethodDescriptor {
    #[inline]
    fn check_call(&self, slf: Borrowed<'_>) -> PyResult<()> {
        if slf.class().is_subtype(self.owner()) {
            return Ok(());
        }
        Err(raise!(
            TypeError,
            "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
            self.name_text(),
            self.owner().tp_name(),
            slf.class().tp_name()
        ))
    }
}

#[pymethods]
impl MethodDescriptor {
    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce_method(&self) -> PyResult<Ref> {
        self.reduce()
    }

    #[slot(tp_call)]
    fn call(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        object::args::with_call_args(args, kwargs, |all, count, names| vectorcall(slf, all.as_ptr(), count, names))
    }

    #[slot(tp_descr_get)]
    fn get(slf: Borrowed<'_, Self>, object: Option<Borrowed<'_>>, owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(object) = object else { return Ok(slf.object().to_ref()) };
        slf.check(object)?;
        let definition = slf.method.get();
        let class = (slf.definition().ml_flags.get() & abi::mlflags::METHOD != 0).then(|| slf.owner());
        if class.is_some()
            && let Some(owner) = owner
            && owner.downcast::<TypeObject>().is_none()
        {
            return Err(raise!(
                TypeError,
                "descriptor '{}' needs a type, not '{}', as arg 2",
                slf.name_text(),
                owner.class().tp_name()
            ));
        }
        cfunction::new_method(definition, Some(object), None, class)
    }
}

/// A class method of a native type.
#[pyclass(
    name = "classmethod_descriptor",
    cell = ::object::core::CLASSMETHOD_DESCR,
    gc = manual,
    parts(COMMON, MAIN)
)]
pub struct ClassMethodDescriptor {
    head: PyDescrObject,
    method: Cell<*mut PyMethodDef>,
    vectorcall: Cell<Option<VectorcallFn>>,
}
method_descriptor!(ClassMethodDescriptor, "method");

/// The descriptor of a class method of `class`.
pub fn new_classmethod(class: &TypeObject, definition: *mut PyMethodDef, name: Ref) -> PyResult<Ref> {
    let descriptor =
        ClassMethodDescriptor { head: head_of(class, name), method: Cell::new(definition), vectorcall: Cell::new(None) };
    memory::new_instance(ClassMethodDescriptor::type_object(), descriptor).map(Ref::upcast)
}

impl ClassMethodDescriptor {
    fn bind(&self, class: Borrowed<'_>) -> PyResult<Ref> {
        let Some(class) = class.downcast::<TypeObject>() else {
            return Err(raise!(
                TypeError,
                "descriptor '{}' for type '{}' needs a type, not a '{}' as arg 2",
                self.name_text(),
                self.owner().tp_name(),
                class.class().tp_name()
            ));
        };
        if !class.is_subtype(self.owner()) {
            return Err(raise!(
                TypeError,
                "descriptor '{}' requires a subtype of '{}' but received '{}'",
                self.name_text(),
                self.owner().tp_name(),
                class.tp_name()
            ));
        }
        let defining = (self.definition().ml_flags.get() & abi::mlflags::METHOD != 0).then(|| self.owner());
        cfunction::new_method(self.method.get(), Some(class.object()), None, defining)
    }
}

#[pymethods]
impl ClassMethodDescriptor {
    #[slot(tp_call)]
    fn call(&self, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let items = tuple::items(args).unwrap_or_default();
        let Some((class, rest)) = items.split_first() else {
            return Err(raise!(
                TypeError,
                "descriptor '{}' of '{}' object needs an argument",
                self.name_text(),
                self.owner().tp_name()
            ));
        };
        let bound = self.bind(*class)?;
        let rest = tuple::from_slice(rest)?;
        bound.call_tuple(rest.b(), kwargs)
    }

    #[slot(tp_descr_get)]
    fn get(&self, object: Option<Borrowed<'_>>, owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match (owner, object) {
            (Some(owner), _) => self.bind(owner),
            (None, Some(object)) => self.bind(object.class().borrowed()),
            (None, None) => Err(raise!(
                TypeError,
                "descriptor '{}' for type '{}' needs either an object or a type",
                self.name_text(),
                self.owner().tp_name()
            )),
        }
    }
}
