//! Whom a warning is about: the Python function some calls up the stack; and the filters of the running context.

use crate::frame::{self, Frame};
use crate::lifecycle::support;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, core, error, id, thread};

/// A place in a Python function.
pub(super) struct Caller {
    pub(super) filename: Ref,
    pub(super) lineno: i32,
    pub(super) module: Ref,
    pub(super) registry: Ref,
}

/// Frames of importlib don't count as callers.
fn is_internal(frame: &Frame) -> bool {
    let name = text::to_string_lossy(frame.code().filename_object());
    name.contains("importlib") && name.contains("_bootstrap")
}

fn is_skipped(frame: &Frame, prefixes: &[Borrowed<'_>]) -> bool {
    if is_internal(frame) {
        return true;
    }
    let Some(name) = text::data(frame.code().filename_object()) else { return false };
    prefixes
        .iter()
        .filter_map(|prefix| text::data(*prefix))
        .any(|prefix| name.len() >= prefix.len() && name.iter().zip(prefix.iter()).all(|(a, b)| a == b))
}

fn next_external<'a>(mut current: Option<&'a Frame>, prefixes: &[Borrowed<'_>]) -> Option<&'a Frame> {
    loop {
        current = current.and_then(Frame::back);
        match current {
            Some(frame) if is_skipped(frame, prefixes) => {}
            other => return other,
        }
    }
}

/// The caller that `stacklevel` names.
pub(super) fn caller(stacklevel: isize, prefixes: &[Borrowed<'_>]) -> PyResult<Caller> {
    let mut level = if prefixes.is_empty() { stacklevel } else { stacklevel.max(2) };
    let mut current = frame::visible(thread::current());
    if level <= 0 || current.is_some_and(is_internal) {
        while level > 1 && current.is_some() {
            current = current.and_then(Frame::back);
            level -= 1;
        }
    } else {
        while level > 1 && current.is_some() {
            current = next_external(current, prefixes);
            level -= 1;
        }
    }
    let (globals, filename, lineno) = match current {
        Some(frame) => {
            let lineno = frame.code().line_of(frame.instruction_index()).unwrap_or(0);
            (frame.globals().to_ref(), frame.code().filename_object().to_ref(), lineno)
        }
        None => {
            let sys = thread::current().interpreter().sys_dict.get();
            (sys.map_or_else(support::dict_new, Ok)?, text::new("<sys>")?, 0)
        }
    };
    let registry = match support::dict_get(globals.b(), id!("__warningregistry__"))? {
        Some(registry) => registry,
        None => {
            let registry = support::dict_new()?;
            support::dict_set(globals.b(), id!("__warningregistry__"), registry.b())?;
            registry
        }
    };
    let module = support::dict_get(globals.b(), id!("__name__"))?;
    let module = match module.filter(|module| module.is(&core::none()) || text::check(module.b())) {
        Some(module) => module,
        None => text::new("<string>")?,
    };
    Ok(Caller { filename, lineno, module, registry })
}

/// The context variable that holds the filters of a context, where there are such variables.
pub(super) fn variable() -> Option<Ref> {
    crate::import::find_native("_contextvars")?;
    error::preserving(|| {
        support::quietly(|| {
            let class = support::import_attr("_contextvars", "ContextVar")?;
            class.call1(text::new("_warnings_context")?.b())
        })
    })
}

/// The filters of the running context, where `-X context_aware_warnings` is on and the context has some.
pub(super) fn filters() -> PyResult<Option<Ref>> {
    if !crate::lifecycle::config().is_some_and(|config| config.context_aware_warnings) {
        return Ok(None);
    }
    let Some(variable) = super::filters::state().context.get() else { return Ok(None) };
    let context = variable.call_method(id!("get"), &[core::none()])?;
    if context.is(&core::none()) { Ok(None) } else { context.getattr(id!("_filters")).map(Some) }
}
