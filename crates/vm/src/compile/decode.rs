//! The encoding of a program: byte order mark, PEP 263's cookie, and the errors of text that is not in it.

use super::errors::{Place, raise_at};
use crate::lifecycle::support;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, exc, id};
use std::borrow::Cow;

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Where a program's bytes come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Text of a str, or bytes that are taken for UTF-8: there is neither mark nor cookie.
    Text,
    Bytes,
    /// Bytes of a file that is run, whose name errors give.
    File,
}

/// The program's text. A last line without an end gets one, as in CPython, if the text is `whole`: codecs see it.
pub fn decode<'a>(source: &'a [u8], origin: Origin, whole: bool, filename: Borrowed<'_>) -> PyResult<Cow<'a, str>> {
    if origin == Origin::Text {
        return std::str::from_utf8(source).map(Cow::Borrowed).map_err(|error| undecodable(source, error));
    }
    let (marked, body) = match source.strip_prefix(MARK) {
        Some(body) => (true, body),
        None => (false, source),
    };
    let lines = if memchr::memchr(b'\r', body).is_some() { Cow::Owned(with_newlines(body)) } else { Cow::Borrowed(body) };
    // As in CPython, the tokenizer of a text looks for a cookie only in lines that have an end, which an expression needs not have.
    let ends = memchr::memchr_iter(b'\n', &lines).take(2).count();
    let is_seen =
        |cookie: &Cookie<'_>| whole || origin == Origin::File || usize::try_from(cookie.lineno).is_ok_and(|line| line <= ends);
    let found = cookie(&lines).filter(is_seen);
    let Some(Cookie { encoding, line, lineno }) = found.filter(|cookie| cookie.encoding != "utf-8") else {
        return match std::str::from_utf8(body) {
            Ok(program) => Ok(Cow::Borrowed(program)),
            Err(_) => Err(not_utf8(&lines, origin, filename)),
        };
    };
    if marked {
        // Of a first line CPython decodes all but the last byte, and counts one more; of a second line it counts the newline before it.
        let counted = if lineno == 1 { line.split_last().map_or(line, |(_, front)| front) } else { line };
        let characters = String::from_utf8_lossy(counted).chars().count();
        let end_offset = i32::try_from(characters).unwrap_or(i32::MAX).saturating_add(1);
        let place = Place { lineno, offset: 0, end_lineno: lineno, end_offset, text: Some(shown_line(line)) };
        return Err(raise_at(&exc::SyntaxError, &format!("encoding problem: {encoding} with BOM"), filename, place));
    }
    if encoding == "iso-8859-1" {
        return Ok(Cow::Owned(body.iter().map(|byte| char::from(*byte)).collect()));
    }
    if whole && !lines.ends_with(b"\n") {
        let mut lines = lines.into_owned();
        lines.push(b'\n');
        return decode_with_codec(&lines, &encoding, filename).map(Cow::Owned);
    }
    decode_with_codec(&lines, &encoding, filename).map(Cow::Owned)
}

/// The text with `\n` at the end of each line.
fn with_newlines(source: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(source.len());
    for (index, byte) in source.iter().enumerate() {
        match byte {
            b'\r' => out.push(b'\n'),
            b'\n' if index > 0 && source.get(index - 1) == Some(&b'\r') => {}
            byte => out.push(*byte),
        }
    }
    out
}

/// The error of text that is to be UTF-8.
fn undecodable(source: &[u8], error: std::str::Utf8Error) -> Raised {
    let start = error.valid_up_to();
    let (end, reason) = match error.error_len() {
        None => (source.len(), "unexpected end of data"),
        Some(1) if source.get(start).is_some_and(|byte| !matches!(byte, 0xC2..=0xF4)) => (start + 1, "invalid start byte"),
        Some(length) => (start + length, "invalid continuation byte"),
    };
    super::errors::raise_decode("utf-8", source, start, end, reason)
}

/// A line of a source file as errors show it: what cannot be decoded is replaced.
fn shown_line(line: &[u8]) -> PyResult<Ref> {
    text::new(&String::from_utf8_lossy(line))
}

/// The error of a source file as a whole: it has no line.
fn nowhere(message: &str, filename: Borrowed<'_>) -> Raised {
    let arguments = (|| {
        let place = [filename.to_ref(), int::new(0)?, int::new(-1)?, core::none_ref()];
        tuple::from_array([text::new(message)?, tuple::from_array(place)?])
    })();
    match arguments {
        Ok(arguments) => object::error::raise_value(&exc::SyntaxError, Some(arguments.b())),
        Err(raised) => raised,
    }
}

/// Decodes through the codec registry, which must be a text encoding.
fn decode_with_codec(body: &[u8], encoding: &str, filename: Borrowed<'_>) -> PyResult<String> {
    let object = bytes::new(body)?;
    let name = text::new(encoding)?;
    let decoded = match object.call_method(id!("decode"), &[name.b()]) {
        Ok(decoded) => decoded,
        Err(raised) if raised.is_a(&exc::LookupError) || raised.is_a(&exc::ValueError) => {
            let message = raised.take().str_text()?;
            return Err(nowhere(&message, filename));
        }
        Err(raised) => return Err(raised),
    };
    text::to_string(decoded.b()).ok_or_else(|| nowhere(&format!("encoding problem: {encoding}"), filename))
}

/// What a comment says of the encoding, and where it stands.
struct Cookie<'a> {
    /// Normalised.
    encoding: String,
    line: &'a [u8],
    lineno: i32,
}

/// The encoding that a comment in the first two lines names, normalised.
fn cookie(body: &[u8]) -> Option<Cookie<'_>> {
    for (line, lineno) in body.split(|byte| *byte == b'\n').zip(1..=2) {
        let content = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
        let comment = match content.and_then(|at| line.get(at..)) {
            None | Some([]) => continue,
            Some([b'#', comment @ ..]) => comment,
            Some(_) => return None,
        };
        if let Some(encoding) = coding_in(comment) {
            return Some(Cookie { encoding, line, lineno });
        }
    }
    None
}

fn coding_in(comment: &[u8]) -> Option<String> {
    let mut rest = comment;
    while let Some(at) = rest.windows(7).position(|window| matches!(window, b"coding:" | b"coding=")) {
        rest = rest.get(at + 7..)?;
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let name: Vec<u8> =
            rest.iter().skip(blanks).copied().take_while(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b)).collect();
        if !name.is_empty() {
            return String::from_utf8(name).ok().map(|name| normalise(&name));
        }
    }
    None
}

/// CPython's short list of names for the two encodings that it decodes itself.
fn normalise(name: &str) -> String {
    let lower: String = name.chars().take(12).map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
    if lower == "utf-8" || lower.starts_with("utf-8-") {
        return "utf-8".to_owned();
    }
    for latin in ["latin-1", "iso-8859-1", "iso-latin-1"] {
        if lower == latin || lower.strip_prefix(latin).is_some_and(|rest| rest.starts_with('-')) {
            return "iso-8859-1".to_owned();
        }
    }
    name.to_owned()
}

/// The error of bytes that are not UTF-8, whose lines all end in `\n`.
fn not_utf8(body: &[u8], origin: Origin, filename: Borrowed<'_>) -> Raised {
    let at = std::str::from_utf8(body).map_or_else(|error| error.valid_up_to(), str::len);
    let (before, rest) = body.split_at_checked(at).unwrap_or((body, &[]));
    let byte = rest.first().copied().unwrap_or(0);
    let newlines = before.iter().filter(|byte| **byte == b'\n').count();
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = body.get(line_start..).and_then(|line| line.split(|byte| *byte == b'\n').next()).unwrap_or_default();
    let characters = before.get(line_start..).map_or(0, |start| String::from_utf8_lossy(start).chars().count());
    let lineno = i32::try_from(newlines).unwrap_or(i32::MAX).saturating_add(1);
    let offset = i32::try_from(characters).unwrap_or(i32::MAX).saturating_add(1);
    let name = text::to_string_lossy(filename);
    let named = origin == Origin::File && !name.is_empty() && !name.starts_with('<');
    let place = if named { format!(" in file {name}") } else { String::new() };
    let message = format!(
        "Non-UTF-8 code starting with '\\x{byte:02x}'{place} on line {lineno}, but no encoding declared; \
         see https://peps.python.org/pep-0263/ for details"
    );
    let place = Place { lineno, offset, end_lineno: lineno, end_offset: offset, text: Some(shown_line(line)) };
    raise_at(&exc::SyntaxError, &message, filename, place)
}

/// The line of a source file, for errors of trees whose text is not at hand.
pub fn line_of_file(filename: Borrowed<'_>, lineno: i32) -> Option<Ref> {
    let index = usize::try_from(lineno).ok()?.checked_sub(1)?;
    let path = support::quietly(|| support::os_bytes(filename))?;
    let path = std::path::PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(path));
    let content = std::fs::read(path).ok()?;
    let program = match support::quietly(|| decode(&content, Origin::Bytes, false, filename)) {
        Some(program) => program,
        None => String::from_utf8_lossy(&content),
    };
    let line = program.split_inclusive('\n').nth(index)?;
    support::quietly(|| text::new(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies() {
        let cookie = |body| cookie(body).map(|cookie| cookie.encoding);
        assert_eq!(cookie(b"# -*- coding: Latin-1 -*-\n").as_deref(), Some("iso-8859-1"));
        assert_eq!(cookie(b"#!/usr/bin/python\n# vim: set fileencoding=utf_8 :\n").as_deref(), Some("utf-8"));
        assert_eq!(cookie(b"x = 1\n# coding: latin-1\n"), None);
        assert_eq!(cookie(b"\n\n# coding: latin-1\n"), None);
        assert_eq!(cookie(b"# coding=cp1252\n").as_deref(), Some("cp1252"));
        assert_eq!(cookie(b"# coding: \xe9 coding: cp1252\n").as_deref(), Some("cp1252"));
    }
}
