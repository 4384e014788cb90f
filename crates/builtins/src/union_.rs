//! `typing.Union`: `int | str`.

use crate::genericalias::{self, make_parameters, substitute, type_repr};
use crate::object_::reduce;
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, TypeObject, core, id, memory, raise};

/// Represent a union type
///
/// E.g. for int | str
#[pyclass(name = "Union", module = "typing", export = "_PyUnion_Type", weaklist = weakrefs, gc)]
pub struct Union {
    head: PyObject,
    #[member(name = "__args__", readonly)]
    args: OptRef,
    /// The hashable arguments, as a frozenset.
    hashable: OptRef,
    /// The others.
    unhashable: OptRef,
    parameters: OptRef,
    #[trace(skip)]
    weakrefs: Cell<*mut PyObject>,
}

/// What may stand in `X | Y`.
fn is_unionable(object: Borrowed<'_>) -> bool {
    object.is(&core::none())
        || object.downcast::<TypeObject>().is_some()
        || genericalias::of(object).is_some()
        || object.downcast::<Union>().is_some()
        || object.class().tp_name() == "typing.TypeAliasType"
}

/// A union in the making: each argument once, in order.
struct Builder {
    args: Vec<Ref>,
    /// A set of the hashable ones.
    hashable: Ref,
    unhashable: Vec<Ref>,
    /// Every argument is put through `typing._type_check`.
    checked: bool,
}

impl Builder {
    fn new(checked: bool) -> PyResult<Self> {
        Ok(Builder { args: Vec::new(), hashable: core::SET.borrowed().call0()?, unhashable: Vec::new(), checked })
    }

    fn add(&mut self, arg: Borrowed<'_>) -> PyResult<()> {
        if arg.is(&core::none()) {
            return self.add_single(core::NONE_TYPE.to_ref());
        }
        if let Some(union) = arg.downcast::<Union>() {
            for arg in crate::type_::tuple_items(union.args.get().as_ref()) {
                self.add_single(arg)?;
            }
            return Ok(());
        }
        if self.checked {
            let typing = reduce::import(id!("typing"))?;
            let message = text::new("Union[arg, ...]: each arg must be a type.")?;
            let checked = typing.call_method(id!("_type_check"), &[arg, message.b()])?;
            return self.add_single(checked);
        }
        self.add_single(arg.to_ref())
    }

    fn add_single(&mut self, arg: Ref) -> PyResult<()> {
        match arg.hash() {
            Ok(_) => {
                if self.hashable.contains(arg.b())? {
                    return Ok(());
                }
                self.hashable.call_method(id!("add"), &[arg.b()])?;
            }
            Err(raised) => {
                raised.clear_if(&object::exc::TypeError)?;
                for known in &self.unhashable {
                    if known.eq(arg.b())? {
                        return Ok(());
                    }
                }
                self.unhashable.push(arg.clone());
            }
        }
        self.args.push(arg);
        Ok(())
    }

    fn finish(self) -> PyResult<Ref> {
        if let [_] = self.args.as_slice() {
            return self.args.into_iter().next().ok_or_else(object::error::bad_internal_call);
        }
        let unhashable = if self.unhashable.is_empty() { None } else { Some(tuple::from_vec(self.unhashable)?) };
        let union = Union {
            head: <PyObject as abi::CStruct>::ZERO,
            args: OptRef::new(Some(tuple::from_vec(self.args)?)),
            hashable: OptRef::new(Some(core::FROZENSET.borrowed().call1(self.hashable.b())?)),
            unhashable: OptRef::new(unhashable),
            parameters: OptRef::none(),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(Union::type_object(), union).map(Ref::upcast)
    }
}

/// `left | right` of types.
pub fn or(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
    if !is_unionable(left) || !is_unionable(right) {
        return Ok(core::not_implemented().to_ref());
    }
    let mut builder = Builder::new(false)?;
    builder.add(left)?;
    builder.add(right)?;
    builder.finish()
}

/// `Union[args]`: of anything that `typing` takes for a type.
pub fn from_args(args: Borrowed<'_>) -> PyResult<Ref> {
    let items = tuple::items(args).unwrap_or_default();
    if items.is_empty() {
        return Err(raise!(TypeError, "Cannot take a Union of no types."));
    }
    let mut builder = Builder::new(true)?;
    items.iter().try_for_each(|item| builder.add(*item))?;
    builder.finish()
}

impl Union {
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

/// Whether the two tuples hold equal items, in any order.
fn same_items(a: &Option<Ref>, b: &Option<Ref>) -> PyResult<bool> {
    let (a, b) = (crate::type_::tuple_items(a.as_ref()), crate::type_::tuple_items(b.as_ref()));
    if a.len() != b.len() {
        return Ok(false);
    }
    for item in &a {
        let mut found = false;
        for other in &b {
            if item.eq(other.b())? {
                found = true;
                break;
            }
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(true)
}

#[pymethods]
impl Union {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let mut builder = text::Builder::new();
        for (index, arg) in crate::type_::tuple_items(Some(&self.args())).iter().enumerate() {
            if index > 0 {
                builder.push_str(" | ")?;
            }
            type_repr(&mut builder, arg.b())?;
        }
        builder.finish()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        if self.unhashable.is_some() {
            // Some may have become hashable since: the error says which are not.
            for arg in crate::type_::tuple_items(self.unhashable.get().as_ref()) {
                arg.hash()?;
            }
            return core::FROZENSET.borrowed().call1(self.args().b())?.hash();
        }
        self.hashable.get().unwrap_or_else(core::none_ref).hash()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let (Some(other), CompareOp::Eq | CompareOp::Ne) = (other.downcast::<Union>(), op) else {
            return Ok(core::not_implemented().to_ref());
        };
        let or_none = |set: &OptRef| set.get().unwrap_or_else(core::none_ref);
        let same = or_none(&self.hashable).eq(or_none(&other.hashable).b())?
            && same_items(&self.unhashable.get(), &other.unhashable.get())?;
        Ok(core::boolean(same == (op == CompareOp::Eq)).to_ref())
    }

    #[slot(tp_getattro)]
    fn getattr(slf: Borrowed<'_, Self>, name: Borrowed<'_>) -> PyResult<Ref> {
        if text::eq_str(name, "__module__") {
            return slf.object().class().borrowed().getattr(name);
        }
        crate::object_::getattr::get(slf.object(), name)
    }

    #[slot(mp_subscript)]
    fn getitem(slf: Borrowed<'_, Self>, item: Borrowed<'_>) -> PyResult<Ref> {
        let parameters = slf.parameters()?;
        let args = slf.args();
        let replaced = substitute(slf.object(), args.b(), parameters.b(), item)?;
        let Some((first, rest)) = replaced.split_first() else {
            return Err(raise!(TypeError, "Cannot take a Union of no types."));
        };
        let mut result = first.clone();
        for arg in rest {
            result = object::protocol::number::or(result.b(), arg.b())?;
        }
        Ok(result)
    }

    #[slot(nb_or)]
    fn or(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
        or(left, right)
    }

    /// Type variables in the types.UnionType.
    #[getter(name = "__parameters__")]
    fn get_parameters(&self) -> PyResult<Ref> {
        self.parameters()
    }

    /// Always returns the type
    #[getter(name = "__origin__")]
    fn get_origin(&self) -> Ref {
        Union::type_object().to_ref()
    }

    /// Name of the type
    #[getter(name = "__name__")]
    fn get_name(&self) -> &'static str {
        "Union"
    }

    /// Qualified name of the type
    #[getter(name = "__qualname__")]
    fn get_qualname(&self) -> &'static str {
        "Union"
    }

    #[method(name = "__mro_entries__", text = None, "($self, bases, /)")]
    fn mro_entries(slf: Borrowed<'_, Self>, _bases: Borrowed<'_>) -> PyResult<Ref> {
        Err(raise!(TypeError, "Cannot subclass {}", slf.object().repr_text()?))
    }

    #[classmethod(name = "__class_getitem__", text = None, "($type, object, /)")]
    fn class_getitem(_class: Borrowed<'_, TypeObject>, item: Borrowed<'_>) -> PyResult<Ref> {
        if tuple::items(item).is_some() {
            return from_args(item);
        }
        let args = tuple::from_slice(&[item])?;
        from_args(args.b())
    }

    #[method(name = "__instancecheck__", text = None, "($self, instance, /)")]
    fn instancecheck(&self, instance: Borrowed<'_>) -> PyResult<bool> {
        let args = self.args();
        let items = tuple::items(args.b()).unwrap_or_default();
        if items.iter().any(|arg| genericalias::of(*arg).is_some()) {
            return Err(raise!(TypeError, "isinstance() argument 2 cannot be a parameterized generic"));
        }
        for arg in items {
            if instance.isinstance(*arg)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[method(name = "__subclasscheck__", text = None, "($self, subclass, /)")]
    fn subclasscheck(&self, subclass: Borrowed<'_>) -> PyResult<bool> {
        if subclass.downcast::<TypeObject>().is_none() {
            return Err(raise!(TypeError, "issubclass() arg 1 must be a class"));
        }
        let args = self.args();
        let items = tuple::items(args.b()).unwrap_or_default();
        if items.iter().any(|arg| genericalias::of(*arg).is_some()) {
            return Err(raise!(TypeError, "issubclass() argument 2 cannot be a parameterized generic"));
        }
        for arg in items {
            if subclass.issubclass(*arg)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    // operator.or_ over the arguments makes the union again.
    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let operator = reduce::import(id!("operator"))?;
        let getitem = operator.getattr(id!("getitem"))?;
        tuple::from_array([getitem, tuple::from_array([Union::type_object().to_ref(), slf.args()])?])
    }
}
