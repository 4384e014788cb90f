//! `int(…)` from numbers and from text.

use super::{Int, from_buf, to_exact, view_of};
use macros::pymethods;
use numeric::int::{IntBuf, ParseError};
use object::value::{bytes, int, str as text};
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, core, memory, raise, thread};
use std::sync::atomic::{AtomicUsize, Ordering};

/// `sys.get_int_max_str_digits()` of an interpreter.
struct MaxStrDigits(AtomicUsize);

impl Default for MaxStrDigits {
    fn default() -> Self {
        MaxStrDigits(AtomicUsize::new(4300))
    }
}

/// The limit of decimal digits in conversions between text and int; 0 is none.
pub fn max_str_digits() -> usize {
    thread::current().interpreter().extensions.get::<MaxStrDigits>().0.load(Ordering::Relaxed)
}

/// Sets the limit of decimal digits.
pub fn set_max_str_digits(limit: usize) {
    thread::current().interpreter().extensions.get::<MaxStrDigits>().0.store(limit, Ordering::Relaxed);
}

/// `int(x)` for a number: through `__int__` or `__index__`, or the text of a string or buffer.
pub fn from_number(x: Borrowed<'_>) -> PyResult<Ref> {
    if x.class().is_type(&core::INT) {
        return Ok(x.to_ref());
    }
    let class = x.class();
    if let Some(function) = class.nb_int() {
        let result = function(x)?;
        if result.class().is_type(&core::INT) {
            return Ok(result);
        }
        if !int::check(result.b()) {
            return Err(raise!(TypeError, "{}.__int__() returned non-int (type {})", class.tp_name(), result.class().tp_name()));
        }
        object::hooks::warn(
            &object::exc::DeprecationWarning,
            &format!(
                "{}.__int__() returned non-int (type {}).  The ability to return an instance of a strict subclass of int is deprecated, \
             and may not be supported in a future version of Python.",
                class.short_name(),
                result.class().short_name()
            ),
            1,
        )?;
        return to_exact(result.b());
    }
    if class.nb_index().is_some() {
        return to_exact(x.index()?.b());
    }
    if text::check(x) {
        return from_str(x, 10);
    }
    if let Some(bytes) = bytes::value(x) {
        return from_bytes(bytes, 10, x);
    }
    if x.has_buffer() {
        let buffer = object::protocol::buffer::Buffer::readable(x)?;
        let copy = buffer.bytes().to_vec();
        return from_bytes(&copy, 10, bytes::new(&copy)?.b());
    }
    Err(raise!(TypeError, "int() argument must be a string, a bytes-like object or a real number, not '{}'", class.tp_name()))
}

/// `int(text, base)` for a str: decimal digits and spaces of all scripts count as ASCII's.
pub fn from_str(string: Borrowed<'_>, base: u32) -> PyResult<Ref> {
    if let Some(ascii) = text::as_ascii(string) {
        return match short_decimal(ascii.as_bytes()) {
            Some(value) if base == 10 => int::new(value),
            _ => parse(ascii.as_bytes(), base, string),
        };
    }
    let ascii = crate::str_::decimal_to_ascii(string);
    parse(&ascii, base, string)
}

/// The value of one to eighteen decimal digits, perhaps behind a minus sign.
#[inline]
fn short_decimal(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

fn from_bytes(bytes: &[u8], base: u32, shown: Borrowed<'_>) -> PyResult<Ref> {
    parse(bytes, base, shown)
}

fn parse(ascii: &[u8], base: u32, shown: Borrowed<'_>) -> PyResult<Ref> {
    match IntBuf::parse(ascii, base, max_str_digits()) {
        Ok(value) => from_buf(&value),
        Err(error) => Err(parse_error(error, base, shown)),
    }
}

fn parse_error(error: ParseError, base: u32, shown: Borrowed<'_>) -> Raised {
    match error {
        ParseError::Base => raise!(ValueError, "int() base must be >= 2 and <= 36, or 0"),
        ParseError::NoMemory => memory::no_memory(),
        ParseError::TooManyDigits(count) => raise!(
            ValueError,
            "Exceeds the limit ({} digits) for integer string conversion: value has {count} digits; \
             use sys.set_int_max_str_digits() to increase the limit",
            max_str_digits()
        ),
        ParseError::Invalid => match shown.repr() {
            Ok(repr) => {
                let shown: String = text::to_string_lossy(repr.b()).chars().take(200).collect();
                raise!(ValueError, "invalid literal for int() with base {base}: {shown}")
            }
            Err(raised) => raised,
        },
    }
}

#[pymethods(part = CONSTRUCT)]
impl Int {
    #[slot(tp_new, tp_vectorcall, "(x=0, /, base=10)")]
    fn new(cls: Borrowed<'_, TypeObject>, x: Option<Borrowed<'_>>, base: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let value = match (x, base) {
            (None, None) => int::new(0)?,
            (None, Some(_)) => return Err(raise!(TypeError, "int() missing string argument")),
            (Some(x), None) => from_number(x)?,
            (Some(x), Some(base)) => {
                let base = base.as_isize_clamped()?;
                let Some(base) = u32::try_from(base).ok().filter(|base| *base == 0 || (2..=36).contains(base)) else {
                    return Err(raise!(ValueError, "int() base must be >= 2 and <= 36, or 0"));
                };
                if text::check(x) {
                    from_str(x, base)?
                } else if let Some(content) = bytes::value(x) {
                    from_bytes(content, base, x)?
                } else if x.class().is_subtype(&core::BYTEARRAY) {
                    let copy = object::protocol::buffer::Buffer::readable(x)?.bytes().to_vec();
                    from_bytes(&copy, base, x)?
                } else {
                    return Err(raise!(TypeError, "int() can't convert non-string with explicit base"));
                }
            }
        };
        if cls.is_type(&core::INT) { Ok(value) } else { subtype_instance(cls, value.b()) }
    }

    #[method("($self, /)")]
    fn __getnewargs__(slf: Borrowed<'_>) -> PyResult<Ref> {
        object::value::tuple::from_array([super::from_view(view_of(slf))?])
    }
}

/// An instance of `cls`, a subtype of int, with this value.
fn subtype_instance(cls: Borrowed<'_, TypeObject>, value: Borrowed<'_>) -> PyResult<Ref> {
    let digits = view_of(value);
    let Some(alloc) = cls.tp_alloc() else { return Err(object::error::bad_internal_call()) };
    let count = digits.digits().len().max(1);
    let object = alloc(cls, count.cast_signed())?;
    // SAFETY: a fresh instance of a subtype of int with room for `count` digits.
    unsafe { int::init_digits(object.b(), digits.is_negative(), digits.digits()) };
    Ok(object)
}
