//! `PyUnicode_FromFormat` and `PyBytes_FromFormat`: C's formats with Python's objects in them.

use crate::form::capi;
use crate::support::{intern, raw_bytes};
use crate::variadic::{Va, VaList, variadic};
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, Ref, TypeObject, core, raise};
use std::ffi::CStr;

/// One `%…` of a format.
#[derive(Default)]
struct Directive {
    left: bool,
    zero: bool,
    alternate: bool,
    width: Option<i64>,
    precision: Option<usize>,
    /// The length modifier: 'l', 'q' for `ll`, 'z', 't', 'j', or 0.
    length: u8,
    conversion: u8,
}

/// Reads a directive behind its `%`; also how many bytes it has. None where it is not one.
fn read_directive(format: &[u8], va: &mut VaList) -> PyResult<Option<(Directive, usize)>> {
    let mut directive = Directive::default();
    let mut at = 0;
    loop {
        match format.get(at) {
            Some(b'-') => directive.left = true,
            Some(b'0') => directive.zero = true,
            Some(b'#') => directive.alternate = true,
            _ => break,
        }
        at += 1;
    }
    directive.width = read_number(format, &mut at, va, "width")?;
    if let Some(width) = directive.width.filter(|width| *width < 0) {
        directive.left = true;
        directive.width = Some(-width);
    }
    if format.get(at) == Some(&b'.') {
        at += 1;
        let precision = read_number(format, &mut at, va, "precision")?.unwrap_or(0);
        directive.precision = usize::try_from(precision).ok();
    }
    match format.get(at) {
        Some(b'l') if format.get(at + 1) == Some(&b'l') => {
            directive.length = b'q';
            at += 2;
        }
        Some(length @ (b'l' | b'z' | b't' | b'j')) => {
            directive.length = *length;
            at += 1;
        }
        _ => {}
    }
    let Some(conversion) = format.get(at) else { return Ok(None) };
    directive.conversion = *conversion;
    Ok(Some((directive, at + 1)))
}

fn read_number(format: &[u8], at: &mut usize, va: &mut VaList, what: &str) -> PyResult<Option<i64>> {
    if format.get(*at) == Some(&b'*') {
        *at += 1;
        return Ok(Some(i64::from(va.int())));
    }
    let mut value = None;
    while let Some(digit) = format.get(*at).filter(|byte| byte.is_ascii_digit()) {
        let next = value.unwrap_or(0i64).checked_mul(10).and_then(|value| value.checked_add(i64::from(digit - b'0')));
        value = Some(next.filter(|value| *value <= isize::MAX as i64 - 9).ok_or_else(|| raise!(ValueError, "{what} too big"))?);
        *at += 1;
    }
    Ok(value)
}

impl Directive {
    /// The number of an integer conversion: negative?, digits.
    fn number(&self, va: &mut VaList) -> (bool, String) {
        let signed = matches!(self.conversion, b'd' | b'i');
        let value = match (signed, self.length) {
            (true, 0) => i128::from(va.int()),
            (true, _) => i128::from(va.long()),
            (false, 0) => i128::from(va.uint()),
            (false, _) => i128::from(va.ulong()),
        };
        let magnitude = value.unsigned_abs();
        let digits = match self.conversion {
            b'o' => format!("{magnitude:o}"),
            b'x' => format!("{magnitude:x}"),
            b'X' => format!("{magnitude:X}"),
            _ => magnitude.to_string(),
        };
        (value < 0, digits)
    }

    /// Whether a width or a precision stands before the conversion.
    fn is_padded(&self) -> bool {
        self.width.is_some() || self.precision.is_some()
    }

    /// The text of an integer conversion, padded.
    fn integer(&self, va: &mut VaList) -> String {
        let (negative, digits) = self.number(va);
        if self.width.is_none() && self.precision.is_none() && !negative {
            return digits;
        }
        let precision = self.precision.unwrap_or(0);
        let mut shown = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
        let sign = if negative { "-" } else { "" };
        let width = usize::try_from(self.width.unwrap_or(0)).unwrap_or(0);
        let fill = width.saturating_sub(shown.len() + sign.len());
        if self.left {
            return format!("{sign}{shown}{}", " ".repeat(fill));
        }
        // Other than in C, a precision does not end the filling with zeros.
        if self.zero {
            shown = format!("{}{shown}", "0".repeat(fill));
            return format!("{sign}{shown}");
        }
        format!("{}{sign}{shown}", " ".repeat(fill))
    }

    /// Adds a str, cut and padded.
    fn put(&self, out: &mut text::Builder, value: Borrowed<'_>) -> PyResult<()> {
        let Some(data) = text::data(value) else {
            return Err(raise!(TypeError, "expected str instance, {} found", value.class().tp_name()));
        };
        let len = data.len().min(self.precision.unwrap_or(usize::MAX));
        let fill = usize::try_from(self.width.unwrap_or(0)).unwrap_or(0).saturating_sub(len);
        let pad = |out: &mut text::Builder| (0..fill).try_for_each(|_| out.push(u32::from(b' ')));
        if !self.left {
            pad(out)?;
        }
        if len == data.len() {
            out.push_data(data)?;
        } else {
            data.iter().take(len).try_for_each(|code| out.push(code))?;
        }
        if self.left { pad(out) } else { Ok(()) }
    }

    /// The str of a C string: at most as many bytes as the precision says, what is not UTF-8 replaced.
    fn c_text(&self, va: &mut VaList) -> PyResult<Ref> {
        if self.length == b'l' {
            return self.wide_text(va.pointer());
        }
        let start = va.pointer::<u8>();
        c_text(start, self.precision)
    }

    fn wide_text(&self, start: *mut u32) -> PyResult<Ref> {
        if start.is_null() {
            return Err(object::error::bad_internal_call());
        }
        let limit = self.precision.unwrap_or(usize::MAX);
        // SAFETY: the text ends with 0 or has as many characters as the precision says.
        let len = (0..limit).take_while(|index| unsafe { start.add(*index).read() } != 0).count();
        // SAFETY: as above.
        text::from_ucs4(unsafe { std::slice::from_raw_parts(start, len) })
    }
}

fn c_text(start: *const u8, precision: Option<usize>) -> PyResult<Ref> {
    if start.is_null() {
        return Err(object::error::bad_internal_call());
    }
    let len = match precision {
        // SAFETY: the text ends with 0.
        None => unsafe { CStr::from_ptr(start.cast()) }.count_bytes(),
        // SAFETY: the text ends with 0 or has as many bytes as the precision says.
        Some(limit) => (0..limit).take_while(|index| unsafe { start.add(*index).read() } != 0).count(),
    };
    // SAFETY: as above.
    let content = unsafe { raw_bytes(start, len.cast_signed()) };
    if content.is_ascii() {
        return text::from_ascii(content);
    }
    // An incomplete sequence that the precision cut off is left out.
    let content = match std::str::from_utf8(content) {
        Err(error) if precision == Some(len) && error.error_len().is_none() => {
            content.get(..error.valid_up_to()).unwrap_or(content)
        }
        _ => content,
    };
    crate::unicode_codecs::decode(content, "utf-8", Some(c"replace"))
}

/// The name of a type for %T and %N: qualified with its module, `module:qualname` in the alternate form.
fn type_name(class: &TypeObject, alternate: bool) -> PyResult<Ref> {
    let name = builtins::type_::attributes::fully_qualified_name(class)?;
    if !alternate {
        return Ok(name);
    }
    let qualname = builtins::type_::attributes::qualname(class)?;
    let module = builtins::type_::attributes::module(class)?;
    let (qualname, module) = (text::to_string_lossy(qualname.b()), text::to_string_lossy(module.b()));
    if text::to_string_lossy(name.b()) == qualname { Ok(name) } else { text::new(&format!("{module}:{qualname}")) }
}

fn invalid(rest: &[u8]) -> object::Raised {
    raise!(SystemError, "invalid format string: %{}", String::from_utf8_lossy(rest))
}

/// The str of a format with its arguments.
pub(crate) fn format(format: &CStr, va: &mut VaList) -> PyResult<Ref> {
    let mut out = text::Builder::new();
    write(&mut out, format, va)?;
    out.finish()
}

/// Adds a format with its arguments to a text.
pub(crate) fn write(out: &mut text::Builder, format: &CStr, va: &mut VaList) -> PyResult<()> {
    let mut rest = format.to_bytes();
    while !rest.is_empty() {
        let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
        let (head, tail) = rest.split_at(plain);
        if !head.is_ascii() {
            return Err(raise!(
                ValueError,
                "PyUnicode_FromFormatV() expects an ASCII-encoded format string, got a non-ASCII byte: 0x{:02x}",
                head.iter().find(|byte| !byte.is_ascii()).unwrap_or(&0)
            ));
        }
        out.push_data(text::Data::Latin1(head))?;
        let Some(tail) = tail.get(1..) else { break };
        let Some((directive, used)) = read_directive(tail, va)? else { return Err(invalid(tail)) };
        convert(&directive, out, va, tail)?;
        rest = tail.get(used..).unwrap_or_default();
    }
    Ok(())
}

fn convert(directive: &Directive, out: &mut text::Builder, va: &mut VaList, rest: &[u8]) -> PyResult<()> {
    let bad = match directive.conversion {
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => false,
        b's' | b'V' => !matches!(directive.length, 0 | b'l'),
        b'c' | b'p' => directive.length != 0 || directive.is_padded(),
        _ => directive.length != 0,
    };
    if bad {
        return Err(invalid(rest));
    }
    match directive.conversion {
        // Nothing stands between the two signs.
        b'%' if rest.first() == Some(&b'%') => out.push(u32::from(b'%')),
        b'c' => match u32::try_from(va.int()).ok().filter(|code| *code <= 0x10_FFFF) {
            Some(code) => out.push(code),
            None => Err(raise!(OverflowError, "character argument not in range(0x110000)")),
        },
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => out.push_str(&directive.integer(va)),
        b'p' => out.push_str(&format!("0x{:x}", va.ulong())),
        b's' => directive.put(out, directive.c_text(va)?.b()),
        b'U' => match va.object() {
            Some(object) => directive.put(out, object),
            None => Err(object::error::bad_internal_call()),
        },
        b'V' => {
            let object = va.object();
            let start = va.pointer::<u8>();
            match object {
                Some(object) => directive.put(out, object),
                None if directive.length == b'l' => directive.put(out, directive.wide_text(start.cast())?.b()),
                None => directive.put(out, c_text(start, directive.precision)?.b()),
            }
        }
        kind @ (b'S' | b'R' | b'A' | b'T' | b'N') => {
            let Some(object) = va.object() else { return Err(object::error::bad_internal_call()) };
            let shown = match kind {
                b'S' => object.str()?,
                b'R' => object.repr()?,
                b'A' => object.ascii()?,
                b'T' => type_name(object.class(), directive.alternate)?,
                _ => match object.downcast::<TypeObject>() {
                    Some(class) => type_name(&class, directive.alternate)?,
                    None => return Err(raise!(TypeError, "%N argument must be a type")),
                },
            };
            directive.put(out, shown.b())
        }
        _ => Err(invalid(rest)),
    }
}

/// The bytes of a format: C's conversions only.
fn format_bytes(format: &CStr, va: &mut VaList) -> PyResult<Ref> {
    let mut out = Vec::new();
    let mut rest = format.to_bytes();
    while !rest.is_empty() {
        let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
        let (head, tail) = rest.split_at(plain);
        out.extend_from_slice(head);
        let Some(after) = tail.get(1..) else { break };
        let Some((directive, used)) = read_directive(after, va)? else {
            out.extend_from_slice(tail);
            break;
        };
        match directive.conversion {
            b'%' => out.push(b'%'),
            b'c' => match u8::try_from(va.int()) {
                Ok(byte) => out.push(byte),
                Err(_) => {
                    return Err(raise!(OverflowError, "PyBytes_FromFormatV(): %c format expects an integer in range [0; 255]"));
                }
            },
            b'd' | b'i' | b'u' | b'x' if directive.length != b'q' => {
                let (negative, digits) = directive.number(va);
                out.extend_from_slice(format!("{}{digits}", if negative { "-" } else { "" }).as_bytes());
            }
            b'p' => out.extend_from_slice(format!("0x{:x}", va.ulong()).as_bytes()),
            b's' => {
                let start = va.pointer::<u8>();
                let limit = directive.precision.unwrap_or(usize::MAX);
                // SAFETY: the text ends with 0 or has as many bytes as the precision says.
                let len = (0..limit).take_while(|index| unsafe { start.add(*index).read() } != 0).count();
                // SAFETY: as above.
                out.extend_from_slice(unsafe { raw_bytes(start, len.cast_signed()) });
            }
            _ => {
                // What is unknown is taken over as it stands, to the end.
                out.extend_from_slice(tail);
                break;
            }
        }
        rest = after.get(used..).unwrap_or_default();
    }
    bytes::new(&out)
}

capi! {
    fn PyUnicode_FromFormatV(text: &CStr, va: Va<'_>) -> PyResult<Ref> {
        format(text, va.0)
    }

    fn PyBytes_FromFormatV(text: &CStr, va: Va<'_>) -> PyResult<Ref> {
        format_bytes(text, va.0)
    }

    fn PySys_FormatStdout_va(text: &CStr, va: Va<'_>) -> () {
        print("stdout", text, va.0);
    }

    fn PySys_FormatStderr_va(text: &CStr, va: Va<'_>) -> () {
        print("stderr", text, va.0);
    }
}

variadic! {
    PyUnicode_FromFormat(1) => PyUnicode_FromFormatV;
    PyBytes_FromFormat(1) => PyBytes_FromFormatV;
    PySys_FormatStdout(1) => PySys_FormatStdout_va;
    PySys_FormatStderr(1) => PySys_FormatStderr_va;
}

/// Writes a format to a stream of `sys`; errors are dropped, and an exception that is set stays.
fn print(stream: &str, text: &CStr, va: &mut VaList) {
    object::error::preserving(|| {
        let written = (|| {
            let Some(file) = vm::sys::get(stream)?.filter(|file| !file.is(&core::none())) else { return Ok(()) };
            file.call_method(intern("write").b(), &[format(text, va)?.b()]).map(drop)
        })();
        if let Err(raised) = written {
            raised.clear();
        }
    });
}
