//! Ints as memory: sign and count in `lv_tag`, 30-bit digits behind it.

use crate::core;
use crate::error;
use crate::memory;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::PyResult;
use abi::{_PyLongValue, Cell, PyLongObject, PyObject, tpflags};
use std::mem::offset_of;

/// Bits of a digit.
pub const SHIFT: u32 = 30;
/// The largest digit.
pub const MASK: u32 = (1 << SHIFT) - 1;
const DIGITS: usize = offset_of!(PyLongObject, long_value) + offset_of!(_PyLongValue, ob_digit);
const SIGN_MASK: usize = 3;
const SIGN_ZERO: usize = 1;
const SIGN_NEGATIVE: usize = 2;
const SMALL_MARK: usize = 4;
const NON_SIZE_BITS: u32 = 3;

const SMALL_MIN: i64 = -5;
const SMALL_MAX: i64 = 256;
const SMALL_COUNT: usize = (SMALL_MAX - SMALL_MIN + 1) as usize;

/// The ints from -5 to 256: one immortal object each.
#[repr(transparent)]
struct SmallInts([PyLongObject; SMALL_COUNT]);
// SAFETY: immortal and never written.
unsafe impl Sync for SmallInts {}

static SMALL_INTS: SmallInts = SmallInts({
    const fn small(value: i64) -> PyLongObject {
        let sign = if value == 0 {
            SIGN_ZERO
        } else if value < 0 {
            SIGN_NEGATIVE
        } else {
            0
        };
        let size = if value == 0 { 0 } else { 1usize };
        PyLongObject {
            ob_base: PyObject {
                ob_refcnt_full: Cell::new(abi::IMMORTAL_REFCNT),
                ob_type: Cell::new(std::ptr::from_ref(&core::INT).cast_mut().cast()),
            },
            long_value: _PyLongValue {
                lv_tag: Cell::new(size << NON_SIZE_BITS | SMALL_MARK | sign),
                ob_digit: [Cell::new(value.unsigned_abs() as u32)],
            },
        }
    }
    let mut table = [const { small(0) }; SMALL_COUNT];
    let mut index = 0;
    while index < SMALL_COUNT {
        table[index] = small(index as i64 + SMALL_MIN);
        index += 1;
    }
    table
});

/// The object of a small int. `value` is from -5 to 256; others give 0's neighbourhood no meaning, so they are checked.
#[inline(always)]
fn small(value: i64) -> Option<Borrowed<'static>> {
    let index = usize::try_from(value - SMALL_MIN).ok()?;
    let object = SMALL_INTS.0.get(index)?;
    // SAFETY: immortal.
    Some(unsafe { (*std::ptr::from_ref(object).cast::<Object>()).borrowed().extend() })
}

/// The object of an int from -5 to 256, which is immortal; none for others.
#[inline(always)]
pub fn small_int(value: i64) -> Option<Borrowed<'static>> {
    small(value)
}

/// The int `value`.
#[inline]
pub fn new(value: i64) -> PyResult<Ref> {
    if (SMALL_MIN..=SMALL_MAX).contains(&value)
        && let Some(object) = small(value)
    {
        return Ok(object.to_ref());
    }
    let magnitude = value.unsigned_abs();
    if magnitude <= u64::from(MASK) {
        // Digits are below 2**30 here.
        let object = alloc(1)?;
        // SAFETY: fresh memory of an int with one digit.
        unsafe {
            set_tag(object.ptr(), 1, value < 0);
            digits_mut(object.ptr()).write(magnitude as u32);
        }
        return Ok(object);
    }
    if magnitude < 1 << (2 * SHIFT) {
        let object = alloc(2)?;
        // SAFETY: fresh memory of an int with two digits.
        unsafe {
            set_tag(object.ptr(), 2, value < 0);
            digits_mut(object.ptr()).write((magnitude & u64::from(MASK)) as u32);
            digits_mut(object.ptr()).add(1).write((magnitude >> SHIFT) as u32);
        }
        return Ok(object);
    }
    from_magnitude(value < 0, u128::from(magnitude))
}

/// The int `value`.
pub fn from_u64(value: u64) -> PyResult<Ref> {
    match i64::try_from(value) {
        Ok(value) => new(value),
        Err(_) => from_magnitude(false, u128::from(value)),
    }
}

/// The int `value`.
pub fn from_i128(value: i128) -> PyResult<Ref> {
    match i64::try_from(value) {
        Ok(value) => new(value),
        Err(_) => from_magnitude(value < 0, value.unsigned_abs()),
    }
}

fn from_magnitude(negative: bool, magnitude: u128) -> PyResult<Ref> {
    let digit = |number: u32| (magnitude >> (number * SHIFT) & u128::from(MASK)) as u32;
    let digits = [digit(0), digit(1), digit(2), digit(3), digit(4)];
    let count = (u128::BITS - magnitude.leading_zeros()).div_ceil(SHIFT) as usize;
    from_digits(negative, digits.get(..count).unwrap_or_default())
}

/// The int with this sign and these digits (least significant first, each below 2**30; leading zeros are dropped).
pub fn from_digits(negative: bool, digits: &[u32]) -> PyResult<Ref> {
    let len = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    let digits = digits.get(..len).unwrap_or_default();
    if let [] | [_] = digits {
        let magnitude = i64::from(digits.first().copied().unwrap_or(0));
        let value = if negative { -magnitude } else { magnitude };
        if let Some(object) = small(value) {
            return Ok(object.to_ref());
        }
    }
    let object = alloc(len)?;
    // SAFETY: fresh memory of an int with `len` digits.
    unsafe {
        set_tag(object.ptr(), len, negative);
        digits_mut(object.ptr()).copy_from_nonoverlapping(digits.as_ptr(), len);
    }
    Ok(object)
}

/// The int whose digits `fill` writes into a slice of `len` zeros (least significant first, each below 2**30); it gives the sign,
/// true for negative. Leading zeros are dropped.
#[inline]
pub fn with_digits(len: usize, fill: impl FnOnce(&mut [u32]) -> bool) -> PyResult<Ref> {
    let object = alloc(len)?;
    // SAFETY: fresh memory of an int with `len` digits (and always one); nobody else sees it before the tag is set.
    unsafe {
        let digits = digits_mut(object.ptr());
        digits.write_bytes(0, len.max(1));
        set_tag(object.ptr(), 0, false);
        let digits = std::slice::from_raw_parts_mut(digits, len);
        let negative = fill(digits);
        let used = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
        if used <= 1 {
            let magnitude = i64::from(digits.first().copied().unwrap_or(0));
            if let Some(object) = small(if negative { -magnitude } else { magnitude }) {
                return Ok(object.to_ref());
            }
        }
        set_tag(object.ptr(), used, negative && used > 0);
    }
    Ok(object)
}

/// Memory of an int with `len` digits; tag and digits are not set.
#[inline]
fn alloc(len: usize) -> PyResult<Ref> {
    let size = len.max(1).checked_mul(4).and_then(|bytes| bytes.checked_add(DIGITS)).ok_or_else(error::no_memory)?;
    let object = memory::alloc_plain(&core::INT, size)?;
    // SAFETY: the caller sets the fields before anybody sees the object.
    Ok(unsafe { Ref::from_owned_ptr(object) })
}

/// Fills a fresh instance of a subtype of int.
///
/// # Safety
/// The object was just allocated with room for these digits (least significant first, normalised), and nobody else has seen it.
pub unsafe fn init_digits(object: Borrowed<'_>, negative: bool, digits: &[u32]) {
    // SAFETY: by contract.
    unsafe {
        set_tag(object.ptr(), digits.len(), negative);
        digits_mut(object.ptr()).copy_from_nonoverlapping(digits.as_ptr(), digits.len());
    }
}

#[inline(always)]
unsafe fn set_tag(ptr: *mut PyObject, len: usize, negative: bool) {
    let sign = if len == 0 {
        SIGN_ZERO
    } else if negative {
        SIGN_NEGATIVE
    } else {
        0
    };
    // SAFETY: by contract an int.
    unsafe { (*ptr.cast::<PyLongObject>()).long_value.lv_tag.set(len << NON_SIZE_BITS | sign) };
}

#[inline(always)]
unsafe fn digits_mut(ptr: *mut PyObject) -> *mut u32 {
    // SAFETY: by contract an int.
    unsafe { ptr.byte_add(DIGITS).cast() }
}

/// Whether the object is an int or of a subtype (`bool` is one).
#[inline(always)]
pub fn check(object: Borrowed<'_>) -> bool {
    object.class().has(tpflags::LONG_SUBCLASS)
}

/// The sign (true: negative) and digits of an int.
#[inline]
pub fn digits<'a>(object: Borrowed<'a>) -> Option<(bool, &'a [u32])> {
    // SAFETY: the flag says that it is an int, whose digits never change.
    check(object).then(|| unsafe { digits_unchecked(object) })
}

/// The sign (true: negative) and digits of an int.
///
/// # Safety
/// The object is an int or of a subtype.
#[inline(always)]
pub unsafe fn digits_unchecked<'a>(object: Borrowed<'a>) -> (bool, &'a [u32]) {
    // SAFETY: by contract.
    unsafe {
        let tag = (*object.ptr().cast::<PyLongObject>()).long_value.lv_tag.get();
        (tag & SIGN_MASK == SIGN_NEGATIVE, std::slice::from_raw_parts(digits_mut(object.ptr()), tag >> NON_SIZE_BITS))
    }
}

/// The value of an int that has at most one digit, as compact ints do; none for longer ones.
///
/// # Safety
/// The object is an int or of a subtype.
#[inline(always)]
pub unsafe fn compact_unchecked(object: Borrowed<'_>) -> Option<i64> {
    // SAFETY: by contract; an int always has room for one digit, which is 0 for zero.
    unsafe {
        let tag = (*object.ptr().cast::<PyLongObject>()).long_value.lv_tag.get();
        if tag >= 2 << NON_SIZE_BITS {
            return None;
        }
        let digit = i64::from(*digits_mut(object.ptr()));
        Some(digit * (1 - (tag & SIGN_MASK).cast_signed() as i64))
    }
}

/// The value of an int that has at most two digits (60 bits), such as an address; none for longer ones.
///
/// # Safety
/// The object is an int or of a subtype.
#[inline(always)]
pub unsafe fn short_unchecked(object: Borrowed<'_>) -> Option<i64> {
    // SAFETY: by contract; an int always has room for one digit, which is 0 for zero, and the tag tells of a second.
    unsafe {
        let tag = (*object.ptr().cast::<PyLongObject>()).long_value.lv_tag.get();
        let mut magnitude = i64::from(*digits_mut(object.ptr()));
        if tag >= 2 << NON_SIZE_BITS {
            if tag >= 3 << NON_SIZE_BITS {
                return None;
            }
            magnitude |= i64::from(*digits_mut(object.ptr()).add(1)) << SHIFT;
        }
        Some(magnitude * (1 - (tag & SIGN_MASK).cast_signed() as i64))
    }
}

/// The hash of an int with this value: the value itself, since it has at most 60 bits (`-1` tells of an error).
#[inline(always)]
pub const fn short_hash(value: i64) -> isize {
    if value == -1 { -2 } else { value as isize }
}

/// The value of an int, if the object is one and it fits.
#[inline]
pub fn to_i64(object: Borrowed<'_>) -> Option<i64> {
    if !check(object) {
        return None;
    }
    // SAFETY: the type was checked.
    unsafe { compact_unchecked(object) }.or_else(|| to_i128(object).and_then(|value| i64::try_from(value).ok()))
}

/// The value of an int, if the object is one and it has at most four digits (120 bits).
pub fn to_i128(object: Borrowed<'_>) -> Option<i128> {
    let (negative, digits) = digits(object)?;
    let pair = |low: u32, high: u32| i128::from(u64::from(high) << SHIFT | u64::from(low));
    let magnitude = match *digits {
        [] => 0,
        [a] => i128::from(a),
        [a, b] => pair(a, b),
        [a, b, c] => pair(a, b) | i128::from(c) << (2 * SHIFT),
        [a, b, c, d] => pair(a, b) | pair(c, d) << (2 * SHIFT),
        _ => return None,
    };
    Some(if negative { -magnitude } else { magnitude })
}
