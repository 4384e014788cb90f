//! Padding, tabs and other arrangements of `str`; encoding; the methods of pickling.

use super::{Str, units};
use macros::pymethods;
use object::value::str::{self as text, Data};
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, core, memory, raise};

fn data<'a>(string: Borrowed<'a>) -> Data<'a> {
    text::data(string).unwrap_or(Data::Latin1(&[]))
}

fn copy(slf: Borrowed<'_>) -> PyResult<Ref> {
    if text::check_exact(&slf) { Ok(slf.to_ref()) } else { text::from_data(data(slf)) }
}

fn pad(slf: Borrowed<'_>, left: usize, right: usize, fill: u32) -> PyResult<Ref> {
    if left == 0 && right == 0 {
        return copy(slf);
    }
    let all = data(slf);
    let len = all.len().checked_add(left).and_then(|len| len.checked_add(right)).filter(|len| *len < isize::MAX.cast_unsigned());
    let Some(len) = len else { return Err(raise!(OverflowError, "padded string is too long")) };
    text::build(len, text::bound(slf).max(fill), |filler| {
        filler.fill(fill, left);
        filler.push_data(all);
        filler.fill(fill, right);
    })
}

/// The fill character of a padding method.
fn fill_character(fill: Option<Borrowed<'_>>) -> PyResult<u32> {
    let Some(fill) = fill else { return Ok(u32::from(' ')) };
    let Some(all) = text::data(fill) else {
        return Err(raise!(TypeError, "The fill character must be a unicode character, not {}", fill.class().tp_name()));
    };
    match (all.len(), all.get(0)) {
        (1, Some(code)) => Ok(code),
        _ => Err(raise!(TypeError, "The fill character must be exactly one character long")),
    }
}

/// How many characters are missing to the width.
fn missing(slf: Borrowed<'_>, width: isize) -> usize {
    usize::try_from(width).unwrap_or(0).saturating_sub(data(slf).len())
}

#[pymethods(part = ARRANGE)]
impl Str {
    /// Return a centered string of length width.
    ///
    /// Padding is done using the specified fill character (default is a space).
    #[method("($self, width, fillchar=' ', /)")]
    fn center(slf: Borrowed<'_>, width: isize, fillchar: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let fill = fill_character(fillchar)?;
        let missing = missing(slf, width);
        let left = missing / 2 + (missing & width.cast_unsigned() & 1);
        pad(slf, left, missing - left, fill)
    }

    /// Return a left-justified string of length width.
    ///
    /// Padding is done using the specified fill character (default is a space).
    #[method("($self, width, fillchar=' ', /)")]
    fn ljust(slf: Borrowed<'_>, width: isize, fillchar: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let fill = fill_character(fillchar)?;
        pad(slf, 0, missing(slf, width), fill)
    }

    /// Return a right-justified string of length width.
    ///
    /// Padding is done using the specified fill character (default is a space).
    #[method("($self, width, fillchar=' ', /)")]
    fn rjust(slf: Borrowed<'_>, width: isize, fillchar: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let fill = fill_character(fillchar)?;
        pad(slf, missing(slf, width), 0, fill)
    }

    /// Pad a numeric string with zeros on the left, to fill a field of the given width.
    ///
    /// The string is never truncated.
    #[method("($self, width, /)")]
    fn zfill(slf: Borrowed<'_>, width: isize) -> PyResult<Ref> {
        let missing = missing(slf, width);
        let all = units(slf);
        let sign = all.get(0).filter(|code| *code == u32::from('+') || *code == u32::from('-'));
        let Some(sign) = sign.filter(|_| missing > 0) else { return pad(slf, missing, 0, u32::from('0')) };
        let len = all.len().checked_add(missing).ok_or_else(memory::no_memory)?;
        let max = all.codes().max().unwrap_or(0);
        let codes = std::iter::once(sign).chain(std::iter::repeat_n(u32::from('0'), missing)).chain(all.codes().skip(1));
        text::from_code_points(len, max, codes)
    }

    /// Return a copy where all tab characters are expanded using spaces.
    ///
    /// If tabsize is not given, a tab size of 8 characters is assumed.
    #[method("($self, /, tabsize=8)")]
    fn expandtabs(slf: Borrowed<'_>, tabsize: i32) -> PyResult<Ref> {
        let all = data(slf);
        if !all.iter().any(|code| code == 0x09) {
            return copy(slf);
        }
        let size = usize::try_from(tabsize).unwrap_or(0);
        let (mut builder, mut column) = (text::Builder::new(), 0usize);
        for code in all.iter() {
            match code {
                0x09 if size > 0 => {
                    let spaces = size - column % size;
                    if builder.len().checked_add(spaces).is_none_or(|len| len > isize::MAX.cast_unsigned()) {
                        return Err(raise!(OverflowError, "new string is too long"));
                    }
                    for _ in 0..spaces {
                        builder.push(u32::from(' '))?;
                    }
                    column += spaces;
                }
                0x09 => {}
                _ => {
                    builder.push(code)?;
                    column = if code == 0x0A || code == 0x0D { 0 } else { column + 1 };
                }
            }
        }
        builder.finish()
    }

    /// Encode the string using the codec registered for encoding.
    ///
    ///   encoding
    ///     The encoding in which to encode the string.
    ///   errors
    ///     The error handling scheme to use for encoding errors.
    ///     The default is 'strict' meaning that encoding errors raise a
    ///     UnicodeEncodeError.  Other possible values are 'ignore', 'replace' and
    ///     'xmlcharrefreplace' as well as any other name registered with
    ///     codecs.register_error that can handle UnicodeEncodeErrors.
    #[method("($self, /, encoding='utf-8', errors='strict')")]
    fn encode(
        slf: Borrowed<'_>,
        encoding: Option<object::convert::Str<'_>>,
        errors: Option<object::convert::Str<'_>>,
    ) -> PyResult<Ref> {
        crate::codecs::encode(slf, encoding.map(|encoding| encoding.0), errors.map(|errors| errors.0))
    }

    #[method("($self, /)")]
    fn __getnewargs__(slf: Borrowed<'_>) -> PyResult<Ref> {
        tuple::from_array([text::from_data(data(slf))?])
    }

    /// Return the size of the string in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(slf: Borrowed<'_>) -> usize {
        let (len, width) = match data(slf) {
            Data::Latin1(codes) => (codes.len(), 1),
            Data::Ucs2(codes) => (codes.len(), 2),
            Data::Ucs4(codes) => (codes.len(), 4),
        };
        // SAFETY: `self` is a str.
        let ascii = unsafe { text::is_ascii_unchecked(slf) };
        let head = match (text::check_exact(&slf), ascii) {
            (true, true) => size_of::<abi::PyASCIIObject>(),
            (true, false) => size_of::<abi::PyCompactUnicodeObject>(),
            (false, _) => size_of::<abi::PyUnicodeObject>(),
        };
        head + (len + 1) * width
    }

    /// Return a formatted version of the string as described by format_spec.
    #[method("($self, format_spec, /)")]
    pub(crate) fn __format__(slf: Borrowed<'_>, format_spec: object::convert::Str<'_>) -> PyResult<Ref> {
        use numeric::format_spec::{Align, Spec, format_string};
        if format_spec.data().is_empty() {
            return if text::check_exact(&slf) { Ok(slf.to_ref()) } else { slf.str() };
        }
        let codes = crate::format::codes(format_spec.data())?;
        let failed = |error| crate::float::spec_error(error, format_spec.0, slf);
        let spec = Spec::parse(&codes, Some('s'), Align::Left, super::decimal_digit).map_err(failed)?;
        object::memory::check_size(spec.width.unwrap_or(0))?;
        let all = data(slf);
        let layout = format_string(all.len(), &spec).map_err(failed)?;
        let len =
            layout.left.checked_add(layout.take).and_then(|len| len.checked_add(layout.right)).ok_or_else(memory::no_memory)?;
        if layout.take == all.len() {
            return text::build(
                len,
                if len > all.len() { text::bound(slf).max(spec.fill) } else { text::bound(slf) },
                |filler| {
                    filler.fill(spec.fill, layout.left);
                    filler.push_data(all);
                    filler.fill(spec.fill, layout.right);
                },
            );
        }
        let max = all.iter().take(layout.take).max().unwrap_or(0);
        let max = if layout.left + layout.right > 0 { max.max(spec.fill) } else { max };
        let codes = std::iter::repeat_n(spec.fill, layout.left)
            .chain(all.iter().take(layout.take))
            .chain(std::iter::repeat_n(spec.fill, layout.right));
        text::from_code_points(len, max, codes)
    }

    /// Implement the formatting operator: S % args.
    #[slot(nb_remainder)]
    fn remainder(slf: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
        if !text::check(slf) {
            return Ok(core::not_implemented().to_ref());
        }
        super::percent::format(slf, args)
    }
}
