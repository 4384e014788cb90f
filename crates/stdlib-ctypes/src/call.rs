//! Calls of C functions: arguments in, result out, `errno` exchanged, the GIL let go of.

use crate::access::{self, Extent};
use crate::data;
use crate::info::{Holder, flag};
use crate::param::Ready;
use crate::state;
use libffi_sys as ffi;
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, core, error, gil, hooks, raise};
use smallvec::SmallVec;

/// Most arguments of a call.
pub const MAX_ARGUMENTS: usize = 1024;

/// What a call needs beside the function and the arguments.
#[derive(Default)]
pub struct Signature {
    pub flags: u32,
    /// `from_param` of the argument types.
    pub converters: Option<Ref>,
    /// None: an int.
    pub restype: Option<Ref>,
    pub checker: Option<Ref>,
}

/// The type of a result or of a callback's parameter; what has none is an int.
pub fn ffi_type_of(class: Option<Borrowed<'_>>) -> *mut ffi::ffi_type {
    match class.and_then(Holder::of) {
        Some(info) => info.ffi(),
        None => access::ffi_type(b'i'),
    }
}

fn ready(argument: Borrowed<'_>, converter: Option<Borrowed<'_>>, position: usize) -> PyResult<Ready> {
    match converter {
        Some(converter) => converter.call1(argument).and_then(|argument| Ready::new(argument.b(), position)),
        None => Ready::new(argument, position),
    }
    .map_err(|raised| state::extend_argument_error(raised, position))
}

/// Calls the function at an address.
pub fn call(function: *mut u8, arguments: Borrowed<'_>, signature: &Signature) -> PyResult<Ref> {
    hooks::audit("ctypes.call_function", &[int::from_u64(function.expose_provenance() as u64)?.b(), arguments])?;
    let given = tuple::items(arguments).unwrap_or_default();
    if given.len() > MAX_ARGUMENTS {
        return Err(state::raise_argument_error(format_args!(
            "too many arguments ({}), maximum is {MAX_ARGUMENTS}",
            given.len()
        )));
    }
    let converters = signature.converters.as_ref().and_then(|converters| tuple::items(converters.b())).unwrap_or_default();
    let mut prepared: SmallVec<[Ready; 6]> = SmallVec::new();
    for (index, argument) in given.iter().enumerate() {
        prepared.push(ready(*argument, converters.get(index).copied(), index + 1)?);
    }
    let returns_nothing = signature.restype.as_ref().is_some_and(|restype| restype.is(&core::none()));
    let result_type =
        if returns_nothing { &raw mut ffi::ffi_type_void } else { ffi_type_of(signature.restype.as_ref().map(Ref::b)) };
    let mut types: SmallVec<[*mut ffi::ffi_type; 6]> = prepared.iter().map(|argument| argument.ffi).collect();
    let mut places: SmallVec<[*mut libc::c_void; 6]> = prepared.iter_mut().map(Ready::place).collect();
    let mut cif = prepare(&mut types, result_type, converters.len())?;
    // SAFETY: libffi's type or one of a class that the signature keeps alive.
    let bytes = unsafe { (*result_type).size };
    let mut result: SmallVec<[u64; 4]> = SmallVec::new();
    let words = bytes.div_ceil(8).max(2);
    result.try_reserve(words).map_err(|_| error::no_memory())?;
    result.resize(words, 0);
    // SAFETY: types, places and the result's room are as the call interface says; that the function is one, and takes this, is the
    // program's word.
    unsafe { invoke(signature.flags, &mut cif, function, result.as_mut_ptr().cast(), places.as_mut_ptr()) };
    if signature.flags & flag::PYTHONAPI != 0 {
        error::check()?;
    }
    // SAFETY: the function has written its result.
    let made = unsafe { result_object(signature, result.as_ptr().cast()) };
    drop(prepared);
    made
}

/// The call interface. It points to the types.
fn prepare(types: &mut [*mut ffi::ffi_type], result: *mut ffi::ffi_type, fixed: usize) -> PyResult<ffi::ffi_cif> {
    let mut cif = ffi::ffi_cif::default();
    let count = types.len() as u32;
    // SAFETY: libffi reads the types, which live longer than the interface.
    unsafe {
        if fixed != 0 && types.len() > fixed {
            if ffi::ffi_prep_cif_var(&raw mut cif, ffi::ffi_abi_FFI_DEFAULT_ABI, fixed as u32, count, result, types.as_mut_ptr())
                != ffi::ffi_status_FFI_OK
            {
                return Err(raise!(RuntimeError, "ffi_prep_cif_var failed"));
            }
        } else if ffi::ffi_prep_cif(&raw mut cif, ffi::ffi_abi_FFI_DEFAULT_ABI, count, result, types.as_mut_ptr())
            != ffi::ffi_status_FFI_OK
        {
            return Err(raise!(RuntimeError, "ffi_prep_cif failed"));
        }
    }
    Ok(cif)
}

/// # Safety
/// Types, places and the result's room are as the call interface says.
unsafe fn invoke(flags: u32, cif: &mut ffi::ffi_cif, function: *mut u8, result: *mut u8, places: *mut *mut libc::c_void) {
    let errno = (flags & flag::USE_ERRNO != 0).then(state::errno_copy);
    let mut run = || {
        errno.into_iter().for_each(state::swap_errno);
        // SAFETY: by contract.
        unsafe { ffi_call(cif, function.cast(), result.cast(), places) };
        errno.into_iter().for_each(state::swap_errno);
    };
    if flags & flag::PYTHONAPI != 0 { run() } else { gil::without(run) }
}

unsafe extern "C-unwind" {
    // As libffi-sys declares it, but what it calls may unwind: functions of this program do.
    fn ffi_call(cif: *mut ffi::ffi_cif, function: *mut libc::c_void, result: *mut libc::c_void, places: *mut *mut libc::c_void);
}

/// The object that a function's result is.
///
/// # Safety
/// A value of the result type stands at `result`.
unsafe fn result_object(signature: &Signature, result: *const u8) -> PyResult<Ref> {
    let Some(restype) = &signature.restype else {
        // SAFETY: by contract.
        return int::new(unsafe { result.cast::<i32>().read() }.into());
    };
    if restype.is(&core::none()) {
        return Ok(core::none_ref());
    }
    let Some(info) = Holder::of(restype.b()) else {
        // SAFETY: by contract.
        return restype.call1(int::new(unsafe { result.cast::<i32>().read() }.into())?.b());
    };
    let value = match info.access.get().filter(|_| !info.is_simple_subclass()) {
        Some(access) => {
            // SAFETY: by contract.
            let value = unsafe { access.get(result, Extent::Bytes(info.size.get()))? };
            if access.is(b'O') {
                // The function's own reference is ours now.
                // SAFETY: C functions return new references.
                unsafe { object::reference::decref_alive(value.ptr()) };
            }
            value
        }
        // SAFETY: by contract.
        None => unsafe { data::copy_of(info.0.borrow(), result)?.upcast() },
    };
    match &signature.checker {
        Some(checker) => checker.call1(value.b()),
        None => Ok(value),
    }
}
