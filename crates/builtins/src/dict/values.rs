//! The values of a split table: inline in an instance, or in a block of their own.
//!
//! Layout, as CPython 3.14: four bytes (capacity, size, embedded, valid), padding to a word, `capacity` values, then one byte for each value
//! in use: the index of the key, in the order of insertion.

use abi::{Cell, PyDictValues, PyObject};
use object::{Borrowed, Object, PyResult, Ref, Visit, memory};
use std::ptr::NonNull;

#[repr(C)]
struct Header {
    capacity: Cell<u8>,
    size: Cell<u8>,
    embedded: Cell<bool>,
    valid: Cell<bool>,
}

const HEADER: usize = 8;

/// Where the values stand, from the start of the block: for the interpreter.
pub const ITEMS_OFFSET: usize = HEADER;
/// Where the byte stands that says whether they are valid.
pub const VALID_OFFSET: usize = std::mem::offset_of!(Header, valid);

/// A handle of live values. It owns nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Values(NonNull<Header>);

impl Values {
    /// Bytes of values with this capacity.
    pub const fn bytes(capacity: usize) -> usize {
        HEADER + capacity * size_of::<*mut PyObject>() + capacity.next_multiple_of(8)
    }

    /// The values at `ptr`.
    ///
    /// # Safety
    /// They are live.
    #[inline(always)]
    pub unsafe fn from_raw(ptr: *mut PyDictValues) -> Option<Values> {
        NonNull::new(ptr.cast()).map(Values)
    }

    /// The address.
    #[inline(always)]
    pub fn as_raw(self) -> *mut PyDictValues {
        self.0.as_ptr().cast()
    }

    /// Prepares values in memory of at least `bytes(capacity)` bytes.
    ///
    /// # Safety
    /// The memory is there.
    pub unsafe fn init(ptr: NonNull<u8>, capacity: u8, embedded: bool) -> Values {
        let values = Values(ptr.cast());
        // SAFETY: by contract.
        unsafe {
            values.0.write(Header {
                capacity: Cell::new(capacity),
                size: Cell::new(0),
                embedded: Cell::new(embedded),
                valid: Cell::new(true),
            });
            ptr.add(HEADER).as_ptr().write_bytes(0, usize::from(capacity) * size_of::<*mut PyObject>());
        }
        values
    }

    /// Values in a block of their own.
    pub fn new(capacity: u8) -> PyResult<Values> {
        let block = memory::or_no_memory(memory::try_alloc(Self::bytes(usize::from(capacity))))?;
        // SAFETY: the block has that size.
        Ok(unsafe { Values::init(block, capacity, false) })
    }

    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: the handle's values are live.
        unsafe { self.0.as_ref() }
    }

    /// Room for values.
    #[inline(always)]
    pub fn capacity(self) -> usize {
        usize::from(self.header().capacity.get())
    }

    /// Values in use.
    #[inline(always)]
    pub fn len(self) -> usize {
        usize::from(self.header().size.get())
    }

    /// Whether they stand in an instance.
    #[inline(always)]
    pub fn is_embedded(self) -> bool {
        self.header().embedded.get()
    }

    /// Whether the instance's attributes are here; else they are in its dict.
    #[inline(always)]
    pub fn is_valid(self) -> bool {
        self.header().valid.get()
    }

    /// The attributes moved to a dict, or into it.
    #[inline(always)]
    pub fn set_invalid(self) {
        self.header().valid.set(false);
    }

    /// The cell of a value. `index` is below the capacity.
    #[inline(always)]
    pub fn slot<'a>(self, index: usize) -> &'a Cell<*mut PyObject> {
        debug_assert!(index < self.capacity());
        // SAFETY: the index is inside.
        unsafe { &*self.0.as_ptr().byte_add(HEADER).cast::<Cell<*mut PyObject>>().add(index) }
    }

    #[inline(always)]
    fn order(self) -> *mut u8 {
        // SAFETY: the bytes stand behind the values.
        unsafe { self.0.as_ptr().byte_add(HEADER + self.capacity() * size_of::<*mut PyObject>()).cast() }
    }

    /// The key's index of the value that was inserted as number `position`.
    #[inline(always)]
    pub fn at(self, position: usize) -> Option<usize> {
        // SAFETY: positions below the length are inside.
        (position < self.len()).then(|| usize::from(unsafe { *self.order().add(position) }))
    }

    /// A value came into `index`: it is the last in order.
    #[inline]
    pub fn add_to_order(self, index: usize) {
        let len = self.len();
        if len < self.capacity() {
            // SAFETY: the position is inside.
            unsafe { self.order().add(len).write(index as u8) };
            self.header().size.set(len as u8 + 1);
        }
    }

    /// The value at `index` went: takes it out of the order.
    pub fn remove_from_order(self, index: usize) {
        let len = self.len();
        // SAFETY: positions below the length are inside.
        unsafe {
            let order = std::slice::from_raw_parts_mut(self.order(), len);
            if let Some(at) = order.iter().position(|own| usize::from(*own) == index) {
                order.copy_within(at + 1.., at);
                self.header().size.set(len as u8 - 1);
            }
        }
    }

    /// Takes the value at `index` out.
    pub fn take(self, index: usize) -> Option<Ref> {
        // SAFETY: the slot owns its value, which moves out.
        unsafe { Ref::from_owned_or_null(self.slot(index).replace(std::ptr::null_mut())) }
    }

    /// Drops all values, one after the other out of their slots; also those that are added meanwhile.
    pub fn clear(self) {
        while let Some(last) = self.len().checked_sub(1) {
            let index = self.at(last);
            self.header().size.set(last as u8);
            drop(index.and_then(|index| self.take(index)));
        }
    }

    /// A copy in a block of its own, with new references.
    pub fn duplicate(self) -> PyResult<Values> {
        let copy = Values::new(self.header().capacity.get())?;
        for index in 0..self.capacity() {
            // SAFETY: the slot holds a live object or null.
            if let Some(value) = unsafe { Borrowed::<Object>::from_ptr_or_null(self.slot(index).get()) } {
                copy.slot(index).set(value.to_ref().into_ptr());
            }
        }
        copy.header().size.set(self.header().size.get());
        // SAFETY: both have room for as many bytes as their capacity.
        unsafe { copy.order().copy_from_nonoverlapping(self.order(), self.len()) };
        Ok(copy)
    }

    /// Shows the collector the values.
    pub fn visit(self, visit: &mut Visit<'_>) {
        for index in 0..self.capacity() {
            visit.raw(self.slot(index).get());
        }
    }

    /// Gives back a block of values that are no longer in it.
    pub fn free_block(self) {
        debug_assert!(!self.is_embedded());
        // SAFETY: the block came from `new`.
        unsafe { memory::free(self.0.as_ptr().cast()) };
    }
}
