//! The loops around the kernels: a kernel stops at what is malformed, the handler says what to do, the kernel goes on.

use super::handlers::{self, Answer, Handler};
use abi::PyUnicodeErrorObject;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, RawField, Ref, error, exc, memory, raise};
use unicode::codecs::errors as kernels;
use unicode::codecs::{Decoder, Encoder, Malformed};
use unicode::{TextBuf, Units};

/// The bytes to decode. A bytes object never changes; of other buffers a copy is taken, since handlers may run any code.
pub enum Input<'a> {
    Object(Borrowed<'a>),
    Copy(Vec<u8>),
}

impl<'a> Input<'a> {
    /// The content of `object`, of which `buffer` was got.
    pub fn of(object: Borrowed<'a>, buffer: &Buffer) -> PyResult<Input<'a>> {
        if bytes::value(object).is_some() {
            return Ok(Input::Object(object));
        }
        let mut copy = memory::vec_with_capacity(buffer.len())?;
        copy.extend_from_slice(buffer.bytes());
        Ok(Input::Copy(copy))
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Input::Object(object) => bytes::value(*object).unwrap_or_default(),
            Input::Copy(copy) => copy,
        }
    }

    fn object(&self) -> PyResult<Ref> {
        match self {
            Input::Object(object) => Ok(object.to_ref()),
            Input::Copy(copy) => bytes::new(copy),
        }
    }
}

fn no_memory(_: unicode::NoMemory) -> Raised {
    memory::no_memory()
}

fn new_error(class: &object::TypeObject, encoding: &str, subject: Ref, malformed: &Malformed) -> PyResult<Ref> {
    let arguments = tuple::from_array([
        text::new(encoding)?,
        subject,
        int::from_u64(malformed.start as u64)?,
        int::from_u64(malformed.end as u64)?,
        text::new(malformed.reason)?,
    ])?;
    class.borrowed().call_tuple(arguments.b(), None)
}

/// Decodes `input`. With `last`, an incomplete end is an error; without, it is left. Returns the text and how many bytes were consumed.
pub fn decode(
    decoder: &mut dyn Decoder,
    encoding: &str,
    input: Input<'_>,
    handler: &Handler,
    last: bool,
) -> PyResult<(Ref, usize)> {
    let mut input = input;
    let mut out = TextBuf::new();
    let mut at = 0;
    let mut exception: Option<Ref> = None;
    while let Some(malformed) = decoder.decode(input.bytes(), &mut at, last, &mut out).map_err(no_memory)? {
        let bad = input.bytes().get(malformed.start..malformed.end).unwrap_or_default();
        match handler {
            Handler::Ignore => at = malformed.end,
            Handler::Replace => {
                out.push(kernels::REPLACEMENT).map_err(no_memory)?;
                at = malformed.end;
            }
            Handler::Backslash => {
                kernels::backslash_decode(bad, &mut out).map_err(no_memory)?;
                at = malformed.end;
            }
            Handler::SurrogateEscape => match kernels::surrogate_escape_decode(bad, &mut out).map_err(no_memory)? {
                0 => return Err(decode_error(encoding, &input, &malformed)),
                count => at = malformed.start + count,
            },
            Handler::SurrogatePass => {
                let rest = input.bytes().get(malformed.start..).unwrap_or_default();
                match kernels::PassCodec::from_name(encoding.as_bytes()).and_then(|codec| codec.decode(rest)) {
                    Some((code, len)) => {
                        out.push(code).map_err(no_memory)?;
                        at = malformed.start + len;
                    }
                    None => return Err(decode_error(encoding, &input, &malformed)),
                }
            }
            Handler::Custom(name) => {
                let object = match &exception {
                    Some(exception) => {
                        handlers::update(exception.b(), malformed.start, malformed.end, malformed.reason)?;
                        exception.clone()
                    }
                    None => new_error(&exc::UnicodeDecodeError, encoding, input.object()?, &malformed)?,
                };
                let Answer { replacement, position } = handlers::call_custom(name, &object, true)?;
                // The handler may have put other bytes into the exception.
                // SAFETY: the driver made this UnicodeDecodeError.
                let fields = unsafe { &*object.ptr().cast::<PyUnicodeErrorObject>() };
                let Some(content) = fields.object.load() else { return Err(raise!(TypeError, "object attribute not set")) };
                match bytes::value(content.b()) {
                    Some(content) if content != input.bytes() => input = Input::Copy(content.to_vec()),
                    Some(_) => {}
                    None => return Err(raise!(TypeError, "exception attribute object must be bytes")),
                }
                at = next_position(position, input.bytes().len())?;
                push_text(&mut out, replacement.b())?;
                exception = Some(object);
            }
            Handler::Strict | Handler::XmlCharRef | Handler::Name => {
                let raised = decode_error(encoding, &input, &malformed);
                if matches!(handler, Handler::Strict) {
                    return Err(raised);
                }
                raised.clear();
                return Err(raise!(TypeError, "don't know how to handle UnicodeDecodeError in error callback"));
            }
        }
    }
    let result = text::from_data(crate::str_::to_data(out.units()))?;
    Ok((result, at))
}

fn push_text(out: &mut TextBuf, replacement: Borrowed<'_>) -> PyResult<()> {
    crate::str_::units(replacement).codes().try_for_each(|code| out.push(code)).map_err(no_memory)
}

/// A position that a handler gave, from the end if negative.
fn next_position(position: isize, len: usize) -> PyResult<usize> {
    let from_start = if position < 0 { position.saturating_add(len.cast_signed()) } else { position };
    match usize::try_from(from_start).ok().filter(|position| *position <= len) {
        Some(position) => Ok(position),
        None => Err(raise!(IndexError, "position {position} from error handler out of bounds")),
    }
}

fn decode_error(encoding: &str, input: &Input<'_>, malformed: &Malformed) -> Raised {
    match input.object().and_then(|object| new_error(&exc::UnicodeDecodeError, encoding, object, malformed)) {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

fn encode_error(encoding: &str, string: Borrowed<'_>, malformed: &Malformed) -> Raised {
    match new_error(&exc::UnicodeEncodeError, encoding, string.to_ref(), malformed) {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// Encodes a replacement text; what does not encode either is the original error.
fn push_encoded(
    encoder: &mut dyn Encoder,
    encoding: &str,
    replacement: Units<'_>,
    out: &mut Vec<u8>,
    original: (Borrowed<'_>, &Malformed),
) -> PyResult<()> {
    let mut at = 0;
    match encoder.encode(replacement, &mut at, out).map_err(no_memory)? {
        None => Ok(()),
        Some(_) => Err(encode_error(encoding, original.0, original.1)),
    }
}

/// Encodes a str.
pub fn encode(encoder: &mut dyn Encoder, encoding: &str, string: Borrowed<'_>, handler: &Handler) -> PyResult<Ref> {
    let all = crate::str_::units(string);
    let mut out = Vec::new();
    let mut at = 0;
    let mut exception: Option<Ref> = None;
    while let Some(malformed) = encoder.encode(all, &mut at, &mut out).map_err(no_memory)? {
        let bad = all.slice(malformed.start, malformed.end);
        let original = (string, &malformed);
        let mut escaped = Vec::new();
        at = malformed.end;
        match handler {
            Handler::Strict => return Err(encode_error(encoding, string, &malformed)),
            Handler::Ignore => {}
            Handler::Replace => {
                let marks = vec![b'?'; bad.len()];
                push_encoded(encoder, encoding, Units::One(&marks), &mut out, original)?;
            }
            Handler::XmlCharRef | Handler::Backslash | Handler::Name => {
                match handler {
                    Handler::XmlCharRef => kernels::xml_encode(bad, &mut escaped),
                    Handler::Backslash => kernels::backslash_encode(bad, &mut escaped),
                    _ => kernels::name_encode(bad, &mut escaped),
                }
                .map_err(no_memory)?;
                push_encoded(encoder, encoding, Units::One(&escaped), &mut out, original)?;
            }
            Handler::SurrogateEscape => {
                // As many as stand for bytes, from the first one on.
                let taken: Vec<u8> = bad.codes().map_while(kernels::surrogate_escape_encode).collect();
                if taken.is_empty() {
                    return Err(encode_error(encoding, string, &malformed));
                }
                at = malformed.start + taken.len();
                memory::reserve(&mut out, taken.len())?;
                out.extend_from_slice(&taken);
            }
            Handler::SurrogatePass => {
                let codec = kernels::PassCodec::from_name(encoding.as_bytes());
                let passed = match codec {
                    Some(codec) => codec.encode(bad, &mut escaped).map_err(no_memory)?,
                    None => false,
                };
                if !passed {
                    return Err(encode_error(encoding, string, &malformed));
                }
                memory::reserve(&mut out, escaped.len())?;
                out.extend_from_slice(&escaped);
            }
            Handler::Custom(name) => {
                let object = match &exception {
                    Some(exception) => {
                        handlers::update(exception.b(), malformed.start, malformed.end, malformed.reason)?;
                        exception.clone()
                    }
                    None => new_error(&exc::UnicodeEncodeError, encoding, string.to_ref(), &malformed)?,
                };
                let Answer { replacement, position } = handlers::call_custom(name, &object, false)?;
                at = next_position(position, all.len())?;
                if let Some(content) = bytes::value(replacement.b()) {
                    memory::reserve(&mut out, content.len())?;
                    out.extend_from_slice(content);
                } else {
                    push_encoded(encoder, encoding, crate::str_::units(replacement.b()), &mut out, original)?;
                }
                exception = Some(object);
            }
        }
    }
    encoder.finish(&mut out).map_err(no_memory)?;
    bytes::new(&out)
}
