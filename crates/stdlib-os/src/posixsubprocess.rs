//! `_posixsubprocess`: what `subprocess` starts children with.

use crate::support::{OrRaise, encode};
use host::child::{Plan, start};
use macros::pymodule;
use object::value::{bytes, int};
use object::{Borrowed, PyResult, core, raise};
use std::ffi::CString;

fn text_of(item: Borrowed<'_>) -> PyResult<CString> {
    let item = crate::path::fspath(item)?;
    let content = match bytes::value(item.b()) {
        Some(content) => content.to_vec(),
        None => encode(item.b())?,
    };
    CString::new(content).map_err(|_| raise!(ValueError, "embedded null byte"))
}

fn texts(items: Borrowed<'_>) -> PyResult<Vec<CString>> {
    items.to_vec()?.iter().map(|item| text_of(item.b())).collect()
}

fn given<'a>(value: Borrowed<'a>) -> Option<Borrowed<'a>> {
    (!value.is(&core::none())).then_some(value)
}

fn number(value: Borrowed<'_>) -> PyResult<i32> {
    let number = value.index()?;
    int::to_i64(number.b())
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C int"))
}

fn id(value: Borrowed<'_>) -> PyResult<u32> {
    let number = value.index()?;
    int::to_i64(number.b()).and_then(|number| u32::try_from(number).ok()).ok_or_else(|| raise!(ValueError, "invalid group id"))
}

fn numbers(values: Borrowed<'_>) -> PyResult<Vec<i32>> {
    let mut all = values.to_vec()?.iter().map(|value| number(value.b())).collect::<PyResult<Vec<i32>>>()?;
    if all.iter().any(|fd| *fd < 0) || !all.is_sorted_by(|first, second| first < second) {
        return Err(raise!(ValueError, "bad value(s) in fds_to_keep"));
    }
    all.dedup();
    Ok(all)
}

/// The raw arguments of `fork_exec`, in order.
fn fork(arguments: &[Borrowed<'_>]) -> PyResult<i32> {
    let &[
        args,
        programs,
        close_fds,
        keep,
        cwd,
        env,
        p2cread,
        _p2cwrite,
        _c2pread,
        c2pwrite,
        _errread,
        errwrite,
        _errpipe_read,
        errpipe_write,
        restore_signals,
        call_setsid,
        pgid,
        gid,
        groups,
        uid,
        mask,
        preexec,
    ] = arguments
    else {
        return Err(raise!(TypeError, "fork_exec expected 22 arguments, got {}", arguments.len()));
    };
    if given(preexec).is_some() {
        return Err(raise!(RuntimeError, "preexec_fn not supported"));
    }
    let keep = numbers(keep)?;
    let programs = texts(programs)?;
    let arguments = given(args).map(texts).transpose()?.unwrap_or_default();
    let environment = given(env).map(texts).transpose()?;
    let dir = given(cwd).map(text_of).transpose()?;
    let groups = given(groups)
        .map(|groups| groups.to_vec()?.iter().map(|group| id(group.b())).collect::<PyResult<Vec<u32>>>())
        .transpose()?;
    let error_pipe = number(errpipe_write)?;
    let inherited: Vec<i32> = keep.iter().copied().filter(|fd| *fd != error_pipe).collect();
    let mask = number(mask)?;
    let group = number(pgid)?;
    let plan = Plan {
        programs: &programs,
        arguments: &arguments,
        environment: environment.as_deref(),
        dir: dir.as_deref(),
        standard: [number(p2cread)?, number(c2pwrite)?, number(errwrite)?],
        error_pipe,
        close_but: close_fds.is_true()?.then_some(keep.as_slice()),
        keep: &inherited,
        restore_signals: restore_signals.is_true()?,
        new_session: call_setsid.is_true()?,
        process_group: (group >= 0).then_some(group),
        group: given(gid).map(id).transpose()?,
        groups: groups.as_deref(),
        user: given(uid).map(id).transpose()?,
        mask: (mask >= 0).then_some(mask.unsigned_abs()),
    };
    start(&plan).or_raise()
}

/// A POSIX helper for the subprocess module.
#[pymodule(name = "_posixsubprocess")]
pub mod module {
    use super::*;

    /// Spawn a fresh new child process.
    ///
    /// Fork a child process, close parent file descriptors as appropriate in the
    /// child and duplicate the few that are needed before calling exec() in the
    /// child process.
    #[pyfunction("($module, /, *args)")]
    fn fork_exec(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<i32> {
        fork(args)
    }
}
