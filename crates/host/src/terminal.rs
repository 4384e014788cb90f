//! Pseudo-terminals.

use crate::errno::{Sys, check};
use std::os::fd::RawFd;

/// `openpty(3)`: master and slave, not inheritable.
pub fn open_pair() -> Sys<(RawFd, RawFd)> {
    let (mut master, mut slave) = (-1, -1);
    let null = std::ptr::null_mut();
    // SAFETY: the descriptors are written to locals; name, settings and size may be null.
    check(unsafe { libc::openpty(&mut master, &mut slave, null, std::ptr::null_mut(), std::ptr::null_mut()) })?;
    crate::fd::set_inheritable(master, false)?;
    crate::fd::set_inheritable(slave, false)?;
    Ok((master, slave))
}
