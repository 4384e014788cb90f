//! The few functions that rooms above install, because the rooms below need them: set once, before the first interpreter runs.

use crate::reference::{Borrowed, Ref};
use crate::result::PyResult;
use crate::types::TypeObject;
use abi::PyObject;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What `builtins` installs.
pub struct Hooks {
    /// Attribute of a type along its MRO, uncached by the caller: `_PyType_Lookup`. A new reference.
    pub type_lookup: fn(&TypeObject, Borrowed<'_>) -> Option<Ref>,
    /// `object.__getattribute__`; none instead of AttributeError.
    pub getattr_opt: fn(Borrowed<'_>, Borrowed<'_>) -> PyResult<Option<Ref>>,
    /// `type.__getattribute__`; none instead of AttributeError.
    pub type_getattr_opt: fn(Borrowed<'_, TypeObject>, Borrowed<'_>) -> PyResult<Option<Ref>>,
    /// `getattr` of an object with the attributes of a module, none where there is no such attribute.
    pub module_getattr_opt: fn(Borrowed<'_>, Borrowed<'_>) -> PyResult<Option<Ref>>,
    /// Completes a type: `PyType_Ready`.
    pub type_ready: fn(&TypeObject) -> PyResult<()>,
    /// Clears the weak references to a dying object and calls their callbacks.
    pub clear_weakrefs: unsafe fn(*mut PyObject),
    /// The interned object with this text.
    pub intern: fn(&str) -> Ref,
    /// `dict[key]`, or none.
    pub dict_get: fn(Borrowed<'_>, Borrowed<'_>) -> PyResult<Option<Ref>>,
    /// `dict[key] = value`.
    pub dict_set: fn(Borrowed<'_>, Borrowed<'_>, Borrowed<'_>) -> PyResult<()>,
    /// The pairs of a dict, owned.
    pub dict_items: fn(Borrowed<'_>) -> PyResult<Vec<(Ref, Ref)>>,
    /// A new empty dict.
    pub dict_new: fn() -> PyResult<Ref>,
    /// A new list that owns these items.
    pub list_new: fn(Vec<Ref>) -> PyResult<Ref>,
    /// `iter(sequence)` for objects that have only `__getitem__`.
    pub sequence_iter: fn(Borrowed<'_>) -> PyResult<Ref>,
    /// `types.GenericAlias(origin, args)`.
    pub generic_alias: fn(Borrowed<'_>, Borrowed<'_>) -> PyResult<Ref>,
    /// `sorted(iterable)`.
    pub sorted_list: fn(Ref) -> PyResult<Ref>,
    /// Bytes of the inline values of an instance of this type.
    pub inline_values_size: fn(&TypeObject) -> usize,
    /// Prepares the inline values of a fresh instance.
    pub init_inline_values: unsafe fn(*mut PyObject, &TypeObject),
}

/// What `vm` installs.
pub struct VmHooks {
    /// Prints an exception that nobody can handle, with `sys.unraisablehook`; the message and the object are for its header.
    pub unraisable: fn(Option<&str>, Option<Borrowed<'_>>),
    /// Runs what the eval breaker asks for (signals, pending calls); from blocking native code.
    pub run_pending: fn() -> PyResult<()>,
    /// `warnings.warn(message, category, stacklevel)`.
    pub warn: fn(&TypeObject, Borrowed<'_>, isize) -> PyResult<()>,
    /// `sys.audit(event, *args)`.
    pub audit: fn(&str, &[Borrowed<'_>]) -> PyResult<()>,
    /// The line of an instruction (its offset in bytes) of the code of a frame object.
    pub line_of_frame: fn(Borrowed<'_>, i32) -> Option<i32>,
    /// Writes to `sys.stderr`, or to the file descriptor where there is none.
    pub write_stderr: fn(&str),
    /// The calling thread is about to end: gives up what it held for tracing.
    pub thread_ends: fn(),
}

static VM_HOOKS: OnceLock<VmHooks> = OnceLock::new();

/// Installs the hooks of `vm`; the first call counts.
pub fn install_vm(hooks: VmHooks) {
    let _first = VM_HOOKS.set(hooks);
}

/// The hooks of `vm`; none before they are installed.
#[inline]
pub fn vm() -> Option<&'static VmHooks> {
    VM_HOOKS.get()
}

/// `warnings.warn(message, category, stacklevel)`.
pub fn warn(category: &TypeObject, message: &str, stack_level: isize) -> PyResult<()> {
    match vm() {
        Some(hooks) => (hooks.warn)(category, crate::value::str::new(message)?.b(), stack_level),
        None => Ok(()),
    }
}

/// `sys.audit(event, *args)`.
pub fn audit(event: &str, args: &[Borrowed<'_>]) -> PyResult<()> {
    vm().map_or(Ok(()), |hooks| (hooks.audit)(event, args))
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Installs the hooks; the first call counts.
pub fn install(hooks: Hooks) {
    let _first = HOOKS.set(hooks);
}

/// The installed hooks. Nothing that needs one runs before they are installed; a process without them can only stop.
#[inline]
pub fn get() -> &'static Hooks {
    match HOOKS.get() {
        Some(hooks) => hooks,
        None => missing(),
    }
}

#[cold]
fn missing() -> ! {
    panic!("the runtime was used before it was initialised")
}

/// See [`Hooks::clear_weakrefs`].
///
/// # Safety
/// As the hook.
pub unsafe fn clear_weakrefs(ptr: *mut PyObject) {
    // SAFETY: by contract.
    unsafe { (get().clear_weakrefs)(ptr) }
}

static SIGNAL_RUNNER: OnceLock<fn() -> PyResult<()>> = OnceLock::new();

/// Installs what runs the handlers of signals that arrived (module `_signal`); the first call counts.
pub fn install_signal_runner(runner: fn() -> PyResult<()>) {
    let _first = SIGNAL_RUNNER.set(runner);
}

/// Runs the handlers of signals that arrived. Only the main thread of the main interpreter does.
pub fn run_signals() -> PyResult<()> {
    SIGNAL_RUNNER.get().map_or(Ok(()), |runner| runner())
}

/// Writes the Python frames of a thread, innermost first, without touching counts or allocating.
pub type FrameDumper = fn(&crate::thread::ThreadState, &mut dyn FnMut(&[u8]));

static INTERPRETER_ENDS: Mutex<Vec<fn(i64)>> = Mutex::new(Vec::new());

/// Lets `forget` run when an interpreter ends, with its number. The same function counts once.
pub fn on_interpreter_end(forget: fn(i64)) {
    let mut list = INTERPRETER_ENDS.lock().unwrap_or_else(PoisonError::into_inner);
    if !list.iter().any(|known| std::ptr::fn_addr_eq(*known, forget)) {
        list.push(forget);
    }
}

/// Tells all who asked that an interpreter ends.
pub fn interpreter_ends(id: i64) {
    let list = INTERPRETER_ENDS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    list.iter().for_each(|forget| forget(id));
}

static FRAME_DUMPER: OnceLock<FrameDumper> = OnceLock::new();

/// Installs what shows frames in reports of crashes (module `faulthandler`); the first call counts.
pub fn install_frame_dumper(dumper: FrameDumper) {
    let _first = FRAME_DUMPER.set(dumper);
}

/// See [`FrameDumper`].
pub fn dump_frames(thread: &crate::thread::ThreadState, out: &mut dyn FnMut(&[u8])) {
    if let Some(dumper) = FRAME_DUMPER.get() {
        dumper(thread, out);
    }
}
