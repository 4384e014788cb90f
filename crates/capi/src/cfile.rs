//! C's files: opening them, running programs from them (`fileutils.h`, `pythonrun.h`).

use crate::form::{capi, capi_free};
use crate::support::lossy;
use abi::{PyCompilerFlags, c_char, c_int, c_void};
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, Ref, core, exc, id, raise};
use std::ffi::{CStr, CString};

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
        return Err(raise!(TypeError, "globals must be a real dict; try eval(code, {{}}, mapping)"));
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

type Flags = *const PyCompilerFlags;
type File = *mut libc::FILE;

capi! {
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
            return Err(crate::pyerrors::from_errno(&exc::OSError, Some(path), None));
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
    fn PyRun_AnyFileExFlags(file: File, filename: Option<&CStr>, closes: c_int, flags: Flags) -> c_int {
        run_simple(file, filename, closes, flags)
    }
    fn PyRun_AnyFileEx(file: File, filename: Option<&CStr>, closes: c_int) -> c_int {
        run_simple(file, filename, closes, std::ptr::null())
    }
    fn PyRun_AnyFileFlags(file: File, filename: Option<&CStr>, flags: Flags) -> c_int {
        run_simple(file, filename, 0, flags)
    }
    fn PyRun_AnyFile(file: File, filename: Option<&CStr>) -> c_int {
        run_simple(file, filename, 0, std::ptr::null())
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
