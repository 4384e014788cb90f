//! `pyerrors.h`: raising, fetching, looking at exceptions.

use crate::form::{Lent, Out, Stolen, capi};
use crate::support::{intern, lossy};
use crate::unicode_format::format as format_text;
use crate::unicodeobject::from_c;
use crate::variadic::{Va, variadic};
use abi::{PyBaseExceptionObject, PyObject, c_char, tpflags};
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, RawField, Ref, TypeObject, core, error, exc, id, raise, thread};
use std::ffi::CStr;

/// Whether the object is an exception class.
pub(crate) fn is_class(object: Borrowed<'_>) -> bool {
    object.downcast::<TypeObject>().is_some_and(|class| class.has(tpflags::BASE_EXC_SUBCLASS))
}

/// Raises what C names: `class(value)`, or SystemError where it names no exception class.
pub(crate) fn set_object(class: Borrowed<'_>, value: Option<Borrowed<'_>>) -> Raised {
    match class.downcast::<TypeObject>().filter(|class| class.has(tpflags::BASE_EXC_SUBCLASS)) {
        Some(class) => match is_one_of(class.get(), value) {
            Ok(Some(exception)) => error::raise_exception(exception),
            Ok(None) => {
                // The class is about to be called, which may not be done with an exception set.
                drop(error::take());
                match normalized(class.object(), value) {
                    Ok(exception) => error::raise_exception(exception),
                    Err(raised) => with_note(raised, class.get(), value),
                }
            }
            Err(raised) => raised,
        },
        None => match class.get().repr_text() {
            Ok(shown) => raise!(SystemError, "_PyErr_SetObject: exception {shown} is not a BaseException subclass"),
            Err(raised) => raised,
        },
    }
}

/// The value itself where it is an exception of this class already, which its metaclass may decide.
fn is_one_of(class: &TypeObject, value: Option<Borrowed<'_>>) -> PyResult<Option<Ref>> {
    let Some(value) = value.filter(|value| value.class().has(tpflags::BASE_EXC_SUBCLASS)) else { return Ok(None) };
    Ok(value.class().borrowed().issubclass(class.borrowed())?.then(|| value.to_ref()))
}

/// What was raised while an exception was made, with a note that says which one.
fn with_note(raised: Raised, class: &TypeObject, value: Option<Borrowed<'_>>) -> Raised {
    let exception = raised.take();
    let noted = (|| {
        let shown =
            value.map_or_else(|| Ok("<NULL>".to_owned()), |value| value.repr().map(|shown| text::to_string_lossy(shown.b())));
        let shown = shown.unwrap_or_else(|raised| {
            raised.clear();
            "<unknown>".to_owned()
        });
        let note = text::new(&format!("Normalization failed: type={} args={shown}", class.tp_name()))?;
        exception.b().call_method(crate::support::intern("add_note").b(), &[note.b()])
    })();
    if let Err(raised) = noted {
        raised.clear();
    }
    error::restore(exception)
}

fn set_string(class: Borrowed<'_>, message: PyResult<Ref>) {
    let _raised = match message {
        Ok(message) => set_object(class, Some(message.b())),
        Err(raised) => raised,
    };
}

/// Whether an exception or a class is a subclass of `kind`, a class or a tuple of them.
fn matches(error: Borrowed<'_>, kind: Borrowed<'_>) -> bool {
    if let Some(kinds) = tuple::items(kind) {
        if let Err(raised) = object::recursion::check(" in PyErr_GivenExceptionMatches()") {
            raised.unraisable(None, Some(kind));
            return false;
        }
        return kinds.iter().any(|kind| matches(error, *kind));
    }
    let class = if error.class().has(tpflags::BASE_EXC_SUBCLASS) { error.class().borrowed() } else { error };
    if is_class(class)
        && is_class(kind)
        && let (Some(class), Some(kind)) = (class.downcast::<TypeObject>(), kind.downcast::<TypeObject>())
    {
        return class.is_subtype(&kind);
    }
    std::ptr::eq(class.ptr(), kind.ptr())
}

/// The exception that a type, a value and a traceback describe (`PyErr_NormalizeException`).
fn normalized(class: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<Ref> {
    if let Some(value) = value
        && value.class().has(tpflags::BASE_EXC_SUBCLASS)
        && let Some(class) = class.downcast::<TypeObject>()
        && value.class().is_subtype(class.get())
    {
        return Ok(value.to_ref());
    }
    if !is_class(class) {
        return Err(set_object(class, value));
    }
    let made = match value {
        None => class.call0()?,
        Some(value) if value.is(&core::none()) => class.call0()?,
        Some(value) if value.class().is_subtype(&core::TUPLE) => class.call_tuple(value, None)?,
        Some(value) => class.call1(value)?,
    };
    if made.class().has(tpflags::BASE_EXC_SUBCLASS) {
        return Ok(made);
    }
    let shown = class.get().repr_text()?;
    Err(raise!(TypeError, "calling {shown} should have returned an instance of BaseException, not {}", made.class().tp_name()))
}

fn base(exception: Borrowed<'_>) -> PyResult<&PyBaseExceptionObject> {
    if exception.class().has(tpflags::BASE_EXC_SUBCLASS) {
        // SAFETY: an instance of BaseException begins with these fields.
        Ok(unsafe { &*exception.ptr().cast::<PyBaseExceptionObject>() })
    } else {
        Err(error::bad_internal_call())
    }
}

/// The traceback to keep: a traceback, or None as nothing.
fn set_traceback(exception: Borrowed<'_>, traceback: Option<Borrowed<'_>>) -> PyResult<()> {
    let fields = base(exception)?;
    match traceback.filter(|traceback| !traceback.is(&core::none())) {
        None => fields.traceback.store(None),
        Some(traceback) if traceback.class().is_subtype(&core::TRACEBACK) => fields.traceback.store(Some(traceback.to_ref())),
        Some(_) => return Err(raise!(TypeError, "__traceback__ must be a traceback or None")),
    }
    Ok(())
}

/// `class(errno, strerror, filename, filename2)`; an interrupted call runs the signal handlers first.
pub(crate) fn from_errno(class: Borrowed<'_>, filename: Option<Borrowed<'_>>, filename2: Option<Borrowed<'_>>) -> Raised {
    // SAFETY: plain access to the thread's errno.
    let errno = unsafe { *libc::__errno_location() };
    let made = (|| {
        if errno == libc::EINTR {
            object::hooks::run_signals()?;
        }
        let message = if errno == 0 {
            text::new("Error")?
        } else {
            // SAFETY: the text is copied at once.
            text::new(&unsafe { CStr::from_ptr(libc::strerror(errno)) }.to_string_lossy())?
        };
        let number = int::new(i64::from(errno))?;
        let args = match (filename, filename2) {
            (None, _) => tuple::from_slice(&[number.b(), message.b()])?,
            (Some(filename), None) => tuple::from_slice(&[number.b(), message.b(), filename])?,
            (Some(filename), Some(filename2)) => {
                let zero = int::new(0)?;
                tuple::from_slice(&[number.b(), message.b(), filename, zero.b(), filename2])?
            }
        };
        class.call_tuple(args.b(), None)
    })();
    match made {
        Ok(exception) => error::raise_value(exception.class(), Some(exception.b())),
        Err(raised) => raised,
    }
}

/// The exception class that C names; anything else is a bad call.
fn class_of<'a>(class: Borrowed<'a>) -> PyResult<Borrowed<'a, TypeObject>> {
    class.downcast::<TypeObject>().ok_or_else(error::bad_internal_call)
}

/// `PyErr_SetImportErrorSubclass`.
fn import_error(
    class: Borrowed<'_>,
    message: Option<Borrowed<'_>>,
    name: Option<Borrowed<'_>>,
    path: Option<Borrowed<'_>>,
) -> Raised {
    let raised = (|| {
        if !class.issubclass(exc::ImportError.borrowed())? {
            return Err(raise!(TypeError, "expected a subclass of ImportError"));
        }
        let Some(message) = message else { return Err(raise!(TypeError, "expected a message argument")) };
        let none = core::none();
        let exception = class.call1(message)?;
        exception.setattr(id!("name"), name.unwrap_or(none))?;
        exception.setattr(id!("path"), path.unwrap_or(none))?;
        Ok(exception)
    })();
    match raised {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// A new class `module.name` with these bases and namespace.
fn new_exception(name: &CStr, doc: Option<&CStr>, bases: Option<Borrowed<'_>>, dict: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let full = lossy(name);
    let dict = match dict {
        Some(dict) => dict.to_ref(),
        None => builtins::type_::dicts::new()?,
    };
    if let Some(doc) = doc {
        if !dict.class().is_subtype(&core::DICT) {
            return Err(error::bad_internal_call());
        }
        builtins::type_::dicts::set(dict.b(), id!("__doc__"), from_c(doc)?.b())?;
    }
    let Some((module, short)) = full.rsplit_once('.') else {
        return Err(raise!(SystemError, "PyErr_NewException: name must be module.class"));
    };
    if !dict.class().is_subtype(&core::DICT) {
        return Err(error::bad_internal_call());
    }
    if builtins::type_::dicts::get(dict.b(), id!("__module__"))?.is_none() {
        builtins::type_::dicts::set(dict.b(), id!("__module__"), text::new(module)?.b())?;
    }
    let bases = match bases {
        None => tuple::from_slice(&[exc::Exception.borrowed()])?,
        Some(bases) if bases.class().is_subtype(&core::TUPLE) => bases.to_ref(),
        Some(base) => tuple::from_slice(&[base])?,
    };
    core::TYPE.borrowed().call(&[text::new(short)?.b(), bases.b(), dict.b()])
}

/// Reports the exception as unraisable.
fn unraisable(message: Option<&str>, object: Option<Borrowed<'_>>) {
    if error::is_set() {
        // SAFETY: an exception is set.
        unsafe { Raised::assume() }.unraisable(message, object);
    }
}

/// The item on top of the stack of handled exceptions that is not empty.
fn handled() -> Option<Ref> {
    thread::current().handled_exception()
}

fn set_handled(value: Option<Ref>) {
    let item = thread::current().raw.exc_info.get();
    let value = value.filter(|value| !value.is(&core::none()));
    // SAFETY: the thread's topmost item lives.
    let old = unsafe { (*item).exc_value.swap_ref(value) };
    drop(old);
}

capi! {
    fn PyErr_SetNone(class: Borrowed<'_>) -> () {
        let _raised = set_object(class, None);
    }

    fn PyErr_SetObject(class: Borrowed<'_>, value: Option<Borrowed<'_>>) -> () {
        let _raised = set_object(class, value);
    }

    fn PyErr_SetString(class: Borrowed<'_>, message: &CStr) -> () {
        set_string(class, from_c(message));
    }

    fn PyErr_Occurred() -> Lent {
        let exception = thread::current().raw.current_exception.get();
        if exception.is_null() {
            return Lent(std::ptr::null_mut());
        }
        // SAFETY: the thread holds the exception, which holds its type.
        Lent(unsafe { (*exception).ob_type.get().cast() })
    }

    fn PyErr_Clear() -> () {
        drop(error::take());
    }

    fn PyErr_Fetch(class: Out<'_, *mut PyObject>, value: Out<'_, *mut PyObject>, traceback: Out<'_, *mut PyObject>) -> () {
        let null = std::ptr::null_mut();
        let (a, b, c) = match error::take() {
            None => (null, null, null),
            Some(exception) => {
                let fields = error::base_of(exception.b());
                let traceback = fields.traceback.load().map_or(null, Ref::into_ptr);
                (exception.class().to_ref().into_ptr(), exception.into_ptr(), traceback)
            }
        };
        class.set(a);
        value.set(b);
        traceback.set(c);
    }

    fn PyErr_Restore(class: Stolen, value: Stolen, traceback: Stolen) -> () {
        let Some(class) = class.0 else {
            drop(error::take());
            return;
        };
        let made = normalized(class.b(), value.0.as_ref().map(Ref::b));
        let _raised = match made {
            Ok(exception) => match set_traceback(exception.b(), traceback.0.as_ref().map(Ref::b)) {
                Ok(()) => error::restore(exception),
                Err(raised) => raised,
            },
            Err(raised) => raised,
        };
    }

    fn PyErr_GetRaisedException() -> PyResult<Option<Ref>> {
        Ok(error::take())
    }

    fn PyErr_SetRaisedException(exception: Stolen) -> () {
        match exception.0 {
            None => drop(error::take()),
            Some(exception) => {
                let _raised = error::restore(exception);
            }
        }
    }

    fn _PyErr_ChainExceptions1(exception: Stolen) -> () {
        let Some(exception) = exception.0 else { return };
        match error::take() {
            Some(newer) => {
                error::base_of(newer.b()).context.store(Some(exception));
                let _raised = error::restore(newer);
            }
            None => {
                let _raised = error::restore(exception);
            }
        }
    }

    fn PyErr_GetHandledException() -> PyResult<Option<Ref>> {
        Ok(handled())
    }

    fn PyErr_SetHandledException(exception: Option<Borrowed<'_>>) -> () {
        set_handled(exception.map(Borrowed::to_ref));
    }

    fn PyErr_GetExcInfo(class: Out<'_, *mut PyObject>, value: Out<'_, *mut PyObject>, traceback: Out<'_, *mut PyObject>) -> () {
        let none = || core::none_ref().into_ptr();
        match handled() {
            None => {
                class.set(none());
                value.set(std::ptr::null_mut());
                traceback.set(none());
            }
            Some(exception) => {
                class.set(exception.class().to_ref().into_ptr());
                traceback.set(error::base_of(exception.b()).traceback.load().map_or_else(none, Ref::into_ptr));
                value.set(exception.into_ptr());
            }
        }
    }

    fn PyErr_SetExcInfo(class: Stolen, value: Stolen, traceback: Stolen) -> () {
        set_handled(value.0);
        drop((class.0, traceback.0));
    }

    fn PyErr_NormalizeException(class: Out<'_, *mut PyObject>, value: Out<'_, *mut PyObject>, traceback: Out<'_, *mut PyObject>) -> () {
        // SAFETY: the places own their objects, or are NULL.
        let (kind, given) = unsafe {
            (Ref::<object::Object>::from_owned_or_null(class.get()), Ref::<object::Object>::from_owned_or_null(value.get()))
        };
        let Some(kind) = kind else { return };
        let exception = normalized(kind.b(), given.as_ref().map(Ref::b)).unwrap_or_else(Raised::take);
        class.set(exception.class().to_ref().into_ptr());
        if traceback.get().is_null() {
            let own = error::base_of(exception.b()).traceback.load();
            traceback.set(own.map_or(std::ptr::null_mut(), Ref::into_ptr));
        }
        value.set(exception.into_ptr());
    }

    fn PyErr_GivenExceptionMatches(error: Option<Borrowed<'_>>, kind: Option<Borrowed<'_>>) -> bool {
        match (error, kind) {
            (Some(error), Some(kind)) => matches(error, kind),
            _ => false,
        }
    }

    fn PyErr_ExceptionMatches(kind: Option<Borrowed<'_>>) -> bool {
        let current = thread::current().raw.current_exception.get();
        // SAFETY: the thread holds the exception.
        match (unsafe { Borrowed::<object::Object>::from_ptr_or_null(current) }, kind) {
            (Some(error), Some(kind)) => matches(error, kind),
            _ => false,
        }
    }

    fn PyErr_NoMemory() -> PyResult<*mut PyObject> {
        Err(error::no_memory())
    }

    fn PyErr_BadArgument() -> bool {
        let _raised = raise!(TypeError, "bad argument type for built-in operation");
        false
    }

    fn PyErr_BadInternalCall() -> () {
        let _raised = error::bad_internal_call();
    }

    fn _PyErr_BadInternalCall(file: &CStr, line: i32) -> () {
        let _raised = raise!(SystemError, "{}:{line}: bad argument to internal function", lossy(file));
    }

    fn PyErr_FormatV(class: Borrowed<'_>, format: &CStr, va: Va<'_>) -> PyResult<*mut PyObject> {
        drop(error::take());
        set_string(class, format_text(format, va.0));
        Ok(std::ptr::null_mut())
    }

    fn _PyErr_FormatFromCause_va(class: Borrowed<'_>, format: &CStr, va: Va<'_>) -> PyResult<*mut PyObject> {
        let cause = error::take();
        set_string(class, format_text(format, va.0));
        if let (Some(exception), Some(cause)) = (error::take(), cause) {
            let fields = error::base_of(exception.b());
            fields.cause.store(Some(cause.clone()));
            fields.context.store(Some(cause));
            fields.suppress_context.set(1);
            let _raised = error::restore(exception);
        }
        Ok(std::ptr::null_mut())
    }

    fn PyErr_FormatUnraisable_va(format: Option<&CStr>, va: Va<'_>) -> () {
        let message = format.map(|format| {
            error::preserving(|| format_text(format, va.0).map(|text| text::to_string_lossy(text.b())).unwrap_or_else(|raised| {
                raised.clear();
                String::new()
            }))
        });
        unraisable(message.as_deref().filter(|message| !message.is_empty()), None);
    }

    fn PyErr_WriteUnraisable(object: Option<Borrowed<'_>>) -> () {
        unraisable(None, object);
    }

    fn PyErr_SetFromErrno(class: Borrowed<'_>) -> PyResult<*mut PyObject> {
        Err(from_errno(class, None, None))
    }

    fn PyErr_SetFromErrnoWithFilename(class: Borrowed<'_>, filename: Option<&CStr>) -> PyResult<*mut PyObject> {
        // SAFETY: plain access to the thread's errno, which making the name must not change.
        let errno = unsafe { *libc::__errno_location() };
        let filename = filename.map(|name| crate::unicode_codecs::fs_decode(name.to_bytes())).transpose()?;
        // SAFETY: as above.
        unsafe { *libc::__errno_location() = errno };
        Err(from_errno(class, filename.as_ref().map(Ref::b), None))
    }

    fn PyErr_SetFromErrnoWithFilenameObject(class: Borrowed<'_>, filename: Option<Borrowed<'_>>) -> PyResult<*mut PyObject> {
        Err(from_errno(class, filename, None))
    }

    fn PyErr_SetFromErrnoWithFilenameObjects(class: Borrowed<'_>, filename: Option<Borrowed<'_>>, filename2: Option<Borrowed<'_>>) -> PyResult<*mut PyObject> {
        Err(from_errno(class, filename, filename2))
    }

    fn PyErr_SetImportError(message: Option<Borrowed<'_>>, name: Option<Borrowed<'_>>, path: Option<Borrowed<'_>>) -> PyResult<*mut PyObject> {
        Err(import_error(exc::ImportError.borrowed(), message, name, path))
    }

    fn PyErr_SetImportErrorSubclass(class: Borrowed<'_>, message: Option<Borrowed<'_>>, name: Option<Borrowed<'_>>, path: Option<Borrowed<'_>>) -> PyResult<*mut PyObject> {
        Err(import_error(class, message, name, path))
    }

    fn PyErr_NewException(name: &CStr, bases: Option<Borrowed<'_>>, dict: Option<Borrowed<'_>>) -> PyResult<Ref> {
        new_exception(name, None, bases, dict)
    }

    fn PyErr_NewExceptionWithDoc(name: &CStr, doc: Option<&CStr>, bases: Option<Borrowed<'_>>, dict: Option<Borrowed<'_>>) -> PyResult<Ref> {
        new_exception(name, doc, bases, dict)
    }

    fn PyErr_Print() -> () {
        print(true);
    }

    fn PyErr_PrintEx(set_last: i32) -> () {
        print(set_last != 0);
    }

    fn PyErr_DisplayException(exception: Borrowed<'_>) -> () {
        vm::lifecycle::errors::display(exception, None);
    }

    fn PyErr_Display(_class: Option<Borrowed<'_>>, value: Borrowed<'_>, traceback: Option<Borrowed<'_>>) -> () {
        vm::lifecycle::errors::display(value, traceback);
    }

    fn PyErr_CheckSignals() -> PyResult<()> {
        match object::hooks::vm() {
            Some(hooks) => (hooks.run_pending)(),
            None => Ok(()),
        }
    }

    fn PyExceptionClass_Name(class: Borrowed<'_>) -> PyResult<*const c_char> {
        Ok(class_of(class)?.raw().tp_name.get())
    }

    fn PyException_GetTraceback(exception: Borrowed<'_>) -> PyResult<Option<Ref>> {
        Ok(base(exception)?.traceback.load())
    }

    fn PyException_SetTraceback(exception: Borrowed<'_>, traceback: Option<Borrowed<'_>>) -> PyResult<()> {
        match traceback {
            None => Err(raise!(TypeError, "__traceback__ may not be deleted")),
            traceback => set_traceback(exception, traceback),
        }
    }

    fn PyException_GetContext(exception: Borrowed<'_>) -> PyResult<Option<Ref>> {
        Ok(base(exception)?.context.load())
    }

    fn PyException_SetContext(exception: Borrowed<'_>, context: Stolen) -> () {
        if let Ok(fields) = base(exception) {
            fields.context.store(context.0);
        }
    }

    fn PyException_GetCause(exception: Borrowed<'_>) -> PyResult<Option<Ref>> {
        Ok(base(exception)?.cause.load())
    }

    fn PyException_SetCause(exception: Borrowed<'_>, cause: Stolen) -> () {
        if let Ok(fields) = base(exception) {
            fields.suppress_context.set(1);
            fields.cause.store(cause.0);
        }
    }

    fn PyException_GetArgs(exception: Borrowed<'_>) -> PyResult<Ref> {
        Ok(base(exception)?.args.load().unwrap_or_else(tuple::empty))
    }

    fn PyException_SetArgs(exception: Borrowed<'_>, args: Borrowed<'_>) -> () {
        if let Ok(fields) = base(exception) {
            fields.args.store(Some(args.to_ref()));
        }
    }

    fn PyErr_WarnEx(category: Option<Borrowed<'_>>, message: &CStr, level: isize) -> PyResult<()> {
        warn(category, from_c(message)?, level)
    }

    fn PyErr_WarnFormat_va(category: Option<Borrowed<'_>>, level: isize, format: &CStr, va: Va<'_>) -> PyResult<()> {
        warn(category, format_text(format, va.0)?, level)
    }

    fn PyErr_ResourceWarning_va(source: Option<Borrowed<'_>>, level: isize, format: &CStr, va: Va<'_>) -> PyResult<()> {
        let message = text::to_string_lossy(format_text(format, va.0)?.b());
        vm::warnings::warn_resource(source.unwrap_or(core::none()), &message, level)
    }

    fn PyErr_WarnExplicitObject(category: Option<Borrowed<'_>>, message: Borrowed<'_>, filename: Borrowed<'_>, line: i32, module: Option<Borrowed<'_>>, registry: Option<Borrowed<'_>>) -> PyResult<()> {
        warn_explicit(category, message, filename, line, module, registry)
    }

    fn PyErr_WarnExplicit(category: Option<Borrowed<'_>>, message: &CStr, filename: &CStr, line: i32, module: Option<&CStr>, registry: Option<Borrowed<'_>>) -> PyResult<()> {
        let module = module.map(from_c).transpose()?;
        let filename = crate::unicode_codecs::fs_decode(filename.to_bytes())?;
        warn_explicit(category, from_c(message)?.b(), filename.b(), line, module.as_ref().map(Ref::b), registry)
    }

    fn PyErr_ProgramTextObject(filename: Borrowed<'_>, line: i32) -> PyResult<Option<Ref>> {
        program_text(filename, line)
    }

    fn PyErr_ProgramText(filename: &CStr, line: i32) -> PyResult<Option<Ref>> {
        program_text(crate::unicode_codecs::fs_decode(filename.to_bytes())?.b(), line)
    }

    fn PyErr_SyntaxLocationObject(filename: Borrowed<'_>, line: i32, column: i32) -> () {
        syntax_location(filename, (line, column), None);
    }

    fn PyErr_RangedSyntaxLocationObject(filename: Borrowed<'_>, line: i32, column: i32, end_line: i32, end_column: i32) -> () {
        syntax_location(filename, (line, column), Some((end_line, end_column)));
    }

    fn PyErr_SyntaxLocationEx(filename: &CStr, line: i32, column: i32) -> () {
        if let Ok(filename) = error::preserving(|| crate::unicode_codecs::fs_decode(filename.to_bytes())) {
            syntax_location(filename.b(), (line, column), None);
        }
    }

    fn PyErr_SyntaxLocation(filename: &CStr, line: i32) -> () {
        if let Ok(filename) = error::preserving(|| crate::unicode_codecs::fs_decode(filename.to_bytes())) {
            syntax_location(filename.b(), (line, -1), None);
        }
    }

    fn PyUnstable_Exc_PrepReraiseStar(original: Borrowed<'_>, raised: Borrowed<'_>) -> PyResult<Ref> {
        if !original.class().has(tpflags::BASE_EXC_SUBCLASS) {
            return Err(raise!(TypeError, "orig must be an exception instance"));
        }
        if !raised.class().is_subtype(&core::LIST) {
            return Err(raise!(TypeError, "excs must be a list of exception instances"));
        }
        for (index, item) in raised.to_vec()?.iter().enumerate() {
            if !item.class().has(tpflags::BASE_EXC_SUBCLASS) && !item.is(&core::none()) {
                return Err(raise!(TypeError, "item {index} in excs is not an exception"));
            }
        }
        if base(original)?.traceback.load().is_none() {
            return Err(raise!(ValueError, "orig must be a raised exception"));
        }
        Ok(builtins::exceptions::group::prepare_reraise_star(original, raised)?.unwrap_or_else(core::none_ref))
    }
}

variadic! {
    PyErr_Format(2) => PyErr_FormatV;
    _PyErr_FormatFromCause(2) => _PyErr_FormatFromCause_va;
    PyErr_FormatUnraisable(1) => PyErr_FormatUnraisable_va;
    PyErr_WarnFormat(3) => PyErr_WarnFormat_va;
    PyErr_ResourceWarning(3) => PyErr_ResourceWarning_va;
}

/// Warns; what is no category is RuntimeWarning.
fn warn(category: Option<Borrowed<'_>>, message: Ref, level: isize) -> PyResult<()> {
    let class = match category {
        Some(category) => Some(warning_class(category, message.b())?),
        None => None,
    };
    vm::warnings::warn_object(class.map_or(&exc::RuntimeWarning, Borrowed::get), message.b(), level)
}

/// The category of a warning. What is no class is called with the message all the same, and then found wanting where classes are compared.
fn warning_class<'a>(category: Borrowed<'a>, message: Borrowed<'_>) -> PyResult<Borrowed<'a, TypeObject>> {
    if let Some(class) = category.downcast::<TypeObject>() {
        return Ok(class);
    }
    category.call1(message)?;
    Err(raise!(TypeError, "issubclass() arg 1 must be a class"))
}

fn warn_explicit(
    category: Option<Borrowed<'_>>,
    message: Borrowed<'_>,
    filename: Borrowed<'_>,
    line: i32,
    module: Option<Borrowed<'_>>,
    registry: Option<Borrowed<'_>>,
) -> PyResult<()> {
    let none = core::none();
    if module.is_some_and(|module| module.is(&none)) {
        // So it is when the interpreter ends.
        return Ok(());
    }
    if registry.is_some_and(|registry| !registry.is(&none) && !registry.class().is_subtype(&core::DICT)) {
        return Err(raise!(TypeError, "'registry' must be a dict or None"));
    }
    if let Some(category) = category {
        warning_class(category, message)?;
    }
    let warnings = vm::import::import_module("_warnings")?;
    let category = category.unwrap_or(exc::RuntimeWarning.borrowed());
    let line = int::new(i64::from(line))?;
    let arguments = [message, category, filename, line.b(), module.unwrap_or(none), registry.unwrap_or(none)];
    warnings.call_method(intern("warn_explicit").b(), &arguments).map(drop)
}

/// Prints the exception; SystemExit ends the program.
fn print(set_last: bool) {
    if !error::is_set() {
        return;
    }
    // SAFETY: an exception is set.
    let raised = unsafe { Raised::assume() };
    if raised.is_a(&exc::SystemExit) {
        let code = vm::lifecycle::errors::exit_code(raised.take());
        vm::lifecycle::exit_now(code);
    }
    vm::lifecycle::errors::print_exception(raised, set_last);
}

fn program_text(filename: Borrowed<'_>, line: i32) -> PyResult<Option<Ref>> {
    if line <= 0 {
        return Ok(None);
    }
    if !text::check(filename) {
        // Only paths can be opened.
        return Ok(None);
    }
    let linecache = vm::import::import_module("linecache")?;
    let line = linecache.call_method(intern("getline").b(), &[filename, int::new(i64::from(line))?.b()])?;
    Ok(Some(line).filter(|line| text::data(line.b()).is_some_and(|data| !data.is_empty())))
}

/// Adds a place to the SyntaxError that is set.
/// Where the SyntaxError that is set stands: line and column of its start, and of its end where that is known.
fn syntax_location(filename: Borrowed<'_>, (line, column): (i32, i32), end: Option<(i32, i32)>) {
    let Some(exception) = error::take() else { return };
    let number = |value: i32| if value < 0 { Ok(core::none_ref()) } else { int::new(i64::from(value)) };
    let set = (|| {
        exception.setattr(id!("lineno"), int::new(i64::from(line))?.b())?;
        exception.setattr(id!("offset"), number(column)?.b())?;
        let (end_line, end_column) = end.unwrap_or((-1, -1));
        exception.setattr(id!("end_lineno"), number(end_line)?.b())?;
        exception.setattr(id!("end_offset"), number(end_column)?.b())?;
        exception.setattr(id!("filename"), filename)?;
        if let Some(line) = program_text(filename, line)? {
            exception.setattr(id!("text"), line.b())?;
        }
        PyResult::Ok(())
    })();
    if let Err(raised) = set {
        raised.clear();
    }
    let _raised = error::restore(exception);
}

/// The parts of a UnicodeError, by attribute.
macro_rules! unicode_errors {
    ($($class:ident: $object:ident $start:ident $set_start:ident $end:ident $set_end:ident $reason:ident $set_reason:ident;)*) => {
        capi! { $(
            fn $object(exception: Borrowed<'_>) -> PyResult<Ref> {
                unicode_attribute(exception, &exc::$class, "object")
            }
            fn $start(exception: Borrowed<'_>, place: Out<'_, isize>) -> PyResult<()> {
                place.set(unicode_bound(exception, &exc::$class, false)?);
                Ok(())
            }
            fn $end(exception: Borrowed<'_>, place: Out<'_, isize>) -> PyResult<()> {
                place.set(unicode_bound(exception, &exc::$class, true)?);
                Ok(())
            }
            fn $set_start(exception: Borrowed<'_>, value: isize) -> PyResult<()> {
                check_unicode(exception, &exc::$class)?;
                exception.setattr(id!("start"), int::new(value as i64)?.b())
            }
            fn $set_end(exception: Borrowed<'_>, value: isize) -> PyResult<()> {
                check_unicode(exception, &exc::$class)?;
                exception.setattr(id!("end"), int::new(value as i64)?.b())
            }
            fn $reason(exception: Borrowed<'_>) -> PyResult<Ref> {
                unicode_attribute(exception, &exc::$class, "reason")
            }
            fn $set_reason(exception: Borrowed<'_>, reason: &CStr) -> PyResult<()> {
                check_unicode(exception, &exc::$class)?;
                exception.setattr(id!("reason"), from_c(reason)?.b())
            }
        )* }
    };
}

unicode_errors! {
    UnicodeEncodeError: PyUnicodeEncodeError_GetObject PyUnicodeEncodeError_GetStart PyUnicodeEncodeError_SetStart
        PyUnicodeEncodeError_GetEnd PyUnicodeEncodeError_SetEnd PyUnicodeEncodeError_GetReason PyUnicodeEncodeError_SetReason;
    UnicodeDecodeError: PyUnicodeDecodeError_GetObject PyUnicodeDecodeError_GetStart PyUnicodeDecodeError_SetStart
        PyUnicodeDecodeError_GetEnd PyUnicodeDecodeError_SetEnd PyUnicodeDecodeError_GetReason PyUnicodeDecodeError_SetReason;
    UnicodeTranslateError: PyUnicodeTranslateError_GetObject PyUnicodeTranslateError_GetStart PyUnicodeTranslateError_SetStart
        PyUnicodeTranslateError_GetEnd PyUnicodeTranslateError_SetEnd PyUnicodeTranslateError_GetReason PyUnicodeTranslateError_SetReason;
}

capi! {
    fn PyUnicodeEncodeError_GetEncoding(exception: Borrowed<'_>) -> PyResult<Ref> {
        unicode_attribute(exception, &exc::UnicodeEncodeError, "encoding")
    }

    fn PyUnicodeDecodeError_GetEncoding(exception: Borrowed<'_>) -> PyResult<Ref> {
        unicode_attribute(exception, &exc::UnicodeDecodeError, "encoding")
    }

    fn PyUnicodeDecodeError_Create(encoding: &CStr, object: *const u8, length: isize, start: isize, end: isize, reason: &CStr) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        let object = object::value::bytes::new(unsafe { crate::support::raw_bytes(object, length) })?;
        let (encoding, reason) = (from_c(encoding)?, from_c(reason)?);
        let (start, end) = (int::new(start as i64)?, int::new(end as i64)?);
        exc::UnicodeDecodeError.borrowed().call(&[encoding.b(), object.b(), start.b(), end.b(), reason.b()])
    }
}

fn check_unicode(exception: Borrowed<'_>, class: &TypeObject) -> PyResult<()> {
    if exception.class().is_subtype(class) {
        return Ok(());
    }
    Err(raise!(TypeError, "expecting a {} object, got {}", class.tp_name(), crate::support::full_name(exception.class())))
}

fn unicode_attribute(exception: Borrowed<'_>, class: &TypeObject, name: &str) -> PyResult<Ref> {
    check_unicode(exception, class)?;
    let value = exception.getattr(intern(name).b())?;
    if value.is(&core::none()) {
        return Err(raise!(TypeError, "UnicodeError '{name}' attribute is not set"));
    }
    Ok(value)
}

/// `start` or `end`, clamped to the object.
fn unicode_bound(exception: Borrowed<'_>, class: &TypeObject, is_end: bool) -> PyResult<isize> {
    let object = unicode_attribute(exception, class, "object")?;
    let len = object.len()?.cast_signed();
    let value = exception.getattr(if is_end { id!("end") } else { id!("start") })?.as_isize()?;
    let upper = if is_end { len } else { (len - 1).max(0) };
    let lower = if is_end { isize::from(len > 0) } else { 0 };
    Ok(value.min(upper).max(lower))
}
