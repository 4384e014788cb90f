//! Floats as memory.

use crate::core;
use crate::memory;
use crate::reference::{Borrowed, Ref};
use crate::result::PyResult;
use abi::PyFloatObject;

/// A new float.
#[inline]
pub fn new(value: f64) -> PyResult<Ref> {
    let object = memory::alloc_plain(&core::FLOAT, size_of::<PyFloatObject>())?;
    // SAFETY: fresh memory of a float.
    unsafe {
        (*object.as_ptr().cast::<PyFloatObject>()).ob_fval.set(value);
        Ok(Ref::from_owned_ptr(object))
    }
}

/// Whether the object is a float or of a subtype.
#[inline(always)]
pub fn check(object: Borrowed<'_>) -> bool {
    object.class().is_subtype(&core::FLOAT)
}

/// The value of a float.
///
/// # Safety
/// The object is a float or of a subtype.
#[inline(always)]
pub unsafe fn value_unchecked(object: Borrowed<'_>) -> f64 {
    // SAFETY: by contract.
    unsafe { (*object.ptr().cast::<PyFloatObject>()).ob_fval.get() }
}

/// The value, if the object is a float or of a subtype.
#[inline]
pub fn value(object: Borrowed<'_>) -> Option<f64> {
    // SAFETY: the type was checked.
    check(object).then(|| unsafe { value_unchecked(object) })
}
