//! `cpython/unicodeobject.h`: writers of strs; character properties.

use crate::form::{Value, capi};
use crate::support::raw_bytes;
use crate::unicodeobject::expect;
use crate::variadic::{Va, variadic};
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, error, raise};
use std::ffi::CStr;

/// What `PyUnicodeWriter` points to: C's `_PyUnicodeWriter`, which an extension may also have on its own stack. The text stands in a builder of ours; the
/// fields that C's macros look at say that there is no room, so that they ask a function.
#[repr(C)]
pub struct Writer {
    buffer: *mut abi::PyObject,
    /// C's `data`: null until something is written.
    text: *mut text::Builder,
    kind: i32,
    max_char: u32,
    size: isize,
    position: isize,
    min_length: isize,
    min_char: u32,
    overallocate: u8,
    readonly: u8,
}

impl Writer {
    const EMPTY: Writer = Writer {
        buffer: std::ptr::null_mut(),
        text: std::ptr::null_mut(),
        kind: 0,
        max_char: 0,
        size: 0,
        position: 0,
        min_length: 0,
        min_char: 0,
        overallocate: 0,
        readonly: 0,
    };

    fn text(&mut self) -> &mut text::Builder {
        if self.text.is_null() {
            self.text = Box::into_raw(Box::new(text::Builder::new()));
        }
        // SAFETY: the writer owns its builder.
        unsafe { &mut *self.text }
    }

    /// Takes the builder out.
    fn take(&mut self) -> Option<Box<text::Builder>> {
        let text = std::mem::replace(&mut self.text, std::ptr::null_mut());
        // SAFETY: the writer owned its builder.
        (!text.is_null()).then(|| unsafe { Box::from_raw(text) })
    }

    fn finish(&mut self) -> PyResult<Ref> {
        self.take().map_or_else(|| Ok(text::empty()), |text| text.finish())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// C's pointer to a writer.
pub struct WriterPtr<'a>(&'a mut Writer);

impl crate::form::FromC for WriterPtr<'_> {
    type C = *mut Writer;
    unsafe fn from_c(value: *mut Writer) -> PyResult<Self> {
        // SAFETY: C passes its writer, which nobody else uses during the call.
        unsafe { value.as_mut() }.map(WriterPtr).ok_or_else(error::bad_internal_call)
    }
}

/// A code point, or 0 for none: what the character functions return.
struct Code(u32);

impl Value for Code {
    type C = u32;
    const ERROR: u32 = 0;
    fn into_c(self) -> u32 {
        self.0
    }
}

/// Asks a method of the one-character str.
fn ask(code: u32, method: &str) -> PyResult<bool> {
    let string = text::from_ucs4(&[code])?;
    string.call_method(crate::support::intern(method).b(), &[])?.is_true()
}

/// The first character of what a method of the one-character str gives, if it is one.
fn mapped(code: u32, method: &str) -> PyResult<Code> {
    let string = text::from_ucs4(&[code])?;
    let result = string.call_method(crate::support::intern(method).b(), &[])?;
    let data = expect(result.b())?;
    Ok(Code(match (data.len(), data.get(0)) {
        (1, Some(mapped)) => mapped,
        _ => code,
    }))
}

/// A number of `unicodedata`, or -1.
fn number(code: u32, function: &str) -> PyResult<f64> {
    let string = text::from_ucs4(&[code])?;
    let minus = object::value::int::new(-1)?;
    let module = vm::import::import_module("unicodedata")?;
    module.call_method(crate::support::intern(function).b(), &[string.b(), minus.b()])?.as_f64()
}

macro_rules! properties {
    ($($name:ident $method:literal;)*) => {
        capi! { $(
            fn $name(code: u32) -> PyResult<bool> {
                ask(code, $method)
            }
        )* }
    };
}

properties! {
    _PyUnicode_IsLowercase "islower";
    _PyUnicode_IsUppercase "isupper";
    _PyUnicode_IsWhitespace "isspace";
    _PyUnicode_IsDecimalDigit "isdecimal";
    _PyUnicode_IsDigit "isdigit";
    _PyUnicode_IsNumeric "isnumeric";
    _PyUnicode_IsPrintable "isprintable";
    _PyUnicode_IsAlpha "isalpha";
}

capi! {
    // A capital letter alone is a title as well, but no titlecase letter.
    fn _PyUnicode_IsTitlecase(code: u32) -> PyResult<bool> {
        Ok(ask(code, "istitle")? && !ask(code, "isupper")?)
    }
    fn _PyUnicode_IsLinebreak(code: u32) -> PyResult<bool> {
        Ok(matches!(code, 0x0A..=0x0D | 0x1C..=0x1E | 0x85 | 0x2028 | 0x2029))
    }
    fn _PyUnicode_ToLowercase(code: u32) -> PyResult<Code> {
        mapped(code, "lower")
    }
    fn _PyUnicode_ToUppercase(code: u32) -> PyResult<Code> {
        mapped(code, "upper")
    }
    fn _PyUnicode_ToTitlecase(code: u32) -> PyResult<Code> {
        mapped(code, "title")
    }
    fn _PyUnicode_ToDecimalDigit(code: u32) -> PyResult<i32> {
        Ok(number(code, "decimal")? as i32)
    }
    fn _PyUnicode_ToDigit(code: u32) -> PyResult<i32> {
        Ok(number(code, "digit")? as i32)
    }
    fn _PyUnicode_ToNumeric(code: u32) -> PyResult<f64> {
        number(code, "numeric")
    }

    fn PyUnicodeWriter_Create(length: isize) -> PyResult<*mut Writer> {
        if length < 0 {
            return Err(raise!(ValueError, "length must be positive"));
        }
        Ok(Box::into_raw(Box::new(Writer::EMPTY)))
    }
    fn PyUnicodeWriter_Discard(writer: *mut Writer) -> () {
        if !writer.is_null() {
            // SAFETY: C gives the writer away.
            drop(unsafe { Box::from_raw(writer) });
        }
    }
    fn PyUnicodeWriter_Finish(writer: *mut Writer) -> PyResult<Ref> {
        if writer.is_null() {
            return Err(error::bad_internal_call());
        }
        // SAFETY: C gives the writer away.
        unsafe { Box::from_raw(writer) }.finish()
    }
    fn PyUnicodeWriter_WriteChar(writer: WriterPtr<'_>, code: u32) -> PyResult<()> {
        if code > 0x10_FFFF {
            return Err(raise!(ValueError, "character must be in range(0x110000)"));
        }
        writer.0.text().push(code)
    }
    fn PyUnicodeWriter_WriteUTF8(writer: WriterPtr<'_>, bytes: *const u8, size: isize) -> PyResult<()> {
        let content = sized(bytes, size);
        let string = crate::unicodeobject::from_utf8(content)?;
        writer.0.text().push_object(string.b())
    }
    fn PyUnicodeWriter_WriteASCII(writer: WriterPtr<'_>, bytes: *const u8, size: isize) -> PyResult<()> {
        writer.0.text().push_data(text::Data::Latin1(sized(bytes, size)))
    }
    fn PyUnicodeWriter_WriteWideChar(writer: WriterPtr<'_>, wide: *const u32, size: isize) -> PyResult<()> {
        let string = wide_text(wide, size)?;
        writer.0.text().push_object(string.b())
    }
    fn PyUnicodeWriter_WriteUCS4(writer: WriterPtr<'_>, codes: *const u32, size: isize) -> PyResult<()> {
        if size < 0 {
            return Err(raise!(ValueError, "size must be positive"));
        }
        if size == 0 {
            return Ok(());
        }
        let string = wide_text(codes, size)?;
        writer.0.text().push_object(string.b())
    }
    fn PyUnicodeWriter_WriteStr(writer: WriterPtr<'_>, object: Borrowed<'_>) -> PyResult<()> {
        let string = object.str()?;
        writer.0.text().push_object(string.b())
    }
    fn PyUnicodeWriter_WriteRepr(writer: WriterPtr<'_>, object: Option<Borrowed<'_>>) -> PyResult<()> {
        match object {
            Some(object) => {
                let string = object.get().repr()?;
                writer.0.text().push_object(string.b())
            }
            None => writer.0.text().push_str("<NULL>"),
        }
    }
    fn PyUnicodeWriter_WriteSubstring(writer: WriterPtr<'_>, string: Borrowed<'_>, start: isize, end: isize) -> PyResult<()> {
        let Some(data) = text::data(string) else {
            return Err(raise!(TypeError, "expect str, not {}", string.class().tp_name()));
        };
        if start < 0 || start > end {
            return Err(raise!(ValueError, "{}", if start < 0 { "start must be positive" } else { "invalid start argument" }));
        }
        if end.unsigned_abs() > data.len() {
            return Err(raise!(ValueError, "end must be less than string length"));
        }
        let part = builtins::str_::substring(string, start.unsigned_abs(), end.unsigned_abs())?;
        writer.0.text().push_object(part.b())
    }
    fn PyUnicodeWriter_DecodeUTF8Stateful(writer: WriterPtr<'_>, bytes: *const u8, size: isize, errors: Option<&CStr>, consumed: Option<crate::form::Out<'_, isize>>) -> PyResult<()> {
        let content = sized(bytes, size);
        if let Some(consumed) = &consumed {
            consumed.set(0);
        }
        let string = crate::unicode_codecs::stateful("utf_8_decode", content, errors, consumed)?;
        writer.0.text().push_object(string.b())
    }
    // The older names of the same functions, also for a writer that C has on its stack.
    fn _PyUnicodeWriter_Init(writer: *mut Writer) -> () {
        // SAFETY: C passes its struct, in which nothing is yet.
        unsafe { writer.write(Writer::EMPTY) }
    }
    fn _PyUnicodeWriter_Finish(writer: WriterPtr<'_>) -> PyResult<Ref> {
        writer.0.finish()
    }
    fn _PyUnicodeWriter_Dealloc(writer: WriterPtr<'_>) -> () {
        drop(writer.0.take());
    }
    fn _PyUnicodeWriter_WriteChar(writer: WriterPtr<'_>, code: u32) -> PyResult<()> {
        writer.0.text().push(code)
    }
    fn _PyUnicodeWriter_WriteStr(writer: WriterPtr<'_>, string: Borrowed<'_>) -> PyResult<()> {
        expect(string)?;
        writer.0.text().push_object(string)
    }
    fn _PyUnicodeWriter_WriteSubstring(writer: WriterPtr<'_>, string: Borrowed<'_>, start: isize, end: isize) -> PyResult<()> {
        let len = expect(string)?.len();
        let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else { return Err(error::bad_internal_call()) };
        if start > end || end > len {
            return Err(error::bad_internal_call());
        }
        let part = builtins::str_::substring(string, start, end)?;
        writer.0.text().push_object(part.b())
    }
    fn _PyUnicodeWriter_WriteASCIIString(writer: WriterPtr<'_>, bytes: *const u8, size: isize) -> PyResult<()> {
        writer.0.text().push_data(text::Data::Latin1(sized(bytes, size)))
    }
    fn _PyUnicodeWriter_WriteLatin1String(writer: WriterPtr<'_>, bytes: *const u8, size: isize) -> PyResult<()> {
        writer.0.text().push_data(text::Data::Latin1(sized(bytes, size)))
    }
    fn PyUnicodeWriter_Format_va(writer: WriterPtr<'_>, format: &CStr, va: Va<'_>) -> PyResult<()> {
        let string = crate::unicode_format::format(format, va.0)?;
        writer.0.text().push_object(string.b())
    }
}

variadic! {
    PyUnicodeWriter_Format(2) => PyUnicodeWriter_Format_va;
}

/// Bytes of a length, or up to the NUL.
fn sized<'a>(bytes: *const u8, size: isize) -> &'a [u8] {
    if size < 0 {
        // SAFETY: C passes a string that ends.
        return unsafe { CStr::from_ptr(bytes.cast()) }.to_bytes();
    }
    // SAFETY: C passes that many bytes.
    unsafe { raw_bytes(bytes, size) }
}

fn wide_text(start: *const u32, size: isize) -> PyResult<Ref> {
    let len = match usize::try_from(size) {
        Ok(len) => len,
        // SAFETY: without a length the text ends with 0.
        Err(_) => (0..).take_while(|index| unsafe { start.add(*index).read() } != 0).count(),
    };
    if len == 0 {
        return Ok(text::empty());
    }
    // SAFETY: C passes that many characters.
    let codes = unsafe { std::slice::from_raw_parts(start, len) };
    if codes.iter().any(|code| *code > 0x10_FFFF) {
        return Err(raise!(ValueError, "character must be in range(0x110000)"));
    }
    text::from_ucs4(codes)
}
