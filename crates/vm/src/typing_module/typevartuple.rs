//! `typing.TypeVarTuple`.

use super::{call_typing, default_of, evaluator, has_default, name_argument, name_of, no_subclass};
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::args::{Params, with_call_args};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, id, memory, raise};

/// Type variable tuple. A specialized form of type variable that enables
/// variadic generics.
///
/// The preferred way to construct a type variable tuple is via the
/// dedicated syntax for generic functions, classes, and type aliases,
/// where a single '*' indicates a type variable tuple::
///
///     def move_first_element_to_last[T, *Ts](tup: tuple[T, *Ts]) -> tuple[*Ts, T]:
///         return (*tup[1:], tup[0])
///
/// Type variables tuples can have default values:
///
///     type AliasWithDefault[*Ts = (str, int)] = tuple[*Ts]
///
/// For compatibility with Python 3.11 and earlier, TypeVarTuple objects
/// can also be created as follows::
///
///     Ts = TypeVarTuple('Ts')  # Can be given any name
///     DefaultTs = TypeVarTuple('Ts', default=(str, int))
///
/// Just as a TypeVar (type variable) is a placeholder for a single type,
/// a TypeVarTuple is a placeholder for an *arbitrary* number of types. For
/// example, if we define a generic class using a TypeVarTuple::
///
///     class C[*Ts]: ...
///
/// Then we can parameterize that class with an arbitrary number of type
/// arguments::
///
///     C[int]       # Fine
///     C[int, str]  # Also fine
///     C[()]        # Even this is fine
///
/// For more details, see PEP 646.
///
/// Note that only TypeVarTuples defined in the global scope can be
/// pickled.
#[pyclass(name = "TypeVarTuple", module = "typing", gc, dict = dict, weaklist = weakrefs)]
pub struct TypeVarTuple {
    head: PyObject,
    #[member(name = "__name__", readonly)]
    name: OptRef,
    default_value: OptRef,
    evaluate_default: OptRef,
    dict: OptRef,
    #[trace(skip)]
    weakrefs: Cell<*mut PyObject>,
}

static PARAMS: Params = Params {
    function: "typevartuple",
    names: &["name", "default"],
    posonly: 0,
    positional: 1,
    required: 1,
    required_kwonly: &[false],
    varargs: false,
    varkw: false,
};

impl TypeVarTuple {
    pub(super) fn new(name: Ref, default: Option<Ref>) -> PyResult<Ref> {
        let made = TypeVarTuple {
            head: <PyObject as abi::CStruct>::ZERO,
            name: OptRef::new(Some(name)),
            default_value: OptRef::new(default),
            evaluate_default: OptRef::none(),
            dict: OptRef::none(),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(TypeVarTuple::type_object(), made).map(Ref::upcast)
    }

    pub(super) fn set_evaluate_default(&self, function: Option<Ref>) {
        self.evaluate_default.set(function);
    }
}

#[pymethods]
impl TypeVarTuple {
    #[slot(tp_new)]
    fn construct(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        with_call_args(args, kwargs, |args, nargs, kwnames| {
            let [name, default] = PARAMS.bind::<2>(args, nargs, kwnames)?.values;
            let name = name_argument("typevartuple", name)?;
            let default = match default {
                Some(default) => default.to_ref(),
                None => super::no_default()?,
            };
            let made = Self::new(name, Some(default))?;
            super::set_module(made.b())?;
            Ok(made)
        })
    }

    #[slot(tp_repr)]
    fn repr(&self) -> Ref {
        name_of(&self.name)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        super::unpack_iterator(slf.object())
    }

    /// The default value for this TypeVarTuple.
    #[getter(name = "__default__")]
    fn get_default(&self) -> PyResult<Ref> {
        default_of(&self.default_value, &self.evaluate_default)
    }

    #[getter(name = "evaluate_default")]
    fn get_evaluate_default(&self) -> PyResult<Option<Ref>> {
        evaluator(&self.default_value, &self.evaluate_default)
    }

    #[method("($self, arg, /)")]
    fn __typing_subst__(_slf: Borrowed<'_, Self>, _arg: Borrowed<'_>) -> PyResult<Ref> {
        Err(raise!(TypeError, "Substitution of bare TypeVarTuple is not supported"))
    }

    #[method("($self, alias, args, /)")]
    fn __typing_prepare_subst__(slf: Borrowed<'_, Self>, alias: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
        call_typing(id!("_typevartuple_prepare_subst"), &[slf.object(), alias, args])
    }

    #[method("($self, /)")]
    fn __reduce__(&self) -> Ref {
        name_of(&self.name)
    }

    #[method("($self, /)")]
    fn has_default(&self) -> PyResult<bool> {
        has_default(&self.default_value, &self.evaluate_default)
    }

    #[method("($self, object, /)")]
    fn __mro_entries__(_slf: Borrowed<'_, Self>, _object: Borrowed<'_>) -> PyResult<Ref> {
        Err(no_subclass("TypeVarTuple"))
    }
}
