//! Bytes objects as memory.

use crate::core;
use crate::error;
use crate::memory;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::PyResult;
use abi::{PyBytesObject, tpflags};
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Where the content of a bytes object begins.
pub const DATA: usize = offset_of!(PyBytesObject, ob_sval);

/// A new bytes object of `len` bytes, filled by `fill`.
pub fn new_with(len: usize, fill: impl FnOnce(&mut [u8])) -> PyResult<Ref> {
    let object = alloc(len)?;
    // SAFETY: the content of a fresh object, zeroed before it is lent out.
    unsafe {
        let data = object.ptr().cast::<u8>().add(DATA);
        data.write_bytes(0, len);
        fill(std::slice::from_raw_parts_mut(data, len));
    }
    Ok(object)
}

/// The bytes of two slices, one after the other; at least one byte.
pub fn joined(left: &[u8], right: &[u8]) -> PyResult<Ref> {
    let object = alloc(left.len().checked_add(right.len()).ok_or_else(error::no_memory)?)?;
    // SAFETY: the content of a fresh object, which has room for both.
    unsafe {
        let data = object.ptr().cast::<u8>().add(DATA);
        crate::value::str::copy_bytes(left.as_ptr(), data, left.len());
        crate::value::str::copy_bytes(right.as_ptr(), data.add(left.len()), right.len());
    }
    Ok(object)
}

/// A bytes object of `len` bytes (at least one) that hold anything: C code asked for it to fill it.
pub fn new_unfilled(len: usize) -> PyResult<Ref> {
    alloc(len)
}

/// A bytes object. The empty one and those of one byte are shared and immortal.
pub fn new(bytes: &[u8]) -> PyResult<Ref> {
    let index = match bytes {
        [] => EMPTY_INDEX,
        [byte] => usize::from(*byte),
        _ => return copied(bytes),
    };
    let Some(place) = SHARED.get(index) else { return Err(error::bad_internal_call()) };
    if let Some(object) = NonNull::new(place.load(Ordering::Relaxed)) {
        // SAFETY: immortal once stored.
        return Ok(unsafe { (*object.as_ptr().cast::<Object>()).to_ref() });
    }
    let object = new_with(bytes.len(), |data| data.copy_from_slice(bytes))?;
    object.make_immortal();
    place.store(object.ptr(), Ordering::Relaxed);
    Ok(object)
}

/// A new bytes object with this content.
fn copied(bytes: &[u8]) -> PyResult<Ref> {
    let object = alloc(bytes.len())?;
    // SAFETY: fresh memory with room for the content.
    unsafe {
        crate::value::str::copy_bytes(bytes.as_ptr(), object.ptr().cast::<u8>().add(DATA), bytes.len());
    }
    Ok(object)
}

/// Memory of a bytes object; the content is not set, the NUL behind it is.
#[inline]
fn alloc(len: usize) -> PyResult<Ref> {
    let size = len.checked_add(DATA + 1).filter(|size| *size <= isize::MAX.cast_unsigned()).ok_or_else(error::no_memory)?;
    let object = memory::alloc_plain(&core::BYTES, size)?;
    // SAFETY: fresh memory of a bytes object with room for `len` bytes and the NUL behind them.
    unsafe {
        let raw = object.as_ptr().cast::<PyBytesObject>();
        (*raw).ob_base.ob_size.set(len.cast_signed());
        (*raw).ob_shash.set(-1);
        object.as_ptr().cast::<u8>().add(DATA + len).write(0);
        Ok(Ref::from_owned_ptr(object))
    }
}

/// The object, if it is exactly bytes, lends its content.
#[inline]
pub fn exact_value<'a>(object: Borrowed<'a>) -> Option<&'a [u8]> {
    // SAFETY: the type was checked.
    object.class().is_type(&core::BYTES).then(|| unsafe { value_unchecked(object) })
}

static SHARED: [AtomicPtr<abi::PyObject>; 257] = [const { AtomicPtr::new(std::ptr::null_mut()) }; 257];
const EMPTY_INDEX: usize = 256;

/// The bytes of a bytes object or of a subtype's instance.
#[inline]
pub fn value<'a>(object: Borrowed<'a>) -> Option<&'a [u8]> {
    // SAFETY: the flag says that it is a bytes object, whose content never changes.
    object.class().has(tpflags::BYTES_SUBCLASS).then(|| unsafe { value_unchecked(object) })
}

/// The bytes of a bytes object.
///
/// # Safety
/// The object is bytes or of a subtype.
#[inline(always)]
pub unsafe fn value_unchecked<'a>(object: Borrowed<'a>) -> &'a [u8] {
    // SAFETY: by contract.
    unsafe {
        let raw = object.ptr().cast::<PyBytesObject>();
        std::slice::from_raw_parts(object.ptr().cast::<u8>().add(DATA), (*raw).ob_base.ob_size.get().cast_unsigned())
    }
}

/// The type every bytes literal has.
pub fn class() -> Borrowed<'static, crate::TypeObject> {
    core::BYTES.borrowed_type()
}

/// The object, if it is exactly bytes.
pub fn exact(object: &Object) -> bool {
    object.class().is_type(&core::BYTES)
}

/// Fills a fresh instance of a subtype of bytes.
///
/// # Safety
/// The object was just allocated with room for this content, and nobody else has seen it.
pub unsafe fn init(object: Borrowed<'_>, content: &[u8]) {
    // SAFETY: by contract; the generic allocator leaves room for the NUL behind the content.
    unsafe {
        let raw = object.ptr().cast::<PyBytesObject>();
        (*raw).ob_shash.set(-1);
        object.ptr().cast::<u8>().add(DATA).copy_from_nonoverlapping(content.as_ptr(), content.len());
    }
}

/// The hash of a bytes object, cached in it.
///
/// # Safety
/// The object is bytes or of a subtype.
pub unsafe fn hash_unchecked(object: Borrowed<'_>) -> isize {
    // SAFETY: by contract.
    unsafe {
        let cached = &(*object.ptr().cast::<PyBytesObject>()).ob_shash;
        if cached.get() == -1 {
            cached.set(crate::hashing::bytes(value_unchecked(object)));
        }
        cached.get()
    }
}
