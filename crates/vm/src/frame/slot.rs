//! `Slot`: one word of a frame's locals or value stack.
//!
//! Tag 00: an owned object (or nothing, when the word is 0). Tag 01: an object that something else keeps alive for as long as the slot holds
//! it: a local that the compiler proved to be untouched (`LOAD_FAST_BORROW`), a constant of the running code, an immortal. Locals are
//! always untagged, so a slice of owned slots can be handed to a vectorcall as it is.

use abi::PyObject;
use object::reference::{decref, incref};
use object::{Borrowed, Object, Ref};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

const BORROWED: usize = 1;

/// One word of a frame; see the module's documentation.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Slot(*mut PyObject);

impl Slot {
    /// No object.
    pub const NULL: Slot = Slot(std::ptr::null_mut());

    /// Takes over a reference.
    #[inline(always)]
    pub fn owned(object: Ref) -> Slot {
        Slot(object.into_ptr())
    }

    /// Takes over a reference, or nothing.
    #[inline(always)]
    pub fn owned_or_null(object: Option<Ref>) -> Slot {
        object.map_or(Slot::NULL, Slot::owned)
    }

    /// A slot that owns the object at `ptr`.
    ///
    /// # Safety
    /// `ptr` is null or an object of which the caller gives up one count.
    #[inline(always)]
    pub unsafe fn from_raw(ptr: *mut PyObject) -> Slot {
        Slot(ptr)
    }

    /// A slot that does not count. Something must keep the object alive for as long as the slot is in use.
    #[inline(always)]
    pub fn borrowed(object: Borrowed<'_>) -> Slot {
        Slot(object.ptr().map_addr(|addr| addr | BORROWED))
    }

    /// This slot without a claim to its object; 0 stays 0 but for the tag.
    #[inline(always)]
    pub fn as_borrowed(self) -> Slot {
        Slot(self.0.map_addr(|addr| addr | BORROWED))
    }

    /// Whether there is no object.
    #[inline(always)]
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// Whether the slot does not own its object.
    #[inline(always)]
    pub fn is_borrowed(self) -> bool {
        self.0.addr() & BORROWED != 0
    }

    /// The object's address, or null.
    #[inline(always)]
    pub fn ptr(self) -> *mut PyObject {
        self.0.map_addr(|addr| addr & !BORROWED)
    }

    /// The object, which lives while the slot holds it.
    ///
    /// # Safety
    /// The slot is not null and its object stays alive for `'a`.
    #[inline(always)]
    pub unsafe fn object<'a>(self) -> Borrowed<'a> {
        // SAFETY: by contract.
        unsafe { Borrowed::<Object>::from_ptr(NonNull::new_unchecked(self.ptr())) }
    }

    /// The object, if any.
    ///
    /// # Safety
    /// The object stays alive for `'a`.
    #[inline(always)]
    pub unsafe fn object_or_null<'a>(self) -> Option<Borrowed<'a>> {
        // SAFETY: by contract.
        unsafe { Borrowed::<Object>::from_ptr_or_null(self.ptr()) }
    }

    /// A slot that owns its object: what this one claims moves over, a borrowed object gains a reference.
    ///
    /// # Safety
    /// The object is alive, and this slot is not used again.
    #[inline(always)]
    pub unsafe fn into_owned(self) -> Slot {
        if self.is_borrowed() {
            let ptr = self.ptr();
            if !ptr.is_null() {
                // SAFETY: by contract.
                unsafe { incref(ptr) };
            }
            return Slot(ptr);
        }
        self
    }

    /// The object as an owned reference.
    ///
    /// # Safety
    /// As [`Slot::into_owned`]; the slot is not null.
    #[inline(always)]
    pub unsafe fn into_ref(self) -> Ref {
        // SAFETY: by contract.
        unsafe { Ref::from_owned_ptr(NonNull::new_unchecked(self.into_owned().0)) }
    }

    /// Gives up the slot's claim. Any code may run.
    ///
    /// # Safety
    /// The slot is not used again.
    #[inline(always)]
    pub unsafe fn close(self) {
        if !self.is_borrowed() && !self.0.is_null() {
            // SAFETY: an untagged slot owns one count.
            unsafe { decref(self.0) };
        }
    }
}

/// A value taken from the stack: owned or borrowed, given up when dropped.
#[repr(transparent)]
pub struct Operand<'a>(Slot, PhantomData<&'a Object>);

impl Operand<'_> {
    /// Takes over a slot that is not null.
    ///
    /// # Safety
    /// The slot is not null and is not used again; a borrowed object outlives the operand.
    #[inline(always)]
    pub unsafe fn new(slot: Slot) -> Self {
        debug_assert!(!slot.is_null());
        Operand(slot, PhantomData)
    }

    /// The object.
    #[inline(always)]
    pub fn b(&self) -> Borrowed<'_> {
        // SAFETY: an operand is not null and keeps its object alive, or something else does.
        unsafe { self.0.object() }
    }

    /// The object as an owned reference.
    #[inline(always)]
    pub fn into_ref(self) -> Ref {
        // SAFETY: the operand gives up its claim.
        unsafe { ManuallyDrop::new(self).0.into_ref() }
    }

    /// The word, to be put back on a stack.
    #[inline(always)]
    pub fn into_slot(self) -> Slot {
        ManuallyDrop::new(self).0
    }
}

impl std::ops::Deref for Operand<'_> {
    type Target = Object;
    #[inline(always)]
    fn deref(&self) -> &Object {
        // SAFETY: as `b`.
        unsafe { &*self.0.ptr().cast::<Object>() }
    }
}

impl Drop for Operand<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: dropped once.
        unsafe { self.0.close() }
    }
}

/// The stack pointer: the slot behind the topmost value. Its methods trust that the code was verified: the stack has the values
/// that are popped and room for those that are pushed.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sp(NonNull<Slot>);

impl Sp {
    /// The stack pointer at `ptr`.
    ///
    /// # Safety
    /// `ptr` points into the value stack of a frame.
    #[inline(always)]
    pub unsafe fn new(ptr: *mut Slot) -> Sp {
        // SAFETY: by contract not null.
        Sp(unsafe { NonNull::new_unchecked(ptr) })
    }

    /// The address.
    #[inline(always)]
    pub fn ptr(self) -> *mut Slot {
        self.0.as_ptr()
    }

    /// The word `depth` below the top (1 is the topmost).
    #[inline(always)]
    pub fn peek(self, depth: usize) -> Slot {
        // SAFETY: verified code has that many values.
        unsafe { *self.ptr().sub(depth) }
    }

    /// The object `depth` below the top, which is there and stays there for `'a`.
    #[inline(always)]
    pub fn peek_object<'a>(self, depth: usize) -> Borrowed<'a> {
        // SAFETY: verified code has a value there; the caller leaves it there while it uses the result.
        unsafe { self.peek(depth).object() }
    }

    /// Overwrites the word `depth` below the top and returns what was there.
    #[inline(always)]
    pub fn replace(self, depth: usize, slot: Slot) -> Slot {
        // SAFETY: verified code has that many values.
        unsafe { std::mem::replace(&mut *self.ptr().sub(depth), slot) }
    }

    /// Pops the topmost word.
    #[inline(always)]
    pub fn pop_slot(&mut self) -> Slot {
        // SAFETY: verified code has a value.
        unsafe {
            self.0 = self.0.sub(1);
            *self.ptr()
        }
    }

    /// Pops the topmost value, which is not null.
    #[inline(always)]
    pub fn pop<'a>(&mut self) -> Operand<'a> {
        // SAFETY: verified code has a value; what a borrowed one points to outlives the instruction.
        unsafe { Operand::new(self.pop_slot()) }
    }

    /// Pops the topmost value as an owned reference.
    #[inline(always)]
    pub fn pop_ref(&mut self) -> Ref {
        self.pop().into_ref()
    }

    /// Pops the topmost value, which may be null.
    #[inline(always)]
    pub fn pop_or_null(&mut self) -> Option<Ref> {
        let slot = self.pop_slot();
        // SAFETY: the slot is not used again.
        if slot.is_null() { None } else { Some(unsafe { slot.into_ref() }) }
    }

    /// Pushes a word.
    #[inline(always)]
    pub fn push_slot(&mut self, slot: Slot) {
        // SAFETY: verified code has room.
        unsafe {
            *self.ptr() = slot;
            self.0 = self.0.add(1);
        }
    }

    /// Pushes a value.
    #[inline(always)]
    pub fn push(&mut self, object: Ref) {
        self.push_slot(Slot::owned(object));
    }

    /// Moves the pointer down by `count` words, whose contents stay where they are.
    #[inline(always)]
    pub fn down(self, count: usize) -> Sp {
        // SAFETY: verified code has that many values.
        Sp(unsafe { self.0.sub(count) })
    }

    /// Moves the pointer up by `count` words.
    #[inline(always)]
    pub fn up(self, count: usize) -> Sp {
        // SAFETY: verified code has that much room.
        Sp(unsafe { self.0.add(count) })
    }

    /// The topmost `count` values as owned objects: borrowed ones gain references first.
    #[inline(always)]
    pub fn own_top<'a>(self, count: usize) -> &'a [Borrowed<'a>] {
        let start = self.down(count).ptr();
        // SAFETY: verified code has that many values, none of them null; untagged slots have the bytes of `Borrowed`. The caller leaves them
        // there while it uses the slice.
        unsafe {
            for index in 0..count {
                let slot = start.add(index);
                *slot = (*slot).into_owned();
            }
            std::slice::from_raw_parts(start.cast::<Borrowed<'a>>(), count)
        }
    }

    /// Drops the topmost `count` words, the topmost first. Any code may run.
    #[inline(always)]
    pub fn drop_top(&mut self, count: usize) {
        for _ in 0..count {
            let slot = self.pop_slot();
            // SAFETY: the slot is not used again.
            unsafe { slot.close() };
        }
    }
}
