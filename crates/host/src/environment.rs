//! The environment of the process, as bytes.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Mutex;

use crate::errno::{Errno, Sys};

/// Changes exclude each other; C code that reads the environment at the same time is on its own, as under CPython.
static CHANGES: Mutex<()> = Mutex::new(());

/// All variables.
pub fn variables() -> Vec<(Vec<u8>, Vec<u8>)> {
    std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect()
}

/// The value of a variable.
pub fn get(name: &[u8]) -> Option<Vec<u8>> {
    std::env::var_os(OsStr::from_bytes(name)).map(OsString::into_vec)
}

fn check_name(name: &[u8], value: &[u8]) -> Sys<()> {
    if name.is_empty() || name.contains(&b'=') || name.contains(&0) || value.contains(&0) {
        return Err(Errno(libc::EINVAL));
    }
    Ok(())
}

/// Sets a variable; `EINVAL` for an illegal name.
pub fn set(name: &[u8], value: &[u8]) -> Sys<()> {
    check_name(name, value)?;
    let _held = CHANGES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // SAFETY: std's own lock excludes readers in Rust; name and value were checked.
    unsafe { std::env::set_var(OsStr::from_bytes(name), OsStr::from_bytes(value)) };
    Ok(())
}

/// Removes a variable; `EINVAL` for an illegal name.
pub fn unset(name: &[u8]) -> Sys<()> {
    check_name(name, b"")?;
    let _held = CHANGES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // SAFETY: std's own lock excludes readers in Rust; the name was checked.
    unsafe { std::env::remove_var(OsStr::from_bytes(name)) };
    Ok(())
}
