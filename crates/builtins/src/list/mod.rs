//! `list`: a vector of owned objects with CPython's growth.
//!
//! **A comparison, a call or a drop may run any code, also code that changes the list.** Items are owned before one, and index and length
//! are looked at again after.

mod iter;
mod methods;
mod sort;

pub use iter::{ListIterator, ListReverseIterator};

use abi::{PyListObject, PyObject};
use macros::pyclass;
use object::value::str as text;
use object::{Borrowed, Object, PyResult, Ref, TypeObject, core, error, memory};
use std::mem::ManuallyDrop;

/// Built-in mutable sequence.
///
/// If no argument is given, the constructor creates a new empty list.
/// The argument must be an iterable if specified.
#[pyclass(name = "list", cell = object::core::LIST, sig = "(iterable=(), /)", flags(BASETYPE, LIST_SUBCLASS, MATCH_SELF, SEQUENCE),
    gc = manual)]
pub struct List {
    raw: PyListObject,
}

impl Drop for List {
    fn drop(&mut self) {
        self.release();
    }
}

impl List {
    /// A new empty list.
    #[inline]
    pub fn new() -> PyResult<Ref<List>> {
        let object = memory::alloc_gc(&core::LIST, size_of::<List>())?;
        // SAFETY: fresh memory of a list, of which the fields are written now; lists have a collector's header.
        unsafe {
            let list = &*object.as_ptr().cast::<PyListObject>();
            list.ob_base.ob_size.set(0);
            list.ob_item.set(std::ptr::null_mut());
            list.allocated.set(0);
            object::gc::track(object.as_ptr());
            Ok(Ref::from_owned_ptr(object))
        }
    }

    /// A new empty list with room for exactly `capacity` items.
    pub fn with_capacity(capacity: usize) -> PyResult<Ref<List>> {
        let list = Self::new()?;
        if capacity != 0 {
            list.set_capacity(capacity)?;
        }
        Ok(list)
    }

    /// A list of `len` places without objects: C fills them before anybody else sees the list.
    pub fn with_nulls(len: usize) -> PyResult<Ref<List>> {
        let list = Self::with_capacity(len)?;
        if len > 0 {
            // SAFETY: the block has room for `len` pointers.
            unsafe { list.raw.ob_item.get().write_bytes(0, len) };
            list.set_len(len);
        }
        Ok(list)
    }

    /// Puts an object, or none, into the place at `index`, and returns what was there.
    pub fn set_or_null(&self, index: usize, item: Option<Ref>) -> Option<Ref> {
        if index >= self.len() {
            return item;
        }
        // SAFETY: the index is inside; the place owns its object or holds NULL.
        unsafe {
            let old = self.slot(index).replace(item.map_or(std::ptr::null_mut(), Ref::into_ptr));
            Ref::from_owned_or_null(old)
        }
    }

    /// A list that owns these objects.
    pub fn from_vec(items: Vec<Ref>) -> PyResult<Ref<List>> {
        let list = Self::with_capacity(items.len())?;
        items.into_iter().for_each(|item| list.push_within_capacity(item));
        Ok(list)
    }

    /// A list of these objects, each of which gains a reference.
    pub fn from_slice(items: &[Borrowed<'_>]) -> PyResult<Ref<List>> {
        let list = Self::with_capacity(items.len())?;
        items.iter().for_each(|item| list.push_within_capacity(item.to_ref()));
        Ok(list)
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.raw.ob_base.ob_size.get().max(0).cast_unsigned()
    }

    /// Whether there are no items.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// This list as an object.
    #[inline(always)]
    pub fn object(&self) -> &Object {
        object::as_object(self)
    }

    #[inline(always)]
    fn set_len(&self, len: usize) {
        self.raw.ob_base.ob_size.set(len.cast_signed());
    }

    #[inline(always)]
    fn capacity(&self) -> usize {
        self.raw.allocated.get().max(0).cast_unsigned()
    }

    /// The slot of an item. `index` is below the capacity.
    #[inline(always)]
    fn slot(&self, index: usize) -> *mut *mut PyObject {
        debug_assert!(index < self.capacity());
        self.raw.ob_item.get().wrapping_add(index)
    }

    /// Items as they are now. The borrow must end before any code runs that could change the list. An item is NULL only in lists that C
    /// code is still filling.
    ///
    /// # Safety
    /// The list does not change while the result is in use.
    #[inline(always)]
    pub unsafe fn peek(&self) -> &[Option<Borrowed<'_>>] {
        if self.is_empty() {
            return &[];
        }
        // SAFETY: the list has that many items, each of which is an object or NULL.
        unsafe { std::slice::from_raw_parts(self.raw.ob_item.get().cast(), self.len()) }
    }

    /// A new reference to the item at `index`.
    #[inline(always)]
    pub fn at(&self, index: usize) -> Option<Ref> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: the index is inside; the item is an object or NULL.
        unsafe { Borrowed::<Object>::from_ptr_or_null(*self.slot(index)).map(Borrowed::to_ref) }
    }

    /// Appends copies of `count` items that stand at `source`, for which there is room.
    ///
    /// # Safety
    /// `source` holds that many objects or nulls, all alive, outside of the places that are filled; the capacity is at least the length and `count`.
    #[inline]
    pub(crate) unsafe fn push_copies(&self, source: *const *mut PyObject, count: usize) {
        let len = self.len();
        debug_assert!(len + count <= self.capacity());
        // Where nothing is copied there may be no slot behind the last item.
        let target = self.raw.ob_item.get().wrapping_add(len);
        // SAFETY: by contract.
        unsafe { copy_items(source, target, count) };
        self.set_len(len + count);
    }

    /// The items, owned, as they are now.
    pub fn snapshot(&self) -> PyResult<Vec<Ref>> {
        let mut items = memory::vec_with_capacity(self.len())?;
        // SAFETY: nothing runs while the references are taken.
        items.extend(unsafe { self.peek() }.iter().flatten().map(|item| item.to_ref()));
        Ok(items)
    }

    /// Changes the capacity; it is not below the length.
    fn set_capacity(&self, capacity: usize) -> PyResult<()> {
        if capacity == 0 {
            // SAFETY: the block is the list's own, or null.
            unsafe { memory::free(self.raw.ob_item.replace(std::ptr::null_mut()).cast()) };
            self.raw.allocated.set(0);
            return Ok(());
        }
        let bytes = capacity.checked_mul(size_of::<*mut PyObject>()).ok_or_else(memory::no_memory)?;
        let old = self.raw.ob_item.get();
        // SAFETY: as above.
        let block = unsafe { if old.is_null() { memory::try_alloc(bytes) } else { memory::try_realloc(old.cast(), bytes) } };
        let block = memory::or_no_memory(block)?;
        self.raw.ob_item.set(block.as_ptr().cast());
        self.raw.allocated.set(capacity.cast_signed());
        Ok(())
    }

    /// Room for `len` items with CPython's over-allocation; `list_resize` without the change of the length.
    #[inline]
    fn make_room(&self, len: usize) -> PyResult<()> {
        let capacity = self.capacity();
        if capacity >= len && len >= capacity >> 1 {
            return Ok(());
        }
        self.reallocate(len)
    }

    #[cold]
    fn reallocate(&self, len: usize) -> PyResult<()> {
        let mut capacity = len.checked_add(len >> 3).and_then(|len| len.checked_add(6)).ok_or_else(memory::no_memory)? & !3;
        // A big jump is likely the last one.
        if len > self.len() && len - self.len() > capacity - len {
            capacity = (len + 3) & !3;
        }
        self.set_capacity(if len == 0 { 0 } else { capacity })
    }

    /// Room for exactly `len` items (rounded up to an even number), for a list without any memory: `list_preallocate_exact`.
    fn make_exact_room(&self, len: usize) -> PyResult<()> {
        self.set_capacity(len.checked_add(1).ok_or_else(memory::no_memory)? & !1)
    }

    /// Appends an item where there is room; else it is dropped.
    #[inline(always)]
    pub fn push_within_capacity(&self, item: Ref) {
        let len = self.len();
        if len < self.capacity() {
            // SAFETY: the slot is inside the memory of the list.
            unsafe { self.slot(len).write(item.into_ptr()) };
            self.set_len(len + 1);
        }
    }

    /// Appends an item.
    #[inline]
    pub fn append(&self, item: Ref) -> PyResult<()> {
        let len = self.len();
        if len >= self.capacity() {
            self.make_room(len + 1)?;
        }
        self.push_within_capacity(item);
        Ok(())
    }

    /// Inserts an item before `index`, which is clipped.
    pub fn insert(&self, index: isize, item: Ref) -> PyResult<()> {
        let len = self.len();
        let index = crate::slice::search_bound(index, len).min(len);
        self.make_room(len + 1)?;
        // SAFETY: there is room for one more item; the tail moves up.
        unsafe {
            let slot = self.slot(index);
            slot.copy_to(slot.add(1), len - index);
            slot.write(item.into_ptr());
        }
        self.set_len(len + 1);
        Ok(())
    }

    /// Replaces the item at `index`, which is below the length.
    #[inline]
    pub fn set(&self, index: usize, item: Ref) -> Option<Ref> {
        if index >= self.len() {
            return Some(item);
        }
        // SAFETY: the slot owned its item.
        unsafe { Ref::from_owned_or_null(std::ptr::replace(self.slot(index), item.into_ptr())) }
    }

    /// Takes out the item at `index`.
    pub fn remove_at(&self, index: usize) -> PyResult<Option<Ref>> {
        let len = self.len();
        if index >= len {
            return Ok(None);
        }
        // SAFETY: the item moves out, the tail moves down.
        let item = unsafe {
            let slot = self.slot(index);
            let item = slot.read();
            slot.copy_from(slot.add(1), len - index - 1);
            Ref::from_owned_or_null(item)
        };
        self.set_len(len - 1);
        // Shrinking in place cannot be refused in a way that matters: the larger block stays.
        if self.make_room(len - 1).is_err() {
            error::take();
        }
        Ok(item)
    }

    /// Takes all items out: the list is empty, and its memory goes with the result.
    fn take_all(&self) -> Taken {
        let items = self.raw.ob_item.replace(std::ptr::null_mut());
        let len = self.len();
        self.set_len(0);
        self.raw.allocated.set(0);
        Taken { items, len }
    }

    fn release(&self) {
        drop(self.take_all());
    }

    /// Drops all items.
    pub fn clear(&self) {
        // Emptying an empty list is no change of it, which `sort` would report.
        if !self.raw.ob_item.get().is_null() {
            self.release();
        }
    }

    /// Appends what an iterable gives.
    pub fn extend_from(&self, iterable: Borrowed<'_>) -> PyResult<()> {
        let class = iterable.class();
        if class.is_type(&core::LIST) {
            let other = iterable.self_as::<List>();
            // The list may be extended by itself: its items are asked for when it has grown.
            let count = other.len();
            self.prepare_fast(count)?;
            // SAFETY: there is room for that many more, and they are still there: making room runs no code.
            unsafe { self.push_copies(other.raw.ob_item.get(), count) };
            return Ok(());
        }
        if class.is_type(&core::TUPLE) {
            let items = object::value::tuple::items(iterable).unwrap_or_default();
            self.prepare_fast(items.len())?;
            // SAFETY: there is room for that many more; an item has the bytes of its address.
            unsafe { self.push_copies(items.as_ptr().cast(), items.len()) };
            return Ok(());
        }
        self.extend_known(iterable).unwrap_or_else(|| self.extend_iterator(iterable))
    }

    fn prepare_fast(&self, count: usize) -> PyResult<()> {
        if count == 0 {
            return Ok(());
        }
        if self.raw.ob_item.get().is_null() { self.make_exact_room(count) } else { self.make_room(self.len() + count) }
    }

    /// Appends the elements of a set or the keys, values or items of a dict; none for other iterables.
    fn extend_known(&self, iterable: Borrowed<'_>) -> Option<PyResult<()>> {
        if let Some(set) = crate::set::exact_set(iterable) {
            return Some((|| {
                self.make_room(self.len() + set.len())?;
                let mut position = 0;
                while let Some((item, _)) = set.next_entry(&mut position) {
                    self.append(item)?;
                }
                Ok(())
            })());
        }
        if let Some(text) = text::check_exact(&iterable).then(|| text::data(iterable)).flatten() {
            return Some(self.extend_characters(text));
        }
        if iterable.class().is_type(&core::BYTES)
            && let Some(content) = object::value::bytes::value(iterable)
        {
            return Some((|| {
                self.prepare_fast(content.len())?;
                content.iter().try_for_each(|byte| self.append(object::value::int::new(i64::from(*byte))?))
            })());
        }
        if let Some((dict, part)) = crate::dict::viewed(iterable) {
            return Some(self.extend_view(&dict, part));
        }
        let dict = iterable.downcast_exact::<crate::dict::Dict>()?;
        Some((|| {
            self.make_room(self.len() + dict.len())?;
            let mut position = crate::dict::Position::default();
            while let Some(key) = dict.next_key(&mut position) {
                self.append(key)?;
            }
            Ok(())
        })())
    }

    /// Appends the characters of a str.
    fn extend_characters(&self, text: text::Data<'_>) -> PyResult<()> {
        self.prepare_fast(text.len())?;
        if let text::Data::Latin1(codes) = text {
            codes.iter().for_each(|code| self.push_within_capacity(text::latin1_char(*code)));
            return Ok(());
        }
        text.iter().try_for_each(|code| self.append(text::from_data(text::Data::Ucs4(&[code]))?))
    }

    /// Appends what a view of a dict shows. Nothing runs meanwhile but allocation.
    fn extend_view(&self, dict: &crate::dict::Dict, part: crate::dict::Part) -> PyResult<()> {
        use crate::dict::Part;
        self.make_room(self.len() + dict.len())?;
        let mut position = crate::dict::Position::default();
        while let Some((key, value)) = dict.next_borrowed(&mut position) {
            // SAFETY: an entry in use has a live key and value, which are owned before anything else happens.
            let owned = |object: *mut PyObject| unsafe { (*object.cast::<Object>()).to_ref() };
            self.append(match part {
                Part::Keys => owned(key),
                Part::Values => owned(value),
                Part::Items => object::value::tuple::from_array([owned(key), owned(value)])?,
            })?;
        }
        Ok(())
    }

    fn extend_iterator(&self, iterable: Borrowed<'_>) -> PyResult<()> {
        let iterator = iterable.iter()?;
        let hint = iterable.length_hint(8)?;
        if self.raw.ob_item.get().is_null() {
            if hint > 0 {
                self.make_exact_room(hint)?;
            }
        } else if let Some(len) = self.len().checked_add(hint)
            && len < isize::MAX.cast_unsigned()
        {
            self.make_room(len)?;
        }
        while let Some(item) = iterator.next()? {
            self.append(item)?;
        }
        if self.len() < self.capacity() {
            self.make_room(self.len())?;
        }
        Ok(())
    }
}

/// Copies objects (or nulls), each of which gains a reference.
///
/// # Safety
/// `source` holds `count` of them, `target` has as many places that own nothing.
#[inline(always)]
unsafe fn copy_items(source: *const *mut PyObject, target: *mut *mut PyObject, count: usize) {
    for index in 0..count {
        // SAFETY: by contract.
        unsafe {
            let item = *source.add(index);
            if !item.is_null() {
                object::reference::incref(item);
            }
            target.add(index).write(item);
        }
    }
}

/// The memory and items of a list that was emptied.
struct Taken {
    items: *mut *mut PyObject,
    len: usize,
}

impl Taken {
    /// Puts everything back into a list, whose own items go.
    fn put_back(self, list: &List, capacity: usize) {
        let this = ManuallyDrop::new(self);
        let old = list.take_all();
        list.raw.ob_item.set(this.items);
        list.raw.allocated.set(capacity.cast_signed());
        list.set_len(this.len);
        drop(old);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        for index in (0..self.len).rev() {
            // SAFETY: the items are owned here.
            drop(unsafe { Ref::<Object>::from_owned_or_null(*self.items.add(index)) });
        }
        // SAFETY: the block was the list's own, or null.
        unsafe { memory::free(self.items.cast()) };
    }
}

/// An empty list or instance of a subtype.
fn allocate(class: &TypeObject) -> PyResult<Ref<List>> {
    if class.is_type(&core::LIST) {
        return List::new();
    }
    let Some(alloc) = class.tp_alloc() else { return Err(error::bad_internal_call()) };
    // SAFETY: an instance of a subtype of list begins with a list; zeroed, it is empty.
    Ok(unsafe { alloc(class.borrowed_type(), 0)?.cast_unchecked::<List>() })
}

/// `list(iterable)`.
pub fn from_iterable(iterable: Borrowed<'_>) -> PyResult<Ref<List>> {
    let list = List::new()?;
    list.extend_from(iterable)?;
    Ok(list)
}
