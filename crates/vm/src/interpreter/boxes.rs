//! Boxes for small ints and floats: free lists of the thread, so that arithmetic needs no allocator.
//!
//! What a specialised instruction makes is, in this order: an immortal small int, an operand that nobody else refers to, overwritten, or a
//! block from the free list. Where there is none, the instruction gives up before any side effect and its generic form allocates.

use crate::frame::Slot;
use abi::{PyFloatObject, PyLongObject, PyObject};
use object::core;
use std::cell::Cell;
use std::ptr::null_mut;

/// Dead objects of one size; the type pointer's word links them.
struct FreeList {
    head: Cell<*mut PyObject>,
    count: Cell<u32>,
}

const LIMIT: u32 = 256;

impl FreeList {
    const fn new() -> Self {
        FreeList { head: Cell::new(null_mut()), count: Cell::new(0) }
    }

    /// A block, or null.
    #[inline(always)]
    fn pop(&self) -> *mut PyObject {
        let block = self.head.get();
        if !block.is_null() {
            // SAFETY: a block in the list is linked through its type pointer's word.
            unsafe { self.head.set((*block).ob_type.get().cast()) };
            self.count.set(self.count.get() - 1);
        }
        block
    }

    /// Takes a dead object.
    #[inline(always)]
    unsafe fn push(&self, block: *mut PyObject) {
        // SAFETY: by contract a dead object of this list's size.
        unsafe { (*block).ob_type.set(self.head.get().cast()) };
        self.head.set(block);
        self.count.set(self.count.get() + 1);
    }

    #[inline(always)]
    fn is_full(&self) -> bool {
        self.count.get() >= LIMIT
    }
}

thread_local! {
    static INTS: FreeList = const { FreeList::new() };
    static FLOATS: FreeList = const { FreeList::new() };
}

/// Whether the ints' list has had enough: then [`trim`] comes before an instruction that could add to it.
#[inline(always)]
pub(super) fn ints_full() -> bool {
    INTS.with(FreeList::is_full)
}

/// As [`ints_full`], for floats.
#[inline(always)]
pub(super) fn floats_full() -> bool {
    FLOATS.with(FreeList::is_full)
}

/// Gives most of both lists back to the allocator.
#[cold]
#[inline(never)]
pub(super) fn trim() {
    release(LIMIT / 4);
}

/// Gives the free lists' blocks back to the allocator: when the thread ends.
pub fn release_all() {
    release(0);
}

fn release(keep: u32) {
    for list in [&INTS, &FLOATS] {
        list.with(|list| {
            while list.count.get() > keep {
                let block = list.pop();
                if block.is_null() {
                    break;
                }
                // SAFETY: ints and floats have no words before the object.
                unsafe { object::memory::free(block.cast()) };
            }
        });
    }
}

#[inline(always)]
fn int_type() -> *mut abi::PyTypeObject {
    core::INT.as_type_ptr()
}

#[inline(always)]
fn float_type() -> *mut abi::PyTypeObject {
    core::FLOAT.as_type_ptr()
}

/// The value of an exact int of at most one digit.
///
/// # Safety
/// The slot holds an object.
#[inline(always)]
pub(super) unsafe fn int_value(slot: Slot) -> Option<i64> {
    let ptr = slot.ptr();
    // SAFETY: by contract; an int has a tag and room for one digit.
    unsafe {
        if (*ptr).ob_type.get() != int_type() {
            return None;
        }
        let value = &(*ptr.cast::<PyLongObject>()).long_value;
        let tag = value.lv_tag.get();
        if tag >= 16 {
            return None;
        }
        Some(i64::from(value.ob_digit[0].get()) * (1 - (tag & 3).cast_signed() as i64))
    }
}

/// The value of an exact float.
///
/// # Safety
/// The slot holds an object.
#[inline(always)]
pub(super) unsafe fn float_value(slot: Slot) -> Option<f64> {
    let ptr = slot.ptr();
    // SAFETY: by contract.
    unsafe { if (*ptr).ob_type.get() == float_type() { Some((*ptr.cast::<PyFloatObject>()).ob_fval.get()) } else { None } }
}

#[inline(always)]
unsafe fn refcount(ptr: *mut PyObject) -> u32 {
    // SAFETY: by contract a live object.
    unsafe { *ptr.cast::<u32>() }
}

#[inline(always)]
unsafe fn is_unique(slot: Slot) -> bool {
    // SAFETY: by contract the slot holds an object.
    !slot.is_borrowed() && unsafe { refcount(slot.ptr()) } == 1
}

/// Gives up a slot that holds an exact int of one digit.
///
/// # Safety
/// The slot holds such an int and is not used again.
#[inline(always)]
pub(super) unsafe fn close_int(slot: Slot) {
    // SAFETY: by contract.
    unsafe { close_into(slot, &INTS) }
}

/// Gives up a slot that holds an exact float.
///
/// # Safety
/// The slot holds a float and is not used again.
#[inline(always)]
pub(super) unsafe fn close_float(slot: Slot) {
    // SAFETY: by contract.
    unsafe { close_into(slot, &FLOATS) }
}

#[inline(always)]
unsafe fn close_into(slot: Slot, list: &'static std::thread::LocalKey<FreeList>) {
    if slot.is_borrowed() {
        return;
    }
    let ptr = slot.ptr();
    // SAFETY: by contract the slot owns one count.
    unsafe {
        let count = refcount(ptr);
        if count.cast_signed() < 0 {
            return;
        }
        *ptr.cast::<u32>() = count - 1;
        if count == 1 {
            list.with(|list| list.push(ptr));
        }
    }
}

/// Puts a dead exact int or float into its free list; false for anything else.
///
/// # Safety
/// The object's count is 0.
#[inline(always)]
pub(super) unsafe fn recycle(ptr: *mut PyObject) -> bool {
    // SAFETY: by contract; a float has one size, an int of at most one digit too.
    unsafe {
        let class = (*ptr).ob_type.get();
        if class == float_type() {
            return FLOATS.with(|list| {
                !list.is_full() && {
                    list.push(ptr);
                    true
                }
            });
        }
        if class == int_type() && (*ptr.cast::<PyLongObject>()).long_value.lv_tag.get() < 16 {
            return INTS.with(|list| {
                !list.is_full() && {
                    list.push(ptr);
                    true
                }
            });
        }
        false
    }
}

#[inline(always)]
fn small(value: i64) -> Slot {
    match object::value::int::new(value) {
        Ok(object) => {
            let slot = Slot::borrowed(object.b());
            // Immortal: there is no count to give back.
            std::mem::forget(object);
            slot
        }
        Err(_raised) => Slot::NULL,
    }
}

/// The int `value` in the place of two operands that are exact ints of one digit; null, and nothing done, where the fast way is closed.
///
/// # Safety
/// Both slots hold such ints; if the result is not null they are not used again.
#[inline(always)]
pub(super) unsafe fn int_result(value: i64, left: Slot, right: Slot) -> Slot {
    const DIGIT: u64 = 1 << 30;
    // SAFETY: by contract; blocks of the list are those of ints with one digit.
    unsafe {
        if (-5..=256).contains(&value) {
            close_int(left);
            close_int(right);
            return small(value);
        }
        let magnitude = value.unsigned_abs();
        if magnitude >= DIGIT {
            return Slot::NULL;
        }
        let tag = 8 | if value < 0 { 2 } else { 0 };
        let block = if is_unique(left) {
            close_int(right);
            left.ptr()
        } else if is_unique(right) {
            close_int(left);
            right.ptr()
        } else {
            let block = INTS.with(FreeList::pop);
            if block.is_null() {
                return Slot::NULL;
            }
            (*block).ob_refcnt_full.set(1);
            (*block).ob_type.set(int_type());
            close_int(left);
            close_int(right);
            block
        };
        let long = &(*block.cast::<PyLongObject>()).long_value;
        long.lv_tag.set(tag);
        long.ob_digit[0].set(magnitude as u32);
        Slot::from_raw(block)
    }
}

/// The float `value` in the place of two operands that are exact floats; null, and nothing done, where the fast way is closed.
///
/// # Safety
/// Both slots hold floats; if the result is not null they are not used again.
#[inline(always)]
pub(super) unsafe fn float_result(value: f64, left: Slot, right: Slot) -> Slot {
    // SAFETY: by contract; blocks of the list are those of floats.
    unsafe {
        let block = if is_unique(left) {
            close_float(right);
            left.ptr()
        } else if is_unique(right) {
            close_float(left);
            right.ptr()
        } else {
            let block = FLOATS.with(FreeList::pop);
            if block.is_null() {
                return Slot::NULL;
            }
            (*block).ob_refcnt_full.set(1);
            (*block).ob_type.set(float_type());
            close_float(left);
            close_float(right);
            block
        };
        (*block.cast::<PyFloatObject>()).ob_fval.set(value);
        Slot::from_raw(block)
    }
}

/// A new int, for an iterator's item; null where the free list is empty or the value too large.
#[inline(always)]
pub(super) fn new_int(value: i64) -> Slot {
    if (-5..=256).contains(&value) {
        return small(value);
    }
    let magnitude = value.unsigned_abs();
    if magnitude >= 1 << 30 {
        return Slot::NULL;
    }
    let block = INTS.with(FreeList::pop);
    if block.is_null() {
        return Slot::NULL;
    }
    // SAFETY: blocks of the list are those of ints with one digit.
    unsafe {
        (*block).ob_refcnt_full.set(1);
        (*block).ob_type.set(int_type());
        let long = &(*block.cast::<PyLongObject>()).long_value;
        long.lv_tag.set(8 | if value < 0 { 2 } else { 0 });
        long.ob_digit[0].set(magnitude as u32);
        Slot::from_raw(block)
    }
}
