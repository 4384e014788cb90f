//! The iterator over a str.

use super::Str;
use abi::Cell;
use macros::{pyclass, pymethods};
use object::value::str as text;
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, id, memory};

/// The iterator over the characters of a str.
#[pyclass(name = "str_iterator", export = "PyUnicodeIter_Type", flags(DISALLOW_INSTANTIATION), gc)]
pub struct StrIterator {
    head: abi::PyObject,
    string: OptRef,
    index: Cell<usize>,
}

/// A new iterator over `string`.
pub(super) fn new(string: Borrowed<'_>) -> PyResult<Ref> {
    let iterator = StrIterator {
        head: <abi::PyObject as abi::CStruct>::ZERO,
        string: OptRef::new(Some(string.to_ref())),
        index: Cell::new(0),
    };
    memory::new_instance(StrIterator::type_object(), iterator).map(Ref::upcast)
}

#[pymethods]
impl StrIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> PyResult<Ref> {
        Ok(slf.to_ref())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        // SAFETY: the borrow ends before any code runs that could change the field; it holds a str.
        let data = match unsafe { self.string.peek() } {
            Some(string) => unsafe { text::data_unchecked(string) },
            None => return Ok(None),
        };
        let index = self.index.get();
        if let text::Data::Latin1(codes) = data
            && let Some(code) = codes.get(index)
        {
            self.index.set(index + 1);
            return Ok(Some(text::latin1_char(*code)));
        }
        match data.get(index) {
            Some(code) => {
                self.index.set(index + 1);
                match u8::try_from(code) {
                    Ok(byte) => Ok(Some(text::latin1_char(byte))),
                    Err(_) => text::from_code_points(1, code, std::iter::once(code)).map(Some),
                }
            }
            None => {
                self.string.set(None);
                Ok(None)
            }
        }
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> usize {
        let len = self.string.get().and_then(|string| text::data(string.b()).map(text::Data::len)).unwrap_or(0);
        len.saturating_sub(self.index.get())
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let iter = crate::support::builtin(id!("iter"))?;
        match self.string.get() {
            Some(string) => {
                tuple::from_array([iter, tuple::from_array([string])?, object::value::int::from_u64(self.index.get() as u64)?])
            }
            None => tuple::from_array([iter, tuple::from_array([text::empty()])?]),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, state, /)")]
    fn __setstate__(&self, state: isize) {
        let len = self.string.get().and_then(|string| text::data(string.b()).map(text::Data::len)).unwrap_or(0);
        self.index.set(usize::try_from(state).unwrap_or(0).min(len));
    }
}

#[pymethods(part = ITER)]
impl Str {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> PyResult<Ref> {
        new(slf)
    }
}
