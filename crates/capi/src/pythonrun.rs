//! `pythonrun.h`, `pylifecycle.h`, `osmodule.h`, `fileobject.h`, `pytime.h`, contexts: running programs and asking the system.

use crate::form::{Lent, Out, capi, capi_free};
use crate::support::intern;
use crate::unicodeobject::from_c;
use crate::variadic::{Va, VaList, variadic};
use abi::{PyObject, c_char, c_int};
use object::value::{bytes, int, str as text};
use object::{Borrowed, PyResult, Ref, core, error, id, raise, thread};
use std::ffi::CStr;
use vm::compile::{self, Mode, Options, Source};

unsafe extern "C" {
    fn vsnprintf(buffer: *mut c_char, size: usize, format: *const c_char, va: *mut VaList) -> c_int;
}

/// `Py_single_input`, `Py_file_input`, `Py_eval_input`, `Py_func_type_input`.
fn mode(start: c_int) -> PyResult<Mode> {
    match start {
        256 => Ok(Mode::Single),
        257 => Ok(Mode::Exec),
        258 => Ok(Mode::Eval),
        345 => Ok(Mode::FuncType),
        _ => Err(raise!(ValueError, "invalid start argument")),
    }
}

pub(crate) fn compile_text(
    program: &CStr,
    filename: Borrowed<'_>,
    start: c_int,
    flags: *const abi::PyCompilerFlags,
    optimize: c_int,
) -> PyResult<Ref> {
    // SAFETY: C passes its flags, or NULL.
    let (flags, version) =
        unsafe { flags.as_ref() }.map_or((0, -1), |flags| (flags.cf_flags.get().cast_unsigned(), flags.cf_feature_version.get()));
    if !text::check(filename) {
        return Err(error::bad_internal_call());
    }
    let program_bytes = program.to_bytes().to_vec();
    let utf8 = flags & compile::cf::IGNORE_COOKIE != 0;
    let source = if utf8 { Source::from_utf8(program_bytes) } else { Source::from_bytes(program_bytes) };
    let feature_version = if flags & compile::cf::ONLY_AST != 0 { version } else { -1 };
    let options = Options { mode: mode(start)?, flags, optimize, feature_version };
    let audited = bytes::new(program.to_bytes())?;
    compile::compile_source(&source, filename, options, audited)
}

fn run_text(
    program: &CStr,
    start: c_int,
    globals: Borrowed<'_>,
    locals: Borrowed<'_>,
    flags: *const abi::PyCompilerFlags,
) -> PyResult<Ref> {
    let filename = text::new("<string>")?;
    let code = compile_text(program, filename.b(), start, flags, -1)?;
    if !globals.class().is_subtype(&core::DICT) {
        return Err(error::bad_internal_call());
    }
    crate::pystate::add_builtins(globals)?;
    vm::lifecycle::frame_access::run_code(code.b(), globals, locals)
}

/// Runs a program in `__main__`; an exception is printed.
fn run_simple(program: &CStr) -> PyResult<bool> {
    let globals = vm::lifecycle::main_dict()?;
    match run_text(program, 257, globals.b(), globals.b(), std::ptr::null()) {
        Ok(_) => Ok(false),
        Err(raised) => {
            vm::lifecycle::errors::print_exception(raised, true);
            // SAFETY: C's function says -1, with the exception printed.
            Err(unsafe { object::Raised::assume() })
        }
    }
}

/// A variable of a context: through module `_contextvars`.
fn context_type(name: &str) -> PyResult<Ref> {
    vm::import::import_module("_contextvars")?.getattr(intern(name).b())
}

fn is_context(object: Borrowed<'_>, name: &str) -> PyResult<()> {
    if object.isinstance(context_type(name)?.b())? {
        return Ok(());
    }
    Err(raise!(TypeError, "an instance of {name} was expected"))
}

/// Nanoseconds of a clock.
fn clock(function: &str) -> PyResult<i64> {
    vm::import::import_module("time")?.call_method(intern(function).b(), &[])?.as_i64()
}

fn raw_clock(id: libc::clockid_t) -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a plain query.
    unsafe { libc::clock_gettime(id, &raw mut now) };
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// A text that lives to the end of the process.
fn kept(make: impl FnOnce() -> String, place: &'static std::sync::OnceLock<std::ffi::CString>) -> *const c_char {
    place.get_or_init(|| std::ffi::CString::new(make()).unwrap_or_default()).as_ptr()
}

fn sys_text(name: &str) -> String {
    vm::sys::get(name).ok().flatten().map(|value| text::to_string_lossy(value.b())).unwrap_or_default()
}

capi! {
    fn Py_CompileStringExFlags(program: &CStr, filename: &CStr, start: c_int, flags: *const abi::PyCompilerFlags, optimize: c_int) -> PyResult<Ref> {
        let filename = crate::unicode_codecs::fs_decode(filename.to_bytes())?;
        compile_text(program, filename.b(), start, flags, optimize)
    }
    fn Py_CompileStringObject(program: &CStr, filename: Borrowed<'_>, start: c_int, flags: *const abi::PyCompilerFlags, optimize: c_int) -> PyResult<Ref> {
        compile_text(program, filename, start, flags, optimize)
    }
    fn Py_CompileStringFlags(program: &CStr, filename: &CStr, start: c_int, flags: *const abi::PyCompilerFlags) -> PyResult<Ref> {
        let filename = crate::unicode_codecs::fs_decode(filename.to_bytes())?;
        compile_text(program, filename.b(), start, flags, -1)
    }
    fn Py_CompileString(program: &CStr, filename: &CStr, start: c_int) -> PyResult<Ref> {
        let filename = crate::unicode_codecs::fs_decode(filename.to_bytes())?;
        compile_text(program, filename.b(), start, std::ptr::null(), -1)
    }
    fn PyRun_StringFlags(program: &CStr, start: c_int, globals: Borrowed<'_>, locals: Option<Borrowed<'_>>, flags: *const abi::PyCompilerFlags) -> PyResult<Ref> {
        run_text(program, start, globals, locals.unwrap_or(globals), flags)
    }
    fn PyRun_String(program: &CStr, start: c_int, globals: Borrowed<'_>, locals: Option<Borrowed<'_>>) -> PyResult<Ref> {
        run_text(program, start, globals, locals.unwrap_or(globals), std::ptr::null())
    }
    fn PyRun_SimpleStringFlags(program: &CStr, _flags: *const abi::PyCompilerFlags) -> PyResult<bool> {
        run_simple(program)
    }
    fn PyRun_SimpleString(program: &CStr) -> PyResult<bool> {
        run_simple(program)
    }

    fn PyOS_FSPath(path: Borrowed<'_>) -> PyResult<Ref> {
        vm::lifecycle::support::fspath(path)
    }
    fn PyOS_InterruptOccurred() -> bool {
        let current = thread::current();
        let interpreter = current.interpreter();
        let is_main = interpreter.is_main() && std::ptr::eq(interpreter.main_thread.get(), current);
        is_main && host::signal::take(libc::SIGINT.unsigned_abs() as usize)
    }
    fn PyOS_AfterFork_Child() -> () {
        object::fork::after_in_child();
    }
    fn PyOS_AfterFork_Parent() -> () {}
    fn PyOS_BeforeFork() -> () {}
    fn PyOS_AfterFork() -> () {
        object::fork::after_in_child();
    }

    fn PyFile_FromFd(descriptor: c_int, _name: Option<&CStr>, mode: Option<&CStr>, buffering: c_int, encoding: Option<&CStr>, errors: Option<&CStr>, newline: Option<&CStr>, close: c_int) -> PyResult<Ref> {
        let text_or_none = |value: Option<&CStr>| value.map_or_else(|| Ok(core::none_ref()), from_c);
        let mode = mode.map_or_else(|| text::new("r"), from_c)?;
        let (encoding, errors, newline) = (text_or_none(encoding)?, text_or_none(errors)?, text_or_none(newline)?);
        let (descriptor, buffering) = (int::new(i64::from(descriptor))?, int::new(i64::from(buffering))?);
        let arguments = [descriptor.b(), mode.b(), buffering.b(), encoding.b(), errors.b(), newline.b(), core::boolean(close != 0)];
        vm::import::import_module("_io")?.call_method(id!("open"), &arguments)
    }
    fn PyFile_GetLine(file: Borrowed<'_>, limit: c_int) -> PyResult<Ref> {
        let line = if limit <= 0 { file.call_method(id!("readline"), &[])? } else { file.call_method(id!("readline"), &[int::new(i64::from(limit))?.b()])? };
        let is_text = text::check(line.b());
        if !is_text && bytes::value(line.b()).is_none() {
            return Err(raise!(TypeError, "object.readline() returned non-string"));
        }
        if limit < 0 {
            if line.len()? == 0 {
                return Err(raise!(EOFError, "EOF when reading a line"));
            }
            let ends = if is_text { text::data(line.b()).and_then(|data| data.get(data.len() - 1)) == Some(10) } else { bytes::value(line.b()).is_some_and(|line| line.ends_with(b"\n")) };
            if ends {
                return if is_text {
                    builtins::str_::substring(line.b(), 0, line.len()? - 1)
                } else {
                    bytes::new(bytes::value(line.b()).and_then(|line| line.strip_suffix(b"\n")).unwrap_or_default())
                };
            }
        }
        Ok(line)
    }
    fn PyFile_WriteObject(object: Option<Borrowed<'_>>, file: Option<Borrowed<'_>>, flags: c_int) -> PyResult<()> {
        let Some(file) = file else { return Err(raise!(TypeError, "writeobject with NULL file")) };
        let write = file.getattr(id!("write"))?;
        let shown = match object {
            None => text::new("<NULL>")?,
            Some(object) if flags & 1 != 0 => object.get().str()?,
            Some(object) => object.get().repr()?,
        };
        write.call1(shown.b()).map(drop)
    }
    fn PyFile_WriteString(string: &CStr, file: Option<Borrowed<'_>>) -> PyResult<()> {
        error::check()?;
        let Some(file) = file else { return Err(raise!(SystemError, "null file for PyFile_WriteString")) };
        file.call_method(id!("write"), &[from_c(string)?.b()]).map(drop)
    }
    fn PyFile_NewStdPrinter(descriptor: c_int) -> PyResult<Option<Ref>> {
        // For other descriptors there is none, and no exception either.
        if descriptor != 1 && descriptor != 2 {
            return Ok(None);
        }
        vm::sys::StdPrinter::create(descriptor).map(Some)
    }
    fn PyFile_OpenCodeObject(path: Borrowed<'_>) -> PyResult<Ref> {
        if !text::check(path) {
            return Err(raise!(TypeError, "'path' must be 'str', not '{}'", path.class().tp_name()));
        }
        vm::import::import_module("_io")?.call_method(intern("open_code").b(), &[path])
    }
    fn PyFile_OpenCode(path: &CStr) -> PyResult<Ref> {
        let path = crate::unicode_codecs::fs_decode(path.to_bytes())?;
        vm::import::import_module("_io")?.call_method(intern("open_code").b(), &[path.b()])
    }

    fn PyTime_Time(place: Out<'_, i64>) -> PyResult<()> {
        place.set(clock("time_ns")?);
        Ok(())
    }
    fn PyTime_Monotonic(place: Out<'_, i64>) -> PyResult<()> {
        place.set(clock("monotonic_ns")?);
        Ok(())
    }
    fn PyTime_PerfCounter(place: Out<'_, i64>) -> PyResult<()> {
        place.set(clock("perf_counter_ns")?);
        Ok(())
    }

    fn PyContext_New() -> PyResult<Ref> {
        context_type("Context")?.call0()
    }
    fn PyContext_Copy(context: Borrowed<'_>) -> PyResult<Ref> {
        is_context(context, "Context")?;
        context.call_method(id!("copy"), &[])
    }
    fn PyContext_CopyCurrent() -> PyResult<Ref> {
        vm::import::import_module("_contextvars")?.call_method(intern("copy_context").b(), &[])
    }
    fn PyContextVar_New(name: &CStr, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let class = context_type("ContextVar")?;
        let name = from_c(name)?;
        match default {
            None => class.call1(name.b()),
            Some(default) => {
                let dict = builtins::type_::dicts::new()?;
                builtins::type_::dicts::set(dict.b(), id!("default"), default)?;
                class.call_tuple(object::value::tuple::from_array([name])?.b(), Some(dict.b()))
            }
        }
    }
    fn PyContextVar_Get(variable: Borrowed<'_>, default: Option<Borrowed<'_>>, place: Out<'_, *mut PyObject>) -> PyResult<()> {
        place.set(std::ptr::null_mut());
        is_context(variable, "ContextVar")?;
        let found = match default {
            Some(default) => variable.call_method(id!("get"), &[default]),
            None => variable.call_method(id!("get"), &[]),
        };
        match found {
            Ok(value) => {
                place.set(value.into_ptr());
                Ok(())
            }
            // Without a value and a default there is none.
            Err(raised) => raised.clear_if(&object::exc::LookupError),
        }
    }
    fn PyContextVar_Set(variable: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<Ref> {
        is_context(variable, "ContextVar")?;
        variable.call_method(id!("set"), &[value])
    }
    fn PyContextVar_Reset(variable: Borrowed<'_>, token: Borrowed<'_>) -> PyResult<()> {
        is_context(variable, "ContextVar")?;
        variable.call_method(id!("reset"), &[token]).map(drop)
    }

    fn PySys_WriteStdout_va(format: &CStr, va: Va<'_>) -> () {
        write_stream("stdout", format, va.0);
    }
    fn PySys_WriteStderr_va(format: &CStr, va: Va<'_>) -> () {
        write_stream("stderr", format, va.0);
    }

    fn Py_GetBuildInfo() -> *const c_char {
        static PLACE: std::sync::OnceLock<std::ffi::CString> = std::sync::OnceLock::new();
        kept(|| sys_text("version").split_once('(').map_or_else(String::new, |(_, rest)| rest.split(')').next().unwrap_or_default().to_owned()), &PLACE)
    }
    fn PySys_HasWarnOptions() -> PyResult<bool> {
        vm::sys::get("warnoptions")?.map_or(Ok(false), |options| options.is_true())
    }
    fn PyStructSequence_NewType(description: *mut abi::PyStructSequence_Desc) -> PyResult<Ref> {
        let description = sequence_description(description)?;
        builtins::structseq::heap::new_type(description).map(Ref::upcast)
    }
    fn PyStructSequence_InitType(class: Borrowed<'_, object::TypeObject>, description: *mut abi::PyStructSequence_Desc) -> () {
        // What goes wrong stays set; the function has no result.
        let _raised = init_sequence_type(class, description);
    }
    fn PyStructSequence_InitType2(class: Borrowed<'_, object::TypeObject>, description: *mut abi::PyStructSequence_Desc) -> PyResult<()> {
        init_sequence_type(class, description)
    }
    fn PyStructSequence_New(class: Borrowed<'_, object::TypeObject>) -> PyResult<Ref> {
        let n_fields = builtins::type_::lookup(&class, id!("n_fields"));
        if n_fields.is_none() {
            return Err(raise!(TypeError, "Missed attribute 'n_fields' of type {}", class.tp_name()));
        }
        builtins::structseq::heap::new(&class, Vec::new())
    }
    fn PyUnstable_Object_IsUniqueReferencedTemporary(_object: Borrowed<'_>) -> bool {
        // Whether the stack holds the only reference is not known here; "no" is always safe.
        false
    }
    fn PyStructSequence_GetItem(object: Borrowed<'_>, index: isize) -> Lent {
        // SAFETY: C passes an instance with that field.
        Lent(unsafe { field(object, index).read() })
    }
    fn PyStructSequence_SetItem(object: Borrowed<'_>, index: isize, value: *mut PyObject) -> () {
        // SAFETY: C passes an instance with that field, and gives its reference away.
        let old = unsafe { field(object, index).replace(value) };
        // SAFETY: the field owned it.
        drop(unsafe { Ref::<object::Object>::from_owned_or_null(old) });
    }
}

fn init_sequence_type(class: Borrowed<'_, object::TypeObject>, description: *mut abi::PyStructSequence_Desc) -> PyResult<()> {
    if class.has(abi::tpflags::READY) {
        return Err(error::bad_internal_call());
    }
    let description = sequence_description(description)?;
    // SAFETY: C passes a static type that is not in use, as the flag says.
    unsafe { builtins::structseq::heap::init_static(&*class.as_type_ptr().cast(), description) }
}

/// C's description of a struct sequence type, copied and kept.
fn sequence_description(
    description: *mut abi::PyStructSequence_Desc,
) -> PyResult<&'static builtins::structseq::heap::Description> {
    use builtins::structseq::heap::{Description, Field};
    // SAFETY: C passes its description; its texts are copied.
    unsafe {
        let Some(given) = description.as_ref() else { return Err(error::bad_internal_call()) };
        let keep = |text: *const c_char| -> Option<&'static CStr> {
            (!text.is_null()).then(|| &*Box::leak(CStr::from_ptr(text).to_owned().into_boxed_c_str()))
        };
        let unnamed = crate::data::unnamed_field();
        let mut fields = Vec::new();
        let mut next = given.fields.get();
        while !next.is_null() && !(*next).name.get().is_null() {
            let name = (*next).name.get();
            fields.push(Field { name: if name == unnamed { None } else { keep(name) }, doc: keep((*next).doc.get()) });
            next = next.add(1);
        }
        let Some(name) = keep(given.name.get()) else { return Err(error::bad_internal_call()) };
        let visible = usize::try_from(given.n_in_sequence.get()).unwrap_or(0).min(fields.len());
        let description = Description {
            name,
            doc: keep(given.doc.get()),
            fields: Box::leak(fields.into_boxed_slice()),
            visible,
            disallow_instantiation: false,
        };
        Ok(Box::leak(Box::new(description)))
    }
}

/// The place of a field of a struct sequence, hidden ones included.
fn field(object: Borrowed<'_>, index: isize) -> *mut *mut PyObject {
    let start = object.ptr().wrapping_byte_add(std::mem::offset_of!(abi::PyTupleObject, ob_item)).cast::<*mut PyObject>();
    start.wrapping_offset(index)
}

capi_free! {
    fn PyTime_TimeRaw(place: *mut i64) -> c_int {
        // SAFETY: C passes its place.
        unsafe { place.write(raw_clock(libc::CLOCK_REALTIME)) };
        0
    }
    fn PyTime_MonotonicRaw(place: *mut i64) -> c_int {
        // SAFETY: C passes its place.
        unsafe { place.write(raw_clock(libc::CLOCK_MONOTONIC)) };
        0
    }
    fn PyTime_PerfCounterRaw(place: *mut i64) -> c_int {
        // SAFETY: C passes its place.
        unsafe { place.write(raw_clock(libc::CLOCK_MONOTONIC)) };
        0
    }
    fn PyTime_AsSecondsDouble(nanoseconds: i64) -> f64 {
        if nanoseconds % 1_000_000_000 == 0 { (nanoseconds / 1_000_000_000) as f64 } else { nanoseconds as f64 / 1e9 }
    }
    fn Py_GetVersion() -> *const c_char {
        static PLACE: std::sync::OnceLock<std::ffi::CString> = std::sync::OnceLock::new();
        kept(|| sys_text("version"), &PLACE)
    }
    fn Py_GetPlatform() -> *const c_char {
        c"linux".as_ptr()
    }
    fn Py_GetCompiler() -> *const c_char {
        static PLACE: std::sync::OnceLock<std::ffi::CString> = std::sync::OnceLock::new();
        kept(|| sys_text("version").rsplit_once('[').map_or_else(String::new, |(_, rest)| format!("[{rest}")), &PLACE)
    }
    fn Py_GetCopyright() -> *const c_char {
        static PLACE: std::sync::OnceLock<std::ffi::CString> = std::sync::OnceLock::new();
        kept(|| sys_text("copyright"), &PLACE)
    }
    fn PyOS_mystricmp(a: *const c_char, b: *const c_char) -> c_int {
        // SAFETY: C passes two strings.
        unsafe { libc::strcasecmp(a, b) }
    }
    fn PyOS_mystrnicmp(a: *const c_char, b: *const c_char, size: isize) -> c_int {
        // SAFETY: C passes two strings.
        unsafe { libc::strncasecmp(a, b, size.max(0).unsigned_abs()) }
    }
    fn PyOS_vsnprintf(buffer: *mut c_char, size: usize, format: *const c_char, va: *mut VaList) -> c_int {
        // SAFETY: as C's function; the last byte of the buffer is always a NUL.
        unsafe {
            let written = if size > i32::MAX as usize - 1 { -666 } else { vsnprintf(buffer, size, format, va) };
            if size > 0 {
                buffer.add(size - 1).write(0);
            }
            written
        }
    }
    fn Py_FatalError(message: *const c_char) {
        // SAFETY: C passes a string.
        vm::lifecycle::fatal::die("", &unsafe { CStr::from_ptr(message) }.to_string_lossy())
    }
    fn _Py_FatalErrorFunc(function: *const c_char, message: *const c_char) {
        // SAFETY: C passes two strings.
        let (function, message) = unsafe { (CStr::from_ptr(function).to_string_lossy(), CStr::from_ptr(message).to_string_lossy()) };
        vm::lifecycle::fatal::die(&function, &message)
    }
    fn Py_Exit(code: c_int) {
        vm::lifecycle::exit_now(code)
    }
    fn Py_FdIsInteractive(_file: *mut libc::FILE, _name: *const c_char) -> c_int {
        // SAFETY: a plain query.
        unsafe { libc::isatty(libc::fileno(_file)) }
    }
    fn Py_PACK_FULL_VERSION(major: c_int, minor: c_int, micro: c_int, level: c_int, serial: c_int) -> u32 {
        let part = |value: c_int, mask: u32, shift: u32| (value.cast_unsigned() & mask) << shift;
        part(major, 0xFF, 24) | part(minor, 0xFF, 16) | part(micro, 0xFF, 8) | part(level, 0xF, 4) | part(serial, 0xF, 0)
    }
    fn Py_PACK_VERSION(major: c_int, minor: c_int) -> u32 {
        (major.cast_unsigned() & 0xFF) << 24 | (minor.cast_unsigned() & 0xFF) << 16
    }
    fn _Py_IsValidFD(descriptor: c_int) -> c_int {
        // SAFETY: a plain query.
        c_int::from(unsafe { libc::fcntl(descriptor, libc::F_GETFD) } >= 0)
    }
    fn _Py_GetBuiltWithAssert() -> c_int {
        0
    }
    fn Py_GETENV(name: *const c_char) -> *mut c_char {
        // SAFETY: C passes a string.
        unsafe { libc::getenv(name) }
    }
}

variadic! {
    PyOS_snprintf(3) => PyOS_vsnprintf;
    PySys_WriteStdout(1) => PySys_WriteStdout_va;
    PySys_WriteStderr(1) => PySys_WriteStderr_va;
}

/// Writes C's format to a stream of `sys`, at most 1000 bytes of it.
fn write_stream(stream: &str, format: &CStr, va: &mut VaList) {
    let mut buffer = [0u8; 1001];
    // SAFETY: the buffer has that much room.
    let written = unsafe { vsnprintf(buffer.as_mut_ptr().cast(), buffer.len(), format.as_ptr(), va) };
    let all = usize::try_from(written).unwrap_or(0);
    let content = buffer.get(..all.min(1000)).unwrap_or_default();
    error::preserving(|| {
        let result = (|| {
            let Some(file) = vm::sys::get(stream)?.filter(|file| !file.is(&core::none())) else { return Ok(()) };
            let shown = crate::unicode_codecs::decode(content, "utf-8", Some(c"replace"))?;
            file.call_method(id!("write"), &[shown.b()])?;
            if all > 1000 {
                file.call_method(id!("write"), &[text::new("... truncated")?.b()])?;
            }
            PyResult::Ok(())
        })();
        if let Err(raised) = result {
            raised.clear();
        }
    });
}
