//! What CPython says about source that is wrong.
//!
//! The places and often the texts of CPython's errors come from the way in which its parser searches: which tokens it had read,
//! which rule came first. So this module searches in the same way, by the same grammar (`grammar.txt`), with an engine that
//! matches but builds no tree. It runs only after the fast parser has failed.

mod actions;
mod engine;
mod grammar;
mod raise;

use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::Done;
use crate::options::{Flags, Mode, ParseOptions, WarningSink};
use engine::Engine;
use grammar::{Grammar, RuleId};

/// Finds the error in `source`, which the fast parser has refused.
pub(crate) fn diagnose(source: &[u8], options: &ParseOptions, sink: &mut dyn WarningSink) -> SyntaxError {
    let Some((grammar, rule)) = start_rule(options.mode) else {
        return unknown_error();
    };
    let mut engine = Engine::new(grammar, source, options, sink);
    let matched = matches!(engine.rule(rule), Ok(Some(_)));
    if matched {
        let rest = source.get(engine.stream.lexer.cur..).unwrap_or_default();
        if options.mode == Mode::Single && crate::parser::more_statements(rest) {
            engine.raise_last("multiple statements found while compiling a single statement".into());
        } else if engine.error.is_none() {
            // The fast parser also gives up where the native stack ends.
            engine.stack_overflow();
        }
    } else if options.flags.contains(Flags::ALLOW_INCOMPLETE_INPUT)
        && matches!(engine.stream.lexer.done, Done::Eof | Done::EofInString | Done::EolInString)
    {
        engine.error = None;
        engine.last_statement = (0, 0);
        let last = engine.tokens.last().copied();
        engine.raise_token(ErrorKind::IncompleteInputError, "incomplete input".into(), last);
    } else if engine.error.as_ref().is_none_or(is_syntax_error) {
        let last = engine.tokens.last().copied();
        let found = engine.error.is_some();
        engine.start_second_pass();
        if !found {
            let _ = engine.rule(rule);
        }
        engine.set_syntax_error(last);
    }
    let last_statement = Some(engine.last_statement);
    match engine.error {
        Some(error) => SyntaxError { last_statement, ..error },
        None => unknown_error(),
    }
}

/// The error of source that the fast parser took, where CPython's parser nests its rules too deeply.
pub(crate) fn too_deep(source: &[u8], options: &ParseOptions) -> Option<SyntaxError> {
    let (grammar, rule) = start_rule(options.mode)?;
    let mut sink = ();
    let mut engine = Engine::new(grammar, source, options, &mut sink);
    let _ = engine.rule(rule);
    engine.error.filter(|_| engine.too_deep)
}

/// Whether `source` is right by the grammar.
pub(crate) fn accepts(source: &[u8], options: &ParseOptions) -> bool {
    let Some((grammar, rule)) = start_rule(options.mode) else { return false };
    let mut sink = ();
    let mut engine = Engine::new(grammar, source, options, &mut sink);
    let matched = matches!(engine.rule(rule), Ok(Some(_)));
    let rest = source.get(engine.stream.lexer.cur..).unwrap_or_default();
    matched && engine.error.is_none() && !(options.mode == Mode::Single && crate::parser::more_statements(rest))
}

/// The grammar, and where a source of this mode begins in it.
fn start_rule(mode: Mode) -> Option<(&'static Grammar, RuleId)> {
    let start = match mode {
        Mode::Exec => "file",
        Mode::Eval => "eval",
        Mode::Single => "interactive",
        Mode::FuncType => "func_type",
    };
    let grammar = grammar::grammar()?;
    Some((grammar, grammar.rule_id(start)?))
}

/// For a state that cannot be: no grammar, or no error.
fn unknown_error() -> SyntaxError {
    SyntaxError {
        kind: ErrorKind::SyntaxError,
        message: "invalid syntax".into(),
        lineno: 1,
        offset: 1,
        end_lineno: 1,
        end_offset: 1,
        text: None,
        last_statement: None,
    }
}

fn is_syntax_error(error: &SyntaxError) -> bool {
    matches!(error.kind, ErrorKind::SyntaxError | ErrorKind::IndentationError | ErrorKind::TabError)
}

/// A line, counted from 1, without its end; the last one if there are fewer.
fn line_at(source: &[u8], lineno: i32) -> &[u8] {
    let index = usize::try_from(lineno.max(1) - 1).unwrap_or(0);
    let mut lines = source.split(|&b| b == b'\n');
    lines.nth(index).unwrap_or_else(|| source.rsplit(|&b| b == b'\n').next().unwrap_or_default())
}

/// Characters that begin in the first `column` bytes; not past the line's end.
fn character_offset(line: &[u8], column: i32) -> i32 {
    let Ok(column) = usize::try_from(column) else { return column };
    let upto = line.get(..column.min(line.len())).unwrap_or(line);
    let past = usize::from(column > line.len());
    i32::try_from(crate::lexer::char_count(upto) + past).unwrap_or(i32::MAX)
}
