//! Functions of integers: `comb`, `factorial`, `gcd`, `isqrt`, `lcm`, `perm`.

use builtins::int::{from_buf, from_view, view};
use numeric::int::{Digits, IntBuf, IntView, MASK, NoMemory, SHIFT};
use object::{Borrowed, PyResult, Raised, Ref, memory};

pub(super) fn no_memory(_: NoMemory) -> Raised {
    memory::no_memory()
}

/// The integer of a machine number.
fn buf(value: u64) -> IntBuf {
    let digits: Digits = (0..3).map(|place| (value >> (place * SHIFT) & u64::from(MASK)) as u32).collect();
    IntBuf::new(false, digits)
}

/// The product of the numbers from `low` to `high`.
fn product(low: u64, high: u64) -> Result<IntBuf, NoMemory> {
    if low > high {
        return Ok(buf(1));
    }
    let count = high - low + 1;
    let bits = u64::from(64 - high.leading_zeros());
    if count.saturating_mul(bits) <= 64 {
        return Ok(buf((low..=high).product()));
    }
    let middle = low + (count - 1) / 2;
    product(low, middle)?.view().mul(product(middle + 1, high)?.view())
}

fn factorial_of(n: u64) -> PyResult<IntBuf> {
    product(2, n).map_err(no_memory)
}

/// `n * (n - 1) * …`, `k` factors, for an `n` of any size.
fn falling(n: IntView<'_>, k: u64) -> PyResult<IntBuf> {
    if let Some(n) = n.to_u64().fits() {
        return match n.checked_sub(k) {
            Some(rest) => product(rest + 1, n).map_err(no_memory),
            None => Ok(IntBuf::zero()),
        };
    }
    let mut result = buf(1);
    for index in 0..k {
        let factor = n.sub(buf(index).view()).map_err(no_memory)?;
        result = result.view().mul(factor.view()).map_err(no_memory)?;
    }
    Ok(result)
}

/// A non-negative int argument.
fn counted(value: &Ref) -> IntView<'_> {
    view(value.b()).unwrap_or(IntView::ZERO)
}

/// `gcd` or `lcm` of all.
fn fold(
    values: &[Borrowed<'_>],
    start: i64,
    step: impl Fn(IntView<'_>, IntView<'_>) -> Result<IntBuf, NoMemory>,
) -> PyResult<Ref> {
    let mut result = object::value::int::new(start)?;
    for value in values {
        let number = value.index()?;
        let next = step(counted(&result), counted(&number)).map_err(no_memory)?;
        result = from_buf(&next)?;
    }
    Ok(result)
}

/// The greatest common divisor of machine-sized ints, by Euclid's remainders; none for others.
fn gcd_small(values: &[Borrowed<'_>]) -> Option<u64> {
    values.iter().try_fold(0_u64, |result, value| {
        let value = value.class().is_type(&object::core::INT).then(|| object::value::int::to_i64(*value)).flatten()?;
        let (mut a, mut b) = (result, value.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(a)
    })
}

#[macros::pymodule(part)]
pub(crate) mod part {
    use super::{buf, counted, factorial_of, falling, fold, from_buf, from_view, gcd_small, no_memory};
    use object::{Borrowed, PyResult, Ref, core, memory, raise};

    const LIMIT: u64 = i64::MAX.unsigned_abs();

    /// Number of ways to choose k items from n items without repetition and without order.
    ///
    /// Evaluates to n! / (k! * (n - k)!) when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// Also called the binomial coefficient because it is equivalent
    /// to the coefficient of k-th term in polynomial expansion of the
    /// expression (1 + x)**n.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfunction("($module, n, k, /)")]
    fn comb(n: Borrowed<'_>, k: Borrowed<'_>) -> PyResult<Ref> {
        let (n, k) = (n.index()?, k.index()?);
        let (n, k) = (counted(&n), counted(&k));
        if n.is_negative() {
            return Err(raise!(ValueError, "n must be a non-negative integer"));
        }
        if k.is_negative() {
            return Err(raise!(ValueError, "k must be a non-negative integer"));
        }
        let rest = n.sub(k).map_err(no_memory)?;
        if rest.is_negative() {
            return object::value::int::new(0);
        }
        let smaller = if rest.view().compare(k).is_lt() { rest.view() } else { k };
        let count = match smaller.to_u64().fits() {
            Some(count) if count <= LIMIT => count,
            _ => return Err(raise!(OverflowError, "min(n - k, k) must not exceed {LIMIT}")),
        };
        let numerator = falling(n, count)?;
        let quotient = numerator.view().floordiv(factorial_of(count)?.view());
        from_buf(&quotient.map_err(|_| memory::no_memory())?)
    }

    /// Find n!.
    #[pyfunction("($module, n, /)")]
    fn factorial(n: Borrowed<'_>) -> PyResult<Ref> {
        let n = n.index()?;
        let n = counted(&n);
        if n.is_negative() {
            return Err(raise!(ValueError, "factorial() not defined for negative values"));
        }
        match n.to_u64().fits() {
            Some(n) if n <= LIMIT => from_buf(&factorial_of(n)?),
            _ => Err(raise!(OverflowError, "factorial() argument should not exceed {LIMIT}")),
        }
    }

    /// Greatest Common Divisor.
    #[pyfunction("($module, /, *integers)")]
    fn gcd(integers: &[Borrowed<'_>]) -> PyResult<Ref> {
        match gcd_small(integers) {
            Some(divisor) => object::value::int::from_u64(divisor),
            None => fold(integers, 0, |a, b| a.gcd(b)),
        }
    }

    /// Least Common Multiple.
    #[pyfunction("($module, /, *integers)")]
    fn lcm(integers: &[Borrowed<'_>]) -> PyResult<Ref> {
        fold(integers, 1, |a, b| a.lcm(b))
    }

    /// Return the integer part of the square root of the input.
    #[pyfunction("($module, n, /)")]
    fn isqrt(n: Borrowed<'_>) -> PyResult<Ref> {
        let n = n.index()?;
        match counted(&n).isqrt().map_err(no_memory)? {
            Some(root) => from_buf(&root),
            None => Err(raise!(ValueError, "isqrt() argument must be nonnegative")),
        }
    }

    /// Number of ways to choose k items from n items without repetition and with order.
    ///
    /// Evaluates to n! / (n - k)! when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// If k is not specified or is None, then k defaults to n
    /// and the function returns n!.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfunction("($module, n, k=None, /)")]
    fn perm(n: Borrowed<'_>, k: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(k) = k.filter(|k| !k.is(&core::none())) else { return factorial(n) };
        let (n, k) = (n.index()?, k.index()?);
        let (n, k) = (counted(&n), counted(&k));
        if n.is_negative() {
            return Err(raise!(ValueError, "n must be a non-negative integer"));
        }
        if k.is_negative() {
            return Err(raise!(ValueError, "k must be a non-negative integer"));
        }
        if n.compare(k).is_lt() {
            return object::value::int::new(0);
        }
        match k.to_u64().fits() {
            Some(0) => from_buf(&buf(1)),
            Some(1) => from_view(n),
            Some(count) if count <= LIMIT => from_buf(&falling(n, count)?),
            _ => Err(raise!(OverflowError, "k must not exceed {LIMIT}")),
        }
    }
}
