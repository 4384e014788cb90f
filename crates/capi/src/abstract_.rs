//! `abstract.h`: numbers, sequences, mappings, iterators.

use crate::form::{Out, capi, given};
use crate::object_::optional;
use crate::support::intern;
use crate::unicodeobject::from_c;
use abi::PyObject;
use builtins::list;
use object::protocol::number::{self, BinaryOp};
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, TypeObject, core, error, exc, id, raise};
use std::ffi::CStr;

/// Number functions with two operands and their in-place forms.
macro_rules! operators {
    ($($name:ident $inplace:ident $op:ident;)*) => {
        capi! {
            $(
                fn $name(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                    number::binary_op(BinaryOp::$op, a, b)
                }
                fn $inplace(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                    number::inplace_op(BinaryOp::$op, a, b)
                }
            )*
        }
    };
}

operators! {
    PyNumber_Add PyNumber_InPlaceAdd Add;
    PyNumber_Subtract PyNumber_InPlaceSubtract Subtract;
    PyNumber_Multiply PyNumber_InPlaceMultiply Multiply;
    PyNumber_MatrixMultiply PyNumber_InPlaceMatrixMultiply MatrixMultiply;
    PyNumber_FloorDivide PyNumber_InPlaceFloorDivide FloorDivide;
    PyNumber_TrueDivide PyNumber_InPlaceTrueDivide TrueDivide;
    PyNumber_Remainder PyNumber_InPlaceRemainder Remainder;
    PyNumber_Lshift PyNumber_InPlaceLshift Lshift;
    PyNumber_Rshift PyNumber_InPlaceRshift Rshift;
    PyNumber_And PyNumber_InPlaceAnd And;
    PyNumber_Xor PyNumber_InPlaceXor Xor;
    PyNumber_Or PyNumber_InPlaceOr Or;
}

fn is_sequence(object: Borrowed<'_>) -> bool {
    !object.class().has(abi::tpflags::DICT_SUBCLASS) && object.class().sq_item().is_some()
}

/// TypeError of the sequence functions for what is not one.
fn no_sequence<T>(object: Borrowed<'_>, what: &str) -> PyResult<T> {
    let name = object.class().short_name();
    if object.class().mp_subscript().is_some() && what == "is not a sequence" {
        return Err(raise!(TypeError, "{name} is not a sequence"));
    }
    Err(raise!(TypeError, "'{name}' object {what}"))
}

fn length(object: Borrowed<'_>) -> PyResult<isize> {
    Ok(object.len()?.cast_signed())
}

fn slice(start: isize, end: isize) -> PyResult<Ref> {
    let (start, end) = (int::new(start as i64)?, int::new(end as i64)?);
    Ok(builtins::slice::Slice::new(Some(start.b()), Some(end.b()), None)?.upcast())
}

/// `operator.countOf`, `indexOf` and `in` by iteration.
enum Search {
    Count,
    Index,
}

fn search(sequence: Borrowed<'_>, value: Borrowed<'_>, what: Search) -> PyResult<isize> {
    let iterator = match sequence.iter() {
        Ok(iterator) => iterator,
        Err(raised) => {
            raised.clear_if(&exc::TypeError)?;
            return Err(raise!(TypeError, "argument of type '{}' is not iterable", sequence.class().tp_name()));
        }
    };
    let (mut position, mut count) = (0isize, 0isize);
    while let Some(item) = iterator.next()? {
        if item.eq(value)? {
            match what {
                Search::Count if count == isize::MAX => return Err(raise!(OverflowError, "count exceeds C integer size")),
                Search::Count => count += 1,
                Search::Index => return Ok(position),
            }
        }
        position += 1;
    }
    match what {
        Search::Count => Ok(count),
        Search::Index => Err(raise!(ValueError, "sequence.index(x): x not in sequence")),
    }
}

/// `dict.keys()` and its kin as a list.
fn listed(mapping: Borrowed<'_>, name: &str) -> PyResult<Ref> {
    let output = mapping.call_method(intern(name).b(), &[])?;
    if output.class().is_type(&core::LIST) {
        return Ok(output);
    }
    let iterator = match output.iter() {
        Ok(iterator) => iterator,
        Err(raised) => {
            raised.clear_if(&exc::TypeError)?;
            let (class, found) = (mapping.class().tp_name(), output.class().tp_name());
            return Err(raise!(TypeError, "{class}.{name}() returned a non-iterable (type {found})"));
        }
    };
    list::from_iterable(iterator.b()).map(Ref::upcast)
}

fn has_key(mapping: Option<Borrowed<'_>>, key: PyResult<Ref>, function: &str) -> bool {
    match key.and_then(|key| given(mapping)?.getitem_opt(key.b())) {
        Ok(found) => found.is_some(),
        Err(raised) => {
            raised.unraisable(
                Some(&format!(
                    "Exception ignored in {function}(); consider using {function}WithError(), PyMapping_GetOptionalItem() or PyObject_GetItem()"
                )),
                None,
            );
            false
        }
    }
}

/// Whether a sequence repeats or concatenates; the in-place forms fall back to the plain ones.
fn concat(a: Borrowed<'_>, b: Borrowed<'_>, inplace: bool) -> PyResult<Ref> {
    let class = a.class();
    let function = if inplace { class.sq_inplace_concat().or_else(|| class.sq_concat()) } else { class.sq_concat() };
    if let Some(function) = function {
        return function(a, b);
    }
    if is_sequence(a) && is_sequence(b) {
        let op = if inplace { number::inplace_op_opt } else { number::binary_op_opt };
        if let Some(result) = op(BinaryOp::Add, a, b)? {
            return Ok(result);
        }
    }
    no_sequence(a, "can't be concatenated")
}

fn repeat(a: Borrowed<'_>, count: isize, inplace: bool) -> PyResult<Ref> {
    let class = a.class();
    let function = if inplace { class.sq_inplace_repeat().or_else(|| class.sq_repeat()) } else { class.sq_repeat() };
    if let Some(function) = function {
        return function(a, count);
    }
    if is_sequence(a) {
        let count = int::new(count as i64)?;
        let op = if inplace { number::inplace_op_opt } else { number::binary_op_opt };
        if let Some(result) = op(BinaryOp::Multiply, a, count.b())? {
            return Ok(result);
        }
    }
    no_sequence(a, "can't be repeated")
}

/// The text of an integer in base 2, 8, 10 or 16, with its prefix.
pub(crate) fn in_base(number: Borrowed<'_>, base: i32) -> PyResult<Ref> {
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        10 => "",
        _ => return Err(raise!(SystemError, "PyNumber_ToBase: base must be 2, 8, 10 or 16")),
    };
    let number = number.index()?;
    let digits = builtins::int::to_text(number.b(), base.unsigned_abs())?;
    let digits = String::from_utf8_lossy(&digits).into_owned();
    match digits.strip_prefix('-') {
        Some(digits) => text::new(&format!("-{prefix}{digits}")),
        None => text::new(&format!("{prefix}{digits}")),
    }
}

fn assign_slice(object: Borrowed<'_>, start: isize, end: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
    let Some(function) = object.class().mp_ass_subscript() else {
        return no_sequence(
            object,
            if value.is_some() { "doesn't support slice assignment" } else { "doesn't support slice deletion" },
        );
    };
    let slice = slice(start, end)?;
    function(object, slice.b(), value).into()
}

/// The next value of an iterator: none at its end.
fn next(iterator: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let Some(function) = iterator.class().tp_iternext() else {
        return Err(raise!(TypeError, "expected an iterator, got '{}'", iterator.class().tp_name()));
    };
    let result: PyResult<Option<Ref>> = function(iterator).into();
    match result {
        Err(raised) => {
            raised.clear_if(&exc::StopIteration)?;
            Ok(None)
        }
        found => found,
    }
}

capi! {
    fn PyNumber_Check(object: Option<Borrowed<'_>>) -> bool {
        object.is_some_and(|object| {
            let class = object.class();
            class.nb_index().is_some() || class.nb_int().is_some() || class.nb_float().is_some() || class.is_subtype(&core::COMPLEX)
        })
    }

    fn PyIndex_Check(object: Option<Borrowed<'_>>) -> bool {
        object.is_some_and(|object| object.class().nb_index().is_some())
    }

    fn PyNumber_Divmod(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        number::divmod(a, b)
    }

    fn PyNumber_Power(a: Borrowed<'_>, b: Borrowed<'_>, c: Borrowed<'_>) -> PyResult<Ref> {
        number::power(a, b, c)
    }

    fn PyNumber_InPlacePower(a: Borrowed<'_>, b: Borrowed<'_>, c: Borrowed<'_>) -> PyResult<Ref> {
        if c.is(&core::none()) {
            return number::inplace_power(a, b);
        }
        if let Some(function) = a.class().nb_inplace_power() {
            let result = function(a, b, c)?;
            if !result.is(&core::not_implemented()) {
                return Ok(result);
            }
        }
        number::power(a, b, c)
    }

    fn PyNumber_Negative(a: Borrowed<'_>) -> PyResult<Ref> {
        number::negative(a)
    }

    fn PyNumber_Positive(a: Borrowed<'_>) -> PyResult<Ref> {
        number::positive(a)
    }

    fn PyNumber_Absolute(a: Borrowed<'_>) -> PyResult<Ref> {
        number::absolute(a)
    }

    fn PyNumber_Invert(a: Borrowed<'_>) -> PyResult<Ref> {
        number::invert(a)
    }

    fn PyNumber_Index(a: Borrowed<'_>) -> PyResult<Ref> {
        let result = a.index()?;
        if result.class().is_type(&core::INT) { Ok(result) } else { builtins::int::from_number(result.b()) }
    }

    fn _PyNumber_Index(a: Borrowed<'_>) -> PyResult<Ref> {
        a.index()
    }

    fn PyNumber_Long(a: Borrowed<'_>) -> PyResult<Ref> {
        builtins::int::from_number(a)
    }

    fn PyNumber_Float(a: Borrowed<'_>) -> PyResult<Ref> {
        if a.class().is_type(&core::FLOAT) {
            return Ok(a.to_ref());
        }
        core::FLOAT.borrowed().call1(a)
    }

    fn PyNumber_ToBase(a: Borrowed<'_>, base: i32) -> PyResult<Ref> {
        in_base(a, base)
    }

    fn PyNumber_AsSsize_t(a: Borrowed<'_>, exception: Option<Borrowed<'_>>) -> PyResult<isize> {
        let Some(exception) = exception else { return a.as_isize_clamped() };
        if let Some(exception) = exception.downcast::<TypeObject>() {
            return a.as_isize_or(exception.get());
        }
        a.as_isize_or(&exc::OverflowError).or_else(|raised| {
            raised.clear_if(&exc::OverflowError)?;
            let message = format!("cannot fit '{}' into an index-sized integer", a.class().tp_name());
            Err(crate::pyerrors::set_object(exception, Some(text::new(&message)?.b())))
        })
    }

    fn PySequence_Check(object: Borrowed<'_>) -> bool {
        is_sequence(object)
    }

    fn PySequence_Size(object: Borrowed<'_>) -> PyResult<isize> {
        match object.class().sq_length() {
            Some(function) => PyResult::<usize>::from(function(object)).map(usize::cast_signed),
            None if object.class().mp_length().is_some() => no_sequence(object, "is not a sequence"),
            None => Err(raise!(TypeError, "object of type '{}' has no len()", object.class().tp_name())),
        }
    }

    fn PySequence_Length(object: Borrowed<'_>) -> PyResult<isize> {
        match object.class().sq_length() {
            Some(function) => PyResult::<usize>::from(function(object)).map(usize::cast_signed),
            None if object.class().mp_length().is_some() => no_sequence(object, "is not a sequence"),
            None => Err(raise!(TypeError, "object of type '{}' has no len()", object.class().tp_name())),
        }
    }

    fn PySequence_Concat(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        concat(a, b, false)
    }

    fn PySequence_InPlaceConcat(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        concat(a, b, true)
    }

    fn PySequence_Repeat(a: Borrowed<'_>, count: isize) -> PyResult<Ref> {
        repeat(a, count, false)
    }

    fn PySequence_InPlaceRepeat(a: Borrowed<'_>, count: isize) -> PyResult<Ref> {
        repeat(a, count, true)
    }

    fn PySequence_GetItem(object: Borrowed<'_>, index: isize) -> PyResult<Ref> {
        match object.class().sq_item() {
            Some(_) => object.seq_getitem(index),
            None if object.class().mp_subscript().is_some() => no_sequence(object, "is not a sequence"),
            None => no_sequence(object, "does not support indexing"),
        }
    }

    fn PySequence_SetItem(object: Borrowed<'_>, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match object.class().sq_ass_item() {
            Some(_) => object.seq_assign(index, value),
            None if object.class().mp_ass_subscript().is_some() => no_sequence(object, "is not a sequence"),
            None => no_sequence(object, "does not support item assignment"),
        }
    }

    fn PySequence_DelItem(object: Borrowed<'_>, index: isize) -> PyResult<()> {
        match object.class().sq_ass_item() {
            Some(_) => object.seq_assign(index, None),
            None if object.class().mp_ass_subscript().is_some() => no_sequence(object, "is not a sequence"),
            None => no_sequence(object, "doesn't support item deletion"),
        }
    }

    fn PySequence_GetSlice(object: Borrowed<'_>, start: isize, end: isize) -> PyResult<Ref> {
        match object.class().mp_subscript() {
            Some(function) => function(object, slice(start, end)?.b()),
            None => no_sequence(object, "is unsliceable"),
        }
    }

    fn PySequence_SetSlice(object: Borrowed<'_>, start: isize, end: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        assign_slice(object, start, end, value)
    }

    fn PySequence_DelSlice(object: Borrowed<'_>, start: isize, end: isize) -> PyResult<()> {
        assign_slice(object, start, end, None)
    }

    fn PySequence_Tuple(object: Borrowed<'_>) -> PyResult<Ref> {
        if object.class().is_type(&core::TUPLE) {
            return Ok(object.to_ref());
        }
        object.to_tuple()
    }

    fn PySequence_List(object: Borrowed<'_>) -> PyResult<Ref> {
        list::from_iterable(object).map(Ref::upcast)
    }

    fn PySequence_Fast(object: Borrowed<'_>, message: *const abi::c_char) -> PyResult<Ref> {
        if object.class().is_type(&core::LIST) || object.class().is_type(&core::TUPLE) {
            return Ok(object.to_ref());
        }
        // SAFETY: C passes a string.
        let message = unsafe { <&CStr as crate::form::FromC>::from_c(message) }?;
        let iterator = match object.iter() {
            Ok(iterator) => iterator,
            Err(raised) => {
                raised.clear_if(&exc::TypeError)?;
                return Err(raise!(TypeError, "{}", message.to_string_lossy()));
            }
        };
        list::from_iterable(iterator.b()).map(Ref::upcast)
    }

    fn PySequence_Count(object: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<isize> {
        search(object, value, Search::Count)
    }

    fn PySequence_Index(object: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<isize> {
        search(object, value, Search::Index)
    }

    fn PySequence_Contains(object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<bool> {
        match value {
            Some(value) => object.contains(value),
            // An empty list compares with nothing.
            None if object.class().is_subtype(&core::LIST) && object.len()? == 0 => Ok(false),
            None => Err(crate::form::null_argument()),
        }
    }

    fn PySequence_In(object: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<bool> {
        object.contains(value)
    }

    fn PyObject_Size(object: Borrowed<'_>) -> PyResult<isize> {
        length(object)
    }

    fn PyObject_Length(object: Borrowed<'_>) -> PyResult<isize> {
        length(object)
    }

    fn PyObject_LengthHint(object: Borrowed<'_>, default: isize) -> PyResult<isize> {
        // A default that is no length comes back as it is.
        Ok(object.length_hint(default.cast_unsigned())?.cast_signed())
    }

    fn PyObject_GetItem(object: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<Ref> {
        object.getitem(key)
    }

    fn PyObject_SetItem(object: Borrowed<'_>, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        object.setitem(key, value)
    }

    fn PyObject_DelItem(object: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<()> {
        object.delitem(key)
    }

    fn PyObject_DelItemString(object: Borrowed<'_>, key: &CStr) -> PyResult<()> {
        object.delitem(from_c(key)?.b())
    }

    fn PyMapping_Check(object: Option<Borrowed<'_>>) -> bool {
        object.is_some_and(|object| object.class().mp_subscript().is_some())
    }

    fn PyMapping_Size(object: Borrowed<'_>) -> PyResult<isize> {
        mapping_length(object)
    }

    fn PyMapping_Length(object: Borrowed<'_>) -> PyResult<isize> {
        mapping_length(object)
    }

    fn PyMapping_GetItemString(object: Borrowed<'_>, key: &CStr) -> PyResult<Ref> {
        object.getitem(from_c(key)?.b())
    }

    fn PyMapping_SetItemString(object: Borrowed<'_>, key: &CStr, value: Borrowed<'_>) -> PyResult<()> {
        object.setitem(from_c(key)?.b(), value)
    }

    fn PyMapping_GetOptionalItem(object: Option<Borrowed<'_>>, key: Option<Borrowed<'_>>, place: Out<'_, *mut PyObject>) -> PyResult<bool> {
        place.set(std::ptr::null_mut());
        let (object, key) = (given(object)?, given(key)?);
        optional(object.getitem_opt(key), &place)
    }

    fn PyMapping_GetOptionalItemString(object: Option<Borrowed<'_>>, key: Option<&CStr>, place: Out<'_, *mut PyObject>) -> PyResult<bool> {
        place.set(std::ptr::null_mut());
        let (object, key) = (given(object)?, given(key)?);
        optional(object.getitem_opt(from_c(key)?.b()), &place)
    }

    fn PyMapping_HasKey(object: Option<Borrowed<'_>>, key: Option<Borrowed<'_>>) -> bool {
        has_key(object, given(key).map(Borrowed::to_ref), "PyMapping_HasKey")
    }

    fn PyMapping_HasKeyString(object: Option<Borrowed<'_>>, key: Option<&CStr>) -> bool {
        has_key(object, given(key).and_then(from_c), "PyMapping_HasKeyString")
    }

    fn PyMapping_HasKeyWithError(object: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<bool> {
        Ok(object.getitem_opt(key)?.is_some())
    }

    fn PyMapping_HasKeyStringWithError(object: Borrowed<'_>, key: &CStr) -> PyResult<bool> {
        Ok(object.getitem_opt(from_c(key)?.b())?.is_some())
    }

    fn PyMapping_Keys(object: Borrowed<'_>) -> PyResult<Ref> {
        listed(object, "keys")
    }

    fn PyMapping_Values(object: Borrowed<'_>) -> PyResult<Ref> {
        listed(object, "values")
    }

    fn PyMapping_Items(object: Borrowed<'_>) -> PyResult<Ref> {
        listed(object, "items")
    }

    fn PyObject_GetIter(object: Borrowed<'_>) -> PyResult<Ref> {
        object.iter()
    }

    fn PyObject_GetAIter(object: Borrowed<'_>) -> PyResult<Ref> {
        let Some(function) = object.class().am_aiter() else {
            return Err(raise!(TypeError, "'{}' object is not an async iterable", object.class().tp_name()));
        };
        let result = function(object)?;
        if result.class().am_anext().is_none() {
            return Err(raise!(
                TypeError,
                "aiter() returned not an async iterator of type '{}'",
                result.class().tp_name()
            ));
        }
        Ok(result)
    }

    fn PyIter_Check(object: Borrowed<'_>) -> bool {
        object.is_iterator()
    }

    fn PyAIter_Check(object: Borrowed<'_>) -> bool {
        object.class().am_anext().is_some()
    }

    fn PyIter_Next(iterator: Borrowed<'_>) -> PyResult<Option<Ref>> {
        next(iterator)
    }

    fn PyIter_NextItem(iterator: Option<Borrowed<'_>>, place: Out<'_, *mut PyObject>) -> PyResult<bool> {
        place.set(std::ptr::null_mut());
        let iterator = given(iterator)?;
        optional(next(iterator), &place)
    }

    fn PyIter_Send(iterator: Borrowed<'_>, value: Borrowed<'_>, place: Out<'_, *mut PyObject>) -> i32 {
        place.set(std::ptr::null_mut());
        if let Some(send) = iterator.class().am_send() {
            let mut result = None;
            let outcome = send(iterator, value, &raw mut result);
            place.set(result.map_or(std::ptr::null_mut(), Ref::into_ptr));
            return outcome;
        }
        let sent = if value.is(&core::none()) && iterator.is_iterator() {
            next_or_stop(iterator)
        } else {
            iterator.call_method(id!("send"), &[value]).map(Some)
        };
        match sent {
            Ok(Some(item)) => {
                place.set(item.into_ptr());
                1
            }
            Ok(None) => {
                place.set(core::none_ref().into_ptr());
                0
            }
            Err(raised) if raised.is_a(&exc::StopIteration) => match raised.take().getattr(id!("value")) {
                Ok(result) => {
                    place.set(result.into_ptr());
                    0
                }
                Err(_) => -1,
            },
            Err(_) => -1,
        }
    }

    fn PySeqIter_New(sequence: Borrowed<'_>) -> PyResult<Ref> {
        if !sequence.is_sequence() {
            return Err(error::bad_internal_call());
        }
        builtins::iter::sequence_iter(sequence)
    }

    fn PyCallIter_New(callable: Borrowed<'_>, sentinel: Borrowed<'_>) -> PyResult<Ref> {
        builtins::iter::callable_iter(callable, sentinel)
    }

    fn _PySequence_IterSearch(sequence: Borrowed<'_>, value: Borrowed<'_>, operation: i32) -> PyResult<isize> {
        match operation {
            1 => search(sequence, value, Search::Count),
            2 => search(sequence, value, Search::Index),
            _ => Ok(isize::from(search(sequence, value, Search::Count)? > 0)),
        }
    }

    fn PyObject_AsFileDescriptor(object: Borrowed<'_>) -> PyResult<i32> {
        let number = if int::check(object) {
            if object.class().is_type(&core::BOOL) {
                object::hooks::warn(&exc::RuntimeWarning, "bool is used as a file descriptor", 1)?;
            }
            object.to_ref()
        } else {
            match object.getattr_opt(id!("fileno"))? {
                None => return Err(raise!(TypeError, "argument must be an int, or have a fileno() method.")),
                Some(method) => {
                    let number = method.call0()?;
                    if !int::check(number.b()) {
                        return Err(raise!(TypeError, "fileno() returned a non-integer"));
                    }
                    number
                }
            }
        };
        let descriptor = crate::longobject::as_int(number.b())?;
        if descriptor < 0 {
            return Err(raise!(ValueError, "file descriptor cannot be a negative integer ({descriptor})"));
        }
        Ok(descriptor)
    }
}

/// As C's `tp_iternext`: a StopIteration with a value stays set.
fn next_or_stop(iterator: Borrowed<'_>) -> PyResult<Option<Ref>> {
    match iterator.class().tp_iternext() {
        Some(function) => function(iterator).into(),
        None => Err(error::bad_internal_call()),
    }
}

fn mapping_length(object: Borrowed<'_>) -> PyResult<isize> {
    match object.class().mp_length() {
        Some(function) => PyResult::<usize>::from(function(object)).map(usize::cast_signed),
        None if object.class().sq_length().is_some() => Err(raise!(TypeError, "{} is not a mapping", object.class().tp_name())),
        None => Err(raise!(TypeError, "object of type '{}' has no len()", object.class().tp_name())),
    }
}
