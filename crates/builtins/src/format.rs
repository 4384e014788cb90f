//! `format(value, spec)`: the door through which f-strings, `str.format` and the builtin go.

use crate::float::Float;
use crate::int::Int;
use crate::str_::Str;
use numeric::format_spec::{Align, Spec};
use object::convert;
use object::value::str::{self as text, Data};
use object::{Borrowed, PyResult, Ref, core, memory};
use smallvec::SmallVec;

/// `format(value, spec)`. The three classes whose objects are formatted most are not asked for their `__format__`: nobody can change it.
///
/// Errors: those of `__format__`; TypeError where it gives no str.
pub fn format(value: Borrowed<'_>, spec: Borrowed<'_>) -> PyResult<Ref> {
    let class = value.class();
    if text::check_exact(&spec) {
        let spec = || convert::Str(spec);
        if class.is_type(&core::INT) {
            return Int::__format__(value, spec());
        }
        if class.is_type(&core::STR) {
            return Str::__format__(value, spec());
        }
        if class.is_type(&core::FLOAT) {
            return Float::__format__(value, spec());
        }
    }
    value.format(spec)
}

/// The code points of a specification; short ones need no memory of their own.
pub(crate) fn codes(spec: Data<'_>) -> PyResult<SmallVec<[u32; 16]>> {
    let mut codes = SmallVec::new();
    codes.try_reserve(spec.len()).map_err(|_| memory::no_memory())?;
    match spec {
        Data::Latin1(text) => codes.extend(text.iter().copied().map(u32::from)),
        _ => codes.extend(spec.iter()),
    }
    Ok(codes)
}

/// A number's ASCII text, laid out as a specification says: what its sign is, what stands between sign and digits, the digits. Groups are the caller's.
pub(crate) fn number(negative: bool, prefix: &[u8], digits: &[u8], spec: &Spec) -> PyResult<Ref> {
    let sign: &[u8] = match (negative, spec.sign) {
        (true, _) => b"-",
        (false, Some('+')) => b"+",
        (false, Some(' ')) => b" ",
        _ => b"",
    };
    let len = sign.len() + prefix.len() + digits.len();
    let padding = spec.width.unwrap_or(0).saturating_sub(len);
    let (left, inner, right) = match spec.align {
        Align::Left => (0, 0, padding),
        Align::Centre => (padding / 2, 0, padding - padding / 2),
        Align::AfterSign => (0, padding, 0),
        Align::Right => (padding, 0, 0),
    };
    let widest = if padding > 0 { spec.fill.max(0x7F) } else { 0x7F };
    text::build(len.checked_add(padding).ok_or_else(memory::no_memory)?, widest, |filler| {
        filler.fill(spec.fill, left);
        filler.push_data(Data::Latin1(sign));
        filler.push_data(Data::Latin1(prefix));
        filler.fill(spec.fill, inner);
        filler.push_data(Data::Latin1(digits));
        filler.fill(spec.fill, right);
    })
}
