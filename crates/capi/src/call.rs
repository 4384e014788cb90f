//! `cpython/abstract.h`, first part: calls.

use crate::form::{FromC, capi};
use crate::object_::PyIdentifier;
use crate::support::{attribute, items, vector};
use crate::variadic::{Va, VaList, variadic};
use abi::{PyObject, c_void};
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, TypeObject, raise};
use smallvec::SmallVec;
use std::ffi::CStr;

const COUNT: usize = !abi::VECTORCALL_ARGUMENTS_OFFSET;

/// The positional arguments of a vectorcall with the values of the keywords behind them.
///
/// # Safety
/// As C documents vectorcalls.
unsafe fn all<'a>(args: *const Borrowed<'a>, nargsf: usize, names: Option<Borrowed<'a>>) -> &'a [Borrowed<'a>] {
    let count = (nargsf & COUNT) + items(names).len();
    // SAFETY: by contract.
    unsafe { vector(args, count) }
}

fn call_with_dict(callable: Borrowed<'_>, args: &[Borrowed<'_>], kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let tuple = tuple::from_slice(args)?;
    callable.call_tuple(tuple.b(), kwargs)
}

/// The arguments that a `Py_BuildValue` format describes: its tuple, or its one value.
fn built(format: Option<&CStr>, va: &mut VaList) -> PyResult<Ref> {
    let Some(format) = format.filter(|format| !format.is_empty()) else { return Ok(tuple::empty()) };
    let value = crate::modsupport::build(format, va)?;
    if value.class().is_subtype(&object::core::TUPLE) { Ok(value) } else { tuple::from_array([value]) }
}

/// What is to be called for `object.name(…)`: a function that takes the object first (true), or the attribute as it is.
fn method_of(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<(Ref, bool)> {
    let class = object.class();
    let usual = object::core::OBJECT.tp_getattro();
    let is_usual = matches!((usual, class.tp_getattro()), (Some(usual), Some(own)) if std::ptr::fn_addr_eq(usual, own));
    if is_usual
        && object::value::str::check(name)
        && let Some(found) = builtins::type_::lookup::lookup(class, name)
        && found.class().has(abi::tpflags::METHOD_DESCRIPTOR)
    {
        // What the instance has itself comes before a method.
        return match builtins::dict::instance::get_attr(object, name)? {
            Some(own) => Ok((own, false)),
            None => Ok((found, true)),
        };
    }
    object.getattr(name).map(|value| (value, false))
}

fn call_method(object: Borrowed<'_>, name: &CStr, format: Option<&CStr>, va: &mut VaList) -> PyResult<Ref> {
    let method = object.getattr(attribute(name)?.b())?;
    if !method.is_callable() {
        return Err(raise!(TypeError, "attribute of type '{}' is not callable", method.class().tp_name()));
    }
    let args = built(format, va)?;
    method.call_tuple(args.b(), None)
}

capi! {
    fn PyObject_Call(callable: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        callable.call_tuple(args, kwargs)
    }

    fn PyObject_CallObject(callable: Borrowed<'_>, args: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(args) = args else { return callable.call0() };
        if !args.class().is_subtype(&object::core::TUPLE) {
            return Err(raise!(TypeError, "argument list must be a tuple"));
        }
        callable.call_tuple(args, None)
    }

    fn PyEval_CallObjectWithKeywords(callable: Borrowed<'_>, args: Option<Borrowed<'_>>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if args.is_some_and(|args| !args.class().is_subtype(&object::core::TUPLE)) {
            return Err(raise!(TypeError, "argument list must be a tuple"));
        }
        if kwargs.is_some_and(|kwargs| !kwargs.class().is_subtype(&object::core::DICT)) {
            return Err(raise!(TypeError, "keyword list must be a dictionary"));
        }
        match args {
            Some(args) => callable.call_tuple(args, kwargs),
            None => callable.call_tuple(tuple::empty().b(), kwargs),
        }
    }

    fn PyCFunction_Call(callable: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        callable.call_tuple(args, kwargs)
    }

    fn PyObject_CallNoArgs(callable: Borrowed<'_>) -> PyResult<Ref> {
        callable.call0()
    }

    fn PyObject_CallOneArg(callable: Borrowed<'_>, arg: Borrowed<'_>) -> PyResult<Ref> {
        callable.call1(arg)
    }

    fn PyObject_Vectorcall(callable: Borrowed<'_>, args: *const Borrowed<'static>, nargsf: usize, names: Option<Borrowed<'_>>) -> PyResult<Ref> {
        // SAFETY: C passes a vector as documented.
        let args: &[Borrowed<'_>] = unsafe { all(args, nargsf, names.map(|names| names.extend())) };
        callable.vectorcall(args, nargsf & COUNT, names)
    }

    fn PyObject_VectorcallDict(callable: Borrowed<'_>, args: *const Borrowed<'static>, nargsf: usize, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        // SAFETY: C passes that many arguments.
        call_with_dict(callable, unsafe { vector(args, nargsf & COUNT) }, kwargs)
    }

    fn PyObject_VectorcallMethod(name: Borrowed<'_>, args: *const Borrowed<'static>, nargsf: usize, names: Option<Borrowed<'_>>) -> PyResult<Ref> {
        // SAFETY: C passes a vector as documented.
        let args: &[Borrowed<'_>] = unsafe { all(args, nargsf, names.map(|names| names.extend())) };
        let Some((object, rest)) = args.split_first() else { return Err(object::error::bad_internal_call()) };
        match method_of(*object, name)? {
            (function, true) => function.vectorcall(args, nargsf & COUNT, names),
            (method, false) => method.vectorcall(rest, (nargsf & COUNT) - 1, names),
        }
    }

    fn PyVectorcall_Call(callable: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(function) = callable.vectorcall_function() else {
            return Err(raise!(TypeError, "'{}' object does not support vectorcall", callable.class().tp_name()));
        };
        object::args::with_call_args(args, kwargs, |all, count, names| {
            callable.check_result(function(callable, all.as_ptr(), count, names))
        })
    }

    fn PyVectorcall_Function(callable: Borrowed<'_>) -> *const c_void {
        callable.vectorcall_function().map_or(std::ptr::null(), |function| function as *const c_void)
    }

    fn PyVectorcall_NARGS(nargsf: usize) -> isize {
        (nargsf & COUNT).cast_signed()
    }

    fn _Py_CheckFunctionResult(_thread: *mut c_void, callable: Option<Borrowed<'_>>, result: *mut PyObject, place: Option<&CStr>) -> PyResult<Option<Ref>> {
        // SAFETY: C passes a new reference or NULL.
        let result = unsafe { Ref::from_owned_or_null(result) };
        let place = place.map_or_else(String::new, crate::support::lossy);
        match (result, object::error::check()) {
            (Some(result), Ok(())) => Ok(Some(result)),
            (None, Err(raised)) => Err(raised),
            (None, Ok(())) => Err(match callable {
                Some(callable) => raise!(SystemError, "{} returned NULL without setting an exception", callable.get().repr_text()?),
                None => raise!(SystemError, "{place} returned NULL without setting an exception"),
            }),
            (Some(_), Err(raised)) => Err(builtins::moduledef::system_error_from(raised, &match callable {
                Some(callable) => format!("{} returned a result with an exception set", callable.get().repr_text().unwrap_or_default()),
                None => format!("{place} returned a result with an exception set"),
            })),
        }
    }

    fn PyObject_CallFunction_va(callable: Borrowed<'_>, format: Option<&CStr>, va: Va<'_>) -> PyResult<Ref> {
        let args = built(format, va.0)?;
        callable.call_tuple(args.b(), None)
    }

    fn PyObject_CallMethod_va(object: Borrowed<'_>, name: &CStr, format: Option<&CStr>, va: Va<'_>) -> PyResult<Ref> {
        call_method(object, name, format, va.0)
    }

    fn _PyObject_CallMethodId_va(object: Borrowed<'_>, id: *const PyIdentifier, format: Option<&CStr>, va: Va<'_>) -> PyResult<Ref> {
        // SAFETY: C passes its static identifier.
        let name = unsafe { <&CStr>::from_c((*id).name()) }?;
        call_method(object, name, format, va.0)
    }

    fn PyObject_CallFunctionObjArgs_va(callable: Borrowed<'_>, va: Va<'_>) -> PyResult<Ref> {
        callable.call(&va.0.objects())
    }

    fn PyObject_CallMethodObjArgs_va(object: Borrowed<'_>, name: Borrowed<'_>, va: Va<'_>) -> PyResult<Ref> {
        let (method, wants_self) = method_of(object, name)?;
        let mut args = va.0.objects();
        if wants_self {
            args.insert(0, object);
        }
        method.call(&args)
    }

    fn PyTuple_Pack_va(count: isize, va: Va<'_>) -> PyResult<Ref> {
        if count < 0 {
            return Err(object::error::bad_internal_call());
        }
        let mut items = SmallVec::<[Borrowed<'_>; 8]>::new();
        items.try_reserve(count.unsigned_abs()).map_err(|_| object::error::no_memory())?;
        for _ in 0..count {
            let Some(item) = va.0.object() else { return Err(crate::form::null_argument()) };
            items.push(item);
        }
        tuple::from_slice(&items)
    }

    // Calls through the protocol ask the new function; the interpreter's own calls of Python functions push a frame all the same.
    fn PyFunction_SetVectorcall(function: Borrowed<'_>, vectorcall: *const c_void) -> () {
        if function.class().is_type(&object::core::FUNCTION) {
            // SAFETY: the object is a function, which begins as CPython's; the field has the layout of C's pointer.
            unsafe {
                let field = &raw const (*function.ptr().cast::<abi::PyFunctionObject>()).vectorcall;
                field.cast_mut().cast::<*const c_void>().write(vectorcall);
            }
        }
    }

    fn Py_GenericAlias(origin: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
        builtins::genericalias::new(origin, args)
    }

    fn PyType_GenericNew(class: Borrowed<'_, TypeObject>, _args: Option<Borrowed<'_>>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match class.tp_alloc() {
            Some(alloc) => alloc(class, 0),
            None => object::memory::generic_alloc(class, 0),
        }
    }

    fn PyType_GenericAlloc(class: Borrowed<'_, TypeObject>, items: isize) -> PyResult<Ref> {
        object::memory::generic_alloc(class, items)
    }
}

variadic! {
    PyObject_CallFunction(2) => PyObject_CallFunction_va;
    PyEval_CallFunction(2) => PyObject_CallFunction_va;
    _PyObject_CallFunction_SizeT(2) => PyObject_CallFunction_va;
    PyObject_CallMethod(3) => PyObject_CallMethod_va;
    PyEval_CallMethod(3) => PyObject_CallMethod_va;
    _PyObject_CallMethod_SizeT(3) => PyObject_CallMethod_va;
    _PyObject_CallMethodId(3) => _PyObject_CallMethodId_va;
    PyObject_CallFunctionObjArgs(1) => PyObject_CallFunctionObjArgs_va;
    PyObject_CallMethodObjArgs(2) => PyObject_CallMethodObjArgs_va;
    PyTuple_Pack(1) => PyTuple_Pack_va;
}

impl PyIdentifier {
    /// The text.
    pub fn name(&self) -> *const abi::c_char {
        self.string
    }
}
