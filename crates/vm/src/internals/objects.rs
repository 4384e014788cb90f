//! `_testinternalcapi`: objects' memory, sets, frames, numbers.

use crate::frame::object_::FrameObject;
use builtins::set::{self, Set};
use object::debug_memory::is_freed;
use object::protocol::number;
use object::value::{float, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, error, memory, raise};

/// Raises AssertionError unless memory looks like that of an object that is gone: the debug layer of the allocators fills it.
fn must_be_freed(object: *mut abi::PyObject, what: &str) -> PyResult<()> {
    // SAFETY: the memory of the block is there, or stays readable behind the allocator's own header.
    if is_freed(object.addr()) || is_freed(unsafe { (*object).ob_type.get() }.addr()) {
        return Ok(());
    }
    Err(raise!(AssertionError, "{what} is not seen as freed"))
}

/// A result with C's `errno`, which mixed arithmetic leaves at 0 or sets to EDOM for a division by zero.
fn with_errno(result: PyResult<Ref>) -> PyResult<(Ref, i32)> {
    match result {
        Ok(result) => Ok((result, 0)),
        Err(raised) => {
            raised.clear_if(&object::exc::ZeroDivisionError)?;
            Ok((builtins::complex::from_parts(0.0, 0.0)?, 33))
        }
    }
}

/// A complex and a float, in this order.
fn complex_and_real(complex: Borrowed<'_>, real: Borrowed<'_>) -> PyResult<(Ref, Ref)> {
    let complex = builtins::complex::value_of(complex)?;
    Ok((builtins::complex::from_parts(complex.re, complex.im)?, float::new(real.as_f64()?)?))
}

fn frame_of<'a>(object: Borrowed<'a>) -> PyResult<Borrowed<'a, FrameObject>> {
    object.downcast::<FrameObject>().ok_or_else(|| raise!(TypeError, "argument must be a frame"))
}

/// The functions.
#[macros::pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// No object is a freed one.
    #[pyfunction("($module, /)")]
    fn check_pyobject_null_is_freed() -> PyResult<()> {
        must_be_freed(std::ptr::null_mut(), "NULL")
    }

    /// A block that nobody wrote to.
    #[pyfunction("($module, /)")]
    fn check_pyobject_uninitialized_is_freed() -> PyResult<()> {
        let block = memory::or_no_memory(memory::try_alloc(size_of::<abi::PyObject>()))?;
        must_be_freed(block.as_ptr().cast(), "a fresh block")
    }

    /// A block whose type would stand in the bytes behind it.
    #[pyfunction("($module, /)")]
    fn check_pyobject_forbidden_bytes_is_freed() -> PyResult<()> {
        let block = memory::or_no_memory(memory::try_alloc(size_of::<usize>()))?;
        must_be_freed(block.as_ptr().cast(), "a block that is too small")
    }

    /// An object that was destroyed.
    #[pyfunction("($module, /)")]
    fn check_pyobject_freed_is_freed() -> PyResult<()> {
        let object = core::OBJECT.borrowed().call0()?.into_ptr();
        // SAFETY: the only reference is given back; the debug layer keeps the memory readable.
        unsafe { object::reference::decref(object) };
        must_be_freed(object, "a dead object")
    }

    /// Takes a reference and gives it back.
    #[pyfunction("($module, op, /)")]
    fn incref_decref_delayed(op: Borrowed<'_>) {
        drop(op.to_ref());
    }

    /// Whether the object never dies.
    #[pyfunction("($module, op, /)")]
    fn is_static_immortal(op: Borrowed<'_>) -> bool {
        op.is_immortal()
    }

    /// `set.update`, for sets and their subclasses alone.
    #[pyfunction("($module, set, iterable, /)")]
    fn set_update(_module: Borrowed<'_>, set: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<i32> {
        if !set.class().is_subtype(&core::SET) {
            return Err(error::bad_internal_call());
        }
        set::any_set(set).ok_or_else(error::bad_internal_call)?.update(iterable)?;
        Ok(0)
    }

    /// The item at or behind a place of a set's table: 1, the next place, its hash, the item; None behind the last.
    #[pyfunction("($module, set, pos, /)")]
    fn set_next_entry(_module: Borrowed<'_>, set: Borrowed<'_>, pos: isize) -> PyResult<Ref> {
        let set: Borrowed<'_, Set> = set::any_set(set).ok_or_else(error::bad_internal_call)?;
        let mut at = pos.max(0).unsigned_abs();
        let Some((item, hash)) = set.next_entry(&mut at) else { return Ok(core::none_ref()) };
        let (found, at, hash) = (int::new(1)?, int::from_u64(at as u64)?, int::new(hash as i64)?);
        tuple::from_slice(&[found.b(), at.b(), hash.b(), item.b()])
    }

    /// The code of a frame.
    #[pyfunction("($module, frame, /)")]
    fn iframe_getcode(frame: Borrowed<'_>) -> PyResult<Ref> {
        frame_of(frame)?;
        frame.getattr(object::id!("f_code"))
    }

    /// The offset of the instruction that a frame is at.
    #[pyfunction("($module, frame, /)")]
    fn iframe_getlasti(frame: Borrowed<'_>) -> PyResult<Ref> {
        let index = frame_of(frame)?.interpreter_frame().map_or(0, |frame| frame.instruction_index());
        int::from_u64(index as u64 * 2)
    }

    /// The line that a frame is at.
    #[pyfunction("($module, frame, /)")]
    fn iframe_getline(frame: Borrowed<'_>) -> PyResult<i32> {
        Ok(frame_of(frame)?.line().unwrap_or(-1))
    }

    /// complex + float.
    #[pyfunction("($module, a, b, /)")]
    fn _py_cr_sum(_module: Borrowed<'_>, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<(Ref, i32)> {
        let (a, b) = complex_and_real(a, b)?;
        with_errno(number::add(a.b(), b.b()))
    }

    /// complex - float.
    #[pyfunction("($module, a, b, /)")]
    fn _py_cr_diff(_module: Borrowed<'_>, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<(Ref, i32)> {
        let (a, b) = complex_and_real(a, b)?;
        with_errno(number::subtract(a.b(), b.b()))
    }

    /// float - complex.
    #[pyfunction("($module, a, b, /)")]
    fn _py_rc_diff(_module: Borrowed<'_>, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<(Ref, i32)> {
        let (b, a) = complex_and_real(b, a)?;
        with_errno(number::subtract(a.b(), b.b()))
    }

    /// complex * float.
    #[pyfunction("($module, a, b, /)")]
    fn _py_cr_prod(_module: Borrowed<'_>, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<(Ref, i32)> {
        let (a, b) = complex_and_real(a, b)?;
        with_errno(number::multiply(a.b(), b.b()))
    }

    /// complex / float.
    #[pyfunction("($module, a, b, /)")]
    fn _py_cr_quot(_module: Borrowed<'_>, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<(Ref, i32)> {
        let (a, b) = complex_and_real(a, b)?;
        with_errno(number::true_divide(a.b(), b.b()))
    }

    /// float / complex.
    #[pyfunction("($module, a, b, /)")]
    fn _py_rc_quot(_module: Borrowed<'_>, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<(Ref, i32)> {
        let (b, a) = complex_and_real(b, a)?;
        with_errno(number::true_divide(a.b(), b.b()))
    }

    /// Gives its argument back; every interpreter parses its keywords anew.
    #[pyfunction("($module, /, spam=None)")]
    fn gh_119213_getargs(spam: Option<Borrowed<'_>>) -> Ref {
        spam.unwrap_or(core::none()).to_ref()
    }

    /// Raises KeyError with this key, in place of an exception that is set.
    #[pyfunction("($module, arg, /)")]
    fn _pyerr_setkeyerror(arg: Borrowed<'_>) -> PyResult<()> {
        Err(builtins::dict::key_error(arg))
    }

    /// Digits and spaces of all scripts in ASCII, up to the first character that is neither and not ASCII, which is '?'.
    #[allow(non_snake_case, reason = "the name of CPython's test")]
    #[pyfunction("($module, unicode, /)")]
    fn _PyUnicode_TransformDecimalAndSpaceToASCII(unicode: Borrowed<'_>) -> PyResult<Ref> {
        let Some(data) = text::data(unicode) else { return Err(error::bad_internal_call()) };
        let ascii = builtins::str_::decimal_to_ascii(unicode);
        let strange = ascii.iter().zip(data.iter()).position(|(byte, code)| *byte == b'?' && code >= 0x80);
        text::from_latin1(strange.and_then(|at| ascii.get(..=at)).unwrap_or(&ascii))
    }
}
