//! Named tuples and namespaces that `sys` shows.

use crate::lifecycle::support;
use object::value::{str as text, tuple};
use object::{PyResult, Ref, core, id, thread};
use std::cell::RefCell;

/// A kind of named tuple: its name, its documentation, and its fields with theirs.
pub struct Kind {
    pub name: &'static str,
    pub doc: &'static str,
    pub fields: &'static [&'static str],
    /// How many of them are items of the tuple; the others are attributes only.
    pub visible: usize,
}

#[derive(Default)]
struct Classes(RefCell<Vec<(&'static str, Ref)>>);

/// The class of a kind, made when it is first needed.
pub fn class_of(kind: &'static Kind) -> PyResult<Ref> {
    let classes = thread::current().interpreter().extensions.get::<Classes>();
    let known = classes.0.borrow().iter().find(|(name, _)| *name == kind.name).map(|(_, class)| class.clone());
    if let Some(class) = known {
        return Ok(class);
    }
    let namespace = support::dict_new()?;
    let (module, name) = kind.name.rsplit_once('.').unwrap_or(("builtins", kind.name));
    support::dict_set(namespace.b(), id!("__module__"), text::new(module)?.b())?;
    support::dict_set(namespace.b(), id!("__doc__"), text::new(kind.doc)?.b())?;
    let number = |count: usize| object::value::int::from_u64(count as u64);
    support::dict_set_str(namespace.b(), "n_fields", number(kind.fields.len())?)?;
    support::dict_set_str(namespace.b(), "n_sequence_fields", number(kind.visible)?)?;
    support::dict_set_str(namespace.b(), "n_unnamed_fields", support::int(0)?)?;
    let bases = tuple::from_array([core::TUPLE.to_ref()])?;
    let name = text::new(name)?;
    let class = core::TYPE.borrowed().call(&[name.b(), bases.b(), namespace.b()])?;
    classes.0.borrow_mut().push((kind.name, class.clone()));
    Ok(class)
}

/// An instance with these values, one for each field.
pub fn record(kind: &'static Kind, values: Vec<Ref>) -> PyResult<Ref> {
    let class = class_of(kind)?;
    let items = tuple::from_vec(values.iter().take(kind.visible).cloned().collect())?;
    let instance = class.call1(items.b())?;
    for (field, value) in kind.fields.iter().zip(values) {
        instance.setattr(support::intern(field).b(), value.b())?;
    }
    Ok(instance)
}

/// A `types.SimpleNamespace`.
pub fn namespace(fields: &[(&str, Ref)]) -> PyResult<Ref> {
    let kwargs = support::dict_new()?;
    for (name, value) in fields {
        support::dict_set_str(kwargs.b(), name, value.clone())?;
    }
    support::call_with_dict(
        <builtins::namespace::Namespace as object::StaticType>::type_object().borrowed(),
        &[],
        Some(kwargs.b()),
    )
}
