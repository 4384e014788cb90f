//! The iterators over a deque, forwards and backwards.

use super::deque::Deque;
use crate::header;
use macros::{pyclass, pymethods};
use object::{Borrowed, IntoPy, OptRef, PyResult, Ref, StaticType, TypeObject, memory, raise};
use std::cell::Cell;

macro_rules! iterator {
    ($name:literal, $ty:ident, |$deque:ident, $left:ident| $index:expr) => {
        #[pyclass(name = $name, module = "collections", gc)]
        pub struct $ty {
            head: abi::PyObject,
            deque: OptRef<Deque>,
            /// How many items are to come.
            left: Cell<usize>,
            /// The deque's state when the iterator was made.
            state: usize,
        }

        impl $ty {
            pub(super) fn create(deque: Borrowed<'_, Deque>) -> PyResult<Ref<$ty>> {
                let value = $ty {
                    head: header(),
                    deque: OptRef::new(Some(deque.to_ref())),
                    left: Cell::new(deque.len()),
                    state: deque.state(),
                };
                memory::new_instance(Self::type_object(), value)
            }
        }

        #[pymethods]
        impl $ty {
            #[slot(tp_new, "(deque, index=0, /)")]
            fn new(_cls: Borrowed<'_, TypeObject>, deque: Borrowed<'_, Deque>, index: isize) -> PyResult<Ref> {
                let made = Self::create(deque)?;
                made.left.set(made.left.get().saturating_sub(usize::try_from(index).unwrap_or(0)));
                Ok(made.upcast())
            }

            #[slot(tp_iter)]
            fn iter(slf: Borrowed<'_>) -> Ref {
                slf.to_ref()
            }

            #[slot(tp_iternext)]
            fn next(&self) -> PyResult<Option<Ref>> {
                let Some($deque) = self.deque.get() else { return Ok(None) };
                if $deque.state() != self.state {
                    self.left.set(0);
                    return Err(raise!(RuntimeError, "deque mutated during iteration"));
                }
                let $left = self.left.get();
                if $left == 0 {
                    return Ok(None);
                }
                self.left.set($left - 1);
                Ok($deque.at($index))
            }

            #[method("($self, /)")]
            fn __length_hint__(&self) -> usize {
                self.left.get()
            }

            #[method("($self, /)")]
            fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
                let deque = slf.deque.get();
                let taken = deque.as_ref().map_or(0, |deque| deque.len().saturating_sub(slf.left.get()));
                (slf.object().class(), (deque, taken)).into_py()
            }
        }
    };
}

iterator!("_deque_iterator", DequeIterator, |deque, left| deque.len().saturating_sub(left));
iterator!("_deque_reverse_iterator", DequeReverseIterator, |deque, left| left - 1);
