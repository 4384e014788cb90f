//! `_posixshmem`: shared memory objects.

use crate::support::{file_error, run_pending};
use host::errno::{Errno, Sys};
use macros::pymodule;
use object::convert::Str;
use object::value::str as text;
use object::{PyResult, gil, raise};
use std::ffi::{CStr, CString};

/// Runs a call on the name, repeated while signals interrupt it.
fn named<T>(path: Str<'_>, call: impl Fn(&CStr) -> Sys<T>) -> PyResult<T> {
    let content = text::to_string(path.0).ok_or_else(|| object::convert::surrogates_not_allowed(path.0))?;
    let name = CString::new(content).map_err(|_| raise!(ValueError, "embedded null character"))?;
    loop {
        match gil::without(|| call(&name)) {
            Err(Errno::EINTR) => run_pending()?,
            result => return result.map_err(|errno| file_error(errno, path.0)),
        }
    }
}

/// POSIX shared memory module
#[pymodule(name = "_posixshmem")]
pub mod module {
    use super::*;
    use object::Borrowed;

    /// Open a shared memory object.  Returns a file descriptor (integer).
    #[pyfunction("($module, /, path, flags, mode=511)")]
    fn shm_open(_module: Borrowed<'_>, path: Str<'_>, flags: i32, mode: i32) -> PyResult<i32> {
        named(path, |name| host::mmap::open_shared(name, flags, mode.cast_unsigned()))
    }

    /// Remove a shared memory object (similar to unlink()).
    ///
    /// Remove a shared memory object name, and, once all processes have
    /// unmapped the object, de-allocates and destroys the contents of the
    /// associated memory region.
    #[pyfunction("($module, path, /)")]
    fn shm_unlink(_module: Borrowed<'_>, path: Str<'_>) -> PyResult<()> {
        named(path, host::mmap::unlink_shared)
    }
}
