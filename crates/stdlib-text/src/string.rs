//! `_string`: the parser of `str.format`, for `string.Formatter`.

use builtins::list::List;
use builtins::str_::formatter::{self, Pieces, Step};
use object::value::str::{self as text, Data};
use object::{Borrowed, IntoPy, PyResult, Ref, core, raise};

fn format_text(value: Borrowed<'_>) -> PyResult<Data<'_>> {
    text::data(value).ok_or_else(|| raise!(TypeError, "expected str, got {}", value.class().tp_name()))
}

fn part(data: Data<'_>, (start, end): (usize, usize)) -> PyResult<Ref> {
    match data {
        Data::Latin1(codes) => text::from_latin1(codes.get(start..end).unwrap_or_default()),
        Data::Ucs2(codes) => text::from_ucs2(codes.get(start..end).unwrap_or_default()),
        Data::Ucs4(codes) => text::from_ucs4(codes.get(start..end).unwrap_or_default()),
    }
}

fn parse(value: Borrowed<'_>) -> PyResult<Ref> {
    let data = format_text(value)?;
    let mut pieces = Pieces::new(data, 0, data.len());
    let list = List::new()?;
    while let Some(piece) = pieces.next_piece()? {
        let literal = part(data, piece.literal)?;
        let item = match piece.field {
            Some(field) => {
                let conversion = match field.conversion {
                    Some(code) => text::from_ucs4(&[code])?,
                    None => core::none_ref(),
                };
                (literal, part(data, field.name)?, part(data, field.spec)?, conversion).into_py()?
            }
            None => (literal, core::none_ref(), core::none_ref(), core::none_ref()).into_py()?,
        };
        list.append(item)?;
    }
    list.b().iter()
}

fn number_or_text(data: Data<'_>, range: (usize, usize)) -> PyResult<Ref> {
    match formatter::as_index(data, range)? {
        Some(number) => number.into_py(),
        None => part(data, range),
    }
}

fn split(value: Borrowed<'_>) -> PyResult<(Ref, Ref)> {
    let data = format_text(value)?;
    let (first, mut steps) = formatter::split_name(data, (0, data.len()));
    let list = List::new()?;
    while let Some(step) = steps.next_step()? {
        list.append(match step {
            Step::Attribute(start, end) => (true, part(data, (start, end))?).into_py()?,
            Step::Item(start, end) => (false, number_or_text(data, (start, end))?).into_py()?,
        })?;
    }
    Ok((number_or_text(data, first)?, list.b().iter()?))
}

/// string helper module
#[macros::pymodule(name = "_string")]
pub mod module {
    use object::{Borrowed, PyResult, Ref};

    /// parse the argument as a format string
    #[pyfunction("($module, object, /)")]
    fn formatter_parser(object: Borrowed<'_>) -> PyResult<Ref> {
        super::parse(object)
    }

    /// split the argument as a field name
    #[pyfunction("($module, object, /)")]
    fn formatter_field_name_split(object: Borrowed<'_>) -> PyResult<(Ref, Ref)> {
        super::split(object)
    }
}
