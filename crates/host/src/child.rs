//! Children of the process: shells.

use crate::errno::{Sys, check};
use std::ffi::CStr;

/// `system(3)`: the raw status.
pub fn system(command: &CStr) -> Sys<i32> {
    // SAFETY: the command ends with a NUL.
    check(unsafe { libc::system(command.as_ptr()) })
}
