//! What Python sees of `dict`: slots and methods.

use super::core::Position;
use super::iter::{DictKeyIterator, DictReverseKeyIterator};
use super::merge::{self, Override};
use super::views::{DictItems, DictKeys, DictValues};
use super::{Dict, key_error, keys::Keys};
use macros::pymethods;
use object::protocol::represent::ReprGuard;
use object::value::str as text;
use object::value::tuple;
use object::{
    ArgPtr, Borrowed, CompareOp, KwArgs, PyResult, Ref, TypeObject, Visit, args, core, error, hooks, id, memory, raise,
};

#[pymethods]
impl Dict {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the count is 0; the type has neither finaliser nor weak references.
        unsafe { memory::dealloc_exact::<Dict>(slf.ptr(), &core::DICT) }
    }

    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        allocate(class).map(Ref::upcast)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Dict>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        let args = tuple::items(args).unwrap_or_default();
        args::check_positional("dict", args.len(), 0, 1)?;
        if let Some(arg) = args.first() {
            slf.update(*arg)?;
        }
        let Some(kwargs) = kwargs.and_then(|kwargs| kwargs.downcast::<Dict>()) else { return Ok(()) };
        if kwargs.iter().any(|(name, _)| !text::check(name.b())) {
            return Err(raise!(TypeError, "keywords must be strings"));
        }
        slf.merge(kwargs.object(), Override::Replace)
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        let count = (nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET).cast_signed();
        let (positional, values) =
            args.with_kw(count, kwnames).split_at_checked(count.max(0).cast_unsigned()).unwrap_or_default();
        args::check_positional("dict", positional.len(), 0, 1)?;
        let dict = allocate(class.self_as::<TypeObject>())?;
        if let Some(arg) = positional.first() {
            dict.update(*arg)?;
        }
        let names = kwnames.and_then(tuple::items).unwrap_or_default();
        for (name, value) in names.iter().zip(values) {
            dict.set(*name, *value)?;
        }
        Ok(dict.upcast())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Dict>) -> PyResult<Ref> {
        let Some(_guard) = ReprGuard::enter(&slf.object()) else { return text::new("{...}") };
        if slf.is_empty() {
            return text::new("{}");
        }
        let mut out = text::Builder::new();
        out.push_str("{")?;
        let mut position = Position::default();
        let mut first = true;
        while let Some(item) = slf.next_item(&mut position) {
            if !std::mem::take(&mut first) {
                out.push_str(", ")?;
            }
            out.push_object(item.key.repr()?.b())?;
            out.push_str(": ")?;
            out.push_object(item.value.repr()?.b())?;
        }
        out.push_str("}")?;
        out.finish()
    }

    #[slot(tp_richcompare)]
    fn compare(slf: Borrowed<'_, Dict>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast::<Dict>() else { return Ok(core::not_implemented().to_ref()) };
        match op {
            CompareOp::Eq => Ok(core::boolean(slf.equals(&other)?).to_ref()),
            CompareOp::Ne => Ok(core::boolean(!slf.equals(&other)?).to_ref()),
            _ => Ok(core::not_implemented().to_ref()),
        }
    }

    #[slot(tp_iter)]
    fn iter_slot(slf: Borrowed<'_, Dict>) -> PyResult<Ref<DictKeyIterator>> {
        DictKeyIterator::create(slf)
    }

    #[slot(mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_, Dict>, key: Borrowed<'_>) -> PyResult<Ref> {
        match slf.get_item(key)? {
            Some(value) => Ok(value),
            None => slf.missing(key),
        }
    }

    #[slot(mp_ass_subscript)]
    fn assign(slf: Borrowed<'_, Dict>, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) => slf.set(key, value),
            None if slf.del(key)? => Ok(()),
            None => Err(key_error(key)),
        }
    }

    #[slot(sq_contains)]
    fn contains_slot(slf: Borrowed<'_, Dict>, key: Borrowed<'_>) -> PyResult<bool> {
        slf.contains(key)
    }

    #[slot(nb_or)]
    fn or(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let (Some(a), Some(_)) = (a.downcast::<Dict>(), b.downcast::<Dict>()) else {
            return Ok(core::not_implemented().to_ref());
        };
        let union = a.copy()?;
        union.update(b)?;
        Ok(union.upcast())
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(slf: Borrowed<'_, Dict>, other: Borrowed<'_>) -> PyResult<Ref> {
        slf.update(other)?;
        Ok(slf.object().to_ref())
    }

    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        let keys = self.keys();
        match self.values() {
            // Values in an instance are shown by the instance.
            Some(values) if values.is_embedded() => {}
            Some(values) => values.visit(visit),
            None => {
                for index in 0..keys.nentries() {
                    let value = keys.value_at(index).get();
                    if !value.is_null() {
                        visit.raw(value);
                        if !keys.is_unicode() {
                            visit.raw(keys.key_at(index));
                        }
                    }
                }
            }
        }
    }

    #[slot(tp_clear)]
    fn clear_slot(&self) {
        self.clear();
    }

    /// Return self[key].
    #[method(name = "__getitem__", "($self, key, /)", coexist)]
    fn getitem_method(slf: Borrowed<'_, Dict>, key: Borrowed<'_>) -> PyResult<Ref> {
        Self::subscript(slf, key)
    }

    /// True if the dictionary has the specified key, else False.
    #[method(name = "__contains__", "($self, key, /)", coexist)]
    fn contains_method(slf: Borrowed<'_, Dict>, key: Borrowed<'_>) -> PyResult<bool> {
        slf.contains(key)
    }

    /// Return the size of the dict in memory, in bytes.
    #[method(name = "__sizeof__", "($self, /)")]
    fn sizeof_method(&self) -> usize {
        self.size_of()
    }

    /// Return the value for key if key is in the dictionary, else default.
    #[method(name = "get", "($self, key, default=None, /)")]
    fn get_method(slf: Borrowed<'_, Dict>, key: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Ok(slf.get_item(key)?.unwrap_or_else(|| default.map_or_else(core::none_ref, Borrowed::to_ref)))
    }

    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[method(name = "setdefault", "($self, key, default=None, /)")]
    fn setdefault_method(slf: Borrowed<'_, Dict>, key: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        slf.setdefault(key, default.unwrap_or_else(|| core::none()))
    }

    /// D.pop(k[,d]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    #[method("($self, key, default=<unrepresentable>, /)")]
    fn pop(slf: Borrowed<'_, Dict>, key: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let found = if slf.is_empty() { None } else { slf.remove(key)? };
        match (found, default) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.to_ref()),
            (None, None) => Err(key_error(key)),
        }
    }

    /// Remove and return a (key, value) pair as a 2-tuple.
    ///
    /// Pairs are returned in LIFO (last-in, first-out) order.
    /// Raises KeyError if the dict is empty.
    #[method("($self, /)")]
    fn popitem(slf: Borrowed<'_, Dict>) -> PyResult<Ref> {
        match slf.pop_last()? {
            Some((key, value)) => tuple::from_array([key, value]),
            None => Err(raise!(KeyError, "popitem(): dictionary is empty")),
        }
    }

    /// Return a set-like object providing a view on the dict's keys.
    #[method(name = "keys", "($self, /)")]
    fn keys_method(slf: Borrowed<'_, Dict>) -> PyResult<Ref<DictKeys>> {
        DictKeys::create(slf)
    }

    /// Return a set-like object providing a view on the dict's items.
    #[method(name = "items", "($self, /)")]
    fn items_method(slf: Borrowed<'_, Dict>) -> PyResult<Ref<DictItems>> {
        DictItems::create(slf)
    }

    /// Return an object providing a view on the dict's values.
    #[method(name = "values", "($self, /)")]
    fn values_method(slf: Borrowed<'_, Dict>) -> PyResult<Ref<DictValues>> {
        DictValues::create(slf)
    }

    /// D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.
    /// If E is present and has a .keys() method, then does:  for k in E.keys(): D[k] = E[k]
    /// If E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v
    /// In either case, this is followed by: for k in F:  D[k] = F[k]
    #[method(name = "update", text = None, "($self, /, *args, **kwargs)")]
    fn update_method(slf: Borrowed<'_, Dict>, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<()> {
        args::check_positional("update", args.len(), 0, 1)?;
        if let Some(arg) = args.first() {
            slf.update(*arg)?;
        }
        for (name, value) in kwargs.iter() {
            slf.set(name, value)?;
        }
        Ok(())
    }

    /// Create a new dictionary with keys from iterable and values set to value.
    #[classmethod("($type, iterable, value=None, /)")]
    fn fromkeys(class: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<Ref> {
        merge::from_keys(&class.object(), iterable, value.unwrap_or_else(|| core::none()))
    }

    /// Remove all items from the dict.
    #[method(name = "clear", "($self, /)")]
    fn clear_method(slf: Borrowed<'_, Dict>) {
        slf.clear();
    }

    /// Return a shallow copy of the dict.
    #[method(name = "copy", "($self, /)")]
    fn copy_method(slf: Borrowed<'_, Dict>) -> PyResult<Ref<Dict>> {
        slf.copy()
    }

    /// Return a reverse iterator over the dict keys.
    #[method(name = "__reversed__", "($self, /)")]
    fn reversed(slf: Borrowed<'_, Dict>) -> PyResult<Ref<DictReverseKeyIterator>> {
        DictReverseKeyIterator::create(slf)
    }

    /// dicts are generic over two types, signifying (respectively) the types of their keys and values
    #[classmethod(name = "__class_getitem__", "($type, object, /)")]
    fn class_getitem(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(class.object(), object)
    }

    /// What a look-up of a key that is not there gives: `__missing__` of a subtype, or KeyError.
    #[cold]
    fn missing(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        let object = self.object();
        if !object.class().is_type(&core::DICT)
            && let Some(method) = object.lookup_special(id!("__missing__"))?
        {
            return method.call1(key);
        }
        Err(key_error(key))
    }
}

/// An empty dict of a class.
fn allocate(class: Borrowed<'_, TypeObject>) -> PyResult<Ref<Dict>> {
    if class.is_type(&core::DICT) {
        return Dict::new();
    }
    let Some(alloc) = class.tp_alloc() else { return Err(error::bad_internal_call()) };
    let object = alloc(class, 0)?;
    // SAFETY: an instance of a subtype of dict begins with a dict.
    let dict = unsafe { object.cast_unchecked::<Dict>() };
    dict.set_keys(Keys::empty());
    Ok(dict)
}
