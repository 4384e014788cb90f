//! C's `long double` as a Python float: 80 bits with an explicit integer bit on x86, IEEE's 128 bits elsewhere.

/// Bytes that the type occupies.
pub const SIZE: usize = 16;

const BIAS: i32 = 16383;

/// Sign, biased exponent and the 64 upper bits of the significand, its integer bit included. What a float cannot hold anyway is folded into
/// the lowest bit.
fn parts(bytes: [u8; SIZE]) -> (bool, i32, u64) {
    let raw = u128::from_le_bytes(bytes);
    if cfg!(any(target_arch = "x86_64", target_arch = "x86")) {
        let head = (raw >> 64) as u16;
        return (head >> 15 != 0, i32::from(head & 0x7FFF), raw as u64);
    }
    let head = (raw >> 112) as u16;
    let (sign, exponent) = (head >> 15 != 0, i32::from(head & 0x7FFF));
    let fraction = raw & ((1 << 112) - 1);
    let whole = fraction | if exponent == 0 { 0 } else { 1 << 112 };
    let sticky = u64::from(whole & ((1 << 49) - 1) != 0);
    (sign, exponent, (whole >> 49) as u64 | sticky)
}

/// The nearest float.
pub fn to_f64(bytes: [u8; SIZE]) -> f64 {
    let (sign, exponent, significand) = parts(bytes);
    let magnitude = if exponent == 0x7FFF {
        if significand << 1 == 0 { f64::INFINITY } else { f64::NAN }
    } else {
        scaled(significand, exponent.max(1) - BIAS)
    };
    if sign { -magnitude } else { magnitude }
}

/// `significand * 2 ** (exponent - 63)`, rounded once, half to even.
fn scaled(significand: u64, exponent: i32) -> f64 {
    if significand == 0 {
        return 0.0;
    }
    let zeros = significand.leading_zeros();
    let (significand, exponent) = (significand << zeros, exponent - zeros.cast_signed());
    if exponent > 1023 {
        return f64::INFINITY;
    }
    // So many bits of the 64 are below the last one of the float.
    let drop = if exponent >= -1022 { 11 } else { -1011 - exponent };
    let (kept, rest, half) = match drop {
        ..=63 => (significand >> drop, significand & ((1 << drop) - 1), 1_u64 << (drop - 1)),
        64 => (0, significand, 1 << 63),
        _ => return 0.0,
    };
    let rounded = kept + u64::from(rest > half || (rest == half && kept & 1 == 1));
    // A carry runs into the exponent, as it should.
    let biased = if exponent >= -1022 { (exponent + 1022).unsigned_abs() } else { 0 };
    f64::from_bits((u64::from(biased) << 52) + rounded)
}

/// The same value as a `long double`.
pub fn from_f64(value: f64) -> [u8; SIZE] {
    let bits = value.to_bits();
    let sign = u128::from(bits >> 63);
    let (exponent, fraction) = ((bits >> 52 & 0x7FF) as i32, bits & ((1 << 52) - 1));
    let (exponent, significand) = match (exponent, fraction) {
        (0, 0) => (0, 0),
        (0x7FF, _) => (0x7FFF, 1 << 63 | fraction << 11),
        (0, _) => {
            let zeros = fraction.leading_zeros();
            (BIAS - 1011 - zeros.cast_signed(), fraction << zeros)
        }
        _ => (exponent - 1023 + BIAS, 1 << 63 | fraction << 11),
    };
    let head = sign << 15 | u128::from(exponent.unsigned_abs());
    let raw = if cfg!(any(target_arch = "x86_64", target_arch = "x86")) {
        head << 64 | u128::from(significand)
    } else {
        head << 112 | (u128::from(significand << 1) << 48)
    };
    raw.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_come_back() {
        for value in [0.0, -0.0, 1.0, -1.5, 0.1, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1.2e-310, f64::INFINITY] {
            assert_eq!(to_f64(from_f64(value)).to_bits(), value.to_bits(), "{value:e}");
        }
        assert!(to_f64(from_f64(f64::NAN)).is_nan());
    }

    #[test]
    fn too_large_and_too_small() {
        assert_eq!(scaled(1 << 63, 1024), f64::INFINITY);
        assert_eq!(scaled(u64::MAX, 1023), f64::INFINITY);
        assert_eq!(scaled(1 << 63, -1075), 0.0);
        assert_eq!(scaled(3 << 62, -1075), 5e-324);
    }
}
