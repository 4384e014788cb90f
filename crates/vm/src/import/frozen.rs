//! Frozen modules: importlib itself and what CPython freezes for its tests, compiled from the embedded library.

use super::{add_module, create_native, state};
use crate::lifecycle::{frame_access, support};
use crate::sys;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, core, id, raise, thread};

/// A frozen module: its name, the file of the library that it is made from, the name in `co_filename`.
pub(super) struct Frozen {
    pub(super) name: &'static str,
    source: Content,
    /// `__origname__`: the module in the library that it stands for, if there is one.
    pub(super) origin: Option<&'static str>,
    pub(super) is_package: bool,
}

enum Content {
    File(&'static str),
    /// One of the implementation's own programs.
    Program(&'static str),
}

const fn library(name: &'static str, file: &'static str, origin: &'static str) -> Frozen {
    Frozen { name, source: Content::File(file), origin: Some(origin), is_package: false }
}

const fn hello(name: &'static str, origin: Option<&'static str>, is_package: bool) -> Frozen {
    Frozen { name, source: Content::Program("hello.py"), origin, is_package }
}

static FROZEN: &[Frozen] = &[
    library("_frozen_importlib", "importlib/_bootstrap.py", "importlib._bootstrap"),
    library("_frozen_importlib_external", "importlib/_bootstrap_external.py", "importlib._bootstrap_external"),
    library("zipimport", "zipimport.py", "zipimport"),
    library("abc", "abc.py", "abc"),
    library("codecs", "codecs.py", "codecs"),
    library("io", "io.py", "io"),
    library("_collections_abc", "_collections_abc.py", "_collections_abc"),
    library("_sitebuiltins", "_sitebuiltins.py", "_sitebuiltins"),
    library("genericpath", "genericpath.py", "genericpath"),
    library("ntpath", "ntpath.py", "ntpath"),
    library("posixpath", "posixpath.py", "posixpath"),
    library("os", "os.py", "os"),
    library("site", "site.py", "site"),
    library("stat", "stat.py", "stat"),
    library("importlib.util", "importlib/util.py", "importlib.util"),
    library("importlib.machinery", "importlib/machinery.py", "importlib.machinery"),
    library("runpy", "runpy.py", "runpy"),
    hello("__hello__", Some("__hello__"), false),
    hello("__hello_alias__", Some("__hello__"), false),
    hello("__phello_alias__", Some("__hello__"), true),
    hello("__phello_alias__.spam", Some("__hello__"), false),
    hello("__phello__", Some("__phello__"), true),
    hello("__phello__.__init__", Some("<__phello__"), false),
    hello("__phello__.ham", Some("__phello__.ham"), true),
    hello("__phello__.ham.__init__", Some("<__phello__.ham"), false),
    hello("__phello__.ham.eggs", Some("__phello__.ham.eggs"), false),
    hello("__phello__.spam", Some("__phello__.spam"), false),
    hello("__hello_only__", None, false),
];

/// What import itself consists of is always frozen.
const BOOTSTRAP: [&str; 3] = ["_frozen_importlib", "_frozen_importlib_external", "zipimport"];

/// The frozen module of this name. Other modules of the library count only where frozen modules are in use.
pub(super) fn find(name: &str) -> Option<&'static Frozen> {
    let found = FROZEN.iter().find(|frozen| frozen.name == name)?;
    let optional = matches!(found.source, Content::File(_)) && !BOOTSTRAP.contains(&name);
    (!optional || in_use()).then_some(found)
}

/// Whether modules of the library are imported frozen.
fn in_use() -> bool {
    match state().frozen_override.get() {
        0 => crate::lifecycle::config().and_then(|config| config.frozen_modules).unwrap_or(true),
        enabled => enabled > 0,
    }
}

/// The source of a frozen module, where the library is embedded.
pub(super) fn source(name: &str) -> PyResult<Ref> {
    let embedded = crate::lifecycle::embedded_root().is_some();
    let path = find(name).and_then(|frozen| match frozen.source {
        Content::File(path) if embedded && !BOOTSTRAP.contains(&name) => Some(path),
        _ => None,
    });
    match path.and_then(pylib::find).and_then(|content| std::str::from_utf8(content).ok()) {
        Some(source) => text::new(source),
        None => Ok(core::none_ref()),
    }
}

/// The names of all frozen modules.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FROZEN.iter().map(|frozen| frozen.name)
}

impl Frozen {
    /// Whether it is a plain module of the library under its own name.
    pub(super) fn is_library_module(&self) -> bool {
        matches!(self.source, Content::File(_)) && self.origin == Some(self.name) && !self.is_package
    }

    /// The code of the module.
    pub(super) fn code(&self) -> PyResult<Ref> {
        let name = self.origin.unwrap_or(self.name).trim_start_matches('<');
        let filename = format!("<frozen {name}>");
        match self.source {
            Content::Program(program) => super::embedded::program(program, &filename),
            Content::File(path) => super::embedded::frozen_code(path, text::new(&filename)?.b()),
        }
    }
}

/// Runs a frozen module before importlib can.
fn import_frozen(name: &str) -> PyResult<Ref> {
    let Some(frozen) = find(name) else { return Err(raise!(ImportError, "no frozen module {name}")) };
    let code = frozen.code()?;
    let module = core::MODULE.borrowed().call1(text::new(name)?.b())?;
    add_module(name, &module)?;
    let globals = module.getattr(id!("__dict__"))?;
    let builtins = frame_access::builtins();
    support::dict_set(globals.b(), id!("__builtins__"), builtins.b())?;
    if let Some(origin) = frozen.origin {
        support::dict_set_str(globals.b(), "__origname__", text::new(origin)?)?;
    }
    frame_access::run_code(code.b(), globals.b(), globals.b())?;
    Ok(module)
}

/// Starts importlib: `_bootstrap`, then `_bootstrap_external`; then Python modules can be imported.
pub fn bootstrap() -> PyResult<()> {
    let importlib = import_frozen("_frozen_importlib")?;
    let imp = match create_native("_imp")? {
        Some(imp) => imp,
        None => return Err(raise!(ImportError, "no module _imp")),
    };
    add_module("_imp", &imp)?;
    let sys = match support::loaded_module("sys")? {
        Some(sys) => sys,
        None => return Err(raise!(RuntimeError, "lost sys")),
    };
    importlib.call_method(id!("_install"), &[sys.b(), imp.b()])?;
    let state = state();
    let builtins = thread::current().interpreter().builtins.get();
    let import = builtins.map(|builtins| support::dict_get(builtins.b(), id!("__import__"))).transpose()?.flatten();
    state.import_func.set(import);
    state.importlib.set(Some(importlib.clone()));
    Ok(())
}

/// Whether the program has the modules that imports from files need.
pub fn imports_files() -> bool {
    super::find_native("posix").is_some() && super::find_native("_io").is_some()
}

/// The second half, when paths are known: imports from files.
pub fn bootstrap_external() -> PyResult<()> {
    let Some(importlib) = state().importlib.get() else { return Ok(()) };
    if !imports_files() {
        // A program without the operating system's module has no files to import from.
        return Ok(());
    }
    importlib.call_method(id!("_install_external_importers"), &[])?;
    // zipimport itself imports from the library.
    let embedded = super::embedded::install()?;
    install_zipimport()?;
    embedded.map_or(Ok(()), |embedded| super::short::prepare(embedded.b()))
}

fn install_zipimport() -> PyResult<()> {
    let Some(hooks) = sys::get("path_hooks")? else { return Ok(()) };
    let importer = match support::import_attr("zipimport", "zipimporter") {
        Ok(importer) => importer,
        Err(raised) => {
            // A runtime without the modules that zipimport needs still imports from folders.
            raised.clear();
            return Ok(());
        }
    };
    insert_first(hooks.b(), importer.b())
}

/// `list.insert(0, item)`.
pub(super) fn insert_first(list: Borrowed<'_>, item: Borrowed<'_>) -> PyResult<()> {
    let zero = support::int(0)?;
    list.call_method(id!("insert"), &[zero.b(), item]).map(drop)
}
