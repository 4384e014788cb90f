//! `typing.Generic` and `typing.NoDefault`.

use abi::PyObject;
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, KwArgs, PyResult, Ref, StaticType, TypeObject, id, memory, raise};
use std::sync::atomic::{AtomicPtr, Ordering};

/// Abstract base class for generic types.
///
/// On Python 3.12 and newer, generic classes implicitly inherit from
/// Generic when they declare a parameter list after the class's name::
///
///     class Mapping[KT, VT]:
///         def __getitem__(self, key: KT) -> VT:
///             ...
///         # Etc.
///
/// On older versions of Python, however, generic classes have to
/// explicitly inherit from Generic.
///
/// After a class has been declared to be generic, it can then be used as
/// follows::
///
///     def lookup_name[KT, VT](mapping: Mapping[KT, VT], key: KT, default: VT) -> VT:
///         try:
///             return mapping[key]
///         except KeyError:
///             return default
#[pyclass(name = "Generic", module = "typing", flags(BASETYPE), gc, heap_like)]
pub struct Generic {
    head: PyObject,
}

/// `typing.function(class, *args, **kwargs)`.
fn forward(function: Borrowed<'_>, class: Borrowed<'_>, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
    let function = crate::support::import_module("typing")?.getattr(function)?;
    let all: Vec<Borrowed<'_>> = std::iter::once(class).chain(args.iter().copied()).collect();
    let kwargs = if kwargs.is_empty() { None } else { Some(kwargs.to_dict()?) };
    function.call_tuple(tuple::from_slice(&all)?.b(), kwargs.as_ref().map(Ref::b))
}

#[pymethods]
impl Generic {
    /// Parameterizes a generic class.
    ///
    /// At least, parameterizing a generic class is the *main* thing this
    /// method does.  For example, for some generic class `Foo`, this is
    /// called when we do `Foo[int]` - there, with `cls=Foo` and
    /// `params=int`.
    ///
    /// However, note that this method is also called when defining generic
    /// classes in the first place with `class Foo[T]: ...`.
    #[classmethod("($type, /, *args, **kwargs)", text = None)]
    fn __class_getitem__(class: Borrowed<'_, TypeObject>, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        forward(id!("_generic_class_getitem"), class.object(), args, kwargs)
    }

    /// Function to initialize subclasses.
    #[classmethod("($type, /, *args, **kwargs)", text = None)]
    fn __init_subclass__(class: Borrowed<'_, TypeObject>, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        forward(id!("_generic_init_subclass"), class.object(), args, kwargs)
    }
}

/// The type of the NoDefault singleton.
#[pyclass(name = "NoDefaultType")]
pub struct NoDefaultType {
    head: PyObject,
}

static NO_DEFAULT: AtomicPtr<PyObject> = AtomicPtr::new(std::ptr::null_mut());

/// `typing.NoDefault`.
pub fn no_default() -> PyResult<Ref> {
    if let Some(found) = std::ptr::NonNull::new(NO_DEFAULT.load(Ordering::Acquire)) {
        // SAFETY: the object was made immortal before it was stored.
        return Ok(unsafe { Borrowed::<object::Object>::from_ptr(found) }.to_ref());
    }
    let made = NoDefaultType { head: <PyObject as abi::CStruct>::ZERO };
    let made = memory::new_instance(NoDefaultType::type_object(), made)?.upcast();
    made.make_immortal();
    NO_DEFAULT.store(made.ptr(), Ordering::Release);
    Ok(made)
}

#[pymethods]
impl NoDefaultType {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let positional = tuple::items(args).map_or(0, <[_]>::len);
        if positional != 0 || kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
            return Err(raise!(TypeError, "NoDefaultType takes no arguments"));
        }
        no_default()
    }

    #[slot(tp_repr)]
    fn repr(_slf: Borrowed<'_>) -> &'static str {
        "typing.NoDefault"
    }

    #[method("($self, /)", text = None)]
    fn __reduce__(_slf: Borrowed<'_>) -> &'static str {
        "NoDefault"
    }
}
