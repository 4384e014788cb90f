//! Source bytes to text: byte order mark, encoding declaration (PEP 263), UTF-8 checks.

use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::char_count;
use crate::text::Text;
use std::borrow::Cow;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Decodes encodings other than UTF-8, Latin-1 and ASCII.
pub trait SourceDecoder {
    /// The text of `bytes`; an error's message goes into a `SyntaxError`, as CPython does with any exception of a codec.
    fn decode(&mut self, encoding: &str, bytes: &[u8]) -> Result<String, String>;
}

/// Knows no further encodings.
impl SourceDecoder for () {
    fn decode(&mut self, encoding: &str, _: &[u8]) -> Result<String, String> {
        Err(format!("unknown encoding: {encoding}"))
    }
}

/// Text with the encoding that it was in, by CPython's name for it.
#[derive(Debug, PartialEq, Eq)]
pub struct DecodedSource<'a> {
    pub text: Cow<'a, str>,
    pub encoding: Option<String>,
}

/// Decodes a source file or the bytes that `compile` gets.
pub fn decode_source<'a>(bytes: &'a [u8], decoder: &mut dyn SourceDecoder) -> Result<DecodedSource<'a>, Box<SyntaxError>> {
    let (body, has_bom) = match bytes.strip_prefix(BOM) {
        Some(body) => (body, true),
        None => (bytes, false),
    };
    let declared = find_declaration(body);
    let encoding = match declared {
        None => has_bom.then(|| "utf-8".to_owned()),
        Some((name, line)) if has_bom && name != "utf-8" => {
            return Err(Box::new(bom_error(&name, line)));
        }
        Some((name, _)) => Some(name),
    };
    let text = match encoding.as_deref() {
        None | Some("utf-8") => {
            Cow::Borrowed(std::str::from_utf8(body).map_err(|error| Box::new(not_utf8(body, error.valid_up_to())))?)
        }
        Some("iso-8859-1") => Cow::Owned(body.iter().map(|&b| char::from(b)).collect()),
        Some("ascii") => Cow::Borrowed(ascii(body).map_err(|message| Box::new(codec_error(message)))?),
        Some(name) => Cow::Owned(decoder.decode(name, body).map_err(|message| Box::new(codec_error(message)))?),
    };
    Ok(DecodedSource { text, encoding })
}

/// The declared encoding in the first two lines, by its normal name, and its line's text.
fn find_declaration(source: &[u8]) -> Option<(String, &[u8])> {
    let mut lines = source.split(|&b| b == b'\n' || b == b'\r').filter({
        // `\r\n` is one line end.
        let mut previous: Option<&[u8]> = None;
        move |line| {
            let between = line.is_empty()
                && previous.is_some_and(|previous| {
                    let at = previous.as_ptr_range().end.addr() - source.as_ptr().addr();
                    source.get(at..at + 2) == Some(b"\r\n".as_slice())
                });
            previous = Some(line);
            !between
        }
    });
    for line in lines.by_ref().take(2) {
        let blanks = line.iter().take_while(|c| matches!(c, b' ' | b'\t' | 0x0C)).count();
        let rest = line.get(blanks..).unwrap_or_default();
        if !rest.is_empty() && rest.first() != Some(&b'#') {
            return None;
        }
        if let Some(name) = declaration(rest) {
            return Some((name, line));
        }
    }
    None
}

/// `coding[:=]\s*([-\w.]+)` in a comment.
fn declaration(comment: &[u8]) -> Option<String> {
    let mut rest = comment;
    while let Some(at) = rest.windows(6).position(|word| word == b"coding") {
        rest = rest.get(at + 6..)?;
        if !matches!(rest.first(), Some(b':' | b'=')) {
            continue;
        }
        let value = rest.get(1..)?;
        let blanks = value.iter().take_while(|c| matches!(c, b' ' | b'\t')).count();
        let value = value.get(blanks..)?;
        let length = value.iter().take_while(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c)).count();
        if length > 0 {
            return Some(normal_name(&String::from_utf8_lossy(value.get(..length)?)));
        }
    }
    None
}

/// UTF-8 and Latin-1 have many spellings.
fn normal_name(name: &str) -> String {
    let start: String = name.chars().take(12).map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
    let is = |normal: &str| start == normal || start.strip_prefix(normal).is_some_and(|rest| rest.starts_with('-'));
    if is("utf-8") {
        "utf-8".into()
    } else if ["latin-1", "iso-8859-1", "iso-latin-1"].into_iter().any(is) {
        "iso-8859-1".into()
    } else {
        name.into()
    }
}

fn ascii(bytes: &[u8]) -> Result<&str, String> {
    match bytes.iter().position(|b| !b.is_ascii()) {
        Some(at) => {
            let byte = bytes.get(at).copied().unwrap_or_default();
            Err(format!("'ascii' codec can't decode byte 0x{byte:02x} in position {at}: ordinal not in range(128)"))
        }
        None => std::str::from_utf8(bytes).map_err(|error| error.to_string()),
    }
}

fn error(message: String, lineno: i32, offset: i32, end_offset: i32, text: Option<Text>) -> SyntaxError {
    SyntaxError {
        kind: ErrorKind::SyntaxError,
        message,
        lineno,
        offset,
        end_lineno: lineno,
        end_offset,
        text,
        last_statement: None,
    }
}

/// The error of a codec has no place: CPython gives line 0 and offset -1, and no end.
fn codec_error(message: String) -> SyntaxError {
    error(message, 0, -1, 0, None)
}

fn bom_error(name: &str, line: &[u8]) -> SyntaxError {
    let end = i32::try_from(char_count(line)).unwrap_or(i32::MAX);
    let text = String::from_utf8_lossy(line);
    error(format!("encoding problem: {name} with BOM"), 1, 0, end, Some((&*text).into()))
}

fn not_utf8(body: &[u8], at: usize) -> SyntaxError {
    let before = body.get(..at).unwrap_or_default();
    let byte = body.get(at).copied().unwrap_or_default();
    let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
    let lineno = before.iter().filter(|&&b| b == b'\n').count() + 1;
    let line = body.get(line_start..).unwrap_or_default().split(|&b| matches!(b, b'\n' | b'\r')).next();
    let text = String::from_utf8_lossy(line.unwrap_or_default());
    let column = char_count(before.get(line_start..).unwrap_or_default()) + 1;
    let column = i32::try_from(column).unwrap_or(i32::MAX);
    let message = format!(
        "Non-UTF-8 code starting with '\\x{byte:02x}' on line {lineno}, but no encoding declared; \
         see https://peps.python.org/pep-0263/ for details"
    );
    error(message, i32::try_from(lineno).unwrap_or(i32::MAX), column, column, Some((&*text).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<String, String> {
        decode_source(bytes, &mut ()).map(|source| source.text.into_owned()).map_err(|error| error.message)
    }

    #[test]
    fn declarations() {
        assert_eq!(text(b"# coding: latin-1-unix\n\xE9"), Ok("# coding: latin-1-unix\n\u{E9}".into()));
        assert_eq!(text(b"#!x\r\n# vim: fileencoding=Latin_1 :\r\n\xE9").map(|text| text.len()), Ok(38));
        assert!(text(b"\n\n# coding: latin-1\n\xE9").is_err_and(|message| message.contains("on line 4,")));
        assert!(text(b"x\n# coding: latin-1\n\xE9").is_err_and(|message| message.contains("'\\xe9' on line 3")));
        assert_eq!(text(b"# coding: none\n"), Err("unknown encoding: none".into()));
        assert_eq!(text(b"\xEF\xBB\xBF# coding: cp037"), Err("encoding problem: cp037 with BOM".into()));
        assert_eq!(text(b"\xEF\xBB\xBF# coding: utf-8"), Ok("# coding: utf-8".into()));
    }

    #[test]
    fn wrong_utf8_has_a_place() {
        let error = decode_source(b"x=1\r\ny=\"\xFF\"", &mut ()).map(drop).unwrap_err();
        assert_eq!((error.lineno, error.offset, error.text), (2, 4, Some("y=\"\u{FFFD}\"".into())));
    }
}
