//! `UnicodeEncodeError`, `UnicodeDecodeError`, `UnicodeTranslateError`: one layout.

use super::base::{BaseException, init_args, no_keywords};
use abi::Cell;
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, core, raise};

/// Unicode related error.
#[pyclass(name = "UnicodeError", cell = object::exc::UnicodeError, base = super::list::ValueError, flags(BASETYPE, BASE_EXC_SUBCLASS), parts())]
pub struct UnicodeBase {
    base: BaseException,
}

/// The fields of the three errors.
#[repr(C)]
pub struct UnicodeError {
    base: BaseException,
    encoding: OptRef,
    object: OptRef,
    start: Cell<isize>,
    end: Cell<isize>,
    reason: OptRef,
}

const _: () = assert!(size_of::<UnicodeError>() == size_of::<abi::PyUnicodeErrorObject>());
// SAFETY: it begins with BaseException.
unsafe impl object::Layout for UnicodeError {}


/// Unicode encoding error.
#[pyclass(name = "UnicodeEncodeError", cell = object::exc::UnicodeEncodeError, base = UnicodeBase, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct UnicodeEncodeError {
    #[trace]
    base: BaseException,
    /// exception encoding
    #[member]
    encoding: OptRef,
    /// exception object
    #[member]
    object: OptRef,
    /// exception start
    #[member(T_PYSSIZET)]
    start: Cell<isize>,
    /// exception end
    #[member(T_PYSSIZET)]
    end: Cell<isize>,
    /// exception reason
    #[member]
    reason: OptRef,
}

/// Unicode decoding error.
#[pyclass(name = "UnicodeDecodeError", cell = object::exc::UnicodeDecodeError, base = UnicodeBase, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct UnicodeDecodeError {
    #[trace]
    base: BaseException,
    /// exception encoding
    #[member]
    encoding: OptRef,
    /// exception object
    #[member]
    object: OptRef,
    /// exception start
    #[member(T_PYSSIZET)]
    start: Cell<isize>,
    /// exception end
    #[member(T_PYSSIZET)]
    end: Cell<isize>,
    /// exception reason
    #[member]
    reason: OptRef,
}

/// Unicode translation error.
#[pyclass(name = "UnicodeTranslateError", cell = object::exc::UnicodeTranslateError, base = UnicodeBase, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct UnicodeTranslateError {
    #[trace]
    base: BaseException,
    /// exception encoding
    #[member]
    encoding: OptRef,
    /// exception object
    #[member]
    object: OptRef,
    /// exception start
    #[member(T_PYSSIZET)]
    start: Cell<isize>,
    /// exception end
    #[member(T_PYSSIZET)]
    end: Cell<isize>,
    /// exception reason
    #[member]
    reason: OptRef,
}

fn text_argument(value: Borrowed<'_>, function: &str, position: usize) -> PyResult<Ref> {
    if text::check(value) {
        return Ok(value.to_ref());
    }
    let name = if value.is(&core::none()) { "None" } else { value.class().short_name() };
    Err(raise!(TypeError, "{function}() argument {position} must be str, not {name}"))
}

fn fields<'a>(slf: Borrowed<'a>) -> &'a UnicodeError {
    slf.self_as::<UnicodeError>().get()
}

/// Fills the fields from `(encoding, object, start, end, reason)`.
fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>, function: &str, object: fn(Borrowed<'_>) -> PyResult<Ref>) -> PyResult<()> {
    no_keywords(slf, kwargs)?;
    init_args(slf, args);
    let items = tuple::items(args).unwrap_or_default();
    let [encoding, subject, start, end, reason] = items else {
        return Err(raise!(TypeError, "function takes exactly 5 arguments ({} given)", items.len()));
    };
    let encoding = text_argument(*encoding, function, 1)?;
    let subject = object(*subject)?;
    let (start, end) = (start.as_isize()?, end.as_isize()?);
    let reason = text_argument(*reason, function, 5)?;
    let own = fields(slf);
    own.encoding.set(Some(encoding));
    own.object.set(Some(subject));
    own.start.set(start);
    own.end.set(end);
    own.reason.set(Some(reason));
    Ok(())
}

/// Start and end of the range, within the object.
fn range(own: &UnicodeError, len: usize) -> (usize, usize) {
    let start = usize::try_from(own.start.get()).unwrap_or(0).min(len.saturating_sub(1));
    let end = usize::try_from(own.end.get()).unwrap_or(0).max(1).min(len);
    (start, end)
}

fn shown(part: &Option<Ref>) -> PyResult<String> {
    part.as_ref().map_or(Ok(String::new()), |part| part.str_text())
}

fn code_point(string: &Ref, at: usize) -> String {
    match crate::str_::units(string.b()).get(at).unwrap_or(0) {
        code @ 0..0x100 => format!("\\x{code:02x}"),
        code @ 0x100..0x10000 => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

#[pymethods]
impl UnicodeEncodeError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        init(slf, args, kwargs, "UnicodeEncodeError", |object| text_argument(object, "UnicodeEncodeError", 2))
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        let own = fields(slf);
        let Some(string) = own.object.get() else { return Ok(text::empty()) };
        let (encoding, reason) = (shown(&own.encoding.get())?, shown(&own.reason.get())?);
        let (start, end) = range(own, crate::str_::units(string.b()).len());
        text::new(&if end == start + 1 {
            let code = code_point(&string, start);
            format!("'{encoding}' codec can't encode character '{code}' in position {start}: {reason}")
        } else {
            format!("'{encoding}' codec can't encode characters in position {start}-{}: {reason}", end.wrapping_sub(1).cast_signed())
        })
    }
}

#[pymethods]
impl UnicodeDecodeError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        init(slf, args, kwargs, "UnicodeDecodeError", |object| {
            if bytes::value(object).is_some() {
                return Ok(object.to_ref());
            }
            bytes::new(Buffer::readable(object)?.bytes())
        })
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        let own = fields(slf);
        let Some(subject) = own.object.get() else { return Ok(text::empty()) };
        let (encoding, reason) = (shown(&own.encoding.get())?, shown(&own.reason.get())?);
        let content = bytes::value(subject.b()).unwrap_or_default();
        let (start, end) = range(own, content.len());
        text::new(&if end == start + 1 {
            let byte = content.get(start).copied().unwrap_or(0);
            format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}")
        } else {
            format!("'{encoding}' codec can't decode bytes in position {start}-{}: {reason}", end.wrapping_sub(1).cast_signed())
        })
    }
}

#[pymethods]
impl UnicodeTranslateError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf, kwargs)?;
        init_args(slf, args);
        let items = tuple::items(args).unwrap_or_default();
        let [subject, start, end, reason] = items else {
            return Err(raise!(TypeError, "function takes exactly 4 arguments ({} given)", items.len()));
        };
        let subject = text_argument(*subject, "UnicodeTranslateError", 1)?;
        let (start, end) = (start.as_isize()?, end.as_isize()?);
        let reason = text_argument(*reason, "UnicodeTranslateError", 4)?;
        let own = fields(slf);
        own.object.set(Some(subject));
        own.start.set(start);
        own.end.set(end);
        own.reason.set(Some(reason));
        Ok(())
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        let own = fields(slf);
        let Some(string) = own.object.get() else { return Ok(text::empty()) };
        let reason = shown(&own.reason.get())?;
        let (start, end) = range(own, crate::str_::units(string.b()).len());
        text::new(&if end == start + 1 {
            format!("can't translate character '{}' in position {start}: {reason}", code_point(&string, start))
        } else {
            format!("can't translate characters in position {start}-{}: {reason}", end.wrapping_sub(1).cast_signed())
        })
    }
}
