//! The iterator over a template: strings that are not empty, and interpolations.

use super::HEAD;
use abi::Cell;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, memory};

#[pyclass(name = "TemplateIter", module = "string.templatelib", flags(DISALLOW_INSTANTIATION), gc)]
pub struct TemplateIterator {
    head: abi::PyObject,
    strings: OptRef,
    interpolations: OptRef,
    /// Twice the index of the next string; odd for the interpolation behind it.
    next: Cell<usize>,
}

pub(super) fn new(strings: Ref, interpolations: Ref) -> PyResult<Ref> {
    let iterator = TemplateIterator {
        head: HEAD,
        strings: OptRef::new(Some(strings)),
        interpolations: OptRef::new(Some(interpolations)),
        next: Cell::new(0),
    };
    memory::new_instance(TemplateIterator::type_object(), iterator).map(Ref::upcast)
}

fn item(items: &OptRef, index: usize) -> Option<Ref> {
    items.get().and_then(|items| tuple::items(items.b()).and_then(|items| items.get(index).map(|item| item.to_ref())))
}

#[pymethods]
impl TemplateIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> PyResult<Ref> {
        Ok(slf.to_ref())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        loop {
            let at = self.next.get();
            let found = if at % 2 == 0 { item(&self.strings, at / 2) } else { item(&self.interpolations, at / 2) };
            let Some(found) = found else { return Ok(None) };
            self.next.set(at + 1);
            if at % 2 == 1 || text::data(found.b()).is_some_and(|data| !data.is_empty()) {
                return Ok(Some(found));
            }
        }
    }
}
