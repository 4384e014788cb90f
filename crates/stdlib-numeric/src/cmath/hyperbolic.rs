//! The exponential, the hyperbolic functions and their inverses; the trigonometric ones follow by turning the plane.

use super::root::{is_finite, sqrt};
use super::{LARGE, Outcome, special};
use numeric::complex::Complex;
use std::f64::consts::{E, FRAC_PI_2, LN_2};

/// From here on, exponentials overflow before they are multiplied.
fn log_large() -> f64 {
    LARGE.ln()
}

fn new(re: f64, im: f64) -> Complex {
    Complex::new(re, im)
}

/// The logarithm of twice the distance from 0, for large numbers.
fn log_distance(z: Complex) -> f64 {
    (z.re / 2.0).hypot(z.im / 2.0).ln() + LN_2 * 2.0
}

fn is_large(z: Complex) -> bool {
    z.re.abs() > LARGE || z.im.abs() > LARGE
}

pub fn acos(z: Complex) -> Complex {
    if !is_finite(z) {
        return special::acos(z);
    }
    if is_large(z) {
        return new(z.im.abs().atan2(z.re), -log_distance(z).copysign(z.im));
    }
    let s1 = sqrt(new(1.0 - z.re, -z.im));
    let s2 = sqrt(new(1.0 + z.re, z.im));
    new(2.0 * s1.re.atan2(s2.re), libm::asinh(s2.re * s1.im - s2.im * s1.re))
}

pub fn acosh(z: Complex) -> Complex {
    if !is_finite(z) {
        return special::acosh(z);
    }
    if is_large(z) {
        return new(log_distance(z), z.im.atan2(z.re));
    }
    let s1 = sqrt(new(z.re - 1.0, z.im));
    let s2 = sqrt(new(z.re + 1.0, z.im));
    new(libm::asinh(s1.re * s2.re + s1.im * s2.im), 2.0 * s1.im.atan2(s2.re))
}

pub fn asinh(z: Complex) -> Complex {
    if !is_finite(z) {
        return special::asinh(z);
    }
    if is_large(z) {
        return new(log_distance(z).copysign(z.re), z.im.atan2(z.re.abs()));
    }
    let s1 = sqrt(new(1.0 + z.im, -z.re));
    let s2 = sqrt(new(1.0 - z.im, z.re));
    new(libm::asinh(s1.re * s2.im - s2.re * s1.im), z.im.atan2(s1.re * s2.re - s1.im * s2.im))
}

pub fn atanh(z: Complex) -> Outcome {
    if !is_finite(z) {
        return (special::atanh(z), false);
    }
    if z.re.is_sign_negative() {
        let (result, undefined) = atanh(z.neg());
        return (result.neg(), undefined);
    }
    let ay = z.im.abs();
    let root_large = LARGE.sqrt();
    if z.re > root_large || ay > root_large {
        let h = (z.re / 2.0).hypot(z.im / 2.0);
        return (new(z.re / 4.0 / h / h, -FRAC_PI_2.copysign(-z.im)), false);
    }
    if z.re == 1.0 && ay < f64::MIN_POSITIVE.sqrt() {
        if ay == 0.0 {
            return (new(f64::INFINITY, z.im), true);
        }
        return (new(-(ay.sqrt() / ay.hypot(2.0).sqrt()).ln(), (2f64.atan2(-ay) / 2.0).copysign(z.im)), false);
    }
    let below = 1.0 - z.re;
    let re = (4.0 * z.re / (below * below + ay * ay)).ln_1p() / 4.0;
    (new(re, -(-2.0 * z.im).atan2(below * (1.0 + z.re) - ay * ay) / 2.0), false)
}

pub fn exp(z: Complex) -> Outcome {
    if !is_finite(z) {
        return (special::exp(z), z.im.is_infinite() && (z.re.is_finite() || z.re == f64::INFINITY));
    }
    if z.re > log_large() {
        let l = (z.re - 1.0).exp();
        return (new(l * z.im.cos() * E, l * z.im.sin() * E), false);
    }
    let l = z.re.exp();
    (new(l * z.im.cos(), l * z.im.sin()), false)
}

pub fn cosh(z: Complex) -> Outcome {
    if !is_finite(z) {
        return (special::cosh(z), z.im.is_infinite() && !z.re.is_nan());
    }
    if z.re.abs() > log_large() {
        let less = z.re - 1f64.copysign(z.re);
        return (new(z.im.cos() * less.cosh() * E, z.im.sin() * less.sinh() * E), false);
    }
    (new(z.im.cos() * z.re.cosh(), z.im.sin() * z.re.sinh()), false)
}

pub fn sinh(z: Complex) -> Outcome {
    if !is_finite(z) {
        return (special::sinh(z), z.im.is_infinite() && !z.re.is_nan());
    }
    if z.re.abs() > log_large() {
        let less = z.re - 1f64.copysign(z.re);
        return (new(z.im.cos() * less.sinh() * E, z.im.sin() * less.cosh() * E), false);
    }
    (new(z.im.cos() * z.re.sinh(), z.im.sin() * z.re.cosh()), false)
}

pub fn tanh(z: Complex) -> Outcome {
    if !is_finite(z) {
        return (special::tanh(z), z.im.is_infinite() && z.re.is_finite());
    }
    if z.re.abs() > log_large() {
        let im = 4.0 * z.im.sin() * z.im.cos() * (-2.0 * z.re.abs()).exp();
        return (new(1f64.copysign(z.re), im), false);
    }
    let (tx, ty, cx) = (z.re.tanh(), z.im.tan(), 1.0 / z.re.cosh());
    let txty = tx * ty;
    let denominator = 1.0 + txty * txty;
    (new(tx * (1.0 + ty * ty) / denominator, ty / denominator * cx * cx), false)
}
