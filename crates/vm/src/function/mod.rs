//! Function objects: code with globals, defaults and a closure.

mod attributes;
pub mod bind;
mod errors;

use crate::code::Code;
use crate::eval;
use crate::frame::{self, Slot};
use abi::{PyObject, VECTORCALL_ARGUMENTS_OFFSET};
use builtins::watch::{self, FunctionEvent};
use macros::pyclass;
use object::gc::{Trace, Visit};
use object::slots::VectorcallFn;
use object::thread::{self, ThreadState};
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, id, raise};
use std::cell::{Cell, OnceCell, RefCell};
use std::mem::offset_of;
use std::ops::Deref;

/// A field that the collector visits but does not clear: a function can be called while its cycle is being taken apart.
#[repr(transparent)]
#[derive(Default)]
pub struct Kept(pub OptRef);

impl Trace for Kept {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.0.trace(visit);
    }
}

impl Deref for Kept {
    type Target = OptRef;
    fn deref(&self) -> &OptRef {
        &self.0
    }
}

/// Create a function object.
///
///   code
///     a code object
///   globals
///     the globals dictionary
///   name
///     a string that overrides the name from the code object
///   argdefs
///     a tuple that specifies the default argument values
///   closure
///     a tuple that supplies the bindings for free variables
///   kwdefaults
///     a dictionary that specifies the default keyword argument values
#[pyclass(
    name = "function",
    cell = object::core::FUNCTION,
    sig = "(code, globals, name=None, argdefs=None, closure=None,\n         kwdefaults=None)",
    flags(METHOD_DESCRIPTOR),
    gc,
    weaklist = weakreflist,
    dict = dict,
    vectorcall = vectorcall
)]
pub struct Function {
    header: abi::PyObject,
    #[member(name = "__globals__", readonly)]
    globals: Kept,
    #[member(name = "__builtins__", readonly)]
    builtins: Kept,
    pub name: Kept,
    pub qualname: Kept,
    code: Kept,
    pub defaults: OptRef,
    pub kwdefaults: OptRef,
    #[member(name = "__closure__", readonly)]
    pub closure: Kept,
    /// Empty until somebody asks for it or sets it.
    doc: OptRef,
    pub dict: OptRef,
    weakreflist: Cell<*mut PyObject>,
    pub module: OptRef,
    pub annotations: OptRef,
    pub annotate: OptRef,
    pub typeparams: OptRef,
    #[trace(skip)]
    vectorcall: Cell<Option<VectorcallFn>>,
    /// What the call's inline caches check; 0: never equal.
    pub version: Cell<u32>,
    /// Codes that `__code__` had before: frames may still run them. (Code objects are no part of cycles.)
    #[trace(skip)]
    retired: OnceCell<Box<RefCell<Vec<Ref>>>>,
}

const _: () = {
    assert!(offset_of!(Function, globals) == offset_of!(abi::PyFunctionObject, func_globals));
    assert!(offset_of!(Function, code) == offset_of!(abi::PyFunctionObject, func_code));
    assert!(offset_of!(Function, closure) == offset_of!(abi::PyFunctionObject, func_closure));
    assert!(offset_of!(Function, annotate) == offset_of!(abi::PyFunctionObject, func_annotate));
    assert!(offset_of!(Function, vectorcall) == offset_of!(abi::PyFunctionObject, vectorcall));
    assert!(offset_of!(Function, version) == offset_of!(abi::PyFunctionObject, func_version));
    // With the collector's header, blocks of the heap have a multiple of 16.
    assert!(size_of::<Function>() <= 160);
};

impl Function {
    /// A function of this code in these globals, named by the code.
    pub fn new(code: Borrowed<'_, Code>, globals: Borrowed<'_>) -> PyResult<Ref<Function>> {
        Self::with_qualname(code, globals, code.get().qualname_object())
    }

    /// A function of this code in these globals.
    pub fn with_qualname(code: Borrowed<'_, Code>, globals: Borrowed<'_>, qualname: Borrowed<'_>) -> PyResult<Ref<Function>> {
        let builtins = builtins_of(globals)?;
        let module = crate::support::dict_get(globals, id!("__name__"))?;
        let version = code.version.get();
        let function = object::memory::new_instance(
            Function::type_object(),
            Function {
                header: <abi::PyObject as abi::CStruct>::ZERO,
                globals: Kept(OptRef::new(Some(globals.to_ref()))),
                builtins: Kept(OptRef::new(Some(builtins))),
                name: Kept(OptRef::new(Some(code.get().name_object().to_ref()))),
                qualname: Kept(OptRef::new(Some(qualname.to_ref()))),
                code: Kept(OptRef::new(Some(code.to_ref().upcast()))),
                defaults: OptRef::none(),
                kwdefaults: OptRef::none(),
                closure: Kept::default(),
                doc: OptRef::none(),
                dict: OptRef::none(),
                weakreflist: Cell::new(std::ptr::null_mut()),
                module: OptRef::new(module),
                annotations: OptRef::none(),
                annotate: OptRef::none(),
                typeparams: OptRef::none(),
                vectorcall: Cell::new(Some(function_vectorcall)),
                version: Cell::new(version),
                retired: OnceCell::new(),
            },
        )?;
        watch::function_event(FunctionEvent::Create, object::as_object(&*function).borrowed(), None);
        Ok(function)
    }

    /// The code that the next call runs.
    #[inline(always)]
    pub fn code(&self) -> &Code {
        // SAFETY: a function always has code; codes it had before are kept in `retired`.
        unsafe { &*self.code.as_ptr().cast::<Code>() }
    }

    /// The code as an object.
    pub fn code_object(&self) -> Ref {
        self.code.get().unwrap_or_else(core::none_ref)
    }

    /// `__doc__`.
    pub fn docstring(&self) -> PyResult<Ref> {
        if let Some(doc) = self.doc.get() {
            return Ok(doc);
        }
        let doc = self.code().docstring()?;
        self.doc.set(Some(doc.clone()));
        Ok(doc)
    }

    /// Changes the code.
    pub fn set_code(&self, code: Ref) {
        watch::function_event(FunctionEvent::ModifyCode, object::as_object(self).borrowed(), Some(code.b()));
        self.version.set(0);
        if let Some(old) = self.code.replace(Some(code))
            && let Ok(mut retired) = self.retired.get_or_init(Box::default).try_borrow_mut()
        {
            retired.push(old);
        }
    }

    /// The globals' address.
    #[inline(always)]
    pub fn globals_ptr(&self) -> *mut PyObject {
        self.globals.as_ptr()
    }

    /// The globals.
    pub fn globals(&self) -> Ref {
        self.globals.get().unwrap_or_else(core::none_ref)
    }

    /// The builtins' address.
    #[inline(always)]
    pub fn builtins_ptr(&self) -> *mut PyObject {
        self.builtins.as_ptr()
    }

    /// The builtins.
    pub fn builtins(&self) -> Ref {
        self.builtins.get().unwrap_or_else(core::none_ref)
    }

    /// `__qualname__`, for messages.
    pub fn qualname_text(&self) -> String {
        self.qualname.get().map_or_else(String::new, |name| object::value::str::to_string_lossy(name.b()))
    }

    /// Whether the object is a function whose calls the interpreter may do itself.
    #[inline(always)]
    pub fn is_plain(callable: Borrowed<'_>) -> bool {
        callable.class().is_type(&core::FUNCTION)
    }
}

/// The builtins that code with these globals uses.
pub fn builtins_of(globals: Borrowed<'_>) -> PyResult<Ref> {
    if let Some(builtins) = crate::support::dict_get(globals, id!("__builtins__"))? {
        if builtins.class().is_type(&core::DICT) {
            return Ok(builtins);
        }
        if builtins.class().is_subtype(&core::MODULE) {
            return builtins.getattr(id!("__dict__"));
        }
        return Ok(builtins);
    }
    let thread = thread::current();
    match thread.interpreter().builtins.get() {
        Some(builtins) => Ok(builtins),
        None => crate::support::dict_new(),
    }
}

/// A frame for a call of `function` whose arguments stand in a vector; cells and free variables are made by the code itself.
///
/// The arguments are not consumed. The frame's `previous` is the current frame.
pub fn push_call(
    thread: &ThreadState,
    function: Borrowed<'_, Function>,
    args: &[Borrowed<'_>],
    nargs: usize,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<*const frame::Frame> {
    push_call_named(thread, function, args, nargs, kwnames.and_then(tuple::items).unwrap_or_default())
}

/// As [`push_call`], with the names of the last arguments in a slice.
#[inline]
pub fn push_call_named(
    thread: &ThreadState,
    function: Borrowed<'_, Function>,
    args: &[Borrowed<'_>],
    nargs: usize,
    names: &[Borrowed<'_>],
) -> PyResult<*const frame::Frame> {
    let code = function.get().code();
    let previous = thread.raw.current_frame.get().cast::<frame::Frame>();
    // SAFETY: the slot owns the function, whose code this is.
    let frame = unsafe { frame::push(thread, Slot::owned(function.to_ref().upcast()), code, previous)? };
    if !code.has_flag(bytecode::flags::CO_OPTIMIZED) {
        // The code of a module or class, called as a function: its locals are the globals.
        // SAFETY: the frame was just made.
        unsafe { (*frame).set_locals(function.get().globals()) };
    }
    // SAFETY: the frame was just made.
    let result = unsafe { bind::into_frame(&*frame, args, nargs, names) };
    match result {
        Ok(()) => Ok(frame),
        Err(raised) => {
            // SAFETY: it is the topmost frame, and nobody knows it.
            unsafe { frame::pop(thread, frame) };
            Err(raised)
        }
    }
}

/// The vectorcall of function objects: pushes a frame and runs it.
pub extern "C-unwind" fn function_vectorcall(
    callable: Borrowed<'_>,
    args: *const Borrowed<'_>,
    nargsf: usize,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let nargs = nargsf & !VECTORCALL_ARGUMENTS_OFFSET;
    let keywords = kwnames.and_then(tuple::items).map_or(0, <[_]>::len);
    let total = nargs + keywords;
    // SAFETY: the caller of a vectorcall passes that many arguments.
    let args = if total == 0 { &[] } else { unsafe { std::slice::from_raw_parts(args, total) } };
    let thread = thread::current();
    let frame = push_call(thread, callable.self_as::<Function>(), args, nargs, kwnames)?;
    // SAFETY: the frame is complete and the topmost of this thread.
    unsafe { eval::run_frame(thread, frame) }
}

/// Whether `kind` names a tuple or nothing, for attributes that take `None`.
pub(crate) fn tuple_or_none(value: Option<Borrowed<'_>>, message: &str) -> PyResult<Option<Ref>> {
    match value {
        None => Ok(None),
        Some(value) if value.is(&core::none()) => Ok(None),
        Some(value) if tuple::items(value).is_some() => Ok(Some(value.to_ref())),
        Some(_) => Err(raise!(TypeError, "{message}")),
    }
}
