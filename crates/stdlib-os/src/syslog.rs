//! `syslog`.

use crate::support::{add_constants, encode};
use macros::pymodule;
use object::convert::Str;
use object::value::{int, str as text};
use object::{Borrowed, FromArg, PyResult, Ref, core, hooks, raise, thread};
use std::cell::Cell;
use std::ffi::CString;

const CONSTANTS: &[(&str, i64)] = &[
    ("LOG_ALERT", 1),
    ("LOG_AUTH", 32),
    ("LOG_AUTHPRIV", 80),
    ("LOG_CONS", 2),
    ("LOG_CRIT", 2),
    ("LOG_CRON", 72),
    ("LOG_DAEMON", 24),
    ("LOG_DEBUG", 7),
    ("LOG_EMERG", 0),
    ("LOG_ERR", 3),
    ("LOG_FTP", 88),
    ("LOG_INFO", 6),
    ("LOG_KERN", 0),
    ("LOG_LOCAL0", 128),
    ("LOG_LOCAL1", 136),
    ("LOG_LOCAL2", 144),
    ("LOG_LOCAL3", 152),
    ("LOG_LOCAL4", 160),
    ("LOG_LOCAL5", 168),
    ("LOG_LOCAL6", 176),
    ("LOG_LOCAL7", 184),
    ("LOG_LPR", 48),
    ("LOG_MAIL", 16),
    ("LOG_NDELAY", 8),
    ("LOG_NEWS", 56),
    ("LOG_NOTICE", 5),
    ("LOG_NOWAIT", 16),
    ("LOG_ODELAY", 4),
    ("LOG_PERROR", 32),
    ("LOG_PID", 1),
    ("LOG_SYSLOG", 40),
    ("LOG_USER", 8),
    ("LOG_UUCP", 64),
    ("LOG_WARNING", 4),
];

const LOG_INFO: i32 = 6;
const LOG_USER: i32 = 8;

/// Whether the log is open.
#[derive(Default)]
struct Open(Cell<bool>);

fn is_open() -> &'static Cell<bool> {
    &thread::current().interpreter().extensions.get::<Open>().0
}

/// What stands before messages where the program does not say: the name of the script.
fn script_name() -> PyResult<Option<Ref>> {
    let Some(sys) = thread::current().interpreter().sys_dict.get() else { return Ok(None) };
    let Some(argv) = sys.getitem_opt(text::new("argv")?.b())? else { return Ok(None) };
    if !argv.class().has(abi::tpflags::LIST_SUBCLASS) || argv.len()? == 0 {
        return Ok(None);
    }
    let first = argv.getitem(int::new(0)?.b())?;
    if !text::check(first.b()) || text::data(first.b()).is_none_or(|data| data.is_empty()) {
        return Ok(None);
    }
    let parts = first.call_method(object::id!("rsplit"), &[text::new("/")?.b(), int::new(1)?.b()])?;
    parts.getitem(int::new(-1)?.b()).map(Some)
}

/// C text: up to the first NUL.
fn c_text(value: Borrowed<'_>) -> PyResult<CString> {
    let mut content = encode(value)?;
    if let Some(end) = content.iter().position(|byte| *byte == 0) {
        content.truncate(end);
    }
    CString::new(content).map_err(|_| raise!(ValueError, "embedded null byte"))
}

fn open(ident: Option<Borrowed<'_>>, option: i32, facility: i32) -> PyResult<()> {
    let found = match ident {
        Some(ident) => Some(ident.to_ref()),
        None => script_name()?,
    };
    let shown = found.clone().unwrap_or_else(core::none_ref);
    let (option_object, facility_object) = (int::new(i64::from(option))?, int::new(i64::from(facility))?);
    hooks::audit("syslog.openlog", &[shown.b(), option_object.b(), facility_object.b()])?;
    let text = found.map(|ident| c_text(ident.b())).transpose()?;
    host::log::open(text, option, facility);
    is_open().set(true);
    Ok(())
}

#[pymodule(name = "syslog")]
#[allow(non_snake_case, reason = "some names are those of C macros")]
pub mod module {
    use super::*;

    /// Set logging options of subsequent syslog() calls.
    #[pyfunction("($module, /, ident=<unrepresentable>, logoption=0, facility=8)")]
    fn openlog(_module: Borrowed<'_>, ident: Option<Str<'_>>, logoption: i32, facility: i32) -> PyResult<()> {
        open(ident.map(|ident| ident.0), logoption, facility)
    }

    /// syslog([priority=LOG_INFO,] message)
    /// Send the string message to the system logger.
    #[pyfunction(text = None, "(*args)")]
    fn syslog(args: &[Borrowed<'_>]) -> PyResult<()> {
        static PRIORITY: object::args::ArgInfo = object::args::ArgInfo { function: "syslog", name: "", position: 1 };
        static ONLY: object::args::ArgInfo = object::args::ArgInfo { function: "syslog", name: "", position: 1 };
        static MESSAGE: object::args::ArgInfo = object::args::ArgInfo { function: "syslog", name: "", position: 2 };
        let (priority, message) = match *args {
            [message] => (LOG_INFO, Str::from_arg(message, &ONLY)?),
            [priority, message] => (i32::from_arg(priority, &PRIORITY)?, Str::from_arg(message, &MESSAGE)?),
            _ => return Err(raise!(TypeError, "syslog.syslog requires 1 to 2 arguments")),
        };
        hooks::audit("syslog.syslog", &[int::new(i64::from(priority))?.b(), message.0])?;
        if !is_open().get() {
            open(None, 0, LOG_USER)?;
        }
        let message = c_text(message.0)?;
        object::gil::without(|| host::log::write(priority, &message));
        Ok(())
    }

    /// Reset the syslog module values and call the system library closelog().
    #[pyfunction("()")]
    fn closelog() -> PyResult<()> {
        hooks::audit("syslog.closelog", &[])?;
        if is_open().replace(false) {
            host::log::close();
        }
        Ok(())
    }

    /// Set the priority mask to maskpri and return the previous mask value.
    #[pyfunction("($module, maskpri, /)")]
    fn setlogmask(_module: Borrowed<'_>, maskpri: i32) -> PyResult<i32> {
        hooks::audit("syslog.setlogmask", &[int::new(i64::from(maskpri))?.b()])?;
        Ok(host::log::set_mask(maskpri))
    }

    /// Calculates the mask for the individual priority pri.
    #[pyfunction("($module, pri, /)")]
    fn LOG_MASK(_module: Borrowed<'_>, pri: i32) -> i32 {
        1i32.wrapping_shl(pri.cast_unsigned())
    }

    /// Calculates the mask for all priorities up to and including pri.
    #[pyfunction("($module, pri, /)")]
    fn LOG_UPTO(_module: Borrowed<'_>, pri: i32) -> i32 {
        1i32.wrapping_shl(pri.wrapping_add(1).cast_unsigned()).wrapping_sub(1)
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        add_constants(module, CONSTANTS)
    }
}
