//! `from __future__ import …`: which features a module switches on, and where the last such statement stands.

use crate::error::{CompileError, Result};
use crate::preprocess::docstring;
use bytecode::{Location, flags};
use syntax::ast::{Mod, Span, Stmt, StmtKind};

/// The features of a module.
#[derive(Clone, Copy, Debug)]
pub struct Future {
    /// `CO_FUTURE_*`.
    pub features: u32,
    /// The last future statement.
    pub location: Location,
}

impl Default for Future {
    fn default() -> Future {
        Future { features: 0, location: Location::NONE }
    }
}

/// A node's location.
pub(crate) fn location(span: Span) -> Location {
    Location {
        lineno: span.lineno,
        end_lineno: span.end_lineno,
        col_offset: span.col_offset,
        end_col_offset: span.end_col_offset,
    }
}

/// Reads the future statements at the start of a module.
pub fn from_ast(module: &Mod) -> Result<Future> {
    let mut future = Future::default();
    let body = match module {
        Mod::Module { body, .. } | Mod::Interactive { body } => body,
        _ => return Ok(future),
    };
    let first = usize::from(docstring(body).is_some());
    for stmt in body.iter().skip(first) {
        match &stmt.kind {
            StmtKind::ImportFrom { module: Some(module), level, .. } if level.unwrap_or(0) == 0 && *module == "__future__" => {
                check_features(&mut future, stmt)?;
                future.location = location(stmt.span);
            }
            _ => break,
        }
    }
    Ok(future)
}

fn check_features(future: &mut Future, stmt: &Stmt) -> Result<()> {
    let StmtKind::ImportFrom { names, .. } = &stmt.kind else { return Ok(()) };
    for alias in names {
        let error = |message: String| Err(CompileError::syntax(location(alias.span), message));
        match alias.name.as_str().unwrap_or_default() {
            "nested_scopes" | "generators" | "division" | "absolute_import" | "with_statement" | "print_function"
            | "unicode_literals" | "generator_stop" => {}
            "barry_as_FLUFL" => future.features |= flags::CO_FUTURE_BARRY_AS_BDFL,
            "annotations" => future.features |= flags::CO_FUTURE_ANNOTATIONS,
            "braces" => return error("not a chance".to_owned()),
            feature => {
                let shown: String = feature.chars().take(100).collect();
                return error(format!("future feature {shown} is not defined"));
            }
        }
    }
    Ok(())
}
