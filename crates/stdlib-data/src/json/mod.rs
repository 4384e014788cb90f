//! `_json`: reading and writing JSON (CPython's `_json.c`).

mod encoder;
mod escape;
mod scanner;
mod string;

use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, error, raise, thread};

/// The native escape functions: an encoder that is given one of them does not call it.
#[derive(Default)]
struct State {
    basestring: OptRef,
    basestring_ascii: OptRef,
}

fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

/// Raises `json.decoder.JSONDecodeError(message, document, position)`.
#[cold]
fn decode_error(message: &str, document: Borrowed<'_>, position: impl TryInto<i64>) -> Raised {
    let made = (|| {
        let module = builtins::object_::reduce::import(text::new("json.decoder")?.b())?;
        let class = module.getattr(text::new("JSONDecodeError")?.b())?;
        let position = int::new(position.try_into().unwrap_or(i64::MAX))?;
        class.call(&[text::new(message)?.b(), document, position.b()])
    })();
    match made {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// `StopIteration(position)`: here begins no value.
#[cold]
fn no_value(position: isize) -> Raised {
    match int::new(position as i64) {
        Ok(position) => error::raise_value(&object::exc::StopIteration, Some(position.b())),
        Err(raised) => raised,
    }
}

fn string_argument(string: Borrowed<'_>) -> PyResult<text::Data<'_>> {
    text::data(string).ok_or_else(|| raise!(TypeError, "first argument must be a string, not {}", string.class().tp_name()))
}

/// json speedups
#[macros::pymodule(name = "_json")]
pub mod module {
    use super::string::{self, Text};
    use super::{State, escape, string_argument, tuple};
    use object::spec::TypeEntry;
    use object::value::int;
    use object::value::str::{self as text, Data};
    use object::{Borrowed, PyResult, Ref, StaticType, raise};

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        use super::encoder::Encoder;
        use super::scanner::Scanner;
        builtins::type_::ready::ready_static(&TypeEntry::of::<Scanner>())?;
        builtins::type_::ready::ready_static(&TypeEntry::of::<Encoder>())?;
        module.setattr(text::new("make_scanner")?.b(), Scanner::type_object().borrowed())?;
        module.setattr(text::new("make_encoder")?.b(), Encoder::type_object().borrowed())?;
        let state: &State = super::state();
        state.basestring.set(Some(module.getattr(text::new("encode_basestring")?.b())?));
        state.basestring_ascii.set(Some(module.getattr(text::new("encode_basestring_ascii")?.b())?));
        Ok(())
    }

    /// encode_basestring_ascii(string) -> string
    ///
    /// Return an ASCII-only JSON representation of a Python string
    #[pyfunction(text = None, "(string, /)")]
    fn encode_basestring_ascii(string: Borrowed<'_>) -> PyResult<Ref> {
        let mut builder = text::Builder::new();
        escape::push_ascii(&mut builder, string_argument(string)?)?;
        builder.finish()
    }

    /// encode_basestring(string) -> string
    ///
    /// Return a JSON representation of a Python string
    #[pyfunction(text = None, "(string, /)")]
    fn encode_basestring(string: Borrowed<'_>) -> PyResult<Ref> {
        let mut builder = text::Builder::new();
        escape::push(&mut builder, string_argument(string)?)?;
        builder.finish()
    }

    /// scanstring(string, end, strict=True) -> (string, end)
    ///
    /// Scan the string s for a JSON string. End is the index of the
    /// character in s after the quote that started the JSON string.
    /// Unescapes all valid JSON string escape sequences and raises ValueError
    /// on attempt to decode an invalid string. If strict is False then literal
    /// control characters are allowed in the string.
    ///
    /// Returns a tuple of the decoded string and the index of the character in s
    /// after the end quote.
    #[pyfunction(text = None, "(string, end, strict=True, /)")]
    fn scanstring(string: Borrowed<'_>, end: isize, strict: bool) -> PyResult<Ref> {
        let data = string_argument(string)?;
        let Ok(end) = usize::try_from(end) else { return Err(raise!(ValueError, "end is out of bounds")) };
        let ascii = text::bound(string) <= 0x7F;
        let (value, next) = match data {
            Data::Latin1(units) => string::scan(string, Text { units, ascii }, end, strict)?,
            Data::Ucs2(units) => string::scan(string, Text { units, ascii }, end, strict)?,
            Data::Ucs4(units) => string::scan(string, Text { units, ascii }, end, strict)?,
        };
        tuple::from_array([value, int::new(next.cast_signed() as i64)?])
    }
}
