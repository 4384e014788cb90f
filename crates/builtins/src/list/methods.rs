//! What Python sees of `list`: slots and methods.

use super::iter::{ListIterator, ListReverseIterator};
use super::sort::{self, Keyed};
use super::{List, Taken, allocate};
use crate::iter::fast_sequence;
use crate::slice::{Indices, Slice, search_bound, slice_index_not_none};
use abi::PyObject;
use macros::pymethods;
use object::protocol::represent::ReprGuard;
use object::value::{str as text, tuple};
use object::{ArgPtr, Borrowed, CompareOp, Object, PyResult, Ref, TypeObject, Visit, args, core, exc, hooks, memory, raise};

#[pymethods]
impl List {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the count is 0; the type has neither finaliser nor weak references.
        unsafe { memory::dealloc_exact::<List>(slf.ptr(), &core::LIST) }
    }

    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref<List>> {
        allocate(&class)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, List>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        if let Some(kwargs) = kwargs
            && kwargs.len()? != 0
            && plain_new(slf.object().class())
        {
            return Err(raise!(TypeError, "list() takes no keyword arguments"));
        }
        let args = tuple::items(args).unwrap_or_default();
        args::check_positional("list", args.len(), 0, 1)?;
        slf.clear();
        args.first().map_or(Ok(()), |iterable| slf.extend_from(*iterable))
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        if kwnames.and_then(tuple::items).is_some_and(|names| !names.is_empty()) {
            return Err(raise!(TypeError, "list() takes no keyword arguments"));
        }
        let args = args.with_len((nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET).cast_signed());
        args::check_positional("list", args.len(), 0, 1)?;
        let list = allocate(&class.self_as::<TypeObject>())?;
        if let Some(iterable) = args.first() {
            list.extend_from(*iterable)?;
        }
        Ok(list.upcast())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, List>) -> PyResult<Ref> {
        if slf.is_empty() {
            return text::new("[]");
        }
        let Some(_guard) = ReprGuard::enter(&slf.object()) else { return text::new("[...]") };
        let mut out = text::Builder::new();
        out.push_str("[")?;
        let mut index = 0;
        while index < slf.len() {
            if index > 0 {
                out.push_str(", ")?;
            }
            match slf.at(index) {
                Some(item) => out.push_object(item.repr()?.b())?,
                // A list that C code is still filling.
                None => out.push_str("<NULL>")?,
            }
            index += 1;
        }
        out.push_str("]")?;
        out.finish()
    }

    #[slot(tp_richcompare)]
    fn compare(slf: Borrowed<'_, List>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast::<List>() else { return Ok(core::not_implemented().to_ref()) };
        if slf.len() != other.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(core::boolean(op == CompareOp::Ne).to_ref());
        }
        // SAFETY: nothing runs while the items are looked at.
        let mut index = unsafe { slf.peek().iter().zip(other.peek()) }
            .take_while(|(own, theirs)| own.zip(**theirs).is_some_and(|(own, theirs)| own.equal_known(theirs) == Some(true)))
            .count();
        while let (Some(own), Some(theirs)) = (slf.at(index), other.at(index)) {
            if !own.eq(theirs.b())? {
                if slf.len() <= index || other.len() <= index {
                    // The comparison took the items away: the lengths decide.
                    break;
                }
                return match op {
                    CompareOp::Eq => Ok(core::false_().to_ref()),
                    CompareOp::Ne => Ok(core::true_().to_ref()),
                    // The comparison may have changed the lists: what stands there now counts.
                    _ => match (slf.at(index), other.at(index)) {
                        (Some(own), Some(theirs)) => own.richcompare(theirs.b(), op),
                        _ => Ok(core::boolean(op.holds(slf.len().cmp(&other.len()))).to_ref()),
                    },
                };
            }
            index += 1;
        }
        Ok(core::boolean(op.holds(slf.len().cmp(&other.len()))).to_ref())
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, List>) -> PyResult<Ref<ListIterator>> {
        ListIterator::create(slf)
    }

    #[slot(tp_traverse)]
    fn traverse(slf: Borrowed<'_, List>, visit: &mut Visit<'_>) {
        // SAFETY: the collector's visit changes no list.
        unsafe { slf.peek() }.iter().flatten().for_each(|item| visit.object(*item));
    }

    #[slot(tp_clear)]
    fn clear_slot(&self) {
        self.clear();
    }

    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(sq_concat)]
    fn concat(slf: Borrowed<'_, List>, other: Borrowed<'_>) -> PyResult<Ref<List>> {
        let Some(theirs) = other.downcast::<List>() else {
            return Err(raise!(TypeError, "can only concatenate list (not \"{}\") to list", other.class().tp_name()));
        };
        let result = List::with_capacity(slf.len() + theirs.len())?;
        result.push_range(&slf, 0, slf.len());
        result.push_range(&theirs, 0, theirs.len());
        Ok(result)
    }

    #[slot(sq_repeat)]
    fn repeat(slf: Borrowed<'_, List>, count: isize) -> PyResult<Ref<List>> {
        let len = slf.len();
        let count = count.max(0).cast_unsigned();
        let total = len.checked_mul(count).ok_or_else(memory::no_memory)?;
        let result = List::with_capacity(total)?;
        for _ in 0..if len == 0 { 0 } else { count } {
            result.push_range(&slf, 0, len);
        }
        Ok(result)
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(slf: Borrowed<'_, List>, other: Borrowed<'_>) -> PyResult<Ref> {
        slf.extend_from(other)?;
        Ok(slf.object().to_ref())
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(slf: Borrowed<'_, List>, count: isize) -> PyResult<Ref> {
        let len = slf.len();
        if len == 0 || count == 1 {
            return Ok(slf.object().to_ref());
        }
        if count < 1 {
            slf.clear();
            return Ok(slf.object().to_ref());
        }
        let count = count.cast_unsigned();
        slf.make_room(len.checked_mul(count).ok_or_else(memory::no_memory)?)?;
        for _ in 1..count {
            slf.push_range(&slf, 0, len);
        }
        Ok(slf.object().to_ref())
    }

    #[slot(sq_item)]
    fn item(slf: Borrowed<'_, List>, index: isize) -> PyResult<Ref> {
        let item = usize::try_from(index).ok().and_then(|index| slf.at(index));
        item.ok_or_else(|| raise!(IndexError, "list index out of range"))
    }

    #[slot(sq_ass_item)]
    fn assign_item(slf: Borrowed<'_, List>, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(index) = usize::try_from(index).ok().filter(|index| *index < slf.len()) else {
            return Err(raise!(IndexError, "list assignment index out of range"));
        };
        let old = match value {
            Some(value) => slf.set(index, value.to_ref()),
            None => slf.remove_at(index)?,
        };
        drop(old);
        Ok(())
    }

    #[slot(sq_contains)]
    fn contains(slf: Borrowed<'_, List>, value: Borrowed<'_>) -> PyResult<bool> {
        Ok(slf.position(value, 0, usize::MAX)?.is_some())
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_, List>, key: Borrowed<'_>) -> PyResult<Ref> {
        if let Some(slice) = key.downcast_exact::<Slice>() {
            let indices = slice.indices(|| slf.len())?;
            return slf.slice(indices).map(Ref::upcast);
        }
        let index = slf.index_from_key(key)?;
        Self::item(slf, index)
    }

    #[slot(mp_ass_subscript)]
    fn assign_subscript(slf: Borrowed<'_, List>, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(slice) = key.downcast_exact::<Slice>() else {
            let index = slf.index_from_key(key)?;
            return Self::assign_item(slf, index, value);
        };
        let bounds = slice.unpack()?;
        if bounds.step == 1 {
            return slf.assign_slice(|list| bounds.adjust(list.len()), value);
        }
        let Some(value) = value else { return slf.delete_stepped(bounds.adjust(slf.len())) };
        // The list itself as source would change while it is read.
        let items = match value.is(&slf.object()) {
            true => slf.snapshot()?,
            false => fast_sequence(value, "must assign iterable to extended slice")?,
        };
        // Reading the iterable may have changed the list.
        let indices = bounds.adjust(slf.len());
        if items.len() != indices.count {
            let (size, wanted) = (items.len(), indices.count);
            return Err(raise!(ValueError, "attempt to assign sequence of size {size} to extended slice of size {wanted}"));
        }
        let mut at = indices.start;
        let mut old = memory::vec_with_capacity(items.len())?;
        for item in items {
            old.extend(slf.set(at.cast_unsigned(), item));
            at = at.wrapping_add(indices.step);
        }
        drop(old);
        Ok(())
    }

    /// Return self[index].
    #[method(name = "__getitem__", "($self, index, /)", coexist)]
    fn getitem_method(slf: Borrowed<'_, List>, index: Borrowed<'_>) -> PyResult<Ref> {
        Self::subscript(slf, index)
    }

    /// Return a reverse iterator over the list.
    #[method("($self, /)")]
    fn __reversed__(slf: Borrowed<'_, List>) -> PyResult<Ref<ListReverseIterator>> {
        ListReverseIterator::create(slf)
    }

    /// Return the size of the list in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(slf: Borrowed<'_, List>) -> usize {
        let basic = slf.object().class().raw().tp_basicsize.get().max(0).cast_unsigned();
        basic + slf.capacity() * size_of::<*mut PyObject>()
    }

    /// Remove all items from list.
    #[method(name = "clear", "($self, /)")]
    fn clear_method(slf: Borrowed<'_, List>) {
        slf.clear();
    }

    /// Return a shallow copy of the list.
    #[method("($self, /)")]
    fn copy(slf: Borrowed<'_, List>) -> PyResult<Ref<List>> {
        let result = List::with_capacity(slf.len())?;
        result.push_range(&slf, 0, slf.len());
        Ok(result)
    }

    /// Append object to the end of the list.
    #[method(name = "append", "($self, object, /)")]
    fn append_method(slf: Borrowed<'_, List>, object: Borrowed<'_>) -> PyResult<()> {
        slf.append(object.to_ref())
    }

    /// Insert object before index.
    #[method(name = "insert", "($self, index, object, /)")]
    fn insert_method(slf: Borrowed<'_, List>, index: isize, object: Borrowed<'_>) -> PyResult<()> {
        slf.insert(index, object.to_ref())
    }

    /// Extend list by appending elements from the iterable.
    #[method(name = "extend", "($self, iterable, /)")]
    fn extend_method(slf: Borrowed<'_, List>, iterable: Borrowed<'_>) -> PyResult<()> {
        slf.extend_from(iterable)
    }

    /// Remove and return item at index (default last).
    ///
    /// Raises IndexError if list is empty or index is out of range.
    #[method("($self, index=-1, /)")]
    fn pop(slf: Borrowed<'_, List>, index: isize) -> PyResult<Ref> {
        if slf.is_empty() {
            return Err(raise!(IndexError, "pop from empty list"));
        }
        let index = if index < 0 { index + slf.len().cast_signed() } else { index };
        let item = match usize::try_from(index) {
            Ok(index) => slf.remove_at(index)?,
            Err(_) => None,
        };
        item.ok_or_else(|| raise!(IndexError, "pop index out of range"))
    }

    /// Remove first occurrence of value.
    ///
    /// Raises ValueError if the value is not present.
    #[method("($self, value, /)")]
    fn remove(slf: Borrowed<'_, List>, value: Borrowed<'_>) -> PyResult<()> {
        match slf.position(value, 0, usize::MAX)? {
            Some(index) => {
                let bounds = |_: &List| Indices { start: index.cast_signed(), stop: index.cast_signed() + 1, step: 1, count: 1 };
                slf.assign_slice(bounds, None)
            }
            None => Err(raise!(ValueError, "list.remove(x): x not in list")),
        }
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[method("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(
        slf: Borrowed<'_, List>,
        value: Borrowed<'_>,
        start: Option<Borrowed<'_>>,
        stop: Option<Borrowed<'_>>,
    ) -> PyResult<usize> {
        let (start, stop) = (slice_index_not_none(start, 0)?, slice_index_not_none(stop, isize::MAX)?);
        let (start, stop) = (search_bound(start, slf.len()), search_bound(stop, slf.len()));
        slf.position(value, start, stop)?.ok_or_else(|| raise!(ValueError, "list.index(x): x not in list"))
    }

    /// Return number of occurrences of value.
    #[method("($self, value, /)")]
    fn count(slf: Borrowed<'_, List>, value: Borrowed<'_>) -> PyResult<usize> {
        let mut count = 0;
        let mut index = 0;
        while let Some(item) = slf.at(index) {
            if item.eq(value)? {
                count += 1;
            }
            index += 1;
        }
        Ok(count)
    }

    /// Reverse *IN PLACE*.
    #[method(name = "reverse", "($self, /)")]
    fn reverse_method(slf: Borrowed<'_, List>) {
        slf.reverse();
    }

    /// Sort the list in ascending order and return None.
    ///
    /// The sort is in-place (i.e. the list itself is modified) and stable
    /// (i.e. the order of two equal elements is maintained).
    ///
    /// If a key function is given, apply it once to each list item and sort
    /// them, ascending or descending, according to their function values.
    ///
    /// The reverse flag can be set to sort in descending order.
    #[method(name = "sort", "($self, /, *, key=None, reverse=False)")]
    fn sort_method(slf: Borrowed<'_, List>, key: Option<Borrowed<'_>>, reverse: bool) -> PyResult<()> {
        slf.sort(key.filter(|key| !key.is(&core::none())), reverse)
    }

    /// lists are generic over the type of their contents
    #[classmethod(name = "__class_getitem__", "($type, object, /)")]
    fn class_getitem(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(class.object(), object)
    }
}

/// Whether this class makes its instances as lists do: only then keywords are refused.
fn plain_new(class: &TypeObject) -> bool {
    class.is_type(&core::LIST)
        || matches!((class.tp_new(), core::LIST.tp_new()), (Some(own), Some(plain)) if std::ptr::fn_addr_eq(own, plain))
}

impl List {
    /// Appends items of a list (perhaps this one) for which there is room.
    fn push_range(&self, source: &List, start: usize, end: usize) {
        let count = end.min(source.len()).saturating_sub(start).min(self.capacity() - self.len());
        // SAFETY: the items are there, and so is the room; a list that is its own source is filled behind them.
        unsafe { self.push_copies(source.raw.ob_item.get().wrapping_add(start), count) };
    }

    /// The first item equal to `value` from `start` on, below `stop`.
    fn position(&self, value: Borrowed<'_>, start: usize, stop: usize) -> PyResult<Option<usize>> {
        let mut index = start;
        while index < stop.min(self.len()) {
            // SAFETY: the index is inside, and the comparison of known types runs no code.
            let known = unsafe { (*self.slot(index)).cast::<Object>().as_ref() }.map(|item| item.equal_known(value));
            match known {
                Some(Some(true)) => return Ok(Some(index)),
                Some(Some(false)) => {
                    index += 1;
                    continue;
                }
                _ => {}
            }
            let Some(item) = self.at(index) else { break };
            if item.eq(value)? {
                return Ok(Some(index));
            }
            index += 1;
        }
        Ok(None)
    }

    /// A key that is no slice, as an index; negative ones count from the end.
    fn index_from_key(&self, key: Borrowed<'_>) -> PyResult<isize> {
        if key.class().nb_index().is_none() {
            let found = key.class().tp_name();
            return Err(raise!(TypeError, "list indices must be integers or slices, not {found}"));
        }
        let index = key.as_isize_or(&exc::IndexError)?;
        Ok(if index < 0 { index + self.len().cast_signed() } else { index })
    }

    /// The items from `start` to `end`, as far as they are there.
    pub fn part(&self, start: usize, end: usize) -> PyResult<Ref<List>> {
        let result = List::with_capacity(end.min(self.len()).saturating_sub(start))?;
        result.push_range(self, start, end);
        Ok(result)
    }

    /// The items that a slice takes.
    pub fn slice(&self, indices: Indices) -> PyResult<Ref<List>> {
        let result = List::with_capacity(indices.count)?;
        let mut at = indices.start;
        if indices.step == 1 {
            let start = at.max(0).cast_unsigned();
            result.push_range(self, start, start.saturating_add(indices.count));
            return Ok(result);
        }
        for _ in 0..indices.count {
            if let Some(item) = self.at(at.cast_unsigned()) {
                result.push_within_capacity(item);
            }
            at = at.wrapping_add(indices.step);
        }
        Ok(result)
    }

    /// Replaces the items of a slice without a step by those of an iterable, or deletes them.
    pub fn assign_slice(&self, indices: impl FnOnce(&List) -> Indices, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else {
            // SAFETY: nothing is added.
            return unsafe { self.splice(indices(self), std::ptr::null(), 0) };
        };
        if value.class().is_type(&core::LIST) && !value.is(self.object()) {
            let other = value.self_as::<List>();
            // SAFETY: the caller keeps the other list, which nothing changes before its items are copied.
            return unsafe { self.splice(indices(self), other.raw.ob_item.get(), other.len()) };
        }
        if value.class().is_type(&core::TUPLE) {
            let items = tuple::items(value).unwrap_or_default();
            // SAFETY: the caller keeps the tuple; an item has the bytes of its address.
            return unsafe { self.splice(indices(self), items.as_ptr().cast(), items.len()) };
        }
        let items = match value.is(self.object()) {
            true => self.snapshot()?,
            false => fast_sequence(value, "must assign iterable to extended slice")?,
        };
        // SAFETY: the items are owned here, and a reference has the bytes of its address.
        unsafe { self.splice(indices(self), items.as_ptr().cast(), items.len()) }
    }

    /// Replaces the items of a slice without a step by `added` others, which gain references. What is replaced is dropped in the end.
    ///
    /// # Safety
    /// `source` holds that many objects, all alive, outside of this list's memory, until code can run.
    unsafe fn splice(&self, indices: Indices, source: *const *mut PyObject, added: usize) -> PyResult<()> {
        let len = self.len();
        let start = indices.start.max(0).cast_unsigned().min(len);
        let end = indices.stop.max(0).cast_unsigned().clamp(start, len);
        let removed = end - start;
        let new_len = len - removed + added;
        if new_len == 0 {
            self.clear();
            return Ok(());
        }
        let mut few = [std::ptr::null_mut::<PyObject>(); 8];
        let mut many = Vec::new();
        let old = if removed <= few.len() {
            few.as_mut_ptr()
        } else {
            many = memory::vec_with_capacity::<*mut PyObject>(removed)?;
            many.as_mut_ptr()
        };
        if new_len > len {
            self.make_room(new_len)?;
        }
        // SAFETY: the slice is inside the list, which has room for the new length; removed items move out, the tail moves, and the gap
        // is filled before anything else happens.
        unsafe {
            let slot = self.raw.ob_item.get().add(start);
            old.copy_from_nonoverlapping(slot, removed);
            if added != removed {
                slot.add(removed).copy_to(slot.add(added), len - end);
            }
            super::copy_items(source, slot, added);
        }
        self.set_len(new_len);
        if new_len < len && self.make_room(new_len).is_err() {
            // The larger block stays.
            object::error::take();
        }
        for index in (0..removed).rev() {
            // SAFETY: the removed items moved here.
            drop(unsafe { Ref::<Object>::from_owned_or_null(*old.add(index)) });
        }
        drop(many);
        Ok(())
    }

    /// Deletes the items of a slice with a step.
    fn delete_stepped(&self, indices: Indices) -> PyResult<()> {
        if indices.count == 0 {
            return Ok(());
        }
        let last = indices.start + (indices.count - 1).cast_signed() * indices.step;
        let (first, step) = (indices.start.min(last).max(0).cast_unsigned(), indices.step.unsigned_abs());
        let len = self.len();
        let mut old = memory::vec_with_capacity(indices.count)?;
        let mut to = first;
        // SAFETY: all indices are inside the list; kept items move down, removed ones move out.
        unsafe {
            let items = self.raw.ob_item.get();
            for from in first..len {
                let item = items.add(from).read();
                if (from - first) % step == 0 && (from - first) / step < indices.count {
                    old.extend(Ref::<Object>::from_owned_or_null(item));
                } else {
                    items.add(to).write(item);
                    to += 1;
                }
            }
        }
        self.set_len(to);
        if self.make_room(to).is_err() {
            // The larger block stays.
            object::error::take();
        }
        drop(old);
        Ok(())
    }

    /// Turns the items around.
    pub fn reverse(&self) {
        if self.len() > 1 {
            // SAFETY: the list has that many items, and nothing runs meanwhile.
            unsafe { std::slice::from_raw_parts_mut(self.raw.ob_item.get(), self.len()) }.reverse();
        }
    }

    /// Sorts the items, stable, by `key(item)` if there is a key function. The list is empty meanwhile.
    pub fn sort(&self, key: Option<Borrowed<'_>>, reverse: bool) -> PyResult<()> {
        let capacity = self.capacity();
        let taken = self.take_all();
        // A changed list no longer has this mark.
        self.raw.allocated.set(-1);
        let result = sort_taken(&taken, key, reverse);
        let modified = self.raw.allocated.get() != -1;
        self.raw.allocated.set(self.raw.allocated.get().max(0));
        taken.put_back(self, capacity);
        result?;
        if modified { Err(raise!(ValueError, "list modified during sort")) } else { Ok(()) }
    }
}

/// Sorts the items of a list that was emptied.
fn sort_taken(taken: &Taken, key: Option<Borrowed<'_>>, reverse: bool) -> PyResult<()> {
    if taken.len == 0 {
        return Ok(());
    }
    // SAFETY: the block holds that many items, and only this function sees it.
    let items = unsafe { std::slice::from_raw_parts_mut(taken.items, taken.len) };
    let Some(function) = key else { return in_order(items, reverse) };
    let mut keys = memory::vec_with_capacity(items.len())?;
    for item in items.iter() {
        // SAFETY: the items are alive as long as they are out of the list.
        let item = unsafe { (*item.cast::<Object>()).to_ref() };
        keys.push(function.call1(item.b())?);
    }
    let mut pairs = memory::vec_with_capacity(items.len())?;
    pairs.extend(keys.iter().zip(items.iter()).map(|(key, value)| Keyed { key: key.ptr(), value: *value }));
    let result = in_order(&mut pairs, reverse);
    for (item, pair) in items.iter_mut().zip(&pairs) {
        *item = pair.value;
    }
    drop(keys);
    result
}

/// Sorts; in reverse equal items keep their order, too.
fn in_order<E: sort::Element>(items: &mut [E], reverse: bool) -> PyResult<()> {
    if reverse {
        items.reverse();
    }
    let result = sort::sort(items);
    if reverse {
        items.reverse();
    }
    result
}
