//! Bound methods, and the wrappers that decide how functions are bound: `method`, `staticmethod`, `classmethod`, `instancemethod`.

use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::slots::VectorcallFn;
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, core, id, memory, raise};

/// Create a bound instance method object.
#[pyclass(
    name = "method",
    cell = ::object::core::METHOD,
    sig = "(function, instance, /)",
    vectorcall = vectorcall,
    weaklist = weakrefs,
    gc
)]
pub struct Method {
    head: PyObject,
    function: OptRef,
    object: OptRef,
    #[trace(skip)]
    weakrefs: Cell<*mut PyObject>,
    vectorcall: Cell<Option<VectorcallFn>>,
}

/// `function` bound to `object`.
pub fn new(function: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<Ref> {
    let made = memory::alloc_gc(&core::METHOD, size_of::<Method>())?;
    // SAFETY: fresh memory of a method, all of whose fields are written before the collector hears of it.
    unsafe {
        let method = made.as_ptr().cast::<Method>();
        (&raw mut (*method).function).write(OptRef::new(Some(function.to_ref())));
        (&raw mut (*method).object).write(OptRef::new(Some(object.to_ref())));
        (&raw mut (*method).weakrefs).write(Cell::new(std::ptr::null_mut()));
        (&raw mut (*method).vectorcall).write(Cell::new(Some(vectorcall)));
        object::gc::track(made.as_ptr());
        Ok(Ref::from_owned_ptr(made))
    }
}

/// The function and the object of a bound method.
pub fn parts(method: Borrowed<'_>) -> Option<(Ref, Ref)> {
    let method = method.downcast_exact::<Method>()?;
    Some((method.function.get()?, method.object.get()?))
}

extern "C-unwind" fn vectorcall(
    callable: Borrowed<'_>,
    args: *const Borrowed<'_>,
    nargsf: usize,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let method = callable.self_as::<Method>();
    // SAFETY: the caller of a vectorcall passes that many arguments, and lets the callee use the word before them where it says so. The method keeps
    // function and object alive: they are never replaced.
    unsafe {
        let (Some(function), Some(object)) = (method.function.peek(), method.object.peek()) else {
            return Err(raise!(SystemError, "a bound method that was cleared"));
        };
        let (all, count) = crate::cfunction::vector(args, nargsf, kwnames);
        if nargsf & abi::VECTORCALL_ARGUMENTS_OFFSET != 0 {
            let start = args.cast_mut().sub(1);
            let saved = start.cast::<*mut PyObject>().read();
            start.write(std::mem::transmute::<Borrowed<'_>, Borrowed<'_>>(object));
            let result = function.vectorcall(std::slice::from_raw_parts(start, all.len() + 1), count + 1, kwnames);
            start.cast::<*mut PyObject>().write(saved);
            return result;
        }
        let mut small = [object; 8];
        if let Some(room) = small.get_mut(1..=all.len()) {
            room.copy_from_slice(all);
            return function.vectorcall(small.get(..=all.len()).unwrap_or_default(), count + 1, kwnames);
        }
        let mut long = memory::vec_with_capacity(all.len() + 1)?;
        long.push(object);
        long.extend_from_slice(all);
        function.vectorcall(&long, count + 1, kwnames)
    }
}

impl Method {
    fn function(&self) -> PyResult<Ref> {
        self.function.get().ok_or_else(|| raise!(SystemError, "a bound method that was cleared"))
    }
}

#[pymethods]
impl Method {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the count is 0; one that was never referred to weakly dies the short way.
        unsafe {
            if slf.weakrefs.get().is_null() {
                memory::dealloc_exact::<Method>(slf.ptr(), &core::METHOD);
            } else {
                memory::dealloc_fields::<Method>(slf.ptr());
            }
        }
    }

    #[slot(tp_new, "(function, instance, /)")]
    fn make(_class: Borrowed<'_, object::TypeObject>, function: Borrowed<'_>, instance: Borrowed<'_>) -> PyResult<Ref> {
        if !function.is_callable() {
            return Err(raise!(TypeError, "first argument must be callable"));
        }
        if instance.is(&core::none()) {
            return Err(raise!(TypeError, "instance must not be None"));
        }
        new(function, instance)
    }

    #[slot(tp_call)]
    fn call(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        object::args::with_call_args(args, kwargs, |all, count, names| vectorcall(slf, all.as_ptr(), count, names))
    }

    #[slot(tp_descr_get)]
    fn get(slf: Borrowed<'_>, _object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_getattro)]
    fn getattr(slf: Borrowed<'_, Self>, name: Borrowed<'_>) -> PyResult<Ref> {
        let class = slf.object().get().class();
        if let Some(found) = crate::type_::lookup(class, name) {
            return match found.class().tp_descr_get() {
                Some(get) => get(found.b(), Some(slf.object()), Some(class.borrowed())),
                None => Ok(found),
            };
        }
        slf.function()?.getattr(name)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let function = self.function()?;
        let object = self.object.get().unwrap_or_else(core::none_ref);
        let mut name = function.getattr_opt(id!("__qualname__"))?;
        if name.is_none() {
            name = function.getattr_opt(id!("__name__"))?;
        }
        let name =
            name.filter(|name| text::check(name.b())).map_or_else(|| "?".to_owned(), |name| text::to_string_lossy(name.b()));
        text::new(&format!("<bound method {name} of {}>", object.repr_text()?))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        Ok(crate::object_::pointer_hash(self.object.as_ptr().addr()) ^ self.function()?.hash()?)
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast_exact::<Method>() else { return Ok(core::not_implemented().to_ref()) };
        let wanted = match op {
            CompareOp::Eq => true,
            CompareOp::Ne => false,
            _ => return Ok(core::not_implemented().to_ref()),
        };
        let same = self.function()?.eq(other.function()?.b())? && self.object.as_ptr() == other.object.as_ptr();
        Ok(core::boolean(same == wanted).to_ref())
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(&self) -> PyResult<Ref> {
        let name = self.function()?.getattr(id!("__name__"))?;
        let object = self.object.get().unwrap_or_else(core::none_ref);
        let getattr = crate::object_::reduce::builtin(id!("getattr"))?;
        tuple::from_array([getattr, tuple::from_array([object, name])?])
    }

    /// the function (or other callable) implementing a method
    #[getter(name = "__func__")]
    fn get_func(&self) -> PyResult<Ref> {
        self.function()
    }

    /// the instance to which a method is bound
    #[getter(name = "__self__")]
    fn get_self(&self) -> Ref {
        self.object.get().unwrap_or_else(core::none_ref)
    }

    #[getter(name = "__doc__")]
    fn get_doc(&self) -> PyResult<Ref> {
        Ok(self.function()?.getattr_opt(id!("__doc__"))?.unwrap_or_else(core::none_ref))
    }
}

/// What `functools.update_wrapper` copies, from a function to its wrapper: attributes that it has.
fn copy_attributes(wrapper: Borrowed<'_>, wrapped: Borrowed<'_>) -> PyResult<()> {
    for name in [id!("__module__"), id!("__name__"), id!("__qualname__"), id!("__doc__")] {
        if let Some(value) = wrapped.getattr_opt(name)? {
            crate::object_::getattr::set(wrapper, name, Some(value.b()))?;
        }
    }
    Ok(())
}

macro_rules! wrapper_type {
    ($ty:ident, $make:ident, $name:literal, $export:literal, $doc:literal, $(#[$meta:meta])*) => {
        #[doc = $doc]
        #[pyclass(name = $name, export = $export, sig = "(function, /)", flags(BASETYPE), dict = dict, gc, parts(MAIN, COMMON))]
        pub struct $ty {
            head: PyObject,
            #[member(name = "__func__", readonly)]
            #[member(name = "__wrapped__", readonly)]
            callable: OptRef,
            dict: OptRef,
        }

        impl $ty {
            #[doc = concat!("A `", $name, "` of `callable` that has nothing of its attributes.")]
            pub fn bare(callable: Borrowed<'_>) -> PyResult<Ref<$ty>> {
                memory::new_instance(
                    $ty::type_object(),
                    $ty {
                        head: <PyObject as abi::CStruct>::ZERO,
                        callable: OptRef::new(Some(callable.to_ref())),
                        dict: OptRef::none(),
                    },
                )
            }
        }

        #[doc = concat!("A `", $name, "` of `callable`, with its name and docstring.")]
        pub fn $make(callable: Borrowed<'_>) -> PyResult<Ref> {
            let made = $ty::bare(callable)?;
            copy_attributes(made.b(), callable)?;
            Ok(made.upcast())
        }

        #[pymethods(part = COMMON)]
        impl $ty {
            #[slot(tp_new)]
            fn make(
                class: Borrowed<'_, object::TypeObject>,
                _args: Borrowed<'_>,
                _kwargs: Option<Borrowed<'_>>,
            ) -> PyResult<Ref> {
                memory::generic_alloc(class, 0)
            }

            #[slot(tp_init)]
            fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
                if let Some(kwargs) = kwargs
                    && kwargs.len()? != 0
                {
                    return Err(raise!(TypeError, concat!($name, "() takes no keyword arguments")));
                }
                let items = tuple::items(args).unwrap_or_default();
                object::args::check_positional($name, items.len(), 1, 1)?;
                let Some(callable) = items.first() else { return Ok(()) };
                slf.callable.set(Some(callable.to_ref()));
                copy_attributes(slf.object(), *callable)
            }

            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Ref> {
                let callable = self.callable.get().unwrap_or_else(core::none_ref);
                text::new(&format!(concat!("<", $name, "({})>"), callable.repr_text()?))
            }

            #[getter(name = "__isabstractmethod__")]
            fn is_abstract(&self) -> PyResult<bool> {
                match self.callable.get() {
                    Some(callable) => crate::object_::is_abstract(callable.b()),
                    None => Ok(false),
                }
            }

            #[getter(name = "__dict__")]
            fn get_dict(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
                Ok(crate::type_::storage::dict(slf.object())?.unwrap_or_else(core::none_ref))
            }

            #[setter(name = "__dict__")]
            fn set_dict(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
                crate::object_::set_dict(slf.object(), value)
            }

            #[getter(name = "__annotations__")]
            fn get_annotations(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
                forwarded(slf.object(), slf.callable.get(), id!("__annotations__"))
            }

            #[setter(name = "__annotations__")]
            fn set_annotations(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
                set_forwarded(slf.object(), id!("__annotations__"), value)
            }

            #[getter(name = "__annotate__")]
            fn get_annotate(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
                forwarded(slf.object(), slf.callable.get(), id!("__annotate__"))
            }

            #[setter(name = "__annotate__")]
            fn set_annotate(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
                set_forwarded(slf.object(), id!("__annotate__"), value)
            }
        }
    };
}

/// An attribute in the wrapper's dict, else the callable's, which is remembered there.
fn forwarded(wrapper: Borrowed<'_>, callable: Option<Ref>, name: Borrowed<'_>) -> PyResult<Ref> {
    if let Some(found) = crate::type_::storage::get(wrapper, name)? {
        return Ok(found);
    }
    let value = callable.unwrap_or_else(core::none_ref).getattr(name)?;
    crate::type_::storage::set(wrapper, name, Some(value.b()))?;
    Ok(value)
}

fn set_forwarded(wrapper: Borrowed<'_>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    match crate::type_::storage::set(wrapper, name, value)? {
        crate::type_::storage::Changed::Done => Ok(()),
        _ => Err(raise!(AttributeError, "{}", text::to_string_lossy(name))),
    }
}

wrapper_type! {
    StaticMethod, new_staticmethod, "staticmethod", "PyStaticMethod_Type",
    "Convert a function to be a static method.\n\nA static method does not receive an implicit first argument.\nTo declare a static method, use this idiom:\n\n     class C:\n         @staticmethod\n         def f(arg1, arg2, argN):\n             ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()). Both the class and the instance are ignored, and\nneither is passed implicitly as the first argument to the method.\n\nStatic methods in Python are similar to those found in Java or C++.\nFor a more advanced concept, see the classmethod builtin.",
}

wrapper_type! {
    ClassMethod, new_classmethod, "classmethod", "PyClassMethod_Type",
    "Convert a function to be a class method.\n\nA class method receives the class as implicit first argument,\njust like an instance method receives the instance.\nTo declare a class method, use this idiom:\n\n  class C:\n      @classmethod\n      def f(cls, arg1, arg2, argN):\n          ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()).  The instance is ignored except for its class.\nIf a class method is called for a derived class, the derived class\nobject is passed as the implied first argument.\n\nClass methods are different than C++ or Java static methods.\nIf you want those, see the staticmethod builtin.",
}

fn uninitialised(what: &str) -> object::Raised {
    raise!(RuntimeError, "uninitialized {what} object")
}

#[pymethods]
impl StaticMethod {
    #[slot(tp_descr_get)]
    fn get(&self, _object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        self.callable.get().ok_or_else(|| uninitialised("staticmethod"))
    }

    #[slot(tp_call)]
    fn call(&self, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        self.callable.get().ok_or_else(|| uninitialised("staticmethod"))?.call_tuple(args, kwargs)
    }
}

#[pymethods]
impl ClassMethod {
    #[slot(tp_descr_get)]
    fn get(&self, object: Option<Borrowed<'_>>, owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let callable = self.callable.get().ok_or_else(|| uninitialised("classmethod"))?;
        match (owner, object) {
            (Some(owner), _) => new(callable.b(), owner),
            (None, Some(object)) => new(callable.b(), object.class().borrowed()),
            (None, None) => Err(raise!(TypeError, "__get__(None, None) is invalid")),
        }
    }
}

/// What an exact `staticmethod` wraps, or null; any other object itself. Both are borrowed.
///
/// # Safety
/// The object is alive.
#[inline(always)]
pub unsafe fn unwrapped(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: by contract; the type is looked at first.
    unsafe {
        if std::ptr::eq((*object).ob_type.get(), StaticMethod::type_object().as_type_ptr()) {
            (*object.cast::<StaticMethod>()).callable.as_ptr()
        } else {
            object
        }
    }
}

/// What an exact `staticmethod` wraps; none for any other object.
#[inline]
pub fn static_callable(object: Borrowed<'_>) -> Option<Ref> {
    object.downcast_exact::<StaticMethod>()?.callable.get()
}

/// What a `staticmethod` or `classmethod` wraps.
pub fn wrapped_callable(object: Borrowed<'_>) -> Option<Ref> {
    match object.downcast::<StaticMethod>() {
        Some(wrapper) => wrapper.callable.get(),
        None => object.downcast::<ClassMethod>()?.callable.get(),
    }
}

/// instancemethod(function)
///
/// Bind a function to a class.
#[pyclass(name = "instancemethod", export = "PyInstanceMethod_Type", gc)]
pub struct InstanceMethod {
    head: PyObject,
    #[member(name = "__func__", readonly)]
    function: OptRef,
}

impl InstanceMethod {
    /// One of any object: whether that can be called is not looked at.
    pub fn bare(function: Borrowed<'_>) -> PyResult<Ref<InstanceMethod>> {
        let function = OptRef::new(Some(function.to_ref()));
        memory::new_instance(InstanceMethod::type_object(), InstanceMethod { head: <PyObject as abi::CStruct>::ZERO, function })
    }
}

#[pymethods]
impl InstanceMethod {
    #[slot(tp_new, "(function, /)")]
    fn make(_class: Borrowed<'_, object::TypeObject>, function: Borrowed<'_>) -> PyResult<Ref> {
        if !function.is_callable() {
            return Err(raise!(TypeError, "first argument must be callable"));
        }
        let head = <PyObject as abi::CStruct>::ZERO;
        memory::new_instance(
            InstanceMethod::type_object(),
            InstanceMethod { head, function: OptRef::new(Some(function.to_ref())) },
        )
        .map(Ref::upcast)
    }

    #[slot(tp_descr_get)]
    fn get(&self, object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let function = self.function.get().unwrap_or_else(core::none_ref);
        match object {
            Some(object) => new(function.b(), object),
            None => Ok(function),
        }
    }

    #[slot(tp_call)]
    fn call(&self, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        self.function.get().unwrap_or_else(core::none_ref).call_tuple(args, kwargs)
    }

    #[slot(tp_getattro)]
    fn getattr(slf: Borrowed<'_, Self>, name: Borrowed<'_>) -> PyResult<Ref> {
        let class = slf.object().get().class();
        if let Some(found) = crate::type_::lookup(class, name) {
            return match found.class().tp_descr_get() {
                Some(get) => get(found.b(), Some(slf.object()), Some(class.borrowed())),
                None => Ok(found),
            };
        }
        slf.function.get().unwrap_or_else(core::none_ref).getattr(name)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let function = slf.function.get().unwrap_or_else(core::none_ref);
        let name = function.getattr_opt(id!("__name__"))?.filter(|name| text::check(name.b()));
        let name = name.map_or_else(|| "?".to_owned(), |name| text::to_string_lossy(name.b()));
        text::new(&format!("<instancemethod {name} at {:p}>", slf.object().ptr()))
    }
}
