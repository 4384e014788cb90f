//! Square roots, logarithms and coordinates.

use super::{LARGE, Outcome, special};
use numeric::complex::Complex;
use numeric::float::ldexp;
use std::f64::consts::LN_2;

/// The exponent that takes subnormal numbers to normal ones: odd, so that its half and a unit is whole.
const SCALE_UP: i32 = 53;
const SCALE_DOWN: i32 = -(SCALE_UP + 1) / 2;

pub fn is_finite(z: Complex) -> bool {
    z.re.is_finite() && z.im.is_finite()
}

fn scaled(x: f64, exponent: i32) -> f64 {
    ldexp(x, i64::from(exponent))
}

pub fn sqrt(z: Complex) -> Complex {
    if !is_finite(z) {
        return special::sqrt(z);
    }
    if z.re == 0.0 && z.im == 0.0 {
        return Complex::new(0.0, z.im);
    }
    let (ax, ay) = (z.re.abs(), z.im.abs());
    let s = if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE {
        let ax = scaled(ax, SCALE_UP);
        scaled((ax + ax.hypot(scaled(ay, SCALE_UP))).sqrt(), SCALE_DOWN)
    } else {
        let ax = ax / 8.0;
        2.0 * (ax + ax.hypot(ay / 8.0)).sqrt()
    };
    let d = ay / (2.0 * s);
    if z.re >= 0.0 { Complex::new(s, d.copysign(z.im)) } else { Complex::new(d, s.copysign(z.im)) }
}

pub fn log(z: Complex) -> Outcome {
    if !is_finite(z) {
        return (special::log(z), false);
    }
    let (ax, ay) = (z.re.abs(), z.im.abs());
    let angle = z.im.atan2(z.re);
    let size = if ax > LARGE || ay > LARGE {
        (ax / 2.0).hypot(ay / 2.0).ln() + LN_2
    } else if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE {
        if ax == 0.0 && ay == 0.0 {
            return (Complex::new(f64::NEG_INFINITY, angle), true);
        }
        scaled(ax, SCALE_UP).hypot(scaled(ay, SCALE_UP)).ln() - f64::from(SCALE_UP) * LN_2
    } else {
        let h = ax.hypot(ay);
        if (0.71..=1.73).contains(&h) {
            let (am, an) = (ax.max(ay), ax.min(ay));
            ((am - 1.0) * (am + 1.0) + an * an).ln_1p() / 2.0
        } else {
            h.ln()
        }
    };
    (Complex::new(size, angle), false)
}

pub fn rect(r: f64, phi: f64) -> Outcome {
    if !r.is_finite() || !phi.is_finite() {
        return (special::rect(r, phi), r != 0.0 && !r.is_nan() && phi.is_infinite());
    }
    if phi == 0.0 {
        return (Complex::new(r, r * phi), false);
    }
    (Complex::new(r * phi.cos(), r * phi.sin()), false)
}
