//! Decoding and encoding of a text stream: natively for UTF-8, Latin-1 and ASCII, else through the codec's incremental objects.

use crate::newline::{Newlines, parse_state};
use crate::support::import;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, error, exc, id, memory, raise};
use std::cell::RefCell;
use unicode::codecs::{Decoder, Encoder, Malformed, errors as replace, single, utf8};
use unicode::text::TextBuf;

/// The encodings that are done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Utf8,
    Latin1,
    Ascii,
}

impl Kind {
    /// The encoding of this name, in its common spellings.
    pub fn from_name(name: &str) -> Option<Kind> {
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" => Some(Kind::Utf8),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Some(Kind::Latin1),
            "ascii" | "us-ascii" => Some(Kind::Ascii),
            _ => None,
        }
    }

    /// The name that exceptions show.
    fn name(self) -> &'static str {
        match self {
            Kind::Utf8 => "utf-8",
            Kind::Latin1 => "latin-1",
            Kind::Ascii => "ascii",
        }
    }
}

/// The error handlers that are done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    Strict,
    Ignore,
    Replace,
    SurrogateEscape,
    BackslashReplace,
    XmlCharRefReplace,
}

impl Handler {
    pub fn from_name(name: &str) -> Option<Handler> {
        Some(match name {
            "strict" => Handler::Strict,
            "ignore" => Handler::Ignore,
            "replace" => Handler::Replace,
            "surrogateescape" => Handler::SurrogateEscape,
            "backslashreplace" => Handler::BackslashReplace,
            "xmlcharrefreplace" => Handler::XmlCharRefReplace,
            _ => return None,
        })
    }
}

/// The codec of an encoding, or LookupError.
pub struct Codec {
    native: Option<(Kind, Handler)>,
    info: Option<Ref>,
    errors: Ref,
}

impl Codec {
    pub fn new(encoding: Borrowed<'_>, errors: Borrowed<'_>) -> PyResult<Codec> {
        let name = text::to_string_lossy(encoding);
        let handler = text::as_ascii(errors).and_then(Handler::from_name);
        let native = Kind::from_name(&name).zip(handler);
        if native.is_some() {
            return Ok(Codec { native, info: None, errors: errors.to_ref() });
        }
        let info = import(id!("_codecs"))?.call_method(id!("lookup"), &[encoding])?;
        if let Some(is_text) = info.getattr_opt(id!("_is_text_encoding"))?
            && !is_text.is_true()?
        {
            return Err(raise!(LookupError, "'{name}' is not a text encoding"));
        }
        Ok(Codec { native: None, info: Some(info), errors: errors.to_ref() })
    }

    fn make(&self, attribute: Borrowed<'_>) -> PyResult<Option<Ref>> {
        match &self.info {
            Some(info) => info.getattr(attribute)?.call1(self.errors.b()).map(Some),
            None => Ok(None),
        }
    }

    /// A decoder; `newlines` for universal newlines.
    pub fn decoder(&self, newlines: Option<Newlines>) -> PyResult<TextDecoder> {
        let foreign = self.make(id!("incrementaldecoder"))?;
        Ok(TextDecoder { native: self.native, pending: RefCell::default(), foreign, newlines })
    }

    /// An encoder.
    pub fn encoder(&self) -> PyResult<TextEncoder> {
        Ok(TextEncoder { native: self.native, foreign: self.make(id!("incrementalencoder"))? })
    }
}

/// The decoding half of a text stream.
pub struct TextDecoder {
    native: Option<(Kind, Handler)>,
    pending: RefCell<Vec<u8>>,
    foreign: Option<Ref>,
    pub newlines: Option<Newlines>,
}

impl TextDecoder {
    /// Decodes a piece of input.
    pub fn decode(&self, input: Borrowed<'_>, last: bool) -> PyResult<Ref> {
        let piece = match (&self.foreign, self.native) {
            (Some(decoder), _) => decoder.call_method(id!("decode"), &[input, core::boolean(last)])?,
            (None, Some((kind, handler))) => {
                let content = Buffer::readable(input)?;
                self.decode_native(kind, handler, content.bytes(), last)?
            }
            (None, None) => return Err(error::bad_internal_call()),
        };
        match &self.newlines {
            Some(newlines) => newlines.feed(piece, last),
            None if text::check(piece.b()) => Ok(piece),
            None => {
                let class = piece.class().short_name();
                Err(raise!(TypeError, "decoder should return a string result, not '{class}'"))
            }
        }
    }

    fn decode_native(&self, kind: Kind, handler: Handler, input: &[u8], last: bool) -> PyResult<Ref> {
        let pending = self.pending.borrow().clone();
        if pending.is_empty() && input.is_ascii() {
            return text::from_ascii(input);
        }
        let mut joined = pending;
        let input = if joined.is_empty() {
            input
        } else {
            memory::reserve(&mut joined, input.len())?;
            joined.extend_from_slice(input);
            &joined
        };
        let mut out = TextBuf::new();
        let mut at = 0;
        loop {
            let step = match kind {
                Kind::Utf8 => utf8::Utf8.decode(input, &mut at, last, &mut out),
                Kind::Latin1 => single::Latin1.decode(input, &mut at, last, &mut out),
                Kind::Ascii => single::Ascii.decode(input, &mut at, last, &mut out),
            };
            let Some(bad) = step.map_err(|_| memory::no_memory())? else { break };
            at = recover(kind, handler, input, bad, &mut out)?;
        }
        self.pending.replace(input.get(at..).unwrap_or_default().to_vec());
        text::from_data(builtins::str_::to_data(out.units()))
    }

    /// The state: pending bytes and flags.
    pub fn state(&self) -> PyResult<(Ref, Ref)> {
        let (pending, mut flags) = match &self.foreign {
            Some(decoder) => parse_state(&decoder.call_method(id!("getstate"), &[])?)?,
            None => (bytes::new(&self.pending.borrow())?, int::new(0)?),
        };
        if let Some(newlines) = &self.newlines {
            let number = int_of(&flags)?;
            flags = int::new(number << 1 | i64::from(newlines.pending_cr.get()))?;
        }
        Ok((pending, flags))
    }

    /// Goes back to a state.
    pub fn set_state(&self, pending: Ref, flags: Ref) -> PyResult<()> {
        let mut flags = flags;
        if let Some(newlines) = &self.newlines {
            let number = int_of(&flags)?;
            newlines.pending_cr.set(number & 1 != 0);
            flags = int::new(number >> 1)?;
        }
        match &self.foreign {
            Some(decoder) => decoder.call_method(id!("setstate"), &[tuple::from_array([pending, flags])?.b()]).map(drop),
            None => {
                self.pending.replace(bytes::value(pending.b()).unwrap_or_default().to_vec());
                Ok(())
            }
        }
    }

    /// Goes back to the beginning.
    pub fn reset(&self) -> PyResult<()> {
        if let Some(newlines) = &self.newlines {
            newlines.reset();
        }
        match &self.foreign {
            Some(decoder) => decoder.call_method(id!("reset"), &[]).map(drop),
            None => {
                self.pending.take();
                Ok(())
            }
        }
    }
}

/// Decoder flags as a number.
pub fn int_of(flags: &Ref) -> PyResult<i64> {
    int::to_i64(flags.b()).ok_or_else(|| raise!(TypeError, "illegal decoder state"))
}

/// What the handler makes of malformed bytes; where to go on.
fn recover(kind: Kind, handler: Handler, input: &[u8], bad: Malformed, out: &mut TextBuf) -> PyResult<usize> {
    let bytes_of = input.get(bad.start..bad.end).unwrap_or_default();
    match handler {
        Handler::Ignore => Ok(bad.end),
        Handler::Replace => {
            out.push(replace::REPLACEMENT).map_err(|_| memory::no_memory())?;
            Ok(bad.end)
        }
        Handler::BackslashReplace => {
            replace::backslash_decode(bytes_of, out).map_err(|_| memory::no_memory())?;
            Ok(bad.end)
        }
        Handler::SurrogateEscape => match replace::surrogate_escape_decode(bytes_of, out).map_err(|_| memory::no_memory())? {
            0 => Err(decode_error(kind, input, bad)),
            taken => Ok(bad.start + taken),
        },
        Handler::Strict => Err(decode_error(kind, input, bad)),
        Handler::XmlCharRefReplace => Err(raise!(TypeError, "don't know how to handle UnicodeDecodeError in error callback")),
    }
}

#[cold]
fn decode_error(kind: Kind, input: &[u8], bad: Malformed) -> Raised {
    let arguments = (|| {
        let range = [int::from_u64(bad.start as u64)?, int::from_u64(bad.end as u64)?];
        let [start, end] = range;
        tuple::from_array([text::new(kind.name())?, bytes::new(input)?, start, end, text::new(bad.reason)?])
    })();
    match arguments {
        Ok(arguments) => error::raise_value(&exc::UnicodeDecodeError, Some(arguments.b())),
        Err(raised) => raised,
    }
}

#[cold]
fn encode_error(kind: Kind, string: Borrowed<'_>, bad: Malformed) -> Raised {
    let arguments = (|| {
        let range = [int::from_u64(bad.start as u64)?, int::from_u64(bad.end as u64)?];
        let [start, end] = range;
        tuple::from_array([text::new(kind.name())?, string.to_ref(), start, end, text::new(bad.reason)?])
    })();
    match arguments {
        Ok(arguments) => error::raise_value(&exc::UnicodeEncodeError, Some(arguments.b())),
        Err(raised) => raised,
    }
}

/// The encoding half of a text stream.
pub struct TextEncoder {
    native: Option<(Kind, Handler)>,
    foreign: Option<Ref>,
}

impl TextEncoder {
    /// Appends the bytes of a str.
    pub fn encode(&self, string: Borrowed<'_>, out: &mut Vec<u8>) -> PyResult<()> {
        match (&self.foreign, self.native) {
            (Some(encoder), _) => {
                let encoded = encoder.call_method(id!("encode"), &[string])?;
                let Some(content) = bytes::value(encoded.b()) else {
                    let class = encoded.class().short_name();
                    return Err(raise!(TypeError, "encoder should return a bytes object, not '{class}'"));
                };
                memory::reserve(out, content.len())?;
                out.extend_from_slice(content);
                Ok(())
            }
            (None, Some((kind, handler))) => encode_native(kind, handler, string, out),
            (None, None) => Err(error::bad_internal_call()),
        }
    }

    /// Goes to the state of a stream's beginning, or to one further on.
    pub fn set_start(&self, start: bool) -> PyResult<()> {
        match &self.foreign {
            Some(encoder) if start => encoder.call_method(id!("reset"), &[]).map(drop),
            Some(encoder) => encoder.call_method(id!("setstate"), &[int::new(0)?.b()]).map(drop),
            None => Ok(()),
        }
    }
}

fn encode_native(kind: Kind, handler: Handler, string: Borrowed<'_>, out: &mut Vec<u8>) -> PyResult<()> {
    if let Some(ascii) = text::as_ascii(string) {
        memory::reserve(out, ascii.len())?;
        out.extend_from_slice(ascii.as_bytes());
        return Ok(());
    }
    let units = builtins::str_::units(string);
    let mut at = 0;
    loop {
        let step = match kind {
            Kind::Utf8 => utf8::Utf8.encode(units, &mut at, out),
            Kind::Latin1 => single::Latin1.encode(units, &mut at, out),
            Kind::Ascii => single::Ascii.encode(units, &mut at, out),
        };
        let Some(bad) = step.map_err(|_| memory::no_memory())? else { return Ok(()) };
        let part = units.slice(bad.start, bad.end);
        match handler {
            Handler::Ignore => {}
            Handler::Replace => out.extend(std::iter::repeat_n(b'?', part.len())),
            Handler::BackslashReplace => replace::backslash_encode(part, out).map_err(|_| memory::no_memory())?,
            Handler::XmlCharRefReplace => replace::xml_encode(part, out).map_err(|_| memory::no_memory())?,
            Handler::SurrogateEscape => {
                for code in part.codes() {
                    match replace::surrogate_escape_encode(code) {
                        Some(byte) => out.push(byte),
                        None => return Err(encode_error(kind, string, bad)),
                    }
                }
            }
            Handler::Strict => return Err(encode_error(kind, string, bad)),
        }
        at = bad.end;
    }
}
