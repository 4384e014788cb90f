//! Objects between interpreters by `pickle`.
//!
//! What a program defined in `__main__` is not in the `__main__` of another interpreter. There the program's file is run once under the name
//! `<fake __main__>`, and what it defines is found in its namespace; the interpreter's own `__main__` stays as it is.

use super::function::bytes_of;
use object::Borrowed;
use object::value::{bytes, str as text};
use object::{OptRef, PyResult, Raised, Ref, core, exc, id, thread};
use vm::lifecycle::support;

/// A pickle, and the file of the sender's `__main__`.
pub struct Pickled {
    content: Vec<u8>,
    /// WTF-8.
    main: Option<Vec<u8>>,
}

/// The namespaces that programs left behind, by file.
#[derive(Default)]
struct Programs(OptRef);

impl Pickled {
    /// Pickles an object of the current interpreter.
    pub fn of(object: Borrowed<'_>) -> PyResult<Pickled> {
        let content = support::import_attr("pickle", "dumps")?.call1(object)?;
        Ok(Pickled { content: bytes_of(&content)?, main: main_file()? })
    }

    /// The object, in the current interpreter. What goes wrong is the cause of a NotShareableError.
    pub fn into_object(self) -> PyResult<Ref> {
        let loaded = self.load();
        loaded.map_err(|raised| crate::support::not_shareable("object could not be unpickled", Some(raised.take())))
    }

    fn load(self) -> PyResult<Ref> {
        let loads = support::import_attr("pickle", "loads")?;
        let content = bytes::new(&self.content)?;
        let raised = match loads.call1(content.b()) {
            Ok(object) => return Ok(object),
            Err(raised) => raised,
        };
        match self.main {
            Some(file) if is_missing_in_main(&raised) => {
                raised.clear();
                with_program(&file, || loads.call1(content.b()))
            }
            _ => Err(raised),
        }
    }
}

/// `__main__.__file__`.
fn main_file() -> PyResult<Option<Vec<u8>>> {
    let Some(main) = support::loaded_module("__main__")? else { return Ok(None) };
    let file = main.getattr_opt(id!("__file__"))?;
    Ok(file.filter(|file| text::check(file.b())).map(|file| text::to_wtf8(file.b())))
}

/// Whether the exception is that a name is not in `__main__`.
fn is_missing_in_main(raised: &Raised) -> bool {
    if !raised.is_a(&exc::AttributeError) {
        return false;
    }
    let Some(exception) = object::error::take() else { return false };
    let shown = support::quietly(|| exception.str_text()).unwrap_or_default();
    let _raised = object::error::restore(exception);
    shown.contains("module '__main__'")
}

/// Runs `action` while `sys.modules['__main__']` is a module with what the program in this file defines.
fn with_program(file: &[u8], action: impl FnOnce() -> PyResult<Ref>) -> PyResult<Ref> {
    let namespace = namespace_of(file)?;
    let module = core::MODULE.borrowed().call1(id!("__main__"))?;
    module.getattr(id!("__dict__"))?.call_method(id!("update"), &[namespace.b()])?;
    let Some(modules) = thread::current().interpreter().modules.get() else { return action() };
    let before = modules.getitem_opt(id!("__main__"))?;
    modules.setitem(id!("__main__"), module.b())?;
    let result = action();
    let restored = object::error::preserving(|| match before {
        Some(before) => modules.setitem(id!("__main__"), before.b()),
        None => modules.delitem(id!("__main__")),
    });
    if let Err(raised) = restored {
        raised.unraisable(Some("Exception ignored while restoring __main__"), None);
    }
    result
}

/// The namespace that the program in this file leaves behind; it is run at the first question.
fn namespace_of(file: &[u8]) -> PyResult<Ref> {
    let programs = &thread::current().interpreter().extensions.get::<Programs>().0;
    let known = match programs.get() {
        Some(known) => known,
        None => {
            let known = (object::hooks::get().dict_new)()?;
            programs.set(Some(known.clone()));
            known
        }
    };
    let name = text::from_wtf8(file)?;
    if let Some(namespace) = known.getitem_opt(name.b())? {
        return Ok(namespace);
    }
    let run = support::import_attr("runpy", "run_path")?;
    let namespace = run.call(&[name.b(), core::none(), text::new("<fake __main__>")?.b()])?;
    known.setitem(name.b(), namespace.b())?;
    Ok(namespace)
}
