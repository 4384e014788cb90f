//! `int` as text: repr and `__format__`.

use super::{Int, construct::max_str_digits, view_of};
use macros::pymethods;
use numeric::format_spec::{Align, Spec, format_int};
use numeric::int::{DigitText, TextError};
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Raised, Ref, memory, raise};

/// The error for an int with more decimal digits than the limit.
#[cold]
pub fn too_many_digits() -> Raised {
    raise!(
        ValueError,
        "Exceeds the limit ({} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit",
        max_str_digits()
    )
}

/// The digits of an int in this base, with a minus sign, without prefix.
pub fn to_text(value: Borrowed<'_>, base: u32) -> PyResult<DigitText> {
    let value = view_of(value);
    if base == 10 {
        return value.to_decimal(max_str_digits()).map_err(|error| match error {
            TextError::TooManyDigits => too_many_digits(),
            TextError::NoMemory => memory::no_memory(),
        });
    }
    value.to_radix(base).map_err(super::no_memory)
}

/// The digits of an int in this base behind a prefix, and a minus sign before both: `bin`, `oct` and `hex`.
pub fn prefixed(value: Borrowed<'_>, prefix: &str, base: u32) -> PyResult<Ref> {
    // SAFETY: the caller's value is an int.
    if let Some(small) = int::check(value).then(|| unsafe { int::compact_unchecked(value) }).flatten()
        && base.is_power_of_two()
    {
        let mut buffer = [0; 64];
        let start = binary_digits(small.unsigned_abs(), base.trailing_zeros(), LOWER, &mut buffer);
        let digits = buffer.get(start..).unwrap_or_default();
        let sign: &[u8] = if small < 0 { b"-" } else { b"" };
        return text::build(sign.len() + prefix.len() + digits.len(), 0x7F, |filler| {
            [sign, prefix.as_bytes(), digits].into_iter().for_each(|part| filler.push_data(text::Data::Latin1(part)));
        });
    }
    let digits = to_text(value, base)?;
    let (sign, digits) = digits.split_at(usize::from(digits.first() == Some(&b'-')));
    text::build(sign.len() + prefix.len() + digits.len(), 0x7F, |filler| {
        [sign, prefix.as_bytes(), digits].into_iter().for_each(|part| filler.push_data(text::Data::Latin1(part)));
    })
}

#[pymethods(part = TEXT)]
impl Int {
    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
        // SAFETY: `self` is an int.
        if let Some(value) = unsafe { int::compact_unchecked(slf) } {
            let mut buffer = [0u8; 20];
            return text::from_ascii(decimal(value, &mut buffer));
        }
        if let Some(value) = int::to_i128(slf) {
            let mut buffer = [0u8; 40];
            return text::from_ascii(medium_decimal(value, &mut buffer));
        }
        text::from_ascii(&to_text(slf, 10)?)
    }

    /// Convert to a string according to format_spec.
    #[method("($self, format_spec, /)")]
    pub(crate) fn __format__(slf: Borrowed<'_>, format_spec: object::convert::Str<'_>) -> PyResult<Ref> {
        if format_spec.data().is_empty() {
            return slf.str();
        }
        // SAFETY: `self` is an int.
        let small = unsafe { int::compact_unchecked(slf) };
        let codes = crate::format::codes(format_spec.data())?;
        let spec = Spec::parse(&codes, Some('d'), Align::Right, crate::str_::decimal_digit)
            .map_err(|error| crate::float::spec_error(error, format_spec.0, slf))?;
        object::memory::check_size(spec.width.unwrap_or(0))?;
        // Floating-point codes convert first, which may overflow.
        if spec.code.and_then(char::from_u32).is_some_and(|code| "eEfFgG%".contains(code)) {
            let value = slf.as_f64()?;
            return crate::float::format_with(value, &spec, format_spec.0, slf);
        }
        if let Some(result) = small.and_then(|value| format_small(value, &spec)) {
            return result;
        }
        let locale = crate::float::locale_for(&spec)?;
        let codes = format_int(view_of(slf), &spec, &locale.as_numeric(), max_str_digits())
            .map_err(|error| crate::float::spec_error(error, format_spec.0, slf))?;
        text::from_ucs4(&codes)
    }
}

/// Decimal digits of a number of up to four digits of 30 bits (37 decimal ones), taken off in parts that fit into a machine word.
fn medium_decimal(value: i128, buffer: &mut [u8; 40]) -> &[u8] {
    const PART: u128 = 1_000_000_000_000_000_000;
    let mut magnitude = value.unsigned_abs();
    let mut at = buffer.len();
    let mut write = |digit: u8| {
        at = at.saturating_sub(1);
        if let Some(place) = buffer.get_mut(at) {
            *place = digit;
        }
    };
    loop {
        let (mut part, above) = ((magnitude % PART) as u64, magnitude / PART);
        let mut count = 0;
        while part > 0 || above > 0 && count < 18 || magnitude == 0 && count == 0 {
            write(b'0' + (part % 10) as u8);
            part /= 10;
            count += 1;
        }
        if above == 0 {
            break;
        }
        magnitude = above;
    }
    if value < 0 {
        write(b'-');
    }
    buffer.get(at..).unwrap_or_default()
}

/// Decimal digits of a small number.
pub(crate) fn decimal(value: i64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut magnitude = value.unsigned_abs();
    let mut at = buffer.len();
    loop {
        at = at.saturating_sub(1);
        if let Some(place) = buffer.get_mut(at) {
            *place = b'0' + (magnitude % 10) as u8;
        }
        magnitude /= 10;
        if magnitude == 0 {
            break;
        }
    }
    if value < 0 {
        at = at.saturating_sub(1);
        if let Some(place) = buffer.get_mut(at) {
            *place = b'-';
        }
    }
    buffer.get(at..).unwrap_or_default()
}

/// The digits of a magnitude in a base of `1 << bits`, at the end of the buffer.
fn binary_digits(mut magnitude: u64, bits: u32, alphabet: &[u8; 16], buffer: &mut [u8; 64]) -> usize {
    let mut at = buffer.len();
    for place in buffer.iter_mut().rev() {
        *place = alphabet.get((magnitude & ((1 << bits) - 1)) as usize).copied().unwrap_or(b'0');
        magnitude >>= bits;
        at -= 1;
        if magnitude == 0 {
            break;
        }
    }
    at
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// `__format__` of an int of one digit; None for what needs the general way: errors, the locale, groups of zeros.
fn format_small(value: i64, spec: &Spec) -> Option<PyResult<Ref>> {
    if spec.precision.is_some() || spec.no_negative_zero {
        return None;
    }
    let negative = value < 0;
    let mut buffer = [0; 64];
    let code = spec.code.map_or(Some('d'), char::from_u32)?;
    if code == 'd' {
        let mut plain = [0; 20];
        let digits = decimal(value.saturating_abs(), &mut plain);
        let digits = match spec.separator() {
            None => digits,
            // Zeros before the number would be grouped, too.
            Some(_) if spec.fill == u32::from('0') && spec.align == Align::AfterSign => return None,
            Some(separator) => grouped(digits, separator, &mut buffer),
        };
        return Some(crate::format::number(negative, b"", digits, spec));
    }
    let (bits, prefix, alphabet): (u32, &[u8], _) = match code {
        'x' => (4, b"0x", LOWER),
        'X' => (4, b"0X", UPPER),
        'o' => (3, b"0o", LOWER),
        'b' => (1, b"0b", LOWER),
        _ => return None,
    };
    if spec.is_grouped() {
        return None;
    }
    let start = binary_digits(value.unsigned_abs(), bits, alphabet, &mut buffer);
    let prefix = if spec.alternate { prefix } else { b"" };
    Some(crate::format::number(negative, prefix, buffer.get(start..).unwrap_or_default(), spec))
}

/// Digits with a separator after every three from the right.
fn grouped<'a>(digits: &[u8], separator: u8, buffer: &'a mut [u8; 64]) -> &'a [u8] {
    let mut at = buffer.len();
    let mut write = |byte: u8| {
        at = at.saturating_sub(1);
        if let Some(place) = buffer.get_mut(at) {
            *place = byte;
        }
    };
    for (index, digit) in digits.iter().rev().enumerate() {
        if index > 0 && index % 3 == 0 {
            write(separator);
        }
        write(*digit);
    }
    buffer.get(at..).unwrap_or_default()
}
