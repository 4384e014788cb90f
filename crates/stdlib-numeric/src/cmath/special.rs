//! Results at infinities, NaNs and zeros, where the formulas do not hold (C99, annex G).

use numeric::complex::Complex;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

fn pair(re: f64, im: f64) -> Complex {
    Complex::new(re, im)
}

/// The angle of a point of which a part is infinite, and none is a NaN.
fn angle(z: Complex) -> f64 {
    let angle = match (z.re.is_infinite(), z.im.is_infinite()) {
        (true, true) if z.re < 0.0 => 3.0 * FRAC_PI_4,
        (true, true) => FRAC_PI_4,
        (false, true) => FRAC_PI_2,
        _ if z.re.is_sign_negative() => PI,
        _ => 0.0,
    };
    angle.copysign(z.im)
}

/// `log`, `acosh`: far away.
pub fn log(z: Complex) -> Complex {
    match (z.re.is_nan(), z.im.is_nan()) {
        (false, false) => pair(INF, angle(z)),
        (true, _) if z.im.is_infinite() => pair(INF, NAN),
        (_, true) if z.re.is_infinite() => pair(INF, NAN),
        _ => pair(NAN, NAN),
    }
}

pub fn acosh(z: Complex) -> Complex {
    if z.re == 0.0 && z.im.is_nan() { pair(NAN, FRAC_PI_2) } else { log(z) }
}

pub fn acos(z: Complex) -> Complex {
    match (z.re.is_nan(), z.im.is_nan()) {
        (false, false) => pair(angle(z).abs(), -INF.copysign(z.im)),
        (true, _) if z.im.is_infinite() => pair(NAN, -INF.copysign(z.im)),
        (_, true) if z.re.is_infinite() => pair(NAN, INF),
        (_, true) if z.re == 0.0 => pair(FRAC_PI_2, NAN),
        _ => pair(NAN, NAN),
    }
}

pub fn asinh(z: Complex) -> Complex {
    if z.re.is_nan() {
        return match z.im {
            im if im.is_infinite() => pair(INF, NAN),
            0.0 => pair(NAN, z.im),
            _ => pair(NAN, NAN),
        };
    }
    if z.im.is_nan() {
        return if z.re.is_infinite() { pair(z.re, NAN) } else { pair(NAN, NAN) };
    }
    pair(INF.copysign(z.re), angle(pair(z.re.abs(), z.im)))
}

pub fn atanh(z: Complex) -> Complex {
    if z.re.is_nan() {
        return if z.im.is_infinite() { pair(0.0, FRAC_PI_2.copysign(z.im)) } else { pair(NAN, NAN) };
    }
    let zero = 0.0f64.copysign(z.re);
    if z.im.is_nan() {
        return if z.re.is_infinite() || z.re == 0.0 { pair(zero, NAN) } else { pair(NAN, NAN) };
    }
    pair(zero, FRAC_PI_2.copysign(z.im))
}

pub fn sqrt(z: Complex) -> Complex {
    if z.im.is_infinite() {
        return pair(INF, z.im);
    }
    if z.re == -INF {
        return if z.im.is_nan() { pair(NAN, INF) } else { pair(0.0, INF.copysign(z.im)) };
    }
    if z.re == INF {
        return if z.im.is_nan() { pair(INF, NAN) } else { pair(INF, 0.0f64.copysign(z.im)) };
    }
    pair(NAN, NAN)
}

/// Finite and not zero: there the sine and the cosine give the signs.
fn turns(im: f64) -> bool {
    im.is_finite() && im != 0.0
}

pub fn exp(z: Complex) -> Complex {
    let Complex { re, im } = z;
    if re.is_infinite() && turns(im) {
        let size = if re > 0.0 { INF } else { 0.0f64 };
        return pair(size.copysign(im.cos()), size.copysign(im.sin()));
    }
    if im == 0.0 {
        return pair(if re == -INF { 0.0 } else { re }, im);
    }
    if re == -INF {
        return pair(0.0, 0.0);
    }
    if re == INF { pair(INF, NAN) } else { pair(NAN, NAN) }
}

pub fn cosh(z: Complex) -> Complex {
    let Complex { re, im } = z;
    if re.is_infinite() {
        if turns(im) {
            return pair(INF.copysign(im.cos()), INF.copysign(im.sin()) * 1f64.copysign(re));
        }
        return pair(INF, if im == 0.0 { im * 1f64.copysign(re) } else { NAN });
    }
    if re == 0.0 || re.is_nan() && im == 0.0 { pair(NAN, 0.0) } else { pair(NAN, NAN) }
}

pub fn sinh(z: Complex) -> Complex {
    let Complex { re, im } = z;
    if re.is_infinite() {
        if turns(im) {
            return pair(INF.copysign(im.cos()) * 1f64.copysign(re), INF.copysign(im.sin()));
        }
        return if im == 0.0 { z } else { pair(INF, NAN) };
    }
    if re == 0.0 {
        return pair(0.0, NAN);
    }
    if re.is_nan() && im == 0.0 { z } else { pair(NAN, NAN) }
}

pub fn tanh(z: Complex) -> Complex {
    let Complex { re, im } = z;
    if re.is_infinite() {
        let zero = match im {
            im if turns(im) => 0.0f64.copysign(2.0 * im.sin() * im.cos()),
            0.0 => im,
            _ => 0.0,
        };
        return pair(1f64.copysign(re), zero);
    }
    if re == 0.0 {
        return pair(re, NAN);
    }
    if re.is_nan() && im == 0.0 { z } else { pair(NAN, NAN) }
}

pub fn rect(r: f64, phi: f64) -> Complex {
    if r.is_infinite() {
        if turns(phi) {
            let size = 1f64.copysign(r);
            return pair(INF.copysign(phi.cos()) * size, INF.copysign(phi.sin()) * size);
        }
        return if phi == 0.0 { pair(r, phi * 1f64.copysign(r)) } else { pair(INF, NAN) };
    }
    if r == 0.0 {
        return pair(0.0, 0.0);
    }
    if r.is_nan() && phi == 0.0 { pair(NAN, 0.0) } else { pair(NAN, NAN) }
}
