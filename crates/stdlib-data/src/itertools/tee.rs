//! `tee`: iterators that share what they took from one source.

use super::field;
use crate::header;
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, memory, raise};
use std::cell::{Cell, RefCell};

/// Items in one link of the chain.
const LINK_ITEMS: usize = 57;

/// teedataobject(iterable, values, next, /)
/// --
///
/// Data container common to multiple tee objects.
#[pyclass(name = "_tee_dataobject", module = "itertools", flags(DISALLOW_INSTANTIATION), gc, parts())]
pub struct TeeData {
    head: abi::PyObject,
    source: OptRef,
    items: RefCell<Vec<Ref>>,
    running: Cell<bool>,
    next: OptRef<TeeData>,
}

impl TeeData {
    fn create(source: Ref) -> PyResult<Ref<TeeData>> {
        let value = TeeData {
            head: header(),
            source: field(source),
            items: RefCell::default(),
            running: Cell::new(false),
            next: OptRef::none(),
        };
        memory::new_instance(Self::type_object(), value)
    }

    fn item(&self, index: usize) -> PyResult<Option<Ref>> {
        if let Some(item) = self.items.borrow().get(index) {
            return Ok(Some(item.clone()));
        }
        if self.running.replace(true) {
            return Err(raise!(RuntimeError, "cannot re-enter the tee iterator"));
        }
        let next = self.source.get().map_or(Ok(None), |source| source.next());
        self.running.set(false);
        let Some(item) = next? else { return Ok(None) };
        let mut items = self.items.borrow_mut();
        memory::reserve(&mut items, 1)?;
        items.push(item.clone());
        Ok(Some(item))
    }

    /// The next link of the chain.
    fn link(&self) -> PyResult<Option<Ref<TeeData>>> {
        if let Some(next) = self.next.get() {
            return Ok(Some(next));
        }
        let Some(source) = self.source.get() else { return Ok(None) };
        let next = TeeData::create(source)?;
        self.next.set(Some(next.clone()));
        Ok(Some(next))
    }
}

/// Iterator wrapped to make it copyable.
#[pyclass(name = "_tee", module = "itertools", sig = "(iterable, /)", gc, weaklist = weakrefs)]
pub struct Tee {
    head: abi::PyObject,
    data: OptRef<TeeData>,
    index: Cell<usize>,
    weakrefs: Cell<*mut abi::PyObject>,
}

impl Tee {
    fn create(data: Option<Ref<TeeData>>, index: usize) -> PyResult<Ref<Tee>> {
        let value =
            Tee { head: header(), data: OptRef::new(data), index: Cell::new(index), weakrefs: Cell::new(std::ptr::null_mut()) };
        memory::new_instance(Self::type_object(), value)
    }

    fn copy(&self) -> PyResult<Ref<Tee>> {
        Self::create(self.data.get(), self.index.get())
    }

    fn over(iterable: Borrowed<'_>) -> PyResult<Ref<Tee>> {
        let iterator = iterable.iter()?;
        match iterator.b().downcast::<Tee>() {
            Some(tee) => tee.copy(),
            None => Self::create(Some(TeeData::create(iterator)?), 0),
        }
    }
}

#[pymethods]
impl Tee {
    #[slot(tp_new, "(iterable, /)")]
    fn new(_cls: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        Self::over(iterable).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some(mut data) = self.data.get() else { return Ok(None) };
        if self.index.get() >= LINK_ITEMS {
            let Some(link) = data.link()? else { return Ok(None) };
            self.index.set(0);
            self.data.set(Some(link.clone()));
            data = link;
        }
        let item = data.item(self.index.get())?;
        if item.is_some() {
            self.index.set(self.index.get() + 1);
        }
        Ok(item)
    }

    /// Returns an independent iterator.
    #[method("($self, /)")]
    fn __copy__(&self) -> PyResult<Ref> {
        self.copy().map(Ref::upcast)
    }
}

/// `tee(iterable, n)`.
pub(super) fn tee(iterable: Borrowed<'_>, n: isize) -> PyResult<Ref> {
    let Ok(count) = usize::try_from(n) else {
        return Err(raise!(ValueError, "n must be >= 0"));
    };
    if count == 0 {
        return Ok(tuple::empty());
    }
    let mut made = memory::vec_with_capacity::<Ref>(count)?;
    let first = Tee::over(iterable)?;
    made.push(first.clone().upcast());
    while made.len() < count {
        made.push(first.copy()?.upcast());
    }
    tuple::from_vec(made)
}
