//! What compilation reports: errors, and warnings through a sink.

use bytecode::Location;

/// Which exception an error becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    SyntaxError,
    RecursionError,
    SystemError,
    OverflowError,
    ValueError,
    TypeError,
    MemoryError,
}

/// Why a module does not compile.
///
/// `SyntaxError`'s `offset` and `end_offset` are the location's columns plus one.
#[derive(Clone, PartialEq, Debug)]
pub struct CompileError {
    pub kind: ErrorKind,
    pub message: String,
    pub location: Location,
}

impl CompileError {
    pub fn syntax(location: Location, message: impl Into<String>) -> CompileError {
        CompileError { kind: ErrorKind::SyntaxError, message: message.into(), location }
    }

    pub fn system(message: impl Into<String>) -> CompileError {
        CompileError { kind: ErrorKind::SystemError, message: message.into(), location: Location::NONE }
    }

    pub fn recursion() -> CompileError {
        CompileError {
            kind: ErrorKind::RecursionError,
            message: "maximum recursion depth exceeded during compilation".to_owned(),
            location: Location::NONE,
        }
    }
}

pub type Result<T, E = CompileError> = std::result::Result<T, E>;

/// A `SyntaxWarning` found while compiling.
#[derive(Clone, PartialEq, Debug)]
pub struct Warning {
    pub message: String,
    pub location: Location,
}

/// Receives warnings in CPython's order.
///
/// When the warning filter makes the warning an error, the sink says [`Verdict::SyntaxError`] and compilation ends with a
/// `SyntaxError` of the same text; [`Verdict::Raised`] ends it with an exception that the sink keeps.
pub trait WarnSink {
    fn warn(&mut self, warning: Warning) -> Verdict;
}

/// What follows from a warning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Continue,
    SyntaxError,
    /// Another exception was raised; compilation ends with [`ErrorKind::SystemError`] and the caller re-raises its own.
    Raised,
}

/// Collects warnings.
impl WarnSink for Vec<Warning> {
    fn warn(&mut self, warning: Warning) -> Verdict {
        self.push(warning);
        Verdict::Continue
    }
}

/// Ignores warnings.
impl WarnSink for () {
    fn warn(&mut self, _warning: Warning) -> Verdict {
        Verdict::Continue
    }
}

/// Hands a warning to the sink and turns its verdict into a result.
pub(crate) fn warn(sink: &mut dyn WarnSink, location: Location, message: String) -> Result<()> {
    let verdict = sink.warn(Warning { message: message.clone(), location });
    match verdict {
        Verdict::Continue => Ok(()),
        Verdict::SyntaxError => Err(CompileError::syntax(location, message)),
        Verdict::Raised => Err(CompileError::system(message)),
    }
}

/// Guards native recursion: refuses to go below an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackGuard {
    limit: usize,
}

impl StackGuard {
    /// Allows `bytes` of stack below the caller's frame.
    pub(crate) fn new(bytes: usize) -> StackGuard {
        let here = 0u8;
        StackGuard { limit: (&raw const here).addr().saturating_sub(bytes) }
    }

    pub(crate) fn check(self) -> Result<()> {
        let here = 0u8;
        if (&raw const here).addr() < self.limit { Err(CompileError::recursion()) } else { Ok(()) }
    }
}
