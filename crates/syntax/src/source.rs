//! The source as the tokenizer wants it: one kind of line end, and a newline at the end of a file.

use std::borrow::Cow;

/// Turns `\r\n` and `\r` into `\n` and, for `exec`, ends the last line.
pub(crate) fn normalize(source: &str, end_last_line: bool) -> Cow<'_, [u8]> {
    let bytes = source.as_bytes();
    let returns = memchr::memchr(b'\r', bytes).is_some();
    let unended = end_last_line && !bytes.is_empty() && !bytes.ends_with(b"\n");
    if !returns && !unended {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len() + 1);
    if returns {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(b'\r', rest) {
            out.extend_from_slice(rest.get(..at).unwrap_or_default());
            out.push(b'\n');
            rest = rest.get(at + 1..).unwrap_or_default();
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        out.extend_from_slice(rest);
    } else {
        out.extend_from_slice(bytes);
    }
    if end_last_line && !out.ends_with(b"\n") {
        out.push(b'\n');
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_newlines() {
        assert_eq!(*normalize("a\r\nb\rc", true), *b"a\nb\nc\n");
        assert_eq!(*normalize("", true), *b"");
        assert_eq!(*normalize("a", false), *b"a");
    }
}
