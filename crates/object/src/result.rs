//! Results: `Raised`, and the one-word return types of the slots.
//!
//! `PyResult<Ref>` has the bytes of C's `PyObject *`: `Err` is NULL (checked by a test below).

use crate::reference::Ref;
use abi::{PyObject, c_int};

/// An exception is set in this thread. Made only by what sets one ([`crate::error`]).
#[must_use = "an exception is set: hand it on, or fetch it"]
#[derive(Debug)]
#[non_exhaustive]
pub struct Raised;

impl Raised {
    /// States that an exception is set in this thread.
    #[inline]
    pub(crate) const fn new() -> Self {
        Raised
    }

    /// States that C code has set an exception in this thread.
    ///
    /// # Safety
    /// An exception is set.
    #[inline]
    pub const unsafe fn assume() -> Self {
        Raised
    }
}

/// A value, or the news that an exception is set.
pub type PyResult<T = Ref> = Result<T, Raised>;

const _: () = assert!(size_of::<PyResult<Ref>>() == size_of::<usize>());

/// What `tp_iternext` returns: an item, the end (null without an exception), or null with an exception.
#[repr(transparent)]
pub struct IterNext(pub *mut PyObject);

/// 0, or -1 with an exception.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Status(pub c_int);

/// 0, 1, or -1 with an exception.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Truth(pub c_int);

/// A hash, or -1 with an exception. A good hash is never -1.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Hash(pub isize);

/// A length, or -1 with an exception.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Len(pub isize);

impl From<PyResult<Option<Ref>>> for IterNext {
    #[inline]
    fn from(result: PyResult<Option<Ref>>) -> Self {
        IterNext(match result {
            Ok(Some(item)) => item.into_ptr(),
            Ok(None) | Err(_) => std::ptr::null_mut(),
        })
    }
}

impl From<PyResult<()>> for Status {
    #[inline]
    fn from(result: PyResult<()>) -> Self {
        Status(if result.is_ok() { 0 } else { -1 })
    }
}

impl From<PyResult<bool>> for Truth {
    #[inline]
    fn from(result: PyResult<bool>) -> Self {
        Truth(result.map_or(-1, c_int::from))
    }
}

impl From<PyResult<isize>> for Hash {
    #[inline]
    fn from(result: PyResult<isize>) -> Self {
        Hash(result.map_or(-1, |hash| if hash == -1 { -2 } else { hash }))
    }
}

impl From<PyResult<usize>> for Len {
    #[inline]
    fn from(result: PyResult<usize>) -> Self {
        Len(result.map_or(-1, usize::cast_signed))
    }
}

/// Operators of rich comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum CompareOp {
    Lt = abi::compare::LT,
    Le = abi::compare::LE,
    Eq = abi::compare::EQ,
    Ne = abi::compare::NE,
    Gt = abi::compare::GT,
    Ge = abi::compare::GE,
}

impl CompareOp {
    /// The operator with C's number; anything unknown counts as `Ge`.
    #[inline]
    pub const fn from_c(op: c_int) -> Self {
        match op {
            abi::compare::LT => CompareOp::Lt,
            abi::compare::LE => CompareOp::Le,
            abi::compare::EQ => CompareOp::Eq,
            abi::compare::NE => CompareOp::Ne,
            abi::compare::GT => CompareOp::Gt,
            _ => CompareOp::Ge,
        }
    }

    /// The operator with its sides exchanged: `a < b` is `b > a`.
    pub const fn swapped(self) -> Self {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
            same => same,
        }
    }

    /// As the operator is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Eq => "==",
            CompareOp::Ne => "!=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
        }
    }

    /// What the operator says of two things that are ordered so.
    #[inline]
    pub const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            CompareOp::Lt => ordering.is_lt(),
            CompareOp::Le => ordering.is_le(),
            CompareOp::Eq => ordering.is_eq(),
            CompareOp::Ne => ordering.is_ne(),
            CompareOp::Gt => ordering.is_gt(),
            CompareOp::Ge => ordering.is_ge(),
        }
    }
}

macro_rules! back_to_result {
    ($($wrapper:ident => $ok:ty, |$value:ident| $good:expr;)*) => { $(
        impl From<$wrapper> for PyResult<$ok> {
            #[inline]
            fn from(result: $wrapper) -> Self {
                let $value = result.0;
                if $value == -1 && crate::error::is_set() { Err(Raised::new()) } else { Ok($good) }
            }
        }
    )* };
}
back_to_result! {
    Hash => isize, |value| value;
    Len => usize, |value| value.max(0).cast_unsigned();
}

impl From<Status> for PyResult<()> {
    #[inline]
    fn from(result: Status) -> Self {
        if result.0 >= 0 { Ok(()) } else { Err(failed()) }
    }
}

impl From<Truth> for PyResult<bool> {
    #[inline]
    fn from(result: Truth) -> Self {
        if result.0 >= 0 { Ok(result.0 != 0) } else { Err(failed()) }
    }
}

impl From<IterNext> for PyResult<Option<Ref>> {
    #[inline]
    fn from(result: IterNext) -> Self {
        // SAFETY: the slot gives a new reference or null.
        match unsafe { Ref::from_owned_or_null(result.0) } {
            Some(item) => Ok(Some(item)),
            None if crate::error::is_set() => Err(Raised::new()),
            None => Ok(None),
        }
    }
}

/// The exception behind a status of -1; a foreign slot that set none gets SystemError.
#[inline]
fn failed() -> Raised {
    if crate::error::is_set() { Raised::new() } else { crate::raise!(SystemError, "error return without exception set") }
}
