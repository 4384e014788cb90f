//! Iteration.

use crate::exc;
use crate::raise;
use crate::recursion;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::PyResult;
use crate::value::{int, tuple};
use crate::{core, hooks, id, memory};
use abi::tpflags;

/// The items of a list as they are now; those that C code has not filled in yet are none.
///
/// # Safety
/// The object is a list, and nothing changes it while the result is in use.
unsafe fn list_items(list: &Object) -> &[Option<Borrowed<'_>>] {
    // SAFETY: by contract; an item or null has the bytes of an optional `Borrowed`.
    unsafe {
        let raw = &*list.as_ptr().cast::<abi::PyListObject>();
        let len = raw.ob_base.ob_size.get().max(0).cast_unsigned();
        if len == 0 { &[] } else { std::slice::from_raw_parts(raw.ob_item.get().cast(), len) }
    }
}

impl Object {
    /// `iter(self)`.
    pub fn iter(&self) -> PyResult<Ref> {
        let class = self.class();
        let Some(function) = class.tp_iter() else {
            if self.is_sequence() {
                return (hooks::get().sequence_iter)(self.borrowed());
            }
            return Err(raise!(TypeError, "'{}' object is not iterable", class.tp_name()));
        };
        let iterator = function(self.borrowed())?;
        if iterator.is_iterator() {
            return Ok(iterator);
        }
        Err(raise!(TypeError, "iter() returned non-iterator of type '{}'", iterator.class().tp_name()))
    }

    /// Whether the type has `__next__`.
    pub fn is_iterator(&self) -> bool {
        self.class()
            .tp_iternext()
            .is_some_and(|function| !std::ptr::fn_addr_eq(function, not_implemented_next as crate::slots::IterNextFn))
    }

    /// The next item of an iterator; none at the end.
    #[inline]
    pub fn next(&self) -> PyResult<Option<Ref>> {
        let Some(function) = self.class().tp_iternext() else {
            return Err(raise!(TypeError, "'{}' object is not an iterator", self.class().tp_name()));
        };
        recursion::check("")?;
        match PyResult::<Option<Ref>>::from(function(self.borrowed())) {
            Err(raised) if raised.is_a(&exc::StopIteration) => {
                raised.clear();
                Ok(None)
            }
            result => result,
        }
    }

    /// Gives `action` each item of the iterable in turn.
    pub fn for_each_item(&self, mut action: impl FnMut(Ref) -> PyResult<()>) -> PyResult<()> {
        if self.class().is_type(&core::LIST) {
            // The list may change between the items.
            let mut index = 0;
            // SAFETY: exactly a list; nothing runs before the item is owned.
            while let Some(Some(item)) = unsafe { list_items(self) }.get(index).copied() {
                action(item.to_ref())?;
                index += 1;
            }
            return Ok(());
        }
        let iterator = self.iter()?;
        while let Some(item) = iterator.next()? {
            action(item)?;
        }
        Ok(())
    }

    /// `list(self)`, as a vector.
    pub fn to_vec(&self) -> PyResult<Vec<Ref>> {
        if self.class().is_type(&core::TUPLE) {
            let items = tuple::items(self.borrowed()).unwrap_or_default();
            let mut vec = memory::vec_with_capacity(items.len())?;
            vec.extend(items.iter().map(|item| item.to_ref()));
            return Ok(vec);
        }
        if self.class().is_type(&core::LIST) {
            // SAFETY: exactly a list, which nothing changes while its items are copied.
            let items = unsafe { list_items(self) };
            let mut vec = memory::vec_with_capacity(items.len())?;
            vec.extend(items.iter().flatten().map(|item| item.to_ref()));
            return Ok(vec);
        }
        let iterator = self.iter()?;
        let mut vec = memory::vec_with_capacity(self.length_hint(8)?)?;
        while let Some(item) = iterator.next()? {
            memory::reserve(&mut vec, 1)?;
            vec.push(item);
        }
        Ok(vec)
    }

    /// `tuple(self)`.
    pub fn to_tuple(&self) -> PyResult<Ref> {
        if self.class().is_type(&core::TUPLE) {
            return Ok(self.to_ref());
        }
        if self.class().is_type(&core::LIST) {
            // SAFETY: exactly a list, which nothing changes while its items are copied: making a tuple runs no code.
            let items = unsafe { list_items(self) };
            if items.is_empty() {
                return Ok(tuple::empty());
            }
            let mut builder = tuple::Builder::new(items.len())?;
            items.iter().for_each(|item| builder.push(item.map_or_else(core::none_ref, Borrowed::to_ref)));
            return Ok(builder.finish());
        }
        tuple::from_vec(self.to_vec()?)
    }

    /// `operator.length_hint(self, default)`.
    pub fn length_hint(&self, default: usize) -> PyResult<usize> {
        let class = self.class();
        if class.sq_length().is_some() || class.mp_length().is_some() {
            match self.len() {
                Ok(length) => return Ok(length),
                Err(raised) => raised.clear_if(&exc::TypeError)?,
            }
        }
        let Some(method) = self.lookup_special(id!("__length_hint__"))? else { return Ok(default) };
        let result = match method.call0() {
            Ok(result) => result,
            Err(raised) => {
                raised.clear_if(&exc::TypeError)?;
                return Ok(default);
            }
        };
        if result.is(&core::not_implemented()) {
            return Ok(default);
        }
        if !int::check(result.b()) {
            return Err(raise!(TypeError, "__length_hint__ must be an integer, not {}", result.class().tp_name()));
        }
        match int::to_i64(result.b()) {
            Some(hint) if hint < 0 => Err(raise!(ValueError, "__length_hint__() should return >= 0")),
            Some(hint) => Ok(usize::try_from(hint).unwrap_or(default)),
            None => Err(raise!(OverflowError, "Python int too large to convert to C ssize_t")),
        }
    }

    /// Whether the object has `__getitem__` in the manner of sequences (dicts do not count).
    pub fn is_sequence(&self) -> bool {
        let class = self.class();
        !class.has(tpflags::DICT_SUBCLASS) && class.sq_item().is_some()
    }
}

/// C's `_PyObject_NextNotImplemented`: the `tp_iternext` of types that set `__next__` to None.
pub extern "C-unwind" fn not_implemented_next(object: Borrowed<'_>) -> crate::IterNext {
    let _raised = raise!(TypeError, "'{}' object is not iterable", object.class().tp_name());
    crate::IterNext(std::ptr::null_mut())
}
