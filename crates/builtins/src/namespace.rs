//! `types.SimpleNamespace`.

use crate::type_::dicts;
use abi::PyObject;
use macros::{pyclass, pymethods};
use object::args::KwArgs;
use object::protocol::represent::ReprGuard;
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, TypeObject, core, memory, raise};

/// A simple attribute-based namespace.
#[pyclass(
    name = "SimpleNamespace",
    module = "types",
    export = "_PyNamespace_Type",
    sig = "(mapping_or_iterable=(), /, **kwargs)",
    flags(BASETYPE),
    dict = dict,
    gc
)]
pub struct Namespace {
    head: PyObject,
    dict: OptRef,
}

/// A namespace with these attributes.
pub fn new(attributes: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let dict = dicts::new()?;
    if let Some(attributes) = attributes {
        dicts::merge(dict.b(), attributes)?;
    }
    let head = <PyObject as abi::CStruct>::ZERO;
    memory::new_instance(Namespace::type_object(), Namespace { head, dict: OptRef::new(Some(dict)) }).map(Ref::upcast)
}

impl Namespace {
    fn dict(&self) -> PyResult<Ref> {
        if let Some(dict) = self.dict.get() {
            return Ok(dict);
        }
        let dict = dicts::new()?;
        self.dict.set(Some(dict.clone()));
        Ok(dict)
    }
}

#[pymethods]
impl Namespace {
    #[slot(tp_new)]
    fn make(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let object = memory::generic_alloc(class, 0)?;
        object.b().self_as::<Namespace>().dict.set(Some(dicts::new()?));
        Ok(object)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        let items = tuple::items(args).unwrap_or_default();
        object::args::check_positional(slf.object().class().short_name(), items.len(), 0, 1)?;
        let dict = slf.dict()?;
        if let Some(source) = items.first() {
            let given =
                if source.class().is_type(&core::DICT) { source.to_ref() } else { core::DICT.borrowed().call1(*source)? };
            check_keywords(given.b())?;
            dicts::merge(dict.b(), given.b())?;
        }
        if let Some(kwargs) = kwargs {
            check_keywords(kwargs)?;
            dicts::merge(dict.b(), kwargs)?;
        }
        Ok(())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let class = slf.object().get().class();
        let name = if class.is_type(Namespace::type_object()) { "namespace".to_owned() } else { class.short_name().to_owned() };
        let Some(_guard) = ReprGuard::enter(&slf.object()) else { return text::new(&format!("{name}(...)")) };
        let mut builder = text::Builder::new();
        builder.push_str(&name)?;
        builder.push_str("(")?;
        let mut first = true;
        for (key, value) in dicts::items(slf.dict()?.b())? {
            if !text::check(key.b()) || key.len()? == 0 {
                continue;
            }
            if !first {
                builder.push_str(", ")?;
            }
            first = false;
            builder.push_object(key.b())?;
            builder.push_str("=")?;
            builder.push_object(value.repr()?.b())?;
        }
        builder.push_str(")")?;
        builder.finish()
    }

    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        match (slf.downcast::<Namespace>(), other.downcast::<Namespace>()) {
            (Some(a), Some(b)) => a.dict()?.richcompare(b.dict()?.b(), op),
            _ => Ok(core::not_implemented().to_ref()),
        }
    }

    #[getter(name = "__dict__")]
    fn get_dict(&self) -> PyResult<Ref> {
        self.dict()
    }

    /// Return state information for pickling
    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        tuple::from_array([slf.object().class().to_ref(), tuple::empty(), slf.dict()?])
    }

    /// Return a copy of the namespace object with new values for the specified attributes.
    #[method(name = "__replace__", text = None, "($self, /, **changes)")]
    fn replace(slf: Borrowed<'_, Self>, changes: KwArgs<'_>) -> PyResult<Ref> {
        let made = slf.object().class().borrowed().call0()?;
        let Some(copied) = made.b().downcast::<Namespace>() else {
            return Err(raise!(
                TypeError,
                "expect types.SimpleNamespace type, but {}() returned '{}' object",
                slf.object().class().tp_name(),
                made.class().tp_name()
            ));
        };
        let dict = copied.dict()?;
        dicts::merge(dict.b(), slf.dict()?.b())?;
        for (name, value) in changes.iter() {
            dicts::set(dict.b(), name, value)?;
        }
        Ok(made)
    }
}

fn check_keywords(dict: Borrowed<'_>) -> PyResult<()> {
    for (key, _) in dicts::items(dict)? {
        if !text::check(key.b()) {
            return Err(raise!(TypeError, "keywords must be strings"));
        }
    }
    Ok(())
}
