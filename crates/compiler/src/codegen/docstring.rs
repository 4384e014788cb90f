//! Cleaning of docstrings, as `inspect.cleandoc` does it.

use bytecode::Text;
use std::borrow::Cow;

const TAB: usize = 8;

/// Expands tabs, strips the first line's leading blanks and the margin that the other lines share.
pub(crate) fn clean(text: &syntax::text::Text) -> Text {
    let bytes = text.as_bytes();
    let doc = if memchr::memchr(b'\t', bytes).is_some() { Cow::Owned(expand_tabs(bytes)) } else { Cow::Borrowed(bytes) };
    let blanks = |line: &[u8]| line.iter().take_while(|b| **b == b' ').count();
    let mut lines = Lines(&doc);
    let first = lines.next().unwrap_or_default();
    let is_blank = |line: &[u8]| line.get(blanks(line)).is_none_or(|b| *b == b'\n');
    let margin = lines.clone().filter(|line| !is_blank(line)).map(blanks).min().unwrap_or(0);
    let lead = blanks(first);
    if lead == 0 && margin == 0 {
        return match doc {
            Cow::Owned(doc) => Text::from_wtf8(doc),
            Cow::Borrowed(_) => Text::from_wtf8(text.to_shared_bytes()),
        };
    }
    let mut cleaned = Vec::with_capacity(doc.len());
    cleaned.extend_from_slice(first.get(lead..).unwrap_or_default());
    for line in lines {
        cleaned.extend_from_slice(line.get(blanks(line).min(margin)..).unwrap_or_default());
    }
    Text::from_wtf8(cleaned)
}

/// The lines of a text, each with its end.
#[derive(Clone)]
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let length = memchr::memchr(b'\n', self.0).map_or(self.0.len(), |at| at + 1);
        let (line, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(line)
    }
}

fn expand_tabs(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut column = 0;
    for &byte in text {
        match byte {
            b'\t' => {
                let width = TAB - column % TAB;
                out.resize(out.len() + width, b' ');
                column += width;
            }
            b'\n' | b'\r' => {
                column = 0;
                out.push(byte);
            }
            _ => {
                // Continuation bytes of a code point take no column.
                column += usize::from(byte & 0xc0 != 0x80);
                out.push(byte);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_go() {
        let cleaned = |text: &str| clean(&syntax::text::Text::from(text));
        assert_eq!(cleaned("a\n    b\n\n      c\n    "), "a\nb\n\n  c\n");
        assert_eq!(cleaned("  a\n\tb\n        c"), "a\nb\nc");
        assert_eq!(cleaned("a\nb"), "a\nb");
        assert_eq!(cleaned(" a\n  \nb"), "a\n  \nb");
    }
}
