//! PEP 246's adaptation as far as PEP 249 wants it, and converters.

use crate::errors::programming;
use builtins::dict::Dict;
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, exc, memory, thread};
use std::cell::Cell;

/// What the module keeps.
#[derive(Default)]
pub struct State {
    adapters: OptRef,
    converters: OptRef,
    /// Whether exceptions of callbacks are shown.
    pub tracebacks: Cell<bool>,
    /// Whether int, float, str or bytearray have adapters.
    pub base_adapted: Cell<bool>,
}

pub fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

fn dict(place: &OptRef) -> PyResult<Ref> {
    if let Some(dict) = place.get() {
        return Ok(dict);
    }
    let made = Dict::new()?.upcast();
    place.set(Some(made.clone()));
    Ok(made)
}

/// `adapters`: functions by class and protocol.
pub fn adapters() -> PyResult<Ref> {
    dict(&state().adapters)
}

/// `converters`: functions by the upper-case name of a type.
pub fn converters() -> PyResult<Ref> {
    dict(&state().converters)
}

/// The converter of a type's name.
pub fn converter(name: &[u8]) -> PyResult<Option<Ref>> {
    let name = String::from_utf8_lossy(name).to_uppercase();
    (object::hooks::get().dict_get)(converters()?.b(), text::new(&name)?.b())
}

/// PEP 246 style object adaption protocol type.
#[macros::pyclass(name = "PrepareProtocol", module = "sqlite3")]
pub struct PrepareProtocol {
    head: abi::PyObject,
}

#[macros::pymethods]
impl PrepareProtocol {
    #[slot(tp_new, "()")]
    fn new(cls: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        memory::new_instance(&cls, PrepareProtocol { head: crate::header() }).map(Ref::upcast)
    }
}

/// Calls `object.name(argument)`, if there is such a method. None: there is none, or it gave None; a TypeError counts as none.
fn ask(object: Borrowed<'_>, name: &str, argument: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let Some(method) = object.getattr_opt(text::new(name)?.b())? else { return Ok(None) };
    match method.call1(argument) {
        Ok(adapted) => Ok(Some(adapted).filter(|adapted| !adapted.is(&object::core::none()))),
        Err(raised) => raised.clear_if(&exc::TypeError).map(|()| None),
    }
}

/// `adapt(object, protocol, alternative)`.
pub fn adapt(object: Borrowed<'_>, protocol: Borrowed<'_>, alternative: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let key = tuple::from_array([object.class().to_ref(), protocol.to_ref()])?;
    if let Some(adapter) = (object::hooks::get().dict_get)(adapters()?.b(), key.b())? {
        return adapter.call1(object);
    }
    if let Some(adapted) = ask(protocol, "__adapt__", object)? {
        return Ok(adapted);
    }
    if let Some(adapted) = ask(object, "__conform__", protocol)? {
        return Ok(adapted);
    }
    alternative.map(|alternative| alternative.to_ref()).ok_or_else(|| programming("can't adapt"))
}

/// A parameter as a value that SQLite knows, if an adapter says so.
pub fn adapted_parameter(object: Borrowed<'_>) -> PyResult<Ref> {
    adapt(object, PrepareProtocol::type_object().borrowed(), Some(object))
}
