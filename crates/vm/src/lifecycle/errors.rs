//! Exceptions that reach the end: printing them, `sys.excepthook`, unraisable ones, SystemExit.

use super::support;
use crate::sys;
use object::value::{int, str as text};
use std::sync::atomic::{AtomicBool, Ordering};

use object::{Borrowed, PyResult, Raised, RawField, Ref, core, error, exc, id, thread};

/// What became of an exception at the end of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was printed.
    Printed,
    /// SystemExit: the process shall end with this code.
    Exit(i32),
    /// KeyboardInterrupt, printed: the process shall end as if by SIGINT.
    Interrupted,
}

/// A dialogue has begun: SystemExit ends the process, also with `-i`.
static IN_DIALOGUE: AtomicBool = AtomicBool::new(false);

/// From now on SystemExit ends the process, also with `-i`.
pub(super) fn begin_dialogue() {
    IN_DIALOGUE.store(true, Ordering::Relaxed);
}

/// Handles an exception that nobody caught: SystemExit ends the process, all others go to `sys.excepthook`.
pub fn handle_uncaught(raised: Raised) -> Outcome {
    let inspect = super::config().is_some_and(|config| config.inspect > 0) && !IN_DIALOGUE.load(Ordering::Relaxed);
    if raised.is_a(&exc::SystemExit) && !inspect {
        return Outcome::Exit(exit_code(raised.take()));
    }
    let interrupted = raised.is_a(&exc::KeyboardInterrupt);
    print_exception(raised, true);
    if interrupted { Outcome::Interrupted } else { Outcome::Printed }
}

/// The exit code that a SystemExit asks for; a text is printed.
pub fn exit_code(exception: Ref) -> i32 {
    let code = support::getattr_quietly(exception.b(), id!("code")).unwrap_or_else(core::none_ref);
    if code.is(&core::none()) {
        return 0;
    }
    if int::check(code.b()) {
        // As C's exit, which takes the low bits of a long.
        return int::to_i64(code.b()).map_or(-1, |code| i32::from_le_bytes(low_bytes(code)));
    }
    let stderr = stream("stderr");
    support::quietly(|| sys::get("stdout").and_then(|stdout| stdout.map_or(Ok(()), |stdout| support::flush(stdout.b()))));
    let printed = stderr.as_ref().and_then(|stderr| {
        support::quietly(|| {
            support::write_object(stderr.b(), code.b())?;
            support::write_text(stderr.b(), "\n")?;
            support::flush(stderr.b())
        })
    });
    if printed.is_none() && stderr.is_none() {
        let shown = support::quietly(|| code.str_text()).unwrap_or_default();
        host::tell!("{shown}\n");
    }
    1
}

fn low_bytes(value: i64) -> [u8; 4] {
    let [a, b, c, d, ..] = value.to_le_bytes();
    [a, b, c, d]
}

fn stream(name: &str) -> Option<Ref> {
    support::quietly(|| sys::get(name)).flatten().filter(|file| !file.is(&core::none()))
}

/// C's `PyErr_PrintEx`: sets `sys.last_*` and calls `sys.excepthook`, with the memory that is kept back if there is no other.
pub fn print_exception(raised: Raised, set_last: bool) {
    object::heap::with_last_memory(|| print_by_hook(raised, set_last));
}

fn print_by_hook(raised: Raised, set_last: bool) {
    let (class, exception, traceback) = support::take_exception(raised);
    let traceback = traceback.unwrap_or_else(core::none_ref);
    if set_last {
        for (name, value) in
            [("last_exc", &exception), ("last_type", &class), ("last_value", &exception), ("last_traceback", &traceback)]
        {
            support::quietly(|| sys::set(name, value.b()));
        }
    }
    let hook = support::quietly(|| sys::get("excepthook")).flatten();
    let arguments = || Ok(vec![hook.clone().unwrap_or_else(core::none_ref), class.clone(), exception.clone(), traceback.clone()]);
    if let Err(raised) = sys::audit::audit("sys.excepthook", arguments) {
        if raised.is_a(&exc::RuntimeError) {
            raised.clear();
            return;
        }
        raised.unraisable(Some("Exception ignored in audit hook"), None);
    }
    let Some(hook) = hook else {
        write_stderr("sys.excepthook is missing\n");
        return display(exception.b(), Some(traceback.b()));
    };
    if let Err(raised) = hook.call(&[class.b(), exception.b(), traceback.b()]) {
        if raised.is_a(&exc::SystemExit) {
            let code = exit_code(raised.take());
            super::exit_now(code);
        }
        write_stderr("Error in sys.excepthook:\n");
        display(raised.take().b(), None);
        write_stderr("\nOriginal exception was:\n");
        display(exception.b(), Some(traceback.b()));
    }
    flush_standard_files();
}

/// Flushes stdout and stderr; errors don't count.
fn flush_standard_files() {
    for name in ["stderr", "stdout"] {
        if let Some(file) = stream(name) {
            support::quietly(|| support::flush(file.b()));
        }
    }
}

/// Writes to `sys.stderr`, or to the file descriptor where there is none.
pub fn write_stderr(message: &str) {
    let written = stream("stderr").and_then(|stderr| support::quietly(|| support::write_text(stderr.b(), message)));
    if written.is_none() {
        host::tell!("{message}");
    }
}

/// Shows an exception on `sys.stderr`: through the module `traceback`, or natively where that fails.
pub fn display(exception: Borrowed<'_>, traceback: Option<Borrowed<'_>>) {
    let Some(stderr) = stream("stderr") else {
        // With sys.stderr None CPython prints nothing; where it is missing, what the object is.
        if sys::get("stderr").is_ok_and(|found| found.is_none()) {
            dump_object(exception);
            host::tell!("lost sys.stderr\n");
        }
        return;
    };
    if exception.class().has(abi::tpflags::BASE_EXC_SUBCLASS)
        && let Some(traceback) = traceback.filter(|traceback| !traceback.is(&core::none()))
    {
        let field = &error::base_of(exception).traceback;
        if field.load().is_none() {
            field.store(Some(traceback.to_ref()));
        }
    }
    let by_module = || -> PyResult<()> {
        let function = support::import_attr("traceback", "_print_exception_bltin")?;
        function.call1(exception).map(drop)
    };
    if exception.class().has(abi::tpflags::BASE_EXC_SUBCLASS) && traceback_is_usable() && support::quietly(by_module).is_some() {
        support::quietly(|| support::flush(stderr.b()));
        return;
    }
    let mut out = String::new();
    native_text(exception, &mut out, 0);
    if support::quietly(|| support::write_text(stderr.b(), &out)).is_none() {
        // Out of memory, most likely: the descriptor needs none.
        host::tell!("{out}");
    }
    support::quietly(|| support::flush(stderr.b()));
}

/// The last words about an object: C's `_PyObject_Dump`.
fn dump_object(object: Borrowed<'_>) {
    let class = object.class();
    let shown = support::quietly(|| object.repr_text()).unwrap_or_else(|| "<exception>".to_owned());
    host::tell!(
        "object address  : {:p}\nobject refcount : {}\nobject type     : {:p}\nobject type name: {}\nobject repr     : {shown}\n",
        object.ptr(),
        object.refcount(),
        class.as_object_ptr(),
        class.tp_name(),
    );
}

/// Whether the module `traceback` can run at all: import works, and the interpreter is not being torn down.
fn traceback_is_usable() -> bool {
    crate::import::is_ready() && !thread::current().interpreter().modules.is_none()
}

/// Traceback, type and message without any Python code but `str`.
fn native_text(exception: Borrowed<'_>, out: &mut String, depth: usize) {
    if !exception.class().has(abi::tpflags::BASE_EXC_SUBCLASS) {
        let shown = support::quietly(|| exception.repr_text()).unwrap_or_default();
        let found = exception.class().tp_name();
        out.push_str(&format!("TypeError: print_exception(): Exception expected for value, {found} found\n{shown}\n"));
        return;
    }
    let base = error::base_of(exception);
    if depth < 50 {
        let suppressed = base.suppress_context.get() != 0;
        if let Some(cause) = base.cause.load() {
            native_text(cause.b(), out, depth + 1);
            out.push_str("\nThe above exception was the direct cause of the following exception:\n\n");
        } else if let Some(context) = base.context.load().filter(|_| !suppressed) {
            native_text(context.b(), out, depth + 1);
            out.push_str("\nDuring handling of the above exception, another exception occurred:\n\n");
        }
    }
    if let Some(traceback) = base.traceback.load().filter(|traceback| !traceback.is(&core::none())) {
        out.push_str("Traceback (most recent call last):\n");
        native_traceback(traceback, out);
    }
    native_message(exception, out);
}

/// The last line: the qualified name of the class and the message.
fn native_message(exception: Borrowed<'_>, out: &mut String) {
    let class = exception.class();
    let module = support::getattr_quietly(class.borrowed(), id!("__module__")).map(|module| text::to_string_lossy(module.b()));
    if let Some(module) = module.filter(|module| module != "builtins" && module != "__main__" && !module.is_empty()) {
        out.push_str(&module);
        out.push('.');
    }
    let name = support::getattr_quietly(class.borrowed(), id!("__qualname__")).map(|name| text::to_string_lossy(name.b()));
    out.push_str(&name.unwrap_or_else(|| class.short_name().to_owned()));
    match support::quietly(|| exception.str_text()) {
        Some(message) if message.is_empty() => {}
        Some(message) => {
            out.push_str(": ");
            out.push_str(&message);
        }
        None => out.push_str(": <exception str() failed>"),
    }
    out.push('\n');
}

fn native_traceback(first: Ref, out: &mut String) {
    let mut current = Some(first);
    let mut left = 1000;
    while let Some(entry) = current.take().filter(|entry| entry.class().is_type(&core::TRACEBACK) && left > 0) {
        left -= 1;
        let line = support::getattr_quietly(entry.b(), id!("tb_lineno")).and_then(|line| int::to_i64(line.b())).unwrap_or(0);
        let code = support::getattr_quietly(entry.b(), id!("tb_frame"))
            .and_then(|frame| support::getattr_quietly(frame.b(), id!("f_code")));
        let field = |name: &str| {
            let name = support::intern(name);
            let found = code.as_ref().and_then(|code| support::getattr_quietly(code.b(), name.b()));
            found.map_or_else(|| "?".to_owned(), |value| text::to_string_lossy(value.b()))
        };
        out.push_str(&format!("  File \"{}\", line {line}, in {}\n", field("co_filename"), field("co_name")));
        current = support::getattr_quietly(entry.b(), id!("tb_next"));
    }
}

/// Reports the exception that is set through `sys.unraisablehook`: the hook of `object`.
pub fn unraisable(message: Option<&str>, object: Option<Borrowed<'_>>) {
    let Some(exception) = error::take() else { return };
    let exception = with_traceback(exception);
    let reported = support::quietly(|| report_unraisable(&exception, message, object));
    if reported.is_none() {
        let mut out = String::new();
        native_text(exception.b(), &mut out, 0);
        host::tell!("{out}");
    }
}

/// An exception that native code raised has no traceback: it gets an entry for the frame that runs.
fn with_traceback(exception: Ref) -> Ref {
    let Some(frame) = crate::frame::current(thread::current()) else { return exception };
    if !error::base_of(exception.b()).traceback.get().is_null() || frame.is_incomplete() {
        return exception;
    }
    let kept = exception.clone();
    let _raised = error::restore(exception);
    crate::frame::traceback::here(frame);
    error::take().unwrap_or(kept)
}

fn report_unraisable(exception: &Ref, message: Option<&str>, object: Option<Borrowed<'_>>) -> PyResult<()> {
    let traceback = error::base_of(exception.b()).traceback.load().unwrap_or_else(core::none_ref);
    let message = match message {
        Some(message) => text::new(message)?,
        None => core::none_ref(),
    };
    let object = object.map_or_else(core::none_ref, Borrowed::to_ref);
    let hook = sys::get("unraisablehook")?.filter(|hook| !hook.is(&core::none()));
    let Some(hook) = hook else {
        return write_unraisable(exception.b(), traceback.b(), message.b(), object.b());
    };
    let arguments = sys::info::unraisable_arguments(vec![
        exception.class().to_ref(),
        exception.clone(),
        traceback.clone(),
        message.clone(),
        object.clone(),
    ])?;
    sys::audit::audit("sys.unraisablehook", || Ok(vec![hook.clone(), arguments.clone()]))?;
    if let Err(raised) = hook.call1(arguments.b()) {
        let second = raised.take();
        let traceback = error::base_of(second.b()).traceback.load().unwrap_or_else(core::none_ref);
        let message = text::new("Exception ignored in sys.unraisablehook")?;
        write_unraisable(second.b(), traceback.b(), message.b(), hook.b())?;
    }
    Ok(())
}

/// What the default `sys.unraisablehook` prints.
pub fn write_unraisable(
    exception: Borrowed<'_>,
    traceback: Borrowed<'_>,
    message: Borrowed<'_>,
    object: Borrowed<'_>,
) -> PyResult<()> {
    let Some(stderr) = stream("stderr") else { return Ok(()) };
    let none = core::none();
    let write = |content: &str| support::write_text(stderr.b(), content);
    let mut header = String::new();
    if message.is(&none) {
        if !object.is(&none) {
            header.push_str("Exception ignored in");
        }
    } else {
        header = message.str_text()?;
    }
    if !object.is(&none) {
        let shown = support::quietly(|| object.repr_text()).unwrap_or_else(|| "<object repr() failed>".to_owned());
        write(&format!("{header}: {shown}\n"))?;
    } else if !header.is_empty() {
        write(&format!("{header}:\n"))?;
    }
    if exception.is(&none) {
        return Ok(());
    }
    let mut out = String::new();
    if traceback.is(&none) {
        native_message(exception, &mut out);
    } else {
        out.push_str("Traceback (most recent call last):\n");
        native_traceback(traceback.to_ref(), &mut out);
        native_message(exception, &mut out);
    }
    write(&out)?;
    support::flush(stderr.b())
}
