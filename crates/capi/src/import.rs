//! `import.h`, `sysmodule.h`, `marshal.h`.

use crate::form::{Lent, capi};
use crate::support::{intern, lossy, raw_bytes};
use crate::unicodeobject::from_c;
use crate::variadic::{Va, variadic};
use abi::c_char;
use builtins::type_::dicts;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, error, id, raise, thread};
use std::ffi::CStr;

fn modules() -> PyResult<Ref> {
    thread::current().interpreter().modules.get().ok_or_else(|| raise!(RuntimeError, "unable to get sys.modules"))
}

/// The module of this name in `sys.modules`, made where it is missing.
fn add_module(name: Borrowed<'_>) -> PyResult<Ref> {
    let modules = modules()?;
    if let Some(module) = modules.getitem_opt(name)?.filter(|module| module.class().is_subtype(&core::MODULE)) {
        return Ok(module);
    }
    let module = builtins::module::new(name)?;
    modules.setitem(name, module.b())?;
    Ok(module)
}

fn import(name: Borrowed<'_>) -> PyResult<Ref> {
    if !text::check(name) {
        return Err(raise!(TypeError, "module name must be a string"));
    }
    let Some(name) = text::to_string(name) else { return Err(raise!(ImportError, "no such module")) };
    if name.is_empty() {
        return Err(raise!(ValueError, "Empty module name"));
    }
    vm::import::import_module(&name)
}

/// Runs code as the module `name`, which then stands in `sys.modules`.
/// The source file that belongs to a cached one, if that can be told.
fn source_of(cached: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let external = vm::import::import_module("_frozen_importlib_external")?;
    match external.call_method(intern("_get_sourcefile").b(), &[cached]) {
        Ok(path) => Ok(Some(path).filter(|path| !path.is(&core::none()))),
        Err(raised) => {
            raised.clear();
            Ok(None)
        }
    }
}

fn exec_code(name: Borrowed<'_>, code: Borrowed<'_>, path: Option<Borrowed<'_>>, cached: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let module = add_module(name)?;
    let dict = builtins::module::dict_of(module.b())?;
    let run = (|| {
        if !code.class().is_type(&core::CODE) && path.is_some() {
            return Err(error::bad_internal_call());
        }
        if dicts::get(dict.b(), id!("__builtins__"))?.is_none() {
            dicts::set(dict.b(), id!("__builtins__"), vm::lifecycle::frame_access::builtins().b())?;
        }
        let external = vm::import::import_module("_frozen_importlib_external")?;
        let own = match path {
            Some(path) => Some(path.to_ref()),
            None if code.class().is_type(&core::CODE) => Some(code.getattr(id!("co_filename"))?),
            None => None,
        };
        // Where there is no path the argument is missing, which the function says.
        let fix_up = intern("_fix_up_module");
        match own {
            Some(own) => external.call_method(fix_up.b(), &[dict.b(), name, own.b(), cached.unwrap_or(core::none())])?,
            None => external.call_method(fix_up.b(), &[dict.b(), name])?,
        };
        vm::lifecycle::frame_access::run_code(code, dict.b(), dict.b())
    })();
    if let Err(raised) = run {
        let exception = raised.take();
        if let Err(raised) = modules().and_then(|modules| modules.delitem(name)) {
            raised.clear();
        }
        return Err(error::restore(exception));
    }
    match modules()?.getitem_opt(name)? {
        Some(module) => Ok(module),
        None => Err(raise!(ImportError, "Loaded module {} not found in sys.modules", text::to_string_lossy(name))),
    }
}

/// `sys.path` hooks' importer of a path entry.
fn importer(path: Borrowed<'_>) -> PyResult<Ref> {
    let sys = vm::import::import_module("sys")?;
    let cache = sys.getattr(intern("path_importer_cache").b())?;
    let hooks = sys.getattr(intern("path_hooks").b())?;
    if let Some(found) = dicts::get(cache.b(), path)? {
        return Ok(found);
    }
    // None stands there meanwhile, so that hooks that ask again get an answer.
    dicts::set(cache.b(), path, core::none())?;
    for hook in hooks.to_vec()? {
        match hook.call1(path) {
            Ok(importer) => {
                dicts::set(cache.b(), path, importer.b())?;
                return Ok(importer);
            }
            Err(raised) => raised.clear_if(&object::exc::ImportError)?,
        }
    }
    Ok(core::none_ref())
}

capi! {
    fn PyImport_ImportModule(name: &CStr) -> PyResult<Ref> {
        import(from_c(name)?.b())
    }
    fn PyImport_ImportModuleNoBlock(name: &CStr) -> PyResult<Ref> {
        let message = "PyImport_ImportModuleNoBlock() is deprecated and scheduled for removal in Python 3.15. Use PyImport_ImportModule() instead.";
        object::hooks::warn(&object::exc::DeprecationWarning, message, 1)?;
        import(from_c(name)?.b())
    }
    fn PyImport_Import(name: Borrowed<'_>) -> PyResult<Ref> {
        import(name)
    }
    fn PyImport_ImportModuleLevelObject(name: Option<Borrowed<'_>>, globals: Option<Borrowed<'_>>, _locals: Option<Borrowed<'_>>, fromlist: Option<Borrowed<'_>>, level: i32) -> PyResult<Ref> {
        let Some(name) = name else { return Err(raise!(ValueError, "Empty module name")) };
        vm::import::import_module_level(name, globals, fromlist, level)
    }
    fn PyImport_ImportModuleLevel(name: &CStr, globals: Option<Borrowed<'_>>, _locals: Option<Borrowed<'_>>, fromlist: Option<Borrowed<'_>>, level: i32) -> PyResult<Ref> {
        vm::import::import_module_level(from_c(name)?.b(), globals, fromlist, level)
    }
    fn PyImport_ImportModuleAttr(module: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
        import(module)?.getattr(name)
    }
    fn PyImport_ImportModuleAttrString(module: &CStr, name: &CStr) -> PyResult<Ref> {
        import(from_c(module)?.b())?.getattr(crate::support::attribute(name)?.b())
    }
    fn PyImport_GetModule(name: Borrowed<'_>) -> PyResult<Option<Ref>> {
        modules()?.getitem_opt(name)
    }
    fn PyImport_GetModuleDict() -> PyResult<Lent> {
        modules().map(Lent::of)
    }
    fn PyImport_AddModuleRef(name: &CStr) -> PyResult<Ref> {
        add_module(from_c(name)?.b())
    }
    fn PyImport_AddModuleObject(name: Borrowed<'_>) -> PyResult<Lent> {
        add_module(name).map(Lent::of)
    }
    fn PyImport_AddModule(name: &CStr) -> PyResult<Lent> {
        add_module(from_c(name)?.b()).map(Lent::of)
    }
    fn PyImport_ReloadModule(module: Borrowed<'_>) -> PyResult<Ref> {
        vm::import::import_module("importlib")?.call_method(id!("reload"), &[module])
    }
    fn PyImport_GetMagicNumber() -> PyResult<i64> {
        Ok(0x0A0D_0000 | 3627)
    }
    fn PyImport_GetMagicTag() -> *const c_char {
        c"cpython-314".as_ptr()
    }
    fn PyImport_GetImporter(path: Borrowed<'_>) -> PyResult<Ref> {
        importer(path)
    }
    fn PyImport_ExecCodeModule(name: &CStr, code: Borrowed<'_>) -> PyResult<Ref> {
        exec_code(from_c(name)?.b(), code, None, None)
    }
    fn PyImport_ExecCodeModuleEx(name: &CStr, code: Borrowed<'_>, path: Option<&CStr>) -> PyResult<Ref> {
        let path = path.map(|path| crate::unicode_codecs::fs_decode(path.to_bytes())).transpose()?;
        exec_code(from_c(name)?.b(), code, path.as_ref().map(Ref::b), None)
    }
    fn PyImport_ExecCodeModuleWithPathnames(name: &CStr, code: Borrowed<'_>, path: Option<&CStr>, cached: Option<&CStr>) -> PyResult<Ref> {
        let cached = cached.map(|path| crate::unicode_codecs::fs_decode(path.to_bytes())).transpose()?;
        let path = match (path, &cached) {
            (Some(path), _) => Some(crate::unicode_codecs::fs_decode(path.to_bytes())?),
            (None, Some(cached)) => source_of(cached.b())?,
            (None, None) => None,
        };
        exec_code(from_c(name)?.b(), code, path.as_ref().map(Ref::b), cached.as_ref().map(Ref::b))
    }
    fn PyImport_ExecCodeModuleObject(name: Borrowed<'_>, code: Borrowed<'_>, path: Option<Borrowed<'_>>, cached: Option<Borrowed<'_>>) -> PyResult<Ref> {
        exec_code(name, code, path, cached)
    }
    fn PyImport_ImportFrozenModule(name: &CStr) -> PyResult<bool> {
        import_frozen(from_c(name)?.b())
    }
    fn PyImport_ImportFrozenModuleObject(name: Option<Borrowed<'_>>) -> PyResult<bool> {
        // What is no str is the name of no frozen module.
        match name.filter(|name| text::check(*name)) {
            Some(name) => import_frozen(name),
            None => Ok(false),
        }
    }

    fn PySys_GetObject(name: &CStr) -> Lent {
        error::preserving(|| match from_c(name).and_then(|name| vm::sys::get(&text::to_string_lossy(name.b()))) {
            Ok(found) => Lent::opt(found),
            Err(raised) => {
                raised.unraisable(Some("Exception ignored in PySys_GetObject()"), None);
                Lent(std::ptr::null_mut())
            }
        })
    }
    fn PySys_SetObject(name: &CStr, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(sys) = thread::current().interpreter().sys_dict.get() else { return Err(raise!(RuntimeError, "lost sys")) };
        let name = crate::support::attribute(name)?;
        match value {
            Some(value) => dicts::set(sys.b(), name.b(), value),
            None => dicts::remove(sys.b(), name.b()).map(drop),
        }
    }
    fn PySys_GetXOptions() -> PyResult<Lent> {
        let sys = thread::current().interpreter().sys_dict.get().ok_or_else(|| raise!(RuntimeError, "lost sys"))?;
        if let Some(options) = vm::sys::get("_xoptions")?.filter(|options| options.class().is_subtype(&core::DICT)) {
            return Ok(Lent::of(options));
        }
        let made = dicts::new()?;
        dicts::set(sys.b(), crate::support::intern("_xoptions").b(), made.b())?;
        Ok(Lent::of(made))
    }
    fn PySys_AuditTuple(event: &CStr, args: Option<Borrowed<'_>>) -> PyResult<()> {
        if let Some(args) = args.filter(|args| !args.class().is_subtype(&core::TUPLE)) {
            return Err(raise!(TypeError, "args must be tuple, got {}", args.class().tp_name()));
        }
        let items = crate::support::items(args);
        vm::sys::audit::audit(&lossy(event), || Ok(items.iter().map(|item| item.to_ref()).collect()))
    }
    fn PySys_Audit_va(event: &CStr, format: Option<&CStr>, va: Va<'_>) -> PyResult<()> {
        if !vm::sys::audit::active() {
            return Ok(());
        }
        let args = match format.filter(|format| !format.is_empty()) {
            None => Vec::new(),
            Some(format) => {
                let built = crate::modsupport::build(format, va.0)?;
                match tuple::items(built.b()) {
                    Some(items) => items.iter().map(|item| item.to_ref()).collect(),
                    None => vec![built],
                }
            }
        };
        vm::sys::audit::audit(&lossy(event), || Ok(args))
    }

    fn PyMarshal_WriteObjectToString(object: Borrowed<'_>, version: i32) -> PyResult<Ref> {
        vm::import::import_module("marshal")?.call_method(id!("dumps"), &[object, object::value::int::new(i64::from(version))?.b()])
    }
    fn PyMarshal_ReadObjectFromString(start: *const u8, len: isize) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        vm::marshal::load(unsafe { raw_bytes(start, len) }, true)
    }
}

variadic! {
    PySys_Audit(2) => PySys_Audit_va;
}

fn import_frozen(name: Borrowed<'_>) -> PyResult<bool> {
    let imp = vm::import::import_module("_imp")?;
    if !imp.call_method(intern("is_frozen").b(), &[name])?.is_true()? {
        return Ok(false);
    }
    let code = imp.call_method(intern("get_frozen_object").b(), &[name])?;
    let module = add_module(name)?;
    let dict = builtins::module::dict_of(module.b())?;
    dicts::set(dict.b(), id!("__builtins__"), vm::lifecycle::frame_access::builtins().b())?;
    vm::lifecycle::frame_access::run_code(code.b(), dict.b(), dict.b())?;
    Ok(true)
}
