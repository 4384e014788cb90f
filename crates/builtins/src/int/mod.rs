//! `int`: sign and 30-bit digits, of any size (CPython's `longobject.c`). The arithmetic itself is in `numeric::int`.

mod arithmetic;
mod construct;
mod methods;
mod text;

pub use construct::{from_number, from_str, max_str_digits, set_max_str_digits};
pub(crate) use text::decimal;
pub use text::{prefixed, to_text, too_many_digits};

use macros::pyclass;
use numeric::int::{DivideByZero, IntBuf, IntView, NoMemory};
use object::value::int;
use object::{Borrowed, PyResult, Raised, Ref, memory, raise};

/// int([x]) -> integer
/// int(x, base=10) -> integer
///
/// Convert a number or string to an integer, or return 0 if no arguments
/// are given.  If x is a number, return x.__int__().  For floating-point
/// numbers, this truncates towards zero.
///
/// If x is not a number or if base is given, then x must be a string,
/// bytes, or bytearray instance representing an integer literal in the
/// given base.  The literal can be preceded by '+' or '-' and be surrounded
/// by whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.
/// Base 0 means to interpret the base from the string as an integer literal.
/// >>> int('0b100', base=0)
/// 4
#[pyclass(
    name = "int",
    cell = object::core::INT,
    basicsize = std::mem::offset_of!(abi::PyLongObject, long_value) + std::mem::offset_of!(abi::_PyLongValue, ob_digit),
    itemsize = u32,
    flags(BASETYPE, LONG_SUBCLASS, MATCH_SELF),
    parts(CONSTRUCT, ARITHMETIC, TEXT, METHODS)
)]
pub struct Int {
    raw: abi::PyLongObject,
}

/// The value of an int object, as `numeric` takes it.
///
/// None where the object is no int.
#[inline]
pub fn view<'a>(object: Borrowed<'a>) -> Option<IntView<'a>> {
    int::digits(object).map(|(negative, digits)| IntView::new(negative, digits))
}

/// The value of an object that the caller has checked, or 0.
#[inline]
pub(crate) fn view_of<'a>(object: Borrowed<'a>) -> IntView<'a> {
    view(object).unwrap_or(IntView::ZERO)
}

/// A new int object from a result of `numeric`.
#[inline]
pub fn from_buf(value: &IntBuf) -> PyResult<Ref> {
    int::from_digits(value.is_negative(), value.digits())
}

/// A new int object from a borrowed number.
pub fn from_view(value: IntView<'_>) -> PyResult<Ref> {
    int::from_digits(value.is_negative(), value.digits())
}

/// MemoryError for a result that does not fit into memory.
pub(crate) fn no_memory(_: NoMemory) -> Raised {
    memory::no_memory()
}

/// The exception for a failed division, with this message for a division by zero.
pub(crate) fn divide_error(error: DivideByZero, message: &str) -> Raised {
    match error {
        DivideByZero::Zero => raise!(ZeroDivisionError, "{message}"),
        DivideByZero::NoMemory => memory::no_memory(),
    }
}

/// `self` as an exact int: itself, or a copy for a subtype's instance.
pub(crate) fn to_exact(object: Borrowed<'_>) -> PyResult<Ref> {
    if object.class().is_type(&object::core::INT) { Ok(object.to_ref()) } else { from_view(view_of(object)) }
}
