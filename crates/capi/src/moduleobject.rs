//! `moduleobject.h`, `modsupport.h`: modules.

use crate::form::{Lent, Of, Stolen, capi};
use abi::{PyMethodDef, PyModuleDef, c_char, c_void};
use builtins::module::{self, Module};
use builtins::moduledef;
use builtins::type_::dicts;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, error, id, raise};
use std::ffi::CStr;

/// A definition that C passes: static data.
fn definition(ptr: *mut PyModuleDef) -> PyResult<&'static PyModuleDef> {
    // SAFETY: a definition is static.
    unsafe { ptr.as_ref() }.ok_or_else(error::bad_internal_call)
}

/// `module.__name__`, which must be a str.
pub(crate) fn name_of(module: Borrowed<'_>) -> PyResult<Ref> {
    let Some(module) = module.downcast::<Module>() else {
        return Err(raise!(TypeError, "bad argument type for built-in operation"));
    };
    let dict = module.dict()?;
    match dicts::get(dict.b(), id!("__name__"))?.filter(|name| text::check(name.b())) {
        Some(name) => Ok(name),
        None => Err(raise!(SystemError, "nameless module")),
    }
}

/// `module.__file__`, which must be a str.
fn file_of(module: Borrowed<'_>) -> PyResult<Ref> {
    let Some(module) = module.downcast::<Module>() else {
        return Err(raise!(TypeError, "bad argument type for built-in operation"));
    };
    let dict = module.dict()?;
    match dicts::get(dict.b(), id!("__file__"))?.filter(|name| text::check(name.b())) {
        Some(name) => Ok(name),
        None => Err(raise!(SystemError, "module filename missing")),
    }
}

fn add(module: Borrowed<'_>, name: &CStr, value: Option<Borrowed<'_>>) -> PyResult<()> {
    let Some(module) = module.downcast::<Module>() else {
        return Err(raise!(TypeError, "PyModule_AddObjectRef() first argument must be a module"));
    };
    let Some(value) = value else {
        return Err(match error::check() {
            Err(raised) => raised,
            Ok(()) => raise!(SystemError, "PyModule_AddObjectRef() must be called with an exception raised if value is NULL"),
        });
    };
    let dict = module.dict()?;
    dicts::set(dict.b(), crate::unicodeobject::from_c(name)?.b(), value)
}

capi! {
    fn PyModuleDef_Init(def: *mut PyModuleDef) -> Lent {
        // SAFETY: a definition is static.
        if let Some(definition) = unsafe { def.as_ref() } {
            moduledef::init(definition);
        }
        Lent(def.cast())
    }

    fn PyModule_Create2(def: *mut PyModuleDef, version: i32) -> PyResult<Ref> {
        let context = vm::import::dynamic::extensions().package_context();
        // SAFETY: C's definition is static.
        unsafe { moduledef::create(definition(def)?, version, context.as_deref()) }
    }

    fn PyModule_FromDefAndSpec2(def: *mut PyModuleDef, spec: Borrowed<'_>, _version: i32) -> PyResult<Ref> {
        // SAFETY: C's definition is static.
        unsafe { moduledef::from_def_and_spec(definition(def)?, spec) }
    }

    fn PyModule_ExecDef(module: Borrowed<'_>, def: *mut PyModuleDef) -> PyResult<()> {
        // SAFETY: C's definition is static.
        unsafe { moduledef::exec(module, definition(def)?) }
    }

    fn PyModule_NewObject(name: Borrowed<'_>) -> PyResult<Ref> {
        module::new(name)
    }

    fn PyModule_New(name: &CStr) -> PyResult<Ref> {
        module::new(crate::unicodeobject::from_c(name)?.b())
    }

    fn PyModule_GetDict(module: Of<'_, Module>) -> PyResult<Lent> {
        Ok(Lent::of(module.dict()?))
    }

    fn PyModule_GetNameObject(module: Borrowed<'_>) -> PyResult<Ref> {
        name_of(module)
    }

    fn PyModule_GetName(module: Borrowed<'_>) -> PyResult<*const c_char> {
        crate::unicodeobject::utf8_of(name_of(module)?.b()).map(|(start, _)| start)
    }

    fn PyModule_GetFilenameObject(module: Borrowed<'_>) -> PyResult<Ref> {
        file_of(module)
    }

    fn PyModule_GetFilename(module: Borrowed<'_>) -> PyResult<*const c_char> {
        crate::unicodeobject::utf8_of(file_of(module)?.b()).map(|(start, _)| start)
    }

    fn PyModule_GetDef(module: Borrowed<'_>) -> PyResult<*mut PyModuleDef> {
        match module.downcast::<Module>() {
            Some(module) => Ok(module.definition.get()),
            None => Err(raise!(TypeError, "bad argument type for built-in operation")),
        }
    }

    fn PyModule_GetState(module: Borrowed<'_>) -> PyResult<*mut c_void> {
        match module.downcast::<Module>() {
            Some(module) => Ok(module.state.get()),
            None => Err(raise!(TypeError, "bad argument type for built-in operation")),
        }
    }

    fn PyModule_SetDocString(module: Borrowed<'_>, doc: &CStr) -> PyResult<()> {
        module.setattr(id!("__doc__"), crate::unicodeobject::from_c(doc)?.b())
    }

    fn PyModule_AddFunctions(module: Borrowed<'_>, table: *mut PyMethodDef) -> PyResult<()> {
        let name = name_of(module)?;
        // SAFETY: C's table is static and ends with an entry without a name.
        unsafe { moduledef::add_functions(module, name.b(), table) }
    }

    fn PyModule_AddObjectRef(module: Borrowed<'_>, name: &CStr, value: Option<Borrowed<'_>>) -> PyResult<()> {
        add(module, name, value)
    }

    fn PyModule_Add(module: Borrowed<'_>, name: &CStr, value: Stolen) -> PyResult<()> {
        add(module, name, value.0.as_ref().map(Ref::b))
    }

    fn PyModule_AddObject(module: Borrowed<'_>, name: &CStr, value: Option<Borrowed<'_>>) -> PyResult<()> {
        add(module, name, value)?;
        // The reference is taken over only now that nothing failed.
        if let Some(value) = value {
            // SAFETY: C gives its reference away.
            drop(unsafe { Ref::<object::Object>::from_owned_or_null(value.ptr()) });
        }
        Ok(())
    }

    fn PyModule_AddIntConstant(module: Borrowed<'_>, name: &CStr, value: i64) -> PyResult<()> {
        add(module, name, Some(object::value::int::new(value)?.b()))
    }

    fn PyModule_AddStringConstant(module: Borrowed<'_>, name: &CStr, value: &CStr) -> PyResult<()> {
        add(module, name, Some(crate::unicodeobject::from_c(value)?.b()))
    }

    fn PyModule_AddType(module: Borrowed<'_>, class: Borrowed<'_, object::TypeObject>) -> PyResult<()> {
        builtins::type_::ready::ready(&class)?;
        let full = class.tp_name();
        let Ok(name) = std::ffi::CString::new(full.rsplit('.').next().unwrap_or(full)) else { return Err(error::bad_internal_call()) };
        add(module, &name, Some(class.borrowed()))
    }

    fn PyState_FindModule(def: *mut PyModuleDef) -> PyResult<Lent> {
        let definition = definition(def)?;
        if !definition.m_slots.get().is_null() {
            return Ok(Lent(std::ptr::null_mut()));
        }
        Ok(Lent::opt(vm::import::dynamic::extensions().find(definition.m_base.m_index.get())))
    }

    fn PyState_AddModule(module: Borrowed<'_>, def: *mut PyModuleDef) -> PyResult<()> {
        let definition = definition(def)?;
        if !definition.m_slots.get().is_null() {
            return Err(raise!(SystemError, "PyState_AddModule called on module with slots"));
        }
        moduledef::init(definition);
        vm::import::dynamic::extensions().set(definition.m_base.m_index.get(), Some(module.to_ref()));
        Ok(())
    }

    fn PyState_RemoveModule(def: *mut PyModuleDef) -> PyResult<()> {
        let definition = definition(def)?;
        if !definition.m_slots.get().is_null() {
            return Err(raise!(SystemError, "PyState_RemoveModule called on module with slots"));
        }
        let index = definition.m_base.m_index.get();
        if vm::import::dynamic::extensions().find(index).is_none() {
            return Err(raise!(SystemError, "Module index out of bounds."));
        }
        vm::import::dynamic::extensions().set(index, None);
        Ok(())
    }

    fn _PyNamespace_New(attributes: Option<Borrowed<'_>>) -> PyResult<Ref> {
        builtins::namespace::new(attributes)
    }

    fn PyUnstable_Module_SetGIL(_module: Borrowed<'_>, _gil: *mut c_void) -> PyResult<()> {
        Ok(())
    }
}
