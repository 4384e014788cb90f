//! The module `sys`.

pub mod audit;
mod frames;
mod hooks;
pub mod info;
mod jit;
pub mod limits;
mod monitoring;
mod names;
pub mod records;
mod settings;
mod stderr_printer;
mod tracing;

use crate::lifecycle::{Config, support};
use macros::pymodule;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, thread};

pub(crate) use info::fill_paths;
pub use stderr_printer::StdPrinter;

/// This module provides access to some objects used or maintained by the
/// interpreter and to functions that interact strongly with the interpreter.
#[pymodule(name = "sys", parts(super::hooks::part, super::frames::part, super::settings::part))]
pub mod module {}

/// `sys.name`, if it is there.
pub fn get(name: &str) -> PyResult<Option<Ref>> {
    match thread::current().interpreter().sys_dict.get() {
        Some(dict) => support::dict_get_str(dict.b(), name),
        None => Ok(None),
    }
}

/// [`get`] with a name that is interned already.
pub(crate) fn get_interned(name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    match thread::current().interpreter().sys_dict.get() {
        Some(dict) => support::dict_get(dict.b(), name),
        None => Ok(None),
    }
}

/// `sys.name = value`.
pub fn set(name: &str, value: Borrowed<'_>) -> PyResult<()> {
    match thread::current().interpreter().sys_dict.get() {
        Some(dict) => support::dict_set(dict.b(), support::intern(name).b(), value),
        None => Ok(()),
    }
}

pub(crate) fn set_new(name: &str, value: Ref) -> PyResult<()> {
    set(name, value.b())
}

/// Makes the module, `sys.modules` and the interpreter's `sys` dict.
pub(crate) fn create(config: &Config) -> PyResult<Ref> {
    let interpreter = thread::current().interpreter();
    let module = builtins::module::create(&module::SPEC)?;
    let dict = module.getattr(object::id!("__dict__"))?;
    interpreter.sys_dict.set(Some(dict));
    let modules = support::dict_new()?;
    interpreter.modules.set(Some(modules.clone()));
    set_new("modules", modules)?;
    crate::import::add_module("sys", &module)?;
    info::fill(config)?;
    set_new("meta_path", support::list(Vec::new())?)?;
    set_new("path_hooks", support::list(Vec::new())?)?;
    set_new("path_importer_cache", support::dict_new()?)?;
    for (name, original) in [
        ("__displayhook__", "displayhook"),
        ("__excepthook__", "excepthook"),
        ("__breakpointhook__", "breakpointhook"),
        ("__unraisablehook__", "unraisablehook"),
    ] {
        if let Some(hook) = get(original)? {
            set(name, hook.b())?;
        }
    }
    set_new("_jit", builtins::module::create(&jit::module::SPEC)?)?;
    set_new("monitoring", builtins::module::create(&monitoring::module::SPEC)?)?;
    Ok(module)
}

/// `sys.builtin_module_names`, when all native modules are registered.
pub(crate) fn set_builtin_names(names: &[&str]) -> PyResult<()> {
    let mut names: Vec<&str> = names.to_vec();
    names.sort_unstable();
    names.dedup();
    let names = names.into_iter().map(text::new).collect::<PyResult<Vec<_>>>()?;
    set_new("builtin_module_names", tuple::from_vec(names)?)
}
