//! Tuples as memory: header, cached hash, items.

use crate::core;
use crate::error;
use crate::gc;
use crate::memory;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::PyResult;
use abi::{PyObject, PyTupleObject};
use std::mem::offset_of;
use std::sync::atomic::{AtomicPtr, Ordering};

const ITEMS: usize = offset_of!(PyTupleObject, ob_item);

/// The items of the tuple at `ptr`.
///
/// # Safety
/// `ptr` is a complete tuple (no item is NULL) that lives for `'a`.
#[inline(always)]
pub unsafe fn items_of<'a>(ptr: *mut PyObject) -> &'a [Borrowed<'a>] {
    // SAFETY: by contract; an item has the bytes of a `Borrowed`.
    unsafe {
        let len = (*ptr.cast::<abi::PyVarObject>()).ob_size.get().cast_unsigned();
        std::slice::from_raw_parts(ptr.byte_add(ITEMS).cast::<Borrowed<'a>>(), len)
    }
}

/// The items of a tuple, or none if the object is not one. A tuple that Python code can see is complete.
#[inline]
pub fn items<'a>(tuple: Borrowed<'a>) -> Option<&'a [Borrowed<'a>]> {
    // SAFETY: the flag says that it is a tuple; `'a` keeps it alive, and its items never change.
    tuple.class().has(abi::tpflags::TUPLE_SUBCLASS).then(|| unsafe { items_of(tuple.ptr()) })
}

/// A tuple that is being filled: items that were not set yet are NULL. Dropping it drops the items set so far.
pub struct Builder {
    tuple: *mut PyObject,
    filled: usize,
    len: usize,
}

impl Builder {
    /// An unfilled tuple of `len` items (at least one).
    #[inline]
    pub fn new(len: usize) -> PyResult<Self> {
        let size = len
            .checked_mul(size_of::<*mut PyObject>())
            .and_then(|bytes| bytes.checked_add(ITEMS))
            .ok_or_else(error::no_memory)?;
        let tuple = memory::alloc_gc(&core::TUPLE, size)?.as_ptr();
        // SAFETY: fresh memory of a tuple. Its items are written before anybody reads them: until it is finished only `filled` of them count.
        unsafe {
            (*tuple.cast::<abi::PyVarObject>()).ob_size.set(len.cast_signed());
            (*tuple.cast::<PyTupleObject>()).ob_hash.set(-1);
        }
        Ok(Builder { tuple, filled: 0, len })
    }

    /// The places of its items, none of which may be set yet.
    #[inline(always)]
    pub fn places(&self) -> *mut *mut PyObject {
        self.tuple.wrapping_byte_add(ITEMS).cast()
    }

    /// The tuple, all of whose places were filled through [`Builder::places`].
    ///
    /// # Safety
    /// Each place owns an object.
    #[inline(always)]
    pub unsafe fn finish_filled(mut self) -> Ref {
        self.filled = self.len;
        self.finish()
    }

    /// As [`Builder::finish_filled`], for a caller who looked at each item with [`leads_on`].
    ///
    /// # Safety
    /// Each place owns an object; `cyclic` says whether a cycle could lead through one of them.
    #[inline(always)]
    pub unsafe fn finish_examined(self, cyclic: bool) -> *mut PyObject {
        let this = std::mem::ManuallyDrop::new(self);
        if cyclic {
            // SAFETY: the tuple is complete.
            unsafe { gc::track(this.tuple) };
        }
        this.tuple
    }

    /// Adds the next item; one too many is dropped.
    #[inline(always)]
    pub fn push(&mut self, item: Ref) {
        debug_assert!(self.filled < self.len);
        if self.filled < self.len {
            // SAFETY: the index is inside the tuple.
            unsafe { self.tuple.byte_add(ITEMS).cast::<*mut PyObject>().add(self.filled).write(item.into_ptr()) };
            self.filled += 1;
        }
    }

    /// The tuple, complete, and tracked where it could be part of a cycle. If fewer items than promised were pushed, the tuple is that
    /// much shorter.
    pub fn finish(self) -> Ref {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: all items up to `filled` are set; ownership of the tuple moves out.
        unsafe {
            (*this.tuple.cast::<abi::PyVarObject>()).ob_size.set(this.filled.cast_signed());
            if may_be_in_cycle(this.tuple) {
                gc::track(this.tuple);
            }
            Ref::from_owned_ptr(std::ptr::NonNull::new_unchecked(this.tuple))
        }
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        // SAFETY: the tuple is ours; it dies with the items set so far.
        unsafe {
            (*self.tuple.cast::<abi::PyVarObject>()).ob_size.set(self.filled.cast_signed());
            drop(Ref::<Object>::from_owned_or_null(self.tuple));
        }
    }
}

/// Whether a tuple has an item through which a cycle could lead: anything with the collector's header but tuples that have no such
/// item themselves. A tuple that C code has not filled yet counts as one, too.
///
/// # Safety
/// `tuple` is a tuple; nothing runs while this reads it.
#[inline]
pub(crate) unsafe fn may_be_in_cycle(tuple: *mut PyObject) -> bool {
    // SAFETY: by contract; items are objects or NULL, and what is_gc has a header.
    unsafe {
        let len = (*tuple.cast::<abi::PyVarObject>()).ob_size.get().cast_unsigned();
        let items = tuple.byte_add(ITEMS).cast::<*mut PyObject>();
        (0..len).any(|index| match Borrowed::<Object>::from_ptr_or_null(*items.add(index)) {
            Some(item) => leads_on(item),
            None => true,
        })
    }
}

/// Whether a cycle could lead through this item of a tuple.
#[inline(always)]
pub fn leads_on(item: Borrowed<'_>) -> bool {
    // SAFETY: a tuple has a header.
    item.is_gc() && (!item.class().is_type(&core::TUPLE) || unsafe { gc::is_tracked(item.ptr()) })
}

/// Puts an item in the place of another, in a tuple that its maker is still filling.
pub fn replace_item(tuple: Borrowed<'_>, index: usize, item: Ref) {
    if items(tuple).is_none_or(|items| index >= items.len()) {
        return;
    }
    // SAFETY: the index is inside the tuple. The old item is dropped when it is out of the tuple.
    let old = unsafe {
        (*tuple.ptr().cast::<PyTupleObject>()).ob_hash.set(-1);
        let place = tuple.ptr().byte_add(ITEMS).cast::<*mut PyObject>().add(index);
        Ref::<Object>::from_owned_or_null(place.replace(item.into_ptr()))
    };
    drop(old);
}

/// Tells the collector of a tuple whose items were replaced, unless it knows it or need not.
pub fn track_again(tuple: Borrowed<'_>) {
    // SAFETY: a tuple that Python code can see is complete, and has a header.
    unsafe {
        if !gc::is_tracked(tuple.ptr()) && may_be_in_cycle(tuple.ptr()) {
            gc::track(tuple.ptr());
        }
    }
}

static EMPTY: AtomicPtr<PyObject> = AtomicPtr::new(std::ptr::null_mut());

/// The empty tuple: one immortal object.
pub fn empty() -> Ref {
    // SAFETY: the object is immortal once stored.
    unsafe {
        if let Some(empty) = Borrowed::<Object>::from_ptr_or_null(EMPTY.load(Ordering::Acquire)) {
            return empty.to_ref();
        }
    }
    make_empty()
}

#[cold]
fn make_empty() -> Ref {
    let header =
        PyObject { ob_refcnt_full: abi::Cell::new(abi::IMMORTAL_REFCNT), ob_type: abi::Cell::new(core::TUPLE.as_type_ptr()) };
    let block = Box::leak(Box::new(EmptyBlock {
        _gc: memory::GcHeader { next: abi::Cell::new(std::ptr::null_mut()), prev: abi::Cell::new(0) },
        tuple: PyTupleObject {
            ob_base: abi::PyVarObject { ob_base: header, ob_size: abi::Cell::new(0) },
            ob_hash: abi::Cell::new(-1),
            ob_item: [abi::Cell::new(std::ptr::null_mut())],
        },
    }));
    let ptr: *mut PyObject = std::ptr::from_mut(&mut block.tuple).cast();
    let stored = EMPTY
        .compare_exchange(std::ptr::null_mut(), ptr, Ordering::AcqRel, Ordering::Acquire)
        .map_or_else(|other| other, |_| ptr);
    // SAFETY: the object is immortal.
    unsafe { (*stored.cast::<Object>()).to_ref() }
}

#[repr(C)]
struct EmptyBlock {
    _gc: memory::GcHeader,
    tuple: PyTupleObject,
}

/// A tuple of these objects, each of which gains a reference.
pub fn from_slice(items: &[Borrowed<'_>]) -> PyResult<Ref> {
    // SAFETY: the index is below the length.
    from_fn(items.len(), |index| unsafe { *items.get_unchecked(index) })
}

/// A tuple of as many objects as `count` says, each of which gains a reference.
#[inline(always)]
pub fn from_fn<'a>(count: usize, item: impl Fn(usize) -> Borrowed<'a>) -> PyResult<Ref> {
    if count == 0 {
        return Ok(empty());
    }
    let builder = std::mem::ManuallyDrop::new(Builder::new(count)?);
    // SAFETY: the tuple has a place for each item. Nothing runs before it is complete.
    unsafe {
        let places = builder.places();
        let (mut cyclic, mut index) = (false, 0);
        while index < count {
            let item = item(index);
            crate::reference::incref(item.ptr());
            places.add(index).write(item.ptr());
            cyclic |= leads_on(item);
            index += 1;
        }
        if cyclic {
            gc::track(builder.tuple);
        }
        Ok(Ref::from_owned_ptr(std::ptr::NonNull::new_unchecked(builder.tuple)))
    }
}

/// A tuple that takes over `count` objects (at least one) that stand at `items`. On an error they stay the caller's.
///
/// # Safety
/// `items` holds that many owned objects.
pub unsafe fn from_owned(items: *const *mut PyObject, count: usize) -> PyResult<Ref> {
    let mut builder = Builder::new(count)?;
    // SAFETY: the tuple has room for as many; by contract they are objects.
    unsafe { builder.tuple.byte_add(ITEMS).cast::<*mut PyObject>().copy_from_nonoverlapping(items, count) };
    builder.filled = count;
    Ok(builder.finish())
}

/// A tuple that takes these objects over.
pub fn from_vec(items: Vec<Ref>) -> PyResult<Ref> {
    from_iter_exact(items.len(), items)
}

/// A tuple of the objects of an array.
pub fn from_array<const N: usize>(items: [Ref; N]) -> PyResult<Ref> {
    from_iter_exact(N, items)
}

fn from_iter_exact(len: usize, items: impl IntoIterator<Item = Ref>) -> PyResult<Ref> {
    if len == 0 {
        return Ok(empty());
    }
    let mut builder = Builder::new(len)?;
    items.into_iter().for_each(|item| builder.push(item));
    Ok(builder.finish())
}
