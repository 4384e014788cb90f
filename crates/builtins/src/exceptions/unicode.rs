//! The exceptions of codecs: what could not be encoded, decoded or translated, and where.

use super::base::{BaseException, no_keywords};
use super::items;
use super::simple::UnicodeError;
use abi::Cell;
use macros::{pyclass, pymethods};
use object::value::{bytes, str as text};
use object::{Borrowed, OptRef, PyResult, Ref, core, exc, raise};

macro_rules! unicode_errors {
    ($($name:ident $text:literal $doc:literal;)*) => { $(
        #[doc = $doc]
        #[pyclass(name = $text, cell = ::object::exc::$name, base = UnicodeError, flags(BASETYPE), gc, parts(MAIN, COMMON))]
        pub struct $name {
            #[trace]
            base: UnicodeError,
            #[member(doc = "exception encoding")]
            pub encoding: OptRef,
            #[member(doc = "exception object")]
            pub object: OptRef,
            #[member(T_PYSSIZET, doc = "exception start")]
            pub start: Cell<isize>,
            #[member(T_PYSSIZET, doc = "exception end")]
            pub end: Cell<isize>,
            #[member(doc = "exception reason")]
            pub reason: OptRef,
        }

        #[pymethods(part = COMMON)]
        impl $name {
            #[slot(tp_str)]
            fn str(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
                let Some(object) = slf.object.get() else { return Ok(text::empty()) };
                let reason = slf.reason.get().map_or_else(|| Ok(String::new()), |reason| reason.str_text())?;
                let encoding = slf.encoding.get().map_or_else(|| Ok(String::new()), |encoding| encoding.str_text())?;
                let size = size_of_object(object.b());
                let (start, end) = clamp(slf.start.get(), slf.end.get(), size);
                text::new(&$name::describe(object.b(), &encoding, start, end, size, &reason))
            }
        }
    )* };
}

unicode_errors! {
    UnicodeEncodeError "UnicodeEncodeError" "Unicode encoding error.";
    UnicodeDecodeError "UnicodeDecodeError" "Unicode decoding error.";
    UnicodeTranslateError "UnicodeTranslateError" "Unicode translation error.";
}

fn size_of_object(object: Borrowed<'_>) -> isize {
    let size = text::data(object).map(|data| data.len()).or_else(|| bytes::value(object).map(<[u8]>::len));
    size.unwrap_or(0).cast_signed()
}

/// The range, made to lie inside the object.
fn clamp(start: isize, end: isize, size: isize) -> (isize, isize) {
    let start = if start < 0 { 0 } else { start.min((size - 1).max(0)) };
    let end = end.max(if size == 0 { 0 } else { 1 }).min(size);
    (start, end)
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xFF => format!("\\x{code:02x}"),
        0x100..=0xFFFF => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

fn one_character(object: Borrowed<'_>, start: isize, end: isize) -> Option<u32> {
    if end != start + 1 {
        return None;
    }
    text::data(object)?.get(usize::try_from(start).ok()?)
}

impl UnicodeEncodeError {
    fn describe(object: Borrowed<'_>, encoding: &str, start: isize, end: isize, size: isize, reason: &str) -> String {
        match one_character(object, start, end).filter(|_| start < size) {
            Some(code) => {
                format!("'{encoding}' codec can't encode character '{}' in position {start}: {reason}", escaped(code))
            }
            None => format!("'{encoding}' codec can't encode characters in position {start}-{}: {reason}", end - 1),
        }
    }
}

impl UnicodeDecodeError {
    fn describe(object: Borrowed<'_>, encoding: &str, start: isize, end: isize, size: isize, reason: &str) -> String {
        let byte = (start < size && end == start + 1)
            .then(|| bytes::value(object).and_then(|data| data.get(start.cast_unsigned()).copied()))
            .flatten();
        match byte {
            Some(byte) => format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}"),
            None => format!("'{encoding}' codec can't decode bytes in position {start}-{}: {reason}", end - 1),
        }
    }
}

impl UnicodeTranslateError {
    fn describe(object: Borrowed<'_>, _encoding: &str, start: isize, end: isize, size: isize, reason: &str) -> String {
        match one_character(object, start, end).filter(|_| start < size) {
            Some(code) => format!("can't translate character '{}' in position {start}: {reason}", escaped(code)),
            None => format!("can't translate characters in position {start}-{}: {reason}", end - 1),
        }
    }
}

/// Exactly this many arguments.
fn exactly<'a, const N: usize>(args: Borrowed<'a>) -> PyResult<[Borrowed<'a>; N]> {
    let given = items(args);
    match given.try_into() {
        Ok(array) => Ok(array),
        Err(_) => Err(raise!(TypeError, "function takes exactly {N} arguments ({} given)", given.len())),
    }
}

fn str_argument(value: Borrowed<'_>, position: usize) -> PyResult<Ref> {
    if text::check(value) {
        return Ok(value.to_ref());
    }
    Err(raise!(TypeError, "argument {position} must be str, not {}", type_name(value)))
}

fn type_name(value: Borrowed<'_>) -> String {
    if value.is(&core::none()) { "None".to_owned() } else { value.class().short_name().to_owned() }
}

#[pymethods]
impl UnicodeEncodeError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object().get().class(), kwargs)?;
        slf.object().self_as::<BaseException>().args.set(Some(args.to_ref()));
        let [encoding, object, start, end, reason] = exactly(args)?;
        let (encoding, object) = (str_argument(encoding, 1)?, str_argument(object, 2)?);
        let (start, end) = (start.as_isize_or(&exc::OverflowError)?, end.as_isize_or(&exc::OverflowError)?);
        let reason = str_argument(reason, 5)?;
        slf.encoding.set(Some(encoding));
        slf.object.set(Some(object));
        slf.start.set(start);
        slf.end.set(end);
        slf.reason.set(Some(reason));
        Ok(())
    }
}

#[pymethods]
impl UnicodeDecodeError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object().get().class(), kwargs)?;
        slf.object().self_as::<BaseException>().args.set(Some(args.to_ref()));
        let [encoding, object, start, end, reason] = exactly(args)?;
        let encoding = str_argument(encoding, 1)?;
        let (start, end) = (start.as_isize_or(&exc::OverflowError)?, end.as_isize_or(&exc::OverflowError)?);
        let reason = str_argument(reason, 5)?;
        let object = if bytes::value(object).is_some() {
            object.to_ref()
        } else {
            let buffer = object::protocol::buffer::Buffer::readable(object)?;
            bytes::new(buffer.bytes())?
        };
        slf.encoding.set(Some(encoding));
        slf.object.set(Some(object));
        slf.start.set(start);
        slf.end.set(end);
        slf.reason.set(Some(reason));
        Ok(())
    }
}

#[pymethods]
impl UnicodeTranslateError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object().get().class(), kwargs)?;
        slf.object().self_as::<BaseException>().args.set(Some(args.to_ref()));
        let [object, start, end, reason] = exactly(args)?;
        let object = str_argument(object, 1)?;
        let (start, end) = (start.as_isize_or(&exc::OverflowError)?, end.as_isize_or(&exc::OverflowError)?);
        let reason = str_argument(reason, 4)?;
        slf.object.set(Some(object));
        slf.start.set(start);
        slf.end.set(end);
        slf.reason.set(Some(reason));
        Ok(())
    }
}
