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
                if slf.object.get().is_none() {
                    return Ok(text::empty());
                }
                let reason = shown(&slf.reason)?;
                let encoding = shown(&slf.encoding)?;
                // What `__str__` of the reason did to the object counts.
                let object = slf.object.get();
                let Some(object) = object.filter(|object| $name::is_object(object.b())) else {
                    return Err(raise!(TypeError, "UnicodeError 'object' attribute must be a {}", $name::KIND));
                };
                text::new(&$name::describe(object.b(), &encoding, slf.start.get(), slf.end.get(), &reason))
            }
        }
    )* };
}

unicode_errors! {
    UnicodeEncodeError "UnicodeEncodeError" "Unicode encoding error.";
    UnicodeDecodeError "UnicodeDecodeError" "Unicode decoding error.";
    UnicodeTranslateError "UnicodeTranslateError" "Unicode translation error.";
}

fn shown(part: &OptRef) -> PyResult<String> {
    part.get().map_or_else(|| Ok("<NULL>".to_owned()), |part| part.str_text())
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xFF => format!("\\x{code:02x}"),
        0x100..=0xFFFF => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// Where the single item between `start` and `end` stands, if they enclose one.
fn single(start: isize, end: isize) -> Option<usize> {
    if start.checked_add(1) == Some(end) { usize::try_from(start).ok() } else { None }
}

impl UnicodeEncodeError {
    const KIND: &str = "string";

    fn is_object(object: Borrowed<'_>) -> bool {
        text::check(object)
    }

    fn describe(object: Borrowed<'_>, encoding: &str, start: isize, end: isize, reason: &str) -> String {
        match single(start, end).and_then(|index| text::data(object)?.get(index)) {
            Some(code) => {
                format!("'{encoding}' codec can't encode character '{}' in position {start}: {reason}", escaped(code))
            }
            None => {
                format!("'{encoding}' codec can't encode characters in position {start}-{}: {reason}", end.wrapping_sub(1))
            }
        }
    }
}

impl UnicodeDecodeError {
    const KIND: &str = "bytes";

    fn is_object(object: Borrowed<'_>) -> bool {
        bytes::value(object).is_some()
    }

    fn describe(object: Borrowed<'_>, encoding: &str, start: isize, end: isize, reason: &str) -> String {
        match single(start, end).and_then(|index| bytes::value(object)?.get(index).copied()) {
            Some(byte) => format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}"),
            None => format!("'{encoding}' codec can't decode bytes in position {start}-{}: {reason}", end.wrapping_sub(1)),
        }
    }
}

impl UnicodeTranslateError {
    const KIND: &str = "string";

    fn is_object(object: Borrowed<'_>) -> bool {
        text::check(object)
    }

    fn describe(object: Borrowed<'_>, _encoding: &str, start: isize, end: isize, reason: &str) -> String {
        match single(start, end).and_then(|index| text::data(object)?.get(index)) {
            Some(code) => format!("can't translate character '{}' in position {start}: {reason}", escaped(code)),
            None => format!("can't translate characters in position {start}-{}: {reason}", end.wrapping_sub(1)),
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
    if value.is(&core::none()) { "None".to_owned() } else { value.class().tp_name().to_owned() }
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
