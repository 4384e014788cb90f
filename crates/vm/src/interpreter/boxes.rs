//! Boxes for small ints and floats, straight from the heap's free list, so that arithmetic calls no allocator.
//!
//! What a specialised instruction makes is, in this order: an immortal small int, an operand that nobody else refers to, overwritten, or a
//! block from the list. Where there is none, the instruction gives up before any side effect and its generic form allocates.

use crate::frame::Slot;
use abi::{PyFloatObject, PyLongObject, PyObject};
use object::core;
use object::thread::ThreadState;

/// Bytes of a float, and of an int of at most two digits: all are blocks of one size of the heap.
const BOX: usize = 32;

/// A block for a box, or null: the heap's list is empty.
#[inline(always)]
unsafe fn pop(thread: *const ThreadState) -> *mut PyObject {
    // SAFETY: handlers are entered with a live thread state.
    unsafe { (*thread).heap().pop(BOX).cast() }
}

/// Gives the block of a dead box to the heap.
#[inline(always)]
unsafe fn push(thread: *const ThreadState, block: *mut PyObject) {
    // SAFETY: handlers are entered with a live thread state; by contract the block is a box's.
    unsafe { (*thread).heap().push_sized(block.cast(), BOX) }
}

#[inline(always)]
fn int_type() -> *mut abi::PyTypeObject {
    core::INT.as_type_ptr()
}

#[inline(always)]
fn float_type() -> *mut abi::PyTypeObject {
    core::FLOAT.as_type_ptr()
}

/// The value of an exact int of at most two digits: its magnitude is below 2**60.
///
/// # Safety
/// The slot holds an object.
#[inline(always)]
pub(super) unsafe fn int_value(slot: Slot) -> Option<i64> {
    let ptr = slot.ptr();
    // SAFETY: by contract; an int has a tag and room for the digits that it counts, one at least.
    unsafe {
        if (*ptr).ob_type.get() != int_type() {
            return None;
        }
        let value = &(*ptr.cast::<PyLongObject>()).long_value;
        let tag = value.lv_tag.get();
        let low = i64::from(value.ob_digit[0].get());
        let sign = 1 - (tag & 3).cast_signed() as i64;
        if tag < 16 {
            return Some(low * sign);
        }
        if tag >= 24 {
            return None;
        }
        let high = i64::from(*value.ob_digit.as_ptr().cast::<u32>().add(1));
        Some((low | high << 30) * sign)
    }
}

/// The value of an exact int of at most one digit.
///
/// # Safety
/// The slot holds an object.
#[inline(always)]
pub(super) unsafe fn digit_value(slot: Slot) -> Option<i64> {
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

/// Gives up a slot that holds an exact float, or an exact int of at most two digits.
///
/// # Safety
/// The slot holds such an object and is not used again.
#[inline(always)]
pub(super) unsafe fn close_box(thread: *const ThreadState, slot: Slot) {
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
            push(thread, ptr);
        }
    }
}

/// Whether the object is an exact float, or an exact int of at most two digits.
///
/// # Safety
/// The object is whole but for its count.
#[inline(always)]
pub(super) unsafe fn is_box(ptr: *mut PyObject) -> bool {
    // SAFETY: by contract.
    unsafe {
        let class = (*ptr).ob_type.get();
        class == float_type() || (class == int_type() && (*ptr.cast::<PyLongObject>()).long_value.lv_tag.get() < 24)
    }
}

/// Gives the block of a dead box to the heap; false for anything else.
///
/// # Safety
/// The object's count is 0.
#[inline(always)]
pub(super) unsafe fn recycle(thread: *const ThreadState, ptr: *mut PyObject) -> bool {
    // SAFETY: by contract.
    unsafe {
        let is_box = is_box(ptr);
        if is_box {
            push(thread, ptr);
        }
        is_box
    }
}

#[inline(always)]
fn small(value: i64) -> Slot {
    object::value::int::small_int(value).map_or(Slot::NULL, Slot::borrowed)
}

/// Writes sign and digits of an int below 2**60 into a box.
#[inline(always)]
unsafe fn fill_int(block: *mut PyObject, negative: bool, magnitude: u64) {
    // SAFETY: by contract a box, which has room for two digits; the second stands right behind the first.
    unsafe {
        let long = &(*block.cast::<PyLongObject>()).long_value;
        let digits = long.ob_digit.as_ptr().cast::<u32>().cast_mut();
        let high = (magnitude >> 30) as u32;
        digits.write((magnitude & 0x3FFF_FFFF) as u32);
        digits.add(1).write(high);
        let count = 8 + (u64::from(high != 0) << 3);
        long.lv_tag.set((count | (u64::from(negative) << 1)) as usize);
    }
}

/// The int `value` in the place of two operands that are exact ints of at most two digits; null, and nothing done, where the fast way is closed.
///
/// # Safety
/// Both slots hold such ints; if the result is not null they are not used again.
#[inline(always)]
pub(super) unsafe fn int_result(thread: *const ThreadState, value: i64, left: Slot, right: Slot) -> Slot {
    // SAFETY: by contract; a box has room for an int of two digits.
    unsafe {
        if (-5..=256).contains(&value) {
            close_box(thread, left);
            close_box(thread, right);
            return small(value);
        }
        let magnitude = value.unsigned_abs();
        if magnitude >= 1 << 60 {
            return Slot::NULL;
        }
        let block = if is_unique(left) {
            close_box(thread, right);
            left.ptr()
        } else if is_unique(right) {
            close_box(thread, left);
            right.ptr()
        } else {
            let block = pop(thread);
            if block.is_null() {
                return Slot::NULL;
            }
            (*block).ob_refcnt_full.set(1);
            (*block).ob_type.set(int_type());
            close_box(thread, left);
            close_box(thread, right);
            block
        };
        fill_int(block, value < 0, magnitude);
        Slot::from_raw(block)
    }
}

/// The int `value` as a new object, where that is easy: a small int, or one of one digit for which the heap has a block. Else null.
#[inline(always)]
pub(super) unsafe fn light_int(thread: *const ThreadState, value: i64) -> Slot {
    if (-5..=256).contains(&value) {
        return small(value);
    }
    let magnitude = value.unsigned_abs();
    if magnitude >= 1 << 30 {
        return Slot::NULL;
    }
    // SAFETY: a box has room for an int of one digit.
    unsafe {
        let block = pop(thread);
        if block.is_null() {
            return Slot::NULL;
        }
        (*block).ob_refcnt_full.set(1);
        (*block).ob_type.set(int_type());
        let long = &(*block.cast::<PyLongObject>()).long_value;
        long.lv_tag.set(8 | if value < 0 { 2 } else { 0 });
        long.ob_digit[0].set(magnitude as u32);
        Slot::from_raw(block)
    }
}

/// Where the result of two floats may go without anything being given up: into the one that is a temporary, or into a new box if both are
/// borrowed. Else null.
///
/// # Safety
/// Both slots hold exact floats.
#[inline(always)]
pub(super) unsafe fn light_float(thread: *const ThreadState, left: Slot, right: Slot) -> *mut PyObject {
    // SAFETY: by contract.
    unsafe {
        if left.is_borrowed() {
            if !right.is_borrowed() {
                return if refcount(right.ptr()) == 1 { right.ptr() } else { std::ptr::null_mut() };
            }
            let block = pop(thread);
            if !block.is_null() {
                (*block).ob_refcnt_full.set(1);
                (*block).ob_type.set(float_type());
            }
            return block;
        }
        if right.is_borrowed() && refcount(left.ptr()) == 1 { left.ptr() } else { std::ptr::null_mut() }
    }
}

/// The float `value` in the place of two operands that are exact floats; null, and nothing done, where the fast way is closed.
///
/// # Safety
/// Both slots hold floats; if the result is not null they are not used again.
#[inline(always)]
pub(super) unsafe fn float_result(thread: *const ThreadState, value: f64, left: Slot, right: Slot) -> Slot {
    // SAFETY: by contract; blocks of the list are those of floats.
    unsafe {
        let block = if is_unique(left) {
            close_box(thread, right);
            left.ptr()
        } else if is_unique(right) {
            close_box(thread, left);
            right.ptr()
        } else {
            let block = pop(thread);
            if block.is_null() {
                return Slot::NULL;
            }
            (*block).ob_refcnt_full.set(1);
            (*block).ob_type.set(float_type());
            close_box(thread, left);
            close_box(thread, right);
            block
        };
        (*block.cast::<PyFloatObject>()).ob_fval.set(value);
        Slot::from_raw(block)
    }
}

/// As [`float_result`], for operands that are floats or ints of at most two digits.
///
/// # Safety
/// Both slots hold such numbers; if the result is not null they are not used again.
#[inline(always)]
pub(super) unsafe fn any_float_result(thread: *const ThreadState, value: f64, left: Slot, right: Slot) -> Slot {
    // SAFETY: by contract; a box of any kind has room for a float.
    unsafe {
        let block = if is_unique(left) && !std::ptr::eq((*left.ptr()).ob_type.get(), int_type()) {
            close_box(thread, right);
            left.ptr()
        } else if is_unique(right) && !std::ptr::eq((*right.ptr()).ob_type.get(), int_type()) {
            close_box(thread, left);
            right.ptr()
        } else {
            let block = pop(thread);
            if block.is_null() {
                return Slot::NULL;
            }
            (*block).ob_refcnt_full.set(1);
            (*block).ob_type.set(float_type());
            close_box(thread, left);
            close_box(thread, right);
            block
        };
        (*block.cast::<PyFloatObject>()).ob_fval.set(value);
        Slot::from_raw(block)
    }
}
