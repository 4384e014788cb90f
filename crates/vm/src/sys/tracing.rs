//! Setting trace and profile functions. The interpreter does not call them yet, so setting one is refused; removing one always works.

use object::{Borrowed, PyResult, RawField, raise, thread};

/// `sys.settrace`.
pub(super) fn set_trace(function: Option<Borrowed<'_>>) -> PyResult<()> {
    if function.is_some() {
        return Err(raise!(NotImplementedError, "trace functions are not supported yet"));
    }
    thread::current().raw.c_traceobj.store(None);
    Ok(())
}

/// `sys.setprofile`.
pub(super) fn set_profile(function: Option<Borrowed<'_>>) -> PyResult<()> {
    if function.is_some() {
        return Err(raise!(NotImplementedError, "profile functions are not supported yet"));
    }
    thread::current().raw.c_profileobj.store(None);
    Ok(())
}
