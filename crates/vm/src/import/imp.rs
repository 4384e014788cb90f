//! The module `_imp`: what importlib needs of the interpreter.

use macros::pymodule;

/// (Extremely) low-level import machinery bits as used by importlib.
#[pymodule(name = "_imp")]
pub mod module {
    use super::super::{dynamic, embedded, frozen, native};
    use crate::lifecycle::support;
    use object::value::{bytes, int, str as text, tuple};
    use object::{Borrowed, PyResult, Ref, core, id, raise};

    /// Return True if the import lock is currently held.
    ///
    /// On platforms without threads, return False.
    #[pyfunction("($module, /)")]
    fn lock_held() -> bool {
        super::lock().held()
    }

    /// Acquires the interpreter's import lock for the current thread.
    ///
    /// This lock should be used by import hooks to ensure thread-safety when importing
    /// modules. On platforms without threads, this function does nothing.
    #[pyfunction("($module, /)")]
    fn acquire_lock() {
        super::lock().acquire();
    }

    /// Release the interpreter's import lock.
    ///
    /// On platforms without threads, this function does nothing.
    #[pyfunction("($module, /)")]
    fn release_lock() -> PyResult<()> {
        if super::lock().release() { Ok(()) } else { Err(raise!(RuntimeError, "not holding the import lock")) }
    }

    /// Returns the list of file suffixes used to identify extension modules.
    #[pyfunction("($module, /)")]
    fn extension_suffixes() -> PyResult<Ref> {
        let multiarch = crate::sys::info::multiarch();
        let names =
            [format!(".cpython-314-{multiarch}.so"), ".abi3.so".to_owned(), format!(".abi3-{multiarch}.so"), ".so".to_owned()];
        support::list(names.iter().map(|name| text::new(name)).collect::<PyResult<Vec<_>>>()?)
    }

    /// Create an extension module.
    #[pyfunction("($module, spec, /)")]
    fn create_builtin(spec: Borrowed<'_>) -> PyResult<Ref> {
        let name = spec.getattr(id!("name"))?;
        if !text::check(name.b()) {
            let found = name.class().tp_name();
            return Err(raise!(TypeError, "name must be string, not {found}"));
        }
        let plain = text::to_string_lossy(name.b());
        if let Some(module) = super::super::get_module(name.b())?.filter(|_| matches!(plain.as_str(), "sys" | "builtins")) {
            return Ok(module);
        }
        Ok(native::create_native(&plain)?.unwrap_or_else(core::none_ref))
    }

    /// Returns True if the module name corresponds to a built-in module.
    #[pyfunction("($module, name, /)")]
    fn is_builtin(name: object::convert::Str<'_>) -> i32 {
        let name = text::to_string_lossy(name.0);
        match name.as_str() {
            "sys" | "builtins" => -1,
            name => i32::from(native::find_native(name).is_some()),
        }
    }

    /// Initialize a built-in module.
    #[pyfunction("($module, mod, /)")]
    fn exec_builtin(module: Borrowed<'_>) -> i32 {
        let _ = module;
        0
    }

    /// Create an extension module.
    #[pyfunction("($module, spec, file=None, /)")]
    fn create_dynamic(spec: Borrowed<'_>, file: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _ = file;
        dynamic::create(spec)
    }

    /// Initialize an extension module.
    #[pyfunction("($module, mod, /)")]
    fn exec_dynamic(module: Borrowed<'_>) -> PyResult<i32> {
        dynamic::exec(module)
    }

    fn frozen_of(name: &str) -> PyResult<&'static frozen::Frozen> {
        frozen::find(name).ok_or_else(|| missing(name))
    }

    fn missing(name: &str) -> object::Raised {
        let shown = text::new(name).and_then(|name| name.repr_text()).unwrap_or_default();
        super::import_error(&format!("No such frozen object named {}", shown.trim_matches('\'')), name)
    }

    /// Return info about the corresponding frozen module (if there is one) or None.
    ///
    /// The returned info (a 2-tuple):
    ///
    ///  * data         the raw marshalled bytes
    ///  * is_package   whether or not it is a package
    ///  * origname     the originally frozen module's name, or None if not
    ///                 a stdlib module (this will usually be the same as
    ///                 the module's current name)
    #[pyfunction("($module, name, /, *, withdata=False)")]
    fn find_frozen(name: object::convert::Str<'_>, withdata: bool) -> PyResult<Ref> {
        let Some(frozen) = frozen::find(&text::to_string_lossy(name.0)) else { return Ok(core::none_ref()) };
        let data = if withdata {
            let raw = bytes::new(&crate::marshal::dump(frozen.code()?.b(), crate::marshal::VERSION, true)?)?;
            core::MEMORYVIEW.borrowed().call1(raw.b())?
        } else {
            core::none_ref()
        };
        let origin = frozen.origin.map_or_else(|| Ok(core::none_ref()), text::new)?;
        tuple::from_array([data, core::boolean(frozen.is_package).to_ref(), origin])
    }

    /// Create a code object for a frozen module.
    #[pyfunction("($module, name, data=None, /)")]
    fn get_frozen_object(name: object::convert::Str<'_>, data: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let name = text::to_string_lossy(name.0);
        match data.filter(|data| !data.is(&core::none())) {
            None => frozen_of(&name)?.code(),
            Some(data) => {
                let buffer = object::protocol::buffer::Buffer::readable(data)?;
                if buffer.is_empty() {
                    return Err(missing(&name));
                }
                let content = buffer.bytes().to_vec();
                let code = match crate::marshal::load(&content, true) {
                    Ok(code) => code,
                    Err(raised) => {
                        raised.clear();
                        return Err(super::import_error(&format!("Frozen object named '{name}' is invalid"), &name));
                    }
                };
                if code.class().is_type(&core::CODE) {
                    return Ok(code);
                }
                Err(raise!(TypeError, "object is not a code object"))
            }
        }
    }

    /// Returns True if the module name is of a frozen package.
    #[pyfunction("($module, name, /)")]
    fn is_frozen_package(name: object::convert::Str<'_>) -> PyResult<bool> {
        Ok(frozen_of(&text::to_string_lossy(name.0))?.is_package)
    }

    /// Returns True if the module name corresponds to a frozen module.
    #[pyfunction("($module, name, /)")]
    fn is_frozen(name: object::convert::Str<'_>) -> bool {
        frozen::find(&text::to_string_lossy(name.0)).is_some()
    }

    /// Initializes a frozen module.
    #[pyfunction("($module, name, /)")]
    fn init_frozen(name: object::convert::Str<'_>) -> PyResult<Ref> {
        let plain = text::to_string_lossy(name.0);
        let Some(frozen) = frozen::find(&plain) else { return Ok(core::none_ref()) };
        let code = frozen.code()?;
        let module = core::MODULE.borrowed().call1(name.0)?;
        super::super::add_module(&plain, &module)?;
        let globals = module.getattr(id!("__dict__"))?;
        support::dict_set(globals.b(), id!("__builtins__"), crate::lifecycle::frame_access::builtins().b())?;
        crate::lifecycle::frame_access::run_code(code.b(), globals.b(), globals.b())?;
        Ok(module)
    }

    /// Returns the list of available frozen modules.
    #[pyfunction("($module, /)")]
    fn _frozen_module_names() -> PyResult<Ref> {
        support::list(frozen::names().map(text::new).collect::<PyResult<Vec<_>>>()?)
    }

    /// (internal-only) Override PyConfig.use_frozen_modules.
    ///
    /// (-1: "off", 1: "on", 0: no override)
    /// See frozen_modules() in Lib/test/support/import_helper.py.
    #[pyfunction("($module, override, /)")]
    fn _override_frozen_modules_for_tests(enabled: i32) {
        super::super::state().frozen_override.set(enabled);
    }

    /// (internal-only) Override PyInterpreterConfig.check_multi_interp_extensions.
    ///
    /// (-1: "never", 1: "always", 0: no override)
    #[pyfunction("($module, override, /)")]
    fn _override_multi_interp_extensions_check(enabled: i32) -> PyResult<i32> {
        let interpreter = object::thread::current().interpreter();
        if interpreter.is_main() {
            let message = "_imp._override_multi_interp_extensions_check() cannot be used in the main interpreter";
            return Err(raise!(RuntimeError, "{message}"));
        }
        Ok(interpreter.sub.extensions_check.replace(enabled))
    }

    /// Changes code.co_filename to specify the passed-in path
    /// for this code object and all inner ones.
    #[pyfunction("($module, code, path, /)")]
    fn _fix_co_filename(code: Borrowed<'_>, path: object::convert::Str<'_>) -> PyResult<()> {
        if !code.class().is_type(&core::CODE) {
            let found = code.class().tp_name();
            return Err(raise!(TypeError, "_fix_co_filename() argument 1 must be code, not {found}"));
        }
        let current = code.getattr(id!("co_filename"))?;
        if current.eq(path.0)? { Ok(()) } else { super::update_filename(code, current.b(), path.0) }
    }

    #[pyfunction("($module, /, key, source)")]
    fn source_hash(key: i64, source: Borrowed<'_>) -> PyResult<Ref> {
        let buffer = object::protocol::buffer::Buffer::readable(source)?;
        let hash = super::siphash13(key.cast_unsigned(), 0, buffer.bytes());
        bytes::new(&hash.to_le_bytes())
    }

    #[pyattr]
    fn check_hash_based_pycs() -> PyResult<Ref> {
        let configured = crate::lifecycle::config().and_then(|config| config.check_hash_based_pycs.clone());
        text::new(configured.as_deref().unwrap_or("default"))
    }

    /// `importlib.util.MAGIC_NUMBER` as an int: 3.14's number, and CR LF.
    #[pyattr]
    fn pyc_magic_number_token() -> PyResult<Ref> {
        int::new(0x0A0D_0000 | 3627)
    }

    /// What the embedded library has under a path below its root: 0 nothing, 1 a file, 2 a folder.
    #[pyfunction("($module, path, /)")]
    fn _embedded_kind(path: object::convert::Str<'_>) -> i32 {
        embedded::kind(&text::to_string_lossy(path.0))
    }

    /// The source of a frozen module of the embedded library; None where it is on disk or has none.
    #[pyfunction("($module, name, /)")]
    fn _frozen_source(name: object::convert::Str<'_>) -> PyResult<Ref> {
        frozen::source(&text::to_string_lossy(name.0))
    }

    /// The content of an embedded file.
    #[pyfunction("($module, path, /)")]
    fn _embedded_data(path: object::convert::Str<'_>) -> PyResult<Ref> {
        embedded::data(&text::to_string_lossy(path.0))
    }

    /// Code without a file that was run so far, with its source and file name: what `linecache` is to know.
    #[pyfunction("($module, /)")]
    fn _take_sources() -> PyResult<Ref> {
        let sources = std::mem::take(&mut *super::super::state().sources.borrow_mut());
        support::list(sources.into_iter().map(tuple::from_array).collect::<PyResult<Vec<_>>>()?)
    }

    /// The names in a folder of the embedded library.
    #[pyfunction("($module, path, /)")]
    fn _embedded_list(path: object::convert::Str<'_>) -> PyResult<Ref> {
        embedded::list(&text::to_string_lossy(path.0))
    }

    /// The code of a module of the embedded library.
    #[pyfunction("($module, path, filename, /)")]
    fn _embedded_code(path: object::convert::Str<'_>, filename: Borrowed<'_>) -> PyResult<Ref> {
        embedded::code(&text::to_string_lossy(path.0), filename)
    }
}

use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Raised, core, exc, id, thread};
use std::cell::Cell;

/// Raises ImportError with `name`.
fn import_error(message: &str, name: &str) -> Raised {
    match text::new(name) {
        Ok(name) => super::import_error(&exc::ImportError, message, name.b(), None),
        Err(raised) => raised,
    }
}

/// Replaces `co_filename` of a code object and of all code objects in its constants, where it is `old`.
fn update_filename(code: Borrowed<'_>, old: Borrowed<'_>, new: Borrowed<'_>) -> PyResult<()> {
    object::recursion::check(" in _fix_co_filename")?;
    if !code.getattr(id!("co_filename"))?.eq(old)? {
        return Ok(());
    }
    // SAFETY: the caller and the loop below pass code objects only.
    let raw = unsafe { &*code.ptr().cast::<abi::PyCodeObject>() };
    object::RawField::store(&raw.co_filename, Some(new.to_ref()));
    let constants = code.getattr(id!("co_consts"))?;
    for constant in tuple::items(constants.b()).unwrap_or_default() {
        if constant.class().is_type(&core::CODE) {
            update_filename(*constant, old, new)?;
        }
    }
    Ok(())
}

/// The import lock: recursive, of one interpreter. Threads take turns under the GIL, so a cell is enough.
#[derive(Default)]
struct ImportLock {
    owner: Cell<u64>,
    depth: Cell<usize>,
}

fn lock() -> &'static ImportLock {
    thread::current().interpreter().extensions.get::<ImportLock>()
}

impl ImportLock {
    fn held(&self) -> bool {
        self.depth.get() > 0
    }

    fn acquire(&self) {
        let me = thread::current().raw.id.get();
        if self.depth.get() > 0 && self.owner.get() != me {
            while self.depth.get() > 0 {
                crate::lifecycle::threads::yield_gil();
            }
        }
        self.owner.set(me);
        self.depth.set(self.depth.get() + 1);
    }

    fn release(&self) -> bool {
        let held = self.depth.get() > 0 && self.owner.get() == thread::current().raw.id.get();
        if held {
            self.depth.set(self.depth.get() - 1);
        }
        held
    }
}

/// SipHash-1-3.
fn siphash13(k0: u64, k1: u64, data: &[u8]) -> u64 {
    let mut v = [k0 ^ 0x736f_6d65_7073_6575, k1 ^ 0x646f_7261_6e64_6f6d, k0 ^ 0x6c79_6765_6e65_7261, k1 ^ 0x7465_6462_7974_6573];
    let mut chunks = data.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        v[3] ^= word;
        sip_round(&mut v);
        v[0] ^= word;
    }
    let tail = chunks.remainder().iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    let last = (data.len() as u64) << 56 | tail;
    v[3] ^= last;
    sip_round(&mut v);
    v[0] ^= last;
    v[2] ^= 0xFF;
    (0..3).for_each(|_| sip_round(&mut v));
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn sip_round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::siphash13;

    #[test]
    fn siphash_is_cpythons() {
        // _imp.source_hash of CPython 3.14.
        assert_eq!(siphash13(0, 0, b"").to_le_bytes(), [44, 83, 12, 21, 98, 167, 251, 209]);
        assert_eq!(siphash13(42, 0, b"abcdefghijk").to_le_bytes(), [132, 73, 148, 57, 189, 90, 125, 249]);
    }
}
