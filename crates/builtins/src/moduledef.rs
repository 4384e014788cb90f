//! Modules from C's definitions (`PyModuleDef`): creation in one phase or two, execution, state.
//!
//! A definition and its tables are static data of a shared library that is never unloaded.

use crate::module::{self, Module};
use crate::type_::dicts;
use abi::{PyMethodDef, PyModuleDef, PyModuleDef_Slot, PyObject, c_int, c_void, mlflags};
use macros::pyclass;
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, StaticType, error, exc, id, memory, raise};
use std::ffi::CStr;
use std::sync::atomic::{AtomicIsize, Ordering};

/// `moduledef`: the type of C's module definitions, which are objects in static memory.
#[pyclass(name = "moduledef", export = "PyModuleDef_Type", flags(DISALLOW_INSTANTIATION), parts())]
pub struct ModuleDef {
    pub raw: PyModuleDef,
}

/// The slots of a definition in two phases.
mod slot {
    pub const CREATE: i32 = 1;
    pub const EXEC: i32 = 2;
    pub const MULTIPLE_INTERPRETERS: i32 = 3;
    pub const GIL: i32 = 4;
}

static LAST_INDEX: AtomicIsize = AtomicIsize::new(0);

/// `PyModuleDef_Init`: makes the definition an object with an index of its own.
pub fn init(definition: &PyModuleDef) {
    let base = &definition.m_base;
    if base.m_index.get() == 0 {
        base.m_index.set(LAST_INDEX.fetch_add(1, Ordering::Relaxed) + 1);
        base.ob_base.ob_refcnt_full.set(abi::IMMORTAL_REFCNT);
        base.ob_base.ob_type.set(ModuleDef::type_object().as_type_ptr());
    }
}

/// Text of the definition, or "".
///
/// # Safety
/// `ptr` is null or a C string.
unsafe fn c_string(ptr: *const abi::c_char) -> String {
    // SAFETY: by contract.
    if ptr.is_null() { String::new() } else { unsafe { CStr::from_ptr(ptr) }.to_string_lossy().into_owned() }
}

/// The slots of a definition.
fn slots(definition: &PyModuleDef) -> impl Iterator<Item = (i32, *mut c_void)> {
    let mut next: *mut PyModuleDef_Slot = definition.m_slots.get();
    std::iter::from_fn(move || {
        if next.is_null() {
            return None;
        }
        // SAFETY: the table ends with a slot 0.
        unsafe {
            let found = ((*next).slot.get(), (*next).value.get());
            next = next.add(1);
            (found.0 != 0).then_some(found)
        }
    })
}

/// The exception that is set becomes the cause of a SystemError with this message.
pub fn system_error_from(raised: Raised, message: &str) -> Raised {
    let cause = raised.take();
    let raised = raise!(SystemError, "{message}");
    let exception = raised.take();
    let fields = error::base_of(exception.b());
    object::RawField::store(&fields.cause, Some(cause.clone()));
    object::RawField::store(&fields.context, Some(cause));
    fields.suppress_context.set(1);
    error::restore(exception)
}

/// `PyModule_Create2`: a module in one phase.
///
/// # Safety
/// The definition and all that it points to are static and of the types that C says.
pub unsafe fn create(definition: &'static PyModuleDef, api_version: c_int, full_name: Option<&str>) -> PyResult<Ref> {
    init(definition);
    // SAFETY: by contract.
    let name = unsafe { c_string(definition.m_name.get()) };
    if api_version != 1013 && api_version != 3 {
        let message = format!(
            "Python C API version mismatch for module {name}: This Python has API version 1013, module {name} has version {api_version}."
        );
        object::hooks::warn(&exc::RuntimeWarning, &message, 1)?;
    }
    if !definition.m_slots.get().is_null() {
        return Err(raise!(SystemError, "module {name}: PyModule_Create is incompatible with m_slots"));
    }
    let shown = full_name.filter(|full| full.rsplit('.').next() == Some(&name)).unwrap_or(&name);
    let name = text::new(shown)?;
    let module = module::new(name.b())?;
    let fields = module.b().self_as::<Module>();
    allocate_state(&fields, definition)?;
    // SAFETY: by contract.
    unsafe { add_tables(definition, module.b(), name.b())? };
    fields.definition.set(std::ptr::from_ref(definition).cast_mut());
    Ok(module)
}

fn allocate_state(module: &Module, definition: &PyModuleDef) -> PyResult<()> {
    let size = definition.m_size.get();
    if size > 0 {
        let block = memory::or_no_memory(memory::try_alloc_zeroed(size.unsigned_abs()))?;
        module.state.set(block.as_ptr().cast());
    }
    Ok(())
}

/// Puts functions and docstring into a module's namespace.
unsafe fn add_tables(definition: &PyModuleDef, module: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe {
        add_functions(module, name, definition.m_methods.get())?;
        if !definition.m_doc.get().is_null() {
            let doc = text::from_wtf8(CStr::from_ptr(definition.m_doc.get()).to_bytes())?;
            module.setattr(id!("__doc__"), doc.b())?;
        }
    }
    Ok(())
}

/// `PyModule_AddFunctions`: functions of a table as attributes of `module`, which they get as their first argument.
///
/// # Safety
/// The table is null or ends with an entry without a name, and lives as long as its functions.
pub unsafe fn add_functions(module: Borrowed<'_>, name: Borrowed<'_>, table: *mut PyMethodDef) -> PyResult<()> {
    let mut entry = table;
    // SAFETY: by contract.
    unsafe {
        while !entry.is_null() && !(*entry).ml_name.get().is_null() {
            if (*entry).ml_flags.get() & (mlflags::CLASS | mlflags::STATIC) != 0 {
                return Err(raise!(ValueError, "module functions cannot set METH_CLASS or METH_STATIC"));
            }
            let key = text::new(&c_string((*entry).ml_name.get()))?;
            let function = crate::cfunction::new(entry, Some(module), Some(name))?;
            module.setattr(key.b(), function.b())?;
            entry = entry.add(1);
        }
    }
    Ok(())
}

/// `PyModule_FromDefAndSpec2`: the first of two phases.
///
/// # Safety
/// As [`create`].
pub unsafe fn from_def_and_spec(definition: &'static PyModuleDef, spec: Borrowed<'_>) -> PyResult<Ref> {
    init(definition);
    let name = spec.getattr(id!("name"))?;
    let shown = text::to_string_lossy(name.b());
    if definition.m_size.get() < 0 {
        return Err(raise!(SystemError, "module {shown}: m_size may not be negative for multi-phase initialization"));
    }
    let Slots { create, has_exec, interpreters } = read_slots(definition, &shown)?;
    check_interpreter(interpreters, &shown)?;
    let module = match create {
        // SAFETY: the slot holds a function of this signature.
        Some(create) => unsafe { run_create(create, spec, definition, &shown)? },
        None => module::new(name.b())?,
    };
    match module.b().downcast::<Module>() {
        Some(fields) => {
            fields.state.set(std::ptr::null_mut());
            fields.definition.set(std::ptr::from_ref(definition).cast_mut());
        }
        None => check_foreign_module(definition, has_exec, &shown)?,
    }
    // SAFETY: by contract.
    unsafe { add_tables(definition, module.b(), name.b())? };
    Ok(module)
}

fn check_foreign_module(definition: &PyModuleDef, has_exec: bool, name: &str) -> PyResult<()> {
    let wants_state = definition.m_size.get() > 0
        || definition.m_traverse.get().is_some()
        || definition.m_clear.get().is_some()
        || definition.m_free.get().is_some();
    if wants_state {
        return Err(raise!(SystemError, "module {name} is not a module object, but requests module state"));
    }
    if has_exec {
        return Err(raise!(SystemError, "module {name} specifies execution slots, but did not create a ModuleType instance"));
    }
    Ok(())
}

/// What the slots of a definition say.
struct Slots {
    /// The creating function.
    create: Option<*mut c_void>,
    /// There is something to execute.
    has_exec: bool,
    /// The interpreters that it may be loaded in: `NOT_SUPPORTED` and what follows.
    interpreters: usize,
}

/// `Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED`: the main interpreter alone.
const NOT_SUPPORTED: usize = 0;
/// `Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED`: those that share the main interpreter's GIL.
const SUPPORTED: usize = 1;
/// `Py_MOD_PER_INTERPRETER_GIL_SUPPORTED`: all.
const PER_INTERPRETER_GIL: usize = 2;

/// Refuses a module that is not made for the current interpreter.
fn check_interpreter(supported: usize, name: &str) -> PyResult<()> {
    let interpreter = object::thread::current().interpreter();
    let own_gil = interpreter.sub.settings.get().gil == object::interpreters::GilKind::Own;
    match supported {
        _ if interpreter.is_main() => Ok(()),
        NOT_SUPPORTED => check_incompatible(name),
        PER_INTERPRETER_GIL => Ok(()),
        _ if own_gil => check_incompatible(name),
        _ => Ok(()),
    }
}

/// Refuses a module that does not say that it works in sub-interpreters, where the current one's settings want that.
pub fn check_incompatible(name: &str) -> PyResult<()> {
    let interpreter = object::thread::current().interpreter();
    if interpreter.is_main() || !interpreter.sub.checks_extensions() {
        return Ok(());
    }
    Err(raise!(ImportError, "module {name} does not support loading in subinterpreters"))
}

fn read_slots(definition: &PyModuleDef, name: &str) -> PyResult<Slots> {
    let (mut create, mut has_exec, mut interpreters, mut gil) = (None, false, None, false);
    for (id, value) in slots(definition) {
        match id {
            slot::CREATE if create.is_some() => {
                return Err(raise!(SystemError, "module {name} has multiple create slots"));
            }
            slot::CREATE => create = Some(value),
            slot::EXEC => has_exec = true,
            slot::MULTIPLE_INTERPRETERS if interpreters.is_some() => {
                return Err(raise!(SystemError, "module {name} has more than one 'multiple interpreters' slots"));
            }
            slot::MULTIPLE_INTERPRETERS => interpreters = Some(value.addr()),
            slot::GIL if gil => return Err(raise!(SystemError, "module {name} has more than one 'gil' slot")),
            slot::GIL => gil = true,
            unknown => return Err(raise!(SystemError, "module {name} uses unknown slot ID {unknown}")),
        }
    }
    Ok(Slots { create, has_exec, interpreters: interpreters.unwrap_or(SUPPORTED) })
}

unsafe fn run_create(create: *mut c_void, spec: Borrowed<'_>, definition: &'static PyModuleDef, name: &str) -> PyResult<Ref> {
    type Create = unsafe extern "C-unwind" fn(*mut PyObject, *mut PyModuleDef) -> *mut PyObject;
    // SAFETY: by contract the slot holds such a function, which returns a new reference or NULL.
    let module = unsafe {
        let create = std::mem::transmute::<*mut c_void, Create>(create);
        Ref::from_owned_or_null(create(spec.ptr(), std::ptr::from_ref(definition).cast_mut()))
    };
    match (module, error::check()) {
        (Some(module), Ok(())) => Ok(module),
        (Some(_), Err(raised)) => {
            Err(system_error_from(raised, &format!("creation of module {name} raised unreported exception")))
        }
        (None, Err(raised)) => Err(raised),
        (None, Ok(())) => Err(raise!(SystemError, "creation of module {name} failed without setting an exception")),
    }
}

/// `PyModule_ExecDef`: the second of two phases.
///
/// # Safety
/// As [`create`].
pub unsafe fn exec(module: Borrowed<'_>, definition: &PyModuleDef) -> PyResult<()> {
    let Some(fields) = module.downcast::<Module>() else { return Err(error::bad_internal_call()) };
    let dict = fields.dict()?;
    let Some(name) = dicts::get(dict.b(), id!("__name__"))?.filter(|name| text::check(name.b())) else {
        return Err(raise!(SystemError, "nameless module"));
    };
    let name = text::to_string_lossy(name.b());
    if definition.m_size.get() >= 0 && fields.state.get().is_null() {
        // A state is there in any case: it says that the module was executed.
        let size = definition.m_size.get().unsigned_abs().max(1);
        let block = memory::or_no_memory(memory::try_alloc_zeroed(size))?;
        fields.state.set(block.as_ptr().cast());
    }
    for (id, value) in slots(definition) {
        if id != slot::EXEC {
            continue;
        }
        type Exec = unsafe extern "C-unwind" fn(*mut PyObject) -> c_int;
        // SAFETY: by contract the slot holds such a function.
        let result = unsafe { std::mem::transmute::<*mut c_void, Exec>(value)(module.ptr()) };
        match (result, error::check()) {
            (0, Ok(())) => {}
            (0, Err(raised)) => {
                return Err(system_error_from(raised, &format!("execution of module {name} raised unreported exception")));
            }
            (_, Err(raised)) => return Err(raised),
            (_, Ok(())) => {
                return Err(raise!(SystemError, "execution of module {name} failed without setting an exception"));
            }
        }
    }
    Ok(())
}

impl Module {
    /// The definition, while its functions may be called: they expect the state that the definition asks for.
    fn active_definition(&self) -> Option<&PyModuleDef> {
        // SAFETY: a definition is static.
        let definition = unsafe { self.definition.get().as_ref() }?;
        (definition.m_size.get() <= 0 || !self.state.get().is_null()).then_some(definition)
    }

    /// Runs the definition's `m_traverse`.
    pub(crate) fn traverse_state(&self, visit: &mut object::Visit<'_>) {
        if let Some(traverse) = self.active_definition().and_then(|definition| definition.m_traverse.get()) {
            visit.foreign(std::ptr::from_ref(self).cast_mut().cast(), traverse);
        }
    }

    /// Runs the definition's `m_clear`.
    pub(crate) fn clear_state(&self) {
        if let Some(clear) = self.active_definition().and_then(|definition| definition.m_clear.get()) {
            // SAFETY: the function is the definition's own, for a module of it.
            let _status = unsafe { clear(std::ptr::from_ref(self).cast_mut().cast()) };
        }
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        let this = std::ptr::from_mut(self);
        // SAFETY: a module is dropped in its destructor only, where its state and definition are still its own.
        unsafe {
            if let Some(free) = (*this).active_definition().and_then(|definition| definition.m_free.get()) {
                free(this.cast());
            }
            memory::free((*this).state.replace(std::ptr::null_mut()).cast());
        }
    }
}
