//! `typing.ParamSpec` and its `args` and `kwargs`.

use super::{Variance, call_typing, default_of, evaluator, has_default, name_argument, name_of, no_subclass, type_check};
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::args::{Params, with_call_args};
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, TypeObject, core, id, memory};

/// Parameter specification variable.
///
/// The preferred way to construct a parameter specification is via the
/// dedicated syntax for generic functions, classes, and type aliases,
/// where the use of '**' creates a parameter specification::
///
///     type IntFunc[**P] = Callable[P, int]
///
/// The following syntax creates a parameter specification that defaults
/// to a callable accepting two positional-only arguments of types int
/// and str:
///
///     type IntFuncDefault[**P = [int, str]] = Callable[P, int]
///
/// For compatibility with Python 3.11 and earlier, ParamSpec objects
/// can also be created as follows::
///
///     P = ParamSpec('P')
///     DefaultP = ParamSpec('DefaultP', default=[int, str])
///
/// Parameter specification variables exist primarily for the benefit of
/// static type checkers.  They are used to forward the parameter types of
/// one callable to another callable, a pattern commonly found in
/// higher-order functions and decorators.  They are only valid when used
/// in ``Concatenate``, or as the first argument to ``Callable``, or as
/// parameters for user-defined Generics. See class Generic for more
/// information on generic types.
///
/// An example for annotating a decorator::
///
///     def add_logging[**P, T](f: Callable[P, T]) -> Callable[P, T]:
///         '''A type-safe decorator to add logging to a function.'''
///         def inner(*args: P.args, **kwargs: P.kwargs) -> T:
///             logging.info(f'{f.__name__} was called')
///             return f(*args, **kwargs)
///         return inner
///
///     @add_logging
///     def add_two(x: float, y: float) -> float:
///         '''Add two numbers together.'''
///         return x + y
///
/// Parameter specification variables can be introspected. e.g.::
///
///     >>> P = ParamSpec("P")
///     >>> P.__name__
///     'P'
///
/// Note that only parameter specification variables defined in the global
/// scope can be pickled.
#[pyclass(name = "ParamSpec", module = "typing", gc, dict = dict, weaklist = weakrefs)]
pub struct ParamSpec {
    head: PyObject,
    #[member(name = "__name__", readonly)]
    name: OptRef,
    #[member(name = "__bound__", readonly)]
    bound: OptRef,
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
    function: "paramspec",
    names: &["name", "bound", "default", "covariant", "contravariant", "infer_variance"],
    posonly: 0,
    positional: 1,
    required: 1,
    required_kwonly: &[false, false, false, false, false],
    varargs: false,
    varkw: false,
};

impl ParamSpec {
    fn make(name: Ref, bound: Option<Ref>, default: Option<Ref>, variance: Variance) -> PyResult<Ref> {
        let made = ParamSpec {
            head: <PyObject as abi::CStruct>::ZERO,
            name: OptRef::new(Some(name)),
            bound: OptRef::new(bound),
            default_value: OptRef::new(default),
            evaluate_default: OptRef::none(),
            covariant: Cell::new(variance.covariant),
            contravariant: Cell::new(variance.contravariant),
            infer_variance: Cell::new(variance.infer),
            dict: OptRef::none(),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(ParamSpec::type_object(), made).map(Ref::upcast)
    }

    /// A parameter in the syntax for type parameters.
    pub(super) fn inferred(name: Borrowed<'_>) -> PyResult<Ref> {
        Self::make(name.to_ref(), None, None, Variance::INFERRED)
    }

    pub(super) fn set_evaluate_default(&self, function: Option<Ref>) {
        self.evaluate_default.set(function);
    }
}

#[pymethods]
impl ParamSpec {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        with_call_args(args, kwargs, |args, nargs, kwnames| {
            let [name, bound, default, covariant, contravariant, infer] = PARAMS.bind::<6>(args, nargs, kwnames)?.values;
            let name = name_argument("paramspec", name)?;
            let variance = Variance::of(covariant, contravariant, infer)?;
            variance.check()?;
            let bound = match bound {
                Some(bound) if !bound.is(&core::none()) => Some(type_check(bound, "Bound must be a type.")?),
                _ => None,
            };
            let default = match default {
                Some(default) => default.to_ref(),
                None => super::no_default()?,
            };
            let made = Self::make(name, bound, Some(default), variance)?;
            super::set_module(made.b())?;
            Ok(made)
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

    /// Represents positional arguments.
    #[getter]
    fn args(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        ParamSpecArgs::make(slf.object())
    }

    /// Represents keyword arguments.
    #[getter]
    fn kwargs(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        ParamSpecKwargs::make(slf.object())
    }

    /// The default value for this ParamSpec.
    #[getter(name = "__default__")]
    fn get_default(&self) -> PyResult<Ref> {
        default_of(&self.default_value, &self.evaluate_default)
    }

    #[getter(name = "evaluate_default")]
    fn get_evaluate_default(&self) -> PyResult<Option<Ref>> {
        evaluator(&self.default_value, &self.evaluate_default)
    }

    #[method("($self, arg, /)")]
    fn __typing_subst__(slf: Borrowed<'_, Self>, arg: Borrowed<'_>) -> PyResult<Ref> {
        call_typing(id!("_paramspec_subst"), &[slf.object(), arg])
    }

    #[method("($self, alias, args, /)")]
    fn __typing_prepare_subst__(slf: Borrowed<'_, Self>, alias: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
        call_typing(id!("_paramspec_prepare_subst"), &[slf.object(), alias, args])
    }

    #[method("($self, /)")]
    fn has_default(&self) -> PyResult<bool> {
        has_default(&self.default_value, &self.evaluate_default)
    }

    #[method("($self, /)")]
    fn __reduce__(&self) -> Ref {
        name_of(&self.name)
    }

    #[method("($self, object, /)")]
    fn __mro_entries__(_slf: Borrowed<'_, Self>, _object: Borrowed<'_>) -> PyResult<Ref> {
        Err(no_subclass("ParamSpec"))
    }
}

/// `origin.args` or `origin.kwargs`, with the origin's bare name where it is a ParamSpec.
fn part_repr(origin: &OptRef, part: &str) -> PyResult<Ref> {
    let origin = origin.get().unwrap_or_else(core::none_ref);
    let mut builder = text::Builder::new();
    match origin.b().downcast::<ParamSpec>() {
        Some(spec) => builder.push_object(name_of(&spec.name).b())?,
        None => builder.push_object(origin.repr()?.b())?,
    }
    builder.push_str(part)?;
    builder.finish()
}

macro_rules! part {
    ($type:ident, $name:literal, $function:literal, $suffix:literal, $doc:literal) => {
        #[doc = $doc]
        #[pyclass(name = $name, module = "typing", gc, weaklist = weakrefs)]
        pub struct $type {
            head: PyObject,
            #[member(name = "__origin__", readonly)]
            origin: OptRef,
            #[trace(skip)]
            weakrefs: Cell<*mut PyObject>,
        }

        impl $type {
            fn make(origin: Borrowed<'_>) -> PyResult<Ref> {
                let made = $type {
                    head: <PyObject as abi::CStruct>::ZERO,
                    origin: OptRef::new(Some(origin.to_ref())),
                    weakrefs: Cell::new(std::ptr::null_mut()),
                };
                memory::new_instance($type::type_object(), made).map(Ref::upcast)
            }
        }

        #[pymethods]
        impl $type {
            #[slot(tp_new)]
            fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
                static PARAMS: Params = Params {
                    function: $function,
                    names: &["origin"],
                    posonly: 0,
                    positional: 1,
                    required: 1,
                    required_kwonly: &[],
                    varargs: false,
                    varkw: false,
                };
                with_call_args(args, kwargs, |args, nargs, kwnames| match PARAMS.bind::<1>(args, nargs, kwnames)?.values {
                    [Some(origin)] => Self::make(origin),
                    [None] => Err(object::error::bad_internal_call()),
                })
            }

            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Ref> {
                part_repr(&self.origin, $suffix)
            }

            #[slot(tp_richcompare)]
            fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
                let (Some(other), CompareOp::Eq | CompareOp::Ne) = (other.downcast::<$type>(), op) else {
                    return Ok(core::not_implemented().to_ref());
                };
                let origin = |part: &$type| part.origin.get().unwrap_or_else(core::none_ref);
                origin(self).richcompare(origin(other.get()).b(), op)
            }

            #[method("($self, object, /)")]
            fn __mro_entries__(_slf: Borrowed<'_, Self>, _object: Borrowed<'_>) -> PyResult<Ref> {
                Err(no_subclass($name))
            }
        }
    };
}

part! {
    ParamSpecArgs,
    "ParamSpecArgs",
    "paramspecargs",
    ".args",
    "The args for a ParamSpec object.\n\nGiven a ParamSpec object P, P.args is an instance of ParamSpecArgs.\n\nParamSpecArgs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.args.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers."
}
part! {
    ParamSpecKwargs,
    "ParamSpecKwargs",
    "paramspeckwargs",
    ".kwargs",
    "The kwargs for a ParamSpec object.\n\nGiven a ParamSpec object P, P.kwargs is an instance of ParamSpecKwargs.\n\nParamSpecKwargs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.kwargs.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers."
}
