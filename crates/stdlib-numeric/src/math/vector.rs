//! Lengths of vectors: `dist` and `hypot`, without needless rounding or overflow.

/// The Euclidean norm of numbers whose absolute values are given, with their largest.
fn norm(values: &mut [f64], max: f64, found_nan: bool) -> f64 {
    if max.is_infinite() {
        return max;
    }
    if found_nan {
        return f64::NAN;
    }
    if max == 0.0 || values.len() <= 1 {
        return max;
    }
    let (_, exponent) = numeric::float::frexp(max);
    if exponent < -1023 {
        // The scale would overflow: make the subnormal numbers normal first.
        values.iter_mut().for_each(|value| *value /= f64::MIN_POSITIVE);
        return f64::MIN_POSITIVE * norm(values, max / f64::MIN_POSITIVE, found_nan);
    }
    let scale = numeric::float::ldexp(1.0, -i64::from(exponent));
    let (mut sum, mut low_products, mut low_sums) = (1.0, 0.0, 0.0);
    let mut add = |a: f64, b: f64| {
        let product = a * b;
        low_products += a.mul_add(b, -product);
        let total = sum + product;
        low_sums += (sum - total) + product;
        sum = total;
        sum - 1.0 + (low_products + low_sums)
    };
    let mut square = 0.0;
    for value in values.iter() {
        let x = value * scale;
        square = add(x, x);
    }
    let root = square.sqrt();
    let rest = add(-root, root);
    (root + rest / (2.0 * root)) / scale
}

/// The norm of any numbers.
fn norm_of(mut values: Vec<f64>) -> f64 {
    values.iter_mut().for_each(|value| *value = value.abs());
    let found_nan = values.iter().any(|value| value.is_nan());
    let max = values.iter().copied().fold(0.0, |max: f64, value| if value > max { value } else { max });
    norm(&mut values, max, found_nan)
}

#[macros::pymodule(part)]
pub(crate) mod part {
    use super::norm_of;
    use object::value::tuple;
    use object::{Borrowed, PyResult, memory, raise};

    /// Return the Euclidean distance between two points p and q.
    ///
    /// The points should be specified as sequences (or iterables) of
    /// coordinates.  Both inputs must have the same dimension.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum((px - qx) ** 2.0 for px, qx in zip(p, q)))
    #[pyfunction("($module, p, q, /)")]
    fn dist(p: Borrowed<'_>, q: Borrowed<'_>) -> PyResult<f64> {
        let (p, q) = (p.to_tuple()?, q.to_tuple()?);
        let (p, q) = (tuple::items(p.b()).unwrap_or_default(), tuple::items(q.b()).unwrap_or_default());
        if p.len() != q.len() {
            return Err(raise!(ValueError, "both points must have the same number of dimensions"));
        }
        let mut differences = memory::vec_with_capacity(p.len())?;
        for (a, b) in p.iter().zip(q) {
            differences.push(a.as_f64()? - b.as_f64()?);
        }
        Ok(norm_of(differences))
    }

    /// Multidimensional Euclidean distance from the origin to a point.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum(x**2 for x in coordinates))
    ///
    /// For a two dimensional point (x, y), gives the hypotenuse
    /// using the Pythagorean theorem:  sqrt(x*x + y*y).
    ///
    /// For example, the hypotenuse of a 3/4/5 right triangle is:
    ///
    ///     >>> hypot(3.0, 4.0)
    ///     5.0
    #[pyfunction("($module, /, *coordinates)")]
    fn hypot(coordinates: &[Borrowed<'_>]) -> PyResult<f64> {
        let mut values = memory::vec_with_capacity(coordinates.len())?;
        for value in coordinates {
            values.push(value.as_f64()?);
        }
        Ok(norm_of(values))
    }
}
