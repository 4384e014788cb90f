//! `unicodeobject.h`, first part: making, measuring, comparing and searching strs.

use crate::form::{Out, Stolen, capi};
use crate::support::{attribute, method, raw_bytes};
use abi::{PyASCIIObject, PyCompactUnicodeObject, PyObject, c_char, c_void};
use object::value::str as text;
use object::{Borrowed, CompareOp, PyResult, Ref, core, error, memory, raise};
use std::cmp::Ordering;
use std::ffi::CStr;

/// A str from C's UTF-8, which must be valid.
pub(crate) fn from_c(bytes: &CStr) -> PyResult<Ref> {
    from_utf8(bytes.to_bytes())
}

/// A str from UTF-8, which must be valid.
pub(crate) fn from_utf8(bytes: &[u8]) -> PyResult<Ref> {
    if bytes.is_ascii() {
        return text::from_ascii(bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(string) => text::new(string),
        Err(_) => crate::unicode_codecs::decode(bytes, "utf-8", None),
    }
}

/// The str, or CPython's TypeError of this header's functions.
pub(crate) fn expect(object: Borrowed<'_>) -> PyResult<text::Data<'_>> {
    text::data(object).ok_or_else(|| raise!(TypeError, "bad argument type for built-in operation"))
}

/// A str, or "expect str, got …".
fn expect_str(object: Borrowed<'_>) -> PyResult<()> {
    if text::check(object) {
        return Ok(());
    }
    Err(raise!(TypeError, "expect str, got {}", crate::support::full_name(object.class())))
}

/// A str, or "must be str, not …".
pub(crate) fn must_be_str(object: Borrowed<'_>) -> PyResult<()> {
    if text::check(object) { Ok(()) } else { Err(raise!(TypeError, "must be str, not {}", object.class().tp_name())) }
}

/// The UTF-8 of a str, kept in it: start and length.
#[inline(always)]
pub(crate) fn utf8_of(object: Borrowed<'_>) -> PyResult<(*const c_char, isize)> {
    if text::check(object) {
        // SAFETY: a str; one that is compact and ASCII has its text behind its header.
        unsafe {
            let head = object.ptr().cast::<PyASCIIObject>();
            if text::is_compact_ascii_unchecked(object) {
                return Ok((head.add(1).cast(), (*head).length.get()));
            }
        }
    }
    utf8_slowly(object)
}

#[inline(never)]
fn utf8_slowly(object: Borrowed<'_>) -> PyResult<(*const c_char, isize)> {
    if !text::check(object) {
        expect(object)?;
    }
    // SAFETY: a str, whose text never changes; the cache is written once.
    unsafe {
        let head = &*object.ptr().cast::<PyASCIIObject>();
        if text::is_ascii_unchecked(object) {
            let start = match text::data_unchecked(object) {
                text::Data::Latin1(bytes) => bytes.as_ptr(),
                _ => std::ptr::null(),
            };
            return Ok((start.cast(), head.length.get()));
        }
        let fields = &*object.ptr().cast::<PyCompactUnicodeObject>();
        if fields.utf8.get().is_null() {
            let encoded = crate::unicode_codecs::encode(object, "utf-8", None)?;
            let bytes = object::value::bytes::value(encoded.b()).unwrap_or_default();
            let block = memory::or_no_memory(memory::try_alloc(bytes.len() + 1))?;
            block.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            block.as_ptr().add(bytes.len()).write(0);
            fields.utf8_length.set(bytes.len().cast_signed());
            fields.utf8.set(block.as_ptr().cast());
        }
        Ok((fields.utf8.get(), fields.utf8_length.get()))
    }
}

/// Where the code points of a str stand, and how wide they are.
pub(crate) fn storage(object: Borrowed<'_>) -> PyResult<(*mut c_void, i32)> {
    Ok(match expect(object)? {
        text::Data::Latin1(codes) => (codes.as_ptr().cast_mut().cast(), 1),
        text::Data::Ucs2(codes) => (codes.as_ptr().cast_mut().cast(), 2),
        text::Data::Ucs4(codes) => (codes.as_ptr().cast_mut().cast(), 4),
    })
}

/// Writes code points into a fresh str.
///
/// # Safety
/// The str has room for them, is wide enough, and nobody else uses it.
pub(crate) unsafe fn write_codes(object: Borrowed<'_>, at: usize, codes: impl Iterator<Item = u32>) -> PyResult<()> {
    let (start, kind) = storage(object)?;
    for (index, code) in codes.enumerate() {
        // SAFETY: by contract.
        unsafe {
            match kind {
                1 => start.cast::<u8>().add(at + index).write(code as u8),
                2 => start.cast::<u16>().add(at + index).write(code as u16),
                _ => start.cast::<u32>().add(at + index).write(code),
            }
        }
    }
    Ok(())
}

fn max_of(kind: i32, ascii: bool) -> u32 {
    match kind {
        1 if ascii => 0x7F,
        1 => 0xFF,
        2 => 0xFFFF,
        _ => 0x10_FFFF,
    }
}

/// The largest code point that a str has room for.
fn room_of(object: Borrowed<'_>) -> PyResult<u32> {
    let (_, kind) = storage(object)?;
    // SAFETY: a str.
    Ok(max_of(kind, unsafe { text::is_ascii_unchecked(object) }))
}

/// How messages name the width of a str.
fn kind_name(object: Borrowed<'_>) -> PyResult<&'static str> {
    Ok(match room_of(object)? {
        0x7F => "ascii",
        0xFF => "latin1",
        0xFFFF => "UCS2",
        _ => "UCS4",
    })
}

/// Whether a str may still be written: nobody else has it, it has no hash and is not interned.
pub(crate) fn is_modifiable(object: Borrowed<'_>) -> bool {
    if object.refcount() != 1 || !text::check_exact(&object) {
        return false;
    }
    // SAFETY: a str.
    let head = unsafe { &*object.ptr().cast::<PyASCIIObject>() };
    head.hash.get() == -1 && head.state.get() & 3 == 0
}

/// SystemError where a str must not be written any more.
fn check_modifiable(object: Borrowed<'_>) -> PyResult<()> {
    if is_modifiable(object) { Ok(()) } else { Err(raise!(SystemError, "Cannot modify a string currently used")) }
}

/// Start and end clamped as slices are.
pub(crate) fn clamp(start: isize, end: isize, len: usize) -> (usize, usize) {
    let len = len.cast_signed();
    let fix = |value: isize| if value < 0 { (value + len).max(0) } else { value };
    (fix(start).cast_unsigned(), fix(end).min(len).max(0).cast_unsigned())
}

/// Copies a str into one of another length; the common part stays.
fn resized(object: Borrowed<'_>, len: usize) -> PyResult<Ref> {
    let data = expect(object)?;
    let copy = text::zeroed(len, room_of(object)?)?;
    if len > 0 {
        // SAFETY: fresh, of the same width.
        unsafe { write_codes(copy.b(), 0, data.iter().take(len))? };
    }
    Ok(copy)
}

fn concat(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
    must_be_str(left)?;
    if !text::check(right) {
        return Err(raise!(TypeError, "can only concatenate str (not \"{}\") to str", right.class().tp_name()));
    }
    builtins::str_::concat(left, right)
}

/// `*place += right`; NULL goes there on an error.
fn append(place: &Out<'_, *mut PyObject>, right: Option<Borrowed<'_>>) {
    // SAFETY: the place owns its str, or is NULL.
    let left = unsafe { Ref::<object::Object>::from_owned_or_null(place.get()) };
    let (Some(left), Some(right)) = (left, right) else {
        place.set(std::ptr::null_mut());
        if !error::is_set() {
            let _raised = error::bad_internal_call();
        }
        return;
    };
    let result =
        if !text::check(left.b()) || !text::check(right) { Err(error::bad_internal_call()) } else { concat(left.b(), right) };
    place.set(result.map_or(std::ptr::null_mut(), Ref::into_ptr));
}

/// Where `part` begins in `data[start..end]`; -1 nowhere.
fn find(string: Borrowed<'_>, part: Borrowed<'_>, start: isize, end: isize, direction: i32) -> PyResult<isize> {
    must_be_str(string)?;
    must_be_str(part)?;
    let (start, end) = (object::value::int::new(start as i64)?, object::value::int::new(end as i64)?);
    let name = if direction > 0 { "find" } else { "rfind" };
    method(&core::STR, name, &[string, part, start.b(), end.b()])?.as_isize()
}

fn compare(a: Borrowed<'_>, b: Borrowed<'_>) -> i32 {
    match builtins::str_::order(a, b) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

capi! {
    fn PyUnicode_New(size: isize, max: u32) -> PyResult<Ref> {
        if size == 0 {
            return Ok(text::empty());
        }
        if max > 0x10_FFFF {
            return Err(raise!(SystemError, "invalid maximum character passed to PyUnicode_New"));
        }
        if size < 0 {
            return Err(raise!(SystemError, "Negative size passed to PyUnicode_New"));
        }
        text::unfilled(size.unsigned_abs(), max)
    }

    fn PyUnicode_FromString(bytes: &CStr) -> PyResult<Ref> {
        from_c(bytes)
    }

    fn PyUnicode_FromStringAndSize(bytes: *const u8, size: isize) -> PyResult<Ref> {
        if size < 0 {
            return Err(raise!(SystemError, "Negative size passed to PyUnicode_FromStringAndSize"));
        }
        if bytes.is_null() && size > 0 {
            return Err(raise!(SystemError, "NULL string with positive size with NULL passed to PyUnicode_FromStringAndSize"));
        }
        // SAFETY: C passes that many bytes.
        from_utf8(unsafe { raw_bytes(bytes, size) })
    }

    fn PyUnicode_FromKindAndData(kind: i32, data: *const c_void, size: isize) -> PyResult<Ref> {
        if size < 0 {
            return Err(raise!(ValueError, "size must be positive"));
        }
        if !matches!(kind, 1 | 2 | 4) {
            return Err(raise!(SystemError, "invalid kind"));
        }
        if size == 0 {
            return Ok(text::empty());
        }
        let len = size.unsigned_abs();
        // SAFETY: C passes that many code points of this width.
        unsafe {
            match kind {
                1 => text::from_latin1(std::slice::from_raw_parts(data.cast(), len)),
                2 => text::from_ucs2(std::slice::from_raw_parts(data.cast(), len)),
                4 => from_code_points(std::slice::from_raw_parts(data.cast(), len)),
                _ => Err(raise!(SystemError, "invalid kind")),
            }
        }
    }

    fn PyUnicode_FromOrdinal(ordinal: i32) -> PyResult<Ref> {
        match u32::try_from(ordinal).ok().filter(|code| *code <= 0x10_FFFF) {
            Some(code) => text::from_ucs4(&[code]),
            None => Err(raise!(ValueError, "chr() arg not in range(0x110000)")),
        }
    }

    fn PyUnicode_FromObject(object: Borrowed<'_>) -> PyResult<Ref> {
        if text::check_exact(&object) {
            return Ok(object.to_ref());
        }
        match text::data(object) {
            Some(data) => text::from_data(data),
            None => Err(raise!(TypeError, "Can't convert '{}' object to str implicitly", object.class().tp_name())),
        }
    }

    fn PyUnicode_InternFromString(bytes: &CStr) -> PyResult<Ref> {
        attribute(bytes)
    }

    fn PyUnicode_InternInPlace(place: Out<'_, *mut PyObject>) -> () {
        // SAFETY: the place owns its str, or is NULL.
        if let Some(string) = unsafe { Ref::<object::Object>::from_owned_or_null(place.get()) } {
            place.set(builtins::intern::intern(string).into_ptr());
        }
    }

    fn PyUnicode_InternImmortal(place: Out<'_, *mut PyObject>) -> () {
        // SAFETY: the place owns its str, or is NULL.
        if let Some(string) = unsafe { Ref::<object::Object>::from_owned_or_null(place.get()) } {
            place.set(builtins::intern::intern_immortal(string).into_ptr());
        }
    }

    fn PyUnicode_GetLength(object: Borrowed<'_>) -> PyResult<isize> {
        Ok(expect(object)?.len().cast_signed())
    }

    fn PyUnicode_ReadChar(object: Borrowed<'_>, index: isize) -> PyResult<u32> {
        let data = expect(object)?;
        let code = usize::try_from(index).ok().and_then(|index| data.get(index));
        code.ok_or_else(|| raise!(IndexError, "string index out of range"))
    }

    fn PyUnicode_WriteChar(object: Borrowed<'_>, index: isize, code: u32) -> PyResult<()> {
        let len = expect(object)?.len();
        let Some(index) = usize::try_from(index).ok().filter(|index| *index < len) else {
            return Err(raise!(IndexError, "string index out of range"));
        };
        check_modifiable(object)?;
        if code > room_of(object)? {
            return Err(raise!(ValueError, "character out of range"));
        }
        // SAFETY: the str may still be written; index and width were checked.
        unsafe { write_codes(object, index, std::iter::once(code)) }
    }

    fn PyUnicode_DATA(object: Borrowed<'_>) -> PyResult<*mut c_void> {
        expect_str(object)?;
        storage(object).map(|(start, _)| start)
    }

    fn PyUnicode_KIND(object: Borrowed<'_>) -> PyResult<i32> {
        expect_str(object)?;
        storage(object).map(|(_, kind)| kind)
    }

    fn PyUnicode_CopyCharacters(to: Borrowed<'_>, to_start: isize, from: Borrowed<'_>, from_start: isize, count: isize) -> PyResult<isize> {
        let (Some(target), Some(source)) = (text::data(to), text::data(from)) else { return Err(error::bad_internal_call()) };
        let (Some(at), true) = (usize::try_from(to_start).ok().filter(|at| *at <= target.len()), to_start >= 0) else {
            return Err(raise!(IndexError, "string index out of range"));
        };
        let Some(begin) = usize::try_from(from_start).ok().filter(|begin| *begin <= source.len()) else {
            return Err(raise!(IndexError, "string index out of range"));
        };
        if count < 0 {
            return Err(raise!(SystemError, "how_many cannot be negative"));
        }
        let count = (source.len() - begin).min(count.unsigned_abs());
        if at + count > target.len() {
            return Err(raise!(
                SystemError,
                "Cannot write {count} characters at {at} in a string of {} characters",
                target.len()
            ));
        }
        if count == 0 {
            return Ok(0);
        }
        check_modifiable(to)?;
        let room = room_of(to)?;
        if source.iter().skip(begin).take(count).any(|code| code > room) {
            let (from, to) = (kind_name(from)?, kind_name(to)?);
            return Err(raise!(SystemError, "Cannot copy {from} characters into a string of {to} characters"));
        }
        // SAFETY: the str may still be written; place and width were checked.
        unsafe { write_codes(to, at, source.iter().skip(begin).take(count))? };
        Ok(count.cast_signed())
    }

    fn PyUnicode_Fill(object: Borrowed<'_>, start: isize, count: isize, code: u32) -> PyResult<isize> {
        let Some(data) = text::data(object) else { return Err(error::bad_internal_call()) };
        check_modifiable(object)?;
        if code > room_of(object)? {
            return Err(raise!(ValueError, "fill character is bigger than the string maximum character"));
        }
        let Ok(start) = usize::try_from(start) else { return Err(raise!(IndexError, "string index out of range")) };
        let count = data.len().saturating_sub(start).min(count.max(0).unsigned_abs());
        // SAFETY: the str may still be written; place and width were checked.
        unsafe { write_codes(object, start, std::iter::repeat_n(code, count))? };
        Ok(count.cast_signed())
    }

    fn PyUnicode_Resize(place: Out<'_, *mut PyObject>, len: isize) -> PyResult<()> {
        // SAFETY: the place owns its str, or is NULL.
        let object = unsafe { Borrowed::<object::Object>::from_ptr_or_null(place.get()) };
        let Some(object) = object.filter(|object| text::check(*object)) else { return Err(error::bad_internal_call()) };
        let Ok(len) = usize::try_from(len) else { return Err(error::bad_internal_call()) };
        if expect(object)?.len() == len {
            return Ok(());
        }
        let new = resized(object, len)?;
        // SAFETY: the place owned its str.
        let old = unsafe { Ref::<object::Object>::from_owned_or_null(place.get()) };
        place.set(new.into_ptr());
        drop(old);
        Ok(())
    }

    fn PyUnicode_Substring(object: Borrowed<'_>, start: isize, end: isize) -> PyResult<Ref> {
        let len = expect(object)?.len();
        if start < 0 || end < 0 {
            return Err(raise!(IndexError, "string index out of range"));
        }
        let end = end.unsigned_abs().min(len);
        let start = start.unsigned_abs();
        if start >= len || end <= start {
            return Ok(text::empty());
        }
        if start == 0 && end == len && text::check_exact(&object) {
            return Ok(object.to_ref());
        }
        builtins::str_::substring(object, start, end)
    }

    fn PyUnicode_AsUTF8AndSize(object: Borrowed<'_>, size: Option<Out<'_, isize>>) -> PyResult<*const c_char> {
        let result = utf8_of(object);
        if let Some(size) = size {
            size.set(result.as_ref().map_or(-1, |(_, len)| *len));
        }
        result.map(|(start, _)| start)
    }

    fn PyUnicode_AsUTF8(object: Borrowed<'_>) -> PyResult<*const c_char> {
        utf8_of(object).map(|(start, _)| start)
    }

    fn PyUnicode_AsUCS4(object: Borrowed<'_>, buffer: *mut u32, size: isize, copy_null: i32) -> PyResult<*mut u32> {
        let data = expect(object)?;
        if buffer.is_null() || size < 0 {
            return Err(error::bad_internal_call());
        }
        let needed = data.len() + usize::from(copy_null != 0);
        if size.unsigned_abs() < needed {
            return Err(raise!(SystemError, "string is longer than the buffer"));
        }
        for (index, code) in data.iter().chain(std::iter::once(0)).take(needed).enumerate() {
            // SAFETY: the buffer has that much room.
            unsafe { buffer.add(index).write(code) };
        }
        Ok(buffer)
    }

    fn PyUnicode_AsUCS4Copy(object: Borrowed<'_>) -> PyResult<*mut u32> {
        let data = expect(object)?;
        let block = memory::or_no_memory(memory::try_alloc((data.len() + 1) * 4))?.cast::<u32>().as_ptr();
        for (index, code) in data.iter().chain(std::iter::once(0)).enumerate() {
            // SAFETY: the block has that much room.
            unsafe { block.add(index).write(code) };
        }
        Ok(block)
    }

    fn PyUnicode_Concat(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
        concat(left, right)
    }

    fn PyUnicode_Append(place: Out<'_, *mut PyObject>, right: Option<Borrowed<'_>>) -> () {
        append(&place, right);
    }

    fn PyUnicode_AppendAndDel(place: Out<'_, *mut PyObject>, right: Stolen) -> () {
        append(&place, right.0.as_ref().map(Ref::b));
    }

    fn PyUnicode_Compare(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<i32> {
        if !text::check(a) || !text::check(b) {
            let (a, b) = (a.class().short_name(), b.class().short_name());
            return Err(raise!(TypeError, "Can't compare {a} and {b}"));
        }
        Ok(compare(a, b))
    }

    fn PyUnicode_CompareWithASCIIString(object: Borrowed<'_>, other: &CStr) -> i32 {
        let Some(data) = text::data(object) else { return 1 };
        match data.iter().cmp(other.to_bytes().iter().copied().map(u32::from)) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    fn PyUnicode_Equal(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<bool> {
        for object in [a, b] {
            if !text::check(object) {
                let name = crate::support::full_name(object.class());
                let place = if std::ptr::eq(object.ptr(), a.ptr()) { "first" } else { "second" };
                return Err(raise!(TypeError, "{place} argument must be str, not {name}"));
            }
        }
        Ok(builtins::str_::equal(a, b))
    }

    fn PyUnicode_EqualToUTF8(object: Borrowed<'_>, other: &CStr) -> bool {
        equals_utf8(object, other.to_bytes())
    }

    fn PyUnicode_EqualToUTF8AndSize(object: Borrowed<'_>, other: *const u8, size: isize) -> bool {
        // SAFETY: C passes that many bytes.
        equals_utf8(object, unsafe { raw_bytes(other, size) })
    }

    fn PyUnicode_RichCompare(a: Borrowed<'_>, b: Borrowed<'_>, op: i32) -> PyResult<Ref> {
        if !text::check(a) || !text::check(b) {
            return Ok(core::not_implemented().to_ref());
        }
        if !(0..=5).contains(&op) {
            return Err(raise!(TypeError, "bad argument type for built-in operation"));
        }
        Ok(core::boolean(CompareOp::from_c(op).holds(builtins::str_::order(a, b))).to_ref())
    }

    fn PyUnicode_Contains(whole: Borrowed<'_>, part: Borrowed<'_>) -> PyResult<bool> {
        if !text::check(part) {
            return Err(raise!(
                TypeError,
                "'in <string>' requires string as left operand, not {}",
                part.class().tp_name()
            ));
        }
        must_be_str(whole)?;
        Ok(builtins::str_::contains(whole, part))
    }

    fn PyUnicode_Find(string: Borrowed<'_>, part: Borrowed<'_>, start: isize, end: isize, direction: i32) -> PyResult<Place> {
        find(string, part, start, end, direction).map(Place)
    }

    fn PyUnicode_FindChar(string: Borrowed<'_>, code: u32, start: isize, end: isize, direction: i32) -> PyResult<Place> {
        let data = expect(string)?;
        let (start, end) = clamp(start, end, data.len());
        if start >= end {
            return Ok(Place(-1));
        }
        let mut codes = data.iter().enumerate().skip(start).take(end - start);
        let found = if direction > 0 { codes.find(|(_, own)| *own == code) } else { codes.rfind(|(_, own)| *own == code) };
        Ok(Place(found.map_or(-1, |(index, _)| index.cast_signed())))
    }

    fn PyUnicode_Count(string: Borrowed<'_>, part: Borrowed<'_>, start: isize, end: isize) -> PyResult<isize> {
        must_be_str(string)?;
        must_be_str(part)?;
        let (start, end) = (object::value::int::new(start as i64)?, object::value::int::new(end as i64)?);
        method(&core::STR, "count", &[string, part, start.b(), end.b()])?.as_isize()
    }

    fn PyUnicode_Tailmatch(string: Borrowed<'_>, part: Borrowed<'_>, start: isize, end: isize, direction: i32) -> PyResult<isize> {
        must_be_str(string)?;
        must_be_str(part)?;
        let (start, end) = (object::value::int::new(start as i64)?, object::value::int::new(end as i64)?);
        let name = if direction > 0 { "endswith" } else { "startswith" };
        Ok(isize::from(method(&core::STR, name, &[string, part, start.b(), end.b()])?.is_true()?))
    }

    fn PyUnicode_Join(separator: Option<Borrowed<'_>>, items: Borrowed<'_>) -> PyResult<Ref> {
        match separator {
            Some(separator) => {
                if !text::check(separator) {
                    let name = separator.class().short_name();
                    return Err(raise!(TypeError, "separator: expected str instance, {name} found"));
                }
                method(&core::STR, "join", &[separator, items])
            }
            None => method(&core::STR, "join", &[text::latin1_char(b' ').b(), items]),
        }
    }

    fn PyUnicode_Split(string: Borrowed<'_>, separator: Option<Borrowed<'_>>, limit: isize) -> PyResult<Ref> {
        must_be_str(string)?;
        separator.map_or(Ok(()), must_be_str)?;
        let limit = object::value::int::new(limit as i64)?;
        method(&core::STR, "split", &[string, separator.unwrap_or(core::none()), limit.b()])
    }

    fn PyUnicode_RSplit(string: Borrowed<'_>, separator: Option<Borrowed<'_>>, limit: isize) -> PyResult<Ref> {
        must_be_str(string)?;
        separator.map_or(Ok(()), must_be_str)?;
        let limit = object::value::int::new(limit as i64)?;
        method(&core::STR, "rsplit", &[string, separator.unwrap_or(core::none()), limit.b()])
    }

    fn PyUnicode_Splitlines(string: Borrowed<'_>, keep: i32) -> PyResult<Ref> {
        must_be_str(string)?;
        method(&core::STR, "splitlines", &[string, core::boolean(keep != 0)])
    }

    fn PyUnicode_Partition(string: Borrowed<'_>, separator: Borrowed<'_>) -> PyResult<Ref> {
        must_be_str(string)?;
        method(&core::STR, "partition", &[string, separator])
    }

    fn PyUnicode_RPartition(string: Borrowed<'_>, separator: Borrowed<'_>) -> PyResult<Ref> {
        must_be_str(string)?;
        method(&core::STR, "rpartition", &[string, separator])
    }

    fn PyUnicode_Replace(string: Borrowed<'_>, old: Borrowed<'_>, new: Borrowed<'_>, limit: isize) -> PyResult<Ref> {
        must_be_str(string)?;
        must_be_str(old)?;
        must_be_str(new)?;
        let limit = object::value::int::new(limit as i64)?;
        method(&core::STR, "replace", &[string, old, new, limit.b()])
    }

    fn PyUnicode_Format(format: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
        must_be_str(format)?;
        builtins::str_::percent_format(format, args)
    }

    fn PyUnicode_IsIdentifier(string: Borrowed<'_>) -> PyResult<bool> {
        must_be_str(string)?;
        method(&core::STR, "isidentifier", &[string])?.is_true()
    }

    fn PyUnicode_GetSize(_object: Borrowed<'_>) -> PyResult<isize> {
        Err(raise!(RuntimeError, "PyUnicode_GetSize has been removed."))
    }

    fn PyUnicode_GetDefaultEncoding() -> *const c_char {
        c"utf-8".as_ptr()
    }

    fn _PyUnicode_FromASCII(bytes: *const u8, size: isize) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        text::from_latin1(unsafe { raw_bytes(bytes, size) })
    }

    fn _PyUnicode_Copy(object: Borrowed<'_>) -> PyResult<Ref> {
        text::from_data(expect(object)?)
    }

    fn _PyUnicode_EqualToASCIIString(object: Borrowed<'_>, other: &CStr) -> bool {
        equals_utf8(object, other.to_bytes())
    }

    fn _PyUnicode_Equal(a: Borrowed<'_>, b: Borrowed<'_>) -> bool {
        builtins::str_::equal(a, b)
    }

    fn _PyUnicode_JoinArray(separator: Borrowed<'_>, items: *const Borrowed<'static>, count: isize) -> PyResult<Ref> {
        // SAFETY: C passes that many live strs.
        let items = unsafe { crate::support::vector(items, count.max(0).unsigned_abs()) };
        let tuple = object::value::tuple::from_slice(items)?;
        method(&core::STR, "join", &[separator, tuple.b()])
    }
}

/// A str of code points that C passes: SystemError for one beyond Unicode.
pub(crate) fn from_code_points(codes: &[u32]) -> PyResult<Ref> {
    // CPython makes an invalid str of several; a str of ours is always valid.
    if codes.iter().any(|code| *code > 0x10_ffff) {
        return Err(raise!(SystemError, "invalid maximum character passed to PyUnicode_New"));
    }
    text::from_ucs4(codes)
}

/// A place in a str: -1 for none, -2 for an error.
struct Place(isize);

impl crate::form::Value for Place {
    type C = isize;
    const ERROR: isize = -2;
    fn into_c(self) -> isize {
        self.0
    }
}

fn equals_utf8(object: Borrowed<'_>, bytes: &[u8]) -> bool {
    let Some(data) = text::data(object) else { return false };
    std::str::from_utf8(bytes).is_ok_and(|other| data.iter().eq(other.chars().map(u32::from)))
}
