//! The native modules of the program: CPython's built-in modules.

use object::spec::ModuleSpec;
use object::{PyResult, Ref};
use std::sync::Mutex;

static REGISTRY: Mutex<Vec<&'static ModuleSpec>> = Mutex::new(Vec::new());

// A panic while the list is locked would be in `Vec::push`; the list is whole then too.
fn registry() -> std::sync::MutexGuard<'static, Vec<&'static ModuleSpec>> {
    REGISTRY.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Adds modules; a later one of the same name takes the place of an earlier one. Call before the runtime starts.
pub fn register(modules: &[&'static ModuleSpec]) {
    registry().extend_from_slice(modules);
}

/// The names of all native modules.
pub fn native_names() -> Vec<&'static str> {
    registry().iter().filter_map(|spec| spec.name.to_str().ok()).collect()
}

/// The description of a native module.
pub fn find_native(name: &str) -> Option<&'static ModuleSpec> {
    registry().iter().rev().copied().find(|spec| spec.name.to_bytes() == name.as_bytes())
}

/// A new native module, complete but not in `sys.modules`.
pub fn create_native(name: &str) -> PyResult<Option<Ref>> {
    find_native(name).map(builtins::module::create).transpose()
}
