//! SyntaxWarnings of parser and compiler, through the filters of `warnings`.

use compiler::error::Verdict;
use object::{Borrowed, Raised, Ref, TypeObject, core, error, exc, thread};
use syntax::WarningOutcome;

/// Issues warnings for one program; keeps an exception that was raised meanwhile.
pub struct Sink<'a> {
    filename: Borrowed<'a>,
    raised: Option<Ref>,
}

impl<'a> Sink<'a> {
    pub fn new(filename: Borrowed<'a>) -> Self {
        Sink { filename, raised: None }
    }

    /// The exception that a warning raised, put back.
    pub fn take_raised(&mut self) -> Option<Raised> {
        self.raised.take().map(error::restore)
    }

    fn issue(&mut self, class: &'static TypeObject, message: &str, lineno: i32) -> WarningOutcome {
        if thread::current().interpreter().sys_dict.is_none() {
            return WarningOutcome::Continue;
        }
        // Filters and what shows the warning are programs, whose memory lasts.
        let _pause = host::region::Scope::pause();
        let result = crate::warnings::warn_explicit(class, message, self.filename, lineno, core::none(), None);
        match result {
            Ok(()) => WarningOutcome::Continue,
            Err(raised) if raised.is_a(class) => {
                raised.clear();
                WarningOutcome::Error
            }
            Err(raised) => {
                self.raised = Some(raised.take());
                WarningOutcome::Raised
            }
        }
    }
}

impl syntax::WarningSink for Sink<'_> {
    fn warn(&mut self, warning: &syntax::SyntaxWarning) -> WarningOutcome {
        let class = if warning.deprecation { &exc::DeprecationWarning } else { &exc::SyntaxWarning };
        self.issue(class, &warning.message, warning.lineno)
    }
}

impl compiler::error::WarnSink for Sink<'_> {
    fn warn(&mut self, warning: compiler::Warning) -> Verdict {
        match self.issue(&exc::SyntaxWarning, &warning.message, warning.location.lineno) {
            WarningOutcome::Continue => Verdict::Continue,
            WarningOutcome::Error => Verdict::SyntaxError,
            WarningOutcome::Raised => Verdict::Raised,
        }
    }
}
