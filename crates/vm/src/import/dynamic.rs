//! Extension modules in shared libraries: `_imp.create_dynamic` and `exec_dynamic`.
//!
//! A library stays loaded. Modules of one phase are remembered by file and name: importing them again copies their namespace, or
//! initialises them again where they keep no state in the process (`m_size` of 0 and more).

use crate::lifecycle::support;
use abi::{PyModuleDef, PyObject, c_void};
use builtins::module::Module;
use builtins::moduledef::{self, ModuleDef, system_error_from};
use object::value::str as text;
use object::{Borrowed, OptRef, PyResult, Ref, error, exc, id, raise, thread};
use std::cell::{Cell, RefCell};
use std::ffi::CString;

type Init = unsafe extern "C-unwind" fn() -> *mut PyObject;

/// Modules of one phase that were loaded in this interpreter.
#[derive(Default)]
pub struct Extensions {
    any: Cell<bool>,
    /// Modules by the index of their definition: `PyState_FindModule`.
    by_index: RefCell<Vec<OptRef>>,
    /// The full name of the module that is being initialised, for `PyModule_Create2`.
    package_context: RefCell<Option<String>>,
}

/// Modules of one phase that were loaded in any interpreter.
#[derive(Default)]
struct Loaded(RefCell<Vec<Known>>);

fn loaded() -> &'static Loaded {
    thread::current().interpreter().shared.get::<Loaded>()
}

struct Known {
    path: Vec<u8>,
    name: String,
    definition: *mut PyModuleDef,
    init: Init,
    copy: OptRef,
}

/// What this interpreter knows of extension modules.
pub fn extensions() -> &'static Extensions {
    thread::current().interpreter().extensions.get::<Extensions>()
}

impl Extensions {
    /// Whether an extension module was loaded.
    pub fn any(&self) -> bool {
        self.any.get()
    }

    /// The full name of the module that is being initialised.
    pub fn package_context(&self) -> Option<String> {
        self.package_context.borrow().clone()
    }

    /// The module whose definition has this index.
    pub fn find(&self, index: isize) -> Option<Ref> {
        self.by_index.borrow().get(usize::try_from(index).ok()?)?.get()
    }

    /// Registers a module under its definition's index; none takes it out.
    pub fn set(&self, index: isize, module: Option<Ref>) {
        let Ok(index) = usize::try_from(index) else { return };
        let old = {
            let mut list = self.by_index.borrow_mut();
            while list.len() <= index {
                list.push(OptRef::none());
            }
            list.get(index).and_then(|place| place.replace(module))
        };
        drop(old);
    }
}

/// The symbol of a module's init function: its last name, in punycode where it is not ASCII. Also whether it is ASCII.
fn init_symbol(name: Borrowed<'_>) -> PyResult<(String, bool)> {
    let full = text::to_string_lossy(name);
    let last = full.rsplit('.').next().unwrap_or(&full);
    if last.is_ascii() {
        return Ok((format!("PyInit_{last}"), true));
    }
    let encoded = text::new(last)?.call_method(id!("encode"), &[text::new("punycode")?.b()])?;
    let encoded = object::value::bytes::value(encoded.b()).map(|bytes| String::from_utf8_lossy(bytes).replace('-', "_"));
    Ok((format!("PyInitU_{}", encoded.unwrap_or_default()), false))
}

/// Loads the library of `spec` and creates its module: the first phase, or the only one.
pub(super) fn create(spec: Borrowed<'_>) -> PyResult<Ref> {
    let name = spec.getattr(id!("name"))?;
    let path = spec.getattr(id!("origin"))?;
    if !text::check(name.b()) {
        return Err(raise!(TypeError, "expected str, got {}", name.class().tp_name()));
    }
    let file = support::os_bytes(path.b())?;
    let Ok(mut c_path) = CString::new(file.clone()) else { return Err(raise!(ValueError, "embedded null byte")) };
    if !file.contains(&b'/') {
        c_path = CString::new([b"./".as_slice(), &file].concat()).unwrap_or(c_path);
    }
    let none = object::core::none();
    crate::sys::audit::audit("import", || Ok(vec![name.clone(), path.clone(), none.to_ref(), none.to_ref(), none.to_ref()]))?;
    if let Some(module) = again(name.b(), &file)? {
        return Ok(module);
    }
    let (symbol, ascii) = init_symbol(name.b())?;
    let flags = crate::sys::limits::dlopen_flags();
    extensions().any.set(true);
    let library = host::library::open(Some(&c_path), flags)
        .map_err(|message| super::import_error(&exc::ImportError, &message, name.b(), Some(path.b())))?;
    let Ok(c_symbol) = CString::new(symbol.clone()) else { return Err(raise!(ValueError, "embedded null byte")) };
    let function = host::library::symbol(library, &c_symbol);
    if function.is_null() {
        let message = format!("dynamic module does not define module export function ({symbol})");
        return Err(super::import_error(&exc::ImportError, &message, name.b(), Some(path.b())));
    }
    // SAFETY: a module's init function has this signature.
    let init = unsafe { std::mem::transmute::<*mut c_void, Init>(function) };
    let module = run_init(init, name.b(), &symbol)?;
    if let Some(definition) = module.b().downcast::<ModuleDef>() {
        // SAFETY: a definition is static data of a library that stays loaded.
        return unsafe { moduledef::from_def_and_spec(&*std::ptr::from_ref(&definition.get().raw), spec) };
    }
    moduledef::check_incompatible(&text::to_string_lossy(name.b()))?;
    finish_single_phase(init, &module, name.b(), path.b(), file, (&symbol, ascii))?;
    Ok(module)
}

/// Calls a module's init function with the module's full name as the context.
fn run_init(init: Init, name: Borrowed<'_>, symbol: &str) -> PyResult<Ref> {
    let short = symbol.split_once('_').map_or(symbol, |(_, name)| name);
    let context = &extensions().package_context;
    let before = context.replace(Some(text::to_string_lossy(name)));
    // SAFETY: the function of a module, called with the GIL held.
    let module = unsafe { Ref::<object::Object>::from_owned_or_null(init()) };
    context.replace(before);
    let module = match (module, error::check()) {
        (Some(module), Ok(())) => module,
        (Some(module), Err(raised)) => {
            // A definition that was never initialised has no type, and is not dropped.
            std::mem::forget(module);
            return Err(system_error_from(raised, &format!("initialization of {short} raised unreported exception")));
        }
        (None, Err(raised)) => return Err(raised),
        (None, Ok(())) => {
            return Err(raise!(SystemError, "initialization of {short} failed without raising an exception"));
        }
    };
    // SAFETY: the header is there; the type may be missing.
    if unsafe { (*module.ptr()).ob_type.get().is_null() } {
        std::mem::forget(module);
        return Err(raise!(SystemError, "init function of {short} returned uninitialized object"));
    }
    Ok(module)
}

fn finish_single_phase(
    init: Init,
    module: &Ref,
    name: Borrowed<'_>,
    path: Borrowed<'_>,
    file: Vec<u8>,
    (symbol, ascii): (&str, bool),
) -> PyResult<()> {
    let short = symbol.split_once('_').map_or(symbol, |(_, name)| name);
    if !ascii {
        return Err(raise!(SystemError, "initialization of {short} did not return PyModuleDef"));
    }
    let fields = module.b().downcast::<Module>();
    let Some(definition) = fields.map(|fields| fields.definition.get()).filter(|definition| !definition.is_null()) else {
        return Err(raise!(SystemError, "initialization of {short} did not return an extension module"));
    };
    module.setattr(id!("__file__"), path).or_else(|raised| {
        raised.clear();
        PyResult::Ok(())
    })?;
    // SAFETY: a definition is static.
    let raw = unsafe { &*definition };
    let copy = if raw.m_size.get() == -1 {
        Some(builtins::type_::dicts::copy(builtins::module::dict_of(module.b())?.b())?)
    } else {
        None
    };
    extensions().set(raw.m_base.m_index.get(), Some(module.clone()));
    super::modules()?.setitem(name, module.b())?;
    let known = Known { path: file, name: text::to_string_lossy(name), definition, init, copy: OptRef::new(copy) };
    loaded().0.borrow_mut().push(known);
    Ok(())
}

/// Forgets a module of one phase: for tests.
pub fn forget(name: &str, file: &[u8]) {
    let mut known = loaded().0.borrow_mut();
    let place = known.iter().position(|known| known.path == file && known.name == name);
    let forgotten = place.map(|place| known.remove(place));
    drop(known);
    drop(forgotten);
}

/// The module of one phase that was imported from this file before, made again.
fn again(name: Borrowed<'_>, file: &[u8]) -> PyResult<Option<Ref>> {
    let plain = text::to_string_lossy(name);
    let found = loaded()
        .0
        .borrow()
        .iter()
        .find(|known| known.path == file && known.name == plain)
        .map(|known| (known.definition, known.init, known.copy.get()));
    let Some((definition, init, copy)) = found else { return Ok(None) };
    moduledef::check_incompatible(&plain)?;
    // SAFETY: a definition is static.
    let raw = unsafe { &*definition };
    let module = if raw.m_size.get() == -1 {
        let Some(copy) = copy else { return Ok(None) };
        let modules = super::modules()?;
        let module = match modules.getitem_opt(name)?.filter(|module| module.class().is_subtype(&object::core::MODULE)) {
            Some(module) => module,
            None => builtins::module::new(name)?,
        };
        builtins::type_::dicts::merge(builtins::module::dict_of(module.b())?.b(), copy.b())?;
        module
    } else {
        run_init(init, name, &plain)?
    };
    extensions().set(raw.m_base.m_index.get(), Some(module.clone()));
    super::modules()?.setitem(name, module.b())?;
    Ok(Some(module))
}

/// Runs the second phase; 0 where the object is no module of a definition.
pub(super) fn exec(module: Borrowed<'_>) -> PyResult<i32> {
    let Some(fields) = module.downcast::<Module>() else { return Ok(0) };
    // SAFETY: a definition is static.
    let Some(definition) = (unsafe { fields.definition.get().as_ref() }) else { return Ok(0) };
    if !fields.state.get().is_null() {
        return Ok(0);
    }
    // SAFETY: as above.
    unsafe { moduledef::exec(module, definition) }.map(|()| 0)
}
