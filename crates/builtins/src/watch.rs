//! Watchers: functions of C that are told when a dict, a type, a function, a code object or the current context changes (`PyDict_Watch` and its kin).
//!
//! Nobody who is not watched pays: a watched dict gets a general table of its own, so that no inline cache writes past `Dict::insert`; the events of
//! dying objects come from a `tp_dealloc` that replaces the type's when the first watcher of its kind is added.

use crate::dict::Dict;
use object::thread;
use object::{Borrowed, PyResult, Raised, TypeObject, error, raise};
use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many watchers of a kind there may be.
const MAX: usize = 8;

/// An address: how C names the object that an event is about.
type Address = *mut abi::PyObject;
/// `PyDict_WatchCallback`: event, dict, key, new value.
pub type DictCallback = unsafe extern "C-unwind" fn(c_int, Address, Address, Address) -> c_int;
/// `PyType_WatchCallback`.
pub type TypeCallback = unsafe extern "C-unwind" fn(Address) -> c_int;
/// `PyFunction_WatchCallback`: event, function, new value.
pub type FunctionCallback = unsafe extern "C-unwind" fn(c_int, Address, Address) -> c_int;
/// `PyCode_WatchCallback` and `PyContext_WatchCallback`: event, object.
pub type ObjectCallback = unsafe extern "C-unwind" fn(c_int, Address) -> c_int;

/// The watchers of one kind in an interpreter.
struct Registry<C> {
    slots: RefCell<[Option<C>; MAX]>,
}

impl<C> Default for Registry<C> {
    fn default() -> Self {
        Registry { slots: RefCell::new([const { None }; MAX]) }
    }
}

/// What the messages call a kind of watcher, and the first number that is free for C's use.
struct Kind {
    name: &'static str,
    /// "Invalid" and "No", or both in lower case.
    capital: bool,
    first: usize,
}

impl<C: Copy> Registry<C> {
    fn add(&self, kind: &Kind, callback: C) -> PyResult<i32> {
        let mut slots = self.slots.borrow_mut();
        let free = slots.iter_mut().enumerate().skip(kind.first).find(|(_, slot)| slot.is_none());
        let Some((index, slot)) = free else {
            drop(slots);
            return Err(raise!(RuntimeError, "no more {} watcher IDs available", kind.name));
        };
        *slot = Some(callback);
        Ok(index as i32)
    }

    /// Whether a number names a watcher; its index.
    fn check(&self, kind: &Kind, id: i32) -> PyResult<usize> {
        let (invalid, no) = if kind.capital { ("Invalid", "No") } else { ("invalid", "no") };
        let Some(index) = usize::try_from(id).ok().filter(|index| *index < MAX) else {
            return Err(raise!(ValueError, "{invalid} {} watcher ID {id}", kind.name));
        };
        if self.slots.borrow()[index].is_none() {
            return Err(raise!(ValueError, "{no} {} watcher set for ID {id}", kind.name));
        }
        Ok(index)
    }

    fn clear(&self, kind: &Kind, id: i32) -> PyResult<()> {
        let index = self.check(kind, id)?;
        self.slots.borrow_mut()[index] = None;
        Ok(())
    }

    /// Calls the watchers whose bits are set; what one raises is passed to `report` with its number. An exception that is set stays.
    fn call(&self, bits: u8, call: impl Fn(C) -> c_int, report: impl Fn(Raised, usize)) {
        for index in (0..MAX).filter(|index| bits & (1 << index) != 0) {
            let callback = self.slots.borrow()[index];
            let Some(callback) = callback else { continue };
            error::preserving(|| {
                if call(callback) < 0
                    && let Err(raised) = error::check()
                {
                    report(raised, index);
                }
            });
        }
    }
}

const DICTS: Kind = Kind { name: "dict", capital: true, first: 2 };
const TYPES: Kind = Kind { name: "type", capital: true, first: 1 };
const FUNCTIONS: Kind = Kind { name: "func", capital: false, first: 0 };
const CODES: Kind = Kind { name: "code", capital: true, first: 0 };
const CONTEXTS: Kind = Kind { name: "context", capital: true, first: 0 };

/// The watchers of an interpreter.
#[derive(Default)]
struct Watchers {
    dicts: Registry<DictCallback>,
    types: Registry<TypeCallback>,
    functions: Registry<FunctionCallback>,
    codes: Registry<ObjectCallback>,
    contexts: Registry<ObjectCallback>,
}

fn watchers() -> &'static Watchers {
    thread::current().interpreter().extensions.get::<Watchers>()
}

/// Events of dicts, by C's numbers.
#[derive(Clone, Copy)]
pub enum DictEvent {
    Added,
    Modified,
    Deleted,
    Cloned,
    Cleared,
    Deallocated,
}

const DICT_EVENTS: [&str; 6] = ["ADDED", "MODIFIED", "DELETED", "CLONED", "CLEARED", "DEALLOCATED"];

fn address(object: Option<Borrowed<'_>>) -> Address {
    object.map_or(std::ptr::null_mut(), |object| object.ptr())
}

/// Tells the watchers of a dict, before it changes.
#[cold]
pub fn dict_event(dict: Address, bits: u8, event: DictEvent, key: Option<Borrowed<'_>>, value: Option<Borrowed<'_>>) {
    watchers().dicts.call(
        bits,
        // SAFETY: C's function; the objects live during the call.
        |callback| unsafe { callback(event as c_int, dict, address(key), address(value)) },
        |raised, _| {
            let name = DICT_EVENTS[event as usize];
            raised.unraisable(
                Some(&format!("Exception ignored in PyDict_EVENT_{name} watcher callback for <dict at {dict:p}>")),
                None,
            );
        },
    );
}

/// `PyDict_AddWatcher`.
pub fn add_dict_watcher(callback: DictCallback) -> PyResult<i32> {
    replace_dealloc(&object::core::DICT, &DICT_DEALLOC, dying_dict);
    watchers().dicts.add(&DICTS, callback)
}

/// `PyDict_ClearWatcher`.
pub fn clear_dict_watcher(id: i32) -> PyResult<()> {
    watchers().dicts.clear(&DICTS, id)
}

fn watched(object: Borrowed<'_>) -> PyResult<Borrowed<'_, Dict>> {
    object.downcast::<Dict>().ok_or_else(|| raise!(ValueError, "Cannot watch non-dictionary"))
}

/// `PyDict_Watch`.
pub fn watch_dict(id: i32, object: Borrowed<'_>) -> PyResult<()> {
    let dict = watched(object)?;
    let index = watchers().dicts.check(&DICTS, id)?;
    dict.set_watched(dict.watcher_bits() | 1 << index)
}

/// `PyDict_Unwatch`.
pub fn unwatch_dict(id: i32, object: Borrowed<'_>) -> PyResult<()> {
    let dict = watched(object)?;
    let index = watchers().dicts.check(&DICTS, id)?;
    dict.set_watched(dict.watcher_bits() & !(1 << index))
}

/// Tells the watchers of a type that look-ups on it may find something else.
#[cold]
pub fn type_modified(class: &TypeObject) {
    let object = class.as_object_ptr();
    watchers().types.call(
        class.raw().tp_watched.get(),
        // SAFETY: C's function; the type lives.
        |callback| unsafe { callback(object) },
        |raised, index| {
            // SAFETY: the type lives.
            let class = unsafe { (*object.cast::<object::Object>()).to_ref() };
            raised.unraisable_of(&format!("Exception ignored in type watcher callback #{index} for"), class.b());
        },
    );
}

/// `PyType_AddWatcher`.
pub fn add_type_watcher(callback: TypeCallback) -> PyResult<i32> {
    watchers().types.add(&TYPES, callback)
}

/// `PyType_ClearWatcher`.
pub fn clear_type_watcher(id: i32) -> PyResult<()> {
    watchers().types.clear(&TYPES, id)
}

/// `PyType_Watch` and `PyType_Unwatch`.
pub fn watch_type(id: i32, object: Borrowed<'_>, on: Watch) -> PyResult<()> {
    let Some(class) = object.downcast::<TypeObject>() else {
        return Err(raise!(ValueError, "Cannot watch non-type"));
    };
    let bit = 1 << watchers().types.check(&TYPES, id)?;
    let bits = &class.raw().tp_watched;
    match on {
        Watch::Begin => {
            // A type without a version has told its change already.
            crate::type_::lookup::assign_version(&class);
            bits.set(bits.get() | bit);
        }
        Watch::End => bits.set(bits.get() & !bit),
    }
    Ok(())
}

/// Whether watching begins or ends.
#[derive(Clone, Copy)]
pub enum Watch {
    Begin,
    End,
}

/// Events of functions, by C's numbers.
#[derive(Clone, Copy)]
pub enum FunctionEvent {
    Create,
    Destroy,
    ModifyCode,
    ModifyDefaults,
    ModifyKwdefaults,
}

const FUNCTION_EVENTS: [&str; 5] = ["CREATE", "DESTROY", "MODIFY_CODE", "MODIFY_DEFAULTS", "MODIFY_KWDEFAULTS"];

/// Whether anybody in this process watches functions, code objects or contexts.
static FUNCTIONS_WATCHED: AtomicBool = AtomicBool::new(false);
static CODES_WATCHED: AtomicBool = AtomicBool::new(false);
static CONTEXTS_WATCHED: AtomicBool = AtomicBool::new(false);

/// Tells the watchers of functions; cheap where there are none.
#[inline]
pub fn function_event(event: FunctionEvent, function: Borrowed<'_>, value: Option<Borrowed<'_>>) {
    if FUNCTIONS_WATCHED.load(Ordering::Relaxed) {
        tell_function(event, function, value);
    }
}

#[cold]
fn tell_function(event: FunctionEvent, function: Borrowed<'_>, value: Option<Borrowed<'_>>) {
    watchers().functions.call(
        u8::MAX,
        // SAFETY: C's function; the objects live during the call.
        |callback| unsafe { callback(event as c_int, function.ptr(), address(value)) },
        |raised, _| {
            let exception = raised.take();
            let name = function.getattr(object::id!("__qualname__")).and_then(|name| name.str_text()).unwrap_or_else(|raised| {
                raised.clear();
                String::new()
            });
            let (event, place) = (FUNCTION_EVENTS[event as usize], function.ptr());
            let message =
                format!("Exception ignored in PyFunction_EVENT_{event} watcher callback for function {name} at {place:p}");
            error::restore(exception).unraisable(Some(&message), None);
        },
    );
}

/// `PyFunction_AddWatcher`.
pub fn add_function_watcher(callback: FunctionCallback) -> PyResult<i32> {
    let id = watchers().functions.add(&FUNCTIONS, callback)?;
    FUNCTIONS_WATCHED.store(true, Ordering::Relaxed);
    replace_dealloc(&object::core::FUNCTION, &FUNCTION_DEALLOC, dying_function);
    Ok(id)
}

/// `PyFunction_ClearWatcher`.
pub fn clear_function_watcher(id: i32) -> PyResult<()> {
    watchers().functions.clear(&FUNCTIONS, id)
}

/// Events of code objects, by C's numbers.
#[derive(Clone, Copy)]
pub enum CodeEvent {
    Create,
    Destroy,
}

/// Tells the watchers of code objects; cheap where there are none.
#[inline]
pub fn code_event(event: CodeEvent, code: Borrowed<'_>) {
    if CODES_WATCHED.load(Ordering::Relaxed) {
        tell_code(event, code);
    }
}

#[cold]
fn tell_code(event: CodeEvent, code: Borrowed<'_>) {
    let name = if matches!(event, CodeEvent::Create) { "CREATE" } else { "DESTROY" };
    watchers().codes.call(
        u8::MAX,
        // SAFETY: C's function; the code lives during the call.
        |callback| unsafe { callback(event as c_int, code.ptr()) },
        |raised, _| raised.unraisable_of(&format!("Exception ignored in PY_CODE_EVENT_{name} watcher callback for"), code),
    );
}

/// `PyCode_AddWatcher`.
pub fn add_code_watcher(callback: ObjectCallback) -> PyResult<i32> {
    let id = watchers().codes.add(&CODES, callback)?;
    CODES_WATCHED.store(true, Ordering::Relaxed);
    replace_dealloc(&object::core::CODE, &CODE_DEALLOC, dying_code);
    Ok(id)
}

/// `PyCode_ClearWatcher`.
pub fn clear_code_watcher(id: i32) -> PyResult<()> {
    watchers().codes.clear(&CODES, id)
}

/// Tells the watchers that the current context is another, or none; cheap where there are none.
#[inline]
pub fn context_switched(context: Option<Borrowed<'_>>) {
    if CONTEXTS_WATCHED.load(Ordering::Relaxed) {
        tell_context(context.unwrap_or(object::core::none()));
    }
}

#[cold]
fn tell_context(context: Borrowed<'_>) {
    watchers().contexts.call(
        u8::MAX,
        // SAFETY: C's function; the context lives during the call.
        |callback| unsafe { callback(1, context.ptr()) },
        |raised, _| raised.unraisable_of("Exception ignored in Py_CONTEXT_SWITCHED watcher callback for", context),
    );
}

/// `PyContext_AddWatcher`.
pub fn add_context_watcher(callback: ObjectCallback) -> PyResult<i32> {
    let id = watchers().contexts.add(&CONTEXTS, callback)?;
    CONTEXTS_WATCHED.store(true, Ordering::Relaxed);
    Ok(id)
}

/// `PyContext_ClearWatcher`.
pub fn clear_context_watcher(id: i32) -> PyResult<()> {
    watchers().contexts.clear(&CONTEXTS, id)
}

type Dealloc = extern "C-unwind" fn(*mut abi::PyObject);

/// The `tp_dealloc` that a type had before its objects were watched.
struct Original(Cell<Option<Dealloc>>);
// SAFETY: written once, under the GIL, before anybody reads it.
unsafe impl Sync for Original {}

static DICT_DEALLOC: Original = Original(Cell::new(None));
static FUNCTION_DEALLOC: Original = Original(Cell::new(None));
static CODE_DEALLOC: Original = Original(Cell::new(None));

fn replace_dealloc(class: &TypeObject, original: &Original, with: Dealloc) {
    if original.0.get().is_none()
        && let Some(own) = class.tp_dealloc()
    {
        original.0.set(Some(own));
        class.raw().tp_dealloc.set(Some(with));
    }
}

/// Tells of a dying object, which may come back to life; if it does not, it dies as it would have.
fn dying(ptr: *mut abi::PyObject, original: &Original, tell: impl FnOnce(Borrowed<'_>)) {
    // SAFETY: the object's count is 0 and nothing of it is gone; a count of 1 keeps it alive during the call.
    unsafe {
        let count = &*ptr.cast::<abi::Cell<u32>>();
        count.set(1);
        tell((*ptr.cast::<object::Object>()).borrowed());
        count.set(count.get() - 1);
        if count.get() == 0
            && let Some(dealloc) = original.0.get()
        {
            dealloc(ptr);
        }
    }
}

extern "C-unwind" fn dying_dict(ptr: *mut abi::PyObject) {
    // SAFETY: called for dicts alone, whose count is 0.
    let bits = unsafe { (*ptr.cast::<Dict>()).watcher_bits() };
    dying(ptr, &DICT_DEALLOC, |dict| {
        if bits != 0 {
            dict_event(dict.ptr(), bits, DictEvent::Deallocated, None, None);
        }
    });
}

extern "C-unwind" fn dying_function(ptr: *mut abi::PyObject) {
    dying(ptr, &FUNCTION_DEALLOC, |function| function_event(FunctionEvent::Destroy, function, None));
}

extern "C-unwind" fn dying_code(ptr: *mut abi::PyObject) {
    dying(ptr, &CODE_DEALLOC, |code| code_event(CodeEvent::Destroy, code));
}

/// Entering and leaving contexts, which a module above knows how to do.
pub struct ContextHooks {
    pub enter: fn(Borrowed<'_>) -> PyResult<()>,
    pub exit: fn(Borrowed<'_>) -> PyResult<()>,
}

static CONTEXT_HOOKS: std::sync::OnceLock<ContextHooks> = std::sync::OnceLock::new();

/// Installs the functions, once.
pub fn set_context_hooks(hooks: ContextHooks) {
    let _ = CONTEXT_HOOKS.set(hooks);
}

/// The functions, where `_contextvars` was imported.
pub fn context_hooks() -> Option<&'static ContextHooks> {
    CONTEXT_HOOKS.get()
}
