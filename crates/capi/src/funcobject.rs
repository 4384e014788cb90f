//! `methodobject.h`, `classobject.h`, `descrobject.h`, `funcobject.h`, `genobject.h`: functions, methods, descriptors.

use crate::form::{Lent, capi};
use crate::support::intern;
use abi::{PyGetSetDef, PyMemberDef, PyMethodDef, c_int, c_void, mlflags};
use builtins::{cfunction, descr, method};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, core, error, id, raise};

fn definition(function: Borrowed<'_>) -> PyResult<&'static PyMethodDef> {
    // SAFETY: a function's entry outlives it.
    cfunction::method_of(function).map(|entry| unsafe { &*entry }).ok_or_else(error::bad_internal_call)
}

/// A part of a Python function, by attribute.
fn part(function: Borrowed<'_>, name: &str) -> PyResult<Lent> {
    if !function.class().is_subtype(&core::FUNCTION) {
        return Err(error::bad_internal_call());
    }
    let value = function.getattr(intern(name).b())?;
    Ok(if value.is(&core::none()) { Lent(std::ptr::null_mut()) } else { Lent::of(value) })
}

fn check_function(function: Borrowed<'_>) -> PyResult<()> {
    if function.class().is_subtype(&core::FUNCTION) { Ok(()) } else { Err(error::bad_internal_call()) }
}

fn set_part(function: Borrowed<'_>, name: &str, value: Borrowed<'_>) -> PyResult<()> {
    if !function.class().is_subtype(&core::FUNCTION) {
        return Err(error::bad_internal_call());
    }
    function.setattr(intern(name).b(), value)
}

fn new_function(code: Borrowed<'_>, globals: Borrowed<'_>, qualname: Option<Borrowed<'_>>) -> PyResult<Ref> {
    if !code.class().is_type(&core::CODE) {
        return Err(error::bad_internal_call());
    }
    crate::pystate::add_builtins(globals)?;
    match qualname {
        Some(qualname) => vm::function::Function::with_qualname(code.self_as(), globals, qualname).map(Ref::upcast),
        None => vm::function::Function::new(code.self_as(), globals).map(Ref::upcast),
    }
}

capi! {
    fn PyCFunction_New(entry: *mut PyMethodDef, object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        new(entry, object, None, None)
    }
    fn PyCFunction_NewEx(entry: *mut PyMethodDef, object: Option<Borrowed<'_>>, module: Option<Borrowed<'_>>) -> PyResult<Ref> {
        new(entry, object, module, None)
    }
    fn PyCMethod_New(entry: *mut PyMethodDef, object: Option<Borrowed<'_>>, module: Option<Borrowed<'_>>, class: Option<Borrowed<'_, TypeObject>>) -> PyResult<Ref> {
        new(entry, object, module, class.map(Borrowed::get))
    }
    fn PyCFunction_GetFunction(function: Borrowed<'_>) -> PyResult<*const c_void> {
        Ok(definition(function)?.ml_meth.get().map_or(std::ptr::null(), |function| function as *const c_void))
    }
    fn PyCFunction_GetSelf(function: Borrowed<'_>) -> PyResult<Lent> {
        if definition(function)?.ml_flags.get() & mlflags::STATIC != 0 {
            return Ok(Lent(std::ptr::null_mut()));
        }
        Ok(Lent::opt(cfunction::self_of(function)))
    }
    fn PyCFunction_GetFlags(function: Borrowed<'_>) -> PyResult<c_int> {
        Ok(definition(function)?.ml_flags.get())
    }

    fn PyMethod_New(function: Borrowed<'_>, object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(object) = object else { return Err(error::bad_internal_call()) };
        method::new(function, object)
    }
    fn PyMethod_Function(bound: Borrowed<'_>) -> PyResult<Lent> {
        method::parts(bound).map(|(function, _)| Lent::of(function)).ok_or_else(error::bad_internal_call)
    }
    fn PyMethod_Self(bound: Borrowed<'_>) -> PyResult<Lent> {
        method::parts(bound).map(|(_, object)| Lent::of(object)).ok_or_else(error::bad_internal_call)
    }
    fn PyInstanceMethod_New(function: Borrowed<'_>) -> PyResult<Ref> {
        method::InstanceMethod::bare(function).map(Ref::upcast)
    }
    fn PyInstanceMethod_Function(bound: Borrowed<'_>) -> PyResult<Lent> {
        if !bound.class().is_type(method::InstanceMethod::type_object()) {
            return Err(error::bad_internal_call());
        }
        bound.getattr(id!("__func__")).map(Lent::of)
    }
    fn PyStaticMethod_New(callable: Borrowed<'_>) -> PyResult<Ref> {
        method::StaticMethod::bare(callable).map(Ref::upcast)
    }
    fn PyClassMethod_New(callable: Borrowed<'_>) -> PyResult<Ref> {
        method::ClassMethod::bare(callable).map(Ref::upcast)
    }

    fn PyDescr_NewMethod(class: Borrowed<'_, TypeObject>, entry: *mut PyMethodDef) -> PyResult<Ref> {
        // SAFETY: C passes its static entry.
        let name = unsafe { descr::entry_name(entry) }?;
        descr::method::new(&class, entry, name)
    }
    fn PyDescr_NewClassMethod(class: Borrowed<'_, TypeObject>, entry: *mut PyMethodDef) -> PyResult<Ref> {
        // SAFETY: C passes its static entry.
        let name = unsafe { descr::entry_name(entry) }?;
        descr::method::new_classmethod(&class, entry, name)
    }
    fn PyDescr_NewGetSet(class: Borrowed<'_, TypeObject>, entry: *mut PyGetSetDef) -> PyResult<Ref> {
        // SAFETY: C passes its static entry.
        let name = unsafe { descr::entry_name(entry) }?;
        descr::getset::new(&class, entry, name)
    }
    fn PyDescr_NewMember(class: Borrowed<'_, TypeObject>, entry: *mut PyMemberDef) -> PyResult<Ref> {
        // SAFETY: C passes its static entry.
        if unsafe { (*entry).flags.get() } & abi::member::RELATIVE_OFFSET != 0 {
            return Err(raise!(SystemError, "PyDescr_NewMember used with Py_RELATIVE_OFFSET"));
        }
        // SAFETY: C passes its static entry.
        let name = unsafe { descr::entry_name(entry) }?;
        descr::member::new(&class, entry, name)
    }
    fn PyDescr_IsData(object: Borrowed<'_>) -> bool {
        object.class().tp_descr_set().is_some()
    }
    fn PyMember_GetOne(start: *const abi::c_char, entry: *mut PyMemberDef) -> PyResult<Ref> {
        // SAFETY: C passes an object's address and its static entry.
        unsafe {
            if (*entry).flags.get() & abi::member::RELATIVE_OFFSET != 0 {
                return Err(raise!(SystemError, "PyMember_GetOne used with Py_RELATIVE_OFFSET"));
            }
            let Some(object) = Borrowed::<object::Object>::from_ptr_or_null(start.cast_mut().cast()) else { return Err(error::bad_internal_call()) };
            descr::member::read(object, &*entry)
        }
    }
    fn PyMember_SetOne(start: *mut abi::c_char, entry: *mut PyMemberDef, value: Option<Borrowed<'_>>) -> PyResult<()> {
        // SAFETY: C passes an object's address and its static entry.
        unsafe {
            if (*entry).flags.get() & abi::member::RELATIVE_OFFSET != 0 {
                return Err(raise!(SystemError, "PyMember_SetOne used with Py_RELATIVE_OFFSET"));
            }
            let Some(object) = Borrowed::<object::Object>::from_ptr_or_null(start.cast()) else { return Err(error::bad_internal_call()) };
            descr::member::write(object, &*entry, value)
        }
    }
    fn PyWrapper_New(descriptor: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<Ref> {
        match descriptor.class().tp_descr_get() {
            Some(get) => get(descriptor, Some(object), Some(object.class().borrowed())),
            None => Err(error::bad_internal_call()),
        }
    }

    fn PyFunction_New(code: Borrowed<'_>, globals: Borrowed<'_>) -> PyResult<Ref> {
        new_function(code, globals, None)
    }
    fn PyFunction_NewWithQualName(code: Borrowed<'_>, globals: Borrowed<'_>, qualname: Option<Borrowed<'_>>) -> PyResult<Ref> {
        new_function(code, globals, qualname)
    }
    fn PyFunction_GetCode(function: Borrowed<'_>) -> PyResult<Lent> {
        part(function, "__code__")
    }
    fn PyFunction_GetGlobals(function: Borrowed<'_>) -> PyResult<Lent> {
        part(function, "__globals__")
    }
    fn PyFunction_GetModule(function: Borrowed<'_>) -> PyResult<Lent> {
        part(function, "__module__")
    }
    fn PyFunction_GetDefaults(function: Borrowed<'_>) -> PyResult<Lent> {
        part(function, "__defaults__")
    }
    fn PyFunction_SetDefaults(function: Borrowed<'_>, defaults: Borrowed<'_>) -> PyResult<()> {
        check_function(function)?;
        if !defaults.is(&core::none()) && !defaults.class().is_subtype(&core::TUPLE) {
            return Err(raise!(SystemError, "non-tuple default args"));
        }
        set_part(function, "__defaults__", defaults)
    }
    fn PyFunction_GetKwDefaults(function: Borrowed<'_>) -> PyResult<Lent> {
        part(function, "__kwdefaults__")
    }
    fn PyFunction_SetKwDefaults(function: Borrowed<'_>, defaults: Borrowed<'_>) -> PyResult<()> {
        check_function(function)?;
        if !defaults.is(&core::none()) && !defaults.class().is_subtype(&core::DICT) {
            return Err(raise!(SystemError, "non-dict keyword only default args"));
        }
        set_part(function, "__kwdefaults__", defaults)
    }
    fn PyFunction_GetClosure(function: Borrowed<'_>) -> PyResult<Lent> {
        part(function, "__closure__")
    }
    fn PyFunction_SetClosure(function: Borrowed<'_>, closure: Borrowed<'_>) -> PyResult<()> {
        if !function.class().is_subtype(&core::FUNCTION) {
            return Err(error::bad_internal_call());
        }
        let closure = if closure.is(&core::none()) {
            None
        } else if closure.class().is_subtype(&core::TUPLE) {
            Some(closure.to_ref())
        } else {
            return Err(raise!(SystemError, "expected tuple for closure, got '{}'", closure.class().tp_name()));
        };
        function.self_as::<vm::function::Function>().closure.set(closure);
        Ok(())
    }
    fn PyFunction_GetAnnotations(function: Borrowed<'_>) -> PyResult<Lent> {
        if !function.class().is_subtype(&core::FUNCTION) {
            return Err(error::bad_internal_call());
        }
        let known = || function.self_as::<vm::function::Function>().annotations.get();
        if known().is_none() {
            // None without a function that computes them, which is called now otherwise.
            if function.getattr(intern("__annotate__").b())?.is(&core::none()) {
                return Ok(Lent::of(core::none_ref()));
            }
            drop(function.getattr(intern("__annotations__").b())?);
        }
        Ok(Lent::opt(known()))
    }
    fn PyFunction_SetAnnotations(function: Borrowed<'_>, annotations: Borrowed<'_>) -> PyResult<()> {
        check_function(function)?;
        if !annotations.is(&core::none()) && !annotations.class().is_subtype(&core::DICT) {
            return Err(raise!(SystemError, "non-dict annotations"));
        }
        set_part(function, "__annotations__", annotations)
    }
    fn PyGen_GetCode(generator: Borrowed<'_>) -> PyResult<Ref> {
        generator.getattr(id!("gi_code"))
    }
}

fn new(
    entry: *mut PyMethodDef,
    object: Option<Borrowed<'_>>,
    module: Option<Borrowed<'_>>,
    class: Option<&TypeObject>,
) -> PyResult<Ref> {
    if entry.is_null() {
        return Err(error::bad_internal_call());
    }
    // SAFETY: C passes its static entry.
    let flags = unsafe { (*entry).ml_flags.get() };
    if flags & mlflags::METHOD != 0 && class.is_none() {
        return Err(raise!(SystemError, "attempting to create PyCMethod with a METH_METHOD flag but no class"));
    }
    if flags & mlflags::METHOD == 0 && class.is_some() {
        return Err(raise!(SystemError, "attempting to create PyCFunction with class but no METH_METHOD flag"));
    }
    cfunction::new_method(entry, object, module, class)
}
