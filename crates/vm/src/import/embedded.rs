//! The embedded library as a place on `sys.path`: what stands below the prefix's `lib/python3.14` when no such folder is on disk.
//!
//! The finder and the loader are Python, in `embedded.py`, on top of importlib's own; here is what they ask.

use crate::compile::{self, Mode, Source, cf};
use crate::lifecycle::support;
use crate::sys;
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, Ref, core, raise, thread};

/// The content of a file.
pub(super) fn data(path: &str) -> PyResult<Ref> {
    match pylib::find(path) {
        Some(content) => bytes::new(content),
        None => Err(raise!(FileNotFoundError, "the embedded library has no {path}")),
    }
}

/// What a path is: 1 a file, 2 a folder, 0 nothing.
pub(super) fn kind(path: &str) -> i32 {
    match pylib::find(path) {
        Some(_) => 1,
        None if pylib::is_dir(path) => 2,
        None => 0,
    }
}

/// The names in a folder.
pub(super) fn list(path: &str) -> PyResult<Ref> {
    support::list(pylib::list_dir(path).map(|entry| text::new(entry.name)).collect::<PyResult<Vec<_>>>()?)
}

/// The code of a module.
pub(super) fn code(path: &str, filename: Borrowed<'_>) -> PyResult<Ref> {
    let Some(content) = pylib::find(path) else {
        return Err(raise!(FileNotFoundError, "the embedded library has no {path}"));
    };
    load(content, pylib::code(path), filename)
}

/// The code of a module that is frozen, whatever `-O` says.
pub(super) fn frozen_code(path: &str, filename: Borrowed<'_>) -> PyResult<Ref> {
    match pylib::code(path) {
        Some(number) => crate::code::image::code(number, filename).map(Ref::upcast),
        None => code(path, filename),
    }
}

/// The code of an embedded program: from the image, which was compiled without `-O`, else from its source.
pub(super) fn load(source: &[u8], number: Option<u32>, filename: Borrowed<'_>) -> PyResult<Ref> {
    let optimize = crate::lifecycle::config().map_or(0, |config| config.optimize);
    if let Some(number) = number.filter(|_| optimize == 0) {
        return crate::code::image::code(number, filename).map(Ref::upcast);
    }
    let source = Source::from_bytes(source.to_vec());
    let options = compile::Options { flags: cf::SOURCE_IS_UTF8, ..compile::Options::new(Mode::Exec) };
    compile::compile_source(&source, filename, options, core::none_ref())
}

/// The code of one of the implementation's own programs.
pub(super) fn program(name: &str, filename: &str) -> PyResult<Ref> {
    let Some((source, number)) = pylib::program(name) else {
        return Err(raise!(ImportError, "no embedded program {name}"));
    };
    load(source, number, text::new(filename)?.b())
}

/// Puts the path hook of the embedded library in front of all others; gives the namespace that it lives in.
pub(super) fn install() -> PyResult<Option<Ref>> {
    let Some(root) = crate::lifecycle::embedded_root() else { return Ok(None) };
    let code = program("embedded.py", "<frozen embedded>")?;
    let globals = support::dict_new()?;
    let builtins = thread::current().interpreter().builtins.get().unwrap_or_else(core::none_ref);
    support::dict_set_str(globals.b(), "__builtins__", builtins)?;
    support::dict_set_str(globals.b(), "__name__", text::new("importlib._embedded")?)?;
    support::dict_set_str(globals.b(), "ROOT", support::os_text(root)?)?;
    crate::lifecycle::frame_access::run_code(code.b(), globals.b(), globals.b())?;
    let hook = support::dict_get_str(globals.b(), "path_hook")?.unwrap_or_else(core::none_ref);
    if let Some(hooks) = sys::get("path_hooks")? {
        super::frozen::insert_first(hooks.b(), hook.b())?;
    }
    Ok(Some(globals))
}
