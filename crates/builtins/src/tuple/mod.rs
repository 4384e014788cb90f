//! `tuple`. Its memory is made in `object::value::tuple`; here are its type, its hash and its methods.

mod iter;
mod methods;

pub use iter::TupleIterator;

use crate::iter::fast_sequence;
use abi::{PyObject, PyTupleObject};
use macros::pyclass;
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, error};

pub use object::value::tuple::{empty, from_array, from_slice, from_vec, items};

/// Built-in immutable sequence.
///
/// If no argument is given, the constructor returns an empty tuple.
/// If iterable is specified the tuple is initialized from iterable's items.
///
/// If the argument is a tuple, the return value is the same object.
#[pyclass(name = "tuple", cell = object::core::TUPLE, sig = "(iterable=(), /)", flags(BASETYPE, TUPLE_SUBCLASS, MATCH_SELF, SEQUENCE),
    gc = manual, basicsize = std::mem::offset_of!(PyTupleObject, ob_item), itemsize = 8)]
pub struct Tuple {
    raw: PyTupleObject,
}

impl Drop for Tuple {
    fn drop(&mut self) {
        let ptr: *mut PyObject = std::ptr::from_mut(self).cast();
        // SAFETY: the tuple owns its items, which may be NULL while it is being filled; nobody sees it any more.
        unsafe {
            let len = self.raw.ob_base.ob_size.get();
            let items = ptr.byte_add(std::mem::offset_of!(PyTupleObject, ob_item)).cast::<*mut PyObject>();
            for index in (0..len).rev() {
                drop(Ref::<object::Object>::from_owned_or_null(*items.offset(index)));
            }
        }
    }
}

impl Tuple {
    /// The items.
    #[inline(always)]
    pub fn items(&self) -> &[Borrowed<'_>] {
        // SAFETY: a tuple that Python code can see is complete.
        unsafe { tuple::items_of(std::ptr::from_ref(self).cast_mut().cast()) }
    }

    /// The items, some of which may be missing: of a tuple that C code is still filling.
    pub fn places(&self) -> &[Option<Borrowed<'_>>] {
        let items = self.items();
        // SAFETY: `Option<Borrowed>` has the bytes of a pointer that may be null.
        unsafe { std::slice::from_raw_parts(items.as_ptr().cast(), items.len()) }
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
}

/// `tuple(iterable)` or an instance of a subtype.
pub fn make(class: &TypeObject, iterable: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let plain = match iterable {
        None => tuple::empty(),
        Some(iterable) => iterable.to_tuple()?,
    };
    if class.is_type(&core::TUPLE) {
        return Ok(plain);
    }
    let items = tuple::items(plain.b()).unwrap_or_default();
    let Some(alloc) = class.tp_alloc() else { return Err(error::bad_internal_call()) };
    let made = alloc(class.borrowed_type(), items.len().cast_signed())?;
    // SAFETY: a fresh instance of a subtype of tuple with room for that many items, all NULL.
    unsafe {
        let ptr = made.ptr();
        (*ptr.cast::<PyTupleObject>()).ob_hash.set(-1);
        let slots = ptr.byte_add(std::mem::offset_of!(PyTupleObject, ob_item)).cast::<*mut PyObject>();
        for (index, item) in items.iter().enumerate() {
            slots.add(index).write(item.to_ref().into_ptr());
        }
    }
    Ok(made)
}

/// `tuple(object)` for a list, tuple or iterable, with a message of the caller's for anything else.
pub fn from_fast_sequence(object: Borrowed<'_>, message: &str) -> PyResult<Ref> {
    tuple::from_vec(fast_sequence(object, message)?)
}

/// The hash of a tuple from the hashes of its items: xxHash with CPython's simplifications.
pub struct Hasher {
    state: usize,
    len: usize,
}

const PRIME_1: usize = 11_400_714_785_074_694_791;
const PRIME_2: usize = 14_029_467_366_897_019_727;
const PRIME_5: usize = 2_870_177_450_012_600_261;

impl Hasher {
    /// The hash of no items yet.
    #[inline]
    pub fn new() -> Self {
        Hasher { state: PRIME_5, len: 0 }
    }

    /// Takes in the hash of the next item.
    #[inline]
    pub fn add(&mut self, hash: isize) {
        let lane = hash.cast_unsigned().wrapping_mul(PRIME_2);
        self.state = self.state.wrapping_add(lane).rotate_left(31).wrapping_mul(PRIME_1);
        self.len += 1;
    }

    /// The hash of a tuple.
    #[inline]
    pub fn finish(mut self) -> isize {
        self.state = self.state.wrapping_add(self.len ^ (PRIME_5 ^ 3_527_539));
        self.finish_without_len()
    }

    /// The hash of a slice, which has always three parts.
    #[inline]
    pub fn finish_without_len(self) -> isize {
        if self.state == usize::MAX { 1_546_275_796 } else { self.state.cast_signed() }
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

/// The tuple of two that an iterator gave last: given again when nobody else kept it.
#[derive(Default)]
pub struct PairSlot(OptRef);

impl PairSlot {
    /// The field that holds the tuple.
    pub(crate) fn slot(&self) -> &OptRef {
        &self.0
    }

    /// A tuple of two objects.
    #[inline]
    pub fn pair(&self, first: Ref, second: Ref) -> PyResult<Ref> {
        // SAFETY: the field is not replaced while the borrow is in use.
        if let Some(last) = unsafe { self.0.peek() }
            && last.refcount() == 1
        {
            let last = last.to_ref();
            // SAFETY: nobody else sees the tuple, which has two items; the old ones are dropped when it is complete again.
            let old = unsafe {
                let raw = &*last.ptr().cast::<PyTupleObject>();
                raw.ob_hash.set(-1);
                let slots = last.ptr().byte_add(std::mem::offset_of!(PyTupleObject, ob_item)).cast::<*mut PyObject>();
                let old = (slots.read(), slots.add(1).read());
                slots.write(first.into_ptr());
                slots.add(1).write(second.into_ptr());
                // The collector may have found that the old items needed no tracking. Whether the new ones do is not asked: the tuple is known for good.
                object::gc::track_object(last.b());
                (Ref::<object::Object>::from_owned_or_null(old.0), Ref::<object::Object>::from_owned_or_null(old.1))
            };
            drop(old);
            return Ok(last);
        }
        let made = tuple::from_array([first, second])?;
        self.0.set(Some(made.clone()));
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::Hasher;

    #[test]
    fn hash_of_three_small_ints() {
        let mut hasher = Hasher::new();
        (1..=3).for_each(|hash| hasher.add(hash));
        assert_eq!(hasher.finish(), 529_344_067_295_497_451);
    }

    #[test]
    fn hash_of_a_slice() {
        let mut hasher = Hasher::new();
        (1..=3).for_each(|hash| hasher.add(hash));
        assert_eq!(hasher.finish_without_len(), -2_340_833_382_717_974_474);
    }
}
