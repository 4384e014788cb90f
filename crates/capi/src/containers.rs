//! `tupleobject.h`, `listobject.h`, `sliceobject.h`, `setobject.h`, `cellobject.h`.

use crate::form::{Lent, Of, Out, Stolen, capi};
use abi::{PyObject, PyTupleObject, PyVarObject};
use builtins::cell;
use builtins::list::List;
use builtins::set::{self, Set};
use builtins::slice::Slice;
use object::value::tuple;
use object::{Borrowed, Object, PyResult, Ref, core, error, memory, raise};

/// The place of an item in a tuple, which may still be NULL.
fn item_place(tuple: Borrowed<'_>, index: isize) -> Option<*mut *mut PyObject> {
    if !tuple.class().is_subtype(&core::TUPLE) {
        return None;
    }
    // SAFETY: a tuple has as many places as its size says.
    unsafe {
        let len = (*tuple.ptr().cast::<PyVarObject>()).ob_size.get();
        let start = tuple.ptr().byte_add(std::mem::offset_of!(PyTupleObject, ob_item)).cast::<*mut PyObject>();
        (0..len).contains(&index).then(|| start.add(index.unsigned_abs()))
    }
}

fn tuple_len(tuple: Borrowed<'_>) -> PyResult<isize> {
    if !tuple.class().is_subtype(&core::TUPLE) {
        return Err(error::bad_internal_call());
    }
    // SAFETY: a tuple's header.
    Ok(unsafe { (*tuple.ptr().cast::<PyVarObject>()).ob_size.get() })
}

/// A tuple with NULL for items, tracked: C fills it.
fn new_tuple(len: isize) -> PyResult<Ref> {
    let Ok(count) = usize::try_from(len) else { return Err(error::bad_internal_call()) };
    if count == 0 {
        return Ok(tuple::empty());
    }
    let size = count
        .checked_mul(size_of::<*mut PyObject>())
        .and_then(|bytes| bytes.checked_add(std::mem::offset_of!(PyTupleObject, ob_item)))
        .ok_or_else(error::no_memory)?;
    let object = memory::alloc_sized(&core::TUPLE, size)?;
    // SAFETY: fresh memory of a tuple.
    unsafe {
        (*object.as_ptr().cast::<PyVarObject>()).ob_size.set(len);
        (*object.as_ptr().cast::<PyTupleObject>()).ob_hash.set(-1);
        object::gc::track(object.as_ptr());
        Ok(Ref::from_owned_ptr(object))
    }
}

/// A copy of a part of a tuple, whose items may be NULL.
fn resized(old: Borrowed<'_>, len: isize) -> PyResult<Ref> {
    let new = new_tuple(len)?;
    for index in 0..len.min(tuple_len(old)?) {
        if let (Some(to), Some(from)) = (item_place(new.b(), index), item_place(old, index)) {
            // SAFETY: both places exist; the item moves with its count.
            unsafe { to.write(from.replace(std::ptr::null_mut())) };
        }
    }
    Ok(new)
}

fn list_index(list: &List, index: isize, message: &str) -> PyResult<usize> {
    let index = index.cast_unsigned();
    if index < list.len() { Ok(index) } else { Err(out_of_range(message)) }
}

#[cold]
fn out_of_range(message: &str) -> object::Raised {
    raise!(IndexError, "{message}")
}

fn clamp(start: isize, end: isize, len: usize) -> (usize, usize) {
    let len = len.cast_signed();
    let start = start.clamp(0, len);
    (start.unsigned_abs(), end.clamp(start, len).unsigned_abs())
}

/// What a slice is replaced with, as a list or tuple.
fn list_of(value: Borrowed<'_>) -> PyResult<Ref> {
    match builtins::iter::fast_sequence(value, "can only assign an iterable") {
        Ok(items) => List::from_vec(items).map(Ref::upcast),
        Err(raised) => Err(raised),
    }
}

fn indices(start: usize, end: usize) -> builtins::slice::Indices {
    builtins::slice::Indices { start: start.cast_signed(), stop: end.cast_signed(), step: 1, count: end - start }
}

/// The key, if it is hashable: C's functions do not look for a set as a frozenset, as the methods do.
fn hashable(key: Borrowed<'_>) -> PyResult<Borrowed<'_>> {
    if key.class().is_subtype(&core::SET) {
        builtins::set::element_hash(key)?;
    }
    Ok(key)
}

/// Any set, or a bad call.
fn any_set(object: Borrowed<'_>) -> PyResult<Borrowed<'_, Set>> {
    set::any_set(object).ok_or_else(error::bad_internal_call)
}

/// A set that may be changed.
fn plain_set(object: Borrowed<'_>) -> PyResult<Borrowed<'_, Set>> {
    if object.class().is_subtype(&core::SET) { any_set(object) } else { Err(error::bad_internal_call()) }
}

/// The bounds of a slice of a sequence of `len` items, and how many items that are; C may pass a negative length, which is taken as it is.
fn adjust(start: isize, stop: isize, step: isize, len: isize) -> (isize, isize, isize) {
    let (low, high) = if step < 0 { (-1, len.wrapping_sub(1)) } else { (0, len) };
    let bound = |value: isize| {
        if value < 0 {
            let value = value.wrapping_add(len);
            if value < 0 { low } else { value }
        } else if value >= len {
            high
        } else {
            value
        }
    };
    let (start, stop) = (bound(start), bound(stop));
    let count = match step {
        _ if step < 0 && stop < start => (start - stop - 1) / step.checked_neg().unwrap_or(isize::MAX) + 1,
        _ if step > 0 && start < stop => (stop - start - 1) / step + 1,
        _ => 0,
    };
    (start, stop, count)
}

capi! {
    fn PyTuple_New(len: isize) -> PyResult<Ref> {
        new_tuple(len)
    }
    fn PyTuple_Size(tuple: Borrowed<'_>) -> PyResult<isize> {
        tuple_len(tuple)
    }
    fn PyTuple_GetItem(tuple: Borrowed<'_>, index: isize) -> PyResult<Lent> {
        tuple_len(tuple)?;
        match item_place(tuple, index) {
            // SAFETY: the place exists.
            Some(place) => Ok(Lent(unsafe { place.read() })),
            None => Err(raise!(IndexError, "tuple index out of range")),
        }
    }
    fn PyTuple_SetItem(tuple: Borrowed<'_>, index: isize, value: Stolen) -> PyResult<()> {
        if !tuple.class().is_subtype(&core::TUPLE) || tuple.refcount() != 1 {
            return Err(error::bad_internal_call());
        }
        let Some(place) = item_place(tuple, index) else { return Err(raise!(IndexError, "tuple assignment index out of range")) };
        // SAFETY: the place exists and owns its item.
        let old = unsafe {
            let old = place.replace(value.0.map_or(std::ptr::null_mut(), Ref::into_ptr));
            Ref::<Object>::from_owned_or_null(old)
        };
        drop(old);
        Ok(())
    }
    fn PyTuple_GetSlice(tuple: Borrowed<'_>, start: isize, end: isize) -> PyResult<Ref> {
        let Some(items) = tuple::items(tuple) else { return Err(error::bad_internal_call()) };
        let (start, end) = clamp(start, end, items.len());
        if start == 0 && end == items.len() && tuple.class().is_type(&core::TUPLE) {
            return Ok(tuple.to_ref());
        }
        tuple::from_slice(items.get(start..end).unwrap_or_default())
    }
    fn _PyTuple_Resize(place: Out<'_, *mut PyObject>, len: isize) -> PyResult<()> {
        // SAFETY: the place owns its object, or is NULL.
        let old = unsafe { Ref::<Object>::from_owned_or_null(place.get()) };
        place.set(std::ptr::null_mut());
        let Some(old) = old.filter(|old| old.class().is_type(&core::TUPLE) && (tuple_len(old.b()).unwrap_or(0) == 0 || old.refcount() == 1)) else {
            return Err(error::bad_internal_call());
        };
        if tuple_len(old.b())? == len {
            place.set(old.into_ptr());
            return Ok(());
        }
        place.set(resized(old.b(), len)?.into_ptr());
        Ok(())
    }
    fn _PyTuple_FromArray(items: *const Borrowed<'static>, count: isize) -> PyResult<Ref> {
        // SAFETY: C passes that many live objects.
        tuple::from_slice(unsafe { crate::support::vector(items, count.max(0).unsigned_abs()) })
    }

    fn PyList_New(len: isize) -> PyResult<Ref> {
        let Ok(len) = usize::try_from(len) else { return Err(error::bad_internal_call()) };
        List::with_nulls(len).map(Ref::upcast)
    }
    fn PyList_Size(list: Of<'_, List>) -> PyResult<isize> {
        Ok(list.len().cast_signed())
    }
    fn PyList_GetItem(list: Of<'_, List>, index: isize) -> PyResult<Lent> {
        let index = list_index(&list, index, "list index out of range")?;
        // SAFETY: nothing runs while the item is looked at.
        let item = unsafe { list.peek() }.get(index).copied().flatten();
        Ok(Lent(item.map_or(std::ptr::null_mut(), Borrowed::ptr)))
    }
    fn PyList_GetItemRef(list: Borrowed<'_>, index: isize) -> PyResult<Option<Ref>> {
        let Some(list) = list.downcast::<List>() else { return Err(raise!(TypeError, "expected a list")) };
        let index = list_index(&list, index, "list index out of range")?;
        Ok(list.at(index))
    }
    fn PyList_SetItem(list: Borrowed<'_>, index: isize, value: Stolen) -> PyResult<()> {
        let Some(list) = list.downcast::<List>() else { return Err(error::bad_internal_call()) };
        let index = list_index(&list, index, "list assignment index out of range")?;
        drop(list.set_or_null(index, value.0));
        Ok(())
    }
    fn PyList_Insert(list: Of<'_, List>, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(error::bad_internal_call()) };
        list.insert(index, value.to_ref())
    }
    fn PyList_Append(list: Of<'_, List>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(error::bad_internal_call()) };
        list.append(value.to_ref())
    }
    fn _PyList_AppendTakeRef(list: Of<'_, List>, value: Stolen) -> PyResult<()> {
        let Some(value) = value.0 else { return Err(error::bad_internal_call()) };
        list.append(value)
    }
    fn PyList_GetSlice(list: Of<'_, List>, start: isize, end: isize) -> PyResult<Ref> {
        let (start, end) = clamp(start, end, list.len());
        list.slice(indices(start, end)).map(Ref::upcast)
    }
    fn PyList_SetSlice(list: Of<'_, List>, start: isize, end: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = value.map(list_of).transpose()?;
        let value = value.as_ref().map(Ref::b);
        list.assign_slice(|list| {
            let (start, end) = clamp(start, end, list.len());
            indices(start, end)
        }, value)
    }
    fn PyList_Sort(list: Of<'_, List>) -> PyResult<()> {
        list.sort(None, false)
    }
    fn PyList_Reverse(list: Of<'_, List>) -> PyResult<()> {
        list.reverse();
        Ok(())
    }
    fn PyList_AsTuple(list: Of<'_, List>) -> PyResult<Ref> {
        // SAFETY: nothing runs while the tuple is made: allocating does not collect.
        let items = unsafe { list.peek() };
        if items.iter().all(Option::is_some) {
            return tuple::from_fn(items.len(), |index| items.get(index).copied().flatten().unwrap_or(core::none()));
        }
        tuple::from_vec(list.snapshot()?)
    }
    fn _PyList_AsTupleAndClear(list: Of<'_, List>) -> PyResult<Ref> {
        let items = tuple::from_vec(list.snapshot()?)?;
        list.clear();
        Ok(items)
    }
    fn PyList_Extend(list: Of<'_, List>, iterable: Borrowed<'_>) -> PyResult<()> {
        list.extend_from(iterable)
    }
    fn _PyList_Extend(list: Of<'_, List>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        list.extend_from(iterable)?;
        Ok(core::none_ref())
    }
    fn PyList_Clear(list: Of<'_, List>) -> PyResult<()> {
        list.clear();
        Ok(())
    }

    fn PySlice_New(start: Option<Borrowed<'_>>, stop: Option<Borrowed<'_>>, step: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Slice::new(start, stop, step).map(Ref::upcast)
    }
    fn PySlice_Unpack(slice: Of<'_, Slice>, start: Out<'_, isize>, stop: Out<'_, isize>, step: Out<'_, isize>) -> PyResult<()> {
        let bounds = slice.unpack()?;
        start.set(bounds.start);
        stop.set(bounds.stop);
        step.set(bounds.step);
        Ok(())
    }
    fn PySlice_AdjustIndices(len: isize, start: Out<'_, isize>, stop: Out<'_, isize>, step: isize) -> isize {
        let (from, to, count) = adjust(start.get(), stop.get(), step, len);
        start.set(from);
        stop.set(to);
        count
    }
    fn PySlice_GetIndices(slice: Of<'_, Slice>, len: isize, start: Out<'_, isize>, stop: Out<'_, isize>, step: Out<'_, isize>) -> PyResult<()> {
        let [a, b, c] = slice.parts();
        let none = core::none();
        // C's function says -1 without an exception where it does not like what it finds.
        // SAFETY: documented so.
        let silent = || unsafe { object::Raised::assume() };
        let read = |value: &Ref| -> PyResult<isize> { if value.class().is_subtype(&core::INT) { value.as_isize() } else { Err(silent()) } };
        let length = len;
        let by = if c.is(&none) { 1 } else { read(&c)? };
        let bound = |value: &Ref, default: isize| -> PyResult<isize> {
            if value.is(&none) {
                return Ok(default);
            }
            let value = read(value)?;
            Ok(if value < 0 { value + length } else { value })
        };
        step.set(by);
        start.set(bound(&a, if by < 0 { length - 1 } else { 0 })?);
        stop.set(bound(&b, if by < 0 { -1 } else { length })?);
        if stop.get() > length || start.get() >= length || by == 0 {
            return Err(silent());
        }
        Ok(())
    }
    fn PySlice_GetIndicesEx(slice: Of<'_, Slice>, len: isize, start: Out<'_, isize>, stop: Out<'_, isize>, step: Out<'_, isize>, count: Out<'_, isize>) -> PyResult<()> {
        let bounds = slice.unpack()?;
        let (from, to, items) = adjust(bounds.start, bounds.stop, bounds.step, len);
        start.set(from);
        stop.set(to);
        step.set(bounds.step);
        count.set(items);
        Ok(())
    }
    fn _PyEval_SliceIndex(value: Option<Borrowed<'_>>, place: Out<'_, isize>) -> bool {
        let Some(value) = value.filter(|value| !value.is(&core::none())) else { return true };
        match builtins::slice::slice_index(value, 0) {
            Ok(index) => {
                place.set(index);
                true
            }
            Err(_) => false,
        }
    }
    fn _PyEval_SliceIndexNotNone(value: Borrowed<'_>, place: Out<'_, isize>) -> bool {
        match builtins::slice::slice_index_not_none(Some(value), 0) {
            Ok(index) => {
                place.set(index);
                true
            }
            Err(_) => false,
        }
    }

    fn PySet_New(iterable: Option<Borrowed<'_>>) -> PyResult<Ref> {
        set::make(&core::SET, iterable).map(Ref::upcast)
    }
    fn PyFrozenSet_New(iterable: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match iterable {
            Some(iterable) => set::frozenset(iterable),
            None => Set::new_frozen().map(Ref::upcast),
        }
    }
    fn PySet_Size(set: Borrowed<'_>) -> PyResult<isize> {
        Ok(any_set(set)?.len().cast_signed())
    }
    fn PySet_Contains(set: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<bool> {
        any_set(set)?.contains(hashable(key)?)
    }
    fn PySet_Discard(set: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<bool> {
        plain_set(set)?.discard(hashable(key)?)
    }
    fn PySet_Add(set: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<()> {
        // A frozenset may be filled as long as nobody else has it.
        if set.class().is_subtype(&core::FROZENSET) && set.refcount() != 1 {
            return Err(error::bad_internal_call());
        }
        any_set(set)?.add(key)
    }
    fn PySet_Clear(set: Borrowed<'_>) -> PyResult<()> {
        plain_set(set)?.clear();
        Ok(())
    }
    fn PySet_Pop(set: Borrowed<'_>) -> PyResult<Ref> {
        plain_set(set)?.pop().ok_or_else(|| raise!(KeyError, "pop from an empty set"))
    }
    fn _PySet_Update(set: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<()> {
        plain_set(set)?.update(iterable)
    }
    fn _PySet_NextEntry(set: Borrowed<'_>, position: Out<'_, isize>, key: Out<'_, *mut PyObject>, hash: Out<'_, isize>) -> PyResult<bool> {
        let set = any_set(set)?;
        let mut at = position.get().max(0).unsigned_abs();
        let Some((item, own)) = set.next_entry(&mut at) else { return Ok(false) };
        position.set(at.cast_signed());
        hash.set(own);
        key.set(Lent::of(item).0);
        Ok(true)
    }
    fn _PySet_NextEntryRef(set: Borrowed<'_>, position: Out<'_, isize>, key: Out<'_, *mut PyObject>, hash: Out<'_, isize>) -> PyResult<bool> {
        let set = any_set(set)?;
        let mut at = position.get().max(0).unsigned_abs();
        let Some((item, own)) = set.next_entry(&mut at) else { return Ok(false) };
        position.set(at.cast_signed());
        hash.set(own);
        key.set(item.into_ptr());
        Ok(true)
    }

    fn PyCell_New(value: Option<Borrowed<'_>>) -> PyResult<Ref> {
        cell::new(value.map(Borrowed::to_ref))
    }
    fn PyCell_Get(cell: Borrowed<'_>) -> PyResult<Option<Ref>> {
        if !cell.class().is_type(&core::CELL) {
            return Err(error::bad_internal_call());
        }
        Ok(cell::get(cell))
    }
    fn PyCell_Set(cell: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        if !cell.class().is_type(&core::CELL) {
            return Err(error::bad_internal_call());
        }
        cell::set(cell, value.map(Borrowed::to_ref));
        Ok(())
    }
}
