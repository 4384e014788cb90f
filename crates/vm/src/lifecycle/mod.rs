//! The life of the runtime: start in CPython's order, run, end in CPython's order.

mod config;
pub mod errors;
pub mod exit_functions;
pub mod fatal;
mod faults;
pub mod frame_access;
pub mod interpreters;
mod paths;
mod pending;
pub(crate) mod repl;
mod run;
pub mod settings;
mod stdio;
pub mod support;
mod teardown;
pub mod threads;

use object::gc::collect;
use object::spec::TypeEntry;
use object::thread::{self, Interpreter, ThreadState};
use object::{PyResult, Ref, core, exc, id};
use std::sync::OnceLock;

pub use config::{Config, HashSeed, Run, config, cpu_count, set_cpu_count};
pub use paths::{Paths, find_executable};
pub use run::run;

static PATHS: OnceLock<Paths> = OnceLock::new();

/// The folder that the embedded library stands for, unless a library on disk is used.
pub fn embedded_root() -> Option<&'static [u8]> {
    PATHS.get()?.embedded_root.as_deref()
}

/// Starts the runtime: types, the main interpreter, `sys`, `builtins`, importlib, the standard streams, `site`.
/// An error is printed by the caller; then the process ends with code 1.
pub fn start(config: Config) -> PyResult<()> {
    builtins::support::set_dev_mode(config.dev_mode);
    builtins::support::set_bytes_warning(i32::try_from(config.bytes_warning).unwrap_or(i32::MAX));
    let config = config::set_config(config);
    object::hashing::init(config.hash_seed.into());
    builtins::init::install_hooks();
    object::hooks::install_vm(VM_HOOKS);
    object::hooks::install_frame_dumper(faults::dump);
    builtins::super_::install_caller(frame_access::super_arguments);
    builtins::type_::install_current_globals(frame_access::globals);
    let interpreter = Interpreter::create();
    let state = ThreadState::create(interpreter);
    interpreter.main_thread.set(state);
    interpreter.sub.running_main.set(state);
    state.bind();
    interpreter.gil.take(state);
    // Nothing of what follows is garbage.
    interpreter.gc.enabled.set(false);
    builtins::int::set_max_str_digits(config.int_max_str_digits);
    builtins::init::ready_static_types()?;
    let weak_references = std::mem::offset_of!(abi::PyTypeObject, tp_weaklist);
    core::TYPE.raw().tp_weaklistoffset.set(weak_references.cast_signed());
    ready_types(crate::TYPES)?;
    ready_types(OWN_TYPES)?;
    ready_types(crate::sys::records::TYPES)?;
    ready_types(crate::typing_module::TYPES)?;
    crate::typing_module::complete_types()?;
    crate::import::register(NATIVE);
    fill(config)
}

/// Fills the current interpreter, which is new, with what every one has: `sys`, `builtins`, importlib, the standard streams, `__main__`, `site`.
fn fill(config: &Config) -> PyResult<()> {
    let interpreter = thread::current().interpreter();
    let sys = crate::sys::create(config)?;
    let builtins = builtins::module::create(&crate::builtins_module::module::SPEC)?;
    crate::import::add_module("builtins", &builtins)?;
    interpreter.builtins.set(Some(builtins.getattr(id!("__dict__"))?));
    crate::interpreter::CommonConstants::keep(builtins.b())?;
    let stderr = crate::sys::StdPrinter::create(2)?;
    crate::sys::set("stderr", stderr.b())?;
    crate::sys::set("__stderr__", stderr.b())?;
    crate::sys::set_builtin_names(&crate::import::native_names())?;
    drop(sys);
    let paths = PATHS.get_or_init(|| paths::compute(config));
    crate::sys::fill_paths(config, paths)?;
    crate::warnings::start()?;
    crate::import::bootstrap()?;
    crate::import::bootstrap_external()?;
    if interpreter.is_main() {
        install_signals()?;
    }
    import_quietly("encodings")?;
    stdio::create(config)?;
    if interpreter.is_main() {
        start_faulthandler(config)?;
    }
    add_main_module()?;
    if has_warning_options()? {
        import_quietly("warnings")?;
    }
    interpreter.gc.enabled.set(true);
    object::gc::collect::settle();
    interpreter.sub.ready.set(true);
    if config.site_import {
        import_site()?;
    }
    if interpreter.is_main() { Ok(()) } else { run::insert_first_entry() }
}

/// The types of this room.
static OWN_TYPES: &[TypeEntry] = &[
    TypeEntry::of::<crate::sys::StdPrinter>(),
    TypeEntry::of::<crate::builtins_module::AnextAwaitable>(),
    TypeEntry::of::<crate::ast_module::Ast>(),
    TypeEntry::of::<pending::MemoryView>(),
];

/// Completes static types.
fn ready_types(types: &[TypeEntry]) -> PyResult<()> {
    types.iter().for_each(builtins::type_::ready::fill);
    types.iter().try_for_each(builtins::type_::ready::ready_static)
}

/// What this crate does for the rooms below.
const VM_HOOKS: object::hooks::VmHooks = object::hooks::VmHooks {
    unraisable: errors::unraisable,
    run_pending: threads::run_pending,
    warn: |category, message, stacklevel| crate::warnings::warn_object(category, message, stacklevel),
    thread_ends: || {
        if let Err(raised) = crate::monitoring::trace::forget(thread::current()) {
            raised.clear();
        }
    },
    audit: |event, arguments| {
        crate::sys::audit::audit(event, || Ok(arguments.iter().map(|argument| argument.to_ref()).collect()))
    },
    line_of_frame: crate::frame::traceback::line_of_frame,
    write_stderr: errors::write_stderr,
};

/// The native modules of this crate.
static NATIVE: &[&object::spec::ModuleSpec] = &[
    &crate::sys::module::SPEC,
    &crate::builtins_module::module::SPEC,
    &crate::import::IMP,
    &crate::internals::module::SPEC,
    &crate::marshal::module::SPEC,
    &crate::symtable_module::module::SPEC,
    &crate::warnings::module::SPEC,
    &crate::ast_module::module::SPEC,
    &crate::typing_module::module::SPEC,
    &builtins::codecs::module::module::SPEC,
];

fn has_warning_options() -> PyResult<bool> {
    match crate::sys::get("warnoptions")? {
        Some(options) => options.is_true(),
        None => Ok(false),
    }
}

/// Imports a module that a small program can do without; only ImportError is forgiven.
fn import_quietly(name: &str) -> PyResult<()> {
    match crate::import::import_module(name) {
        Ok(_) => Ok(()),
        Err(raised) => raised.clear_if(&exc::ImportError),
    }
}

/// Handlers of signals: what Python ignores, and KeyboardInterrupt for SIGINT, which the module `_signal` sets up.
fn install_signals() -> PyResult<()> {
    host::signal::ignore_at_start();
    import_quietly("_signal")
}

/// `faulthandler.enable()`, where it is asked for.
fn start_faulthandler(config: &Config) -> PyResult<()> {
    if !config.faulthandler && !config.dev_mode {
        return Ok(());
    }
    match crate::import::import_module("faulthandler") {
        Ok(module) => module.call_method(support::intern("enable").b(), &[]).map(drop),
        Err(raised) => raised.clear_if(&exc::ImportError),
    }
}

/// `import site`; an error in it is fatal, as in CPython.
fn import_site() -> PyResult<()> {
    crate::import::import_module("site").map(drop)
}

/// `__main__`, with `__builtins__` and a loader.
fn add_main_module() -> PyResult<()> {
    let main = core::MODULE.borrowed().call1(support::intern("__main__").b())?;
    crate::import::add_module("__main__", &main)?;
    let globals = main.getattr(id!("__dict__"))?;
    if let Some(builtins) = support::loaded_module("builtins")? {
        support::dict_set(globals.b(), id!("__builtins__"), builtins.b())?;
    }
    if let Some(importlib) = crate::import::state().importlib.get() {
        let loader = importlib.getattr(id!("BuiltinImporter"))?;
        support::dict_set(globals.b(), id!("__loader__"), loader.b())?;
    }
    Ok(())
}

/// The dict of `__main__`.
pub fn main_dict() -> PyResult<Ref> {
    match support::loaded_module("__main__")? {
        Some(main) => main.getattr(id!("__dict__")),
        None => Err(object::raise!(RuntimeError, "unable to get the __main__ module")),
    }
}

/// Ends the runtime. Gives the exit code: 120 where stdout could not be flushed.
pub fn finish(code: i32) -> i32 {
    let mut code = code;
    wait_for_threads();
    run_atexit();
    interpreters::end_all();
    let interpreter = thread::current().interpreter();
    if stdio::flush_at_exit() && code == 0 {
        code = 120;
    }
    interpreter.finalizing.set(true);
    if teardown::is_observable() {
        clear_modules();
    } else {
        restore_streams();
    }
    if stdio::flush_at_exit() && code == 0 {
        code = 120;
    }
    exit_functions::run();
    code
}

/// Ends the process at once, after flushing: for SystemExit in places that cannot hand it on.
pub fn exit_now(code: i32) -> ! {
    std::process::exit(finish(code))
}

/// `threading._shutdown()`.
fn wait_for_threads() {
    if let Ok(Some(threading)) = support::loaded_module("threading")
        && let Err(raised) = threading.call_method(id!("_shutdown"), &[])
    {
        raised.unraisable_of("Exception ignored on threading shutdown", threading.b());
    }
}

/// The functions that `atexit` registered.
fn run_atexit() {
    if let Ok(Some(atexit)) = support::loaded_module("atexit")
        && let Err(raised) = atexit.call_method(id!("_run_exitfuncs"), &[])
    {
        raised.unraisable(None, Some(atexit.b()));
    }
}

/// Names in `sys` that are cleared first, so that objects in them die while everything still works.
const SYS_CLEARED: &[&str] = &[
    "path",
    "argv",
    "ps1",
    "ps2",
    "last_exc",
    "last_type",
    "last_value",
    "last_traceback",
    "path_hooks",
    "path_importer_cache",
    "meta_path",
];

/// Makes the streams that the program started with those of `sys` again.
fn restore_streams() {
    for name in ["stdin", "stdout", "stderr"] {
        let original = support::quietly(|| crate::sys::get(&format!("__{name}__"))).flatten().unwrap_or_else(core::none_ref);
        support::quietly(|| crate::sys::set(name, original.b()));
    }
}

/// Empties the modules, in CPython's order: `__main__` and the others as their last references go, then `sys` and `builtins`.
fn clear_modules() {
    let interpreter = thread::current().interpreter();
    for name in SYS_CLEARED {
        support::quietly(|| crate::sys::set(name, core::none()));
    }
    if let Ok(Some(builtins)) = support::loaded_module("builtins") {
        support::quietly(|| builtins.setattr(id!("_"), core::none()));
    }
    restore_streams();
    let Some(modules) = interpreter.modules.get() else { return };
    let names = support::quietly(|| modules.to_vec()).unwrap_or_default();
    // Weak references: modules that nothing else holds die with all they hold, before the others lose their names.
    let mut dying: Vec<Ref> = Vec::new();
    for name in &names {
        let Some(module) = support::quietly(|| modules.getitem(name.b())) else { continue };
        let keep = object::value::str::eq_str(name.b(), "sys") || object::value::str::eq_str(name.b(), "builtins");
        if !keep {
            if module.class().is_subtype(&core::MODULE) {
                dying.extend(support::quietly(|| builtins::weakref::new(module.b(), None)));
            }
            support::quietly(|| modules.setitem(name.b(), core::none()));
        }
    }
    collect_garbage();
    report_garbage();
    for module in dying.iter().rev() {
        if let Some(module) = builtins::weakref::referent(module.b()) {
            clear_module(&module);
        }
    }
    drop(dying);
    collect_garbage();
}

/// Warns of what stands in `gc.garbage` at the end, unless `gc.DEBUG_SAVEALL` put it there: C's `_PyGC_DumpShutdownStats`.
fn report_garbage() {
    let gc = &thread::current().interpreter().gc;
    let flags = gc.debug.get();
    let Some(garbage) = gc.garbage.get().filter(|_| flags & collect::DEBUG_SAVEALL == 0) else { return };
    let Some(count) = support::quietly(|| garbage.len()).filter(|count| *count > 0) else { return };
    let listed = flags & collect::DEBUG_UNCOLLECTABLE != 0;
    let hint = if listed { "" } else { "; use gc.set_debug(gc.DEBUG_UNCOLLECTABLE) to list them" };
    support::quietly(|| {
        let name = object::value::str::new("gc")?;
        let message = format!("gc: {count} uncollectable objects at shutdown{hint}");
        crate::warnings::warn_explicit(&object::exc::ResourceWarning, &message, name.b(), 0, name.b(), None)
    });
    if listed && let Some(shown) = support::quietly(|| garbage.repr_text()) {
        errors::write_stderr(&format!("      {shown}\n"));
    }
}

fn collect_garbage() {
    crate::lifecycle::run::collect();
}

/// C's `_PyModule_Clear`: names with one underscore first, then all others but `__builtins__`.
fn clear_module(module: &Ref) {
    let Some(dict) = support::getattr_quietly(module.b(), id!("__dict__")) else { return };
    let names = support::quietly(|| dict.to_vec()).unwrap_or_default();
    for private in [true, false] {
        for name in &names {
            let Some(data) = object::value::str::data(name.b()) else { continue };
            let underscore = data.get(0) == Some(u32::from(b'_')) && data.get(1) != Some(u32::from(b'_'));
            let builtins = object::value::str::eq_str(name.b(), "__builtins__");
            if underscore == private && !builtins {
                support::quietly(|| support::dict_set(dict.b(), name.b(), core::none()));
            }
        }
    }
}

/// Starts the runtime, runs what the configuration says, and ends the runtime. Gives the exit code.
pub fn main(config: Config) -> i32 {
    let started = start(config);
    let Some(config) = config::config() else { return 1 };
    match started {
        Ok(()) => run(config),
        Err(raised) => match errors::handle_uncaught(raised) {
            errors::Outcome::Exit(code) => finish(code),
            errors::Outcome::Printed | errors::Outcome::Interrupted => 1,
        },
    }
}
