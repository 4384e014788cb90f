//! `posix`: the operating system's interface, by subject (CPython's `posixmodule.c`).

mod attributes;
mod constants;
mod descriptor;
mod directory;
pub(crate) mod fork;
mod ids;
mod misc;
mod names;
mod process;
mod scheduling;
mod spawn;
mod special;
mod stat;
mod terminal;
mod waiting;

pub(crate) use ids::name as system_name;
pub(crate) use process::content as system_bytes;

use macros::pymodule;
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, Ref, exc, hooks};

const HAVE: &[&str] = &[
    "HAVE_EVENTFD",
    "HAVE_TIMERFD_CREATE",
    "HAVE_FACCESSAT",
    "HAVE_FCHDIR",
    "HAVE_FCHMOD",
    "HAVE_FCHMODAT",
    "HAVE_FCHOWN",
    "HAVE_FCHOWNAT",
    "HAVE_FEXECVE",
    "HAVE_FDOPENDIR",
    "HAVE_FPATHCONF",
    "HAVE_FSTATAT",
    "HAVE_FSTATVFS",
    "HAVE_FTRUNCATE",
    "HAVE_FUTIMENS",
    "HAVE_FUTIMES",
    "HAVE_FUTIMESAT",
    "HAVE_LINKAT",
    "HAVE_LCHOWN",
    "HAVE_LSTAT",
    "HAVE_LUTIMES",
    "HAVE_MEMFD_CREATE",
    "HAVE_MKDIRAT",
    "HAVE_MKFIFOAT",
    "HAVE_MKNODAT",
    "HAVE_OPENAT",
    "HAVE_READLINKAT",
    "HAVE_RENAMEAT",
    "HAVE_SYMLINKAT",
    "HAVE_UNLINKAT",
    "HAVE_UTIMENSAT",
    "HAVE_PTSNAME_R",
];

/// The environment as a dict of bytes; of a repeated name the first counts.
fn environment() -> PyResult<Ref> {
    let dict = (hooks::get().dict_new)()?;
    for (name, value) in host::environment::variables() {
        let name = bytes::new(&name)?;
        if (hooks::get().dict_get)(dict.b(), name.b())?.is_none() {
            (hooks::get().dict_set)(dict.b(), name.b(), bytes::new(&value)?.b())?;
        }
    }
    Ok(dict)
}

/// This module provides access to operating system functionality that is
/// standardized by the C Standard and the POSIX standard (a thinly
/// disguised Unix interface).  Refer to the library manual and
/// corresponding Unix manual entries for more information on calls.
#[pymodule(
    name = "posix",
    parts(
        super::stat::part,
        super::directory::part,
        super::descriptor::part,
        super::misc::part,
        super::process::part,
        super::ids::part,
        super::scheduling::part,
        super::waiting::part,
        super::fork::part,
        super::spawn::part,
        super::special::part,
        super::attributes::part,
        super::terminal::part
    )
)]
pub mod module {
    use super::*;

    /// Create the environment dictionary.
    #[pyfunction("()")]
    fn _create_environ() -> PyResult<Ref> {
        environment()
    }

    #[pyattr]
    fn environ() -> PyResult<Ref> {
        environment()
    }

    #[pyattr]
    fn error() -> Ref {
        exc::OSError.to_ref()
    }

    #[pyattr]
    fn _have_functions() -> PyResult<Ref> {
        let names = HAVE.iter().map(|name| text::new(name)).collect::<PyResult<Vec<Ref>>>()?;
        (hooks::get().list_new)(names)
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        crate::support::add_constants(module, super::constants::CONSTANTS)
    }
}
