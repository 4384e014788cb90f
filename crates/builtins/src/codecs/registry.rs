//! The registry: search functions, the cache of codecs, error handlers by name.

use super::handlers;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, id, raise, thread};
use std::cell::RefCell;
use std::collections::HashMap;

/// The codecs of an interpreter.
#[derive(Default)]
struct Registry {
    search: RefCell<Vec<Ref>>,
    cache: RefCell<HashMap<String, Ref>>,
    errors: RefCell<HashMap<String, Ref>>,
}

fn registry() -> &'static Registry {
    thread::current().interpreter().extensions.get::<Registry>()
}

/// The name of an encoding as search functions get it: lower case, runs of anything but letters, digits and dots as one underscore.
pub fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    let mut gap = false;
    for character in name.chars() {
        if character.is_ascii_alphanumeric() || character == '.' {
            if gap && !normal.is_empty() {
                normal.push('_');
            }
            gap = false;
            normal.push(character.to_ascii_lowercase());
        } else {
            gap = true;
        }
    }
    normal
}

/// `codecs.register(search_function)`.
pub fn register(search: Borrowed<'_>) -> PyResult<()> {
    if !search.is_callable() {
        return Err(raise!(TypeError, "argument must be callable"));
    }
    registry().search.borrow_mut().push(search.to_ref());
    Ok(())
}

/// `codecs.unregister(search_function)`.
pub fn unregister(search: Borrowed<'_>) {
    let registry = registry();
    let removed = {
        let mut functions = registry.search.borrow_mut();
        functions.iter().position(|function| function.is(&search)).map(|at| functions.remove(at))
    };
    if removed.is_some() {
        let old = std::mem::take(&mut *registry.cache.borrow_mut());
        drop(old);
    }
}

/// The codec of an encoding: `codecs.lookup`.
pub fn lookup(encoding: &str) -> PyResult<Ref> {
    import_encodings()?;
    let key = normalize(encoding);
    if let Some(codec) = registry().cache.borrow().get(&key) {
        return Ok(codec.clone());
    }
    let functions: Vec<Ref> = registry().search.borrow().iter().cloned().collect();
    if functions.is_empty() {
        return Err(raise!(LookupError, "no codec search functions registered: can't find encoding"));
    }
    let name = text::new(&key)?;
    for function in functions {
        let codec = function.call1(name.b())?;
        if codec.is(&object::core::none()) {
            continue;
        }
        if tuple::items(codec.b()).is_none_or(|items| items.len() != 4) {
            return Err(raise!(TypeError, "codec search functions must return 4-tuples"));
        }
        registry().cache.borrow_mut().insert(key, codec.clone());
        return Ok(codec);
    }
    Err(raise!(LookupError, "unknown encoding: {encoding}"))
}

/// Imports the package `encodings`, which registers its search function, at the first look-up.
fn import_encodings() -> PyResult<()> {
    if !registry().search.borrow().is_empty() {
        return Ok(());
    }
    let Some(builtins) = thread::current().interpreter().builtins.get() else { return Ok(()) };
    let import = builtins.getitem(id!("__import__"))?;
    import.call1(text::new("encodings")?.b()).map(drop)
}

/// `codecs.register_error(name, handler)`.
pub fn register_error(name: &str, handler: Borrowed<'_>) -> PyResult<()> {
    if !handler.is_callable() {
        return Err(raise!(TypeError, "handler must be callable"));
    }
    let old = registry().errors.borrow_mut().insert(name.to_owned(), handler.to_ref());
    drop(old);
    Ok(())
}

/// `codecs._unregister_error(name)`.
pub fn unregister_error(name: &str) -> PyResult<bool> {
    if handlers::builtin(name).is_some() {
        return Err(raise!(ValueError, "cannot un-register built-in error handler '{name}'"));
    }
    let old = registry().errors.borrow_mut().remove(name);
    Ok(old.is_some())
}

/// The handler that was registered under this name, if any.
pub(super) fn registered_error(name: &str) -> Option<Ref> {
    registry().errors.borrow().get(name).cloned()
}

/// `codecs.lookup_error(name)`.
pub fn lookup_error(name: &str) -> PyResult<Ref> {
    if let Some(handler) = registered_error(name) {
        return Ok(handler);
    }
    match handlers::builtin(name) {
        Some(definition) => {
            let handler = crate::cfunction::new(std::ptr::from_ref(definition).cast_mut(), None, None)?;
            registry().errors.borrow_mut().insert(name.to_owned(), handler.clone());
            Ok(handler)
        }
        None => Err(raise!(LookupError, "unknown error handler name '{name}'")),
    }
}

/// Forgets everything: at the interpreter's end.
pub fn clear() {
    let registry = registry();
    let (search, cache, errors) = (
        std::mem::take(&mut *registry.search.borrow_mut()),
        std::mem::take(&mut *registry.cache.borrow_mut()),
        std::mem::take(&mut *registry.errors.borrow_mut()),
    );
    drop((search, cache, errors));
}
