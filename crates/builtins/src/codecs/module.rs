//! The module `_codecs`.

use super::drive::{self, Input};
use super::handlers::Handler;
use crate::type_::dicts;
use object::convert::Str;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, exc, hooks, memory, raise};
use unicode::codecs::{ByteOrder, Decoder, Encoder, Malformed, Step, charmap, escape, single, utf7, utf8, utf16, utf32};

fn pair(value: Ref, consumed: usize) -> PyResult<Ref> {
    tuple::from_array([value, int::from_u64(consumed as u64)?])
}

fn handler(errors: Option<Str<'_>>) -> PyResult<Handler> {
    Handler::named(errors.map(|errors| errors.0))
}

fn decode_pair(
    decoder: &mut dyn Decoder,
    encoding: &str,
    data: Borrowed<'_>,
    errors: Option<Str<'_>>,
    last: bool,
) -> PyResult<Ref> {
    let buffer = Buffer::readable(data)?;
    let (value, consumed) = drive::decode(decoder, encoding, Input::of(data, &buffer)?, &handler(errors)?, last)?;
    pair(value, consumed)
}

fn encode_pair(encoder: &mut dyn Encoder, encoding: &str, string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
    pair(drive::encode(encoder, encoding, string.0, &handler(errors)?)?, string.data().len())
}

/// The bytes of an argument that may be a str (taken as UTF-8) or a buffer.
fn str_or_buffer(data: Borrowed<'_>) -> PyResult<Vec<u8>> {
    if text::check(data) {
        return text::to_string(data).map(String::into_bytes).ok_or_else(|| object::convert::surrogates_not_allowed(data));
    }
    Ok(Buffer::readable(data)?.bytes().to_vec())
}

fn order_of(byteorder: i32) -> Option<ByteOrder> {
    match byteorder {
        0 => None,
        order if order < 0 => Some(ByteOrder::Little),
        _ => Some(ByteOrder::Big),
    }
}

fn order_number(order: Option<ByteOrder>) -> i32 {
    match order {
        None => 0,
        Some(ByteOrder::Little) => -1,
        Some(ByteOrder::Big) => 1,
    }
}

#[cold]
fn escape_error(error: escape::BytesEscapeError) -> object::Raised {
    match error {
        escape::BytesEscapeError::InvalidHex(at) => raise!(ValueError, "invalid \\x escape at position {at}"),
        escape::BytesEscapeError::TrailingBackslash => raise!(ValueError, "Trailing \\ in string"),
        escape::BytesEscapeError::NoMemory => memory::no_memory(),
    }
}

fn warn_escape(invalid: Option<escape::InvalidEscape>) -> PyResult<()> {
    let Some(invalid) = invalid else { return Ok(()) };
    let message = match invalid.code {
        code if code > 0o377 => {
            format!("\"\\{code:o}\" is an invalid octal escape sequence. Such sequences will not work in the future. ")
        }
        code => {
            let shown = char::from_u32(code).unwrap_or('?');
            format!("\"\\{shown}\" is an invalid escape sequence. Such sequences will not work in the future. ")
        }
    };
    hooks::warn(&exc::DeprecationWarning, &message, 1)
}

/// A decoder whose table is any mapping from bytes to text, code points or None.
struct MappingDecoder<'a> {
    mapping: Borrowed<'a>,
    failed: Option<object::Raised>,
}

impl Decoder for MappingDecoder<'_> {
    fn decode(&mut self, input: &[u8], at: &mut usize, _last: bool, out: &mut unicode::TextBuf) -> Step {
        while let Some(byte) = input.get(*at) {
            match self.look_up(*byte) {
                Ok(Some(replacement)) => {
                    crate::str_::units(replacement.b()).codes().try_for_each(|code| out.push(code))?;
                    *at += 1;
                }
                Ok(None) => return Ok(Some(Malformed { start: *at, end: *at + 1, reason: "character maps to <undefined>" })),
                Err(raised) => {
                    self.failed = Some(raised);
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }
}

impl MappingDecoder<'_> {
    fn look_up(&self, byte: u8) -> PyResult<Option<Ref>> {
        let value = match self.mapping.getitem(int::new(i64::from(byte))?.b()) {
            Ok(value) => value,
            Err(raised) => {
                raised.clear_if(&exc::LookupError)?;
                return Ok(None);
            }
        };
        if value.is(&core::none()) {
            return Ok(None);
        }
        if int::check(value.b()) {
            return match int::to_i64(value.b()).and_then(|code| u32::try_from(code).ok()) {
                Some(charmap::UNDEFINED) => Ok(None),
                Some(code) if code <= 0x10_FFFF => text::from_ucs4(&[code]).map(Some),
                _ => Err(raise!(TypeError, "character mapping must be in range(0x110000)")),
            };
        }
        match text::data(value.b()) {
            Some(data) if data.len() == 1 && data.get(0) == Some(charmap::UNDEFINED) => Ok(None),
            Some(_) => Ok(Some(value)),
            None => Err(raise!(TypeError, "character mapping must return integer, None or str")),
        }
    }
}

/// An encoder whose table is any mapping from code points to bytes, numbers or None.
struct MappingEncoder<'a> {
    mapping: Borrowed<'a>,
    failed: Option<object::Raised>,
}

impl Encoder for MappingEncoder<'_> {
    fn encode(&mut self, string: unicode::Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        while let Some(code) = string.get(*at) {
            match self.look_up(code) {
                Ok(Some(replacement)) => {
                    out.try_reserve(replacement.len()).map_err(|_| unicode::NoMemory)?;
                    out.extend_from_slice(&replacement);
                    *at += 1;
                }
                Ok(None) => {
                    let start = *at;
                    let mut end = start + 1;
                    while let Some(code) = string.get(end) {
                        match self.look_up(code) {
                            Ok(None) => end += 1,
                            Ok(Some(_)) => break,
                            Err(raised) => {
                                self.failed = Some(raised);
                                return Ok(None);
                            }
                        }
                    }
                    return Ok(Some(Malformed { start, end, reason: "character maps to <undefined>" }));
                }
                Err(raised) => {
                    self.failed = Some(raised);
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }
}

impl MappingEncoder<'_> {
    fn look_up(&self, code: u32) -> PyResult<Option<Vec<u8>>> {
        if let Some(map) = self.mapping.downcast::<EncodingMap>() {
            return Ok(map.map.get(code).map(|byte| vec![byte]));
        }
        let value = match self.mapping.getitem(int::new(i64::from(code))?.b()) {
            Ok(value) => value,
            Err(raised) => {
                raised.clear_if(&exc::LookupError)?;
                return Ok(None);
            }
        };
        if value.is(&core::none()) {
            return Ok(None);
        }
        if int::check(value.b()) {
            return match int::to_i64(value.b()).and_then(|byte| u8::try_from(byte).ok()) {
                Some(byte) => Ok(Some(vec![byte])),
                None => Err(raise!(TypeError, "character mapping must be in range(256)")),
            };
        }
        match bytes::value(value.b()) {
            Some(content) => Ok(Some(content.to_vec())),
            None => {
                Err(raise!(TypeError, "character mapping must return integer, bytes or None, not {}", value.class().tp_name()))
            }
        }
    }
}

/// The way back of a decoding table.
#[macros::pyclass(name = "EncodingMap", flags(DISALLOW_INSTANTIATION), parts())]
pub struct EncodingMap {
    head: abi::PyObject,
    map: charmap::EncodingMap,
}

/// Decoders and encoders by name.
#[macros::pymodule(name = "_codecs")]
pub mod module {
    use super::*;
    use object::StaticType;

    /// Register a codec search function.
    ///
    /// Search functions are expected to take one argument, the encoding name in
    /// all lower case letters, and either return None, or a tuple of functions
    /// (encoder, decoder, stream_reader, stream_writer) (or a CodecInfo object).
    #[pyfunction("(search_function, /)")]
    fn register(search_function: Borrowed<'_>) -> PyResult<()> {
        super::super::registry::register(search_function)
    }

    /// Unregister a codec search function and clear the registry's cache.
    ///
    /// If the search function is not registered, do nothing.
    #[pyfunction("(search_function, /)")]
    fn unregister(search_function: Borrowed<'_>) {
        super::super::registry::unregister(search_function);
    }

    /// Looks up a codec tuple in the Python codec registry and returns a CodecInfo object.
    #[pyfunction("(encoding, /)")]
    fn lookup(encoding: String) -> PyResult<Ref> {
        super::super::lookup(&encoding)
    }

    /// Encodes obj using the codec registered for encoding.
    ///
    /// The default encoding is 'utf-8'.  errors may be given to set a
    /// different error handling scheme.  Default is 'strict' meaning that encoding
    /// errors raise a ValueError.  Other possible values are 'ignore', 'replace'
    /// and 'backslashreplace' as well as any other name registered with
    /// codecs.register_error that can handle ValueErrors.
    #[pyfunction("(obj, encoding='utf-8', errors='strict')")]
    fn encode(obj: Borrowed<'_>, encoding: Option<String>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        super::super::encode_any(obj, encoding.as_deref().unwrap_or("utf-8"), errors.map(|errors| errors.0), false)
    }

    /// Decodes obj using the codec registered for encoding.
    ///
    /// Default encoding is 'utf-8'.  errors may be given to set a
    /// different error handling scheme.  Default is 'strict' meaning that encoding
    /// errors raise a ValueError.  Other possible values are 'ignore', 'replace'
    /// and 'backslashreplace' as well as any other name registered with
    /// codecs.register_error that can handle ValueErrors.
    #[pyfunction("(obj, encoding='utf-8', errors='strict')")]
    fn decode(obj: Borrowed<'_>, encoding: Option<String>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        super::super::decode_any(obj, encoding.as_deref().unwrap_or("utf-8"), errors.map(|errors| errors.0), false)
    }

    /// Normalize an encoding name *encoding*.
    ///
    /// Used for encodings.normalize_encoding. Does not convert to lower case.
    #[pyfunction("(encoding)")]
    fn _normalize_encoding(encoding: String) -> String {
        let lower = super::super::registry::normalize(&encoding);
        // The same places, in the given case.
        let mut letters = encoding.chars().filter(|character| character.is_ascii_alphanumeric() || *character == '.');
        lower.chars().map(|character| if character == '_' { '_' } else { letters.next().unwrap_or(character) }).collect()
    }

    /// Register the specified error handler under the name errors.
    ///
    /// handler must be a callable object, that
    /// will be called with an exception instance containing
    /// information about the location of the encoding/decoding
    /// error and must return a (replacement, new position) tuple.
    #[pyfunction("(errors, handler, /)")]
    fn register_error(errors: String, handler: Borrowed<'_>) -> PyResult<()> {
        super::super::registry::register_error(&errors, handler)
    }

    /// Un-register the specified error handler for the error handling `errors'.
    ///
    /// Only custom error handlers can be un-registered. An exception is raised
    /// if the error handling is a built-in one (e.g., 'strict'), or if an error
    /// occurs.
    ///
    /// Otherwise, this returns True if a custom handler has been successfully
    /// un-registered, and False if no custom handler for the specified error
    /// handling exists.
    #[pyfunction("(errors, /)")]
    fn _unregister_error(errors: String) -> PyResult<bool> {
        super::super::registry::unregister_error(&errors)
    }

    /// lookup_error(errors) -> handler
    ///
    /// Return the error handler for the specified error handling name or raise a
    /// LookupError, if no handler exists under this name.
    #[pyfunction("(name, /)")]
    fn lookup_error(name: String) -> PyResult<Ref> {
        super::super::lookup_error(&name)
    }

    #[pyfunction("(data, errors=None, final=False, /)")]
    fn utf_8_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        decode_pair(&mut utf8::Utf8, "utf-8", data, errors, last)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn utf_8_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut utf8::Utf8, "utf-8", string, errors)
    }

    #[pyfunction("(data, errors=None, final=False, /)")]
    fn utf_7_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        decode_pair(&mut utf7::Utf7Decoder::default(), "utf7", data, errors, last)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn utf_7_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut utf7::Utf7Encoder::default(), "utf7", string, errors)
    }

    #[pyfunction("(data, errors=None, final=False, /)")]
    fn utf_16_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        decode_pair(&mut utf16::Utf16Decoder::new(None), "utf-16", data, errors, last)
    }

    #[pyfunction("(data, errors=None, final=False, /)")]
    fn utf_16_le_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        decode_pair(&mut utf16::Utf16Decoder::new(Some(ByteOrder::Little)), "utf-16-le", data, errors, last)
    }

    #[pyfunction("(data, errors=None, final=False, /)")]
    fn utf_16_be_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        decode_pair(&mut utf16::Utf16Decoder::new(Some(ByteOrder::Big)), "utf-16-be", data, errors, last)
    }

    #[pyfunction("(data, errors=None, byteorder=0, final=False, /)")]
    fn utf_16_ex_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, byteorder: i32, last: bool) -> PyResult<Ref> {
        let buffer = Buffer::readable(data)?;
        let mut decoder = utf16::Utf16Decoder::new(order_of(byteorder));
        let (value, consumed) = drive::decode(&mut decoder, "utf-16", Input::of(data, &buffer)?, &handler(errors)?, last)?;
        tuple::from_array([value, int::from_u64(consumed as u64)?, int::new(i64::from(order_number(decoder.order)))?])
    }

    #[pyfunction("(str, errors=None, byteorder=0, /)")]
    fn utf_16_encode(string: Str<'_>, errors: Option<Str<'_>>, byteorder: i32) -> PyResult<Ref> {
        encode_pair(&mut utf16::Utf16Encoder::new(order_of(byteorder)), "utf-16", string, errors)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn utf_16_le_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut utf16::Utf16Encoder::new(Some(ByteOrder::Little)), "utf-16-le", string, errors)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn utf_16_be_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut utf16::Utf16Encoder::new(Some(ByteOrder::Big)), "utf-16-be", string, errors)
    }

    #[pyfunction("(data, errors=None, final=False, /)")]
    fn utf_32_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        decode_pair(&mut utf32::Utf32Decoder::new(None), "utf-32", data, errors, last)
    }

    #[pyfunction("(data, errors=None, final=False, /)")]
    fn utf_32_le_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        decode_pair(&mut utf32::Utf32Decoder::new(Some(ByteOrder::Little)), "utf-32-le", data, errors, last)
    }

    #[pyfunction("(data, errors=None, final=False, /)")]
    fn utf_32_be_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        decode_pair(&mut utf32::Utf32Decoder::new(Some(ByteOrder::Big)), "utf-32-be", data, errors, last)
    }

    #[pyfunction("(data, errors=None, byteorder=0, final=False, /)")]
    fn utf_32_ex_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, byteorder: i32, last: bool) -> PyResult<Ref> {
        let buffer = Buffer::readable(data)?;
        let mut decoder = utf32::Utf32Decoder::new(order_of(byteorder));
        let (value, consumed) = drive::decode(&mut decoder, "utf-32", Input::of(data, &buffer)?, &handler(errors)?, last)?;
        tuple::from_array([value, int::from_u64(consumed as u64)?, int::new(i64::from(order_number(decoder.order)))?])
    }

    #[pyfunction("(str, errors=None, byteorder=0, /)")]
    fn utf_32_encode(string: Str<'_>, errors: Option<Str<'_>>, byteorder: i32) -> PyResult<Ref> {
        encode_pair(&mut utf32::Utf32Encoder::new(order_of(byteorder)), "utf-32", string, errors)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn utf_32_le_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut utf32::Utf32Encoder::new(Some(ByteOrder::Little)), "utf-32-le", string, errors)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn utf_32_be_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut utf32::Utf32Encoder::new(Some(ByteOrder::Big)), "utf-32-be", string, errors)
    }

    #[pyfunction("(data, errors=None, /)")]
    fn latin_1_decode(data: Borrowed<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        decode_pair(&mut single::Latin1, "latin-1", data, errors, true)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn latin_1_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut single::Latin1, "latin-1", string, errors)
    }

    #[pyfunction("(data, errors=None, /)")]
    fn ascii_decode(data: Borrowed<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        decode_pair(&mut single::Ascii, "ascii", data, errors, true)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn ascii_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut single::Ascii, "ascii", string, errors)
    }

    #[pyfunction("(data, errors=None, final=True, /)")]
    fn unicode_escape_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        let input = str_or_buffer(data)?;
        let mut decoder = escape::UnicodeEscapeDecoder::default();
        let (value, consumed) = drive::decode(&mut decoder, "unicodeescape", Input::Copy(input), &handler(errors)?, last)?;
        warn_escape(decoder.first_invalid)?;
        pair(value, consumed)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn unicode_escape_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut escape::UnicodeEscapeEncoder, "unicodeescape", string, errors)
    }

    #[pyfunction("(data, errors=None, final=True, /)")]
    fn raw_unicode_escape_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, last: bool) -> PyResult<Ref> {
        let input = str_or_buffer(data)?;
        let mut decoder = escape::RawUnicodeEscapeDecoder;
        let (value, consumed) = drive::decode(&mut decoder, "rawunicodeescape", Input::Copy(input), &handler(errors)?, last)?;
        pair(value, consumed)
    }

    #[pyfunction("(str, errors=None, /)")]
    fn raw_unicode_escape_encode(string: Str<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        encode_pair(&mut escape::RawUnicodeEscapeEncoder, "rawunicodeescape", string, errors)
    }

    #[pyfunction("(data, errors=None, /)")]
    fn escape_decode(data: Borrowed<'_>, errors: Option<Str<'_>>) -> PyResult<Ref> {
        let input = str_or_buffer(data)?;
        let errors = errors.map_or_else(|| "strict".to_owned(), |errors| text::to_string_lossy(errors.0));
        let mut content = Vec::new();
        let mut add = |part: &[u8]| -> PyResult<()> {
            memory::reserve(&mut content, part.len())?;
            content.extend_from_slice(part);
            Ok(())
        };
        let (mut start, mut first_invalid) = (0, None);
        loop {
            let rest = input.get(start..).unwrap_or_default();
            let (part, at) = match escape::decode_bytes(rest) {
                Ok(part) => (part, None),
                Err(escape::BytesEscapeError::InvalidHex(at)) if errors != "strict" => {
                    // What stands before it is well formed.
                    let before = escape::decode_bytes(rest.get(..at).unwrap_or_default());
                    (before.map_err(escape_error)?, Some(at))
                }
                Err(error) => return Err(escape_error(error)),
            };
            add(&part.0)?;
            first_invalid = first_invalid.or(part.1);
            let Some(at) = at else { break };
            match errors.as_str() {
                "replace" => add(b"?")?,
                "ignore" => {}
                other => return Err(raise!(ValueError, "decoding error; unknown error handling code: {other}")),
            }
            // The backslash, the x and a digit where one follows.
            let digit = rest.get(at + 2).is_some_and(u8::is_ascii_hexdigit);
            start += at + 2 + usize::from(digit);
        }
        warn_escape(first_invalid)?;
        pair(bytes::new(&content)?, input.len())
    }

    #[pyfunction("(data, errors=None, /)")]
    fn escape_encode(data: Borrowed<'_>, _errors: Option<Str<'_>>) -> PyResult<Ref> {
        let Some(content) = bytes::value(data) else {
            return Err(raise!(TypeError, "escape_encode() argument 1 must be bytes, not {}", data.class().tp_name()));
        };
        let mut out = memory::vec_with_capacity(content.len())?;
        for byte in content {
            match byte {
                b'\'' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
                b'\t' => out.extend_from_slice(b"\\t"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b' '..=b'~' => out.push(*byte),
                _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
            }
        }
        pair(bytes::new(&out)?, content.len())
    }

    #[pyfunction("(data, errors=None, mapping=None, /)")]
    fn charmap_decode(data: Borrowed<'_>, errors: Option<Str<'_>>, mapping: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match mapping.filter(|mapping| !mapping.is(&core::none())) {
            None => decode_pair(&mut single::Latin1, "latin-1", data, errors, true),
            Some(table) if text::check_exact(&table) => {
                decode_pair(&mut charmap::Table(crate::str_::units(table)), "charmap", data, errors, true)
            }
            Some(mapping) => {
                let mut decoder = MappingDecoder { mapping, failed: None };
                let result = decode_pair(&mut decoder, "charmap", data, errors, true);
                decoder.failed.map_or(result, Err)
            }
        }
    }

    #[pyfunction("(str, errors=None, mapping=None, /)")]
    fn charmap_encode(string: Str<'_>, errors: Option<Str<'_>>, mapping: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match mapping.filter(|mapping| !mapping.is(&core::none())) {
            None => encode_pair(&mut single::Latin1, "latin-1", string, errors),
            Some(mapping) => {
                let mut encoder = MappingEncoder { mapping, failed: None };
                let result = encode_pair(&mut encoder, "charmap", string, errors);
                encoder.failed.map_or(result, Err)
            }
        }
    }

    #[pyfunction("(map, /)")]
    fn charmap_build(map: Str<'_>) -> PyResult<Ref> {
        let units = crate::str_::units(map.0);
        if !charmap::EncodingMap::is_for(units) {
            let dict = dicts::new()?;
            for (byte, code) in (0..=u8::MAX).zip(units.codes()) {
                dicts::set(dict.b(), int::new(i64::from(code))?.b(), int::new(i64::from(byte))?.b())?;
            }
            return Ok(dict);
        }
        let map = charmap::EncodingMap::new(crate::str_::units(map.0)).map_err(|_| memory::no_memory())?;
        let object = EncodingMap { head: <abi::PyObject as abi::CStruct>::ZERO, map };
        memory::new_instance(EncodingMap::type_object(), object).map(Ref::upcast)
    }

    #[pyfunction("(data, errors=None, /)")]
    fn readbuffer_encode(data: Borrowed<'_>, _errors: Option<Str<'_>>) -> PyResult<Ref> {
        let content = str_or_buffer(data)?;
        pair(bytes::new(&content)?, content.len())
    }
}
