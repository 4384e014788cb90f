//! The methods of `bytearray` that change it, pickling, and its iterator.

use super::{ByteArray, new};
use crate::bytes::kernel;
use abi::Cell;
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, id, memory, raise};

/// An argument that is one byte.
pub(super) fn byte_argument(item: Borrowed<'_>) -> PyResult<u8> {
    u8::try_from(item.as_isize_clamped()?).map_err(|_| raise!(ValueError, "byte must be in range(0, 256)"))
}

#[pymethods(part = METHODS)]
impl ByteArray {
    /// Append a single item to the end of the bytearray.
    ///
    ///   item
    ///     The item to be appended.
    #[method("($self, item, /)")]
    fn append(slf: Borrowed<'_, Self>, item: Borrowed<'_>) -> PyResult<()> {
        let byte = byte_argument(item)?;
        slf.splice(slf.len(), slf.len(), &[byte])
    }

    /// Append all the items from the iterator or sequence to the end of the bytearray.
    ///
    ///   iterable_of_ints
    ///     The iterable of items to append.
    #[method("($self, iterable_of_ints, /)")]
    fn extend(slf: Borrowed<'_, Self>, iterable_of_ints: Borrowed<'_>) -> PyResult<()> {
        if text::check(iterable_of_ints) {
            return Err(raise!(TypeError, "expected iterable of integers; got: 'str'"));
        }
        // The place is that of the beginning, whatever the argument does to this object.
        let end = slf.len();
        let from_buffer = iterable_of_ints.has_buffer();
        let added = if from_buffer {
            Buffer::readable(iterable_of_ints)?.bytes().to_vec()
        } else {
            match crate::bytes::from_source(Some(iterable_of_ints), None, None, "bytearray") {
                Err(raised) if raised.is_a(&object::exc::TypeError) && iterable_of_ints.class().tp_iter().is_none() => {
                    raised.clear();
                    let name = iterable_of_ints.class().short_name();
                    return Err(raise!(TypeError, "can't extend bytearray with {name}"));
                }
                added => added?,
            }
        };
        let end = if from_buffer { end } else { slf.len() };
        slf.splice(end, end, &added)
    }

    /// Insert a single item into the bytearray before the given index.
    ///
    ///   index
    ///     The index where the value is to be inserted.
    ///   item
    ///     The item to be inserted.
    #[method("($self, index, item, /)")]
    fn insert(slf: Borrowed<'_, Self>, index: isize, item: Borrowed<'_>) -> PyResult<()> {
        let byte = byte_argument(item)?;
        let len = slf.len();
        let at = if index < 0 { index.saturating_add(len.cast_signed()).max(0) } else { index };
        let at = at.cast_unsigned().min(len);
        slf.splice(at, at, &[byte])
    }

    /// Remove and return a single item from B.
    ///
    ///   index
    ///     The index from where to remove the item.
    ///     -1 (the default value) means remove the last item.
    ///
    /// If no index argument is given, will pop the last item.
    #[method("($self, index=-1, /)")]
    fn pop(slf: Borrowed<'_, Self>, index: isize) -> PyResult<Ref> {
        let len = slf.len();
        if len == 0 {
            return Err(raise!(IndexError, "pop from empty bytearray"));
        }
        let at = if index < 0 { index.saturating_add(len.cast_signed()) } else { index };
        let Some((at, byte)) = usize::try_from(at).ok().and_then(|at| slf.view().get(at).map(|byte| (at, *byte))) else {
            return Err(raise!(IndexError, "pop index out of range"));
        };
        slf.splice(at, at + 1, &[])?;
        kernel::byte_object(byte)
    }

    /// Remove the first occurrence of a value in the bytearray.
    ///
    ///   value
    ///     The value to remove.
    #[method("($self, value, /)")]
    fn remove(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<()> {
        let byte = byte_argument(value)?;
        match slf.view().iter().position(|own| *own == byte) {
            Some(at) => slf.splice(at, at + 1, &[]),
            None => Err(raise!(ValueError, "value not found in bytearray")),
        }
    }

    /// Remove all items from the bytearray.
    #[method("($self, /)")]
    fn clear(slf: Borrowed<'_, Self>) -> PyResult<()> {
        slf.resize(0)
    }

    /// Return a copy of B.
    #[method("($self, /)")]
    fn copy(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        new(slf.view())
    }

    /// Reverse the order of the values in B in place.
    #[method("($self, /)")]
    fn reverse(slf: Borrowed<'_, Self>) {
        slf.with_mut(<[u8]>::reverse);
    }

    /// Resize the internal buffer of bytearray to len.
    ///
    ///   size
    ///     New size to resize to..
    #[method(name = "resize", "($self, size, /)")]
    fn resize_method(slf: Borrowed<'_, Self>, size: isize) -> PyResult<()> {
        match usize::try_from(size) {
            Ok(size) => slf.resize(size),
            Err(_) => Err(raise!(ValueError, "bytearray.resize(): new size must be >= 0, got {size}")),
        }
    }

    /// B.__alloc__() -> int
    ///
    /// Return the number of bytes actually allocated.
    #[method(text = None, "($self, /)")]
    fn __alloc__(&self) -> usize {
        self.capacity()
    }

    /// Returns the size of the bytearray object in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(slf: Borrowed<'_, Self>) -> usize {
        slf.object().class().raw().tp_basicsize.get().cast_unsigned() + slf.capacity()
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        reduce(slf, 2)
    }

    /// Return state information for pickling.
    #[method("($self, proto=0, /)")]
    fn __reduce_ex__(slf: Borrowed<'_, Self>, proto: isize) -> PyResult<Ref> {
        reduce(slf, proto)
    }
}

fn reduce(slf: Borrowed<'_, ByteArray>, proto: isize) -> PyResult<Ref> {
    let state = slf.object().call_method(id!("__getstate__"), &[])?;
    let arguments = if slf.is_empty() {
        tuple::empty()
    } else if proto < 3 {
        tuple::from_array([text::from_latin1(slf.view())?, text::new("latin-1")?])?
    } else {
        tuple::from_array([bytes::new(slf.view())?])?
    };
    tuple::from_array([slf.object().class().to_ref(), arguments, state])
}

/// The iterator over the bytes of a bytearray, which may change meanwhile.
#[pyclass(name = "bytearray_iterator", export = "PyByteArrayIter_Type", flags(DISALLOW_INSTANTIATION), gc)]
pub struct ByteArrayIterator {
    head: abi::PyObject,
    bytes: OptRef,
    index: Cell<usize>,
}

pub(super) fn new_iterator(bytes: Borrowed<'_>) -> PyResult<Ref> {
    let iterator = ByteArrayIterator {
        head: <abi::PyObject as abi::CStruct>::ZERO,
        bytes: OptRef::new(Some(bytes.to_ref())),
        index: Cell::new(0),
    };
    memory::new_instance(ByteArrayIterator::type_object(), iterator).map(Ref::upcast)
}

fn view<'a>(bytes: &'a Ref) -> &'a [u8] {
    debug_assert!(bytes.class().is_subtype(&core::BYTEARRAY));
    bytes.b().self_as::<ByteArray>().get().view()
}

#[pymethods]
impl ByteArrayIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> PyResult<Ref> {
        Ok(slf.to_ref())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some(bytes) = self.bytes.get() else { return Ok(None) };
        match view(&bytes).get(self.index.get()) {
            Some(byte) => {
                self.index.set(self.index.get() + 1);
                kernel::byte_object(*byte).map(Some)
            }
            None => {
                self.bytes.set(None);
                Ok(None)
            }
        }
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> usize {
        self.bytes.get().map_or(0, |bytes| view(&bytes).len()).saturating_sub(self.index.get())
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let iter = crate::support::builtin(id!("iter"))?;
        match self.bytes.get() {
            Some(bytes) => tuple::from_array([iter, tuple::from_array([bytes])?, int::from_u64(self.index.get() as u64)?]),
            None => tuple::from_array([iter, tuple::from_array([tuple::empty()])?]),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, state, /)")]
    fn __setstate__(&self, state: isize) {
        let len = self.bytes.get().map_or(0, |bytes| view(&bytes).len());
        self.index.set(usize::try_from(state).unwrap_or(0).min(len));
    }
}
