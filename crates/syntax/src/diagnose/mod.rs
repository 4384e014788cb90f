//! What CPython says about source that is wrong.

use crate::error::{ErrorKind, SyntaxError};
use crate::text::Text;

/// Builds an error from places given as (line, column in bytes from 1), as `_PyPegen_raise_error_known_location` does.
pub(crate) fn location_error(
    source: &[u8],
    kind: ErrorKind,
    message: String,
    (lineno, column): (i32, i32),
    (end_lineno, end_column): (i32, i32),
) -> SyntaxError {
    let line = line_at(source, lineno);
    SyntaxError {
        kind,
        message,
        lineno,
        offset: character_offset(line, column),
        end_lineno,
        end_offset: if end_column > 0 { character_offset(line, end_column) } else { end_column },
        text: Text::from_bytes(line.to_vec()),
    }
}

/// A line, counted from 1, with its end.
fn line_at(source: &[u8], lineno: i32) -> &[u8] {
    let index = usize::try_from(lineno.max(1) - 1).unwrap_or(0);
    source.split_inclusive(|&b| b == b'\n').nth(index).unwrap_or_default()
}

/// Characters that begin in the first `column` bytes; not past the line's end.
fn character_offset(line: &[u8], column: i32) -> i32 {
    let Ok(column) = usize::try_from(column) else { return column };
    let upto = line.get(..column.min(line.len())).unwrap_or(line);
    let past = usize::from(column > line.len());
    i32::try_from(crate::lexer::char_count(upto) + past).unwrap_or(i32::MAX)
}
