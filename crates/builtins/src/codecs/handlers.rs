//! Error handlers: the standard ones, done natively, and those of programs.

use super::registry;
use abi::{PyMethodDef, PyUnicodeErrorObject};
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, RawField, Ref, error, exc, memory, raise, spec};
use unicode::codecs::errors as kernels;
use unicode::{TextBuf, Units};

/// What is to be done about malformed input.
pub enum Handler {
    Strict,
    Ignore,
    Replace,
    XmlCharRef,
    Backslash,
    Name,
    SurrogatePass,
    SurrogateEscape,
    /// A handler of the program's: by name, found when it is first needed.
    Custom(String),
}

impl Handler {
    /// The handler of this name; none is `strict`. Names that a program has registered over the standard ones count.
    pub fn named(errors: Option<Borrowed<'_>>) -> PyResult<Handler> {
        let Some(errors) = errors else { return Ok(Handler::Strict) };
        Ok(Self::from_name(&text::to_string_lossy(errors)))
    }

    /// The handler of this name.
    pub fn from_name(name: &str) -> Handler {
        let standard = match name {
            "strict" => Some(Handler::Strict),
            "ignore" => Some(Handler::Ignore),
            "replace" => Some(Handler::Replace),
            "xmlcharrefreplace" => Some(Handler::XmlCharRef),
            "backslashreplace" => Some(Handler::Backslash),
            "namereplace" => Some(Handler::Name),
            "surrogatepass" => Some(Handler::SurrogatePass),
            "surrogateescape" => Some(Handler::SurrogateEscape),
            _ => None,
        };
        match standard {
            // A registered object of a standard name is either our own or the program's.
            Some(handler) if registry::registered_error(name).is_none_or(|own| is_ours(own.b())) => handler,
            _ => Handler::Custom(name.to_owned()),
        }
    }
}

fn is_ours(handler: Borrowed<'_>) -> bool {
    handler.class().is_type(&object::core::CFUNCTION)
}

/// The fields of a UnicodeError, in the order start, end.
pub struct Range {
    pub start: usize,
    pub end: usize,
}

/// Start and end of the error, within the object's length, as CPython's getters clip them.
pub fn range_of(exception: Borrowed<'_>, len: usize) -> Range {
    // SAFETY: the callers have checked that it is a UnicodeError with these fields.
    let fields = unsafe { &*exception.ptr().cast::<PyUnicodeErrorObject>() };
    let start = usize::try_from(fields.start.get()).unwrap_or(0).min(len.saturating_sub(1));
    let end = usize::try_from(fields.end.get()).unwrap_or(0).max(1).min(len);
    Range { start, end: end.max(start) }
}

fn object_of(exception: Borrowed<'_>) -> PyResult<Ref> {
    // SAFETY: as above.
    let fields = unsafe { &*exception.ptr().cast::<PyUnicodeErrorObject>() };
    fields.object.load().ok_or_else(|| raise!(TypeError, "object attribute not set"))
}

/// What an error is about.
enum Subject {
    Encode(Ref),
    Decode(Ref),
    Translate(Ref),
}

fn subject(exception: Borrowed<'_>) -> PyResult<Subject> {
    let class = exception.class();
    if class.is_subtype(&exc::UnicodeEncodeError) {
        Ok(Subject::Encode(object_of(exception)?))
    } else if class.is_subtype(&exc::UnicodeDecodeError) {
        Ok(Subject::Decode(object_of(exception)?))
    } else if class.is_subtype(&exc::UnicodeTranslateError) {
        Ok(Subject::Translate(object_of(exception)?))
    } else {
        Err(wrong_type(exception))
    }
}

fn wrong_type(exception: Borrowed<'_>) -> Raised {
    match crate::type_::attributes::fully_qualified_name(exception.class()).and_then(|name| name.str_text()) {
        Ok(name) => raise!(TypeError, "don't know how to handle {name} in error callback"),
        Err(raised) => raised,
    }
}

fn answer(replacement: PyResult<Ref>, position: usize) -> PyResult<Ref> {
    tuple::from_array([replacement?, int::from_u64(position as u64)?])
}

fn no_memory(_: unicode::NoMemory) -> Raised {
    memory::no_memory()
}

fn give_back(exception: Borrowed<'_>) -> PyResult<Ref> {
    Err(error::raise_exception(exception.to_ref()))
}

fn len_of(subject: &Subject) -> usize {
    match subject {
        Subject::Encode(object) | Subject::Translate(object) => crate::str_::units(object.b()).len(),
        Subject::Decode(object) => bytes::value(object.b()).map_or(0, <[u8]>::len),
    }
}

fn strict(exception: Borrowed<'_>) -> PyResult<Ref> {
    if exception.class().has(abi::tpflags::BASE_EXC_SUBCLASS) {
        return give_back(exception);
    }
    Err(raise!(TypeError, "codec must pass exception instance"))
}

fn ignore(exception: Borrowed<'_>) -> PyResult<Ref> {
    let subject = subject(exception)?;
    answer(Ok(text::empty()), range_of(exception, len_of(&subject)).end)
}

fn replace(exception: Borrowed<'_>) -> PyResult<Ref> {
    let subject = subject(exception)?;
    let range = range_of(exception, len_of(&subject));
    let count = range.end - range.start;
    let replacement = match subject {
        Subject::Encode(_) => text::from_code_points(count, 0x3F, std::iter::repeat_n(0x3F, count)),
        Subject::Decode(_) => text::from_ucs4(&[kernels::REPLACEMENT]),
        Subject::Translate(_) => {
            text::from_code_points(count, kernels::REPLACEMENT, std::iter::repeat_n(kernels::REPLACEMENT, count))
        }
    };
    answer(replacement, range.end)
}

/// The replacement of an encode error by a kernel.
fn encode_by(exception: Borrowed<'_>, kernel: fn(Units<'_>, &mut Vec<u8>) -> Result<(), unicode::NoMemory>) -> PyResult<Ref> {
    let (Subject::Encode(object) | Subject::Translate(object)) = subject(exception)? else { return Err(wrong_type(exception)) };
    let all = crate::str_::units(object.b());
    let range = range_of(exception, all.len());
    let mut out = Vec::new();
    kernel(all.slice(range.start, range.end), &mut out).map_err(no_memory)?;
    answer(text::from_latin1(&out), range.end)
}

fn xml(exception: Borrowed<'_>) -> PyResult<Ref> {
    if !exception.class().is_subtype(&exc::UnicodeEncodeError) {
        return Err(wrong_type(exception));
    }
    encode_by(exception, kernels::xml_encode)
}

fn name(exception: Borrowed<'_>) -> PyResult<Ref> {
    if !exception.class().is_subtype(&exc::UnicodeEncodeError) {
        return Err(wrong_type(exception));
    }
    encode_by(exception, kernels::name_encode)
}

fn backslash(exception: Borrowed<'_>) -> PyResult<Ref> {
    let Subject::Decode(object) = subject(exception)? else { return encode_by(exception, kernels::backslash_encode) };
    let content = bytes::value(object.b()).unwrap_or_default();
    let range = range_of(exception, content.len());
    let mut out = TextBuf::new();
    kernels::backslash_decode(content.get(range.start..range.end).unwrap_or_default(), &mut out).map_err(no_memory)?;
    answer(text::from_data(crate::str_::to_data(out.units())), range.end)
}

fn surrogate_pass(exception: Borrowed<'_>) -> PyResult<Ref> {
    // SAFETY: `subject` checks the type before anything is used; a UnicodeError has this field.
    let subject = subject(exception)?;
    let fields = unsafe { &*exception.ptr().cast::<PyUnicodeErrorObject>() };
    let encoding = fields.encoding.load().map(|encoding| text::to_string_lossy(encoding.b())).unwrap_or_default();
    let Some(codec) = kernels::PassCodec::from_name(encoding.as_bytes()) else { return give_back(exception) };
    match subject {
        Subject::Encode(object) => {
            let all = crate::str_::units(object.b());
            let range = range_of(exception, all.len());
            let mut out = Vec::new();
            if !codec.encode(all.slice(range.start, range.end), &mut out).map_err(no_memory)? {
                return give_back(exception);
            }
            answer(bytes::new(&out), range.end)
        }
        Subject::Decode(object) => {
            let content = bytes::value(object.b()).unwrap_or_default();
            let range = range_of(exception, content.len());
            match codec.decode(content.get(range.start..).unwrap_or_default()) {
                Some((code, len)) => answer(text::from_ucs4(&[code]), range.start + len),
                None => give_back(exception),
            }
        }
        Subject::Translate(_) => Err(wrong_type(exception)),
    }
}

fn surrogate_escape(exception: Borrowed<'_>) -> PyResult<Ref> {
    match subject(exception)? {
        Subject::Encode(object) => {
            let all = crate::str_::units(object.b());
            let range = range_of(exception, all.len());
            let escaped: Option<Vec<u8>> =
                all.slice(range.start, range.end).codes().map(kernels::surrogate_escape_encode).collect();
            match escaped {
                Some(escaped) => answer(bytes::new(&escaped), range.end),
                None => give_back(exception),
            }
        }
        Subject::Decode(object) => {
            let content = bytes::value(object.b()).unwrap_or_default();
            let range = range_of(exception, content.len());
            let mut out = TextBuf::new();
            let bad = content.get(range.start..range.end).unwrap_or_default();
            let count = kernels::surrogate_escape_decode(bad, &mut out).map_err(no_memory)?;
            if count == 0 {
                return give_back(exception);
            }
            answer(text::from_data(crate::str_::to_data(out.units())), range.start + count)
        }
        Subject::Translate(_) => Err(wrong_type(exception)),
    }
}

macro_rules! builtin_handlers {
    ($($name:literal $c_name:literal $function:ident $doc:literal;)*) => {
        /// The definition of a standard handler as a function object.
        pub fn builtin(name: &str) -> Option<&'static PyMethodDef> {
            match name {
                $($name => {
                    extern "C-unwind" fn call(_slf: Option<Borrowed<'_>>, exception: Borrowed<'_>) -> PyResult<Ref> {
                        $function(exception)
                    }
                    static DEFINITION: PyMethodDef = spec::method_o($c_name, call, 0, $doc);
                    Some(&DEFINITION)
                })*
                _ => None,
            }
        }
    };
}

builtin_handlers! {
    "strict" c"strict_errors" strict c"Implements the 'strict' error handling, which raises a UnicodeError on coding errors.";
    "ignore" c"ignore_errors" ignore c"Implements the 'ignore' error handling, which ignores malformed data and continues.";
    "replace" c"replace_errors" replace c"Implements the 'replace' error handling, which replaces malformed data with a replacement marker.";
    "xmlcharrefreplace" c"xmlcharrefreplace_errors" xml c"Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character with the appropriate XML character reference.";
    "backslashreplace" c"backslashreplace_errors" backslash c"Implements the 'backslashreplace' error handling, which replaces malformed data with a backslashed escape sequence.";
    "namereplace" c"namereplace_errors" name c"Implements the 'namereplace' error handling, which replaces an unencodable character with a \\N{...} escape sequence.";
    "surrogatepass" c"surrogatepass" surrogate_pass c"";
    "surrogateescape" c"surrogateescape" surrogate_escape c"";
}

/// What a handler said: the replacement and the position to go on from.
pub struct Answer {
    pub replacement: Ref,
    pub position: isize,
}

/// Calls the program's handler on an exception.
pub fn call_custom(name: &str, exception: &Ref, decoding: bool) -> PyResult<Answer> {
    let handler = registry::lookup_error(name)?;
    let result = handler.call1(exception.b())?;
    let expected = if decoding {
        "decoding error handler must return (str, int) tuple"
    } else {
        "encoding error handler must return (str/bytes, int) tuple"
    };
    let Some([replacement, position]) = tuple::items(result.b()) else { return Err(raise!(TypeError, "{expected}")) };
    let good = text::check(*replacement) || (!decoding && bytes::value(*replacement).is_some());
    if !good || !int::check(*position) {
        return Err(raise!(TypeError, "{expected}"));
    }
    Ok(Answer { replacement: replacement.to_ref(), position: position.as_isize()? })
}

/// Updates a reused exception object to another range and reason.
pub fn update(exception: Borrowed<'_>, start: usize, end: usize, reason: &str) -> PyResult<()> {
    // SAFETY: the exception is a UnicodeError that the driver made.
    let fields = unsafe { &*exception.ptr().cast::<PyUnicodeErrorObject>() };
    fields.start.set(start.cast_signed());
    fields.end.set(end.cast_signed());
    fields.reason.store(Some(text::new(reason)?));
    Ok(())
}
