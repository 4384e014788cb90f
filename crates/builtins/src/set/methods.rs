//! What Python sees of `set` and `frozenset`: slots and methods.

use super::iter::SetIterator;
use super::{FrozenSet, Set, allocate, any_set, is_any_set, lookup_hash, make};
use crate::dict::key_error;
use crate::iter::inherits_init;
use macros::pymethods;
use object::protocol::represent::ReprGuard;
use object::value::str as text;
use object::value::tuple;
use object::{ArgPtr, Borrowed, CompareOp, IntoPy, PyResult, Ref, StaticType, TypeObject, Visit, args, core, hooks, id, raise};

/// The parts that both types have.
macro_rules! shared {
    ($ty:ident, $generic:literal) => {
        #[pymethods(part = SHARED)]
        impl $ty {
            #[slot(tp_repr)]
            fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
                repr(slf)
            }

            #[slot(tp_iter)]
            fn iter_slot(slf: Borrowed<'_>) -> PyResult<Ref<SetIterator>> {
                SetIterator::create(slf.self_as::<Set>())
            }

            #[slot(tp_richcompare)]
            fn compare_slot(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
                compare(&slf.self_as::<Set>(), other, op)
            }

            #[slot(tp_traverse)]
            fn traverse(slf: Borrowed<'_>, visit: &mut Visit<'_>) {
                let set = slf.self_as::<Set>();
                for index in 0..=set.mask.get() {
                    if set.table.get().is_null() {
                        break;
                    }
                    let key = set.entry(index).key.get();
                    if key != super::dummy() {
                        visit.raw(key);
                    }
                }
            }

            #[slot(tp_clear)]
            fn clear_slot(slf: Borrowed<'_>) {
                slf.self_as::<Set>().clear();
            }

            #[slot(sq_length)]
            fn length(slf: Borrowed<'_>) -> PyResult<usize> {
                Ok(slf.self_as::<Set>().len())
            }

            #[slot(sq_contains)]
            fn contains_slot(slf: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<bool> {
                slf.self_as::<Set>().contains(value)
            }

            #[slot(nb_subtract)]
            fn subtract_slot(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                both(a, b, |a| a.difference(b))
            }

            #[slot(nb_and)]
            fn and_slot(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                both(a, b, |a| a.intersection(b))
            }

            #[slot(nb_xor)]
            fn xor_slot(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                both(a, b, |a| a.symmetric_difference(b))
            }

            #[slot(nb_or)]
            fn or_slot(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                both(a, b, |a| a.union_of(&[b]))
            }

            /// x.__contains__(y) <==> y in x.
            #[method(name = "__contains__", "($self, object, /)", coexist)]
            fn contains_method(slf: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<bool> {
                slf.self_as::<Set>().contains(object)
            }

            /// Return a shallow copy of a set.
            #[method(name = "copy", "($self, /)")]
            fn copy_method(slf: Borrowed<'_>) -> PyResult<Ref> {
                if slf.class().is_type(&core::FROZENSET) {
                    return Ok(slf.to_ref());
                }
                slf.self_as::<Set>().copy().map(Ref::upcast)
            }

            /// Return a new set with elements in the set that are not in the others.
            #[method(name = "difference", "($self, /, *others)")]
            fn difference_method(slf: Borrowed<'_>, others: &[Borrowed<'_>]) -> PyResult<Ref<Set>> {
                slf.self_as::<Set>().difference_of(others)
            }

            /// Return a new set with elements common to the set and all others.
            #[method(name = "intersection", "($self, /, *others)")]
            fn intersection_method(slf: Borrowed<'_>, others: &[Borrowed<'_>]) -> PyResult<Ref> {
                slf.self_as::<Set>().intersection_of(others).map(Ref::upcast)
            }

            /// Return True if two sets have a null intersection.
            #[method("($self, other, /)")]
            fn isdisjoint(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<bool> {
                slf.self_as::<Set>().is_disjoint(other)
            }

            /// Report whether another set contains this set.
            #[method("($self, other, /)")]
            fn issubset(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<bool> {
                slf.self_as::<Set>().is_subset_of_any(other)
            }

            /// Report whether this set contains another set.
            #[method("($self, other, /)")]
            fn issuperset(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<bool> {
                slf.self_as::<Set>().is_superset_of_any(other)
            }

            /// Return state information for pickling.
            #[method("($self, /)")]
            fn __reduce__(slf: Borrowed<'_>) -> PyResult<Ref> {
                let list = (hooks::get().list_new)(slf.to_vec()?)?;
                let state = slf.call_method(id!("__getstate__"), &[])?;
                (slf.class().to_ref(), tuple::from_array([list])?, state).into_py()
            }

            /// S.__sizeof__() -> size of S in memory, in bytes.
            #[method("($self, /)")]
            fn __sizeof__(slf: Borrowed<'_>) -> usize {
                slf.self_as::<Set>().size_of()
            }

            /// Return a new set with elements in either the set or other but not both.
            #[method(name = "symmetric_difference", "($self, other, /)")]
            fn symmetric_difference_method(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<Ref<Set>> {
                slf.self_as::<Set>().symmetric_difference(other)
            }

            /// Return a new set with elements from the set and all others.
            #[method("($self, /, *others)")]
            fn union(slf: Borrowed<'_>, others: &[Borrowed<'_>]) -> PyResult<Ref<Set>> {
                slf.self_as::<Set>().union_of(others)
            }

            #[doc = $generic]
            #[classmethod(name = "__class_getitem__", "($type, object, /)")]
            fn class_getitem(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
                (hooks::get().generic_alias)(class.object(), object)
            }
        }
    };
}
shared! { Set, "sets are generic over the type of their elements" }
shared! { FrozenSet, "frozensets are generic over the type of their elements" }

#[pymethods]
impl Set {
    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref<Set>> {
        allocate(&class)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Set>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords("set", kwargs)?;
        let args = tuple::items(args).unwrap_or_default();
        args::check_positional("set", args.len(), 0, 1)?;
        slf.clear();
        slf.hash.set(-1);
        args.first().map_or(Ok(()), |iterable| slf.update(*iterable))
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        let iterable = one_argument("set", args, nargsf, kwnames)?;
        make(&class.self_as::<TypeObject>(), iterable).map(Ref::upcast)
    }

    #[slot(nb_inplace_subtract)]
    fn inplace_subtract(slf: Borrowed<'_, Set>, other: Borrowed<'_>) -> PyResult<Ref> {
        in_place(slf, other, |set| set.difference_update(other))
    }

    #[slot(nb_inplace_and)]
    fn inplace_and(slf: Borrowed<'_, Set>, other: Borrowed<'_>) -> PyResult<Ref> {
        in_place(slf, other, |set| {
            let result = set.intersection(other)?;
            set.swap(&result);
            Ok(())
        })
    }

    #[slot(nb_inplace_xor)]
    fn inplace_xor(slf: Borrowed<'_, Set>, other: Borrowed<'_>) -> PyResult<Ref> {
        in_place(slf, other, |set| set.symmetric_difference_update(other))
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(slf: Borrowed<'_, Set>, other: Borrowed<'_>) -> PyResult<Ref> {
        in_place(slf, other, |set| set.update(other))
    }

    /// Add an element to a set.
    ///
    /// This has no effect if the element is already present.
    #[method(name = "add", "($self, object, /)")]
    fn add_method(slf: Borrowed<'_, Set>, object: Borrowed<'_>) -> PyResult<()> {
        slf.add(object)
    }

    /// Remove all elements from this set.
    #[method(name = "clear", "($self, /)")]
    fn clear_method(slf: Borrowed<'_, Set>) {
        slf.clear();
    }

    /// Remove an element from a set if it is a member.
    ///
    /// Unlike set.remove(), the discard() method does not raise
    /// an exception when an element is missing from the set.
    #[method(name = "discard", "($self, object, /)")]
    fn discard_method(slf: Borrowed<'_, Set>, object: Borrowed<'_>) -> PyResult<()> {
        slf.discard(object).map(drop)
    }

    /// Update the set, removing elements found in others.
    #[method(name = "difference_update", "($self, /, *others)")]
    fn difference_update_method(slf: Borrowed<'_, Set>, others: &[Borrowed<'_>]) -> PyResult<()> {
        others.iter().try_for_each(|other| slf.difference_update(*other))
    }

    /// Update the set, keeping only elements found in it and all others.
    #[method("($self, /, *others)")]
    fn intersection_update(slf: Borrowed<'_, Set>, others: &[Borrowed<'_>]) -> PyResult<()> {
        let result = slf.intersection_of(others)?;
        slf.swap(&result);
        Ok(())
    }

    /// Remove and return an arbitrary set element.
    ///
    /// Raises KeyError if the set is empty.
    #[method(name = "pop", "($self, /)")]
    fn pop_method(slf: Borrowed<'_, Set>) -> PyResult<Ref> {
        slf.pop().ok_or_else(|| raise!(KeyError, "pop from an empty set"))
    }

    /// Remove an element from a set; it must be a member.
    ///
    /// If the element is not a member, raise a KeyError.
    #[method("($self, object, /)")]
    fn remove(slf: Borrowed<'_, Set>, object: Borrowed<'_>) -> PyResult<()> {
        let hash = lookup_hash(object)?;
        if slf.discard_hashed(object, hash)? { Ok(()) } else { Err(key_error(object)) }
    }

    /// Update the set, keeping only elements found in either set, but not in both.
    #[method(name = "symmetric_difference_update", "($self, other, /)")]
    fn symmetric_difference_update_method(slf: Borrowed<'_, Set>, other: Borrowed<'_>) -> PyResult<()> {
        slf.symmetric_difference_update(other)
    }

    /// Update the set, adding elements from all others.
    #[method(name = "update", "($self, /, *others)")]
    fn update_method(slf: Borrowed<'_, Set>, others: &[Borrowed<'_>]) -> PyResult<()> {
        others.iter().try_for_each(|other| slf.update(*other))
    }
}

#[pymethods]
impl FrozenSet {
    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if inherits_init(&class, &core::FROZENSET) {
            no_keywords("frozenset", kwargs)?;
        }
        let args = tuple::items(args).unwrap_or_default();
        args::check_positional(class.tp_name(), args.len(), 0, 1)?;
        make_frozen(&class, args.first().copied())
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        let iterable = one_argument("frozenset", args, nargsf, kwnames)?;
        make_frozen(&class.self_as::<TypeObject>(), iterable)
    }

    #[slot(tp_hash)]
    fn hash_slot(slf: Borrowed<'_>) -> PyResult<isize> {
        let set = slf.self_as::<Set>();
        if set.hash.get() == -1 {
            set.hash.set(set.content_hash());
        }
        Ok(set.hash.get())
    }
}

fn make_frozen(class: &TypeObject, iterable: Option<Borrowed<'_>>) -> PyResult<Ref> {
    match iterable {
        Some(same) if class.is_type(&core::FROZENSET) && same.class().is_type(&core::FROZENSET) => Ok(same.to_ref()),
        iterable => make(class, iterable).map(Ref::upcast),
    }
}

/// TypeError where there are keyword arguments.
fn no_keywords(function: &str, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
    match kwargs {
        Some(kwargs) if kwargs.len()? != 0 => Err(raise!(TypeError, "{function}() takes no keyword arguments")),
        _ => Ok(()),
    }
}

/// The optional single argument of a vectorcall.
fn one_argument<'a>(
    function: &str,
    args: ArgPtr<'a>,
    nargsf: usize,
    kwnames: Option<Borrowed<'a>>,
) -> PyResult<Option<Borrowed<'a>>> {
    if kwnames.and_then(tuple::items).is_some_and(|names| !names.is_empty()) {
        return Err(raise!(TypeError, "{function}() takes no keyword arguments"));
    }
    let args = args.with_len((nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET).cast_signed());
    args::check_positional(function, args.len(), 0, 1)?;
    Ok(args.first().copied())
}

/// An operator of two sets; other operands are not implemented.
fn both(a: Borrowed<'_>, b: Borrowed<'_>, action: impl FnOnce(&Set) -> PyResult<Ref<Set>>) -> PyResult<Ref> {
    match any_set(a) {
        Some(a) if is_any_set(b) => action(&a).map(Ref::upcast),
        _ => Ok(core::not_implemented().to_ref()),
    }
}

fn in_place(slf: Borrowed<'_, Set>, other: Borrowed<'_>, action: impl FnOnce(&Set) -> PyResult<()>) -> PyResult<Ref> {
    if !is_any_set(other) {
        return Ok(core::not_implemented().to_ref());
    }
    action(&slf)?;
    Ok(slf.object().to_ref())
}

fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
    let class = slf.class();
    let name = class.tp_name();
    let Some(_guard) = ReprGuard::enter(&slf) else { return text::new(&format!("{name}(...)")) };
    if slf.self_as::<Set>().is_empty() {
        return text::new(&format!("{name}()"));
    }
    let plain = class.is_type(Set::type_object());
    let items = slf.to_vec()?;
    let mut out = text::Builder::new();
    if !plain {
        out.push_str(name)?;
        out.push_str("(")?;
    }
    out.push_str("{")?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ")?;
        }
        out.push_object(item.repr()?.b())?;
    }
    out.push_str(if plain { "}" } else { "})" })?;
    out.finish()
}

fn compare(slf: &Set, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
    let Some(other) = any_set(other) else { return Ok(core::not_implemented().to_ref()) };
    let equal = || -> PyResult<bool> {
        let (own_hash, other_hash) = (slf.hash.get(), other.hash.get());
        if slf.len() != other.len() || (own_hash != -1 && other_hash != -1 && own_hash != other_hash) {
            return Ok(false);
        }
        slf.is_subset(&other)
    };
    let holds = match op {
        CompareOp::Eq => equal()?,
        CompareOp::Ne => !equal()?,
        CompareOp::Le => slf.is_subset(&other)?,
        CompareOp::Ge => other.is_subset(slf)?,
        CompareOp::Lt => slf.len() < other.len() && slf.is_subset(&other)?,
        CompareOp::Gt => slf.len() > other.len() && other.is_subset(slf)?,
    };
    Ok(core::boolean(holds).to_ref())
}
