//! The import machinery: `_imp`, frozen modules, `__import__`.

use object::value::{int, str as text, tuple};
use object::{PyResult, Ref, id, raise, thread};

/// `importlib.import_module(name)` for the interpreter's own needs.
pub fn import_module(name: &str) -> PyResult<Ref> {
    let key = text::new(name)?;
    let interpreter = thread::current().interpreter();
    if let Some(modules) = interpreter.modules.get()
        && let Some(found) = modules.getitem_opt(key.b())?
    {
        return Ok(found);
    }
    let builtins = interpreter.builtins.get().ok_or_else(|| raise!(ImportError, "no builtins"))?;
    let import = builtins.getitem(id!("__import__"))?;
    let from_list = tuple::from_slice(&[id!("__name__")])?;
    import.call(&[key.b(), builtins.b(), builtins.b(), from_list.b(), int::new(0)?.b()])
}
