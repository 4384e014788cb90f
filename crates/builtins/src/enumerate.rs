//! `enumerate` and `reversed`.

use crate::iter::inherits_init;
use crate::tuple::PairSlot;
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::protocol::number;
use object::value::{int, str as text, tuple};
use object::{ArgPtr, Borrowed, IntoPy, OptRef, PyResult, Ref, Trace, TypeObject, Visit, args, core, exc, hooks, id, raise};

/// Return an enumerate object.
///
///   iterable
///     an object supporting iteration
///
/// The enumerate object yields pairs containing a count (from start, which
/// defaults to zero) and a value yielded by the iterable argument.
///
/// enumerate is useful for obtaining an indexed list:
///     (0, seq[0]), (1, seq[1]), (2, seq[2]), ...
#[pyclass(name = "enumerate", export = "PyEnum_Type", sig = "(iterable, start=0)", flags(BASETYPE), gc)]
pub struct Enumerate {
    header: PyObject,
    /// The next index, while it is a machine integer.
    index: Cell<isize>,
    iterator: OptRef,
    /// The next index beyond that.
    long_index: OptRef,
    result: PairSlot,
}

/// `isize::MAX`: the index stands in `long_index` from here on.
const LONG: isize = isize::MAX;

impl Enumerate {
    fn create(class: &TypeObject, iterable: Borrowed<'_>, start: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let mut index = 0;
        let mut long_index = None;
        if let Some(start) = start {
            let start = start.index()?;
            match int::to_i64(start.b()).and_then(|start| isize::try_from(start).ok()) {
                Some(start) if start != LONG => index = start,
                _ => {
                    index = LONG;
                    long_index = Some(start);
                }
            }
        }
        let iterator = iterable.iter()?;
        let made = allocate(class)?;
        let object = made.b().self_as::<Enumerate>();
        object.index.set(index);
        object.iterator.set(Some(iterator));
        object.long_index.set(long_index);
        Ok(made)
    }

    /// The next index as an object; then counts on.
    fn next_index(&self) -> PyResult<Ref> {
        let index = self.index.get();
        if index != LONG {
            self.index.set(index + 1);
            return int::new(index as i64);
        }
        let next = match self.long_index.get() {
            Some(next) => next,
            None => int::new(LONG as i64)?,
        };
        self.long_index.set(Some(number::add(next.b(), int::new(1)?.b())?));
        Ok(next)
    }

    /// `enumerate(…)` from a vectorcall, with CPython's own checks of the two parameters.
    fn from_vector(class: &TypeObject, args: &[Borrowed<'_>], nargs: usize, names: &[Borrowed<'_>]) -> PyResult<Ref> {
        let is = |name: &Borrowed<'_>, wanted: &str| text::eq_str(*name, wanted);
        let invalid = |name: &Borrowed<'_>| {
            raise!(TypeError, "'{}' is an invalid keyword argument for enumerate()", text::to_string_lossy(*name))
        };
        match (args, nargs, names) {
            ([iterable], 1, []) => Self::create(class, *iterable, None),
            ([iterable, start], 2, []) => Self::create(class, *iterable, Some(*start)),
            ([iterable, start], 1, [name]) if is(name, "start") => Self::create(class, *iterable, Some(*start)),
            ([_, _], 1, [name]) => Err(invalid(name)),
            ([iterable], 0, [name]) if is(name, "iterable") => Self::create(class, *iterable, None),
            ([_], 0, [name]) => Err(invalid(name)),
            ([a, b], 0, [first, second]) => match (is(first, "iterable"), is(second, "start")) {
                (true, true) => Self::create(class, *a, Some(*b)),
                (true, false) => Err(invalid(second)),
                _ if is(first, "start") && is(second, "iterable") => Self::create(class, *b, Some(*a)),
                _ if is(first, "start") => Err(invalid(second)),
                _ => Err(invalid(first)),
            },
            ([], ..) => Err(raise!(TypeError, "enumerate() missing required argument 'iterable'")),
            _ => Err(raise!(TypeError, "enumerate() takes at most 2 arguments ({} given)", args.len())),
        }
    }
}

/// A zeroed instance of a class.
pub(crate) fn allocate(class: &TypeObject) -> PyResult<Ref> {
    match class.tp_alloc() {
        Some(alloc) => alloc(class.borrowed_type(), 0),
        None => Err(object::error::bad_internal_call()),
    }
}

#[pymethods]
impl Enumerate {
    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        args::with_call_args(args, kwargs, |args, nargs, names| {
            Self::from_vector(&class, args, nargs, names.and_then(tuple::items).unwrap_or_default())
        })
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        let nargs = nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET;
        let names = kwnames.and_then(tuple::items).unwrap_or_default();
        Self::from_vector(&class.self_as::<TypeObject>(), args.with_kw(nargs.cast_signed(), kwnames), nargs, names)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some(iterator) = self.iterator.get() else { return Ok(None) };
        match iterator.next()? {
            Some(item) => self.result.pair(self.next_index()?, item).map(Some),
            None => Ok(None),
        }
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Enumerate>) -> PyResult<Ref> {
        let iterator = slf.iterator.get().unwrap_or_else(core::none_ref);
        let index = match slf.long_index.get() {
            Some(index) => index,
            None => int::new(slf.index.get() as i64)?,
        };
        (slf.object().class().to_ref(), tuple::from_array([iterator, index])?).into_py()
    }

    /// 'enumerate' objects are generic over the type of their values
    #[classmethod(name = "__class_getitem__", "($type, object, /)")]
    fn class_getitem(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(class.object(), object)
    }
}

/// Return a reverse iterator over the values of the given sequence.
#[pyclass(name = "reversed", export = "PyReversed_Type", sig = "(sequence, /)", flags(BASETYPE), gc)]
pub struct Reversed {
    header: PyObject,
    /// The index of the next item; -1 at the end.
    index: Cell<isize>,
    sequence: OptRef,
}

impl Reversed {
    /// `reversed(sequence)`, or what `sequence.__reversed__()` gives.
    pub fn create(class: &TypeObject, sequence: Borrowed<'_>) -> PyResult<Ref> {
        if let Some(method) = sequence.lookup_special(id!("__reversed__"))? {
            if method.is(&core::none()) {
                return Err(not_reversible(sequence));
            }
            return method.call0();
        }
        if !sequence.is_sequence() {
            return Err(not_reversible(sequence));
        }
        let length = sequence.len()?;
        let made = allocate(class)?;
        let object = made.b().self_as::<Reversed>();
        object.index.set(length.cast_signed() - 1);
        object.sequence.set(Some(sequence.to_ref()));
        Ok(made)
    }
}

#[cold]
fn not_reversible(sequence: Borrowed<'_>) -> object::Raised {
    raise!(TypeError, "'{}' object is not reversible", sequence.class().tp_name())
}

#[pymethods]
impl Reversed {
    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if let Some(kwargs) = kwargs
            && inherits_init(&class, <Reversed as object::StaticType>::type_object())
            && kwargs.len()? != 0
        {
            return Err(raise!(TypeError, "reversed() takes no keyword arguments"));
        }
        match tuple::items(args).unwrap_or_default() {
            [sequence] => Self::create(&class, *sequence),
            args => Err(raise!(TypeError, "reversed expected 1 argument, got {}", args.len())),
        }
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        if kwnames.and_then(tuple::items).is_some_and(|names| !names.is_empty()) {
            return Err(raise!(TypeError, "reversed() takes no keyword arguments"));
        }
        match args.with_len((nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET).cast_signed()) {
            [sequence] => Self::create(&class.self_as::<TypeObject>(), *sequence),
            args => Err(raise!(TypeError, "reversed expected 1 argument, got {}", args.len())),
        }
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let index = self.index.get();
        if index < 0 {
            return Ok(None);
        }
        let Some(sequence) = self.sequence.get() else { return Ok(None) };
        match sequence.seq_getitem(index) {
            Ok(item) => {
                self.index.set(index - 1);
                return Ok(Some(item));
            }
            Err(raised) if raised.is_a(&exc::IndexError) || raised.is_a(&exc::StopIteration) => raised.clear(),
            Err(raised) => return Err(raised),
        }
        self.index.set(-1);
        self.sequence.set(None);
        Ok(None)
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> PyResult<isize> {
        let Some(sequence) = self.sequence.get() else { return Ok(0) };
        let position = self.index.get() + 1;
        let length = sequence.len()?.cast_signed();
        Ok(if length < position { 0 } else { position })
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Reversed>) -> PyResult<Ref> {
        let class = slf.object().class().to_ref();
        match slf.sequence.get() {
            Some(sequence) => (class, tuple::from_array([sequence])?, slf.index.get()).into_py(),
            None => (class, tuple::from_array([tuple::empty()])?).into_py(),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: Borrowed<'_>) -> PyResult<()> {
        let index = object.as_isize()?;
        if let Some(sequence) = self.sequence.get() {
            let length = sequence.len()?.cast_signed();
            self.index.set(index.clamp(-1, length - 1));
        }
        Ok(())
    }
}

/// Shows the collector the pair that an iterator keeps for reuse.
impl Trace for PairSlot {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.slot().trace(visit);
    }
    fn clear(&self) {
        self.slot().clear();
    }
}
