//! The operators of `int`.

use super::{Int, divide_error, from_buf, no_memory, to_exact, view, view_of};
use macros::pymethods;
use numeric::int::{IntBuf, IntView, ModPowError, TrueDivideError};
use object::value::{float, int};
use object::{Borrowed, CompareOp, PyResult, Ref, core, memory, raise};

/// Both operands' values if each has at most one digit.
#[inline(always)]
fn compact(a: Borrowed<'_>, b: Borrowed<'_>) -> Option<(i64, i64)> {
    if !int::check(a) || !int::check(b) {
        return None;
    }
    // SAFETY: the types were checked.
    unsafe { Some((int::compact_unchecked(a)?, int::compact_unchecked(b)?)) }
}

/// Both operands as numbers; none where one is no int.
#[inline]
fn views<'a>(a: Borrowed<'a>, b: Borrowed<'a>) -> Option<(IntView<'a>, IntView<'a>)> {
    Some((view(a)?, view(b)?))
}

/// `x + y`, written where it stays.
fn sum(x: IntView<'_>, y: IntView<'_>) -> PyResult<Ref> {
    int::with_digits(x.sum_len(y), |target| x.write_sum(y, target))
}

/// `x * y`, written where it stays.
fn product(x: IntView<'_>, y: IntView<'_>) -> PyResult<Ref> {
    match x.product_len(y) {
        Some(len) => int::with_digits(len, |target| x.write_product(y, target)),
        None => from_buf(&x.mul(y).map_err(no_memory)?),
    }
}

/// Quotient and remainder, for a divisor of one digit.
#[inline]
fn short_divmod(x: IntView<'_>, y: IntView<'_>) -> Option<PyResult<(Ref, i64)>> {
    if y.digits().len() != 1 {
        return None;
    }
    let mut rest = 0;
    let quotient = int::with_digits(x.digits().len() + 1, |target| {
        let (negative, remainder) = x.write_quotient(y, target);
        rest = remainder;
        negative
    });
    let remainder = if y.is_negative() { -i64::from(rest) } else { i64::from(rest) };
    Some(quotient.map(|quotient| (quotient, remainder)))
}

fn declined() -> PyResult<Ref> {
    Ok(core::not_implemented().to_ref())
}

/// Division of small numbers with Python's rounding; none for zero.
#[inline]
fn floor_divmod(a: i64, b: i64) -> Option<(i64, i64)> {
    let (quotient, remainder) = (a.checked_div(b)?, a.checked_rem(b)?);
    if remainder != 0 && (remainder < 0) != (b < 0) { Some((quotient - 1, remainder + b)) } else { Some((quotient, remainder)) }
}

/// The shift count as machine number; none where it is too large. Negative counts are an error.
fn shift_count(count: IntView<'_>) -> PyResult<Option<u64>> {
    if count.is_negative() {
        return Err(raise!(ValueError, "negative shift count"));
    }
    Ok(count.to_u64().fits())
}

macro_rules! bit_operators {
    ($($name:ident $op:tt;)*) => { $(
        fn $name(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
            if let Some((x, y)) = compact(a, b) {
                return int::new(x $op y);
            }
            if let (Some(x), Some(y)) = (int::to_i128(a), int::to_i128(b)) {
                return int::from_i128(x $op y);
            }
            match views(a, b) {
                Some((x, y)) => from_buf(&x.$name(y).map_err(no_memory)?),
                None => declined(),
            }
        }
    )* };
}
bit_operators! { and &; or |; xor ^; }

#[pymethods(part = ARITHMETIC)]
impl Int {
    #[slot(nb_add)]
    fn add(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        if let Some((x, y)) = compact(a, b) {
            return int::new(x + y);
        }
        match views(a, b) {
            Some((x, y)) => sum(x, y),
            None => declined(),
        }
    }

    #[slot(nb_subtract)]
    fn subtract(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        if let Some((x, y)) = compact(a, b) {
            return int::new(x - y);
        }
        match views(a, b) {
            Some((x, y)) => sum(x, y.neg()),
            None => declined(),
        }
    }

    #[slot(nb_multiply)]
    fn multiply(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        if let Some((x, y)) = compact(a, b) {
            return int::new(x * y);
        }
        match views(a, b) {
            Some((x, y)) => product(x, y),
            None => declined(),
        }
    }

    #[slot(nb_floor_divide)]
    fn floor_divide(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        if let Some((x, y)) = compact(a, b)
            && let Some((quotient, _)) = floor_divmod(x, y)
        {
            return int::new(quotient);
        }
        match views(a, b) {
            // Less than one divisor.
            Some((x, y)) if x.digits().len() < y.digits().len() => {
                int::new(if x.is_zero() || x.is_negative() == y.is_negative() { 0 } else { -1 })
            }
            Some((x, y)) => match short_divmod(x, y) {
                Some(result) => Ok(result?.0),
                None => from_buf(&x.floordiv(y).map_err(|error| divide_error(error, "division by zero"))?),
            },
            None => declined(),
        }
    }

    #[slot(nb_remainder)]
    fn remainder(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        if let Some((x, y)) = compact(a, b)
            && let Some((_, remainder)) = floor_divmod(x, y)
        {
            return int::new(remainder);
        }
        match views(a, b) {
            Some((x, y)) => from_buf(&x.modulo(y).map_err(|error| divide_error(error, "division by zero"))?),
            None => declined(),
        }
    }

    #[slot(nb_divmod)]
    fn divmod(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        if let Some((x, y)) = compact(a, b)
            && let Some((quotient, remainder)) = floor_divmod(x, y)
        {
            return object::value::tuple::from_array([int::new(quotient)?, int::new(remainder)?]);
        }
        if let Some((x, y)) = views(a, b)
            && let Some(result) = short_divmod(x, y)
        {
            let (quotient, remainder) = result?;
            return object::value::tuple::from_array([quotient, int::new(remainder)?]);
        }
        match views(a, b) {
            Some((x, y)) => {
                let (quotient, remainder) = x.divmod(y).map_err(|error| divide_error(error, "division by zero"))?;
                object::value::tuple::from_array([from_buf(&quotient)?, from_buf(&remainder)?])
            }
            None => declined(),
        }
    }

    #[slot(nb_true_divide)]
    fn true_divide(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        if let Some((x, y)) = compact(a, b)
            && y != 0
        {
            return float::new(x as f64 / y as f64);
        }
        match views(a, b) {
            Some((x, y)) => match x.true_divide(y) {
                Ok(value) => float::new(value),
                Err(TrueDivideError::Zero) => Err(raise!(ZeroDivisionError, "division by zero")),
                Err(TrueDivideError::TooLarge) => Err(raise!(OverflowError, "integer division result too large for a float")),
                Err(TrueDivideError::NoMemory) => Err(memory::no_memory()),
            },
            None => declined(),
        }
    }

    #[slot(nb_power)]
    fn power(a: Borrowed<'_>, b: Borrowed<'_>, c: Borrowed<'_>) -> PyResult<Ref> {
        let Some((base, exponent)) = views(a, b) else { return declined() };
        if c.is(&core::none()) {
            if exponent.is_negative() {
                let (base, exponent) = (float::new(a.as_f64()?)?, float::new(b.as_f64()?)?);
                return object::protocol::number::power(base.b(), exponent.b(), c);
            }
            return from_buf(&base.pow(exponent).map_err(no_memory)?);
        }
        let Some(modulus) = view(c) else { return declined() };
        match base.modpow(exponent, modulus) {
            Ok(value) => from_buf(&value),
            Err(ModPowError::NoMemory) => Err(memory::no_memory()),
            Err(error) => Err(raise!(ValueError, "{}", error.message())),
        }
    }

    #[slot(nb_lshift)]
    fn lshift(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        if let Some((value, count @ 0..=32)) = compact(a, b) {
            return int::new(value << count);
        }
        if let (Some(value), Some(count @ 0..=60)) = (int::to_i128(a), int::to_i64(b))
            && value.unsigned_abs().leading_zeros() > 62
        {
            return int::from_i128(value << count);
        }
        let Some((value, count)) = views(a, b) else { return declined() };
        match shift_count(count)? {
            _ if value.is_zero() => int::new(0),
            Some(count) => {
                let Some(len) = value.shifted_len(count) else { return Err(memory::no_memory()) };
                int::with_digits(len, |target| value.write_shifted(count, target))
            }
            None => Err(raise!(OverflowError, "too many digits in integer")),
        }
    }

    #[slot(nb_rshift)]
    fn rshift(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        if let Some((value, count @ 0..)) = compact(a, b) {
            return int::new(value >> count.min(63));
        }
        if let (Some(value), Some(count @ 0..)) = (int::to_i128(a), int::to_i64(b)) {
            return int::from_i128(value >> count.min(127));
        }
        let Some((value, count)) = views(a, b) else { return declined() };
        match shift_count(count)? {
            Some(count) if !value.is_negative() => {
                let skipped = usize::try_from(count / 30).unwrap_or(usize::MAX);
                int::with_digits(value.digits().len().saturating_sub(skipped), |target| {
                    value.write_shifted_down(count, target);
                    false
                })
            }
            Some(count) => from_buf(&value.shr(count).map_err(no_memory)?),
            None => int::new(if value.is_negative() { -1 } else { 0 }),
        }
    }

    #[slot(nb_and)]
    fn bit_and(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        and(a, b)
    }

    #[slot(nb_or)]
    fn bit_or(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        or(a, b)
    }

    #[slot(nb_xor)]
    fn bit_xor(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        xor(a, b)
    }

    #[slot(nb_negative)]
    fn negative(slf: Borrowed<'_>) -> PyResult<Ref> {
        let value = view_of(slf).neg();
        int::from_digits(value.is_negative(), value.digits())
    }

    #[slot(nb_positive)]
    fn positive(slf: Borrowed<'_>) -> PyResult<Ref> {
        to_exact(slf)
    }

    #[slot(nb_absolute)]
    fn absolute(slf: Borrowed<'_>) -> PyResult<Ref> {
        if view_of(slf).is_negative() { Self::negative(slf) } else { to_exact(slf) }
    }

    #[slot(nb_invert)]
    fn invert(slf: Borrowed<'_>) -> PyResult<Ref> {
        // SAFETY: `self` is an int.
        if let Some(value) = unsafe { int::compact_unchecked(slf) } {
            return int::new(!value);
        }
        from_buf(&view_of(slf).invert().map_err(no_memory)?)
    }

    #[slot(nb_bool)]
    fn truth(slf: Borrowed<'_>) -> PyResult<bool> {
        Ok(!view_of(slf).is_zero())
    }

    #[slot(nb_int, nb_index)]
    fn exact(slf: Borrowed<'_>) -> PyResult<Ref> {
        to_exact(slf)
    }

    #[slot(nb_float)]
    fn as_float(slf: Borrowed<'_>) -> PyResult<Ref> {
        match view_of(slf).to_f64() {
            Ok(value) => float::new(value),
            Err(error) => Err(raise!(OverflowError, "{}", error.message())),
        }
    }

    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_>) -> PyResult<isize> {
        // SAFETY: `self` is an int.
        if let Some(value) = unsafe { int::short_unchecked(slf) } {
            return Ok(int::short_hash(value));
        }
        Ok(view_of(slf).hash() as isize)
    }

    #[slot(tp_richcompare)]
    fn compare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        if slf.is(&other) {
            return Ok(core::boolean(op.holds(std::cmp::Ordering::Equal)).to_ref());
        }
        match views(slf, other) {
            Some((x, y)) => Ok(core::boolean(op.holds(x.compare(y))).to_ref()),
            None => declined(),
        }
    }
}

/// The integer nearest to `value` at a multiple of 10**`digits` (`digits` positive), ties to even: `round(value, -digits)`.
pub(super) fn round_to_power_of_ten(value: IntView<'_>, digits: IntView<'_>) -> PyResult<IntBuf> {
    let ten = IntBuf::from(10i128);
    let power = ten.view().pow(digits).map_err(no_memory)?;
    let (_, remainder) = value.divmod_near(power.view()).map_err(|error| divide_error(error, "division by zero"))?;
    value.sub(remainder.view()).map_err(no_memory)
}
