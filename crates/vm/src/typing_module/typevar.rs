//! `typing.TypeVar`.

use super::{
    Variance, call_typing, default_of, evaluated, evaluator, has_default, name_argument, name_of, no_subclass, type_check,
};
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::args::{Params, with_call_args};
use object::protocol::number;
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, id, memory, raise};

/// Type variable.
///
/// The preferred way to construct a type variable is via the dedicated
/// syntax for generic functions, classes, and type aliases::
///
///     class Sequence[T]:  # T is a TypeVar
///         ...
///
/// This syntax can also be used to create bound and constrained type
/// variables::
///
///     # S is a TypeVar bound to str
///     class StrSequence[S: str]:
///         ...
///
///     # A is a TypeVar constrained to str or bytes
///     class StrOrBytesSequence[A: (str, bytes)]:
///         ...
///
/// Type variables can also have defaults:
///
///     class IntDefault[T = int]:
///         ...
///
/// However, if desired, reusable type variables can also be constructed
/// manually, like so::
///
///    T = TypeVar('T')  # Can be anything
///    S = TypeVar('S', bound=str)  # Can be any subtype of str
///    A = TypeVar('A', str, bytes)  # Must be exactly str or bytes
///    D = TypeVar('D', default=int)  # Defaults to int
///
/// Type variables exist primarily for the benefit of static type
/// checkers.  They serve as the parameters for generic types as well
/// as for generic function and type alias definitions.
///
/// The variance of type variables is inferred by type checkers when they
/// are created through the type parameter syntax and when
/// ``infer_variance=True`` is passed. Manually created type variables may
/// be explicitly marked covariant or contravariant by passing
/// ``covariant=True`` or ``contravariant=True``. By default, manually
/// created type variables are invariant. See PEP 484 and PEP 695 for more
/// details.
#[pyclass(name = "TypeVar", module = "typing", gc, dict = dict, weaklist = weakrefs)]
pub struct TypeVar {
    head: PyObject,
    #[member(name = "__name__", readonly)]
    name: OptRef,
    bound: OptRef,
    evaluate_bound: OptRef,
    constraints: OptRef,
    evaluate_constraints: OptRef,
    default_value: OptRef,
    evaluate_default: OptRef,
    #[member(T_BOOL, name = "__covariant__", readonly)]
    covariant: Cell<bool>,
    #[member(T_BOOL, name = "__contravariant__", readonly)]
    contravariant: Cell<bool>,
    #[member(T_BOOL, name = "__infer_variance__", readonly)]
    infer_variance: Cell<bool>,
    dict: OptRef,
    #[trace(skip)]
    weakrefs: Cell<*mut PyObject>,
}

static PARAMS: Params = Params {
    function: "typevar",
    names: &["name", "bound", "default", "covariant", "contravariant", "infer_variance"],
    posonly: 0,
    positional: 1,
    required: 1,
    required_kwonly: &[false, false, false, false, false],
    varargs: true,
    varkw: false,
};

impl TypeVar {
    fn make(name: Ref, variance: Variance) -> PyResult<Ref<TypeVar>> {
        let made = TypeVar {
            head: <PyObject as abi::CStruct>::ZERO,
            name: OptRef::new(Some(name)),
            bound: OptRef::none(),
            evaluate_bound: OptRef::none(),
            constraints: OptRef::none(),
            evaluate_constraints: OptRef::none(),
            default_value: OptRef::none(),
            evaluate_default: OptRef::none(),
            covariant: Cell::new(variance.covariant),
            contravariant: Cell::new(variance.contravariant),
            infer_variance: Cell::new(variance.infer),
            dict: OptRef::none(),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(TypeVar::type_object(), made)
    }

    /// A parameter in the syntax for type parameters.
    pub(super) fn inferred(name: Borrowed<'_>, bound: Option<Borrowed<'_>>, constraints: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let made = Self::make(name.to_ref(), Variance::INFERRED)?;
        made.evaluate_bound.set(bound.map(|function| function.to_ref()));
        made.evaluate_constraints.set(constraints.map(|function| function.to_ref()));
        Ok(made.upcast())
    }

    pub(super) fn set_evaluate_default(&self, function: Option<Ref>) {
        self.evaluate_default.set(function);
    }
}

#[pymethods]
impl TypeVar {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        with_call_args(args, kwargs, |args, nargs, kwnames| {
            let bound_args = PARAMS.bind::<6>(args, nargs, kwnames)?;
            let [name, bound, default, covariant, contravariant, infer] = bound_args.values;
            let name = name_argument("typevar", name)?;
            let variance = Variance::of(covariant, contravariant, infer)?;
            let bound = match bound {
                Some(bound) if !bound.is(&core::none()) => Some(type_check(bound, "Bound must be a type.")?),
                _ => None,
            };
            variance.check()?;
            let constraints = match bound_args.rest {
                [] => None,
                [_] => return Err(raise!(TypeError, "A single constraint is not allowed")),
                _ if bound.is_some() => return Err(raise!(TypeError, "Constraints cannot be combined with bound=...")),
                several => Some(tuple::from_slice(several)?),
            };
            let default = match default {
                Some(default) => default.to_ref(),
                None => super::no_default()?,
            };
            let made = Self::make(name, variance)?;
            made.bound.set(bound);
            made.constraints.set(constraints);
            made.default_value.set(Some(default));
            super::set_module(made.b())?;
            Ok(made.upcast())
        })
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let variance = Variance {
            covariant: self.covariant.get(),
            contravariant: self.contravariant.get(),
            infer: self.infer_variance.get(),
        };
        variance.repr(&self.name)
    }

    #[slot(nb_or)]
    fn or(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
        builtins::union_::from_args(tuple::from_slice(&[left, right])?.b())
    }

    #[getter(name = "__bound__")]
    fn get_bound(&self) -> PyResult<Option<Ref>> {
        evaluated(&self.bound, &self.evaluate_bound)
    }

    #[getter(name = "__constraints__")]
    fn get_constraints(&self) -> PyResult<Ref> {
        Ok(evaluated(&self.constraints, &self.evaluate_constraints)?.unwrap_or_else(tuple::empty))
    }

    #[getter(name = "__default__")]
    fn get_default(&self) -> PyResult<Ref> {
        default_of(&self.default_value, &self.evaluate_default)
    }

    #[getter(name = "evaluate_bound")]
    fn get_evaluate_bound(&self) -> PyResult<Option<Ref>> {
        evaluator(&self.bound, &self.evaluate_bound)
    }

    #[getter(name = "evaluate_constraints")]
    fn get_evaluate_constraints(&self) -> PyResult<Option<Ref>> {
        evaluator(&self.constraints, &self.evaluate_constraints)
    }

    #[getter(name = "evaluate_default")]
    fn get_evaluate_default(&self) -> PyResult<Option<Ref>> {
        evaluator(&self.default_value, &self.evaluate_default)
    }

    #[method("($self, arg, /)")]
    fn __typing_subst__(slf: Borrowed<'_, Self>, arg: Borrowed<'_>) -> PyResult<Ref> {
        call_typing(id!("_typevar_subst"), &[slf.object(), arg])
    }

    #[method("($self, alias, args, /)")]
    fn __typing_prepare_subst__(slf: Borrowed<'_, Self>, alias: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
        let params = alias.getattr(id!("__parameters__"))?;
        let count = args.len()?;
        let mut index = None;
        for (at, param) in params.to_vec()?.iter().enumerate() {
            if param.eq(slf.object())? {
                index = Some(at);
                break;
            }
        }
        let Some(index) = index else { return Err(raise!(ValueError, "sequence.index(x): x not in sequence")) };
        if index < count {
            return Ok(args.to_ref());
        }
        if index == count {
            let default = default_of(&slf.default_value, &slf.evaluate_default)?;
            if !default.is(&*super::no_default()?) {
                return number::add(args, tuple::from_array([default])?.b());
            }
        }
        let shown = object::value::str::to_string_lossy(alias.str()?.b());
        Err(raise!(TypeError, "Too few arguments for {shown}; actual {count}, expected at least {}", index + 1))
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
        Err(no_subclass("TypeVar"))
    }
}
