//! `module`, and modules made from native descriptions.

use crate::object_::getattr as generic;
use crate::type_::{dicts, getattr::attribute_context, ready};
use abi::{Cell, PyModuleDef, PyObject, c_void};
use macros::{pyclass, pymethods};
use object::spec::ModuleSpec;
use object::value::{int, str as text};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, id, memory, raise, thread};

/// Create a module object.
///
/// The name must be a string; the optional docstring can have any type.
#[pyclass(
    name = "module",
    cell = ::object::core::MODULE,
    sig = "(name, doc=None)",
    flags(BASETYPE),
    dict = dict,
    weaklist = weakrefs,
    gc = manual
)]
pub struct Module {
    head: PyObject,
    /// `__dict__`. The dict of a module is never replaced.
    dict: OptRef,
    /// The definition of a module written in C.
    pub definition: Cell<*mut PyModuleDef>,
    /// The state of a module written in C.
    pub state: Cell<*mut c_void>,
    weakrefs: Cell<*mut PyObject>,
    name: OptRef,
}

/// The dict of a module, or null.
///
/// # Safety
/// The object is a module.
#[inline(always)]
pub unsafe fn dict_unchecked(module: *mut PyObject) -> *mut PyObject {
    // SAFETY: by contract.
    unsafe { (*module.cast::<Module>()).dict.as_ptr() }
}

/// A new module with this name and an empty namespace but for the five names that every module has.
pub fn new(name: Borrowed<'_>) -> PyResult<Ref> {
    let module = memory::new_instance(
        Module::type_object(),
        Module {
            head: <PyObject as abi::CStruct>::ZERO,
            dict: OptRef::new(Some(dicts::new()?)),
            definition: Cell::new(std::ptr::null_mut()),
            state: Cell::new(std::ptr::null_mut()),
            weakrefs: Cell::new(std::ptr::null_mut()),
            name: OptRef::none(),
        },
    )?;
    init_dict(&module, name, core::none())?;
    Ok(module.upcast())
}

fn init_dict(module: &Module, name: Borrowed<'_>, doc: Borrowed<'_>) -> PyResult<()> {
    let dict = module.dict()?;
    dicts::set(dict.b(), id!("__name__"), name)?;
    dicts::set(dict.b(), id!("__doc__"), doc)?;
    dicts::set(dict.b(), id!("__package__"), core::none())?;
    dicts::set(dict.b(), id!("__loader__"), core::none())?;
    dicts::set(dict.b(), id!("__spec__"), core::none())?;
    if text::check_exact(&name) {
        module.name.set(Some(name.to_ref()));
    }
    Ok(())
}

/// The namespace of a module.
pub fn dict_of(module: Borrowed<'_>) -> PyResult<Ref> {
    match module.downcast::<Module>() {
        Some(module) => module.dict(),
        None => Err(raise!(TypeError, "expected module, got {}", module.class().tp_name())),
    }
}

/// A module from its native description. Its functions know it as their first argument.
pub fn create(spec: &'static ModuleSpec) -> PyResult<Ref> {
    let name = text::new(spec.name.to_str().unwrap_or("?"))?;
    let module = new(name.b())?;
    let dict = dict_of(module.b())?;
    fill(spec, module.b(), name.b(), dict.b())?;
    Ok(module)
}

/// Puts what a description says into a module's namespace.
pub fn fill(spec: &'static ModuleSpec, module: Borrowed<'_>, name: Borrowed<'_>, dict: Borrowed<'_>) -> PyResult<()> {
    if let Some(doc) = spec.doc {
        dicts::set(dict, id!("__doc__"), text::new(doc.to_str().unwrap_or(""))?.b())?;
    }
    if let Some(dict) = dict.downcast_exact::<crate::dict::Dict>() {
        dict.reserve_strs(spec.methods.len() + spec.types.len() + spec.attrs.len())?;
    }
    for method in spec.methods {
        if method.ml_name.get().is_null() {
            break;
        }
        let entry = std::ptr::from_ref(method).cast_mut();
        // SAFETY: an entry of the static table.
        let key = unsafe { crate::descr::entry_name(entry) }?;
        let function = crate::cfunction::new(entry, Some(module), Some(name))?;
        dicts::set(dict, key.b(), function.b())?;
    }
    for entry in spec.types {
        ready::ready_static(entry)?;
        let class = (entry.type_object)();
        dicts::set(dict, crate::descr::interned(class.short_name())?.b(), class.borrowed())?;
    }
    for (attribute, make) in spec.attrs {
        let value = make()?;
        dicts::set(dict, crate::descr::interned(attribute)?.b(), value.b())?;
    }
    spec.exec.map_or(Ok(()), |exec| exec(module))
}

impl Module {
    /// The namespace.
    pub fn dict(&self) -> PyResult<Ref> {
        self.dict.get().ok_or_else(|| raise!(SystemError, "module without a dict"))
    }

    /// The name in its namespace, if that is a str.
    fn own_name(&self) -> PyResult<Option<Ref>> {
        let dict = self.dict()?;
        Ok(dicts::get(dict.b(), id!("__name__"))?.filter(|name| text::check(name.b())))
    }
}

/// `spec._initializing`.
fn is_initializing(spec: Option<&Ref>) -> PyResult<bool> {
    match spec.map(|spec| spec.getattr_opt(id!("_initializing"))).transpose()?.flatten() {
        Some(value) => value.is_true(),
        None => Ok(false),
    }
}

/// `spec.origin`, where `spec.has_location`.
fn file_origin(spec: &Ref) -> PyResult<Option<Ref>> {
    let Some(has_location) = spec.getattr_opt(id!("has_location"))? else { return Ok(None) };
    if !has_location.is_true()? {
        return Ok(None);
    }
    Ok(spec.getattr_opt(id!("origin"))?.filter(|origin| text::check(origin.b())))
}

/// Whether the file stands in the folder of the script, and so may hide a module of the same name.
pub fn possibly_shadows(origin: Option<&Ref>) -> PyResult<bool> {
    let Some(origin) = origin.and_then(|origin| text::to_string(origin.b())) else { return Ok(false) };
    let Some(sys) = thread::current().interpreter().sys_dict.get() else { return Ok(false) };
    if let Some(flags) = dicts::get(sys.b(), id!("flags"))?
        && let Some(safe) = flags.getattr_opt(id!("safe_path"))?
        && safe.is_true()?
    {
        return Ok(false);
    }
    let Some((folder, file)) = origin.rsplit_once('/') else { return Ok(false) };
    let folder = if file == "__init__.py" { folder.rsplit_once('/').map_or("", |(parent, _)| parent) } else { folder };
    let Some(path) = dicts::get(sys.b(), id!("path"))? else { return Ok(false) };
    if !path.class().is_subtype(&core::LIST) || path.len()? == 0 {
        return Ok(false);
    }
    let first = path.seq_getitem(0)?;
    let Some(first) = text::to_string(first.b()) else { return Ok(false) };
    if first.is_empty() {
        return Ok(std::env::current_dir().is_ok_and(|here| here.to_str() == Some(folder)));
    }
    Ok(first == folder)
}

/// Whether the standard library has a module of this name.
pub fn is_stdlib_name(name: &Ref) -> PyResult<bool> {
    let Some(sys) = thread::current().interpreter().sys_dict.get() else { return Ok(false) };
    match dicts::get(sys.b(), id!("stdlib_module_names"))? {
        Some(names) if names.class().is_subtype(&core::FROZENSET) => names.contains(name.b()),
        _ => Ok(false),
    }
}

/// AttributeError in the words that help: a circular import, a file that hides a module.
#[cold]
fn no_attribute(module: Borrowed<'_, Module>, name: Borrowed<'_>) -> PyResult<object::Raised> {
    let attribute = text::to_string_lossy(name);
    let dict = module.dict()?;
    let Some(own) = module.own_name()? else {
        return Ok(raise!(AttributeError, "module has no attribute '{attribute}'"));
    };
    let module_name = text::to_string_lossy(own.b());
    let plain = || raise!(AttributeError, "module '{module_name}' has no attribute '{attribute}'");
    let Some(spec) = dicts::get(dict.b(), id!("__spec__"))?.filter(|spec| !spec.is(&core::none())) else { return Ok(plain()) };
    let origin = file_origin(&spec)?;
    let shadows = possibly_shadows(origin.as_ref())?;
    let origin_text = origin.as_ref().map(|origin| text::to_string_lossy(origin.b()));
    let shown = origin_text.clone().unwrap_or_default();
    if shadows && is_stdlib_name(&own)? {
        return Ok(raise!(
            AttributeError,
            "module '{module_name}' has no attribute '{attribute}' (consider renaming '{shown}' since it has the same name as the standard library module named '{module_name}' and prevents importing that standard library module)"
        ));
    }
    if is_initializing(Some(&spec))? {
        return Ok(if shadows {
            raise!(
                AttributeError,
                "module '{module_name}' has no attribute '{attribute}' (consider renaming '{shown}' if it has the same name as a library you intended to import)"
            )
        } else if let Some(origin) = origin_text {
            raise!(
                AttributeError,
                "partially initialized module '{module_name}' from '{origin}' has no attribute '{attribute}' (most likely due to a circular import)"
            )
        } else {
            raise!(
                AttributeError,
                "partially initialized module '{module_name}' has no attribute '{attribute}' (most likely due to a circular import)"
            )
        });
    }
    if let Some(submodules) = spec.getattr_opt(id!("_uninitialized_submodules"))?
        && submodules.contains(name)?
    {
        return Ok(raise!(
            AttributeError,
            "cannot access submodule '{attribute}' of module '{module_name}' (most likely due to a circular import)"
        ));
    }
    Ok(plain())
}

/// An attribute of a module: as of any object, then the module's own `__getattr__`.
pub fn getattr(module: Borrowed<'_, Module>, name: Borrowed<'_>) -> PyResult<Ref> {
    if let Some(found) = getattr_opt(module, name)? {
        return Ok(found);
    }
    let raised = match no_attribute(module, name) {
        Ok(raised) => raised,
        Err(raised) => return Err(raised),
    };
    Err(attribute_context(raised, module.object(), name))
}

/// As [`getattr`]; none, without the message that it would compose, where there is no such attribute.
pub fn getattr_opt(module: Borrowed<'_, Module>, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    if let Some(value) = generic::getattr_opt(module.object(), name)? {
        return Ok(Some(value));
    }
    let dict = module.dict()?;
    dicts::get(dict.b(), id!("__getattr__"))?.map(|function| function.call1(name)).transpose()
}

#[pymethods]
impl Module {
    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut object::Visit<'_>) {
        visit.raw(self.dict.as_ptr());
        visit.raw(self.name.as_ptr());
        self.traverse_state(visit);
    }

    #[slot(tp_clear)]
    fn clear(&self) {
        self.clear_state();
        self.dict.set(None);
        self.name.set(None);
    }

    #[slot(tp_new)]
    fn make(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let object = memory::generic_alloc(class, 0)?;
        object.b().self_as::<Module>().dict.set(Some(dicts::new()?));
        Ok(object)
    }

    #[slot(tp_init, "(name, doc=None)")]
    fn init(slf: Borrowed<'_, Self>, name: object::convert::Str<'_>, doc: Option<Borrowed<'_>>) -> PyResult<()> {
        if slf.dict.is_none() {
            slf.dict.set(Some(dicts::new()?));
        }
        init_dict(&slf, name.0, doc.unwrap_or(core::none()))
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let importlib = match thread::current().interpreter().modules.get() {
            Some(modules) => modules.getitem_opt(id!("_frozen_importlib"))?,
            None => None,
        };
        match importlib {
            Some(importlib) => importlib.call_method(id!("_module_repr"), &[slf.object()]),
            None => {
                let name = slf.own_name()?.map_or_else(|| "?".to_owned(), |name| text::to_string_lossy(name.b()));
                text::new(&format!("<module '{name}'>"))
            }
        }
    }

    #[slot(tp_getattro)]
    fn getattro(slf: Borrowed<'_, Self>, name: Borrowed<'_>) -> PyResult<Ref> {
        getattr(slf, name)
    }

    #[getter(name = "__dict__")]
    fn get_dict(&self) -> PyResult<Ref> {
        self.dict()
    }

    /// __dir__() -> list
    /// specialized dir() implementation
    #[method(name = "__dir__", text = None, "($self, /)")]
    fn dir(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let dict = slf.object().getattr(id!("__dict__"))?;
        if !dict.class().is_subtype(&core::DICT) {
            return Err(raise!(TypeError, "<module>.__dict__ is not a dictionary"));
        }
        match dicts::get(dict.b(), id!("__dir__"))? {
            Some(function) => function.call0(),
            None => {
                let names = dicts::items(dict.b())?.into_iter().map(|(name, _)| name).collect();
                (object::hooks::get().list_new)(names)
            }
        }
    }

    #[getter(name = "__annotations__")]
    fn get_annotations(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let dict = slf.dict()?;
        if let Some(found) = dicts::get(dict.b(), id!("__annotations__"))? {
            return Ok(found);
        }
        let spec = dicts::get(dict.b(), id!("__spec__"))?;
        let initializing = is_initializing(spec.as_ref())?;
        let annotations = match dicts::get(dict.b(), id!("__annotate__"))? {
            Some(annotate) if annotate.is_callable() => {
                let format = int::new(1)?;
                let made = annotate.call1(format.b())?;
                if !made.class().is_subtype(&core::DICT) {
                    return Err(raise!(TypeError, "__annotate__ returned non-dict of type '{}'", made.class().tp_name()));
                }
                made
            }
            _ => dicts::new()?,
        };
        // Of a module that is still running, more annotations may come.
        if !initializing {
            dicts::set(dict.b(), id!("__annotations__"), annotations.b())?;
        }
        Ok(annotations)
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let dict = slf.dict()?;
        match value {
            Some(value) => dicts::set(dict.b(), id!("__annotations__"), value)?,
            None => {
                if !dicts::remove(dict.b(), id!("__annotations__"))? {
                    return Err(raise!(AttributeError, "__annotations__"));
                }
            }
        }
        dicts::remove(dict.b(), id!("__annotate__")).map(drop)
    }

    #[getter(name = "__annotate__")]
    fn get_annotate(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let dict = slf.dict()?;
        if let Some(found) = dicts::get(dict.b(), id!("__annotate__"))? {
            return Ok(found);
        }
        dicts::set(dict.b(), id!("__annotate__"), core::none())?;
        Ok(core::none_ref())
    }

    #[setter(name = "__annotate__")]
    fn set_annotate(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(TypeError, "cannot delete __annotate__ attribute")) };
        if !value.is(&core::none()) && !value.is_callable() {
            return Err(raise!(TypeError, "__annotate__ must be callable or None"));
        }
        let dict = slf.dict()?;
        dicts::set(dict.b(), id!("__annotate__"), value)?;
        if !value.is(&core::none()) {
            dicts::remove(dict.b(), id!("__annotations__"))?;
        }
        Ok(())
    }
}
