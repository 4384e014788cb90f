//! Errors of parser and compiler as exceptions.

use super::warn::Sink;
use crate::lifecycle::support;
use compiler::CompileError;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, core, error, exc, raise};
use syntax::{ErrorKind, SyntaxError};

/// Raises what the parser found in this program, the text as the parser saw it.
pub fn raise_syntax(found: &SyntaxError, program: &str, filename: Borrowed<'_>, mut sink: Sink<'_>) -> Raised {
    let class = match &found.kind {
        ErrorKind::SyntaxError => &exc::SyntaxError,
        ErrorKind::IndentationError => &exc::IndentationError,
        ErrorKind::TabError => &exc::TabError,
        ErrorKind::IncompleteInputError => &exc::_IncompleteInputError,
        ErrorKind::MemoryError => return raise!(MemoryError, "{}", found.message),
        ErrorKind::ValueError => return raise!(ValueError, "{}", found.message),
        ErrorKind::UnicodeDecodeError { object, start, end } => {
            return raise_decode("unicodeescape", object, *start, *end, &found.message);
        }
        ErrorKind::WarningRaised => {
            return sink.take_raised().unwrap_or_else(|| raise!(SystemError, "{}", found.message));
        }
    };
    let place = Place {
        lineno: found.lineno,
        offset: found.offset,
        end_lineno: found.end_lineno,
        end_offset: found.end_offset,
        text: found.text.as_ref().map(|line| text::from_wtf8(line.as_bytes())),
    };
    let raised = raise_at(class, &found.message, filename, place);
    match found.last_statement {
        Some(statement) => with_metadata(raised, statement, program),
        None => raised,
    }
}

/// Gives the error what `traceback` needs to look for misspelt keywords: the start of the last whole statement, and the program.
fn with_metadata(raised: Raised, (line, column): (i32, i32), program: &str) -> Raised {
    let exception = raised.take();
    let metadata = (|| tuple::from_array([int::new(i64::from(line))?, int::new(i64::from(column))?, text::new(program)?]))();
    match metadata.and_then(|metadata| exception.setattr(support::intern("_metadata").b(), metadata.b())) {
        Ok(()) => error::restore(exception),
        Err(raised) => raised,
    }
}

/// Raises what the compiler found.
pub fn raise_compile(found: &CompileError, filename: Borrowed<'_>, mut sink: Sink<'_>) -> Raised {
    use compiler::ErrorKind as Kind;
    if let Some(raised) = sink.take_raised() {
        return raised;
    }
    let message = &found.message;
    match found.kind {
        Kind::SyntaxError => {
            let at = found.location;
            let line = super::decode::line_of_file(filename, at.lineno).map(Ok);
            let place = Place {
                lineno: at.lineno,
                offset: character_offset(line.as_ref(), at.col_offset),
                end_lineno: at.end_lineno,
                end_offset: character_offset(if at.lineno == at.end_lineno { line.as_ref() } else { None }, at.end_col_offset),
                text: line,
            };
            raise_at(&exc::SyntaxError, message, filename, place)
        }
        Kind::RecursionError => raise!(RecursionError, "{message}"),
        Kind::SystemError => raise!(SystemError, "{message}"),
        Kind::OverflowError => raise!(OverflowError, "{message}"),
        Kind::ValueError => raise!(ValueError, "{message}"),
        Kind::TypeError => raise!(TypeError, "{message}"),
        Kind::MemoryError => error::no_memory(),
    }
}

/// `SyntaxError`'s columns count from 1. The compiler's count bytes, and CPython shows them unconverted.
fn character_offset(_line: Option<&PyResult<Ref>>, column: i32) -> i32 {
    column.saturating_add(1)
}

/// Where an error is, and the text of its line.
pub(super) struct Place {
    pub lineno: i32,
    pub offset: i32,
    pub end_lineno: i32,
    pub end_offset: i32,
    pub text: Option<PyResult<Ref>>,
}

pub(super) fn raise_at(class: &TypeObject, message: &str, filename: Borrowed<'_>, place: Place) -> Raised {
    let arguments = (|| {
        let number = |value: i32| int::new(i64::from(value));
        let line = place.text.unwrap_or_else(|| Ok(core::none_ref()))?;
        let details = [
            filename.to_ref(),
            number(place.lineno)?,
            number(place.offset)?,
            line,
            number(place.end_lineno)?,
            number(place.end_offset)?,
        ];
        tuple::from_array([text::new(message)?, tuple::from_array(details)?])
    })();
    match arguments {
        Ok(arguments) => error::raise_value(class, Some(arguments.b())),
        Err(raised) => raised,
    }
}

pub(super) fn raise_decode(encoding: &str, data: &[u8], start: usize, end: usize, message: &str) -> Raised {
    let arguments = (|| {
        let position = |at: usize| int::from_u64(at as u64);
        tuple::from_array([text::new(encoding)?, bytes::new(data)?, position(start)?, position(end)?, text::new(message)?])
    })();
    match arguments {
        Ok(arguments) => error::raise_value(&exc::UnicodeDecodeError, Some(arguments.b())),
        Err(raised) => raised,
    }
}
