//! Text to tokens to the abstract syntax tree of Python 3.14, and every `SyntaxError` message of the parser.
//!
//! No I/O, no objects of the run time. Errors that CPython raises after parsing belong to the `compiler` crate.
//!
//! [`parse`] runs the fast parser (`parser`), which knows only right source. If that fails, `diagnose` goes through CPython's
//! grammar with its rules for wrong source, in CPython's order, and finds the error.

pub mod ast;
mod diagnose;
pub mod dump;
pub mod error;
mod lexer;
mod names;
mod options;
mod parser;
mod source;
mod stream;
pub mod text;
pub mod token;
mod tokenize;

pub use error::{ErrorKind, SyntaxError, SyntaxWarning, WarningOutcome};
pub use options::{Flags, Mode, ParseOptions, WarningSink};
pub use text::{Name, Text};
pub use tokenize::{TokenInfo, tokenize};

/// Native stack that is taken to be there if the caller does not say: threads of Rust's have 2 MiB.
const ASSUMED_STACK: usize = 3 << 19;

/// Parses a program. Warnings go to `sink` in order.
pub fn parse(text: &str, options: &ParseOptions, sink: &mut dyn WarningSink) -> Result<ast::Mod, SyntaxError> {
    let source = source::normalize(text, options.mode == Mode::Exec);
    let mut options = *options;
    if options.stack_limit == 0 {
        let marker = 0u8;
        options.stack_limit = std::ptr::from_ref(&marker).addr().saturating_sub(ASSUMED_STACK);
    }
    match parser::parse(&source, &options) {
        Ok(parser::Parsed { module, warnings, doubtful }) => {
            if doubtful && let Some(error) = diagnose::too_deep(&source, &options) {
                return Err(error);
            }
            for (index, warning) in warnings.iter().enumerate() {
                let outcome = sink.warn(warning);
                if outcome != WarningOutcome::Continue {
                    let mut replay = Replay { silent: index, outcome };
                    return Err(diagnose::diagnose(&source, &options, &mut replay));
                }
            }
            Ok(module)
        }
        Err(parser::Failure::Syntax) => Err(diagnose::diagnose(&source, &options, sink)),
        Err(parser::Failure::Constant(constant)) => Err(SyntaxError::without_place(
            ErrorKind::ValueError,
            format!("identifier field can't represent '{constant}' constant"),
        )),
    }
}

/// Whether the grammar by which errors are found accepts `text`: tests ask this, since the fast parser has to agree with it.
pub fn grammar_accepts(text: &str, options: &ParseOptions) -> bool {
    let source = source::normalize(text, options.mode == Mode::Exec);
    diagnose::accepts(&source, options)
}

/// Finds the place of a warning that became an error: the first `silent` ones were shown already.
struct Replay {
    silent: usize,
    outcome: WarningOutcome,
}

impl WarningSink for Replay {
    fn warn(&mut self, _: &SyntaxWarning) -> WarningOutcome {
        match self.silent.checked_sub(1) {
            Some(silent) => {
                self.silent = silent;
                WarningOutcome::Continue
            }
            None => self.outcome,
        }
    }
}
