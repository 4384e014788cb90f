//! `frexp` and `ldexp`, which std does not have.

/// `value * 2**exponent`, rounded once (half to even), as C's `ldexp`.
pub fn ldexp(value: f64, exponent: i64) -> f64 {
    let (mut value, mut exponent) = (value, exponent);
    if exponent > 1023 {
        value *= f64::from_bits(0x7FE << 52);
        exponent -= 1023;
        if exponent > 1023 {
            value *= f64::from_bits(0x7FE << 52);
            exponent = (exponent - 1023).min(1023);
        }
    } else if exponent < -1022 {
        // 2**-1022 * 2**53: the intermediate result stays normal, so that only the last product rounds.
        let tiny = f64::MIN_POSITIVE * 9_007_199_254_740_992.0;
        value *= tiny;
        exponent += 1022 - 53;
        if exponent < -1022 {
            value *= tiny;
            exponent = (exponent + 1022 - 53).max(-1022);
        }
    }
    value * f64::from_bits((0x3FF + exponent).cast_unsigned() << 52)
}

/// A fraction of magnitude 0.5 to 1 and a power of two; zero, infinities and NaN as they are, with 0.
pub fn frexp(value: f64) -> (f64, i32) {
    if value == 0.0 || !value.is_finite() {
        return (value, 0);
    }
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32;
    if exponent == 0 {
        let (fraction, exponent) = frexp(value * 18_014_398_509_481_984.0);
        return (fraction, exponent - 54);
    }
    (f64::from_bits(bits & !(0x7FF << 52) | 0x3FE << 52), exponent - 1022)
}
