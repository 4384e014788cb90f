//! The iterator over sets.

use super::Set;
use crate::iter::builtin;
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, IntoPy, OptRef, PyResult, Ref, StaticType, id, memory, raise};

/// `iter(set)`.
#[pyclass(name = "set_iterator", export = "PySetIter_Type", gc)]
pub struct SetIterator {
    header: PyObject,
    set: OptRef<Set>,
    /// Elements at the start; -1 after a change was found.
    used: Cell<isize>,
    position: Cell<usize>,
    left: Cell<usize>,
}

impl SetIterator {
    /// An iterator over `set`.
    pub fn create(set: Borrowed<'_, Set>) -> PyResult<Ref<SetIterator>> {
        Self::with(Some(set.to_ref()), set.used.get(), 0, set.len())
    }

    fn with(set: Option<Ref<Set>>, used: isize, position: usize, left: usize) -> PyResult<Ref<SetIterator>> {
        let header = <PyObject as abi::CStruct>::ZERO;
        let (used, position, left) = (Cell::new(used), Cell::new(position), Cell::new(left));
        memory::new_instance(Self::type_object(), SetIterator { header, set: OptRef::new(set), used, position, left })
    }
}

#[pymethods]
impl SetIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        // SAFETY: the borrow ends before any code runs that could change the field.
        let Some(set) = (unsafe { self.set.peek() }) else { return Ok(None) };
        if self.used.get() != set.used.get() {
            self.used.set(-1);
            return Err(raise!(RuntimeError, "Set changed size during iteration"));
        }
        let mut position = self.position.get();
        let found = set.next_entry(&mut position);
        self.position.set(position);
        match found {
            Some((key, _)) => {
                self.left.set(self.left.get().saturating_sub(1));
                Ok(Some(key))
            }
            None => {
                self.set.set(None);
                Ok(None)
            }
        }
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> usize {
        match self.set.get() {
            Some(set) if set.used.get() == self.used.get() => self.left.get(),
            _ => 0,
        }
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let rest = Self::with(self.set.get(), self.used.get(), self.position.get(), self.left.get())?;
        let list = (object::hooks::get().list_new)(rest.b().to_vec()?)?;
        (builtin(id!("iter"))?, tuple::from_array([list])?).into_py()
    }
}
