//! `__format__` of numbers: the glue between objects and `numeric::format_spec`.

use numeric::float::{FIXED_ROOM, fixed};
use numeric::format_spec::{Locale, Spec, SpecError, format_float, unknown_code};
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, memory, raise};

/// The signs of the process's locale, for the presentation type `n`.
pub struct LocaleText(Option<host::locale::NumericLocale>);

impl LocaleText {
    /// As `numeric` takes it.
    pub fn as_numeric(&self) -> Locale<'_> {
        match &self.0 {
            Some(locale) => Locale { point: &locale.point, separator: &locale.separator, grouping: &locale.grouping },
            None => Locale::C,
        }
    }
}

/// The locale that a specification asks for.
pub fn locale_for(spec: &Spec) -> PyResult<LocaleText> {
    Ok(LocaleText((spec.code == Some(u32::from('n'))).then(host::locale::numeric)))
}

/// The exception for a format `spec` that fails on `object`.
#[cold]
pub fn spec_error(error: SpecError, spec: Borrowed<'_>, object: Borrowed<'_>) -> Raised {
    let type_name = object.class().tp_name();
    match error {
        SpecError::Message(message) => raise!(ValueError, "{message}"),
        SpecError::Text(message) => raise!(ValueError, "{message}"),
        SpecError::Invalid => {
            raise!(ValueError, "Invalid format specifier '{}' for object of type '{type_name}'", text::to_string_lossy(spec))
        }
        SpecError::UnknownCode(code) => raise!(ValueError, "{}", unknown_code(code, type_name)),
        SpecError::CharRange => raise!(OverflowError, "%c arg not in range(0x110000)"),
        SpecError::CharTooLarge => raise!(OverflowError, "Python int too large to convert to C long"),
        SpecError::IntTooLarge => raise!(OverflowError, "int too large to convert to float"),
        SpecError::TooManyDigits => crate::int::too_many_digits(),
        SpecError::NoMemory => memory::no_memory(),
    }
}

/// A double in the format `spec`.
pub fn format_with(value: f64, spec: &Spec, text_of_spec: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<Ref> {
    if spec.code == Some(u32::from('f')) && !spec.alternate && !spec.no_negative_zero && !spec.is_grouped() {
        let mut buffer = [0; FIXED_ROOM];
        if let Some(digits) = fixed(value, spec.precision.unwrap_or(6), &mut buffer) {
            let (negative, digits) = match digits.split_first() {
                Some((b'-', digits)) => (true, digits),
                _ => (false, digits),
            };
            return crate::format::number(negative, b"", digits, spec);
        }
    }
    let locale = locale_for(spec)?;
    let codes = format_float(value, spec, &locale.as_numeric()).map_err(|error| spec_error(error, text_of_spec, object))?;
    text::from_ucs4(&codes)
}
