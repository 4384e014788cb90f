//! Slot wrappers: `wrapper_descriptor` (`int.__add__`) and `method-wrapper` (`(1).__add__`).

use super::{Common, doc_object, head_of, signature_object};
use crate::type_::operators::SlotDefinition;
use abi::PyDescrObject;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, TypeObject, Visit, core, id, memory, raise, recursion};

/// The method of a native slot.
#[pyclass(name = "wrapper_descriptor", cell = ::object::core::WRAPPER_DESCR, flags(METHOD_DESCRIPTOR), gc = manual)]
pub struct Wrapper {
    head: PyDescrObject,
    definition: &'static SlotDefinition,
    function: *const (),
}

impl Common for Wrapper {
    fn common(&self) -> &PyDescrObject {
        &self.head
    }
}

/// The wrapper of `class`'s slot.
pub fn new(class: &TypeObject, definition: &'static SlotDefinition, function: *const ()) -> PyResult<Ref> {
    let wrapper = Wrapper { head: head_of(class, definition.name.get().to_ref()), definition, function };
    memory::new_instance(Wrapper::type_object(), wrapper).map(Ref::upcast)
}

/// The native function behind a slot wrapper.
pub fn wrapped(object: Borrowed<'_>) -> Option<*const ()> {
    Wrapper::of(object).map(|wrapper| wrapper.function)
}

impl Wrapper {
    /// The slot wrapper that `object` is.
    pub fn of<'a>(object: Borrowed<'a>) -> Option<Borrowed<'a, Wrapper>> {
        object.class().is_type(&core::WRAPPER_DESCR).then(|| object.self_as::<Wrapper>())
    }

    /// The entry of the slot table.
    pub fn definition(&self) -> &'static SlotDefinition {
        self.definition
    }

    /// The slot's function.
    pub fn function(&self) -> *const () {
        self.function
    }

    /// Whether the function may serve instances of `class`.
    pub fn is_for(&self, class: &TypeObject) -> bool {
        class.is_subtype(self.owner())
    }

    fn doc(&self) -> &'static str {
        self.definition.doc.to_str().unwrap_or("")
    }

    fn raw_call(&self, object: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(wrap) = self.definition.wrap else { return Err(raise!(SystemError, "this slot cannot be called")) };
        if let Some(kwargs) = kwargs
            && !wrap.takes_keywords()
            && kwargs.len()? != 0
        {
            return Err(raise!(TypeError, "wrapper {}() takes no keyword arguments", self.name_text()));
        }
        recursion::check(" while calling a Python object")?;
        // SAFETY: the function is that of the definition's slot; the object's type was checked against its owner.
        unsafe { wrap.call(object, args, kwargs, self.function) }
    }
}

/// The call of a slot wrapper or `method-wrapper` with positional arguments, without a tuple of them; none where the callable is neither, the slot wants
/// the tuple, or the arguments are wrong (whose messages are the business of `tp_call`).
#[inline]
pub fn call_direct(callable: Borrowed<'_>, args: &[Borrowed<'_>]) -> Option<PyResult<Ref>> {
    if callable.class().is_type(MethodWrapper::type_object()) {
        let bound = callable.self_as::<MethodWrapper>();
        let (descriptor, object) = bound.parts().ok()?;
        return direct(&descriptor, object.b(), args);
    }
    if callable.class().is_type(&core::WRAPPER_DESCR) {
        let wrapper = callable.self_as::<Wrapper>();
        let (object, rest) = args.split_first()?;
        return if wrapper.is_for(object.class()) { direct(&wrapper, *object, rest) } else { None };
    }
    None
}

fn direct(wrapper: &Wrapper, object: Borrowed<'_>, args: &[Borrowed<'_>]) -> Option<PyResult<Ref>> {
    let wrap = wrapper.definition.wrap.filter(|wrap| !wrap.takes_keywords())?;
    if let Err(raised) = recursion::check(" while calling a Python object") {
        return Some(Err(raised));
    }
    // SAFETY: the function is that of the definition's slot; the object's type was checked against its owner.
    Some(unsafe { wrap.call_items(object, args, wrapper.function) })
}

#[pymethods]
impl Wrapper {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        self.describe("slot wrapper")
    }

    #[slot(tp_call)]
    fn call(&self, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let items = tuple::items(args).unwrap_or_default();
        let Some((object, rest)) = items.split_first() else {
            return Err(raise!(
                TypeError,
                "descriptor '{}' of '{}' object needs an argument",
                self.name_text(),
                self.owner().tp_name()
            ));
        };
        if !object.class().is_subtype(self.owner()) {
            return Err(raise!(
                TypeError,
                "descriptor '{}' requires a '{}' object but received a '{}'",
                self.name_text(),
                self.owner().tp_name(),
                object.class().tp_name()
            ));
        }
        let rest = tuple::from_slice(rest)?;
        self.raw_call(*object, rest.b(), kwargs)
    }

    #[slot(tp_descr_get)]
    fn get(slf: Borrowed<'_, Self>, object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(object) = object else { return Ok(slf.object().to_ref()) };
        slf.check(object)?;
        let bound = MethodWrapper {
            head: <abi::PyObject as abi::CStruct>::ZERO,
            descriptor: OptRef::new(Some(slf.to_ref())),
            object: OptRef::new(Some(object.to_ref())),
        };
        memory::new_instance(MethodWrapper::type_object(), bound).map(Ref::upcast)
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

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce_method(&self) -> PyResult<Ref> {
        self.reduce()
    }
}

/// A slot wrapper with its object.
#[pyclass(name = "method-wrapper", export = "_PyMethodWrapper_Type", gc)]
pub struct MethodWrapper {
    head: abi::PyObject,
    descriptor: OptRef<Wrapper>,
    object: OptRef,
}

impl MethodWrapper {
    fn parts(&self) -> PyResult<(Ref<Wrapper>, Ref)> {
        match (self.descriptor.get(), self.object.get()) {
            (Some(descriptor), Some(object)) => Ok((descriptor, object)),
            _ => Err(raise!(SystemError, "a method-wrapper that was cleared")),
        }
    }
}

#[pymethods]
impl MethodWrapper {
    #[slot(tp_call)]
    fn call(&self, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let (descriptor, object) = self.parts()?;
        descriptor.raw_call(object.b(), args, kwargs)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let (descriptor, object) = self.parts()?;
        text::new(&format!(
            "<method-wrapper '{}' of {} object at {:p}>",
            descriptor.name_text(),
            object.class().tp_name(),
            object.ptr()
        ))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let (descriptor, object) = self.parts()?;
        Ok(crate::object_::pointer_hash(object.ptr().addr()) ^ crate::object_::pointer_hash(descriptor.ptr().addr()))
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast_exact::<MethodWrapper>() else { return Ok(core::not_implemented().to_ref()) };
        let same = self.descriptor.as_ptr() == other.descriptor.as_ptr() && self.object.as_ptr() == other.object.as_ptr();
        match op {
            CompareOp::Eq => Ok(core::boolean(same).to_ref()),
            CompareOp::Ne => Ok(core::boolean(!same).to_ref()),
            _ => Ok(core::not_implemented().to_ref()),
        }
    }

    #[getter(name = "__self__")]
    fn get_self(&self) -> PyResult<Ref> {
        self.parts().map(|(_, object)| object)
    }

    #[getter(name = "__objclass__")]
    fn get_objclass(&self) -> PyResult<Ref> {
        self.parts().map(|(descriptor, _)| descriptor.owner().to_ref())
    }

    #[getter(name = "__name__")]
    fn get_name(&self) -> PyResult<Ref> {
        self.parts().map(|(descriptor, _)| descriptor.name())
    }

    #[getter(name = "__qualname__")]
    fn get_qualname(&self) -> PyResult<Ref> {
        self.parts()?.0.qualname()
    }

    #[getter(name = "__doc__")]
    fn get_doc(&self) -> PyResult<Ref> {
        let (descriptor, _) = self.parts()?;
        doc_object(&descriptor.name_text(), descriptor.doc())
    }

    #[getter(name = "__text_signature__")]
    fn get_text_signature(&self) -> PyResult<Ref> {
        let (descriptor, _) = self.parts()?;
        signature_object(&descriptor.name_text(), descriptor.doc())
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(&self) -> PyResult<Ref> {
        let (descriptor, object) = self.parts()?;
        let getattr = crate::object_::reduce::builtin(id!("getattr"))?;
        tuple::from_array([getattr, tuple::from_array([object, descriptor.name()])?])
    }
}
