//! `Ref`, `Borrowed` and the bare `Object`: how Rust holds Python objects.
//!
//! [`Ref`] owns one count of an object's reference count, [`Borrowed`] promises only that the object lives for `'a`. Both are one
//! non-null pointer, so `Option<Ref>` is C's `PyObject *`. [`Object`] itself is opaque and without size: a reference to it says
//! nothing about the memory behind it, which is what makes `&Object` harmless (a reference to the header would let rustc assume
//! that the header does not change).

use crate::memory;
use crate::types::TypeObject;
use abi::{IMMORTAL_REFCNT, PyObject};
use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// Any Python object, seen from outside. The abstract protocols are its methods.
#[repr(C)]
pub struct Object {
    _opaque: UnsafeCell<[u8; 0]>,
    _not_send: PhantomData<*mut u8>,
}

/// A struct that begins with an object header.
///
/// # Safety
/// The implementor is `repr(C)` (or `repr(transparent)` over such a struct) and begins with `PyObject`.
pub unsafe trait Layout: 'static {}

// SAFETY: `Object` stands for the header itself.
unsafe impl Layout for Object {}

/// An owned reference to an object whose struct is `T`.
#[repr(transparent)]
pub struct Ref<T: Layout = Object>(NonNull<T>);

/// A reference to an object that somebody else keeps alive for `'a`.
#[repr(transparent)]
pub struct Borrowed<'a, T: Layout = Object>(NonNull<T>, PhantomData<&'a Object>);

impl<T: Layout> Copy for Borrowed<'_, T> {}
impl<T: Layout> Clone for Borrowed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl Object {
    /// The address, as C's `PyObject *`.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut PyObject {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    /// This object as a [`Borrowed`].
    #[inline(always)]
    pub fn borrowed(&self) -> Borrowed<'_> {
        Borrowed(NonNull::from(self), PhantomData)
    }

    /// A new owned reference to this object.
    #[inline(always)]
    pub fn to_ref(&self) -> Ref {
        self.borrowed().to_ref()
    }

    /// The object's type.
    #[inline(always)]
    pub fn class(&self) -> &TypeObject {
        // SAFETY: every live object has a type, which lives at least as long as the object.
        unsafe { &*(*self.as_ptr()).ob_type.get().cast::<TypeObject>() }
    }

    /// Whether both are the same object.
    #[inline(always)]
    pub fn is(&self, other: &Object) -> bool {
        std::ptr::eq(self.as_ptr(), other.as_ptr())
    }

    /// The reference count, as `sys.getrefcount` shows it before it adds its own argument.
    #[inline]
    pub fn refcount(&self) -> u32 {
        // SAFETY: the object is alive; its count is the low half of the first word.
        unsafe { *self.as_ptr().cast::<u32>() }
    }

    /// Whether the reference count is out of use: the object never dies.
    #[inline(always)]
    pub fn is_immortal(&self) -> bool {
        (self.refcount().cast_signed()) < 0
    }

    /// Makes this object immortal.
    pub fn make_immortal(&self) {
        // SAFETY: the object is alive.
        unsafe { (*self.as_ptr()).ob_refcnt_full.set(IMMORTAL_REFCNT) }
    }

    /// Trusted view of this object as a `T`.
    ///
    /// # Safety
    /// The object's struct is a `T`.
    #[inline(always)]
    pub unsafe fn cast_unchecked<T: Layout>(&self) -> Borrowed<'_, T> {
        Borrowed(NonNull::from(self).cast(), PhantomData)
    }
}

/// Adds one to the count of the object at `ptr`; nothing for an immortal.
///
/// # Safety
/// `ptr` points to a live object and this thread holds its GIL.
#[inline(always)]
pub unsafe fn incref(ptr: *mut PyObject) {
    let count = ptr.cast::<u32>();
    // SAFETY: by contract; the count is the low half of the first word.
    unsafe {
        let current = *count;
        if current < 0xC000_0000 {
            *count = current + 1;
        }
    }
}

/// Takes one from the count of an object that somebody else keeps alive.
///
/// # Safety
/// `ptr` points to a live object of which the caller owns one count, which is not the last; this thread holds its GIL.
#[inline(always)]
pub unsafe fn decref_alive(ptr: *mut PyObject) {
    let count = ptr.cast::<u32>();
    // SAFETY: by contract.
    unsafe {
        let current = *count;
        if current.cast_signed() >= 0 {
            *count = current - 1;
        }
    }
}

/// Takes one from the count of the object at `ptr`, and destroys the object when none is left.
///
/// # Safety
/// `ptr` points to a live object of which the caller owns one count; this thread holds its GIL. Any code may run.
#[inline(always)]
pub unsafe fn decref(ptr: *mut PyObject) {
    let count = ptr.cast::<u32>();
    // SAFETY: by contract.
    unsafe {
        let current = *count;
        if (current.cast_signed()) < 0 {
            return;
        }
        *count = current - 1;
        if current == 1 {
            memory::dealloc(ptr);
        }
    }
}

impl<T: Layout> Ref<T> {
    /// Takes over one count of the object at `ptr`.
    ///
    /// # Safety
    /// `ptr` is a live object whose struct is a `T`, and the caller gives up one count.
    #[inline(always)]
    pub unsafe fn from_owned_ptr(ptr: NonNull<PyObject>) -> Self {
        Ref(ptr.cast())
    }

    /// Takes over one count, or nothing where C gave NULL.
    ///
    /// # Safety
    /// As [`Ref::from_owned_ptr`] where `ptr` is not null.
    #[inline(always)]
    pub unsafe fn from_owned_or_null(ptr: *mut PyObject) -> Option<Self> {
        NonNull::new(ptr).map(|ptr| Ref(ptr.cast()))
    }

    /// This object as a [`Borrowed`] of the same struct.
    #[inline(always)]
    pub fn borrow(&self) -> Borrowed<'_, T> {
        Borrowed(self.0, PhantomData)
    }

    /// This object as a plain [`Borrowed`].
    #[inline(always)]
    pub fn b(&self) -> Borrowed<'_> {
        Borrowed(self.0.cast(), PhantomData)
    }

    /// Forgets the struct's type.
    #[inline(always)]
    pub fn upcast(self) -> Ref {
        Ref(NonNull::from(std::mem::ManuallyDrop::new(self).0).cast())
    }

    /// Gives the count away, as C's "new reference".
    #[inline(always)]
    pub fn into_ptr(self) -> *mut PyObject {
        std::mem::ManuallyDrop::new(self).0.as_ptr().cast()
    }

    /// The address.
    #[inline(always)]
    pub fn ptr(&self) -> *mut PyObject {
        self.0.as_ptr().cast()
    }

    /// Trusted change of the struct's type.
    ///
    /// # Safety
    /// The object's struct is a `U`.
    #[inline(always)]
    pub unsafe fn cast_unchecked<U: Layout>(self) -> Ref<U> {
        Ref(std::mem::ManuallyDrop::new(self).0.cast())
    }
}

impl Ref {
    /// This object as a `T`, or itself where its type is not `T`'s or a subtype.
    pub fn downcast<T: crate::StaticType>(self) -> Result<Ref<T>, Ref> {
        if self.class().is_subtype(T::type_object()) { Ok(Ref(std::mem::ManuallyDrop::new(self).0.cast())) } else { Err(self) }
    }
}

impl<T: Layout> Drop for Ref<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: a `Ref` owns one count.
        unsafe { decref(self.0.as_ptr().cast()) }
    }
}

impl<T: Layout> Clone for Ref<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        // SAFETY: a `Ref` keeps its object alive.
        unsafe { incref(self.0.as_ptr().cast()) };
        Ref(self.0)
    }
}

impl<T: Layout> Deref for Ref<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the object lives while `self` does, and its struct is a `T`, whose fields are cells.
        unsafe { self.0.as_ref() }
    }
}

impl<'a, T: Layout> Borrowed<'a, T> {
    /// Borrows the object at `ptr`.
    ///
    /// # Safety
    /// `ptr` is a live object whose struct is a `T`, and somebody keeps it alive for `'a`.
    #[inline(always)]
    pub unsafe fn from_ptr(ptr: NonNull<PyObject>) -> Self {
        Borrowed(ptr.cast(), PhantomData)
    }

    /// Borrows the object at `ptr`, or nothing where C gave NULL.
    ///
    /// # Safety
    /// As [`Borrowed::from_ptr`] where `ptr` is not null.
    #[inline(always)]
    pub unsafe fn from_ptr_or_null(ptr: *mut PyObject) -> Option<Self> {
        NonNull::new(ptr).map(|ptr| Borrowed(ptr.cast(), PhantomData))
    }

    /// The struct, for as long as the object is kept alive.
    #[inline(always)]
    pub fn get(self) -> &'a T {
        // SAFETY: as `Deref` for `Ref`.
        unsafe { self.0.as_ref() }
    }

    /// The object behind the struct, for as long as it is kept alive.
    #[inline(always)]
    pub fn object(self) -> Borrowed<'a> {
        Borrowed(self.0.cast(), PhantomData)
    }

    /// A new owned reference.
    #[inline(always)]
    pub fn to_ref(self) -> Ref<T> {
        // SAFETY: the object is alive.
        unsafe { incref(self.0.as_ptr().cast()) };
        Ref(self.0)
    }

    /// The address.
    #[inline(always)]
    pub fn ptr(self) -> *mut PyObject {
        self.0.as_ptr().cast()
    }

    /// Trusted view of a slot's or a method's `self`, whose type the caller of the slot has checked. Debug builds check nothing
    /// more than that the object has a type: a slot may be inherited by any layout that extends `U`.
    #[inline(always)]
    pub fn self_as<U: Layout>(self) -> Borrowed<'a, U> {
        Borrowed(self.0.cast(), PhantomData)
    }

    /// A borrow with another lifetime.
    ///
    /// # Safety
    /// Somebody keeps the object alive for `'b`.
    #[inline(always)]
    pub unsafe fn extend<'b>(self) -> Borrowed<'b, T> {
        Borrowed(self.0, PhantomData)
    }
}

impl<'a> Borrowed<'a> {
    /// This object as a `T`, where its type is `T`'s or a subtype.
    #[inline]
    pub fn downcast<T: crate::StaticType>(self) -> Option<Borrowed<'a, T>> {
        self.get().class().is_subtype(T::type_object()).then_some(Borrowed(self.0.cast(), PhantomData))
    }

    /// This object as a `T`, where its type is exactly `T`'s.
    #[inline]
    pub fn downcast_exact<T: crate::StaticType>(self) -> Option<Borrowed<'a, T>> {
        std::ptr::eq(self.get().class(), T::type_object()).then_some(Borrowed(self.0.cast(), PhantomData))
    }
}

impl<T: Layout> Deref for Borrowed<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: as `Deref` for `Ref`.
        unsafe { self.0.as_ref() }
    }
}

impl<'a, T: Layout> From<&'a Ref<T>> for Borrowed<'a> {
    fn from(reference: &'a Ref<T>) -> Self {
        reference.b()
    }
}

/// A field that owns an object or none: C's nullable `PyObject *` member.
#[repr(transparent)]
pub struct OptRef<T: Layout = Object>(std::cell::Cell<Option<NonNull<T>>>, PhantomData<Ref<T>>);

impl<T: Layout> OptRef<T> {
    /// A field that begins with `value`.
    pub const fn new(value: Option<Ref<T>>) -> Self {
        let value = std::mem::ManuallyDrop::new(value);
        // SAFETY: `Option<Ref<T>>` and `Option<NonNull<T>>` have the same bytes.
        let raw = unsafe { std::mem::transmute_copy::<std::mem::ManuallyDrop<Option<Ref<T>>>, Option<NonNull<T>>>(&value) };
        OptRef(std::cell::Cell::new(raw), PhantomData)
    }

    /// An empty field.
    pub const fn none() -> Self {
        OptRef(std::cell::Cell::new(None), PhantomData)
    }

    /// A new owned reference to what the field holds.
    #[inline]
    pub fn get(&self) -> Option<Ref<T>> {
        self.0.get().map(|ptr| Borrowed::<T>(ptr, PhantomData).to_ref())
    }

    /// Whether the field is empty.
    #[inline]
    pub fn is_none(&self) -> bool {
        self.0.get().is_none()
    }

    /// Whether the field holds an object.
    #[inline]
    pub fn is_some(&self) -> bool {
        self.0.get().is_some()
    }

    /// Borrows what the field holds. The borrow must end before any code runs that could change the field.
    ///
    /// # Safety
    /// The field is not replaced while the result is in use.
    #[inline]
    pub unsafe fn peek(&self) -> Option<Borrowed<'_, T>> {
        self.0.get().map(|ptr| Borrowed(ptr, PhantomData))
    }

    /// Puts `value` into the field and returns what was there. Nothing is dropped here.
    #[inline]
    pub fn replace(&self, value: Option<Ref<T>>) -> Option<Ref<T>> {
        self.0.replace(value.map(|value| std::mem::ManuallyDrop::new(value).0)).map(Ref)
    }

    /// Empties the field.
    #[inline]
    pub fn take(&self) -> Option<Ref<T>> {
        self.replace(None)
    }

    /// Puts `value` into the field, then drops what was there (any code may run).
    #[inline]
    pub fn set(&self, value: Option<Ref<T>>) {
        drop(self.replace(value));
    }

    /// The address held, or null: for identity tests.
    #[inline]
    pub fn as_ptr(&self) -> *mut PyObject {
        self.0.get().map_or(std::ptr::null_mut(), |ptr| ptr.as_ptr().cast())
    }
}

impl<T: Layout> Drop for OptRef<T> {
    fn drop(&mut self) {
        self.take();
    }
}

impl<T: Layout> Default for OptRef<T> {
    fn default() -> Self {
        Self::none()
    }
}

/// Owned references in the `Cell<*mut PyObject>` fields of `abi`'s structs.
pub trait RawField {
    /// A new owned reference to what the field holds.
    fn load(&self) -> Option<Ref>;
    /// Puts `value` in and returns what was there; nothing is dropped here.
    fn swap_ref(&self, value: Option<Ref>) -> Option<Ref>;
    /// Puts `value` in, then drops what was there.
    fn store(&self, value: Option<Ref>) {
        drop(self.swap_ref(value));
    }
}

impl RawField for std::cell::Cell<*mut PyObject> {
    #[inline]
    fn load(&self) -> Option<Ref> {
        // SAFETY: such fields own their objects, or hold NULL.
        unsafe { Borrowed::<Object>::from_ptr_or_null(self.get()) }.map(Borrowed::to_ref)
    }
    #[inline]
    fn swap_ref(&self, value: Option<Ref>) -> Option<Ref> {
        let old = self.replace(value.map_or(std::ptr::null_mut(), Ref::into_ptr));
        // SAFETY: such fields own their objects, or hold NULL; ownership moves out.
        unsafe { Ref::from_owned_or_null(old) }
    }
}
