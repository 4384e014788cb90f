//! `deque`: a double-ended queue.
//!
//! A comparison, a call or a drop may run any code, also code that changes the deque: items are owned before, and the state is compared after.

use super::deque_iter::{DequeIterator, DequeReverseIterator};
use crate::header;
use builtins::list::List;
use builtins::slice::slice_index_not_none;
use macros::{pyclass, pymethods};
use object::protocol::represent::ReprGuard;
use object::value::{int, str as text, tuple};
use object::{
    Borrowed, CompareOp, IntoPy, PyResult, Raised, Ref, StaticType, Trace, TypeObject, Visit, core, error, id, memory, raise,
};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// The items.
#[derive(Default)]
struct Items(VecDeque<Ref>);

impl Trace for Items {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.0.iter().for_each(|item| visit.object(item.b()));
    }
}

/// Items in a block of CPython's, for `__sizeof__`.
const BLOCK_ITEMS: usize = 64;

/// A list-like sequence optimized for data accesses near its endpoints.
#[pyclass(name = "deque", module = "collections", flags(BASETYPE, SEQUENCE), gc, weaklist = weakrefs)]
pub struct Deque {
    head: abi::PyObject,
    items: RefCell<Items>,
    /// Counts the changes of the number of items.
    state: Cell<usize>,
    #[trace(skip)]
    limit: Cell<Option<usize>>,
    weakrefs: Cell<*mut abi::PyObject>,
}

#[cold]
fn mutated() -> Raised {
    raise!(RuntimeError, "deque mutated during iteration")
}

#[cold]
fn out_of_range() -> Raised {
    raise!(IndexError, "deque index out of range")
}

impl Deque {
    pub(super) fn len(&self) -> usize {
        self.items.borrow().0.len()
    }

    pub(super) fn state(&self) -> usize {
        self.state.get()
    }

    pub(super) fn at(&self, index: usize) -> Option<Ref> {
        self.items.borrow().0.get(index).cloned()
    }

    fn touch(&self) {
        self.state.set(self.state.get().wrapping_add(1));
    }

    fn create(class: &TypeObject, limit: Option<usize>) -> PyResult<Ref<Deque>> {
        let value = Deque {
            head: header(),
            items: RefCell::default(),
            state: Cell::new(0),
            limit: Cell::new(limit),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(class, value)
    }

    fn push(&self, item: Ref, left: bool) -> PyResult<()> {
        let dropped = {
            let items = &mut self.items.borrow_mut().0;
            items.try_reserve(1).map_err(|_| error::no_memory())?;
            let full = self.limit.get().is_some_and(|limit| items.len() >= limit);
            if left {
                items.push_front(item);
                if full { items.pop_back() } else { None }
            } else {
                items.push_back(item);
                if full { items.pop_front() } else { None }
            }
        };
        self.touch();
        drop(dropped);
        Ok(())
    }

    fn take(&self, left: bool) -> PyResult<Ref> {
        let item = {
            let items = &mut self.items.borrow_mut().0;
            if left { items.pop_front() } else { items.pop_back() }
        };
        self.touch();
        item.ok_or_else(|| raise!(IndexError, "pop from an empty deque"))
    }

    fn add_all(slf: Borrowed<'_, Self>, iterable: Borrowed<'_>, left: bool) -> PyResult<()> {
        let snapshot;
        let iterable = if slf.object().is(&iterable) {
            snapshot = List::from_vec(slf.snapshot()?)?;
            snapshot.b()
        } else {
            iterable
        };
        let iterator = iterable.iter()?;
        if slf.limit.get() == Some(0) {
            while iterator.next()?.is_some() {}
            return Ok(());
        }
        while let Some(item) = iterator.next()? {
            slf.push(item, left)?;
        }
        Ok(())
    }

    fn snapshot(&self) -> PyResult<Vec<Ref>> {
        let items = self.items.borrow();
        let mut vec = memory::vec_with_capacity(items.0.len())?;
        vec.extend(items.0.iter().cloned());
        Ok(vec)
    }

    fn empty(&self) {
        let items = std::mem::take(&mut *self.items.borrow_mut());
        self.touch();
        drop(items);
    }

    fn duplicate(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        let class = object.class();
        if class.is_type(Deque::type_object()) {
            let new = Self::create(Deque::type_object(), slf.limit.get())?;
            new.items.borrow_mut().0.extend(slf.snapshot()?);
            return Ok(new.upcast());
        }
        let copy = match slf.limit.get() {
            None => class.borrowed().call1(object)?,
            Some(limit) => class.borrowed().call(&[object, limit.into_py()?.b()])?,
        };
        if copy.b().downcast::<Deque>().is_none() {
            return Err(raise!(TypeError, "{}() must return a deque, not {}", class.tp_name(), copy.class().tp_name()));
        }
        Ok(copy)
    }

    fn multiply(&self, count: isize) -> PyResult<()> {
        let len = self.len();
        let times = usize::try_from(count).unwrap_or(0);
        if len == 0 || times == 1 {
            return Ok(());
        }
        if times == 0 {
            self.empty();
            return Ok(());
        }
        let limit = self.limit.get();
        let total = len.checked_mul(times).filter(|total| *total <= isize::MAX.unsigned_abs()).ok_or_else(error::no_memory)?;
        let kept = limit.map_or(total, |limit| total.min(limit));
        let items = self.snapshot()?;
        let mut all = VecDeque::new();
        all.try_reserve_exact(kept).map_err(|_| error::no_memory())?;
        all.extend(items.iter().cycle().skip((total - kept) % len).take(kept).cloned());
        let old = std::mem::replace(&mut self.items.borrow_mut().0, all);
        self.touch();
        drop(old);
        Ok(())
    }

    fn turn(&self, n: isize) {
        let items = &mut self.items.borrow_mut().0;
        let len = items.len();
        if len > 1 {
            let by = n.rem_euclid(len.cast_signed()).unsigned_abs();
            items.rotate_right(by);
        }
    }

    /// The index of an item counted from either end.
    fn place(&self, index: isize) -> PyResult<usize> {
        usize::try_from(index).ok().filter(|index| *index < self.len()).ok_or_else(out_of_range)
    }

    /// The first index from `start` to `stop` whose item equals `value`; `changed` is raised where the comparison changes the deque.
    fn find(&self, value: Borrowed<'_>, start: usize, stop: usize, changed: fn() -> Raised) -> PyResult<Option<usize>> {
        let state = self.state.get();
        for index in start..stop {
            let Some(item) = self.at(index) else { return Ok(None) };
            let equal = item.eq(value)?;
            if self.state.get() != state {
                return Err(changed());
            }
            if equal {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

#[pymethods]
impl Deque {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Self::create(&cls, None).map(Ref::upcast)
    }

    #[slot(tp_init, "(iterable=(), maxlen=None)")]
    fn init(slf: Borrowed<'_, Self>, iterable: Option<Borrowed<'_>>, maxlen: Option<Borrowed<'_>>) -> PyResult<()> {
        let limit = match maxlen.filter(|maxlen| !maxlen.is(&core::none())) {
            None => None,
            Some(maxlen) => {
                if !int::check(maxlen) {
                    return Err(raise!(TypeError, "an integer is required"));
                }
                let Some(limit) = int::to_i64(maxlen) else {
                    return Err(raise!(OverflowError, "Python int too large to convert to C ssize_t"));
                };
                match usize::try_from(limit) {
                    Ok(limit) => Some(limit),
                    Err(_) => return Err(raise!(ValueError, "maxlen must be non-negative")),
                }
            }
        };
        slf.limit.set(limit);
        if slf.len() > 0 {
            slf.empty();
        }
        match iterable {
            Some(iterable) => Self::add_all(slf, iterable, false),
            None => Ok(()),
        }
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        DequeIterator::create(slf).map(Ref::upcast)
    }

    #[slot(sq_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(nb_bool)]
    fn truth(&self) -> PyResult<bool> {
        Ok(self.len() > 0)
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Ref> {
        usize::try_from(index).ok().and_then(|index| self.at(index)).ok_or_else(out_of_range)
    }

    #[slot(sq_ass_item)]
    fn ass_item(&self, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let place = self.place(index)?;
        let old = match value {
            Some(value) => {
                let mut items = self.items.borrow_mut();
                items.0.get_mut(place).map(|item| std::mem::replace(item, value.to_ref()))
            }
            None => {
                let removed = self.items.borrow_mut().0.remove(place);
                self.touch();
                removed
            }
        };
        drop(old);
        Ok(())
    }

    #[slot(sq_contains)]
    fn contains(&self, value: Borrowed<'_>) -> PyResult<bool> {
        Ok(self.find(value, 0, self.len(), mutated)?.is_some())
    }

    #[slot(sq_concat)]
    fn concat(slf: Borrowed<'_, Self>, other: Borrowed<'_>) -> PyResult<Ref> {
        if other.downcast::<Deque>().is_none() {
            return Err(raise!(TypeError, "can only concatenate deque (not \"{}\") to deque", other.class().tp_name()));
        }
        let new = Self::duplicate(slf)?;
        if let Some(deque) = new.b().downcast::<Deque>() {
            Self::add_all(deque, other, false)?;
        }
        Ok(new)
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(slf: Borrowed<'_, Self>, other: Borrowed<'_>) -> PyResult<Ref> {
        Self::add_all(slf, other, false)?;
        Ok(slf.object().to_ref())
    }

    #[slot(sq_repeat)]
    fn repeat(slf: Borrowed<'_, Self>, count: isize) -> PyResult<Ref> {
        let new = Self::duplicate(slf)?;
        if let Some(deque) = new.b().downcast::<Deque>() {
            deque.multiply(count)?;
        }
        Ok(new)
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(slf: Borrowed<'_, Self>, count: isize) -> PyResult<Ref> {
        slf.multiply(count)?;
        Ok(slf.object().to_ref())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        let Some(_guard) = ReprGuard::enter(&object) else { return text::new("[...]") };
        let list = List::from_vec(slf.snapshot()?)?;
        let mut builder = text::Builder::new();
        builder.push_str(object.class().short_name())?;
        builder.push_str("(")?;
        builder.push_object(list.b().repr()?.b())?;
        if let Some(limit) = slf.limit.get() {
            builder.push_str(&format!(", maxlen={limit}"))?;
        }
        builder.push_str(")")?;
        builder.finish()
    }

    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_, Self>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast::<Deque>() else { return Ok(core::not_implemented().to_ref()) };
        let same = slf.object().is(&other.object());
        match op {
            CompareOp::Eq if same => return true.into_py(),
            CompareOp::Ne if same => return false.into_py(),
            CompareOp::Eq if slf.len() != other.len() => return false.into_py(),
            CompareOp::Ne if slf.len() != other.len() => return true.into_py(),
            _ => {}
        }
        let (left, right) = (DequeIterator::create(slf)?, DequeIterator::create(other)?);
        loop {
            match (left.b().next()?, right.b().next()?) {
                (Some(x), Some(y)) => {
                    if !x.eq(y.b())? {
                        return match op {
                            CompareOp::Eq => false.into_py(),
                            CompareOp::Ne => true.into_py(),
                            _ => x.richcompare(y.b(), op),
                        };
                    }
                }
                (x, y) => return op.holds(x.is_some().cmp(&y.is_some())).into_py(),
            }
        }
    }

    #[getter]
    fn maxlen(&self) -> Option<usize> {
        self.limit.get()
    }

    /// Add an element to the right side of the deque.
    #[method("($self, item, /)")]
    fn append(&self, item: Borrowed<'_>) -> PyResult<()> {
        self.push(item.to_ref(), false)
    }

    /// Add an element to the left side of the deque.
    #[method("($self, item, /)")]
    fn appendleft(&self, item: Borrowed<'_>) -> PyResult<()> {
        self.push(item.to_ref(), true)
    }

    /// Remove all elements from the deque.
    #[method("($self, /)")]
    fn clear(&self) {
        self.empty();
    }

    /// Return a shallow copy of a deque.
    #[method("($self, /)")]
    fn copy(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::duplicate(slf)
    }

    /// Return a shallow copy of a deque.
    #[method("($self, /)")]
    fn __copy__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::duplicate(slf)
    }

    /// Return number of occurrences of value.
    #[method("($self, value, /)")]
    fn count(&self, value: Borrowed<'_>) -> PyResult<usize> {
        let (mut found, mut start, len) = (0, 0, self.len());
        while let Some(index) = self.find(value, start, len, mutated)? {
            found += 1;
            start = index + 1;
        }
        Ok(found)
    }

    /// Extend the right side of the deque with elements from the iterable.
    #[method("($self, iterable, /)")]
    fn extend(slf: Borrowed<'_, Self>, iterable: Borrowed<'_>) -> PyResult<()> {
        Self::add_all(slf, iterable, false)
    }

    /// Extend the left side of the deque with elements from the iterable.
    #[method("($self, iterable, /)")]
    fn extendleft(slf: Borrowed<'_, Self>, iterable: Borrowed<'_>) -> PyResult<()> {
        Self::add_all(slf, iterable, true)
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[method("($self, value, start=<unrepresentable>, stop=<unrepresentable>, /)")]
    fn index(&self, value: Borrowed<'_>, start: Option<Borrowed<'_>>, stop: Option<Borrowed<'_>>) -> PyResult<usize> {
        let (start, stop) = (slice_index_not_none(start, 0)?, slice_index_not_none(stop, isize::MAX)?);
        let len = self.len();
        let bound = |bound| builtins::slice::search_bound(bound, len).min(len);
        match self.find(value, bound(start), bound(stop), mutated)? {
            Some(index) => Ok(index),
            None => Err(raise!(ValueError, "deque.index(x): x not in deque")),
        }
    }

    /// Insert value before index.
    #[method("($self, index, value, /)")]
    fn insert(&self, index: isize, value: Borrowed<'_>) -> PyResult<()> {
        let len = self.len();
        if self.limit.get().is_some_and(|limit| limit <= len) {
            return Err(raise!(IndexError, "deque already at its maximum size"));
        }
        let place = builtins::slice::search_bound(index, len).min(len);
        {
            let items = &mut self.items.borrow_mut().0;
            items.try_reserve(1).map_err(|_| error::no_memory())?;
            items.insert(place, value.to_ref());
        }
        self.touch();
        Ok(())
    }

    /// Remove and return the rightmost element.
    #[method("($self, /)")]
    fn pop(&self) -> PyResult<Ref> {
        self.take(false)
    }

    /// Remove and return the leftmost element.
    #[method("($self, /)")]
    fn popleft(&self) -> PyResult<Ref> {
        self.take(true)
    }

    /// Remove first occurrence of value.
    #[method("($self, value, /)")]
    fn remove(&self, value: Borrowed<'_>) -> PyResult<()> {
        let changed = || raise!(IndexError, "deque mutated during iteration");
        match self.find(value, 0, self.len(), changed)? {
            Some(index) => {
                let removed = self.items.borrow_mut().0.remove(index);
                self.touch();
                drop(removed);
                Ok(())
            }
            None => Err(raise!(ValueError, "deque.remove(x): x not in deque")),
        }
    }

    /// Reverse *IN PLACE*.
    #[method("($self, /)")]
    fn reverse(&self) {
        self.items.borrow_mut().0.make_contiguous().reverse();
    }

    /// Rotate the deque n steps to the right.  If n is negative, rotates left.
    #[method("($self, n=1, /)")]
    fn rotate(&self, n: isize) {
        self.turn(n);
        if self.len() > 1 {
            self.touch();
        }
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        let state = object.call_method(id!("__getstate__"), &[])?;
        let iterator = object.iter()?;
        let args = match slf.limit.get() {
            None => tuple::empty(),
            Some(limit) => tuple::from_array([tuple::empty(), limit.into_py()?])?,
        };
        tuple::from_array([object.class().to_ref(), args, state, iterator])
    }

    /// Return a reverse iterator over the deque.
    #[method("($self, /)")]
    fn __reversed__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        DequeReverseIterator::create(slf).map(Ref::upcast)
    }

    /// Return the size of the deque in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(slf: Borrowed<'_, Self>) -> usize {
        let basic = slf.object().class().raw().tp_basicsize.get().unsigned_abs();
        let blocks = (BLOCK_ITEMS / 2 + slf.len()).div_ceil(BLOCK_ITEMS).max(1);
        basic + blocks * (BLOCK_ITEMS + 2) * size_of::<usize>()
    }

    /// deques are generic over the type of their contents
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        crate::generic_alias(cls, object)
    }
}
