//! What Python sees of `tuple`: slots and methods.

use super::iter::TupleIterator;
use super::{Hasher, Tuple, make};
use crate::iter::inherits_init;
use crate::slice::{Slice, search_bound, slice_index_not_none};
use macros::pymethods;
use object::protocol::represent::ReprGuard;
use object::value::{str as text, tuple};
use object::{ArgPtr, Borrowed, CompareOp, PyResult, Ref, TypeObject, Visit, args, core, exc, hooks, memory, raise, recursion};

#[pymethods]
impl Tuple {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the count is 0; the type has neither finaliser nor weak references.
        unsafe { memory::dealloc_exact::<Tuple>(slf.ptr(), &core::TUPLE) }
    }

    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if let Some(kwargs) = kwargs
            && inherits_init(&class, &core::TUPLE)
            && kwargs.len()? != 0
        {
            return Err(raise!(TypeError, "tuple() takes no keyword arguments"));
        }
        let args = tuple::items(args).unwrap_or_default();
        args::check_positional("tuple", args.len(), 0, 1)?;
        make(&class, args.first().copied())
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        if kwnames.and_then(tuple::items).is_some_and(|names| !names.is_empty()) {
            return Err(raise!(TypeError, "tuple() takes no keyword arguments"));
        }
        let args = args.with_len((nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET).cast_signed());
        args::check_positional("tuple", args.len(), 0, 1)?;
        make(&class.self_as::<TypeObject>(), args.first().copied())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Tuple>) -> PyResult<Ref> {
        if slf.is_empty() {
            return text::new("()");
        }
        let Some(_guard) = ReprGuard::enter(&slf.object()) else { return text::new("(...)") };
        let mut out = text::Builder::new();
        out.push_str("(")?;
        for (index, item) in slf.places().iter().enumerate() {
            if index > 0 {
                out.push_str(", ")?;
            }
            match item {
                Some(item) => out.push_object(item.repr()?.b())?,
                None => out.push_str("<NULL>")?,
            }
        }
        out.push_str(if slf.len() == 1 { ",)" } else { ")" })?;
        out.finish()
    }

    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_, Tuple>) -> PyResult<isize> {
        let cached = slf.raw.ob_hash.get();
        if cached != -1 {
            return Ok(cached);
        }
        recursion::check(" while hashing a tuple")?;
        let mut hasher = Hasher::new();
        for item in slf.items() {
            hasher.add(item.hash()?);
        }
        let hash = hasher.finish();
        slf.raw.ob_hash.set(hash);
        Ok(hash)
    }

    #[slot(tp_richcompare)]
    fn compare(slf: Borrowed<'_, Tuple>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        if !other.class().has(abi::tpflags::TUPLE_SUBCLASS) {
            return Ok(core::not_implemented().to_ref());
        }
        let other = other.self_as::<Tuple>();
        for (own, theirs) in slf.items().iter().zip(other.items()) {
            if own.eq(*theirs)? {
                continue;
            }
            return match op {
                CompareOp::Eq => Ok(core::false_().to_ref()),
                CompareOp::Ne => Ok(core::true_().to_ref()),
                _ => own.richcompare(*theirs, op),
            };
        }
        Ok(core::boolean(op.holds(slf.len().cmp(&other.len()))).to_ref())
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Tuple>) -> PyResult<Ref<TupleIterator>> {
        TupleIterator::create(slf)
    }

    #[slot(tp_traverse)]
    fn traverse(slf: Borrowed<'_, Tuple>, visit: &mut Visit<'_>) {
        let start = slf.ptr();
        for index in 0..slf.len() {
            // SAFETY: the slots are there; a slot that is not filled yet is NULL.
            let item = unsafe {
                start.byte_add(std::mem::offset_of!(abi::PyTupleObject, ob_item)).cast::<*mut abi::PyObject>().add(index).read()
            };
            visit.raw(item);
        }
    }

    #[slot(sq_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(sq_concat)]
    fn concat(slf: Borrowed<'_, Tuple>, other: Borrowed<'_>) -> PyResult<Ref> {
        if slf.is_empty() && other.class().is_type(&core::TUPLE) {
            return Ok(other.to_ref());
        }
        let Some(theirs) = other.downcast::<Tuple>() else {
            return Err(raise!(TypeError, "can only concatenate tuple (not \"{}\") to tuple", other.class().tp_name()));
        };
        if theirs.is_empty() && slf.object().class().is_type(&core::TUPLE) {
            return Ok(slf.object().to_ref());
        }
        let len = slf.len() + theirs.len();
        if len == 0 {
            return Ok(tuple::empty());
        }
        let mut builder = tuple::Builder::new(len)?;
        slf.items().iter().chain(theirs.items()).for_each(|item| builder.push(item.to_ref()));
        Ok(builder.finish())
    }

    #[slot(sq_repeat)]
    fn repeat(slf: Borrowed<'_, Tuple>, count: isize) -> PyResult<Ref> {
        let count = count.max(0).cast_unsigned();
        if (slf.is_empty() || count == 1) && slf.object().class().is_type(&core::TUPLE) {
            return Ok(slf.object().to_ref());
        }
        if slf.is_empty() || count == 0 {
            return Ok(tuple::empty());
        }
        let len = slf.len().checked_mul(count).ok_or_else(memory::no_memory)?;
        let mut builder = tuple::Builder::new(len)?;
        for _ in 0..count {
            slf.items().iter().for_each(|item| builder.push(item.to_ref()));
        }
        Ok(builder.finish())
    }

    #[slot(sq_item)]
    fn item(slf: Borrowed<'_, Tuple>, index: isize) -> PyResult<Ref> {
        let item = usize::try_from(index).ok().and_then(|index| slf.items().get(index).copied());
        item.map(Borrowed::to_ref).ok_or_else(|| raise!(IndexError, "tuple index out of range"))
    }

    #[slot(sq_contains)]
    fn contains(slf: Borrowed<'_, Tuple>, value: Borrowed<'_>) -> PyResult<bool> {
        for item in slf.items() {
            if item.eq(value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(mp_length)]
    fn mapping_length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_, Tuple>, key: Borrowed<'_>) -> PyResult<Ref> {
        if let Some(slice) = key.downcast_exact::<Slice>() {
            let indices = slice.indices(|| slf.len())?;
            if indices.count == 0 {
                return Ok(tuple::empty());
            }
            if indices.start == 0 && indices.step == 1 && indices.count == slf.len() && slf.object().class().is_type(&core::TUPLE)
            {
                return Ok(slf.object().to_ref());
            }
            let mut builder = tuple::Builder::new(indices.count)?;
            let mut at = indices.start;
            for _ in 0..indices.count {
                if let Some(item) = slf.items().get(at.cast_unsigned()) {
                    builder.push(item.to_ref());
                }
                at = at.wrapping_add(indices.step);
            }
            return Ok(builder.finish());
        }
        if key.class().nb_index().is_none() {
            let found = key.class().tp_name();
            return Err(raise!(TypeError, "tuple indices must be integers or slices, not {found}"));
        }
        let index = key.as_isize_or(&exc::IndexError)?;
        Self::item(slf, if index < 0 { index + slf.len().cast_signed() } else { index })
    }

    #[method("($self, /)")]
    fn __getnewargs__(slf: Borrowed<'_, Tuple>) -> PyResult<Ref> {
        tuple::from_array([tuple::from_slice(slf.items())?])
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[method("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(
        slf: Borrowed<'_, Tuple>,
        value: Borrowed<'_>,
        start: Option<Borrowed<'_>>,
        stop: Option<Borrowed<'_>>,
    ) -> PyResult<usize> {
        let start = search_bound(slice_index_not_none(start, 0)?, slf.len());
        let stop = search_bound(slice_index_not_none(stop, isize::MAX)?, slf.len()).min(slf.len());
        for index in start..stop {
            if let Some(item) = slf.items().get(index)
                && item.eq(value)?
            {
                return Ok(index);
            }
        }
        Err(raise!(ValueError, "tuple.index(x): x not in tuple"))
    }

    /// Return number of occurrences of value.
    #[method("($self, value, /)")]
    fn count(slf: Borrowed<'_, Tuple>, value: Borrowed<'_>) -> PyResult<usize> {
        let mut count = 0;
        for item in slf.items() {
            if item.eq(value)? {
                count += 1;
            }
        }
        Ok(count)
    }

    /// Tuples are generic over the types of their contents.
    ///
    /// For example, use ``tuple[int, str]`` for a pair whose first element
    /// is an int and second element is a string.
    ///
    /// Tuples also support the form ``tuple[T, ...]`` to indicate
    /// an arbitrary length tuple of elements of type T.
    #[classmethod(name = "__class_getitem__", "($type, object, /)")]
    fn class_getitem(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(class.object(), object)
    }
}
