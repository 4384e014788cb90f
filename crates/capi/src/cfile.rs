//! C's files: opening them, running programs from them (`fileutils.h`, `pythonrun.h`).

use crate::form::{capi, capi_free};
use crate::support::{intern, lossy};
use abi::{PyCompilerFlags, c_char, c_int, c_void};
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, Ref, core, exc, id, raise};
use std::ffi::{CStr, CString};
use vm::compile::{self, Mode, Options, Source, cf};

/// All that is left in a file.
pub(crate) fn read_all(file: *mut libc::FILE) -> Vec<u8> {
    let mut content = Vec::new();
    let mut block = [0u8; 8192];
    loop {
        // SAFETY: C passes an open file; the block has that much room.
        let count = unsafe { libc::fread(block.as_mut_ptr().cast(), 1, block.len(), file) };
        content.extend_from_slice(block.get(..count).unwrap_or_default());
        if count == 0 {
            return content;
        }
    }
}

fn close(file: *mut libc::FILE, wanted: bool) {
    if wanted {
        // SAFETY: C gives the file away.
        unsafe { libc::fclose(file) };
    }
}

/// Reads a line of at most `size` - 1 bytes, whose end "\r", "\n" or "\r\n" becomes "\n", and ends it with NUL; how many bytes it has.
///
/// # Safety
/// `buffer` has room for `size` bytes, of which there is one; the file is open.
unsafe fn universal_line(buffer: *mut c_char, size: usize, file: *mut libc::FILE) -> usize {
    let mut count = 0;
    // SAFETY: by contract.
    unsafe {
        while count + 1 < size {
            let read = libc::fgetc(file);
            let Ok(byte) = u8::try_from(read) else { break };
            let ends = byte == b'\n' || byte == b'\r';
            buffer.add(count).write(if ends { b'\n' } else { byte }.cast_signed());
            count += 1;
            if ends {
                let next = if byte == b'\r' { libc::fgetc(file) } else { libc::EOF };
                if next != libc::EOF && next != i32::from(b'\n') {
                    libc::ungetc(next, file);
                }
                break;
            }
        }
        buffer.add(count).write(0);
    }
    count
}

/// Compiles what a file holds.
fn compile(content: Vec<u8>, filename: Borrowed<'_>, start: c_int, flags: *const PyCompilerFlags) -> PyResult<Ref> {
    let Ok(program) = CString::new(content) else {
        return Err(raise!(SyntaxError, "source code cannot contain null bytes"));
    };
    crate::pythonrun::compile_text(&program, filename, start, flags, -1)
}

/// Runs a file in these namespaces.
fn run_file(
    file: *mut libc::FILE,
    filename: &CStr,
    start: c_int,
    globals: Borrowed<'_>,
    locals: Borrowed<'_>,
    closes: c_int,
    flags: *const PyCompilerFlags,
) -> PyResult<Ref> {
    let content = read_all(file);
    close(file, closes != 0);
    let filename = crate::unicode_codecs::fs_decode(filename.to_bytes())?;
    if !globals.class().is_subtype(&core::DICT) {
        return Err(object::error::bad_internal_call());
    }
    let code = compile(content, filename.b(), start, flags)?;
    crate::pystate::add_builtins(globals)?;
    vm::lifecycle::frame_access::run_code(code.b(), globals, locals)
}

/// Runs a file as `__main__`; an exception is printed, and -1 returned.
fn run_simple(file: *mut libc::FILE, filename: Option<&CStr>, closes: c_int, flags: *const PyCompilerFlags) -> c_int {
    let name = filename.unwrap_or(c"???");
    let result = (|| {
        let globals = vm::lifecycle::main_dict()?;
        let shown = crate::unicode_codecs::fs_decode(name.to_bytes())?;
        let had_file = builtins::type_::dicts::get(globals.b(), id!("__file__"))?.is_some();
        if !had_file {
            builtins::type_::dicts::set(globals.b(), id!("__file__"), shown.b())?;
        }
        if name != c"<stdin>" {
            let external = vm::import::import_module("_frozen_importlib_external")?;
            let main = text::new("__main__")?;
            let loader = external.call_method(intern("SourceFileLoader").b(), &[main.b(), shown.b()])?;
            builtins::type_::dicts::set(globals.b(), id!("__loader__"), loader.b())?;
        }
        let result = run_file(file, name, 257, globals.b(), globals.b(), closes, flags);
        if !had_file {
            let removed = object::error::preserving(|| builtins::type_::dicts::remove(globals.b(), id!("__file__")));
            if let Err(raised) = removed {
                raised.clear();
            }
        }
        result.map(drop)
    })();
    match result {
        Ok(()) => 0,
        Err(raised) => {
            vm::lifecycle::errors::print_exception(raised, true);
            -1
        }
    }
}

/// A line of a file, with its newline; none at the end.
fn read_line(file: *mut libc::FILE) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        // SAFETY: C passes an open file.
        let byte = unsafe { libc::fgetc(file) };
        let Ok(byte) = u8::try_from(byte) else { break };
        line.push(byte);
        if byte == b'\n' {
            break;
        }
    }
    (!line.is_empty()).then_some(line)
}

/// Prompts as the dialogue does.
fn prompt(name: &str) {
    let shown = match vm::sys::get(name) {
        Ok(Some(prompt)) => prompt.str_text(),
        Ok(None) => Ok(String::new()),
        Err(raised) => Err(raised),
    };
    match shown {
        Ok(shown) => host::standard::tell(&shown),
        Err(raised) => raised.clear(),
    }
}

/// Reads one statement of a dialogue and runs it in `__main__`. False at the end of the file.
fn run_statement(file: *mut libc::FILE, filename: Borrowed<'_>, flags: *const PyCompilerFlags) -> PyResult<bool> {
    if !text::check(filename) {
        return Err(raise!(TypeError, "bad argument type for built-in operation"));
    }
    prompt("ps1");
    let Some(mut program) = read_line(file) else { return Ok(false) };
    // SAFETY: C passes its flags, or NULL.
    let given = unsafe { flags.as_ref() }.map_or(0, |flags| flags.cf_flags.get().cast_unsigned());
    let options = Options {
        mode: Mode::Single,
        flags: given | cf::ALLOW_INCOMPLETE_INPUT | cf::DONT_IMPLY_DEDENT,
        optimize: -1,
        feature_version: -1,
    };
    let code = loop {
        // An empty line ends a block: the newline that a block ends with anyway tells nothing.
        let shown = program.strip_suffix(b"\n").unwrap_or(&program).to_vec();
        let audited = bytes::new(&shown)?;
        match compile::compile_source(&Source::from_bytes(shown), filename, options, audited) {
            Err(raised) if raised.is_a(&exc::_IncompleteInputError) => {
                let error = raised.take();
                prompt("ps2");
                match read_line(file) {
                    Some(line) => program.extend(line),
                    None => return Err(object::error::restore(error)),
                }
            }
            done => break done?,
        }
    };
    let globals = vm::lifecycle::main_dict()?;
    vm::lifecycle::frame_access::run_code(code.b(), globals.b(), globals.b())?;
    Ok(true)
}

/// `PyRun_InteractiveOneObject`: 0, or -1 with the exception printed.
fn run_one(file: *mut libc::FILE, filename: PyResult<Ref>, flags: *const PyCompilerFlags) -> c_int {
    match filename.and_then(|filename| run_statement(file, filename.b(), flags)) {
        Ok(true) => 0,
        Ok(false) => END_OF_FILE,
        Err(raised) => {
            vm::lifecycle::errors::print_exception(raised, true);
            -1
        }
    }
}

/// What CPython's parser says at the end of a file (`E_EOF`).
const END_OF_FILE: c_int = 11;

/// `PyRun_InteractiveLoopFlags`: statements to the end of the file; exceptions are printed.
fn run_loop(file: *mut libc::FILE, filename: &CStr, flags: *const PyCompilerFlags) -> c_int {
    loop {
        let done =
            crate::unicode_codecs::fs_decode(filename.to_bytes()).and_then(|filename| run_statement(file, filename.b(), flags));
        match done {
            Ok(true) => {}
            Ok(false) => return 0,
            Err(raised) => vm::lifecycle::errors::print_exception(raised, true),
        }
    }
}

/// `PyRun_AnyFileExFlags`: a dialogue where the file is a terminal, else a program.
fn run_any(file: *mut libc::FILE, filename: Option<&CStr>, closes: c_int, flags: *const PyCompilerFlags) -> c_int {
    // SAFETY: C passes an open file.
    if unsafe { libc::isatty(libc::fileno(file)) } == 0 {
        return run_simple(file, filename, closes, flags);
    }
    let status = run_loop(file, filename.unwrap_or(c"???"), flags);
    close(file, closes != 0);
    status
}

type Flags = *const PyCompilerFlags;
type File = *mut libc::FILE;

capi! {
    fn Py_UniversalNewlineFgets(buffer: *mut c_char, size: c_int, file: *mut libc::FILE, object: Option<Borrowed<'_>>) -> *mut c_char {
        let room = usize::try_from(size).unwrap_or(0);
        // Files of Python are not read this way.
        if object.is_some() || buffer.is_null() || file.is_null() || room == 0 {
            // SAFETY: the thread's own errno.
            unsafe { libc::__errno_location().write(libc::ENXIO) };
            return std::ptr::null_mut();
        }
        // SAFETY: C passes an open file and that much room.
        let count = unsafe { universal_line(buffer, room, file) };
        if count == 0 { std::ptr::null_mut() } else { buffer }
    }
    fn Py_fopen(path: Borrowed<'_>, mode: &CStr) -> PyResult<File> {
        let name = vm::lifecycle::support::fspath(path)?;
        let encoded = if text::check(name.b()) { crate::unicode_codecs::fs_encode(name.b())? } else { name };
        let Ok(c_name) = CString::new(bytes::value(encoded.b()).unwrap_or_default()) else {
            return Err(raise!(ValueError, "embedded null byte"));
        };
        vm::sys::audit::audit("open", || {
            Ok(vec![path.to_ref(), text::new(&lossy(mode))?, object::value::int::new(0)?])
        })?;
        // SAFETY: two C strings.
        let file = unsafe { libc::fopen(c_name.as_ptr(), mode.as_ptr()) };
        if file.is_null() {
            return Err(crate::pyerrors::from_errno(exc::OSError.borrowed(), Some(path), None));
        }
        Ok(file)
    }
    fn PyRun_FileExFlags(file: File, filename: &CStr, start: c_int, globals: Borrowed<'_>, locals: Option<Borrowed<'_>>, closes: c_int, flags: Flags) -> PyResult<Ref> {
        run_file(file, filename, start, globals, locals.unwrap_or(globals), closes, flags)
    }
    fn PyRun_FileEx(file: File, filename: &CStr, start: c_int, globals: Borrowed<'_>, locals: Option<Borrowed<'_>>, closes: c_int) -> PyResult<Ref> {
        run_file(file, filename, start, globals, locals.unwrap_or(globals), closes, std::ptr::null())
    }
    fn PyRun_FileFlags(file: File, filename: &CStr, start: c_int, globals: Borrowed<'_>, locals: Option<Borrowed<'_>>, flags: Flags) -> PyResult<Ref> {
        run_file(file, filename, start, globals, locals.unwrap_or(globals), 0, flags)
    }
    fn PyRun_File(file: File, filename: &CStr, start: c_int, globals: Borrowed<'_>, locals: Option<Borrowed<'_>>) -> PyResult<Ref> {
        run_file(file, filename, start, globals, locals.unwrap_or(globals), 0, std::ptr::null())
    }
    fn PyRun_SimpleFileExFlags(file: File, filename: Option<&CStr>, closes: c_int, flags: Flags) -> c_int {
        run_simple(file, filename, closes, flags)
    }
    fn PyRun_SimpleFileEx(file: File, filename: Option<&CStr>, closes: c_int) -> c_int {
        run_simple(file, filename, closes, std::ptr::null())
    }
    fn PyRun_SimpleFile(file: File, filename: Option<&CStr>) -> c_int {
        run_simple(file, filename, 0, std::ptr::null())
    }
    fn PyRun_InteractiveOneObject(file: File, filename: Borrowed<'_>, flags: Flags) -> c_int {
        run_one(file, Ok(filename.to_ref()), flags)
    }
    fn PyRun_InteractiveOneFlags(file: File, filename: &CStr, flags: Flags) -> c_int {
        run_one(file, crate::unicode_codecs::fs_decode(filename.to_bytes()), flags)
    }
    fn PyRun_InteractiveOne(file: File, filename: &CStr) -> c_int {
        run_one(file, crate::unicode_codecs::fs_decode(filename.to_bytes()), std::ptr::null())
    }
    fn PyRun_InteractiveLoopFlags(file: File, filename: &CStr, flags: Flags) -> c_int {
        run_loop(file, filename, flags)
    }
    fn PyRun_InteractiveLoop(file: File, filename: &CStr) -> c_int {
        run_loop(file, filename, std::ptr::null())
    }
    fn PyRun_AnyFileExFlags(file: File, filename: Option<&CStr>, closes: c_int, flags: Flags) -> c_int {
        run_any(file, filename, closes, flags)
    }
    fn PyRun_AnyFileEx(file: File, filename: Option<&CStr>, closes: c_int) -> c_int {
        run_any(file, filename, closes, std::ptr::null())
    }
    fn PyRun_AnyFileFlags(file: File, filename: Option<&CStr>, flags: Flags) -> c_int {
        run_any(file, filename, 0, flags)
    }
    fn PyRun_AnyFile(file: File, filename: Option<&CStr>) -> c_int {
        run_any(file, filename, 0, std::ptr::null())
    }
}

/// What `PyHash_GetFuncDef` describes.
#[repr(C)]
pub struct HashFunction {
    hash: extern "C" fn(*const c_void, isize) -> isize,
    name: *const c_char,
    hash_bits: c_int,
    seed_bits: c_int,
}
// SAFETY: never written.
unsafe impl Sync for HashFunction {}

extern "C" fn hash_bytes(start: *const c_void, len: isize) -> isize {
    // SAFETY: C passes that many bytes.
    object::hashing::bytes(unsafe { crate::support::raw_bytes(start.cast(), len) })
}

static HASH: HashFunction = HashFunction { hash: hash_bytes, name: c"siphash13".as_ptr(), hash_bits: 64, seed_bits: 128 };

capi_free! {
    fn PyHash_GetFuncDef() -> *const HashFunction {
        &raw const HASH
    }
    fn Py_fclose(file: File) -> c_int {
        // SAFETY: C gives the file away.
        unsafe { libc::fclose(file) }
    }
    fn PyOS_setsig(signal: c_int, handler: *mut c_void) -> *mut c_void {
        // SAFETY: C passes a handler.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            let mut old: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler.expose_provenance();
            libc::sigemptyset(&raw mut action.sa_mask);
            if libc::sigaction(signal, &raw const action, &raw mut old) == -1 {
                return std::ptr::with_exposed_provenance_mut(usize::MAX);
            }
            std::ptr::with_exposed_provenance_mut(old.sa_sigaction)
        }
    }
}
