//! Import: `__import__`, `sys.modules`, the registry of native modules, and the start of importlib.

pub mod dynamic;
pub mod embedded;
mod frozen;
mod imp;
mod native;
mod short;
mod times;

use crate::lifecycle::{frame_access, support};
use crate::sys::{self, audit::audit};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, TypeObject, core, error, exc, id, raise, thread};

pub use frozen::{bootstrap, bootstrap_external, imports_files};
pub use imp::module::SPEC as IMP;
pub use native::{create_native, find_native, native_names, register};

/// What import keeps for one interpreter.
#[derive(Default)]
pub(crate) struct State {
    /// The module `_frozen_importlib`.
    pub(crate) importlib: OptRef,
    /// `builtins.__import__` as it was at start-up.
    pub(crate) import_func: OptRef,
    /// `_imp._override_frozen_modules_for_tests`: -1 off, 1 on, 0 as configured.
    frozen_override: std::cell::Cell<i32>,
    /// Code of the command line with its source and file name, for `linecache` when it is imported.
    pub(crate) sources: std::cell::RefCell<Vec<[Ref; 3]>>,
    /// What the short way of import knows of importlib.
    short: std::cell::OnceCell<short::Short>,
}

pub(crate) fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

/// Whether importlib runs, so that Python modules can be imported.
pub fn is_ready() -> bool {
    state().importlib.is_some()
}

fn modules() -> PyResult<Ref> {
    match thread::current().interpreter().modules.get() {
        Some(modules) => Ok(modules),
        None => Err(raise!(RuntimeError, "unable to get sys.modules")),
    }
}

/// `sys.modules[name] = module`.
pub fn add_module(name: &str, module: &Ref) -> PyResult<()> {
    modules()?.setitem(support::intern(name).b(), module.b())
}

/// `sys.modules.get(name)`.
fn get_module(name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let modules = modules()?;
    if modules.class().is_type(&core::DICT) { support::dict_get(modules.b(), name) } else { modules.getitem_opt(name) }
}

/// Imports a module by its full name, and gives the module itself (not its parent).
pub fn import_module(name: &str) -> PyResult<Ref> {
    let name = support::intern(name);
    if let Some(module) = get_module(name.b())?
        && !module.is(&core::none())
    {
        ensure_initialized(&module, name.b())?;
        return Ok(module);
    }
    let fromlist = tuple::from_array([text::latin1_char(b'*')])?;
    let builtins = frame_access::builtins();
    let import = match support::dict_get(builtins.b(), id!("__import__")) {
        Ok(found) => found,
        Err(raised) => {
            raised.clear();
            None
        }
    };
    match import {
        Some(import) if is_ready() => {
            let globals = support::dict_new()?;
            support::dict_set(globals.b(), id!("__builtins__"), builtins.b())?;
            let level = support::int(0)?;
            import.call(&[name.b(), globals.b(), globals.b(), fromlist.b(), level.b()])?;
        }
        _ => {
            import_module_level(name.b(), None, Some(fromlist.b()), 0)?;
        }
    }
    match get_module(name.b())? {
        Some(module) => Ok(module),
        None => Err(error::raise_value(&exc::KeyError, Some(name.b()))),
    }
}

/// `__import__(name, globals, _, fromlist, level)`.
pub fn import_module_level(
    name: Borrowed<'_>,
    globals: Option<Borrowed<'_>>,
    fromlist: Option<Borrowed<'_>>,
    level: i32,
) -> PyResult<Ref> {
    let Some(name_data) = text::data(name) else { return Err(raise!(TypeError, "module name must be a string")) };
    if level < 0 {
        return Err(raise!(ValueError, "level must be >= 0"));
    }
    let absolute = if level > 0 {
        resolve_name(name, globals, level)?
    } else if name_data.is_empty() {
        return Err(raise!(ValueError, "Empty module name"));
    } else {
        name.to_ref()
    };
    let module = match get_module(absolute.b())?.filter(|module| !module.is(&core::none())) {
        Some(module) => {
            ensure_initialized(&module, absolute.b())?;
            times::cached(absolute.b());
            module
        }
        None => find_and_load(absolute.b())?,
    };
    let wants_names = match fromlist.filter(|list| !list.is(&core::none())) {
        Some(fromlist) => fromlist.is_true()?,
        None => false,
    };
    if wants_names {
        let Some(fromlist) = fromlist else { return Ok(module) };
        return match module.getattr_opt(id!("__path__"))? {
            Some(_) if short::has_all(module.b(), fromlist)? => Ok(module),
            Some(_) => {
                let import = state().import_func.get().unwrap_or_else(core::none_ref);
                importlib()?.call_method(id!("_handle_fromlist"), &[module.b(), fromlist, import.b()])
            }
            None => Ok(module),
        };
    }
    if level != 0 && name_data.is_empty() {
        return Ok(module);
    }
    let Some(dot) = name_data.iter().position(|code| code == u32::from(b'.')) else { return Ok(module) };
    let max = name_data.iter().max().unwrap_or(0);
    if level == 0 {
        let front = text::from_code_points(dot, max, name_data.iter().take(dot))?;
        return import_module_level(front.b(), None, None, 0);
    }
    let cut_off = name_data.len() - dot;
    let data = text::data(absolute.b()).unwrap_or(name_data);
    let keep = data.len().saturating_sub(cut_off);
    let to_return = text::from_code_points(keep, data.iter().max().unwrap_or(0), data.iter().take(keep))?;
    match get_module(to_return.b())? {
        Some(module) => Ok(module),
        None => Err(raise!(KeyError, "{} not in sys.modules as expected", to_return.repr_text()?)),
    }
}

/// Raises ImportError, or a class below it, with `name`, and with `path` where there is one.
fn import_error(class: &TypeObject, message: &str, name: Borrowed<'_>, path: Option<Borrowed<'_>>) -> Raised {
    let made = (|| {
        let error = class.borrowed().call1(text::new(message)?.b())?;
        error.setattr(id!("name"), name)?;
        if let Some(path) = path {
            error.setattr(id!("path"), path)?;
        }
        PyResult::Ok(error)
    })();
    match made {
        Ok(error) => error::raise_exception(error),
        Err(raised) => raised,
    }
}

fn importlib() -> PyResult<Ref> {
    match state().importlib.get() {
        Some(importlib) => Ok(importlib),
        None => Err(raise!(ImportError, "importlib is not initialized yet")),
    }
}

/// Waits for a module that another thread is still importing.
fn ensure_initialized(module: &Ref, name: Borrowed<'_>) -> PyResult<()> {
    let Some(spec) = module.getattr_opt(id!("__spec__"))? else { return Ok(()) };
    let initializing = match spec.getattr_opt(id!("_initializing"))? {
        Some(value) => value.is_true()?,
        None => false,
    };
    if initializing { importlib()?.call_method(id!("_lock_unlock_module"), &[name]).map(drop) } else { Ok(()) }
}

/// Finds and loads through importlib; before that runs, only native modules are there.
fn find_and_load(name: Borrowed<'_>) -> PyResult<Ref> {
    let Some(importlib) = state().importlib.get() else {
        let plain = text::to_string_lossy(name);
        return match create_native(&plain)? {
            Some(module) => {
                add_module(&plain, &module)?;
                Ok(module)
            }
            None => Err(raise!(ModuleNotFoundError, "No module named '{plain}'")),
        };
    };
    audit("import", || {
        let value = |name: &str| sys::get(name).map(|found| found.unwrap_or_else(core::none_ref));
        Ok(vec![name.to_ref(), core::none_ref(), value("path")?, value("meta_path")?, value("path_hooks")?])
    })?;
    times::measured(name, || {
        if let Some(module) = short::find_and_load(name)? {
            return Ok(module);
        }
        let import = state().import_func.get().unwrap_or_else(core::none_ref);
        importlib.call_method(id!("_find_and_load"), &[name, import.b()]).map_err(remove_importlib_frames)
    })
}

/// Takes importlib's own frames out of the traceback of an import that failed.
///
/// Chunks of frames of importlib are removed where they end with `_call_with_frames_removed`, and all of them for ImportError.
fn remove_importlib_frames(raised: Raised) -> Raised {
    if crate::lifecycle::config().is_some_and(|config| config.verbose > 0) {
        return raised;
    }
    let always = raised.is_a(&exc::ImportError);
    let exception = raised.take();
    let entries = traceback_entries(&exception);
    let mut kept: Vec<Ref> = Vec::new();
    let mut chunk: Vec<Ref> = Vec::new();
    for entry in entries {
        let (file, function) = code_of(&entry);
        let importlib = matches!(file.as_str(), "<frozen importlib._bootstrap>" | "<frozen importlib._bootstrap_external>");
        if !importlib {
            kept.append(&mut chunk);
            kept.push(entry);
            continue;
        }
        chunk.push(entry);
        if always || function == "_call_with_frames_removed" {
            chunk.clear();
        }
    }
    kept.append(&mut chunk);
    relink(&exception, &kept);
    error::restore(exception)
}

/// The chain of traceback objects, outermost first.
fn traceback_entries(exception: &Ref) -> Vec<Ref> {
    let mut entries = Vec::new();
    let mut current = object::RawField::load(&error::base_of(exception.b()).traceback);
    while let Some(entry) = current.take().filter(|entry| entry.class().is_type(&core::TRACEBACK)) {
        current = support::getattr_quietly(entry.b(), id!("tb_next"));
        entries.push(entry);
    }
    entries
}

fn code_of(entry: &Ref) -> (String, String) {
    let code = support::getattr_quietly(entry.b(), id!("tb_frame")).and_then(|f| support::getattr_quietly(f.b(), id!("f_code")));
    let field = |name: Borrowed<'_>| {
        let value = code.as_ref().and_then(|code| support::getattr_quietly(code.b(), name));
        value.map_or_else(String::new, |value| text::to_string_lossy(value.b()))
    };
    (field(id!("co_filename")), field(id!("co_name")))
}

fn relink(exception: &Ref, kept: &[Ref]) {
    let mut next = core::none_ref();
    for entry in kept.iter().rev() {
        // An entry that was cut off first cannot close a loop.
        support::quietly(|| entry.setattr(id!("tb_next"), core::none()));
        support::quietly(|| entry.setattr(id!("tb_next"), next.b()));
        next = entry.clone();
    }
    let first = if next.is(&core::none()) { None } else { Some(next) };
    object::RawField::store(&error::base_of(exception.b()).traceback, first);
}

/// The absolute name of a relative import.
fn resolve_name(name: Borrowed<'_>, globals: Option<Borrowed<'_>>, level: i32) -> PyResult<Ref> {
    let Some(globals) = globals else {
        return Err(raise!(KeyError, "'__name__' not in globals"));
    };
    if !support::is_dict(globals) {
        return Err(raise!(TypeError, "globals must be a dict"));
    }
    let some = |value: &Ref| !value.is(&core::none());
    let package = support::dict_get(globals, id!("__package__"))?.filter(some);
    let spec = support::dict_get(globals, id!("__spec__"))?.filter(some);
    let package = calculate_package(globals, package, spec)?;
    let Some(data) = text::data(package.b()) else { return Err(raise!(TypeError, "package must be a string")) };
    if data.is_empty() {
        return Err(raise!(ImportError, "attempted relative import with no known parent package"));
    }
    let mut codes: Vec<u32> = data.iter().collect();
    for _ in 1..level {
        match codes.iter().rposition(|code| *code == u32::from(b'.')) {
            Some(dot) => codes.truncate(dot),
            None => return Err(raise!(ImportError, "attempted relative import beyond top-level package")),
        }
    }
    let tail = text::data(name);
    if let Some(tail) = tail.filter(|tail| !tail.is_empty()) {
        codes.push(u32::from(b'.'));
        codes.extend(tail.iter());
    }
    text::from_ucs4(&codes)
}

/// `__package__`, `__spec__.parent`, or what follows from `__name__` and `__path__`.
fn calculate_package(globals: Borrowed<'_>, package: Option<Ref>, spec: Option<Ref>) -> PyResult<Ref> {
    if let Some(package) = package {
        if !text::check(package.b()) {
            return Err(raise!(TypeError, "package must be a string"));
        }
        if let Some(spec) = spec {
            let parent = spec.getattr(id!("parent"))?;
            if !package.eq(parent.b())? {
                let (package, parent) = (package.repr_text()?, parent.repr_text()?);
                let message = format!("__package__ != __spec__.parent ({package} != {parent})");
                crate::warnings::warn(&exc::DeprecationWarning, &message, 1)?;
            }
        }
        return Ok(package);
    }
    if let Some(spec) = spec {
        let parent = spec.getattr(id!("parent"))?;
        if !text::check(parent.b()) {
            return Err(raise!(TypeError, "__spec__.parent must be a string"));
        }
        return Ok(parent);
    }
    let message = "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__";
    crate::warnings::warn(&exc::ImportWarning, message, 1)?;
    let Some(name) = support::dict_get(globals, id!("__name__"))? else {
        return Err(raise!(KeyError, "'__name__' not in globals"));
    };
    let Some(data) = text::data(name.b()) else { return Err(raise!(TypeError, "__name__ must be a string")) };
    if support::dict_get(globals, id!("__path__"))?.is_some() {
        return Ok(name);
    }
    match data.iter().rposition(|code| code == u32::from(b'.')) {
        Some(dot) => text::from_code_points(dot, data.iter().max().unwrap_or(0), data.iter().take(dot)),
        None => Err(raise!(ImportError, "attempted relative import with no known parent package")),
    }
}
