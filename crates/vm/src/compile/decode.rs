//! The encoding of a program: byte order mark, PEP 263's cookie, and the errors of text that is not in it.

use super::errors::{Place, raise_at};
use crate::lifecycle::support;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, exc, id};
use std::borrow::Cow;

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// The program's text. Where it is `decoded` already, only the mark is looked at.
pub fn decode<'a>(source: &'a [u8], decoded: bool, filename: Borrowed<'_>) -> PyResult<Cow<'a, str>> {
    let (marked, body) = match source.strip_prefix(MARK) {
        Some(body) => (true, body),
        None => (false, source),
    };
    let as_utf8 = || std::str::from_utf8(body).map(Cow::Borrowed).map_err(|error| not_utf8(body, error, filename));
    if decoded {
        return as_utf8();
    }
    match cookie(body) {
        None => as_utf8(),
        Some(Cookie { encoding, line, lineno }) => match encoding.as_str() {
            "utf-8" => as_utf8(),
            _ if marked => Err(raise_at(
                &exc::SyntaxError,
                &format!("encoding problem: {encoding} with BOM"),
                filename,
                Place {
                    lineno,
                    offset: 0,
                    end_lineno: lineno,
                    end_offset: i32::try_from(line.len()).unwrap_or(i32::MAX),
                    text: Some(shown_line(line)),
                },
            )),
            "iso-8859-1" => Ok(Cow::Owned(body.iter().map(|byte| char::from(*byte)).collect())),
            other => decode_with_codec(body, other, filename).map(Cow::Owned),
        },
    }
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
        Err(raised) if raised.is_a(&exc::LookupError) || raised.is_a(&exc::UnicodeDecodeError) => {
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
            None | Some([] | [b'\r', ..]) => continue,
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
    let at = comment.windows(7).position(|window| matches!(window, b"coding:" | b"coding="))?;
    let rest = comment.get(at + 7..)?;
    let start = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    let name: Vec<u8> =
        rest.get(start..)?.iter().copied().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')).collect();
    if name.is_empty() {
        return None;
    }
    String::from_utf8(name).ok().map(|name| normalise(&name))
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

/// The error of bytes that are not UTF-8.
fn not_utf8(body: &[u8], error: std::str::Utf8Error, filename: Borrowed<'_>) -> Raised {
    let at = error.valid_up_to();
    let (before, rest) = body.split_at_checked(at).unwrap_or((body, &[]));
    let byte = rest.first().copied().unwrap_or(0);
    let newlines = before.iter().filter(|byte| **byte == b'\n').count();
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = body.get(line_start..).and_then(|line| line.split(|byte| *byte == b'\n').next()).unwrap_or_default();
    let characters = before.get(line_start..).map_or(0, |start| String::from_utf8_lossy(start).chars().count());
    let lineno = i32::try_from(newlines).unwrap_or(i32::MAX).saturating_add(1);
    let offset = i32::try_from(characters).unwrap_or(i32::MAX).saturating_add(1);
    let name = text::to_string_lossy(filename);
    let place = if name.is_empty() || name.starts_with('<') { String::new() } else { format!(" in file {name}") };
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
    let program = match support::quietly(|| decode(&content, false, filename)) {
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
    }
}
