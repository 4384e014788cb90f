//! Native slots called as methods: from a tuple of arguments to the slot's signature and back (`wrapperfunc`s).

use super::{operators, slot_functions};
use abi::{PyMethodDef, c_int, compare, mlflags};
use object::slots::{
    AssIndexFn, AssignFn, BinaryFn, CallFn, ContainsFn, DescrGetFn, FinalizeFn, HashFn, IndexFn, InitFn, InquiryFn, IterNextFn,
    LenFn, RichCompareFn, TernaryFn, UnaryFn,
};
use object::value::tuple;
use object::{Borrowed, IntoPy, PyResult, Ref, TypeObject, core, error, exc, raise};
use std::ffi::CStr;
use std::mem::transmute;

/// The kinds of slot signatures, as methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrap {
    Unary,
    Hash,
    Call,
    Binary,
    BinaryLeft,
    BinaryRight,
    Power,
    PowerRight,
    Inquiry,
    SetAttr,
    DelAttr,
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
    Next,
    DescrGet,
    DescrSet,
    DescrDelete,
    Init,
    Del,
    Buffer,
    ReleaseBuffer,
    Len,
    SetItem,
    DelItem,
    IndexArg,
    SequenceItem,
    SequenceSetItem,
    SequenceDelItem,
    Contains,
}

impl Wrap {
    /// Whether the method takes keyword arguments.
    pub fn takes_keywords(self) -> bool {
        matches!(self, Wrap::Call | Wrap::Init)
    }

    /// Calls the slot function `wrapped`.
    ///
    /// # Safety
    /// `wrapped` has the signature of a slot of this kind, and `slf` is of a type that the slot is for.
    pub unsafe fn call(
        self,
        slf: Borrowed<'_>,
        args: Borrowed<'_>,
        kwargs: Option<Borrowed<'_>>,
        wrapped: *const (),
    ) -> PyResult<Ref> {
        let items = tuple::items(args).unwrap_or_default();
        // SAFETY: by contract.
        unsafe {
            match self {
                Wrap::Call => transmute::<*const (), CallFn>(wrapped)(slf, args, kwargs),
                Wrap::Init => PyResult::<()>::from(transmute::<*const (), InitFn>(wrapped)(slf, args, kwargs)).into_py(),
                _ => self.call_items(slf, items, wrapped),
            }
        }
    }

    /// As [`Wrap::call`], for arguments that are in no tuple; not for the kinds that take keywords.
    ///
    /// # Safety
    /// As there.
    pub unsafe fn call_items(self, slf: Borrowed<'_>, items: &[Borrowed<'_>], wrapped: *const ()) -> PyResult<Ref> {
        macro_rules! function {
            ($ty:ty) => {{
                // SAFETY: by contract.
                unsafe { transmute::<*const (), $ty>(wrapped) }
            }};
        }
        match self {
            Wrap::Unary => exact::<0>(items).and_then(|[]| function!(UnaryFn)(slf)),
            Wrap::Hash => exact::<0>(items).and_then(|[]| PyResult::<isize>::from(function!(HashFn)(slf)).into_py()),
            Wrap::Call | Wrap::Init => Err(raise!(SystemError, "a slot that wants a tuple of arguments")),
            Wrap::Binary | Wrap::BinaryLeft => exact::<1>(items).and_then(|[other]| function!(BinaryFn)(slf, other)),
            Wrap::BinaryRight => exact::<1>(items).and_then(|[other]| function!(BinaryFn)(other, slf)),
            Wrap::Power | Wrap::PowerRight => {
                let (other, modulus) = one_or_two(items)?;
                let modulus = modulus.unwrap_or(core::none());
                if self == Wrap::Power {
                    function!(TernaryFn)(slf, other, modulus)
                } else {
                    function!(TernaryFn)(other, slf, modulus)
                }
            }
            Wrap::Inquiry => exact::<0>(items).and_then(|[]| PyResult::<bool>::from(function!(InquiryFn)(slf)).into_py()),
            Wrap::SetAttr => {
                let [name, value] = exact(items)?;
                check_setattr(slf, wrapped, "__setattr__")?;
                PyResult::<()>::from(function!(AssignFn)(slf, name, Some(value))).into_py()
            }
            Wrap::DelAttr => {
                let [name] = exact(items)?;
                check_setattr(slf, wrapped, "__delattr__")?;
                PyResult::<()>::from(function!(AssignFn)(slf, name, None)).into_py()
            }
            Wrap::Lt => compare_with(function!(RichCompareFn), slf, items, compare::LT),
            Wrap::Le => compare_with(function!(RichCompareFn), slf, items, compare::LE),
            Wrap::Eq => compare_with(function!(RichCompareFn), slf, items, compare::EQ),
            Wrap::Ne => compare_with(function!(RichCompareFn), slf, items, compare::NE),
            Wrap::Gt => compare_with(function!(RichCompareFn), slf, items, compare::GT),
            Wrap::Ge => compare_with(function!(RichCompareFn), slf, items, compare::GE),
            Wrap::Next => {
                let [] = exact(items)?;
                match PyResult::<Option<Ref>>::from(function!(IterNextFn)(slf))? {
                    Some(item) => Ok(item),
                    None => Err(error::raise_none(&exc::StopIteration)),
                }
            }
            Wrap::DescrGet => {
                object::args::check_positional("__get__", items.len(), 1, 2)?;
                let (instance, owner) = one_or_two(items)?;
                let not_none = |object: Borrowed<'_>| !object.is(&core::none());
                let (instance, owner) = (Some(instance).filter(|o| not_none(*o)), owner.filter(|o| not_none(*o)));
                if instance.is_none() && owner.is_none() {
                    return Err(raise!(TypeError, "__get__(None, None) is invalid"));
                }
                function!(DescrGetFn)(slf, instance, owner)
            }
            Wrap::DescrSet => {
                let [instance, value] = exact(items)?;
                PyResult::<()>::from(function!(AssignFn)(slf, instance, Some(value))).into_py()
            }
            Wrap::DescrDelete => {
                let [instance] = exact(items)?;
                PyResult::<()>::from(function!(AssignFn)(slf, instance, None)).into_py()
            }
            Wrap::Del => {
                let [] = exact(items)?;
                function!(FinalizeFn)(slf);
                Ok(core::none_ref())
            }
            Wrap::Buffer => {
                let [flags] = exact(items)?;
                slot_functions::buffer_of(slf, function!(object::slots::GetBufferFn), flags)
            }
            Wrap::ReleaseBuffer => {
                let [view] = exact(items)?;
                slot_functions::release_buffer_of(slf, view)
            }
            Wrap::Len => {
                let [] = exact(items)?;
                let len: usize = PyResult::from(function!(LenFn)(slf))?;
                len.into_py()
            }
            Wrap::SetItem => {
                let [key, value] = exact(items)?;
                PyResult::<()>::from(function!(AssignFn)(slf, key, Some(value))).into_py()
            }
            Wrap::DelItem => {
                let [key] = exact(items)?;
                PyResult::<()>::from(function!(AssignFn)(slf, key, None)).into_py()
            }
            Wrap::IndexArg => {
                let [count] = exact(items)?;
                let count = count.as_isize_or(&exc::OverflowError)?;
                function!(IndexFn)(slf, count)
            }
            Wrap::SequenceItem => {
                let [index] = exact(items)?;
                let index = sequence_index(slf, index)?;
                function!(IndexFn)(slf, index)
            }
            Wrap::SequenceSetItem => {
                let [index, value] = exact(items)?;
                let index = sequence_index(slf, index)?;
                PyResult::<()>::from(function!(AssIndexFn)(slf, index, Some(value))).into_py()
            }
            Wrap::SequenceDelItem => {
                let [index] = exact(items)?;
                let index = sequence_index(slf, index)?;
                PyResult::<()>::from(function!(AssIndexFn)(slf, index, None)).into_py()
            }
            Wrap::Contains => {
                let [value] = exact(items)?;
                PyResult::<bool>::from(function!(ContainsFn)(slf, value)).into_py()
            }
        }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Exactly `N` arguments.
fn exact<'a, const N: usize>(items: &[Borrowed<'a>]) -> PyResult<[Borrowed<'a>; N]> {
    items.try_into().map_err(|_| raise!(TypeError, "expected {N} argument{}, got {}", plural(N), items.len()))
}

fn one_or_two<'a>(items: &[Borrowed<'a>]) -> PyResult<(Borrowed<'a>, Option<Borrowed<'a>>)> {
    match *items {
        [first] => Ok((first, None)),
        [first, second] => Ok((first, Some(second))),
        _ => Err(raise!(TypeError, "expected 1 or 2 arguments, got {}", items.len())),
    }
}

fn compare_with(function: RichCompareFn, slf: Borrowed<'_>, items: &[Borrowed<'_>], op: c_int) -> PyResult<Ref> {
    let [other] = exact(items)?;
    function(slf, other, op)
}

/// An index as sequences count: a negative one from the end.
fn sequence_index(slf: Borrowed<'_>, index: Borrowed<'_>) -> PyResult<isize> {
    let index = index.as_isize_or(&exc::OverflowError)?;
    if index < 0
        && let Some(length) = slf.class().sq_length()
    {
        let length: usize = PyResult::from(length(slf))?;
        return Ok(index.wrapping_add(length.cast_signed()));
    }
    Ok(index)
}

/// Carlo Verre's hack: `object.__setattr__` may not reach past a nearer native `tp_setattro` (`hackcheck`).
fn check_setattr(slf: Borrowed<'_>, wrapped: *const (), what: &str) -> PyResult<()> {
    use abi::typeslot::tp_setattro;
    let class = slf.class();
    let order = object::RawField::load(&class.raw().tp_mro);
    let items = order.as_ref().and_then(|order| tuple::items(order.b())).unwrap_or_default();
    let in_python = slot_functions::tp_setattro as *const ();
    let own = class.slot_ptr(tp_setattro);
    // A native slot may come from a base that is not on the chain of `tp_base`: the chain begins at the one that defines it.
    let mut defining = items.iter().rev().filter_map(|base| base.downcast::<TypeObject>());
    let mut next = match defining.find(|base| own != in_python && base.slot_ptr(tp_setattro) == own) {
        Some(base) => Some(base.to_type_ref()),
        None => Some(class.to_type_ref()),
    };
    while let Some(base) = next {
        let function = base.slot_ptr(tp_setattro);
        if function == wrapped {
            break;
        }
        if function != in_python {
            return Err(raise!(TypeError, "can't apply this {what} to {} object", class.tp_name()));
        }
        next = base.base().map(|base| base.to_type_ref());
    }
    Ok(())
}

/// The method table entry of `__new__`.
pub fn new_method() -> *mut PyMethodDef {
    struct Entry(PyMethodDef);
    // SAFETY: never written.
    unsafe impl Sync for Entry {}
    static NAME: &CStr = c"__new__";
    static DOC: &CStr =
        c"__new__($type, *args, **kwargs)\n--\n\nCreate and return a new object.  See help(type) for accurate signature.";
    extern "C-unwind" fn call(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match slf.downcast::<TypeObject>() {
            Some(class) => operators::call_new_wrapper(&class, args, kwargs),
            None => Err(raise!(SystemError, "__new__() called with non-type 'self'")),
        }
    }
    static METHOD: Entry = Entry(PyMethodDef {
        ml_name: abi::Cell::new(NAME.as_ptr()),
        // SAFETY: VARARGS | KEYWORDS tells the caller that the function takes three objects.
        ml_meth: abi::Cell::new(Some(unsafe { transmute::<CallFn, abi::PyCFunction>(call) })),
        ml_flags: abi::Cell::new(mlflags::VARARGS | mlflags::KEYWORDS),
        ml_doc: abi::Cell::new(DOC.as_ptr()),
    });
    std::ptr::from_ref(&METHOD.0).cast_mut()
}

/// Whether `object` is the `__new__` of a native constructor (`tp_new_wrapper`).
pub fn is_new_wrapper(object: Borrowed<'_>) -> bool {
    crate::cfunction::method_of(object).is_some_and(|method| std::ptr::eq(method, new_method()))
}
