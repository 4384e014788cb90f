//! `object`: the root of all classes.

pub mod getattr;
pub mod reduce;

use crate::type_::{attributes, dicts, storage};
use abi::{PyObject, tpflags};
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, IntoPy, PyResult, Raised, Ref, TypeObject, core, id, memory, raise};

/// The base class of the class hierarchy.
///
/// When called, it accepts no arguments and returns a new featureless
/// instance that has no instance attributes and cannot be given any.
#[pyclass(name = "object", cell = ::object::core::OBJECT, sig = "()", flags(BASETYPE), parts(MAIN, REDUCE))]
pub struct BaseObject {
    head: PyObject,
}

/// The hash of an address (`Py_HashPointer`).
#[inline]
pub fn pointer_hash(address: usize) -> isize {
    let hash = address.rotate_right(4).cast_signed();
    if hash == -1 { -2 } else { hash }
}

/// Whether a call of `object.__new__` or `object.__init__` has arguments.
fn excess(args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<bool> {
    let positional = tuple::items(args).is_some_and(|items| !items.is_empty());
    Ok(positional || kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0)
}

/// Instances of abstract classes cannot be made.
#[cold]
fn abstract_class(class: &TypeObject) -> Raised {
    let describe = || -> PyResult<Raised> {
        let methods = class.borrowed().getattr(id!("__abstractmethods__"))?;
        let mut names: Vec<Vec<u8>> = Vec::new();
        methods.for_each_item(|name| {
            names.push(text::to_wtf8(name.b()));
            Ok(())
        })?;
        names.sort();
        let quoted: Vec<String> = names.iter().map(|name| format!("'{}'", String::from_utf8_lossy(name))).collect();
        let plural = if quoted.len() > 1 { "s" } else { "" };
        Ok(raise!(
            TypeError,
            "Can't instantiate abstract class {} without an implementation for abstract method{plural} {}",
            class.tp_name(),
            quoted.join(", ")
        ))
    };
    describe().unwrap_or_else(|raised| raised)
}

/// Whether `object.__isabstractmethod__` is true.
pub fn is_abstract(object: Borrowed<'_>) -> PyResult<bool> {
    match object.getattr_opt(id!("__isabstractmethod__"))? {
        Some(value) => value.is_true(),
        None => Ok(false),
    }
}

/// Replaces an instance's `__dict__`; it cannot be deleted.
pub fn set_dict(object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    if value.is_none() {
        return Err(raise!(TypeError, "cannot delete __dict__"));
    }
    storage::set_dict(object, value)
}

/// Comparison by identity: `object`'s.
pub(crate) fn richcompare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
    let not_implemented = || Ok(core::not_implemented().to_ref());
    match op {
        // Identity says equal; anything else is for the other side to say.
        CompareOp::Eq if slf.is(&other) => Ok(core::true_().to_ref()),
        CompareOp::Ne => {
            let Some(compare) = slf.class().tp_richcompare() else { return not_implemented() };
            let equal = compare(slf, other, abi::compare::EQ)?;
            if equal.is(&core::not_implemented()) {
                return Ok(equal);
            }
            Ok(core::boolean(!equal.is_true()?).to_ref())
        }
        _ => not_implemented(),
    }
}

/// The address of a type's `tp_new`.
fn new_of(class: &TypeObject) -> Option<usize> {
    class.raw().tp_new.get().map(|function| function as usize)
}

/// The address of a type's `tp_init`.
fn init_of(class: &TypeObject) -> Option<usize> {
    class.raw().tp_init.get().map(|function| function as usize)
}

#[pymethods]
impl BaseObject {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if excess(args, kwargs)? {
            if new_of(&class) != new_of(&core::OBJECT) {
                return Err(raise!(TypeError, "object.__new__() takes exactly one argument (the type to instantiate)"));
            }
            if init_of(&class) == init_of(&core::OBJECT) {
                return Err(raise!(TypeError, "{}() takes no arguments", class.tp_name()));
            }
        }
        if class.has(tpflags::IS_ABSTRACT) {
            return Err(abstract_class(&class));
        }
        match class.tp_alloc() {
            Some(alloc) => alloc(class, 0),
            None => memory::generic_alloc(class, 0),
        }
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        if excess(args, kwargs)? {
            let class = slf.class();
            if init_of(class) != init_of(&core::OBJECT) {
                return Err(raise!(TypeError, "object.__init__() takes exactly one argument (the instance to initialize)"));
            }
            if new_of(class) == new_of(&core::OBJECT) {
                return Err(raise!(
                    TypeError,
                    "{}.__init__() takes exactly one argument (the instance to initialize)",
                    class.tp_name()
                ));
            }
        }
        Ok(())
    }

    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_>) {
        let ptr = slf.ptr();
        // SAFETY: the slot's contract: a plain object has no fields.
        unsafe {
            if slf.class().has(tpflags::HAVE_GC) {
                object::gc::untrack_if_tracked(ptr);
            }
            memory::finish_dealloc(ptr);
        }
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
        let class = slf.class();
        let mut builder = text::Builder::new();
        builder.push_str("<")?;
        let module = attributes::module(class).or_else(|raised| {
            raised.clear_if(&object::exc::AttributeError)?;
            Ok(core::none_ref())
        })?;
        if text::check(module.b()) && !text::eq_str(module.b(), "builtins") {
            builder.push_object(module.b())?;
            builder.push_str(".")?;
        }
        builder.push_object(attributes::qualname(class)?.b())?;
        builder.push_str(&format!(" object at {:p}>", slf.ptr()))?;
        builder.finish()
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        match slf.class().tp_repr() {
            Some(repr) => repr(slf),
            None => Self::repr(slf),
        }
    }

    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_>) -> PyResult<isize> {
        Ok(pointer_hash(slf.ptr().addr()))
    }

    #[slot(tp_getattro)]
    fn getattr(slf: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
        getattr::get(slf, name)
    }

    #[slot(tp_setattro)]
    fn setattr(slf: Borrowed<'_>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        getattr::set(slf, name, value)
    }

    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        richcompare(slf, other, op)
    }

    /// the object's class
    #[getter(name = "__class__")]
    fn get_class(slf: Borrowed<'_>) -> Ref {
        slf.class().to_ref()
    }

    #[setter(name = "__class__")]
    fn set_class(slf: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        crate::type_::class_assign::set_class(slf, value)
    }

    /// Abstract classes can override this to customize issubclass().
    ///
    /// This is invoked early on by abc.ABCMeta.__subclasscheck__().
    /// It should return True, False or NotImplemented.  If it returns
    /// NotImplemented, the normal algorithm is used.  Otherwise, it
    /// overrides the normal algorithm (and the outcome is cached).
    #[classmethod(name = "__subclasshook__", text = None, "($type, object, /)")]
    fn subclasshook(_cls: Borrowed<'_, TypeObject>, _object: Borrowed<'_>) -> Ref {
        core::not_implemented().to_ref()
    }

    /// This method is called when a class is subclassed.
    ///
    /// The default implementation does nothing. It may be
    /// overridden to extend subclasses.
    #[classmethod(name = "__init_subclass__", text = None, "($type, /)")]
    fn init_subclass(_cls: Borrowed<'_, TypeObject>) {}

    /// Default object formatter.
    ///
    /// Return str(self) if format_spec is empty. Raise TypeError otherwise.
    #[method(name = "__format__", "($self, format_spec, /)")]
    fn format(slf: Borrowed<'_>, format_spec: object::convert::Str<'_>) -> PyResult<Ref> {
        if !format_spec.data().is_empty() {
            return Err(raise!(TypeError, "unsupported format string passed to {}.__format__", slf.class().tp_name()));
        }
        slf.str()
    }

    /// Size of object in memory, in bytes.
    #[method(name = "__sizeof__", "($self, /)")]
    fn sizeof(slf: Borrowed<'_>) -> PyResult<Ref> {
        let raw = slf.class().raw();
        let mut size = 0usize;
        let item = raw.tp_itemsize.get().max(0).cast_unsigned();
        if item > 0 {
            let len = if slf.class().has(tpflags::LONG_SUBCLASS) {
                object::value::int::digits(slf).map_or(0, |(_, digits)| digits.len())
            } else {
                // SAFETY: a type with items has the header of a variable object.
                unsafe { (*slf.ptr().cast::<abi::PyVarObject>()).ob_size.get().unsigned_abs() }
            };
            size = len.saturating_mul(item);
        }
        if slf.class().has(tpflags::INLINE_VALUES) {
            size += object::inline_values_size(slf.class());
        }
        (size + raw.tp_basicsize.get().max(0).cast_unsigned()).into_py()
    }

    /// Default dir() implementation.
    #[method(name = "__dir__", "($self, /)")]
    fn dir(slf: Borrowed<'_>) -> PyResult<Ref> {
        let names = match slf.getattr_opt(id!("__dict__"))? {
            Some(dict) if dict.class().is_subtype(&core::DICT) => dicts::copy(dict.b())?,
            _ => dicts::new()?,
        };
        if let Some(class) = slf.getattr_opt(id!("__class__"))? {
            crate::type_::methods::merge_class_dict(names.b(), class.b())?;
        }
        let names = dicts::items(names.b())?.into_iter().map(|(name, _)| name).collect();
        (object::hooks::get().list_new)(names)
    }
}
