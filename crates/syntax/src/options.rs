//! What to parse, and how.

use crate::error::{SyntaxWarning, WarningOutcome};

/// The start rule, `compile`'s `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Exec,
    Eval,
    Single,
    FuncType,
}

/// Parser flags (CPython's `PyCF_*` and `PyPARSE_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u32);

impl Flags {
    /// `PyCF_DONT_IMPLY_DEDENT`: an interactive block is complete only after an empty line.
    pub const DONT_IMPLY_DEDENT: Flags = Flags(1);
    /// `PyCF_TYPE_COMMENTS`.
    pub const TYPE_COMMENTS: Flags = Flags(2);
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`: an error at the end of the source is an `_IncompleteInputError`.
    pub const ALLOW_INCOMPLETE_INPUT: Flags = Flags(4);
    /// `from __future__ import barry_as_FLUFL` is in force.
    pub const BARRY_AS_BDFL: Flags = Flags(8);
    /// The source is a file that is run, which CPython reads line by line: an error at its end, in no token, has no column.
    pub const FILE: Flags = Flags(16);

    pub fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Flags) {
        self.0 |= other.0;
    }
}

/// How to parse.
#[derive(Debug, Clone, Copy)]
pub struct ParseOptions {
    pub mode: Mode,
    pub flags: Flags,
    /// The minor version of Python whose grammar is accepted.
    pub feature_version: u8,
    /// `sys.get_int_max_str_digits()`, 0 for no limit.
    pub max_str_digits: usize,
    /// Lowest address to which the native stack may grow. With 0 the parser takes 1.5 MiB at most and then gives a MemoryError;
    /// CPython's depth (6,000 rules) needs about 4 MiB.
    pub stack_limit: usize,
}

impl Default for ParseOptions {
    fn default() -> Self {
        ParseOptions { mode: Mode::Exec, flags: Flags::default(), feature_version: 14, max_str_digits: 4300, stack_limit: 0 }
    }
}

/// Receives warnings in the order in which CPython issues them.
pub trait WarningSink {
    fn warn(&mut self, warning: &SyntaxWarning) -> WarningOutcome;
}

impl WarningSink for Vec<SyntaxWarning> {
    fn warn(&mut self, warning: &SyntaxWarning) -> WarningOutcome {
        self.push(warning.clone());
        WarningOutcome::Continue
    }
}

/// Ignores all warnings.
impl WarningSink for () {
    fn warn(&mut self, _: &SyntaxWarning) -> WarningOutcome {
        WarningOutcome::Continue
    }
}
