//! The system's log.

use std::ffi::{CStr, CString};
use std::sync::{Mutex, PoisonError};

/// The C library keeps the pointer to the name: it must live until the next `open` or `close`.
static IDENT: Mutex<Option<CString>> = Mutex::new(None);

/// `openlog(3)`
pub fn open(ident: Option<CString>, option: i32, facility: i32) {
    let mut held = IDENT.lock().unwrap_or_else(PoisonError::into_inner);
    let pointer = ident.as_ref().map_or(std::ptr::null(), |ident| ident.as_ptr());
    // SAFETY: the text is kept until the C library has another one.
    unsafe { libc::openlog(pointer, option, facility) };
    *held = ident;
}

/// `syslog(3)`
pub fn write(priority: i32, message: &CStr) {
    // SAFETY: the format takes one text, which ends with a NUL.
    unsafe { libc::syslog(priority, c"%s".as_ptr(), message.as_ptr()) };
}

/// `closelog(3)`
pub fn close() {
    let mut held = IDENT.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: a plain call.
    unsafe {
        libc::closelog();
        // Nothing points to the old name any more.
        libc::openlog(std::ptr::null(), 0, libc::LOG_USER);
        libc::closelog();
    }
    *held = None;
}

/// `setlogmask(3)`: the mask before.
pub fn set_mask(mask: i32) -> i32 {
    // SAFETY: a plain call.
    unsafe { libc::setlogmask(mask) }
}
