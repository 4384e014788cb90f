//! `bytesobject.h`, `bytearrayobject.h`.

use crate::form::{Of, Out, Stolen, capi};
use crate::support::{method, raw_bytes};
use abi::PyObject;
use builtins::bytearray::{self, ByteArray};
use object::protocol::buffer::Buffer;
use object::value::bytes;
use object::{Borrowed, PyResult, Ref, core, error, memory, raise, reference};
use std::ffi::CStr;

fn content<'a>(object: Borrowed<'a>) -> PyResult<&'a [u8]> {
    bytes::value(object).ok_or_else(|| raise!(TypeError, "expected bytes, {} found", object.class().tp_name()))
}

/// The memory of two objects; TypeError where one does not lend it in one piece.
fn both(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<(Buffer, Buffer)> {
    let lent = Buffer::readable(a).and_then(|first| Ok((first, Buffer::readable(b)?)));
    lent.map_err(|raised| {
        raised.clear();
        raise!(TypeError, "can't concat {} to {}", b.class().tp_name(), a.class().tp_name())
    })
}

/// `*place += right`, NULL on an error.
fn concat(place: &Out<'_, *mut PyObject>, right: Option<Borrowed<'_>>) {
    // SAFETY: the place owns its object, or is NULL.
    let left = unsafe { Ref::<object::Object>::from_owned_or_null(place.get()) };
    let (Some(left), Some(right)) = (left, right) else {
        place.set(std::ptr::null_mut());
        return;
    };
    let joined = (|| {
        if !left.has_buffer() || !right.has_buffer() {
            let (a, b) = (left.class().tp_name(), right.class().tp_name());
            return Err(raise!(TypeError, "can't concat {b} to {a}"));
        }
        let (own, other) = both(left.b(), right)?;
        let mut all = memory::vec_with_capacity(own.len().saturating_add(other.len()))?;
        all.extend_from_slice(own.bytes());
        all.extend_from_slice(other.bytes());
        bytes::new(&all)
    })();
    place.set(joined.map_or(std::ptr::null_mut(), Ref::into_ptr));
}

/// Changes the length of bytes that nobody else has: a new block takes the place of the old one.
fn resize(place: &Out<'_, *mut PyObject>, len: isize) -> PyResult<()> {
    let object = place.get();
    // SAFETY: the place owns its object, or is NULL.
    let current = unsafe { Borrowed::<object::Object>::from_ptr_or_null(object) };
    let Some(old) = current.and_then(bytes::value).filter(|_| len >= 0) else {
        place.set(std::ptr::null_mut());
        // SAFETY: as above.
        drop(unsafe { Ref::<object::Object>::from_owned_or_null(object) });
        return Err(error::bad_internal_call());
    };
    if old.len().cast_signed() == len {
        return Ok(());
    }
    if len == 0 {
        place.set(bytes::new(b"")?.into_ptr());
        // SAFETY: the place owned it.
        unsafe { reference::decref(object) };
        return Ok(());
    }
    let wanted = len.unsigned_abs();
    let new = bytes::new_unfilled(wanted).inspect(|new| {
        let common = old.len().min(wanted);
        // SAFETY: both objects have that many bytes, and nobody else knows the new one.
        unsafe { new.ptr().cast::<u8>().add(bytes::DATA).copy_from_nonoverlapping(old.as_ptr(), common) };
    });
    place.set(std::ptr::null_mut());
    // SAFETY: the place owned it.
    unsafe { reference::decref(object) };
    place.set(new?.into_ptr());
    Ok(())
}

capi! {
    fn PyBytes_FromStringAndSize(start: *const u8, len: isize) -> PyResult<Ref> {
        if len < 0 {
            return Err(raise!(SystemError, "Negative size passed to PyBytes_FromStringAndSize"));
        }
        if start.is_null() {
            // Writable: C fills it.
            if len == 0 {
                return bytes::new(b"");
            }
            return bytes::new_unfilled(len.unsigned_abs());
        }
        // SAFETY: C passes that many bytes.
        bytes::new(unsafe { raw_bytes(start, len) })
    }
    fn PyBytes_FromString(string: &CStr) -> PyResult<Ref> {
        bytes::new(string.to_bytes())
    }
    fn PyBytes_FromObject(object: Borrowed<'_>) -> PyResult<Ref> {
        if bytes::exact(&object) {
            return Ok(object.to_ref());
        }
        if object.class().is_subtype(&core::STR) || !object.has_buffer() && object.class().tp_iter().is_none() && object.class().sq_item().is_none() {
            return Err(raise!(TypeError, "cannot convert '{}' object to bytes", object.class().tp_name()));
        }
        builtins::bytes::from_object(object)
    }
    fn PyBytes_Size(object: Borrowed<'_>) -> PyResult<isize> {
        Ok(content(object)?.len().cast_signed())
    }
    fn PyBytes_AsString(object: Borrowed<'_>) -> PyResult<*const u8> {
        Ok(content(object)?.as_ptr())
    }
    fn PyBytes_AsStringAndSize(object: Borrowed<'_>, start: Out<'_, *const u8>, len: Option<Out<'_, isize>>) -> PyResult<()> {
        let bytes = content(object)?;
        start.set(bytes.as_ptr());
        match len {
            Some(len) => len.set(bytes.len().cast_signed()),
            None if bytes.contains(&0) => return Err(raise!(ValueError, "embedded null byte")),
            None => {}
        }
        Ok(())
    }
    fn PyBytes_Repr(object: Borrowed<'_>, smart: i32) -> PyResult<Ref> {
        let own = content(object)?;
        if smart != 0 || !own.contains(&b'\'') {
            return object.repr();
        }
        // Single quotes in any case: as a text that has both kinds of quotes.
        let both = bytes::new(&[own, b"\""].concat())?.repr()?;
        let shown = object::value::str::to_string_lossy(both.b());
        object::value::str::new(&format!("{}'", shown.strip_suffix("\"'").unwrap_or(&shown)))
    }
    fn PyBytes_Join(separator: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        if bytes::value(separator).is_none() {
            return Err(raise!(TypeError, "sep: expected bytes, got {}", crate::support::full_name(separator.class())));
        }
        method(&core::BYTES, "join", &[separator, iterable])
    }
    fn _PyBytes_Join(separator: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        method(&core::BYTES, "join", &[separator, iterable])
    }
    fn PyBytes_Concat(place: Out<'_, *mut PyObject>, right: Option<Borrowed<'_>>) -> () {
        concat(&place, right);
    }
    fn PyBytes_ConcatAndDel(place: Out<'_, *mut PyObject>, right: Stolen) -> () {
        concat(&place, right.0.as_ref().map(Ref::b));
    }
    fn _PyBytes_Resize(place: Out<'_, *mut PyObject>, len: isize) -> PyResult<()> {
        resize(&place, len)
    }

    fn PyByteArray_FromStringAndSize(start: *const u8, len: isize) -> PyResult<Ref> {
        if len < 0 {
            return Err(raise!(SystemError, "Negative size passed to PyByteArray_FromStringAndSize"));
        }
        if start.is_null() && len > 0 {
            let array = bytearray::new(&[])?;
            array.b().self_as::<ByteArray>().resize(len.unsigned_abs())?;
            return Ok(array);
        }
        // SAFETY: C passes that many bytes.
        bytearray::new(unsafe { raw_bytes(start, len) })
    }
    fn PyByteArray_FromObject(object: Borrowed<'_>) -> PyResult<Ref> {
        core::BYTEARRAY.borrowed().call1(object)
    }
    fn PyByteArray_Size(array: Of<'_, ByteArray>) -> PyResult<isize> {
        Ok(array.len().cast_signed())
    }
    fn PyByteArray_AsString(array: Of<'_, ByteArray>) -> PyResult<*const u8> {
        // SAFETY: a bytearray's header.
        let start = unsafe { (*array.0.ptr().cast::<abi::PyByteArrayObject>()).ob_start.get() };
        Ok(if array.is_empty() { (&raw const crate::data::_PyByteArray_empty_string).cast() } else { start.cast() })
    }
    fn PyByteArray_Resize(array: Of<'_, ByteArray>, len: isize) -> PyResult<()> {
        let Ok(len) = usize::try_from(len) else {
            return Err(raise!(ValueError, "Can only resize to positive sizes, got {len}"));
        };
        array.resize(len)
    }
    fn PyByteArray_Concat(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        for object in [a, b] {
            if !object.has_buffer() {
                let (a, b) = (a.class().short_name(), b.class().short_name());
                return Err(raise!(TypeError, "can't concat {b} to {a}"));
            }
        }
        let (a, b) = both(a, b)?;
        bytearray::new(&[a.bytes(), b.bytes()].concat())
    }
}
