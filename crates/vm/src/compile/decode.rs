//! The encoding of a program: byte order mark, PEP 263's cookie, and the errors of text that is not in it.

use crate::lifecycle::support;
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, Raised, Ref, id, raise};
use std::borrow::Cow;

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// The program's text. Where it is `decoded` already, only the mark is looked at.
pub fn decode<'a>(source: &'a [u8], decoded: bool, filename: Borrowed<'_>) -> PyResult<Cow<'a, str>> {
    let (marked, body) = match source.strip_prefix(MARK) {
        Some(body) => (true, body),
        None => (false, source),
    };
    if decoded {
        return std::str::from_utf8(body).map(Cow::Borrowed).map_err(|error| not_utf8(body, error, None, filename));
    }
    let encoding = match cookie(body) {
        Some(encoding) if marked && encoding != "utf-8" => {
            return Err(raise!(SyntaxError, "encoding problem: {encoding} with BOM"));
        }
        Some(encoding) => encoding,
        None => {
            return match std::str::from_utf8(body) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(error) => Err(not_utf8(body, error, Some(()), filename)),
            };
        }
    };
    match encoding.as_str() {
        "utf-8" => std::str::from_utf8(body).map(Cow::Borrowed).map_err(|error| not_utf8(body, error, None, filename)),
        "iso-8859-1" => Ok(Cow::Owned(body.iter().map(|byte| char::from(*byte)).collect())),
        other => decode_with_codec(body, other).map(Cow::Owned),
    }
}

/// Decodes through the codec registry, which must be a text encoding.
fn decode_with_codec(body: &[u8], encoding: &str) -> PyResult<String> {
    let object = bytes::new(body)?;
    let name = text::new(encoding)?;
    let decoded = match object.call_method(id!("decode"), &[name.b()]) {
        Ok(decoded) => decoded,
        Err(raised) if raised.is_a(&object::exc::LookupError) => {
            raised.clear();
            return Err(raise!(SyntaxError, "unknown encoding: {encoding}"));
        }
        Err(raised) => {
            let class = raised.is_a(&object::exc::UnicodeDecodeError);
            let exception = raised.take();
            if !class {
                return Err(object::error::restore(exception));
            }
            let message = exception.str_text()?;
            return Err(raise!(SyntaxError, "(unicode error) {message}"));
        }
    };
    text::to_string(decoded.b()).ok_or_else(|| raise!(SyntaxError, "encoding problem: {encoding}"))
}

/// The encoding that a comment in the first two lines names, normalised.
fn cookie(body: &[u8]) -> Option<String> {
    for line in body.split(|byte| *byte == b'\n').take(2) {
        let content = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
        let comment = match content.and_then(|at| line.get(at..)) {
            None | Some([] | [b'\r', ..]) => continue,
            Some([b'#', comment @ ..]) => comment,
            Some(_) => return None,
        };
        if let Some(name) = coding_in(comment) {
            return Some(name);
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

/// The error of bytes that are not UTF-8: with `undeclared`, in the words for a file that names no encoding.
fn not_utf8(body: &[u8], error: std::str::Utf8Error, undeclared: Option<()>, filename: Borrowed<'_>) -> Raised {
    let at = error.valid_up_to();
    let byte = body.get(at).copied().unwrap_or(0);
    let line = 1 + body.get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
    if undeclared.is_some() {
        let name = text::to_string_lossy(filename);
        let place = if name.is_empty() || name.starts_with('<') { String::new() } else { format!(" in file {name}") };
        return raise!(
            SyntaxError,
            "Non-UTF-8 code starting with '\\x{byte:02x}'{place} on line {line}, but no encoding declared; see https://peps.python.org/pep-0263/ for details"
        );
    }
    let reason = match error.error_len() {
        None => "unexpected end of data",
        Some(_) if byte < 0xC2 || byte > 0xF4 => "invalid start byte",
        Some(_) => "invalid continuation byte",
    };
    raise!(SyntaxError, "(unicode error) 'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: {reason}")
}

/// The line of a source file, for errors of trees whose text is not at hand.
pub fn line_of_file(filename: Borrowed<'_>, lineno: i32) -> Option<Ref> {
    let index = usize::try_from(lineno).ok()?.checked_sub(1)?;
    let path = support::quietly(|| support::os_bytes(filename))?;
    let path = std::path::PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(path));
    let content = std::fs::read(path).ok()?;
    let line = content.split_inclusive(|byte| *byte == b'\n').nth(index)?;
    support::quietly(|| text::new(&String::from_utf8_lossy(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies() {
        assert_eq!(cookie(b"# -*- coding: Latin-1 -*-\n").as_deref(), Some("iso-8859-1"));
        assert_eq!(cookie(b"#!/usr/bin/python\n# vim: set fileencoding=utf_8 :\n").as_deref(), Some("utf-8"));
        assert_eq!(cookie(b"x = 1\n# coding: latin-1\n"), None);
        assert_eq!(cookie(b"\n\n# coding: latin-1\n"), None);
        assert_eq!(cookie(b"# coding=cp1252\n").as_deref(), Some("cp1252"));
    }
}
