//! The slots of classes whose methods are written in Python: each finds its special method and calls it (`slot_tp_*`, `slot_nb_*`).

use super::lookup::lookup;
use super::special::{Special, call_if_any, call_method};
use abi::{Py_buffer, c_int, tpflags, typeslot};
use object::value::{int, str as text, tuple};
use object::{
    Borrowed, CompareOp, Hash, IntoPy, IterNext, Len, PyResult, Ref, Status, Truth, TypeObject, core, error, exc, id, raise,
    recursion,
};

/// `__repr__`.
pub extern "C-unwind" fn tp_repr(slf: Borrowed<'_>) -> PyResult<Ref> {
    match call_if_any(slf, id!("__repr__"), &[])? {
        Some(text) => Ok(text),
        None => text::new(&format!("<{} object at {:p}>", slf.class().short_name(), slf.ptr())),
    }
}

/// `__str__`.
pub extern "C-unwind" fn tp_str(slf: Borrowed<'_>) -> PyResult<Ref> {
    call_method(slf, id!("__str__"), &[])
}

/// `__hash__`: an int of any size is hashed again.
pub extern "C-unwind" fn tp_hash(slf: Borrowed<'_>) -> Hash {
    let hash = || -> PyResult<isize> {
        let found = lookup(slf.class(), id!("__hash__")).filter(|found| !found.is(&core::none()));
        if found.is_none() {
            return super::hash_not_implemented(slf).into();
        }
        let Some(method) = Special::find(slf, id!("__hash__"))? else { return super::hash_not_implemented(slf).into() };
        let result = method.call(slf, &[])?;
        if !int::check(result.b()) {
            return Err(raise!(TypeError, "__hash__ method should return an integer"));
        }
        match int::to_i64(result.b()).and_then(|value| isize::try_from(value).ok()) {
            Some(value) => Ok(value),
            None => match core::INT.tp_hash() {
                Some(hash) => hash(result.b()).into(),
                None => Err(raise!(TypeError, "__hash__ method should return an integer")),
            },
        }
    };
    hash().into()
}

/// `__call__`.
pub extern "C-unwind" fn tp_call(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
    recursion::check(" in __call__")?;
    match Special::find(slf, id!("__call__"))? {
        Some(Special::Bound(function)) => function.call_tuple(args, kwargs),
        Some(Special::Unbound(function)) => {
            let items = tuple::items(args).unwrap_or_default();
            // A few arguments without names need no tuple.
            if kwargs.is_none() {
                match *items {
                    [] => return function.call(&[slf]),
                    [a] => return function.call(&[slf, a]),
                    [a, b] => return function.call(&[slf, a, b]),
                    [a, b, c] => return function.call(&[slf, a, b, c]),
                    _ => {}
                }
            }
            let mut all = object::memory::vec_with_capacity(items.len() + 1)?;
            all.push(slf);
            all.extend_from_slice(items);
            let all = tuple::from_slice(&all)?;
            function.call_tuple(all.b(), kwargs)
        }
        None => Err(raise!(TypeError, "'{}' object is not callable", slf.class().tp_name())),
    }
}

/// `__getattribute__` alone.
fn getattribute(slf: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
    call_method(slf, id!("__getattribute__"), &[name])
}

/// `__getattribute__`, then `__getattr__` where that raises AttributeError.
pub extern "C-unwind" fn tp_getattr_hook(slf: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
    let class = slf.class();
    let Some(fallback) = lookup(class, id!("__getattr__")) else { return getattribute(slf, name) };
    let result = match lookup(class, id!("__getattribute__")) {
        Some(found) if is_generic_getattribute(&found) => crate::object_::getattr::getattr_opt(slf, name)?,
        None => crate::object_::getattr::getattr_opt(slf, name)?,
        Some(_) => match getattribute(slf, name) {
            Ok(value) => Some(value),
            Err(raised) => {
                raised.clear_if(&exc::AttributeError)?;
                None
            }
        },
    };
    match result {
        Some(value) => Ok(value),
        None if fallback.class().has(tpflags::METHOD_DESCRIPTOR) => fallback.call(&[slf, name]),
        None => match fallback.class().tp_descr_get() {
            Some(get) => get(fallback.b(), Some(slf), Some(class.borrowed()))?.call1(name),
            None => fallback.call1(name),
        },
    }
}

/// What looks attributes of a class's instances up.
pub enum AttributeAccess {
    /// `object.__getattribute__` alone.
    Generic,
    /// The same, and `__getattr__` for what it does not find.
    Fallback,
    /// A `__getattribute__` of the class, and no `__getattr__`.
    Overridden(Ref),
    /// Anything else.
    Other,
}

impl AttributeAccess {
    /// How instances of `class` look attributes up, as long as the class's version holds.
    pub fn of(class: &TypeObject) -> Self {
        let function = class.slot_ptr(typeslot::tp_getattro);
        if function == core::OBJECT.slot_ptr(typeslot::tp_getattro) {
            return Self::Generic;
        }
        if function != tp_getattr_hook as *const () {
            return Self::Other;
        }
        let own = lookup(class, id!("__getattribute__")).filter(|found| !is_generic_getattribute(found));
        match (own, lookup(class, id!("__getattr__"))) {
            (None, None) => Self::Generic,
            (None, Some(_)) => Self::Fallback,
            (Some(own), None) => Self::Overridden(own),
            (Some(_), Some(_)) => Self::Other,
        }
    }
}

fn is_generic_getattribute(found: &Ref) -> bool {
    crate::descr::wrapper::wrapped(found.b()).is_some_and(|function| core::OBJECT.slot_ptr(typeslot::tp_getattro) == function)
}

/// `__setattr__`, `__delattr__`.
pub extern "C-unwind" fn tp_setattro(slf: Borrowed<'_>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> Status {
    let result = match value {
        Some(value) => call_method(slf, id!("__setattr__"), &[name, value]),
        None => call_method(slf, id!("__delattr__"), &[name]),
    };
    result.map(drop).into()
}

/// `__lt__` and its sisters.
pub extern "C-unwind" fn tp_richcompare(slf: Borrowed<'_>, other: Borrowed<'_>, op: c_int) -> PyResult<Ref> {
    let name = match CompareOp::from_c(op) {
        CompareOp::Lt => id!("__lt__"),
        CompareOp::Le => id!("__le__"),
        CompareOp::Eq => id!("__eq__"),
        CompareOp::Ne => id!("__ne__"),
        CompareOp::Gt => id!("__gt__"),
        CompareOp::Ge => id!("__ge__"),
    };
    Ok(call_if_any(slf, name, &[other])?.unwrap_or_else(|| core::not_implemented().to_ref()))
}

/// `__iter__`, or the sequence protocol.
pub extern "C-unwind" fn tp_iter(slf: Borrowed<'_>) -> PyResult<Ref> {
    let class = slf.class();
    match lookup(class, id!("__iter__")) {
        Some(found) if found.is(&core::none()) => Err(raise!(TypeError, "'{}' object is not iterable", class.tp_name())),
        Some(_) => call_method(slf, id!("__iter__"), &[]),
        None if lookup(class, id!("__getitem__")).is_some() => (object::hooks::get().sequence_iter)(slf),
        None => Err(raise!(TypeError, "'{}' object is not iterable", class.tp_name())),
    }
}

/// `__next__`.
pub extern "C-unwind" fn tp_iternext(slf: Borrowed<'_>) -> IterNext {
    match call_method(slf, id!("__next__"), &[]) {
        Ok(item) => Ok(Some(item)).into(),
        // StopIteration is the end, whether it is set or not.
        Err(_) => IterNext(std::ptr::null_mut()),
    }
}

/// `__get__`.
pub extern "C-unwind" fn tp_descr_get(
    slf: Borrowed<'_>,
    instance: Option<Borrowed<'_>>,
    owner: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let Some(get) = lookup(slf.class(), id!("__get__")) else { return Ok(slf.to_ref()) };
    let none = core::none();
    get.call(&[slf, instance.unwrap_or(none), owner.unwrap_or(none)])
}

/// `__set__`, `__delete__`.
pub extern "C-unwind" fn tp_descr_set(slf: Borrowed<'_>, instance: Borrowed<'_>, value: Option<Borrowed<'_>>) -> Status {
    let result = match value {
        Some(value) => call_method(slf, id!("__set__"), &[instance, value]),
        None => call_method(slf, id!("__delete__"), &[instance]),
    };
    result.map(drop).into()
}

/// `__init__`.
pub extern "C-unwind" fn tp_init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> Status {
    let init = || -> PyResult<()> {
        let result = match Special::find(slf, id!("__init__"))? {
            Some(Special::Bound(function)) => function.call_tuple(args, kwargs)?,
            Some(Special::Unbound(function)) => {
                let items = tuple::items(args).unwrap_or_default();
                let all: Vec<Borrowed<'_>> = std::iter::once(slf).chain(items.iter().copied()).collect();
                let all = tuple::from_slice(&all)?;
                function.call_tuple(all.b(), kwargs)?
            }
            None => return Err(raise!(AttributeError, "__init__")),
        };
        if result.is(&core::none()) {
            Ok(())
        } else {
            Err(raise!(TypeError, "__init__() should return None, not '{}'", result.class().tp_name()))
        }
    };
    init().into()
}

/// With the class, as many arguments of `__new__` are put on the stack without asking how many there are.
const FEW: usize = 8;

/// `class.__new__`. Of classes with the usual metaclass it is what the look-up finds, and mostly a static method.
#[inline]
fn new_of(class: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
    if class.class().is_type(&core::TYPE)
        && let Some(found) = super::lookup::lookup(&class, id!("__new__"))
        && let Some(function) = crate::method::static_callable(found.b())
    {
        return Ok(function);
    }
    class.getattr(id!("__new__"))
}

/// `__new__`, a static method that takes the class.
pub extern "C-unwind" fn tp_new(
    class: Borrowed<'_, TypeObject>,
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let function = new_of(class)?;
    let items = tuple::items(args).unwrap_or_default();
    if kwargs.is_none() && items.len() < FEW {
        let mut all = [class.object(); FEW];
        all[1..=items.len()].copy_from_slice(items);
        return function.call(&all[..=items.len()]);
    }
    let all: smallvec::SmallVec<[Borrowed<'_>; 8]> = std::iter::once(class.object()).chain(items.iter().copied()).collect();
    if kwargs.is_none() {
        return function.call(&all);
    }
    let all = tuple::from_slice(&all)?;
    function.call_tuple(all.b(), kwargs)
}

/// `__del__`; what it raises is reported and dropped.
pub extern "C-unwind" fn tp_finalize(slf: Borrowed<'_>) {
    error::preserving(|| {
        let result = match Special::find(slf, id!("__del__")) {
            Ok(Some(method)) => method.call(slf, &[]).map(drop).map_err(|raised| (raised, method)),
            Ok(None) => Ok(()),
            Err(raised) => {
                // A `__del__` that cannot be bound is passed over without a word.
                raised.clear();
                Ok(())
            }
        };
        if let Err((raised, Special::Bound(method) | Special::Unbound(method))) = result {
            raised.unraisable_of("Exception ignored while calling deallocator", method.b());
        }
    });
}

/// `__await__`.
pub extern "C-unwind" fn am_await(slf: Borrowed<'_>) -> PyResult<Ref> {
    match call_if_any(slf, id!("__await__"), &[])? {
        Some(result) => Ok(result),
        None => Err(raise!(AttributeError, "object {} does not have __await__ method", slf.class().tp_name())),
    }
}

/// `__aiter__`.
pub extern "C-unwind" fn am_aiter(slf: Borrowed<'_>) -> PyResult<Ref> {
    match call_if_any(slf, id!("__aiter__"), &[])? {
        Some(result) => Ok(result),
        None => Err(raise!(AttributeError, "object {} does not have __aiter__ method", slf.class().tp_name())),
    }
}

/// `__anext__`.
pub extern "C-unwind" fn am_anext(slf: Borrowed<'_>) -> PyResult<Ref> {
    match call_if_any(slf, id!("__anext__"), &[])? {
        Some(result) => Ok(result),
        None => Err(raise!(AttributeError, "object {} does not have __anext__ method", slf.class().tp_name())),
    }
}

/// Calls a binary method where the type has it; NotImplemented where not.
fn maybe_call(slf: Borrowed<'_>, name: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
    Ok(call_if_any(slf, name, args)?.unwrap_or_else(|| core::not_implemented().to_ref()))
}

/// Whether the two types give different methods under this name, and `right`'s is there.
fn is_overloaded(left: Borrowed<'_>, right: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<bool> {
    let Some(b) = right.class().getattr_opt(name)? else { return Ok(false) };
    let Some(a) = left.class().getattr_opt(name)? else { return Ok(true) };
    a.compare_bool(b.b(), CompareOp::Ne)
}

/// One binary operator of which either operand's type may be written in Python.
#[inline]
fn binary(
    slf: Borrowed<'_>,
    other: Borrowed<'_>,
    slot: u16,
    own: *const (),
    name: Borrowed<'_>,
    reflected: Borrowed<'_>,
) -> PyResult<Ref> {
    let (left, right) = (slf.class(), other.class());
    let mut do_other = !left.is_type(right) && right.slot_ptr(slot) == own;
    if left.slot_ptr(slot) == own {
        if do_other && right.is_subtype(left) && is_overloaded(slf, other, reflected)? {
            let result = maybe_call(other, reflected, &[slf])?;
            if !result.is(&core::not_implemented()) {
                return Ok(result);
            }
            do_other = false;
        }
        let result = maybe_call(slf, name, &[other])?;
        if !result.is(&core::not_implemented()) || right.is_type(left) {
            return Ok(result);
        }
    }
    if do_other {
        return maybe_call(other, reflected, &[slf]);
    }
    Ok(core::not_implemented().to_ref())
}

macro_rules! binary_slots {
    ($($slot:ident $name:literal $reflected:literal;)*) => { $(
        #[doc = concat!("`", $name, "`, `", $reflected, "`.")]
        pub extern "C-unwind" fn $slot(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<Ref> {
            binary(slf, other, typeslot::$slot, $slot as *const (), id!($name), id!($reflected))
        }
    )* };
}

binary_slots! {
    nb_add "__add__" "__radd__";
    nb_subtract "__sub__" "__rsub__";
    nb_multiply "__mul__" "__rmul__";
    nb_remainder "__mod__" "__rmod__";
    nb_divmod "__divmod__" "__rdivmod__";
    nb_lshift "__lshift__" "__rlshift__";
    nb_rshift "__rshift__" "__rrshift__";
    nb_and "__and__" "__rand__";
    nb_xor "__xor__" "__rxor__";
    nb_or "__or__" "__ror__";
    nb_floor_divide "__floordiv__" "__rfloordiv__";
    nb_true_divide "__truediv__" "__rtruediv__";
    nb_matrix_multiply "__matmul__" "__rmatmul__";
}

fn binary_power(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<Ref> {
    binary(slf, other, typeslot::nb_power, nb_power as *const (), id!("__pow__"), id!("__rpow__"))
}

/// `__pow__`, `__rpow__`; with a modulus, either may take three arguments.
pub extern "C-unwind" fn nb_power(slf: Borrowed<'_>, other: Borrowed<'_>, modulus: Borrowed<'_>) -> PyResult<Ref> {
    if modulus.is(&core::none()) {
        return binary_power(slf, other);
    }
    let own = nb_power as *const ();
    let (left, right) = (slf.class(), other.class());
    let mut do_other = !left.is_type(right) && right.slot_ptr(typeslot::nb_power) == own;
    if left.slot_ptr(typeslot::nb_power) == own {
        if do_other && right.is_subtype(left) && is_overloaded(slf, other, id!("__rpow__"))? {
            let result = maybe_call(other, id!("__rpow__"), &[slf, modulus])?;
            if !result.is(&core::not_implemented()) {
                return Ok(result);
            }
            do_other = false;
        }
        let result = maybe_call(slf, id!("__pow__"), &[other, modulus])?;
        if !result.is(&core::not_implemented()) || right.is_type(left) {
            return Ok(result);
        }
    }
    if do_other { maybe_call(other, id!("__rpow__"), &[slf, modulus]) } else { Ok(core::not_implemented().to_ref()) }
}

macro_rules! method_slots {
    (unary: $($slot:ident $name:literal;)*) => { $(
        #[doc = concat!("`", $name, "`.")]
        pub extern "C-unwind" fn $slot(slf: Borrowed<'_>) -> PyResult<Ref> {
            call_method(slf, id!($name), &[])
        }
    )* };
    (binary: $($slot:ident $name:literal;)*) => { $(
        #[doc = concat!("`", $name, "`.")]
        pub extern "C-unwind" fn $slot(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<Ref> {
            call_method(slf, id!($name), &[other])
        }
    )* };
}

method_slots! { unary:
    nb_negative "__neg__";
    nb_positive "__pos__";
    nb_absolute "__abs__";
    nb_invert "__invert__";
    nb_int "__int__";
    nb_float "__float__";
    nb_index "__index__";
}

method_slots! { binary:
    nb_inplace_add "__iadd__";
    nb_inplace_subtract "__isub__";
    nb_inplace_multiply "__imul__";
    nb_inplace_remainder "__imod__";
    nb_inplace_lshift "__ilshift__";
    nb_inplace_rshift "__irshift__";
    nb_inplace_and "__iand__";
    nb_inplace_xor "__ixor__";
    nb_inplace_or "__ior__";
    nb_inplace_floor_divide "__ifloordiv__";
    nb_inplace_true_divide "__itruediv__";
    nb_inplace_matrix_multiply "__imatmul__";
    mp_subscript "__getitem__";
}

/// `__ipow__`.
pub extern "C-unwind" fn nb_inplace_power(slf: Borrowed<'_>, other: Borrowed<'_>, _modulus: Borrowed<'_>) -> PyResult<Ref> {
    call_method(slf, id!("__ipow__"), &[other])
}

/// `__bool__`, or `__len__`.
pub extern "C-unwind" fn nb_bool(slf: Borrowed<'_>) -> Truth {
    let truth = || -> PyResult<bool> {
        if let Some(result) = call_if_any(slf, id!("__bool__"), &[])? {
            if !result.class().is_type(&core::BOOL) {
                return Err(raise!(TypeError, "__bool__ should return bool, returned {}", result.class().tp_name()));
            }
            return Ok(result.is(&core::true_()));
        }
        match call_if_any(slf, id!("__len__"), &[])? {
            Some(length) => length_of(length).map(|length| length != 0),
            None => Ok(true),
        }
    };
    truth().into()
}

fn length_of(result: Ref) -> PyResult<usize> {
    let index = result.index()?;
    if int::digits(index.b()).is_some_and(|(negative, _)| negative) {
        return Err(raise!(ValueError, "__len__() should return >= 0"));
    }
    index.as_isize_or(&exc::OverflowError).map(isize::cast_unsigned)
}

/// `__len__`.
pub extern "C-unwind" fn mp_length(slf: Borrowed<'_>) -> Len {
    call_method(slf, id!("__len__"), &[]).and_then(length_of).into()
}

/// `__setitem__`, `__delitem__`.
pub extern "C-unwind" fn mp_ass_subscript(slf: Borrowed<'_>, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> Status {
    let result = match value {
        Some(value) => call_method(slf, id!("__setitem__"), &[key, value]),
        None => call_method(slf, id!("__delitem__"), &[key]),
    };
    result.map(drop).into()
}

/// `__getitem__` with an index.
pub extern "C-unwind" fn sq_item(slf: Borrowed<'_>, index: isize) -> PyResult<Ref> {
    let index = int::new(index as i64)?;
    call_method(slf, id!("__getitem__"), &[index.b()])
}

/// `__setitem__`, `__delitem__` with an index.
pub extern "C-unwind" fn sq_ass_item(slf: Borrowed<'_>, index: isize, value: Option<Borrowed<'_>>) -> Status {
    match int::new(index as i64) {
        Ok(index) => mp_ass_subscript(slf, index.b(), value),
        Err(raised) => Err(raised).into(),
    }
}

/// `__contains__`, or a search by iteration.
pub extern "C-unwind" fn sq_contains(slf: Borrowed<'_>, value: Borrowed<'_>) -> Truth {
    let contains = || -> PyResult<bool> {
        match lookup(slf.class(), id!("__contains__")) {
            Some(found) if found.is(&core::none()) => {
                Err(raise!(TypeError, "'{}' object is not a container", slf.class().tp_name()))
            }
            Some(_) => call_method(slf, id!("__contains__"), &[value])?.is_true(),
            None => {
                let iterator = slf.iter()?;
                while let Some(item) = iterator.next()? {
                    if item.compare_bool(value, CompareOp::Eq)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    };
    contains().into()
}

/// `__buffer__`: the buffer of the memoryview that it returns.
pub extern "C-unwind" fn bf_getbuffer(slf: Borrowed<'_>, view: *mut Py_buffer, flags: c_int) -> Status {
    super::python_buffer::get(slf, view, flags)
}

/// `__release_buffer__`.
pub extern "C-unwind" fn bf_releasebuffer(slf: Borrowed<'_>, view: *mut Py_buffer) {
    super::python_buffer::release(slf, view);
}

/// `object.__buffer__(flags)` of a native exporter: a memoryview.
pub fn buffer_of(slf: Borrowed<'_>, function: object::slots::GetBufferFn, flags: Borrowed<'_>) -> PyResult<Ref> {
    let flags = flags.as_isize_or(&exc::OverflowError)?;
    let Ok(flags) = c_int::try_from(flags) else {
        return Err(raise!(OverflowError, "buffer flags out of range"));
    };
    super::python_buffer::memoryview_of(slf, function, flags)
}

/// `object.__release_buffer__(view)` of a native exporter.
pub fn release_buffer_of(slf: Borrowed<'_>, view: Borrowed<'_>) -> PyResult<Ref> {
    super::python_buffer::release_memoryview_of(slf, view)?;
    ().into_py()
}
