//! The three views of a dict: `keys()`, `values()`, `items()`.

use super::Dict;
use super::core::Position;
use super::iter::{
    DictItemIterator, DictKeyIterator, DictReverseItemIterator, DictReverseKeyIterator, DictReverseValueIterator,
    DictValueIterator,
};
use crate::set::{self, Set};
use abi::PyObject;
use macros::{pyclass, pymethods};
use object::protocol::represent::ReprGuard;
use object::value::str as text;
use object::value::tuple;
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, core, id, memory};

/// What a view shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// `keys()`
    Keys,
    /// `values()`
    Values,
    /// `items()`
    Items,
}

/// The dict that a view shows a part of, where the object is a view.
pub fn viewed(object: Borrowed<'_>) -> Option<(Ref<Dict>, Part)> {
    if let Some(view) = object.downcast_exact::<DictItems>() {
        return Some((view.dict.get()?, Part::Items));
    }
    if let Some(view) = object.downcast_exact::<DictValues>() {
        return Some((view.dict.get()?, Part::Values));
    }
    let view = object.downcast_exact::<DictKeys>()?;
    Some((view.dict.get()?, Part::Keys))
}

macro_rules! view_types {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $cell:ident, $iterator:ident, [$($part:ident),*];)*) => { $(
        $(#[$meta])*
        #[pyclass(name = $text, cell = object::core::$cell, gc, parts(MAIN, $($part),*))]
        pub struct $name {
            header: PyObject,
            dict: OptRef<Dict>,
        }

        impl $name {
            /// A view of `dict`.
            pub fn create(dict: Borrowed<'_, Dict>) -> PyResult<Ref<$name>> {
                let header = <PyObject as abi::CStruct>::ZERO;
                memory::new_instance(Self::type_object(), $name { header, dict: OptRef::new(Some(dict.to_ref())) })
            }
        }

        #[pymethods]
        impl $name {
            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Ref> {
                match self.dict.get() {
                    Some(dict) => $iterator::create(dict.borrow()).map(Ref::upcast),
                    None => Ok(core::none_ref()),
                }
            }

            #[slot(sq_length)]
            fn length(&self) -> PyResult<usize> {
                Ok(self.dict.get().map_or(0, |dict| dict.len()))
            }

            #[slot(tp_repr)]
            fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
                let Some(_guard) = ReprGuard::enter(&slf) else { return text::new("...") };
                let items = (object::hooks::get().list_new)(slf.to_vec()?)?;
                let mut out = text::Builder::new();
                out.push_str(slf.class().short_name())?;
                out.push_str("(")?;
                out.push_object(items.repr()?.b())?;
                out.push_str(")")?;
                out.finish()
            }

            /// dictionary that this view refers to
            #[getter]
            fn mapping(&self) -> PyResult<Ref> {
                match self.dict.get() {
                    Some(dict) => core::MAPPING_PROXY.call1(dict.b()),
                    None => Ok(core::none_ref()),
                }
            }
        }
    )* };
}

view_types! {
    /// What `dict.keys()` gives.
    DictKeys = "dict_keys", DICT_KEYS, DictKeyIterator, [EXTRA, REVERSED];
    /// What `dict.values()` gives.
    DictValues = "dict_values", DICT_VALUES, DictValueIterator, [EXTRA];
    /// What `dict.items()` gives.
    DictItems = "dict_items", DICT_ITEMS, DictItemIterator, [EXTRA, REVERSED];
}

/// `value in view`.
trait Holds: StaticType {
    fn dict(&self) -> Option<Ref<Dict>>;
    fn holds(&self, value: Borrowed<'_>) -> PyResult<bool>;
}

impl Holds for DictKeys {
    fn dict(&self) -> Option<Ref<Dict>> {
        self.dict.get()
    }
    fn holds(&self, value: Borrowed<'_>) -> PyResult<bool> {
        self.dict.get().map_or(Ok(false), |dict| dict.contains(value))
    }
}

impl Holds for DictItems {
    fn dict(&self) -> Option<Ref<Dict>> {
        self.dict.get()
    }
    fn holds(&self, value: Borrowed<'_>) -> PyResult<bool> {
        let (Some(dict), Some([key, wanted])) = (self.dict.get(), tuple::items(value)) else { return Ok(false) };
        match dict.get(*key)? {
            Some(found) => found.compare_bool(*wanted, CompareOp::Eq),
            None => Ok(false),
        }
    }
}

/// Number of items of a keys or items view.
fn view_len(view: Borrowed<'_>) -> Option<usize> {
    let dict = match (view.downcast::<DictKeys>(), view.downcast::<DictItems>()) {
        (Some(view), _) => view.get().dict(),
        (None, Some(view)) => view.get().dict(),
        (None, None) => return None,
    };
    Some(dict.map_or(0, |dict| dict.len()))
}

fn view_holds(view: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<bool> {
    match (view.downcast::<DictKeys>(), view.downcast::<DictItems>()) {
        (Some(view), _) => view.get().holds(value),
        (None, Some(view)) => view.get().holds(value),
        (None, None) => view.contains(value),
    }
}

/// A new set of what any iterable gives; the keys of a keys view come from the dict itself.
fn to_set(left: Borrowed<'_>) -> PyResult<Ref<Set>> {
    let result = Set::new()?;
    if let Some(dict) = left.downcast_exact::<DictKeys>().and_then(|view| view.get().dict())
        && dict.b().class().is_type(&core::DICT)
    {
        result.update(dict.b())?;
    } else {
        result.update(left)?;
    }
    Ok(result)
}

fn all_contained_in(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<bool> {
    let iterator = a.iter()?;
    while let Some(item) = iterator.next()? {
        if !b.contains(item.b())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn compare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
    let Some(own_len) = view_len(slf) else { return Ok(core::not_implemented().to_ref()) };
    if !set::is_any_set(other) && view_len(other).is_none() {
        return Ok(core::not_implemented().to_ref());
    }
    let other_len = other.len()?;
    let holds = match op {
        CompareOp::Ne => !(own_len == other_len && all_contained_in(slf, other)?),
        CompareOp::Eq => own_len == other_len && all_contained_in(slf, other)?,
        CompareOp::Lt => own_len < other_len && all_contained_in(slf, other)?,
        CompareOp::Le => own_len <= other_len && all_contained_in(slf, other)?,
        CompareOp::Gt => own_len > other_len && all_contained_in(other, slf)?,
        CompareOp::Ge => own_len >= other_len && all_contained_in(other, slf)?,
    };
    Ok(core::boolean(holds).to_ref())
}

fn subtract(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    let result = to_set(a)?;
    result.b().call_method(id!("difference_update"), &[b])?;
    Ok(result.upcast())
}

fn union(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    let result = to_set(a)?;
    result.update(b)?;
    Ok(result.upcast())
}

fn intersect(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    let (mut view, mut other, mut len) = match (view_len(a), view_len(b)) {
        (Some(len), _) => (a, b, len),
        (None, Some(len)) => (b, a, len),
        (None, None) => return Ok(core::not_implemented().to_ref()),
    };
    if set::is_exact_any_set(other) && len <= other.len()? {
        return other.call_method(id!("intersection"), &[view]);
    }
    if let Some(other_len) = view_len(other)
        && other_len > len
    {
        std::mem::swap(&mut view, &mut other);
        len = other_len;
    }
    let _ = len;
    let result = Set::new()?;
    other.for_each_item(|item| if view_holds(view, item.b())? { result.add(item.b()) } else { Ok(()) })?;
    Ok(result.upcast())
}

fn symmetric_difference(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    if let (Some(a), Some(b)) = (a.downcast::<DictItems>(), b.downcast::<DictItems>())
        && let (Some(a), Some(b)) = (a.get().dict(), b.get().dict())
    {
        return items_symmetric_difference(&a, &b);
    }
    let result = to_set(a)?;
    result.b().call_method(id!("symmetric_difference_update"), &[b])?;
    Ok(result.upcast())
}

/// The pairs that stand in one of two dicts; equal pairs are never hashed.
fn items_symmetric_difference(a: &Ref<Dict>, b: &Ref<Dict>) -> PyResult<Ref> {
    let (small, large) = if a.len() > b.len() { (b, a) } else { (a, b) };
    let rest = large.copy()?;
    let result = Set::new()?;
    let mut position = Position::default();
    while let Some(item) = small.next_item(&mut position) {
        let theirs = rest.get_known_hash(item.key.b(), item.hash)?;
        let same = match &theirs {
            Some(theirs) => item.value.compare_bool(theirs.b(), CompareOp::Eq)?,
            None => false,
        };
        if same {
            rest.remove_known_hash(item.key.b(), item.hash)?;
        } else {
            result.add(tuple::from_array([item.key, item.value])?.b())?;
        }
    }
    let mut position = Position::default();
    while let Some(item) = rest.next_item(&mut position) {
        result.add(tuple::from_array([item.key, item.value])?.b())?;
    }
    Ok(result.upcast())
}

fn is_disjoint(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<bool> {
    let own_len = view_len(slf).unwrap_or(0);
    if slf.is(&other) {
        return Ok(own_len == 0);
    }
    let (mut container, mut other) = (slf, other);
    if (set::is_exact_any_set(other) || view_len(other).is_some()) && other.len()? > own_len {
        std::mem::swap(&mut container, &mut other);
    }
    let iterator = other.iter()?;
    while let Some(item) = iterator.next()? {
        if container.contains(item.b())? {
            return Ok(false);
        }
    }
    Ok(true)
}

macro_rules! set_like {
    ($($name:ident;)*) => { $(
        #[pymethods(part = EXTRA)]
        impl $name {
            #[slot(sq_contains)]
            fn contains_slot(&self, value: Borrowed<'_>) -> PyResult<bool> {
                self.holds(value)
            }

            #[slot(tp_richcompare)]
            fn compare_slot(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
                compare(slf, other, op)
            }

            #[slot(nb_subtract)]
            fn subtract_slot(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                subtract(a, b)
            }

            #[slot(nb_and)]
            fn and_slot(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                intersect(a, b)
            }

            #[slot(nb_xor)]
            fn xor_slot(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                symmetric_difference(a, b)
            }

            #[slot(nb_or)]
            fn or_slot(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                union(a, b)
            }

            /// Return True if the view and the given iterable have a null intersection.
            #[method("($self, object, /)")]
            fn isdisjoint(slf: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<bool> {
                is_disjoint(slf, object)
            }
        }
    )* };
}
set_like! { DictKeys; DictItems; }

#[pymethods(part = REVERSED)]
impl DictKeys {
    /// Return a reverse iterator over the dict keys.
    #[method("($self, /)")]
    fn __reversed__(&self) -> PyResult<Ref> {
        reversed(&self.dict, |dict| DictReverseKeyIterator::create(dict).map(Ref::upcast))
    }
}

#[pymethods(part = EXTRA)]
impl DictValues {
    /// Return a reverse iterator over the dict values.
    #[method("($self, /)")]
    fn __reversed__(&self) -> PyResult<Ref> {
        reversed(&self.dict, |dict| DictReverseValueIterator::create(dict).map(Ref::upcast))
    }
}

#[pymethods(part = REVERSED)]
impl DictItems {
    /// Return a reverse iterator over the dict items.
    #[method("($self, /)")]
    fn __reversed__(&self) -> PyResult<Ref> {
        reversed(&self.dict, |dict| DictReverseItemIterator::create(dict).map(Ref::upcast))
    }
}

fn reversed(dict: &OptRef<Dict>, make: impl FnOnce(Borrowed<'_, Dict>) -> PyResult<Ref>) -> PyResult<Ref> {
    match dict.get() {
        Some(dict) => make(dict.borrow()),
        None => Ok(core::none_ref()),
    }
}
