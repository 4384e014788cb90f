//! `Py_BuildValue`: objects by a format.

use crate::form::capi;
use crate::unicodeobject::from_utf8;
use crate::variadic::{Va, VaList, variadic};
use abi::{PyObject, c_void};
use builtins::type_::dicts;
use object::value::{bytes, float, int, str as text, tuple};
use object::{PyResult, Ref, core, raise};
use smallvec::SmallVec;
use std::ffi::CStr;

/// The value of a format: its one unit, None for none, a tuple for several.
pub(crate) fn build(format: &CStr, va: &mut VaList) -> PyResult<Ref> {
    let mut rest = format.to_bytes();
    match count(rest, 0)? {
        0 => Ok(core::none_ref()),
        1 => unit(&mut rest, va),
        units => units_tuple(&mut rest, va, units),
    }
}

/// The units up to `end` (0: the end of the format) at the outermost level.
fn count(format: &[u8], end: u8) -> PyResult<usize> {
    let (mut level, mut units) = (0i32, 0);
    for byte in format {
        if level == 0 && *byte == end {
            return Ok(units);
        }
        match byte {
            b'(' | b'[' | b'{' => {
                units += usize::from(level == 0);
                level += 1;
            }
            b')' | b']' | b'}' => level -= 1,
            b'#' | b'&' | b',' | b':' | b' ' | b'\t' => {}
            _ => units += usize::from(level == 0),
        }
    }
    if end == 0 && level == 0 { Ok(units) } else { Err(raise!(SystemError, "unmatched paren in format")) }
}

/// The values of some units, most often few.
type Values = SmallVec<[Ref; 8]>;

/// As many values as there are units: all are made, also behind one that fails, so that what C gives away is released.
fn values(rest: &mut &[u8], va: &mut VaList, units: usize) -> PyResult<Values> {
    let mut values = Values::new();
    let mut failed = None;
    for _ in 0..units {
        if failed.is_some() {
            let exception = object::error::take();
            match unit(rest, va) {
                Ok(value) => drop(value),
                Err(raised) => raised.clear(),
            }
            failed = exception.map(object::error::restore);
            continue;
        }
        match unit(rest, va) {
            Ok(value) => values.push(value),
            Err(raised) => failed = Some(raised),
        }
    }
    failed.map_or(Ok(values), Err)
}

fn close(rest: &mut &[u8], end: u8) -> PyResult<()> {
    while matches!(rest.first(), Some(b',' | b':' | b' ' | b'\t')) {
        *rest = rest.get(1..).unwrap_or_default();
    }
    if rest.first() != Some(&end) {
        return Err(raise!(SystemError, "Unmatched paren in format"));
    }
    *rest = rest.get(1..).unwrap_or_default();
    Ok(())
}

fn units_tuple(rest: &mut &[u8], va: &mut VaList, units: usize) -> PyResult<Ref> {
    let values = values(rest, va, units)?;
    if values.is_empty() {
        return Ok(tuple::empty());
    }
    // SAFETY: the values move into the tuple; where there is none they stay here, and die.
    unsafe {
        let made = tuple::from_owned(values.as_ptr().cast(), values.len());
        if made.is_ok() {
            let mut values = std::mem::ManuallyDrop::new(values);
            // What is left of them is their vector's own memory.
            values.set_len(0);
            drop(std::mem::ManuallyDrop::into_inner(values));
        }
        made
    }
}

fn pairs(rest: &mut &[u8], va: &mut VaList, units: usize) -> PyResult<Ref> {
    if units % 2 != 0 {
        return Err(raise!(SystemError, "Bad dict format"));
    }
    let values = values(rest, va, units)?;
    let dict = dicts::new()?;
    for pair in values.chunks_exact(2) {
        if let [key, value] = pair {
            dicts::set(dict.b(), key.b(), value.b())?;
        }
    }
    Ok(dict)
}

/// The length behind `#`; -1: to the NUL.
fn length(rest: &mut &[u8], va: &mut VaList) -> isize {
    if rest.first() == Some(&b'#') {
        *rest = rest.get(1..).unwrap_or_default();
        va.long() as isize
    } else {
        -1
    }
}

/// The bytes at `start`.
fn content<'a>(start: *const u8, len: isize) -> PyResult<&'a [u8]> {
    if len >= 0 {
        // SAFETY: C passes that many bytes.
        return Ok(unsafe { crate::support::raw_bytes(start, len) });
    }
    // SAFETY: C passes a string that ends.
    let content = unsafe { CStr::from_ptr(start.cast()) }.to_bytes();
    if content.len() > isize::MAX.unsigned_abs() {
        return Err(raise!(OverflowError, "string too long for Python string"));
    }
    Ok(content)
}

fn wide(start: *const u32, len: isize) -> PyResult<Ref> {
    let count = match usize::try_from(len) {
        Ok(count) => count,
        // SAFETY: the text ends with 0.
        Err(_) => (0..).take_while(|index| unsafe { start.add(*index).read() } != 0).count(),
    };
    // SAFETY: C passes that many characters.
    text::from_ucs4(unsafe { std::slice::from_raw_parts(start, count) })
}

fn unit(rest: &mut &[u8], va: &mut VaList) -> PyResult<Ref> {
    loop {
        let Some((unit, tail)) = rest.split_first() else {
            return Err(raise!(SystemError, "bad format char passed to Py_BuildValue"));
        };
        *rest = tail;
        return match unit {
            b',' | b':' | b' ' | b'\t' => continue,
            b'(' => {
                let units = count(rest, b')')?;
                let value = units_tuple(rest, va, units)?;
                close(rest, b')').map(|()| value)
            }
            b'[' => {
                let units = count(rest, b']')?;
                let value = builtins::list::List::from_vec(values(rest, va, units)?.into_vec())?.upcast();
                close(rest, b']').map(|()| value)
            }
            b'{' => {
                let units = count(rest, b'}')?;
                let value = pairs(rest, va, units)?;
                close(rest, b'}').map(|()| value)
            }
            b'b' | b'B' | b'h' | b'i' => int::new(i64::from(va.int())),
            b'H' => int::new(i64::from(va.int() as u16)),
            b'I' => int::new(i64::from(va.uint())),
            b'n' | b'l' | b'L' => int::new(va.long()),
            b'k' | b'K' => int::from_u64(va.ulong()),
            b'd' | b'f' => float::new(va.double()),
            b'D' => {
                let place = va.pointer::<[f64; 2]>();
                // SAFETY: C passes a complex number.
                let [real, imag] = unsafe { place.read() };
                builtins::complex::from_parts(real, imag)
            }
            b'p' => Ok(core::boolean(va.int() != 0).to_ref()),
            b'c' => bytes::new(&[va.int() as u8]),
            b'C' => match u32::try_from(va.int()).ok().filter(|code| *code <= 0x10_FFFF) {
                Some(code) => text::from_ucs4(&[code]),
                None => Err(raise!(ValueError, "chr() arg not in range(0x110000)")),
            },
            b's' | b'z' | b'U' | b'y' => {
                let start = va.pointer::<u8>();
                let len = length(rest, va);
                if start.is_null() {
                    return Ok(core::none_ref());
                }
                let content = content(start, len)?;
                if *unit == b'y' { bytes::new(content) } else { from_utf8(content) }
            }
            b'u' => {
                let start = va.pointer::<u32>();
                let len = length(rest, va);
                if start.is_null() { Ok(core::none_ref()) } else { wide(start, len) }
            }
            b'N' | b'S' | b'O' => object_unit(*unit, rest, va),
            _ => Err(raise!(SystemError, "bad format char passed to Py_BuildValue")),
        };
    }
}

fn object_unit(unit: u8, rest: &mut &[u8], va: &mut VaList) -> PyResult<Ref> {
    if rest.first() == Some(&b'&') {
        *rest = rest.get(1..).unwrap_or_default();
        type Converter = unsafe extern "C-unwind" fn(*mut c_void) -> *mut PyObject;
        // SAFETY: C passes a function and its argument.
        let made = unsafe {
            let function = std::mem::transmute::<*mut c_void, Converter>(va.pointer::<c_void>());
            Ref::from_owned_or_null(function(va.pointer()))
        };
        return made.ok_or_else(null_object);
    }
    match va.object() {
        // 'N' gives its reference away.
        // SAFETY: C owned the reference.
        Some(object) if unit == b'N' => unsafe { Ref::from_owned_or_null(object.ptr()) }.ok_or_else(null_object),
        Some(object) => Ok(object.to_ref()),
        None => Err(null_object()),
    }
}

fn null_object() -> object::Raised {
    match object::error::check() {
        Err(raised) => raised,
        Ok(()) => raise!(SystemError, "NULL object passed to Py_BuildValue"),
    }
}

capi! {
    fn Py_VaBuildValue(format: &CStr, va: Va<'_>) -> PyResult<Ref> {
        build(format, va.0)
    }
}

variadic! {
    Py_BuildValue(1) => Py_VaBuildValue;
    _Py_BuildValue_SizeT(1) => Py_VaBuildValue;
}
