//! `UnicodeDecodeError`, `UnicodeEncodeError`, `UnicodeTranslateError`.

use super::base::no_keywords;
use super::{BaseException, UnicodeError};
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, raise};
use std::cell::Cell;

macro_rules! unicode_error {
    ($($name:ident $text:literal $doc:literal;)*) => { $(
        #[doc = $doc]
        #[pyclass(name = $text, cell = ::object::exc::$name, base = UnicodeError, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
        pub struct $name {
            #[trace]
            base: BaseException,
            /// exception encoding
            #[member(name = "encoding")]
            encoding: OptRef,
            /// exception object
            #[member(name = "object")]
            object: OptRef,
            /// exception start
            #[member(T_PYSSIZET, name = "start")]
            start: Cell<isize>,
            /// exception end
            #[member(T_PYSSIZET, name = "end")]
            end: Cell<isize>,
            /// exception reason
            #[member(name = "reason")]
            reason: OptRef,
        }
    )* };
}

unicode_error! {
    UnicodeDecodeError "UnicodeDecodeError" "Unicode decoding error.";
    UnicodeEncodeError "UnicodeEncodeError" "Unicode encoding error.";
    UnicodeTranslateError "UnicodeTranslateError" "Unicode translation error.";
}

/// A str argument, by its position.
fn text_argument(value: Borrowed<'_>, position: usize) -> PyResult<Ref> {
    if text::check(value) {
        return Ok(value.to_ref());
    }
    let found = if value.is(&object::core::none()) { "None" } else { value.get().class().short_name() };
    Err(raise!(TypeError, "argument {position} must be str, not {found}"))
}

fn wrong_count(expected: usize, given: usize) -> object::Raised {
    raise!(TypeError, "function takes exactly {expected} arguments ({given} given)")
}

/// A range inside an object of this length, as the text shows it.
fn clamp(start: isize, end: isize, len: usize) -> (usize, usize) {
    let len = len.cast_signed();
    let start = start.clamp(0, (len - 1).max(0));
    let end = end.clamp(1.min(len), len.max(1)).max(0);
    (start.cast_unsigned(), end.cast_unsigned())
}

fn shown(field: &OptRef) -> PyResult<String> {
    match field.get() {
        Some(value) => value.str_text(),
        None => Ok(String::new()),
    }
}

/// The character at `index`, escaped.
fn escaped(object: Borrowed<'_>, index: usize) -> String {
    let code = text::data(object).and_then(|data| data.get(index)).unwrap_or(0);
    match code {
        0..0x100 => format!("\\x{code:02x}"),
        0x100..0x10000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

fn text_length(object: &Ref) -> usize {
    text::data(object.b()).map_or(0, text::Data::len)
}

#[pymethods]
impl UnicodeDecodeError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        slf.base.initialize(args);
        let items = tuple::items(args).unwrap_or_default();
        let [encoding, object, start, end, reason] = items else { return Err(wrong_count(5, items.len())) };
        let encoding = text_argument(*encoding, 1)?;
        let (start, end) = (start.as_isize()?, end.as_isize()?);
        let reason = text_argument(*reason, 5)?;
        let object = if bytes::value(*object).is_some() {
            object.to_ref()
        } else {
            let buffer = Buffer::readable(*object)?;
            bytes::new(&buffer.bytes().to_vec())?
        };
        slf.encoding.set(Some(encoding));
        slf.object.set(Some(object));
        slf.start.set(start);
        slf.end.set(end);
        slf.reason.set(Some(reason));
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<String> {
        let Some(object) = self.object.get() else { return Ok(String::new()) };
        let (encoding, reason) = (shown(&self.encoding)?, shown(&self.reason)?);
        let Some(data) = bytes::value(object.b()) else {
            return Err(raise!(TypeError, "object attribute must be bytes"));
        };
        let (start, end) = clamp(self.start.get(), self.end.get(), data.len());
        Ok(match data.get(start) {
            Some(byte) if end == start + 1 => {
                format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}")
            }
            _ => format!("'{encoding}' codec can't decode bytes in position {start}-{}: {reason}", end.cast_signed() - 1),
        })
    }
}

#[pymethods]
impl UnicodeEncodeError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        slf.base.initialize(args);
        let items = tuple::items(args).unwrap_or_default();
        let [encoding, object, start, end, reason] = items else { return Err(wrong_count(5, items.len())) };
        let encoding = text_argument(*encoding, 1)?;
        let object = text_argument(*object, 2)?;
        let (start, end) = (start.as_isize()?, end.as_isize()?);
        let reason = text_argument(*reason, 5)?;
        slf.encoding.set(Some(encoding));
        slf.object.set(Some(object));
        slf.start.set(start);
        slf.end.set(end);
        slf.reason.set(Some(reason));
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<String> {
        let Some(object) = self.object.get() else { return Ok(String::new()) };
        let (encoding, reason) = (shown(&self.encoding)?, shown(&self.reason)?);
        let length = text_length(&object);
        let (start, end) = clamp(self.start.get(), self.end.get(), length);
        Ok(if start < length && end == start + 1 {
            let character = escaped(object.b(), start);
            format!("'{encoding}' codec can't encode character '{character}' in position {start}: {reason}")
        } else {
            format!("'{encoding}' codec can't encode characters in position {start}-{}: {reason}", end.cast_signed() - 1)
        })
    }
}

#[pymethods]
impl UnicodeTranslateError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        slf.base.initialize(args);
        let items = tuple::items(args).unwrap_or_default();
        let [object, start, end, reason] = items else { return Err(wrong_count(4, items.len())) };
        let object = text_argument(*object, 1)?;
        let (start, end) = (start.as_isize()?, end.as_isize()?);
        let reason = text_argument(*reason, 4)?;
        slf.object.set(Some(object));
        slf.start.set(start);
        slf.end.set(end);
        slf.reason.set(Some(reason));
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<String> {
        let Some(object) = self.object.get() else { return Ok(String::new()) };
        let reason = shown(&self.reason)?;
        let length = text_length(&object);
        let (start, end) = clamp(self.start.get(), self.end.get(), length);
        Ok(if start < length && end == start + 1 {
            format!("can't translate character '{}' in position {start}: {reason}", escaped(object.b(), start))
        } else {
            format!("can't translate characters in position {start}-{}: {reason}", end.cast_signed() - 1)
        })
    }
}
