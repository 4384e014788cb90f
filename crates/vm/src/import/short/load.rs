//! Making and running a module that was found.

use super::find::{Embedded, Found};
use super::lock::{self, Lock};
use super::{Short, afterwards, is_exactly};
use crate::import::embedded;
use crate::import::frozen::Frozen;
use crate::lifecycle::{frame_access, support};
use crate::sys::{self, audit::audit, info::CACHE_TAG};
use builtins::dict::Dict;
use builtins::list::List;
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, core, error, exc, id, memory, thread};

/// A module on its way.
struct Made {
    module: Ref,
    spec: Ref,
    /// What is to be run in its namespace.
    code: Option<Ref>,
}

/// `_find_and_load` for what the program holds; none if importlib has to do it.
pub(super) fn load(short: &Short, modules: &Dict, name: Borrowed<'_>, plain: &str) -> PyResult<Option<Ref>> {
    let parent = match plain.rsplit_once('.') {
        None => None,
        Some((front, child)) => match Parent::find(short, modules, front, child)? {
            None => return Ok(None),
            parent => parent,
        },
    };
    let places = match &parent {
        Some(parent) => Some(parent.places.clone()),
        None => sys::get_interned(id!("path"))?,
    };
    let Some(places) = places else { return Ok(None) };
    let Some(found) = short.find(plain, places.b())? else { return Ok(None) };
    if matches!(found, Found::Nowhere) {
        return Err(not_found(name));
    }
    if matches!(found, Found::Embedded(_)) && !has_usual_cache_names()? {
        return Ok(None);
    }
    let Some(lock) = Lock::take(short, name)? else { return Ok(None) };
    // What ran meanwhile may have imported it.
    let result = match modules.get_item(name)? {
        Some(module) => Ok(module),
        None => short.load_unlocked(modules, name, plain, found, parent.as_ref()),
    };
    lock.release(short, name, result).map(Some)
}

/// The ModuleNotFoundError of a name that no finder finds.
fn not_found(name: Borrowed<'_>) -> Raised {
    match name.repr_text() {
        Ok(shown) => crate::import::import_error(&exc::ModuleNotFoundError, &format!("No module named {shown}"), name, None),
        Err(raised) => raised,
    }
}

/// The package that a module is in.
struct Parent {
    module: Ref,
    spec: Ref,
    places: Ref,
    child: Ref,
}

impl Parent {
    fn find(short: &Short, modules: &Dict, front: &str, child: &str) -> PyResult<Option<Parent>> {
        let name = text::new(front)?;
        let Some(module) = modules.get_item(name.b())? else { return Ok(None) };
        if !module.class().is_type(&core::MODULE) {
            return Ok(None);
        }
        let dict = builtins::module::dict_of(module.b())?;
        let (places, spec) = (support::dict_get(dict.b(), id!("__path__"))?, support::dict_get(dict.b(), id!("__spec__"))?);
        let (Some(places), Some(spec)) = (places, spec) else { return Ok(None) };
        // Another thread may be importing it.
        if !is_exactly(&spec, &short.module_spec) || !lock::is_ours(short, name.b())? {
            return Ok(None);
        }
        Ok(Some(Parent { module, spec, places, child: support::intern(child) }))
    }

    /// The list of children that are being imported.
    fn with_children(&self, action: impl FnOnce(&List) -> PyResult<()>) -> PyResult<()> {
        let children = self.spec.getattr(id!("_uninitialized_submodules"))?;
        match children.b().downcast_exact::<List>() {
            Some(children) => action(&children),
            None => Ok(()),
        }
    }

    /// `setattr(parent, child, module)`.
    fn bind(&self, module: &Ref) -> PyResult<()> {
        match self.module.setattr(self.child.b(), module.b()) {
            Err(raised) if raised.is_a(&exc::AttributeError) => {
                raised.clear();
                let name = self.spec.getattr(id!("name"))?.repr_text()?;
                let message = format!("Cannot set an attribute on {name} for child module {}", self.child.repr_text()?);
                crate::warnings::warn(&exc::ImportWarning, &message, 1)
            }
            other => other,
        }
    }
}

impl Short {
    fn load_unlocked(
        &self,
        modules: &Dict,
        name: Borrowed<'_>,
        plain: &str,
        found: Found,
        parent: Option<&Parent>,
    ) -> PyResult<Ref> {
        let Some(parent) = parent else { return self.make_and_run(modules, name, plain, found) };
        parent.with_children(|children| children.append(parent.child.clone()))?;
        let result = self.make_and_run(modules, name, plain, found);
        let result = afterwards(result, || {
            parent.with_children(|children| match children.len().checked_sub(1) {
                Some(last) => children.remove_at(last).map(drop),
                None => Ok(()),
            })
        })?;
        parent.bind(&result)?;
        Ok(result)
    }

    /// `_load_unlocked`.
    fn make_and_run(&self, modules: &Dict, name: Borrowed<'_>, plain: &str, found: Found) -> PyResult<Ref> {
        let made = match found {
            Found::Native(about) => self.native(name, plain, about)?,
            Found::Frozen(frozen) => self.frozen(name, frozen)?,
            Found::Embedded(found) => self.embedded(name, plain, &found)?,
            Found::Nowhere => return Err(not_found(name)),
        };
        made.spec.setattr(id!("_initializing"), core::boolean(true))?;
        let result = run(modules, name, &made);
        afterwards(result, || made.spec.setattr(id!("_initializing"), core::boolean(false)))
    }

    /// A spec as `ModuleSpec(name, loader, origin=origin)` makes it.
    fn spec(&self, name: Borrowed<'_>, loader: Borrowed<'_>, origin: Borrowed<'_>, rest: Rest<'_>) -> PyResult<Ref> {
        let spec = instance(&self.module_spec)?;
        spec.setattr(id!("name"), name)?;
        spec.setattr(id!("loader"), loader)?;
        spec.setattr(id!("origin"), origin)?;
        spec.setattr(id!("loader_state"), rest.loader_state)?;
        spec.setattr(id!("submodule_search_locations"), rest.places)?;
        spec.setattr(id!("_uninitialized_submodules"), List::new()?.upcast().b())?;
        spec.setattr(id!("_set_fileattr"), core::boolean(rest.has_location))?;
        spec.setattr(id!("_cached"), rest.cached)?;
        Ok(spec)
    }

    fn native(&self, name: Borrowed<'_>, plain: &str, about: &'static object::spec::ModuleSpec) -> PyResult<Made> {
        let loader = self.builtin_importer.b();
        let spec = self.spec(name, loader, id!("built-in"), Rest::nothing())?;
        let module = builtins::module::create(about)?;
        fill(&module, loader, package_of(plain)?.b(), spec.b())?;
        Ok(Made { module, spec, code: None })
    }

    fn frozen(&self, name: Borrowed<'_>, frozen: &'static Frozen) -> PyResult<Made> {
        let loader = self.frozen_importer.b();
        let library = sys::get_interned(id!("_stdlib_dir"))?.and_then(|folder| text::to_string(folder.b()));
        let file = match library.filter(|folder| !folder.is_empty()) {
            Some(folder) => text::new(&format!("{folder}/{}.py", frozen.name.replace('.', "/")))?,
            None => core::none_ref(),
        };
        let about = support::dict_new()?;
        support::dict_set(about.b(), id!("filename"), file.b())?;
        support::dict_set(about.b(), id!("origname"), name)?;
        let about = builtins::namespace::new(Some(about.b()))?;
        let spec = self.spec(name, loader, id!("frozen"), Rest { loader_state: about.b(), ..Rest::nothing() })?;
        let module = builtins::module::new(name)?;
        if !file.is(&core::none()) {
            support::dict_set(builtins::module::dict_of(module.b())?.b(), id!("__file__"), file.b())?;
        }
        fill(&module, loader, package_of(frozen.name)?.b(), spec.b())?;
        Ok(Made { module, spec, code: Some(frozen.code()?) })
    }

    fn embedded(&self, name: Borrowed<'_>, plain: &str, found: &Embedded) -> PyResult<Made> {
        let path = found.path.b();
        let loader = instance(&self.embedded_loader)?;
        loader.setattr(id!("name"), name)?;
        loader.setattr(id!("path"), path)?;
        let places = match &found.package {
            Some(folder) => {
                self.expect.call1(folder.b())?;
                support::list(vec![folder.clone()])?
            }
            None => core::none_ref(),
        };
        let cached = cache_name(path)?;
        let rest = Rest { places: places.b(), has_location: true, cached: cached.b(), ..Rest::nothing() };
        let spec = self.spec(name, loader.b(), path, rest)?;
        let module = builtins::module::new(name)?;
        let package = if found.package.is_some() { name.to_ref() } else { package_of(plain)? };
        fill(&module, loader.b(), package.b(), spec.b())?;
        let dict = builtins::module::dict_of(module.b())?;
        if found.package.is_some() {
            support::dict_set(dict.b(), id!("__path__"), places.b())?;
        }
        support::dict_set(dict.b(), id!("__file__"), path)?;
        support::dict_set(dict.b(), id!("__cached__"), cached.b())?;
        Ok(Made { module, spec, code: Some(embedded::code(&found.inside, path)?) })
    }
}

/// The rest of a spec.
struct Rest<'a> {
    loader_state: Borrowed<'a>,
    places: Borrowed<'a>,
    has_location: bool,
    cached: Borrowed<'a>,
}

impl Rest<'_> {
    fn nothing() -> Self {
        Rest { loader_state: core::none(), places: core::none(), has_location: false, cached: core::none() }
    }
}

/// A new instance of a plain class, before `__init__`.
fn instance(class: &Ref) -> PyResult<Ref> {
    match class.b().downcast::<TypeObject>() {
        Some(class) => memory::generic_alloc(class, 0),
        None => Err(error::bad_internal_call()),
    }
}

/// The name of the package that a module is in.
fn package_of(name: &str) -> PyResult<Ref> {
    text::new(name.rsplit_once('.').map_or("", |(front, _)| front))
}

/// `_init_module_attrs`, but for what only files have.
fn fill(module: &Ref, loader: Borrowed<'_>, package: Borrowed<'_>, spec: Borrowed<'_>) -> PyResult<()> {
    for (name, value) in [(id!("__loader__"), loader), (id!("__package__"), package)] {
        if module.getattr_opt(name)?.is_none_or(|found| found.is(&core::none())) {
            module.setattr(name, value)?;
        }
    }
    module.setattr(id!("__spec__"), spec)
}

/// Enters the module into `sys.modules` and runs it there; it is taken out again if that fails, and moved to the end otherwise.
fn run(modules: &Dict, name: Borrowed<'_>, made: &Made) -> PyResult<Ref> {
    modules.set(name, made.module.b())?;
    if let Some(code) = &made.code
        && let Err(raised) = execute(code, made.module.b())
    {
        return afterwards(Err(raised), || modules.remove(name).map(drop));
    }
    let Some(module) = modules.remove(name)? else { return Err(error::raise_value(&exc::KeyError, Some(name))) };
    modules.set(name, module.b())?;
    Ok(module)
}

/// `exec(code, module.__dict__)`.
fn execute(code: &Ref, module: Borrowed<'_>) -> PyResult<()> {
    let globals = builtins::module::dict_of(module)?;
    if let Some(builtins) = thread::current().interpreter().builtins.get()
        && support::dict_get(globals.b(), id!("__builtins__"))?.is_none()
    {
        support::dict_set(globals.b(), id!("__builtins__"), builtins.b())?;
    }
    audit("exec", || Ok(vec![code.clone()]))?;
    frame_access::run_code(code.b(), globals.b(), globals.b()).map(drop)
}

/// Whether `__cached__` follows from nothing but the file's name and `-O`.
fn has_usual_cache_names() -> PyResult<bool> {
    let plain = sys::get_interned(id!("pycache_prefix"))?.is_some_and(|prefix| prefix.is(&core::none()));
    let tag = match sys::get_interned(id!("implementation"))? {
        Some(about) => about.getattr_opt(id!("cache_tag"))?,
        None => None,
    };
    Ok(plain && tag.is_some_and(|tag| text::eq_str(tag.b(), CACHE_TAG)))
}

/// `cache_from_source` of a file whose name ends in `.py`.
fn cache_name(path: Borrowed<'_>) -> PyResult<Ref> {
    let optimize = crate::lifecycle::config().map_or(0, |config| config.optimize);
    let path = text::to_string_lossy(path);
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
    let base = file.strip_suffix(".py").unwrap_or(file);
    let level = if optimize == 0 { String::new() } else { format!(".opt-{optimize}") };
    text::new(&format!("{folder}/__pycache__/{base}.{CACHE_TAG}{level}.pyc"))
}
