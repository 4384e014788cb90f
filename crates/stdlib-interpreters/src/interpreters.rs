//! `_interpreters`: interpreters of the process, and running code in them (CPython's `_interpretersmodule.c`).

use crate::data::{self, Data, Fallback};
use crate::excinfo::{self, ExcInfo};
use crate::session::{self, Failure};
use crate::support::{id_of, not_shareable_class, unwrap_not_shareable};
use object::interpreters::{self, whence};
use object::thread::{self, Interpreter};
use object::value::{int, str as text, tuple};
use object::{Borrowed, KwArgs, PyResult, Ref, core, exc, raise};
use vm::lifecycle;
use vm::lifecycle::settings as config;

/// The interpreter of an ID.
fn find(id: Borrowed<'_>) -> PyResult<&'static Interpreter> {
    let number = id_of("interpreter", id)?;
    let found = interpreters::find(number).filter(|interpreter| !interpreter.sub.is_closed());
    found.ok_or_else(|| raise!(InterpreterNotFoundError, "unrecognized interpreter ID {number}"))
}

/// As [`find`]; under `restrict` only interpreters that this module made count, and ready ones. `action` is for the message.
fn resolve(id: Borrowed<'_>, restrict: bool, action: &str) -> PyResult<&'static Interpreter> {
    let interpreter = find(id)?;
    if !interpreter.sub.ready.get() {
        return Err(raise!(InterpreterError, "cannot {action} interpreter {} (not ready)", interpreter.id));
    }
    if restrict && interpreter.sub.whence.get() != whence::STDLIB {
        return Err(raise!(InterpreterError, "cannot {action} unrecognized interpreter {}", interpreter.id));
    }
    Ok(interpreter)
}

/// `(id, whence)`.
fn summary(interpreter: &Interpreter) -> PyResult<Ref> {
    tuple::from_array([int::new(interpreter.id)?, int::new(i64::from(interpreter.sub.whence.get()))?])
}

fn shared_of(shared: Option<Borrowed<'_>>) -> PyResult<session::Shared> {
    match shared {
        Some(shared) if !shared.is(&core::none()) => session::shared(shared),
        _ => Ok(Vec::new()),
    }
}

/// Runs a script in the `__main__` of an interpreter. None, or a snapshot of the exception that ended it.
fn run_script(interpreter: &'static Interpreter, script: PyResult<Data>, shared: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let script = script.map_err(unwrap_not_shareable)?;
    let values = shared_of(shared)?;
    let outcome = session::run(interpreter, values, |namespace| {
        let code = script.into_code().map_err(|raised| Failure::NotShareable("script not shareable", raised))?;
        lifecycle::frame_access::run_code(code.b(), namespace.b(), namespace.b())?;
        Ok(None)
    })?;
    match outcome.resolve()? {
        Ok(_) => Ok(core::none_ref()),
        Err(info) => info.to_object(),
    }
}

/// Calls something in an interpreter.
fn call_there(
    interpreter: &'static Interpreter,
    callable: Borrowed<'_>,
    args: Option<Borrowed<'_>>,
    kwargs: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    if !callable.is_callable() {
        return Err(raise!(TypeError, "expected a callable, got {}", callable.repr_text()?));
    }
    let callable = Data::of_callable(callable)?;
    let args = args.map(|args| Data::of(args, Fallback::Full)).transpose()?;
    let kwargs = match kwargs {
        Some(kwargs) if kwargs.len()? > 0 => Some(Data::of(kwargs, Fallback::Full)?),
        _ => None,
    };
    let outcome = session::run(interpreter, Vec::new(), |_namespace| {
        let unpack = |data: Data, message| data.into_object().map_err(|raised| Failure::NotShareable(message, raised));
        let callable = unpack(callable, "func not shareable")?;
        let args = args.map(|args| unpack(args, "args not shareable")).transpose()?.unwrap_or_else(tuple::empty);
        let kwargs = kwargs.map(|kwargs| unpack(kwargs, "kwargs not shareable")).transpose()?;
        let result = callable.call_tuple(args.b(), kwargs.as_ref().map(Ref::b))?;
        let shared = Data::of(result.b(), Fallback::Full).map(Some);
        shared.map_err(|raised| Failure::NotShareable("object does not support cross-interpreter data", raised))
    })?;
    let (result, info) = match outcome.resolve()? {
        Ok(result) => (result.map_or_else(|| Ok(core::none_ref()), Data::into_object)?, core::none_ref()),
        Err(info) => (core::none_ref(), info.to_object()?),
    };
    tuple::from_array([result, info])
}

/// A script of what `exec` takes.
fn script_of(code: Borrowed<'_>) -> PyResult<Data> {
    if text::check(code) || code.class().has(abi::tpflags::BYTES_SUBCLASS) {
        data::script_of_text(code)
    } else if is_function(code) {
        data::script_of_code(code)
    } else {
        Err(raise!(TypeError, "unsupported script {}", code.repr_text()?))
    }
}

fn is_function(code: Borrowed<'_>) -> bool {
    code.class().is_type(&core::FUNCTION) || code.class().is_type(&core::CODE)
}

/// Ends an interpreter unless a thread runs its `__main__`.
fn end(interpreter: &'static Interpreter) -> PyResult<()> {
    if std::ptr::eq(interpreter, thread::current().interpreter()) {
        return Err(raise!(InterpreterError, "cannot destroy the current interpreter"));
    }
    if interpreter.is_main() || !interpreter.sub.running_main.get().is_null() {
        return Err(raise!(InterpreterError, "interpreter running"));
    }
    // Nobody runs anything in it from now on.
    interpreter.sub.running_main.set(thread::current());
    lifecycle::interpreters::destroy(interpreter);
    Ok(())
}

/// This module provides primitive operations to manage Python interpreters.
/// The 'interpreters' module provides a more convenient interface.
#[macros::pymodule(name = "_interpreters")]
pub mod module {
    use super::*;

    #[pytype]
    use crate::data::BufferView;

    #[pyattr]
    const WHENCE_UNKNOWN: i32 = whence::UNKNOWN;
    #[pyattr]
    const WHENCE_RUNTIME: i32 = whence::RUNTIME;
    #[pyattr]
    const WHENCE_LEGACY_CAPI: i32 = whence::LEGACY_CAPI;
    #[pyattr]
    const WHENCE_CAPI: i32 = whence::CAPI;
    #[pyattr]
    const WHENCE_XI: i32 = whence::XI;
    #[pyattr]
    const WHENCE_STDLIB: i32 = whence::STDLIB;

    #[pyattr(name = "InterpreterError")]
    fn interpreter_error() -> PyResult<Ref> {
        Ok(exc::InterpreterError.to_ref())
    }

    #[pyattr(name = "InterpreterNotFoundError")]
    fn interpreter_not_found_error() -> PyResult<Ref> {
        Ok(exc::InterpreterNotFoundError.to_ref())
    }

    #[pyattr(name = "NotShareableError")]
    fn not_shareable_error() -> PyResult<Ref> {
        not_shareable_class()
    }

    /// new_config(name='isolated', /, **overrides) -> type.SimpleNamespace
    ///
    /// Return a representation of a new PyInterpreterConfig.
    ///
    /// The name determines the initial values of the config.  Supported named
    /// configs are: default, isolated, legacy, and empty.
    ///
    /// Any keyword arguments are set on the corresponding config fields,
    /// overriding the initial values.
    #[pyfunction(text = None, "($module, name='isolated', /, **overrides)")]
    fn new_config(name: Option<Borrowed<'_>>, overrides: KwArgs<'_>) -> PyResult<Ref> {
        let name = match name {
            None => "isolated".to_owned(),
            Some(name) if text::check(name) => match text::to_string(name) {
                Some(name) => name,
                None => return Err(object::convert::surrogates_not_allowed(name)),
            },
            Some(other) => {
                let found = other.class().tp_name();
                return Err(raise!(TypeError, "_interpreters.new_config() argument 1 must be str, not {found}"));
            }
        };
        config::to_object(config::new(&name, overrides)?)
    }

    /// create([config], *, reqrefs=False) -> ID
    ///
    /// Create a new interpreter and return a unique generated ID.
    ///
    /// The caller is responsible for destroying the interpreter before exiting,
    /// typically by using _interpreters.destroy().  This can be managed
    /// automatically by passing "reqrefs=True" and then using _incref() and
    /// _decref() appropriately.
    ///
    /// "config" must be a valid interpreter config or the name of a
    /// predefined config ("isolated" or "legacy").  The default
    /// is "isolated".
    #[pyfunction(text = None, "($module, /, config=None, *, reqrefs=False)")]
    fn create(config: Option<Borrowed<'_>>, reqrefs: bool) -> PyResult<i64> {
        let settings = config::from_argument(config)?;
        let made = match lifecycle::interpreters::check(settings) {
            Ok(settings) => lifecycle::interpreters::create_idle(settings, whence::STDLIB).ok(),
            Err(raised) => {
                raised.clear();
                None
            }
        };
        let Some(interpreter) = made else { return Err(raise!(InterpreterError, "interpreter creation failed")) };
        interpreter.sub.ends_unreferenced.set(reqrefs);
        Ok(interpreter.id)
    }

    /// destroy(id, *, restrict=False)
    ///
    /// Destroy the identified interpreter.
    ///
    /// Attempting to destroy the current interpreter raises InterpreterError.
    /// So does an unrecognized ID.
    #[pyfunction(text = None, "($module, /, id, *, restrict=False)")]
    fn destroy(id: Borrowed<'_>, restrict: bool) -> PyResult<()> {
        end(resolve(id, restrict, "destroy")?)
    }

    /// list_all() -> [(ID, whence)]
    ///
    /// Return a list containing the ID of every existing interpreter.
    #[pyfunction(text = None, "($module, /, *, require_ready=False)")]
    fn list_all(require_ready: bool) -> PyResult<Ref> {
        let all = interpreters::all();
        let seen = all.iter().filter(|interpreter| !require_ready || interpreter.sub.ready.get());
        (object::hooks::get().list_new)(seen.map(|interpreter| summary(interpreter)).collect::<PyResult<Vec<Ref>>>()?)
    }

    /// get_current() -> (ID, whence)
    ///
    /// Return the ID of current interpreter.
    #[pyfunction("($module, /)")]
    fn get_current() -> PyResult<Ref> {
        summary(thread::current().interpreter())
    }

    /// get_main() -> (ID, whence)
    ///
    /// Return the ID of main interpreter.
    #[pyfunction("($module, /)")]
    fn get_main() -> PyResult<Ref> {
        tuple::from_array([int::new(0)?, int::new(i64::from(whence::RUNTIME))?])
    }

    /// set___main___attrs(id, ns, *, restrict=False)
    ///
    /// Bind the given attributes in the interpreter's __main__ module.
    #[pyfunction(text = None, "($module, /, id, updates, *, restrict=False)")]
    #[allow(non_snake_case, reason = "the name is Python's")]
    fn set___main___attrs(id: Borrowed<'_>, updates: Borrowed<'_>, restrict: bool) -> PyResult<()> {
        let interpreter = resolve(id, restrict, "update __main__ for")?;
        if !updates.class().has(abi::tpflags::DICT_SUBCLASS) {
            let found = updates.class().tp_name();
            return Err(raise!(TypeError, "_interpreters.set___main___attrs() argument 2 must be dict, not {found}"));
        }
        if updates.len()? == 0 {
            return Err(raise!(ValueError, "arg 2 must be a non-empty dict"));
        }
        let values = session::shared(updates)?;
        session::run(interpreter, values, |_namespace| Ok(None))?.resolve().map(drop)
    }

    /// exec(id, code, shared=None, *, restrict=False)
    ///
    /// Execute the provided code in the identified interpreter.
    /// This is equivalent to running the builtin exec() under the target
    /// interpreter, using the __dict__ of its __main__ module as both
    /// globals and locals.
    ///
    /// "code" may be a string containing the text of a Python script.
    ///
    /// Functions (and code objects) are also supported, with some restrictions.
    /// The code/function must not take any arguments or be a closure
    /// (i.e. have cell vars).  Methods and other callables are not supported.
    ///
    /// If a function is provided, its code object is used and all its state
    /// is ignored, including its __globals__ dict.
    #[pyfunction(text = None, "($module, /, id, code, shared=None, *, restrict=False)")]
    fn exec(id: Borrowed<'_>, code: Borrowed<'_>, shared: Option<Borrowed<'_>>, restrict: bool) -> PyResult<Ref> {
        check_shared("exec", shared)?;
        let interpreter = resolve(id, restrict, "exec code for")?;
        run_script(interpreter, script_of(code), shared)
    }

    /// run_string(id, script, shared=None, *, restrict=False)
    ///
    /// Execute the provided string in the identified interpreter.
    ///
    /// (See _interpreters.exec().
    #[pyfunction(text = None, "($module, /, id, script, shared=None, *, restrict=False)")]
    fn run_string(id: Borrowed<'_>, script: Borrowed<'_>, shared: Option<Borrowed<'_>>, restrict: bool) -> PyResult<Ref> {
        check_shared("run_string", shared)?;
        if !text::check(script) {
            let found = script.class().tp_name();
            return Err(raise!(TypeError, "_interpreters.run_string() argument 2 must be str, not {found}"));
        }
        let interpreter = resolve(id, restrict, "run a string for")?;
        run_script(interpreter, script_of(script), shared)
    }

    /// run_func(id, func, shared=None, *, restrict=False)
    ///
    /// Execute the body of the provided function in the identified interpreter.
    /// Code objects are also supported.  In both cases, closures and args
    /// are not supported.  Methods and other callables are not supported either.
    ///
    /// (See _interpreters.exec().
    #[pyfunction(text = None, "($module, /, id, func, shared=None, *, restrict=False)")]
    fn run_func(id: Borrowed<'_>, func: Borrowed<'_>, shared: Option<Borrowed<'_>>, restrict: bool) -> PyResult<Ref> {
        check_shared("run_func", shared)?;
        let interpreter = resolve(id, restrict, "run a function for")?;
        if !is_function(func) {
            let found = func.class().tp_name();
            return Err(raise!(TypeError, "_interpreters.run_func() argument 2 must be a function, not {found}"));
        }
        run_script(interpreter, script_of(func), shared)
    }

    fn check_shared(function: &str, shared: Option<Borrowed<'_>>) -> PyResult<()> {
        match shared {
            Some(shared) if !shared.class().has(abi::tpflags::DICT_SUBCLASS) => {
                let found = shared.class().tp_name();
                Err(raise!(TypeError, "_interpreters.{function}() argument 3 must be dict, not {found}"))
            }
            _ => Ok(()),
        }
    }

    /// call(id, callable, args=None, kwargs=None, *, restrict=False)
    ///
    /// Call the provided object in the identified interpreter.
    /// Pass the given args and kwargs, if possible.
    #[pyfunction(text = None, "($module, /, id, callable, args=None, kwargs=None, *, preserve_exc=False, restrict=False)")]
    fn call(
        id: Borrowed<'_>,
        callable: Borrowed<'_>,
        args: Option<Borrowed<'_>>,
        kwargs: Option<Borrowed<'_>>,
        preserve_exc: bool,
        restrict: bool,
    ) -> PyResult<Ref> {
        let _ = preserve_exc;
        if let Some(args) = args.filter(|args| tuple::items(*args).is_none()) {
            let found = args.class().tp_name();
            return Err(raise!(TypeError, "_interpreters.call() argument 3 must be tuple, not {found}"));
        }
        if let Some(kwargs) = kwargs.filter(|kwargs| !kwargs.class().has(abi::tpflags::DICT_SUBCLASS)) {
            let found = kwargs.class().tp_name();
            return Err(raise!(TypeError, "_interpreters.call() argument 4 must be dict, not {found}"));
        }
        call_there(resolve(id, restrict, "make a call in")?, callable, args, kwargs)
    }

    /// is_shareable(obj) -> bool
    ///
    /// Return True if the object's data may be shared between interpreters and
    /// False otherwise.
    #[pyfunction(text = None, "($module, /, obj)")]
    fn is_shareable(obj: Borrowed<'_>) -> bool {
        data::is_shareable(obj)
    }

    /// is_running(id, *, restrict=False) -> bool
    ///
    /// Return whether or not the identified interpreter is running.
    #[pyfunction(text = None, "($module, /, id, *, restrict=False)")]
    fn is_running(id: Borrowed<'_>, restrict: bool) -> PyResult<bool> {
        let interpreter = resolve(id, restrict, "check if running for")?;
        Ok(!interpreter.sub.running_main.get().is_null())
    }

    /// get_config(id, *, restrict=False) -> types.SimpleNamespace
    ///
    /// Return a representation of the config used to initialize the interpreter.
    #[pyfunction(text = None, "($module, /, id, *, restrict=False)")]
    fn get_config(id: Borrowed<'_>, restrict: bool) -> PyResult<Ref> {
        config::to_object(resolve(id, restrict, "get the config of")?.sub.settings.get())
    }

    /// whence(id) -> int
    ///
    /// Return an identifier for where the interpreter was created.
    #[pyfunction(text = None, "($module, /, id)")]
    fn whence(id: Borrowed<'_>) -> PyResult<i32> {
        Ok(find(id)?.sub.whence.get())
    }

    #[pyfunction(text = None, "($module, /, id, *, implieslink=False, restrict=False)")]
    fn incref(id: Borrowed<'_>, implieslink: bool, restrict: bool) -> PyResult<()> {
        let sub = &resolve(id, restrict, "incref")?.sub;
        if implieslink {
            sub.ends_unreferenced.set(true);
        }
        sub.references.set(sub.references.get() + 1);
        Ok(())
    }

    #[pyfunction(text = None, "($module, /, id, *, restrict=False)")]
    fn decref(id: Borrowed<'_>, restrict: bool) -> PyResult<()> {
        let interpreter = resolve(id, restrict, "decref")?;
        let sub = &interpreter.sub;
        if sub.references.get() > 0 {
            sub.references.set(sub.references.get() - 1);
            let here = std::ptr::eq(interpreter, thread::current().interpreter());
            let idle = !here && sub.running_main.get().is_null();
            if sub.references.get() == 0 && sub.ends_unreferenced.get() && idle {
                return object::error::preserving(|| end(interpreter));
            }
        }
        Ok(())
    }

    /// capture_exception(exc=None) -> types.SimpleNamespace
    ///
    /// Return a snapshot of an exception.  If "exc" is None
    /// then the current exception, if any, is used (but not cleared).
    ///
    /// The returned snapshot is the same as what _interpreters.exec() returns.
    #[pyfunction(text = None, "($module, /, exc=None)")]
    fn capture_exception(exc: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match excinfo::given(exc)? {
            Some(exception) => ExcInfo::of(exception.b()).to_object(),
            None => Ok(core::none_ref()),
        }
    }
}
