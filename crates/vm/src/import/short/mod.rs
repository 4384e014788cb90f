//! The short way of `import`: what importlib's Python code does for a module that the program itself holds, done in one go.
//!
//! importlib spends 2,000 instructions on each module, a quarter of all that a start with some imports executes. The short way is taken for native modules,
//! frozen ones and those of the embedded library, and only where nobody could tell the difference: importlib's functions and classes are those of the start
//! ([`guard`]), `sys.meta_path` has its three finders, no place on the path before the library's could have the module, no other thread imports it, nothing
//! is traced. Everything else goes through importlib, and so does what fails to be found. The objects that it leaves behind (module,
//! spec, loader, lock) are the same as importlib's.

mod find;
mod guard;
mod load;
mod lock;

use super::state;
use crate::lifecycle::support;
use crate::sys;
use builtins::dict::Dict;
use builtins::list::List;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, error, id, thread};

/// What the short way knows of importlib, from the start of the interpreter.
pub(crate) struct Short {
    builtin_importer: Ref,
    frozen_importer: Ref,
    path_finder: Ref,
    file_finder: Ref,
    embedded_finder: Ref,
    embedded_loader: Ref,
    module_spec: Ref,
    module_lock: Ref,
    /// `_bootstrap._module_locks`.
    locks: Ref,
    /// `_expect` of the embedded library's finder.
    expect: Ref,
    guard: guard::Guard,
}

/// Notes importlib as it is now. `embedded` is the namespace of the embedded library's finder.
pub(super) fn prepare(embedded: Borrowed<'_>) -> PyResult<()> {
    let Some(importlib) = state().importlib.get() else { return Ok(()) };
    let Some(external) = support::loaded_module("_frozen_importlib_external")? else { return Ok(()) };
    let (importlib, external) = (builtins::module::dict_of(importlib.b())?, builtins::module::dict_of(external.b())?);
    let get =
        |dict: Borrowed<'_>, name: Borrowed<'_>| support::dict_get(dict, name).map(|found| found.unwrap_or_else(core::none_ref));
    let own = |name: Borrowed<'_>| get(importlib.b(), name);
    let files = |name: Borrowed<'_>| get(external.b(), name);
    let library = |name: Borrowed<'_>| get(embedded, name);
    let mut short = Short {
        builtin_importer: own(id!("BuiltinImporter"))?,
        frozen_importer: own(id!("FrozenImporter"))?,
        path_finder: files(id!("PathFinder"))?,
        file_finder: files(id!("FileFinder"))?,
        embedded_finder: library(id!("EmbeddedFinder"))?,
        embedded_loader: library(id!("EmbeddedLoader"))?,
        module_spec: own(id!("ModuleSpec"))?,
        module_lock: own(id!("_ModuleLock"))?,
        locks: own(id!("_module_locks"))?,
        expect: library(id!("_expect"))?,
        guard: guard::Guard::default(),
    };
    for name in [
        id!("_find_and_load"),
        id!("_find_and_load_unlocked"),
        id!("_find_spec"),
        id!("_load_unlocked"),
        id!("module_from_spec"),
        id!("spec_from_loader"),
        id!("_init_module_attrs"),
        id!("_new_module"),
        id!("_call_with_frames_removed"),
        id!("_ModuleLockManager"),
        id!("_get_module_lock"),
        id!("_handle_fromlist"),
        id!("ModuleSpec"),
        id!("_ModuleLock"),
        id!("_module_locks"),
    ] {
        short.guard.watch_value(importlib.b(), name)?;
    }
    for name in
        [id!("spec_from_file_location"), id!("_get_cached"), id!("cache_from_source"), id!("_path_stat"), id!("_relax_case")]
    {
        short.guard.watch_value(external.b(), name)?;
    }
    let (find, create, exec) = (id!("find_spec"), id!("create_module"), id!("exec_module"));
    short.guard.watch_class(&short.builtin_importer, &[find, create, exec, id!("_ORIGIN")]);
    short.guard.watch_class(&short.frozen_importer, &[find, create, exec, id!("_ORIGIN"), id!("_resolve_filename")]);
    short.guard.watch_class(&short.path_finder, &[find, id!("_get_spec"), id!("_path_importer_cache")]);
    short.guard.watch_class(&short.file_finder, &[find, id!("__getattribute__")]);
    short.guard.watch_class(&short.embedded_finder, &[find, id!("__init__"), id!("__getattribute__")]);
    short.guard.watch_class(&short.embedded_loader, &[id!("__init__"), create, exec, id!("get_code"), id!("__setattr__")]);
    let spec = [id!("__init__"), id!("__setattr__"), id!("cached"), id!("parent"), id!("has_location")];
    short.guard.watch_class(&short.module_spec, &spec);
    short.guard.watch_class(&short.module_lock, &[id!("__init__"), id!("acquire"), id!("release"), id!("__setattr__")]);
    let _first_wins = state().short.set(short);
    Ok(())
}

/// The short way, if nothing that it stands for was changed and nobody watches.
fn usable() -> Option<&'static Short> {
    let short = state().short.get()?;
    if thread::current().interpreter().monitored.get() != 0
        || crate::lifecycle::config().is_none_or(|config| config.verbose > 0)
        || !short.guard.holds()
    {
        return None;
    }
    Some(short)
}

/// Imports a module that is not in `sys.modules`; none if importlib has to do it.
pub(super) fn find_and_load(name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let Some(plain) = text::check_exact(&name).then(|| text::as_ascii(name)).flatten() else { return Ok(None) };
    let Some(short) = usable() else { return Ok(None) };
    let modules = super::modules()?;
    let Some(modules) = modules.b().downcast_exact::<Dict>() else { return Ok(None) };
    if modules.get_item(name)?.is_some() || !short.has_usual_finders()? {
        return Ok(None);
    }
    load::load(short, &modules, name, plain)
}

impl Short {
    /// Whether `sys.meta_path` has the three finders of the start and no other.
    fn has_usual_finders(&self) -> PyResult<bool> {
        let Some(finders) = sys::get_interned(id!("meta_path"))? else { return Ok(false) };
        let Some(finders) = finders.b().downcast_exact::<List>() else { return Ok(false) };
        let usual = [&self.builtin_importer, &self.frozen_importer, &self.path_finder];
        Ok(finders.len() == usual.len()
            && usual.iter().enumerate().all(|(index, finder)| finders.at(index).is_some_and(|found| found.is(*finder))))
    }
}

/// Does something at the end whatever happened; its exception is the one that counts.
fn afterwards<T>(result: PyResult<T>, action: impl FnOnce() -> PyResult<()>) -> PyResult<T> {
    match result {
        Ok(value) => action().map(|()| value),
        Err(raised) => {
            let exception = raised.take();
            action()?;
            Err(error::restore(exception))
        }
    }
}

/// Whether the object is an instance of exactly this class.
fn is_exactly(object: &Ref, class: &Ref) -> bool {
    std::ptr::eq(object.class().borrowed_type().ptr(), class.ptr())
}

/// Whether `from package import names` finds all names in the package as it is, so that nothing is left to do for `_handle_fromlist`.
pub(super) fn has_all(module: Borrowed<'_>, names: Borrowed<'_>) -> PyResult<bool> {
    if usable().is_none() || !names.class().is_type(&core::TUPLE) || !module.class().is_type(&core::MODULE) {
        return Ok(false);
    }
    let dict = builtins::module::dict_of(module)?;
    let Some(dict) = dict.b().downcast_exact::<Dict>() else { return Ok(false) };
    let names = tuple::items(names).unwrap_or_default();
    Ok(names.iter().all(|name| !text::eq_str(*name, "*") && dict.peek_str(*name).is_some_and(|value| !value.is_null())))
}
