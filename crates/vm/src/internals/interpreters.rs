//! What CPython's tests ask of sub-interpreters: making and ending them as C programs do.

use crate::lifecycle::{self, errors, interpreters as life, settings, support};
use crate::pending_calls::{self, Who};
use object::interpreters::{self, GilKind, Settings, whence};
use object::thread::{self, Interpreter};
use object::value::int;
use object::{Borrowed, PyResult, Ref, core, raise};
use std::ffi::{c_int, c_void};
use std::sync::mpsc::Sender;

/// The interpreter of a number.
fn find(id: Borrowed<'_>) -> PyResult<&'static Interpreter> {
    let id = number(id)?;
    interpreters::find(id).ok_or_else(|| raise!(InterpreterNotFoundError, "unrecognized interpreter ID {id}"))
}

/// The number of an interpreter that an object names.
fn number(id: Borrowed<'_>) -> PyResult<i64> {
    if id.class().nb_index().is_none() {
        return Err(raise!(TypeError, "interpreter ID must be an int, got {}", id.class().tp_name()));
    }
    let index = id.index()?;
    match int::to_i64(index.b()) {
        Some(id) if id >= 0 => Ok(id),
        Some(_) => Err(raise!(ValueError, "interpreter ID must be a non-negative int, got {}", id.repr_text()?)),
        None => Err(raise!(OverflowError, "int too big to convert")),
    }
}

/// Runs a script in `__main__` of the current interpreter and prints what it raises: C's `PyRun_SimpleString`.
fn run_simply(script: Borrowed<'_>) -> i32 {
    let run = || {
        let globals = lifecycle::main_dict()?;
        let mut flags = 0;
        let source = crate::compile::Source::from_object(script, "exec", "string", &mut flags)?;
        let code = crate::compile::compile_program(&source, "<string>", crate::compile::Mode::Exec, flags)?;
        lifecycle::frame_access::run_code(code.b(), globals.b(), globals.b()).map(drop)
    };
    match run() {
        Ok(()) => 0,
        Err(raised) => {
            errors::print_exception(raised, true);
            -1
        }
    }
}

fn create(settings: Settings, origin: i32) -> PyResult<&'static Interpreter> {
    let failed = || raise!(InterpreterError, "interpreter creation failed");
    let settings = life::check(settings).map_err(|raised| {
        raised.clear();
        failed()
    })?;
    life::create_idle(settings, origin).map_err(|_| failed())
}

/// Sends the number of the interpreter in which it is called to who asked.
extern "C-unwind" fn identify(asked: *mut c_void) -> c_int {
    // SAFETY: `pending_identify` gave the box away with the call, which is made once.
    let asked = unsafe { Box::from_raw(asked.cast::<Sender<i64>>()) };
    // Who asked may be gone.
    let _ = asked.send(thread::current().interpreter().id);
    0
}

/// The functions.
#[macros::pymodule(part)]
pub(crate) mod part {
    use super::*;

    #[pyfunction("($module, /)")]
    fn next_interpreter_id() -> i64 {
        interpreters::next_id()
    }

    #[pyfunction("($module, /)")]
    fn unused_interpreter_id() -> i64 {
        i64::MAX
    }

    #[pyfunction("($module, idobj, /)")]
    fn normalize_interp_id(_module: Borrowed<'_>, idobj: Borrowed<'_>) -> PyResult<i64> {
        number(idobj)
    }

    #[pyfunction("($module, idobj, /)")]
    fn interpreter_exists(_module: Borrowed<'_>, idobj: Borrowed<'_>) -> PyResult<bool> {
        Ok(interpreters::find(number(idobj)?).is_some())
    }

    #[pyfunction("($module, idobj, /)")]
    fn get_interpreter_refcount(_module: Borrowed<'_>, idobj: Borrowed<'_>) -> PyResult<i64> {
        Ok(find(idobj)?.sub.references.get())
    }

    #[pyfunction("($module, idobj, /)")]
    fn link_interpreter_refcount(_module: Borrowed<'_>, idobj: Borrowed<'_>) -> PyResult<()> {
        find(idobj)?.sub.ends_unreferenced.set(true);
        Ok(())
    }

    #[pyfunction("($module, idobj, /)")]
    fn unlink_interpreter_refcount(_module: Borrowed<'_>, idobj: Borrowed<'_>) -> PyResult<()> {
        find(idobj)?.sub.ends_unreferenced.set(false);
        Ok(())
    }

    #[pyfunction("($module, idobj, /)")]
    fn interpreter_refcount_linked(_module: Borrowed<'_>, idobj: Borrowed<'_>) -> PyResult<bool> {
        Ok(find(idobj)?.sub.ends_unreferenced.get())
    }

    #[pyfunction("($module, /, config=None, *, whence=4)")]
    fn create_interpreter(_module: Borrowed<'_>, config: Option<Borrowed<'_>>, whence: i32) -> PyResult<i64> {
        let settings = match config.filter(|config| !config.is(&core::none())) {
            Some(config) => settings::from_argument(Some(config))?,
            None if whence == super::whence::LEGACY_CAPI || whence == super::whence::UNKNOWN => Settings::LEGACY,
            None => Settings::ISOLATED,
        };
        let interpreter = create(settings, whence)?;
        if whence == super::whence::UNKNOWN {
            interpreter.sub.ready.set(false);
        }
        Ok(interpreter.id)
    }

    #[pyfunction("($module, /, id, *, basic=False)")]
    fn destroy_interpreter(_module: Borrowed<'_>, id: Borrowed<'_>, basic: bool) -> PyResult<()> {
        let _ = basic;
        let interpreter = find(id)?;
        let current = std::ptr::eq(interpreter, thread::current().interpreter());
        if interpreter.is_main() || current || interpreter.sub.is_closed() {
            return Err(raise!(InterpreterError, "cannot destroy the current interpreter"));
        }
        life::destroy(interpreter);
        Ok(())
    }

    #[pyfunction("($module, /, id, code, *, main=False)")]
    fn exec_interpreter(_module: Borrowed<'_>, id: Borrowed<'_>, code: Borrowed<'_>, main: bool) -> PyResult<i32> {
        let interpreter = find(id)?;
        if interpreter.sub.is_closed() {
            return Err(raise!(InterpreterNotFoundError, "unrecognized interpreter ID {}", interpreter.id));
        }
        let visit = life::enter(interpreter);
        if main {
            interpreter.sub.running_main.set(visit.state());
        }
        let status = run_simply(code);
        if main {
            interpreter.sub.running_main.set(std::ptr::null());
        }
        drop(visit);
        Ok(status)
    }

    #[pyfunction("($module, /, code, config, xi=False)")]
    fn run_in_subinterp_with_config(_module: Borrowed<'_>, code: Borrowed<'_>, config: Borrowed<'_>, xi: bool) -> PyResult<i32> {
        let origin = if xi { super::whence::XI } else { super::whence::CAPI };
        let interpreter = create(settings::from_argument(Some(config))?, origin)?;
        let visit = life::enter(interpreter);
        let status = run_simply(code);
        drop(visit);
        life::destroy(interpreter);
        Ok(status)
    }

    #[pyfunction("($module, interpid=-1, /)")]
    fn get_interp_settings(_module: Borrowed<'_>, interpid: i64) -> PyResult<Ref> {
        let interpreter = if interpid < 0 { Some(thread::current().interpreter()) } else { interpreters::find(interpid) };
        let Some(interpreter) = interpreter else {
            return Err(raise!(InterpreterNotFoundError, "unrecognized interpreter ID {interpid}"));
        };
        let settings = interpreter.sub.settings.get();
        let bits = [
            (settings.use_main_obmalloc, 1 << 5),
            (settings.check_multi_interp_extensions, 1 << 8),
            (settings.allow_threads, 1 << 10),
            (settings.allow_daemon_threads, 1 << 11),
            (settings.allow_fork, 1 << 15),
            (settings.allow_exec, 1 << 16),
        ];
        let flags: i64 = bits.iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum();
        let dict = support::dict_new()?;
        support::dict_set_str(dict.b(), "feature_flags", int::new(flags)?)?;
        support::dict_set_str(dict.b(), "own_gil", core::boolean(settings.gil == GilKind::Own).to_ref())?;
        Ok(dict)
    }

    /// The number of the interpreter in which a pending call that is added to that of `id` is made.
    #[pyfunction("($module, id, /)")]
    fn pending_identify(_module: Borrowed<'_>, id: Borrowed<'_>) -> PyResult<i64> {
        let interpreter = find(id)?;
        let (sender, receiver) = std::sync::mpsc::channel();
        let asked = Box::into_raw(Box::new(sender));
        let answer = object::gil::without(|| {
            while !pending_calls::add(Who::Any(interpreter), identify, asked.cast()) {
                std::thread::yield_now();
            }
            receiver.recv()
        });
        answer.map_err(|_| raise!(RuntimeError, "the interpreter ended before it made the call"))
    }

    /// Forgets an extension module of one phase.
    #[pyfunction("($module, name, filename, /)")]
    fn clear_extension(_module: Borrowed<'_>, name: Borrowed<'_>, filename: Borrowed<'_>) -> PyResult<()> {
        let name = object::value::str::to_string_lossy(name);
        crate::import::dynamic::forget(&name, &support::os_bytes(filename)?);
        Ok(())
    }

    /// The code of a code object or of a function, and the function's namespaces.
    fn code_and_namespaces(object: Borrowed<'_>) -> PyResult<(Ref, Option<Ref>, Option<Ref>)> {
        if object.class().is_type(&core::FUNCTION) {
            let field = |name: Borrowed<'_>| object.getattr(name);
            let (globals, builtins) = (field(object::id!("__globals__"))?, field(object::id!("__builtins__"))?);
            return Ok((field(object::id!("__code__"))?, Some(globals), Some(builtins)));
        }
        if object.class().is_type(&core::CODE) {
            return Ok((object.to_ref(), None, None));
        }
        Err(raise!(TypeError, "argument must be a code object or a function"))
    }

    fn counts_of(
        object: Borrowed<'_>,
        globals: Option<Borrowed<'_>>,
        builtins: Option<Borrowed<'_>>,
    ) -> PyResult<crate::code::counts::VarCounts> {
        let (code, own_globals, own_builtins) = code_and_namespaces(object)?;
        let globals = globals.or_else(|| own_globals.as_ref().map(Ref::b));
        let builtins = builtins.or_else(|| own_builtins.as_ref().map(Ref::b));
        for namespace in [globals, builtins].into_iter().flatten() {
            if !support::is_dict(namespace) {
                return Err(raise!(TypeError, "a namespace must be a dict"));
            }
        }
        crate::code::counts::VarCounts::of(code.b().self_as::<crate::code::Code>().get(), globals, builtins)
    }

    #[pyfunction("($module, /, code, *, globalsns=<unrepresentable>, builtinsns=<unrepresentable>)")]
    fn get_code_var_counts(
        _module: Borrowed<'_>,
        code: Borrowed<'_>,
        globalsns: Option<Borrowed<'_>>,
        builtinsns: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        counts_of(code, globalsns, builtinsns)?.to_object()
    }

    #[pyfunction("($module, /, code, *, globalsns=<unrepresentable>, builtinsns=<unrepresentable>)")]
    fn verify_stateless_code(
        _module: Borrowed<'_>,
        code: Borrowed<'_>,
        globalsns: Option<Borrowed<'_>>,
        builtinsns: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        counts_of(code, globalsns, builtinsns)?.check_no_external_state()
    }
}
