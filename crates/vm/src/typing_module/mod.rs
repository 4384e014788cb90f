//! The module `_typing`: type parameters, type aliases, `Generic` and `NoDefault` (PEP 484, 612, 646, 695, 696).
//!
//! Bounds, constraints, defaults and alias values that are written in the syntax for type parameters are evaluated when they are
//! first asked for; all other logic of typing is Python code in `typing`, which is called by name.

mod alias;
mod evaluator;
mod generic;
mod paramspec;
mod typevar;
mod typevartuple;

pub use alias::TypeAliasType;
pub use evaluator::ConstEvaluator;
pub use generic::{Generic, NoDefaultType, no_default};
pub use paramspec::{ParamSpec, ParamSpecArgs, ParamSpecKwargs};
pub use typevar::TypeVar;
pub use typevartuple::TypeVarTuple;

use crate::lifecycle::{frame_access, support};
use macros::pymodule;
use object::spec::TypeEntry;
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, StaticType, TypeObject, core, id, raise};

/// Primitives and accelerators for the typing module.
#[pymodule(name = "_typing")]
pub mod module {
    use object::{Borrowed, PyResult, Ref};

    #[pytype]
    use super::{Generic, ParamSpec, ParamSpecArgs, ParamSpecKwargs, TypeAliasType, TypeVar, TypeVarTuple};
    #[pytype]
    use builtins::union_::Union;

    #[pyfunction("($module, x, /)")]
    fn _idfunc(x: Borrowed<'_>) -> Ref {
        x.to_ref()
    }

    #[pyattr(name = "NoDefault")]
    fn no_default_attribute() -> PyResult<Ref> {
        super::no_default()
    }
}

/// The static types of the module, all of which the interpreter's own instructions need.
pub static TYPES: &[TypeEntry] = &[
    TypeEntry::of::<ConstEvaluator>(),
    TypeEntry::of::<NoDefaultType>(),
    TypeEntry::of::<Generic>(),
    TypeEntry::of::<TypeVar>(),
    TypeEntry::of::<ParamSpec>(),
    TypeEntry::of::<ParamSpecArgs>(),
    TypeEntry::of::<ParamSpecKwargs>(),
    TypeEntry::of::<TypeVarTuple>(),
    TypeEntry::of::<TypeAliasType>(),
];

/// Gives the types their `__module__` as an attribute that instances inherit, and Generic the constructor of `object`, as CPython's
/// heap types have them.
pub fn complete_types() -> PyResult<()> {
    let generic = Generic::type_object();
    generic.raw().tp_new.set(core::OBJECT.raw().tp_new.get());
    generic.remove_flags(abi::tpflags::DISALLOW_INSTANTIATION);
    TYPES.iter().try_for_each(|entry| builtins::type_::ready::when_dict_is_made((entry.type_object)(), add_module))
}

fn add_module(class: &TypeObject) -> PyResult<()> {
    let Some((module, _)) = class.tp_name().rsplit_once('.') else { return Ok(()) };
    let dict = builtins::type_::ready::dict_of(class)?;
    let key = id!("__module__");
    // TypeAliasType has a descriptor of that name.
    if support::dict_get(dict.b(), key)?.is_none() {
        builtins::type_::ready::set_in_dict(class, key, text::new(module)?.b())?;
    }
    Ok(())
}

/// `typing.function(*args)`.
fn call_typing(function: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
    crate::support::import_module("typing")?.getattr(function)?.call(args)
}

/// `typing._type_check(arg, message)`; None stands for its type.
fn type_check(arg: Borrowed<'_>, message: &str) -> PyResult<Ref> {
    if arg.is(&core::none()) {
        return Ok(core::NONE_TYPE.to_ref().upcast());
    }
    call_typing(id!("_type_check"), &[arg, text::new(message)?.b()])
}

/// `typing.Unpack[parameter]`.
fn unpack(parameter: Borrowed<'_>) -> PyResult<Ref> {
    crate::support::import_module("typing")?.getattr(id!("Unpack"))?.getitem(parameter)
}

/// The iterator of `*parameter`: over `typing.Unpack[parameter]` alone.
fn unpack_iterator(parameter: Borrowed<'_>) -> PyResult<Ref> {
    tuple::from_array([unpack(parameter)?])?.iter()
}

/// The type parameters with `Unpack[Ts]` in the place of each TypeVarTuple.
fn unpack_typevartuples(params: Borrowed<'_>) -> PyResult<Ref> {
    let items = tuple::items(params).unwrap_or_default();
    if !items.iter().any(|item| item.downcast::<TypeVarTuple>().is_some()) {
        return Ok(params.to_ref());
    }
    let mut unpacked = Vec::with_capacity(items.len());
    for item in items {
        unpacked.push(if item.downcast::<TypeVarTuple>().is_some() { unpack(*item)? } else { item.to_ref() });
    }
    tuple::from_vec(unpacked)
}

/// The module of the Python function that is running.
fn caller() -> PyResult<Option<Ref>> {
    match frame_access::globals() {
        Some(globals) => support::dict_get(globals.b(), id!("__name__")),
        None => Ok(None),
    }
}

/// Notes in an instance that a program made where that was.
fn set_module(made: Borrowed<'_>) -> PyResult<()> {
    let module = caller()?.unwrap_or_else(core::none_ref);
    made.setattr(id!("__module__"), module.b())
}

/// A value that may have to be evaluated first; none where there is neither a value nor a function that gives it.
fn evaluated(value: &OptRef, evaluate: &OptRef) -> PyResult<Option<Ref>> {
    if let Some(value) = value.get() {
        return Ok(Some(value));
    }
    let Some(function) = evaluate.get() else { return Ok(None) };
    let result = match function.b().downcast_exact::<ConstEvaluator>() {
        Some(constant) => constant.value(),
        None => function.call1(int::new(1)?.b())?,
    };
    value.set(Some(result.clone()));
    Ok(Some(result))
}

/// The function that gives a value: as the compiler made it, or one around the value.
fn evaluator(value: &OptRef, evaluate: &OptRef) -> PyResult<Option<Ref>> {
    if let Some(function) = evaluate.get() {
        return Ok(Some(function));
    }
    value.get().map(ConstEvaluator::new).transpose()
}

/// `has_default()` of a type parameter.
fn has_default(value: &OptRef, evaluate: &OptRef) -> PyResult<bool> {
    let none = no_default()?;
    Ok(evaluate.is_some() || value.get().is_some_and(|value| !value.is(&none)))
}

/// `__default__` of a type parameter.
fn default_of(value: &OptRef, evaluate: &OptRef) -> PyResult<Ref> {
    match evaluated(value, evaluate)? {
        Some(value) => Ok(value),
        None => no_default(),
    }
}

/// The `name` argument of a constructor.
fn name_argument(function: &str, name: Option<Borrowed<'_>>) -> PyResult<Ref> {
    match name {
        Some(name) if text::check(name) => Ok(name.to_ref()),
        Some(name) => {
            let found = if name.is(&core::none()) { "None" } else { name.class().tp_name() };
            Err(raise!(TypeError, "{function}() argument 'name' must be str, not {found}"))
        }
        None => Err(raise!(TypeError, "{function}() missing required argument 'name' (pos 1)")),
    }
}

/// The three flags of variance, checked against each other.
#[derive(Clone, Copy)]
struct Variance {
    covariant: bool,
    contravariant: bool,
    infer: bool,
}

impl Variance {
    /// Of a parameter in the syntax for type parameters.
    const INFERRED: Self = Variance { covariant: false, contravariant: false, infer: true };

    fn of(covariant: Option<Borrowed<'_>>, contravariant: Option<Borrowed<'_>>, infer: Option<Borrowed<'_>>) -> PyResult<Self> {
        let flag = |value: Option<Borrowed<'_>>| value.map_or(Ok(false), |value| value.is_true());
        Ok(Variance { covariant: flag(covariant)?, contravariant: flag(contravariant)?, infer: flag(infer)? })
    }

    fn check(self) -> PyResult<()> {
        if self.covariant && self.contravariant {
            return Err(raise!(ValueError, "Bivariant types are not supported."));
        }
        if self.infer && (self.covariant || self.contravariant) {
            return Err(raise!(ValueError, "Variance cannot be specified with infer_variance."));
        }
        Ok(())
    }

    /// The name with the variance's sign.
    fn repr(self, name: &OptRef) -> PyResult<Ref> {
        let mut builder = text::Builder::new();
        if !self.infer {
            builder.push_str(match (self.covariant, self.contravariant) {
                (true, _) => "+",
                (_, true) => "-",
                _ => "~",
            })?;
        }
        builder.push_object(name_of(name).b())?;
        builder.finish()
    }
}

fn name_of(name: &OptRef) -> Ref {
    name.get().unwrap_or_else(text::empty)
}

/// What `__mro_entries__` raises.
fn no_subclass(class: &str) -> Raised {
    raise!(TypeError, "Cannot subclass an instance of {class}")
}

/// The type variable of the intrinsic functions: a name, and the function that gives its bound or constraints.
pub fn make_typevar(name: Borrowed<'_>, bound: Option<Borrowed<'_>>, constraints: Option<Borrowed<'_>>) -> PyResult<Ref> {
    TypeVar::inferred(name, bound, constraints)
}

/// `**P` in the syntax for type parameters.
pub fn make_paramspec(name: Borrowed<'_>) -> PyResult<Ref> {
    ParamSpec::inferred(name)
}

/// `*Ts` in the syntax for type parameters.
pub fn make_typevartuple(name: Borrowed<'_>) -> PyResult<Ref> {
    TypeVarTuple::new(name.to_ref(), None)
}

/// The statement `type`: (name, type parameters or None, function that gives the value).
pub fn make_type_alias(parts: Borrowed<'_>) -> PyResult<Ref> {
    let Some([name, params, compute]) = tuple::items(parts) else {
        return Err(raise!(SystemError, "a type alias has three parts"));
    };
    TypeAliasType::lazy(*name, *params, *compute)
}

/// Sets the function that gives a type parameter's default.
pub fn set_typeparam_default(param: Borrowed<'_>, evaluate: Borrowed<'_>) -> PyResult<Ref> {
    let evaluate = Some(evaluate.to_ref());
    if let Some(param) = param.downcast::<TypeVar>() {
        param.set_evaluate_default(evaluate);
    } else if let Some(param) = param.downcast::<ParamSpec>() {
        param.set_evaluate_default(evaluate);
    } else if let Some(param) = param.downcast::<TypeVarTuple>() {
        param.set_evaluate_default(evaluate);
    } else {
        return Err(raise!(TypeError, "Expected a type param, got {}", param.repr_text()?));
    }
    Ok(param.to_ref())
}

/// `Generic[params]`, the base that a class with type parameters gets.
pub fn subscript_generic(params: Borrowed<'_>) -> PyResult<Ref> {
    let params = unpack_typevartuples(params)?;
    call_typing(id!("_GenericAlias"), &[Generic::type_object().borrowed(), params.b()])
}
