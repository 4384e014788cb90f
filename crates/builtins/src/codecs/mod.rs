//! Encoding and decoding: the codec registry, the error handlers, and the module `_codecs` (CPython's `codecs.c`, `_codecsmodule.c`).

pub mod drive;
pub mod handlers;
pub mod module;
pub mod registry;

pub use registry::{lookup, lookup_error};

use handlers::Handler;
use object::protocol::buffer::Buffer;
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, raise};
use std::borrow::Cow;
use unicode::codecs::{single, utf8};

/// The codecs that need no registry.
#[derive(Clone, Copy, PartialEq)]
enum Shortcut {
    Utf8,
    Latin1,
    Ascii,
}

/// The shortcut of an encoding name, spelt in any of the usual ways.
fn shortcut(name: Option<&str>) -> Option<Shortcut> {
    match name {
        None | Some("utf-8" | "utf8" | "UTF-8") => return Some(Shortcut::Utf8),
        Some("latin-1" | "latin1" | "iso-8859-1") => return Some(Shortcut::Latin1),
        Some("ascii") => return Some(Shortcut::Ascii),
        Some(_) => {}
    }
    let name = name.unwrap_or_default();
    match registry::normalize(name).as_str() {
        "utf_8" | "utf8" => Some(Shortcut::Utf8),
        "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" => Some(Shortcut::Latin1),
        "ascii" | "us_ascii" => Some(Shortcut::Ascii),
        _ => None,
    }
}

fn name_of<'a>(name: Option<Borrowed<'a>>) -> Option<Cow<'a, str>> {
    name.map(|name| text::as_ascii(name).map_or_else(|| Cow::Owned(text::to_string_lossy(name)), Cow::Borrowed))
}

/// The text of bytes, where there is nothing to complain of; none leaves it to the codec.
fn decode_clean(content: &[u8], shortcut: Shortcut) -> Option<PyResult<Ref>> {
    match shortcut {
        _ if content.is_ascii() => Some(text::from_ascii(content)),
        Shortcut::Latin1 => Some(text::from_latin1(content)),
        Shortcut::Utf8 => std::str::from_utf8(content).ok().map(text::new),
        Shortcut::Ascii => None,
    }
}

/// The bytes of a str that stand in it as they are.
fn encode_clean(string: Borrowed<'_>, shortcut: Shortcut) -> Option<PyResult<Ref>> {
    match (shortcut, text::data(string)?) {
        (Shortcut::Latin1, text::Data::Latin1(data)) => Some(bytes::new(data)),
        (_, text::Data::Latin1(data)) if text::bound(string) == 0x7F => Some(bytes::new(data)),
        (Shortcut::Utf8, data) => {
            // Surrogates are left to the codec.
            let (mut len, mut clean) = (0_usize, true);
            match data {
                text::Data::Latin1(codes) => len = codes.len() + codes.iter().filter(|code| **code >= 0x80).count(),
                text::Data::Ucs2(codes) => {
                    for code in codes {
                        len += 1 + usize::from(*code >= 0x80) + usize::from(*code >= 0x800);
                        clean &= !(0xD800..0xE000).contains(code);
                    }
                }
                text::Data::Ucs4(codes) => {
                    for code in codes {
                        let lead = char::from_u32(*code)?;
                        len = len.checked_add(lead.len_utf8())?;
                    }
                }
            }
            clean.then(|| {
                bytes::new_with(len, |target| {
                    let mut rest = target;
                    let mut push = |code: u32| {
                        let mut buffer = [0; 4];
                        let shown = char::from_u32(code).unwrap_or_default().encode_utf8(&mut buffer).as_bytes();
                        if let Some((place, behind)) = std::mem::take(&mut rest).split_at_mut_checked(shown.len()) {
                            place.copy_from_slice(shown);
                            rest = behind;
                        }
                    };
                    match data {
                        text::Data::Latin1(codes) => codes.iter().for_each(|code| push((*code).into())),
                        text::Data::Ucs2(codes) => codes.iter().for_each(|code| push((*code).into())),
                        text::Data::Ucs4(codes) => codes.iter().for_each(|code| push(*code)),
                    }
                })
            })
        }
        _ => None,
    }
}

/// `-X dev`: names of encodings and of error handlers are looked up even where nothing needs them.
fn check_names(encoding: Option<&str>, errors: Option<Borrowed<'_>>) -> PyResult<()> {
    if !crate::support::dev_mode() {
        return Ok(());
    }
    if let Some(encoding) = encoding.filter(|encoding| *encoding != "utf-8") {
        registry::lookup(encoding)?;
    }
    match errors.map(text::to_string_lossy) {
        Some(errors) if errors != "strict" => registry::lookup_error(&errors).map(drop),
        _ => Ok(()),
    }
}

/// `str(object, encoding, errors)`: the text of a buffer.
pub fn decode(object: Borrowed<'_>, encoding: Option<Borrowed<'_>>, errors: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let name = name_of(encoding);
    check_names(name.as_deref(), errors)?;
    if let Some(shortcut) = shortcut(name.as_deref()) {
        if errors.is_none()
            && let Some(content) = bytes::exact_value(object)
            && let Some(result) = decode_clean(content, shortcut)
        {
            return result;
        }
        let buffer = Buffer::readable(object)?;
        let handler = Handler::named(errors)?;
        let input = drive::Input::of(object, &buffer)?;
        return match shortcut {
            Shortcut::Utf8 => drive::decode(&mut utf8::Utf8, "utf-8", input, &handler, true),
            Shortcut::Latin1 => drive::decode(&mut single::Latin1, "latin-1", input, &handler, true),
            Shortcut::Ascii => drive::decode(&mut single::Ascii, "ascii", input, &handler, true),
        }
        .map(|(result, _)| result);
    }
    let result = decode_any(object, name.as_deref().unwrap_or("utf-8"), errors, true)?;
    if text::check(result.b()) {
        return Ok(result);
    }
    Err(raise!(
        TypeError,
        "'{}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to arbitrary types",
        name.unwrap_or_default(),
        result.class().tp_name()
    ))
}

/// `string.encode(encoding, errors)`.
pub fn encode(string: Borrowed<'_>, encoding: Option<Borrowed<'_>>, errors: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let name = name_of(encoding);
    check_names(name.as_deref(), errors)?;
    if let Some(shortcut) = shortcut(name.as_deref()) {
        if errors.is_none()
            && let Some(result) = encode_clean(string, shortcut)
        {
            return result;
        }
        let handler = Handler::named(errors)?;
        return match shortcut {
            Shortcut::Utf8 => drive::encode(&mut utf8::Utf8, "utf-8", string, &handler),
            Shortcut::Latin1 => drive::encode(&mut single::Latin1, "latin-1", string, &handler),
            Shortcut::Ascii => drive::encode(&mut single::Ascii, "ascii", string, &handler),
        };
    }
    let result = encode_any(string, name.as_deref().unwrap_or("utf-8"), errors, true)?;
    if bytes::value(result.b()).is_some() {
        return Ok(result);
    }
    if result.class().is_subtype(&core::BYTEARRAY) {
        object::hooks::warn(
            &object::exc::RuntimeWarning,
            &format!(
                "encoder {} returned bytearray instead of bytes; use codecs.encode() to encode to arbitrary types",
                name.unwrap_or_default()
            ),
            1,
        )?;
        return bytes::new(Buffer::readable(result.b())?.bytes());
    }
    Err(raise!(
        TypeError,
        "'{}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
        name.unwrap_or_default(),
        result.class().tp_name()
    ))
}

/// Calls one function of a codec, and takes the first of the pair that it returns. `text_only` refuses codecs that do not convert between
/// text and bytes.
fn call_codec(
    object: Borrowed<'_>,
    encoding: &str,
    errors: Option<Borrowed<'_>>,
    index: usize,
    kind: &str,
    text_only: bool,
) -> PyResult<Ref> {
    let codec = lookup(encoding)?;
    if text_only
        && !codec.class().is_type(&core::TUPLE)
        && let Some(is_text) = codec.getattr_opt(object::id!("_is_text_encoding"))?
        && !is_text.is_true()?
    {
        let other = if kind == "encoder" { "codecs.encode()" } else { "codecs.decode()" };
        return Err(raise!(LookupError, "'{encoding}' is not a text encoding; use {other} to handle arbitrary codecs"));
    }
    let Some(function) = tuple::items(codec.b()).and_then(|items| items.get(index).copied()) else {
        return Err(object::error::bad_internal_call());
    };
    let operation = if kind == "encoder" { "encoding" } else { "decoding" };
    let result = match errors {
        Some(errors) => function.call(&[object, errors]),
        None => function.call1(object),
    };
    let result = match result {
        Ok(result) => result,
        Err(raised) => return Err(note_codec(raised, operation, encoding)),
    };
    match tuple::items(result.b()) {
        Some([value, _]) => Ok(value.to_ref()),
        _ => Err(raise!(TypeError, "{kind} must return a tuple (object, integer)")),
    }
}

/// Adds a note that names the codec to an exception that passes through.
fn note_codec(raised: object::Raised, operation: &str, encoding: &str) -> object::Raised {
    let exception = raised.take();
    let note = text::new(&format!("{operation} with '{encoding}' codec failed"));
    match note.and_then(|note| exception.call_method(object::id!("add_note"), &[note.b()])) {
        Ok(_) => object::error::restore(exception),
        Err(raised) => {
            raised.clear();
            object::error::restore(exception)
        }
    }
}

/// `codecs.encode(object, encoding, errors)`.
pub fn encode_any(object: Borrowed<'_>, encoding: &str, errors: Option<Borrowed<'_>>, text_only: bool) -> PyResult<Ref> {
    call_codec(object, encoding, errors, 0, "encoder", text_only)
}

/// `codecs.decode(object, encoding, errors)`.
pub fn decode_any(object: Borrowed<'_>, encoding: &str, errors: Option<Borrowed<'_>>, text_only: bool) -> PyResult<Ref> {
    call_codec(object, encoding, errors, 1, "decoder", text_only)
}
