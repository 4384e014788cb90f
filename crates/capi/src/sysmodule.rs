//! `sysmodule.h`, and the older functions of `pylifecycle.h` and `pythonrun.h` that tell of the running program or change what `sys` says.

use crate::form::capi;
use crate::support::intern;
use abi::{c_int, c_void};
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, error, id, raise, thread};
use std::cell::RefCell;
use std::collections::BTreeMap;
use vm::frame::Frame;
use vm::sys::audit::{NativeHook, add_native};

/// Texts that C borrowed as wide characters, by the name under which it asked: they live as long as the interpreter.
#[derive(Default)]
struct Lent(RefCell<BTreeMap<&'static str, Vec<i32>>>);

/// A str of `sys` as wide characters that end with 0, as it was when it was first asked for; NULL where there is none.
fn lend(name: &'static str, value: impl FnOnce() -> PyResult<Option<Ref>>) -> *const i32 {
    let lent = thread::current().interpreter().extensions.get::<Lent>();
    if let Some(found) = lent.0.borrow().get(name) {
        return found.as_ptr();
    }
    let value = value().unwrap_or_else(|raised| {
        raised.clear();
        None
    });
    let Some(data) = value.as_ref().and_then(|value| text::data(value.b())) else { return std::ptr::null() };
    let wide: Vec<i32> = data.iter().map(u32::cast_signed).chain([0]).collect();
    lent.0.borrow_mut().entry(name).or_insert(wide).as_ptr()
}

/// `sys.path`, joined.
fn search_path() -> PyResult<Option<Ref>> {
    match vm::sys::get("path")? {
        Some(path) => text::new(":")?.call_method(intern("join").b(), &[path.b()]).map(Some),
        None => Ok(None),
    }
}

/// A str of wide characters that end with 0.
fn from_wide(start: *const u32) -> PyResult<Ref> {
    if start.is_null() {
        return Err(error::bad_internal_call());
    }
    // SAFETY: C's text ends with 0.
    let len = (0..).take_while(|index| unsafe { start.add(*index).read() } != 0).count();
    // SAFETY: as above.
    crate::unicodeobject::from_code_points(unsafe { std::slice::from_raw_parts(start, len) })
}

/// What functions without a result do with an exception: it is dropped.
fn silently(done: PyResult<()>) {
    if let Err(raised) = done {
        raised.clear();
    }
}

/// Adds a warning option.
fn add_warning(option: Borrowed<'_>) -> PyResult<()> {
    match vm::sys::get("warnoptions")? {
        Some(list) => list.call_method(id!("append"), &[option]).map(drop),
        None => vm::sys::set("warnoptions", list_of(&[option])?.b()),
    }
}

/// Adds an option of -X: `name` or `name=value`.
fn add_option(option: Borrowed<'_>) -> PyResult<()> {
    let full = text::to_string_lossy(option);
    let (name, value) = match full.split_once('=') {
        Some((name, value)) => (name, text::new(value)?),
        None => (full.as_str(), object::core::true_().to_ref()),
    };
    match vm::sys::get("_xoptions")? {
        Some(options) => options.setitem(text::new(name)?.b(), value.b()),
        None => Ok(()),
    }
}

fn list_of(items: &[Borrowed<'_>]) -> PyResult<Ref> {
    let items = object::value::tuple::from_slice(items)?;
    builtins::list::from_iterable(items.b()).map(Ref::upcast)
}

fn frame<'a>(frame: *const Frame) -> PyResult<&'a Frame> {
    // SAFETY: C passes a frame that is under way.
    unsafe { frame.as_ref() }.ok_or_else(error::bad_internal_call)
}

capi! {
    fn PySys_AddAuditHook(hook: *const c_void, data: *mut c_void) -> PyResult<()> {
        if hook.is_null() {
            return Err(error::bad_internal_call());
        }
        // SAFETY: C passes a function of this type, and what it wants to be passed.
        unsafe { add_native(std::mem::transmute::<*const c_void, NativeHook>(hook), data) }
    }
    fn PySys_AddWarnOption(option: *const u32) -> () {
        silently(from_wide(option).and_then(|option| add_warning(option.b())));
    }
    fn PySys_AddWarnOptionUnicode(option: Borrowed<'_>) -> () {
        silently(add_warning(option));
    }
    fn PySys_ResetWarnOptions() -> () {
        silently((|| match vm::sys::get("warnoptions")? {
            Some(list) => list.call_method(id!("clear"), &[]).map(drop),
            None => Ok(()),
        })());
    }
    fn PySys_AddXOption(option: *const u32) -> () {
        silently(from_wide(option).and_then(|option| add_option(option.b())));
    }
    fn PySys_SetPath(path: *const u32) -> () {
        silently((|| {
            let parts = from_wide(path)?.call_method(intern("split").b(), &[text::new(":")?.b()])?;
            vm::sys::set("path", parts.b())
        })());
    }
    fn PySys_SetArgv(count: c_int, values: *const *const u32) -> () {
        silently(set_argv(count, values));
    }
    fn PySys_SetArgvEx(count: c_int, values: *const *const u32, update_path: c_int) -> () {
        silently(set_argv(count, values).and_then(|()| if update_path != 0 { prepend_folder() } else { Ok(()) }));
    }

    fn Py_GetPath() -> *const i32 {
        lend("path", search_path)
    }
    fn Py_GetPrefix() -> *const i32 {
        lend("prefix", || vm::sys::get("prefix"))
    }
    fn Py_GetExecPrefix() -> *const i32 {
        lend("exec_prefix", || vm::sys::get("exec_prefix"))
    }
    fn Py_GetProgramFullPath() -> *const i32 {
        lend("executable", || vm::sys::get("executable"))
    }
    fn Py_GetProgramName() -> *const i32 {
        lend("program_name", || vm::sys::get("executable"))
    }
    // Nobody set one: the environment's is not told, as in CPython.
    fn Py_GetPythonHome() -> *const i32 {
        std::ptr::null()
    }

    // C's function says -1, also with an exception.
    fn PySignal_SetWakeupFd(descriptor: c_int) -> PyResult<c_int> {
        let descriptor = object::value::int::new(i64::from(descriptor))?;
        let old = vm::import::import_module("signal")?.call_method(intern("set_wakeup_fd").b(), &[descriptor.b()])?.as_i64()?;
        Ok(c_int::try_from(old).unwrap_or(-1))
    }

    // The stack of a thread, where its own code changes it: the address from which native calls are refused.
    fn PyUnstable_ThreadState_SetStackProtection(state: *mut abi::PyThreadState, start: *const u8, size: usize) -> PyResult<()> {
        /// What is kept for what runs after a recursion was refused.
        const RESERVE: usize = 256 * 1024;
        /// What CPython asks for at least.
        const LEAST: usize = 49_152;
        if size < LEAST {
            return Err(raise!(ValueError, "stack_size must be at least {LEAST} bytes"));
        }
        thread_of(state)?.stack_limit.set(start.addr().saturating_add(RESERVE.min(size / 2)));
        Ok(())
    }
    fn PyUnstable_ThreadState_ResetStackProtection(state: *mut abi::PyThreadState) -> () {
        if let Ok(thread) = thread_of(state).map_err(Raised::clear) {
            thread.stack_limit.set(object::recursion::limit_of_this_thread());
        }
    }

    fn PyUnstable_InterpreterFrame_GetCode(of: *const Frame) -> PyResult<Ref> {
        Ok(object::as_object(frame(of)?.code()).to_ref())
    }
    fn PyUnstable_InterpreterFrame_GetLasti(of: *const Frame) -> PyResult<c_int> {
        Ok(c_int::try_from(frame(of)?.instruction_index() * 2).unwrap_or(c_int::MAX))
    }
    fn PyUnstable_InterpreterFrame_GetLine(of: *const Frame) -> PyResult<c_int> {
        let frame = frame(of)?;
        Ok(frame.code().line_of(frame.instruction_index()).unwrap_or(-1))
    }

    fn PyODict_New() -> PyResult<Ref> {
        vm::import::import_module("collections")?.getattr(intern("OrderedDict").b())?.call0()
    }
    fn PyODict_SetItem(dict: Borrowed<'_>, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        // The plain message of a key that has no hash.
        key.hash()?;
        dict.setitem(key, value)
    }
    fn PyODict_DelItem(dict: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<()> {
        dict.delitem(key)
    }
}

fn thread_of<'a>(state: *mut abi::PyThreadState) -> PyResult<&'a thread::ThreadState> {
    // SAFETY: C passes a thread state, whose public part ours begins with.
    unsafe { state.cast::<thread::ThreadState>().as_ref() }.ok_or_else(error::bad_internal_call)
}

fn set_argv(count: c_int, values: *const *const u32) -> PyResult<()> {
    let mut texts = Vec::new();
    for index in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: C passes that many texts.
        texts.push(from_wide(unsafe { values.add(index).read() })?);
    }
    if texts.is_empty() {
        texts.push(text::empty());
    }
    vm::sys::set("argv", list_of(&texts.iter().map(Ref::b).collect::<Vec<_>>())?.b())
}

/// The folder of the program that `sys.argv` names, at the front of `sys.path`.
fn prepend_folder() -> PyResult<()> {
    let (Some(argv), Some(path)) = (vm::sys::get("argv")?, vm::sys::get("path")?) else { return Ok(()) };
    let program = argv.getitem(object::value::int::new(0)?.b())?;
    let folder = vm::import::import_module("os.path")?.call_method(intern("dirname").b(), &[program.b()])?;
    path.call_method(intern("insert").b(), &[object::value::int::new(0)?.b(), folder.b()]).map(drop)
}
