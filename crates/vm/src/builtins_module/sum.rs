//! `sum`: ints without objects while they fit a word, floats and complex numbers with Neumaier's compensation.

use abi::PyComplexObject;
use object::protocol::number;
use object::value::{float, int};
use object::{Borrowed, PyResult, Ref, core, raise};

/// A running sum with the error that rounding left (Neumaier's variant of Kahan's summation).
#[derive(Clone, Copy)]
struct Compensated {
    high: f64,
    low: f64,
}

impl Compensated {
    fn new(high: f64) -> Self {
        Compensated { high, low: 0.0 }
    }

    fn add(&mut self, value: f64) {
        let total = self.high + value;
        if self.high.abs() >= value.abs() {
            self.low += (self.high - total) + value;
        } else {
            self.low += (value - total) + self.high;
        }
        self.high = total;
    }

    /// A compensation that is not finite says nothing; one of zero must not turn -0.0 into 0.0.
    fn value(self) -> f64 {
        if self.low != 0.0 && self.low.is_finite() { self.high + self.low } else { self.high }
    }
}

fn exact_float(object: &Ref) -> Option<f64> {
    if object.class().is_type(&core::FLOAT) { float::value(object.b()) } else { None }
}

fn exact_int(object: &Ref) -> Option<i64> {
    if object.class().is_type(&core::INT) { int::to_i64(object.b()) } else { None }
}

fn exact_complex(object: &Ref) -> Option<(f64, f64)> {
    if !object.class().is_type(&core::COMPLEX) {
        return None;
    }
    // SAFETY: the object is exactly a complex.
    let value = unsafe { &(*object.ptr().cast::<PyComplexObject>()).cval };
    Some((value.real.get(), value.imag.get()))
}

/// `sum(iterable, start)`.
pub(super) fn sum(iterable: Borrowed<'_>, start: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let iterator = iterable.iter()?;
    let mut total = match start {
        None => int::new(0)?,
        Some(start) => {
            for (class, message) in [
                (&core::STR, "sum() can't sum strings [use ''.join(seq) instead]"),
                (&core::BYTES, "sum() can't sum bytes [use b''.join(seq) instead]"),
                (&core::BYTEARRAY, "sum() can't sum bytearray [use b''.join(seq) instead]"),
            ] {
                if start.class().is_subtype(class) {
                    return Err(raise!(TypeError, "{message}"));
                }
            }
            start.to_ref()
        }
    };
    let mut pending: Option<Ref> = None;
    if let Some(begin) = exact_int(&total) {
        match sum_ints(begin, &iterator)? {
            (sum, None) => return int::new(sum),
            (sum, Some(item)) => {
                total = int::new(sum)?;
                total = number::add(total.b(), item.b())?;
            }
        }
    }
    if let Some(begin) = exact_float(&total) {
        match sum_floats(begin, &iterator)? {
            (sum, None) => return float::new(sum),
            (sum, Some(item)) => total = number::add(float::new(sum)?.b(), item.b())?,
        }
    }
    if let Some(begin) = exact_complex(&total) {
        match sum_complex(begin, &iterator)? {
            (sum, None) => return complex(sum),
            (sum, Some(item)) => {
                total = complex(sum)?;
                pending = Some(item);
            }
        }
    }
    loop {
        let item = match pending.take() {
            Some(item) => item,
            None => match iterator.next()? {
                Some(item) => item,
                None => return Ok(total),
            },
        };
        total = number::add(total.b(), item.b())?;
    }
}

/// Adds ints until one does not fit; the item that ended it is not in the sum.
fn sum_ints(begin: i64, iterator: &Ref) -> PyResult<(i64, Option<Ref>)> {
    let mut total = begin;
    while let Some(item) = iterator.next()? {
        let value = if item.class().is_type(&core::BOOL) { int::to_i64(item.b()) } else { exact_int(&item) };
        match value.and_then(|value| total.checked_add(value)) {
            Some(sum) => total = sum,
            None => return Ok((total, Some(item))),
        }
    }
    Ok((total, None))
}

fn sum_floats(begin: f64, iterator: &Ref) -> PyResult<(f64, Option<Ref>)> {
    let mut total = Compensated::new(begin);
    while let Some(item) = iterator.next()? {
        if let Some(value) = exact_float(&item) {
            total.add(value);
        } else if int::check(item.b()) {
            total.add(item.as_f64()?);
        } else {
            return Ok((total.value(), Some(item)));
        }
    }
    Ok((total.value(), None))
}

fn sum_complex(begin: (f64, f64), iterator: &Ref) -> PyResult<((f64, f64), Option<Ref>)> {
    let (mut real, mut imag) = (Compensated::new(begin.0), Compensated::new(begin.1));
    while let Some(item) = iterator.next()? {
        if let Some(value) = exact_complex(&item) {
            real.add(value.0);
            imag.add(value.1);
        } else if int::check(item.b()) {
            real.add(item.as_f64()?);
        } else if let Some(value) = float::value(item.b()) {
            real.add(value);
        } else {
            return Ok(((real.value(), imag.value()), Some(item)));
        }
    }
    Ok(((real.value(), imag.value()), None))
}

fn complex(value: (f64, f64)) -> PyResult<Ref> {
    let (real, imag) = (float::new(value.0)?, float::new(value.1)?);
    core::COMPLEX.borrowed().call(&[real.b(), imag.b()])
}

#[cfg(test)]
mod tests {
    use super::Compensated;

    #[test]
    fn compensation_keeps_what_plain_addition_loses() {
        let mut total = Compensated::new(0.0);
        (0..10).for_each(|_| total.add(0.1));
        assert_eq!(total.value(), 1.0);
        let mut total = Compensated::new(1e100);
        [1.0, -1e100].into_iter().for_each(|value| total.add(value));
        assert_eq!(total.value(), 1.0);
        let mut total = Compensated::new(f64::INFINITY);
        total.add(1.0);
        assert_eq!(total.value(), f64::INFINITY);
    }
}
