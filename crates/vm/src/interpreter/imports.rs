//! `import` and `from … import`.

use crate::frame::Frame;
use crate::support;
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Raised, RawField, Ref, core, error, exc, id, raise, thread};

general! {
    IMPORT_NAME => import_name;
    IMPORT_FROM => import_from;
}

fn import_name(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let from_list = frame.pop();
    let level = frame.pop();
    let Some(import) = frame.builtins().getitem_opt(id!("__import__"))? else {
        return Err(raise!(ImportError, "__import__ not found"));
    };
    let locals = frame.locals().unwrap_or(core::none()).to_ref();
    let module = import.call(&[name, frame.globals(), locals.b(), from_list.b(), level.b()])?;
    frame.push(module);
    Ok(())
}

fn import_from(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let module = frame.peek(1).to_ref();
    let value = from_module(module.b(), name)?;
    frame.push(value);
    Ok(())
}

fn from_module(module: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
    if let Some(value) = module.getattr_opt(name)? {
        return Ok(value);
    }
    // A circular import: the submodule may be in sys.modules already.
    let module_name = module.getattr_opt(id!("__name__"))?.filter(|name| text::check(name.b()));
    if let Some(module_name) = &module_name {
        let mut full = text::Builder::new();
        full.push_object(module_name.b())?;
        full.push_str(".")?;
        full.push_object(name)?;
        let full = full.finish()?;
        if let Some(modules) = thread::current().interpreter().modules.get()
            && let Some(found) = modules.getitem_opt(full.b())?
        {
            return Ok(found);
        }
    }
    Err(cannot_import(module, module_name, name))
}

#[cold]
fn cannot_import(module: Borrowed<'_>, module_name: Option<Ref>, name: Borrowed<'_>) -> Raised {
    match describe(module, module_name, name) {
        Ok(raised) | Err(raised) => raised,
    }
}

fn describe(module: Borrowed<'_>, module_name: Option<Ref>, name: Borrowed<'_>) -> PyResult<Raised> {
    let shown = module_name.as_ref().map_or_else(|| "<unknown module name>".to_owned(), |name| text::to_string_lossy(name.b()));
    let wanted = text::to_string_lossy(name);
    let spec = module.getattr_opt(id!("__spec__"))?.filter(|spec| !spec.is(&core::none()));
    let mut origin = None;
    let mut initializing = false;
    if let Some(spec) = &spec {
        initializing = match spec.getattr_opt(id!("_initializing"))? {
            Some(value) => value.is_true()?,
            None => false,
        };
        let has_location = match spec.getattr_opt(id!("has_location"))? {
            Some(value) => value.is_true()?,
            None => false,
        };
        if has_location {
            origin = spec.getattr_opt(id!("origin"))?.filter(|origin| text::check(origin.b()));
        }
    }
    let shadows = builtins::module::possibly_shadows(origin.as_ref())?;
    let hides_stdlib = match &module_name {
        Some(name) if shadows => builtins::module::is_stdlib_name(name)?,
        _ => false,
    };
    if origin.is_none() {
        origin = module.getattr_opt(id!("__file__"))?.filter(|origin| text::check(origin.b()));
    }
    let message = match &origin {
        Some(origin) if hides_stdlib => format!(
            "cannot import name '{wanted}' from '{shown}' (consider renaming {} since it has the same name as the standard library module named '{shown}' and prevents importing that standard library module)",
            origin.repr_text()?
        ),
        Some(origin) if initializing && shadows => format!(
            "cannot import name '{wanted}' from '{shown}' (consider renaming {} if it has the same name as a library you intended to import)",
            origin.repr_text()?
        ),
        Some(origin) if initializing => format!(
            "cannot import name '{wanted}' from partially initialized module '{shown}' (most likely due to a circular import) ({})",
            text::to_string_lossy(origin.b())
        ),
        Some(origin) => format!("cannot import name '{wanted}' from '{shown}' ({})", text::to_string_lossy(origin.b())),
        None if initializing => format!(
            "cannot import name '{wanted}' from partially initialized module '{shown}' (most likely due to a circular import)"
        ),
        None => format!("cannot import name '{wanted}' from '{shown}' (unknown location)"),
    };
    let raised = raise!(ImportError, "{message}");
    let exception = raised.take();
    if exception.class().is_type(&exc::ImportError) {
        // SAFETY: an exact ImportError has this struct.
        let fields = unsafe { &*exception.ptr().cast::<abi::PyImportErrorObject>() };
        fields.name.store(module_name);
        fields.path.store(origin);
        fields.name_from.store(Some(name.to_ref()));
    }
    Ok(error::restore(exception))
}

/// `from module import *`: every public name goes into the locals.
pub(super) fn import_star(frame: &Frame, module: Borrowed<'_>) -> PyResult<()> {
    let Some(locals) = frame.locals() else { return Err(raise!(SystemError, "no locals found during 'import *'")) };
    let locals = locals.to_ref();
    let (names, skip_private) = match module.getattr_opt(id!("__all__"))? {
        Some(names) => (names, false),
        None => match module.getattr_opt(id!("__dict__"))? {
            Some(dict) => (dict.call_method(id!("keys"), &[])?.to_tuple()?, true),
            None => return Err(raise!(ImportError, "from-import-* object has no __dict__ and no __all__")),
        },
    };
    // What a plain module has under a name that is not special, its class has not.
    let namespace = if module.class().is_type(&core::MODULE) { module.getattr_opt(id!("__dict__"))? } else { None };
    let mut position = 0i64;
    loop {
        let key = int::new(position)?;
        let name = match names.getitem(key.b()) {
            Ok(name) => name,
            Err(raised) => return raised.clear_if(&exc::IndexError),
        };
        position += 1;
        if !text::check(name.b()) {
            let shown = module.getattr(id!("__name__"))?;
            if !text::check(shown.b()) {
                return Err(raise!(TypeError, "module __name__ must be a string, not {}", shown.class().tp_name()));
            }
            let (place, kind) = if skip_private { ("Key", "__dict__") } else { ("Item", "__all__") };
            return Err(raise!(
                TypeError,
                "{place} in {}.{kind} must be str, not {}",
                text::to_string_lossy(shown.b()),
                name.class().tp_name()
            ));
        }
        let private = text::data(name.b()).and_then(|data| data.get(0)) == Some(u32::from(b'_'));
        if skip_private && private {
            continue;
        }
        let known = match &namespace {
            Some(namespace) if !private && text::check_exact(&name) => support::dict_get(namespace.b(), name.b())?,
            _ => None,
        };
        let value = match known {
            Some(value) => value,
            None => module.getattr(name.b())?,
        };
        if locals.class().is_type(&core::DICT) {
            support::dict_set(locals.b(), name.b(), value.b())?;
        } else {
            locals.setitem(name.b(), value.b())?;
        }
    }
}
