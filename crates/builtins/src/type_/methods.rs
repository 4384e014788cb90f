//! Methods of classes.

use super::{Type, dicts, mro, ready, subclasses};
use abi::tpflags;
use macros::pymethods;
use object::args::KwArgs;
use object::{Borrowed, PyResult, Ref, TypeObject, id};

#[pymethods(part = METHODS)]
impl Type {
    /// Return a type's method resolution order.
    #[method("($self, /)")]
    fn mro(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        (object::hooks::get().list_new)(mro::linearise(&slf)?)
    }

    /// Return a list of immediate subclasses.
    #[method(name = "__subclasses__", "($self, /)")]
    fn subclasses(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        (object::hooks::get().list_new)(subclasses::of(&slf).into_iter().map(Ref::upcast).collect())
    }

    /// Create the namespace for the class statement
    #[classmethod(name = "__prepare__", text = None, "(*args, **kwds)")]
    fn prepare(_cls: Borrowed<'_, TypeObject>, _args: &[Borrowed<'_>], _kwds: KwArgs<'_>) -> PyResult<Ref> {
        dicts::new()
    }

    /// Check if an object is an instance.
    #[method(name = "__instancecheck__", "($self, instance, /)")]
    fn instancecheck(slf: Borrowed<'_, TypeObject>, instance: Borrowed<'_>) -> PyResult<bool> {
        instance.real_isinstance(slf.object())
    }

    /// Check if a class is a subclass.
    #[method(name = "__subclasscheck__", "($self, subclass, /)")]
    fn subclasscheck(slf: Borrowed<'_, TypeObject>, subclass: Borrowed<'_>) -> PyResult<bool> {
        subclass.real_issubclass(slf.object())
    }

    /// Specialized __dir__ implementation for types.
    #[method(name = "__dir__", "($self, /)")]
    fn dir(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        let names = dicts::new()?;
        merge_class_dict(names.b(), slf.object())?;
        let names = dicts::items(names.b())?.into_iter().map(|(name, _)| name).collect();
        (object::hooks::get().list_new)(names)
    }

    /// Return memory consumption of the type object.
    #[method(name = "__sizeof__", "($self, /)")]
    fn sizeof(slf: Borrowed<'_, TypeObject>) -> usize {
        if slf.has(tpflags::HEAPTYPE) {
            let items = slf.raw().ob_base.ob_size.get().max(0).cast_unsigned();
            size_of::<abi::PyHeapTypeObject>() + items * size_of::<abi::PyMemberDef>()
        } else {
            size_of::<abi::PyTypeObject>()
        }
    }
}

/// Puts the names of a class's attributes, and those of its bases, into the dict `names`.
pub fn merge_class_dict(names: Borrowed<'_>, class: Borrowed<'_>) -> PyResult<()> {
    object::recursion::check(" in __dir__")?;
    if let Some(dict) = class.getattr_opt(id!("__dict__"))? {
        if let Some(class) = class.downcast::<TypeObject>() {
            dicts::merge(names, ready::dict_of(&class)?.b())?;
        } else if dict.class().is_subtype(&object::core::DICT) {
            dicts::merge(names, dict.b())?;
        } else {
            let keys = dict.call_method(id!("keys"), &[])?;
            keys.for_each_item(|key| {
                let value = dict.getitem(key.b())?;
                dicts::set(names, key.b(), value.b())
            })?;
        }
    }
    if let Some(bases) = class.getattr_opt(id!("__bases__"))? {
        let length = bases.len()?;
        for index in 0..length {
            let base = bases.seq_getitem(index.cast_signed())?;
            merge_class_dict(names, base.b())?;
        }
    }
    Ok(())
}
