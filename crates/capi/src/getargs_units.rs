//! The format units of `PyArg_Parse*`: one argument into C's variables.

use crate::longobject::masked;
use crate::variadic::VaList;
use abi::{Py_buffer, PyObject, c_char, c_int, c_void, pybuf};
use object::protocol::buffer;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, core, memory, raise};
use smallvec::SmallVec;
use std::ffi::CStr;

/// Why an argument did not convert.
pub(crate) enum Fault {
    /// An exception is set.
    Raised(Raised),
    /// "must be …, not …", and the items on the way to the culprit, outermost first.
    Message(String, Vec<usize>),
}

impl From<Raised> for Fault {
    fn from(raised: Raised) -> Self {
        Fault::Raised(raised)
    }
}

type Outcome = Result<(), Fault>;
type Converter = unsafe extern "C-unwind" fn(*mut PyObject, *mut c_void) -> c_int;

/// What must be undone when a later argument does not convert.
#[derive(Default)]
pub(crate) struct Cleanup {
    buffers: SmallVec<[*mut Py_buffer; 4]>,
    blocks: SmallVec<[*mut *mut c_char; 2]>,
    converters: SmallVec<[(Converter, *mut c_void); 2]>,
}

impl Cleanup {
    /// Gives back what was taken.
    #[cold]
    pub(crate) fn undo(&mut self) {
        let undo = std::mem::take(self);
        object::error::preserving(|| {
            for view in undo.buffers {
                // SAFETY: filled by this call.
                buffer::release(unsafe { &*view });
            }
            for place in undo.blocks {
                // SAFETY: filled by this call.
                unsafe {
                    memory::free(place.read().cast());
                    place.write(std::ptr::null_mut());
                }
            }
            for (function, place) in undo.converters {
                // SAFETY: a converter that asked to be called again with NULL.
                unsafe { function(std::ptr::null_mut(), place) };
            }
        });
    }
}

#[cold]
fn must_be(expected: &str, arg: Borrowed<'_>) -> Fault {
    let found = if arg.is(&core::none()) { "None" } else { arg.class().tp_name() };
    Fault::Message(format!("must be {expected}, not {found}"), Vec::new())
}

#[cold]
fn message(text: &str) -> Fault {
    Fault::Message(text.to_owned(), Vec::new())
}

/// Takes `byte` off the format, if it is next.
fn take(rest: &mut &[u8], byte: u8) -> bool {
    let found = rest.first() == Some(&byte);
    if found {
        *rest = rest.get(1..).unwrap_or_default();
    }
    found
}

/// Writes to the place that C passes.
fn put<T>(va: &mut VaList, value: T) {
    // SAFETY: C passes a place for each unit, of the unit's type.
    unsafe { va.pointer::<T>().write(value) };
}

/// An argument for the next unit of the format, or items of a sequence for a unit in parentheses.
#[inline(always)]
pub(crate) fn convert(arg: Borrowed<'_>, rest: &mut &[u8], va: &mut VaList, cleanup: &mut Cleanup) -> Outcome {
    // The most frequent unit: the object itself.
    if let [b'O', tail @ ..] = *rest
        && !matches!(tail.first(), Some(b'!' | b'&'))
    {
        *rest = tail;
        put(va, arg.ptr());
        return Ok(());
    }
    convert_other(arg, rest, va, cleanup)
}

fn convert_other(arg: Borrowed<'_>, rest: &mut &[u8], va: &mut VaList, cleanup: &mut Cleanup) -> Outcome {
    if take(rest, b'(') {
        let outcome = convert_tuple(arg, rest, va, cleanup);
        if outcome.is_ok() {
            take(rest, b')');
        }
        return outcome;
    }
    simple(arg, rest, va, cleanup)
}

/// The number of units up to the closing parenthesis.
fn units_in(rest: &[u8]) -> usize {
    let (mut level, mut count, mut previous_e) = (0, 0, false);
    for byte in rest {
        match byte {
            b'(' => {
                count += usize::from(level == 0);
                level += 1;
            }
            b')' if level == 0 => break,
            b')' => level -= 1,
            b':' | b';' => break,
            _ if level == 0 && byte.is_ascii_alphabetic() && !(previous_e && matches!(byte, b's' | b't')) => count += 1,
            _ => {}
        }
        previous_e = *byte == b'e';
    }
    count
}

/// Whether a unit up to the closing parenthesis stores a reference or a buffer that the item owns: then a tuple must hold the item.
fn borrows(rest: &[u8]) -> bool {
    let (mut level, mut previous) = (0, 0);
    for (index, byte) in rest.iter().enumerate() {
        let next = rest.get(index + 1);
        // "es" and "et" fill memory of their own.
        let encoded = std::mem::replace(&mut previous, *byte) == b'e';
        match byte {
            b'(' => level += 1,
            b')' if level == 0 => break,
            b')' => level -= 1,
            b':' | b';' => break,
            b'O' if level == 0 && next != Some(&b'&') => return true,
            b's' | b'z' | b'y' if level == 0 && !encoded && next != Some(&b'*') => return true,
            b'S' | b'Y' | b'U' if level == 0 => return true,
            _ => {}
        }
    }
    false
}

fn convert_tuple(arg: Borrowed<'_>, rest: &mut &[u8], va: &mut VaList, cleanup: &mut Cleanup) -> Outcome {
    let count = units_in(rest);
    let class = arg.class();
    let is_text = class.is_subtype(&core::STR) || class.is_subtype(&core::BYTES) || class.is_subtype(&core::BYTEARRAY);
    if !arg.is_sequence() || is_text {
        return Err(must_be(&format!("{count}-item tuple"), arg));
    }
    let (is_tuple, borrows) = (tuple::items(arg).is_some(), borrows(rest));
    if !is_tuple && borrows {
        let warning = format!("argument must be {count}-item tuple, not {}", class.tp_name());
        object::hooks::warn(&object::exc::DeprecationWarning, &warning, 1)?;
    }
    let items: Vec<Ref> = match tuple::items(arg) {
        Some(items) => items.iter().map(|item| item.to_ref()).collect(),
        None => arg.to_vec()?,
    };
    if items.len() != count {
        let kind = if is_tuple || borrows { "tuple" } else { "sequence" };
        return Err(message(&format!("must be {kind} of length {count}, not {}", items.len())));
    }
    for (index, item) in items.iter().enumerate() {
        convert(item.b(), rest, va, cleanup).map_err(|fault| match fault {
            Fault::Message(text, mut levels) => {
                levels.insert(0, index + 1);
                Fault::Message(text, levels)
            }
            raised => raised,
        })?;
    }
    Ok(())
}

/// An int in a range, with the messages of the small C types.
fn ranged<T: TryFrom<i64>>(arg: Borrowed<'_>, name: &str) -> PyResult<T> {
    let value = wide(arg)?;
    T::try_from(value).map_err(|_| {
        let kind = if value < 0 { "less than minimum" } else { "greater than maximum" };
        raise!(OverflowError, "{name} is {kind}")
    })
}

fn wide(arg: Borrowed<'_>) -> PyResult<i64> {
    // SAFETY: the type is checked first.
    if int::check(arg)
        && let Some(value) = unsafe { int::compact_unchecked(arg) }
    {
        return Ok(value);
    }
    let number = arg.index()?;
    int::to_i64(number.b()).ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long"))
}

/// The low bits of an int: for units without a check for overflow. `__index__` is asked.
fn bits(arg: Borrowed<'_>) -> PyResult<u64> {
    masked(arg.index()?.b())
}

/// As CPython's `PyLong_AsUnsignedLongMask` behind a check that the argument is an int.
fn int_bits(arg: Borrowed<'_>) -> Result<u64, Fault> {
    if !int::check(arg) && arg.class().nb_index().is_none() {
        return Err(must_be("int", arg));
    }
    Ok(bits(arg)?)
}

fn simple(arg: Borrowed<'_>, rest: &mut &[u8], va: &mut VaList, cleanup: &mut Cleanup) -> Outcome {
    let Some((unit, tail)) = rest.split_first() else { return Err(message("(impossible<bad format char>)")) };
    *rest = tail;
    match unit {
        b'b' => put(va, ranged::<u8>(arg, "unsigned byte integer")?),
        b'B' => put(va, bits(arg)? as u8),
        b'h' => put(va, ranged::<i16>(arg, "signed short integer")?),
        b'H' => put(va, bits(arg)? as u16),
        b'i' => put(va, ranged::<i32>(arg, "signed integer")?),
        b'I' => put(va, bits(arg)? as u32),
        b'n' => put(va, signed_size(arg)?),
        b'l' | b'L' => put(va, wide(arg)?),
        b'k' | b'K' => put(va, int_bits(arg)?),
        b'f' => put(va, arg.as_f64()? as f32),
        b'd' => put(va, arg.as_f64()?),
        b'D' => {
            let value = builtins::complex::value_of(arg)?;
            put(va, [value.re, value.im]);
        }
        b'p' => put(va, c_int::from(arg.is_true()?)),
        b'c' => put(va, one_byte(arg)?),
        b'C' => {
            let Some(data) = text::data(arg) else { return Err(must_be("a unicode character", arg)) };
            match (data.len(), data.get(0)) {
                (1, Some(code)) => put(va, code),
                (len, _) => return Err(message(&format!("must be a unicode character, not a string of length {len}"))),
            }
        }
        b's' | b'z' | b'y' => return texts(*unit, arg, rest, va, cleanup),
        b'w' => {
            if !take(rest, b'*') {
                return Err(message("(impossible<bad format char>)"));
            }
            let view = va.pointer::<Py_buffer>();
            if let Err(fault) = lend(arg, view, pybuf::WRITABLE) {
                if let Fault::Raised(raised) = fault {
                    raised.clear();
                }
                return Err(must_be("read-write bytes-like object", arg));
            }
            cleanup.buffers.push(view);
        }
        b'e' => return encoded(arg, rest, va, cleanup),
        b'S' | b'Y' | b'U' => {
            let (class, name) = match unit {
                b'S' => (&core::BYTES, "bytes"),
                b'Y' => (&core::BYTEARRAY, "bytearray"),
                _ => (&core::STR, "str"),
            };
            if !arg.class().is_subtype(class) {
                return Err(must_be(name, arg));
            }
            put(va, arg.ptr());
        }
        b'O' => return object_unit(arg, rest, va, cleanup),
        _ => return Err(message("(impossible<bad format char>)")),
    }
    Ok(())
}

fn signed_size(arg: Borrowed<'_>) -> PyResult<isize> {
    let number = arg.index()?;
    int::to_i64(number.b())
        .map(|value| value as isize)
        .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C ssize_t"))
}

fn one_byte(arg: Borrowed<'_>) -> Result<u8, Fault> {
    let content = match bytes::value(arg) {
        Some(content) => content.to_vec(),
        None if arg.class().is_subtype(&core::BYTEARRAY) => buffer::Buffer::readable(arg)?.bytes().to_vec(),
        None => return Err(must_be("a byte string of length 1", arg)),
    };
    match content.as_slice() {
        [byte] => Ok(*byte),
        other => {
            let kind = if bytes::value(arg).is_some() { "a bytes object" } else { "a bytearray object" };
            Err(message(&format!("must be a byte string of length 1, not {kind} of length {}", other.len())))
        }
    }
}

/// Fills a buffer description.
fn lend(arg: Borrowed<'_>, view: *mut Py_buffer, flags: c_int) -> Outcome {
    let Some(function) = arg.class().bf_getbuffer() else {
        let found = arg.class().tp_name();
        return Err(Fault::Raised(raise!(TypeError, "a bytes-like object is required, not '{found}'")));
    };
    let lent: PyResult<()> = function(arg, view, flags).into();
    Ok(lent?)
}

fn texts(unit: u8, arg: Borrowed<'_>, rest: &mut &[u8], va: &mut VaList, cleanup: &mut Cleanup) -> Outcome {
    let none = unit == b'z' && arg.is(&core::none());
    let is_text = unit != b'y' && text::check(arg);
    if take(rest, b'*') {
        let view = va.pointer::<Py_buffer>();
        if none {
            // SAFETY: C passes a description.
            unsafe { buffer::fill_info(view, None, std::ptr::null_mut(), 0, true, 0)? };
        } else if is_text {
            let (start, len) = crate::unicodeobject::utf8_of(arg)?;
            // SAFETY: C passes a description; the str keeps its UTF-8.
            unsafe { buffer::fill_info(view, Some(arg), start.cast_mut().cast(), len.unsigned_abs(), true, 0)? };
        } else {
            lend(arg, view, pybuf::SIMPLE)?;
        }
        cleanup.buffers.push(view);
        return Ok(());
    }
    if take(rest, b'#') {
        let (start, len) = if none {
            (std::ptr::null(), 0)
        } else if is_text {
            crate::unicodeobject::utf8_of(arg)?
        } else {
            read_only(arg)?
        };
        put(va, start);
        put(va, len);
        return Ok(());
    }
    let start = if none {
        std::ptr::null()
    } else if is_text {
        let (start, len) = crate::unicodeobject::utf8_of(arg)?;
        no_null(start, len, "embedded null character")?;
        start
    } else if unit == b'y' {
        let (start, len) = read_only(arg)?;
        no_null(start, len, "embedded null byte")?;
        start
    } else {
        return Err(must_be(if unit == b'z' { "str or None" } else { "str" }, arg));
    };
    put(va, start);
    Ok(())
}

fn no_null(start: *const c_char, len: isize, message: &str) -> PyResult<()> {
    // SAFETY: that many bytes stand there.
    if unsafe { crate::support::raw_bytes(start.cast(), len) }.contains(&0) {
        Err(raise!(ValueError, "{message}"))
    } else {
        Ok(())
    }
}

/// The bytes of an object whose memory does not move: one that needs no release.
fn read_only(arg: Borrowed<'_>) -> Result<(*const c_char, isize), Fault> {
    if let Some(content) = bytes::value(arg) {
        return Ok((content.as_ptr().cast(), content.len().cast_signed()));
    }
    if !arg.has_buffer() || arg.class().bf_releasebuffer().is_some() {
        return Err(must_be("read-only bytes-like object", arg));
    }
    let view = <Py_buffer as abi::CStruct>::ZERO;
    lend(arg, (&raw const view).cast_mut(), pybuf::SIMPLE)?;
    let found = (view.buf.get().cast_const().cast(), view.len.get());
    buffer::release(&view);
    Ok(found)
}

/// `es`, `et`, `es#`, `et#`: text in an encoding, in memory of its own.
fn encoded(arg: Borrowed<'_>, rest: &mut &[u8], va: &mut VaList, cleanup: &mut Cleanup) -> Outcome {
    let encoding = va.string();
    let keep_bytes = match rest.first() {
        Some(b's') => false,
        Some(b't') => true,
        _ => return Err(message("(unknown parser marker combination)")),
    };
    *rest = rest.get(1..).unwrap_or_default();
    let place = va.pointer::<*mut c_char>();
    let sized = take(rest, b'#');
    let content = if keep_bytes && bytes::value(arg).is_some() {
        arg.to_ref()
    } else if keep_bytes && arg.class().is_subtype(&core::BYTEARRAY) {
        bytes::new(buffer::Buffer::readable(arg)?.bytes())?
    } else if text::check(arg) {
        let name = encoding.map_or_else(|| "utf-8".into(), CStr::to_string_lossy);
        crate::unicode_codecs::encode(arg, &name, None)?
    } else {
        return Err(must_be(if keep_bytes { "str, bytes or bytearray" } else { "str" }, arg));
    };
    let content = bytes::value(content.b()).unwrap_or_default().to_vec();
    if sized {
        return sized_copy(&content, place, va.pointer::<isize>(), cleanup);
    }
    if content.contains(&0) {
        return Err(message("must be encoded string without null bytes, not str").with_class(arg));
    }
    let block = copy(&content)?;
    // SAFETY: C passes its place.
    unsafe { place.write(block) };
    cleanup.blocks.push(place);
    Ok(())
}

impl Fault {
    /// The message with the type of the argument in the place of "str".
    fn with_class(self, arg: Borrowed<'_>) -> Fault {
        match self {
            Fault::Message(text, levels) => {
                Fault::Message(text.trim_end_matches("str").to_owned() + arg.class().short_name(), levels)
            }
            raised => raised,
        }
    }
}

fn copy(content: &[u8]) -> PyResult<*mut c_char> {
    let block = memory::or_no_memory(memory::try_alloc(content.len() + 1))?;
    // SAFETY: the block has that much room.
    unsafe {
        block.as_ptr().copy_from_nonoverlapping(content.as_ptr(), content.len());
        block.as_ptr().add(content.len()).write(0);
    }
    Ok(block.as_ptr().cast())
}

fn sized_copy(content: &[u8], place: *mut *mut c_char, size: *mut isize, cleanup: &mut Cleanup) -> Outcome {
    // SAFETY: C passes its places: a buffer of `size` bytes, or NULL for one that is made here.
    unsafe {
        if place.read().is_null() {
            place.write(copy(content)?);
            cleanup.blocks.push(place);
        } else {
            if content.len().cast_signed() + 1 > size.read() {
                let room = size.read();
                return Err(Fault::Raised(raise!(
                    ValueError,
                    "encoded string too long ({}, maximum length {})",
                    content.len(),
                    room - 1
                )));
            }
            place.read().cast::<u8>().copy_from_nonoverlapping(content.as_ptr(), content.len());
            place.read().add(content.len()).write(0);
        }
        size.write(content.len().cast_signed());
    }
    Ok(())
}

/// `O`, `O!`, `O&`.
fn object_unit(arg: Borrowed<'_>, rest: &mut &[u8], va: &mut VaList, cleanup: &mut Cleanup) -> Outcome {
    if take(rest, b'!') {
        let class = va.pointer::<TypeObject>();
        // SAFETY: C passes a type.
        let class = unsafe { &*class };
        if !arg.class().is_subtype(class) {
            return Err(must_be(class.tp_name(), arg));
        }
        put(va, arg.ptr());
        return Ok(());
    }
    if take(rest, b'&') {
        // SAFETY: C passes a converter.
        let function = unsafe { std::mem::transmute::<*mut c_void, Converter>(va.pointer::<c_void>()) };
        let place = va.pointer::<c_void>();
        // SAFETY: C's converter with C's place.
        let status = unsafe { function(arg.ptr(), place) };
        if status == 0 {
            object::error::check()?;
            return Err(message("(unspecified)"));
        }
        if status == CLEANUP_SUPPORTED {
            cleanup.converters.push((function, place));
        }
        return Ok(());
    }
    put(va, arg.ptr());
    Ok(())
}

const CLEANUP_SUPPORTED: c_int = 0x20000;

/// Steps over a unit whose argument is missing: its places are taken off the list.
pub(crate) fn skip(rest: &mut &[u8], va: &mut VaList) -> Result<(), &'static str> {
    let Some((unit, tail)) = rest.split_first() else { return Err("impossible<bad format char>") };
    if *unit == b'e' && !matches!(tail.first(), Some(b's' | b't')) || *unit == b'w' && tail.first() != Some(&b'*') {
        return Err("impossible<bad format char>");
    }
    if !b"bBhHiIlkLKnfdDcCpSYUszyweO(".contains(unit) {
        return Err("impossible<bad format char>");
    }
    *rest = tail;
    match unit {
        b'b' | b'B' | b'h' | b'H' | b'i' | b'I' | b'l' | b'k' | b'L' | b'K' | b'n' | b'f' | b'd' | b'D' | b'c' | b'C' | b'p'
        | b'S' | b'Y' | b'U' => {
            va.ulong();
        }
        b's' | b'z' | b'y' | b'w' => {
            va.ulong();
            if take(rest, b'#') {
                va.ulong();
            } else {
                take(rest, b'*');
            }
        }
        b'e' => {
            va.ulong();
            va.ulong();
            *rest = rest.get(1..).unwrap_or_default();
            if take(rest, b'#') {
                va.ulong();
            }
        }
        b'O' => {
            if take(rest, b'!') || take(rest, b'&') {
                va.ulong();
            }
            va.ulong();
        }
        b'(' => {
            while rest.first().is_some_and(|byte| *byte != b')') {
                skip(rest, va)?;
            }
            take(rest, b')');
        }
        _ => return Err("impossible<bad format char>"),
    }
    Ok(())
}
