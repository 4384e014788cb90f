//! Syntax errors and warnings as data.

use crate::text::Text;

/// The exception that CPython raises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    SyntaxError,
    IndentationError,
    TabError,
    /// `_IncompleteInputError`, only under [`crate::Flags::ALLOW_INCOMPLETE_INPUT`].
    IncompleteInputError,
    /// The source nests too deeply for the parser; only the message counts.
    MemoryError,
    /// A name that normalises to a constant; only the message counts.
    ValueError,
    /// An escape in a format specifier that does not decode: `UnicodeDecodeError('unicodeescape', object, start, end, message)`.
    UnicodeDecodeError {
        object: Box<[u8]>,
        start: usize,
        end: usize,
    },
    /// The warning sink raised something of its own, which is to be passed on.
    WarningRaised,
}

/// An error with the arguments of CPython's `SyntaxError`.
///
/// `offset` and `end_offset` count characters from 1; 0 and -1 occur as in CPython. `text` is `None` where CPython passes `None`
/// or reads the line from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub kind: ErrorKind,
    pub message: String,
    pub lineno: i32,
    pub offset: i32,
    pub end_lineno: i32,
    pub end_offset: i32,
    pub text: Option<Text>,
    /// Line and column of the last compound statement that was complete, for `SyntaxError._metadata`.
    pub last_statement: Option<(i32, i32)>,
}

impl SyntaxError {
    /// An error of which only the message counts.
    pub(crate) fn without_place(kind: ErrorKind, message: String) -> SyntaxError {
        SyntaxError { kind, message, lineno: 1, offset: 1, end_lineno: 1, end_offset: 1, text: None, last_statement: None }
    }
}

/// A warning of the tokenizer or the parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxWarning {
    pub message: String,
    pub lineno: i32,
    /// A `DeprecationWarning` (for escapes, in the grammar before 3.12), not a `SyntaxWarning`.
    pub deprecation: bool,
}

/// What became of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningOutcome {
    Continue,
    /// The filter turns it into an error: parsing ends with the `SyntaxError` that takes its place.
    Error,
    /// Something else was raised while it was shown.
    Raised,
}
