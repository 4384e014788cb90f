//! C functions that call a Python callable: libffi's closures.

use crate::access::{Access, Extent};
use crate::attach;
use crate::call::ffi_type_of;
use crate::data;
use crate::info::{Holder, flag};
use crate::state;
use abi::Cell;
use libffi_sys as ffi;
use macros::pyclass;
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, error, exc, hooks, memory, raise};
use std::cell::{RefCell, UnsafeCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[pyclass(name = "CThunkObject", module = "_ctypes", flags(DISALLOW_INSTANTIATION), gc, parts())]
/// CThunkObject
pub struct Thunk {
    head: abi::PyObject,
    /// libffi's closure, as it is written and as it is called.
    #[trace(skip)]
    closure: Cell<*mut ffi::ffi_closure>,
    #[trace(skip)]
    code: Cell<*mut libc::c_void>,
    #[trace(skip)]
    cif: UnsafeCell<ffi::ffi_cif>,
    #[trace(skip)]
    types: RefCell<Vec<*mut ffi::ffi_type>>,
    flags: Cell<u32>,
    /// The parameters' classes, a tuple.
    converters: OptRef,
    callable: OptRef,
    restype: OptRef,
    /// How the result is written; none for nothing.
    #[trace(skip)]
    result: Cell<Option<(Access, usize)>>,
}

impl Drop for Thunk {
    fn drop(&mut self) {
        if !self.closure.get().is_null() {
            // SAFETY: allocated by libffi, freed once.
            unsafe { ffi::ffi_closure_free(self.closure.get().cast()) };
        }
    }
}

impl Thunk {
    /// The address that C calls.
    pub fn address(&self) -> *mut u8 {
        self.code.get().cast()
    }

    /// A C function with these parameter classes (a tuple) that calls `callable`.
    pub fn new(callable: Borrowed<'_>, converters: Ref, restype: Ref, flags: u32) -> PyResult<Ref<Thunk>> {
        let mut result = None;
        let mut result_type = &raw mut ffi::ffi_type_void;
        if !restype.is(&core::none()) {
            let info = Holder::of(restype.b()).and_then(|info| info.access.get().map(|access| (info, access)));
            let Some((info, access)) = info else {
                return Err(raise!(TypeError, "invalid result type for callback function"));
            };
            result = Some((access, info.size.get()));
            result_type = info.ffi();
        }
        let classes = tuple::items(converters.b()).unwrap_or_default();
        let mut types = memory::vec_with_capacity(classes.len() + 1)?;
        types.extend(classes.iter().map(|class| ffi_type_of(Some(*class))));
        let count = classes.len() as u32;
        types.push(std::ptr::null_mut());
        let thunk = Thunk {
            head: crate::header(),
            closure: Cell::new(std::ptr::null_mut()),
            code: Cell::new(std::ptr::null_mut()),
            cif: UnsafeCell::default(),
            types: RefCell::new(types),
            flags: Cell::new(flags),
            converters: OptRef::new(Some(converters)),
            callable: OptRef::new(Some(callable.to_ref())),
            restype: OptRef::new(Some(restype)),
            result: Cell::new(result),
        };
        let thunk = memory::new_instance(Thunk::type_object(), thunk)?;
        let types = thunk.types.borrow_mut().as_mut_ptr();
        // SAFETY: interface, types and the thunk itself stay where they are as long as the closure, which the thunk frees.
        unsafe {
            let closure = ffi::ffi_closure_alloc(size_of::<ffi::ffi_closure>(), thunk.code.as_ptr()).cast::<ffi::ffi_closure>();
            if closure.is_null() {
                return Err(error::no_memory());
            }
            thunk.closure.set(closure);
            let status = ffi::ffi_prep_cif(thunk.cif.get(), ffi::ffi_abi_FFI_DEFAULT_ABI, count, result_type, types);
            if status != ffi::ffi_status_FFI_OK {
                return Err(raise!(RuntimeError, "ffi_prep_cif failed with {status}"));
            }
            let status = ffi::ffi_prep_closure_loc(closure, thunk.cif.get(), Some(enter), thunk.ptr().cast(), thunk.code.get());
            if status != ffi::ffi_status_FFI_OK {
                return Err(raise!(RuntimeError, "ffi_prep_closure failed with {status}"));
            }
        }
        Ok(thunk)
    }

    /// Calls the callable with C's arguments and writes its result. Exceptions go to `sys.unraisablehook`.
    ///
    /// # Safety
    /// `arguments` and `place` are what libffi passes for the thunk's interface.
    unsafe fn run(&self, arguments: *mut *mut libc::c_void, place: *mut u8) {
        let (Some(callable), Some(converters)) = (self.callable.get(), self.converters.get()) else { return };
        let mut values: Vec<Ref> = Vec::new();
        for (index, class) in tuple::items(converters.b()).unwrap_or_default().iter().enumerate() {
            // SAFETY: by contract.
            match unsafe { argument(*class, (*arguments.add(index)).cast()) } {
                Ok(value) => values.push(value),
                Err(raised) => {
                    let message = format!("Exception ignored while creating argument {index} for ctypes callback function");
                    return raised.unraisable_of(&message, callable.b());
                }
            }
        }
        let errno = (self.flags.get() & flag::USE_ERRNO != 0).then(state::errno_copy);
        errno.into_iter().for_each(state::swap_errno);
        let borrowed: Vec<Borrowed<'_>> = values.iter().map(Ref::b).collect();
        let result = callable.call(&borrowed);
        errno.into_iter().for_each(state::swap_errno);
        let result = match result {
            Ok(result) => result,
            Err(raised) => {
                return raised.unraisable_of("Exception ignored while calling ctypes callback function", callable.b());
            }
        };
        let Some((access, size)) = self.result.get() else { return };
        // SAFETY: by contract there is room for the result.
        let converted = unsafe { access.set(place, result.b(), Extent::Bytes(size)) }.and_then(|kept| match kept {
            None => Ok(()),
            // C gets the reference.
            Some(kept) if access.is(b'O') => {
                kept.into_ptr();
                Ok(())
            }
            // Nobody can know when C needs it no longer.
            Some(kept) => {
                kept.into_ptr();
                hooks::warn(&exc::RuntimeWarning, "memory leak in callback function.", 1)
            }
        });
        if let Err(raised) = converted {
            raised.unraisable_of("Exception ignored while converting result of ctypes callback function", callable.b());
        }
    }
}

/// A parameter of a callback as an object.
///
/// # Safety
/// A value of the class stands at `place`.
unsafe fn argument(class: Borrowed<'_>, place: *const u8) -> PyResult<Ref> {
    let Some(info) = Holder::of(class) else {
        return Err(raise!(TypeError, "cannot build parameter of type {}", class.repr_text()?));
    };
    if let Some(access) = info.access.get().filter(|_| !info.is_simple_subclass()) {
        // SAFETY: by contract.
        return unsafe { access.get(place, Extent::Bytes(info.size.get())) };
    }
    let object = class.call0()?;
    let Some(data) = data::of(object.b()) else {
        let (class, found) = (class.repr_text()?, crate::values::full_name(object.b()));
        return Err(raise!(TypeError, "{class} returned unexpected result of type {found}"));
    };
    let len = info.size.get().min(data.size.get());
    // SAFETY: by contract; the instance has that many bytes.
    unsafe { data.ptr.get().copy_from(place, len) };
    Ok(object)
}

/// What libffi calls. The result begins as zero.
unsafe extern "C" fn enter(
    _cif: *mut ffi::ffi_cif,
    result: *mut libc::c_void,
    arguments: *mut *mut libc::c_void,
    thunk: *mut libc::c_void,
) {
    let run = || {
        attach::with_gil(|| {
            // SAFETY: the thunk lives as long as its closure; it is kept alive through the call.
            unsafe {
                let thunk = Borrowed::<object::Object>::from_ptr(std::ptr::NonNull::new_unchecked(thunk.cast())).to_ref();
                let thunk = thunk.cast_unchecked::<Thunk>();
                if let Some((_, size)) = thunk.result.get() {
                    result.cast::<u8>().write_bytes(0, size.max(size_of::<ffi::ffi_arg>()));
                }
                thunk.run(arguments, result.cast());
            }
        })
    };
    // A panic must not run into C.
    let _panicked = catch_unwind(AssertUnwindSafe(run));
}
