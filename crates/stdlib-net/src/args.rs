//! Arguments of functions that count and convert them as C's `PyArg_ParseTuple` does.

use object::value::{bytes, int, str as text};
use object::{Borrowed, PyResult, Raised, Ref, raise};
use std::ffi::CString;

/// Checks how many arguments were given.
pub fn count(function: &str, args: &[Borrowed<'_>], least: usize, most: usize) -> PyResult<()> {
    let given = args.len();
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let (kind, wanted) = match (least == most, given < least) {
        (true, _) => ("exactly", most),
        (false, true) => ("at least", least),
        (false, false) => ("at most", most),
    };
    let plural = if wanted == 1 { "" } else { "s" };
    Err(raise!(TypeError, "{function}() takes {kind} {wanted} argument{plural} ({given} given)"))
}

/// A C int (format `i`).
pub fn c_int(value: Borrowed<'_>) -> PyResult<i32> {
    let number = value.index()?;
    match int::to_i64(number.b()) {
        Some(number) => i32::try_from(number).map_err(|_| {
            let (kind, bound) = if number < 0 { ("less", "minimum") } else { ("greater", "maximum") };
            raise!(OverflowError, "signed integer is {kind} than {bound}")
        }),
        None => Err(raise!(OverflowError, "Python int too large to convert to C long")),
    }
}

/// A C int that may be missing: `default`.
pub fn c_int_or(value: Option<&Borrowed<'_>>, default: i32) -> PyResult<i32> {
    value.map_or(Ok(default), |value| c_int(*value))
}

/// A C int, in the words of `PyLong_AsInt`.
pub fn as_int(value: Borrowed<'_>) -> PyResult<i32> {
    let number = value.index()?;
    match int::to_i64(number.b()) {
        Some(number) => i32::try_from(number).map_err(|_| raise!(OverflowError, "Python int too large to convert to C int")),
        None => Err(raise!(OverflowError, "Python int too large to convert to C int")),
    }
}

/// A C ssize_t (format `n`).
pub fn ssize(value: Borrowed<'_>) -> PyResult<isize> {
    let number = value.index()?;
    let number = int::to_i64(number.b()).and_then(|number| isize::try_from(number).ok());
    number.ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C ssize_t"))
}

/// The low bits of an int, without a check (formats `I` and `k`).
pub fn low_bits(value: Borrowed<'_>) -> PyResult<u64> {
    let number = value.index()?;
    let (negative, digits) = int::digits(number.b()).unwrap_or_default();
    let magnitude = digits
        .iter()
        .take(3)
        .enumerate()
        .fold(0u64, |sum, (at, digit)| sum | u64::from(*digit).wrapping_shl(at as u32 * int::SHIFT));
    Ok(if negative { magnitude.wrapping_neg() } else { magnitude })
}

/// How messages name the type of an argument.
pub fn shown(value: Borrowed<'_>) -> String {
    if value.is(&object::core::none()) { "None".to_owned() } else { value.class().tp_name().to_owned() }
}

/// The bytes of a str as UTF-8, without a NUL (format `s`). `place` is such as "argument 1".
pub fn utf8(function: &str, place: &str, value: Borrowed<'_>) -> PyResult<CString> {
    if !text::check(value) {
        return Err(raise!(TypeError, "{function}() {place} must be str, not {}", shown(value)));
    }
    match text::to_string(value) {
        Some(content) => CString::new(content).map_err(|_| embedded_null()),
        None => Err(object::convert::surrogates_not_allowed(value)),
    }
}

fn embedded_null() -> Raised {
    raise!(ValueError, "embedded null character")
}

/// The name of something in the file system's encoding (`PyUnicode_FSConverter`): str, bytes or a path.
pub fn system_name(value: Borrowed<'_>) -> PyResult<Vec<u8>> {
    let path = file_path(value)?;
    let content = match bytes::value(path.b()) {
        Some(content) => content.to_vec(),
        None => crate::errors::encode(path.b())?,
    };
    if content.contains(&0) { Err(raise!(ValueError, "embedded null byte")) } else { Ok(content) }
}

fn file_path(value: Borrowed<'_>) -> PyResult<Ref> {
    if text::check(value) || bytes::value(value).is_some() {
        return Ok(value.to_ref());
    }
    let class = value.class();
    let method = match value.lookup_special(object::id!("__fspath__"))? {
        Some(method) if !method.is(&object::core::none()) => method,
        _ => return Err(raise!(TypeError, "expected str, bytes or os.PathLike object, not {}", class.short_name())),
    };
    let path = method.call0()?;
    if text::check(path.b()) || bytes::value(path.b()).is_some() {
        return Ok(path);
    }
    let (class, found) = (class.short_name(), path.class().short_name());
    Err(raise!(TypeError, "expected {class}.__fspath__() to return str or bytes, not {found}"))
}
