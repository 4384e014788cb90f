//! The one form of a C API function: [`capi!`], what its parameters may be ([`FromC`]) and what it may return ([`ToC`]).
//!
//! A function is written as Rust: `Borrowed` parameters, `PyResult` results, `?`. The form exports it under C's name, refuses NULL where
//! the type does not allow it, turns `Err` into C's error value and a panic into SystemError. Debug builds stop where a thread without a
//! thread state calls.

use abi::{PyObject, c_char};
use object::{Borrowed, Layout, Object, PyResult, Raised, Ref, StaticType, error, raise, thread};
use std::ffi::CStr;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// A parameter: how it comes from what C passes.
pub trait FromC: Sized {
    /// What C passes.
    type C;
    /// The Rust value.
    ///
    /// # Safety
    /// `value` is what the C API's documentation asks for: a live object, a string that ends, a place of the right type, or NULL.
    unsafe fn from_c(value: Self::C) -> PyResult<Self>;
}

/// A result: how it goes to C.
pub trait ToC: Sized {
    /// What C gets.
    type C;
    /// The C value.
    fn to_c(self) -> Self::C;
    /// What C gets when an exception is set.
    fn failed(raised: Raised) -> Self::C;
}

/// The value inside a `PyResult`, with C's sign of an error.
pub trait Value: Sized {
    /// What C gets.
    type C;
    /// The sign of an error.
    const ERROR: Self::C;
    /// The C value.
    fn into_c(self) -> Self::C;
}

impl<T: Value> ToC for PyResult<T> {
    type C = T::C;
    #[inline(always)]
    fn to_c(self) -> T::C {
        match self {
            Ok(value) => value.into_c(),
            Err(_) => T::ERROR,
        }
    }
    fn failed(_raised: Raised) -> T::C {
        T::ERROR
    }
}

/// Exports functions of the C API. Expands to
/// `pub unsafe extern "C-unwind" fn NAME(a: <A as FromC>::C, …) -> <R as ToC>::C { form::call(NAME, || { let a = A::from_c(a)?; … Ok({ BODY }) }) }`.
macro_rules! capi {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident : $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)*) => { $(
        $(#[$meta])*
        #[doc = concat!("C's `", stringify!($name), "`.\n\n# Safety\nThe arguments are as the C API documents them.")]
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $name(
            $($arg: <$ty as $crate::form::FromC>::C),*
        ) -> <$crate::form::capi!(@ret $($ret)?) as $crate::form::ToC>::C {
            $crate::form::call::<$crate::form::capi!(@ret $($ret)?)>(stringify!($name), || {
                $(
                    // SAFETY: the caller follows the C API's documentation.
                    let $arg = unsafe { <$ty as $crate::form::FromC>::from_c($arg) }?;
                )*
                #[allow(clippy::redundant_closure_call, reason = "the closure gives `?` in the body its own result type")]
                Ok((|| -> $crate::form::capi!(@ret $($ret)?) { $body })())
            })
        }
    )* };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}
pub(crate) use capi;

/// Functions that are not written yet: each raises SystemError with its name and returns C's sign of an error.
macro_rules! missing_functions {
    ($($name:ident $error:literal)*) => { $(
        /// Not written yet.
        #[unsafe(no_mangle)]
        pub extern "C-unwind" fn $name() -> isize {
            $crate::form::unwritten(stringify!($name), $error)
        }
    )* };
}
pub(crate) use missing_functions;

/// Data symbols that stand for nothing yet: zeros, with the count of an immortal object where one fits.
macro_rules! missing_data {
    ($($name:ident $size:literal)*) => { $(
        /// Not there yet.
        #[unsafe(no_mangle)]
        pub static $name: $crate::form::Zeros<{ ($size + 7) / 8 }> = $crate::form::Zeros::NEW;
    )* };
}
pub(crate) use missing_data;

/// Memory of a data symbol.
#[repr(C)]
pub struct Zeros<const N: usize>(abi::Cell<[u64; N]>);
// SAFETY: guarded by the GIL, as all that C may write.
unsafe impl<const N: usize> Sync for Zeros<N> {}

impl<const N: usize> Zeros<N> {
    /// Zeros; what has the size of a type object begins with the count of an immortal object.
    pub const NEW: Self = {
        let mut words = [0; N];
        if N == size_of::<abi::PyTypeObject>() / 8 {
            words[0] = abi::IMMORTAL_REFCNT as u64;
        }
        Zeros(abi::Cell::new(words))
    };
}

/// Raises SystemError for a function that is not written yet.
#[cold]
pub fn unwritten(name: &'static str, error: isize) -> isize {
    // A thread without a state (before `Py_NewInterpreter`, say) has no place for an exception.
    if thread::try_current().is_some() {
        let _raised = raise!(SystemError, "{name}() is not implemented by Taipan");
    }
    error
}

/// As [`capi!`], for functions that a thread without a thread state may call.
macro_rules! capi_free {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident : $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)*) => { $(
        $(#[$meta])*
        #[doc = concat!("C's `", stringify!($name), "`. Needs no thread state.\n\n# Safety\nThe arguments are as the C API documents them.")]
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $name($($arg: $ty),*) $(-> $ret)? {
            $crate::form::guarded::<$crate::form::capi!(@ret $($ret)?)>(stringify!($name), || {
                #[allow(clippy::redundant_closure_call, reason = "the closure gives `return` in the body its place")]
                Ok((|| -> $crate::form::capi!(@ret $($ret)?) { $body })())
            })
        }
    )* };
}
pub(crate) use capi_free;

/// Runs the body of a function that needs a thread state.
#[inline(always)]
pub fn call<R: ToC>(name: &'static str, body: impl FnOnce() -> PyResult<R>) -> R::C {
    if cfg!(debug_assertions) && thread::try_current().is_none() {
        no_thread_state(name);
    }
    guarded(name, body)
}

/// Runs a body; a panic becomes SystemError.
#[inline(always)]
pub fn guarded<R: ToC>(name: &'static str, body: impl FnOnce() -> PyResult<R>) -> R::C {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(result)) => result.to_c(),
        Ok(Err(raised)) => R::failed(raised),
        Err(panic) => R::failed(panicked(name, panic)),
    }
}

/// It takes the panic over, so that functions keep nothing alive for this way.
#[cold]
#[inline(never)]
fn panicked(name: &'static str, panic: Box<dyn std::any::Any + Send>) -> Raised {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    raise!(SystemError, "{name}: {}", text.as_deref().unwrap_or("panic"))
}

/// Fatal, as in CPython: a thread without a state cannot even raise.
#[cold]
fn no_thread_state(name: &str) -> ! {
    eprintln!("Fatal Python error: {name}: the function must be called with the GIL held, but the thread has no thread state");
    std::process::abort()
}

/// SystemError for NULL where an object is needed; an exception that is set already stays.
#[cold]
pub fn null_argument() -> Raised {
    match error::check() {
        Err(raised) => raised,
        Ok(()) => raise!(SystemError, "null argument to internal routine"),
    }
}

/// An argument that may not be NULL, for functions that do something before they say so.
#[inline(always)]
pub fn given<T>(value: Option<T>) -> PyResult<T> {
    value.ok_or_else(null_argument)
}

impl<'a> FromC for Borrowed<'a> {
    type C = *mut PyObject;
    #[inline(always)]
    unsafe fn from_c(value: *mut PyObject) -> PyResult<Self> {
        // SAFETY: by contract the object lives during the call.
        unsafe { Borrowed::<'a, Object>::from_ptr_or_null(value) }.ok_or_else(null_argument)
    }
}

impl<'a> FromC for Option<Borrowed<'a>> {
    type C = *mut PyObject;
    #[inline(always)]
    unsafe fn from_c(value: *mut PyObject) -> PyResult<Self> {
        // SAFETY: by contract the object lives during the call.
        Ok(unsafe { Borrowed::<'a, Object>::from_ptr_or_null(value) })
    }
}

/// A type, whose own type may be missing before `PyType_Ready`: C's `PyTypeObject *` is taken at its word.
impl<'a> FromC for Borrowed<'a, object::TypeObject> {
    type C = *mut abi::PyTypeObject;
    #[inline(always)]
    unsafe fn from_c(value: *mut abi::PyTypeObject) -> PyResult<Self> {
        // SAFETY: by contract a type object.
        unsafe { Borrowed::from_ptr_or_null(value.cast()) }.ok_or_else(error::bad_internal_call)
    }
}

impl FromC for Option<Borrowed<'_, object::TypeObject>> {
    type C = *mut abi::PyTypeObject;
    #[inline(always)]
    unsafe fn from_c(value: *mut abi::PyTypeObject) -> PyResult<Self> {
        // SAFETY: by contract a type object, or NULL.
        Ok(unsafe { Borrowed::from_ptr_or_null(value.cast()) })
    }
}

/// An object that must be of type `T` or a subtype: any other is a bad internal call.
pub struct Of<'a, T: Layout>(pub Borrowed<'a, T>);

impl<T: Layout> std::ops::Deref for Of<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'a, T: StaticType> FromC for Of<'a, T> {
    type C = *mut PyObject;
    #[inline(always)]
    unsafe fn from_c(value: *mut PyObject) -> PyResult<Self> {
        // SAFETY: by contract the object lives during the call.
        let object = unsafe { Borrowed::<'a, Object>::from_ptr_or_null(value) };
        object.and_then(Borrowed::downcast::<T>).map(Of).ok_or_else(error::bad_internal_call)
    }
}

impl<T: StaticType> FromC for Option<Of<'_, T>> {
    type C = *mut PyObject;
    #[inline(always)]
    unsafe fn from_c(value: *mut PyObject) -> PyResult<Self> {
        if value.is_null() {
            return Ok(None);
        }
        // SAFETY: by contract.
        unsafe { Of::from_c(value) }.map(Some)
    }
}

/// A reference that C gives away ("steals"), or NULL.
pub struct Stolen(pub Option<Ref>);

impl FromC for Stolen {
    type C = *mut PyObject;
    #[inline(always)]
    unsafe fn from_c(value: *mut PyObject) -> PyResult<Self> {
        // SAFETY: by contract C owned the reference.
        Ok(Stolen(unsafe { Ref::from_owned_or_null(value) }))
    }
}

impl FromC for &CStr {
    type C = *const c_char;
    #[inline(always)]
    unsafe fn from_c(value: *const c_char) -> PyResult<Self> {
        if value.is_null() {
            return Err(null_argument());
        }
        // SAFETY: by contract the string ends, and lives during the call.
        Ok(unsafe { CStr::from_ptr(value) })
    }
}

impl FromC for Option<&CStr> {
    type C = *const c_char;
    #[inline(always)]
    unsafe fn from_c(value: *const c_char) -> PyResult<Self> {
        // SAFETY: by contract the string ends, and lives during the call.
        Ok((!value.is_null()).then(|| unsafe { CStr::from_ptr(value) }))
    }
}

/// A place that C wants a value in.
pub struct Out<'a, T>(NonNull<T>, PhantomData<&'a T>);

impl<T> Out<'_, T> {
    /// Puts the value there; what was there is not dropped.
    #[inline(always)]
    pub fn set(&self, value: T) {
        // SAFETY: by the contract of `from_c` the place may be written.
        unsafe { self.0.write(value) }
    }
}

impl<T: Copy> Out<'_, T> {
    /// What is there.
    #[inline(always)]
    pub fn get(&self) -> T {
        // SAFETY: by the contract of `from_c` the place may be read.
        unsafe { self.0.read() }
    }
}

impl<T> FromC for Out<'_, T> {
    type C = *mut T;
    #[inline(always)]
    unsafe fn from_c(value: *mut T) -> PyResult<Self> {
        NonNull::new(value).map(|place| Out(place, PhantomData)).ok_or_else(error::bad_internal_call)
    }
}

impl<T> FromC for Option<Out<'_, T>> {
    type C = *mut T;
    #[inline(always)]
    unsafe fn from_c(value: *mut T) -> PyResult<Self> {
        Ok(NonNull::new(value).map(|place| Out(place, PhantomData)))
    }
}

macro_rules! plain {
    ($($ty:ty = $error:expr;)*) => { $(
        impl FromC for $ty {
            type C = $ty;
            #[inline(always)]
            unsafe fn from_c(value: $ty) -> PyResult<Self> {
                Ok(value)
            }
        }
        impl ToC for $ty {
            type C = $ty;
            #[inline(always)]
            fn to_c(self) -> $ty {
                self
            }
            fn failed(_raised: Raised) -> $ty {
                $error
            }
        }
        impl Value for $ty {
            type C = $ty;
            const ERROR: $ty = $error;
            #[inline(always)]
            fn into_c(self) -> $ty {
                self
            }
        }
    )* };
}
plain! {
    i32 = -1; i64 = -1; isize = -1; u8 = u8::MAX; u16 = u16::MAX; u32 = u32::MAX; u64 = u64::MAX; usize = usize::MAX; f64 = -1.0; i8 = -1;
}

impl<T> FromC for *mut T {
    type C = *mut T;
    #[inline(always)]
    unsafe fn from_c(value: *mut T) -> PyResult<Self> {
        Ok(value)
    }
}
impl<T> FromC for *const T {
    type C = *const T;
    #[inline(always)]
    unsafe fn from_c(value: *const T) -> PyResult<Self> {
        Ok(value)
    }
}

macro_rules! pointers {
    ($($kind:tt $null:ident;)*) => { $(
        impl<T> ToC for *$kind T {
            type C = *$kind T;
            #[inline(always)]
            fn to_c(self) -> Self {
                self
            }
            fn failed(_raised: Raised) -> Self {
                std::ptr::$null()
            }
        }
        impl<T> Value for *$kind T {
            type C = *$kind T;
            const ERROR: Self = std::ptr::$null();
            #[inline(always)]
            fn into_c(self) -> Self {
                self
            }
        }
    )* };
}
pointers! { mut null_mut; const null; }

impl Value for Ref {
    type C = *mut PyObject;
    const ERROR: *mut PyObject = std::ptr::null_mut();
    #[inline(always)]
    fn into_c(self) -> *mut PyObject {
        self.into_ptr()
    }
}

impl Value for Option<Ref> {
    type C = *mut PyObject;
    const ERROR: *mut PyObject = std::ptr::null_mut();
    #[inline(always)]
    fn into_c(self) -> *mut PyObject {
        self.map_or(std::ptr::null_mut(), Ref::into_ptr)
    }
}

impl Value for () {
    type C = i32;
    const ERROR: i32 = -1;
    #[inline(always)]
    fn into_c(self) -> i32 {
        0
    }
}

impl Value for bool {
    type C = i32;
    const ERROR: i32 = -1;
    #[inline(always)]
    fn into_c(self) -> i32 {
        i32::from(self)
    }
}

impl ToC for () {
    type C = ();
    fn to_c(self) {}
    fn failed(_raised: Raised) {}
}

impl ToC for bool {
    type C = i32;
    fn to_c(self) -> i32 {
        i32::from(self)
    }
    fn failed(_raised: Raised) -> i32 {
        0
    }
}

/// A borrowed reference for C: somebody else keeps the object alive.
pub struct Lent(pub *mut PyObject);

impl Lent {
    /// Lends what a container (or the interpreter) holds too: the count that `reference` owns is given back here.
    pub fn of(reference: Ref) -> Lent {
        let ptr = reference.ptr();
        drop(reference);
        Lent(ptr)
    }

    /// Lends it, or NULL.
    pub fn opt(reference: Option<Ref>) -> Lent {
        reference.map_or(Lent(std::ptr::null_mut()), Lent::of)
    }
}

impl Value for Lent {
    type C = *mut PyObject;
    const ERROR: *mut PyObject = std::ptr::null_mut();
    #[inline(always)]
    fn into_c(self) -> *mut PyObject {
        self.0
    }
}

impl ToC for Lent {
    type C = *mut PyObject;
    #[inline(always)]
    fn to_c(self) -> *mut PyObject {
        self.0
    }
    fn failed(_raised: Raised) -> *mut PyObject {
        std::ptr::null_mut()
    }
}
