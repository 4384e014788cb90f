//! `dictobject.h`, and mapping proxies.

use crate::form::{Lent, Of, Out, capi, given};
use crate::object_::optional;
use crate::unicodeobject::from_c;
use abi::PyObject;
use builtins::dict::{Dict, Override, Position};
use object::{Borrowed, PyResult, Ref, core, error, raise};
use std::ffi::CStr;

/// The places where `PyDict_Next` and its kin put a pair; each may be missing.
type Place<'a> = Option<Out<'a, *mut PyObject>>;

/// A lookup that swallows its errors, as the old functions do; what was set before stays set.
fn quiet(function: &str, lookup: impl FnOnce() -> PyResult<Option<Ref>>) -> Lent {
    error::preserving(|| match lookup() {
        Ok(found) => Lent::opt(found),
        Err(raised) => {
            let ask = "consider using PyDict_GetItemRef() or PyDict_GetItemWithError()";
            raised.unraisable(Some(&format!("Exception ignored in {function}; {ask}")), None);
            Lent(std::ptr::null_mut())
        }
    })
}

fn override_of(mode: i32) -> Override {
    match mode {
        0 => Override::Keep,
        1 => Override::Replace,
        _ => Override::Refuse,
    }
}

/// A list of what a method of dict gives.
fn listed(dict: &Dict, pick: impl Fn(Ref, Ref) -> PyResult<Ref>) -> PyResult<Ref> {
    let items = dict.iter().collect::<Vec<_>>();
    let picked = items.into_iter().map(|(key, value)| pick(key, value)).collect::<PyResult<Vec<_>>>()?;
    builtins::list::List::from_vec(picked).map(Ref::upcast)
}

/// Removes a key and hands its value out: 1, or 0 where there is none.
fn pop(dict: &Dict, key: Borrowed<'_>, place: &Place<'_>) -> PyResult<bool> {
    if let Some(place) = place {
        place.set(std::ptr::null_mut());
    }
    match dict.remove(key)? {
        None => Ok(false),
        Some(value) => {
            match place {
                Some(place) => place.set(value.into_ptr()),
                None => drop(value),
            }
            Ok(true)
        }
    }
}

capi! {
    fn PyDict_New() -> PyResult<Ref> {
        Dict::new().map(Ref::upcast)
    }
    fn _PyDict_NewPresized(count: isize) -> PyResult<Ref> {
        Dict::with_capacity(count.max(0).unsigned_abs()).map(Ref::upcast)
    }
    fn PyDict_Size(dict: Of<'_, Dict>) -> PyResult<isize> {
        Ok(dict.len().cast_signed())
    }
    fn PyDict_GetItem(dict: Option<Borrowed<'_>>, key: Borrowed<'_>) -> Lent {
        let Some(dict) = dict.and_then(Borrowed::downcast::<Dict>) else { return Lent(std::ptr::null_mut()) };
        match dict.peek_str(key) {
            Some(found) => Lent(found),
            None => quiet("PyDict_GetItem()", || {
                dict.get_item(key).map_err(|raised| match key.hash() {
                    Ok(_) => raised,
                    // The plain message: nothing says that it is for a dict.
                    Err(plain) => plain,
                })
            }),
        }
    }
    fn PyDict_GetItemString(dict: Option<Borrowed<'_>>, key: &CStr) -> Lent {
        let Some(dict) = dict.and_then(Borrowed::downcast::<Dict>) else { return Lent(std::ptr::null_mut()) };
        quiet("PyDict_GetItemString()", || dict.get_item(from_c(key)?.b()))
    }
    fn PyDict_GetItemWithError(dict: Of<'_, Dict>, key: Borrowed<'_>) -> PyResult<Lent> {
        match dict.peek_str(key) {
            Some(found) => Ok(Lent(found)),
            None => dict.get_item(key).map(Lent::opt),
        }
    }
    fn _PyDict_GetItemWithError(dict: Of<'_, Dict>, key: Borrowed<'_>) -> PyResult<Lent> {
        dict.get_item(key).map(Lent::opt)
    }
    fn _PyDict_GetItemStringWithError(dict: Of<'_, Dict>, key: &CStr) -> PyResult<Lent> {
        dict.get_item(from_c(key)?.b()).map(Lent::opt)
    }
    fn _PyDict_GetItem_KnownHash(dict: Of<'_, Dict>, key: Borrowed<'_>, hash: isize) -> PyResult<Lent> {
        dict.get_known_hash(key, hash).map(Lent::opt)
    }
    fn PyDict_GetItemRef(dict: Option<Borrowed<'_>>, key: Option<Borrowed<'_>>, place: Out<'_, *mut PyObject>) -> PyResult<bool> {
        place.set(std::ptr::null_mut());
        let (dict, key) = (given(dict)?, given(key)?);
        let Some(dict) = dict.downcast::<Dict>() else { return Err(error::bad_internal_call()) };
        optional(dict.get_item(key), &place)
    }
    fn PyDict_GetItemStringRef(dict: Option<Borrowed<'_>>, key: Option<&CStr>, place: Out<'_, *mut PyObject>) -> PyResult<bool> {
        place.set(std::ptr::null_mut());
        let (dict, key) = (given(dict)?, given(key)?);
        let key = from_c(key)?;
        let Some(dict) = dict.downcast::<Dict>() else { return Err(error::bad_internal_call()) };
        optional(dict.get_item(key.b()), &place)
    }
    fn PyDict_SetItem(dict: Of<'_, Dict>, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        dict.set(key, value)
    }
    fn PyDict_SetItemString(dict: Borrowed<'_>, key: &CStr, value: Borrowed<'_>) -> PyResult<()> {
        let key = builtins::intern::intern(from_c(key)?);
        let Some(dict) = dict.downcast::<Dict>() else { return Err(error::bad_internal_call()) };
        dict.set(key.b(), value)
    }
    fn _PyDict_SetItem_KnownHash(dict: Of<'_, Dict>, key: Borrowed<'_>, value: Borrowed<'_>, hash: isize) -> PyResult<()> {
        dict.insert(key.to_ref(), hash, value.to_ref())
    }
    fn _PyDict_SetItem_KnownHash_LockHeld(dict: Of<'_, Dict>, key: Borrowed<'_>, value: Borrowed<'_>, hash: isize) -> PyResult<()> {
        dict.insert(key.to_ref(), hash, value.to_ref())
    }
    fn PyDict_DelItem(dict: Of<'_, Dict>, key: Borrowed<'_>) -> PyResult<()> {
        if dict.del(key)? { Ok(()) } else { Err(builtins::dict::key_error(key)) }
    }
    fn PyDict_DelItemString(dict: Borrowed<'_>, key: &CStr) -> PyResult<()> {
        let key = from_c(key)?;
        let Some(dict) = dict.downcast::<Dict>() else { return Err(error::bad_internal_call()) };
        if dict.del(key.b())? { Ok(()) } else { Err(builtins::dict::key_error(key.b())) }
    }
    fn PyDict_Contains(dict: Of<'_, Dict>, key: Borrowed<'_>) -> PyResult<bool> {
        dict.contains(key)
    }
    fn _PyDict_Contains_KnownHash(dict: Of<'_, Dict>, key: Borrowed<'_>, hash: isize) -> PyResult<bool> {
        dict.contains_known_hash(key, hash)
    }
    fn PyDict_ContainsString(dict: Borrowed<'_>, key: &CStr) -> PyResult<bool> {
        let key = from_c(key)?;
        let Some(dict) = dict.downcast::<Dict>() else { return Err(error::bad_internal_call()) };
        dict.contains(key.b())
    }
    fn PyDict_SetDefault(dict: Of<'_, Dict>, key: Borrowed<'_>, default: Borrowed<'_>) -> PyResult<Lent> {
        dict.setdefault(key, default).map(Lent::of)
    }
    fn PyDict_SetDefaultRef(dict: Borrowed<'_>, key: Borrowed<'_>, default: Borrowed<'_>, place: Place<'_>) -> PyResult<bool> {
        if let Some(place) = &place {
            place.set(std::ptr::null_mut());
        }
        let Some(dict) = dict.downcast::<Dict>() else { return Err(error::bad_internal_call()) };
        let before = dict.len();
        let value = dict.setdefault(key, default)?;
        if let Some(place) = &place {
            place.set(value.into_ptr());
        }
        Ok(dict.len() == before)
    }
    fn PyDict_Pop(dict: Option<Borrowed<'_>>, key: Option<Borrowed<'_>>, place: Place<'_>) -> PyResult<bool> {
        if let Some(place) = &place {
            place.set(std::ptr::null_mut());
        }
        let Some(dict) = given(dict)?.downcast::<Dict>() else { return Err(error::bad_internal_call()) };
        // An empty dict asks nothing of the key.
        if dict.len() == 0 { Ok(false) } else { pop(&dict, given(key)?, &place) }
    }
    fn PyDict_PopString(dict: Option<Borrowed<'_>>, key: Option<&CStr>, place: Place<'_>) -> PyResult<bool> {
        if let Some(place) = &place {
            place.set(std::ptr::null_mut());
        }
        let (dict, key) = (given(dict)?, given(key)?);
        let key = from_c(key)?;
        let Some(dict) = dict.downcast::<Dict>() else { return Err(error::bad_internal_call()) };
        pop(&dict, key.b(), &place)
    }
    fn _PyDict_Pop(dict: Of<'_, Dict>, key: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match (dict.remove(key)?, default) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.to_ref()),
            (None, None) => Err(builtins::dict::key_error(key)),
        }
    }
    fn PyDict_Clear(dict: Option<Borrowed<'_>>) -> () {
        if let Some(dict) = dict.and_then(Borrowed::downcast::<Dict>) {
            dict.clear();
        }
    }
    fn PyDict_Copy(dict: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(dict) = dict.and_then(Borrowed::downcast::<Dict>) else { return Err(error::bad_internal_call()) };
        dict.copy().map(Ref::upcast)
    }
    fn PyDict_Keys(dict: Of<'_, Dict>) -> PyResult<Ref> {
        listed(&dict, |key, _| Ok(key))
    }
    fn PyDict_Values(dict: Of<'_, Dict>) -> PyResult<Ref> {
        listed(&dict, |_, value| Ok(value))
    }
    fn PyDict_Items(dict: Of<'_, Dict>) -> PyResult<Ref> {
        listed(&dict, |key, value| object::value::tuple::from_array([key, value]))
    }
    fn PyDict_Next(dict: Option<Borrowed<'_>>, position: Out<'_, isize>, key: Place<'_>, value: Place<'_>) -> bool {
        let Some(dict) = dict.and_then(Borrowed::downcast::<Dict>) else { return false };
        let mut at = Position(position.get().max(0).unsigned_abs());
        let Some((own_key, own_value)) = dict.next_borrowed(&mut at) else { return false };
        position.set(at.0.cast_signed());
        if let Some(place) = key {
            place.set(own_key);
        }
        if let Some(place) = value {
            place.set(own_value);
        }
        true
    }
    fn PyDict_Update(dict: Of<'_, Dict>, other: Borrowed<'_>) -> PyResult<()> {
        dict.merge(other, Override::Replace)
    }
    fn PyDict_Merge(dict: Of<'_, Dict>, other: Option<Borrowed<'_>>, replace: i32) -> PyResult<()> {
        let Some(other) = other else { return Err(error::bad_internal_call()) };
        dict.merge(other, override_of(i32::from(replace != 0)))
    }
    fn _PyDict_MergeEx(dict: Of<'_, Dict>, other: Borrowed<'_>, mode: i32) -> PyResult<()> {
        dict.merge(other, override_of(mode))
    }
    fn PyDict_MergeFromSeq2(dict: Of<'_, Dict>, pairs: Borrowed<'_>, replace: i32) -> PyResult<()> {
        dict.merge_pairs(pairs, override_of(i32::from(replace != 0)))
    }
    fn PyDictProxy_New(mapping: Borrowed<'_>) -> PyResult<Ref> {
        if mapping.class().mp_subscript().is_none() || mapping.class().is_subtype(&core::LIST) || mapping.class().is_subtype(&core::TUPLE) {
            return Err(raise!(TypeError, "mappingproxy() argument must be a mapping, not {}", mapping.class().tp_name()));
        }
        builtins::mappingproxy::new(mapping)
    }
}
