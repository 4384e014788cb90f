//! The module `_ctypes` itself.

use crate::array::Array;
use crate::ctype::CType;
use crate::field::CField;
use crate::funcptr::FuncPtr;
use crate::info::Holder;
use crate::metatypes::{ArrayType, FuncPtrType, PointerType, SimpleType, StructType, UnionType};
use crate::pointer::Pointer;
use crate::simple::Simple;
use crate::structure::{Structure, Union};
use crate::{call, data, helpers, param, state, types, values};
use builtins::type_::ready;
use macros::pymodule;
use object::spec::TypeEntry;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, core, hooks, id, raise};
use std::ffi::CString;

/// Completes the types, each behind its base, and gives the classes their metaclasses.
fn complete_types() -> PyResult<()> {
    for entry in [
        TypeEntry::of::<CType>(),
        TypeEntry::of::<StructType>(),
        TypeEntry::of::<UnionType>(),
        TypeEntry::of::<PointerType>(),
        TypeEntry::of::<ArrayType>(),
        TypeEntry::of::<SimpleType>(),
        TypeEntry::of::<FuncPtrType>(),
        TypeEntry::of::<param::Argument>(),
        TypeEntry::of::<crate::callback::Thunk>(),
        TypeEntry::of::<CField>(),
        TypeEntry::of::<data::CData>(),
    ] {
        ready::ready_static(&entry)?;
    }
    for (entry, metatype) in [
        (TypeEntry::of::<Structure>(), StructType::type_object()),
        (TypeEntry::of::<Union>(), UnionType::type_object()),
        (TypeEntry::of::<Pointer>(), PointerType::type_object()),
        (TypeEntry::of::<Array>(), ArrayType::type_object()),
        (TypeEntry::of::<Simple>(), SimpleType::type_object()),
        (TypeEntry::of::<FuncPtr>(), FuncPtrType::type_object()),
    ] {
        ready::ready_static(&entry)?;
        (entry.type_object)().raw().ob_base.ob_base.ob_type.set(metatype.as_type_ptr());
    }
    Ok(())
}

/// The classes that programs see.
fn add_classes(module: Borrowed<'_>) -> PyResult<()> {
    for class in [
        Structure::type_object(),
        Union::type_object(),
        Pointer::type_object(),
        Array::type_object(),
        Simple::type_object(),
        FuncPtr::type_object(),
        CField::type_object(),
    ] {
        module.setattr(text::new(class.short_name())?.b(), class.borrowed())?;
    }
    Ok(())
}

/// An address that is not null.
fn address(value: Borrowed<'_>) -> PyResult<*mut u8> {
    let address = values::as_void_ptr(value)?;
    if address.is_null() { Err(raise!(SystemError, "error return without exception set")) } else { Ok(address) }
}

/// The name of a library as the system takes it.
fn path(value: Borrowed<'_>) -> PyResult<CString> {
    let encoded = vm::import::import_module("os")?.call_method(id!("fsencode"), &[value])?;
    let content = bytes::value(encoded.b()).unwrap_or_default();
    CString::new(content).map_err(|_| raise!(ValueError, "embedded null byte"))
}

fn instance<'a>(value: Borrowed<'a>, function: &str, argument: &str) -> PyResult<Borrowed<'a, data::CData>> {
    data::of(value)
        .ok_or_else(|| raise!(TypeError, "{function}() {argument} must be _ctypes._CData, not {}", value.class().tp_name()))
}

fn tuple_argument(value: Borrowed<'_>) -> PyResult<()> {
    match tuple::items(value) {
        Some(_) => Ok(()),
        None => Err(raise!(TypeError, "argument 2 must be tuple, not {}", value.class().tp_name())),
    }
}

fn loaded_libraries() -> PyResult<Vec<Ref>> {
    unsafe extern "C" fn note(info: *mut libc::dl_phdr_info, _size: usize, names: *mut libc::c_void) -> libc::c_int {
        // SAFETY: the system passes a description, and the list that was given to it.
        unsafe {
            let name = (*info).dlpi_name;
            if !name.is_null() {
                (*names.cast::<Vec<CString>>()).push(std::ffi::CStr::from_ptr(name).to_owned());
            }
        }
        0
    }
    let mut names: Vec<CString> = Vec::new();
    // SAFETY: the function is called with the list before the call returns.
    unsafe { libc::dl_iterate_phdr(Some(note), (&raw mut names).cast()) };
    names.iter().map(|name| text::new(&name.to_string_lossy())).collect()
}

/// Create and manipulate C compatible data types in Python.
#[pymodule(name = "_ctypes")]
#[allow(non_upper_case_globals, non_snake_case, reason = "the names are those of the module")]
pub mod module {
    use super::*;
    use crate::info::flag;

    #[pyattr]
    const FUNCFLAG_CDECL: u32 = flag::CDECL;
    #[pyattr]
    const FUNCFLAG_PYTHONAPI: u32 = flag::PYTHONAPI;
    #[pyattr]
    const FUNCFLAG_USE_ERRNO: u32 = flag::USE_ERRNO;
    #[pyattr]
    const FUNCFLAG_USE_LASTERROR: u32 = flag::USE_LASTERROR;
    #[pyattr]
    const RTLD_LOCAL: i32 = libc::RTLD_LOCAL;
    #[pyattr]
    const RTLD_GLOBAL: i32 = libc::RTLD_GLOBAL;
    #[pyattr]
    const CTYPES_MAX_ARGCOUNT: usize = call::MAX_ARGUMENTS;
    #[pyattr]
    const SIZEOF_TIME_T: usize = size_of::<libc::time_t>();
    #[pyattr]
    const __version__: &str = "1.1.0";

    #[pyattr]
    fn _memmove_addr() -> PyResult<Ref> {
        helpers::address_of(libc::memmove as *const ())
    }

    #[pyattr]
    fn _memset_addr() -> PyResult<Ref> {
        helpers::address_of(libc::memset as *const ())
    }

    #[pyattr]
    fn _string_at_addr() -> PyResult<Ref> {
        helpers::address_of(helpers::string_at as *const ())
    }

    #[pyattr]
    fn _wstring_at_addr() -> PyResult<Ref> {
        helpers::address_of(helpers::wstring_at as *const ())
    }

    #[pyattr]
    fn _memoryview_at_addr() -> PyResult<Ref> {
        helpers::address_of(helpers::memoryview_at as *const ())
    }

    #[pyattr]
    fn _cast_addr() -> PyResult<Ref> {
        helpers::address_of(helpers::cast as *const ())
    }

    #[pyattr]
    fn ArgumentError() -> PyResult<Ref> {
        state::argument_error()
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        complete_types()?;
        add_classes(module)
    }

    #[pyfunction("()")]
    fn get_errno() -> PyResult<i32> {
        hooks::audit("ctypes.get_errno", &[])?;
        Ok(state::errno_copy().0.get())
    }

    #[pyfunction("(value, /)")]
    fn set_errno(value: i32) -> PyResult<i32> {
        hooks::audit("ctypes.set_errno", &[int::new(value.into())?.b()])?;
        Ok(state::errno_copy().0.replace(value))
    }

    #[pyfunction("(type, state, /)")]
    fn _unpickle(r#type: Borrowed<'_>, state: Borrowed<'_>) -> PyResult<Ref> {
        tuple_argument(state)?;
        let object = r#type.call_method(id!("__new__"), &[r#type])?;
        object.getattr(id!("__setstate__"))?.call_tuple(state, None)?;
        Ok(object)
    }

    /// Return buffer interface information
    #[pyfunction("(object, /)")]
    fn buffer_info(object: Borrowed<'_>) -> PyResult<(Option<String>, usize, Ref)> {
        let Some(info) = Holder::of_any(object) else { return Err(raise!(TypeError, "not a ctypes type or object")) };
        let shape: PyResult<Vec<Ref>> = info.shape_list().into_iter().map(|size| int::new(size as i64)).collect();
        Ok((info.format_text(), info.shape().0, tuple::from_vec(shape?)?))
    }

    #[pyfunction("(obj, size, /)")]
    fn resize(obj: Borrowed<'_>, size: isize) -> PyResult<()> {
        let data = instance(obj, "resize", "argument 1")?;
        let Some(info) = Holder::of_instance(obj) else { return Err(raise!(TypeError, "expected ctypes instance")) };
        let Some(size) = usize::try_from(size).ok().filter(|size| *size >= info.size.get()) else {
            return Err(raise!(ValueError, "minimum size is {}", info.size.get()));
        };
        if data.owns.get() == 0 {
            return Err(raise!(ValueError, "Memory cannot be resized because this object doesn't own it"));
        }
        data.resize(size)
    }

    /// dlopen(name, flag={RTLD_GLOBAL|RTLD_LOCAL}) open a shared library
    #[pyfunction("(name, flag=0, /)", text = None)]
    fn dlopen(name: Borrowed<'_>, flag: i32) -> PyResult<Ref> {
        let library = if name.is(&core::none()) { None } else { Some(path(name)?) };
        hooks::audit("ctypes.dlopen", &[name])?;
        // What is found in the program itself includes the mathematical functions, as in CPython, which is linked with them.
        let handle = match host::library::open(library.as_deref(), flag | libc::RTLD_NOW) {
            Ok(handle) => handle,
            Err(message) => return Err(raise!(OSError, "{message}")),
        };
        values::address_object(handle.cast())
    }

    /// dlclose a library
    #[pyfunction("(handle, /)", text = None)]
    fn dlclose(handle: Borrowed<'_>) -> PyResult<()> {
        let handle = address(handle)?;
        // SAFETY: that the handle is one is the program's word.
        if unsafe { libc::dlclose(handle.cast()) } != 0 {
            let message = types::dl_error().unwrap_or_else(|| "dlclose() error".to_owned());
            return Err(raise!(OSError, "{message}"));
        }
        Ok(())
    }

    /// find symbol in shared library
    #[pyfunction("(handle, name, /)", text = None)]
    fn dlsym(handle: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
        let library = address(handle)?;
        let Some(symbol) = text::to_string(name) else {
            return Err(raise!(TypeError, "dlsym() argument 2 must be str, not {}", name.class().tp_name()));
        };
        let c_name = types::symbol_name(symbol.as_bytes())?;
        hooks::audit("ctypes.dlsym/handle", &[handle, name])?;
        match types::find_symbol(library.cast(), &c_name) {
            Ok(address) => values::address_object(address),
            Err(Some(message)) => Err(raise!(OSError, "{message}")),
            Err(None) => Err(raise!(OSError, "symbol '{symbol}' not found")),
        }
    }

    /// dllist() return a list of loaded shared libraries
    #[pyfunction("()")]
    fn dllist() -> PyResult<Ref> {
        (hooks::get().list_new)(loaded_libraries()?)
    }

    /// alignment(C type) -> integer
    /// alignment(C instance) -> integer
    /// Return the alignment requirements of a C instance
    #[pyfunction("(object, /)")]
    fn alignment(object: Borrowed<'_>) -> PyResult<usize> {
        Holder::of_any(object).map(|info| info.align.get()).ok_or_else(|| raise!(TypeError, "no alignment info"))
    }

    /// Return the size in bytes of a C instance.
    #[pyfunction("(obj, /)")]
    fn sizeof(obj: Borrowed<'_>) -> PyResult<usize> {
        if let Some(info) = Holder::of(obj) {
            return Ok(info.size.get());
        }
        data::of(obj).map(|data| data.size.get()).ok_or_else(|| raise!(TypeError, "this type has no size"))
    }

    /// Return a pointer lookalike to a C instance, only usable as function argument.
    #[pyfunction("(obj, offset=0, /)")]
    fn byref(obj: Borrowed<'_>, offset: isize) -> PyResult<Ref> {
        instance(obj, "byref", "argument 1")?;
        param::by_reference(obj, offset)
    }

    /// Return the address of the C instance internal buffer
    #[pyfunction("(obj, /)")]
    fn addressof(obj: Borrowed<'_>) -> PyResult<Ref> {
        let data = instance(obj, "addressof", "argument")?;
        hooks::audit("ctypes.addressof", &[obj])?;
        values::address_object(data.ptr.get())
    }

    #[pyfunction("(function, arguments, /)", text = None)]
    fn call_function(function: Borrowed<'_>, arguments: Borrowed<'_>) -> PyResult<Ref> {
        let function = address(function)?;
        tuple_argument(arguments)?;
        call::call(function, arguments, &call::Signature::default())
    }

    #[pyfunction("(function, arguments, /)", text = None)]
    fn call_cdeclfunction(function: Borrowed<'_>, arguments: Borrowed<'_>) -> PyResult<Ref> {
        let function = address(function)?;
        tuple_argument(arguments)?;
        call::call(function, arguments, &call::Signature { flags: flag::CDECL, ..call::Signature::default() })
    }

    #[pyfunction("(pointer, /)", text = None)]
    fn PyObj_FromPtr(pointer: Borrowed<'_>) -> PyResult<Ref> {
        let Some(object) = std::ptr::NonNull::new(address(pointer)?) else { return Err(object::error::bad_internal_call()) };
        // SAFETY: that an object stands there is the program's word.
        let object = unsafe { Borrowed::<object::Object>::from_ptr(object.cast()) };
        hooks::audit("ctypes.PyObj_FromPtr", &[object])?;
        Ok(object.to_ref())
    }

    #[pyfunction("(object, /)")]
    fn Py_INCREF(object: Borrowed<'_>) -> Ref {
        // One count is the program's from here on.
        object.to_ref().into_ptr();
        object.to_ref()
    }

    #[pyfunction("(object, /)")]
    fn Py_DECREF(object: Borrowed<'_>) -> Ref {
        let result = object.to_ref();
        // SAFETY: that the program owns a count is its word.
        unsafe { object::reference::decref(object.ptr()) };
        result
    }
}
