//! `builtin_function_or_method`: native functions, with or without an object that they belong to (`methodobject.c`).

pub mod invoke;

use crate::descr::{c_text, doc_object, signature_object};
use abi::{Cell, PyMethodDef, PyObject, mlflags};
use macros::{pyclass, pymethods};
use object::slots::VectorcallFn;
use object::value::str as text;
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, TypeObject, core, id, memory};

/// A native function.
#[pyclass(
    name = "builtin_function_or_method",
    cell = ::object::core::CFUNCTION,
    vectorcall = vectorcall,
    weaklist = weakrefs,
    gc
)]
pub struct CFunction {
    head: PyObject,
    definition: Cell<*mut PyMethodDef>,
    object: OptRef,
    module: OptRef,
    #[trace(skip)]
    weakrefs: Cell<*mut PyObject>,
    vectorcall: Cell<Option<VectorcallFn>>,
}

/// A native method that is told the class that defines it (`METH_METHOD`).
#[pyclass(name = "builtin_method", cell = ::object::core::CMETHOD, base = CFunction, gc, parts())]
pub struct CMethod {
    #[trace]
    function: CFunction,
    class: OptRef<TypeObject>,
}

#[inline(always)]
fn build(definition: *mut PyMethodDef, object: Option<Borrowed<'_>>, module: Option<Borrowed<'_>>) -> CFunction {
    // SAFETY: the caller's entry.
    let flags = unsafe { (*definition).ml_flags.get() };
    CFunction {
        head: <PyObject as abi::CStruct>::ZERO,
        definition: Cell::new(definition),
        object: OptRef::new(object.map(Borrowed::to_ref)),
        module: OptRef::new(module.map(Borrowed::to_ref)),
        weakrefs: Cell::new(std::ptr::null_mut()),
        vectorcall: Cell::new((!invoke::is_tuple_call(flags)).then_some(vectorcall as VectorcallFn)),
    }
}

/// The function of a method table's entry, with the object that it gets as its first argument and the name of its module.
///
/// The entry outlives the function: it stands in a static table or in one that `object` or the type keeps alive.
pub fn new(definition: *mut PyMethodDef, object: Option<Borrowed<'_>>, module: Option<Borrowed<'_>>) -> PyResult<Ref> {
    // SAFETY: the caller's entry.
    unsafe {
        invoke::check_flags(&*definition)?;
        new_unchecked(definition, object, module)
    }
}

/// As [`new`], for an entry whose flags were checked.
///
/// # Safety
/// They name a convention.
#[inline]
pub unsafe fn new_unchecked(
    definition: *mut PyMethodDef,
    object: Option<Borrowed<'_>>,
    module: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let room = memory::alloc_gc(&core::CFUNCTION, size_of::<CFunction>())?;
    let function = build(definition, object, module);
    // SAFETY: the instance has room for the struct; its header stays. It is complete when the collector hears of it.
    unsafe {
        function.head.ob_refcnt_full.set((*room.as_ptr()).ob_refcnt_full.get());
        function.head.ob_type.set((*room.as_ptr()).ob_type.get());
        room.cast::<CFunction>().write(function);
        object::gc::track(room.as_ptr());
        Ok(Ref::from_owned_ptr(room))
    }
}

/// As [`new`], with the class that defines the method where its flags ask for it.
pub fn new_method(
    definition: *mut PyMethodDef,
    object: Option<Borrowed<'_>>,
    module: Option<Borrowed<'_>>,
    class: Option<&TypeObject>,
) -> PyResult<Ref> {
    match class {
        None => new(definition, object, module),
        Some(class) => {
            // SAFETY: the caller's entry.
            invoke::check_flags(unsafe { &*definition })?;
            let method = CMethod { function: build(definition, object, module), class: OptRef::new(Some(class.to_type_ref())) };
            memory::new_instance(CMethod::type_object(), method).map(Ref::upcast)
        }
    }
}

fn of<'a>(object: Borrowed<'a>) -> Option<Borrowed<'a, CFunction>> {
    object.downcast::<CFunction>()
}

/// The table entry of a native function.
pub fn method_of(object: Borrowed<'_>) -> Option<*mut PyMethodDef> {
    of(object).map(|function| function.definition.get())
}

/// The table entry of a native function and the object that it belongs to, or null.
///
/// # Safety
/// The object is a native function.
#[inline(always)]
pub unsafe fn parts_unchecked(function: *mut PyObject) -> (*mut PyMethodDef, *mut PyObject) {
    // SAFETY: by contract.
    let function = unsafe { &*function.cast::<CFunction>() };
    (function.definition.get(), function.object.as_ptr())
}

/// The object that a native function belongs to.
pub fn self_of(object: Borrowed<'_>) -> Option<Ref> {
    of(object)?.object.get()
}

/// The arguments of a vectorcall, keyword values included, and the number of positional ones.
///
/// # Safety
/// `args`, `nargsf` and `kwnames` are those of a vectorcall.
#[inline(always)]
pub unsafe fn vector<'a>(args: *const Borrowed<'a>, nargsf: usize, kwnames: Option<Borrowed<'a>>) -> (&'a [Borrowed<'a>], usize) {
    let count = nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET;
    let all = count + kwnames.and_then(object::value::tuple::items).map_or(0, <[_]>::len);
    if all == 0 {
        return (&[], 0);
    }
    // SAFETY: by contract.
    (unsafe { std::slice::from_raw_parts(args, all) }, count)
}

extern "C-unwind" fn vectorcall(
    callable: Borrowed<'_>,
    args: *const Borrowed<'_>,
    nargsf: usize,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let function = callable.self_as::<CFunction>();
    // SAFETY: the caller of a vectorcall passes that many arguments; the definition's flags tell the signature of its function; the object
    // is owned by the function, which the caller keeps alive.
    unsafe {
        let (all, count) = vector(args, nargsf, kwnames);
        let definition = function.definition();
        let class = class_of(callable, definition);
        invoke::call(definition, callable, function.object.peek(), class, all, count, kwnames)
    }
}

/// The defining class that a `METH_METHOD` function is told.
fn class_of<'a>(callable: Borrowed<'a>, definition: &PyMethodDef) -> Option<&'a TypeObject> {
    if definition.ml_flags.get() & mlflags::METHOD == 0 {
        return None;
    }
    let method = callable.downcast::<CMethod>()?.get();
    // SAFETY: the function owns its class and never changes it while it lives.
    unsafe { method.class.peek() }.map(Borrowed::get)
}

impl CFunction {
    fn definition(&self) -> &PyMethodDef {
        // SAFETY: the entry outlives the function.
        unsafe { &*self.definition.get() }
    }

    fn name_text(&self) -> &str {
        // SAFETY: the entry's name.
        unsafe { c_text(self.definition().ml_name.get()) }
    }

    fn doc(&self) -> &str {
        // SAFETY: the entry's docstring.
        unsafe { c_text(self.definition().ml_doc.get()) }
    }
}

#[pymethods]
impl CFunction {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the count is 0; one that was never referred to weakly dies the short way.
        unsafe {
            if slf.weakrefs.get().is_null() {
                memory::dealloc_exact::<CFunction>(slf.ptr(), &core::CFUNCTION);
            } else {
                memory::dealloc_fields::<CFunction>(slf.ptr());
            }
        }
    }

    #[slot(tp_call)]
    fn call(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let function = slf.self_as::<CFunction>();
        if !invoke::is_tuple_call(function.definition().ml_flags.get()) {
            return object::args::with_call_args(args, kwargs, |all, count, names| vectorcall(slf, all.as_ptr(), count, names));
        }
        // SAFETY: the flags tell the signature.
        unsafe { invoke::call_tuple(function.definition(), slf, function.object.peek(), args, kwargs) }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        match self.object.get() {
            Some(object) if !object.class().is_subtype(&core::MODULE) => text::new(&format!(
                "<built-in method {} of {} object at {:p}>",
                self.name_text(),
                object.class().tp_name(),
                object.ptr()
            )),
            _ => text::new(&format!("<built-in function {}>", self.name_text())),
        }
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let function = self.definition().ml_meth.get().map_or(0, |function| function as usize);
        Ok(crate::object_::pointer_hash(self.object.as_ptr().addr()) ^ crate::object_::pointer_hash(function))
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> Ref {
        let Some(other) = other.downcast::<CFunction>() else { return core::not_implemented().to_ref() };
        let functions = (self.definition().ml_meth.get(), other.definition().ml_meth.get());
        let same = self.object.as_ptr() == other.object.as_ptr()
            && functions.0.map(|function| function as usize) == functions.1.map(|function| function as usize);
        match op {
            CompareOp::Eq => core::boolean(same).to_ref(),
            CompareOp::Ne => core::boolean(!same).to_ref(),
            _ => core::not_implemented().to_ref(),
        }
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(&self) -> PyResult<Ref> {
        let name = text::new(self.name_text())?;
        match self.object.get() {
            Some(object) if !object.class().is_subtype(&core::MODULE) => {
                let getattr = crate::object_::reduce::builtin(id!("getattr"))?;
                object::value::tuple::from_array([getattr, object::value::tuple::from_array([object, name])?])
            }
            _ => Ok(name),
        }
    }

    #[getter(name = "__doc__")]
    fn get_doc(&self) -> PyResult<Ref> {
        doc_object(self.name_text(), self.doc())
    }

    #[getter(name = "__name__")]
    fn get_name(&self) -> PyResult<Ref> {
        text::new(self.name_text())
    }

    #[getter(name = "__qualname__")]
    fn get_qualname(&self) -> PyResult<Ref> {
        let name = self.name_text();
        let Some(object) = self.object.get().filter(|object| !object.class().is_subtype(&core::MODULE)) else {
            return text::new(name);
        };
        let owner = match object.b().downcast::<TypeObject>() {
            Some(class) => crate::type_::attributes::qualname(&class)?,
            None => object.class().getattr(id!("__qualname__"))?,
        };
        if !text::check(owner.b()) {
            return Err(object::raise!(TypeError, "<method>.__class__.__qualname__ is not a unicode object"));
        }
        text::new(&format!("{}.{name}", text::to_string_lossy(owner.b())))
    }

    #[getter(name = "__self__")]
    fn get_self(&self) -> Ref {
        self.object.get().filter(|_| self.definition().ml_flags.get() & mlflags::STATIC == 0).unwrap_or_else(core::none_ref)
    }

    #[getter(name = "__text_signature__")]
    fn get_text_signature(&self) -> PyResult<Ref> {
        signature_object(self.name_text(), self.doc())
    }

    #[getter(name = "__module__")]
    fn get_module(&self) -> Ref {
        self.module.get().unwrap_or_else(core::none_ref)
    }

    #[setter(name = "__module__")]
    fn set_module(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.module.set(value.map(Borrowed::to_ref));
        Ok(())
    }
}
