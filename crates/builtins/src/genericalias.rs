//! `types.GenericAlias`: `list[int]`.

use crate::object_::reduce;
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::slots::VectorcallFn;
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, TypeObject, core, error, exc, id, memory, raise};

/// Represent a PEP 585 generic type
///
/// E.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).
#[pyclass(
    name = "GenericAlias",
    module = "types",
    export = "Py_GenericAliasType",
    sig = "(origin, args, /)",
    flags(BASETYPE),
    weaklist = weakrefs,
    vectorcall = vectorcall,
    gc
)]
pub struct GenericAlias {
    head: PyObject,
    #[member(name = "__origin__", readonly)]
    origin: OptRef,
    #[member(name = "__args__", readonly)]
    args: OptRef,
    parameters: OptRef,
    #[trace(skip)]
    weakrefs: Cell<*mut PyObject>,
    starred: Cell<bool>,
    vectorcall: Cell<Option<VectorcallFn>>,
}

/// `types.GenericAlias(origin, args)`; arguments that are no tuple are the only one.
pub fn new(origin: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
    create(GenericAlias::type_object(), origin, args, false)
}

fn create(class: &TypeObject, origin: Borrowed<'_>, args: Borrowed<'_>, starred: bool) -> PyResult<Ref> {
    let args = if tuple::items(args).is_some() { args.to_ref() } else { tuple::from_slice(&[args])? };
    let made = memory::generic_alloc(class.borrowed_type(), 0)?;
    let alias = made.b().self_as::<GenericAlias>();
    alias.origin.set(Some(origin.to_ref()));
    alias.args.set(Some(args));
    alias.starred.set(starred);
    alias.vectorcall.set(Some(vectorcall));
    Ok(made)
}

/// The alias that `object` is, if it is one.
pub fn of<'a>(object: Borrowed<'a>) -> Option<Borrowed<'a, GenericAlias>> {
    object.downcast::<GenericAlias>()
}

extern "C-unwind" fn vectorcall(
    callable: Borrowed<'_>,
    args: *const Borrowed<'_>,
    nargsf: usize,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    // SAFETY: the arguments of a vectorcall.
    let (all, count) = unsafe { crate::cfunction::vector(args, nargsf, kwnames) };
    let made = callable.self_as::<GenericAlias>().origin().vectorcall(all, count, kwnames)?;
    set_orig_class(made, callable)
}

/// Instances remember the alias that made them, where they can.
fn set_orig_class(made: Ref, alias: Borrowed<'_>) -> PyResult<Ref> {
    match made.setattr(id!("__orig_class__"), alias) {
        Ok(()) => Ok(made),
        Err(raised) if raised.is_a(&exc::AttributeError) || raised.is_a(&exc::TypeError) => {
            raised.clear();
            Ok(made)
        }
        Err(raised) => Err(raised),
    }
}

impl GenericAlias {
    fn origin(&self) -> Ref {
        self.origin.get().unwrap_or_else(core::none_ref)
    }

    fn args(&self) -> Ref {
        self.args.get().unwrap_or_else(tuple::empty)
    }

    fn parameters(&self) -> PyResult<Ref> {
        if let Some(parameters) = self.parameters.get() {
            return Ok(parameters);
        }
        let parameters = make_parameters(self.args().b())?;
        self.parameters.set(Some(parameters.clone()));
        Ok(parameters)
    }
}

/// How a type is written in the representation of aliases and unions.
pub fn type_repr(builder: &mut text::Builder, item: Borrowed<'_>) -> PyResult<()> {
    if item.is(&core::ellipsis()) {
        return builder.push_str("...");
    }
    if item.is(&core::NONE_TYPE) {
        return builder.push_str("None");
    }
    let is_alias = item.hasattr(id!("__origin__"))? && item.hasattr(id!("__args__"))?;
    if !is_alias
        && let Some(qualname) = item.getattr_opt(id!("__qualname__"))?
        && let Some(module) = item.getattr_opt(id!("__module__"))?
        && !module.is(&core::none())
    {
        if !(text::check(module.b()) && text::eq_str(module.b(), "builtins")) {
            builder.push_object(module.str()?.b())?;
            builder.push_str(".")?;
        }
        return builder.push_object(qualname.str()?.b());
    }
    builder.push_object(item.repr()?.b())
}

fn repr_item(builder: &mut text::Builder, item: Borrowed<'_>) -> PyResult<()> {
    if !item.class().is_subtype(&core::LIST) {
        return type_repr(builder, item);
    }
    object::recursion::check(" in __repr__")?;
    builder.push_str("[")?;
    for (index, inner) in item.to_vec()?.iter().enumerate() {
        if index > 0 {
            builder.push_str(", ")?;
        }
        repr_item(builder, inner.b())?;
    }
    builder.push_str("]")
}

fn push_unique(list: &mut Vec<Ref>, item: Ref) {
    if !list.iter().any(|known| known.is(&item)) {
        list.push(item);
    }
}

/// The type variables in a tuple of arguments, each once (`_Py_make_parameters`).
pub fn make_parameters(args: Borrowed<'_>) -> PyResult<Ref> {
    object::recursion::check(" in __parameters__")?;
    let mut parameters = Vec::new();
    for arg in args.to_vec()? {
        // A class may have __parameters__ of its own, which are not free here.
        if arg.b().downcast::<TypeObject>().is_some() {
            continue;
        }
        if arg.hasattr(id!("__typing_subst__"))? {
            push_unique(&mut parameters, arg);
            continue;
        }
        let inner = match arg.getattr_opt(id!("__parameters__"))? {
            Some(inner) => Some(inner).filter(|inner| tuple::items(inner.b()).is_some()),
            None if arg.class().is_subtype(&core::TUPLE) || arg.class().is_subtype(&core::LIST) => {
                Some(make_parameters(arg.b())?)
            }
            None => None,
        };
        for parameter in crate::type_::tuple_items(inner.as_ref()) {
            push_unique(&mut parameters, parameter);
        }
    }
    tuple::from_vec(parameters)
}

/// The arguments of a subscription, with `*tuple[...]` unpacked.
fn unpack_arguments(item: Borrowed<'_>) -> PyResult<Vec<Ref>> {
    let given = match tuple::items(item) {
        Some(items) => items.iter().map(|item| item.to_ref()).collect(),
        None => vec![item.to_ref()],
    };
    let mut result = Vec::new();
    for item in given {
        if item.b().downcast::<TypeObject>().is_none()
            && let Some(unpacked) = item.getattr_opt(id!("__typing_unpacked_tuple_args__"))?
            && let Some(inner) = tuple::items(unpacked.b())
            && !inner.last().is_some_and(|last| last.is(&core::ellipsis()))
        {
            result.extend(inner.iter().map(|item| item.to_ref()));
            continue;
        }
        result.push(item);
    }
    Ok(result)
}

/// An argument with its own parameters replaced.
fn substitute_inner(object: Ref, parameters: &[Ref], arguments: &[Ref]) -> PyResult<Ref> {
    let Some(inner) = object.getattr_opt(id!("__parameters__"))? else { return Ok(object) };
    let Some(inner) = tuple::items(inner.b()) else { return Ok(object) };
    if inner.is_empty() {
        return Ok(object);
    }
    let mut replaced = Vec::new();
    for parameter in inner {
        let found = parameters.iter().position(|own| own.is(parameter)).and_then(|at| arguments.get(at));
        match found {
            // A TypeVarTuple stands for several.
            Some(argument) if parameter.class().tp_iter().is_some() && tuple::items(argument.b()).is_some() => {
                replaced.extend(crate::type_::tuple_items(Some(argument)));
            }
            Some(argument) => replaced.push(argument.clone()),
            None => replaced.push(parameter.to_ref()),
        }
    }
    let replaced = tuple::from_vec(replaced)?;
    object.getitem(replaced.b())
}

/// The arguments of `object` with its parameters replaced by those of the subscription `item` (`_Py_subs_parameters`).
pub fn substitute(object: Borrowed<'_>, args: Borrowed<'_>, parameters: Borrowed<'_>, item: Borrowed<'_>) -> PyResult<Vec<Ref>> {
    object::recursion::check(" in __getitem__")?;
    let names = crate::type_::tuple_items(Some(&parameters.to_ref()));
    if names.is_empty() {
        return Err(raise!(TypeError, "{} is not a generic class", object.repr_text()?));
    }
    let mut item = tuple::from_vec(unpack_arguments(item)?)?;
    for parameter in &names {
        let Some(prepare) = parameter.getattr_opt(id!("__typing_prepare_subst__"))? else { continue };
        if prepare.is(&core::none()) {
            continue;
        }
        let prepared = prepare.call(&[object, item.b()])?;
        item = if tuple::items(prepared.b()).is_some() { prepared } else { tuple::from_array([prepared])? };
    }
    let arguments = crate::type_::tuple_items(Some(&item));
    if arguments.len() != names.len() {
        return Err(raise!(
            TypeError,
            "Too {} arguments for {}; actual {}, expected {}",
            if arguments.len() > names.len() { "many" } else { "few" },
            object.repr_text()?,
            arguments.len(),
            names.len()
        ));
    }
    let mut result = Vec::new();
    for arg in args.to_vec()? {
        if arg.b().downcast::<TypeObject>().is_some() {
            result.push(arg);
            continue;
        }
        let (is_tuple, is_list) = (arg.class().is_subtype(&core::TUPLE), arg.class().is_subtype(&core::LIST));
        if is_tuple || is_list {
            let inner = substitute(object, arg.b(), parameters, item.b())?;
            result.push(if is_tuple { tuple::from_vec(inner)? } else { (object::hooks::get().list_new)(inner)? });
            continue;
        }
        let unpack = match arg.getattr_opt(id!("__typing_is_unpacked_typevartuple__"))? {
            Some(flag) => flag.is_true()?,
            None => false,
        };
        let replaced = match arg.getattr_opt(id!("__typing_subst__"))? {
            Some(subst) => {
                let at = names.iter().position(|own| own.is(&arg));
                match at.and_then(|at| arguments.get(at)) {
                    Some(argument) => subst.call1(argument.b())?,
                    None => return Err(error::bad_internal_call()),
                }
            }
            None => substitute_inner(arg.clone(), &names, &arguments)?,
        };
        if unpack {
            if tuple::items(replaced.b()).is_none() {
                return Err(raise!(
                    TypeError,
                    "expected __typing_subst__ of {} objects to return a tuple, not {}",
                    arg.class().tp_name(),
                    replaced.class().tp_name()
                ));
            }
            result.extend(crate::type_::tuple_items(Some(&replaced)));
        } else {
            result.push(replaced);
        }
    }
    Ok(result)
}

/// Attributes that are the alias's own; all others are the origin's.
const OWN: &[&str] = &[
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__copy__",
    "__deepcopy__",
];
/// Dunder names that are never the origin's.
const BLOCKED: &[&str] = &["__bases__", "__copy__", "__deepcopy__"];

#[pymethods]
impl GenericAlias {
    #[slot(tp_new)]
    fn make(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
            return Err(raise!(TypeError, "GenericAlias() takes no keyword arguments"));
        }
        let items = tuple::items(args).unwrap_or_default();
        object::args::check_positional("GenericAlias", items.len(), 2, 2)?;
        let [origin, arguments] = items else { return Err(error::bad_internal_call()) };
        create(&class, *origin, *arguments, false)
    }

    #[slot(tp_call)]
    fn call(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let made = slf.self_as::<GenericAlias>().origin().call_tuple(args, kwargs)?;
        set_orig_class(made, slf)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        object::recursion::check(" in __repr__")?;
        let mut builder = text::Builder::new();
        if slf.starred.get() {
            builder.push_str("*")?;
        }
        type_repr(&mut builder, slf.origin().b())?;
        builder.push_str("[")?;
        let args = slf.args();
        let items = tuple::items(args.b()).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                builder.push_str(", ")?;
            }
            repr_item(&mut builder, *item)?;
        }
        if items.is_empty() {
            builder.push_str("()")?;
        }
        builder.push_str("]")?;
        builder.finish()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let args = self.args().hash()?;
        Ok(self.origin().hash()? ^ args)
    }

    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let (Some(a), Some(b), CompareOp::Eq | CompareOp::Ne) = (of(slf), of(other), op) else {
            return Ok(core::not_implemented().to_ref());
        };
        let same = a.starred.get() == b.starred.get() && a.origin().eq(b.origin().b())? && a.args().eq(b.args().b())?;
        Ok(core::boolean(same == (op == CompareOp::Eq)).to_ref())
    }

    #[slot(tp_getattro)]
    fn getattr(slf: Borrowed<'_, Self>, name: Borrowed<'_>) -> PyResult<Ref> {
        let is_own = text::as_ascii(name).is_none_or(|name| OWN.contains(&name) || BLOCKED.contains(&name));
        if !is_own || !text::check(name) {
            return slf.origin().getattr(name);
        }
        crate::object_::getattr::get(slf.object(), name)
    }

    #[slot(mp_subscript)]
    fn getitem(slf: Borrowed<'_, Self>, item: Borrowed<'_>) -> PyResult<Ref> {
        let args = slf.args();
        let parameters = slf.parameters()?;
        let replaced = tuple::from_vec(substitute(slf.object(), args.b(), parameters.b(), item)?)?;
        create(GenericAlias::type_object(), slf.origin().b(), replaced.b(), slf.starred.get())
    }

    #[slot(nb_or)]
    fn or(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
        crate::union_::or(left, right)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let starred = create(GenericAlias::type_object(), slf.origin().b(), slf.args().b(), true)?;
        tuple::from_array([starred])?.iter()
    }

    #[getter(name = "__parameters__")]
    fn get_parameters(&self) -> PyResult<Ref> {
        self.parameters()
    }

    #[getter(name = "__unpacked__")]
    fn get_unpacked(&self) -> bool {
        self.starred.get()
    }

    #[getter(name = "__typing_unpacked_tuple_args__")]
    fn get_unpacked_tuple_args(&self) -> Ref {
        if self.starred.get() && self.origin().is(&core::TUPLE) { self.args() } else { core::none_ref() }
    }

    #[method(name = "__mro_entries__", text = None, "($self, bases, /)")]
    fn mro_entries(&self, _bases: Borrowed<'_>) -> PyResult<Ref> {
        tuple::from_array([self.origin()])
    }

    #[method(name = "__instancecheck__", text = None, "($self, instance, /)")]
    fn instancecheck(&self, _instance: Borrowed<'_>) -> PyResult<bool> {
        Err(raise!(TypeError, "isinstance() argument 2 cannot be a parameterized generic"))
    }

    #[method(name = "__subclasscheck__", text = None, "($self, subclass, /)")]
    fn subclasscheck(&self, _subclass: Borrowed<'_>) -> PyResult<bool> {
        Err(raise!(TypeError, "issubclass() argument 2 cannot be a parameterized generic"))
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        if slf.starred.get() {
            let plain = create(GenericAlias::type_object(), slf.origin().b(), slf.args().b(), false)?;
            let next = reduce::builtin(id!("next"))?;
            return tuple::from_array([next, tuple::from_array([plain.iter()?])?]);
        }
        let class = slf.object().class().to_ref();
        tuple::from_array([class, tuple::from_array([slf.origin(), slf.args()])?])
    }

    #[method(name = "__dir__", text = None, "($self, /)")]
    fn dir(&self) -> PyResult<Ref> {
        let names = self.origin().dir()?;
        for own in OWN {
            let name = text::new(own)?;
            if !names.contains(name.b())? {
                names.call_method(id!("append"), &[name.b()])?;
            }
        }
        Ok(names)
    }
}
