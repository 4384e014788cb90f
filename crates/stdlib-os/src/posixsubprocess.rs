//! `_posixsubprocess`: what `subprocess` starts children with.

use crate::posix::fork;
use crate::support::{OrRaise, encode};
use host::child::{Plan, become_program, start};
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

/// The texts of a sequence, by its length and its indices: what has them need not be iterable.
fn texts(items: Borrowed<'_>) -> PyResult<Vec<CString>> {
    let count = items.len()?;
    let mut texts = object::memory::vec_with_capacity(count)?;
    for index in 0..count {
        texts.push(text_of(items.seq_getitem(index.cast_signed())?.b())?);
    }
    Ok(texts)
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

/// A user or group.
fn id(value: Borrowed<'_>, group: bool) -> PyResult<u32> {
    if group { crate::support::gid(value).map(|id| id.0) } else { crate::support::uid(value).map(|id| id.0) }
}

/// The supplementary groups.
fn group_list(groups: Borrowed<'_>) -> PyResult<Vec<u32>> {
    if !groups.class().has(abi::tpflags::LIST_SUBCLASS) {
        return Err(raise!(TypeError, "setgroups argument must be a list"));
    }
    let groups = groups.to_vec()?;
    if groups.len() > 65536 {
        return Err(raise!(ValueError, "too many extra_groups"));
    }
    let mut ids = Vec::new();
    for group in groups {
        if !int::check(group.b()) {
            return Err(raise!(TypeError, "extra_groups must be integers"));
        }
        ids.push(id(group.b(), true).map_err(|raised| {
            raised.clear();
            raise!(ValueError, "invalid group id")
        })?);
    }
    Ok(ids)
}

/// The descriptors that stay open: a tuple of ints that grow.
fn numbers(values: Borrowed<'_>) -> PyResult<Vec<i32>> {
    let Some(items) = object::value::tuple::items(values) else {
        return Err(raise!(TypeError, "fork_exec() argument 4 must be tuple, not {}", values.class().tp_name()));
    };
    let descriptor = |item: &Borrowed<'_>| {
        int::check(*item).then(|| int::to_i64(*item)).flatten().and_then(|fd| i32::try_from(fd).ok()).filter(|fd| *fd >= 0)
    };
    let all: Option<Vec<i32>> = items.iter().map(descriptor).collect();
    match all {
        Some(all) if all.is_sorted_by(|first, second| first < second) => Ok(all),
        _ => Err(raise!(ValueError, "bad value(s) in fds_to_keep")),
    }
}

/// The raw arguments of `fork_exec`, in order.
fn fork_and_run(arguments: &[Borrowed<'_>]) -> PyResult<i32> {
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
    let preexec = given(preexec);
    let interpreter = object::thread::current().interpreter();
    let ending = interpreter.finalizing.get();
    if preexec.is_some() && !interpreter.is_main() {
        return Err(raise!(RuntimeError, "preexec_fn not supported within subinterpreters"));
    }
    if preexec.is_some() && ending {
        return Err(raise!(PythonFinalizationError, "preexec_fn not supported at interpreter shutdown"));
    }
    if close_fds.is_true()? && number(errpipe_write)? < 3 {
        return Err(raise!(ValueError, "errpipe_write must be >= 3"));
    }
    let keep = numbers(keep)?;
    let programs = texts(programs)?;
    let arguments = given(args).map(texts).transpose()?.unwrap_or_default();
    let environment = given(env).map(texts).transpose()?;
    let dir = given(cwd).map(text_of).transpose()?;
    let groups = given(groups).map(group_list).transpose()?;
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
        group: given(gid).map(|gid| id(gid, true)).transpose()?,
        groups: groups.as_deref(),
        user: given(uid).map(|uid| id(uid, false)).transpose()?,
        mask: (mask >= 0).then_some(mask.unsigned_abs()),
    };
    match preexec {
        None => start(&plan).or_raise(),
        Some(preexec) => start_with(&plan, preexec),
    }
}

/// Forks as `os.fork` does, so that the child can call `preexec`.
fn start_with(plan: &Plan<'_>, preexec: Borrowed<'_>) -> PyResult<i32> {
    fork::before();
    match object::fork::process() {
        Ok(0) => {
            fork::after_in_child();
            become_program(plan, &mut || match preexec.call0() {
                Ok(_) => true,
                Err(raised) => {
                    raised.clear();
                    false
                }
            })
        }
        result => {
            fork::after_in_parent();
            result.or_raise()
        }
    }
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
        fork_and_run(args)
    }
}
