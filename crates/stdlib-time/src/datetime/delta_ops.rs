//! Arithmetic of `timedelta`, in whole microseconds.

use super::delta::Delta;
use macros::pymethods;
use object::protocol::number::{floor_divide, multiply, true_divide};
use object::value::{float, int, tuple};
use object::{Borrowed, PyResult, Ref, core, id, raise};

fn not_implemented() -> PyResult<Ref> {
    Ok(core::not_implemented().to_ref())
}

fn total(delta: Borrowed<'_, Delta>) -> PyResult<Ref> {
    int::from_i128(delta.microseconds())
}

#[cold]
fn division_by_zero() -> object::Raised {
    raise!(ZeroDivisionError, "division by zero")
}

/// `a / b` of ints, to the nearest int; a half goes to the even one.
fn divide_nearest(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    let zero = int::new(0)?;
    if b.eq(zero.b())? {
        return Err(division_by_zero());
    }
    let (quotient, rest) = {
        let pair = object::protocol::number::divmod(a, b)?;
        match tuple::items(pair.b()) {
            Some([quotient, rest]) => (quotient.to_ref(), rest.to_ref()),
            _ => return Err(object::error::bad_internal_call()),
        }
    };
    // The rest has the divisor's sign: compare twice the rest with the divisor.
    let twice = multiply(rest.b(), int::new(2)?.b())?;
    let greater = if object::value::int::digits(b).is_some_and(|(negative, _)| negative) {
        object::CompareOp::Lt
    } else {
        object::CompareOp::Gt
    };
    let odd = int::digits(quotient.b()).and_then(|(_, digits)| digits.first()).is_some_and(|low| low & 1 != 0);
    if twice.compare_bool(b, greater)? || (odd && twice.eq(b)?) {
        return object::protocol::number::add(quotient.b(), int::new(1)?.b());
    }
    Ok(quotient)
}

/// Numerator and denominator of a float.
fn ratio(value: Borrowed<'_>) -> PyResult<(Ref, Ref)> {
    let pair = value.call_method(id!("as_integer_ratio"), &[])?;
    match tuple::items(pair.b()) {
        Some([numerator, denominator]) => Ok((numerator.to_ref(), denominator.to_ref())),
        Some(_) => Err(raise!(ValueError, "unexpected return type from as_integer_ratio(): expected a 2-tuple")),
        None => {
            let found = pair.class().tp_name();
            Err(raise!(TypeError, "unexpected return type from as_integer_ratio(): expected tuple, not '{found}'"))
        }
    }
}

fn scaled(delta: Borrowed<'_, Delta>, factor: Borrowed<'_>) -> PyResult<Ref> {
    if int::check(factor) {
        let product = multiply(total(delta)?.b(), factor)?;
        return Delta::from_int(product.b()).map(Ref::upcast);
    }
    if float::check(factor) {
        let (numerator, denominator) = ratio(factor)?;
        let product = multiply(total(delta)?.b(), numerator.b())?;
        return Delta::from_int(divide_nearest(product.b(), denominator.b())?.b()).map(Ref::upcast);
    }
    not_implemented()
}

/// Both operands as deltas.
fn both<'a>(a: Borrowed<'a>, b: Borrowed<'a>) -> Option<(Borrowed<'a, Delta>, Borrowed<'a, Delta>)> {
    Some((a.downcast::<Delta>()?, b.downcast::<Delta>()?))
}

fn divmod_parts(a: Borrowed<'_, Delta>, b: Borrowed<'_, Delta>) -> PyResult<(i128, i128)> {
    let (a, b) = (a.microseconds(), b.microseconds());
    if b == 0 {
        return Err(division_by_zero());
    }
    let (mut quotient, mut rest) = (a / b, a % b);
    if rest != 0 && (rest < 0) != (b < 0) {
        quotient -= 1;
        rest += b;
    }
    Ok((quotient, rest))
}

#[pymethods(part = NUMBER)]
impl Delta {
    #[slot(nb_add)]
    fn add(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        match both(a, b) {
            Some((a, b)) => Delta::from_microseconds(a.microseconds() + b.microseconds()).map(Ref::upcast),
            None => not_implemented(),
        }
    }

    #[slot(nb_subtract)]
    fn subtract(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        match both(a, b) {
            Some((a, b)) => Delta::from_microseconds(a.microseconds() - b.microseconds()).map(Ref::upcast),
            None => not_implemented(),
        }
    }

    #[slot(nb_multiply)]
    fn multiply(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        match (a.downcast::<Delta>(), b.downcast::<Delta>()) {
            (Some(delta), _) => scaled(delta, b),
            (None, Some(delta)) => scaled(delta, a),
            (None, None) => not_implemented(),
        }
    }

    #[slot(nb_negative)]
    fn negative(&self) -> PyResult<Ref> {
        Delta::from_microseconds(-self.microseconds()).map(Ref::upcast)
    }

    #[slot(nb_positive)]
    fn positive(&self) -> PyResult<Ref> {
        Delta::from_microseconds(self.microseconds()).map(Ref::upcast)
    }

    #[slot(nb_absolute)]
    fn absolute(&self) -> PyResult<Ref> {
        Delta::from_microseconds(self.microseconds().abs()).map(Ref::upcast)
    }

    #[slot(nb_bool)]
    fn bool(&self) -> PyResult<bool> {
        Ok(self.microseconds() != 0)
    }

    #[slot(nb_floor_divide)]
    fn floor_divide(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let Some(dividend) = a.downcast::<Delta>() else { return not_implemented() };
        if let Some(divisor) = b.downcast::<Delta>() {
            return int::from_i128(divmod_parts(dividend, divisor)?.0);
        }
        if !int::check(b) {
            return not_implemented();
        }
        if b.eq(int::new(0)?.b())? {
            return Err(division_by_zero());
        }
        Delta::from_int(floor_divide(total(dividend)?.b(), b)?.b()).map(Ref::upcast)
    }

    #[slot(nb_true_divide)]
    fn true_divide(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let Some(dividend) = a.downcast::<Delta>() else { return not_implemented() };
        if let Some(divisor) = b.downcast::<Delta>() {
            if divisor.microseconds() == 0 {
                return Err(division_by_zero());
            }
            return true_divide(total(dividend)?.b(), total(divisor)?.b());
        }
        if float::check(b) {
            let (numerator, denominator) = ratio(b)?;
            let product = multiply(total(dividend)?.b(), denominator.b())?;
            return Delta::from_int(divide_nearest(product.b(), numerator.b())?.b()).map(Ref::upcast);
        }
        if int::check(b) {
            return Delta::from_int(divide_nearest(total(dividend)?.b(), b)?.b()).map(Ref::upcast);
        }
        not_implemented()
    }

    #[slot(nb_remainder)]
    fn remainder(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        match both(a, b) {
            Some((a, b)) => Delta::from_microseconds(divmod_parts(a, b)?.1).map(Ref::upcast),
            None => not_implemented(),
        }
    }

    #[slot(nb_divmod)]
    fn divmod(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let Some((a, b)) = both(a, b) else { return not_implemented() };
        let (quotient, rest) = divmod_parts(a, b)?;
        tuple::from_array([int::from_i128(quotient)?, Delta::from_microseconds(rest)?.upcast()])
    }
}
