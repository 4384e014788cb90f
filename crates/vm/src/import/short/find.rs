//! Where a module is: what the three usual finders would say.

use super::{Short, is_exactly};
use crate::import::frozen::{self, Frozen};
use crate::import::native;
use crate::lifecycle::support;
use crate::sys;
use builtins::dict::Dict;
use builtins::list::List;
use builtins::set::exact_set;
use object::spec::ModuleSpec;
use object::value::{float, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, id};
use std::ffi::CString;

/// What the finders would find: a module that the program holds, or nothing.
pub(super) enum Found {
    Native(&'static ModuleSpec),
    Frozen(&'static Frozen),
    Embedded(Embedded),
    Nowhere,
}

/// A module of the embedded library.
pub(super) struct Embedded {
    /// Its path within the library.
    pub(super) inside: String,
    /// Its file.
    pub(super) path: Ref,
    /// The folder, if it is a package.
    pub(super) package: Option<Ref>,
}

impl Short {
    /// Finds a module by its full name on these places; none if it may be elsewhere.
    pub(super) fn find(&self, name: &str, places: Borrowed<'_>) -> PyResult<Option<Found>> {
        if matches!(name, "sys" | "builtins") {
            return Ok(None);
        }
        if let Some(spec) = native::find_native(name) {
            return Ok(Some(Found::Native(spec)));
        }
        if let Some(frozen) = frozen::find(name) {
            return Ok((frozen.is_library_module()).then_some(Found::Frozen(frozen)));
        }
        let tail = name.rsplit('.').next().unwrap_or(name);
        let Some(places) = places.downcast_exact::<List>() else { return Ok(None) };
        let Some(cache) = sys::get_interned(id!("path_importer_cache"))? else { return Ok(None) };
        let Some(cache) = cache.b().downcast_exact::<Dict>() else { return Ok(None) };
        for index in 0..places.len() {
            let Some(place) = places.at(index).filter(|place| text::check_exact(place)) else { return Ok(None) };
            let finder = if text::eq_str(place.b(), "") {
                let Ok(current) = host::file::current_dir() else { continue };
                cache.get_item(support::os_text(&current)?.b())?
            } else {
                cache.get_item(place.b())?
            };
            let Some(finder) = finder else { return Ok(None) };
            if finder.is(&core::none()) {
                continue;
            }
            if is_exactly(&finder, &self.embedded_finder) {
                if let Some(found) = embedded(finder.b(), tail)? {
                    return Ok(Some(Found::Embedded(found)));
                }
                let disk = finder.getattr(id!("_disk"))?;
                if is_exactly(&disk, &self.file_finder) && !is_folder(finder.b(), tail)? && lacks(disk.b(), tail)? {
                    continue;
                }
                return Ok(None);
            }
            if !is_exactly(&finder, &self.file_finder) || !lacks(finder.b(), tail)? {
                return Ok(None);
            }
        }
        Ok(Some(Found::Nowhere))
    }
}

/// The path within the library of this name in the finder's folder.
fn inside(finder: Borrowed<'_>, tail: &str) -> PyResult<String> {
    let below = finder.getattr(id!("_relative"))?;
    let below = text::to_string(below.b()).unwrap_or_default();
    Ok(if below.is_empty() { tail.to_owned() } else { format!("{below}/{tail}") })
}

/// Whether the library has a folder of this name there, which can be part of a namespace package.
fn is_folder(finder: Borrowed<'_>, tail: &str) -> PyResult<bool> {
    Ok(pylib::is_dir(&inside(finder, tail)?))
}

/// What a folder of the embedded library has of this name.
fn embedded(finder: Borrowed<'_>, tail: &str) -> PyResult<Option<Embedded>> {
    let Some(folder) = text::to_string(finder.getattr(id!("path"))?.b()) else { return Ok(None) };
    let inside = inside(finder, tail)?;
    let package = format!("{inside}/__init__.py");
    let base = format!("{folder}/{tail}");
    if pylib::find(&package).is_some() {
        let path = text::new(&format!("{base}/__init__.py"))?;
        return Ok(Some(Embedded { inside: package, path, package: Some(text::new(&base)?) }));
    }
    let file = format!("{inside}.py");
    if pylib::find(&file).is_some() {
        let path = text::new(&format!("{base}.py"))?;
        return Ok(Some(Embedded { inside: file, path, package: None }));
    }
    Ok(None)
}

/// Whether a finder for a folder on disk knows, from its list of the folder as it is now, that there is no module of this name.
fn lacks(finder: Borrowed<'_>, tail: &str) -> PyResult<bool> {
    let folder = support::os_bytes(finder.getattr(id!("path"))?.b())?;
    let Ok(folder) = CString::new(folder) else { return Ok(false) };
    let modified = match host::file::status(None, &folder, host::file::Links::Follow) {
        // As `os.stat` computes `st_mtime`.
        Ok(status) => status.modified.0 as f64 + 1e-9 * status.modified.1 as f64,
        Err(_) => -1.0,
    };
    let known = finder.getattr(id!("_path_mtime"))?;
    let known = float::value(known.b()).or_else(|| int::to_i64(known.b()).map(|seconds| seconds as f64));
    if known != Some(modified) {
        return Ok(false);
    }
    let names = finder.getattr(id!("_path_cache"))?;
    let Some(names) = exact_set(names.b()) else { return Ok(false) };
    if names.is_empty() {
        return Ok(true);
    }
    if names.contains(text::new(tail)?.b())? {
        return Ok(false);
    }
    let loaders = finder.getattr(id!("_loaders"))?;
    let Some(loaders) = loaders.b().downcast_exact::<List>() else { return Ok(false) };
    for index in 0..loaders.len() {
        let loader = loaders.at(index);
        let suffix = loader.as_ref().and_then(|loader| tuple::items(loader.b())?.first().copied()).and_then(text::as_ascii);
        let Some(suffix) = suffix else { return Ok(false) };
        if names.contains(text::new(&format!("{tail}{suffix}"))?.b())? {
            return Ok(false);
        }
    }
    Ok(true)
}
