//! What `_pickle` takes from other modules when it is imported, and its exceptions.

use crate::new_exception;
use builtins::dict::Dict;
use builtins::object_::reduce::{builtin, import};
use object::value::str as text;
use object::{Borrowed, OptRef, PyResult, Raised, Ref, TypeObject, error, exc, id, raise, thread};

/// The objects of one interpreter.
#[derive(Default)]
pub struct State {
    pub pickle_error: OptRef,
    pub pickling_error: OptRef,
    pub unpickling_error: OptRef,
    pub dispatch_table: OptRef,
    pub extension_registry: OptRef,
    pub extension_cache: OptRef,
    pub inverted_registry: OptRef,
    pub name_mapping: OptRef,
    pub import_mapping: OptRef,
    pub reverse_name_mapping: OptRef,
    pub reverse_import_mapping: OptRef,
    pub codecs_encode: OptRef,
    pub getattr: OptRef,
    pub partial: OptRef,
}

/// The state of the running interpreter.
pub fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

/// What a field holds; RuntimeError before the module was imported.
pub fn held(field: &OptRef) -> PyResult<Ref> {
    field.get().ok_or_else(|| raise!(RuntimeError, "_pickle is not initialized"))
}

fn dict_of(module: &Ref, module_name: &str, name: &str) -> PyResult<Ref> {
    let dict = module.getattr(text::new(name)?.b())?;
    if dict.b().downcast::<Dict>().is_none() {
        let found = dict.class().tp_name();
        return Err(raise!(RuntimeError, "{module_name}.{name} should be a dict, not {found}"));
    }
    Ok(dict)
}

/// Fills the state.
pub fn init() -> PyResult<()> {
    let state = state();
    if state.pickle_error.is_none() {
        state.pickle_error.set(Some(new_exception("_pickle", "PickleError", &exc::Exception)?));
        let base = held(&state.pickle_error)?;
        let Ok(base) = base.downcast::<TypeObject>() else { return Err(error::bad_internal_call()) };
        state.pickling_error.set(Some(new_exception("_pickle", "PicklingError", &base)?));
        state.unpickling_error.set(Some(new_exception("_pickle", "UnpicklingError", &base)?));
    }
    let copyreg = import(id!("copyreg"))?;
    state.dispatch_table.set(Some(dict_of(&copyreg, "copyreg", "dispatch_table")?));
    state.extension_registry.set(Some(dict_of(&copyreg, "copyreg", "_extension_registry")?));
    state.inverted_registry.set(Some(dict_of(&copyreg, "copyreg", "_inverted_registry")?));
    state.extension_cache.set(Some(dict_of(&copyreg, "copyreg", "_extension_cache")?));
    let compat = import(id!("_compat_pickle"))?;
    state.name_mapping.set(Some(dict_of(&compat, "_compat_pickle", "NAME_MAPPING")?));
    state.import_mapping.set(Some(dict_of(&compat, "_compat_pickle", "IMPORT_MAPPING")?));
    state.reverse_name_mapping.set(Some(dict_of(&compat, "_compat_pickle", "REVERSE_NAME_MAPPING")?));
    state.reverse_import_mapping.set(Some(dict_of(&compat, "_compat_pickle", "REVERSE_IMPORT_MAPPING")?));
    let encode = import(id!("codecs"))?.getattr(id!("encode"))?;
    if !encode.is_callable() {
        return Err(raise!(RuntimeError, "codecs.encode should be a callable, not {}", encode.class().tp_name()));
    }
    state.codecs_encode.set(Some(encode));
    state.getattr.set(Some(builtin(id!("getattr"))?));
    state.partial.set(Some(import(id!("functools"))?.getattr(id!("partial"))?));
    Ok(())
}

#[cold]
fn raise_in(field: &OptRef, message: &str) -> Raised {
    let raised = held(field).and_then(|class| match class.downcast::<TypeObject>() {
        Ok(class) => Ok(error::raise(&class, format_args!("{message}"))),
        Err(_) => Err(error::bad_internal_call()),
    });
    raised.unwrap_or_else(|raised| raised)
}

/// Raises PicklingError.
#[cold]
pub fn pickling_error(message: &str) -> Raised {
    raise_in(&state().pickling_error, message)
}

/// Raises UnpicklingError.
#[cold]
pub fn unpickling_error(message: &str) -> Raised {
    raise_in(&state().unpickling_error, message)
}

/// Raises PicklingError in place of the exception that is set, which becomes its context.
#[cold]
pub fn pickling_error_from(raised: Raised, message: impl FnOnce(&Ref) -> PyResult<String>) -> Raised {
    let original = raised.take();
    let raised = match message(&original) {
        Ok(message) => pickling_error(&message),
        Err(raised) => raised,
    };
    chain(raised, original)
}

/// Makes `original` the context of the exception that is set.
pub fn chain(raised: Raised, original: Ref) -> Raised {
    let exception = raised.take();
    let fields = error::base_of(exception.b());
    let old = object::RawField::swap_ref(&fields.context, Some(original));
    let raised = error::restore(exception.clone());
    drop(old);
    raised
}

/// `module.qualname` of an object's class, as messages show it.
pub fn type_name(object: Borrowed<'_>) -> PyResult<String> {
    builtins::dict::qualified_type_name(object.class())
}
