//! `defaultdict`.

use builtins::dict::{Dict, Override, key_error};
use macros::{pyclass, pymethods};
use object::protocol::represent::ReprGuard;
use object::value::{str as text, tuple};
use object::{Borrowed, IntoPy, OptRef, PyResult, Ref, TypeObject, Visit, core, id, raise};

/// defaultdict(default_factory=None, /, [...]) --> dict with default factory
///
/// The default factory is called without arguments to produce
/// a new value when a key is not present, in __getitem__ only.
/// A defaultdict compares equal to a dict with the same items.
/// All remaining arguments are treated the same as if they were
/// passed to the dict constructor, including keyword arguments.
#[pyclass(name = "defaultdict", module = "collections", base = Dict, flags(BASETYPE), gc = manual)]
pub struct DefaultDict {
    dict: Dict,
    /// Factory for default value called by __missing__().
    #[member]
    default_factory: OptRef,
}

impl DefaultDict {
    /// A new instance of the same class with the same factory, from `content`.
    fn again(slf: Borrowed<'_, Self>, content: Borrowed<'_>) -> PyResult<Ref> {
        let factory = slf.default_factory.get().into_py()?;
        let object = slf.object();
        let class = object.class();
        class.borrowed().call(&[factory.b(), content])
    }

    fn duplicate(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::again(slf, slf.object())
    }
}

#[pymethods]
impl DefaultDict {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        let (factory, rest) = match tuple::items(args).unwrap_or_default() {
            [] => (None, tuple::empty()),
            [factory, rest @ ..] => {
                if !factory.is_callable() && !factory.is(&core::none()) {
                    return Err(raise!(TypeError, "first argument must be callable or None"));
                }
                (Some(factory.to_ref()), tuple::from_slice(rest)?)
            }
        };
        slf.default_factory.set(factory);
        match core::DICT.tp_init() {
            Some(init) => init(slf.object(), rest.b(), kwargs).into(),
            None => Ok(()),
        }
    }

    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        visit.raw(self.default_factory.as_ptr());
        for (key, value) in self.dict.iter() {
            visit.object(key.b());
            visit.object(value.b());
        }
    }

    #[slot(tp_clear)]
    fn clear(&self) {
        self.default_factory.set(None);
        self.dict.clear();
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let base = match core::DICT.tp_repr() {
            Some(repr) => repr(slf.object())?,
            None => text::empty(),
        };
        let factory = match slf.default_factory.get() {
            None => text::new("None")?,
            Some(factory) => match ReprGuard::enter(&factory) {
                Some(_guard) => factory.repr()?,
                None => text::new("...")?,
            },
        };
        let object = slf.object();
        let mut builder = text::Builder::new();
        builder.push_str(object.class().short_name())?;
        builder.push_str("(")?;
        builder.push_object(factory.b())?;
        builder.push_str(", ")?;
        builder.push_object(base.b())?;
        builder.push_str(")")?;
        builder.finish()
    }

    #[slot(nb_or)]
    fn or(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
        let (own, other) = match (left.downcast::<DefaultDict>(), right.downcast::<DefaultDict>()) {
            (Some(own), _) => (own, right),
            (None, Some(own)) => (own, left),
            (None, None) => return Ok(core::not_implemented().to_ref()),
        };
        if other.downcast::<Dict>().is_none() {
            return Ok(core::not_implemented().to_ref());
        }
        let new = Self::again(own, left)?;
        match new.b().downcast::<Dict>() {
            Some(dict) => dict.merge(right, Override::Replace)?,
            None => return Err(object::error::bad_internal_call()),
        }
        Ok(new)
    }

    /// __missing__(key) # Called by __getitem__ for missing key; pseudo-code:
    /// if self.default_factory is None: raise KeyError((key,))
    /// self[key] = value = self.default_factory()
    /// return value
    #[method("($self, key, /)")]
    fn __missing__(slf: Borrowed<'_, Self>, key: Borrowed<'_>) -> PyResult<Ref> {
        match slf.default_factory.get() {
            Some(factory) if !factory.is(&core::none()) => {
                let value = factory.call0()?;
                // What the factory itself put there counts.
                slf.dict.setdefault(key, value.b())
            }
            _ => Err(key_error(key)),
        }
    }

    /// D.copy() -> a shallow copy of D.
    #[method("($self, /)")]
    fn copy(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::duplicate(slf)
    }

    /// D.copy() -> a shallow copy of D.
    #[method("($self, /)")]
    fn __copy__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::duplicate(slf)
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let args = match slf.default_factory.get() {
            Some(factory) if !factory.is(&core::none()) => tuple::from_array([factory])?,
            _ => tuple::empty(),
        };
        let items = slf.object().call_method(id!("items"), &[])?.iter()?;
        tuple::from_array([slf.object().class().to_ref(), args, core::none_ref(), core::none_ref(), items])
    }

    /// defaultdicts are generic over two types, signifying (respectively) the types of the dictionary's keys and values
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        crate::generic_alias(cls, object)
    }
}
