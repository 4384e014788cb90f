//! `_operator`: operators as functions, and getters (CPython's `_operator.c`).

mod getters;

use object::protocol::number::BinaryOp;
use object::{Borrowed, PyResult, Ref, raise};

/// `a + b` of sequences.
fn concatenated(a: Borrowed<'_>, b: Borrowed<'_>, inplace: bool) -> PyResult<Ref> {
    let class = a.class();
    let function = if inplace { class.sq_inplace_concat().or_else(|| class.sq_concat()) } else { class.sq_concat() };
    if let Some(function) = function {
        return function(a, b);
    }
    if a.is_sequence() && b.is_sequence() {
        return if inplace {
            object::protocol::number::inplace_op(BinaryOp::Add, a, b)
        } else {
            object::protocol::number::binary_op(BinaryOp::Add, a, b)
        };
    }
    Err(raise!(TypeError, "'{}' object can't be concatenated", class.tp_name()))
}

/// The iterator of a search, with its own message.
fn iterator(object: Borrowed<'_>) -> PyResult<Ref> {
    object.iter().or_else(|raised| {
        raised.clear_if(&object::exc::TypeError)?;
        Err(raise!(TypeError, "argument of type '{}' is not iterable", object.class().tp_name()))
    })
}

macro_rules! functions {
    (binary $($function:ident $path:path;)* ; unary $($unary:ident $unary_path:path;)* ; compare $($compare:ident $op:ident;)*) => {
        /// The functions that are one operator each.
        #[macros::pymodule(part)]
        pub(crate) mod operators {
            use object::{Borrowed, CompareOp, PyResult, Ref};
            $(
                /// Same as a ** b.
                #[pyfunction("($module, a, b, /)")]
                fn $function(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                    $path(a, b)
                }
            )*
            $(
                /// Same as a ** b.
                #[pyfunction("($module, a, /)")]
                fn $unary(a: Borrowed<'_>) -> PyResult<Ref> {
                    $unary_path(a)
                }
            )*
            $(
                /// Same as a ** b.
                #[pyfunction("($module, a, b, /)")]
                fn $compare(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                    a.richcompare(b, CompareOp::$op)
                }
            )*
        }
    };
}

functions! {
    binary
    add object::protocol::number::add;
    sub object::protocol::number::subtract;
    mul object::protocol::number::multiply;
    matmul object::protocol::number::matrix_multiply;
    truediv object::protocol::number::true_divide;
    floordiv object::protocol::number::floor_divide;
    r#mod object::protocol::number::remainder;
    lshift object::protocol::number::lshift;
    rshift object::protocol::number::rshift;
    and_ object::protocol::number::and;
    or_ object::protocol::number::or;
    xor object::protocol::number::xor;
    iadd object::protocol::number::inplace_add;
    isub object::protocol::number::inplace_subtract;
    imul object::protocol::number::inplace_multiply;
    imatmul object::protocol::number::inplace_matrix_multiply;
    itruediv object::protocol::number::inplace_true_divide;
    ifloordiv object::protocol::number::inplace_floor_divide;
    imod object::protocol::number::inplace_remainder;
    ilshift object::protocol::number::inplace_lshift;
    irshift object::protocol::number::inplace_rshift;
    iand object::protocol::number::inplace_and;
    ior object::protocol::number::inplace_or;
    ixor object::protocol::number::inplace_xor;
    ipow object::protocol::number::inplace_power;
    ;
    unary
    neg object::protocol::number::negative;
    pos object::protocol::number::positive;
    abs object::protocol::number::absolute;
    inv object::protocol::number::invert;
    invert object::protocol::number::invert;
    ;
    compare
    lt Lt;
    le Le;
    eq Eq;
    ne Ne;
    gt Gt;
    ge Ge;
}

/// Operator interface.
///
/// This module exports a set of functions implemented in C corresponding
/// to the intrinsic operators of Python.  For example, operator.add(x, y)
/// is equivalent to the expression x+y.
#[macros::pymodule(name = "_operator", parts(super::operators))]
pub mod module {
    use super::{concatenated, iterator};
    use object::protocol::buffer::Buffer;
    use object::protocol::number;
    use object::value::str as text;
    use object::{Borrowed, KwArgs, PyResult, Ref, core, raise};

    #[pytype]
    use super::getters::{AttrGetter, ItemGetter, MethodCaller};

    /// Same as a ** b.
    #[pyfunction("($module, a, b, /)")]
    fn pow(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        number::power(a, b, core::none())
    }

    /// Return True if a is true, False otherwise.
    #[pyfunction("($module, a, /)")]
    fn truth(a: Borrowed<'_>) -> PyResult<bool> {
        a.is_true()
    }

    /// Same as not a.
    #[pyfunction("($module, a, /)")]
    fn not_(a: Borrowed<'_>) -> PyResult<bool> {
        a.is_true().map(|truth| !truth)
    }

    /// Same as a is b.
    #[pyfunction("($module, a, b, /)")]
    fn is_(a: Borrowed<'_>, b: Borrowed<'_>) -> bool {
        a.is(&b)
    }

    /// Same as a is not b.
    #[pyfunction("($module, a, b, /)")]
    fn is_not(a: Borrowed<'_>, b: Borrowed<'_>) -> bool {
        !a.is(&b)
    }

    /// Same as a is None.
    #[pyfunction("($module, a, /)")]
    fn is_none(a: Borrowed<'_>) -> bool {
        a.is(&core::none())
    }

    /// Same as a is not None.
    #[pyfunction("($module, a, /)")]
    fn is_not_none(a: Borrowed<'_>) -> bool {
        !a.is(&core::none())
    }

    /// Same as a.__index__()
    #[pyfunction("($module, a, /)")]
    fn index(a: Borrowed<'_>) -> PyResult<Ref> {
        let value = a.index()?;
        if value.class().is_type(&core::INT) {
            return Ok(value);
        }
        match builtins::int::view(value.b()) {
            Some(view) => builtins::int::from_view(view),
            None => Ok(value),
        }
    }

    /// Same as a + b, for a and b sequences.
    #[pyfunction("($module, a, b, /)")]
    fn concat(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        concatenated(a, b, false)
    }

    /// Same as a += b, for a and b sequences.
    #[pyfunction("($module, a, b, /)")]
    fn iconcat(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        concatenated(a, b, true)
    }

    /// Same as b in a (note reversed operands).
    #[pyfunction("($module, a, b, /)")]
    fn contains(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<bool> {
        a.contains(b)
    }

    /// Return the first index of b in a.
    #[pyfunction(name = "indexOf", "($module, a, b, /)")]
    fn index_of(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<usize> {
        let iterator = iterator(a)?;
        let mut index = 0;
        while let Some(item) = iterator.next()? {
            if item.eq(b)? {
                return Ok(index);
            }
            index += 1;
        }
        Err(raise!(ValueError, "sequence.index(x): x not in sequence"))
    }

    /// Return the number of items in a which are, or which equal, b.
    #[pyfunction(name = "countOf", "($module, a, b, /)")]
    fn count_of(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<usize> {
        let iterator = iterator(a)?;
        let mut count = 0;
        while let Some(item) = iterator.next()? {
            count += usize::from(item.eq(b)?);
        }
        Ok(count)
    }

    /// Same as a[b].
    #[pyfunction("($module, a, b, /)")]
    fn getitem(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        a.getitem(b)
    }

    /// Same as a[b] = c.
    #[pyfunction("($module, a, b, c, /)")]
    fn setitem(a: Borrowed<'_>, b: Borrowed<'_>, c: Borrowed<'_>) -> PyResult<()> {
        a.setitem(b, c)
    }

    /// Same as del a[b].
    #[pyfunction("($module, a, b, /)")]
    fn delitem(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<()> {
        a.delitem(b)
    }

    /// Return an estimate of the number of items in obj.
    ///
    /// This is useful for presizing containers when building from an iterable.
    ///
    /// If the object supports len(), the result will be exact.
    /// Otherwise, it may over- or under-estimate by an arbitrary amount.
    /// The result will be an integer >= 0.
    #[pyfunction("($module, obj, default=0, /)")]
    fn length_hint(obj: Borrowed<'_>, default: isize) -> PyResult<usize> {
        obj.length_hint(default.max(0).unsigned_abs())
    }

    /// Same as obj(*args, **kwargs).
    #[pyfunction("($module, obj, /, *args, **kwargs)")]
    fn call(obj: Borrowed<'_>, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        super::getters::invoke(obj, args, kwargs)
    }

    /// Return 'a == b'.
    ///
    /// This function uses an approach designed to prevent
    /// timing analysis, making it appropriate for cryptography.
    ///
    /// a and b must both be of the same type: either str (ASCII only),
    /// or any bytes-like object.
    ///
    /// Note: If a and b are of different lengths, or if an error occurs,
    /// a timing attack could theoretically reveal information about the
    /// types and lengths of a and b--but not their values.
    #[pyfunction("($module, a, b, /)")]
    fn _compare_digest(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<bool> {
        if text::check(a) && text::check(b) {
            return match (text::as_ascii(a), text::as_ascii(b)) {
                (Some(a), Some(b)) => Ok(same_time_equal(a.as_bytes(), b.as_bytes())),
                _ => Err(raise!(TypeError, "comparing strings with non-ASCII characters is not supported")),
            };
        }
        if !a.has_buffer() && !b.has_buffer() {
            return Err(raise!(
                TypeError,
                "unsupported operand types(s) or combination of types: '{}' and '{}'",
                a.class().tp_name(),
                b.class().tp_name()
            ));
        }
        let (a, b) = (Buffer::readable(a)?, Buffer::readable(b)?);
        Ok(same_time_equal(a.bytes(), b.bytes()))
    }

    /// Compares in a time that depends on the length of `b` alone.
    fn same_time_equal(a: &[u8], b: &[u8]) -> bool {
        let mut difference = u8::from(a.len() != b.len());
        let left = if a.len() == b.len() { a } else { b };
        for (x, y) in left.iter().zip(b) {
            difference |= std::hint::black_box(x ^ y);
        }
        std::hint::black_box(difference) == 0
    }
}
