//! Sums and products of many: `fsum`, `prod`, `sumprod`.

use object::{PyResult, memory, raise};

/// A float and what rounding took from it.
#[derive(Clone, Copy)]
struct Pair {
    hi: f64,
    lo: f64,
}

fn two_sum(a: f64, b: f64) -> Pair {
    let hi = a + b;
    let z = hi - a;
    Pair { hi, lo: (a - (hi - z)) + (b - z) }
}

fn two_product(a: f64, b: f64) -> Pair {
    let hi = a * b;
    Pair { hi, lo: a.mul_add(b, -hi) }
}

/// A sum in three parts, for `sumprod`.
#[derive(Clone, Copy, Default)]
struct Triple {
    hi: f64,
    lo: f64,
    tiny: f64,
}

impl Triple {
    fn add_product(self, x: f64, y: f64) -> Triple {
        let product = two_product(x, y);
        let sum = two_sum(self.hi, product.hi);
        let first = two_sum(self.lo, product.lo);
        let second = two_sum(first.hi, sum.lo);
        Triple { hi: sum.hi, lo: second.hi, tiny: self.tiny + first.lo + second.lo }
    }

    fn value(self) -> f64 {
        let last = two_sum(self.lo, self.tiny);
        two_sum(self.hi, last.hi).hi
    }
}

/// Shewchuk's sum: the partial sums do not overlap.
#[derive(Default)]
struct Sum {
    partials: Vec<f64>,
    special: f64,
    infinities: f64,
}

impl Sum {
    fn add(&mut self, value: f64) -> PyResult<()> {
        let mut x = value;
        let mut kept = 0;
        for index in 0..self.partials.len() {
            let mut y = self.partials.get(index).copied().unwrap_or(0.0);
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let hi = x + y;
            let lo = y - (hi - x);
            if lo != 0.0 {
                if let Some(slot) = self.partials.get_mut(kept) {
                    *slot = lo;
                }
                kept += 1;
            }
            x = hi;
        }
        self.partials.truncate(kept);
        if x != 0.0 {
            if !x.is_finite() {
                if value.is_finite() {
                    return Err(raise!(OverflowError, "intermediate overflow in fsum"));
                }
                if value.is_infinite() {
                    self.infinities += value;
                }
                self.special += value;
                self.partials.clear();
            } else {
                memory::reserve(&mut self.partials, 1)?;
                self.partials.push(x);
            }
        }
        Ok(())
    }

    fn value(mut self) -> PyResult<f64> {
        if self.special != 0.0 {
            if self.infinities.is_nan() {
                return Err(raise!(ValueError, "-inf + inf in fsum"));
            }
            return Ok(self.special);
        }
        let Some(mut hi) = self.partials.pop() else { return Ok(0.0) };
        let mut lo = 0.0;
        while let Some(y) = self.partials.pop() {
            let x = hi;
            hi = x + y;
            lo = y - (hi - x);
            if lo != 0.0 {
                break;
            }
        }
        // Half-way cases are decided by the sign of the rest.
        if let Some(next) = self.partials.last()
            && ((lo < 0.0 && *next < 0.0) || (lo > 0.0 && *next > 0.0))
        {
            let y = lo * 2.0;
            let x = hi + y;
            if y == x - hi {
                hi = x;
            }
        }
        Ok(hi)
    }
}

#[macros::pymodule(part)]
pub(crate) mod part {
    use super::{Sum, Triple};
    use object::protocol::number;
    use object::value::{float, int};
    use object::{Borrowed, PyResult, Ref, core, raise};

    /// Return an accurate floating-point sum of values in the iterable seq.
    ///
    /// Assumes IEEE-754 floating-point arithmetic.
    #[pyfunction("($module, seq, /)")]
    fn fsum(seq: Borrowed<'_>) -> PyResult<f64> {
        let mut sum = Sum::default();
        let iterator = seq.iter()?;
        while let Some(item) = iterator.next()? {
            sum.add(item.as_f64()?)?;
        }
        sum.value()
    }

    /// Calculate the product of all the elements in the input iterable.
    ///
    /// The default start value for the product is 1.
    ///
    /// When the iterable is empty, return the start value.  This function is
    /// intended specifically for use with numeric values and may reject
    /// non-numeric types.
    #[pyfunction("($module, iterable, /, *, start=1)")]
    fn prod(iterable: Borrowed<'_>, start: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let mut result = start.map_or_else(|| int::new(1), |start| Ok(start.to_ref()))?;
        let iterator = iterable.iter()?;
        while let Some(item) = iterator.next()? {
            result = number::multiply(result.b(), item.b())?;
        }
        Ok(result)
    }

    /// A pair of exact floats, or of a float and an int.
    fn floats(p: &Ref, q: &Ref) -> Option<(f64, f64)> {
        let exact = |value: &Ref| value.class().is_type(&core::FLOAT);
        let number = |value: &Ref| {
            if exact(value) {
                float::value(value.b())
            } else if value.class().is_type(&core::INT) || value.class().is_type(&core::BOOL) {
                builtins::int::view(value.b()).and_then(|value| value.to_f64().ok())
            } else {
                None
            }
        };
        if !exact(p) && !exact(q) {
            return None;
        }
        Some((number(p)?, number(q)?))
    }

    /// Return the sum of products of values from two iterables p and q.
    ///
    /// Roughly equivalent to:
    ///
    ///     sum(map(operator.mul, p, q, strict=True))
    ///
    /// For float and mixed int/float inputs, the intermediate products
    /// and sums are computed with extended precision.
    #[pyfunction("($module, p, q, /)")]
    fn sumprod(p: Borrowed<'_>, q: Borrowed<'_>) -> PyResult<Ref> {
        let (p, q) = (p.iter()?, q.iter()?);
        let mut total = int::new(0)?;
        let mut ints: i128 = 0;
        let mut triple: Option<Triple> = None;
        loop {
            let (x, y) = (p.next()?, q.next()?);
            let pair = match (x, y) {
                (Some(x), Some(y)) => Some((x, y)),
                (None, None) => None,
                _ => return Err(raise!(ValueError, "Inputs are not the same length")),
            };
            if let Some((x, y)) = &pair {
                if triple.is_none()
                    && x.class().is_type(&core::INT)
                    && y.class().is_type(&core::INT)
                    && let (Some(a), Some(b)) = (int::to_i64(x.b()), int::to_i64(y.b()))
                    && let Some(sum) = (i128::from(a) * i128::from(b)).checked_add(ints)
                {
                    ints = sum;
                    continue;
                }
                if ints == 0
                    && let Some((a, b)) = floats(x, y)
                {
                    let next = triple.unwrap_or_default().add_product(a, b);
                    if next.hi.is_finite() {
                        triple = Some(next);
                        continue;
                    }
                }
            }
            // What was collected goes into the total before anything else does.
            if ints != 0 {
                total = number::add(total.b(), int::from_i128(ints)?.b())?;
                ints = 0;
            }
            if let Some(sum) = triple.take() {
                total = number::add(total.b(), float::new(sum.value())?.b())?;
            }
            let Some((x, y)) = pair else { return Ok(total) };
            if let Some((a, b)) = floats(&x, &y) {
                let next = Triple::default().add_product(a, b);
                if next.hi.is_finite() {
                    triple = Some(next);
                    continue;
                }
            }
            let product = number::multiply(x.b(), y.b())?;
            total = number::add(total.b(), product.b())?;
        }
    }
}
