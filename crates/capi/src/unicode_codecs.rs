//! `unicodeobject.h`, second part, and `codecs.h`: strs and bytes.

use crate::form::{Out, capi};
use crate::support::{intern, raw_bytes};
use crate::unicodeobject::expect;
use abi::{PyObject, c_char};
use builtins::codecs;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, error, memory, raise};
use std::ffi::CStr;

/// The str of bytes in an encoding.
pub(crate) fn decode(content: &[u8], encoding: &str, errors: Option<&CStr>) -> PyResult<Ref> {
    let object = bytes::new(content)?;
    let encoding = text::new(encoding)?;
    let errors = name(errors)?;
    codecs::decode(object.b(), Some(encoding.b()), errors.as_ref().map(Ref::b))
}

/// The bytes of a str in an encoding.
pub(crate) fn encode(string: Borrowed<'_>, encoding: &str, errors: Option<&CStr>) -> PyResult<Ref> {
    expect(string)?;
    let encoding = text::new(encoding)?;
    let errors = name(errors)?;
    codecs::encode(string, Some(encoding.b()), errors.as_ref().map(Ref::b))
}

/// `Py_EncodeLocale`: the bytes in a block of `PyMem_Malloc`; NULL, without an exception, where a character has none (the place tells which; the greatest
/// number that there is no memory).
fn encode_locale(wide: *const u32, position: Option<Out<'_, usize>>) -> *mut c_char {
    let failed = |at: usize| {
        if let Some(position) = position {
            position.set(at);
        }
        std::ptr::null_mut()
    };
    // SAFETY: C passes a text that ends with 0.
    let codes = unsafe {
        let len = (0..).take_while(|index| wide.add(*index).read() != 0).count();
        std::slice::from_raw_parts(wide, len)
    };
    let mut content = Vec::new();
    for (at, code) in codes.iter().enumerate() {
        if content.try_reserve(8).is_err() {
            return failed(usize::MAX);
        }
        match (char::from_u32(*code), u8::try_from(code.wrapping_sub(0xDC00))) {
            (Some(character), _) => content.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            // A byte that could not be decoded.
            (None, Ok(byte @ 0x80..)) => content.push(byte),
            (None, _) => return failed(at),
        }
    }
    content.push(0);
    let Some(block) = memory::try_alloc(content.len()) else { return failed(usize::MAX) };
    // SAFETY: the block has that much room.
    unsafe { block.as_ptr().copy_from_nonoverlapping(content.as_ptr(), content.len()) };
    block.as_ptr().cast()
}

/// `PyUnicode_Translate`: what the mapping does not have stays, what it maps to None goes to the error handler, which `str.translate` never asks.
fn translate(string: Borrowed<'_>, mapping: Borrowed<'_>, errors: Option<&CStr>) -> PyResult<Ref> {
    let data = expect(string)?;
    let lookup = |at: usize| -> PyResult<Option<Ref>> {
        match mapping.getitem(int::new(i64::from(data.get(at).unwrap_or(0)))?.b()) {
            Ok(found) => Ok(Some(found)),
            Err(raised) => raised.clear_if(&object::exc::LookupError).map(|()| None),
        }
    };
    let mut out = text::Builder::new();
    let mut at = 0;
    while at < data.len() {
        let Some(found) = lookup(at)? else {
            out.push(data.get(at).unwrap_or(0))?;
            at += 1;
            continue;
        };
        if found.is(&core::none()) {
            let mut end = at + 1;
            while end < data.len() && lookup(end)?.is_some_and(|found| found.is(&core::none())) {
                end += 1;
            }
            at = unmapped(string, at, end, data.len(), errors, &mut out)?;
            continue;
        }
        if text::check(found.b()) {
            out.push_object(found.b())?;
        } else if int::check(found.b()) {
            let code = int::to_i64(found.b()).and_then(|code| u32::try_from(code).ok()).filter(|code| *code <= 0x10_FFFF);
            let Some(code) = code else { return Err(raise!(ValueError, "character mapping must be in range(0x110000)")) };
            out.push(code)?;
        } else {
            return Err(raise!(TypeError, "character mapping must return integer, None or str"));
        }
        at += 1;
    }
    out.finish()
}

/// What the error handler makes of a part that is mapped to None: adds its replacement, and tells where to go on.
fn unmapped(
    string: Borrowed<'_>,
    start: usize,
    end: usize,
    len: usize,
    errors: Option<&CStr>,
    out: &mut text::Builder,
) -> PyResult<usize> {
    let handler = codecs::lookup_error(&errors.map_or("strict".into(), CStr::to_string_lossy))?;
    let (from, to) = (int::from_u64(start as u64)?, int::from_u64(end as u64)?);
    let reason = text::new("character maps to <undefined>")?;
    let exception = object::exc::UnicodeTranslateError.borrowed().call(&[string, from.b(), to.b(), reason.b()])?;
    let answer = handler.call1(exception.b())?;
    let wrong = || raise!(TypeError, "translating error handler must return (str, int) tuple");
    let Some([replacement, position]) = tuple::items(answer.b()) else { return Err(wrong()) };
    if !text::check(*replacement) || !int::check(*position) {
        return Err(wrong());
    }
    out.push_object(*replacement)?;
    let position = position.as_isize_clamped()?;
    let position = if position < 0 { position.saturating_add_unsigned(len) } else { position };
    usize::try_from(position)
        .ok()
        .filter(|position| *position <= len)
        .ok_or_else(|| raise!(IndexError, "position {position} from error handler out of bounds"))
}

/// The mapping of a charmap codec: NULL is Latin-1, but None is looked into like any object, as soon as there is something to map.
fn subscriptable(mapping: Option<Borrowed<'_>>, is_empty: bool) -> PyResult<()> {
    match mapping {
        Some(mapping) if mapping.is(&core::none()) && !is_empty => mapping.getitem(int::new(0)?.b()).map(drop),
        _ => Ok(()),
    }
}

/// What C's `PyErr_BadArgument` sets.
#[cold]
fn bad_argument() -> object::Raised {
    raise!(TypeError, "bad argument type for built-in operation")
}

/// The name of an encoding or of a handler.
fn name(name: Option<&CStr>) -> PyResult<Option<Ref>> {
    name.map(|name| text::new(&name.to_string_lossy())).transpose()
}

fn name_or_none(given: Option<&CStr>) -> PyResult<Ref> {
    Ok(name(given)?.unwrap_or_else(core::none_ref))
}

/// A function of the module `_codecs`.
fn native(function: &str, args: &[Borrowed<'_>]) -> PyResult<Ref> {
    vm::import::import_module("_codecs")?.call_method(intern(function).b(), args)
}

/// Item `index` of a tuple that a codec returned.
fn part(result: &Ref, index: usize) -> PyResult<Ref> {
    match tuple::items(result.b()).and_then(|items| items.get(index)) {
        Some(item) => Ok(item.to_ref()),
        None => Err(error::bad_internal_call()),
    }
}

/// Decodes with a stateful function of `_codecs`; `consumed` says whether an incomplete end may be left over.
pub(crate) fn stateful(function: &str, content: &[u8], errors: Option<&CStr>, consumed: Option<Out<'_, isize>>) -> PyResult<Ref> {
    let object = bytes::new(content)?;
    let errors = name_or_none(errors)?;
    let last = core::boolean(consumed.is_none());
    let result = native(function, &[object.b(), errors.b(), last])?;
    if let Some(consumed) = consumed {
        consumed.set(part(&result, 1)?.as_isize()?);
    }
    part(&result, 0)
}

/// As [`stateful`], for encodings with a byte order, which goes in and out.
fn ordered(
    function: &str,
    content: &[u8],
    errors: Option<&CStr>,
    order: Option<Out<'_, i32>>,
    consumed: Option<Out<'_, isize>>,
) -> PyResult<Ref> {
    let object = bytes::new(content)?;
    let errors = name_or_none(errors)?;
    let given = int::new(order.as_ref().map_or(0, |order| i64::from(order.get())))?;
    let last = core::boolean(consumed.is_none());
    let result = native(function, &[object.b(), errors.b(), given.b(), last])?;
    if let Some(consumed) = consumed {
        consumed.set(part(&result, 1)?.as_isize()?);
    }
    if let Some(order) = order {
        order.set(i32::try_from(part(&result, 2)?.as_i64()?).unwrap_or(0));
    }
    part(&result, 0)
}

/// The first part of what an encoding function of `_codecs` returns.
fn encode_native(function: &str, string: Borrowed<'_>) -> PyResult<Ref> {
    if !text::check(string) {
        return Err(raise!(TypeError, "bad argument type for built-in operation"));
    }
    part(&native(function, &[string])?, 0)
}

/// The file system's encoding with its error handler.
pub(crate) fn fs_decode(content: &[u8]) -> PyResult<Ref> {
    decode(content, "utf-8", Some(c"surrogateescape"))
}

/// Bytes of a path.
pub(crate) fn fs_encode(string: Borrowed<'_>) -> PyResult<Ref> {
    encode(string, "utf-8", Some(c"surrogateescape"))
}

/// A block of C's wide characters with a 0 behind them; also how many there are before.
fn wide(string: Borrowed<'_>) -> PyResult<(*mut u32, isize)> {
    let data = expect(string)?;
    let block = memory::or_no_memory(memory::try_alloc((data.len() + 1) * 4))?.cast::<u32>().as_ptr();
    for (index, code) in data.iter().chain(std::iter::once(0)).enumerate() {
        // SAFETY: the block has that much room.
        unsafe { block.add(index).write(code) };
    }
    Ok((block, data.len().cast_signed()))
}

fn locale_errors(errors: Option<&CStr>) -> PyResult<()> {
    match errors.map(CStr::to_bytes) {
        None | Some(b"strict" | b"surrogateescape" | b"surrogatepass") => Ok(()),
        Some(_) => Err(raise!(ValueError, "unsupported error handler")),
    }
}

capi! {
    fn PyUnicode_Decode(content: *const u8, size: isize, encoding: Option<&CStr>, errors: Option<&CStr>) -> PyResult<Ref> {
        if size == 0 {
            return Ok(text::empty());
        }
        let encoding = encoding.map_or_else(|| "utf-8".into(), CStr::to_string_lossy);
        // SAFETY: C passes that many bytes.
        decode(unsafe { raw_bytes(content, size) }, &encoding, errors)
    }

    fn PyUnicode_FromEncodedObject(object: Borrowed<'_>, encoding: Option<&CStr>, errors: Option<&CStr>) -> PyResult<Ref> {
        if text::check(object) {
            return Err(raise!(TypeError, "decoding str is not supported"));
        }
        if !object.has_buffer() {
            let name = object.class().tp_name();
            return Err(raise!(TypeError, "decoding to str: need a bytes-like object, {name} found"));
        }
        let (encoding, errors) = (name(encoding)?, name(errors)?);
        codecs::decode(object, encoding.as_ref().map(Ref::b), errors.as_ref().map(Ref::b))
    }

    fn PyUnicode_AsEncodedString(string: Borrowed<'_>, encoding: Option<&CStr>, errors: Option<&CStr>) -> PyResult<Ref> {
        let encoding = encoding.map_or_else(|| "utf-8".into(), CStr::to_string_lossy);
        encode(string, &encoding, errors)
    }

    fn PyUnicode_AsEncodedObject(string: Borrowed<'_>, encoding: Option<&CStr>, errors: Option<&CStr>) -> PyResult<Ref> {
        expect(string)?;
        let errors = name(errors)?;
        codecs::encode_any(string, &encoding.map_or_else(|| "utf-8".into(), CStr::to_string_lossy), errors.as_ref().map(Ref::b), false)
    }

    fn PyUnicode_AsEncodedUnicode(string: Borrowed<'_>, encoding: Option<&CStr>, errors: Option<&CStr>) -> PyResult<Ref> {
        expect(string)?;
        let errors = name(errors)?;
        let encoding = encoding.map_or_else(|| "utf-8".into(), CStr::to_string_lossy);
        let encoded = codecs::encode_any(string, &encoding, errors.as_ref().map(Ref::b), false)?;
        if text::check(encoded.b()) {
            return Ok(encoded);
        }
        let found = encoded.class().tp_name();
        let advice = "use codecs.encode() to encode to arbitrary types";
        Err(raise!(TypeError, "'{encoding}' encoder returned '{found}' instead of 'str'; {advice}"))
    }

    fn PyUnicode_AsDecodedObject(string: Borrowed<'_>, encoding: Option<&CStr>, errors: Option<&CStr>) -> PyResult<Ref> {
        expect(string)?;
        let errors = name(errors)?;
        codecs::decode_any(string, &encoding.map_or_else(|| "utf-8".into(), CStr::to_string_lossy), errors.as_ref().map(Ref::b), false)
    }

    fn PyUnicode_AsDecodedUnicode(string: Borrowed<'_>, encoding: Option<&CStr>, errors: Option<&CStr>) -> PyResult<Ref> {
        expect(string)?;
        let errors = name(errors)?;
        codecs::decode_any(string, &encoding.map_or_else(|| "utf-8".into(), CStr::to_string_lossy), errors.as_ref().map(Ref::b), false)
    }

    fn PyUnicode_DecodeUTF8(content: *const u8, size: isize, errors: Option<&CStr>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        let content = unsafe { raw_bytes(content, size) };
        match std::str::from_utf8(content) {
            Ok(string) => text::new(string),
            Err(_) => decode(content, "utf-8", errors),
        }
    }

    fn PyUnicode_DecodeUTF8Stateful(content: *const u8, size: isize, errors: Option<&CStr>, consumed: Option<Out<'_, isize>>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        stateful("utf_8_decode", unsafe { raw_bytes(content, size) }, errors, consumed)
    }

    fn PyUnicode_DecodeUTF7(content: *const u8, size: isize, errors: Option<&CStr>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        stateful("utf_7_decode", unsafe { raw_bytes(content, size) }, errors, None)
    }

    fn PyUnicode_DecodeUTF7Stateful(content: *const u8, size: isize, errors: Option<&CStr>, consumed: Option<Out<'_, isize>>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        stateful("utf_7_decode", unsafe { raw_bytes(content, size) }, errors, consumed)
    }

    fn PyUnicode_DecodeUTF16(content: *const u8, size: isize, errors: Option<&CStr>, order: Option<Out<'_, i32>>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        ordered("utf_16_ex_decode", unsafe { raw_bytes(content, size) }, errors, order, None)
    }

    fn PyUnicode_DecodeUTF16Stateful(content: *const u8, size: isize, errors: Option<&CStr>, order: Option<Out<'_, i32>>, consumed: Option<Out<'_, isize>>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        ordered("utf_16_ex_decode", unsafe { raw_bytes(content, size) }, errors, order, consumed)
    }

    fn PyUnicode_DecodeUTF32(content: *const u8, size: isize, errors: Option<&CStr>, order: Option<Out<'_, i32>>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        ordered("utf_32_ex_decode", unsafe { raw_bytes(content, size) }, errors, order, None)
    }

    fn PyUnicode_DecodeUTF32Stateful(content: *const u8, size: isize, errors: Option<&CStr>, order: Option<Out<'_, i32>>, consumed: Option<Out<'_, isize>>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        ordered("utf_32_ex_decode", unsafe { raw_bytes(content, size) }, errors, order, consumed)
    }

    fn PyUnicode_DecodeLatin1(content: *const u8, size: isize, _errors: Option<&CStr>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        text::from_latin1(unsafe { raw_bytes(content, size) })
    }

    fn PyUnicode_DecodeASCII(content: *const u8, size: isize, errors: Option<&CStr>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        decode(unsafe { raw_bytes(content, size) }, "ascii", errors)
    }

    fn PyUnicode_DecodeUnicodeEscape(content: *const u8, size: isize, errors: Option<&CStr>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        stateful("unicode_escape_decode", unsafe { raw_bytes(content, size) }, errors, None)
    }

    fn PyUnicode_DecodeRawUnicodeEscape(content: *const u8, size: isize, errors: Option<&CStr>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        stateful("raw_unicode_escape_decode", unsafe { raw_bytes(content, size) }, errors, None)
    }

    fn PyUnicode_DecodeCharmap(content: *const u8, size: isize, mapping: Option<Borrowed<'_>>, errors: Option<&CStr>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        let object = bytes::new(unsafe { raw_bytes(content, size) })?;
        subscriptable(mapping, size <= 0)?;
        let errors = name_or_none(errors)?;
        part(&native("charmap_decode", &[object.b(), errors.b(), mapping.unwrap_or(core::none())])?, 0)
    }

    fn PyUnicode_AsUTF8String(string: Borrowed<'_>) -> PyResult<Ref> {
        if let Some(ascii) = text::as_ascii(string) {
            return object::value::bytes::new(ascii.as_bytes());
        }
        encode(string, "utf-8", None)
    }

    fn PyUnicode_AsLatin1String(string: Borrowed<'_>) -> PyResult<Ref> {
        encode(string, "latin-1", None)
    }

    fn PyUnicode_AsASCIIString(string: Borrowed<'_>) -> PyResult<Ref> {
        encode(string, "ascii", None)
    }

    fn PyUnicode_AsUTF16String(string: Borrowed<'_>) -> PyResult<Ref> {
        encode_native("utf_16_encode", string)
    }

    fn PyUnicode_AsUTF32String(string: Borrowed<'_>) -> PyResult<Ref> {
        encode_native("utf_32_encode", string)
    }

    fn PyUnicode_AsUnicodeEscapeString(string: Borrowed<'_>) -> PyResult<Ref> {
        encode_native("unicode_escape_encode", string)
    }

    fn PyUnicode_AsRawUnicodeEscapeString(string: Borrowed<'_>) -> PyResult<Ref> {
        encode_native("raw_unicode_escape_encode", string)
    }

    fn PyUnicode_AsCharmapString(string: Borrowed<'_>, mapping: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let mapping = mapping.ok_or_else(bad_argument)?;
        subscriptable(Some(mapping), expect(string)?.is_empty())?;
        let strict = text::new("strict")?;
        part(&native("charmap_encode", &[string, strict.b(), mapping])?, 0)
    }

    fn PyUnicode_BuildEncodingMap(map: Borrowed<'_>) -> PyResult<Ref> {
        if !text::check(map) {
            return Err(bad_argument());
        }
        native("charmap_build", &[map])
    }

    fn PyUnicode_Translate(string: Borrowed<'_>, mapping: Option<Borrowed<'_>>, errors: Option<&CStr>) -> PyResult<Ref> {
        crate::unicodeobject::must_be_str(string)?;
        translate(string, mapping.ok_or_else(bad_argument)?, errors)
    }

    fn PyUnicode_DecodeFSDefault(content: &CStr) -> PyResult<Ref> {
        fs_decode(content.to_bytes())
    }

    fn PyUnicode_DecodeFSDefaultAndSize(content: *const u8, size: isize) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        fs_decode(unsafe { raw_bytes(content, size) })
    }

    fn PyUnicode_EncodeFSDefault(string: Borrowed<'_>) -> PyResult<Ref> {
        fs_encode(string)
    }

    fn PyUnicode_DecodeLocale(content: &CStr, errors: Option<&CStr>) -> PyResult<Ref> {
        locale_errors(errors)?;
        decode(content.to_bytes(), "utf-8", errors)
    }

    fn PyUnicode_DecodeLocaleAndSize(content: *const u8, size: isize, errors: Option<&CStr>) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes, and one behind them that is zero.
        let (content, end) = unsafe { (raw_bytes(content, size), content.offset(size.max(0)).read()) };
        if content.contains(&0) || end != 0 {
            return Err(raise!(ValueError, "embedded null byte"));
        }
        locale_errors(errors)?;
        decode(content, "utf-8", errors)
    }

    fn PyUnicode_EncodeLocale(string: Borrowed<'_>, errors: Option<&CStr>) -> PyResult<Ref> {
        locale_errors(errors)?;
        if expect(string)?.iter().any(|code| code == 0) {
            return Err(raise!(ValueError, "embedded null character"));
        }
        encode(string, "utf-8", errors)
    }

    fn PyUnicode_FSConverter(path: Option<Borrowed<'_>>, place: Out<'_, *mut PyObject>) -> PyResult<Converted> {
        let Some(path) = path else {
            // SAFETY: the place owns what an earlier call put there.
            drop(unsafe { Ref::<object::Object>::from_owned_or_null(place.get()) });
            place.set(std::ptr::null_mut());
            return Ok(Converted(1));
        };
        let path = vm::lifecycle::support::fspath(path)?;
        let encoded = if text::check(path.b()) { fs_encode(path.b())? } else { path };
        if bytes::value(encoded.b()).unwrap_or_default().contains(&0) {
            return Err(raise!(ValueError, "embedded null byte"));
        }
        place.set(encoded.into_ptr());
        Ok(Converted(0x20000))
    }

    fn PyUnicode_FSDecoder(path: Option<Borrowed<'_>>, place: Out<'_, *mut PyObject>) -> PyResult<Converted> {
        let Some(path) = path else {
            // SAFETY: the place owns what an earlier call put there.
            drop(unsafe { Ref::<object::Object>::from_owned_or_null(place.get()) });
            place.set(std::ptr::null_mut());
            return Ok(Converted(1));
        };
        let path = vm::lifecycle::support::fspath(path)?;
        let decoded = match bytes::value(path.b()) {
            Some(content) => fs_decode(content)?,
            None => path,
        };
        if expect(decoded.b())?.iter().any(|code| code == 0) {
            return Err(raise!(ValueError, "embedded null character"));
        }
        place.set(decoded.into_ptr());
        Ok(Converted(0x20000))
    }

    fn PyUnicode_FromWideChar(wide: *const u32, size: isize) -> PyResult<Ref> {
        if wide.is_null() {
            return if size == 0 { Ok(text::empty()) } else { Err(error::bad_internal_call()) };
        }
        let len = match usize::try_from(size) {
            Ok(len) => len,
            Err(_) if size != -1 => return Err(error::bad_internal_call()),
            // SAFETY: without a length the text ends with 0.
            Err(_) => (0..).take_while(|index| unsafe { wide.add(*index).read() } != 0).count(),
        };
        // SAFETY: C passes that many wide characters.
        let codes = unsafe { std::slice::from_raw_parts(wide, len) };
        if let Some(code) = codes.iter().find(|code| **code > 0x10_FFFF) {
            return Err(raise!(ValueError, "character U+{code:x} is not in range [U+0000; U+10ffff]"));
        }
        text::from_ucs4(codes)
    }

    fn PyUnicode_AsWideChar(string: Borrowed<'_>, buffer: *mut u32, size: isize) -> PyResult<isize> {
        let data = expect(string)?;
        if buffer.is_null() {
            return Ok(data.len().cast_signed() + 1);
        }
        let room = size.max(0).unsigned_abs();
        for (index, code) in data.iter().chain(std::iter::once(0)).take(room).enumerate() {
            // SAFETY: the buffer has that much room.
            unsafe { buffer.add(index).write(code) };
        }
        Ok(data.len().min(room).cast_signed())
    }

    fn PyUnicode_AsWideCharString(string: Borrowed<'_>, size: Option<Out<'_, isize>>) -> PyResult<*mut u32> {
        if size.is_none() && expect(string)?.iter().any(|code| code == 0) {
            return Err(raise!(ValueError, "embedded null character"));
        }
        let (block, len) = wide(string)?;
        if let Some(size) = size {
            size.set(len);
        }
        Ok(block)
    }

    fn PyCodec_Register(search: Borrowed<'_>) -> PyResult<()> {
        codecs::registry::register(search)
    }

    fn PyCodec_Unregister(search: Borrowed<'_>) -> PyResult<()> {
        codecs::registry::unregister(search);
        Ok(())
    }

    fn PyCodec_KnownEncoding(encoding: &CStr) -> bool {
        match codecs::lookup(&encoding.to_string_lossy()) {
            Ok(_) => true,
            Err(raised) => {
                raised.clear();
                false
            }
        }
    }

    fn PyCodec_Encode(object: Borrowed<'_>, encoding: Encoding<'_>, errors: Option<&CStr>) -> PyResult<Ref> {
        let errors = name(errors)?;
        codecs::encode_any(object, &encoding.to_string_lossy(), errors.as_ref().map(Ref::b), false)
    }

    fn PyCodec_Decode(object: Borrowed<'_>, encoding: Encoding<'_>, errors: Option<&CStr>) -> PyResult<Ref> {
        let errors = name(errors)?;
        codecs::decode_any(object, &encoding.to_string_lossy(), errors.as_ref().map(Ref::b), false)
    }

    fn PyCodec_Encoder(encoding: Encoding<'_>) -> PyResult<Ref> {
        part(&codecs::lookup(&encoding.to_string_lossy())?, 0)
    }

    fn PyCodec_Decoder(encoding: Encoding<'_>) -> PyResult<Ref> {
        part(&codecs::lookup(&encoding.to_string_lossy())?, 1)
    }

    fn PyCodec_StreamReader(encoding: Encoding<'_>, stream: Borrowed<'_>, errors: Option<&CStr>) -> PyResult<Ref> {
        call_with_errors(&part(&codecs::lookup(&encoding.to_string_lossy())?, 2)?, &[stream], errors)
    }

    fn PyCodec_StreamWriter(encoding: Encoding<'_>, stream: Borrowed<'_>, errors: Option<&CStr>) -> PyResult<Ref> {
        call_with_errors(&part(&codecs::lookup(&encoding.to_string_lossy())?, 3)?, &[stream], errors)
    }

    fn PyCodec_IncrementalEncoder(encoding: Encoding<'_>, errors: Option<&CStr>) -> PyResult<Ref> {
        let codec = codecs::lookup(&encoding.to_string_lossy())?;
        call_with_errors(&codec.getattr(intern("incrementalencoder").b())?, &[], errors)
    }

    fn PyCodec_IncrementalDecoder(encoding: Encoding<'_>, errors: Option<&CStr>) -> PyResult<Ref> {
        let codec = codecs::lookup(&encoding.to_string_lossy())?;
        call_with_errors(&codec.getattr(intern("incrementaldecoder").b())?, &[], errors)
    }

    fn PyCodec_RegisterError(handler: &CStr, function: Borrowed<'_>) -> PyResult<()> {
        codecs::registry::register_error(&handler.to_string_lossy(), function)
    }

    fn PyCodec_LookupError(handler: Option<&CStr>) -> PyResult<Ref> {
        codecs::lookup_error(&handler.map_or_else(|| "strict".into(), CStr::to_string_lossy))
    }

    fn PyCodec_StrictErrors(exception: Borrowed<'_>) -> PyResult<Ref> {
        codecs::lookup_error("strict")?.call1(exception)
    }

    fn PyCodec_IgnoreErrors(exception: Borrowed<'_>) -> PyResult<Ref> {
        codecs::lookup_error("ignore")?.call1(exception)
    }

    fn PyCodec_ReplaceErrors(exception: Borrowed<'_>) -> PyResult<Ref> {
        codecs::lookup_error("replace")?.call1(exception)
    }

    fn PyCodec_XMLCharRefReplaceErrors(exception: Borrowed<'_>) -> PyResult<Ref> {
        codecs::lookup_error("xmlcharrefreplace")?.call1(exception)
    }

    fn PyCodec_BackslashReplaceErrors(exception: Borrowed<'_>) -> PyResult<Ref> {
        codecs::lookup_error("backslashreplace")?.call1(exception)
    }

    fn PyCodec_NameReplaceErrors(exception: Borrowed<'_>) -> PyResult<Ref> {
        codecs::lookup_error("namereplace")?.call1(exception)
    }

    fn Py_DecodeLocale(content: &CStr, size: Option<Out<'_, usize>>) -> PyResult<*mut u32> {
        let (block, len) = wide(fs_decode(content.to_bytes())?.b())?;
        if let Some(size) = size {
            size.set(len.unsigned_abs());
        }
        Ok(block)
    }

    fn Py_EncodeLocale(wide: *const u32, position: Option<Out<'_, usize>>) -> *mut c_char {
        encode_locale(wide, position)
    }

    fn PyBytes_DecodeEscape(content: *const u8, size: isize, errors: Option<&CStr>, _unused: isize, _encoding: *const c_char) -> PyResult<Ref> {
        if size > LONGEST_BYTES {
            return Err(raise!(OverflowError, "byte string is too large"));
        }
        // SAFETY: C passes that many bytes.
        let object = bytes::new(unsafe { raw_bytes(content, size) })?;
        let errors = name_or_none(errors)?;
        part(&native("escape_decode", &[object.b(), errors.b()])?, 0)
    }
}

/// The most bytes that a bytes object can have: its header and a NUL stand beside them.
const LONGEST_BYTES: isize = isize::MAX - 33;

/// The name of an encoding: NULL is a bad argument.
struct Encoding<'a>(&'a CStr);

impl std::ops::Deref for Encoding<'_> {
    type Target = CStr;
    fn deref(&self) -> &CStr {
        self.0
    }
}

impl crate::form::FromC for Encoding<'_> {
    type C = *const c_char;
    unsafe fn from_c(value: *const c_char) -> PyResult<Self> {
        if value.is_null() {
            return Err(bad_argument());
        }
        // SAFETY: by contract the string ends, and lives during the call.
        Ok(Encoding(unsafe { CStr::from_ptr(value) }))
    }
}

/// What a converter of `PyArg_Parse` returns: 1, or 0x20000 where it wants to clean up; 0 with an exception.
pub(crate) struct Converted(i32);

impl crate::form::Value for Converted {
    type C = i32;
    const ERROR: i32 = 0;
    fn into_c(self) -> i32 {
        self.0
    }
}

fn call_with_errors(function: &Ref, args: &[Borrowed<'_>], errors: Option<&CStr>) -> PyResult<Ref> {
    match name(errors)? {
        Some(errors) => {
            let all: Vec<Borrowed<'_>> = args.iter().copied().chain(std::iter::once(errors.b())).collect();
            function.call(&all)
        }
        None => function.call(args),
    }
}
