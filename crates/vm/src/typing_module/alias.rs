//! `typing.TypeAliasType`: what the statement `type` makes.

use super::{ParamSpec, TypeVar, TypeVarTuple, evaluated, evaluator, name_argument, name_of};
use abi::PyObject;
use macros::{pyclass, pymethods};
use object::args::{Params, with_call_args};
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, error, hooks, id, memory, raise};

/// Type alias.
///
/// Type aliases are created through the type statement::
///
///     type Alias = int
///
/// In this example, Alias and int will be treated equivalently by static
/// type checkers.
///
/// At runtime, Alias is an instance of TypeAliasType. The __name__
/// attribute holds the name of the type alias. The value of the type alias
/// is stored in the __value__ attribute. It is evaluated lazily, so the
/// value is computed only if the attribute is accessed.
///
/// Type aliases can also be generic::
///
///     type ListOrSet[T] = list[T] | set[T]
///
/// In this case, the type parameters of the alias are stored in the
/// __type_params__ attribute.
///
/// See PEP 695 for more information.
#[pyclass(name = "TypeAliasType", module = "typing", gc)]
pub struct TypeAliasType {
    head: PyObject,
    #[member(name = "__name__", readonly)]
    name: OptRef,
    /// A tuple that is not empty.
    type_params: OptRef,
    compute_value: OptRef,
    value: OptRef,
    module: OptRef,
}

static PARAMS: Params = Params {
    function: "typealias",
    names: &["name", "value", "type_params"],
    posonly: 0,
    positional: 2,
    required: 2,
    required_kwonly: &[false],
    varargs: false,
    varkw: false,
};

/// `type_params` must be a tuple of type parameters, those with a default last.
fn check_type_params(params: Borrowed<'_>) -> PyResult<()> {
    let Some(items) = tuple::items(params) else { return Err(raise!(TypeError, "type_params must be a tuple")) };
    let none = super::no_default()?;
    let mut default_seen = false;
    for item in items {
        let is_param = item.downcast::<TypeVar>().is_some()
            || item.downcast::<ParamSpec>().is_some()
            || item.downcast::<TypeVarTuple>().is_some();
        if !is_param {
            return Err(raise!(TypeError, "Expected a type param, got {}", item.repr_text()?));
        }
        if !item.getattr(id!("__default__"))?.is(&none) {
            default_seen = true;
        } else if default_seen {
            let shown = item.repr_text()?;
            return Err(raise!(TypeError, "non-default type parameter '{shown}' follows default type parameter"));
        }
    }
    Ok(())
}

impl TypeAliasType {
    fn make(name: Ref, params: Option<Ref>, compute: Option<Ref>, value: Option<Ref>, module: Option<Ref>) -> PyResult<Ref> {
        let params = params.filter(|params| tuple::items(params.b()).is_some_and(|items| !items.is_empty()));
        let made = TypeAliasType {
            head: <PyObject as abi::CStruct>::ZERO,
            name: OptRef::new(Some(name)),
            type_params: OptRef::new(params),
            compute_value: OptRef::new(compute),
            value: OptRef::new(value),
            module: OptRef::new(module),
        };
        memory::new_instance(TypeAliasType::type_object(), made).map(Ref::upcast)
    }

    /// An alias whose value is computed when it is asked for.
    pub(super) fn lazy(name: Borrowed<'_>, params: Borrowed<'_>, compute: Borrowed<'_>) -> PyResult<Ref> {
        Self::make(name.to_ref(), Some(params.to_ref()), Some(compute.to_ref()), None, None)
    }

    fn params(&self) -> Ref {
        self.type_params.get().unwrap_or_else(tuple::empty)
    }
}

#[pymethods]
impl TypeAliasType {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        with_call_args(args, kwargs, |args, nargs, kwnames| {
            let [name, value, params] = PARAMS.bind::<3>(args, nargs, kwnames)?.values;
            let name = name_argument("typealias", name)?;
            let value = value.ok_or_else(error::bad_internal_call)?;
            if let Some(params) = params {
                check_type_params(params)?;
            }
            let module = super::caller()?;
            Self::make(name, params.map(|params| params.to_ref()), None, Some(value.to_ref()), module)
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

    #[slot(nb_or)]
    fn or(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
        builtins::union_::or(left, right)
    }

    #[slot(mp_subscript)]
    fn getitem(slf: Borrowed<'_, Self>, args: Borrowed<'_>) -> PyResult<Ref> {
        if slf.type_params.is_none() {
            return Err(raise!(TypeError, "Only generic type aliases are subscriptable"));
        }
        (hooks::get().generic_alias)(slf.object(), args)
    }

    #[method("($self, /)")]
    fn __reduce__(&self) -> Ref {
        name_of(&self.name)
    }

    #[getter(name = "__parameters__")]
    fn get_parameters(&self) -> PyResult<Ref> {
        super::unpack_typevartuples(self.params().b())
    }

    #[getter(name = "__type_params__")]
    fn get_type_params(&self) -> Ref {
        self.params()
    }

    #[getter(name = "__value__")]
    fn get_value(&self) -> PyResult<Ref> {
        Ok(evaluated(&self.value, &self.compute_value)?.unwrap_or_else(core::none_ref))
    }

    #[getter(name = "evaluate_value")]
    fn get_evaluate_value(&self) -> PyResult<Option<Ref>> {
        evaluator(&self.value, &self.compute_value)
    }

    #[getter(name = "__module__")]
    fn get_module(&self) -> PyResult<Option<Ref>> {
        if let Some(module) = self.module.get() {
            return Ok(Some(module));
        }
        match self.compute_value.get() {
            Some(function) => function.getattr_opt(id!("__module__")),
            None => Ok(None),
        }
    }
}
