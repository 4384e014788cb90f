//! Iterators over the sequence protocol and over callables, and what all iterators need.

use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, CompareOp, IntoPy, OptRef, PyResult, Ref, StaticType, TypeObject, core, exc, id, memory, raise, thread};

/// The builtin with this name, as `__reduce__` of iterators names it.
pub fn builtin(name: Borrowed<'_>) -> PyResult<Ref> {
    let builtins = thread::current().interpreter().builtins.get();
    let found = match builtins {
        Some(builtins) => (object::hooks::get().dict_get)(builtins.b(), name)?,
        None => None,
    };
    found.ok_or_else(|| raise!(AttributeError, "{}", object::value::str::to_string_lossy(name)))
}

/// The items of a list, tuple or any iterable; TypeError with `message` where it is none: `PySequence_Fast`.
pub fn fast_sequence(object: Borrowed<'_>, message: &str) -> PyResult<Vec<Ref>> {
    if object.class().is_type(&core::LIST) {
        return object.self_as::<crate::list::List>().snapshot();
    }
    if object.class().is_type(&core::TUPLE) {
        return object.to_vec();
    }
    match object.iter() {
        Ok(iterator) => iterator.to_vec(),
        Err(raised) if raised.is_a(&exc::TypeError) => {
            raised.clear();
            Err(raise!(TypeError, "{message}"))
        }
        Err(raised) => Err(raised),
    }
}

/// A list of these objects.
pub fn new_list(items: Vec<Ref>) -> PyResult<Ref> {
    crate::list::List::from_vec(items).map(Ref::upcast)
}

/// Whether instances of this class are initialised as those of `base`: only then `tp_new` refuses keywords.
pub(crate) fn inherits_init(class: &TypeObject, base: &TypeObject) -> bool {
    class.is_type(base)
        || match (class.tp_init(), base.tp_init()) {
            (Some(own), Some(plain)) => std::ptr::fn_addr_eq(own, plain),
            (own, plain) => own.is_none() && plain.is_none(),
        }
}

/// The index in a `__setstate__` of iterators: an int, negative ones count as 0.
pub fn state_index(state: Borrowed<'_>) -> PyResult<isize> {
    state.as_isize()
}

/// `iter(sequence)` for objects that have `__getitem__` alone.
#[pyclass(name = "iterator", export = "PySeqIter_Type", gc)]
pub struct SequenceIterator {
    header: PyObject,
    index: Cell<isize>,
    sequence: OptRef,
}

/// `iter(sequence)`: the hook for objects without `__iter__`.
pub fn sequence_iter(sequence: Borrowed<'_>) -> PyResult<Ref> {
    let header = <PyObject as abi::CStruct>::ZERO;
    let value = SequenceIterator { header, index: Cell::new(0), sequence: OptRef::new(Some(sequence.to_ref())) };
    memory::new_instance(SequenceIterator::type_object(), value).map(Ref::upcast)
}

#[pymethods]
impl SequenceIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some(sequence) = self.sequence.get() else { return Ok(None) };
        if self.index.get() == isize::MAX {
            return Err(raise!(OverflowError, "iter index too large"));
        }
        match sequence.seq_getitem(self.index.get()) {
            Ok(item) => {
                self.index.set(self.index.get() + 1);
                Ok(Some(item))
            }
            Err(raised) if raised.is_a(&exc::IndexError) || raised.is_a(&exc::StopIteration) => {
                raised.clear();
                self.sequence.set(None);
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> PyResult<Ref> {
        let Some(sequence) = self.sequence.get() else { return 0usize.into_py() };
        let class = sequence.class();
        if class.sq_length().is_none() && class.mp_length().is_none() {
            return Ok(core::not_implemented().to_ref());
        }
        (sequence.len()?.cast_signed() - self.index.get()).max(0).into_py()
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        // The look-up may run code that exhausts the iterator.
        let iter = builtin(id!("iter"))?;
        match self.sequence.get() {
            Some(sequence) => (iter, tuple::from_array([sequence])?, self.index.get()).into_py(),
            None => (iter, tuple::from_array([tuple::empty()])?).into_py(),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: Borrowed<'_>) -> PyResult<()> {
        let index = state_index(object)?;
        if self.sequence.is_some() {
            self.index.set(index.max(0));
        }
        Ok(())
    }
}

/// `iter(callable, sentinel)`.
#[pyclass(name = "callable_iterator", export = "PyCallIter_Type", gc)]
pub struct CallableIterator {
    header: PyObject,
    callable: OptRef,
    sentinel: OptRef,
}

/// `iter(callable, sentinel)`.
pub fn callable_iter(callable: Borrowed<'_>, sentinel: Borrowed<'_>) -> PyResult<Ref> {
    let header = <PyObject as abi::CStruct>::ZERO;
    let (callable, sentinel) = (OptRef::new(Some(callable.to_ref())), OptRef::new(Some(sentinel.to_ref())));
    memory::new_instance(CallableIterator::type_object(), CallableIterator { header, callable, sentinel }).map(Ref::upcast)
}

impl CallableIterator {
    fn exhaust(&self) {
        self.callable.set(None);
        self.sentinel.set(None);
    }
}

#[pymethods]
impl CallableIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some(callable) = self.callable.get() else { return Ok(None) };
        match callable.call0() {
            Ok(result) => {
                // The call may have exhausted the iterator.
                let Some(sentinel) = self.sentinel.get() else { return Ok(None) };
                if sentinel.compare_bool(result.b(), CompareOp::Eq)? {
                    self.exhaust();
                    return Ok(None);
                }
                Ok(Some(result))
            }
            Err(raised) if raised.is_a(&exc::StopIteration) => {
                raised.clear();
                self.exhaust();
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let iter = builtin(id!("iter"))?;
        match self.callable.get().zip(self.sentinel.get()) {
            Some((callable, sentinel)) => (iter, tuple::from_array([callable, sentinel])?).into_py(),
            None => (iter, tuple::from_array([tuple::empty()])?).into_py(),
        }
    }
}
