//! `sys.stdin`, `sys.stdout`, `sys.stderr`, as CPython's `create_stdio` makes them.

use super::{Config, support};
use crate::sys;
use object::value::{str as text, tuple};
use object::{PyResult, Ref, core, exc, id};

/// Whether the descriptor can be used at all.
fn is_valid(descriptor: i32) -> bool {
    host::fd::is_open(descriptor)
}

/// Makes the three streams and `__stdin__` and so on.
pub(super) fn create(config: &Config) -> PyResult<()> {
    // The native half alone, as in CPython: `io` is imported by whoever needs its classes.
    let io = match crate::import::import_module("_io") {
        Ok(io) => io,
        Err(raised) if raised.is_a(&exc::ImportError) && !crate::import::imports_files() => {
            raised.clear();
            return create_plain();
        }
        Err(raised) => return Err(raised),
    };
    let builtins = crate::import::import_module("builtins")?;
    builtins.setattr(id!("open"), io.getattr(id!("open"))?.b())?;
    let encoding = match &config.stdio_encoding {
        Some(encoding) => encoding.clone(),
        None => locale_encoding(config),
    };
    let encoding = codec_name(&encoding)?;
    let errors = config.stdio_errors.clone().unwrap_or_else(|| default_errors(config).to_owned());
    for (descriptor, name, errors) in
        [(0, "stdin", errors.as_str()), (1, "stdout", errors.as_str()), (2, "stderr", "backslashreplace")]
    {
        let stream = open_stream(config, &io, descriptor, name, &encoding, errors)?;
        sys::set(&format!("__{name}__"), stream.b())?;
        sys::set(name, stream.b())?;
    }
    Ok(())
}

/// The codec's own name of an encoding.
fn codec_name(encoding: &str) -> PyResult<String> {
    if encoding == "utf-8" {
        return Ok(encoding.to_owned());
    }
    let found = crate::import::import_module("_codecs")?.call_method(id!("lookup"), &[text::new(encoding)?.b()]);
    let name = found.and_then(|codec| codec.getattr(id!("name"))).and_then(|name| name.str_text());
    if name.is_err() {
        host::standard::tell(
            "Fatal Python error: init_stdio_encoding: failed to get the Python codec name of the stdio encoding\n",
        );
        host::standard::tell("Python runtime state: core initialized\n");
    }
    name
}

/// The encoding of the locale; UTF-8 in UTF-8 mode.
fn locale_encoding(config: &Config) -> String {
    let name = host::locale::encoding();
    match name.as_str() {
        _ if config.utf8_mode => "utf-8".to_owned(),
        "" | "UTF-8" => "utf-8".to_owned(),
        "ANSI_X3.4-1968" => "ascii".to_owned(),
        _ => name,
    }
}

/// surrogateescape in the C and POSIX locales and those that stand in for them, and in UTF-8 mode; else strict.
fn default_errors(config: &Config) -> &'static str {
    let plain = matches!(host::locale::name().as_slice(), b"C" | b"POSIX" | b"C.UTF-8" | b"C.utf8" | b"UTF-8");
    if config.utf8_mode || plain { "surrogateescape" } else { "strict" }
}

/// Streams without `io`: only output works.
fn create_plain() -> PyResult<()> {
    for (descriptor, name) in [(1, "stdout"), (2, "stderr")] {
        let stream = sys::StdPrinter::create(descriptor)?;
        sys::set(&format!("__{name}__"), stream.b())?;
        sys::set(name, stream.b())?;
    }
    sys::set("stdin", core::none())?;
    sys::set("__stdin__", core::none())
}

fn open_stream(config: &Config, io: &Ref, descriptor: i32, name: &str, encoding: &str, errors: &str) -> PyResult<Ref> {
    if !is_valid(descriptor) {
        return Ok(core::none_ref());
    }
    let writing = descriptor != 0;
    let raw_only = config.unbuffered && writing;
    let buffered = open(io, descriptor, if writing { "wb" } else { "rb" }, if raw_only { 0 } else { -1 })?;
    let raw = if raw_only { buffered.clone() } else { buffered.getattr(id!("raw"))? };
    raw.setattr(id!("name"), text::new(&format!("<{name}>"))?.b())?;
    let terminal = raw.call_method(id!("isatty"), &[])?.is_true()?;
    let write_through = raw_only;
    let line_buffering = !raw_only && (terminal || descriptor == 2) && writing;
    let newline = text::new("\n")?;
    let arguments = [buffered, text::new(encoding)?, text::new(errors)?, newline];
    let arguments = tuple::from_array(arguments)?;
    let kwargs = support::dict_new()?;
    support::dict_set_str(kwargs.b(), "line_buffering", core::boolean(line_buffering).to_ref())?;
    support::dict_set_str(kwargs.b(), "write_through", core::boolean(write_through).to_ref())?;
    let stream = io.getattr(id!("TextIOWrapper"))?.call_tuple(arguments.b(), Some(kwargs.b()))?;
    stream.setattr(id!("mode"), text::new(if writing { "w" } else { "r" })?.b())?;
    Ok(stream)
}

/// `io.open(descriptor, mode, buffering, closefd=False)`.
fn open(io: &Ref, descriptor: i32, mode: &str, buffering: i64) -> PyResult<Ref> {
    let arguments = tuple::from_array([support::int(i64::from(descriptor))?, text::new(mode)?, support::int(buffering)?])?;
    let kwargs = support::dict_new()?;
    support::dict_set_str(kwargs.b(), "closefd", core::false_().to_ref())?;
    io.getattr(id!("open"))?.call_tuple(arguments.b(), Some(kwargs.b()))
}

/// Flushes stdout and stderr at the end. Whether stdout failed: then the exit code is 120.
pub(super) fn flush_at_exit() -> bool {
    let mut failed = false;
    for name in ["stdout", "stderr"] {
        let Ok(Some(file)) = sys::get(name) else { continue };
        if file.is(&core::none()) || is_closed(&file) {
            continue;
        }
        if let Err(raised) = support::flush(file.b()) {
            if name == "stdout" {
                raised.unraisable(Some("Exception ignored while flushing sys.stdout"), None);
                failed = true;
            } else {
                raised.clear();
            }
        }
    }
    failed
}

fn is_closed(file: &Ref) -> bool {
    let closed = support::getattr_quietly(file.b(), id!("closed"));
    closed.is_some_and(|closed| support::quietly(|| closed.is_true()).unwrap_or(false))
}
