//! `posix_spawn` and `posix_spawnp`.

use super::process::{arguments, content, environment};
use super::scheduling::priority;
use crate::path::Path;
use host::spawn::{self, FileAction, Request};
use macros::pymodule;
use object::value::{int, tuple};
use object::{Borrowed, PyResult, core, hooks, raise};
use std::ffi::CString;

const OPEN: i32 = 0;
const CLOSE: i32 = 1;
const DUPLICATE: i32 = 2;
const CLOSE_FROM: i32 = 3;

fn number(value: Borrowed<'_>) -> PyResult<i32> {
    let number = value.index()?;
    int::to_i64(number.b())
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| raise!(OverflowError, "signed integer is greater than maximum"))
}

fn given<'a>(value: Option<Borrowed<'a>>) -> Option<Borrowed<'a>> {
    value.filter(|value| !value.is(&core::none()))
}

fn action(item: Borrowed<'_>) -> PyResult<FileAction> {
    let parts = match tuple::items(item) {
        Some(parts) if !parts.is_empty() => parts,
        _ => return Err(raise!(TypeError, "Each file_actions element must be a non-empty tuple")),
    };
    let wrong = |kind: &str, len: usize| raise!(TypeError, "A {kind} file_action tuple must have {len} elements");
    match number(parts.first().copied().unwrap_or(core::none()))? {
        OPEN => {
            let &[_, fd, path, flags, mode] = parts else { return Err(wrong("open", 5)) };
            let (fd, flags, mode) = match (int::check(fd), int::check(flags), int::check(mode)) {
                (true, true, true) => (number(fd)?, number(flags)?, number(mode)?),
                _ => return Err(wrong("open", 5)),
            };
            let path = CString::new(content(path)?).map_err(|_| raise!(ValueError, "embedded null byte"))?;
            Ok(FileAction::Open { fd, path, flags, mode: mode.cast_unsigned() })
        }
        CLOSE => match parts {
            &[_, fd] => Ok(FileAction::Close(number(fd)?)),
            _ => Err(wrong("close", 2)),
        },
        DUPLICATE => match parts {
            &[_, fd, target] => Ok(FileAction::Duplicate(number(fd)?, number(target)?)),
            _ => Err(wrong("dup2", 3)),
        },
        CLOSE_FROM => match parts {
            &[_, fd] => Ok(FileAction::CloseFrom(number(fd)?)),
            _ => Err(wrong("closefrom", 2)),
        },
        _ => Err(raise!(TypeError, "Unknown file_actions identifier")),
    }
}

fn actions(value: Option<Borrowed<'_>>) -> PyResult<Vec<FileAction>> {
    match given(value) {
        None => Ok(Vec::new()),
        Some(value) if !value.is_sequence() => Err(raise!(TypeError, "file_actions must be a sequence or None")),
        Some(value) => value.to_vec()?.iter().map(|item| action(item.b())).collect(),
    }
}

fn scheduler(value: Option<Borrowed<'_>>, function: &str) -> PyResult<Option<(Option<i32>, i32)>> {
    let Some(value) = given(value) else { return Ok(None) };
    let Some(parts) = tuple::items(value) else {
        return Err(raise!(TypeError, "{function}: scheduler must be a tuple or None"));
    };
    let &[policy, param] = parts else { return Err(raise!(TypeError, "A scheduler tuple must have two elements")) };
    let policy = if policy.is(&core::none()) { None } else { Some(number(policy)?) };
    Ok(Some((policy, priority(param)?)))
}

/// The optional settings, as they were given.
struct Options<'a> {
    actions: Option<Borrowed<'a>>,
    group: Option<Borrowed<'a>>,
    reset_ids: bool,
    new_session: bool,
    mask: Option<Borrowed<'a>>,
    defaults: Option<Borrowed<'a>>,
    scheduler: Option<Borrowed<'a>>,
}

/// The signals of an iterable; none where it is an empty tuple, the default.
fn signals(value: Option<Borrowed<'_>>) -> PyResult<Option<Vec<i32>>> {
    value.map(crate::signal::numbers).transpose()
}

fn start(function: &str, path: &Path, argv: Borrowed<'_>, env: Borrowed<'_>, options: &Options<'_>) -> PyResult<i32> {
    let arguments = arguments(argv, &format!("{function}: argv"))?;
    let environment = match env.is(&core::none()) {
        true => None,
        false if env.class().mp_subscript().is_none() => {
            return Err(raise!(TypeError, "{function}: environment must be a mapping object or None"));
        }
        false => Some(environment(env)?),
    };
    let actions = actions(options.actions)?;
    let group = given(options.group).map(number).transpose()?;
    let mask = signals(options.mask)?;
    let defaults = signals(options.defaults)?;
    let scheduler = scheduler(options.scheduler, function)?;
    hooks::audit("os.posix_spawn", &[path.object(), argv, env])?;
    let request = Request {
        path: path.c(),
        along_path: function == "posix_spawnp",
        arguments: &arguments,
        environment: environment.as_deref(),
        actions: &actions,
        group,
        reset_ids: options.reset_ids,
        new_session: options.new_session,
        mask: mask.as_deref(),
        defaults: defaults.as_deref(),
        scheduler,
    };
    spawn::spawn(&request).map_err(|errno| crate::support::file_error(errno, path.object()))
}

#[pymodule(part)]
#[allow(clippy::too_many_arguments, reason = "the functions have that many parameters")]
pub(crate) mod part {
    use super::*;

    /// Execute the program specified by path in a new process.
    ///
    ///   path
    ///     Path of executable file.
    ///   argv
    ///     Tuple or list of strings.
    ///   env
    ///     Dictionary of strings mapping to strings.
    ///   file_actions
    ///     A sequence of file action tuples.
    ///   setpgroup
    ///     The pgroup to use with the POSIX_SPAWN_SETPGROUP flag.
    ///   resetids
    ///     If the value is `true` the POSIX_SPAWN_RESETIDS will be activated.
    ///   setsid
    ///     If the value is `true` the POSIX_SPAWN_SETSID or POSIX_SPAWN_SETSID_NP
    ///     will be activated.
    ///   setsigmask
    ///     The sigmask to use with the POSIX_SPAWN_SETSIGMASK flag.
    ///   setsigdef
    ///     The sigmask to use with the POSIX_SPAWN_SETSIGDEF flag.
    ///   scheduler
    ///     A tuple with the scheduler policy (optional) and parameters.
    #[pyfunction(
        "($module, path, argv, env, /, *, file_actions=None, setpgroup=None, resetids=False, setsid=False, setsigmask=None, setsigdef=None, scheduler=None)"
    )]
    fn posix_spawn(
        _module: Borrowed<'_>,
        path: Path,
        argv: Borrowed<'_>,
        env: Borrowed<'_>,
        file_actions: Option<Borrowed<'_>>,
        setpgroup: Option<Borrowed<'_>>,
        resetids: bool,
        setsid: bool,
        setsigmask: Option<Borrowed<'_>>,
        setsigdef: Option<Borrowed<'_>>,
        scheduler: Option<Borrowed<'_>>,
    ) -> PyResult<i32> {
        let options = Options {
            actions: file_actions,
            group: setpgroup,
            reset_ids: resetids,
            new_session: setsid,
            mask: setsigmask,
            defaults: setsigdef,
            scheduler,
        };
        start("posix_spawn", &path, argv, env, &options)
    }

    /// Execute the program specified by path in a new process.
    ///
    ///   path
    ///     Path of executable file.
    ///   argv
    ///     Tuple or list of strings.
    ///   env
    ///     Dictionary of strings mapping to strings.
    ///   file_actions
    ///     A sequence of file action tuples.
    ///   setpgroup
    ///     The pgroup to use with the POSIX_SPAWN_SETPGROUP flag.
    ///   resetids
    ///     If the value is `True` the POSIX_SPAWN_RESETIDS will be activated.
    ///   setsid
    ///     If the value is `True` the POSIX_SPAWN_SETSID or POSIX_SPAWN_SETSID_NP
    ///     will be activated.
    ///   setsigmask
    ///     The sigmask to use with the POSIX_SPAWN_SETSIGMASK flag.
    ///   setsigdef
    ///     The sigmask to use with the POSIX_SPAWN_SETSIGDEF flag.
    ///   scheduler
    ///     A tuple with the scheduler policy (optional) and parameters.
    #[pyfunction(
        "($module, path, argv, env, /, *, file_actions=None, setpgroup=None, resetids=False, setsid=False, setsigmask=None, setsigdef=None, scheduler=None)"
    )]
    fn posix_spawnp(
        _module: Borrowed<'_>,
        path: Path,
        argv: Borrowed<'_>,
        env: Borrowed<'_>,
        file_actions: Option<Borrowed<'_>>,
        setpgroup: Option<Borrowed<'_>>,
        resetids: bool,
        setsid: bool,
        setsigmask: Option<Borrowed<'_>>,
        setsigdef: Option<Borrowed<'_>>,
        scheduler: Option<Borrowed<'_>>,
    ) -> PyResult<i32> {
        let options = Options {
            actions: file_actions,
            group: setpgroup,
            reset_ids: resetids,
            new_session: setsid,
            mask: setsigmask,
            defaults: setsigdef,
            scheduler,
        };
        start("posix_spawnp", &path, argv, env, &options)
    }
}
