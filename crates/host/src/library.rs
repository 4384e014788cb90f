//! Shared libraries.

use std::ffi::{CStr, CString, c_void};

/// Loads the library at `path`, or gives the program itself, with `dlopen`'s flags; a library stays loaded to the end of the process. The error is `dlerror`'s text.
pub fn open(path: Option<&CStr>, flags: i32) -> Result<*mut c_void, String> {
    // Some use its functions without saying so, since CPython's program is linked with it.
    crate::libm::load();
    crate::locale::settle();
    crate::locale::messages_may_change();
    // SAFETY: a plain call; the library's initialisers are its own affair.
    let handle = unsafe { libc::dlopen(path.map_or(std::ptr::null(), CStr::as_ptr), flags) };
    if handle.is_null() { Err(last_error()) } else { Ok(handle) }
}

/// The address of a symbol, or null.
pub fn symbol(library: *mut c_void, name: &CString) -> *mut c_void {
    // SAFETY: a handle of `open`.
    unsafe { libc::dlsym(library, name.as_ptr()) }
}

fn last_error() -> String {
    // SAFETY: the text is copied before the next call.
    unsafe {
        let text = libc::dlerror();
        if text.is_null() { "unknown dlopen() error".to_owned() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
    }
}
